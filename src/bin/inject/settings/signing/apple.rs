//! The identity, issuers, profiles and entitlements for Apple's code signing.
//!
//! Must not: keep a password longer than a keystore takes to open.

use std::io::IsTerminal;
use std::path::Path;

use inject::job::{self, AppleSigningRequest};
use inject::signing::{Certificate, Identity, Password, certificates};
use inject::system::unix_seconds;

use super::{failed, from_files, password, read, read_secret};
use crate::args::signing::{AppleSigning, Signing};
use crate::exit::{Code, Failure};
use crate::settings::source::Source;
use crate::variables;

/// What signs apps, loaded.
#[derive(Debug)]
pub struct Keys {
    kind: Kind,
    issuers: Vec<Certificate>,
    profiles: Vec<(String, Vec<u8>)>,
    entitlements: Option<Vec<u8>>,
    keep_entitlements: bool,
}

#[derive(Debug)]
enum Kind {
    Identity(Box<Identity>),
    AdHoc,
    Unsigned,
}

impl AppleSigning {
    /// Whether anything of it was asked for.
    pub fn is_given(&self) -> bool {
        self.p12.is_some() || self.ad_hoc
    }
}

impl Keys {
    /// As the library takes them.
    pub fn signing(&self, allow_new_signer: bool) -> job::AppleSigning<'_> {
        match &self.kind {
            Kind::AdHoc => job::AppleSigning::AdHoc,
            Kind::Unsigned => job::AppleSigning::Unsigned,
            Kind::Identity(identity) => job::AppleSigning::With(AppleSigningRequest {
                identity,
                issuers: &self.issuers,
                profiles: &self.profiles,
                entitlements: self.entitlements.as_deref(),
                keep_entitlements: self.keep_entitlements,
                allow_new_signer,
                now: unix_seconds(),
            }),
        }
    }
}

/// Loads what was asked for.
pub fn load(signing: &Signing) -> Result<Keys, Failure> {
    let asked = &signing.apple;
    let kind = if signing.unsigned {
        Kind::Unsigned
    } else if asked.ad_hoc {
        Kind::AdHoc
    } else if let Some(path) = &asked.p12 {
        Kind::Identity(Box::new(from_p12(path, asked)?))
    } else if let (Some(key), Some(cert)) = (&signing.key, &signing.cert) {
        Kind::Identity(Box::new(from_files(key, cert, signing)?))
    } else {
        return Err(Failure::new(Code::Signing, "no identity to sign the app with, and nothing was written")
            .remedy("an identity: --p12 FILE --p12-pass env:NAME")
            .remedy("a key and its certificate chain: --key k.pem --cert chain.pem")
            .remedy("for a simulator: --ad-hoc")
            .remedy("or leave it unsigned on purpose: --unsigned"));
    };
    let mut issuers = Vec::new();
    for path in &asked.chain {
        issuers.extend(certificates(&read(path)?).map_err(failed(path))?);
    }
    let mut profiles = Vec::new();
    for path in &asked.profile {
        profiles.push((path.display().to_string(), read(path)?.to_vec()));
    }
    let entitlements = asked.entitlements.as_ref().map(|path| read(path).map(|bytes| bytes.to_vec())).transpose()?;
    Ok(Keys { kind, issuers, profiles, entitlements, keep_entitlements: asked.keep_entitlements })
}

fn from_p12(path: &Path, asked: &AppleSigning) -> Result<Identity, Failure> {
    let bytes = read_secret(path)?;
    let given = password(asked.p12_pass.as_deref(), "--p12-pass", variables::P12_PASSWORD, "password of the identity")?;
    let password = match given {
        Some(password) => password,
        None if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() => {
            Password::new(Source::Prompt.read(&format!("password of {}", path.display()))?.to_string())
        }
        None => {
            return Err(Failure::new(Code::Signing, format!("no password for {}", path.display()))
                .remedy("--p12-pass env:NAME, file:PATH, stdin or prompt; or P12_PASSWORD"));
        }
    };
    Identity::from_keystore(&bytes, None, &password, None).map_err(failed(path))
}

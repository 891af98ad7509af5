//! The identity, issuers, profiles and entitlements for Apple's code signing.
//!
//! Must not: keep a password longer than a keystore takes to open.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use inject::job::{self, AppleSigningRequest};
use inject::signing::{Certificate, Identity, Password, certificates};
use inject::system::unix_seconds;

use super::{failed, from_files, password, read, read_secret};
use crate::args::signing::{AppleSigning, Signing};
use crate::exit::{Code, Failure};
use crate::settings::source::Source;
use crate::variables::{self, variable};

/// What signs apps, loaded.
#[derive(Debug)]
pub struct Keys {
    kind: Kind,
    issuers: Vec<Certificate>,
    profiles: Vec<(String, Vec<u8>)>,
    entitlements: Option<Vec<u8>>,
    entitlements_of: Vec<(String, Vec<u8>)>,
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
                entitlements_of: &self.entitlements_of,
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
    let from = From::asked(signing)?;
    let signs = !matches!(from, From::AdHoc | From::Unsigned);
    let profiles = profiles(asked, signs)?;
    let kind = match from {
        From::P12(path) => Kind::Identity(Box::new(from_p12(&path, asked, &profiles)?)),
        From::Files(key, cert) => Kind::Identity(Box::new(from_files(key, cert, signing)?)),
        From::AdHoc => Kind::AdHoc,
        From::Unsigned => Kind::Unsigned,
    };
    let mut issuers = Vec::new();
    for path in &asked.chain {
        issuers.extend(certificates(&read(path)?).map_err(failed(path))?);
    }
    let (mut entitlements, mut entitlements_of) = (None, Vec::new());
    for given in &asked.entitlements {
        let (bundle, file) = of_bundle(given);
        let content = read(Path::new(file))?.to_vec();
        let is_second = match bundle {
            Some(bundle) => {
                let is_second = entitlements_of.iter().any(|(other, _)| other == bundle);
                entitlements_of.push((bundle.to_owned(), content));
                is_second
            }
            None => entitlements.replace(content).is_some(),
        };
        if is_second {
            let of = bundle.unwrap_or("the app");
            return Err(Failure::new(Code::Usage, format!("--entitlements {given}: there are some for {of} already"))
                .remedy("for an extension, name its bundle identifier: --entitlements BUNDLE-ID=FILE"));
        }
    }
    Ok(Keys { kind, issuers, profiles, entitlements, entitlements_of, keep_entitlements: asked.keep_entitlements })
}

/// The bundle identifier before `=` (letters, digits, dots and hyphens), and the file.
fn of_bundle(given: &str) -> (Option<&str>, &str) {
    let is_identifier =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
    match given.split_once('=').filter(|(bundle, _)| is_identifier(bundle)) {
        Some((bundle, file)) => (Some(bundle), file),
        None => (None, given),
    }
}

/// The profiles given; else, where something signs by a certificate, those that the variable names.
fn profiles(asked: &AppleSigning, signs: bool) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let content = |path: &Path| Ok((path.display().to_string(), read(path)?.to_vec()));
    if !asked.profile.is_empty() || !signs {
        return asked.profile.iter().map(|path| content(path)).collect();
    }
    let named = variable(variables::PROFILE).unwrap_or_default();
    let paths = std::env::split_paths(&named).filter(|path| !path.as_os_str().is_empty());
    // Other programs have a variable of this name too.
    paths.map(|path| content(&path).map_err(|failure: Failure| failure.during(variables::PROFILE))).collect()
}

/// Where the signature comes from.
enum From<'s> {
    P12(PathBuf),
    Files(&'s Path, &'s Path),
    AdHoc,
    Unsigned,
}

impl<'s> From<'s> {
    fn asked(signing: &'s Signing) -> Result<Self, Failure> {
        let asked = &signing.apple;
        let files = signing.key.as_deref().zip(signing.cert.as_deref());
        let p12 = match files {
            Some(_) => None,
            None => asked.p12.clone().or_else(|| variable(variables::P12_FILE).map(PathBuf::from)),
        };
        for (flag, given) in [("--p12-pass", &asked.p12_pass), ("--p12-alias", &asked.p12_alias)] {
            if given.is_some() && p12.is_none() {
                return Err(Failure::usage(format!("{flag} is for an identity in PKCS#12, and none is given"))
                    .remedy("--p12 FILE, or P12_FILE"));
            }
        }
        if signing.unsigned {
            return Ok(Self::Unsigned);
        }
        if asked.ad_hoc {
            return Ok(Self::AdHoc);
        }
        match (p12, files) {
            (Some(path), _) => Ok(Self::P12(path)),
            (None, Some((key, cert))) => Ok(Self::Files(key, cert)),
            (None, None) => {
                Err(Failure::new(Code::Signing, "no identity to sign the app with, and nothing was written")
                    .remedy("an identity: --p12 FILE --p12-pass env:NAME (or P12_FILE, P12_PASSWORD)")
                    .remedy("a key and its certificate chain: --key k.pem --cert chain.pem")
                    .remedy("for a simulator: --ad-hoc")
                    .remedy("or leave it unsigned on purpose: --unsigned"))
            }
        }
    }
}

fn from_p12(path: &Path, asked: &AppleSigning, profiles: &[(String, Vec<u8>)]) -> Result<Identity, Failure> {
    let bytes = read_secret(path)?;
    let given = password(asked.p12_pass.as_deref(), "--p12-pass", variables::P12_PASSWORD, "password of the identity")?;
    let password = match given {
        Some(password) => password,
        None if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() => {
            Password::new(Source::Prompt.read_password(&format!("password of {}", path.display()))?.to_string())
        }
        None => {
            return Err(Failure::new(Code::Signing, format!("no password for {}", path.display()))
                .remedy("--p12-pass env:NAME, file:PATH, stdin or prompt; or P12_PASSWORD"));
        }
    };
    choose(&bytes, asked.p12_alias.as_deref(), &password, profiles, path)
}

/// The identity that is named; of several the one that a profile lists.
fn choose(
    bytes: &[u8],
    named: Option<&str>,
    password: &Password,
    profiles: &[(String, Vec<u8>)],
    path: &Path,
) -> Result<Identity, Failure> {
    let all = Identity::all_from_keystore(bytes, password).map_err(failed(path))?;
    let is_only = all.len() == 1;
    let (mut there, mut fitting) = (Vec::new(), Vec::new());
    for (alias, identity) in all {
        let fits = match (&identity, named) {
            // As keytool compares them.
            (_, Some(named)) if named.to_lowercase() == alias.to_lowercase() => true,
            (Ok(identity), Some(named)) => identity.has_fingerprint(named),
            (_, None) if is_only => true,
            (Ok(identity), None) => profiles.iter().any(|(_, profile)| identity.is_listed_in(profile)),
            (Err(_), _) => false,
        };
        let shown = identity.as_ref().map_or_else(ToString::to_string, Identity::fingerprint);
        there.push(format!("{alias} ({shown})"));
        if fits {
            fitting.push(identity);
        }
    }
    match (fitting.len(), fitting.pop()) {
        (1, Some(identity)) => identity.map_err(failed(path)),
        (count, _) => {
            let why = match (named, count) {
                (Some(named), 0) => format!("no identity {named:?} is in it"),
                (Some(named), _) => format!("{count} identities in it are called {named:?}"),
                (None, 0) => "it holds several identities, and no profile that was given lists one of them".to_owned(),
                (None, _) => format!("the profiles that were given list {count} of its identities"),
            };
            Err(Failure::new(Code::Signing, format!("{}: {why}; there: {}", path.display(), there.join(", ")))
                .remedy("name one: --p12-alias NAME, or the SHA-1 or SHA-256 of its certificate"))
        }
    }
}

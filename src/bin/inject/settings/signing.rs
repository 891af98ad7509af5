//! The signing identity: from flags, else from the environment variables that GeneXus and Gradle use.
//!
//! Must not: keep a password longer than a keystore takes to open.

pub mod apple;

use std::io::IsTerminal;
use std::path::Path;

use inject::signing::{
    DEFAULT_ROTATION_MIN_SDK, Identity, IdentityError, KeptPairs, Lineage, Password, Rotation, Schemes, Signers,
    debug_key,
};
use inject::system::unix_seconds;
use inject::system::{Replacement, files};
use zeroize::Zeroizing;

use super::source::Source;
use super::{variable, variables};
use crate::args::signing::Signing;
use crate::exit::{Code, Failure};
use crate::render::Output;

/// API level from which v3 is known: the least a rotation can begin at.
const SDK_V3: u32 = 28;

/// Who signs, loaded.
#[derive(Debug)]
pub struct Keys {
    current: Identity,
    original: Option<Identity>,
    lineage: Option<Lineage>,
    rotation_min_sdk: u32,
}

impl Keys {
    /// As the library takes them.
    pub fn signers(&self) -> Signers<'_> {
        let rotation = self.lineage.as_ref().map(|lineage| Rotation {
            original: self.original.as_ref(),
            lineage,
            min_sdk: self.rotation_min_sdk,
        });
        Signers { current: &self.current, rotation }
    }
}

/// The identity that was asked for; `None` where the artifact stays unsigned on purpose.
pub fn load(signing: &Signing, out: Output) -> Result<Option<Keys>, Failure> {
    if signing.unsigned {
        return Ok(None);
    }
    let current = if let (Some(key), Some(cert)) = (&signing.key, &signing.cert) {
        from_files(key, cert, signing)?
    } else if let Some(path) = &signing.ks {
        from_keystore(path, signing)?
    } else if signing.debug_key {
        debug_identity(out)?
    } else if let Some(path) = variable(variables::KEYSTORE_FILE) {
        from_keystore(Path::new(&path), signing)?
    } else {
        return Err(Failure::new(Code::Signing, "no key to sign with, and nothing was written")
            .remedy("a keystore: --ks FILE --ks-pass env:NAME (or KEYSTORE_FILE, KEYSTORE_PASSWORD, KEY_ALIAS, KEY_PASSWORD)")
            .remedy("a key and its certificate: --key k.pem --cert c.pem")
            .remedy("for development: --debug-key")
            .remedy("or leave it unsigned on purpose: --unsigned"));
    };
    if let Some(bits) = current.weak_bits() {
        out.warn(&format!(
            "the RSA key {:?} has {bits} bits: sign with it only what was signed with it before, which devices update with no other \
             key; stores take no new app with it",
            current.name()
        ));
    }
    let original = signing.old_ks.as_ref().map(|path| original(path, signing)).transpose()?;
    let lineage = signing.lineage.as_ref().map(|path| lineage(path)).transpose()?;
    if original.is_some() && lineage.is_none() {
        return Err(Failure::usage("--old-ks is the key before a rotation; it needs the rotation's proof")
            .remedy("add --lineage FILE (made by apksigner rotate)"));
    }
    let rotation_min_sdk = signing.rotation_min_sdk.unwrap_or(DEFAULT_ROTATION_MIN_SDK);
    if rotation_min_sdk < SDK_V3 {
        return Err(Failure::usage(format!(
            "--rotation-min-sdk {rotation_min_sdk}: a rotation is known from API level 28 on"
        ))
        .remedy("28 (v3) or 33 and above (v3.1)"));
    }
    Ok(Some(Keys { current, original, lineage, rotation_min_sdk }))
}

/// The schemes that were asked for.
pub fn schemes(signing: &Signing) -> Result<Option<Schemes>, Failure> {
    if signing.schemes.is_empty() {
        return Ok(None);
    }
    Schemes::parse(&signing.schemes.join(",")).map(Some).map_err(|e| Failure::of(Code::Usage, e).during("--schemes"))
}

/// The pairs of the signing block that are to stay.
pub fn kept_pairs(signing: &Signing) -> Result<KeptPairs, Failure> {
    let list = signing.keep_signing_block_ids.join(",");
    KeptPairs::parse(&list).map_err(|e| Failure::of(Code::Usage, e).during("--keep-signing-block-ids"))
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    files::read_key(path, files::KEY_FILE_BYTES).map_err(|e| Failure::of(Code::Signing, e))
}

/// The same for a file that holds a key.
fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    Output::warn_open(path);
    read(path)
}

fn failed(path: &Path) -> impl Fn(IdentityError) -> Failure + '_ {
    move |error| Failure::of(Code::Signing, error).during(path.display().to_string())
}

fn password(reference: Option<&str>, option: &str, name: &str, what: &str) -> Result<Option<Password>, Failure> {
    let text = match reference {
        Some(reference) => Some(
            Source::parse(option, reference)?
                .read_password(what)
                .map_err(|failure| Failure { code: Code::Signing, ..failure })?,
        ),
        // One that is set to nothing is an empty password.
        None => std::env::var(name).ok().map(Zeroizing::new),
    };
    Ok(text.map(|text| Password::new(text.to_string())))
}

fn from_keystore(path: &Path, signing: &Signing) -> Result<Identity, Failure> {
    let bytes = read_secret(path)?;
    let store = password(signing.ks_pass.as_deref(), "--ks-pass", variables::KEYSTORE_PASSWORD, "keystore password")?;
    let store = match store {
        Some(store) => store,
        None if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() => {
            Password::new(Source::Prompt.read_password(&format!("password of {}", path.display()))?.to_string())
        }
        None => {
            return Err(Failure::new(Code::Signing, format!("no password for {}", path.display()))
                .remedy("--ks-pass env:NAME, file:PATH, stdin or prompt; or KEYSTORE_PASSWORD"));
        }
    };
    let key = password(signing.key_pass.as_deref(), "--key-pass", variables::KEY_PASSWORD, "key password")?;
    let alias = signing.ks_key_alias.clone().or_else(|| variable(variables::KEY_ALIAS));
    Identity::from_keystore(&bytes, alias.as_deref(), &store, key.as_ref()).map_err(failed(path))
}

fn original(path: &Path, signing: &Signing) -> Result<Identity, Failure> {
    let bytes = read_secret(path)?;
    let Some(reference) = &signing.old_ks_pass else {
        return Err(Failure::new(Code::Signing, format!("no password for {}", path.display()))
            .remedy("--old-ks-pass env:NAME, file:PATH, stdin or prompt"));
    };
    let text = Source::parse("--old-ks-pass", reference)?.read_password("password of the old keystore")?;
    let store = Password::new(text.to_string());
    Identity::from_keystore(&bytes, signing.old_ks_key_alias.as_deref(), &store, None).map_err(failed(path))
}

fn from_files(key: &Path, cert: &Path, signing: &Signing) -> Result<Identity, Failure> {
    let (key_bytes, cert_bytes) = (read_secret(key)?, read(cert)?);
    let secret = password(signing.key_pass.as_deref(), "--key-pass", variables::KEY_PASSWORD, "key password")?;
    let name = signing
        .ks_key_alias
        .clone()
        .unwrap_or_else(|| key.file_stem().unwrap_or_default().to_string_lossy().into_owned());
    Identity::from_files(&name, &key_bytes, &cert_bytes, secret.as_ref()).map_err(failed(key))
}

fn lineage(path: &Path) -> Result<Lineage, Failure> {
    let bytes = read(path)?;
    Lineage::from_file(&bytes, inject::findings::lineage_signature)
        .map_err(|e| Failure::of(Code::Signing, e).during(path.display().to_string()))
}

/// `~/.android/debug.keystore`, made where there is none.
fn debug_identity(out: Output) -> Result<Identity, Failure> {
    let home = std::env::home_dir().ok_or_else(|| {
        Failure::new(Code::Signing, "no home directory for the debug keystore")
            .remedy("set HOME, or give a key: --ks FILE")
    })?;
    let path = home.join(".android").join("debug.keystore");
    if !path.exists() {
        make_debug_keystore(&path)?;
        out.note(&format!("made {}", path.display()));
    }
    // Of a run that was killed while it made it.
    files::tidy(&path);
    let bytes = read(&path)?;
    let password = Password::new(debug_key::PASSWORD.to_owned());
    Identity::from_keystore(&bytes, Some(debug_key::ALIAS), &password, None).map_err(failed(&path))
}

fn make_debug_keystore(path: &Path) -> Result<(), Failure> {
    let failed =
        |error: anyhow::Error| Failure::of(Code::Signing, error).during(format!("cannot make {}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|e| failed(e.into()))?;
    }
    let (_, keystore) =
        debug_key::generate(&mut inject::system::os_rng(), unix_seconds()).map_err(|e| failed(e.into()))?;
    let mut file = Replacement::start(path).map_err(|e| failed(e.into()))?;
    file.write_all(&keystore).map_err(|e| failed(e.into()))?;
    // Of two builds at once the first one's keystore counts, for both.
    file.commit_new().map(|_| ()).map_err(|e| failed(e.into()))
}

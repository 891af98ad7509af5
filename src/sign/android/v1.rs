//! JAR signing (JAR File Specification, "Signed JAR File") as apksigner does it: MANIFEST.MF, one signature file and one
//! PKCS#7 block.
//!
//! The caller computes the digests of the entries, adds the three files to the archive and leaves out those that
//! [`is_signature_file`] names.
//!
//! Must not: read an archive.

use std::collections::BTreeMap;

use super::{AndroidSignError, Schemes};
use crate::format::base64;
use crate::sign::cms::sign_detached;
use crate::sign::key::Algorithm;
use crate::sign::{Digest, Identity, PrivateKey};

/// The manifest's name.
pub const MANIFEST: &str = "META-INF/MANIFEST.MF";
/// What apksigner writes; the value says nothing about us so that files stay comparable.
const CREATED_BY: &str = "1.0 (Android)";
/// Bytes of a line, its end not counted (JAR File Specification, "Line length").
const LINE: usize = 70;

/// Why there can be no JAR signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JarError {
    /// EC keys came with Android 4.3.
    #[error(
        "JAR signatures with EC keys are known from API level 18 on, the package runs from {min_sdk}; use an RSA key or raise minSdk"
    )]
    EcTooOld {
        /// minSdkVersion.
        min_sdk: u32,
    },
    /// A line break in a name would end its line in the manifest.
    #[error(
        "entry {name:?} has a line break or NUL in its name, which a JAR manifest cannot hold; rename it or sign without v1"
    )]
    EntryName {
        /// The name, escaped.
        name: String,
    },
}

/// The three files of a JAR signature: name and content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JarFiles {
    /// META-INF/MANIFEST.MF.
    pub manifest: (String, Vec<u8>),
    /// META-INF/NAME.SF.
    pub signature_file: (String, Vec<u8>),
    /// META-INF/NAME.RSA or .EC.
    pub block: (String, Vec<u8>),
}

/// The digest for a package of that minSdkVersion: SHA-1 before Android 4.3 (API level 18), SHA-256 from there.
pub fn digest(key: &PrivateKey, min_sdk: u32) -> Result<Digest, JarError> {
    match (key.algorithm(), min_sdk) {
        (Algorithm::Rsa, ..18) => Ok(Digest::Sha1),
        (Algorithm::Ec, ..18) => Err(JarError::EcTooOld { min_sdk }),
        (Algorithm::Rsa | Algorithm::Ec, _) => Ok(Digest::Sha256),
    }
}

/// Whether an entry belongs to a JAR signature and goes when the package is signed again. Top level of META-INF only: what
/// lies deeper (services, version files) stays.
pub fn is_signature_file(name: &[u8]) -> bool {
    let Some(rest) = name.strip_prefix(b"META-INF/") else { return false };
    let rest = rest.to_ascii_uppercase();
    !rest.contains(&b'/')
        && (rest == b"MANIFEST.MF"
            || rest.starts_with(b"SIG-")
            || [b".SF".as_slice(), b".RSA", b".DSA", b".EC"].iter().any(|extension| rest.ends_with(extension)))
}

/// Whether an entry is listed in the manifest: all but directories and signature files.
pub fn needs_digest(name: &[u8]) -> bool {
    !name.ends_with(b"/") && !is_signature_file(name)
}

/// The name of the signature files for a signer: at most 8 of the letters, digits, `-` and `_` of its alias.
pub fn file_stem(alias: &str) -> String {
    let stem: String = alias
        .chars()
        .flat_map(char::to_uppercase)
        .take(8)
        .map(|letter| if letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_') { letter } else { '_' })
        .collect();
    if stem.is_empty() { "CERT".to_owned() } else { stem }
}

/// Makes the three files. `entries` are the names and content digests (of [`digest`]'s kind) of the entries that
/// [`needs_digest`]; the main attributes of `old_manifest` are kept.
pub fn sign(
    identity: &Identity,
    digest: Digest,
    schemes: Schemes,
    entries: impl IntoIterator<Item = (String, Vec<u8>)>,
    old_manifest: Option<&[u8]>,
) -> Result<JarFiles, AndroidSignError> {
    let digest_name = match digest {
        Digest::Sha1 => "SHA1",
        Digest::Sha256 => "SHA-256",
        Digest::Sha384 => "SHA-384",
        Digest::Sha512 => "SHA-512",
    };
    // Sorted as Java sorts strings: by UTF-16 units.
    let entries: BTreeMap<Vec<u16>, (String, Vec<u8>)> =
        entries.into_iter().map(|(name, hash)| (name.encode_utf16().collect(), (name, hash))).collect();

    let mut manifest = Vec::new();
    let main = old_manifest.map(main_attributes).filter(|main| !main.is_empty());
    let default = || vec![("Manifest-Version".to_owned(), "1.0".to_owned())];
    for (name, value) in main.unwrap_or_else(default) {
        attribute(&mut manifest, &name, &value);
    }
    manifest.extend_from_slice(b"\r\n");
    let mut sections = Vec::new();
    for (name, hash) in entries.values() {
        if name.contains(['\r', '\n', '\0']) {
            return Err(JarError::EntryName { name: name.escape_debug().to_string() }.into());
        }
        let mut section = Vec::new();
        attribute(&mut section, "Name", name);
        attribute(&mut section, &format!("{digest_name}-Digest"), &base64::encode(hash));
        section.extend_from_slice(b"\r\n");
        manifest.extend_from_slice(&section);
        sections.push((name, digest.of(&[&section])));
    }

    let mut file = Vec::new();
    attribute(&mut file, "Signature-Version", "1.0");
    attribute(&mut file, "Created-By", CREATED_BY);
    attribute(&mut file, &format!("{digest_name}-Digest-Manifest"), &base64::encode(&digest.of(&[&manifest])));
    let also: Vec<&str> =
        [(schemes.v2, "2"), (schemes.v3, "3")].iter().filter(|(on, _)| *on).map(|(_, id)| *id).collect();
    if !also.is_empty() {
        attribute(&mut file, "X-Android-APK-Signed", &also.join(", "));
    }
    file.extend_from_slice(b"\r\n");
    for (name, hash) in sections {
        attribute(&mut file, "Name", name);
        attribute(&mut file, &format!("{digest_name}-Digest"), &base64::encode(&hash));
        file.extend_from_slice(b"\r\n");
    }
    // Android up to 1.6 crashes on a signature file whose length is a multiple of 1024.
    if file.len().is_multiple_of(1024) {
        file.extend_from_slice(b"\r\n");
    }

    let block = sign_detached(identity, digest, &file)?;
    let stem = file_stem(identity.name());
    let extension = match identity.key().algorithm() {
        Algorithm::Rsa => "RSA",
        Algorithm::Ec => "EC",
    };
    Ok(JarFiles {
        manifest: (MANIFEST.to_owned(), manifest),
        signature_file: (format!("META-INF/{stem}.SF"), file),
        block: (format!("META-INF/{stem}.{extension}"), block),
    })
}

/// `Name: value` in lines of at most 72 bytes, their ends included.
fn attribute(out: &mut Vec<u8>, name: &str, value: &str) {
    let whole = format!("{name}: {value}");
    let (first, mut rest) = whole.as_bytes().split_at(whole.len().min(LINE));
    out.extend_from_slice(first);
    while !rest.is_empty() {
        let (part, left) = rest.split_at(rest.len().min(LINE - 1));
        out.extend_from_slice(b"\r\n ");
        out.extend_from_slice(part);
        rest = left;
    }
    out.extend_from_slice(b"\r\n");
}

/// The attributes of the main section: the version first, the others by name.
fn main_attributes(manifest: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(manifest).replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().take_while(|line| !line.is_empty()) {
        match (line.strip_prefix(' '), lines.last_mut()) {
            (Some(rest), Some(last)) => last.push_str(rest),
            _ => lines.push(line.to_owned()),
        }
    }
    let attributes: BTreeMap<String, String> = lines
        .iter()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let is_version = |name: &str| name.eq_ignore_ascii_case("Manifest-Version");
    let (mut ordered, others): (Vec<_>, Vec<_>) = attributes.into_iter().partition(|(name, _)| is_version(name));
    if ordered.is_empty() {
        ordered.push(("Manifest-Version".to_owned(), "1.0".to_owned()));
    }
    ordered.extend(others);
    ordered
}

//! APK Signature Scheme v4 (source.android.com): the `.idsig` file beside a package, a signature over its fs-verity tree.
//!
//! Must not: trust a length in the file before it is compared with what is there.

use std::io;

use super::algorithm::Algorithm;
use super::encoding::Cursor;
use super::merkle::Tree;
use crate::format::read_at::ReadAt;
use crate::format::x509::Certificate;
use crate::verify::code::Code;
use crate::verify::public_key::same_key;
use crate::verify::report::Report;

const PLACE: &str = "the .idsig file (v4)";
const VERSION: u32 = 2;
const SHA256: u32 = 1;
const LOG2_PAGE: u8 = 12;
const STEP: usize = 1024 * 1024;

/// What the package's own v2 or v3 signers say, which v4 must repeat.
pub(super) struct Expected<'a> {
    pub(super) certificate: &'a Certificate,
    /// Content digests any of which v4 may name.
    pub(super) digests: &'a [Vec<u8>],
}

/// Judges the file; the signer's certificate when it holds.
pub(super) fn verify<S: ReadAt + ?Sized>(
    report: &mut Report,
    source: &S,
    idsig: &[u8],
    expected: Option<&Expected<'_>>,
) -> Option<Certificate> {
    let before = report.errors();
    let certificate = match judge(report, source, idsig, expected) {
        Ok(certificate) => certificate,
        Err(problem) => {
            report.add(Code::V4Malformed, PLACE, format!("{problem}; make it again"));
            return None;
        }
    };
    (report.errors() == before).then_some(certificate)
}

fn byte(cursor: &mut Cursor<'_>) -> Result<u8, String> {
    Ok(cursor.take(1)?.first().copied().unwrap_or(0))
}

fn judge<S: ReadAt + ?Sized>(
    report: &mut Report,
    source: &S,
    idsig: &[u8],
    expected: Option<&Expected<'_>>,
) -> Result<Certificate, String> {
    let mut file = Cursor::new(idsig);
    let version = file.word()?;
    if version != VERSION {
        return Err(format!("version {version}, expected {VERSION}"));
    }
    let hashing = file.prefixed()?;
    let signing = file.prefixed()?;
    let tree = if file.is_empty() { None } else { Some(file.prefixed()?) };

    let mut info = Cursor::new(hashing);
    let (algorithm, page) = (info.word()?, byte(&mut info)?);
    let (salt, root) = (info.prefixed()?, info.prefixed()?);
    if (algorithm, page) != (SHA256, LOG2_PAGE) {
        return Err(format!("hash algorithm {algorithm} over pages of 2^{page}, expected {SHA256} and 2^{LOG2_PAGE}"));
    }
    let mut info = Cursor::new(signing);
    let (digest, raw_certificate, additional) = (info.prefixed()?, info.prefixed()?, info.prefixed()?);
    let (public_key, id, signature) = (info.prefixed()?, info.word()?, info.prefixed()?);

    let certificate = Certificate::parse(raw_certificate).map_err(|error| format!("its certificate: {error}"))?;
    if !same_key(certificate.public_key(), public_key) {
        return Err("its certificate is not of the key that signed".to_owned());
    }
    let mut signed = source.size().to_le_bytes().to_vec();
    signed.extend_from_slice(&SHA256.to_le_bytes());
    signed.push(LOG2_PAGE);
    for part in [salt, root, digest, raw_certificate, additional] {
        signed.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
        signed.extend_from_slice(part);
    }
    let size = u32::try_from(signed.len() + 4).unwrap_or(u32::MAX).to_le_bytes();
    let signed = [size.as_slice(), &signed].concat();
    let algorithm = Algorithm::of(id).ok_or_else(|| format!("signature algorithm {id:#06x} is unknown"))?;
    if !algorithm.verify(public_key, &signed, signature)? {
        let message = "the signature is not one of this key over this package; make the file again";
        report.add(Code::V4Signature, PLACE, message);
    }
    let (found_root, found_tree) =
        hash(source, salt).map_err(|error| format!("reading the package failed: {error}"))?;
    if found_root.as_slice() != root {
        report.add(Code::V4Root, PLACE, "the root hash is not that of the package; make the file again");
    }
    if tree.is_some_and(|tree| tree != found_tree) {
        report.add(Code::V4Tree, PLACE, "the hash tree is not that of the package; make the file again");
    }
    if let Some(expected) = expected {
        if expected.certificate.raw() != certificate.raw() {
            report.add(Code::V4Signer, PLACE, "it is signed by another certificate than the package");
        }
        if !expected.digests.iter().any(|known| known == digest) {
            report.add(Code::V4Digest, PLACE, "its content digest is not that of the package's own signature");
        }
    }
    Ok(certificate)
}

fn hash<S: ReadAt + ?Sized>(source: &S, salt: &[u8]) -> io::Result<([u8; 32], Vec<u8>)> {
    let mut tree = Tree::new(salt);
    let mut buf = vec![0; STEP];
    let (mut at, size) = (0, source.size());
    while at < size {
        let len = usize::try_from(size - at).unwrap_or(STEP).min(STEP);
        let part = buf.get_mut(..len).ok_or(io::ErrorKind::InvalidInput)?;
        source.read_exact_at(part, at)?;
        tree.update(part);
        at += len as u64;
    }
    Ok(tree.finish())
}

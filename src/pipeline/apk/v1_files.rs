//! The files of JAR signatures: which old ones go, and the digests the new ones need.
//!
//! This is the expensive scheme: every entry is inflated and hashed once.
//!
//! Must not: know how a JAR signature looks inside.

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::format::read_at::ReadAt;
use crate::format::zip::{Archive, Change, METHOD_DEFLATED, NewEntry, Rewrite};
use crate::pipeline::fault::Cause;
use crate::sign::android::{Schemes, v1};
use crate::sign::{Digest, Identity};

/// The entry of a source stamp's certificate digest; without its block in the signing block it means nothing.
pub(super) const STAMP: &[u8] = b"stamp-cert-sha256";

/// Indices of the entries that belong to old signatures and stamps.
pub(in crate::pipeline) fn stale<S: ReadAt + ?Sized>(archive: &Archive<'_, S>) -> Vec<usize> {
    let names = archive.entries().iter().map(crate::format::zip::Entry::name).enumerate();
    names.filter(|(_, name)| v1::is_signature_file(name) || *name == STAMP).map(|(index, _)| index).collect()
}

/// Whether there is a JAR signature, whatever it is worth.
pub(super) fn is_signed<S: ReadAt + ?Sized>(archive: &Archive<'_, S>) -> bool {
    stale(archive).into_iter().any(|index| archive.entries()[index].name().to_ascii_uppercase().ends_with(b".SF"))
}

/// Adds the files of a new JAR signature over all that `rewrite` makes of `archive`.
pub(in crate::pipeline) fn sign<S: ReadAt + ?Sized>(
    archive: &Archive<'_, S>,
    rewrite: &mut Rewrite,
    identity: &Identity,
    digest: Digest,
    schemes: Schemes,
) -> Result<(), Cause> {
    let mut entries = Vec::new();
    for (index, entry) in archive.entries().iter().enumerate() {
        let change = rewrite.changes.get(&index);
        if matches!(change, Some(Change::Remove)) || !v1::needs_digest(entry.name()) {
            continue;
        }
        let mut hasher = Hasher::new(digest);
        match change {
            Some(Change::Replace(content) | Change::Store(content)) => hasher.update(content),
            None | Some(Change::Remove) => archive.stream(index, |chunk| hasher.update(chunk))?,
        }
        entries.push((entry.display_name(), hasher.finish()));
    }
    for added in rewrite.added.iter().filter(|added| v1::needs_digest(&added.name)) {
        let mut hasher = Hasher::new(digest);
        hasher.update(&added.content);
        entries.push((String::from_utf8_lossy(&added.name).into_owned(), hasher.finish()));
    }
    let old = archive.find(v1::MANIFEST.as_bytes()).map(|index| archive.read(index)).transpose()?;
    let files = v1::sign(identity, digest, schemes, entries, old.as_deref())?;
    for (name, content) in [files.manifest, files.signature_file, files.block] {
        rewrite.added.push(NewEntry { name: name.into_bytes(), content, method: METHOD_DEFLATED });
    }
    Ok(())
}

enum Hasher {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Hasher {
    fn new(digest: Digest) -> Self {
        match digest {
            Digest::Sha1 => Self::Sha1(Sha1::default()),
            Digest::Sha256 | Digest::Sha384 | Digest::Sha512 => Self::Sha256(Sha256::default()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha1(hasher) => hasher.finalize().to_vec(),
            Self::Sha256(hasher) => hasher.finalize().to_vec(),
        }
    }
}

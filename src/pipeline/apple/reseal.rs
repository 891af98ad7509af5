//! Signing again what changed, and every bundle around it: innermost first, each sealed before its executable is signed,
//! because the signature holds the seal's hash.
//!
//! Must not: touch code whose content and signer stay.

use std::collections::BTreeSet;

use super::AppleJobError;
use super::signing::{Signers, Signing, SigningRequest, entitlements, signed_by};
use crate::artifact::apple::{Bundle, Layout, Node, Overlay, Tree, below};
use crate::format::code_resources::{CodeResources, Exclusions, Fate, Generation, SealError, Sealed};
use crate::format::code_signature::{SuperBlob, requirement};
use crate::format::macho::MachO;
use crate::format::x509::Certificate;
use crate::sign::Digest;
use crate::sign::apple::{Code, Signer, sign};

/// What is signed, and how.
pub(super) struct Reseal<'a> {
    pub(super) layout: &'a Layout,
    pub(super) signing: &'a Signing<'a>,
    pub(super) signer: &'a Signer<'a>,
    /// Who signed what before.
    pub(super) signers: &'a Signers,
    /// Sign everything, because what is there is not sound.
    pub(super) everything: bool,
}

impl Reseal<'_> {
    /// Signs into the overlay. What was laid over before is what changed.
    pub(super) fn run(&self, overlay: &mut Overlay<'_>) -> Result<(), AppleJobError> {
        for path in &self.layout.loose {
            let bytes = overlay.read(path)?;
            if self.everything || overlay.changed(path) || !self.is_own(&bytes) {
                let name = path.rsplit('/').next().unwrap_or(path);
                let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
                let code = Code { identifier: stem, info: None, resources: None, entitlements: None };
                self.put(overlay, path, &bytes, &code)?;
            }
        }
        for bundle in &self.layout.bundles {
            let bytes = overlay.read(&bundle.executable)?;
            let changed = overlay.contents().keys().any(|path| below(path, &bundle.root).is_some());
            if self.everything || changed || !self.is_own(&bytes) || overlay.nodes().get(&bundle.seal()).is_none() {
                self.bundle(overlay, bundle, &bytes)?;
            }
        }
        Ok(())
    }

    /// Whether code is signed by the signer already.
    fn is_own(&self, bytes: &[u8]) -> bool {
        let there = signed_by(bytes);
        there.signed && there.leaf.as_deref() == self.signer.certificate().map(Certificate::raw)
    }

    fn bundle(&self, overlay: &mut Overlay<'_>, bundle: &Bundle, executable: &[u8]) -> Result<(), AppleJobError> {
        let seal_path = bundle.seal();
        let old = overlay.read_if_there(&seal_path)?;
        let seal = self.seal(overlay, bundle, old.as_deref());
        let seal = seal.map_err(|error| match error {
            SealOr::Seal(source) => AppleJobError::Seal { path: seal_path.clone(), source },
            SealOr::Job(error) => *error,
        })?;
        if old.as_deref() != Some(seal.as_slice()) {
            overlay.set(seal_path, seal.clone());
        }
        let info = overlay.read(&bundle.info)?;
        let given = match self.signing {
            Signing::With(request) => given_entitlements(overlay, bundle, request, self.signers)?,
            _ => None,
        };
        let name = bundle.executable.rsplit('/').next().unwrap_or(&bundle.executable);
        let identifier = if bundle.identifier.is_empty() { name } else { &bundle.identifier };
        let code = Code { identifier, info: Some(&info), resources: Some(&seal), entitlements: given.as_deref() };
        self.put(overlay, &bundle.executable, executable, &code)
    }

    fn put(&self, overlay: &mut Overlay<'_>, path: &str, bytes: &[u8], code: &Code<'_>) -> Result<(), AppleJobError> {
        let signed = sign(bytes, code, self.signer);
        let signed = signed.map_err(|source| AppleJobError::Sign { path: path.to_owned(), source })?;
        if signed.bytes != bytes {
            overlay.set(path.to_owned(), signed.bytes);
        }
        Ok(())
    }

    /// The seal of a bundle, by the rules that are in it.
    fn seal(&self, overlay: &Overlay<'_>, bundle: &Bundle, old: Option<&[u8]>) -> Result<Vec<u8>, SealOr> {
        let mut seal = match old {
            Some(old) => CodeResources::parse(old)?,
            None => CodeResources::new(bundle.deep),
        };
        let before = seal.clone();
        let keeps_sha1 = seal.keeps_sha1();
        let exclusions = Exclusions { executable: bundle.within(&bundle.executable).map(str::to_owned) };
        for generation in Generation::BOTH {
            if !seal.has(generation) {
                continue;
            }
            let rules = seal.rules(generation)?;
            let mut listed: BTreeSet<String> = seal.paths(generation).map(str::to_owned).collect();
            for (full, node) in overlay.nodes() {
                let Some(path) = bundle.within(full).filter(|path| !exclusions.cover(path)) else { continue };
                if bundle.deep && self.nested(bundle, full).is_some() {
                    continue;
                }
                let was_listed = listed.remove(path);
                let fate = rules.fate(path);
                let fresh = !was_listed && fate != Fate::Omitted;
                if !fresh && !(was_listed && (self.everything || overlay.changed(full))) {
                    continue;
                }
                let optional = matches!(fate, Fate::Sealed { optional: true, .. });
                let sealed = match node {
                    Node::Symlink(_) if generation == Generation::One => continue,
                    Node::Symlink(target) => Sealed { symlink: Some(target.clone()), optional, ..Sealed::default() },
                    Node::File => {
                        let content = overlay.read(full).map_err(AppleJobError::from)?;
                        let sha1 = || Digest::Sha1.of(&[&content]);
                        let one = generation == Generation::One;
                        Sealed {
                            hash: (one || keeps_sha1).then(sha1),
                            hash2: (!one).then(|| Digest::Sha256.of(&[&content])),
                            optional,
                            ..Sealed::default()
                        }
                    }
                };
                seal.set(generation, path, &sealed);
            }
            // What is left in the list has no file: it is gone, or it is nested code.
            for path in listed {
                let sealed = seal.get(generation, &path)?.unwrap_or_default();
                if sealed.cdhash.is_none() && !sealed.optional {
                    seal.remove(generation, &path);
                }
            }
            if bundle.deep && generation == Generation::Two {
                self.seal_nested(overlay, bundle, &mut seal)?;
            }
        }
        match old {
            Some(old) if seal == before => Ok(old.to_vec()),
            _ => Ok(seal.to_bytes()),
        }
    }

    /// The nested code that a path of a bundle of macOS lies in: a bundle's folder, or a loose image.
    fn nested<'l>(&'l self, bundle: &Bundle, full: &str) -> Option<&'l str> {
        let inner = self.layout.bundles.iter().map(|inner| inner.root.as_str());
        let inner = inner.filter(|root| *root != bundle.root && below(root, &bundle.root).is_some());
        let in_bundle = inner.filter(|root| below(full, root).is_some()).min_by_key(|root| root.len());
        in_bundle.or_else(|| self.layout.loose.iter().map(String::as_str).find(|loose| *loose == full))
    }

    /// Seals the code directly in a bundle of macOS by its own signature.
    fn seal_nested(&self, overlay: &Overlay<'_>, bundle: &Bundle, seal: &mut CodeResources) -> Result<(), SealOr> {
        let rules = seal.rules(Generation::Two)?;
        let bundles = self.layout.bundles.iter().map(|inner| (inner.root.as_str(), inner.executable.as_str()));
        let loose = self.layout.loose.iter().map(|path| (path.as_str(), path.as_str()));
        for (root, executable) in bundles.chain(loose) {
            let outermost = self.nested(bundle, executable) == Some(root);
            let Some(path) = bundle.within(root).filter(|_| outermost) else { continue };
            let known = seal.get(Generation::Two, path)?.is_some();
            if known && !overlay.changed(executable) || !matches!(rules.fate(path), Fate::Sealed { nested: true, .. }) {
                continue;
            }
            let bytes = overlay.read(executable).map_err(AppleJobError::from)?;
            let Some((identifier, cdhash)) = cdhash(&bytes) else { continue };
            let requirement = match self.signer.requirement(&identifier) {
                Some((_, text)) => text,
                None => requirement::ad_hoc_text(&cdhash),
            };
            let entry = Sealed { cdhash: Some(cdhash), requirement: Some(requirement), ..Sealed::default() };
            seal.set(Generation::Two, path, &entry);
        }
        Ok(())
    }
}

/// Entitlements that differ from those that are there.
fn given_entitlements(
    overlay: &Overlay<'_>,
    bundle: &Bundle,
    request: &SigningRequest<'_>,
    signers: &Signers,
) -> Result<Option<Vec<u8>>, AppleJobError> {
    if !bundle.runs() {
        return Ok(None);
    }
    let there = signers.get(&bundle.executable).cloned().unwrap_or_default();
    let profile = overlay.read_if_there(&bundle.profile())?;
    let wanted = entitlements(bundle, request, &there, profile.as_deref())?;
    Ok(wanted.filter(|wanted| there.entitlements.as_ref() != Some(wanted)))
}

/// Identifier and hash of the best code directory of a file's first slice.
fn cdhash(bytes: &[u8]) -> Option<(String, Vec<u8>)> {
    let file = MachO::parse(bytes).ok()?;
    let blob = SuperBlob::parse(file.slices.first()?.signature_bytes(bytes)?).ok()?;
    let directories = blob.directories().ok()?;
    let best = directories.iter().max_by_key(|directory| directory.hash_type)?;
    let digest = if best.hash_type.number() == 1 { Digest::Sha1 } else { Digest::Sha256 };
    let mut hash = digest.of(&[best.raw]);
    hash.truncate(20);
    Some((best.identifier.to_owned(), hash))
}

/// An error of the seal itself, or of something else.
enum SealOr {
    Seal(SealError),
    Job(Box<AppleJobError>),
}

impl From<SealError> for SealOr {
    fn from(error: SealError) -> Self {
        Self::Seal(error)
    }
}

impl From<AppleJobError> for SealOr {
    fn from(error: AppleJobError) -> Self {
        Self::Job(Box::new(error))
    }
}

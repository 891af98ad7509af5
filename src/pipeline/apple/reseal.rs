//! Signing again what changed, and every bundle around it: innermost first, each sealed before its executable is signed,
//! because the signature holds the seal's hash.
//!
//! Must not: touch code whose content and signer stay.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::entitlements::{entitlements, following};
use super::error::AppFault;
use super::signed_by::{Signers, signed_by};
use crate::artifact::apple::{
    Bundle, Digests, Facts, Grown, Known, Layout, Look, Node, Overlay, Patched, Tree, Wanted, below, facts,
};
use crate::format::code_resources::{CodeResources, Exclusions, Fate, Generation, SealError, Sealed};
use crate::format::code_signature::{HashType, SuperBlob, requirement};
use crate::format::macho::Slice;
use crate::format::outline::Outline;
use crate::format::x509::Certificate;
use crate::pipeline::fault::Cause;
use crate::pipeline::signing::{AppleSigning, AppleSigningRequest};
use crate::sign::Digest;
use crate::sign::apple::{self, Code, Signer, sign, sign_in_place, sign_in_room};

/// Bytes from which on an executable is held by its end alone, and deflated in two pieces: what is smaller takes no time.
pub(super) const CUT_FROM: u64 = 1024 * 1024;

/// What is signed, and how.
pub(super) struct Reseal<'a> {
    pub(super) layout: &'a Layout,
    /// The code as it was before.
    pub(super) before: &'a Layout,
    pub(super) signing: &'a AppleSigning<'a>,
    pub(super) signer: &'a Signer<'a>,
    /// What is known of the files below the overlay.
    pub(super) known: &'a Known,
    /// Who signed what before.
    pub(super) signers: &'a Signers,
    /// Sign everything, because what is there is not sound.
    pub(super) everything: bool,
}

impl Reseal<'_> {
    /// Signs into the overlay. What was laid over before is what changed.
    pub(super) fn run(&self, overlay: &mut Overlay<'_>) -> Result<(), Cause> {
        for path in &self.layout.loose {
            if self.everything || overlay.changed(path) || !self.is_own(overlay, path)? {
                let name = path.rsplit('/').next().unwrap_or(path);
                let stem = name.split_once('.').map_or(name, |(stem, _)| stem);
                let code = Code { identifier: stem, renamed: false, info: None, resources: None, entitlements: None };
                self.put(overlay, path, &code)?;
            }
        }
        for bundle in &self.layout.bundles {
            let changed = overlay.changes().paths().any(|path| below(path, &bundle.root).is_some());
            let unsealed = overlay.nodes().get(&bundle.seal()).is_none();
            if self.everything || changed || unsealed || !self.is_own(overlay, &bundle.executable)? {
                self.bundle(overlay, bundle)?;
            }
        }
        Ok(())
    }

    /// Whether code is signed by the signer already.
    fn is_own(&self, overlay: &Overlay<'_>, path: &str) -> Result<bool, Cause> {
        let there = signed_by(&*self.image(overlay, path)?);
        Ok(there.signed && there.leaf.as_deref() == self.signer.certificate().map(Certificate::raw))
    }

    /// The outline of code as it will be.
    fn image(&self, overlay: &Overlay<'_>, path: &str) -> Result<Arc<Outline>, Cause> {
        let image = match overlay.changes().facts(path).and_then(|facts| facts.image.clone()) {
            Some(image) => image,
            None if overlay.changed(path) => Known::default().image(overlay, path)?,
            None => self.known.image(overlay.base(), path)?,
        };
        image.map_err(|error| AppFault::Sign { path: path.to_owned(), source: error.into() }.into())
    }

    /// Digests of a file as it will be.
    fn digests(&self, overlay: &Overlay<'_>, path: &str, sha1: bool, sha256: bool) -> Result<Digests, Cause> {
        let signed = overlay.changes().facts(path).map(|facts| facts.digests);
        Ok(match signed {
            Some(found) if found.sha1.is_some() >= sha1 && found.sha256.is_some() >= sha256 => found,
            _ if overlay.changed(path) => Known::default().digests(overlay, path, sha1, sha256)?,
            _ => self.known.digests(overlay.base(), path, sha1, sha256)?,
        })
    }

    fn bundle(&self, overlay: &mut Overlay<'_>, bundle: &Bundle) -> Result<(), Cause> {
        let seal_path = bundle.seal();
        let old = overlay.read_if_there(&seal_path)?;
        let kinds = apple::hash_types(&*self.image(overlay, &bundle.executable)?);
        let seal = self.seal(overlay, bundle, old.as_deref(), kinds.contains(&HashType::Sha1));
        let seal = seal.map_err(|error| match error {
            SealOr::Seal(source) => Cause::from(AppFault::Seal { path: seal_path.clone(), source }),
            SealOr::Job(error) => error,
        })?;
        if old.as_deref() != Some(seal.as_slice()) {
            overlay.set(seal_path, seal.clone());
        }
        let info = overlay.read(&bundle.info)?;
        let given = match self.signing {
            AppleSigning::With(request) => given_entitlements(overlay, bundle, request, self.signers)?,
            AppleSigning::AdHoc => {
                let there = self.signers.get(&bundle.executable).and_then(|there| there.entitlements.as_deref());
                there.map(|xml| following(xml, bundle)).transpose()?.flatten()
            }
            AppleSigning::Unsigned => None,
        };
        let name = bundle.executable.rsplit('/').next().unwrap_or(&bundle.executable);
        let identifier = if bundle.identifier.is_empty() { name } else { &bundle.identifier };
        let renamed = self.is_renamed(overlay, bundle)?;
        let code =
            Code { identifier, renamed, info: Some(&info), resources: Some(&seal), entitlements: given.as_deref() };
        self.put(overlay, &bundle.executable, &code)
    }

    /// Whether the signature has to have the identifier of the bundle, whatever the old one said. A device installs no bundle
    /// for which they differ (`MismatchedBundleIDSigningIdentifier`). On macOS a signer may have chosen another one
    /// (`codesign --identifier`): it is kept, and one that was the bundle's follows it.
    fn is_renamed(&self, overlay: &Overlay<'_>, bundle: &Bundle) -> Result<bool, Cause> {
        if bundle.identifier.is_empty() {
            return Ok(false);
        }
        if !bundle.deep {
            return Ok(true);
        }
        let before = self.before.bundles.iter().find(|before| before.root == bundle.root);
        let signed = cdhash(&*self.image(overlay, &bundle.executable)?).map(|(identifier, _)| identifier);
        Ok(before.is_some_and(|before| Some(&before.identifier) == signed.as_ref()))
    }

    fn put(&self, overlay: &mut Overlay<'_>, path: &str, code: &Code<'_>) -> Result<(), Cause> {
        let failed = |source| AppFault::Sign { path: path.to_owned(), source };
        let outline = self.image(overlay, path)?;
        let Some(signatures) = sign_in_place(&outline, code, self.signer).map_err(failed)? else {
            if let Some(grown) = self.grown(overlay, path, &outline, code)? {
                overlay.grow(path.to_owned(), grown);
                return Ok(());
            }
            let bytes = overlay.read(path)?;
            let signed = sign(&bytes, code, self.signer).map_err(failed)?;
            if signed.bytes != bytes {
                overlay.set(path.to_owned(), signed.bytes);
            }
            return Ok(());
        };
        let old = outline.signature_ranges().map(|(index, _)| outline.signature(index));
        if old.eq(signatures.iter().map(|(_, new)| Some(new.as_slice()))) {
            return Ok(());
        }
        if let Some(patched) = self.patched(overlay, path, &signatures)? {
            overlay.patch(path.to_owned(), patched);
            return Ok(());
        }
        let mut bytes = overlay.read(path)?;
        place(&mut bytes, 0, &signatures);
        overlay.set(path.to_owned(), bytes);
        Ok(())
    }

    /// A large executable with new signatures, of which only the end is held; `None` where it has to be held whole.
    fn patched(
        &self,
        overlay: &Overlay<'_>,
        path: &str,
        signatures: &[(u64, Vec<u8>)],
    ) -> Result<Option<Patched>, Cause> {
        let base = overlay.base();
        if overlay.changed(path) || base.size(path) < CUT_FROM {
            return Ok(None);
        }
        let again;
        let facts = match self.known.get(path).filter(|facts| facts.tail.is_some()) {
            Some(facts) => facts,
            None => {
                let wanted = Wanted { sha1: true, sha256: true, image: true, tail: u64::MAX, pages: None };
                again = facts(base, path, &wanted)?;
                &again
            }
        };
        let Some(tail) = &facts.tail else { return Ok(None) };
        let mut end = tail.bytes.clone();
        place(&mut end, tail.from, signatures);
        let Some(new) = facts.with_end(&end) else { return Ok(None) };
        Ok(Some(Patched { tail: Arc::clone(tail), end, facts: new }))
    }

    /// A large executable with room for a signature, and the signature in it; it is read once more, and never held. `None`
    /// where it has to be.
    fn grown(&self, overlay: &Overlay<'_>, path: &str, old: &Outline, code: &Code<'_>) -> Result<Option<Grown>, Cause> {
        let failed = |source| AppFault::Sign { path: path.to_owned(), source };
        let base = overlay.base();
        let head_len = old.file.slices.first().map_or(usize::MAX, Slice::head_len);
        if overlay.changed(path) || base.size(path) < CUT_FROM || head_len as u64 > CUT_FROM {
            return Ok(None);
        }
        let head = base.start(path, head_len)?;
        let Some((room, size, pages)) = apple::room(old, &head, code, self.signer).map_err(failed)? else {
            return Ok(None);
        };
        let signed = usize::try_from(room.start.saturating_sub(room.until)).unwrap_or(0);
        let end = vec![0; signed + size];
        let mut grown = Grown { head: room.head, until: room.until, end, signed, facts: Facts::default() };
        let wanted = Wanted { sha1: true, sha256: true, image: true, tail: size as u64, pages: Some(pages) };
        let mut look = Look::new(&wanted, grown.size());
        grown.pour(base, path, &mut |piece| look.feed(piece))?;
        let facts = look.finish();
        let Some(Ok(image)) = &facts.image else { return Ok(None) };
        let Some(signature) = sign_in_room(image, old, code, self.signer).map_err(failed)? else { return Ok(None) };
        let Some(facts) = facts.with_end(&signature) else { return Ok(None) };
        place(&mut grown.end, room.until, &[(room.start, signature)]);
        Ok(Some(Grown { facts, ..grown }))
    }

    /// The seal of a bundle, by the rules that are in it. Where a code directory is of SHA-1, codesign compares the files by
    /// that in the newer list too, so every entry needs it.
    fn seal(
        &self,
        overlay: &Overlay<'_>,
        bundle: &Bundle,
        old: Option<&[u8]>,
        needs_sha1: bool,
    ) -> Result<Vec<u8>, SealOr> {
        let before = match old {
            Some(old) => match self.known.seal(&bundle.seal()).filter(|_| !overlay.changed(&bundle.seal())) {
                Some(known) => Arc::clone(known),
                None => Arc::new(CodeResources::parse(old)?),
            },
            None => Arc::new(CodeResources::new(bundle.deep)),
        };
        let mut seal = CodeResources::clone(&before);
        let keeps_sha1 = needs_sha1 || seal.keeps_sha1();
        seal.complete(bundle.deep);
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
                let (sha1, sha256) = match generation {
                    Generation::One => (true, false),
                    Generation::Two => (keeps_sha1, true),
                };
                if was_listed && !self.everything && !overlay.changed(full) {
                    let there = seal.get(generation, path)?.unwrap_or_default();
                    let is_file = there.symlink.is_none() && there.cdhash.is_none();
                    let lacks = sha1 && there.hash.is_none() || sha256 && there.hash2.is_none();
                    if !(is_file && lacks) {
                        continue;
                    }
                }
                let fate = rules.fate(path);
                if !was_listed && fate == Fate::Omitted {
                    continue;
                }
                let optional = matches!(fate, Fate::Sealed { optional: true, .. });
                let sealed = match node {
                    Node::Symlink(_) if generation == Generation::One => continue,
                    Node::Symlink(target) => Sealed { symlink: Some(target.clone()), optional, ..Sealed::default() },
                    Node::File => {
                        let found = self.digests(overlay, full, sha1, sha256)?;
                        Sealed {
                            hash: found.sha1.filter(|_| sha1).map(|hash| hash.to_vec()),
                            hash2: found.sha256.filter(|_| sha256).map(|hash| hash.to_vec()),
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
                let is_code = sealed.cdhash.is_some() && self.is_nested_code(bundle, &path);
                if !is_code && !sealed.optional {
                    seal.remove(generation, &path);
                }
            }
            if bundle.deep && generation == Generation::Two {
                self.seal_nested(overlay, bundle, &mut seal)?;
            }
        }
        match old {
            Some(old) if seal == *before => Ok(old.to_vec()),
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

    /// Whether code is at a path of a bundle.
    fn is_nested_code(&self, bundle: &Bundle, path: &str) -> bool {
        let is_it = |full: &str| bundle.within(full) == Some(path);
        self.layout.bundles.iter().any(|inner| is_it(&inner.root)) || self.layout.loose.iter().any(|full| is_it(full))
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
            let Some((identifier, cdhash)) = cdhash(&*self.image(overlay, executable)?) else { continue };
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
    request: &AppleSigningRequest<'_>,
    signers: &Signers,
) -> Result<Option<Vec<u8>>, Cause> {
    if !bundle.runs() {
        return Ok(None);
    }
    let there = signers.get(&bundle.executable).cloned().unwrap_or_default();
    let profile = overlay.read_if_there(&bundle.profile())?;
    let wanted = entitlements(bundle, request, &there, profile.as_deref())?.map(|claimed| claimed.xml);
    Ok(wanted.filter(|wanted| there.entitlements.as_ref() != Some(wanted)))
}

/// Puts signatures into the content that begins at `from`.
fn place(content: &mut [u8], from: u64, signatures: &[(u64, Vec<u8>)]) {
    for (at, signature) in signatures {
        let start = at.checked_sub(from).and_then(|start| usize::try_from(start).ok()).unwrap_or(usize::MAX);
        if let Some(place) = content.get_mut(start..start.saturating_add(signature.len())) {
            place.copy_from_slice(signature);
        }
    }
}

/// Identifier and hash of the best code directory of a file's first slice.
fn cdhash(outline: &Outline) -> Option<(String, Vec<u8>)> {
    let blob = SuperBlob::parse(outline.signature(0)?).ok()?;
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
    Job(Cause),
}

impl From<SealError> for SealOr {
    fn from(error: SealError) -> Self {
        Self::Seal(error)
    }
}

impl From<Cause> for SealOr {
    fn from(error: Cause) -> Self {
        Self::Job(error)
    }
}

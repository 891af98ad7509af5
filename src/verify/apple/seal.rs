//! The seal of a bundle: by its own rules, which files must be in it, and whether they are what was sealed.
//!
//! Must not: bring rules of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{App, Verified};
use crate::artifact::apple::{Bundle, Compared, Node, below};
use crate::format::code_resources::{CodeResources, Exclusions, Fate, Generation, Rules, SealError, Sealed};
use crate::format::code_signature::HashType;
use crate::verify::code::Code;
use crate::verify::report::Report;

struct Seal<'a> {
    app: &'a App<'a>,
    bundle: &'a Bundle,
    resources: Arc<CodeResources>,
    codes: &'a BTreeMap<&'a str, Verified>,
    /// Of the code directories of the executable.
    hash_types: &'a BTreeSet<HashType>,
}

pub(super) fn check(
    report: &mut Report,
    (app, bundle, codes): (&App<'_>, &Bundle, &BTreeMap<&str, Verified>),
    bytes: &[u8],
    hash_types: &BTreeSet<HashType>,
) {
    let known = app.known.seal(&bundle.seal()).cloned();
    match known.map_or_else(|| CodeResources::parse(bytes).map(Arc::new), Ok) {
        Err(error) => report.add(Code::AppleSeal, bundle.seal(), error.to_string()),
        Ok(resources) => {
            let seal = Seal { app, bundle, resources, codes, hash_types };
            if let Err(error) = seal.judge(report) {
                report.add(Code::AppleSeal, bundle.seal(), error.to_string());
            }
        }
    }
}

impl Seal<'_> {
    fn judge(&self, report: &mut Report) -> Result<(), SealError> {
        if !self.resources.has(Generation::Two) {
            report.add(Code::AppleSealOld, self.bundle.seal(), "no files2: the seal is of before iOS 7");
        }
        for generation in Generation::BOTH {
            if !self.resources.has(generation) {
                continue;
            }
            for path in self.resources.paths(generation) {
                if let Some(sealed) = self.resources.get(generation, path)? {
                    self.sealed(report, generation, path, &sealed);
                }
            }
            self.coverage(report, generation, &self.resources.rules(generation)?)?;
        }
        for kind in self.hash_types.iter().filter(|kind| !is_read(**kind)) {
            let message = format!("a code directory is of {kind:?}; entries are not compared by digests of that kind");
            report.add_warning(Code::AppleSealDigest, self.bundle.seal(), message);
        }
        self.guests(report);
        Ok(())
    }

    /// Files beside the seal, where nothing covers them.
    fn guests(&self, report: &mut Report) {
        let folder = self.full("_CodeSignature");
        for path in self.app.tree.nodes().keys().filter(|path| below(path, &folder).is_some()) {
            if *path != self.bundle.seal() {
                report.add(
                    Code::AppleSealGuest,
                    path,
                    "beside the seal, where codesign takes no other file; remove it",
                );
            }
        }
    }

    /// A path of the app.
    fn full(&self, path: &str) -> String {
        if self.bundle.base.is_empty() { path.to_owned() } else { format!("{}/{path}", self.bundle.base) }
    }

    /// One entry of the seal.
    fn sealed(&self, report: &mut Report, generation: Generation, path: &str, sealed: &Sealed) {
        let full = self.full(path);
        let place = format!("{full} ({})", generation.files_key());
        let node = self.app.tree.nodes().get(&full);
        if let Some(target) = &sealed.symlink {
            if node != Some(&Node::Symlink(target.clone())) {
                report.add(Code::AppleSealChanged, place, format!("sealed as a link to {target:?}, which it is not"));
            }
            return;
        }
        if let Some(cdhash) = &sealed.cdhash {
            return self.nested(report, &full, place, cdhash);
        }
        if generation == Generation::Two {
            self.digests(report, &place, sealed);
        }
        match node {
            None if sealed.optional => {}
            None => report.add(Code::AppleSealMissing, place, "sealed, but not there; put it back, or sign again"),
            Some(Node::Symlink(_)) => {
                report.add(Code::AppleSealChanged, place, "sealed as a file, but it is a link");
            }
            Some(Node::File) => {
                let hash = sealed.hash.as_ref().filter(|_| !self.has_better(path));
                let (sha1, sha256) = (hash.is_some(), sealed.hash2.is_some());
                if !sha1 && !sha256 {
                    return;
                }
                match self.app.known.digests(self.app.tree, &full, sha1, sha256) {
                    Err(error) => report.add(Code::AppleUnreadable, full, error.problem),
                    Ok(found) => {
                        let differs = |stated: Option<&Vec<u8>>, found: Option<&[u8]>| {
                            stated.is_some_and(|stated| Some(stated.as_slice()) != found)
                        };
                        let sha1 = found.sha1.as_ref().map(<[u8; 20]>::as_slice);
                        let sha256 = found.sha256.as_ref().map(<[u8; 32]>::as_slice);
                        if differs(hash, sha1) || differs(sealed.hash2.as_ref(), sha256) {
                            report.add(Code::AppleSealChanged, place, "it is not what was sealed; sign again");
                        }
                    }
                }
            }
        }
    }

    /// For each code directory codesign wants the digest of its kind: an entry without it is taken for none.
    fn digests(&self, report: &mut Report, place: &str, sealed: &Sealed) {
        for kind in self.hash_types {
            let (there, key) = match kind {
                HashType::Sha1 => (sealed.hash.is_some(), "hash"),
                HashType::Sha256 => (sealed.hash2.is_some(), "hash2"),
                // Said once, for the whole seal.
                HashType::Sha256Truncated | HashType::Sha384 => continue,
            };
            if !there {
                let message = format!("a code directory is of {kind:?}, but the entry lacks {key}; sign again");
                report.add(Code::AppleSealDigest, place, message);
            }
        }
    }

    /// Whether SHA-1 of a file need not be compared, because SHA-256 is: in a list that counts, by an entry of a file.
    fn has_better(&self, path: &str) -> bool {
        let lists = || Generation::BOTH.into_iter().filter(|generation| self.resources.has(*generation));
        let compares = |sealed: Sealed| sealed.hash2.is_some() && sealed.symlink.is_none() && sealed.cdhash.is_none();
        self.app.options.compared == Compared::Best
            && lists().any(|list| self.resources.get(list, path).ok().flatten().is_some_and(compares))
    }

    /// Nested code is sealed by the hash of its code directory.
    fn nested(&self, report: &mut Report, full: &str, place: String, cdhash: &[u8]) {
        // The code is a bundle by its folder, or an image by its file.
        match self.codes.get(full) {
            None => report.add(Code::AppleSealMissing, place, "sealed as nested code, but no code is there"),
            Some(verified) if verified.cdhashes.iter().any(|found| found.get(..cdhash.len()) == Some(cdhash)) => {}
            Some(_) => report.add(Code::AppleSealChanged, place, "nested code is not what was sealed; sign again"),
        }
    }

    /// Every file that the rules name is in the list.
    fn coverage(&self, report: &mut Report, generation: Generation, rules: &Rules) -> Result<(), SealError> {
        let listed: BTreeSet<&str> = self.resources.paths(generation).collect();
        let executable = self.bundle.within(&self.bundle.executable).map(str::to_owned);
        let exclusions = Exclusions { executable };
        let mut nested = Vec::new();
        for path in &listed {
            if self.resources.get(generation, path)?.is_some_and(|sealed| sealed.cdhash.is_some()) {
                nested.push(format!("{path}/"));
            }
        }
        for (full, node) in self.app.tree.nodes() {
            let Some(path) = self.bundle.within(full) else { continue };
            if exclusions.cover(path) || nested.iter().any(|code| path.starts_with(code.as_str())) {
                continue;
            }
            let link = matches!(node, Node::Symlink(_));
            if generation == Generation::One && link || self.in_nested_code(full) {
                continue;
            }
            let sealed = listed.contains(path);
            let place = format!("{full} ({})", generation.files_key());
            match rules.fate(path) {
                Fate::Sealed { .. } if !sealed && generation == Generation::Two => {
                    report.add(Code::AppleSealAdded, place, "not sealed, though the rules name it; sign again");
                }
                Fate::Sealed { .. } if !sealed => {
                    report.add_warning(Code::AppleSealAdded, place, "not in the older list, though its rules name it");
                }
                Fate::Omitted if sealed => {
                    report.add(Code::AppleSealOmitted, place, "sealed, though the rules omit it");
                }
                Fate::Sealed { .. } | Fate::Omitted => {}
            }
        }
        Ok(())
    }

    /// Whether a path lies in code that a seal of macOS holds by its own signature in `files2`, and not at all in `files`.
    fn in_nested_code(&self, full: &str) -> bool {
        self.bundle.deep && self.app.layout.owner(full).is_some_and(|owner| owner.root != self.bundle.root)
    }
}

/// Whether entries are read for digests of this kind.
fn is_read(kind: HashType) -> bool {
    match kind {
        HashType::Sha1 | HashType::Sha256 => true,
        HashType::Sha256Truncated | HashType::Sha384 => false,
    }
}

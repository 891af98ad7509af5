//! The code directories of a slice, one for each digest.
//!
//! Where all that a directory says is what it should say, and its page hashes are those of the code, only the hashes of
//! special slots are replaced. Else it is made anew.
//!
//! Must not: believe a page hash.

use super::hash;
use crate::format::code_signature::code_directory::{Directory, VERSION_EXEC_SEGMENT, VERSION_RUNTIME};
use crate::format::code_signature::{CodeDirectory, HashType};

/// What the directories say.
pub(super) struct Facts<'a> {
    pub(super) identifier: &'a str,
    pub(super) team: Option<&'a str>,
    pub(super) flags: u32,
    pub(super) hash_types: &'a [HashType],
    pub(super) page_exponent: u8,
    pub(super) runtime: Option<u32>,
    pub(super) exec_segment: (u64, u64, u64),
    /// What special slots bind.
    pub(super) special: Vec<(u32, Vec<u8>)>,
}

/// The code that is hashed.
pub(super) struct Pages<'a> {
    /// Its bytes up to the signature.
    pub(super) len: u64,
    /// The hashes of its pages, as far as they are known.
    pub(super) hashes: &'a dyn Fn(HashType, u8) -> Option<Vec<u8>>,
}

/// The directories over `code`, in the order of their slots; `None` where a hash is not known. `old` ones may serve.
pub(super) fn all(facts: &Facts<'_>, code: &Pages<'_>, old: &[CodeDirectory<'_>]) -> Option<Vec<Vec<u8>>> {
    let one = |&kind: &HashType| {
        let old = old.iter().find(|old| old.hash_type == kind && has_pages_of(old, code));
        let hashes: Vec<(u32, Vec<u8>)> =
            facts.special.iter().map(|(slot, bytes)| (*slot, hash(kind, bytes))).collect();
        let patched = old.filter(|old| says(old, facts)).and_then(|old| old.with_special(&hashes));
        patched.or_else(|| build(facts, code, kind, &hashes))
    };
    facts.hash_types.iter().map(one).collect()
}

/// Whether a directory hashes this code, as it is.
fn has_pages_of(directory: &CodeDirectory<'_>, code: &Pages<'_>) -> bool {
    let found = (code.hashes)(directory.hash_type, directory.page_exponent);
    directory.code_limit == code.len
        && !directory.unusual
        && found.is_some_and(|found| found == directory.page_hashes())
}

/// Whether a directory says all of this, in a version that systems of today take, and binds nothing else.
fn says(directory: &CodeDirectory<'_>, facts: &Facts<'_>) -> bool {
    let bound = |slot: u32| facts.special.iter().any(|(bound, _)| *bound == slot);
    directory.identifier == facts.identifier
        && directory.team == facts.team
        && directory.flags == facts.flags
        && directory.version >= VERSION_EXEC_SEGMENT
        && directory.exec_segment == Some(facts.exec_segment)
        && directory.platform == 0
        && (1..=directory.special_count()).all(|slot| bound(slot) || !directory.binds(slot))
}

fn build(facts: &Facts<'_>, code: &Pages<'_>, kind: HashType, special: &[(u32, Vec<u8>)]) -> Option<Vec<u8>> {
    let pages = (code.hashes)(kind, facts.page_exponent)?;
    let last = special.iter().map(|(slot, _)| *slot).max().unwrap_or(0);
    let slots = (1..=last).map(|slot| special.iter().find(|(bound, _)| *bound == slot).map(|(_, hash)| hash.clone()));
    let directory = Directory {
        version: if facts.runtime.is_some() { VERSION_RUNTIME } else { VERSION_EXEC_SEGMENT },
        flags: facts.flags,
        code_limit: code.len,
        hash_type: kind,
        platform: 0,
        page_exponent: facts.page_exponent,
        identifier: facts.identifier,
        team: facts.team,
        exec_segment: facts.exec_segment,
        runtime: facts.runtime.unwrap_or(0),
        special: slots.collect(),
        pages,
    };
    Some(directory.encode())
}

//! The code directories of a slice, one for each digest.
//!
//! Where all that a directory says is what it should say, and its page hashes are those of the code, only the hashes of
//! special slots are replaced. Else it is made anew, its page hashes kept where they were verified.
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

/// The directories over `code`, in the order of their slots. `old` ones may serve.
pub(super) fn all(facts: &Facts<'_>, code: &[u8], old: &[CodeDirectory<'_>]) -> Vec<Vec<u8>> {
    let one = |&kind: &HashType| {
        let old = old.iter().find(|old| old.hash_type == kind && has_pages_of(old, code));
        let hashes: Vec<(u32, Vec<u8>)> =
            facts.special.iter().map(|(slot, bytes)| (*slot, hash(kind, bytes))).collect();
        let patched = old.filter(|old| says(old, facts)).and_then(|old| old.with_special(&hashes));
        patched.unwrap_or_else(|| build(facts, code, kind, &hashes, old))
    };
    facts.hash_types.iter().map(one).collect()
}

/// Whether a directory hashes this code, as it is.
fn has_pages_of(directory: &CodeDirectory<'_>, code: &[u8]) -> bool {
    if directory.code_limit != code.len() as u64 || directory.unusual {
        return false;
    }
    let pages = directory.page_size().unwrap_or(code.len().max(1));
    let hashes = directory.pages();
    hashes.len() == code.len().div_ceil(pages)
        && code.chunks(pages).zip(hashes).all(|(page, expected)| hash(directory.hash_type, page) == expected)
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

fn build(
    facts: &Facts<'_>,
    code: &[u8],
    kind: HashType,
    special: &[(u32, Vec<u8>)],
    old: Option<&CodeDirectory<'_>>,
) -> Vec<u8> {
    let kept = old.filter(|old| old.page_exponent == facts.page_exponent).map(|old| old.page_hashes().to_vec());
    let pages =
        kept.unwrap_or_else(|| code.chunks(1 << facts.page_exponent).flat_map(|page| hash(kind, page)).collect());
    let last = special.iter().map(|(slot, _)| *slot).max().unwrap_or(0);
    let slots = (1..=last).map(|slot| special.iter().find(|(bound, _)| *bound == slot).map(|(_, hash)| hash.clone()));
    let directory = Directory {
        version: if facts.runtime.is_some() { VERSION_RUNTIME } else { VERSION_EXEC_SEGMENT },
        flags: facts.flags,
        code_limit: code.len() as u64,
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
    directory.encode()
}

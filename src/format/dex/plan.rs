//! What becomes of the strings of a dex file: the plan that the new layout is made of.
//!
//! Must not: write.

use std::collections::{BTreeMap, BTreeSet};

use super::separate::Rewritten;

/// A string of the new table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A string of the file, by index.
    Old(usize),
    /// A new one, by its place in [`Plan::new`].
    New(usize),
}

/// What the edited file has instead.
pub(super) struct Plan {
    /// The new strings, as `string_data_item`s.
    pub(super) new: Vec<Vec<u8>>,
    /// The new `string_id_item`s, in order.
    pub(super) table: Vec<Source>,
    /// By reference (as in [`super::walk::Walk::strings`]), its new index.
    pub(super) indices: Vec<usize>,
    /// References that are no more, by number.
    pub(super) gone: BTreeSet<usize>,
    /// What becomes of instructions: by offset of their code, and by their own; the texts are new indices.
    pub(super) codes: BTreeMap<usize, BTreeMap<usize, Rewritten<u32>>>,
}

//! A value for one place of a file, where a format says places in a text of its own.
//!
//! Must not: show the value; it may be a secret.

use std::fmt;

/// A value, and where it goes.
#[derive(Clone, Copy)]
pub struct Setting<'e> {
    /// Where: a JSON pointer, the keys of a property list, a property in JavaScript.
    pub at: &'e str,
    /// What.
    pub value: &'e str,
    /// Whether a missing place is made.
    pub create: bool,
}

impl fmt::Debug for Setting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, value: _, create } = self;
        f.debug_struct("Setting").field("at", at).field("create", create).finish_non_exhaustive()
    }
}

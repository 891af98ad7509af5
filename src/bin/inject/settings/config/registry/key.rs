//! A key that stands beside `registry`: its name, what stands there, and whether it has to.
//!
//! Must not: read one.

/// A key of a kind.
#[derive(Debug)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What stands there.
    pub form: Form,
    /// Whether it has to be there.
    pub need: Need,
    /// What it is, for the documentation: a test writes the table of `docs/configuration.md`.
    #[cfg_attr(not(test), expect(dead_code, reason = "the documentation alone has it"))]
    pub about: &'static str,
}

/// What stands at a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A text, as it is.
    Plain,
    /// A text, or a reference to it.
    Text,
    /// A reference: what it leads to is secret.
    Reference,
    /// The path of a file.
    Path,
    /// A list of texts.
    List,
    /// A table.
    Table,
}

/// Whether a key has to be there; with what to do where it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It may be left out.
    Optional,
    /// It must be there.
    Given(&'static str),
    /// It must be there, and hold something.
    Filled(&'static str),
    /// It must be there where this other one is, and only there; the kind says so itself.
    With(&'static str),
}

impl Key {
    pub(super) const fn new(name: &'static str, form: Form, need: Need, about: &'static str) -> Self {
        Self { name, form, need, about }
    }
}

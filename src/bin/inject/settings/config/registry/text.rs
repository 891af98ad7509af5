//! A text that stands in the configuration, or a reference to it.
//!
//! Must not: hold what a reference leads to.

use crate::exit::Failure;
use crate::settings::source::Source;

/// A text that stands in the configuration, or a reference to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// As it stands.
    Plain(String),
    /// Where it is.
    Reference(Source),
}

impl Text {
    /// As it stands in the configuration.
    pub fn written(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Reference(source) => source.written(),
        }
    }

    /// The reference, where it is one.
    pub fn source(&self) -> Option<&Source> {
        match self {
            Self::Plain(_) => None,
            Self::Reference(source) => Some(source),
        }
    }

    /// The same, to change.
    pub fn source_mut(&mut self) -> Option<&mut Source> {
        match self {
            Self::Plain(_) => None,
            Self::Reference(source) => Some(source),
        }
    }

    /// Whether it is a program that is not run.
    pub fn is_not_run(&self) -> bool {
        self.source().is_some_and(Source::is_not_run)
    }

    /// The text; `what` is it called in messages.
    pub fn read(&self, what: &str) -> Result<String, Failure> {
        match self {
            Self::Plain(text) => Ok(text.clone()),
            Self::Reference(source) => Ok(source.read(what)?.to_string()),
        }
    }
}

//! What a call passes to a parameter.
//!
//! Must not: follow it.

use super::parse::MethodRef;
use crate::format::secret::Redacted;

/// One String argument of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constant {
    /// The method that is called, as the call names it.
    pub method: MethodRef,
    /// The method that calls. Where several methods share their code, each is listed.
    pub caller: MethodRef,
    /// The operand of the call, for [`super::Target::Passed`].
    pub passed: Passed,
    /// Which parameter: 0 is the first one behind `this`.
    pub argument: usize,
    /// What is passed.
    pub value: Argument,
}

/// One operand of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Passed {
    /// Offset of the `code_item` in the file.
    pub code: usize,
    /// Offset of the call.
    pub call: usize,
    /// Which of its registers, from 0.
    pub operand: usize,
}

/// What a call passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// A string constant; several where the path to the call decides which.
    Constants(Vec<Load>),
    /// Something that is not known without running the code.
    Unknown {
        /// Why, for people.
        why: String,
        /// Where it comes from, if that is one thing that can be followed.
        from: Option<Source>,
    },
}

/// A `const-string`.
#[derive(Clone, PartialEq, Eq)]
pub struct Load {
    /// Its text.
    pub text: String,
    /// Its index in the file.
    pub string: u32,
    /// Offset of the instruction in the file, for [`super::Target::At`].
    pub at: usize,
}

impl std::fmt::Debug for Load {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { text: _, string, at } = self;
        f.debug_struct("Load").field("text", &Redacted).field("string", string).field("at", at).finish()
    }
}

/// What constants say, each text once.
pub(super) fn texts(loads: Vec<Load>) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for load in loads {
        texts.extend(Some(load.text).filter(|text| !texts.contains(text)));
    }
    texts
}

/// Where a call has what it passes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A static field.
    Field {
        /// The class that the code names.
        class: String,
        /// Its name.
        name: String,
    },
    /// The result of a method that no subclass decides: a static or private one.
    Result(MethodRef),
    /// A parameter of a method that Kotlin made to give it a default.
    Default {
        /// That method.
        method: MethodRef,
        /// Which register of its calls the parameter is.
        operand: usize,
        /// Which register has the bits that say what the caller left out; a method that has none always passes the parameter on.
        mask: Option<usize>,
        /// The parameter's bit.
        bit: u8,
    },
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Field { class, name } => write!(f, "the field {class}->{name}"),
            Self::Result(method) => write!(f, "the result of {method}"),
            Self::Default { method, .. } => write!(f, "a parameter of {method}"),
        }
    }
}

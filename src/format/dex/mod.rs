//! Dalvik executables, `classes.dex` ("Dalvik Executable format"; versions 035 to 041): the constants that reach a
//! method are read, and string constants are replaced.
//!
//! * `parse`: `header_item`, the `*_id_item`s, `class_def_item`, `class_data_item`, `code_item`: read where they lie.
//! * `instruction`: lengths, written registers, targets ("Dalvik bytecode", "Instruction formats").
//! * `flow`: where the content of a register may come from, over all paths.
//! * `constants`: which string constants reach the arguments of a method.
//! * `follow`: one hop behind a call, to a static field or a method that returns a constant; `defaults`: to the defaults that
//!   Kotlin gives parameters, and to who passes something else.
//! * `classes`: which class extends which, and declares a method.
//! * `separate`: one constant, several readers: what has to be loaded anew for one of them; `shared`: who the others are.
//! * `value`, `debug`: `encoded_value` and `debug_info_item`, walked once for everyone.
//! * `walk`: the file by its `map_list`: every item, every reference to a string, every offset.
//! * `edit`: other constants, which moves what lies behind them; `layout`: the moved file.
//! * `width`: which `const-string` become `const-string/jumbo` by that, or the other way round; `code`: the code they are in.
//! * `texts`: where the strings lie, without reading the rest.
//! * `dump`: everything as text without indices and offsets, found by following offsets and not by the map.
//!
//! A container (version 041) holds several dex files, which share their strings: each is read by itself, all are edited
//! at once.
//!
//! Refused with an exact [`DexError`]: compact dex, big-endian files, a link section, unknown kinds of items, bytes that
//! belong to no item, a container whose dex files have tables of strings of their own.
//!
//! Must not: guess a value that is not a constant, or know which methods matter.

mod argument;
mod classes;
mod code;
mod constants;
mod cursor;
mod debug;
mod defaults;
mod dump;
mod edit;
mod flow;
mod follow;
mod instruction;
mod layout;
mod parse;
mod plan;
mod separate;
mod shared;
mod target;
mod texts;
mod value;
mod walk;
mod width;

pub use argument::{Argument, Constant, Load, Passed, Source};
pub use classes::Classes;
pub use dump::dump;
pub use edit::edit;
pub use follow::{Followed, Held, Site};
pub use parse::{Dex, MethodRef};
pub use shared::check_passed;
pub use target::{DexEdit, Target};
pub use texts::texts;

use std::fmt::Display;

/// Why a dex file cannot be read or edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DexError {
    /// The bytes are not a dex file, or it breaks the format.
    #[error("not a valid dex file at offset {offset}: expected {expected}, found {found}; build the app anew")]
    Malformed {
        /// Where.
        offset: usize,
        /// What the format has there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A form of the format that is not handled.
    #[error("dex file at offset {offset}: {found} is not supported; {advice}")]
    Unsupported {
        /// Where.
        offset: usize,
        /// What is there.
        found: String,
        /// What to do.
        advice: &'static str,
    },
    /// An edit names a constant that is not there.
    #[error("no string constant {target} in this dex file; list the constants and name one of them")]
    NotFound {
        /// What was asked for.
        target: String,
    },
    /// Two edits want different values for one constant.
    #[error("two different values for the string constant at offset {offset}; give one")]
    Conflict {
        /// Where the constant is.
        offset: usize,
    },
    /// Others read what a call passes, and it cannot be loaded for the call alone.
    #[error(
        "{call} in {caller} passes a constant that is read elsewhere too: {readers}; {why}; give the call a constant of \
         its own in the source, or address all of them by their text"
    )]
    Shared {
        /// Where the call is.
        offset: usize,
        /// What is called.
        call: String,
        /// By which methods: several where they share their code.
        caller: String,
        /// Who else reads the constant.
        readers: String,
        /// Why it cannot be loaded anew.
        why: &'static str,
    },
    /// The value cannot be a string of a dex file.
    #[error("the value for {target} has {found} UTF-16 units; a string constant has at most {limit}")]
    TooLong {
        /// What was to be replaced.
        target: String,
        /// Units of the value.
        found: usize,
        /// The limit.
        limit: usize,
    },
}

impl DexError {
    fn malformed(offset: usize, expected: impl Display, found: impl Display) -> Self {
        Self::Malformed { offset, expected: expected.to_string(), found: found.to_string() }
    }

    fn unsupported(offset: usize, found: impl Display, advice: &'static str) -> Self {
        Self::Unsupported { offset, found: found.to_string(), advice }
    }
}

//! `_CodeSignature/CodeResources`: the seal over a bundle's other files, and the rules by which files belong to it.
//!
//! Two generations lie in one file: `files` with `rules` (SHA-1) and `files2` with `rules2` (SHA-256, symbolic links,
//! nested code). A seal that is read and written is the same byte for byte where Apple's tools wrote it.
//!
//! Must not: read a bundle, or hash a file.

#![allow(clippy::wildcard_enum_match_arm, reason = "plist::Value is open, and belongs to another crate")]

mod rules;

pub use rules::{Exclusions, Fate, Rules};

use std::collections::BTreeSet;

use super::apple_plist::{self, Dictionary, PlistError, Value};

/// Why bytes are not a seal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The property list.
    #[error("CodeResources: {0}")]
    Plist(#[from] PlistError),
    /// An entry or rule of another kind.
    #[error("CodeResources: {place}: {problem}")]
    Entry {
        /// Which.
        place: String,
        /// Expected and found.
        problem: String,
    },
}

/// What a seal says of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sealed {
    /// SHA-1 of its content.
    pub hash: Option<Vec<u8>>,
    /// SHA-256 of its content.
    pub hash2: Option<Vec<u8>>,
    /// It may be missing.
    pub optional: bool,
    /// It is a symbolic link to there.
    pub symlink: Option<String>,
    /// It is nested code of this hash.
    pub cdhash: Option<Vec<u8>>,
    /// Its requirement, where it is nested code.
    pub requirement: Option<String>,
}

/// Which of the two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Generation {
    /// `files` and `rules`.
    One,
    /// `files2` and `rules2`.
    Two,
}

impl Generation {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::One, Self::Two];

    /// Key of the list of files.
    pub fn files_key(self) -> &'static str {
        match self {
            Self::One => "files",
            Self::Two => "files2",
        }
    }

    fn rules_key(self) -> &'static str {
        match self {
            Self::One => "rules",
            Self::Two => "rules2",
        }
    }
}

/// A seal.
#[derive(Debug, Clone)]
pub struct CodeResources {
    plist: Dictionary,
    /// Lists that got new paths. They are put in Apple's order once, when the seal is written: an app may have 100,000 files.
    grown: BTreeSet<Generation>,
}

impl PartialEq for CodeResources {
    fn eq(&self, other: &Self) -> bool {
        self.plist == other.plist
    }
}

impl CodeResources {
    /// Reads a seal.
    pub fn parse(bytes: &[u8]) -> Result<Self, SealError> {
        let seal = Self { plist: apple_plist::read_dictionary(bytes)?, grown: BTreeSet::new() };
        for generation in Generation::BOTH {
            for path in seal.paths(generation) {
                seal.get(generation, path)?;
            }
        }
        Ok(seal)
    }

    /// A seal of nothing, with Apple's rules for a bundle that has none yet.
    pub fn new(deep: bool) -> Self {
        Self { plist: rules::standard(deep), grown: BTreeSet::new() }
    }

    /// Adds what Apple's rules say of a list that is not there: code directories of today need the newer one, and no system
    /// takes a seal without the older one.
    pub fn complete(&mut self, deep: bool) {
        for generation in Generation::BOTH.into_iter().filter(|generation| !self.has(*generation)).collect::<Vec<_>>() {
            let standard = rules::standard(deep);
            for key in [generation.files_key(), generation.rules_key()] {
                if let Some(value) = standard.get(key) {
                    self.plist.insert(key.to_owned(), value.clone());
                }
            }
        }
    }

    /// The bytes, in Apple's XML form. A list that got new paths is in Apple's order.
    pub fn to_bytes(&self) -> Vec<u8> {
        let is_in_order = |generation: &Generation| self.paths(*generation).is_sorted();
        if self.grown.iter().all(is_in_order) {
            return apple_plist::write_dictionary(&self.plist);
        }
        let mut plist = self.plist.clone();
        for generation in &self.grown {
            if let Some(files) = plist.get_mut(generation.files_key()).and_then(Value::as_dictionary_mut) {
                files.sort_keys();
            }
        }
        apple_plist::write_dictionary(&plist)
    }

    /// Whether the list is there.
    pub fn has(&self, generation: Generation) -> bool {
        self.plist.contains_key(generation.files_key()) && self.plist.contains_key(generation.rules_key())
    }

    /// The rules of a list.
    pub fn rules(&self, generation: Generation) -> Result<Rules, SealError> {
        Rules::parse(self.plist.get(generation.rules_key()).and_then(Value::as_dictionary))
    }

    /// The sealed paths of a list, in its order.
    pub fn paths(&self, generation: Generation) -> impl Iterator<Item = &str> {
        self.files(generation).into_iter().flat_map(|files| files.keys().map(String::as_str))
    }

    fn files(&self, generation: Generation) -> Option<&Dictionary> {
        self.plist.get(generation.files_key()).and_then(Value::as_dictionary)
    }

    /// What a list says of a path.
    pub fn get(&self, generation: Generation, path: &str) -> Result<Option<Sealed>, SealError> {
        let Some(value) = self.files(generation).and_then(|files| files.get(path)) else { return Ok(None) };
        let wrong = |problem: &str| SealError::Entry {
            place: format!("{} of {path:?}", generation.files_key()),
            problem: problem.to_owned(),
        };
        let entry = match value {
            // The first form: the hash alone.
            Value::Data(hash) if generation == Generation::One => {
                return Ok(Some(Sealed { hash: Some(hash.clone()), ..Sealed::default() }));
            }
            Value::Data(hash) => return Ok(Some(Sealed { hash2: Some(hash.clone()), ..Sealed::default() })),
            Value::Dictionary(entry) => entry,
            _ => return Err(wrong("neither a hash nor a dictionary")),
        };
        let data = |key| entry.get(key).and_then(Value::as_data).map(<[u8]>::to_vec);
        let text = |key| entry.get(key).and_then(Value::as_string).map(str::to_owned);
        let sealed = Sealed {
            hash: data("hash"),
            hash2: data("hash2"),
            optional: entry.get("optional").and_then(Value::as_boolean).unwrap_or(false),
            symlink: text("symlink"),
            cdhash: data("cdhash"),
            requirement: text("requirement"),
        };
        if sealed.hash.is_none() && sealed.hash2.is_none() && sealed.symlink.is_none() && sealed.cdhash.is_none() {
            return Err(wrong("no hash, no hash2, no symlink and no cdhash; expected one of them"));
        }
        Ok(Some(sealed))
    }

    /// Whether entries of `files2` have the SHA-1 beside the SHA-256, as older tools wrote them.
    pub fn keeps_sha1(&self) -> bool {
        let of = |path: &str| self.get(Generation::Two, path).ok().flatten();
        self.paths(Generation::Two).any(|path| of(path).is_some_and(|sealed| sealed.hash.is_some()))
    }

    /// Sets what a list says of a path.
    pub fn set(&mut self, generation: Generation, path: &str, sealed: &Sealed) {
        let mut entry = Dictionary::new();
        let mut put = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                entry.insert(key.to_owned(), value);
            }
        };
        put("cdhash", sealed.cdhash.clone().map(Value::Data));
        put("hash", sealed.hash.clone().map(Value::Data));
        put("hash2", sealed.hash2.clone().map(Value::Data));
        put("optional", sealed.optional.then_some(Value::Boolean(true)));
        put("requirement", sealed.requirement.clone().map(Value::String));
        put("symlink", sealed.symlink.clone().map(Value::String));
        let alone = generation == Generation::One && entry.len() == 1;
        let value = match sealed.hash.clone().filter(|_| alone) {
            Some(hash) => Value::Data(hash),
            None => Value::Dictionary(entry),
        };
        let key = generation.files_key();
        if self.files(generation).is_none() {
            self.plist.insert(key.to_owned(), Value::Dictionary(Dictionary::new()));
        }
        let Some(files) = self.plist.get_mut(key).and_then(Value::as_dictionary_mut) else { return };
        if files.insert(path.to_owned(), value).is_none() {
            self.grown.insert(generation);
        }
    }

    /// Takes a path out of a list.
    pub fn remove(&mut self, generation: Generation, path: &str) {
        if let Some(files) = self.plist.get_mut(generation.files_key()).and_then(Value::as_dictionary_mut) {
            files.remove(path);
        }
    }
}

//! Places in artifacts of every kind.

mod apk;
mod equal;
mod files;
mod web;
mod web_followers;

use std::collections::BTreeMap;

use inject::artifact::files::{Files, ReadError};

/// Files in memory.
#[derive(Clone, Debug, Default)]
pub struct Memory(pub BTreeMap<String, Vec<u8>>);

impl Files for Memory {
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(self.0.keys().map(String::as_str))
    }

    fn read(&self, name: &str, _limit: u64) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.0.get(name).cloned())
    }
}

pub fn memory<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Memory {
    Memory(files.into_iter().map(|(name, content)| (name.to_owned(), content.to_vec())).collect())
}

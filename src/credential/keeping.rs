//! Moving the key of the stores: out of its file into the platform's keyring, from one entry to another, and back.
//!
//! The new place is written and read back, then the key file changes in one step, then the old place is cleared. Killed at any
//! moment the stores open: until that step by the old place, from it on by the new one.
//!
//! Must not: move a key that does not open what lies in the home, or write over an entry of the keyring.

use std::path::PathBuf;
use std::time::Duration;

use super::database::{self, DatabaseError};
use super::home::{Content, Home, Keeping, NotInKeyring, key_in};
use super::made;
use super::seal::{SealError, SealKey};
use crate::host::file::FileError;
use crate::host::keyring::{self, KeyringError};
use crate::host::private;
use crate::host::random::OsRandom;
use crate::host::{interrupt, lock};

/// How long another move is waited for: a person may be unlocking a keyring for it.
const PATIENCE: Duration = Duration::from_mins(2);

/// Why a key was not moved. It is where it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeepingError {
    /// The databases, or the key as it is.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The keyring does not take it.
    #[error("the key of the stores stays where it is: {0}")]
    Keyring(#[from] KeyringError),
    /// A key is given from outside, and there is another one.
    #[error("{} has another key than the one that is given", path.display())]
    Another {
        /// The key file.
        path: PathBuf,
    },
    /// A key is given from outside, and is to be kept there.
    #[error("a key can be kept in its file or in the keyring")]
    NoPlace,
    /// Another process was faster.
    #[error("another process made a key in {} at the same time; nothing was moved", path.display())]
    Raced {
        /// The key file.
        path: PathBuf,
    },
}

impl From<SealError> for KeepingError {
    fn from(error: SealError) -> Self {
        Self::Database(error.into())
    }
}

impl From<FileError> for KeepingError {
    fn from(error: FileError) -> Self {
        Self::Database(error.into())
    }
}

/// What became of a key.
#[derive(Debug)]
#[non_exhaustive]
pub struct Kept {
    /// Whether it was somewhere else before.
    pub changed: bool,
    /// Whether it was made just now.
    pub made: bool,
    /// An entry of the keyring that should have gone with it, and why it has not.
    pub left: Option<(String, KeyringError)>,
}

/// Keeps the key of a home in its file or in an entry of the keyring. Where there is none yet, one is made.
pub fn keep(home: &Home, to: &Keeping) -> Result<Kept, KeepingError> {
    private::folder(&home.folder)?;
    let _alone = lock::acquire(&home.folder.join("locks").join("key"), PATIENCE)?;
    let path = home.key_file();
    let now = Content::read(&path)?;
    let there = home.there()?;
    let made = there.is_none();
    let key = match (there, made::all(&home.folder)?.into_iter().next()) {
        (Some(key), _) => key,
        (None, Some(sealed)) => return Err(SealError::Missing { path, sealed }.into()),
        (None, None) => SealKey::generate(&mut OsRandom).map_err(FileError::on("make a key for", &path))?,
    };
    for sealed in made::there(&home.folder)? {
        database::check_key(home, &sealed, &key)?;
    }
    if let Some(Content::Key(here)) = &now
        && !here.is(&key)
    {
        return Err(KeepingError::Another { path });
    }
    let (content, old) = match (to, &now) {
        (Keeping::Given, _) => return Err(KeepingError::NoPlace),
        (Keeping::File, Some(Content::Key(_))) => return Ok(Kept { changed: false, made, left: None }),
        (Keeping::Keyring(name), Some(Content::Entry(old)))
            if name == old && key_in(old).is_ok_and(|old| old.is(&key)) =>
        {
            return Ok(Kept { changed: false, made, left: None });
        }
        (Keeping::File, now) => (Content::Key(key.clone()), now.as_ref().and_then(Content::entry)),
        (Keeping::Keyring(name), now) => {
            (Content::Entry(name.clone()), now.as_ref().and_then(Content::entry).filter(|old| old != name))
        }
    };
    let _section = interrupt::section();
    if let Content::Entry(name) = &content {
        keyring::make(name, &key.digits())?;
    }
    if now.is_some() {
        home.write_over(&content, &mut OsRandom)?;
    } else if !home.write_new(&content, &mut OsRandom)? {
        return Err(KeepingError::Raced { path });
    }
    Ok(Kept { changed: true, made, left: old.and_then(|old| clear(old, &key)) })
}

/// Takes the key out of the entry it was in, where it is that key.
fn clear(entry: String, key: &SealKey) -> Option<(String, KeyringError)> {
    let cleared = match key_in(&entry) {
        Ok(old) if old.is(key) => keyring::remove(&entry),
        Ok(_) | Err(NotInKeyring::Else | NotInKeyring::Asked(KeyringError::Absent)) => Ok(()),
        Err(NotInKeyring::Asked(error)) => Err(error),
    };
    cleared.err().map(|error| (entry, error))
}

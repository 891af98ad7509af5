//! The folder of the stores, and where the key for what lies in it is kept: in the file `key` there, readable by its owner
//! only, or in the platform's keyring; then the file says in which entry. A key that is given from outside comes before both.
//!
//! Must not: make a new key where databases exist that an old one sealed, or move one (see [`super::keeping`]).

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use zeroize::Zeroizing;

use super::made;
use super::seal::{HEADER, SealError, SealKey, check_private};
use crate::format::limits;
use crate::host::file::{self, FileError};
use crate::host::keyring::{self, KeyringError};
use crate::host::private;
use crate::host::random::Randomness;
use crate::host::replacement::{Writers, create_held};
use crate::host::{interrupt, sharing};

/// The content of a key file that refers to the keyring, before the name of the entry.
const REFERENCE: &str = "inject-key-in keyring:";
/// How often a key that is just being moved is looked for.
const LOOKS: usize = 16;

/// The folder of the stores, with the key for what lies in it where that is given from outside.
#[derive(Debug, Clone)]
pub struct Home {
    /// The folder.
    pub folder: PathBuf,
    given: Option<SealKey>,
    /// What the keyring answered: it is asked once in a run, for it may ask a person.
    answered: Arc<OnceLock<SealKey>>,
}

/// Where a key is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeping {
    /// Somewhere else; it is given from outside.
    Given,
    /// In the file `key` of the home.
    File,
    /// In this entry of the keyring.
    Keyring(String),
}

impl From<&Path> for Home {
    fn from(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), given: None, answered: Arc::default() }
    }
}

impl From<&PathBuf> for Home {
    fn from(folder: &PathBuf) -> Self {
        Self::from(folder.as_path())
    }
}

impl From<&Home> for Home {
    fn from(home: &Home) -> Self {
        home.clone()
    }
}

impl Home {
    /// With a key from outside: then none is made or read.
    pub fn with_key(folder: &Path, key: Option<SealKey>) -> Self {
        Self { given: key, ..Self::from(folder) }
    }

    /// The file that holds the key or says where it is.
    pub fn key_file(&self) -> PathBuf {
        self.folder.join("key")
    }

    /// Where the key is, if there is one. No keyring is asked.
    pub fn keeping(&self) -> Result<Option<Keeping>, SealError> {
        if self.given.is_some() {
            return Ok(Some(Keeping::Given));
        }
        Ok(Content::read(&self.key_file())?.map(|content| match content {
            Content::Key(_) => Keeping::File,
            Content::Entry(name) => Keeping::Keyring(name),
        }))
    }

    /// What is wrong with a database that this key does not open.
    pub(super) fn other_key(&self) -> String {
        let which = match self.keeping() {
            Ok(Some(Keeping::Given)) => "given from outside",
            Ok(Some(Keeping::Keyring(_))) => "in the keyring",
            Ok(Some(Keeping::File) | None) | Err(_) => "beside it",
        };
        format!("it was sealed with another key than the one {which}")
    }

    /// The key: given, or that of the folder, made where no database was ever made there. Of two processes at once, both get
    /// one key.
    pub(super) fn key(&self, random: &mut dyn Randomness) -> Result<SealKey, SealError> {
        if let Some(key) = self.there()? {
            return Ok(key);
        }
        let path = self.key_file();
        if let Some(sealed) = made::all(&self.folder)?.into_iter().next() {
            // Another process may have made both since the look above.
            return self.there()?.ok_or(SealError::Missing { path, sealed });
        }
        let key = SealKey::generate(random).map_err(FileError::on("make a key for", &path))?;
        self.write_new(&Content::Key(key), random)?;
        self.there()?.ok_or(SealError::Malformed { path })
    }

    /// The key, if there is one.
    pub(super) fn there(&self) -> Result<Option<SealKey>, SealError> {
        if let Some(key) = self.given.as_ref().or_else(|| self.answered.get()) {
            return Ok(Some(key.clone()));
        }
        let path = self.key_file();
        let mut content = Content::read(&path)?;
        let mut looks = 0;
        loop {
            let entry = match content {
                None => return Ok(None),
                Some(Content::Key(key)) => return Ok(Some(key)),
                Some(Content::Entry(entry)) => entry,
            };
            let error = match key_in(&entry) {
                Ok(key) => return Ok(Some(self.answered.get_or_init(|| key).clone())),
                Err(error) => error,
            };
            // Another process may have moved it since the file was read.
            content = Content::read(&path)?;
            looks += 1;
            if looks == LOOKS || matches!(&content, Some(Content::Entry(now)) if *now == entry) {
                return Err(error.of(&path, entry));
            }
        }
    }

    /// Makes the key file. The first of two processes wins; whether that was this one.
    pub(super) fn write_new(&self, content: &Content, random: &mut dyn Randomness) -> Result<bool, SealError> {
        let path = self.key_file();
        // A hard link fails when the name exists.
        self.written(content, random, |temporary| match fs::hard_link(temporary, &path) {
            Err(_) if path.exists() => Ok(false),
            linked => linked.map(|()| true).map_err(FileError::on("create", &path)),
        })
    }

    /// Puts a new key file in the place of the one that is there, whole.
    pub(super) fn write_over(&self, content: &Content, random: &mut dyn Randomness) -> Result<(), SealError> {
        let path = self.key_file();
        self.written(content, random, |temporary| {
            sharing::rename(temporary, &path).map_err(FileError::on("replace", &path))?;
            // The rename is atomic without it; this makes it durable where the system lets a folder be synced.
            file::sync_folder(&self.folder);
            Ok(())
        })
    }

    /// Writes a key file under a name that is swept where a killed run left it, and gives it to `place`.
    fn written<T>(
        &self,
        content: &Content,
        random: &mut dyn Randomness,
        place: impl FnOnce(&Path) -> Result<T, FileError>,
    ) -> Result<T, SealError> {
        let path = self.key_file();
        let _section = interrupt::section();
        // What is open holds the lock that keeps others from sweeping it away.
        let (temporary, mut open) = loop {
            let mut unique = [0; 8];
            random.fill(&mut unique).map_err(FileError::on("make a key for", &path))?;
            let temporary = self.folder.join(format!(".key-{:016x}", u64::from_le_bytes(unique)));
            if let Some(file) = create_held(&temporary, Writers::One)? {
                break (temporary, file);
            }
        };
        let placed = content.write(&mut open, &temporary).and_then(|()| place(&temporary));
        let _ = fs::remove_file(&temporary);
        Ok(placed?)
    }
}

/// Why an entry of the keyring is no key.
pub(super) enum NotInKeyring {
    /// It was asked.
    Asked(KeyringError),
    /// It has something else.
    Else,
}

impl NotInKeyring {
    fn of(self, path: &Path, entry: String) -> SealError {
        match self {
            Self::Asked(source) => SealError::Keyring { path: path.to_owned(), entry, source },
            Self::Else => SealError::NoKey { entry },
        }
    }
}

/// The key that an entry of the keyring holds.
pub(super) fn key_in(entry: &str) -> Result<SealKey, NotInKeyring> {
    let text = keyring::read(entry).map_err(NotInKeyring::Asked)?;
    SealKey::of_digits(&text).ok_or(NotInKeyring::Else)
}

/// What a key file holds.
pub(super) enum Content {
    /// The key.
    Key(SealKey),
    /// The name of the keyring's entry that holds it.
    Entry(String),
}

impl Content {
    /// Of the file, if there is one.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, SealError> {
        let text = match file::read_text(path, limits::STORE_KEY_BYTES) {
            Ok(text) => text,
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        check_private(path)?;
        let content = match text.strip_prefix(REFERENCE) {
            Some(name) => {
                Some(name.trim_end()).filter(|name| keyring::is_name(name)).map(|name| Self::Entry(name.into()))
            }
            None => text.strip_prefix(HEADER).and_then(SealKey::of_digits).map(Self::Key),
        };
        content.map(Some).ok_or_else(|| SealError::Malformed { path: path.to_owned() })
    }

    /// The entry that it refers to.
    pub(super) fn entry(&self) -> Option<String> {
        match self {
            Self::Key(_) => None,
            Self::Entry(name) => Some(name.clone()),
        }
    }

    /// Into a new file, which lies at `path`.
    fn write(&self, file: &mut File, path: &Path) -> Result<(), FileError> {
        let mut text = Zeroizing::new(String::with_capacity(HEADER.len() + 65));
        match self {
            Self::Key(key) => {
                text.push_str(HEADER);
                text.push_str(&key.digits());
            }
            Self::Entry(name) => {
                text.push_str(REFERENCE);
                text.push_str(name);
            }
        }
        text.push('\n');
        private::keep(path)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(FileError::on("write", path))
    }
}

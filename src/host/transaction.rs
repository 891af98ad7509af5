//! Several files of one folder replaced together: all of them, or none.
//!
//! 1. Each new file is written and synced beside its target, under a dot name.
//! 2. A journal that says which new file belongs where is written, synced and renamed to its name. From here on it counts.
//! 3. Each new file is renamed over its target, files that are to go are removed, then the folders are synced.
//! 4. The journal is removed.
//!
//! A kill before step 2 leaves dot names, which [`repair`] takes away; one after it leaves the journal, and [`repair`] finishes
//! what it says, but only while every target is what the killed run had read or has its new content already, by SHA-256.
//! Where another build has written there since, the journal and all that it prepared go, and that is said. Journal and
//! new files lie in the folder itself, so that whoever comes next finds them, on any machine and for any user; that is why
//! the journal knows files by their contents, and not by inodes. It holds names and digests only. Who only reads asks
//! [`pending`], and writes nothing.
//!
//! Must not: know what is written, or believe a journal that leads out of the folder.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::file::{self, Changed, FileError, Stamp, plain};
use super::interrupt::{self, Section};
use super::random::{OsRandom, Randomness};
use super::rights::{self, Like};
use super::sharing::{self, Access};
use super::{lock, names};

/// The journal's name in its folder.
pub const JOURNAL: &str = ".inject-journal";
/// What stands between a target's name and a number in the name of its new file.
const MARK: &str = ".inject-tree-";
/// How long another run is waited for. A commit takes milliseconds to seconds.
const PATIENCE: Duration = Duration::from_mins(1);
/// What the journals say that this version writes.
const VERSION: u32 = 2;
/// What they say where files go: who knows `VERSION` alone would leave those.
const VERSION_REMOVING: u32 = 3;
/// Bytes read at a time.
const STEP: usize = 128 * 1024;
/// Names that a message shows.
const SHOWN: usize = 5;
/// Bytes a journal may have: two names for each of a million files would be more than any real one.
const JOURNAL_BYTES: u64 = 256 * 1024 * 1024;

/// Why files were not replaced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// A file operation.
    #[error(transparent)]
    File(#[from] FileError),
    /// A target is not what was read.
    #[error(transparent)]
    Changed(#[from] Changed),
    /// Another run was cut off meanwhile.
    #[error("a run that was cut off left {} behind, which has to be finished or dropped first; run again", plain(.0).display())]
    Unfinished(PathBuf),
    /// Some files took their places, and one could not.
    #[error(
        "{error}; {done} of {all} files have their new content, and the next run puts the others in place as soon as nothing keeps \
         them from being replaced"
    )]
    Partly {
        /// Why it could not.
        error: FileError,
        /// How many are in their places.
        done: usize,
        /// How many there are.
        all: usize,
    },
    /// A journal that this program did not write.
    #[error(
        "{} is no journal of this program: {problem}; remove it if the folder is as it should be", plain(.path).display()
    )]
    Journal {
        /// The journal.
        path: PathBuf,
        /// Why not.
        problem: String,
    },
}

/// New files that are being written.
#[derive(Debug)]
pub struct Transaction {
    root: PathBuf,
    new: Vec<NewFile>,
    gone: Vec<GoneFile>,
    lock: Lock,
}

/// A file that is to go.
#[derive(Debug)]
struct GoneFile {
    name: String,
    target: PathBuf,
    /// What it was when it was read, and its digest.
    read: (Stamp, String),
}

/// New files that are complete and in the journal: they take their places even if this process ends now.
#[derive(Debug)]
pub struct Prepared {
    transaction: Transaction,
    /// From the journal's writing to its removal.
    _section: Section,
}

#[derive(Debug)]
struct NewFile {
    /// In the folder, with `/`.
    name: String,
    path: PathBuf,
    target: PathBuf,
    file: File,
    /// What the target was when it was read, and its digest; `None` where there was none.
    read: Option<(Stamp, String)>,
    /// Of what was written.
    written: Sha256,
}

impl NewFile {
    /// Whether the target still is what was read, and can be replaced.
    fn check(&self) -> Result<(), TransactionError> {
        sharing::check(&self.target).map_err(FileError::on("replace", &self.target))?;
        let now = Stamp::at(&self.target)?;
        let then = self.read.as_ref().map(|(stamp, _)| *stamp);
        if now == then { Ok(()) } else { Err(Changed(self.target.clone()).into()) }
    }
}

/// What a journal says.
#[derive(serde::Serialize, serde::Deserialize)]
struct Journal {
    #[serde(rename = "inject_journal")]
    version: u32,
    files: Vec<Entry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    removed: Vec<Gone>,
}

/// A file that goes.
#[derive(serde::Serialize, serde::Deserialize)]
struct Gone {
    /// Its name.
    target: String,
    /// SHA-256 of what the run had read.
    read: String,
}

/// A file of a journal.
#[derive(serde::Serialize, serde::Deserialize)]
struct Entry {
    /// Name of the new file.
    new: String,
    /// Name of its target.
    target: String,
    /// SHA-256 of what the run had read; `None` where there was no such file.
    read: Option<String>,
    /// SHA-256 of the new content.
    written: String,
}

/// What a journal of the first version says: it does not know what its run had read.
#[derive(serde::Deserialize)]
struct OldJournal {
    files: Vec<(String, String)>,
}

/// Which version a journal is of.
#[derive(serde::Deserialize)]
struct Versioned {
    inject_journal: u32,
}

impl Transaction {
    /// Waits until nobody else works on the folder. What a killed run left there is an error; [`repair`] comes first.
    pub fn start(root: &Path) -> Result<Self, TransactionError> {
        let root = fs::canonicalize(root).map_err(FileError::on("open", root))?;
        let lock = Lock::take(&root)?;
        let journal = root.join(JOURNAL);
        if Stamp::at(&journal)?.is_some() {
            return Err(TransactionError::Unfinished(journal));
        }
        Ok(Self { root, new: Vec::new(), gone: Vec::new(), lock })
    }

    /// Writes the new content of a file that was `read` in this state, `None` where it was not there. It has the permissions of
    /// the one it replaces.
    pub fn put(&mut self, name: &str, read: Option<Stamp>, content: &[u8]) -> Result<(), TransactionError> {
        self.begin(name, read)?.append(content)
    }

    /// Begins the new content of a file likewise.
    pub fn begin(&mut self, name: &str, read: Option<Stamp>) -> Result<NewContent<'_>, TransactionError> {
        self.begin_like(name, read, None)
    }

    /// The same; a file that was not there gets the rights of `source`, as a copy of that would.
    pub(crate) fn begin_like(
        &mut self,
        name: &str,
        read: Option<Stamp>,
        source: Option<&Like>,
    ) -> Result<NewContent<'_>, TransactionError> {
        let target = inside(&self.root, name).map_err(FileError::on("write", &self.root.join(name)))?;
        if read.is_none() {
            self.check_case(&target).map_err(FileError::on("create", &target))?;
        }
        sharing::check(&target).map_err(FileError::on("replace", &target))?;
        let mut random = [0; 8];
        OsRandom.fill(&mut random).map_err(FileError::on("find a name beside", &target))?;
        let path = target.with_file_name(new_name(&target, u64::from_le_bytes(random)));
        let on = |operation| FileError::on(operation, &target);
        let like = match (read, fs::symlink_metadata(&target)) {
            (Some(read), Ok(there)) if Stamp::of(&there) == read => Some(Like::at(&target).map_err(on("inspect"))?),
            (None, Err(error)) if error.kind() == io::ErrorKind::NotFound => None,
            (_, Err(error)) if error.kind() != io::ErrorKind::NotFound => return Err(on("inspect")(error).into()),
            _ => return Err(Changed(target).into()),
        };
        let read = read.map(|read| Ok::<_, TransactionError>((read, digest(&target)?))).transpose()?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        // What a folder lets others read, a file made in it may be read by.
        #[cfg(unix)]
        if like.is_some() || source.is_some() {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        let section = interrupt::section();
        let file = options.open(&path).map_err(on("write a new version of"))?;
        interrupt::temporary(&path);
        drop(section);
        let new = NewFile { name: name.to_owned(), path, target: target.clone(), file, read, written: Sha256::new() };
        let new = self.new.push_mut(new);
        if let Some(like) = like {
            rights::carry(&new.file, &like).map_err(on("set permissions of"))?;
        } else if let Some(source) = source {
            rights::copy(&new.file, source).map_err(on("set permissions of"))?;
        }
        Ok(NewContent(new))
    }

    /// Takes a file away that was `read` in this state.
    pub fn remove(&mut self, name: &str, read: Stamp) -> Result<(), TransactionError> {
        let target = inside(&self.root, name).map_err(FileError::on("remove", &self.root.join(name)))?;
        let gone = GoneFile { name: name.to_owned(), read: (read, digest(&target)?), target };
        gone.check()?;
        self.gone.push(gone);
        Ok(())
    }

    /// An error where this system would take a new file for another one: of those that are there, or of those that come with it.
    fn check_case(&self, target: &Path) -> io::Result<()> {
        file::check_name(target)?;
        let name = |path: &Path| path.file_name().and_then(OsStr::to_str).map(str::to_owned);
        let beside = self.new.iter().filter(|new| names::IGNORES_CASE && new.target.parent() == target.parent());
        name(target).map_or(Ok(()), |own| names::check_case(&own, beside.filter_map(|new| name(&new.target))))
    }

    /// Where the new content of each file lies until it counts: for reading it back.
    pub fn new_files(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.new.iter().map(|new| (new.name.as_str(), new.path.as_path()))
    }

    /// Whether a new version of a file could be written now.
    pub fn probe(root: &Path, name: &str) -> Result<(), TransactionError> {
        let mut probe = Self::start(root)?;
        let there = Stamp::at(&probe.root.join(name))?;
        probe.put(name, there, b"")
    }

    /// Makes everything durable and writes the journal. Without files that are new or go there is nothing to do.
    pub fn prepare(mut self) -> Result<Option<Prepared>, TransactionError> {
        if self.new.is_empty() && self.gone.is_empty() {
            return Ok(None);
        }
        for new in &self.new {
            new.file.sync_all().map_err(FileError::on("write a new version of", &new.target))?;
        }
        self.sync_folders();
        self.check()?;
        let section = interrupt::section();
        let relative = |path: &Path| relative_name(&self.root, path);
        let files = self.new.iter().map(|new| Entry {
            new: relative(&new.path),
            target: new.name.clone(),
            read: new.read.as_ref().map(|(_, digest)| digest.clone()),
            written: hex(new.written.clone()),
        });
        let removed = self.gone.iter().map(|gone| Gone { target: gone.name.clone(), read: gone.read.1.clone() });
        let version = if self.gone.is_empty() { VERSION } else { VERSION_REMOVING };
        let journal = Journal { version, files: files.collect(), removed: removed.collect() };
        let mut random = [0; 8];
        let path = self.root.join(JOURNAL);
        let on = |operation| FileError::on(operation, &path);
        OsRandom.fill(&mut random).map_err(on("write"))?;
        let temporary = self.root.join(new_name(&path, u64::from_le_bytes(random)));
        let written = serde_json::to_vec(&journal).map_err(io::Error::other).and_then(|bytes| {
            let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
            file.write_all(&bytes)?;
            file.sync_all()
        });
        let placed = written.and_then(|()| sharing::rename(&temporary, &path));
        if let Err(error) = placed {
            let _ = sharing::remove(&temporary);
            return Err(on("write")(error).into());
        }
        file::sync_folder(&self.root);
        let (new, gone) = (std::mem::take(&mut self.new), std::mem::take(&mut self.gone));
        // The journal relies on them.
        for file in &new {
            interrupt::settled(&file.path);
        }
        let transaction = Self { root: self.root.clone(), new, gone, lock: self.lock.hand_over() };
        Ok(Some(Prepared { transaction, _section: section }))
    }

    /// Whether every target still is what was read.
    fn check(&self) -> Result<(), TransactionError> {
        self.new.iter().try_for_each(NewFile::check)?;
        self.gone.iter().try_for_each(GoneFile::check)
    }

    fn sync_folders(&self) {
        let targets = self.new.iter().map(|new| &new.target).chain(self.gone.iter().map(|gone| &gone.target));
        let folders: BTreeSet<&Path> = targets.filter_map(|target| target.parent()).collect();
        folders.into_iter().for_each(file::sync_folder);
    }
}

impl GoneFile {
    /// Whether it still is what was read.
    fn check(&self) -> Result<(), TransactionError> {
        if Stamp::at(&self.target)? == Some(self.read.0) { Ok(()) } else { Err(Changed(self.target.clone()).into()) }
    }
}

/// A new file of a transaction, to be filled.
#[derive(Debug)]
pub struct NewContent<'t>(&'t mut NewFile);

impl NewContent<'_> {
    /// The next bytes.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), TransactionError> {
        let on = FileError::on("write a new version of", &self.0.target);
        self.0.file.write_all(bytes).map_err(on)?;
        self.0.written.update(bytes);
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        for new in &self.new {
            let _ = sharing::remove(&new.path);
            interrupt::settled(&new.path);
        }
    }
}

impl Prepared {
    /// Puts the new files in their places, where these still are what was read; else nothing changes.
    pub fn commit(mut self) -> Result<(), TransactionError> {
        if let Err(changed) = self.transaction.check() {
            // The new files go with the transaction.
            remove_journal(&self.transaction.root)?;
            return Err(changed);
        }
        let new = std::mem::take(&mut self.transaction.new);
        let all = new.len() + self.transaction.gone.len();
        let partly = |done: usize, error| match done {
            0 => TransactionError::File(error),
            _ => TransactionError::Partly { error, done, all },
        };
        for (done, file) in new.iter().enumerate() {
            let replaced = sharing::rename(&file.path, &file.target);
            replaced.map_err(FileError::on("replace", &file.target)).map_err(|error| partly(done, error))?;
        }
        for (done, gone) in self.transaction.gone.iter().enumerate() {
            remove(&gone.target).map_err(|error| partly(new.len() + done, error))?;
        }
        self.transaction.new = new;
        self.transaction.sync_folders();
        self.transaction.new.clear();
        remove_journal(&self.transaction.root)?;
        Ok(())
    }

    /// Leaves everything as a kill would: the next run commits it.
    pub fn abandon(mut self) {
        self.transaction.new.clear();
    }
}

/// Repairs what a killed run left: finishes its journal or drops it, and takes away new files (`strays`, by name) that are in
/// none. Says what a person must not miss.
pub fn repair(root: &Path, strays: &[String]) -> Result<Option<String>, TransactionError> {
    let root = fs::canonicalize(root).map_err(FileError::on("open", root))?;
    let _lock = Lock::take(&root)?;
    let _section = interrupt::section();
    let dropped = finish_journal(&root)?;
    for name in strays.iter().filter(|name| is_new_name(name)) {
        let path = inside(&root, name).map_err(FileError::on("remove", &root.join(name)))?;
        remove(&path)?;
    }
    Ok(dropped.map(|why| {
        format!("a run on {} was cut off, and what it had prepared was dropped: {why}", plain(&root).display())
    }))
}

/// What a killed run left, and what [`repair`] will do about it; `None` where there is nothing, or somebody is at work. Nothing
/// is written.
pub fn pending(root: &Path, ours: &[String]) -> Result<Option<String>, TransactionError> {
    if ours.is_empty() {
        return Ok(None);
    }
    let root = fs::canonicalize(root).map_err(FileError::on("open", root))?;
    let lock = lock_file(&root).map_err(FileError::on("lock", &root))?;
    if matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)) {
        return Ok(None);
    }
    let what = match left(&root)? {
        None => format!(
            "files that it had prepared are left ({}), and the next run that writes takes them away",
            shown(ours)
        ),
        Some(Left::Finishes(entries)) => {
            let names: Vec<String> = entries.into_iter().map(|entry| entry.name).collect();
            format!("the next run that writes finishes what it had begun: {}", shown(&names))
        }
        Some(Left::Drops { why, .. }) => format!("the next run that writes drops what it had prepared: {why}"),
    };
    Ok(Some(format!("a run on {} was cut off; {what}", plain(&root).display())))
}

/// Whether a file of this name belongs to this module: a new file or a journal.
pub fn is_ours(name: &str) -> bool {
    name == JOURNAL || is_new_name(name)
}

fn is_new_name(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    let tail = last.strip_prefix('.').and_then(|rest| rest.rsplit_once(MARK)).map(|(_, tail)| tail);
    tail.is_some_and(|tail| tail.len() == 16 && tail.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn new_name(target: &Path, number: u64) -> String {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    // A name may have 255 bytes at most; a number keeps those with one beginning apart.
    let kept = &name[..name.floor_char_boundary(64)];
    format!(".{kept}{MARK}{number:016x}")
}

fn relative_name(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// The path of a name in the folder; an error where it would lie elsewhere.
fn inside(root: &Path, name: &str) -> io::Result<PathBuf> {
    let outside = || io::Error::new(io::ErrorKind::InvalidInput, "it is not in the folder");
    let relative = Path::new(name);
    if name.is_empty() || !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(outside());
    }
    let path = root.join(relative);
    let (Some(folder), Some(file)) = (path.parent(), path.file_name()) else { return Err(outside()) };
    let folder = fs::canonicalize(folder)?;
    if !folder.starts_with(root) {
        return Err(outside());
    }
    let path = folder.join(file);
    match fs::symlink_metadata(&path) {
        Ok(there) if !there.is_file() => Err(io::Error::new(io::ErrorKind::InvalidInput, not_a_file(&there))),
        _ => Ok(path),
    }
}

fn not_a_file(there: &Metadata) -> &'static str {
    if there.is_symlink() { "it is a symbolic link, which is not followed" } else { "it is not a regular file" }
}

/// A file that a journal names.
struct Due {
    name: String,
    /// Its new version; none where it goes.
    new: Option<PathBuf>,
    target: PathBuf,
    /// Whether its new content is in its place already, or it is gone.
    done: bool,
}

/// What has to be done about a journal.
enum Left {
    /// Every target is what the run had read, or finished.
    Finishes(Vec<Due>),
    /// At least one is neither.
    Drops { new: Vec<PathBuf>, why: String },
}

/// What a journal still asks for, where there is one.
fn left(root: &Path) -> Result<Option<Left>, TransactionError> {
    let path = root.join(JOURNAL);
    let wrong = |problem: String| TransactionError::Journal { path: path.clone(), problem };
    let there = match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FileError::on("inspect", &path)(error).into()),
        Ok(there) => there,
    };
    if !there.is_file() {
        return Err(wrong(not_a_file(&there).to_owned()));
    }
    let bytes = file::read(&path, JOURNAL_BYTES)?;
    let parsed = |error: serde_json::Error| wrong(error.to_string());
    let version = serde_json::from_slice::<Versioned>(&bytes).map_err(parsed)?.inject_journal;
    let mut removed = Vec::new();
    let entries: Vec<Entry> = match version {
        1 => {
            let files = serde_json::from_slice::<OldJournal>(&bytes).map_err(parsed)?.files;
            let entry = |(new, target)| Entry { new, target, read: None, written: String::new() };
            files.into_iter().map(entry).collect()
        }
        VERSION => serde_json::from_slice::<Journal>(&bytes).map_err(parsed)?.files,
        VERSION_REMOVING => {
            let journal = serde_json::from_slice::<Journal>(&bytes).map_err(parsed)?;
            removed = journal.removed;
            journal.files
        }
        other => return Err(wrong(format!("its version is {other}, expected 1 to {VERSION_REMOVING}"))),
    };
    let (mut due, mut strange, mut named) = (Vec::new(), Vec::new(), BTreeSet::new());
    for Entry { new, target, read, written } in entries {
        let new_path = inside(root, &new).map_err(|e| wrong(format!("{new:?}: {e}")))?;
        let target_path = inside(root, &target).map_err(|e| wrong(format!("{target:?}: {e}")))?;
        if !is_new_name(&new) || is_ours(&target) || new_path.parent() != target_path.parent() {
            return Err(wrong(format!("{new:?} is no new version of {target:?}")));
        }
        // Only one of two could be carried out.
        if !named.insert(new_path.clone()) || !named.insert(target_path.clone()) {
            return Err(wrong(format!("it names {new:?} or {target:?} twice")));
        }
        let mut done = false;
        if version >= VERSION {
            let now = digest_if_there(&target_path)?;
            done = now.as_ref() == Some(&written);
            let prepared = done || digest_if_there(&new_path)?.as_ref() == Some(&written);
            if !done && now != read || !prepared {
                strange.push(target.clone());
            }
        }
        due.push(Due { name: target, new: Some(new_path), target: target_path, done });
    }
    for Gone { target, read } in removed {
        let path = inside(root, &target).map_err(|e| wrong(format!("{target:?}: {e}")))?;
        if is_ours(&target) || !named.insert(path.clone()) {
            return Err(wrong(format!("it removes {target:?}, which is its own or named twice")));
        }
        let now = digest_if_there(&path)?;
        if now.as_ref().is_some_and(|now| *now != read) {
            strange.push(target.clone());
        }
        due.push(Due { name: target, new: None, target: path, done: now.is_none() });
    }
    let why = if version >= VERSION {
        if strange.is_empty() {
            return Ok(Some(Left::Finishes(due)));
        }
        format!("{} changed since, and stays as it is now", shown(&strange))
    } else {
        let names: Vec<String> = due.iter().map(|due| due.name.clone()).collect();
        format!(
            "it was of an earlier version, which did not note what it had read; {} may be of two runs",
            shown(&names)
        )
    };
    Ok(Some(Left::Drops { new: due.into_iter().filter_map(|due| due.new).collect(), why }))
}

/// Does what a journal still says, or drops it: then it says why.
fn finish_journal(root: &Path) -> Result<Option<String>, TransactionError> {
    let dropped = match left(root)? {
        None => return Ok(None),
        Some(Left::Drops { new, why }) => {
            for new in &new {
                remove(new)?;
            }
            Some(why)
        }
        Some(Left::Finishes(due)) => {
            for due in &due {
                match &due.new {
                    Some(new) if due.done => remove(new)?,
                    Some(new) => sharing::rename(new, &due.target).map_err(FileError::on("replace", &due.target))?,
                    None => remove(&due.target)?,
                }
            }
            let folders: BTreeSet<&Path> = due.iter().filter_map(|due| due.target.parent()).collect();
            folders.into_iter().for_each(file::sync_folder);
            None
        }
    };
    remove_journal(root)?;
    Ok(dropped)
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<(), FileError> {
    match sharing::remove(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(FileError::on("remove", path)),
    }
}

/// SHA-256 of a file, in hexadecimal digits.
fn digest(path: &Path) -> Result<String, FileError> {
    let mut file = file::open(path)?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; STEP]);
    loop {
        match sharing::retrying(Access::Read, || file.read(&mut buffer)).map_err(FileError::on("read", path))? {
            0 => return Ok(hex(hasher)),
            len => hasher.update(buffer.get(..len).unwrap_or_default()),
        }
    }
}

fn digest_if_there(path: &Path) -> Result<Option<String>, FileError> {
    match digest(path) {
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => Ok(None),
        digest => digest.map(Some),
    }
}

fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first of many names, for people.
fn shown(names: &[String]) -> String {
    let first = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{first} and {} more", names.len() - SHOWN) } else { first }
}

fn remove_journal(root: &Path) -> Result<(), FileError> {
    let path = root.join(JOURNAL);
    sharing::remove(&path).map_err(FileError::on("remove", &path))?;
    file::sync_folder(root);
    Ok(())
}

/// Held while a run works on a folder. It lies outside of what may be served.
#[derive(Debug)]
struct Lock(Option<File>);

impl Lock {
    fn take(root: &Path) -> Result<Self, TransactionError> {
        let file = lock_file(root).map_err(FileError::on("lock", root))?;
        match lock::wait(&file, root, PATIENCE) {
            // A file system without locks has no second run either, as far as can be known.
            Err(error) if error.source.kind() != io::ErrorKind::Unsupported => Err(error.into()),
            _ => Ok(Self(Some(file))),
        }
    }

    fn hand_over(&mut self) -> Self {
        Self(self.0.take())
    }
}

/// The folder itself can be locked.
#[cfg(unix)]
#[allow(clippy::disallowed_methods, reason = "a folder is opened, which waits for nobody")]
fn lock_file(root: &Path) -> io::Result<File> {
    File::open(root)
}

/// A folder cannot be locked, so a file that stands for it is.
#[cfg(not(unix))]
fn lock_file(root: &Path) -> io::Result<File> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    root.hash(&mut hasher);
    let path = std::env::temp_dir().join(format!("inject-{:016x}.lock", hasher.finish()));
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

//! Several files of one folder replaced together: all of them, or none.
//!
//! 1. Each new file is written and synced beside its target, under a dot name.
//! 2. A journal that says which new file belongs where is written, synced and renamed to its name. From here on it counts.
//! 3. Each new file is renamed over its target, then the folders are synced.
//! 4. The journal is removed.
//!
//! A kill before step 2 leaves dot names, which the next run takes away; one after it leaves the journal, and the next run
//! finishes what it says. Journal and new files lie in the folder itself, so that whoever comes next finds them, on any
//! machine and for any user. The journal holds names only.
//!
//! Must not: know what is written, or believe a journal that leads out of the folder.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use super::file::FileError;
use super::interrupt::{self, Section};
use super::random::{OsRandom, Randomness};

/// The journal's name in its folder.
pub const JOURNAL: &str = ".inject-journal";
/// What stands between a target's name and a number in the name of its new file.
const MARK: &str = ".inject-tree-";
/// How long another run is waited for. A commit takes milliseconds to seconds.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often the lock is tried meanwhile.
const PAUSE: Duration = Duration::from_millis(20);
/// Bytes a journal may have: two names for each of a million files would be more than any real one.
const JOURNAL_BYTES: u64 = 256 * 1024 * 1024;

/// Why files were not replaced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// A file operation.
    #[error(transparent)]
    File(#[from] FileError),
    /// Somebody else works there.
    #[error("another run has been working on {} for {} seconds", .0.display(), PATIENCE.as_secs())]
    Busy(PathBuf),
    /// A journal that this program did not write.
    #[error(
        "{} is no journal of this program: {problem}; remove it if the folder is as it should be", .path.display()
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
    lock: Lock,
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
}

/// What a journal says.
#[derive(serde::Serialize, serde::Deserialize)]
struct Journal {
    inject_journal: u32,
    /// Name of the new file, name of its target.
    files: Vec<(String, String)>,
}

impl Transaction {
    /// Waits until nobody else works on the folder, and repairs what a killed run left.
    pub fn start(root: &Path) -> Result<Self, TransactionError> {
        let root = fs::canonicalize(root).map_err(FileError::on("open", root))?;
        let lock = Lock::take(&root)?;
        let _section = interrupt::section();
        finish_journal(&root)?;
        Ok(Self { root, new: Vec::new(), lock })
    }

    /// Writes the new content of a file, with the permissions of the one it replaces.
    pub fn put(&mut self, name: &str, content: &[u8]) -> Result<(), TransactionError> {
        self.begin(name)?.append(content)
    }

    /// Begins the new content of a file, with the permissions of the one it replaces.
    pub fn begin(&mut self, name: &str) -> Result<NewContent<'_>, TransactionError> {
        let target = inside(&self.root, name).map_err(FileError::on("write", &self.root.join(name)))?;
        let mut random = [0; 8];
        OsRandom.fill(&mut random).map_err(FileError::on("find a name beside", &target))?;
        let path = target.with_file_name(new_name(&target, u64::from_le_bytes(random)));
        let on = |operation| FileError::on(operation, &target);
        let like = fs::metadata(&target).ok();
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        // What a folder lets others read, a file made in it may be read by.
        #[cfg(unix)]
        if like.is_some() {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        let section = interrupt::section();
        let file = options.open(&path).map_err(on("write a new version of"))?;
        interrupt::temporary(&path);
        drop(section);
        let new = self.new.push_mut(NewFile { name: name.to_owned(), path, target: target.clone(), file });
        if let Some(like) = like {
            new.file.set_permissions(like.permissions()).map_err(on("set permissions of"))?;
        }
        Ok(NewContent(new))
    }

    /// Where the new content of each file lies until it counts: for reading it back.
    pub fn new_files(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.new.iter().map(|new| (new.name.as_str(), new.path.as_path()))
    }

    /// Whether a new version of a file could be written now.
    pub fn probe(root: &Path, name: &str) -> Result<(), TransactionError> {
        let mut probe = Self::start(root)?;
        probe.put(name, b"")
    }

    /// Makes everything durable and writes the journal. Without new files there is nothing to do.
    pub fn prepare(mut self) -> Result<Option<Prepared>, TransactionError> {
        if self.new.is_empty() {
            return Ok(None);
        }
        for new in &self.new {
            new.file.sync_all().map_err(FileError::on("write a new version of", &new.target))?;
        }
        self.sync_folders();
        let section = interrupt::section();
        let relative = |path: &Path| relative_name(&self.root, path);
        let files = self.new.iter().map(|new| (relative(&new.path), new.name.clone())).collect();
        let journal = Journal { inject_journal: 1, files };
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
        let placed = written.and_then(|()| fs::rename(&temporary, &path));
        if let Err(error) = placed {
            let _ = fs::remove_file(&temporary);
            return Err(on("write")(error).into());
        }
        sync(&self.root);
        let new = std::mem::take(&mut self.new);
        // The journal relies on them.
        for file in &new {
            interrupt::settled(&file.path);
        }
        let transaction = Self { root: self.root.clone(), new, lock: self.lock.hand_over() };
        Ok(Some(Prepared { transaction, _section: section }))
    }

    fn sync_folders(&self) {
        let folders: BTreeSet<&Path> = self.new.iter().filter_map(|new| new.target.parent()).collect();
        folders.into_iter().for_each(sync);
    }
}

/// A new file of a transaction, to be filled.
#[derive(Debug)]
pub struct NewContent<'t>(&'t mut NewFile);

impl NewContent<'_> {
    /// The next bytes.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), TransactionError> {
        let on = FileError::on("write a new version of", &self.0.target);
        Ok(self.0.file.write_all(bytes).map_err(on)?)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        for new in &self.new {
            let _ = fs::remove_file(&new.path);
            interrupt::settled(&new.path);
        }
    }
}

impl Prepared {
    /// Puts the new files in their places.
    pub fn commit(mut self) -> Result<(), TransactionError> {
        let new = std::mem::take(&mut self.transaction.new);
        for new in &new {
            fs::rename(&new.path, &new.target).map_err(FileError::on("replace", &new.target))?;
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

/// Repairs what a killed run left: finishes its journal, and takes away new files (`strays`, by name) that are in none.
pub fn repair(root: &Path, strays: &[String]) -> Result<(), TransactionError> {
    let root = fs::canonicalize(root).map_err(FileError::on("open", root))?;
    let _lock = Lock::take(&root)?;
    let _section = interrupt::section();
    finish_journal(&root)?;
    for name in strays.iter().filter(|name| is_new_name(name)) {
        let path = inside(&root, name).map_err(FileError::on("remove", &root.join(name)))?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(FileError::on("remove", &path)(error).into());
            }
            _ => {}
        }
    }
    Ok(())
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
    // A name may have 255 bytes at most.
    let kept: String = name.chars().take(64).collect();
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

/// Does what a journal still says, where there is one.
fn finish_journal(root: &Path) -> Result<(), TransactionError> {
    let path = root.join(JOURNAL);
    let wrong = |problem: String| TransactionError::Journal { path: path.clone(), problem };
    let there = match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(FileError::on("inspect", &path)(error).into()),
        Ok(there) => there,
    };
    if !there.is_file() || there.len() > JOURNAL_BYTES {
        return Err(wrong(not_a_file(&there).to_owned()));
    }
    let bytes = fs::read(&path).map_err(FileError::on("read", &path))?;
    let journal: Journal = serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))?;
    if journal.inject_journal != 1 {
        return Err(wrong(format!("its version is {}, expected 1", journal.inject_journal)));
    }
    let mut pairs = Vec::new();
    for (new, target) in &journal.files {
        let new_path = inside(root, new).map_err(|e| wrong(format!("{new:?}: {e}")))?;
        let target_path = inside(root, target).map_err(|e| wrong(format!("{target:?}: {e}")))?;
        if !is_new_name(new) || is_ours(target) || new_path.parent() != target_path.parent() {
            return Err(wrong(format!("{new:?} is no new version of {target:?}")));
        }
        pairs.push((new_path, target_path));
    }
    for (new, target) in &pairs {
        match fs::rename(new, target) {
            // It has taken its place before the run was killed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            renamed => renamed.map_err(FileError::on("replace", target))?,
        }
    }
    let folders: BTreeSet<&Path> = pairs.iter().filter_map(|(_, target)| target.parent()).collect();
    folders.into_iter().for_each(sync);
    Ok(remove_journal(root)?)
}

fn remove_journal(root: &Path) -> Result<(), FileError> {
    let path = root.join(JOURNAL);
    fs::remove_file(&path).map_err(FileError::on("remove", &path))?;
    sync(root);
    Ok(())
}

/// Makes renames durable where the system lets a folder be synced.
fn sync(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// Held while a run works on a folder. It lies outside of what may be served.
#[derive(Debug)]
struct Lock(Option<File>);

impl Lock {
    fn take(root: &Path) -> Result<Self, TransactionError> {
        let file = lock_file(root).map_err(FileError::on("lock", root))?;
        let began = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(Some(file))),
                Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Err(TransactionError::Busy(root.to_owned())),
                // A file system without locks has no second run either, as far as can be known.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    return Ok(Self(Some(file)));
                }
                Err(TryLockError::Error(error)) => return Err(FileError::on("lock", root)(error).into()),
            }
        }
    }

    fn hand_over(&mut self) -> Self {
        Self(self.0.take())
    }
}

/// The folder itself can be locked.
#[cfg(unix)]
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

//! Atomic replacement of a file: written beside it, synced, then renamed over it.
//!
//! A failure or a kill at any point leaves the original or the finished file. On Linux the new file has no name until it
//! is complete (`O_TMPFILE`); elsewhere, and on file systems without that, it has a dot name that is swept by the next
//! run. A dot name is swept only when nobody holds its lock.
//!
//! Must not: know what is written.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::file::{self, FileError, SourceFile, resolved};
use super::random::{OsRandom, Randomness};
use super::rights::{self, Like};
use super::{interrupt, names, sharing};

/// Bytes written to new files.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// A file that will take the place of `target`.
#[derive(Debug)]
pub struct Replacement {
    file: File,
    target: PathBuf,
    /// The dot name; absent while the file has no name at all.
    named: Option<PathBuf>,
    spare_name: PathBuf,
    /// Whether it is durable, under its dot name.
    complete: bool,
    /// `None` where nothing of it has to last.
    settling: Option<Settling>,
}

impl Replacement {
    /// Starts a new file beside `target`. A symbolic link is followed, so that it stays and its destination is replaced.
    pub fn start(target: &Path) -> Result<Self, FileError> {
        rights::check_links(target).map_err(FileError::on("write", target))?;
        names::check(target).map_err(FileError::on("write", target))?;
        let target = resolved(target).unwrap_or_else(|_| target.to_owned());
        if let Ok(there) = fs::metadata(&target) {
            file::check_regular(&there).map_err(FileError::on("write", &target))?;
            sharing::check(&target).map_err(FileError::on("replace", &target))?;
        }
        let folder = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let prefix = prefix_of(&target);
        sweep(&folder, &prefix);
        let settling = Some(Settling::default());
        loop {
            let mut random = [0; 8];
            OsRandom.fill(&mut random).map_err(FileError::on("find a name beside", &target))?;
            let spare_name = folder.join(format!("{prefix}{:016x}", u64::from_le_bytes(random)));
            if let Some(file) = unnamed(&folder) {
                return Ok(Self { file, target, named: None, spare_name, complete: false, settling });
            }
            let _section = interrupt::section();
            if let Some(file) = create_held(&spare_name, Writers::One)? {
                interrupt::temporary(&spare_name);
                let named = Some(spare_name.clone());
                return Ok(Self { file, target, named, spare_name, complete: false, settling });
            }
        }
    }

    /// A file beside `target` for what is too large to be held. It goes when it is dropped, and never takes a place.
    pub(crate) fn spool(target: &Path) -> Result<Self, FileError> {
        let mut new = Self::start(target)?;
        new.settling = None;
        Ok(new)
    }

    /// Whether `target` could be replaced now: starts, and lets go.
    pub fn probe(target: &Path) -> Result<(), FileError> {
        Self::start(target).map(drop)
    }

    /// Nothing more will be written: what has not gone to the disk yet begins to.
    pub(crate) fn settle(&mut self) {
        if let Some(settling) = &mut self.settling {
            settling.begin(&self.file);
        }
    }

    /// Writes all of `bytes`.
    pub fn write_all(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        let mut write = || {
            let here = self.file.stream_position()?;
            self.file.write_all(bytes)?;
            self.wrote(here, bytes.len() as u64);
            Ok(())
        };
        write().map_err(FileError::on("write a new version of", &self.target))
    }

    /// Writes all of `first`, and all of `second` `apart` bytes further on; the next write follows `first`.
    pub(crate) fn write_two(&mut self, first: &[u8], second: &[u8], apart: u64) -> Result<(), FileError> {
        let mut write = || {
            let here = self.file.stream_position()?;
            self.file.seek(SeekFrom::Start(here + apart))?;
            self.file.write_all(second)?;
            self.file.seek(SeekFrom::Start(here))?;
            self.file.write_all(first)?;
            self.wrote(here, first.len() as u64);
            self.wrote(here + apart, second.len() as u64);
            Ok(())
        };
        write().map_err(FileError::on("write a new version of", &self.target))
    }

    /// Copies a range of another file: by the system, as far as it can.
    pub(crate) fn copy(&mut self, source: &SourceFile, mut range: Range<u64>) -> Result<(), FileError> {
        /// Bytes that are read and written at a time where the system does not copy.
        const STEP: u64 = 256 * 1024;
        let mut buffer = Vec::new();
        while range.start < range.end {
            let mut by_system = || {
                let here = self.file.stream_position()?;
                let copied = source.copied(&range, &self.file, here);
                self.file.seek(SeekFrom::Start(here + copied))?;
                self.wrote(here, copied);
                Ok(copied)
            };
            let copied = by_system().map_err(FileError::on("write a new version of", &self.target))?;
            range.start += copied;
            if copied > 0 {
                continue;
            }
            let len = (range.end - range.start).min(STEP);
            buffer.resize(usize::try_from(len).unwrap_or(0), 0);
            source.read_exact_at(&mut buffer, range.start).map_err(FileError::on("read", source.path()))?;
            self.write_all(&buffer)?;
            range.start += len;
        }
        Ok(())
    }

    fn wrote(&mut self, at: u64, len: u64) {
        let Some(settling) = &mut self.settling else { return };
        WRITTEN.fetch_add(len, Ordering::Relaxed);
        settling.wrote(at..at + len, &self.file);
    }

    /// Passes over bytes that were written already.
    pub(crate) fn skip(&mut self, len: u64) -> Result<(), FileError> {
        let moved = i64::try_from(len).map_err(io::Error::other).and_then(|len| self.file.seek_relative(len));
        moved.map_err(FileError::on("write a new version of", &self.target))
    }

    /// The bytes written so far, for reading.
    pub(crate) fn reader(&self) -> Result<SourceFile, FileError> {
        let file = self.file.try_clone().map_err(FileError::on("read back", &self.target))?;
        SourceFile::over(file, &self.target)
    }

    /// Lets everybody read the file, as files of a project are read, and run it where it is a program.
    pub fn publish(&mut self, program: bool) -> Result<(), FileError> {
        #[cfg(unix)]
        {
            let mode = if program { 0o755 } else { 0o644 };
            let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
            self.file.set_permissions(permissions).map_err(FileError::on("set permissions of", &self.target))?;
        }
        #[cfg(not(unix))]
        let _ = program;
        Ok(())
    }

    /// Makes the file durable, with owner, rights and attributes of what it replaces, as far as they can be kept; where nothing is
    /// there yet, of `like`, as a copy of that has them. Without `like` it is its owner's alone. After that committing takes no time.
    pub fn complete(&mut self, like: Option<&Like>) -> Result<(), FileError> {
        let _section = interrupt::section();
        if let Some(like) = like {
            let given = match Like::at(&self.target) {
                Ok(there) => rights::carry(&self.file, &there),
                Err(error) if error.kind() == io::ErrorKind::NotFound => rights::copy(&self.file, like),
                Err(error) => Err(error),
            };
            given.map_err(FileError::on("set permissions of", &self.target))?;
        }
        self.make_durable()
    }

    /// Makes the file durable and puts it in the place of the target, with owner, rights and attributes as in [`Self::complete`].
    pub fn commit(mut self, like: Option<&Like>) -> Result<(), FileError> {
        let _section = interrupt::section();
        self.complete(like)?;
        sharing::rename(&self.spare_name, &self.target).map_err(FileError::on("replace", &self.target))?;
        self.named = None;
        interrupt::settled(&self.spare_name);
        self.sync_folder();
        Ok(())
    }

    /// The same as the file has whose place it takes; where none is there, as it was made: for this account alone.
    pub fn commit_as_before(self) -> Result<(), FileError> {
        let like = Like::at(&self.target).ok();
        self.commit(like.as_ref())
    }

    /// Like [`Replacement::commit`], but what is there already stays: of two processes at once the first one's file
    /// counts. Says whether it was this one.
    pub fn commit_new(self) -> Result<bool, FileError> {
        let section = interrupt::section();
        // Its dot name goes before the section ends.
        let placed = self.link_new();
        drop(section);
        placed
    }

    fn link_new(mut self) -> Result<bool, FileError> {
        self.make_durable()?;
        // A hard link fails where the name exists; the dot name goes with `self`.
        match fs::hard_link(&self.spare_name, &self.target) {
            Ok(()) => {
                self.sync_folder();
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(FileError::on("create", &self.target)(error)),
        }
    }

    /// Makes the file durable, under its dot name.
    fn make_durable(&mut self) -> Result<(), FileError> {
        if self.complete {
            return Ok(());
        }
        let on = |operation| FileError::on(operation, &self.target);
        self.file.sync_all().map_err(on("write a new version of"))?;
        if self.named.is_none() {
            // Held until the rename, so that nobody sweeps the name in between.
            let _ = self.file.try_lock();
            give_name(&self.file, &self.spare_name).map_err(on("write a new version of"))?;
            interrupt::temporary(&self.spare_name);
            self.named = Some(self.spare_name.clone());
        }
        self.complete = true;
        Ok(())
    }

    fn sync_folder(&self) {
        if let Some(folder) = self.target.parent() {
            // The rename is atomic without it; this makes it durable where the system lets a folder be synced.
            file::sync_folder(folder);
        }
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        if let Some(name) = self.named.take() {
            let _ = sharing::remove(&name);
            interrupt::settled(&name);
        }
    }
}

/// Bytes after which they begin to go to the disk while more are written: at the end there is less to wait for.
const SETTLED_BYTES: u64 = 4 * 1024 * 1024;

/// New bytes that have not begun to go to the disk.
#[derive(Debug, Default)]
struct Settling {
    ranges: Vec<Range<u64>>,
    len: u64,
}

impl Settling {
    fn wrote(&mut self, range: Range<u64>, file: &File) {
        self.len += range.end - range.start;
        match self.ranges.iter_mut().find(|before| before.end == range.start) {
            Some(before) => before.end = range.end,
            None => self.ranges.push(range),
        }
        if self.len >= SETTLED_BYTES {
            self.begin(file);
        }
    }

    fn begin(&mut self, file: &File) {
        self.len = 0;
        for range in self.ranges.drain(..) {
            start_writing(file, &range);
        }
    }
}

/// Lets the system begin to write some of a file to the disk, without waiting for it. What goes wrong there is told by the
/// sync that follows.
#[cfg(target_os = "linux")]
fn start_writing(file: &File, range: &Range<u64>) {
    // That nobody needs these bytes for now: Linux begins to write what is not on the disk yet, and forgets only what is.
    let len = std::num::NonZeroU64::new(range.end - range.start);
    if len.is_some() {
        let _ = rustix::fs::fadvise(file, range.start, len, rustix::fs::Advice::DontNeed);
    }
}

/// Elsewhere the sync that follows does all of it.
#[cfg(not(target_os = "linux"))]
fn start_writing(_: &File, _: &Range<u64>) {}

/// What was written so far, for tests.
#[cfg(feature = "internals")]
pub fn read_back(new: &Replacement) -> Result<SourceFile, FileError> {
    new.reader()
}

/// Copies a range, for tests.
#[cfg(feature = "internals")]
pub fn copy(new: &mut Replacement, source: &SourceFile, range: Range<u64>) -> Result<(), FileError> {
    new.copy(source, range)
}

/// Bytes that this process has written to new files, for who watches it.
pub fn written() -> u64 {
    WRITTEN.load(Ordering::Relaxed)
}

/// What the dot names of a target's new files begin with. A name has 255 bytes at most; these take 9 and a number of 16 more.
fn prefix_of(target: &Path) -> String {
    /// Bytes that are left for the target's own name, with room to spare.
    const ROOM: usize = 200;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    format!(".{}.inject-", file::fitting(&name, ROOM))
}

/// Takes away what a killed run left beside `target`, as [`Replacement::start`] does.
pub fn tidy(target: &Path) {
    let target = resolved(target).unwrap_or_else(|_| target.to_owned());
    if let Some(folder) = target.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        sweep(folder, &prefix_of(&target));
    }
}

/// Removes files that a killed run left under a dot name: `prefix` and 16 hexadecimal digits. What somebody holds a lock
/// on stays. Returns what was removed.
pub fn sweep(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut swept = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return swept };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ours = name.to_str().and_then(|name| name.strip_prefix(prefix));
        if !ours.is_some_and(|tail| tail.len() == 16 && tail.bytes().all(|b| b.is_ascii_hexdigit())) {
            continue;
        }
        // Anybody who may write the folder can put a pipe there.
        if let Ok(file) = file::open_held(&entry.path())
            && !matches!(file.try_lock(), Err(TryLockError::WouldBlock))
            && sharing::remove(&entry.path()).is_ok()
        {
            swept.push(entry.path());
        }
    }
    swept
}

/// Who writes to a file that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writers {
    /// Who made it, through what [`create_held`] returns, and renames it.
    One,
    /// Others too, who open it by its name: `SQLite`.
    Several,
}

/// Creates a file that [`sweep`] leaves alone while it is open. Between its making and its lock a sweep may take it: then
/// nobody has it, and another name is tried.
pub fn create_held(name: &Path, writers: Writers) -> Result<Option<File>, FileError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // A lock keeps others from reading and writing there. For them the file may be opened, but not removed:
    // FILE_SHARE_READ and FILE_SHARE_WRITE, without FILE_SHARE_DELETE.
    #[cfg(windows)]
    if writers == Writers::Several {
        std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, 0x1 | 0x2);
        return options.open(name).map(Some).map_err(FileError::on("create", name));
    }
    let _ = writers;
    let file = options.open(name).map_err(FileError::on("create", name))?;
    let taken = matches!(file.try_lock(), Err(TryLockError::WouldBlock)) || !name.exists();
    Ok((!taken).then_some(file))
}

#[cfg(target_os = "linux")]
fn unnamed(folder: &Path) -> Option<File> {
    use rustix::fs::{Mode, OFlags};
    // Without /proc the file could never be given a name.
    if !Path::new("/proc/self/fd").exists() {
        return None;
    }
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    rustix::fs::open(folder, flags, Mode::RUSR | Mode::WUSR).ok().map(File::from)
}

#[cfg(not(target_os = "linux"))]
fn unnamed(_folder: &Path) -> Option<File> {
    None
}

#[cfg(target_os = "linux")]
fn give_name(file: &File, name: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    use rustix::fs::{AtFlags, CWD};
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(rustix::fs::linkat(CWD, open, CWD, name, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(not(target_os = "linux"))]
fn give_name(_file: &File, _name: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

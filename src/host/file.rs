//! Files: opened and read without waiting for anybody, random access, what tells one state of a file from another, and errors
//! that name the file and the operation.
//!
//! Every file that is read is opened by [`open`]: a pipe, a device or a socket in its place is an error at once, and not a
//! wait without end. `clippy.toml` forbids the ways of the standard library.
//!
//! Must not: write an artifact (see [`super::replacement`]).

use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use zeroize::Zeroizing;

use super::names;
use super::rights::Like;
use super::sharing::{self, Access};

/// An operation on a file that failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation} {}: {source}", plain(path).display())]
pub struct FileError {
    /// What was tried: "open", "write", ...
    pub operation: &'static str,
    /// The file.
    pub path: PathBuf,
    /// The cause.
    pub source: io::Error,
}

impl FileError {
    /// For `map_err`: the same operation and path for every cause.
    pub fn on(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self { operation, path: path.to_owned(), source }
    }
}

/// A path as people write it: without the prefix `\\?\` that Windows gives full paths.
pub(super) fn plain(path: &Path) -> &Path {
    let rest = path.to_str().filter(|_| cfg!(windows)).and_then(|path| path.strip_prefix(r"\\?\"));
    rest.filter(|rest| rest.as_bytes().get(1) == Some(&b':')).map_or(path, Path::new)
}

/// Where a path leads, links followed, as people write it: without the prefix `\\?\` that Windows gives it, where that means the
/// same.
pub fn resolved(path: &Path) -> io::Result<PathBuf> {
    let resolved = std::fs::canonicalize(path)?;
    #[cfg(windows)]
    {
        /// What paths without the prefix may have (`MAX_PATH`).
        const USUAL: usize = 259;
        let usual = resolved.to_str().and_then(|path| path.strip_prefix(r"\\?\")).filter(|path| {
            let is_plain = |rest: &str| rest.split('\\').all(|part| names::fault(part).is_none());
            let is_plain = path.get(1..3) == Some(":\\") && path.get(3..).is_some_and(is_plain);
            is_plain && path.encode_utf16().count() <= USUAL
        });
        if let Some(usual) = usual {
            return Ok(PathBuf::from(usual));
        }
    }
    Ok(resolved)
}

/// An error where this system takes the name of a file for something else: for a device, or for another file that is there.
pub(crate) fn check_name(path: &Path) -> io::Result<()> {
    names::check(path)?;
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(OsStr::to_str)) else { return Ok(()) };
    if !names::IGNORES_CASE || std::fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let listed = std::fs::read_dir(folder)?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    names::check_case(name, listed)
}

/// Opens a regular file for reading; a folder, a pipe, a device or a socket is an error, and nobody is waited for.
pub fn open(path: &Path) -> Result<File, FileError> {
    let (file, metadata) = opened(path).map_err(FileError::on("open", path))?;
    check_regular(&metadata).map_err(FileError::on("read", path))?;
    Ok(file)
}

/// Opens whatever is there. Who opens a pipe would wait until somebody writes to it, and a device may do something.
#[allow(clippy::disallowed_methods, reason = "the one place where files are opened for reading")]
fn opened(path: &Path) -> io::Result<(File, Metadata)> {
    let mut options = OpenOptions::new();
    options.read(true);
    // A look before: opening some devices alone has an effect. One after: it may be another file by then.
    check_regular_or_folder(&std::fs::metadata(path)?)?;
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, unwaiting());
    let file = sharing::retrying(Access::Read, || options.open(path))?;
    let metadata = file.metadata()?;
    Ok((file, metadata))
}

/// Opens a regular file for writing to see whether somebody holds it; a link is not followed, and nobody is waited for.
pub(crate) fn open_held(path: &Path) -> io::Result<File> {
    check_regular(&std::fs::symlink_metadata(path)?)?;
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    }
    let file = options.open(path)?;
    check_regular(&file.metadata()?)?;
    Ok(file)
}

/// Makes what happened to names in a folder durable, where the system lets a folder be synced.
#[allow(clippy::disallowed_methods, reason = "a folder is opened, which waits for nobody")]
pub(crate) fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

/// A name of at most `room` bytes that stands for `name`: itself, or its beginning and a digest of it.
pub(crate) fn fitting(name: &str, room: usize) -> String {
    use sha2::{Digest, Sha256};
    if name.len() <= room {
        return name.to_owned();
    }
    let digest = Sha256::digest(name.as_bytes());
    let digest: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let kept = room.saturating_sub(digest.len() + 1);
    format!("{}-{digest}", &name[..name.floor_char_boundary(kept)])
}

/// Flags with which opening a pipe waits for nobody, and a terminal does not become this process'.
#[cfg(unix)]
pub(crate) fn unwaiting() -> i32 {
    use rustix::fs::OFlags;
    (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed()
}

/// Opens a regular file to write at its end; one that is not there is made.
pub fn append(path: &Path) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, unwaiting());
    let open = || {
        names::check(path)?;
        // A socket cannot be opened, and the system's words for that say nothing.
        if let Ok(there) = std::fs::metadata(path) {
            check_regular(&there)?;
        }
        let file = sharing::retrying(Access::Read, || options.open(path))?;
        check_regular(&file.metadata()?)?;
        Ok(file)
    };
    open().map_err(FileError::on("write", path))
}

/// An error for what is neither a regular file nor a folder: where a folder is, opening it fails with words of its own.
fn check_regular_or_folder(there: &Metadata) -> io::Result<()> {
    if there.is_dir() { Ok(()) } else { check_regular(there) }
}

/// An error that says what is there where it is no regular file.
pub(crate) fn check_regular(there: &Metadata) -> io::Result<()> {
    let kind = there.file_type();
    let what = if kind.is_file() {
        return Ok(());
    } else if kind.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder, a file is expected"));
    } else {
        special(kind)
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("it is {what}, a regular file is expected")))
}

#[cfg(unix)]
fn special(kind: std::fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_symlink() {
        "a symbolic link"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn special(_: std::fs::FileType) -> &'static str {
    "no regular file"
}

/// The content of a regular file that has at most `limit` bytes. It may be a secret: what is dropped is wiped.
pub fn read(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let on = || FileError::on("read", path);
    let file = open(path).map_err(|error| FileError { operation: "read", ..error })?;
    let size = file.metadata().map_err(on())?.len();
    let room = usize::try_from(size.min(limit)).map_err(io::Error::other).map_err(on())?;
    // Room for all of it from the start: what grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(room.saturating_add(1)));
    // What others have locked is read when they let go; what was read before that is there already.
    let mut file = file.take(limit.saturating_add(1));
    sharing::retrying(Access::Read, || file.read_to_end(&mut bytes)).map_err(on())?;
    if bytes.len() as u64 > limit {
        return Err(on()(too_large(limit)));
    }
    Ok(bytes)
}

/// More than the limit.
pub(super) fn too_large(limit: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {limit} bytes"))
}

/// The same where a file that is not there is an answer.
pub fn read_if_there(path: &Path, limit: u64) -> Result<Option<Zeroizing<Vec<u8>>>, FileError> {
    match read(path, limit) {
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// The text of a regular file that has at most `limit` bytes.
pub fn read_text(path: &Path, limit: u64) -> Result<Zeroizing<String>, FileError> {
    text(read(path, limit)?).map_err(FileError::on("read", path))
}

/// The text that a file's content is.
pub(super) fn text(mut bytes: Zeroizing<Vec<u8>>) -> io::Result<Zeroizing<String>> {
    // Taken, not copied.
    let text = String::from_utf8(std::mem::take(&mut *bytes));
    text.map(Zeroizing::new).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = Zeroizing::new(error.into_bytes());
        let problem = match bytes.as_slice() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "it is UTF-16 text, UTF-8 is expected".to_owned(),
            _ => format!("it is no UTF-8 text (byte {at})"),
        };
        io::Error::new(io::ErrorKind::InvalidData, problem)
    })
}

/// A file that is not what it was when it was read. Nothing was written.
#[derive(Debug, thiserror::Error)]
#[error("{} changed while inject worked on it, so nothing was written; run again when nothing else writes there", plain(.0).display())]
pub struct Changed(pub PathBuf);

/// What tells one state of a file from another: which file it is, its size, and when it was changed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    size: u64,
    /// Device and inode.
    #[cfg(unix)]
    file: (u64, u64),
    /// When its content was changed, and when anything of it was, in seconds and nanoseconds: the former can be set to what it
    /// was, the latter cannot.
    #[cfg(unix)]
    times: [(i64, i64); 2],
    /// When it was made and written last.
    #[cfg(not(unix))]
    times: [Option<std::time::SystemTime>; 2],
}

impl Stamp {
    /// By what the system says of a file.
    pub fn of(there: &Metadata) -> Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            Self {
                size: there.len(),
                file: (there.dev(), there.ino()),
                times: [(there.mtime(), there.mtime_nsec()), (there.ctime(), there.ctime_nsec())],
            }
        }
        #[cfg(not(unix))]
        Self { size: there.len(), times: [there.created().ok(), there.modified().ok()] }
    }

    /// Of what lies at `path` now, links not followed; `None` where nothing does.
    pub fn at(path: &Path) -> Result<Option<Self>, FileError> {
        match std::fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            there => there.map(|there| Some(Self::of(&there))).map_err(FileError::on("inspect", path)),
        }
    }
}

/// How long the clock that times of files come from stands still.
#[cfg(target_os = "linux")]
fn tick() -> Duration {
    let tick = rustix::time::clock_getres(rustix::time::ClockId::RealtimeCoarse);
    let seconds = u64::try_from(tick.tv_sec).unwrap_or_default();
    Duration::from_secs(seconds) + Duration::from_nanos(u64::try_from(tick.tv_nsec).unwrap_or_default())
}

/// Likewise: 16 ms on Windows, less elsewhere.
#[cfg(not(target_os = "linux"))]
fn tick() -> Duration {
    Duration::from_millis(20)
}

/// A regular file opened for reading at any offset.
#[derive(Debug)]
pub struct SourceFile {
    /// Closed where what is at its path was replaced by this process.
    file: RwLock<Option<File>>,
    metadata: Metadata,
    path: PathBuf,
}

impl SourceFile {
    /// Opens `path`; anything but a regular file is an error.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        Self::over(open(path)?, path)
    }

    /// The same for who asks [`Self::unchanged`] later. A write within one tick of the system's clock would leave the times as
    /// they are, so a file that was changed just now is opened when that tick is over.
    pub fn open_settled(path: &Path) -> Result<Self, FileError> {
        let tick = tick();
        let opened = Self::open(path)?;
        let age = opened.metadata.modified().ok().and_then(|at| at.elapsed().ok());
        if age.is_none_or(|age| age > tick) {
            return Ok(opened);
        }
        std::thread::sleep(tick.saturating_sub(age.unwrap_or_default()));
        let file = opened.file.into_inner().unwrap_or_else(PoisonError::into_inner);
        Self::over(file.ok_or_else(closed).map_err(FileError::on("open", path))?, path)
    }

    /// Over an open file, `path` serving messages only.
    pub fn over(file: File, path: &Path) -> Result<Self, FileError> {
        let metadata = file.metadata().map_err(FileError::on("inspect", path))?;
        check_regular(&metadata).map_err(FileError::on("read", path))?;
        Ok(Self { file: RwLock::new(Some(file)), metadata, path: path.to_owned() })
    }

    /// An error where it is not what it was when it was opened, or another file lies at its path now.
    pub fn unchanged(&self) -> Result<(), Changed> {
        let opened = Stamp::of(&self.metadata);
        let same = |now: io::Result<Metadata>| now.is_ok_and(|now| Stamp::of(&now) == opened);
        let unchanged = same(self.with(File::metadata)) && same(std::fs::metadata(&self.path));
        if unchanged { Ok(()) } else { Err(Changed(self.path.clone())) }
    }

    /// Closes it, where another file is about to take its place: not every system lets an open file be replaced. What is read
    /// after that is an error.
    pub fn close(&self) {
        self.file.write().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn with<T>(&self, work: impl FnOnce(&File) -> io::Result<T>) -> io::Result<T> {
        let file = self.file.read().unwrap_or_else(PoisonError::into_inner);
        work(file.as_ref().ok_or_else(closed)?)
    }

    /// What a file that takes its place has of it.
    pub(crate) fn like(&self) -> Result<Like, FileError> {
        self.with(Like::of).map_err(FileError::on("inspect", &self.path))
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Mode, times and size when it was opened.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

impl SourceFile {
    /// Size in bytes when it was opened.
    pub fn size(&self) -> u64 {
        self.metadata.len()
    }

    /// Fills `buf` from `offset`, or fails when the file ends before.
    #[cfg(unix)]
    pub fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.with(|file| std::os::unix::fs::FileExt::read_exact_at(file, buf, offset))
    }

    /// Fills `buf` from `offset`, or fails when the file ends before.
    #[cfg(windows)]
    pub fn read_exact_at(&self, mut buf: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buf.is_empty() {
            let read = || self.with(|file| std::os::windows::fs::FileExt::seek_read(file, buf, offset));
            // Others may have locked a part of it.
            match sharing::retrying(Access::Read, read)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => {
                    buf = &mut buf[read..];
                    offset += read as u64;
                }
            }
        }
        Ok(())
    }
}

/// Bytes that the system is asked to copy at once: enough to be worth the call, and little enough that the first of them go to the
/// disk while the next are copied.
const COPIED: u64 = 16 * 1024 * 1024;

impl SourceFile {
    /// Lets the system copy the beginning of a range to an offset of another file, which on some file systems shares the bytes; how
    /// many it copied. None where it cannot: other systems, other file systems.
    pub(crate) fn copied(&self, range: &std::ops::Range<u64>, to: &File, at: u64) -> u64 {
        let len = (range.end - range.start).min(COPIED);
        self.with(|file| system_copy(file, range.start, to, at, len)).unwrap_or(0)
    }
}

#[cfg(target_os = "linux")]
fn system_copy(file: &File, mut from: u64, to: &File, mut at: u64, len: u64) -> io::Result<u64> {
    // With offsets: other threads read the same open file.
    let len = usize::try_from(len).map_err(io::Error::other)?;
    Ok(rustix::fs::copy_file_range(file, Some(&mut from), to, Some(&mut at), len)? as u64)
}

#[cfg(not(target_os = "linux"))]
fn system_copy(_file: &File, _from: u64, _to: &File, _at: u64, _len: u64) -> io::Result<u64> {
    Err(io::ErrorKind::Unsupported.into())
}

fn closed() -> io::Error {
    io::Error::other("this run has put another file in its place")
}

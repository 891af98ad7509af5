//! Files and folders that this account alone may read: by permission bits where the system has them, by an access list on Windows.
//!
//! Must not: decide what is private; callers do.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::file::FileError;
use super::interrupt;
use super::random::{OsRandom, Randomness};

/// Makes a folder that this account alone may enter, with those above it. One that is there stays as it is, and has to be this
/// account's ([`check_own`]).
pub fn folder(path: &Path) -> Result<(), FileError> {
    if path.is_dir() {
        return check_own(path);
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(FileError::on("create the folder", path))?;
    #[cfg(windows)]
    access_list::restrict_folder(path).map_err(FileError::on("keep others out of", path))?;
    Ok(())
}

/// Refuses a file or folder of another account, and one that others may write: they could put another key, another store or
/// another registry there. Where an access list decides, [`folder`] and [`keep`] have set it.
#[cfg_attr(not(unix), allow(clippy::unnecessary_wraps, reason = "nothing is refused here, but elsewhere"))]
pub fn check_own(path: &Path) -> Result<(), FileError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        /// Group and others may write.
        const WRITERS: u32 = 0o022;
        let there = fs::metadata(path).map_err(FileError::on("inspect", path))?;
        let (ours, mode) = (rustix::process::geteuid().as_raw(), there.mode() & 0o777);
        let refused = |problem: String| {
            FileError::on("use", path)(std::io::Error::new(std::io::ErrorKind::PermissionDenied, problem))
        };
        if there.uid() != ours {
            return Err(refused(format!(
                "it belongs to another account (uid {}), and this one (uid {ours}) would trust what that one writes there; \
                 run as that account, or use a folder of this one: INJECT_HOME=FOLDER",
                there.uid()
            )));
        }
        if mode & WRITERS != 0 {
            return Err(refused(format!(
                "others may write there (mode {mode:03o}), so what is in it may be theirs: chmod go-w {}",
                path.display()
            )));
        }
    }
    let _ = path;
    Ok(())
}

/// Keeps others out of a file that was just made and is still empty. Where there are permission bits, it was made with them.
#[cfg_attr(unix, allow(clippy::unnecessary_wraps, reason = "nothing is left to do here, but elsewhere"))]
pub fn keep(path: &Path) -> Result<(), FileError> {
    #[cfg(windows)]
    access_list::restrict_file(path).map_err(FileError::on("keep others out of", path))?;
    let _ = path;
    Ok(())
}

/// The permission bits of a file that others may read; `None` where they may not, or where an access list decides, which
/// `keep` has set.
pub fn open_bits(path: &Path) -> Result<Option<u32>, FileError> {
    let metadata = fs::metadata(path).map_err(FileError::on("inspect", path))?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
        Ok((mode & 0o077 != 0).then_some(mode))
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        Ok(None)
    }
}

/// Names of folders that are there for a while.
const PASSING: &str = "passing-";
/// How old such a folder is when nobody uses it any more: whoever made it was killed.
const LEFT: Duration = Duration::from_hours(1);

/// A folder for what another program is to read and to write, which goes with all that is in it when this is dropped. What a
/// process that was killed has left goes when the next one is made.
#[derive(Debug)]
pub struct Passing {
    path: PathBuf,
    files: Vec<PathBuf>,
}

impl Passing {
    /// Makes one within `parent`, which is made too.
    pub fn within(parent: &Path) -> Result<Self, FileError> {
        let _section = interrupt::section();
        folder(parent)?;
        sweep(parent);
        let mut random = [0; 8];
        OsRandom.fill(&mut random).map_err(FileError::on("choose a name in", parent))?;
        let path = parent.join(format!("{PASSING}{:016x}", u64::from_le_bytes(random)));
        // It is a new one: nobody has put a link or a file there.
        #[cfg_attr(not(unix), allow(unused_mut, reason = "it has a mode where there are modes"))]
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path).map_err(FileError::on("create the folder", &path))?;
        let passing = Self { path, files: Vec::new() };
        #[cfg(windows)]
        access_list::restrict_folder(&passing.path).map_err(FileError::on("keep others out of", &passing.path))?;
        Ok(passing)
    }

    /// The path of a file in it, which the other program may write.
    pub fn file(&mut self, name: &str) -> PathBuf {
        let path = self.path.join(name);
        interrupt::temporary(&path);
        self.files.push(path.clone());
        path
    }

    /// Writes a file into it that this account alone may read.
    pub fn write(&mut self, name: &str, content: &[u8]) -> Result<PathBuf, FileError> {
        let _section = interrupt::section();
        let path = self.file(name);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(FileError::on("create", &path))?;
        keep(&path)?;
        file.write_all(content).map_err(FileError::on("write", &path))?;
        Ok(path)
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
        for file in &self.files {
            interrupt::settled(file);
        }
    }
}

/// Takes away what processes have left that were killed.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_passing = entry.file_name().to_str().is_some_and(|name| name.starts_with(PASSING));
        let metadata = entry.metadata().ok().filter(|metadata| is_passing && metadata.is_dir());
        let age = metadata.and_then(|metadata| SystemTime::now().duration_since(metadata.modified().ok()?).ok());
        if age.is_some_and(|age| age > LEFT) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Access lists, set by the system's own program: the interface behind it is `unsafe` in every language.
#[cfg(windows)]
mod access_list {
    use std::collections::BTreeSet;
    use std::io;
    use std::path::{Path, PathBuf};
    use std::sync::{Mutex, OnceLock, PoisonError};
    use std::time::Duration;

    use crate::host::command;

    const PATIENCE: Duration = Duration::from_secs(30);
    const LIMIT: u64 = 64 * 1024;
    /// The system itself, whose backups and scanners see everything anyhow (`LocalSystem`).
    const SYSTEM: &str = "S-1-5-18";

    /// What is made in a folder from now on has the list of that folder.
    const INHERITED: &str = "(OI)(CI)F";

    /// Folders that this process has restricted. What it makes in them inherits that, and the system's program, which is slow, is
    /// not run for it.
    static RESTRICTED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

    /// This account and the system may do everything with a folder and what is made in it, others nothing.
    pub(super) fn restrict_folder(path: &Path) -> io::Result<()> {
        restrict(path, INHERITED)?;
        RESTRICTED.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned());
        Ok(())
    }

    /// The same with a file that was just made.
    pub(super) fn restrict_file(path: &Path) -> io::Result<()> {
        restrict(path, "F")
    }

    /// Nothing inherited; this account and the system have `rights`.
    fn restrict(path: &Path, rights: &str) -> io::Result<()> {
        let inherits = |folder: &Path| RESTRICTED.lock().unwrap_or_else(PoisonError::into_inner).contains(folder);
        if path.ancestors().skip(1).any(inherits) {
            return Ok(());
        }
        let words = [
            program("icacls.exe")?,
            path.to_string_lossy().into_owned(),
            "/inheritance:r".to_owned(),
            "/grant:r".to_owned(),
            format!("{}:{rights}", account()?),
            format!("*{SYSTEM}:{rights}"),
            "/q".to_owned(),
        ];
        run(&words).map(drop)
    }

    /// The account as `icacls` takes it: by its identifier (SID), because a name may hold what the console's encoding has not. It is
    /// asked for once.
    fn account() -> io::Result<String> {
        static ACCOUNT: OnceLock<String> = OnceLock::new();
        if let Some(known) = ACCOUNT.get() {
            return Ok(known.clone());
        }
        let words = ["/user", "/fo", "csv", "/nh"].map(str::to_owned);
        let said = run(&[vec![program("whoami.exe")?], words.to_vec()].concat())?;
        // Wine answers with the name, whatever it is asked.
        let sid = said.split('"').find(|field| field.starts_with("S-1-"));
        let account = sid.map_or_else(|| said.trim().to_owned(), |sid| format!("*{sid}"));
        Ok(ACCOUNT.get_or_init(|| account).clone())
    }

    /// Not by `PATH`: another program of that name may lie there.
    fn program(name: &str) -> io::Result<String> {
        let root = std::env::var_os("SystemRoot").ok_or_else(|| io::Error::other("SystemRoot is not set"))?;
        Ok(PathBuf::from(root).join("System32").join(name).to_string_lossy().into_owned())
    }

    fn run(words: &[String]) -> io::Result<String> {
        let answer = command::run(words, b"", PATIENCE, LIMIT)?;
        let output = String::from_utf8_lossy(&answer.output).into_owned();
        if answer.success {
            return Ok(output);
        }
        let said = String::from_utf8_lossy(&answer.said);
        Err(io::Error::other(format!("{}: {} {} ({})", words.join(" "), output.trim(), said.trim(), answer.status)))
    }
}

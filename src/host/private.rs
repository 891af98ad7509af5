//! Files and folders that this account alone may read: by permission bits where the system has them, by an access list on Windows.
//!
//! Must not: decide what is private; callers do.

use std::fs;
use std::path::Path;

use super::file::FileError;

/// Makes a folder that this account alone may enter, with those above it. One that is there stays as it is.
pub fn folder(path: &Path) -> Result<(), FileError> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(FileError::on("create the folder", path))?;
    #[cfg(windows)]
    access_list::restrict(path, "(OI)(CI)F").map_err(FileError::on("keep others out of", path))?;
    Ok(())
}

/// Keeps others out of a file that was just made and is still empty. Where there are permission bits, it was made with them.
#[cfg_attr(unix, allow(clippy::unnecessary_wraps, reason = "nothing is left to do here, but elsewhere"))]
pub fn keep(path: &Path) -> Result<(), FileError> {
    #[cfg(windows)]
    access_list::restrict(path, "F").map_err(FileError::on("keep others out of", path))?;
    let _ = path;
    Ok(())
}

/// The permission bits of a file that others may read; `None` where they may not, or where an access list decides, which
/// [`keep`] has set.
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

/// Access lists, set by the system's own program: the interface behind it is `unsafe` in every language.
#[cfg(windows)]
mod access_list {
    use std::io;
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    use crate::host::command;

    const PATIENCE: Duration = Duration::from_secs(30);
    const LIMIT: u64 = 64 * 1024;
    /// The system itself, whose backups and scanners see everything anyhow (`LocalSystem`).
    const SYSTEM: &str = "S-1-5-18";

    /// Nothing inherited; this account and the system have `rights`.
    pub(super) fn restrict(path: &Path, rights: &str) -> io::Result<()> {
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

    /// The account as `icacls` takes it: by its identifier (SID), because a name may hold what the console's encoding has not.
    fn account() -> io::Result<String> {
        let words = ["/user", "/fo", "csv", "/nh"].map(str::to_owned);
        let said = run(&[vec![program("whoami.exe")?], words.to_vec()].concat())?;
        // Wine answers with the name, whatever it is asked.
        let sid = said.split('"').find(|field| field.starts_with("S-1-"));
        Ok(sid.map_or_else(|| said.trim().to_owned(), |sid| format!("*{sid}")))
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

//! Small files that are named for one run: regular ones, and what a shell puts in the place of `<(COMMAND)`, which is a pipe that this
//! process holds already. A pipe that lies in a folder under a name is an error, as it is everywhere: nobody may be there to write.
//! Their text is UTF-8 or UTF-16, as the editors and shells of Windows write it.
//!
//! Must not: wait without end, or be used for an artifact, which is read more than once.

use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use super::file::{self, FileError};

/// The content, at most `limit` bytes. It may be a secret: what is dropped is wiped.
pub fn read(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, FileError> {
    #[cfg(unix)]
    if pipe::is_held(path) {
        return pipe::read(path, limit).map_err(FileError::on("read", path));
    }
    file::read(path, limit)
}

/// The same as text.
pub fn read_text(path: &Path, limit: u64) -> Result<Zeroizing<String>, FileError> {
    text(read(path, limit)?).map_err(FileError::on("read", path))
}

/// The content of a file with a key or certificates: PEM in UTF-16, as `>` of `PowerShell` makes it of what openssl prints, as UTF-8.
pub fn read_key(path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let bytes = read(path, limit)?;
    if !bytes.starts_with(&[0xff, 0xfe]) && !bytes.starts_with(&[0xfe, 0xff]) {
        return Ok(bytes);
    }
    let mut text = text(bytes).map_err(FileError::on("read", path))?;
    Ok(Zeroizing::new(std::mem::take(&mut *text).into_bytes()))
}

/// The text that bytes are, without the byte order mark that editors of Windows put in front. UTF-16, which `>` of `PowerShell` writes, is
/// told by its mark, or by the NUL beside the first character, which no text in UTF-8 has there.
pub fn text(bytes: Zeroizing<Vec<u8>>) -> io::Result<Zeroizing<String>> {
    let (body, unit): (_, fn([u8; 2]) -> u16) = match bytes.as_slice() {
        [0xff, 0xfe, body @ ..] | body @ [1..=0xff, 0, ..] => (body, u16::from_le_bytes),
        [0xfe, 0xff, body @ ..] | body @ [0, 1..=0xff, ..] => (body, u16::from_be_bytes),
        _ => {
            let mut text = file::text(bytes)?;
            if text.starts_with('\u{feff}') {
                text.drain(..'\u{feff}'.len_utf8());
            }
            return Ok(text);
        }
    };
    let broken = |problem: &str| io::Error::new(io::ErrorKind::InvalidData, format!("it is no UTF-16 text: {problem}"));
    let (units, rest) = body.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(broken("it ends in the middle of a character"));
    }
    // A unit is at most three bytes of UTF-8, and what grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(3 * units.len()));
    for (at, character) in char::decode_utf16(units.iter().map(|&pair| unit(pair))).enumerate() {
        text.push(character.map_err(|_| broken(&format!("character {} is half of a pair", at + 1)))?);
    }
    Ok(text)
}

#[cfg(unix)]
mod pipe {
    use std::fs::{File, OpenOptions};
    use std::io::{self, Read};
    use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
    use std::path::Path;
    use std::time::{Duration, Instant};

    use zeroize::Zeroizing;

    use crate::host::file::{too_large, unwaiting};

    /// How long nothing may come.
    const TIMEOUT: Duration = Duration::from_mins(1);
    /// Between two looks.
    const PAUSE: Duration = Duration::from_millis(5);
    /// Where systems list what a process holds.
    const HELD: [&str; 3] = ["/dev/fd", "/proc/self/fd", "/dev/stdin"];

    /// Whether the path is that of a pipe which this process was given.
    pub(super) fn is_held(path: &Path) -> bool {
        HELD.iter().any(|held| path.starts_with(held))
            && std::fs::metadata(path).is_ok_and(|there| there.file_type().is_fifo())
    }

    pub(super) fn read(path: &Path, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
        let mut from: File = OpenOptions::new().read(true).custom_flags(unwaiting()).open(path)?;
        let mut piece = Zeroizing::new([0; 4096]);
        let mut all = Zeroizing::new(Vec::new());
        let mut last = Instant::now();
        loop {
            match from.read(&mut piece[..]) {
                Ok(0) => return Ok(all),
                Ok(len) => {
                    if all.len() as u64 + len as u64 > limit {
                        return Err(too_large(limit));
                    }
                    grow(&mut all, len);
                    all.extend_from_slice(piece.get(..len).unwrap_or_default());
                    last = Instant::now();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && last.elapsed() < TIMEOUT => {
                    std::thread::sleep(PAUSE);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let problem = format!("nothing was written into the pipe for {} s", TIMEOUT.as_secs());
                    return Err(io::Error::new(io::ErrorKind::TimedOut, problem));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes room without leaving a copy behind.
    fn grow(all: &mut Zeroizing<Vec<u8>>, more: usize) {
        if all.capacity() - all.len() < more {
            let mut larger = Zeroizing::new(Vec::with_capacity(2 * (all.len() + more)));
            larger.extend_from_slice(all);
            *all = larger;
        }
    }
}

//! Names of files that a system takes for something else: devices and changed ends on Windows, and there and on macOS names that
//! differ from another one in case only.
//!
//! Must not: look at files; what is asked about a folder, its caller has listed.

use std::fmt;
use std::io;
use std::path::{Component, Path};

/// Names that Windows takes for devices, with whatever extension ("Naming Files, Paths, and Namespaces" in its documentation).
/// The digits of the last two may be superscript.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
const PORTS: [&str; 2] = ["COM", "LPT"];
const PORT_DIGITS: &str = "123456789\u{b9}\u{b2}\u{b3}";

/// Why Windows does not take a name as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It names a device.
    Device,
    /// Its end is cut off: a dot or a blank.
    End,
    /// A character that no name has.
    Character(char),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device => f.write_str("Windows reads it as a device, with any extension"),
            Self::End => f.write_str("it ends with a dot or a space, which Windows drops"),
            Self::Character(':') => {
                f.write_str("a colon in a name leads Windows into a stream beside the content of a file")
            }
            Self::Character(other) => write!(f, "Windows allows no {other:?} in names"),
        }
    }
}

/// What is wrong with a name on Windows.
pub fn fault(name: &str) -> Option<Fault> {
    let is_refused = |c: &char| c.is_ascii_control() || r#"<>:"/\|?*"#.contains(*c);
    if let Some(character) = name.chars().find(is_refused) {
        return Some(Fault::Character(character));
    }
    if name.ends_with(['.', ' ']) {
        return Some(Fault::End);
    }
    // `aux .json` is the device too.
    let stem = name.split('.').next().unwrap_or_default().trim_end_matches(' ').to_ascii_uppercase();
    let is_port = |port: &str| {
        let digit = stem.strip_prefix(port).unwrap_or_default();
        digit.chars().count() == 1 && PORT_DIGITS.contains(digit)
    };
    let is_device = DEVICES.contains(&stem.as_str()) || PORTS.iter().any(|port| is_port(port));
    is_device.then_some(Fault::Device)
}

/// An error where Windows would write something else than the file that a path names. A path that begins with `\\?\` is taken
/// as it is.
pub fn check(path: &Path) -> io::Result<()> {
    if !cfg!(windows) || is_verbatim(path) {
        return Ok(());
    }
    let faults = path.components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str().and_then(|name| Some((name, fault(name)?))),
        Component::Prefix(_) | Component::RootDir | Component::CurDir | Component::ParentDir => None,
    });
    match faults.into_iter().next() {
        None => Ok(()),
        Some((name, fault)) => {
            let problem = format!("{name:?} is not a file name on Windows: {fault}; choose another name");
            Err(io::Error::new(io::ErrorKind::InvalidFilename, problem))
        }
    }
}

fn is_verbatim(path: &Path) -> bool {
    match path.components().next() {
        Some(Component::Prefix(prefix)) => prefix.kind().is_verbatim(),
        Some(Component::RootDir | Component::CurDir | Component::ParentDir | Component::Normal(_)) | None => false,
    }
}

/// Whether the usual file systems of this system take names for the same that differ in case only.
pub const IGNORES_CASE: bool = cfg!(any(windows, target_os = "macos"));

/// An error where a name differs from one of these in case only, and is not among them.
pub fn check_case(name: &str, there: impl IntoIterator<Item = String>) -> io::Result<()> {
    let mut twin = None;
    for other in there {
        if other == name {
            return Ok(());
        }
        if differ_in_case_only(&other, name) {
            twin = Some(other);
        }
    }
    let Some(twin) = twin else { return Ok(()) };
    let problem = format!(
        "{twin:?} exists, and on this system names that differ only in case name the same file; use that name, or one that \
         differs in more than case"
    );
    Err(io::Error::new(io::ErrorKind::InvalidFilename, problem))
}

/// Whether two different names are one where case does not count.
pub fn differ_in_case_only(a: &str, b: &str) -> bool {
    // Letter by letter, as NTFS does it: no letter becomes several.
    let folded = |name: &str| name.chars().map(folded).collect::<Vec<_>>();
    a != b && folded(a) == folded(b)
}

fn folded(letter: char) -> char {
    let mut upper = letter.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        (Some(_) | None, Some(_) | None) => letter,
    }
}

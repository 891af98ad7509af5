//! What can be wrong with an archive, each with its place.
//!
//! Must not: name the file (the caller knows it) or advise on policy.

use std::io;

/// Why an archive cannot be read or rewritten. Offsets are bytes from the start of the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZipError {
    /// The source failed.
    #[error("reading {len} bytes at offset {offset:#x} failed: {source}")]
    Read {
        /// Where.
        offset: u64,
        /// How many bytes were asked for.
        len: u64,
        /// The cause.
        source: io::Error,
    },
    /// No end-of-central-directory record (APPNOTE 4.3.16) whose comment ends with the file.
    #[error(
        "not a ZIP archive, or a truncated one: no end of central directory record in the last {searched} of {size} bytes"
    )]
    NoEndOfCentralDirectory {
        /// Size of the file.
        size: u64,
        /// Bytes searched from its end.
        searched: u64,
    },
    /// A zip64 locator (APPNOTE 4.3.15) or a zip64 placeholder is there.
    #[error("zip64 archive ({what} at offset {offset:#x}): Android packages must not use zip64")]
    Zip64 {
        /// What says so.
        what: &'static str,
        /// Where.
        offset: u64,
    },
    /// Disk numbers other than 0.
    #[error("multi-disk archive: {field} is {found}, expected {expected} (end of central directory at {offset:#x})")]
    MultiDisk {
        /// The field of the record.
        field: &'static str,
        /// Its value.
        found: u16,
        /// The value of a single-disk archive.
        expected: u16,
        /// Where the record is.
        offset: u64,
    },
    /// The central directory is not where the end record says, or is cut.
    #[error("central directory at {offset:#x}: {problem}")]
    CentralDirectory {
        /// Where.
        offset: u64,
        /// Expected and found.
        problem: String,
    },
    /// A local header or the data of an entry is not where the directory says.
    #[error("entry {name:?} at offset {offset:#x}: {problem}")]
    Entry {
        /// The entry's name, unprintable bytes escaped.
        name: String,
        /// Offset of its local header.
        offset: u64,
        /// Expected and found.
        problem: String,
    },
    /// Bit 0 of the general purpose flags in the central directory, and the content is not what the directory says.
    #[error("entry {name:?} is encrypted: an encrypted entry cannot be installed or edited")]
    Encrypted {
        /// The entry's name.
        name: String,
    },
    /// Two records of one name.
    #[error("entry {name:?} is listed twice in the central directory: which one counts differs between readers")]
    Duplicate {
        /// The entry's name.
        name: String,
    },
    /// The data of one entry lies within another's.
    #[error("entries {first:?} and {second:?} overlap at offset {offset:#x}")]
    Overlap {
        /// The entry that starts first.
        first: String,
        /// The entry that starts before the first one ends.
        second: String,
        /// Where the second starts.
        offset: u64,
    },
    /// Beyond a bound of `format::limits`.
    #[error("{what} is {found}, the limit is {limit}")]
    Limit {
        /// What.
        what: String,
        /// How much there is.
        found: u64,
        /// How much is allowed.
        limit: u64,
    },
    /// The content does not inflate, or to something else than the directory says.
    #[error("content of entry {name:?}: {problem}")]
    Content {
        /// The entry's name.
        name: String,
        /// Expected and found.
        problem: String,
    },
}

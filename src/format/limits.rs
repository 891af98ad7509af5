//! Every limit against hostile input, each with its reason. A codec that needs a bound takes it from here.
//!
//! Must not: hold anything but limits.

/// Entries one archive may list. The end-of-central-directory count is 16 bit (APPNOTE 4.4.22), so no archive without
/// zip64 can list more.
pub const ZIP_ENTRIES: usize = 65_535;

/// Bytes one entry that must be opened may inflate to. The largest resource tables known are 32 MiB (framework-res);
/// a place is never in anything bigger than this.
pub const ENTRY_BYTES: u64 = 512 * 1024 * 1024;

/// Bytes the central directory may take: 65 535 records of a long name and extra field each would be far more than any
/// real file (the largest measured is under 8 MiB), and it is held in memory whole.
pub const CENTRAL_DIRECTORY_BYTES: u64 = 256 * 1024 * 1024;

/// Depth of nested JSON, XML, resource chunks: parsers recurse or keep a stack this deep at most. aapt2 and real
/// documents stay under 100.
pub const NESTING: usize = 256;

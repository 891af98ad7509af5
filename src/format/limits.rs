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

/// Values one resource name may have: one per configuration. Android 10's framework has 1032 of one name (networks times
/// languages); nothing known has more.
pub const RESOURCE_VALUES: usize = 8192;

/// Bytes of text that all values of one resource may have together. Each value may repeat one long text, so a small
/// table could mean gigabytes; real values are under 1 MiB.
pub const RESOURCE_TEXT_BYTES: usize = 64 * 1024 * 1024;

/// References followed from one resource to the next, as `ResTable::resolveReference` does (it stops after 20).
pub const REFERENCE_HOPS: usize = 20;

/// Bytes of a text dump. A dump is for people and fixtures; a hostile table could repeat one long text per entry.
pub const DUMP_BYTES: usize = 256 * 1024 * 1024;

/// Matches one path or pointer may have in a document: more than any real duplicate key, few enough to edit in memory.
pub const PATH_MATCHES: usize = 4096;

/// Characters or UTF-8 bytes of one string in a UTF-8 pool: its lengths have 15 bits (`ResStringPool`, `decodeLength`).
pub const POOL_UTF8_UNITS: usize = 0x7fff;

/// UTF-16 units of one string in a UTF-16 pool: its length has 31 bits (`ResStringPool`, `decodeLength`); nothing real
/// comes near 1 MiB.
pub const POOL_UTF16_UNITS: usize = 1024 * 1024;

//! Mach-O files: thin and universal, as much as code signing needs (Apple's `mach-o/loader.h`, `mach-o/fat.h`).
//!
//! A file is a list of [`Slice`]s. Each knows its load commands for the signature, the segments `__TEXT` and `__LINKEDIT`,
//! encryption and platform. No offset of a file is believed: every one is checked against its slice, and a slice against
//! the file.
//!
//! Must not: know what a signature holds (see `code_signature`), or hash anything.

mod edit;
mod parse;
mod scan;

pub use edit::Room;
pub use scan::Scan;

use std::ops::Range;

/// Why bytes are not a Mach-O file, or cannot be edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MachOError {
    /// No magic number of a Mach-O file.
    #[error("not a Mach-O file: it begins with {found:02x?}, expected feedface, feedfacf or cafebabe in either order")]
    Magic {
        /// Its first bytes.
        found: Vec<u8>,
    },
    /// A big-endian image: `PowerPC`, which no signer of today reads.
    #[error("a big-endian Mach-O image at {offset:#x}; only little-endian ones (Intel, ARM) can be signed")]
    BigEndian {
        /// Where it begins.
        offset: u64,
    },
    /// A field points outside, overlaps, or is impossible.
    #[error("at {offset:#x}: {problem}")]
    Malformed {
        /// Offset in the file.
        offset: u64,
        /// Expected and found.
        problem: String,
    },
    /// Something reaches beyond the end of the file or the slice: a part of it is missing.
    #[error("at {offset:#x}: {problem}")]
    Truncated {
        /// Offset in the file.
        offset: u64,
        /// Expected and found.
        problem: String,
    },
    /// No room between the load commands and the first section for one more command.
    #[error(
        "the load commands end at {end:#x} and the first section begins at {first:#x}: no room for the 16 bytes of \
         LC_CODE_SIGNATURE; link with -headerpad, or sign the file once with codesign"
    )]
    NoHeaderRoom {
        /// End of the load commands, from the start of the slice.
        end: u64,
        /// Offset of the first section.
        first: u64,
    },
    /// Something lies behind `__LINKEDIT`, so that it cannot grow.
    #[error("{what} lies behind __LINKEDIT, which ends at {end:#x}: the segment cannot grow for a signature")]
    LinkeditNotLast {
        /// What.
        what: String,
        /// Where `__LINKEDIT` ends.
        end: u64,
    },
}

/// `MH_EXECUTE`: a main executable.
pub const TYPE_EXECUTE: u32 = 2;
/// `MH_BUNDLE`: code that is loaded by name, a bundle of tests above all.
pub const TYPE_BUNDLE: u32 = 8;
/// What codesign takes for code: `MH_EXECUTE`, `MH_PRELOAD`, `MH_DYLIB`, `MH_DYLINKER`, `MH_BUNDLE`, `MH_KEXT_BUNDLE`. An
/// object file is none.
const SIGNED_TYPES: [u32; 6] = [TYPE_EXECUTE, 5, 6, 7, TYPE_BUNDLE, 11];
/// Bytes within which the load commands of most images lie.
const LIKELY_HEAD: usize = 4096;
/// `CPU_ARCH_ABI64`.
const ABI64: u32 = 0x0100_0000;
/// `CPU_ARCH_ABI64_32`.
const ABI64_32: u32 = 0x0200_0000;
/// `CPU_TYPE_ARM`.
const ARM: u32 = 12;

/// A file and its slices, in the order of its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachO {
    /// Whether there is a table of slices, even of one.
    pub container: Container,
    /// The images.
    pub slices: Vec<Slice>,
}

/// What holds the slices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// Nothing: the file is the image.
    Thin,
    /// A table of `fat_arch`.
    Fat,
    /// A table of `fat_arch_64`.
    Fat64,
}

/// One image in a file. Offsets are from the start of the slice unless they are said to be of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// The slice in the file.
    pub range: Range<usize>,
    /// Exponent of its alignment in a universal file.
    pub align: u32,
    /// `cpu_type_t`.
    pub cpu_type: u32,
    /// `cpu_subtype_t`.
    pub cpu_subtype: u32,
    /// `MH_EXECUTE`, `MH_DYLIB`, ...
    pub file_type: u32,
    /// Whether the image has 64-bit structures.
    pub is_64: bool,
    /// Number of load commands.
    pub command_count: u32,
    /// The load commands.
    pub commands: Range<usize>,
    /// The segments, in their order.
    pub segments: Vec<Segment>,
    /// `LC_CODE_SIGNATURE`.
    pub signature: Option<SignatureCommand>,
    /// `LC_ENCRYPTION_INFO(_64)`.
    pub encryption: Option<Encryption>,
    /// `LC_BUILD_VERSION` or `LC_VERSION_MIN_*`.
    pub platform: Option<Platform>,
    /// Offset of the first section that has bytes in the file.
    pub first_section: Option<u64>,
}

/// `LC_SEGMENT` or `LC_SEGMENT_64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// `__TEXT`, `__LINKEDIT`, ...; bytes that are no UTF-8 are replaced.
    pub name: String,
    /// Address in memory.
    pub vm_address: u64,
    /// Bytes in memory.
    pub vm_size: u64,
    /// Offset of its bytes.
    pub file_offset: u64,
    /// Their number.
    pub file_size: u64,
    /// Offset of the load command.
    pub(super) command: usize,
}

/// `LC_CODE_SIGNATURE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureCommand {
    /// Offset of the signature.
    pub offset: u32,
    /// Bytes reserved for it.
    pub size: u32,
    /// Offset of the load command.
    pub(super) command: usize,
}

impl SignatureCommand {
    /// The signature within the slice.
    pub fn range(&self) -> Range<usize> {
        let start = usize::try_from(self.offset).unwrap_or(usize::MAX);
        start..start.saturating_add(usize::try_from(self.size).unwrap_or(usize::MAX))
    }
}

/// `LC_ENCRYPTION_INFO` or `LC_ENCRYPTION_INFO_64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encryption {
    /// Offset of the encrypted range.
    pub offset: u32,
    /// Its size.
    pub size: u32,
    /// 0: not encrypted (yet).
    pub id: u32,
}

/// For which system an image was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform {
    /// `PLATFORM_*` of `LC_BUILD_VERSION`: 1 macOS, 2 iOS, 3 tvOS, 4 watchOS, 7 to 9 simulators.
    pub id: u32,
    /// Lowest system version, `xxxx.yy.zz` in nibbles.
    pub min_os: u32,
}

impl MachO {
    /// Reads the headers of a file.
    pub fn parse(bytes: &[u8]) -> Result<Self, MachOError> {
        parse::file(bytes)
    }

    /// Whether a file that begins so is a Mach-O file. A Java class begins with the same bytes as a universal file: there a
    /// version stands where a small number of slices would.
    pub fn is_one(start: &[u8]) -> bool {
        match start {
            [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] => true,
            [0xca, 0xfe, 0xba, 0xbe | 0xbf, 0, 0, 0, count, ..] => {
                usize::from(*count) <= crate::format::limits::MACHO_SLICES
            }
            _ => false,
        }
    }

    /// Whether a file of `len` bytes is code that carries a signature; `start` reads so many bytes of its beginning, fewer
    /// where it has fewer. A static library, an object file, a big-endian image and one of which the end is missing carry
    /// none: they are files like others. The first image of a universal file decides.
    pub fn is_signable<E>(len: u64, mut start: impl FnMut(usize) -> Result<Vec<u8>, E>) -> Result<bool, E> {
        let mut held = start(LIKELY_HEAD)?;
        if !Self::is_one(&held) {
            return Ok(false);
        }
        let mut scan = Scan::new(usize::try_from(len).unwrap_or(usize::MAX));
        loop {
            let needs = usize::try_from(scan.needs()).unwrap_or(usize::MAX);
            if held.len() < needs {
                held = start(needs)?;
            }
            let from = scan.next_slice().map_or(0, |from| usize::try_from(from).unwrap_or(usize::MAX));
            match scan.take(held.get(from..needs.min(held.len())).unwrap_or_default()) {
                Ok(None) if scan.is_complete() => return Ok(true),
                Ok(None) => {}
                Ok(Some((_, slice))) => {
                    let signable = slice.signature.is_some() || slice.segment("__LINKEDIT").is_some();
                    return Ok(signable && SIGNED_TYPES.contains(&slice.file_type));
                }
                Err(MachOError::Magic { .. } | MachOError::BigEndian { .. } | MachOError::Truncated { .. }) => {
                    return Ok(false);
                }
                // It is code, and whoever signs it says why that cannot be done.
                Err(
                    MachOError::Malformed { .. } | MachOError::NoHeaderRoom { .. } | MachOError::LinkeditNotLast { .. },
                ) => return Ok(true),
            }
        }
    }

    /// Whether any slice is encrypted (FairPlay): the number of the first that is.
    pub fn encrypted(&self) -> Option<u32> {
        self.slices.iter().filter_map(|slice| slice.encryption).map(|encryption| encryption.id).find(|&id| id != 0)
    }
}

impl Slice {
    /// The bytes of the slice.
    pub fn bytes<'a>(&self, file: &'a [u8]) -> &'a [u8] {
        // `parse` checked the range.
        file.get(self.range.clone()).unwrap_or_default()
    }

    /// Bytes behind the signature, which nothing covers; none where `__LINKEDIT` goes on behind it.
    pub fn behind_signature(&self) -> u64 {
        let Some(signature) = self.signature else { return 0 };
        let end = u64::from(signature.offset) + u64::from(signature.size);
        let linkedit = self.segment("__LINKEDIT").map_or(u64::MAX, |it| it.file_offset.saturating_add(it.file_size));
        if linkedit > end { 0 } else { (self.range.len() as u64).saturating_sub(end) }
    }

    /// The segment of that name.
    pub fn segment(&self, name: &str) -> Option<&Segment> {
        self.segments.iter().find(|segment| segment.name == name)
    }

    /// The signature within the file, where there is one.
    pub fn signature_bytes<'a>(&self, file: &'a [u8]) -> Option<&'a [u8]> {
        self.bytes(file).get(self.signature?.range())
    }

    /// Name of the architecture, for people.
    pub fn architecture(&self) -> String {
        match (self.cpu_type, self.cpu_subtype & 0x00ff_ffff) {
            (7, _) => "i386".to_owned(),
            (0x0100_0007, 8) => "x86_64h".to_owned(),
            (0x0100_0007, _) => "x86_64".to_owned(),
            (0x0100_000c, 2) => "arm64e".to_owned(),
            (0x0100_000c, _) => "arm64".to_owned(),
            (0x0200_000c, _) => "arm64_32".to_owned(),
            (12, 9) => "armv7".to_owned(),
            (12, 11) => "armv7s".to_owned(),
            (12, 12) => "armv7k".to_owned(),
            (12, subtype) => format!("arm subtype {subtype}"),
            (cpu, subtype) => format!("cpu {cpu:#x} subtype {subtype}"),
        }
    }

    /// Size of a page of memory: `__LINKEDIT` takes whole ones.
    pub fn page_size(&self) -> u64 {
        if self.cpu_type & !(ABI64 | ABI64_32) == ARM { 0x4000 } else { 0x1000 }
    }
}

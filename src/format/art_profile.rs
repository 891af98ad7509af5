//! Profiles of ART that are shipped with an app (`assets/dexopt/baseline.prof`): version `010`, as AOSP's
//! `art/libprofile/profile/profile_compilation_info.cc` of Android 9 and `androidx.profileinstaller` write it. A profile names its dex
//! files by the checksum that their ZIP entries have; of one whose checksum differs ART uses nothing.
//!
//! Must not: know which methods a profile names.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::limits;

/// `pro\0`, then the version.
const MAGIC: &[u8] = b"pro\x00010\x00";
/// Bytes of the header: magic and version, one byte for the number of dex files, the two sizes.
const HEADER: usize = 17;
/// Bytes of a dex file's line before its name: sizes of name and class set, of the region of hot methods, checksum, number of
/// methods.
const LINE: usize = 16;
/// Where the checksum stands in it.
const CHECKSUM: usize = 8;

/// The profile with other checksums for these dex files: the old one and the new one each. `None` where it is of another version,
/// or damaged; the same bytes where it names none of them.
pub fn with_checksums(bytes: &[u8], changed: &[(u32, u32)]) -> Option<Vec<u8>> {
    let header = bytes.get(..HEADER).filter(|header| header.starts_with(MAGIC))?;
    let count = usize::from(*header.get(MAGIC.len())?);
    let word = |at: usize| Some(u32::from_le_bytes(header.get(at..at + 4)?.try_into().ok()?));
    let (size, packed) = (word(MAGIC.len() + 1)?, usize::try_from(word(MAGIC.len() + 5)?).ok()?);
    let end = HEADER.checked_add(packed)?;
    let mut lines = Vec::new();
    let limit = u64::from(size).min(limits::ART_PROFILE_BYTES);
    ZlibDecoder::new(bytes.get(HEADER..end)?).take(limit + 1).read_to_end(&mut lines).ok()?;
    if u64::from(size) != lines.len() as u64 || u64::from(size) > limits::ART_PROFILE_BYTES {
        return None;
    }
    let (mut at, mut any) = (0_usize, false);
    for _ in 0..count {
        let name = lines.get(at..at + 2)?;
        let name = usize::from(u16::from_le_bytes(name.try_into().ok()?));
        let checksum = lines.get_mut(at + CHECKSUM..at + CHECKSUM + 4)?;
        let old = u32::from_le_bytes((*checksum).try_into().ok()?);
        if let Some((_, new)) = changed.iter().find(|(known, new)| *known == old && *new != old) {
            checksum.copy_from_slice(&new.to_le_bytes());
            any = true;
        }
        at = at.checked_add(LINE + name)?;
    }
    if !any {
        return Some(bytes.to_vec());
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&lines).ok()?;
    let packed = encoder.finish().ok()?;
    let mut out = header.get(..MAGIC.len() + 5)?.to_vec();
    out.extend_from_slice(&u32::try_from(packed.len()).ok()?.to_le_bytes());
    out.extend_from_slice(&packed);
    out.extend_from_slice(bytes.get(end..)?);
    Some(out)
}

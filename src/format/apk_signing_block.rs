//! The APK Signing Block (source.android.com, "APK Signature Scheme v2"): pairs of an ID and a value between the entries
//! and the central directory.
//!
//! ```text
//! u64 size (of what follows)   { u64 length, u32 id, value }*   u64 size (again)   "APK Sig Block 42"
//! ```
//!
//! Must not: know what a pair means (see `sign` and `verify`).

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use super::limits;
use super::read_at::ReadAt;

/// Ends every block.
const MAGIC: &[u8; 16] = b"APK Sig Block 42";
/// The second size and the magic.
const FOOTER_LEN: usize = 24;
/// Size and ID of a pair.
const PAIR_HEADER_LEN: usize = 12;
/// Start and length of the block are multiples of this, so that verity trees over the file can leave the block out: the
/// page size that Android's fs-verity uses.
pub const PAGE: u64 = 4096;
/// The same of lengths in memory.
const PAGE_LEN: usize = 4096;

/// IDs of pairs.
pub mod id {
    /// APK Signature Scheme v2.
    pub const V2: u32 = 0x7109_871a;
    /// APK Signature Scheme v3.
    pub const V3: u32 = 0xf053_68c0;
    /// APK Signature Scheme v3.1.
    pub const V31: u32 = 0x1b93_ad61;
    /// APK Signature Scheme v3.2 (`ApkSignatureSchemeV3Verifier` of AOSP): a second, hybrid signature.
    pub const V32: u32 = 0x70e1_c89f;
    /// Zero bytes that fill the block up to a multiple of a page.
    pub const PADDING: u32 = 0x4272_6577;
    /// Dependency information, encrypted for Google Play.
    pub const DEPENDENCIES: u32 = 0x504b_4453;
    /// Source stamp, first version.
    pub const STAMP_V1: u32 = 0x2b09_189e;
    /// Source stamp.
    pub const STAMP: u32 = 0x6dff_800d;
    /// Google Play's metadata ("frosting").
    pub const FROSTING: u32 = 0x2146_444e;
    /// A channel that Walle wrote (Meituan).
    pub const WALLE: u32 = 0x7177_7777;
    /// A channel that `VasDolly` wrote (Tencent).
    pub const VASDOLLY: u32 = 0x8811_55ff;

    /// What a pair is to Android, apksigner or Google Play; `None` where it means nothing to them.
    pub fn meaning(id: u32) -> Option<&'static str> {
        match id {
            V2 => Some("APK Signature Scheme v2"),
            V3 => Some("APK Signature Scheme v3"),
            V31 => Some("APK Signature Scheme v3.1"),
            V32 => Some("APK Signature Scheme v3.2"),
            PADDING => Some("padding"),
            DEPENDENCIES => Some("dependency information for Google Play"),
            STAMP_V1 | STAMP => Some("source stamp"),
            FROSTING => Some("Google Play metadata"),
            _ => None,
        }
    }

    /// What a pair is, for people; also where it means something to another tool alone.
    pub fn describe(id: u32) -> &'static str {
        match id {
            WALLE => "channel of Walle",
            VASDOLLY => "channel of VasDolly",
            id => meaning(id).unwrap_or("unknown"),
        }
    }

    /// Whether a pair is beside the signatures: neither one of them nor the padding behind them.
    pub fn is_beside(id: u32) -> bool {
        !matches!(id, V2 | V3 | V31 | V32 | PADDING)
    }
}

/// What a pair is, for people, with its ID and how much it holds.
pub fn pair_text(id: u32, len: usize) -> String {
    format!("{} ({}, {len} bytes)", pair_name(id), id::describe(id))
}

/// What a pair is called: as an address, and where something is found in it.
pub fn pair_name(id: u32) -> String {
    format!("{PAIR}0x{id:08x}")
}

/// The ID of a pair as it is written: in decimal, or 0x and hexadecimal.
pub fn pair_id(text: &str) -> Option<u32> {
    let (digits, radix) = text.strip_prefix("0x").map_or((text, 10), |digits| (digits, 16));
    // Parsing alone would take a sign too.
    let is_number = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    u32::from_str_radix(digits, radix).ok().filter(|_| is_number)
}

/// What the name of every pair begins with.
pub const PAIR: &str = "signing-block/";

/// Why what looks like a signing block is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningBlockError {
    /// The source failed.
    #[error("reading the APK Signing Block at offset {offset:#x} failed: {source}")]
    Read {
        /// Where.
        offset: u64,
        /// The cause.
        source: io::Error,
    },
    /// The magic is there, but not the block.
    #[error("APK Signing Block at offset {offset:#x}: {problem}; sign the package again")]
    Malformed {
        /// Where, from the start of the file.
        offset: u64,
        /// Expected and found.
        problem: String,
    },
    /// Beyond `limits::SIGNING_BLOCK_BYTES`.
    #[error("the APK Signing Block has {found} bytes, the limit is {limit}")]
    Limit {
        /// Its size.
        found: u64,
        /// What is read at most.
        limit: u64,
    },
}

/// A block as it was found.
#[derive(Debug, Clone)]
pub struct SigningBlock {
    offset: u64,
    raw: Vec<u8>,
    pairs: Vec<(u32, Range<usize>)>,
}

impl SigningBlock {
    /// Reads the block that ends where the central directory starts; `None` where there is none.
    pub fn find<S: ReadAt + ?Sized>(source: &S, directory: u64) -> Result<Option<Self>, SigningBlockError> {
        let Some(footer_at) = directory.checked_sub(FOOTER_LEN as u64) else { return Ok(None) };
        let mut footer = [0; FOOTER_LEN];
        source
            .read_exact_at(&mut footer, footer_at)
            .map_err(|source| SigningBlockError::Read { offset: footer_at, source })?;
        let (size, magic) = footer.split_at(8);
        if magic != MAGIC {
            return Ok(None);
        }
        let size = u64::from_le_bytes(size.try_into().unwrap_or_default());
        let wrong = |problem: String| SigningBlockError::Malformed { offset: footer_at, problem };
        let whole = size.checked_add(8).filter(|&whole| size >= FOOTER_LEN as u64 && whole <= directory);
        let whole = whole.ok_or_else(|| {
            wrong(format!("its size is {size}, expected at least {FOOTER_LEN} and at most what precedes the directory"))
        })?;
        let offset = directory - whole;
        let len = usize::try_from(whole).ok().filter(|_| whole <= limits::SIGNING_BLOCK_BYTES);
        let len = len.ok_or(SigningBlockError::Limit { found: whole, limit: limits::SIGNING_BLOCK_BYTES })?;
        let mut raw = vec![0; len];
        source.read_exact_at(&mut raw, offset).map_err(|source| SigningBlockError::Read { offset, source })?;
        let first = raw.first_chunk().map_or(0, |first| u64::from_le_bytes(*first));
        if first != size {
            return Err(wrong(format!("the size in front of it is {first}, expected {size} as behind it")));
        }
        let pairs = pairs(&raw, offset)?;
        Ok(Some(Self { offset, raw, pairs }))
    }

    /// Where the block lies.
    pub fn range(&self) -> Range<u64> {
        self.offset..self.offset + self.raw.len() as u64
    }

    /// ID and value of each pair, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.pairs.iter().map(|(id, range)| (*id, self.raw.get(range.clone()).unwrap_or_default()))
    }

    /// Where the value of each pair lies in the file, with its ID, in order.
    pub fn ranges(&self) -> impl Iterator<Item = (u32, Range<u64>)> {
        let at = |offset: usize| self.offset + offset as u64;
        self.pairs.iter().map(move |(id, range)| (*id, at(range.start)..at(range.end)))
    }

    /// The block with these values: a pair that is there is replaced where it stands, another one is added in front of padding
    /// that ends the block. Every other pair keeps its bytes and its place.
    ///
    /// A block that was padded to a multiple of [`PAGE`], or has a padding pair, is again, whatever it was filled with before:
    /// its bytes depend on its other pairs alone.
    pub fn with_values(&self, values: &BTreeMap<u32, Vec<u8>>) -> Result<Vec<u8>, SigningBlockError> {
        let mut pairs: Vec<(u32, &[u8])> = self.pairs().collect();
        let mut padding = pairs.iter().rposition(|(id, _)| *id == id::PADDING);
        let is_padded = padding.is_some() || self.raw.len().is_multiple_of(PAGE_LEN);
        for (id, value) in values {
            match pairs.iter_mut().find(|(there, _)| there == id) {
                Some((_, there)) => *there = value,
                None => {
                    let last = pairs.len().checked_sub(1);
                    let at = padding.filter(|_| padding == last).unwrap_or(pairs.len());
                    pairs.insert(at, (*id, value));
                    padding = padding.map(|padding| if padding >= at { padding + 1 } else { padding });
                }
            }
        }
        let filled = if is_padded {
            let at = padding.unwrap_or(pairs.len());
            if padding.is_some() {
                pairs.remove(at);
            }
            let is_last = at == pairs.len();
            let missing = match missing(frame_len(&pairs)) {
                // Where padding stood in the middle it stays, so that there is one way only to fill a block.
                None if !is_last => Some(PAGE_LEN),
                missing => missing,
            };
            missing.map(|missing| (at, vec![0; missing - PAIR_HEADER_LEN]))
        } else {
            None
        };
        if let Some((at, zeros)) = &filled {
            pairs.insert(*at, (id::PADDING, zeros));
        }
        let found = frame_len(&pairs) as u64;
        if found > limits::SIGNING_BLOCK_BYTES {
            return Err(SigningBlockError::Limit { found, limit: limits::SIGNING_BLOCK_BYTES });
        }
        Ok(framed(&pairs))
    }

    /// The value of the first pair of that ID, and where it lies in the file.
    pub fn value(&self, id: u32) -> Option<(&[u8], u64)> {
        let (_, range) = self.pairs.iter().find(|(found, _)| *found == id)?;
        Some((self.raw.get(range.clone())?, self.offset + range.start as u64))
    }
}

fn pairs(raw: &[u8], offset: u64) -> Result<Vec<(u32, Range<usize>)>, SigningBlockError> {
    let mut pairs = Vec::new();
    let end = raw.len().saturating_sub(FOOTER_LEN);
    let mut at = 8;
    while at < end {
        let wrong = |problem: String| SigningBlockError::Malformed { offset: offset + at as u64, problem };
        let header = raw.get(at..end).and_then(|rest| rest.first_chunk::<PAIR_HEADER_LEN>());
        let [l0, l1, l2, l3, l4, l5, l6, l7, id @ ..] =
            *header.ok_or_else(|| wrong(format!("pair {} is cut", pairs.len() + 1)))?;
        let len = u64::from_le_bytes([l0, l1, l2, l3, l4, l5, l6, l7]);
        let next = usize::try_from(len).ok().filter(|&len| len >= 4).and_then(|len| (at + 8).checked_add(len));
        let next = next.filter(|&next| next <= end).ok_or_else(|| {
            wrong(format!("pair {} has {len} bytes, expected 4 to {}", pairs.len() + 1, end - at - 8))
        })?;
        pairs.push((u32::from_le_bytes(id), at + PAIR_HEADER_LEN..next));
        at = next;
    }
    Ok(pairs)
}

/// Builds a block of these pairs, in this order, filled up to a multiple of [`PAGE`] with a padding pair as apksigner
/// does: Android 9 refuses other sizes where it checks a verity digest.
pub fn build(pairs: &[(u32, &[u8])]) -> Vec<u8> {
    let zeros = missing(frame_len(pairs)).map(|missing| vec![0; missing - PAIR_HEADER_LEN]);
    let padding = zeros.as_deref().map(|zeros| (id::PADDING, zeros));
    let pairs: Vec<(u32, &[u8])> = pairs.iter().copied().chain(padding).collect();
    framed(&pairs)
}

/// Bytes of a block of these pairs.
fn frame_len(pairs: &[(u32, &[u8])]) -> usize {
    8 + FOOTER_LEN + pairs.iter().map(|(_, value)| PAIR_HEADER_LEN + value.len()).sum::<usize>()
}

/// Bytes of the padding pair that a block of `len` bytes lacks to be a multiple of a page; `None` where it is one.
fn missing(len: usize) -> Option<usize> {
    let missing = len.next_multiple_of(PAGE_LEN) - len;
    match missing {
        0 => None,
        // A pair takes as much at least.
        1..PAIR_HEADER_LEN => Some(missing + PAGE_LEN),
        PAIR_HEADER_LEN.. => Some(missing),
    }
}

fn framed(pairs: &[(u32, &[u8])]) -> Vec<u8> {
    let len = frame_len(pairs);
    let size = (len as u64 - 8).to_le_bytes();
    let mut block = Vec::with_capacity(len);
    block.extend_from_slice(&size);
    for (id, value) in pairs {
        block.extend_from_slice(&(value.len() as u64 + 4).to_le_bytes());
        block.extend_from_slice(&id.to_le_bytes());
        block.extend_from_slice(value);
    }
    block.extend_from_slice(&size);
    block.extend_from_slice(MAGIC);
    block
}

/// Zero bytes between entries that end at `payload_end` and the block, which starts at a multiple of [`PAGE`].
pub fn padding_before(payload_end: u64) -> u64 {
    payload_end.next_multiple_of(PAGE) - payload_end
}

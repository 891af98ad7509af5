//! Alignment of stored data by padding in the local header's extra field (APPNOTE 4.5).
//!
//! Three conventions are found in real packages and each is kept: trailing zero bytes that are no valid extra field
//! (zipalign, zipflinger), a field `0xD935` that also records the multiple (apksigner, signapk), and none.
//!
//! New padding is congruent to the old in the same window of `alignment` bytes. The result therefore depends on where an
//! entry lies and not on the ways by which it came there: there and back again gives the same bytes.
//!
//! Must not: decide which entries need an alignment (see [`Alignment`]) or touch other extra fields.

/// Android's alignment extra field: `u16` multiple, then zero bytes.
const ANDROID_FIELD: [u8; 2] = 0xD935_u16.to_le_bytes();
/// Header (id and size) and the multiple of that field.
const ANDROID_FIELD_MIN: usize = 6;

/// What stored data is aligned to, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alignment {
    /// Stored entries.
    pub stored: u16,
    /// Stored native libraries (`*.so`), which are mapped from the package.
    pub native_library: u16,
}

impl Alignment {
    /// 4 bytes, and 16 KiB for native libraries: what Google Play has asked for since devices with 16 KiB pages.
    pub const ANDROID: Self = Self { stored: 4, native_library: 16 * 1024 };

    /// The alignment of a stored entry of that name.
    pub fn of(self, name: &[u8]) -> u16 {
        if name.ends_with(b".so") { self.native_library } else { self.stored }
    }
}

/// An extra field, split where its padding begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// `len` zero bytes at the end (0 where there is no padding).
    Zeros {
        /// Bytes.
        len: usize,
    },
    /// A field `0xD935` of `len` bytes, its header included.
    Android {
        /// Bytes.
        len: usize,
        /// The multiple that it says. It is kept, whatever the data is aligned to: an entry that does not move keeps it too.
        multiple: u16,
    },
}

impl Padding {
    /// Splits `extra` into what is kept and its padding. A `0xD935` field that is not the last one is kept as it is, and so is
    /// one that is too short to say a multiple, or holds more than that. What is no field at the end counts as padding, whatever bytes it has: kept before
    /// new padding, it could not be told from that by who comes next, and apksigner drops it too.
    pub fn split(extra: &[u8]) -> (&[u8], Self) {
        let mut at = 0;
        while let Some(header) = extra.get(at..at + 4) {
            let len = 4 + usize::from(u16::from_le_bytes([header[2], header[3]]));
            if header == [0; 4] || extra.len() < at + len {
                break;
            }
            if header.starts_with(&ANDROID_FIELD)
                && at + len == extra.len()
                && let Some((&[_, _, _, _, low, high], zeros)) = extra[at..].split_first_chunk::<ANDROID_FIELD_MIN>()
                && zeros.iter().all(|&byte| byte == 0)
            {
                return (&extra[..at], Self::Android { len, multiple: u16::from_le_bytes([low, high]) });
            }
            at += len;
        }
        let (kept, rest) = extra.split_at(at);
        (kept, Self::Zeros { len: rest.len() })
    }

    /// The padding for data that would start at `unpadded` without any.
    #[must_use]
    pub fn aligned(self, unpadded: u64, alignment: u16) -> Self {
        let multiple = usize::from(alignment.max(1));
        let missing = |base: u64| {
            let beyond = usize::try_from(base % multiple as u64).unwrap_or(0);
            (multiple - beyond) % multiple
        };
        match self {
            Self::Zeros { len } => Self::Zeros { len: len / multiple * multiple + missing(unpadded) },
            Self::Android { len, multiple: said } => {
                let window = len.saturating_sub(ANDROID_FIELD_MIN) / multiple * multiple;
                let least = ANDROID_FIELD_MIN + window;
                Self::Android { len: least + missing(unpadded + least as u64), multiple: said }
            }
        }
    }

    /// Its length in bytes.
    pub fn len(self) -> usize {
        match self {
            Self::Zeros { len } | Self::Android { len, .. } => len,
        }
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Appends it to an extra field.
    pub fn write(self, extra: &mut Vec<u8>) {
        let end = extra.len() + self.len();
        if let Self::Android { len, multiple } = self {
            extra.extend_from_slice(&ANDROID_FIELD);
            let data = u16::try_from(len.saturating_sub(4)).unwrap_or(u16::MAX);
            extra.extend_from_slice(&data.to_le_bytes());
            extra.extend_from_slice(&multiple.to_le_bytes());
        }
        extra.resize(end, 0);
    }
}

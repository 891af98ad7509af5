//! The zip64 extra field (APPNOTE 4.5.3): sizes and offsets of 64 bits, of which the 32-bit field holds a placeholder.
//!
//! Must not: decide who may use it (see [`super::Rules`]).

use super::header::{Central, Local};

/// Header ID of the field.
const ID: u16 = 1;
/// The value that stands in a 32-bit field.
pub(super) const PLACEHOLDER: u32 = u32::MAX;

/// What a directory record says, in whatever width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) compressed: u64,
    pub(super) uncompressed: u64,
    pub(super) offset: u64,
    pub(super) disk: u32,
    /// Where in the extra field the offset is, if it is there.
    pub(super) offset_at: Option<usize>,
    /// Whether any of them is in the field.
    pub(super) wide: bool,
}

impl Numbers {
    /// Reads them; `None` where a placeholder has no number in the field.
    pub(super) fn of(central: &Central, extra: &[u8]) -> Option<Self> {
        let mut field = Field::of(extra);
        let before = field.at;
        let uncompressed = field.long(central.uncompressed_size())?;
        let compressed = field.long(central.compressed_size())?;
        let (at, offset) = (field.at, field.long(central.local_offset())?);
        let offset_at = (field.at > at).then_some(at);
        let disk = field.disk(central.disk())?;
        Some(Self { compressed, uncompressed, offset, disk, offset_at, wide: field.at > before })
    }
}

/// Sizes that a local header says, compressed and uncompressed; `None` where a placeholder has no number in the field. A local header
/// has both or none there.
pub(super) fn sizes(local: &Local, extra: &[u8]) -> Option<(u64, u64)> {
    let [_, compressed, uncompressed] = local.content();
    let mut field = Field::of(extra);
    let uncompressed = field.long(uncompressed)?;
    Some((field.long(compressed)?, uncompressed))
}

/// Whether the field is there.
pub(super) fn is_in(extra: &[u8]) -> bool {
    fields(extra).any(|(id, _)| id == ID)
}

/// The extra field without it.
pub(super) fn without(extra: &[u8]) -> Vec<u8> {
    let (mut kept, mut at) = (Vec::with_capacity(extra.len()), 0);
    for (_, (from, to)) in fields(extra).filter(|(id, _)| *id == ID) {
        kept.extend_from_slice(extra.get(at..from - 4).unwrap_or_default());
        at = to;
    }
    kept.extend_from_slice(extra.get(at..).unwrap_or_default());
    kept
}

/// The field with these numbers; nothing for none.
pub(super) fn field(numbers: &[u64]) -> Vec<u8> {
    if numbers.is_empty() {
        return Vec::new();
    }
    let mut out = Vec::with_capacity(4 + 8 * numbers.len());
    out.extend_from_slice(&ID.to_le_bytes());
    out.extend_from_slice(&u16::try_from(8 * numbers.len()).unwrap_or(u16::MAX).to_le_bytes());
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    out
}

/// What a 32-bit field holds for a number, which goes to `wide` where it does not fit.
pub(super) fn narrow(number: u64, wide: &mut Vec<u64>) -> u32 {
    match u32::try_from(number) {
        Ok(number) if number != PLACEHOLDER => number,
        _ => {
            wide.push(number);
            PLACEHOLDER
        }
    }
}

/// The fields of an extra field: ID, first and last byte of the data. What is no field ends it.
fn fields(extra: &[u8]) -> impl Iterator<Item = (u16, (usize, usize))> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let &[id_low, id_high, len_low, len_high] = extra.get(at..at + 4)? else { return None };
        let from = at + 4;
        let to = from + usize::from(u16::from_le_bytes([len_low, len_high]));
        at = to;
        (to <= extra.len()).then(|| (u16::from_le_bytes([id_low, id_high]), (from, to)))
    })
}

/// The field while it is read.
struct Field<'e> {
    extra: &'e [u8],
    at: usize,
    end: usize,
}

impl<'e> Field<'e> {
    fn of(extra: &'e [u8]) -> Self {
        let (at, end) = fields(extra).find(|(id, _)| *id == ID).map_or((0, 0), |(_, range)| range);
        Self { extra, at, end }
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let bytes = self.extra.get(self.at..self.end)?.first_chunk::<N>()?;
        self.at += N;
        Some(*bytes)
    }

    fn long(&mut self, short: u32) -> Option<u64> {
        if short == PLACEHOLDER { self.take().map(u64::from_le_bytes) } else { Some(u64::from(short)) }
    }

    fn disk(&mut self, short: u16) -> Option<u32> {
        if short == u16::MAX { self.take().map(u32::from_le_bytes) } else { Some(u32::from(short)) }
    }
}

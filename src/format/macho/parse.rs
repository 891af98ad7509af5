//! Reading the headers: `fat_header`, `mach_header`, load commands.
//!
//! Must not: believe an offset, a size or a count.

use std::ops::Range;

use super::{Container, Encryption, MachO, MachOError, Platform, Segment, SignatureCommand, Slice};
use crate::format::limits;

const MAGIC_32: u32 = 0xfeed_face;
const MAGIC_64: u32 = 0xfeed_facf;
const FAT: [u8; 4] = [0xca, 0xfe, 0xba, 0xbe];
const FAT_64: [u8; 4] = [0xca, 0xfe, 0xba, 0xbf];

const LC_SEGMENT: u32 = 0x1;
const LC_SEGMENT_64: u32 = 0x19;
pub(super) const LC_CODE_SIGNATURE: u32 = 0x1d;
const LC_ENCRYPTION_INFO: u32 = 0x21;
const LC_ENCRYPTION_INFO_64: u32 = 0x2c;
const LC_BUILD_VERSION: u32 = 0x32;
/// `LC_VERSION_MIN_*`, and the platform of `LC_BUILD_VERSION` that each is.
const LC_VERSION_MIN: [(u32, u32); 4] = [(0x24, 1), (0x25, 2), (0x2f, 3), (0x30, 4)];

/// Section types without bytes in the file: `S_ZEROFILL`, `S_GB_ZEROFILL`, `S_THREAD_LOCAL_ZEROFILL`.
const ZEROFILL: [u32; 3] = [0x1, 0xc, 0x12];

/// Bytes of a universal file's header before its table.
pub(super) const FAT_HEADER: usize = 8;
/// Bytes of an image that say how long its load commands are.
pub(super) const IMAGE_HEADER: usize = 32;

/// Fields of a structure within the file.
#[derive(Clone, Copy)]
struct Fields<'a> {
    bytes: &'a [u8],
    /// Offset of `bytes` in the file, for errors.
    base: u64,
}

impl<'a> Fields<'a> {
    fn array<const N: usize>(&self, at: usize) -> Result<[u8; N], MachOError> {
        let part = at.checked_add(N).and_then(|end| self.bytes.get(at..end));
        part.and_then(|part| part.try_into().ok()).ok_or_else(|| MachOError::Truncated {
            offset: self.base.saturating_add(at as u64),
            problem: format!("{N} bytes expected, but only {} left", self.bytes.len().saturating_sub(at)),
        })
    }

    fn le(&self, at: usize) -> Result<u32, MachOError> {
        self.array(at).map(u32::from_le_bytes)
    }

    fn le64(&self, at: usize) -> Result<u64, MachOError> {
        self.array(at).map(u64::from_le_bytes)
    }

    fn be(&self, at: usize) -> Result<u32, MachOError> {
        self.array(at).map(u32::from_be_bytes)
    }

    fn be64(&self, at: usize) -> Result<u64, MachOError> {
        self.array(at).map(u64::from_be_bytes)
    }

    fn part(&self, range: Range<usize>) -> Option<Fields<'a>> {
        Some(Fields { bytes: self.bytes.get(range.clone())?, base: self.base + range.start as u64 })
    }

    fn wrong(&self, at: usize, problem: impl Into<String>) -> MachOError {
        MachOError::Malformed { offset: self.base.saturating_add(at as u64), problem: problem.into() }
    }

    /// The same where something reaches beyond the end.
    fn cut(&self, at: usize, problem: impl Into<String>) -> MachOError {
        MachOError::Truncated { offset: self.base.saturating_add(at as u64), problem: problem.into() }
    }
}

pub(super) fn file(bytes: &[u8]) -> Result<MachO, MachOError> {
    let table = table(bytes, bytes.len())?;
    let images = table.slices.into_iter().map(|(range, align)| {
        let image = bytes.get(range.clone()).unwrap_or_default();
        image_of(image, range, align)
    });
    Ok(MachO { container: table.container, slices: images.collect::<Result<_, _>>()? })
}

/// Which slices a file has, and where.
pub(super) struct Table {
    pub(super) container: Container,
    /// Each with the exponent of its alignment, in the order of the table.
    pub(super) slices: Vec<(Range<usize>, u32)>,
}

/// Bytes from the start of a file that [`table`] reads; `start` is the first [`FAT_HEADER`] of them.
pub(super) fn table_len(start: &[u8]) -> Result<usize, MachOError> {
    let fields = Fields { bytes: start, base: 0 };
    let entry = match start.get(..4) {
        Some(magic) if magic == FAT => 20,
        Some(magic) if magic == FAT_64 => 32,
        _ => return Ok(0),
    };
    let count = fields.be(4)? as usize;
    if count == 0 || count > limits::MACHO_SLICES {
        return Err(fields.wrong(4, format!("{count} slices, expected 1 to {}", limits::MACHO_SLICES)));
    }
    Ok(FAT_HEADER + count * entry)
}

/// The slices of a file of `len` bytes, by its start.
pub(super) fn table(start: &[u8], len: usize) -> Result<Table, MachOError> {
    let fields = Fields { bytes: start, base: 0 };
    let table_end = table_len(start)?;
    let container = match start.get(..4) {
        _ if table_end == 0 => return Ok(Table { container: Container::Thin, slices: vec![(0..len, 0)] }),
        Some(magic) if magic == FAT => Container::Fat,
        _ => Container::Fat64,
    };
    let entry = if container == Container::Fat { 20 } else { 32 };
    let mut slices = Vec::new();
    for at in (FAT_HEADER..table_end).step_by(entry) {
        let (offset, size, align) = if container == Container::Fat {
            (u64::from(fields.be(at + 8)?), u64::from(fields.be(at + 12)?), fields.be(at + 16)?)
        } else {
            (fields.be64(at + 8)?, fields.be64(at + 16)?, fields.be(at + 24)?)
        };
        let range = slice_range(fields, at, offset..offset.saturating_add(size), table_end, len)?;
        if align > limits::MACHO_ALIGN {
            return Err(fields.wrong(at, format!("alignment 2^{align}, expected at most 2^{}", limits::MACHO_ALIGN)));
        }
        slices.push((range, align));
    }
    let mut order: Vec<&Range<usize>> = slices.iter().map(|(range, _)| range).collect();
    order.sort_by_key(|range| range.start);
    for pair in order.windows(2) {
        if let [first, second] = pair
            && first.end > second.start
        {
            return Err(fields.wrong(second.start, "two slices overlap".to_owned()));
        }
    }
    Ok(Table { container, slices })
}

fn slice_range(
    fields: Fields<'_>,
    at: usize,
    range: Range<u64>,
    after: usize,
    len: usize,
) -> Result<Range<usize>, MachOError> {
    let fits = range.end <= len as u64 && range.start >= after as u64;
    match (usize::try_from(range.start), usize::try_from(range.end)) {
        (Ok(start), Ok(end)) if fits => Ok(start..end),
        _ => Err(fields.cut(
            at,
            format!(
                "a slice of {} bytes at {:#x} does not fit the file of {len} bytes",
                range.end - range.start,
                range.start
            ),
        )),
    }
}

/// Bytes of an image up to the end of its load commands; `start` is the first [`IMAGE_HEADER`] of them, or all of a smaller
/// image.
pub(super) fn head_len(start: &[u8], range: &Range<usize>) -> Result<usize, MachOError> {
    let image = Fields { bytes: start, base: range.start as u64 };
    let magic = start.get(..4).unwrap_or_default();
    let header: usize = match u32::from_le_bytes(magic.try_into().unwrap_or_default()) {
        MAGIC_32 => 28,
        MAGIC_64 => 32,
        swapped if [MAGIC_32, MAGIC_64].contains(&swapped.swap_bytes()) => {
            return Err(MachOError::BigEndian { offset: image.base });
        }
        _ => return Err(MachOError::Magic { found: start.get(..8).unwrap_or(start).to_vec() }),
    };
    let size = image.le(20)? as usize;
    let end = header.saturating_add(size);
    if end > range.len() {
        return Err(image.cut(20, format!("{size} bytes of load commands in a slice of {}", range.len())));
    }
    if size > limits::MACHO_COMMANDS {
        return Err(image.wrong(20, format!("{size} bytes of load commands, the limit is {}", limits::MACHO_COMMANDS)));
    }
    Ok(end)
}

/// An image by its bytes up to the end of its load commands at least.
pub(super) fn image_of(head: &[u8], range: Range<usize>, align: u32) -> Result<Slice, MachOError> {
    let image = Fields { bytes: head, base: range.start as u64 };
    let end = head_len(head, &range)?;
    let is_64 = head.first() == Some(&0xcf);
    let header: usize = if is_64 { 32 } else { 28 };
    let (count, size) = (image.le(16)?, image.le(20)?);
    let commands = header..end;
    let mut slice = Slice {
        range,
        align,
        cpu_type: image.le(4)?,
        cpu_subtype: image.le(8)?,
        file_type: image.le(12)?,
        is_64,
        command_count: count,
        commands: commands.clone(),
        segments: Vec::new(),
        signature: None,
        encryption: None,
        platform: None,
        first_section: None,
    };
    let mut at = commands.start;
    for index in 0..count {
        // A command has at least 8 bytes, so `size` bounds the count.
        if at + 8 > commands.end {
            return Err(image.wrong(at, format!("load command {index} of {count} lies outside their {size} bytes")));
        }
        let (kind, len) = (image.le(at)?, image.le(at + 4)? as usize);
        let end = at.checked_add(len).filter(|&end| len >= 8 && end <= commands.end);
        let Some(end) = end else {
            return Err(image.wrong(at + 4, format!("load command {index} of {count} has {len} bytes")));
        };
        command(image, &mut slice, kind, at..end)?;
        at = end;
    }
    if at != commands.end {
        return Err(image.wrong(at, format!("{count} load commands end here, expected at {:#x}", commands.end)));
    }
    Ok(slice)
}

fn command(image: Fields<'_>, slice: &mut Slice, kind: u32, range: Range<usize>) -> Result<(), MachOError> {
    let at = range.start;
    let body = image.part(range).ok_or_else(|| image.wrong(at, "no load command there"))?;
    let once = |there: bool, name: &str| {
        if there { Err(image.wrong(at, format!("a second {name}; expected one"))) } else { Ok(()) }
    };
    match kind {
        LC_SEGMENT | LC_SEGMENT_64 => segment(image, slice, body, at, kind == LC_SEGMENT_64)?,
        LC_CODE_SIGNATURE => {
            once(slice.signature.is_some(), "LC_CODE_SIGNATURE")?;
            let command = SignatureCommand { offset: body.le(8)?, size: body.le(12)?, command: at };
            if command.range().end > slice.range.len() || command.range().start < slice.commands.end {
                return Err(image.cut(
                    at,
                    format!(
                        "a signature of {} bytes at {:#x} does not fit the slice of {} bytes",
                        command.size,
                        command.offset,
                        slice.range.len()
                    ),
                ));
            }
            slice.signature = Some(command);
        }
        LC_ENCRYPTION_INFO | LC_ENCRYPTION_INFO_64 => {
            once(slice.encryption.is_some(), "LC_ENCRYPTION_INFO")?;
            slice.encryption = Some(Encryption { offset: body.le(8)?, size: body.le(12)?, id: body.le(16)? });
        }
        // A zippered image (macOS and Catalyst) has two; the first is the one it was built for.
        LC_BUILD_VERSION if slice.platform.is_none() => {
            slice.platform = Some(Platform { id: body.le(8)?, min_os: body.le(12)? });
        }
        kind => {
            if let Some((_, id)) = LC_VERSION_MIN.iter().find(|(command, _)| *command == kind)
                && slice.platform.is_none()
            {
                slice.platform = Some(Platform { id: *id, min_os: body.le(8)? });
            }
        }
    }
    Ok(())
}

fn segment(image: Fields<'_>, slice: &mut Slice, body: Fields<'_>, at: usize, wide: bool) -> Result<(), MachOError> {
    let name: [u8; 16] = body.array(8)?;
    let name = String::from_utf8_lossy(name.split(|&byte| byte == 0).next().unwrap_or_default()).into_owned();
    let word = |at| if wide { body.le64(at) } else { body.le(at).map(u64::from) };
    let step = if wide { 8 } else { 4 };
    let segment = Segment {
        vm_address: word(24)?,
        vm_size: word(24 + step)?,
        file_offset: word(24 + 2 * step)?,
        file_size: word(24 + 3 * step)?,
        name,
        command: at,
    };
    let end = segment.file_offset.checked_add(segment.file_size);
    if end.is_none_or(|end| end > slice.range.len() as u64) {
        return Err(image.cut(
            at,
            format!(
                "segment {:?} of {} bytes at {:#x} does not fit the slice of {} bytes",
                segment.name,
                segment.file_size,
                segment.file_offset,
                slice.range.len()
            ),
        ));
    }
    let (header, record) = if wide { (72, 80) } else { (56, 68) };
    let count = body.le(if wide { 64 } else { 48 })? as usize;
    for index in 0..count {
        // The fields are checked one by one: a count beyond the command ends here.
        let at = index.checked_mul(record).and_then(|offset| offset.checked_add(header));
        let at = at.ok_or_else(|| body.wrong(0, format!("{count} sections")))?;
        let offset = u64::from(body.le(at + if wide { 48 } else { 40 })?);
        let flags = body.le(at + if wide { 64 } else { 56 })?;
        if offset > 0 && !ZEROFILL.contains(&(flags & 0xff)) {
            slice.first_section = Some(slice.first_section.map_or(offset, |first| first.min(offset)));
        }
    }
    slice.segments.push(segment);
    Ok(())
}

//! The structure of a table: packages, their pools, type specs and type chunks, and the entries in them
//! (`ResTable_package`, `ResTable_typeSpec`, `ResTable_type`, `ResTable_entry`, `ResTable_map_entry`).
//!
//! Nothing is copied: every part knows its offset in the file, which is what edits need.
//!
//! Must not: interpret values beyond their kind and data word.

use std::collections::HashSet;

use super::{ArscError, Config};
use crate::format::chunk::{self, Chunk, ChunkError, Chunks, read_u16, read_u32};
use crate::format::limits;
use crate::format::string_pool::StringPool;

/// `Res_value::TYPE_STRING`
pub(super) const TYPE_STRING: u8 = 0x03;
/// `ResTable_type::NO_ENTRY`
pub(super) const NO_ENTRY: u32 = u32::MAX;
const FLAG_SPARSE: u8 = 0x01;
const FLAG_OFFSET16: u8 = 0x02;
const FLAG_COMPLEX: u16 = 0x0001;
const FLAG_COMPACT: u16 = 0x0008;

/// A whole table.
#[derive(Debug)]
pub struct Table<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) root: Chunk<'a>,
    /// `ResTable`'s global value pool: the first one, as in Android.
    pub(super) values: Option<StringPool<'a>>,
    /// References to `values` that are not in entries: names of feature flags.
    pub(super) flag_names: Vec<u32>,
    pub(super) packages: Vec<Package<'a>>,
}

/// `ResTable_package`
#[derive(Debug)]
pub struct Package<'a> {
    /// Package id: 0x7f for an application, 0 for a shared library, 1 for the framework.
    pub id: u32,
    /// Package name.
    pub name: String,
    pub(super) chunk: Chunk<'a>,
    pub(super) type_id_offset: u32,
    pub(super) type_names: Option<StringPool<'a>>,
    pub(super) keys: Option<StringPool<'a>>,
    pub(super) specs: Vec<Chunk<'a>>,
    pub(super) types: Vec<TypeChunk<'a>>,
}

/// `ResTable_type`: the entries of one type in one configuration.
#[derive(Debug)]
pub(super) struct TypeChunk<'a> {
    pub(super) chunk: Chunk<'a>,
    pub(super) id: u8,
    pub(super) layout: Layout,
    pub(super) count: u32,
    pub(super) entries_start: usize,
    pub(super) config: Config<'a>,
    /// Offsets of the chunks between package and this one (`ResTable_flagged`), which grow with it.
    pub(super) within: Vec<usize>,
}

/// How a type chunk finds its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// A `u32` offset per entry.
    Dense,
    /// A `u16` offset in words per entry.
    Offset16,
    /// Pairs of entry index and `u16` offset in words.
    Sparse,
}

/// One entry in one configuration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) index: u32,
    pub(super) key: u32,
    /// Where it is in the file.
    pub(super) offset: usize,
    pub(super) compact: bool,
    pub(super) body: Body,
}

/// What an entry holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body {
    /// One value: its type, its data, and where the data word is in the file.
    Simple { kind: u8, data: u32, data_at: usize },
    /// A bag: where its maps start in the file, and how many.
    Bag { maps_at: usize, count: u32 },
}

impl<'a> Table<'a> {
    /// Reads the structure. Bytes behind the table are kept by edits and otherwise ignored.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ArscError> {
        let root = Chunk::at(bytes, 0, bytes.len())?;
        if root.kind != chunk::TABLE || root.header_size < 12 {
            let found = format!("kind 0x{:04x} with a header of {}", root.kind, root.header_size);
            return Err(ChunkError::new(0, "a resource table (kind 0x0002, header of 12 bytes)", found).into());
        }
        let mut table = Self { bytes, root, values: None, flag_names: Vec::new(), packages: Vec::new() };
        for chunk in Chunks::new(bytes, root.header_size, root.end()) {
            let chunk = chunk?;
            match chunk.kind {
                chunk::STRING_POOL if table.values.is_none() => table.values = Some(StringPool::parse(chunk)?),
                chunk::TABLE_PACKAGE => {
                    let package = Package::parse(bytes, chunk, &mut table.flag_names)?;
                    table.packages.push(package);
                }
                chunk::TABLE_FLAG_LIST => table.flag_names.extend(flag_list(&chunk)),
                _ => {}
            }
        }
        Ok(table)
    }

    /// The packages, in file order; an id may occur several times.
    pub fn packages(&self) -> &[Package<'a>] {
        &self.packages
    }

    /// The pool that values refer to, if the table has one.
    pub fn value_pool(&self) -> Option<&StringPool<'a>> {
        self.values.as_ref()
    }
}

impl<'a> Package<'a> {
    fn parse(bytes: &'a [u8], chunk: Chunk<'a>, flag_names: &mut Vec<u32>) -> Result<Self, ArscError> {
        // 284 bytes before Android 5, 288 with typeIdOffset.
        if chunk.header_size < 284 {
            let found = format!("{} bytes", chunk.header_size);
            return Err(ChunkError::new(chunk.offset, "a package header of 284 or 288 bytes", found).into());
        }
        let units: Vec<u16> =
            (0..128).filter_map(|index| read_u16(chunk.bytes, 12 + index * 2)).take_while(|unit| *unit != 0).collect();
        let type_id_offset = if chunk.header_size >= 288 { chunk.u32(284)? } else { 0 };
        let (type_names_at, keys_at) = (chunk.u32(268)? as usize, chunk.u32(276)? as usize);
        let mut package = Self {
            id: chunk.u32(8)?,
            name: String::from_utf16_lossy(&units),
            chunk,
            type_id_offset,
            type_names: None,
            keys: None,
            specs: Vec::new(),
            types: Vec::new(),
        };
        // Chunks that nest are on a stack, so that depth costs no stack of ours.
        let mut open = vec![(Chunks::new(bytes, chunk.offset + chunk.header_size, chunk.end()), Vec::<usize>::new())];
        while let Some((chunks, within)) = open.last_mut() {
            let Some(next) = chunks.next() else {
                open.pop();
                continue;
            };
            let part = next?;
            match part.kind {
                chunk::STRING_POOL if part.offset - chunk.offset == type_names_at => {
                    package.type_names = Some(StringPool::parse(part)?);
                }
                chunk::STRING_POOL if part.offset - chunk.offset == keys_at => {
                    package.keys = Some(StringPool::parse(part)?);
                }
                chunk::TABLE_TYPE_SPEC => package.specs.push(part),
                chunk::TABLE_TYPE => {
                    let within = within.clone();
                    package.types.push(TypeChunk::parse(part, within)?);
                }
                chunk::TABLE_FLAG_LIST => flag_names.extend(flag_list(&part)),
                chunk::TABLE_FLAGGED => {
                    flag_names.extend(read_u32(part.bytes, 8));
                    let mut within = within.clone();
                    within.push(part.offset);
                    if within.len() > limits::NESTING {
                        let expected = "chunks nested less deep than the limit";
                        return Err(ChunkError::new(part.offset, expected, within.len()).into());
                    }
                    open.push((Chunks::new(bytes, part.offset + part.header_size, part.end()), within));
                }
                _ => {}
            }
        }
        Ok(package)
    }

    /// The name of a type id.
    pub(super) fn type_name(&self, id: u8) -> Option<String> {
        let index = u32::from(id).checked_sub(1)?.checked_sub(self.type_id_offset)?;
        Some(self.type_names.as_ref()?.text(index).ok()?.into_owned())
    }

    /// The type ids with this name (one, in any sane table).
    pub(super) fn type_ids(&self, name: &str) -> Vec<u8> {
        let ids: HashSet<u8> = self.types.iter().map(|part| part.id).collect();
        let mut ids: Vec<u8> = ids.into_iter().filter(|id| self.type_name(*id).as_deref() == Some(name)).collect();
        ids.sort_unstable();
        ids
    }

    /// The indices of this key text: several where a pool repeats it.
    pub(super) fn key_indices(&self, name: &str) -> HashSet<u32> {
        let Some(keys) = &self.keys else { return HashSet::new() };
        let wanted = keys.encode_text(name);
        (0..keys.len()).filter(|index| keys.raw(*index).is_ok_and(|raw| raw == wanted.as_ref())).collect()
    }

    /// The resource id of an entry.
    pub(super) fn resource_id(&self, kind: u8, index: u32) -> u32 {
        (self.id & 0xff) << 24 | u32::from(kind) << 16 | (index & 0xffff)
    }
}

impl<'a> TypeChunk<'a> {
    fn parse(chunk: Chunk<'a>, within: Vec<usize>) -> Result<Self, ArscError> {
        let flags = chunk.u8(9)?;
        let layout = match (flags & FLAG_SPARSE != 0, flags & FLAG_OFFSET16 != 0) {
            (true, _) => Layout::Sparse,
            (_, true) => Layout::Offset16,
            _ => Layout::Dense,
        };
        let (count, entries_start) = (chunk.u32(12)?, chunk.u32(16)? as usize);
        let config = Config::new(chunk.bytes.get(20..chunk.header_size).unwrap_or_default());
        let part = Self { chunk, id: chunk.u8(8)?, layout, count, entries_start, config, within };
        let array = (count as usize).checked_mul(part.width()).and_then(|size| size.checked_add(chunk.header_size));
        if array.is_none_or(|end| end > chunk.bytes.len()) || (count > 0 && entries_start > chunk.bytes.len()) {
            let found = format!("{count} entries, data at {entries_start} of {}", chunk.bytes.len());
            return Err(ChunkError::new(chunk.offset + 12, "entries within the type chunk", found).into());
        }
        Ok(part)
    }

    /// Bytes of one item of the offset array.
    pub(super) fn width(&self) -> usize {
        if self.layout == Layout::Offset16 { 2 } else { 4 }
    }

    /// The entries that exist.
    pub(super) fn entries(&self) -> impl Iterator<Item = Result<Entry, ArscError>> + '_ {
        (0..self.count).filter_map(|item| {
            let (index, offset) = self.item(item)?;
            Some(self.entry(index, self.entries_start.saturating_add(offset)))
        })
    }

    /// The entry of this index. Only a sparse chunk has to be searched, and one word per item is looked at there.
    pub(super) fn entry_of(&self, index: u32) -> Option<Result<Entry, ArscError>> {
        let found = if self.layout == Layout::Sparse {
            (0..self.count).filter_map(|item| self.item(item)).find(|(at, _)| *at == index)
        } else {
            (index < self.count).then(|| self.item(index)).flatten()
        };
        found.map(|(index, offset)| self.entry(index, self.entries_start.saturating_add(offset)))
    }

    /// An item of the offset array: entry index, and offset from the first entry.
    pub(super) fn item(&self, item: u32) -> Option<(u32, usize)> {
        let at = self.chunk.header_size + item as usize * self.width();
        match self.layout {
            Layout::Dense => {
                let offset = read_u32(self.chunk.bytes, at)?;
                (offset != NO_ENTRY).then_some((item, offset as usize))
            }
            Layout::Offset16 => {
                let offset = read_u16(self.chunk.bytes, at)?;
                (offset != u16::MAX).then_some((item, usize::from(offset) * 4))
            }
            Layout::Sparse => {
                let index = read_u16(self.chunk.bytes, at)?;
                let offset = read_u16(self.chunk.bytes, at + 2)?;
                Some((u32::from(index), usize::from(offset) * 4))
            }
        }
    }

    fn entry(&self, index: u32, at: usize) -> Result<Entry, ArscError> {
        let (size, flags) = (self.chunk.u16(at)?, self.chunk.u16(at.saturating_add(2))?);
        let word = self.chunk.u32(at.saturating_add(4))?;
        let offset = self.chunk.offset + at;
        if flags & FLAG_COMPACT != 0 {
            let [_, kind] = flags.to_le_bytes();
            let body = Body::Simple { kind, data: word, data_at: offset + 4 };
            return Ok(Entry { index, key: u32::from(size), offset, compact: true, body });
        }
        if size < 8 {
            return Err(ChunkError::new(offset, "an entry of at least 8 bytes", size).into());
        }
        let value = at + usize::from(size);
        if flags & FLAG_COMPLEX != 0 {
            let count = self.chunk.u32(at + 12)?;
            let end = (count as usize).checked_mul(12).and_then(|bytes| bytes.checked_add(value));
            if end.is_none_or(|end| end > self.chunk.bytes.len()) {
                return Err(ChunkError::new(offset + 12, "a bag within the type chunk", format!("{count} maps")).into());
            }
            let body = Body::Bag { maps_at: self.chunk.offset + value, count };
            return Ok(Entry { index, key: word, offset, compact: false, body });
        }
        let (kind, data) = (self.chunk.u8(value + 3)?, self.chunk.u32(value + 4)?);
        let body = Body::Simple { kind, data, data_at: self.chunk.offset + value + 4 };
        Ok(Entry { index, key: word, offset, compact: false, body })
    }

    /// Calls `see` with every data word of the chunk that refers to the value pool: each word once, though entries may
    /// share it.
    pub(super) fn string_words(&self, mut see: impl FnMut(usize, u32)) -> Result<(), ArscError> {
        let mut bags = HashSet::new();
        let mut maps = 0_usize;
        for entry in self.entries() {
            match entry?.body {
                Body::Simple { kind: TYPE_STRING, data, data_at } => see(data_at, data),
                Body::Simple { .. } => {}
                Body::Bag { maps_at, count } => {
                    if !bags.insert(maps_at) {
                        continue;
                    }
                    // Bags that overlap could make a small file mean endless work.
                    maps = maps.saturating_add(count as usize);
                    if maps.saturating_mul(12) > self.chunk.bytes.len() {
                        return Err(ChunkError::new(maps_at, "bags that do not overlap", format!("{maps} maps")).into());
                    }
                    let start = maps_at - self.chunk.offset;
                    for map in 0..count as usize {
                        let value = start + map * 12 + 4;
                        if self.chunk.u8(value + 3)? == TYPE_STRING {
                            see(self.chunk.offset + value + 4, self.chunk.u32(value + 4)?);
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// `ResTable_flag_list`: flag names behind the header.
fn flag_list(chunk: &Chunk<'_>) -> Vec<u32> {
    let names = chunk.bytes.get(chunk.header_size..).unwrap_or_default();
    names.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect()
}

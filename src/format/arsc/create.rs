//! New string resources: one entry more in the `string` type of the application's package.
//!
//! Ids are positional (`ResTable_typeSpec.entryCount`), so the entry comes last: the spec gets a flag word, each dense or
//! 16-bit offset array a `NO_ENTRY`, and the default configuration the entry. Code compiled before cannot know the id; it
//! finds the string by name (`Resources.getIdentifier`). A string that other configurations have keeps its id: the default
//! configuration gets the entry at the index that is empty there.
//!
//! Must not: renumber anything, or make a type or a configuration.

use std::collections::BTreeMap;

use super::parse::{Layout, TYPE_STRING, TypeChunk};
use super::{ArscError, Package, Table};
use crate::format::chunk::ChunkError;
use crate::format::splice::Splices;
use crate::format::string_pool::{Appended, PoolEdit, StringPool};

/// The table with `string/NAME` added, its text appended to the value pool.
pub(super) fn add_string(table: &Table<'_>, name: &str, text: &str) -> Result<Vec<u8>, ArscError> {
    let refuse = |reason: &str| ArscError::CannotCreate { name: name.to_owned(), reason: reason.to_owned() };
    let (package, kind) = home(table).ok_or_else(|| refuse("the table has no string type to add it to"))?;
    let values = table.values.as_ref().ok_or_else(|| refuse("the table has no value string pool"))?;
    let keys = package.keys.as_ref().ok_or_else(|| refuse("the package has no key string pool"))?;
    let spec = package.specs.iter().find(|spec| spec.u8(8).ok() == Some(kind));
    let spec = spec.ok_or_else(|| refuse("the string type has no type spec"))?;
    let count = spec.u32(12)?;
    let index = u16::try_from(count).ok().filter(|index| *index < u16::MAX);
    let index = index.ok_or_else(|| refuse("the string type is full"))?;
    let home = package
        .types
        .iter()
        .filter(|part| part.id == kind && part.within.is_empty())
        .find(|part| part.config.is_default())
        .ok_or_else(|| refuse("the string type has no default configuration"))?;
    let spec_end = spec.header_size + count as usize * 4;
    if spec_end > spec.bytes.len() {
        return Err(ChunkError::new(spec.offset + 12, "flags within the type spec", count).into());
    }

    let mut work = Work { splices: Splices::new(), sizes: BTreeMap::new() };
    // The text, then the key, each at the end of its pool.
    let slot = values.len();
    work.pool(
        values,
        &PoolEdit { append: vec![Appended { text: text.into(), marked: true }], ..PoolEdit::default() },
        &[0],
    )?;
    let key = if let Some(key) = keys.find(name) {
        key
    } else {
        let key = Appended { text: name.into(), marked: false };
        let edit = PoolEdit { append: vec![key], ..PoolEdit::default() };
        let grown = work.pool(keys, &edit, &[0, package.chunk.offset])?;
        work.move_pools(package, keys.chunk().offset, grown)?;
        keys.len()
    };
    // The spec: a flag word of zero, for it varies with no configuration.
    work.splices.set_u32(spec.offset + 12, count + 1);
    work.splices.insert(spec.offset + spec_end, [0; 4]);
    work.grow(&[0, package.chunk.offset, spec.offset], 4);
    // The type chunks.
    for part in package.types.iter().filter(|part| part.id == kind) {
        let is_home = part.chunk.offset == home.chunk.offset;
        let entry = is_home.then_some((index, key, slot));
        if part.layout != Layout::Sparse && part.count != count {
            if is_home {
                return Err(refuse("the string type's spec and default configuration count different entries"));
            }
            continue;
        }
        work.part(package, part, entry).map_err(|error| match error {
            PartError::Full => refuse("the default configuration's 16-bit offsets are used up"),
            PartError::Overlap => refuse("the default configuration's entries overlap their offsets"),
        })?;
    }
    work.finish(table)
}

/// The table with a string that other configurations have in the default one too.
pub(super) fn add_default(table: &Table<'_>, name: &str, text: &str) -> Result<Vec<u8>, ArscError> {
    let refuse = |reason: &str| ArscError::CannotCreate { name: name.to_owned(), reason: reason.to_owned() };
    let places = table.places("string", name)?;
    let there = places.first().ok_or_else(|| refuse("no configuration has it"))?;
    let values = table.values.as_ref().ok_or_else(|| refuse("the table has no value string pool"))?;
    let (package, kind, index) = (there.package, there.part.id, there.entry.index);
    let same = places.iter().all(|place| place.package.id == package.id && place.entry.index == index);
    if !same {
        return Err(refuse("several packages or ids have a string of this name"));
    }
    let home = package
        .types
        .iter()
        .filter(|part| part.id == kind && part.within.is_empty())
        .find(|part| part.config.is_default())
        .ok_or_else(|| refuse("the string type has no default configuration"))?;
    let index = u16::try_from(index).map_err(|_| refuse("its index is beyond 65535"))?;
    let mut work = Work { splices: Splices::new(), sizes: BTreeMap::new() };
    let slot = values.len();
    let text = Appended { text: text.into(), marked: true };
    work.pool(values, &PoolEdit { append: vec![text], ..PoolEdit::default() }, &[0])?;
    work.fill(package, home, (index, there.entry.key, slot)).map_err(|error| match error {
        PartError::Full => refuse("the default configuration's 16-bit offsets are used up"),
        PartError::Overlap => refuse("the default configuration has no place for this id"),
    })?;
    work.finish(table)
}

/// The application's package and its string type: id 0x7f if there is one, else the first that has strings.
fn home<'t, 'a>(table: &'t Table<'a>) -> Option<(&'t Package<'a>, u8)> {
    let mut with = table.packages.iter().filter_map(|package| Some((package, *package.type_ids("string").first()?)));
    let first = with.clone().find(|(package, _)| package.id == 0x7f);
    first.or_else(|| with.next())
}

enum PartError {
    Full,
    Overlap,
}

struct Work {
    splices: Splices,
    /// By the offset of a chunk: what its size grows by.
    sizes: BTreeMap<usize, usize>,
}

impl Work {
    fn grow(&mut self, chunks: &[usize], by: usize) {
        for chunk in chunks {
            *self.sizes.entry(*chunk).or_default() += by;
        }
    }

    /// Rewrites a pool; says how much it grew. Pools only grow here.
    fn pool(&mut self, pool: &StringPool<'_>, edit: &PoolEdit, within: &[usize]) -> Result<usize, ArscError> {
        let (old, new) = (pool.chunk(), pool.rewrite(edit)?);
        // Padding behind the strings is made again, which can save more than the string takes; keep to growth.
        let mut new = new;
        while new.len() < old.bytes.len() {
            new.extend_from_slice(&[0; 4]);
        }
        let size =
            u32::try_from(new.len()).map_err(|_| ChunkError::new(old.offset, "a pool under 4 GiB", new.len()))?;
        if let Some(field) = new.get_mut(4..8) {
            field.copy_from_slice(&size.to_le_bytes());
        }
        let grown = new.len() - old.bytes.len();
        self.splices.replace(old.offset..old.end(), new);
        self.grow(within, grown);
        Ok(grown)
    }

    /// `typeStrings` and `keyStrings` of a package are offsets, which follow what grew before them.
    fn move_pools(&mut self, package: &Package<'_>, after: usize, by: usize) -> Result<(), ArscError> {
        let by = u32::try_from(by).unwrap_or(u32::MAX);
        for field in [268, 276] {
            let at = package.chunk.u32(field)?;
            if package.chunk.offset + at as usize > after {
                self.splices.set_u32(package.chunk.offset + field, at.saturating_add(by));
            }
        }
        Ok(())
    }

    /// One entry more in a type chunk, if it has offsets for all; with `entry`, one that exists.
    fn part(
        &mut self,
        package: &Package<'_>,
        part: &TypeChunk<'_>,
        entry: Option<(u16, u32, u32)>,
    ) -> Result<(), PartError> {
        let chunk = &part.chunk;
        if part.layout == Layout::Sparse && entry.is_none() {
            return Ok(());
        }
        let array_end = chunk.header_size + part.count as usize * part.width();
        let start = if part.count == 0 { part.entries_start.max(array_end) } else { part.entries_start };
        if start < array_end || start > chunk.bytes.len() {
            return Err(PartError::Overlap);
        }
        // Where the entry goes, counted from the first one: behind all, on a word.
        let data = chunk.bytes.len() - start;
        let padding = data.next_multiple_of(4) - data;
        let offset = data + padding;
        let item: Vec<u8> = match (part.layout, entry) {
            (Layout::Dense, None) => vec![0xff; 4],
            (_, None) => vec![0xff; 2],
            (Layout::Dense, Some(_)) => u32::try_from(offset).map_err(|_| PartError::Full)?.to_le_bytes().to_vec(),
            (Layout::Offset16, Some(_)) => in_words(offset)?.to_le_bytes().to_vec(),
            (Layout::Sparse, Some((index, ..))) => [index.to_le_bytes(), in_words(offset)?.to_le_bytes()].concat(),
        };
        // Pairs are sorted by index; what others list by position comes last.
        let at = match (part.layout, entry) {
            (Layout::Sparse, Some((index, ..))) => {
                let lower = |(at, _): &(u32, usize)| *at < index.into();
                let before = (0..part.count).filter_map(|item| part.item(item)).filter(lower).count();
                chunk.header_size + before * part.width()
            }
            _ => array_end,
        };
        // 16-bit arrays are padded to a word; the padding takes the new item if it can.
        let spare = start - array_end;
        let (replaced, item) = if part.layout == Layout::Offset16 && spare >= 2 {
            (2, item)
        } else if part.layout == Layout::Offset16 {
            (0, [item, vec![0; 2]].concat())
        } else {
            (0, item)
        };
        let moved = item.len() - replaced;
        let start_now = u32::try_from(start + moved).map_err(|_| PartError::Full)?;
        self.splices.set_u32(chunk.offset + 12, part.count + 1);
        self.splices.set_u32(chunk.offset + 16, start_now);
        self.splices.replace(chunk.offset + at..chunk.offset + at + replaced, item);
        let mut by = moved;
        if let Some((_, key, slot)) = entry {
            let bytes = plain_entry(padding, key, slot);
            by += bytes.len();
            self.splices.insert(chunk.end(), bytes);
        }
        self.grow(&[0, package.chunk.offset, chunk.offset], by);
        self.grow(&part.within, by);
        Ok(())
    }

    /// An entry at an index that is empty; a chunk that lists all entries has to have room for it.
    fn fill(
        &mut self,
        package: &Package<'_>,
        part: &TypeChunk<'_>,
        (index, key, slot): (u16, u32, u32),
    ) -> Result<(), PartError> {
        if part.entry_of(index.into()).is_some() {
            return Err(PartError::Overlap);
        }
        if part.layout == Layout::Sparse {
            return self.part(package, part, Some((index, key, slot)));
        }
        let (chunk, start) = (&part.chunk, part.entries_start);
        if u32::from(index) >= part.count || start > chunk.bytes.len() {
            return Err(PartError::Overlap);
        }
        let data = chunk.bytes.len() - start;
        let padding = data.next_multiple_of(4) - data;
        let at = chunk.offset + chunk.header_size + usize::from(index) * part.width();
        let item = match part.layout {
            Layout::Dense => u32::try_from(data + padding).map_err(|_| PartError::Full)?.to_le_bytes().to_vec(),
            Layout::Offset16 | Layout::Sparse => in_words(data + padding)?.to_le_bytes().to_vec(),
        };
        self.splices.replace(at..at + item.len(), item);
        let bytes = plain_entry(padding, key, slot);
        self.grow(&[0, package.chunk.offset, chunk.offset], bytes.len());
        self.splices.insert(chunk.end(), bytes);
        Ok(())
    }

    fn finish(mut self, table: &Table<'_>) -> Result<Vec<u8>, ArscError> {
        for (chunk, by) in self.sizes {
            let old = crate::format::chunk::read_u32(table.bytes, chunk + 4).unwrap_or(0) as usize;
            let size =
                u32::try_from(old + by).map_err(|_| ChunkError::new(chunk + 4, "a chunk under 4 GiB", old + by))?;
            self.splices.set_u32(chunk + 4, size);
        }
        Ok(self.splices.apply(table.bytes)?)
    }
}

/// An offset in words, as 16-bit arrays hold it.
fn in_words(offset: usize) -> Result<u16, PartError> {
    u16::try_from(offset / 4).ok().filter(|words| *words != u16::MAX).ok_or(PartError::Full)
}

/// `ResTable_entry { size 8, flags 0, key }`, `Res_value { size 8, res0, TYPE_STRING, data }`.
fn plain_entry(padding: usize, key: u32, slot: u32) -> Vec<u8> {
    let mut bytes = vec![0; padding];
    bytes.extend_from_slice(&[8, 0, 0, 0]);
    bytes.extend_from_slice(&key.to_le_bytes());
    bytes.extend_from_slice(&[8, 0, 0, TYPE_STRING]);
    bytes.extend_from_slice(&slot.to_le_bytes());
    bytes
}

//! The file by its `map_list`, from the first byte to the last: every item, every reference to a string, every offset.
//! What is not understood is refused, so that an edit can move all the rest.
//!
//! Must not: follow an offset; that is how the other reader (`dump`) goes.

use std::collections::BTreeMap;
use std::ops::Range;

use super::DexError;
use super::cursor::Cursor;
use super::debug;
use super::instruction::{CONST_STRING, instructions};
use super::parse::{Dex, MapEntry, NO_INDEX, Section, string_content};
use super::value::{Part, annotation, array};

/// Type codes of `map_item`.
pub(super) mod kind {
    pub const HEADER: u16 = 0;
    pub const STRING_ID: u16 = 1;
    pub const TYPE_ID: u16 = 2;
    pub const PROTO_ID: u16 = 3;
    pub const FIELD_ID: u16 = 4;
    pub const METHOD_ID: u16 = 5;
    pub const CLASS_DEF: u16 = 6;
    pub const CALL_SITE_ID: u16 = 7;
    pub const METHOD_HANDLE: u16 = 8;
    pub const MAP_LIST: u16 = 0x1000;
    pub const TYPE_LIST: u16 = 0x1001;
    pub const ANNOTATION_SET_REF_LIST: u16 = 0x1002;
    pub const ANNOTATION_SET: u16 = 0x1003;
    pub const CLASS_DATA: u16 = 0x2000;
    pub const CODE: u16 = 0x2001;
    pub const STRING_DATA: u16 = 0x2002;
    pub const DEBUG_INFO: u16 = 0x2003;
    pub const ANNOTATION: u16 = 0x2004;
    pub const ENCODED_ARRAY: u16 = 0x2005;
    pub const ANNOTATIONS_DIRECTORY: u16 = 0x2006;
    pub const HIDDENAPI: u16 = 0xf000;
}

/// One item of the data section, or a whole section of ids.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) kind: u16,
    /// Which of [`Walk::sections`] it is in.
    pub(super) section: usize,
    pub(super) range: Range<usize>,
}

/// How an index or offset is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Half,
    Word,
    Uleb,
    UlebPlus1,
    /// `VALUE_STRING` with its header byte.
    Value,
}

/// What a string is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usage {
    /// By a `const-string`.
    Instruction,
    /// As a value: of a static field, an annotation's element, a call site's argument.
    Value,
    /// As the name or descriptor of something, in an id, an annotation (a system's and Kotlin's whole) or the debug
    /// information.
    Name,
}

/// A reference to a string.
#[derive(Debug, Clone)]
pub(super) struct StringRef {
    pub(super) range: Range<usize>,
    pub(super) form: Form,
    pub(super) usage: Usage,
    pub(super) index: u32,
}

impl StringRef {
    /// Where its `const-string` is, if it is one's.
    pub(super) fn instruction(&self) -> Option<usize> {
        (self.usage == Usage::Instruction).then(|| self.site())
    }

    /// The offset that names it: that of the instruction, or of the value's header byte.
    pub(super) fn site(&self) -> usize {
        match self.usage {
            Usage::Instruction => self.range.start.saturating_sub(2),
            Usage::Value | Usage::Name => self.range.start,
        }
    }
}

/// An offset.
#[derive(Debug, Clone)]
pub(super) struct OffsetRef {
    pub(super) range: Range<usize>,
    pub(super) form: Form,
    /// Which item it points to.
    pub(super) item: usize,
}

/// A section of the file, and who says so: dex files of a container share some.
#[derive(Debug)]
pub(super) struct Mapped {
    pub(super) kind: u16,
    pub(super) section: Section,
    /// Where the entries of map lists are that name it, and the number of their dex file.
    pub(super) entries: Vec<(usize, usize)>,
}

/// The whole file, in file order.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) sections: Vec<Mapped>,
    pub(super) items: Vec<Item>,
    pub(super) strings: Vec<StringRef>,
    pub(super) offsets: Vec<OffsetRef>,
    /// By string index, which item is its `string_data_item`.
    pub(super) string_items: Vec<usize>,
}

/// An offset before it is known which items there are: range, form, target, and what kind must be there.
type Pointer = (Range<usize>, Form, usize, u16);

struct Walker<'a> {
    dex: Dex<'a>,
    /// The dex file whose section is walked: in a container each has types of its own.
    of: Dex<'a>,
    /// Strings of the annotation that is walked are names, not constants.
    names_only: bool,
    items: Vec<Item>,
    strings: Vec<StringRef>,
    pointers: Vec<Pointer>,
}

/// Walks the whole file: all dex files of a container, which have one table of strings.
pub(super) fn walk(all: &[Dex<'_>]) -> Result<Walk, DexError> {
    let Some(dex) = all.first().copied() else { return Err(DexError::malformed(0, "a dex file", "none")) };
    if let Some(other) = all.iter().find(|other| other.header.strings != dex.header.strings) {
        let advice = "build the app anew; its compiler lets them share one";
        let found = "a container whose dex files have tables of strings of their own";
        return Err(DexError::unsupported(other.header.at, found, advice));
    }
    let mut mapped: BTreeMap<(usize, usize, u16), Vec<(usize, usize)>> = BTreeMap::new();
    for (number, dex) in all.iter().enumerate() {
        let map = dex.map()?;
        check_sections(dex, &map)?;
        for MapEntry { at, kind, section } in map {
            mapped.entry((section.offset, section.size, kind)).or_default().push((at, number));
        }
    }
    let sections = mapped.into_iter().map(|((offset, size, kind), entries)| Mapped {
        kind,
        section: Section { size, offset },
        entries,
    });
    let sections: Vec<Mapped> = sections.collect();
    let mut walker =
        Walker { dex, of: dex, names_only: false, items: Vec::new(), strings: Vec::new(), pointers: Vec::new() };
    let mut done = 0usize;
    for (number, mapped) in sections.iter().enumerate() {
        let Section { size, offset } = mapped.section;
        no_bytes_between(dex.bytes, done, offset)?;
        walker.of = mapped.entries.first().and_then(|(_, dex)| all.get(*dex)).copied().unwrap_or(dex);
        let row = match mapped.kind {
            kind::HEADER => Some(dex.header.front_bytes),
            kind => row_bytes(kind),
        };
        done = match row {
            Some(bytes) => walker.table(mapped, number, bytes)?,
            None => {
                let mut at = offset;
                for _ in 0..size {
                    let start = align(at, alignment(mapped.kind));
                    no_bytes_between(dex.bytes, at, start)?;
                    at = walker.item(mapped.kind, start)?;
                    walker.items.push(Item { kind: mapped.kind, section: number, range: start..at });
                }
                at
            }
        };
    }
    no_bytes_between(dex.bytes, done, dex.bytes.len())?;
    walker.finish(sections)
}

/// Bytes of a row, where the items of a section are rows.
fn row_bytes(kind: u16) -> Option<usize> {
    match kind {
        kind::STRING_ID | kind::TYPE_ID | kind::CALL_SITE_ID => Some(4),
        kind::PROTO_ID => Some(12),
        kind::FIELD_ID | kind::METHOD_ID | kind::METHOD_HANDLE => Some(8),
        kind::CLASS_DEF => Some(32),
        _ => None,
    }
}

/// The alignment of items of a kind.
pub(super) fn alignment(kind: u16) -> usize {
    match kind {
        kind::CLASS_DATA | kind::STRING_DATA | kind::DEBUG_INFO | kind::ANNOTATION | kind::ENCODED_ARRAY => 1,
        _ => 4,
    }
}

/// The next multiple.
pub(super) fn align(at: usize, multiple: usize) -> usize {
    at.checked_next_multiple_of(multiple).unwrap_or(usize::MAX)
}

fn no_bytes_between(bytes: &[u8], from: usize, to: usize) -> Result<(), DexError> {
    let Some(gap) = bytes.get(from..to) else {
        return Err(DexError::malformed(to, format!("a section that begins at {from} or later"), "one that overlaps"));
    };
    match gap.iter().position(|byte| *byte != 0) {
        None => Ok(()),
        Some(at) => Err(DexError::unsupported(
            from.saturating_add(at),
            "a byte that is not 0 and belongs to no item of the map",
            "build the app anew with a compiler that maps all it writes",
        )),
    }
}

/// The map is in order, has each kind once, and agrees with the header.
fn check_sections(dex: &Dex<'_>, map: &[MapEntry]) -> Result<(), DexError> {
    let header = &dex.header;
    if header.link.size != 0 || header.link.offset != 0 {
        let (at, advice) = (header.at.saturating_add(44), "build the app anew; no Android compiler writes one");
        return Err(DexError::unsupported(at, "a link section", advice));
    }
    for (entry, before) in map.iter().skip(1).zip(map) {
        if entry.section.offset <= before.section.offset {
            let expected = format!("a section behind offset {}", before.section.offset);
            return Err(DexError::malformed(entry.at, expected, entry.section.offset));
        }
    }
    let mut kinds: Vec<u16> = map.iter().map(|entry| entry.kind).collect();
    kinds.sort_unstable();
    if let Some(twice) = kinds.windows(2).find(|pair| pair.first() == pair.last()).and_then(|pair| pair.first()) {
        let found = format!("two of kind 0x{twice:04x}");
        return Err(DexError::malformed(header.map, "one section of each kind in map_list", found));
    }
    if map.iter().any(|entry| entry.section.size == 0) {
        return Err(DexError::malformed(header.map, "sections with items in map_list", "one without"));
    }
    let expected = [
        (kind::HEADER, Section { size: 1, offset: header.at }),
        (kind::STRING_ID, header.strings),
        (kind::TYPE_ID, header.types),
        (kind::PROTO_ID, header.protos),
        (kind::FIELD_ID, header.fields),
        (kind::METHOD_ID, header.methods),
        (kind::CLASS_DEF, header.classes),
        (kind::MAP_LIST, Section { size: 1, offset: header.map }),
    ];
    for (kind, section) in expected {
        let mapped = map.iter().find(|entry| entry.kind == kind).map(|entry| entry.section);
        if mapped != (section.size > 0).then_some(section) {
            let expected = format!("kind 0x{kind:04x} in map_list as the header has it, {section:?}");
            return Err(DexError::malformed(header.map, expected, format!("{mapped:?}")));
        }
    }
    Ok(())
}

impl Walker<'_> {
    fn string(&mut self, range: Range<usize>, form: Form, usage: Usage, index: u32) {
        self.strings.push(StringRef { range, form, usage, index });
    }

    /// An offset of 32 bits; 0 is none.
    fn pointer(&mut self, cursor: &mut Cursor<'_>, kind: u16) -> Result<(), DexError> {
        let start = cursor.at();
        let target = cursor.size()?;
        if target != 0 {
            self.pointers.push((start..cursor.at(), Form::Word, target, kind));
        }
        Ok(())
    }

    /// A string index of 32 bits that may be `NO_INDEX`.
    fn word(&mut self, cursor: &mut Cursor<'_>) -> Result<(), DexError> {
        let start = cursor.at();
        let index = cursor.u32()?;
        if index != NO_INDEX {
            self.string(start..cursor.at(), Form::Word, Usage::Name, index);
        }
        Ok(())
    }

    /// A section of ids; returns where it ends.
    fn table(&mut self, mapped: &Mapped, number: usize, bytes: usize) -> Result<usize, DexError> {
        let Section { size, offset } = mapped.section;
        if align(offset, 4) != offset {
            let at = mapped.entries.first().map_or(0, |entry| entry.0);
            return Err(DexError::malformed(at, "an offset that is a multiple of 4", offset));
        }
        let mut whole = Cursor::new(self.dex.bytes, offset);
        whole.take(size.saturating_mul(bytes))?;
        let end = whole.at();
        self.items.push(Item { kind: mapped.kind, section: number, range: offset..end });
        for row in 0..size {
            let mut cursor = Cursor::new(self.dex.bytes, row.saturating_mul(bytes).saturating_add(offset));
            match mapped.kind {
                // The rows of strings are made anew: their references are not in the list.
                kind::TYPE_ID => self.word(&mut cursor)?,
                kind::PROTO_ID => {
                    self.word(&mut cursor)?;
                    cursor.u32()?;
                    self.pointer(&mut cursor, kind::TYPE_LIST)?;
                }
                kind::FIELD_ID | kind::METHOD_ID => {
                    cursor.u32()?;
                    self.word(&mut cursor)?;
                }
                kind::CLASS_DEF => {
                    cursor.take(12)?;
                    self.pointer(&mut cursor, kind::TYPE_LIST)?;
                    self.word(&mut cursor)?;
                    self.pointer(&mut cursor, kind::ANNOTATIONS_DIRECTORY)?;
                    self.pointer(&mut cursor, kind::CLASS_DATA)?;
                    self.pointer(&mut cursor, kind::ENCODED_ARRAY)?;
                }
                kind::CALL_SITE_ID => self.pointer(&mut cursor, kind::ENCODED_ARRAY)?,
                _ => {}
            }
        }
        Ok(end)
    }

    /// An item of the data section; returns where it ends.
    fn item(&mut self, item: u16, start: usize) -> Result<usize, DexError> {
        let dex = self.dex;
        let mut cursor = Cursor::new(dex.bytes, start);
        match item {
            kind::MAP_LIST => {
                let count = cursor.size()?;
                cursor.take(count.saturating_mul(12))?;
            }
            kind::TYPE_LIST => {
                let count = cursor.size()?;
                cursor.take(count.saturating_mul(2))?;
            }
            kind::ANNOTATION_SET_REF_LIST | kind::ANNOTATION_SET => {
                let to = if item == kind::ANNOTATION_SET { kind::ANNOTATION } else { kind::ANNOTATION_SET };
                for _ in 0..cursor.u32()? {
                    self.pointer(&mut cursor, to)?;
                }
            }
            kind::ANNOTATIONS_DIRECTORY => {
                self.pointer(&mut cursor, kind::ANNOTATION_SET)?;
                let counts = [cursor.u32()?, cursor.u32()?, cursor.u32()?];
                let to = [kind::ANNOTATION_SET, kind::ANNOTATION_SET, kind::ANNOTATION_SET_REF_LIST];
                for (count, to) in counts.into_iter().zip(to) {
                    for _ in 0..count {
                        cursor.u32()?;
                        self.pointer(&mut cursor, to)?;
                    }
                }
            }
            kind::CLASS_DATA => {
                let (data, end) = dex.class_data(start)?;
                for method in data.methods.iter().flatten().filter(|method| method.code != 0) {
                    let (at, length) = method.code_off;
                    self.pointers.push((at..at.saturating_add(length), Form::Uleb, method.code, kind::CODE));
                }
                return Ok(end);
            }
            kind::CODE => return self.code(start),
            kind::STRING_DATA => {
                cursor.uleb()?;
                return Ok(string_content(dex.bytes, &mut cursor)?.1);
            }
            kind::DEBUG_INFO => debug::debug_info(&mut cursor, &mut |part| self.part(part))?,
            kind::ANNOTATION => {
                let visibility = cursor.u8()?;
                self.names_only = self.holds_names(visibility, cursor)?;
                let walked = annotation(&mut cursor, 0, &mut |part| self.part(part));
                self.names_only = false;
                walked?;
            }
            kind::ENCODED_ARRAY => array(&mut cursor, 0, &mut |part| self.part(part))?,
            kind::HIDDENAPI => {
                // hiddenapi_class_data_item: its offsets count from its own start, so it moves as it is.
                let size = cursor.size()?;
                cursor.take(size.checked_sub(4).unwrap_or(usize::MAX))?;
            }
            _ => {
                let found = format!("a section of the unknown kind 0x{item:04x}");
                return Err(DexError::unsupported(start, found, "use a newer version of this program"));
            }
        }
        Ok(cursor.at())
    }

    /// Whether an annotation says how things are called: those of the system do (signatures, inner classes), but for the
    /// defaults of annotations; and what Kotlin's compiler notes for itself does.
    fn holds_names(&self, visibility: u8, mut cursor: Cursor<'_>) -> Result<bool, DexError> {
        const SYSTEM: u8 = 2;
        let of = self.of.type_string(cursor.uleb()?)?;
        Ok(match visibility {
            SYSTEM => !self.of.string_is(of, b"Ldalvik/annotation/AnnotationDefault;")?,
            _ => self.of.string_is(of, b"Lkotlin/Metadata;")?,
        })
    }

    #[expect(clippy::unnecessary_wraps, reason = "the signature of a sink")]
    fn part(&mut self, part: Part) -> Result<(), DexError> {
        match part {
            Part::Raw(_) | Part::Opcode(_) | Part::NamePlus1(_, None) => {}
            Part::Value(range, index) => {
                let usage = if self.names_only { Usage::Name } else { Usage::Value };
                self.string(range, Form::Value, usage, index);
            }
            Part::Name(range, index) => self.string(range, Form::Uleb, Usage::Name, index),
            Part::NamePlus1(range, Some(index)) => self.string(range, Form::UlebPlus1, Usage::Name, index),
        }
        Ok(())
    }

    fn code(&mut self, start: usize) -> Result<usize, DexError> {
        let code = self.dex.code(start)?;
        if code.debug != 0 {
            let at = start.saturating_add(8);
            self.pointers.push((at..at.saturating_add(4), Form::Word, code.debug, kind::DEBUG_INFO));
        }
        for instruction in instructions(code.insns, code.at) {
            let instruction = instruction?;
            if let Some(index) = instruction.string() {
                let at = code.at.saturating_add(instruction.at.saturating_mul(2)).saturating_add(2);
                let (form, length) =
                    if instruction.opcode() == CONST_STRING { (Form::Half, 2) } else { (Form::Word, 4) };
                self.string(at..at.saturating_add(length), form, Usage::Instruction, index);
            }
        }
        Ok(code.end)
    }

    /// Resolves all offsets and indices.
    fn finish(self, sections: Vec<Mapped>) -> Result<Walk, DexError> {
        let items = self.items;
        let find = |at: usize, target: usize, kind: u16| {
            let found = items.binary_search_by_key(&target, |item| item.range.start).ok();
            found
                .filter(|index| items.get(*index).is_some_and(|item| item.kind == kind))
                .ok_or_else(|| DexError::malformed(at, format!("the offset of an item of kind 0x{kind:04x}"), target))
        };
        let mut offsets = Vec::with_capacity(self.pointers.len());
        for (range, form, target, kind) in self.pointers {
            let item = find(range.start, target, kind)?;
            offsets.push(OffsetRef { range, form, item });
        }
        let strings = self.dex.header.strings;
        let mut string_items = Vec::new();
        let mut cursor = Cursor::new(self.dex.bytes, strings.offset);
        for _ in 0..strings.size {
            let at = cursor.at();
            string_items.push(find(at, cursor.size()?, kind::STRING_DATA)?);
        }
        let beyond = |string: &&StringRef| super::cursor::size(string.index) >= strings.size;
        if let Some(string) = self.strings.iter().find(beyond) {
            let expected = format!("a string index below {}", strings.size);
            return Err(DexError::malformed(string.range.start, expected, string.index));
        }
        Ok(Walk { sections, items, strings: self.strings, offsets, string_items })
    }
}

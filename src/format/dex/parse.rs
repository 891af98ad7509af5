//! What a dex file says, read where it lies: `header_item`, `map_list`, `string_id_item`, `type_id_item`,
//! `proto_id_item`, `field_id_item`, `method_id_item`, `class_def_item`, `class_data_item`, `code_item`.
//!
//! Must not: change anything, or follow what was not asked for.

use std::borrow::Cow;

use super::DexError;
use super::cursor::{Cursor, size};
use crate::format::{limits, mutf8};

/// `NO_INDEX`: no such string or type.
pub(super) const NO_INDEX: u32 = u32::MAX;
/// Bytes of `header_item` up to version 040.
const HEADER_BYTES: usize = 0x70;
/// Bytes of `header_item` in a container, version 041.
const HEADER_BYTES_041: usize = 0x78;

/// A dex file whose header was checked; everything else is checked when it is read. In a container (version 041) it is
/// one of several.
#[derive(Debug, Clone, Copy)]
pub struct Dex<'a> {
    /// The whole file: all offsets count from its start, in a container too.
    pub(super) bytes: &'a [u8],
    pub(super) header: Header,
}

/// Size in items (bytes for `data` and `link`), and offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Section {
    pub(super) size: usize,
    pub(super) offset: usize,
}

/// `header_item`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    /// Where the header is: 0 but in a container.
    pub(super) at: usize,
    /// Where this dex file ends, and the next one of a container begins.
    pub(super) end: usize,
    /// `header_size`.
    pub(super) front_bytes: usize,
    pub(super) link: Section,
    pub(super) map: usize,
    pub(super) strings: Section,
    pub(super) types: Section,
    pub(super) protos: Section,
    pub(super) fields: Section,
    pub(super) methods: Section,
    pub(super) classes: Section,
    pub(super) data: Section,
}

/// One entry of `map_list`.
#[derive(Debug, Clone, Copy)]
pub(super) struct MapEntry {
    /// Where the entry itself is.
    pub(super) at: usize,
    pub(super) kind: u16,
    pub(super) section: Section,
}

/// A method by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MethodRef {
    /// The class, as descriptor: `Lcom/example/App;`.
    pub class: String,
    /// The name.
    pub name: String,
    /// Parameters and result, as descriptor: `(Ljava/lang/String;)V`.
    pub signature: String,
}

impl std::fmt::Display for MethodRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}->{}{}", self.class, self.name, self.signature)
    }
}

/// `class_def_item`; an offset 0 is none.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClassDef {
    pub(super) class: u32,
    pub(super) access: u32,
    pub(super) superclass: u32,
    pub(super) interfaces: usize,
    pub(super) source_file: u32,
    pub(super) annotations: usize,
    pub(super) data: usize,
    pub(super) static_values: usize,
}

/// `class_data_item`.
#[derive(Debug, Default)]
pub(super) struct ClassData {
    /// Static fields, then the others: index and access flags.
    pub(super) fields: [Vec<(u32, u32)>; 2],
    /// Direct, then virtual methods.
    pub(super) methods: [Vec<EncodedMethod>; 2],
}

/// `encoded_method`.
#[derive(Debug, Clone, Copy)]
pub(super) struct EncodedMethod {
    pub(super) method: u32,
    pub(super) access: u32,
    /// Where `code_off` is written: start and length.
    pub(super) code_off: (usize, usize),
    pub(super) code: usize,
}

/// `code_item`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code<'a> {
    /// Registers, ins, outs.
    pub(super) registers: [u16; 3],
    pub(super) debug: usize,
    /// Where `insns` begin.
    pub(super) at: usize,
    pub(super) insns: &'a [u8],
    /// Start in units, count of units, offset of the handlers.
    pub(super) tries: &'a [u8],
    /// The `encoded_catch_handler_list`.
    pub(super) handlers: &'a [u8],
    pub(super) end: usize,
}

impl<'a> Dex<'a> {
    /// Checks the header (`header_item`) and that the id sections lie in the file. A container must have one dex file;
    /// [`Dex::all`] reads the others.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DexError> {
        match Self::all(bytes)?.as_slice() {
            [one] => Ok(*one),
            all => {
                Err(DexError::unsupported(0, format!("a container of {} dex files", all.len()), "read each of them"))
            }
        }
    }

    /// Every dex file of a container (version 041), which lie behind each other; of other files the one that they are.
    pub fn all(bytes: &'a [u8]) -> Result<Vec<Self>, DexError> {
        let mut all = vec![Self::at(bytes, 0)?];
        while let Some(next) = all.last().map(|last| last.header.end).filter(|end| *end < bytes.len()) {
            if all.len() == limits::DEX_CONTAINER_FILES {
                let found = format!("a container of more than {} dex files", limits::DEX_CONTAINER_FILES);
                return Err(DexError::unsupported(next, found, "build the app anew; no compiler writes such a file"));
            }
            all.push(Self::at(bytes, next)?);
        }
        Ok(all)
    }

    fn at(bytes: &'a [u8], at: usize) -> Result<Self, DexError> {
        let here = |offset: usize| at.saturating_add(offset);
        let mut cursor = Cursor::new(bytes, at);
        let in_container = check_version(at, cursor.take(8)?)?;
        cursor.take(24)?;
        let file_size = cursor.size()?;
        let end = here(file_size);
        let in_bounds = end <= bytes.len() && file_size >= HEADER_BYTES_041;
        if !(if in_container { in_bounds } else { end == bytes.len() }) {
            let expected = format!("file_size {}", bytes.len().saturating_sub(at));
            return Err(DexError::malformed(here(32), expected, file_size));
        }
        let front_bytes = cursor.size()?;
        let expected = if in_container { HEADER_BYTES_041 } else { HEADER_BYTES };
        if front_bytes != expected {
            let expected = format!("header_size 0x{expected:x}");
            return Err(DexError::malformed(here(36), expected, format!("0x{front_bytes:x}")));
        }
        let endian = cursor.u32()?;
        if endian == 0x7856_3412 {
            return Err(DexError::unsupported(here(40), "a big-endian dex file", "no Android device reads one"));
        }
        if endian != 0x1234_5678 {
            return Err(DexError::malformed(here(40), "endian_tag 0x12345678", format!("0x{endian:x}")));
        }
        let section = |cursor: &mut Cursor<'_>, item: usize| -> Result<Section, DexError> {
            let at = cursor.at();
            let section = Section { size: cursor.size()?, offset: cursor.size()? };
            let end = section.size.checked_mul(item).and_then(|bytes| bytes.checked_add(section.offset));
            if end.is_none_or(|end| end > bytes.len()) {
                let found = format!("{} items of {item} bytes from {}", section.size, section.offset);
                return Err(DexError::malformed(at, format!("a section within {} bytes", bytes.len()), found));
            }
            Ok(section)
        };
        let link = section(&mut cursor, 1)?;
        let map = cursor.size()?;
        let header = Header {
            at,
            end,
            front_bytes,
            link,
            map,
            strings: section(&mut cursor, 4)?,
            types: section(&mut cursor, 4)?,
            protos: section(&mut cursor, 12)?,
            fields: section(&mut cursor, 8)?,
            methods: section(&mut cursor, 8)?,
            classes: section(&mut cursor, 32)?,
            data: section(&mut cursor, 1)?,
        };
        if in_container {
            let (size, offset) = (cursor.size()?, cursor.size()?);
            if (size, offset) != (bytes.len(), at) {
                let expected = format!("container_size {} and container_offset {at}", bytes.len());
                return Err(DexError::malformed(here(112), expected, format!("{size} and {offset}")));
            }
        }
        Ok(Self { bytes, header })
    }

    /// Version 041 or later.
    pub(super) fn in_container(&self) -> bool {
        self.header.front_bytes == HEADER_BYTES_041
    }

    /// How many strings the file has.
    pub fn string_count(&self) -> usize {
        self.header.strings.size
    }

    /// The text of a string (`string_data_item`); what is not modified UTF-8 becomes U+FFFD.
    pub fn string(&self, index: u32) -> Result<Cow<'a, str>, DexError> {
        Ok(mutf8::decode_lossy(self.string_bytes(index)?))
    }

    /// The strings that a predicate accepts, with their indices.
    pub fn strings_matching(&self, mut accepts: impl FnMut(&str) -> bool) -> Result<Vec<(u32, String)>, DexError> {
        let mut found = Vec::new();
        let mut read = 0usize;
        for index in 0..u32::try_from(self.string_count()).unwrap_or(u32::MAX) {
            let bytes = self.string_bytes(index)?;
            read = read.saturating_add(bytes.len());
            if read > self.bytes.len() {
                return Err(self.overlap("string_data_item"));
            }
            let text = mutf8::decode_lossy(bytes);
            if accepts(&text) {
                found.push((index, text.into_owned()));
            }
        }
        Ok(found)
    }

    /// Items of one kind that together are longer than the file must lie upon each other.
    pub(super) fn overlap(&self, kind: &str) -> DexError {
        DexError::malformed(self.header.map, format!("each {kind} in bytes of its own"), "ones that overlap")
    }

    pub(super) fn string_bytes(&self, index: u32) -> Result<&'a [u8], DexError> {
        let mut cursor = Cursor::new(self.bytes, Self::row(self.header.strings, 4, index, "string")?);
        let mut cursor = Cursor::new(self.bytes, cursor.size()?);
        cursor.uleb()?;
        Ok(string_content(self.bytes, &mut cursor)?.0)
    }

    /// Whether a string has exactly these bytes, in time of theirs.
    pub(super) fn string_is(&self, index: u32, expected: &[u8]) -> Result<bool, DexError> {
        let mut cursor = Cursor::new(self.bytes, Self::row(self.header.strings, 4, index, "string")?);
        let mut cursor = Cursor::new(self.bytes, cursor.size()?);
        cursor.uleb()?;
        let rest = self.bytes.get(cursor.at()..).unwrap_or_default();
        Ok(rest.strip_prefix(expected).is_some_and(|rest| rest.first() == Some(&0)))
    }

    /// Where a row of a section is.
    pub(super) fn row(section: Section, bytes: usize, index: u32, kind: &str) -> Result<usize, DexError> {
        if size(index) >= section.size {
            let expected = format!("a {kind} index below {}", section.size);
            return Err(DexError::malformed(section.offset, expected, index));
        }
        Ok(size(index).saturating_mul(bytes).saturating_add(section.offset))
    }

    pub(super) fn type_string(&self, index: u32) -> Result<u32, DexError> {
        Cursor::new(self.bytes, Self::row(self.header.types, 4, index, "type")?).u32()
    }

    pub(super) fn type_name(&self, index: u32) -> Result<Cow<'a, str>, DexError> {
        self.string(self.type_string(index)?)
    }

    /// Shorty string, return type, offset of the parameters.
    pub(super) fn proto(&self, index: u32) -> Result<(u32, u32, usize), DexError> {
        let mut cursor = Cursor::new(self.bytes, Self::row(self.header.protos, 12, index, "proto")?);
        Ok((cursor.u32()?, cursor.u32()?, cursor.size()?))
    }

    /// Class, type or proto, name: of a `field_id_item` or `method_id_item`.
    fn member(&self, section: Section, index: u32, kind: &str) -> Result<(u32, u32, u32), DexError> {
        let mut cursor = Cursor::new(self.bytes, Self::row(section, 8, index, kind)?);
        Ok((u32::from(cursor.u16()?), u32::from(cursor.u16()?), cursor.u32()?))
    }

    pub(super) fn field(&self, index: u32) -> Result<(u32, u32, u32), DexError> {
        self.member(self.header.fields, index, "field")
    }

    pub(super) fn method(&self, index: u32) -> Result<(u32, u32, u32), DexError> {
        self.member(self.header.methods, index, "method")
    }

    pub(super) fn signature(&self, proto: u32) -> Result<String, DexError> {
        let (_, result, parameters) = self.proto(proto)?;
        let mut text = "(".to_owned();
        for parameter in self.parameters(parameters)? {
            text.push_str(&self.type_name(u32::from(parameter))?);
            if text.len() > limits::DEX_SIGNATURE_BYTES {
                let expected = format!("a signature of at most {} bytes", limits::DEX_SIGNATURE_BYTES);
                return Err(DexError::malformed(parameters, expected, "a longer one"));
            }
        }
        text.push(')');
        text.push_str(&self.type_name(result)?);
        Ok(text)
    }

    pub(super) fn method_ref(&self, index: u32) -> Result<MethodRef, DexError> {
        let (class, proto, name) = self.method(index)?;
        Ok(MethodRef {
            class: self.type_name(class)?.into_owned(),
            name: self.string(name)?.into_owned(),
            signature: self.signature(proto)?,
        })
    }

    /// `type_list`; offset 0 is an empty one.
    pub(super) fn type_list(&self, offset: usize) -> Result<Vec<u16>, DexError> {
        if offset == 0 {
            return Ok(Vec::new());
        }
        let mut cursor = Cursor::new(self.bytes, offset);
        let count = cursor.size()?;
        let rows = cursor.take(count.saturating_mul(2))?;
        Ok(rows.chunks_exact(2).map(|row| row.try_into().map_or(0, u16::from_le_bytes)).collect())
    }

    /// The `type_list` of a `proto_id_item`: a call passes at most 255 registers.
    pub(super) fn parameters(&self, offset: usize) -> Result<Vec<u16>, DexError> {
        if offset != 0 && Cursor::new(self.bytes, offset).u32()? > 255 {
            return Err(DexError::malformed(offset, "at most 255 parameters", "more"));
        }
        self.type_list(offset)
    }

    pub(super) fn class_defs(&self) -> impl Iterator<Item = Result<ClassDef, DexError>> + use<'a> {
        let (bytes, section) = (self.bytes, self.header.classes);
        (0..section.size).map(move |index| {
            let mut cursor = Cursor::new(bytes, index.saturating_mul(32).saturating_add(section.offset));
            Ok(ClassDef {
                class: cursor.u32()?,
                access: cursor.u32()?,
                superclass: cursor.u32()?,
                interfaces: cursor.size()?,
                source_file: cursor.u32()?,
                annotations: cursor.size()?,
                data: cursor.size()?,
                static_values: cursor.size()?,
            })
        })
    }

    /// The methods and fields of a class, and where the item ends; offset 0 is a class without any.
    pub(super) fn class_data(&self, offset: usize) -> Result<(ClassData, usize), DexError> {
        let mut data = ClassData::default();
        if offset == 0 {
            return Ok((data, 0));
        }
        let mut cursor = Cursor::new(self.bytes, offset);
        let counts = [cursor.uleb()?, cursor.uleb()?, cursor.uleb()?, cursor.uleb()?];
        for (fields, count) in data.fields.iter_mut().zip(counts) {
            let mut index = 0u32;
            for _ in 0..count {
                index = next_index(&mut cursor, index)?;
                fields.push((index, cursor.uleb()?));
            }
        }
        for (methods, count) in data.methods.iter_mut().zip(counts.into_iter().skip(2)) {
            let mut index = 0u32;
            for _ in 0..count {
                index = next_index(&mut cursor, index)?;
                let access = cursor.uleb()?;
                let start = cursor.at();
                let code = size(cursor.uleb()?);
                let code_off = (start, cursor.at().saturating_sub(start));
                methods.push(EncodedMethod { method: index, access, code_off, code });
            }
        }
        Ok((data, cursor.at()))
    }

    pub(super) fn code(&self, offset: usize) -> Result<Code<'a>, DexError> {
        let mut cursor = Cursor::new(self.bytes, offset);
        let registers = [cursor.u16()?, cursor.u16()?, cursor.u16()?];
        let tries_size = usize::from(cursor.u16()?);
        let debug = cursor.size()?;
        let units = cursor.size()?;
        let at = cursor.at();
        let insns = cursor.take(units.saturating_mul(2))?;
        let (mut tries, mut handlers): (&[u8], &[u8]) = (&[], &[]);
        if tries_size > 0 {
            if units % 2 == 1 {
                cursor.u16()?;
            }
            tries = cursor.take(tries_size.saturating_mul(8))?;
            let start = cursor.at();
            for _ in 0..cursor.uleb()? {
                let pairs = cursor.sleb()?;
                for _ in 0..pairs.unsigned_abs() {
                    cursor.uleb()?;
                    cursor.uleb()?;
                }
                if pairs <= 0 {
                    cursor.uleb()?;
                }
            }
            handlers = self.bytes.get(start..cursor.at()).unwrap_or_default();
        }
        Ok(Code { registers, debug, at, insns, tries, handlers, end: cursor.at() })
    }

    /// `map_list`, entries as they are.
    pub(super) fn map(&self) -> Result<Vec<MapEntry>, DexError> {
        let mut cursor = Cursor::new(self.bytes, self.header.map);
        let count = cursor.u32()?;
        let mut entries = Vec::new();
        for _ in 0..count {
            let at = cursor.at();
            let kind = cursor.u16()?;
            cursor.u16()?;
            entries.push(MapEntry { at, kind, section: Section { size: cursor.size()?, offset: cursor.size()? } });
        }
        Ok(entries)
    }
}

/// Whether the version is one whose files are containers.
fn check_version(at: usize, magic: &[u8]) -> Result<bool, DexError> {
    match magic {
        b"dex\n041\0" => Ok(true),
        // What lies behind another dex file is in its container.
        b"dex\n035\0" | b"dex\n036\0" | b"dex\n037\0" | b"dex\n038\0" | b"dex\n039\0" | b"dex\n040\0" if at == 0 => {
            Ok(false)
        }
        [b'c', b'd', b'e', b'x', ..] => Err(DexError::unsupported(
            0,
            "a compact dex file",
            "that is what a device makes of an installed app; take the app as it was built",
        )),
        [b'd', b'e', b'y', b'\n', ..] => Err(DexError::unsupported(
            0,
            "an optimised dex file (odex)",
            "that is what a device makes of an installed app; take the app as it was built",
        )),
        _ => Err(DexError::malformed(at, "\"dex\\n035\\0\" to \"dex\\n041\\0\"", format!("{}", magic.escape_ascii()))),
    }
}

fn next_index(cursor: &mut Cursor<'_>, before: u32) -> Result<u32, DexError> {
    let at = cursor.at();
    let step = cursor.uleb()?;
    before.checked_add(step).ok_or_else(|| DexError::malformed(at, "an index of 32 bits", "a larger one"))
}

/// The bytes before the NUL of a `string_data_item`, and where the item ends.
pub(super) fn string_content<'a>(bytes: &'a [u8], cursor: &mut Cursor<'a>) -> Result<(&'a [u8], usize), DexError> {
    let rest = bytes.get(cursor.at()..).unwrap_or_default();
    let Some(length) = rest.iter().position(|byte| *byte == 0) else {
        return Err(DexError::malformed(cursor.at(), "a string that ends with 0", "the end of the file"));
    };
    let content = cursor.take(length)?;
    cursor.u8()?;
    Ok((content, cursor.at()))
}

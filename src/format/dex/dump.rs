//! A dex file as text without string indices and offsets: every reference is resolved by following it, so two files
//! with the same content have the same dump, wherever things lie in them. What fixtures and edits are compared by.
//!
//! Must not: use the map's sections but for what only the map has, or be parsed again by anything.

use crate::format::hex;
use std::fmt::Write as _;
use std::ops::Range;

use super::cursor::Cursor;
use super::instruction::{CONST_STRING_JUMBO, instructions};
use super::parse::{ClassDef, Dex, NO_INDEX};
use super::value::{Part, annotation, array};
use super::walk::kind;
use super::{DexError, debug};
use crate::format::limits;

/// One line per thing, in file order: strings, ids, then each class with all it refers to. What cannot be read is said
/// in its place, and ends the section.
pub fn dump(dex: &Dex<'_>) -> String {
    let mut dump = Dump { dex: *dex, out: String::new() };
    for name in ["strings", "ids", "call sites", "classes"] {
        dump.line(format_args!("# {name}"));
        let step = match name {
            "strings" => dump.strings(),
            "ids" => dump.ids(),
            "call sites" => dump.call_sites(),
            _ => dump.classes(),
        };
        match step {
            Ok(()) => {}
            Err(Stop::Full) => {
                dump.out.push_str("(cut here: longer than any real file)\n");
                break;
            }
            Err(Stop::Broken(error)) => dump.line(format_args!("broken: {error}")),
        }
    }
    dump.out
}

enum Stop {
    Full,
    Broken(DexError),
}

impl From<DexError> for Stop {
    fn from(error: DexError) -> Self {
        Self::Broken(error)
    }
}

type Step = Result<(), Stop>;

struct Dump<'a> {
    dex: Dex<'a>,
    out: String,
}

impl Dump<'_> {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.out, "{line}");
    }

    fn bound(&self) -> Step {
        if self.out.len() > limits::DUMP_BYTES { Err(Stop::Full) } else { Ok(()) }
    }

    fn text(&self, index: u32) -> Result<String, DexError> {
        if index == NO_INDEX {
            return Ok("-".to_owned());
        }
        Ok(format!("\"{}\"", self.dex.string_bytes(index)?.escape_ascii()))
    }

    fn strings(&mut self) -> Step {
        for index in 0..u32::try_from(self.dex.string_count()).unwrap_or(u32::MAX) {
            let text = self.text(index)?;
            self.line(format_args!("{text}"));
            self.bound()?;
        }
        Ok(())
    }

    fn ids(&mut self) -> Step {
        let (dex, header) = (self.dex, self.dex.header);
        let count = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
        for index in 0..count(header.types.size) {
            let name = self.text(dex.type_string(index)?)?;
            self.line(format_args!("type {index} {name}"));
            self.bound()?;
        }
        for index in 0..count(header.protos.size) {
            let (shorty, result, parameters) = dex.proto(index)?;
            let (shorty, parameters) = (self.text(shorty)?, dex.type_list(parameters)?);
            self.line(format_args!("proto {index} {shorty} {result} {parameters:?}"));
            self.bound()?;
        }
        for index in 0..count(header.fields.size) {
            let (class, kind, name) = dex.field(index)?;
            let name = self.text(name)?;
            self.line(format_args!("field {index} {class} {kind} {name}"));
            self.bound()?;
        }
        for index in 0..count(header.methods.size) {
            let (class, proto, name) = dex.method(index)?;
            let name = self.text(name)?;
            self.line(format_args!("method {index} {class} {proto} {name}"));
            self.bound()?;
        }
        Ok(())
    }

    /// What only the map knows: call sites, method handles, and the restrictions on hidden interfaces.
    fn call_sites(&mut self) -> Step {
        for entry in self.dex.map()? {
            let mut cursor = Cursor::new(self.dex.bytes, entry.section.offset);
            match entry.kind {
                kind::CALL_SITE_ID => {
                    for index in 0..entry.section.size {
                        let offset = cursor.size()?;
                        self.line(format_args!("call site {index}"));
                        self.array(offset)?;
                    }
                }
                kind::METHOD_HANDLE => {
                    for index in 0..entry.section.size {
                        let row = [cursor.u16()?, cursor.u16()?, cursor.u16()?, cursor.u16()?];
                        self.line(format_args!("method handle {index} {row:?}"));
                        self.bound()?;
                    }
                }
                kind::HIDDENAPI => {
                    let size = cursor.size()?.saturating_sub(4);
                    let bytes = cursor.take(size)?;
                    self.line(format_args!("hiddenapi {}", hex::lower(bytes)));
                }
                kind::CLASS_DEF => {}
                other => {
                    // Counts of what is removed or added by an edit change; the others do not.
                    let counted = ![kind::STRING_ID, kind::STRING_DATA].contains(&other);
                    let count = if counted { entry.section.size } else { 0 };
                    self.line(format_args!("section 0x{other:04x} {count}"));
                }
            }
        }
        Ok(())
    }

    fn classes(&mut self) -> Step {
        for class in self.dex.class_defs() {
            self.class(&class?)?;
        }
        Ok(())
    }

    fn class(&mut self, class: &ClassDef) -> Step {
        let dex = self.dex;
        let source = self.text(class.source_file)?;
        let (name, interfaces) = (dex.type_name(class.class)?, dex.type_list(class.interfaces)?);
        let (access, superclass) = (class.access, class.superclass);
        self.line(format_args!("class {name} {access:x} {superclass} {interfaces:?} {source}"));
        if class.annotations != 0 {
            self.annotations(class.annotations)?;
        }
        if class.static_values != 0 {
            self.line(format_args!(" static values"));
            self.array(class.static_values)?;
        }
        let (data, _) = dex.class_data(class.data)?;
        self.line(format_args!(" fields {:?}", data.fields));
        for method in data.methods.iter().flatten() {
            let name = self.text(dex.method(method.method)?.2)?;
            self.line(format_args!(" method {} {name} {:x}", method.method, method.access));
            if method.code != 0 {
                self.code(method.code)?;
            }
            self.bound()?;
        }
        self.bound()
    }

    fn code(&mut self, offset: usize) -> Step {
        let code = self.dex.code(offset)?;
        let (tries, handlers) = (hex::lower(code.tries), hex::lower(code.handlers));
        self.line(format_args!("  code {:?} [{tries}] [{handlers}]", code.registers));
        for instruction in instructions(code.insns, code.at) {
            let instruction = instruction?;
            if let Some(index) = instruction.string() {
                let jumbo = if instruction.opcode() == CONST_STRING_JUMBO { "/jumbo" } else { "" };
                let (register, text) = (instruction.unit(0) >> 8, self.text(index)?);
                self.line(format_args!("   {:04x} const-string{jumbo} v{register} {text}", instruction.at));
            } else {
                self.line(format_args!("   {:04x} {}", instruction.at, hex::lower(instruction.bytes)));
            }
            self.bound()?;
        }
        if code.debug != 0 {
            self.line(format_args!("  debug"));
            let mut cursor = Cursor::new(self.dex.bytes, code.debug);
            self.parts(|sink| debug::debug_info(&mut cursor, sink))?;
        }
        Ok(())
    }

    fn array(&mut self, offset: usize) -> Step {
        let mut cursor = Cursor::new(self.dex.bytes, offset);
        self.parts(|sink| array(&mut cursor, 0, sink))
    }

    /// `annotations_directory_item`.
    fn annotations(&mut self, offset: usize) -> Step {
        let mut cursor = Cursor::new(self.dex.bytes, offset);
        let class = cursor.size()?;
        if class != 0 {
            self.line(format_args!(" annotations of the class"));
            self.annotation_set(class)?;
        }
        let counts = [cursor.u32()?, cursor.u32()?, cursor.u32()?];
        for (count, of) in counts.into_iter().zip(["field", "method", "parameters of method"]) {
            for _ in 0..count {
                let (index, offset) = (cursor.u32()?, cursor.size()?);
                self.line(format_args!(" annotations of {of} {index}"));
                if of != "parameters of method" {
                    self.annotation_set(offset)?;
                    continue;
                }
                let mut list = Cursor::new(self.dex.bytes, offset);
                for _ in 0..list.u32()? {
                    let set = list.size()?;
                    self.line(format_args!("  parameter"));
                    if set != 0 {
                        self.annotation_set(set)?;
                    }
                    self.bound()?;
                }
            }
        }
        Ok(())
    }

    fn annotation_set(&mut self, offset: usize) -> Step {
        let mut set = Cursor::new(self.dex.bytes, offset);
        for _ in 0..set.u32()? {
            let mut cursor = Cursor::new(self.dex.bytes, set.size()?);
            let visibility = cursor.u8()?;
            self.line(format_args!("  annotation {visibility}"));
            self.parts(|sink| annotation(&mut cursor, 0, sink))?;
            self.bound()?;
        }
        Ok(())
    }

    /// One line: raw bytes in hexadecimal, strings as text.
    fn parts(
        &mut self,
        walk: impl FnOnce(&mut dyn FnMut(Part) -> Result<(), DexError>) -> Result<(), DexError>,
    ) -> Step {
        self.bound()?;
        self.out.push_str("   ");
        let (dex, mut line) = (self.dex, String::new());
        let raw = |range: Range<usize>| hex::lower(dex.bytes.get(range).unwrap_or_default());
        let room = limits::DUMP_BYTES.saturating_mul(2);
        let used = self.out.len();
        let walked = walk(&mut |part| {
            match part {
                Part::Raw(range) | Part::Opcode(range) => line.push_str(&raw(range)),
                Part::Value(_, index) => {
                    let _ = write!(line, " value {} ", self.text(index)?);
                }
                Part::Name(_, index) | Part::NamePlus1(_, Some(index)) => {
                    let _ = write!(line, " {} ", self.text(index)?);
                }
                Part::NamePlus1(_, None) => line.push_str(" - "),
            }
            if used.saturating_add(line.len()) > room {
                return Err(dex.overlap("string_data_item"));
            }
            Ok(())
        });
        self.out.push_str(&line);
        self.out.push('\n');
        Ok(walked?)
    }
}

//! Qualifiers of a `Configuration` message, in the words that `arsc` has for the compiled form.
//!
//! Must not: decide which configuration a device would choose.

use super::AaptError;
use super::wire::{Field, Part, fields, text};
use crate::format::arsc::Config;

/// Bytes of a `ResTable_config` up to the numbering system of its locale.
const SIZE: usize = 64;

/// `default`, or the qualifiers joined with `-`; a product behind them, as no compiled table has one.
pub(super) fn qualifiers(bytes: &[u8], configuration: Option<&Part>) -> Result<String, AaptError> {
    let mut compiled = Compiled([0; SIZE]);
    compiled.put(0, 4, u32::try_from(SIZE).unwrap_or_default());
    let mut product = String::new();
    if let Some(part) = configuration {
        for field in fields(bytes, part) {
            let field = field?;
            match field.number {
                3 => compiled.locale(text(bytes, field.part()?)?),
                25 => text(bytes, field.part()?)?.clone_into(&mut product),
                1 | 2 | 4..=24 | 26 => compiled.set(&field)?,
                // What a later aapt2 knows has no word here, and no compiled form.
                _ => {}
            }
        }
    }
    let words = Config::new(&compiled.0).qualifiers();
    Ok(if product.is_empty() { words } else { format!("{words} for product {product}") })
}

/// The compiled form.
struct Compiled([u8; SIZE]);

impl Compiled {
    fn put(&mut self, at: usize, size: usize, value: u32) {
        for (to, byte) in self.0.iter_mut().skip(at).take(size).zip(value.to_le_bytes()) {
            *to = byte;
        }
    }

    fn add(&mut self, at: usize, bits: u8) {
        if let Some(byte) = self.0.get_mut(at) {
            *byte |= bits;
        }
    }

    /// A qualifier that is a number. Names of enumerations are those of the proto file; the bits those of `ResTable_config`.
    fn set(&mut self, field: &Field) -> Result<(), AaptError> {
        let value = field.u32()?;
        let small = u8::try_from(value).unwrap_or(u8::MAX);
        // Of two values the first, then the second: bits as the compiled form has them.
        let either = |one: u8, two: u8| match value {
            1 => one,
            2 => two,
            _ => 0,
        };
        match field.number {
            1 => self.put(4, 2, value),
            2 => self.put(6, 2, value),
            4 => self.add(28, either(0x40, 0x80)),
            5 => self.put(20, 2, value),
            6 => self.put(22, 2, value),
            7 => self.put(32, 2, value),
            8 => self.put(34, 2, value),
            9 => self.put(30, 2, value),
            10 => self.add(28, small & 0x0f),
            11 => self.add(28, either(0x20, 0x10)),
            12 => self.add(48, either(2, 1)),
            13 => self.add(49, either(2, 1)),
            14 => self.add(49, either(8, 4)),
            15 => self.add(12, small),
            16 => self.add(29, small & 0x0f),
            17 => self.add(29, either(0x20, 0x10)),
            18 => self.put(14, 2, value),
            19 => self.add(13, small),
            20 => self.add(18, small & 0x03),
            21 => self.add(16, small),
            22 => self.add(18, either(4, 8)),
            23 => self.add(17, small),
            24 => self.put(24, 2, value),
            26 => self.add(19, small & 0x03),
            _ => {}
        }
        Ok(())
    }

    /// A BCP 47 tag: language, script, region, variant, and `u-nu` with a numbering system.
    fn locale(&mut self, tag: &str) {
        let mut parts = tag.split('-');
        self.code(8, parts.next().unwrap_or_default(), b'a');
        while let Some(part) = parts.next() {
            match part.len() {
                1 => {
                    let numbering = parts.by_ref().skip_while(|part| *part != "nu").nth(1);
                    self.ascii(53, 8, numbering.unwrap_or_default());
                }
                4 if part.starts_with(|c: char| c.is_ascii_alphabetic()) => self.ascii(36, 4, part),
                2 | 3 => self.code(10, part, b'0'),
                _ => self.ascii(40, 8, part),
            }
        }
    }

    fn ascii(&mut self, at: usize, size: usize, part: &str) {
        for (to, byte) in self.0.iter_mut().skip(at).take(size).zip(part.bytes()) {
            *to = byte;
        }
    }

    /// `packLanguageOrRegion`: two letters, or three packed into 15 bits.
    fn code(&mut self, at: usize, part: &str, base: u8) {
        if let [first, second, third] = part.as_bytes() {
            let [first, second, third] = [first, second, third].map(|letter| letter.wrapping_sub(base) & 0x1f);
            self.add(at, 0x80 | third << 2 | second >> 3);
            self.add(at + 1, second << 5 | first);
        } else {
            self.ascii(at, 2, part);
        }
    }
}

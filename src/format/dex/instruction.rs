//! Instructions ("Dalvik bytecode", "Instruction formats"): how long each is, which register it writes, where it may
//! go next. Payloads (`packed-switch-payload` and its like) are instructions here, for they have a length.
//!
//! Must not: know registers' contents.

use super::DexError;

/// What an instruction writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Write {
    /// No register.
    Nothing,
    /// One register.
    One(u16),
    /// A register and the one behind it.
    Pair(u16),
}

/// One instruction, or one payload.
#[derive(Debug, Clone, Copy)]
pub(super) struct Instruction<'a> {
    /// Where it is in the code, in units of two bytes.
    pub(super) at: usize,
    /// Its bytes.
    pub(super) bytes: &'a [u8],
}

pub(super) const CONST_STRING: u8 = 0x1a;
pub(super) const CONST_STRING_JUMBO: u8 = 0x1b;

/// Units of each instruction by its opcode; 0 where the format has none (or only optimised files have one).
const UNITS: [u8; 256] = units();

const fn units() -> [u8; 256] {
    let mut table = [0; 256];
    let ranges: [(usize, usize, u8); 45] = [
        (0x00, 0x01, 1),
        (0x02, 0x02, 2),
        (0x03, 0x03, 3),
        (0x04, 0x04, 1),
        (0x05, 0x05, 2),
        (0x06, 0x06, 3),
        (0x07, 0x07, 1),
        (0x08, 0x08, 2),
        (0x09, 0x09, 3),
        (0x0a, 0x12, 1),
        (0x13, 0x13, 2),
        (0x14, 0x14, 3),
        (0x15, 0x16, 2),
        (0x17, 0x17, 3),
        (0x18, 0x18, 5),
        (0x19, 0x1a, 2),
        (0x1b, 0x1b, 3),
        (0x1c, 0x1c, 2),
        (0x1d, 0x1e, 1),
        (0x1f, 0x20, 2),
        (0x21, 0x21, 1),
        (0x22, 0x23, 2),
        (0x24, 0x26, 3),
        (0x27, 0x28, 1),
        (0x29, 0x29, 2),
        (0x2a, 0x2c, 3),
        (0x2d, 0x31, 2),
        (0x32, 0x37, 2),
        (0x38, 0x3d, 2),
        (0x44, 0x51, 2),
        (0x52, 0x5f, 2),
        (0x60, 0x6d, 2),
        (0x6e, 0x72, 3),
        (0x74, 0x78, 3),
        (0x7b, 0x8f, 1),
        (0x90, 0xaf, 2),
        (0xb0, 0xcf, 1),
        (0xd0, 0xd7, 2),
        (0xd8, 0xe2, 2),
        (0xfa, 0xfb, 4),
        (0xfc, 0xfc, 3),
        (0xfd, 0xfd, 3),
        (0xfe, 0xfe, 2),
        (0xff, 0xff, 2),
        (0x00, 0x00, 1),
    ];
    let mut index = 0;
    while index < ranges.len() {
        let (mut opcode, last, units) = ranges[index];
        while opcode <= last {
            table[opcode] = units;
            opcode += 1;
        }
        index += 1;
    }
    table
}

/// The instructions of a `code_item`'s `insns`; `offset` is where these begin in the file.
pub(super) fn instructions(code: &[u8], offset: usize) -> impl Iterator<Item = Result<Instruction<'_>, DexError>> {
    let mut at = 0usize;
    let mut failed = false;
    std::iter::from_fn(move || {
        let rest = code.get(at..).filter(|rest| !rest.is_empty() && !failed)?;
        let here = at;
        let found = length(rest).and_then(|length| rest.get(..length));
        let Some(bytes) = found else {
            failed = true;
            let start = rest.get(..2.min(rest.len())).unwrap_or_default();
            let found = format!("{start:02x?} and {} bytes to the end of the code", rest.len());
            return Some(Err(DexError::malformed(offset.saturating_add(here), "an instruction of the format", found)));
        };
        at = at.saturating_add(bytes.len());
        Some(Ok(Instruction { at: here / 2, bytes }))
    })
}

/// Bytes of the instruction at the start of `rest`.
fn length(rest: &[u8]) -> Option<usize> {
    let opcode = *rest.first()?;
    let second = *rest.get(1)?;
    let half = |at: usize| Some(usize::from(u16::from_le_bytes([*rest.get(at)?, *rest.get(at + 1)?])));
    if opcode != 0 || second == 0 {
        return match UNITS.get(usize::from(opcode)) {
            Some(0) | None => None,
            Some(units) => Some(usize::from(*units) * 2),
        };
    }
    match second {
        // packed-switch-payload: ident, size, first_key, targets.
        1 => half(2)?.checked_mul(4)?.checked_add(8),
        // sparse-switch-payload: ident, size, keys, targets.
        2 => half(2)?.checked_mul(8)?.checked_add(4),
        // fill-array-data-payload: ident, element_width, size, data padded to two bytes.
        3 => {
            let elements = half(4)?.checked_add(half(6)?.checked_mul(0x1_0000)?)?;
            elements.checked_mul(half(2)?)?.checked_add(9).map(|bytes| bytes & !1)
        }
        // A nop whose other byte is set: the format has no such instruction.
        _ => None,
    }
}

impl Instruction<'_> {
    /// A payload, which is never run.
    pub(super) fn is_payload(&self) -> bool {
        self.opcode() == 0 && self.byte(1) != 0
    }

    pub(super) fn opcode(&self) -> u8 {
        self.byte(0)
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// A unit of the instruction.
    pub(super) fn unit(&self, index: usize) -> u16 {
        u16::from_le_bytes([self.byte(index * 2), self.byte(index * 2 + 1)])
    }

    fn word(&self, index: usize) -> u32 {
        u32::from(self.unit(index)) | u32::from(self.unit(index + 1)) << 16
    }

    /// The string of a `const-string` or `const-string/jumbo`.
    pub(super) fn string(&self) -> Option<u32> {
        match self.opcode() {
            CONST_STRING => Some(u32::from(self.unit(1))),
            CONST_STRING_JUMBO => Some(self.word(1)),
            _ => None,
        }
    }

    /// Source and destination of a `move-object`.
    pub(super) fn object_move(&self) -> Option<(u16, u16)> {
        let high = u16::from(self.byte(1));
        match self.opcode() {
            0x07 => Some((high & 0xf, high >> 4)),
            0x08 => Some((high, self.unit(1))),
            0x09 => Some((self.unit(1), self.unit(2))),
            _ => None,
        }
    }

    /// The register that is written.
    #[expect(clippy::match_same_arms, reason = "in the order of the opcodes, and of their formats")]
    pub(super) fn writes(&self) -> Write {
        let wide = u16::from(self.byte(1));
        let narrow = wide & 0xf;
        match self.opcode() {
            0x01 | 0x07 | 0x12 | 0x20 | 0x21 | 0x23 | 0x52 | 0x54..=0x58 => Write::One(narrow),
            0x04 | 0x53 => Write::Pair(narrow),
            0x02 | 0x08 | 0x0a | 0x0c | 0x0d | 0x13..=0x15 | 0x1a..=0x1c | 0x1f | 0x22 | 0x2d..=0x31 => {
                Write::One(wide)
            }
            0x05 | 0x0b | 0x16..=0x19 | 0x45 | 0x61 => Write::Pair(wide),
            0x03 | 0x09 => Write::One(self.unit(1)),
            0x06 => Write::Pair(self.unit(1)),
            0x44 | 0x46..=0x4a | 0x60 | 0x62..=0x66 | 0xd8..=0xe2 | 0xfe | 0xff => Write::One(wide),
            0x7d | 0x7e | 0x80 | 0x81 | 0x83 | 0x86 | 0x88 | 0x89 | 0x8b => Write::Pair(narrow),
            0xbb..=0xc5 | 0xcb..=0xcf => Write::Pair(narrow),
            0x7b..=0x8f | 0xb0..=0xcf | 0xd0..=0xd7 => Write::One(narrow),
            0x9b..=0xa5 | 0xab..=0xaf => Write::Pair(wide),
            0x90..=0xaf => Write::One(wide),
            _ => Write::Nothing,
        }
    }

    /// The registers that are read, in the order of the operands; of a wide value the first.
    pub(super) fn reads(&self) -> Vec<u16> {
        let wide = u16::from(self.byte(1));
        let (low, high) = (wide & 0xf, wide >> 4);
        let (second, third) = (u16::from(self.byte(2)), u16::from(self.byte(3)));
        match self.opcode() {
            0x01 | 0x04 | 0x07 | 0x20 | 0x21 | 0x23 | 0x52..=0x58 | 0x7b..=0x8f | 0xd0..=0xd7 => vec![high],
            0x02 | 0x05 | 0x08 => vec![self.unit(1)],
            0x03 | 0x06 | 0x09 => vec![self.unit(2)],
            0x0f..=0x11 | 0x1d..=0x1f | 0x26 | 0x27 | 0x2b | 0x2c | 0x38..=0x3d | 0x67..=0x6d => vec![wide],
            0x32..=0x37 | 0x59..=0x5f | 0xb0..=0xcf => vec![low, high],
            0x2d..=0x31 | 0x44..=0x4a | 0x90..=0xaf => vec![second, third],
            0x4b..=0x51 => vec![wide, second, third],
            0xd8..=0xe2 => vec![second],
            0x24 | 0x6e..=0x72 | 0xfa | 0xfc => self.listed(),
            0x25 | 0x74..=0x78 | 0xfb | 0xfd => self.ranged(),
            _ => Vec::new(),
        }
    }

    /// Whether it may throw, so that a handler sees the registers as they are before it.
    pub(super) fn may_throw(&self) -> bool {
        !self.is_payload()
            && !matches!(self.opcode(), 0x00..=0x19 | 0x28..=0x2a | 0x2b..=0x3d | 0x7b..=0x92 | 0x95..=0x9d | 0xa0..=0xb2)
            && !matches!(self.opcode(), 0xb5..=0xbd | 0xc0..=0xd2 | 0xd5..=0xda | 0xdd..=0xe2)
    }

    /// Registers of the format 35c: up to five.
    fn listed(&self) -> Vec<u16> {
        let (high, packed) = (u16::from(self.byte(1)), self.unit(2));
        let all = [packed & 0xf, packed >> 4 & 0xf, packed >> 8 & 0xf, packed >> 12, high & 0xf];
        all.into_iter().take(usize::from(high >> 4)).collect()
    }

    /// Registers of the format 3rc: so many from one on.
    fn ranged(&self) -> Vec<u16> {
        (0..u16::from(self.byte(1))).map(|index| self.unit(2).wrapping_add(index)).collect()
    }

    /// The next instruction is reached from this one: no return, throw, goto or payload.
    pub(super) fn falls_through(&self) -> bool {
        !self.is_payload() && !matches!(self.opcode(), 0x0e..=0x11 | 0x27..=0x2a)
    }

    /// Where a goto or if may go, or where the payload of a switch is, as distance in units.
    pub(super) fn branch(&self) -> Option<i32> {
        #[expect(clippy::cast_possible_wrap, reason = "the format has signed distances in these bits")]
        match self.opcode() {
            0x28 => Some(i32::from(self.byte(1) as i8)),
            0x29 | 0x32..=0x3d => Some(i32::from(self.unit(1) as i16)),
            0x2a..=0x2c => Some(self.word(1) as i32),
            _ => None,
        }
    }

    /// The field of an `iget-object` or `sget-object`.
    pub(super) fn field(&self) -> Option<u16> {
        matches!(self.opcode(), 0x54 | 0x62).then(|| self.unit(1))
    }

    /// An `sget-object`.
    pub(super) fn is_static_read(&self) -> bool {
        self.opcode() == 0x62
    }

    /// Takes one String to where it is found later: `sput-object` and `return-object`.
    pub(super) fn hands_on(&self) -> bool {
        matches!(self.opcode(), 0x11 | 0x69)
    }

    /// The field of an `iput-object` or `sput-object`.
    pub(super) fn stored_field(&self) -> Option<u16> {
        matches!(self.opcode(), 0x5b | 0x69).then(|| self.unit(1))
    }

    /// The number that it puts into one register; 0 is also null.
    #[expect(clippy::cast_possible_wrap, reason = "the format has signed numbers in these bits")]
    pub(super) fn number(&self) -> Option<i32> {
        match self.opcode() {
            0x12 => Some(i32::from(self.byte(1) as i8 >> 4)),
            0x13 => Some(i32::from(self.unit(1) as i16)),
            0x14 => Some(self.word(1) as i32),
            0x15 => Some(i32::from(self.unit(1) as i16) << 16),
            _ => None,
        }
    }

    /// Its result is text, or may be: a constant, a copy, a field, the result of a call; or it is a number. `flow` tells
    /// these apart.
    pub(super) fn is_followed(&self) -> bool {
        self.string().is_some()
            || self.object_move().is_some()
            || matches!(self.opcode(), 0x0c | 0x12..=0x15 | 0x54 | 0x62)
    }

    /// A `move-result` of any kind, which must follow its call directly.
    pub(super) fn is_move_result(&self) -> bool {
        matches!(self.opcode(), 0x0a..=0x0c)
    }

    /// A `check-cast`, after which its register holds what it held.
    pub(super) fn is_check_cast(&self) -> bool {
        self.opcode() == 0x1f
    }

    /// An `if-eqz` or `if-nez`, which only asks whether there is anything.
    pub(super) fn asks_for_null(&self) -> bool {
        matches!(self.opcode(), 0x38 | 0x39)
    }

    /// A `packed-switch` or `sparse-switch`, whose branch is its payload.
    pub(super) fn is_switch(&self) -> bool {
        matches!(self.opcode(), 0x2b | 0x2c)
    }

    /// Where the payload of a `fill-array-data` is, as distance in units.
    pub(super) fn array_payload(&self) -> Option<i32> {
        #[expect(clippy::cast_possible_wrap, reason = "the format has a signed distance in these bits")]
        (self.opcode() == 0x26).then(|| self.word(1) as i32)
    }

    /// The targets in a switch payload: the byte where they begin, and their distances from the switch in units.
    pub(super) fn payload_table(&self) -> (usize, Vec<i32>) {
        let size = usize::from(self.unit(1));
        let first = match self.byte(1) {
            1 => 4,
            2 => size.saturating_mul(2).saturating_add(2),
            _ => return (self.bytes.len(), Vec::new()),
        };
        #[expect(clippy::cast_possible_wrap, reason = "the format has signed distances in these bits")]
        let targets = (0..size).map(|index| self.word(first.saturating_add(index * 2)) as i32).collect();
        (first.saturating_mul(2), targets)
    }

    /// The `method_id` of an invoke of any kind but `invoke-custom`, and the proto of `invoke-polymorphic`.
    pub(super) fn invoke(&self) -> Option<Invoke> {
        let opcode = self.opcode();
        if !matches!(opcode, 0x6e..=0x72 | 0x74..=0x78 | 0xfa | 0xfb) {
            return None;
        }
        Some(Invoke {
            method: self.unit(1),
            is_static: matches!(opcode, 0x71 | 0x77),
            is_decided: matches!(opcode, 0x70 | 0x71 | 0x76 | 0x77),
            proto: matches!(opcode, 0xfa | 0xfb).then(|| self.unit(3)),
        })
    }
}

/// A call.
#[derive(Debug)]
pub(super) struct Invoke {
    pub(super) method: u16,
    pub(super) is_static: bool,
    /// A static or private method, or a constructor: no subclass has another one.
    pub(super) is_decided: bool,
    pub(super) proto: Option<u16>,
}

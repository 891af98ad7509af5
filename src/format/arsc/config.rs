//! Configurations (`ResTable_config`) and their qualifier strings, in the order and spelling of
//! `ResTable_config::toString`, which is what aapt2 prints.
//!
//! Must not: decide which configuration a device would choose.

use std::fmt::Write as _;

use crate::format::chunk::{read_u16, read_u32};

/// The raw bytes of a `ResTable_config`, its `size` word included. Fields beyond its size are zero, as in Android.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Config<'a> {
    bytes: &'a [u8],
}

impl<'a> Config<'a> {
    /// From the place of the `size` word on; a size beyond the bytes ends with them.
    pub fn new(bytes: &'a [u8]) -> Self {
        let size = read_u32(bytes, 0).map_or(0, |size| size as usize).min(bytes.len());
        Self { bytes: bytes.get(..size).unwrap_or_default() }
    }

    /// The configuration without qualifiers.
    pub fn is_default(&self) -> bool {
        self.bytes.get(4..).unwrap_or_default().iter().all(|byte| *byte == 0)
    }

    /// `default`, or the qualifiers joined with `-`: `en-rUS`, `sw600dp-land`, `b+sr+Latn`, `v21`.
    pub fn qualifiers(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut add = |part: String| {
            if !part.is_empty() {
                parts.push(part);
            }
        };
        let number = |value: u16, before: &str, after: &str| match value {
            0 => String::new(),
            _ => format!("{before}{value}{after}"),
        };
        add(number(self.u16(4), "mcc", ""));
        add(number(self.u16(6), "mnc", ""));
        add(self.locale());
        add(choose(self.u8(19), 0x03, &[(1, "neuter"), (2, "feminine"), (3, "masculine")], ""));
        add(choose(self.u8(28), 0xc0, &[(0x40, "ldltr"), (0x80, "ldrtl")], "layoutDir="));
        add(number(self.u16(30), "sw", "dp"));
        add(number(self.u16(32), "w", "dp"));
        add(number(self.u16(34), "h", "dp"));
        let sizes = [(1, "small"), (2, "normal"), (3, "large"), (4, "xlarge")];
        add(choose(self.u8(28), 0x0f, &sizes, "screenLayoutSize="));
        add(choose(self.u8(28), 0x30, &[(0x10, "notlong"), (0x20, "long")], "screenLayoutLong="));
        add(choose(self.u8(48), 0x03, &[(1, "notround"), (2, "round")], "screenRound="));
        add(choose(self.u8(49), 0x03, &[(1, "nowidecg"), (2, "widecg")], "wideColorGamut="));
        add(choose(self.u8(49), 0x0c, &[(4, "lowdr"), (8, "highdr")], "hdr="));
        add(choose(self.u8(12), 0xff, &[(1, "port"), (2, "land"), (3, "square")], "orientation="));
        let modes = [(2, "desk"), (3, "car"), (4, "television"), (5, "appliance"), (6, "watch"), (7, "vrheadset")];
        add(choose(self.u8(29), 0x0f, &modes, "uiModeType="));
        add(choose(self.u8(29), 0x30, &[(0x10, "notnight"), (0x20, "night")], "uiModeNight="));
        add(self.density());
        add(choose(self.u8(13), 0xff, &[(1, "notouch"), (2, "stylus"), (3, "finger")], "touchscreen="));
        let hidden = [(1, "keysexposed"), (2, "keyshidden"), (3, "keyssoft")];
        add(choose(self.u8(18), 0x03, &hidden, ""));
        add(choose(self.u8(16), 0xff, &[(1, "nokeys"), (2, "qwerty"), (3, "12key")], "keyboard="));
        add(choose(self.u8(18), 0x0c, &[(4, "navexposed"), (8, "navhidden")], "inputFlagsNavHidden="));
        let navigations = [(1, "nonav"), (2, "dpad"), (3, "trackball"), (4, "wheel")];
        add(choose(self.u8(17), 0xff, &navigations, "navigation="));
        if self.u16(20) != 0 || self.u16(22) != 0 {
            add(format!("{}x{}", self.u16(20), self.u16(22)));
        }
        match (self.u16(24), self.u16(26)) {
            (0, 0) => {}
            (sdk, 0) => add(format!("v{sdk}")),
            (sdk, minor) => add(format!("v{sdk}.{minor}")),
        }
        if !parts.is_empty() {
            return parts.join("-");
        }
        if self.is_default() {
            return "default".to_owned();
        }
        // Fields that have no name must not pass for the default.
        let mut text = String::from("unknown=");
        for byte in self.bytes.get(4..).unwrap_or_default() {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    fn u8(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn u16(&self, at: usize) -> u16 {
        read_u16(self.bytes, at).unwrap_or(0)
    }

    fn ascii(&self, at: usize, size: usize) -> String {
        let field = self.bytes.get(at..at + size).unwrap_or_default();
        field.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte)).collect()
    }

    /// `appendDirLocale`: the old form, or `b+` with script, variant and numbering system.
    fn locale(&self) -> String {
        let language = self.code(8, b'a');
        if language.is_empty() {
            return String::new();
        }
        let region = self.code(10, b'0');
        let computed = self.u8(52) != 0;
        let script = if computed { String::new() } else { self.ascii(36, 4) };
        let (variant, numbering) = (self.ascii(40, 8), self.ascii(53, 8));
        if script.is_empty() && variant.is_empty() && numbering.is_empty() {
            return if region.is_empty() { language } else { format!("{language}-r{region}") };
        }
        let mut out = format!("b+{language}");
        for part in [script, region, variant].iter().filter(|part| !part.is_empty()) {
            out.push('+');
            out.push_str(part);
        }
        if !numbering.is_empty() {
            out.push_str("+u+nu+");
            out.push_str(&numbering);
        }
        out
    }

    /// `unpackLanguageOrRegion`: two letters, or three packed into 15 bits.
    fn code(&self, at: usize, base: u8) -> String {
        let (first, second) = (self.u8(at), self.u8(at + 1));
        if first & 0x80 == 0 {
            return self.ascii(at, 2);
        }
        let letters = [second & 0x1f, (second >> 5) + ((first & 0x03) << 3), (first & 0x7c) >> 2];
        letters.iter().map(|letter| char::from(base.saturating_add(*letter))).collect()
    }

    fn density(&self) -> String {
        match self.u16(14) {
            0 => String::new(),
            120 => "ldpi".to_owned(),
            160 => "mdpi".to_owned(),
            213 => "tvdpi".to_owned(),
            240 => "hdpi".to_owned(),
            320 => "xhdpi".to_owned(),
            480 => "xxhdpi".to_owned(),
            640 => "xxxhdpi".to_owned(),
            0xffff => "nodpi".to_owned(),
            0xfffe => "anydpi".to_owned(),
            other => format!("{other}dpi"),
        }
    }
}

/// The name of a field's value; a value without a name is written as a number behind `unknown`, when that is given.
fn choose(field: u8, mask: u8, names: &[(u8, &str)], unknown: &str) -> String {
    let value = field & mask;
    match names.iter().find(|(number, _)| *number == value) {
        Some((_, name)) => (*name).to_owned(),
        None if value == 0 || unknown.is_empty() => String::new(),
        None => format!("{unknown}{value}"),
    }
}

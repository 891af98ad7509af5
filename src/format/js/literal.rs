//! Strings and templates (ECMA-262, sections 12.9.4 and 12.9.6): what they mean, and how a text is written as one.
//!
//! Must not: look outside the literal.

use std::fmt::Write;
use std::ops::Range;

/// A decoded literal, and where its parts came from.
pub(super) struct Decoded {
    /// The text. A surrogate without its other half has none and becomes U+FFFD.
    pub text: String,
    /// Where escapes begin and end: offset in the text, offset in what was decoded.
    marks: Vec<(usize, usize)>,
    /// The file was no UTF-8 there, so that offsets in the text mean nothing.
    pub lossy: bool,
}

impl Decoded {
    /// The bytes, as they are written, of a range of the text that begins and ends between characters.
    pub fn written(&self, range: Range<usize>) -> Range<usize> {
        // At an empty piece (a line continuation) the range keeps to the inside of it.
        let start = self.marks.partition_point(|&(text, _)| text <= range.start).checked_sub(1);
        let start = start.and_then(|index| self.marks.get(index));
        let start = start.map_or(range.start, |&(text, raw)| raw + (range.start - text));
        let last = self.marks.partition_point(|&(text, _)| text < range.end);
        let end = match self.marks.get(last) {
            Some(&(text, raw)) if text == range.end => raw,
            _ => match last.checked_sub(1).and_then(|index| self.marks.get(index)) {
                Some(&(text, raw)) => raw + (range.end - text),
                None => range.end,
            },
        };
        start..end.max(start)
    }
}

/// Decodes what stands between the quotes or backquotes.
pub(super) fn decode(raw: &[u8], template: bool) -> Decoded {
    let mut out = Decoded { text: String::with_capacity(raw.len()), marks: Vec::new(), lossy: false };
    let (mut at, mut plain) = (0, 0);
    while at < raw.len() {
        let special = match raw.get(at) {
            Some(b'\\') => true,
            Some(b'\r') => template,
            _ => false,
        };
        if !special {
            at += 1;
            continue;
        }
        out.plain(raw.get(plain..at).unwrap_or_default());
        out.marks.push((out.text.len(), at));
        at += out.escape(raw.get(at..).unwrap_or_default());
        out.marks.push((out.text.len(), at));
        plain = at;
    }
    out.plain(raw.get(plain..).unwrap_or_default());
    out
}

/// Decodes one escape at the start of `raw`: its text and its length.
pub(super) fn escape(raw: &[u8]) -> (String, usize) {
    let mut out = Decoded { text: String::new(), marks: Vec::new(), lossy: false };
    let len = out.escape(raw);
    (out.text, len)
}

impl Decoded {
    fn plain(&mut self, raw: &[u8]) {
        let text = String::from_utf8_lossy(raw);
        self.lossy |= matches!(text, std::borrow::Cow::Owned(_));
        self.text.push_str(&text);
    }

    /// Decodes one escape, or a line end of a template, and says how many bytes it takes.
    fn escape(&mut self, raw: &[u8]) -> usize {
        let Some(&second) = raw.get(1) else {
            self.text.push(if raw.first() == Some(&b'\r') { '\n' } else { '\\' });
            return 1;
        };
        if raw.first() == Some(&b'\r') {
            self.text.push('\n');
            return if second == b'\n' { 2 } else { 1 };
        }
        let simple = match second {
            b'b' => '\u{8}',
            b't' => '\t',
            b'n' => '\n',
            b'v' => '\u{b}',
            b'f' => '\u{c}',
            b'r' => '\r',
            b'\r' => return if raw.get(2) == Some(&b'\n') { 3 } else { 2 },
            b'\n' => return 2,
            b'x' => match hex(raw.get(2..4)) {
                Some(value) => return self.unit(value, 4, raw),
                None => 'x',
            },
            b'u' => match unicode(raw) {
                Some((value, len)) => return self.unit(value, len, raw),
                None => 'u',
            },
            b'0'..=b'7' => {
                // Legacy octal (annex B.1.2): at most \377.
                let digits = if second <= b'3' { 3 } else { 2 };
                let digits = raw.iter().skip(1).take(digits).take_while(|byte| matches!(byte, b'0'..=b'7'));
                let (value, len) =
                    digits.fold((0, 1), |(value, len), byte| (value * 8 + u32::from(byte - b'0'), len + 1));
                return self.unit(value, len, raw);
            }
            // A line continuation with LS or PS.
            0xe2 if matches!(raw.get(2..4), Some([0x80, 0xa8 | 0xa9])) => return 4,
            // Any other character is itself; one above ASCII is plain text behind the backslash.
            0x80.. => return 1,
            byte => char::from(byte),
        };
        self.text.push(simple);
        2
    }

    fn unit(&mut self, value: u32, len: usize, raw: &[u8]) -> usize {
        if (0xd800..0xdc00).contains(&value)
            && let Some((low, more)) = raw.get(len..).and_then(unicode)
            && (0xdc00..0xe000).contains(&low)
        {
            let pair = 0x1_0000 + ((value - 0xd800) << 10) + (low - 0xdc00);
            self.text.push(char::from_u32(pair).unwrap_or('\u{fffd}'));
            return len + more;
        }
        self.text.push(char::from_u32(value).unwrap_or('\u{fffd}'));
        len
    }
}

fn hex(digits: Option<&[u8]>) -> Option<u32> {
    let digits = std::str::from_utf8(digits?).ok()?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}

/// `\u` and four hexadecimal digits, or `\u{...}`, at the start of `raw`: the value and the length.
pub(super) fn unicode(raw: &[u8]) -> Option<(u32, usize)> {
    let rest = raw.strip_prefix(b"\\u")?;
    if let Some(rest) = rest.strip_prefix(b"{") {
        // Longer ones than any character needs are leading zeros; nobody writes those.
        let len = rest.iter().take(16).position(|&byte| byte == b'}')?;
        return Some((hex(rest.get(..len))?, len + 4));
    }
    Some((hex(rest.get(..4))?, 6))
}

/// Writes a text to stand between `quote`s, in ASCII: so it reads the same in a file of any encoding, and what is written does not
/// depend on what the file holds besides.
///
/// `</script` and `<!--` are broken up with a backslash, which means nothing to JavaScript: the file may be inlined in
/// HTML, where they would end the script or hide its end (HTML, section 4.12.1.3).
pub(super) fn encode(text: &str, quote: u8) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let rest = text.get(at + c.len_utf8()..).unwrap_or_default();
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' | '\u{7f}' => {
                let _ = write!(out, "\\x{:02x}", u32::from(c));
            }
            '$' if quote == b'`' && rest.starts_with('{') => out.push_str("\\$"),
            '<' if rest.get(..7).is_some_and(|tag| tag.eq_ignore_ascii_case("/script")) || rest.starts_with("!--") => {
                out.push_str("<\\");
            }
            _ if u32::from(c) == u32::from(quote) => out.extend(['\\', c]),
            _ if !c.is_ascii() => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            _ => out.push(c),
        }
    }
    out
}

//! Whether a file can hold a name at all, escaped, cut into pieces or as it is: what spares cutting tokens of the files that do not.
//!
//! A name that does not stand there plainly has an escape in it (`"\x4eAME"`, `\u004eAME`, in JSON within a string `"\\u004eAME"`)
//! or is put together (`"NA" + "ME"`). What comes first of these stands behind letters of the name that are written plainly, so only
//! backslashes and quotes are looked at, and only there the rest of the name is read character by character.
//!
//! Must not: say that a name is missing where it may be there.

use memchr::{memchr, memchr_iter, memchr3, memchr3_iter, memmem};

use super::literal;

/// Whether the name may stand in the file. What this denies is true; what it affirms need not be.
pub(super) fn may_hold(bytes: &[u8], name: &str) -> bool {
    may_hold_before(bytes, bytes.len(), name)
}

/// Whether the name may stand in the file, beginning before a byte.
pub(super) fn may_hold_before(bytes: &[u8], end: usize, name: &str) -> bool {
    let within = bytes.get(..end).unwrap_or(bytes);
    if memmem::find(within, name.as_bytes()).is_some() {
        return true;
    }
    if !name.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\'' | b'`' | b'\\')) {
        // What is written in many ways, or with what ends a string.
        return memchr3(b'\\', b'\r', b'+', within).is_some();
    }
    if memchr_iter(b'\\', within).any(|at| continues(bytes, at, name)) {
        return true;
    }
    // Pieces need a sign between them.
    memchr(b'+', bytes).is_some() && memchr3_iter(b'"', b'\'', b'`', within).any(|at| continues(bytes, at, name))
}

/// Whether the name goes on at an escape or at the end of a string, behind its letters that are written plainly before.
fn continues(bytes: &[u8], at: usize, name: &str) -> bool {
    let before = bytes.get(..at).unwrap_or_default();
    let is_end = bytes.get(at) != Some(&b'\\');
    // Of the end of a string that nothing of the name stands before, nothing is known.
    let first = usize::from(is_end);
    let mut heads =
        (first..name.len()).filter(|&len| name.get(..len).is_some_and(|head| before.ends_with(head.as_bytes())));
    heads.any(|len| {
        let rest = name.get(len..).unwrap_or_default();
        [false, true].into_iter().any(|json| reads(Text { bytes, at, left: READ }, rest, json))
    })
}

/// Whether what stands there may read as this text; with `json`, read once more as JSON.
fn reads(mut text: Text<'_>, wanted: &str, json: bool) -> bool {
    wanted.chars().all(|wanted| {
        let found = if json { text.json_character() } else { text.character() };
        found == Some(wanted) || text.left == 0
    })
}

/// Bytes that are read from an escape or a quote on; nobody writes a name over more of them, and what stands behind may be the name.
const READ: usize = 4096;

/// The inside of a string, and of those that are added to it.
#[derive(Clone, Copy)]
struct Text<'b> {
    bytes: &'b [u8],
    at: usize,
    /// How many more bytes are read.
    left: usize,
}

impl Text<'_> {
    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next character, behind line continuations and the ends of pieces; U+FFFD for any that is not ASCII.
    fn character(&mut self) -> Option<char> {
        loop {
            match *self.rest().first()? {
                b'\\' => {
                    let (text, len) = literal::escape(self.rest());
                    self.pass(len.max(1))?;
                    if let Some(found) = text.chars().next() {
                        return Some(found);
                    }
                    // Nothing is read from a line continuation, nor from a backslash before what is not ASCII.
                }
                b'"' | b'\'' | b'`' => self.next_piece()?,
                byte => {
                    self.pass(1)?;
                    return Some(if byte.is_ascii() { char::from(byte) } else { '\u{fffd}' });
                }
            }
        }
    }

    /// The next character of a JSON text.
    fn json_character(&mut self) -> Option<char> {
        match self.character()? {
            '\\' => match self.character()? {
                'u' => {
                    let mut value = 0;
                    for _ in 0..4 {
                        value = value * 16 + self.character()?.to_digit(16)?;
                    }
                    char::from_u32(value)
                }
                'b' | 'f' | 'n' | 'r' | 't' => Some('\u{fffd}'),
                itself => Some(itself),
            },
            plain => Some(plain),
        }
    }

    fn pass(&mut self, bytes: usize) -> Option<()> {
        self.at += bytes;
        self.left = self.left.saturating_sub(bytes);
        (self.left > 0).then_some(())
    }

    /// Goes from the quote that ends a string into the string that is added to it: `"NA" + ("ME")`.
    fn next_piece(&mut self) -> Option<()> {
        self.pass(1)?;
        self.skip(b')')?;
        if self.rest().first() != Some(&b'+') {
            return None;
        }
        self.pass(1)?;
        self.skip(b'(')?;
        if matches!(self.rest().first(), Some(b'"' | b'\'' | b'`')) { self.pass(1) } else { None }
    }

    /// Passes over blanks, comments and parentheses. What is not ASCII may be a blank.
    fn skip(&mut self, parenthesis: u8) -> Option<()> {
        while let Some(&byte) = self.rest().first() {
            let rest = self.rest().get(..self.left).unwrap_or(self.rest());
            let begins = |with: &&str| rest.starts_with(with.as_bytes());
            let len = if rest.starts_with(b"/*") {
                // From behind its beginning: `/*/` is no comment.
                memmem::find(rest.get(2..).unwrap_or_default(), b"*/").map_or(rest.len(), |at| at + 4)
            } else if ["//", "<!--", "-->"].iter().any(begins) {
                line_end(rest)
            } else if byte == parenthesis || byte.is_ascii_whitespace() || byte == 0xb || !byte.is_ascii() {
                1
            } else {
                return Some(());
            };
            self.pass(len)?;
        }
        None
    }
}

/// Where a line ends (ECMA-262, section 12.3).
fn line_end(bytes: &[u8]) -> usize {
    let ends = ["\n", "\r", "\u{2028}", "\u{2029}"];
    ends.iter().filter_map(|end| memmem::find(bytes, end.as_bytes())).min().unwrap_or(bytes.len())
}

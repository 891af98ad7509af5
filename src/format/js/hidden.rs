//! Whether a file can hold a name at all, escaped or not: what spares cutting tokens of the files that do not.
//!
//! Must not: say that a name is missing where it may be there.

use super::literal;

/// Whether the name may stand in the file. What this denies is true; what it affirms need not be.
pub(super) fn may_hold(bytes: &[u8], name: &str) -> bool {
    let Some(&first) = name.as_bytes().first() else { return true };
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')) {
        // Escapes of other characters are many; a file without a backslash or a carriage return has none.
        return bytes.iter().any(|byte| matches!(byte, b'\\' | b'\r')) || holds(bytes, name.as_bytes(), first);
    }
    if holds(bytes, name.as_bytes(), first) || holds_pieces(bytes, name.as_bytes()) {
        return true;
    }
    // The first escape within the name, with the letters that stand before it as they are.
    bytes.iter().enumerate().filter(|&(_, &byte)| byte == b'\\').any(|(at, _)| {
        let before = bytes.get(..at).unwrap_or_default();
        (0..name.len()).any(|plain| {
            let (head, rest) = name.split_at(plain);
            before.ends_with(head.as_bytes()) && (goes_on(bytes, at, rest, false) || goes_on(bytes, at, rest, true))
        })
    })
}

fn holds(bytes: &[u8], name: &[u8], first: u8) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&byte| byte == first) {
        rest = rest.get(at..).unwrap_or_default();
        if rest.starts_with(name) {
            return true;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}

/// Whether a string ends with the beginning of the name where another one is added: `"NA" + "ME"`.
fn holds_pieces(bytes: &[u8], name: &[u8]) -> bool {
    bytes.iter().enumerate().filter(|&(_, &byte)| byte == b'+').any(|(at, _)| {
        let before = bytes.get(..at).unwrap_or_default().trim_ascii_end();
        // Comments and parentheses may stand between: then it may be one.
        let Some((&quote, text)) = before.split_last() else { return false };
        match quote {
            b'"' | b'\'' | b'`' => (1..name.len()).any(|len| name.get(..len).is_some_and(|head| text.ends_with(head))),
            b'/' => text.ends_with(b"*"),
            b')' => text.trim_ascii_end().ends_with(b"\"") || text.trim_ascii_end().ends_with(b"'"),
            _ => false,
        }
    })
}

/// Whether what stands at `at` reads as this text; with `json`, read once more as JSON.
fn goes_on(bytes: &[u8], mut at: usize, text: &str, json: bool) -> bool {
    text.chars().all(|expected| match character(bytes, &mut at) {
        Some('\\') if json => {
            character(bytes, &mut at) == Some('u')
                && (0..4)
                    .try_fold(0, |value, _| Some(value * 16 + character(bytes, &mut at)?.to_digit(16)?))
                    .is_some_and(|value| value == u32::from(expected))
        }
        found => found == Some(expected),
    })
}

/// The next character, behind line continuations; U+FFFD for any that is not ASCII.
fn character(bytes: &[u8], at: &mut usize) -> Option<char> {
    loop {
        let rest = bytes.get(*at..)?;
        let &byte = rest.first()?;
        if byte != b'\\' {
            *at += 1;
            return Some(if byte.is_ascii() { char::from(byte) } else { '\u{fffd}' });
        }
        let (text, len) = literal::escape(rest);
        *at += len.max(1);
        if let Some(found) = text.chars().next() {
            return Some(found);
        }
        // Nothing is read from a line continuation, nor from a backslash before what is not ASCII.
    }
}

//! Forms (`application/x-www-form-urlencoded`) and HTTP Basic (RFC 7617), as clients of RFC 6749 send them.
//!
//! Must not: repeat what it read.

use zeroize::Zeroizing;

use crate::format::base64;

/// The members of a form. What cannot be decoded is no member; of two with one name, the first counts.
pub fn parse(text: &[u8]) -> Vec<(String, Zeroizing<String>)> {
    let pairs = text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs
        .filter_map(|pair| {
            let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                Some(at) => (pair.get(..at)?, pair.get(at + 1..)?),
                None => (pair, &[][..]),
            };
            Some((decoded(name)?.to_string(), decoded(value)?))
        })
        .collect()
}

/// A member of a form.
pub(super) fn member<'f>(form: &'f [(String, Zeroizing<String>)], name: &str) -> Option<&'f str> {
    form.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
}

/// Id and secret of a header `Authorization: Basic`.
pub fn basic(header: &str) -> Option<(Zeroizing<String>, Zeroizing<String>)> {
    let pair = Zeroizing::new(base64::decode(header.strip_prefix("Basic ")?.trim().as_bytes())?);
    let at = pair.iter().position(|byte| *byte == b':')?;
    Some((decoded(pair.get(..at)?)?, decoded(pair.get(at + 1..)?)?))
}

/// Undoes percent-encoding, and `+` for blanks.
pub(super) fn decoded(text: &[u8]) -> Option<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => {
                let digits = [*high, *low];
                let digits = std::str::from_utf8(&digits).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = after;
            }
            (b'%', _) => return None,
            (byte, _) => bytes.push(*byte),
        }
    }
    Some(Zeroizing::new(std::str::from_utf8(&bytes).ok()?.to_owned()))
}

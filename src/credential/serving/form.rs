//! Forms (`application/x-www-form-urlencoded`), as clients of RFC 6749 send them.
//!
//! Must not: repeat what it read, or choose between two values of one name.

use zeroize::Zeroizing;

/// Members of a form, each of them once.
#[derive(Default)]
pub struct Form(Vec<(String, Zeroizing<String>)>);

/// Why a text is no form that counts. It says nothing of what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// A name or a value cannot be decoded.
    Encoding,
    /// A name is there twice (RFC 6749, section 3.2).
    Repeated,
}

impl Unusable {
    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Encoding => "a parameter cannot be decoded",
            Self::Repeated => "a parameter is there more than once",
        }
    }
}

impl Form {
    /// Reads one.
    pub fn parse(text: &[u8]) -> Result<Self, Unusable> {
        let mut members: Vec<(String, Zeroizing<String>)> = Vec::new();
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let (name, value) = pair.split_at_checked(at).ok_or(Unusable::Encoding)?;
            let name = decoded(name).ok_or(Unusable::Encoding)?;
            let value = decoded(value.strip_prefix(b"=").unwrap_or(value)).ok_or(Unusable::Encoding)?;
            members.push((name.to_string(), value));
        }
        let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let repeated = names.windows(2).any(|pair| matches!(pair, [one, other] if one == other));
        if repeated { Err(Unusable::Repeated) } else { Ok(Self(members)) }
    }

    /// A member. One without a value counts as none (RFC 6749, section 3.2).
    pub fn member(&self, name: &str) -> Option<&str> {
        self.members().find(|(found, _)| *found == name).map(|(_, value)| value).filter(|value| !value.is_empty())
    }

    /// All of them.
    pub fn members(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
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
                let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                bytes.push(digit(high)? << 4 | digit(low)?);
                rest = after;
            }
            (b'%', _) => return None,
            (byte, _) => bytes.push(*byte),
        }
    }
    Some(Zeroizing::new(std::str::from_utf8(&bytes).ok()?.to_owned()))
}

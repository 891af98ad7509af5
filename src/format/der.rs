//! ASN.1 values in BER and DER (ITU-T X.690): a reader tolerant enough for what real signers wrote, and a DER writer.
//!
//! The reader accepts what Android accepts: long-form lengths that are not minimal and, for constructed values,
//! indefinite lengths (X.690 8.1.3.6). It never copies: every [`Tlv`] borrows the bytes it was read from, so that what a
//! signature covers is compared and hashed as it lies in the file and never re-serialised.
//!
//! Must not: know any structure built from these values (see `x509` for certificates).

use super::limits;

/// Tags of the universal class (X.690 8.1.2), as the one identifier byte.
pub mod tag {
    /// BOOLEAN.
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER.
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING.
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING.
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL.
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER.
    pub const OID: u8 = 0x06;
    /// `UTF8String`.
    pub const UTF8_STRING: u8 = 0x0c;
    /// `UTCTime`.
    pub const UTC_TIME: u8 = 0x17;
    /// `GeneralizedTime`.
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// `BMPString`.
    pub const BMP_STRING: u8 = 0x1e;
    /// SEQUENCE, SEQUENCE OF.
    pub const SEQUENCE: u8 = 0x30;
    /// SET, SET OF.
    pub const SET: u8 = 0x31;

    /// A constructed context-specific tag.
    pub const fn context(number: u8) -> u8 {
        0xa0 | number
    }
}

/// Why bytes are not the BER value that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at byte {offset}: {problem}")]
pub struct DerError {
    /// Offset from the start of the outermost value.
    pub offset: usize,
    /// Expected and found.
    pub problem: String,
}

/// One tag-length-value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// The identifier byte.
    pub tag: u8,
    /// Header and content, as they lie in the input.
    pub raw: &'a [u8],
    /// The content without the end-of-contents octets of an indefinite length.
    pub content: &'a [u8],
    offset: usize,
}

impl<'a> Tlv<'a> {
    /// A reader over the content.
    pub fn reader(&self) -> Reader<'a> {
        Reader { rest: self.content, offset: self.offset }
    }

    /// The magnitude of an INTEGER taken as unsigned, without leading zeros. Certificates with a negative modulus exist
    /// and Android reads them so.
    pub fn unsigned(&self) -> &'a [u8] {
        let zeros = self.content.iter().take_while(|&&byte| byte == 0).count();
        self.content.get(zeros..).unwrap_or_default()
    }

    /// A small unsigned INTEGER.
    pub fn small(&self) -> Option<u64> {
        let bytes = self.unsigned();
        (bytes.len() <= 8).then(|| bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }

    /// The octets of a BIT STRING without unused bits.
    pub fn bits(&self) -> Result<&'a [u8], DerError> {
        match self.content.split_first() {
            Some((0, bits)) => Ok(bits),
            Some((unused, _)) => Err(self.wrong(format!("{unused} unused bits, expected whole octets"))),
            None => Err(self.wrong("an empty BIT STRING".to_owned())),
        }
    }

    fn wrong(&self, problem: String) -> DerError {
        DerError { offset: self.offset, problem }
    }
}

/// Reads one value after the other.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// A reader over `input`.
    pub fn new(input: &'a [u8]) -> Self {
        Self { rest: input, offset: 0 }
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What is left.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next identifier byte.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next value, whatever it is.
    pub fn any(&mut self) -> Result<Tlv<'a>, DerError> {
        let (tlv, len) = read(self.rest, self.offset, 0)?;
        self.rest = self.rest.get(len..).unwrap_or_default();
        self.offset += len;
        Ok(tlv)
    }

    /// The next value, which must have that tag; `what` names it in the error.
    pub fn expect(&mut self, tag: u8, what: &str) -> Result<Tlv<'a>, DerError> {
        match self.peek() {
            Some(found) if found == tag => self.any(),
            found => Err(DerError {
                offset: self.offset,
                problem: match found {
                    Some(found) => format!("{what}: tag {found:#04x}, expected {tag:#04x}"),
                    None => format!("{what}: nothing left, expected tag {tag:#04x}"),
                },
            }),
        }
    }

    /// The next value if it has that tag.
    pub fn optional(&mut self, tag: u8) -> Result<Option<Tlv<'a>>, DerError> {
        if self.peek() == Some(tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// Fails when something is left.
    pub fn end(&self, what: &str) -> Result<(), DerError> {
        if self.is_empty() {
            return Ok(());
        }
        Err(DerError {
            offset: self.offset,
            problem: format!("{} bytes behind {what}, expected none", self.rest.len()),
        })
    }
}

/// Reads the value at the start of `input`; also how many bytes it takes.
fn read(input: &[u8], offset: usize, depth: usize) -> Result<(Tlv<'_>, usize), DerError> {
    let wrong = |problem: String| DerError { offset, problem };
    if depth > limits::NESTING {
        return Err(wrong(format!("values of indefinite length nested deeper than {}", limits::NESTING)));
    }
    let (&tag, rest) = input.split_first().ok_or_else(|| wrong("no value".to_owned()))?;
    if tag & 0x1f == 0x1f {
        return Err(wrong("a tag number above 30, which no certificate or signature uses".to_owned()));
    }
    let (&first, rest) = rest.split_first().ok_or_else(|| wrong("the length is missing".to_owned()))?;
    let (header, len) = match first {
        0..=0x7f => (2, usize::from(first)),
        0x80 => return read_indefinite(input, tag, offset, depth),
        _ => {
            let octets = usize::from(first & 0x7f);
            let digits = rest.get(..octets).ok_or_else(|| wrong("the length is cut".to_owned()))?;
            let len = digits.iter().try_fold(0usize, |len, &digit| {
                (len >> (usize::BITS - 8) == 0).then_some(len << 8 | usize::from(digit))
            });
            (2 + octets, len.ok_or_else(|| wrong("a length beyond any memory".to_owned()))?)
        }
    };
    let end = header.checked_add(len).filter(|&end| end <= input.len());
    let end = end.ok_or_else(|| wrong(format!("a value of {len} bytes, but only {} left", input.len() - header)))?;
    let (raw, content) = (input.get(..end).unwrap_or_default(), input.get(header..end).unwrap_or_default());
    Ok((Tlv { tag, raw, content, offset: offset + header }, end))
}

fn read_indefinite(input: &[u8], tag: u8, offset: usize, depth: usize) -> Result<(Tlv<'_>, usize), DerError> {
    let wrong = |problem: &str| DerError { offset, problem: problem.to_owned() };
    if tag & 0x20 == 0 {
        return Err(wrong("a primitive value of indefinite length"));
    }
    let mut at = 2;
    loop {
        let rest = input.get(at..).unwrap_or_default();
        if rest.starts_with(&[0, 0]) {
            let (raw, content) = (input.get(..at + 2).unwrap_or_default(), input.get(2..at).unwrap_or_default());
            return Ok((Tlv { tag, raw, content, offset: offset + 2 }, at + 2));
        }
        if rest.is_empty() {
            return Err(wrong("a value of indefinite length without end-of-contents octets"));
        }
        at += read(rest, offset + at, depth + 1)?.1;
    }
}

/// A value of that tag; the content is the concatenation of `parts`.
pub fn value(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let len: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(len + 6);
    out.push(tag);
    if let Ok(short @ 0..=0x7f) = u8::try_from(len) {
        out.push(short);
    } else {
        let digits = len.to_be_bytes();
        let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
        let digits = digits.get(zeros..).unwrap_or_default();
        out.push(0x80 | u8::try_from(digits.len()).unwrap_or(0x7f));
        out.extend_from_slice(digits);
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// A SEQUENCE of encoded values.
pub fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(tag::SEQUENCE, parts)
}

/// A SET OF encoded values, sorted as DER asks (X.690 11.6).
pub fn set_of(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    value(tag::SET, &parts)
}

/// A non-negative INTEGER from its big-endian magnitude.
pub fn unsigned(magnitude: &[u8]) -> Vec<u8> {
    let zeros = magnitude.iter().take_while(|&&byte| byte == 0).count();
    let digits = magnitude.get(zeros..).unwrap_or_default();
    match digits.first() {
        None => value(tag::INTEGER, &[&[0]]),
        Some(0x80..) => value(tag::INTEGER, &[&[0], digits]),
        Some(_) => value(tag::INTEGER, &[digits]),
    }
}

/// An OBJECT IDENTIFIER from its encoded content (see `oid`).
pub fn oid(content: &[u8]) -> Vec<u8> {
    value(tag::OID, &[content])
}

/// NULL.
pub const NULL: [u8; 2] = [tag::NULL, 0];

/// An OCTET STRING.
pub fn octets(content: &[u8]) -> Vec<u8> {
    value(tag::OCTET_STRING, &[content])
}

/// A BIT STRING of whole octets.
pub fn bits(content: &[u8]) -> Vec<u8> {
    value(tag::BIT_STRING, &[&[0], content])
}

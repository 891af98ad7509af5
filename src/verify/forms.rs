//! The forms in which a known text may lie in bytes: encodings, escapes, the text in pieces, turned around, or with every
//! byte changed by one key.
//!
//! Not found, and said so in the documentation (README, "Nothing of another environment"): encryption, keys of several bytes,
//! compression other than what `leak` unpacks, pieces of less than half of the text, encodings in each other, escapes among
//! plain characters, other alphabets. What is listed there is tested as not found.
//!
//! Must not: search, or let a text out in any other way than as bytes to be compared.

use std::fmt;

use zeroize::Zeroizing;

use crate::format::base64;

/// Texts shorter than this are not looked for: they would be found everywhere.
pub(crate) const SHORTEST: usize = 8;
/// From here on, with so many different characters, a text is not found by accident in its weaker forms.
const STRONG: (usize, usize) = (16, 8);
/// Characters of a half that is looked for by itself.
const HALF: usize = 12;

/// How a text lies there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// As it is: UTF-8, which in dex files, resources and property lists it is too.
    Plain,
    /// UTF-16, least significant byte first: string pools of resources.
    Utf16Le,
    /// UTF-16, most significant byte first: binary property lists.
    Utf16Be,
    /// Base64 (RFC 4648), at any of three alignments, in either alphabet, over several lines or on one.
    Base64,
    /// Base64 of the text in UTF-16.
    Base64Utf16,
    /// Base64 of the bytes that a hexadecimal text stands for.
    Base64Raw,
    /// Its bytes in hexadecimal.
    Hex,
    /// The bytes that a hexadecimal text stands for.
    Raw,
    /// `\u0041`, `\u{41}`, `\x41`, or `\101`.
    Escaped,
    /// `%41` (RFC 3986, 2.1), all of it or what has to be.
    Percent,
    /// `&#65;` or `&#x41;`, or `&amp;` and its like.
    Entities,
    /// Backwards.
    Reversed,
    /// In the other case.
    Case,
    /// One half of it: the text is put together where it is used.
    Half,
    /// Every byte changed by the same key (exclusive or).
    Xor,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "as it is",
            Self::Utf16Le => "in UTF-16LE",
            Self::Utf16Be => "in UTF-16BE",
            Self::Base64 => "in Base64",
            Self::Base64Utf16 => "in Base64 of UTF-16",
            Self::Base64Raw => "in Base64 of the bytes it stands for",
            Self::Hex => "in hexadecimal",
            Self::Raw => "as the bytes it stands for",
            Self::Escaped => "in escapes",
            Self::Percent => "percent-encoded",
            Self::Entities => "in character references",
            Self::Reversed => "backwards",
            Self::Case => "in the other case",
            Self::Half => "half of it",
            Self::Xor => "with every byte changed by one key",
        })
    }
}

/// The bytes of one form.
pub(crate) struct Shape {
    pub(crate) form: Form,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    /// Whether it is looked for over line ends too: Base64 and hexadecimal digits, which programs wrap, and which no words are.
    pub(crate) wraps: bool,
}

/// Every form of a text, each with its bytes; those of `Xor` are the differences of neighbours. A half that one of
/// `allowed` has too is left out.
pub(crate) fn forms(text: &str, allowed: &[&str]) -> Vec<Shape> {
    let mut shapes = Vec::new();
    let bytes = text.as_bytes();
    let raw = raw(text).filter(|_| is_strong(text));
    let is_digits = raw.is_some();
    let mut add = |form: Form, bytes: Vec<u8>| {
        let bytes = Zeroizing::new(bytes);
        let known = shapes.iter().any(|shape: &Shape| shape.bytes == bytes && shape.form != Form::Xor);
        if bytes.len() >= SHORTEST && !known {
            let wraps = match form {
                Form::Base64 | Form::Base64Utf16 | Form::Base64Raw | Form::Hex => true,
                Form::Plain | Form::Case => is_digits,
                Form::Utf16Le
                | Form::Utf16Be
                | Form::Raw
                | Form::Escaped
                | Form::Percent
                | Form::Entities
                | Form::Reversed
                | Form::Half
                | Form::Xor => false,
            };
            shapes.push(Shape { form, bytes, wraps });
        }
    };
    add(Form::Plain, bytes.to_vec());
    add(Form::Utf16Le, text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    add(Form::Utf16Be, text.encode_utf16().flat_map(u16::to_be_bytes).collect());
    for encoded in base64_of(bytes) {
        add(Form::Base64, encoded);
    }
    for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let wide = Zeroizing::new(text.encode_utf16().flat_map(to_bytes).collect::<Vec<u8>>());
        for encoded in base64_of(&wide) {
            add(Form::Base64Utf16, encoded);
        }
    }
    for upper in [false, true] {
        let each =
            |with: &dyn Fn(u32) -> String| text.chars().map(|c| cased(&with(u32::from(c)), upper)).collect::<String>();
        let each_byte = |with: &dyn Fn(u8) -> String| bytes.iter().map(|b| cased(&with(*b), upper)).collect::<String>();
        add(Form::Hex, each_byte(&|byte| format!("{byte:02x}")).into_bytes());
        let units = text.encode_utf16().map(|unit| format!("\\u{}", cased(&format!("{unit:04x}"), upper)));
        add(Form::Escaped, units.collect::<String>().into_bytes());
        for width in [0, 4] {
            let braced = |c: char| format!("\\u{{{}}}", cased(&format!("{:0width$x}", u32::from(c)), upper));
            add(Form::Escaped, text.chars().map(braced).collect::<String>().into_bytes());
        }
        add(
            Form::Escaped,
            bytes.iter().map(|byte| format!("\\x{}", cased(&format!("{byte:02x}"), upper))).collect::<String>().into(),
        );
        add(Form::Percent, each_byte(&|byte| format!("%{byte:02x}")).into_bytes());
        add(Form::Percent, partly(text, upper).into_bytes());
        add(Form::Entities, each(&|c| format!("&#x{c:x};")).replace("&#X", "&#x").into_bytes());
    }
    add(Form::Entities, text.chars().map(|c| format!("&#{};", u32::from(c))).collect::<String>().into_bytes());
    for width in [0, 3] {
        add(Form::Escaped, bytes.iter().map(|byte| format!("\\{byte:0width$o}")).collect::<String>().into_bytes());
    }
    let escaped = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&apos;")];
    add(Form::Entities, escaped.iter().fold(text.to_owned(), |all, (from, to)| all.replace(from, to)).into_bytes());
    add(Form::Escaped, text.replace('\\', "\\\\").replace('"', "\\\"").replace('/', "\\/").into_bytes());
    if is_strong(text) {
        if let Some(raw) = raw {
            for encoded in base64_of(&raw) {
                add(Form::Base64Raw, encoded);
            }
            add(Form::Raw, raw.to_vec());
        }
        add(Form::Reversed, bytes.iter().rev().copied().collect());
        add(Form::Case, text.to_uppercase().into_bytes());
        add(Form::Case, text.to_lowercase().into_bytes());
        let middle = bytes.len() / 2;
        for half in [bytes.get(..middle), bytes.get(middle..)].into_iter().flatten().filter(|half| half.len() >= HALF) {
            let is_allowed = |allowed: &&str| allowed.as_bytes().windows(half.len()).any(|part| part == half);
            if !allowed.iter().any(is_allowed) {
                add(Form::Half, half.to_vec());
            }
        }
        shapes.push(Shape { form: Form::Xor, bytes: Zeroizing::new(differences(bytes)), wraps: false });
    }
    shapes
}

/// The bytes that a hexadecimal text stands for, where they are enough not to be found by accident.
fn raw(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let digits: Vec<u8> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    let whole = pairs.remainder().is_empty() && digits.len() >= 2 * STRONG.0;
    whole.then(|| Zeroizing::new(pairs.filter_map(|pair| Some(pair.first()? << 4 | pair.get(1)?)).collect()))
}

/// What Base64 of anything around these bytes holds of them, in both alphabets, which differ in two characters (RFC 4648, 5).
fn base64_of(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for shift in 0..3usize {
        // What is made of their bits alone.
        let (first, last) = ((8 * shift).div_ceil(6), 8 * (shift + bytes.len()) / 6);
        let encoded = base64::encode(&shifted(bytes, shift)).as_bytes().get(first..last).unwrap_or_default().to_vec();
        let for_urls = encoded.iter().map(|byte| match byte {
            b'+' => b'-',
            b'/' => b'_',
            byte => *byte,
        });
        all.push(for_urls.collect());
        all.push(encoded);
    }
    all
}

/// The forms in which a log may show a text: as it is, and encoded by what prints it.
pub fn logged(text: &str) -> Vec<Zeroizing<String>> {
    let encoded = [
        Form::Plain,
        Form::Base64,
        Form::Base64Utf16,
        Form::Base64Raw,
        Form::Hex,
        Form::Escaped,
        Form::Percent,
        Form::Entities,
        Form::Case,
    ];
    let mut logged = vec![Zeroizing::new(text.to_owned())];
    for shape in forms(text, &[]).into_iter().filter(|shape| encoded.contains(&shape.form)) {
        let written = std::str::from_utf8(&shape.bytes).unwrap_or_default();
        if !written.is_empty() && logged.iter().all(|known| known.as_str() != written) {
            logged.push(Zeroizing::new(written.to_owned()));
        }
    }
    logged
}

/// Long, and with many different characters.
fn is_strong(text: &str) -> bool {
    let mut characters: Vec<u8> = text.bytes().collect();
    characters.sort_unstable();
    characters.dedup();
    text.len() >= STRONG.0 && characters.len() >= STRONG.1
}

/// Each byte exclusive-or the next one: the same for every key.
fn differences(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().zip(bytes.iter().skip(1)).map(|(this, next)| this ^ next).collect()
}

fn shifted(bytes: &[u8], shift: usize) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([&vec![0; shift], bytes].concat())
}

fn cased(text: &str, upper: bool) -> String {
    if upper { text.to_uppercase() } else { text.to_owned() }
}

/// Percent-encoded where a URL has to be (RFC 3986, 2.3).
fn partly(text: &str, upper: bool) -> String {
    let one = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            cased(&format!("%{byte:02x}"), upper)
        }
    };
    text.bytes().map(one).collect()
}

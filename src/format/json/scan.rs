//! The grammar of JSON (RFC 8259), read once; who visits is told of every value, and only its visitor keeps anything.
//!
//! Must not: know what is looked for.

use std::ops::Range;

use super::super::limits;
use super::super::text::Position;
use super::error::JsonError;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
    String,
    Literal,
}

/// A value in the text.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub range: Range<usize>,
    pub kind: Kind,
}

/// Who is told what is read, in the order of the text.
pub(super) trait Visit {
    /// What is known of a value.
    type State: Copy;

    /// What is known of the first value.
    fn root(&mut self) -> Self::State;

    /// A value begins here; what is known of it inside.
    fn open(&mut self, at: usize, arrived: Self::State) -> Self::State;

    /// What is known of the value that follows this key, which stands in its quotes.
    fn member(&mut self, inside: Self::State, text: &str, key: Range<usize>) -> Self::State;

    /// What is known of an element that begins here.
    fn item(&mut self, inside: Self::State, index: usize, at: usize) -> Self::State;

    /// A value ends.
    fn close(&mut self, inside: Self::State, text: &str, node: Node);
}

/// Nobody.
pub(super) struct Nothing;

impl Visit for Nothing {
    type State = ();

    fn root(&mut self) {}

    fn open(&mut self, _: usize, (): ()) {}

    fn member(&mut self, (): (), _: &str, _: Range<usize>) {}

    fn item(&mut self, (): (), _: usize, _: usize) {}

    fn close(&mut self, (): (), _: &str, _: Node) {}
}

/// Whether a text is a number.
pub(super) fn is_number(text: &str) -> bool {
    let mut scanner = Scanner::plain(text, 0);
    matches!(scanner.peek(), Some(b'-' | b'0'..=b'9')) && scanner.number().is_ok() && scanner.at == text.len()
}

/// The text of a string in its quotes; `None` where half of a character is in it.
pub(super) fn decoded(string: &str) -> Option<String> {
    serde_json::from_str(string).ok()
}

/// Whether a key in its quotes is this text.
pub(super) fn is_key(raw: &str, wanted: &str) -> bool {
    match raw.get(1..raw.len().saturating_sub(1)) {
        Some(plain) if !plain.contains('\\') => plain == wanted,
        Some(_) | None => decoded(raw).is_some_and(|key| key == wanted),
    }
}

/// The values right below one, each with its key in an object.
pub(super) fn children(text: &str, parent: &Node, tell: impl FnMut(Option<Range<usize>>, Node)) {
    let mut scanner = Scanner { text, at: parent.range.start, visit: Children { tell, key: None } };
    // It was read before.
    let _ = scanner.value(0, 0);
}

/// Tells of what lies one container deep.
struct Children<F> {
    tell: F,
    key: Option<Range<usize>>,
}

impl<F: FnMut(Option<Range<usize>>, Node)> Visit for Children<F> {
    type State = usize;

    fn root(&mut self) -> usize {
        0
    }

    fn open(&mut self, _: usize, depth: usize) -> usize {
        depth
    }

    fn member(&mut self, depth: usize, _: &str, key: Range<usize>) -> usize {
        if depth == 0 {
            self.key = Some(key);
        }
        depth + 1
    }

    fn item(&mut self, depth: usize, _: usize, _: usize) -> usize {
        depth + 1
    }

    fn close(&mut self, depth: usize, _: &str, node: Node) {
        if depth == 1 {
            (self.tell)(self.key.take(), node);
        }
    }
}

/// Reads values, and tells a visitor what they are.
pub(super) struct Scanner<'t, V> {
    pub text: &'t str,
    pub at: usize,
    pub visit: V,
}

impl<'t> Scanner<'t, Nothing> {
    /// For numbers, strings and blanks alone.
    pub(super) fn plain(text: &'t str, at: usize) -> Self {
        Self { text, at, visit: Nothing }
    }
}

impl<V: Visit> Scanner<'_, V> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    pub(super) fn expected(&self, expected: &'static str) -> JsonError {
        let found = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(c) => format!("{c:?}"),
            None => "the end of the file".to_owned(),
        };
        JsonError::Syntax { at: Position::of(self.text, self.at), expected, found }
    }

    fn take(&mut self, byte: u8, expected: &'static str) -> Result<(), JsonError> {
        if self.peek() != Some(byte) {
            return Err(self.expected(expected));
        }
        self.at += 1;
        Ok(())
    }

    /// Reads a value that lies `depth` containers deep.
    pub(super) fn value(&mut self, depth: usize, arrived: V::State) -> Result<(), JsonError> {
        if depth > limits::NESTING {
            return Err(JsonError::Depth { at: Position::of(self.text, self.at) });
        }
        let start = self.at;
        let inside = self.visit.open(start, arrived);
        let kind = match self.peek() {
            Some(b'{') => {
                self.object(depth, inside)?;
                Kind::Object
            }
            Some(b'[') => {
                self.array(depth, inside)?;
                Kind::Array
            }
            Some(b'"') => {
                self.string()?;
                Kind::String
            }
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                Kind::Literal
            }
            _ => {
                let rest = &self.text[self.at..];
                let word = ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word));
                self.at += word.ok_or_else(|| self.expected("a value"))?.len();
                Kind::Literal
            }
        };
        self.visit.close(inside, self.text, Node { range: start..self.at, kind });
        Ok(())
    }

    fn object(&mut self, depth: usize, inside: V::State) -> Result<(), JsonError> {
        self.at += 1;
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.expected("a key in quotes"));
            }
            self.string()?;
            let key = start..self.at;
            self.blanks();
            self.take(b':', "':' behind the key")?;
            self.blanks();
            let arrived = self.visit.member(inside, self.text, key);
            self.value(depth + 1, arrived)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.expected("',' or '}'")),
            }
            self.blanks();
        }
    }

    fn array(&mut self, depth: usize, inside: V::State) -> Result<(), JsonError> {
        self.at += 1;
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        for index in 0.. {
            let arrived = self.visit.item(inside, index, self.at);
            self.value(depth + 1, arrived)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.expected("',' or ']'")),
            }
            self.blanks();
        }
        self.at += 1;
        Ok(())
    }

    pub(super) fn string(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    let digits = match self.peek() {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
                        Some(b'u') => 4,
                        _ => return Err(self.expected("an escape character")),
                    };
                    self.at += 1;
                    for _ in 0..digits {
                        if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                            return Err(self.expected("four hexadecimal digits"));
                        }
                        self.at += 1;
                    }
                }
                Some(0..0x20) | None => return Err(self.expected("the end of the text in quotes")),
                Some(_) => self.at += 1,
            }
        }
    }

    pub(super) fn number(&mut self) -> Result<(), JsonError> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.expected("a digit")) } else { Ok(()) }
    }
}

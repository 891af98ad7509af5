//! The lexical grammar of ECMAScript (ECMA-262, clause 12 and annex B.1.1): one token at a time.
//!
//! Whether `/` begins a regular expression and `}` ends a substitution is told by the caller, who follows the syntax.
//! Bytes above ASCII that are no white space count as parts of identifiers, so that no table of Unicode is needed and a
//! file that is not UTF-8 can be read too.
//!
//! Must not: know what a token means.

use super::{JsError, syntax};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A name or a reserved word (section 12.7).
    Identifier,
    /// `#name`.
    PrivateName,
    /// A number (section 12.9.3).
    Number,
    /// A string in quotes (section 12.9.4).
    String,
    /// A template without substitutions (section 12.9.6).
    Template,
    /// From a backquote to `${`.
    TemplateHead,
    /// From `}` to `${`.
    TemplateMiddle,
    /// From `}` to a backquote.
    TemplateTail,
    /// A regular expression with its flags (section 12.9.5).
    Regex,
    /// A punctuator (section 12.8).
    Punctuator(Punctuator),
    /// The end of the file.
    End,
}

/// Punctuators, as far as they differ for what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Punctuator {
    /// `(`
    OpenParen,
    /// `)`
    CloseParen,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `;`
    Semicolon,
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// `?`
    Question,
    /// `.` and `?.`
    Dot,
    /// `...`
    Spread,
    /// `=>`
    Arrow,
    /// `=`
    Assign,
    /// `+=` and its kind.
    CompoundAssign,
    /// `++` and `--`
    Update,
    /// `*`
    Star,
    /// `@` of a decorator.
    At,
    /// Every other operator.
    Operator,
}

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its first byte.
    pub start: usize,
    /// Behind its last byte.
    pub end: usize,
    /// Whether a line terminator stands between the token before and this one.
    pub newline_before: bool,
}

impl Token {
    /// Whether it is this punctuator.
    pub(crate) fn is(&self, punctuator: Punctuator) -> bool {
        self.kind == TokenKind::Punctuator(punctuator)
    }
}

/// What the syntax allows next (the goal symbols of section 12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Goal {
    /// `/` begins a regular expression; else it divides.
    pub regex: bool,
    /// `}` goes on with a template.
    pub substitution: bool,
}

/// Cuts tokens.
pub(super) struct Lexer<'b> {
    bytes: &'b [u8],
    at: usize,
    /// Modules have no HTML-like comments (annex B.1.1).
    module: bool,
    /// Whether such a comment was met.
    pub html_comment: bool,
    /// Whether a token was cut already.
    started: bool,
}

impl<'b> Lexer<'b> {
    pub fn new(bytes: &'b [u8], module: bool) -> Self {
        Self { bytes, at: 0, module, html_comment: false, started: false }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at.saturating_add(ahead)).copied().unwrap_or(0)
    }

    fn at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    fn starts_with(&self, text: &[u8]) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(text))
    }

    /// The next token.
    pub fn next(&mut self, goal: Goal) -> Result<Token, JsError> {
        let newline_before = self.blanks()?;
        self.started = true;
        let start = self.at;
        let kind = if self.at_end() {
            TokenKind::End
        } else {
            match self.peek(0) {
                b'"' | b'\'' => self.string()?,
                b'`' => self.template(start, TokenKind::Template, TokenKind::TemplateHead)?,
                b'}' if goal.substitution => {
                    self.template(start, TokenKind::TemplateTail, TokenKind::TemplateMiddle)?
                }
                b'/' if goal.regex => self.regex()?,
                b'0'..=b'9' => self.number(),
                b'.' if self.peek(1).is_ascii_digit() => self.number(),
                b'#' => {
                    self.at += 1;
                    self.identifier(start)?;
                    TokenKind::PrivateName
                }
                byte if is_identifier_byte(byte) || byte == b'\\' => {
                    self.identifier(start)?;
                    TokenKind::Identifier
                }
                byte => match self.punctuator(byte) {
                    Some((punctuator, len)) => {
                        self.at += len;
                        TokenKind::Punctuator(punctuator)
                    }
                    None => return Err(syntax(self.bytes, start, "a token")),
                },
            }
        };
        Ok(Token { kind, start, end: self.at, newline_before })
    }

    /// White space, line terminators and comments (sections 12.2 to 12.4); whether a line ended.
    fn blanks(&mut self) -> Result<bool, JsError> {
        if self.at == 0 {
            if self.starts_with(b"\xef\xbb\xbf") {
                self.at = 3;
            }
            // The hashbang (section 12.5).
            if self.starts_with(b"#!") {
                self.skip_line();
            }
        }
        let mut newline = false;
        loop {
            match self.peek(0) {
                b'\n' | b'\r' => {
                    newline = true;
                    self.at += 1;
                }
                b' ' | b'\t' | 0x0b | 0x0c => self.at += 1,
                b'/' if self.peek(1) == b'/' => self.skip_line(),
                b'/' if self.peek(1) == b'*' => newline |= self.block_comment()?,
                b'<' if !self.module && self.starts_with(b"<!--") => {
                    self.html_comment = true;
                    self.skip_line();
                }
                b'-' if !self.module && self.starts_with(b"-->") && (newline || !self.started) => {
                    self.html_comment = true;
                    self.skip_line();
                }
                0x80.. => match self.wide_blank() {
                    Some(Blank::Line) => {
                        newline = true;
                        self.at += 3;
                    }
                    Some(Blank::Space(len)) => self.at += len,
                    None => return Ok(newline),
                },
                _ => return Ok(newline),
            }
        }
    }

    fn skip_line(&mut self) {
        while !self.at_end() && !self.at_line_end() {
            self.at += 1;
        }
    }

    fn at_line_end(&self) -> bool {
        match self.peek(0) {
            b'\n' | b'\r' => true,
            0xe2 => self.wide_blank() == Some(Blank::Line),
            _ => false,
        }
    }

    fn block_comment(&mut self) -> Result<bool, JsError> {
        let start = self.at;
        let mut newline = false;
        self.at += 2;
        while !self.at_end() {
            if self.peek(0) == b'*' && self.peek(1) == b'/' {
                self.at += 2;
                return Ok(newline);
            }
            newline |= self.at_line_end();
            self.at += 1;
        }
        Err(syntax(self.bytes, start, "'*/' at the end of this comment"))
    }

    /// White space and line terminators above ASCII (tables 33 and 34; general category Zs).
    fn wide_blank(&self) -> Option<Blank> {
        match (self.peek(0), self.peek(1), self.peek(2)) {
            (0xc2, 0xa0, _) => Some(Blank::Space(2)),
            (0xe2, 0x80, 0xa8 | 0xa9) => Some(Blank::Line),
            (0xe1, 0x9a, 0x80)
            | (0xe2, 0x80, 0x80..=0x8a | 0xaf)
            | (0xe2, 0x81, 0x9f)
            | (0xe3, 0x80, 0x80)
            | (0xef, 0xbb, 0xbf) => Some(Blank::Space(3)),
            _ => None,
        }
    }

    fn identifier(&mut self, start: usize) -> Result<(), JsError> {
        let first = self.at;
        loop {
            match self.peek(0) {
                b'\\' if self.peek(1) == b'u' => {
                    self.at += 2;
                    if self.peek(0) == b'{' {
                        while !self.at_end() && self.peek(0) != b'}' {
                            self.at += 1;
                            if !self.peek(0).is_ascii_hexdigit() && self.peek(0) != b'}' {
                                return Err(syntax(self.bytes, self.at, "hexadecimal digits and '}'"));
                            }
                        }
                        self.at += 1;
                    }
                }
                0x80.. if self.wide_blank().is_some() => break,
                byte if is_identifier_byte(byte) || byte.is_ascii_digit() => self.at += 1,
                _ => break,
            }
        }
        if self.at == first { Err(syntax(self.bytes, start, "a name")) } else { Ok(()) }
    }

    fn number(&mut self) -> TokenKind {
        let radix = self.peek(0) == b'0' && matches!(self.peek(1), b'x' | b'X' | b'o' | b'O' | b'b' | b'B');
        if radix {
            while is_identifier_byte(self.peek(0)) || self.peek(0).is_ascii_digit() {
                self.at += 1;
            }
            return TokenKind::Number;
        }
        self.digits();
        if self.peek(0) == b'.' {
            self.at += 1;
            self.digits();
        }
        if matches!(self.peek(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
            if self.peek(1 + sign).is_ascii_digit() {
                self.at += 1 + sign;
                self.digits();
            }
        }
        if self.peek(0) == b'n' {
            self.at += 1;
        }
        TokenKind::Number
    }

    fn digits(&mut self) {
        while self.peek(0).is_ascii_digit() || self.peek(0) == b'_' {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Result<TokenKind, JsError> {
        let (start, quote) = (self.at, self.peek(0));
        self.at += 1;
        while !self.at_end() {
            match self.peek(0) {
                byte if byte == quote => {
                    self.at += 1;
                    return Ok(TokenKind::String);
                }
                // A line continuation may be two bytes; the second is no character that counts here.
                b'\\' => self.at += if self.starts_with(b"\\\r\n") { 3 } else { 2 },
                b'\n' | b'\r' => break,
                _ => self.at += 1,
            }
        }
        Err(syntax(self.bytes, start, "the closing quote of this string"))
    }

    fn template(&mut self, start: usize, ended: TokenKind, opened: TokenKind) -> Result<TokenKind, JsError> {
        self.at += 1;
        while !self.at_end() {
            match self.peek(0) {
                b'`' => {
                    self.at += 1;
                    return Ok(ended);
                }
                b'$' if self.peek(1) == b'{' => {
                    self.at += 2;
                    return Ok(opened);
                }
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        Err(syntax(self.bytes, start, "the closing backquote of this template"))
    }

    fn regex(&mut self) -> Result<TokenKind, JsError> {
        let start = self.at;
        let mut class = false;
        self.at += 1;
        while !self.at_end() && !self.at_line_end() {
            match self.peek(0) {
                b'\\' => self.at += 1,
                b'[' => class = true,
                b']' => class = false,
                b'/' if !class => {
                    self.at += 1;
                    while is_identifier_byte(self.peek(0)) && self.wide_blank().is_none() {
                        self.at += 1;
                    }
                    return Ok(TokenKind::Regex);
                }
                _ => {}
            }
            if self.at_end() || self.at_line_end() {
                break;
            }
            self.at += 1;
        }
        Err(syntax(self.bytes, start, "the closing '/' of this regular expression"))
    }

    fn punctuator(&self, byte: u8) -> Option<(Punctuator, usize)> {
        use Punctuator as P;
        let single = match byte {
            b'(' => P::OpenParen,
            b')' => P::CloseParen,
            b'[' => P::OpenBracket,
            b']' => P::CloseBracket,
            b'{' => P::OpenBrace,
            b'}' => P::CloseBrace,
            b';' => P::Semicolon,
            b',' => P::Comma,
            b':' => P::Colon,
            b'@' => P::At,
            b'~' => P::Operator,
            _ => return self.operator(byte),
        };
        Some((single, 1))
    }

    fn operator(&self, byte: u8) -> Option<(Punctuator, usize)> {
        use Punctuator as P;
        let (one, two) = (self.peek(1), self.peek(2));
        match (byte, one) {
            (b'.', b'.') if two == b'.' => return Some((P::Spread, 3)),
            (b'.', _) => return Some((P::Dot, 1)),
            // `a?.5:b` is a conditional.
            (b'?', b'.') if !two.is_ascii_digit() => return Some((P::Dot, 2)),
            (b'=', b'>') => return Some((P::Arrow, 2)),
            (b'=' | b'!', b'=') => return Some((P::Operator, if two == b'=' { 3 } else { 2 })),
            (b'=', _) => return Some((P::Assign, 1)),
            (b'+', b'+') | (b'-', b'-') => return Some((P::Update, 2)),
            _ => {}
        }
        let longest = match byte {
            b'>' => 3,
            b'*' | b'&' | b'|' | b'?' | b'<' => 2,
            b'+' | b'-' | b'/' | b'%' | b'^' | b'!' => 1,
            _ => return None,
        };
        let len = (1..longest).find(|&at| self.peek(at) != byte).unwrap_or(longest);
        let assigns = self.peek(len) == b'=';
        Some(match (byte, len) {
            (b'?', 1) => (P::Question, 1),
            (b'<' | b'>', 1) if assigns => (P::Operator, 2),
            _ if assigns => (P::CompoundAssign, len + 1),
            (b'*', 1) => (P::Star, 1),
            _ => (P::Operator, len),
        })
    }
}

#[derive(PartialEq, Eq)]
enum Blank {
    Line,
    Space(usize),
}

fn is_identifier_byte(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b'$' || byte >= 0x80
}

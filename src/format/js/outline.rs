//! What a file says about some names: the members and getters that have them, the variables that are declared under them,
//! and every `JSON.parse`. One pass over the tokens, no tree.
//!
//! Must not: decide what a name means; that is [`super::follow`].

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::scope::{Binding, Scopes};
use super::syntax::{Place, Step, Syntax};
use super::token::{Punctuator as P, Token, TokenKind};
use super::{JsError, literal};

/// What an expression begins with, as far as it can be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// A string or a template without substitutions.
    Text(Token),
    /// A variable.
    Variable(Token),
    /// `JSON.parse` of this literal.
    Json(Token),
    /// The object literal that begins there.
    Object(usize),
    /// `r(42)`: how bundlers get a module.
    Module,
    /// Anything else.
    Other,
}

/// An expression: a base, and the member of it that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub base: Base,
    pub key: Option<Token>,
    /// It is what a function without parameters returns: `() => n`.
    pub arrow: bool,
}

impl Shape {
    pub const OTHER: Self = Self { base: Base::Other, key: None, arrow: false };
}

/// How an entry gives its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Getter,
    Member,
    Field,
    Assignment,
}

/// Something that has one of the names.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub key: String,
    pub kind: Kind,
    /// Where the brackets begin that it is in.
    pub object: usize,
    /// Where its value begins.
    pub at: usize,
    pub shape: Shape,
    group: usize,
}

/// All of it.
#[derive(Default)]
pub(super) struct Outline {
    pub entries: Vec<Entry>,
    /// The literals that are all of the argument of `JSON.parse`.
    pub jsons: Vec<Token>,
    /// By name, in the order of the file.
    pub bindings: BTreeMap<String, Vec<Binding>>,
    /// Where variables are given another value, in the order of the file.
    pub writes: BTreeMap<String, Vec<usize>>,
}

/// Reads a file for properties called `keys` and variables called `variables`.
pub(super) fn read(bytes: &[u8], keys: &BTreeSet<String>, variables: &BTreeSet<String>) -> Result<Outline, JsError> {
    match run(bytes, keys, variables, false) {
        (_, true) => run(bytes, keys, variables, true).0,
        (outcome, false) => outcome,
    }
}

/// The outcome, and whether the file must be read as a module instead.
fn run(
    bytes: &[u8],
    keys: &BTreeSet<String>,
    variables: &BTreeSet<String>,
    module: bool,
) -> (Result<Outline, JsError>, bool) {
    let mut syntax = Syntax::new(bytes, module);
    let scopes = Scopes::new(bytes, variables);
    let mut reader = Reader {
        bytes,
        keys,
        scopes,
        window: [None; 7],
        getter: None,
        readings: Vec::new(),
        parse: None,
        out: Outline::default(),
    };
    loop {
        match syntax.step() {
            Ok(step) => {
                reader.step(&step);
                if step.token.kind == TokenKind::End {
                    break;
                }
            }
            Err(error) => return (Err(error), syntax.may_restart()),
        }
    }
    let patterns = syntax.patterns();
    let is_pattern = |group: usize| patterns.get(group).copied().unwrap_or(false);
    let mut out = reader.out;
    out.entries.retain(|entry| !is_pattern(entry.group));
    (out.bindings, out.writes) = reader.scopes.finish(is_pattern);
    (Ok(out), syntax.may_restart() && syntax.is_module())
}

/// A value that is being read.
struct Reading {
    /// The property that it is for.
    entry: Option<(String, Kind)>,
    /// The variables that it is for.
    variables: Vec<usize>,
    depth: usize,
    object: usize,
    group: usize,
    at: Option<usize>,
    /// The first ones.
    tokens: Vec<Token>,
    count: usize,
    /// After how many tokens the brace closed with which it began.
    closed: Option<usize>,
}

/// Tokens of the longest expression that is followed: `()=>JSON.parse("...")["K"]`.
const TOKENS: usize = 12;

struct Reader<'b> {
    bytes: &'b [u8],
    keys: &'b BTreeSet<String>,
    scopes: Scopes<'b>,
    /// The tokens before, the last one first.
    window: [Option<Step>; 7],
    /// The token before opened the body of this getter.
    getter: Option<String>,
    readings: Vec<Reading>,
    /// The token before is the argument of `JSON.parse`, if it is all of it.
    parse: Option<Token>,
    out: Outline,
}

impl Reader<'_> {
    fn step(&mut self, step: &Step) {
        while self.readings.last().is_some_and(|reading| self.ends(reading, step)) {
            self.finish();
        }
        self.feed(step);
        let declared = self.scopes.step(step, &self.window);
        if !declared.is_empty() {
            self.begin(None, declared, step);
        }
        if let Some(argument) = self.parse.take()
            && (step.token.is(P::CloseParen) || step.token.is(P::Comma))
        {
            self.out.jsons.push(argument);
        }
        if is_text(&step.token) && self.is(0, P::OpenParen) && self.is_json_parse(1) {
            self.parse = Some(step.token);
        }
        self.body(step);
        self.entry(step);
        self.window.rotate_right(1);
        self.window[0] = Some(*step);
    }

    fn before(&self, index: usize) -> Option<&Step> {
        self.window.get(index)?.as_ref()
    }

    fn is(&self, index: usize, punctuator: P) -> bool {
        self.before(index).is_some_and(|step| step.token.is(punctuator))
    }

    fn raw(&self, token: &Token) -> &[u8] {
        self.bytes.get(token.start..token.end).unwrap_or_default()
    }

    fn is_word(&self, index: usize, word: &[u8]) -> bool {
        self.before(index).is_some_and(|step| step.token.kind == TokenKind::Identifier && self.raw(&step.token) == word)
    }

    fn is_json_parse(&self, index: usize) -> bool {
        self.is_word(index, b"parse") && self.is(index + 1, P::Dot) && self.is_word(index + 2, b"JSON")
    }

    /// The name at `index`, if it is one that is looked for.
    fn key(&self, index: usize, quoted: bool) -> Option<String> {
        let token = self.before(index)?.token;
        if !(token.kind == TokenKind::Identifier || quoted && is_text(&token)) {
            return None;
        }
        let name = name(self.bytes, &token);
        self.keys.contains(name.as_ref()).then(|| name.into_owned())
    }

    /// The name whose closing bracket is at `index`: `["NAME"]`.
    fn key_in_brackets(&self, index: usize) -> Option<String> {
        let brackets = self.is(index, P::CloseBracket) && self.is(index + 2, P::OpenBracket);
        (brackets && self.before(index + 1).is_some_and(|step| is_text(&step.token)))
            .then(|| self.key(index + 1, true))?
    }

    fn begin(&mut self, entry: Option<(String, Kind)>, variables: Vec<usize>, step: &Step) {
        if let Some(reading) = self.readings.last_mut()
            && reading.count == 0
            && reading.entry.is_none()
        {
            // `let NAME = ...`, which is a variable and a property.
            reading.entry = entry;
            return;
        }
        let (object, depth, group, tokens) = (self.scopes.innermost(), step.depth, step.group, Vec::new());
        self.readings.push(Reading {
            entry,
            variables,
            depth,
            object,
            group,
            at: None,
            tokens,
            count: 0,
            closed: None,
        });
    }

    fn feed(&mut self, step: &Step) {
        let Some(reading) = self.readings.last_mut() else { return };
        reading.at.get_or_insert(step.token.start);
        reading.count += 1;
        if reading.tokens.len() < TOKENS {
            reading.tokens.push(step.token);
        }
        let braces = reading.tokens.first().is_some_and(|first| first.is(P::OpenBrace));
        if braces && step.token.is(P::CloseBrace) && step.depth == reading.depth + 1 {
            reading.closed.get_or_insert(reading.count);
        }
    }

    fn ends(&self, reading: &Reading, step: &Step) -> bool {
        if step.depth < reading.depth || step.token.kind == TokenKind::End {
            return true;
        }
        if step.depth > reading.depth {
            return false;
        }
        if matches!(reading.entry, Some((_, Kind::Member))) {
            return step.place == Place::Object && (step.token.is(P::Comma) || step.token.is(P::CloseBrace));
        }
        match step.token.kind {
            TokenKind::TemplateMiddle
            | TokenKind::TemplateTail
            | TokenKind::Punctuator(
                P::Semicolon | P::Comma | P::CloseParen | P::CloseBrace | P::CloseBracket | P::Colon,
            ) => true,
            TokenKind::Identifier => ends_line(step) && !matches!(self.raw(&step.token), b"in" | b"instanceof"),
            TokenKind::String
            | TokenKind::Number
            | TokenKind::PrivateName
            | TokenKind::Punctuator(P::OpenBrace | P::At) => ends_line(step),
            _ => false,
        }
    }

    fn finish(&mut self) {
        let Some(reading) = self.readings.pop() else { return };
        let shape = self.shape(&reading);
        self.scopes.initialize(&reading.variables, shape);
        let Some((key, kind)) = reading.entry else { return };
        let restricted = kind == Kind::Getter && reading.tokens.first().is_some_and(|token| token.newline_before);
        let shape = if restricted { Shape::OTHER } else { shape };
        let (object, group) = (reading.object, reading.group);
        let at = reading.at.unwrap_or(object);
        self.out.entries.push(Entry { key, kind, object, at, shape, group });
    }

    fn shape(&self, reading: &Reading) -> Shape {
        if let (Some(first), true) = (reading.tokens.first(), reading.closed == Some(reading.count)) {
            return Shape { base: Base::Object(first.start), ..Shape::OTHER };
        }
        if reading.count != reading.tokens.len() {
            return Shape::OTHER;
        }
        let mut tokens = reading.tokens.as_slice();
        let mut arrow = false;
        if let [open, close, sign, rest @ ..] = tokens
            && open.is(P::OpenParen)
            && close.is(P::CloseParen)
            && sign.is(P::Arrow)
        {
            (tokens, arrow) = (rest, true);
        }
        let mut key = None;
        match tokens {
            [rest @ .., dot, name] if !rest.is_empty() && dot.is(P::Dot) && name.kind == TokenKind::Identifier => {
                (tokens, key) = (rest, Some(*name));
            }
            [rest @ .., open, name, close]
                if !rest.is_empty() && open.is(P::OpenBracket) && is_text(name) && close.is(P::CloseBracket) =>
            {
                (tokens, key) = (rest, Some(*name));
            }
            _ => {}
        }
        let base = self.base(tokens);
        if matches!(base, Base::Text(_)) && (key.is_some() || arrow) {
            return Shape::OTHER;
        }
        Shape { base, key, arrow }
    }

    fn base(&self, tokens: &[Token]) -> Base {
        let word = |token: &Token| token.kind == TokenKind::Identifier && !is_reserved(self.raw(token));
        match tokens {
            [text] if is_text(text) => Base::Text(*text),
            [name] if word(name) => Base::Variable(*name),
            [function, open, id, close]
                if word(function)
                    && open.is(P::OpenParen)
                    && matches!(id.kind, TokenKind::Number | TokenKind::String)
                    && close.is(P::CloseParen) =>
            {
                Base::Module
            }
            [json, dot, parse, open, text, close]
                if self.raw(json) == b"JSON"
                    && dot.is(P::Dot)
                    && self.raw(parse) == b"parse"
                    && open.is(P::OpenParen)
                    && is_text(text)
                    && close.is(P::CloseParen) =>
            {
                Base::Json(*text)
            }
            _ => Base::Other,
        }
    }

    /// `get NAME() { return X }`.
    fn body(&mut self, step: &Step) {
        if let Some(key) = self.getter.take() {
            if step.token.kind == TokenKind::Identifier && self.raw(&step.token) == b"return" {
                self.begin(Some((key, Kind::Getter)), Vec::new(), step);
            } else {
                let (object, at) = (self.scopes.innermost(), step.token.start);
                let (kind, shape, group) = (Kind::Getter, Shape::OTHER, step.group);
                self.out.entries.push(Entry { key, kind, object, at, shape, group });
            }
        }
        let key_place = |step: &Step| matches!(step.place, Place::Object | Place::Class) && step.in_key;
        if step.token.is(P::OpenBrace) && key_place(step) && self.is(0, P::CloseParen) && self.is(1, P::OpenParen) {
            self.getter = if self.is_word(3, b"get") && !self.is(4, P::Dot) {
                self.key(2, true)
            } else if self.is_word(5, b"get") {
                self.key_in_brackets(2)
            } else {
                None
            };
        }
    }

    fn entry(&mut self, step: &Step) {
        let members = step.place == Place::Object && step.in_key;
        if step.token.is(P::Colon) && members && !step.conditional {
            let begins = |index: usize| self.is(index, P::OpenBrace) || self.is(index, P::Comma);
            let plain = if begins(1) { self.key(0, true) } else { None };
            let key = plain.or_else(|| if begins(3) { self.key_in_brackets(0) } else { None });
            if let Some(key) = key {
                self.begin(Some((key, Kind::Member)), Vec::new(), step);
            }
        } else if step.token.is(P::Assign) {
            let field = step.place == Place::Class && step.in_key;
            let index = self.before(2).is_some_and(|open| open.behind_operand);
            let found = if field {
                self.key(0, true).map(|key| (key, Kind::Field))
            } else if self.is(1, P::Dot) || step.place == Place::Statements {
                self.key(0, false).map(|key| (key, Kind::Assignment))
            } else {
                None
            };
            let indexed = || self.key_in_brackets(0).filter(|_| index).map(|key| (key, Kind::Assignment));
            if let Some(entry) = found.or_else(indexed) {
                self.begin(Some(entry), Vec::new(), step);
            }
        }
    }
}

fn ends_line(step: &Step) -> bool {
    step.token.newline_before && step.behind_operand
}

pub(super) fn is_text(token: &Token) -> bool {
    matches!(token.kind, TokenKind::String | TokenKind::Template)
}

/// The name that a token is, in quotes or not.
pub(super) fn name<'b>(bytes: &'b [u8], token: &Token) -> Cow<'b, str> {
    let quotes = usize::from(is_text(token));
    let raw = bytes.get(token.start + quotes..token.end.saturating_sub(quotes)).unwrap_or_default();
    if raw.contains(&b'\\') {
        return Cow::Owned(literal::decode(raw, token.kind == TokenKind::Template).text);
    }
    String::from_utf8_lossy(raw)
}

/// Words that are no variable.
fn is_reserved(word: &[u8]) -> bool {
    matches!(
        word,
        b"this"
            | b"null"
            | b"true"
            | b"false"
            | b"super"
            | b"import"
            | b"new"
            | b"typeof"
            | b"void"
            | b"delete"
            | b"await"
            | b"yield"
            | b"throw"
            | b"class"
            | b"function"
            | b"return"
    )
}

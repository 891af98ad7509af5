//! Finds what gives a property its value: members of object literals, assignments, class fields, and JSON texts that
//! are handed to `JSON.parse`.
//!
//! Must not: change anything.

use std::ops::Range;

use super::super::json::{self, JsonError, Value};
use super::syntax::{Place, Step, Syntax};
use super::token::{Punctuator as P, Token, TokenKind};
use super::{JsError, follow, hidden, literal};

/// A constant that is the property's value.
#[derive(Clone)]
pub(super) struct Constant {
    /// The text.
    pub value: String,
    /// What stands between the quotes.
    pub range: Range<usize>,
    /// The quote or backquote around the literal.
    pub quote: u8,
    /// The text is that of a JSON string, written in JavaScript.
    pub json: bool,
}

impl Constant {
    /// What a string or a template is.
    pub fn literal(bytes: &[u8], token: &Token) -> Self {
        let range = token.start + 1..token.end.saturating_sub(1);
        let raw = bytes.get(range.clone()).unwrap_or_default();
        let value = literal::decode(raw, token.kind == TokenKind::Template).text;
        let quote = bytes.get(token.start).copied().unwrap_or(b'"');
        Self { value, range, quote, json: false }
    }
}

/// A value that is no constant.
#[derive(Debug, Clone)]
pub(super) struct Computed {
    /// Where the value begins.
    pub at: usize,
    /// What is there instead.
    pub what: &'static str,
    /// It only passes on what something else defines: beside a constant it does not matter.
    pub passes: bool,
    /// What it reads, and why that cannot be followed.
    pub why: Option<String>,
    group: usize,
}

impl Computed {
    /// One that passes on what something else defines.
    pub fn passing(at: usize, what: &'static str) -> Self {
        Self { at, what, passes: true, why: None, group: 0 }
    }

    /// One that reads what cannot be followed.
    pub fn lost(at: usize, why: String) -> Self {
        Self { why: Some(why), ..Self::passing(at, "an expression") }
    }
}

/// All there is about a property in one file, in the order of the file.
#[derive(Default)]
pub(super) struct Findings {
    pub constants: Vec<Constant>,
    pub computed: Vec<Computed>,
}

/// Looks for a property, and for what it passes on.
pub(super) fn find(bytes: &[u8], name: &str) -> Result<Findings, JsError> {
    if !hidden::may_hold(bytes, name) {
        return Ok(Findings::default());
    }
    let mut found = match run(bytes, name, false) {
        Run::Done(outcome) => outcome?,
        Run::Module => match run(bytes, name, true) {
            Run::Done(outcome) => outcome?,
            Run::Module => Findings::default(),
        },
    };
    follow::follow(bytes, name, &mut found)?;
    Ok(found)
}

enum Run {
    Done(Result<Findings, JsError>),
    /// Read as a script it has comments that a module has not.
    Module,
}

fn run(bytes: &[u8], name: &str, module: bool) -> Run {
    let mut syntax = Syntax::new(bytes, module);
    let mut search =
        Search { bytes, name, window: [None; 4], values: Vec::new(), wait: Wait::Nothing, found: Findings::default() };
    loop {
        match syntax.step() {
            Ok(step) => {
                search.step(&step);
                if step.token.kind == TokenKind::End {
                    break;
                }
            }
            Err(_) if syntax.may_restart() => return Run::Module,
            Err(error) => return Run::Done(Err(error)),
        }
    }
    if syntax.may_restart() && syntax.is_module() {
        return Run::Module;
    }
    let patterns = syntax.patterns();
    let mut found = search.found;
    found.computed.retain(|computed| !patterns.get(computed.group).copied().unwrap_or(false));
    found.computed.sort_by_key(|computed| computed.at);
    found.constants.sort_by_key(|constant| constant.range.start);
    Run::Done(Ok(found))
}

/// A member's value that is being read.
struct Member {
    depth: usize,
    group: usize,
    first: Option<Token>,
    tokens: usize,
    /// Names, dots and an arrow in front only: what is imported, exported or copied.
    plain: bool,
    arrow: bool,
    last: Option<Token>,
}

/// What the next token decides.
enum Wait {
    Nothing,
    /// The value of an assignment.
    Value,
    /// Whether the literal is all of the value.
    End(Token),
    /// Whether the literal is all of the argument of `JSON.parse`.
    Argument(Token),
}

struct Search<'b> {
    bytes: &'b [u8],
    name: &'b str,
    /// The tokens before, the last one first.
    window: [Option<Step>; 4],
    values: Vec<Member>,
    wait: Wait,
    found: Findings,
}

impl Search<'_> {
    fn step(&mut self, step: &Step) {
        self.awaited(step);
        self.member_value(step);
        self.member_key(step);
        self.assignment(step);
        if matches!(step.token.kind, TokenKind::String | TokenKind::Template) && self.is_json_parse() {
            self.wait = Wait::Argument(step.token);
        }
        self.window.rotate_right(1);
        self.window[0] = Some(*step);
    }

    fn before(&self, index: usize) -> Option<&Step> {
        self.window.get(index)?.as_ref()
    }

    fn raw(&self, token: &Token) -> &[u8] {
        self.bytes.get(token.start..token.end).unwrap_or_default()
    }

    fn is_word(&self, index: usize, word: &[u8]) -> bool {
        self.before(index).is_some_and(|step| step.token.kind == TokenKind::Identifier && self.raw(&step.token) == word)
    }

    fn is(&self, index: usize, punctuator: P) -> bool {
        self.before(index).is_some_and(|step| step.token.is(punctuator))
    }

    /// Whether a token is a name, in quotes or not, that is the property's.
    fn is_name(&self, token: &Token, quoted: bool) -> bool {
        let raw = self.raw(token);
        match token.kind {
            TokenKind::Identifier if raw.contains(&b'\\') => literal::decode(raw, false).text == self.name,
            TokenKind::Identifier => raw == self.name.as_bytes(),
            TokenKind::String | TokenKind::Template if quoted => {
                let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
                if inner.contains(&b'\\') {
                    return literal::decode(inner, token.kind == TokenKind::Template).text == self.name;
                }
                inner == self.name.as_bytes()
            }
            _ => false,
        }
    }

    fn named(&self, index: usize, quoted: bool) -> bool {
        self.before(index).is_some_and(|step| self.is_name(&step.token, quoted))
    }

    /// Whether the token at `index` is the one before a member of an object.
    fn begins_member(&self, index: usize) -> bool {
        self.is(index, P::OpenBrace) || self.is(index, P::Comma)
    }

    fn computed(&mut self, at: usize, what: &'static str, passes: bool, group: usize) {
        self.found.computed.push(Computed { at, what, passes, why: None, group });
    }

    fn constant(&mut self, token: &Token) {
        self.found.constants.push(Constant::literal(self.bytes, token));
    }

    fn awaited(&mut self, step: &Step) {
        match std::mem::replace(&mut self.wait, Wait::Nothing) {
            Wait::Nothing => {}
            Wait::Value => match step.token.kind {
                TokenKind::String | TokenKind::Template => self.wait = Wait::End(step.token),
                _ => self.computed(step.token.start, "an expression", true, 0),
            },
            Wait::End(literal) => {
                if self.ends_assignment(&step.token) {
                    self.constant(&literal);
                } else {
                    self.computed(literal.start, "an expression", true, 0);
                }
            }
            Wait::Argument(literal) => {
                if step.token.is(P::CloseParen) || step.token.is(P::Comma) {
                    self.json(&literal);
                }
            }
        }
    }

    /// What may follow an assignment whose value is complete, semicolon insertion included (section 12.10).
    fn ends_assignment(&self, token: &Token) -> bool {
        match token.kind {
            TokenKind::End
            | TokenKind::TemplateMiddle
            | TokenKind::TemplateTail
            | TokenKind::Punctuator(
                P::Semicolon | P::Comma | P::CloseParen | P::CloseBrace | P::CloseBracket | P::Colon,
            ) => true,
            TokenKind::Identifier => token.newline_before && !matches!(self.raw(token), b"in" | b"instanceof"),
            TokenKind::String
            | TokenKind::Number
            | TokenKind::PrivateName
            | TokenKind::Punctuator(P::OpenBrace | P::At) => token.newline_before,
            TokenKind::Template | TokenKind::TemplateHead | TokenKind::Regex | TokenKind::Punctuator(_) => false,
        }
    }

    fn member_value(&mut self, step: &Step) {
        let ends = step.place == Place::Object && (step.token.is(P::Comma) || step.token.is(P::CloseBrace));
        let Some(member) = self.values.last_mut() else { return };
        if !(ends && step.depth == member.depth) {
            member.first.get_or_insert(step.token);
            member.tokens += 1;
            let in_front = [P::OpenParen, P::CloseParen].iter().any(|&paren| step.token.is(paren)) && !member.arrow;
            member.arrow |= step.token.is(P::Arrow);
            member.plain &= step.token.kind == TokenKind::Identifier
                || step.token.is(P::Dot)
                || step.token.is(P::Arrow)
                || in_front;
            member.last = Some(step.token);
            return;
        }
        let Some(member) = self.values.pop() else { return };
        let (Some(first), Some(last)) = (member.first, member.last) else { return };
        match first.kind {
            TokenKind::String | TokenKind::Template if member.tokens == 1 => self.constant(&first),
            TokenKind::TemplateHead => self.computed(first.start, "a template with ${...}", false, member.group),
            _ => {
                // `NAME: () => n` is how bundlers export a variable, `NAME: e.NAME` copies.
                let exported = member.arrow && last.kind == TokenKind::Identifier && first.is(P::OpenParen);
                let passes = member.plain && (exported || self.is_name(&last, false));
                self.computed(first.start, "an expression", passes, member.group);
            }
        }
    }

    fn member_key(&mut self, step: &Step) {
        if step.place != Place::Object || !step.in_key {
            return;
        }
        let group = step.group;
        match step.token.kind {
            TokenKind::Punctuator(P::Colon) if !step.conditional => {
                let plain = self.named(0, true) && self.begins_member(1);
                let in_brackets = self.is(0, P::CloseBracket)
                    && self.named(1, true)
                    && !self.named(1, false)
                    && self.is(2, P::OpenBracket)
                    && self.begins_member(3);
                if plain || in_brackets {
                    let (depth, first, last) = (step.depth, None, None);
                    self.values.push(Member { depth, group, first, tokens: 0, plain: true, arrow: false, last });
                }
            }
            // `{NAME}`, `{NAME = "default"}` and `{NAME() {}}`.
            TokenKind::Punctuator(P::Comma | P::CloseBrace | P::Assign | P::OpenParen)
                if self.named(0, false) && self.begins_member(1) =>
            {
                let what = if step.token.is(P::OpenParen) { "a method" } else { "a variable of that name" };
                self.computed(self.before(0).map_or(0, |key| key.token.start), what, true, group);
            }
            _ => {}
        }
    }

    fn assignment(&mut self, step: &Step) {
        if !step.token.is(P::Assign) && !step.token.is(P::CompoundAssign) {
            return;
        }
        let indexed = self.is(0, P::CloseBracket)
            && self.named(1, true)
            && !self.named(1, false)
            && self.before(2).is_some_and(|open| open.token.is(P::OpenBracket) && open.behind_operand);
        let dotted = self.named(0, false) && self.is(1, P::Dot);
        let field = step.place == Place::Class && step.in_key && self.named(0, true);
        let variable = step.place == Place::Statements && self.named(0, false);
        if indexed || dotted || field || variable {
            if step.token.is(P::Assign) {
                self.wait = Wait::Value;
            } else {
                self.computed(step.token.start, "an assignment that depends on the old value", true, 0);
            }
        }
    }

    fn is_json_parse(&self) -> bool {
        self.is(0, P::OpenParen) && self.is_word(1, b"parse") && self.is(2, P::Dot) && self.is_word(3, b"JSON")
    }

    /// Looks into the text of a literal that `JSON.parse` reads.
    fn json(&mut self, token: &Token) {
        let inner = token.start + 1..token.end.saturating_sub(1);
        let raw = self.bytes.get(inner.clone()).unwrap_or_default();
        let decoded = literal::decode(raw, token.kind == TokenKind::Template);
        if decoded.lossy {
            return;
        }
        let quote = self.bytes.get(token.start).copied().unwrap_or(b'"');
        let members = match json::named(&decoded.text, self.name) {
            Ok(members) => members,
            Err(JsonError::Depth { .. }) if decoded.text.contains(self.name) => {
                return self.computed(token.start, "JSON that is nested too deep", true, 0);
            }
            // No JSON, so no property.
            Err(_) => return,
        };
        for member in members {
            match member.value {
                Value::String(value) => {
                    let quoted = decoded.written(member.range.start + 1..member.range.end.saturating_sub(1));
                    let range = inner.start + quoted.start..inner.start + quoted.end;
                    self.found.constants.push(Constant { value, range, quote, json: true });
                }
                Value::Literal(_) | Value::Object | Value::Array => {
                    let at = inner.start + decoded.written(member.range).start;
                    self.computed(at, "JSON, but no string", false, 0);
                }
            }
        }
    }
}

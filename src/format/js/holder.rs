//! What holds a value: the names in front of the brackets around it, and the call whose argument it is.
//!
//! Must not: decide what a value is.

use super::outline::name;
use super::syntax::{Place, Step};
use super::token::{Punctuator as P, Token, TokenKind};
use super::value::is_text;

/// The last tokens, the last one first.
pub(super) type Window = [Option<Step>; 7];

/// Names of one path that are kept: nobody writes longer ones into an address.
const NAMES: usize = 6;
/// Brackets that are looked through for them.
const AROUND: usize = 48;

/// Up to three names, the last one first: `a.b.c = `.
pub(super) type Chain = [Option<Token>; 3];

#[derive(Default)]
struct Holder {
    /// What was in front of the bracket.
    names: Chain,
    /// What was met last within it.
    pending: Chain,
    /// The pending name is that of a class or function, which ends with its braces.
    declares: bool,
    /// The name in front of a parenthesis.
    callee: Option<Token>,
    /// Commas so far.
    arguments: usize,
    /// The first argument is `this`.
    this: bool,
    /// An array, and no index.
    array: bool,
}

/// A call.
#[derive(Clone, Copy)]
pub(super) struct Call<'b> {
    pub callee: &'b [u8],
    /// Which argument is being read.
    pub argument: usize,
    /// The first one is `this`.
    pub this: bool,
}

pub(super) struct Holders<'b> {
    bytes: &'b [u8],
    open: Vec<Holder>,
}

impl<'b> Holders<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, open: vec![Holder::default()] }
    }

    fn raw(&self, token: &Token) -> &'b [u8] {
        self.bytes.get(token.start..token.end).unwrap_or_default()
    }

    /// The names around a property, from the outermost on; `before` are those in front of its own.
    pub fn path(&self, before: &[Option<Token>], property: &str) -> Vec<String> {
        let mut names = vec![property.to_owned()];
        let around = self.open.iter().rev().take(AROUND).flat_map(|holder| &holder.names);
        for token in before.iter().chain(around).flatten() {
            if names.len() == NAMES {
                break;
            }
            if self.raw(token) != b"this" {
                names.push(name(self.bytes, token).into_owned());
            }
        }
        names.reverse();
        names
    }

    /// The call whose argument is being read, `up` brackets further out.
    pub fn call(&self, up: usize) -> Option<Call<'b>> {
        let holder = self.open.iter().rev().nth(up)?;
        let callee = self.raw(&holder.callee?);
        Some(Call { callee, argument: holder.arguments, this: holder.this })
    }

    /// Whether the innermost brackets are an array in an array that is the argument of a call, and of which.
    pub fn pairs_of(&self) -> Option<&'b [u8]> {
        let mut around = self.open.iter().rev();
        let arrays = around.next()?.array && around.next()?.array;
        let callee = around.next()?.callee?;
        arrays.then(|| self.raw(&callee))
    }

    pub fn step(&mut self, step: &Step, window: &Window) {
        let token = &step.token;
        let is = |index: usize, punctuator: P| {
            window.get(index).is_some_and(|step| step.is_some_and(|step| step.token.is(punctuator)))
        };
        let word = |index: usize| {
            window
                .get(index)
                .and_then(Option::as_ref)
                .filter(|step| step.token.kind == TokenKind::Identifier)
                .map_or(&b""[..], |step| self.raw(&step.token))
        };
        let before = window[0].map(|step| step.token);
        let names_a_class = matches!(word(0), b"class" | b"function") && !is(1, P::Dot);
        let this = word(0) == b"this" && is(1, P::OpenParen);
        let Some(top) = self.open.last_mut() else { return };
        match token.kind {
            TokenKind::Identifier
                if names_a_class
                    && !is(1, P::Assign)
                    && !is(1, P::Colon)
                    && self.bytes.get(token.start..token.end) != Some(b"extends") =>
            {
                (top.pending, top.declares) = ([Some(*token), None, None], true);
            }
            TokenKind::Identifier if token.newline_before && step.behind_operand && step.place == Place::Statements => {
                top.pending = Chain::default();
            }
            TokenKind::Punctuator(P::Assign) => (top.pending, top.declares) = (chain(window), false),
            TokenKind::Punctuator(P::Colon) if step.place == Place::Object && step.in_key && !step.conditional => {
                (top.pending, top.declares) = ([key(window), None, None], false);
            }
            TokenKind::Punctuator(P::Comma | P::Semicolon) => {
                top.pending = Chain::default();
                top.this |= top.arguments == 0 && this;
                top.arguments += 1;
            }
            TokenKind::Punctuator(P::OpenParen | P::OpenBracket | P::OpenBrace) | TokenKind::TemplateHead => {
                let callee = before.filter(|before| token.is(P::OpenParen) && before.kind == TokenKind::Identifier);
                let array = token.is(P::OpenBracket) && !step.behind_operand;
                let names = top.pending;
                self.open.push(Holder { names, callee, array, ..Holder::default() });
            }
            TokenKind::Punctuator(P::CloseParen | P::CloseBracket | P::CloseBrace) | TokenKind::TemplateTail
                if self.open.len() > 1 =>
            {
                self.open.pop();
                if let Some(top) = self.open.last_mut().filter(|top| top.declares && token.is(P::CloseBrace)) {
                    (top.pending, top.declares) = (Chain::default(), false);
                }
            }
            TokenKind::Identifier
            | TokenKind::PrivateName
            | TokenKind::Number
            | TokenKind::String
            | TokenKind::Template
            | TokenKind::TemplateMiddle
            | TokenKind::TemplateTail
            | TokenKind::Regex
            | TokenKind::Punctuator(_)
            | TokenKind::End => {}
        }
    }
}

/// The names in front of an `=`: `a.b`, `a["b"]` and `this.b`, which is `b`.
pub(super) fn chain(window: &Window) -> Chain {
    let at = |index: usize| window.get(index).and_then(Option::as_ref).map(|step| step.token);
    let is = |index: usize, punctuator: P| at(index).is_some_and(|token| token.is(punctuator));
    let mut names = Chain::default();
    let mut index = 0;
    for slot in &mut names {
        let Some(token) = at(index) else { break };
        if token.kind == TokenKind::Identifier {
            *slot = Some(token);
            index += 1;
        } else if token.is(P::CloseBracket) && is(index + 2, P::OpenBracket) {
            let Some(text) = at(index + 1).filter(is_text) else { break };
            *slot = Some(text);
            index += 3;
            continue_behind(&mut index, &is);
            continue;
        } else {
            break;
        }
        if !is(index, P::Dot) {
            break;
        }
        index += 1;
    }
    names
}

fn continue_behind(index: &mut usize, is: &dyn Fn(usize, P) -> bool) {
    if is(*index, P::Dot) {
        *index += 1;
    }
}

/// The key in front of a `:`.
fn key(window: &Window) -> Option<Token> {
    let at = |index: usize| window.get(index).and_then(Option::as_ref).map(|step| step.token);
    match at(0)? {
        token if token.is(P::CloseBracket) => at(1).filter(is_text),
        token => Some(token).filter(|token| token.kind == TokenKind::Identifier || is_text(token)),
    }
}

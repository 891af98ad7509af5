//! What an expression can be, told from its tokens: the strings, the names that it reads, and what is neither.
//!
//! An expression has several values where it chooses: both arms of `?:`, both sides of `||` and `??`. What is chosen is
//! never worked out; every arm counts. A function counts for what it returns where that is all it does.
//!
//! Must not: look up a name.

use std::ops::Range;

use super::literal;
use super::token::{Punctuator as P, Token, TokenKind};

/// A constant that is the property's value.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Constant {
    /// The text.
    pub value: String,
    /// What stands between the quotes, or all of the literals that are joined.
    pub range: Range<usize>,
    /// The quote or backquote around the literal.
    pub quote: u8,
    /// How the text is written.
    pub form: Form,
}

impl std::fmt::Debug for Constant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { value: _, range, quote, form } = self;
        let mut shown = f.debug_struct("Constant");
        shown.field("range", range).field("quote", quote).field("form", form).finish_non_exhaustive()
    }
}

/// How the text of a constant is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Literal,
    /// As a JSON string, which is written in JavaScript.
    Json,
    /// As several literals with `+` between them.
    Joined,
}

impl Constant {
    /// What a string or a template is.
    pub fn literal(bytes: &[u8], token: &Token) -> Self {
        let range = token.start + 1..token.end.saturating_sub(1);
        let raw = bytes.get(range.clone()).unwrap_or_default();
        let value = literal::decode(raw, token.kind == TokenKind::Template).text;
        let quote = bytes.get(token.start).copied().unwrap_or(b'"');
        Self { value, range, quote, form: Form::Literal }
    }
}

/// What a name that is read begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// A variable.
    Variable(Token),
    /// `JSON.parse` of this literal.
    Json(Token),
    /// The object literal that begins there.
    Object(usize),
    /// `r(42)`: how bundlers get a module.
    Module,
    /// A member of this variable, which holds what is read if the variable is a module: `m.environment`.
    Through(Token),
    /// Anything else.
    Other,
}

/// A base, and the member of it that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub base: Base,
    pub key: Option<Token>,
    /// Where it is read.
    pub at: usize,
    /// What `||` passes over where it is empty.
    pub falls: bool,
}

/// One of the values that an expression can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Leaf {
    Constant(Constant),
    Read(Shape),
    /// `null`, `undefined`, a boolean, or a function that cannot return a string without being given something.
    Nothing,
    Other {
        at: usize,
        what: &'static str,
    },
}

/// How deep expressions in one another are looked into: nobody writes deeper ones around one string.
const DEPTH: usize = 48;

/// Whether a token is a string or a template without substitutions.
pub(super) fn is_text(token: &Token) -> bool {
    matches!(token.kind, TokenKind::String | TokenKind::Template)
}

/// Reads expressions of one file.
#[derive(Clone, Copy)]
pub(super) struct Reader<'b> {
    pub bytes: &'b [u8],
    /// Whether a function counts for what it returns.
    pub functions: bool,
}

impl Reader<'_> {
    /// The values of an expression, which is all of `tokens`.
    pub fn expression(self, tokens: &[Token]) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        self.read(tokens, 0, &mut leaves);
        leaves
    }

    /// The values of the property that a descriptor (ECMA-262, section 6.2.6) defines.
    pub fn descriptor(self, tokens: &[Token]) -> Vec<Leaf> {
        let at = tokens.first().map_or(0, |token| token.start);
        let [open, members @ .., close] = tokens else {
            return vec![Leaf::Other { at, what: "a descriptor that is not written there" }];
        };
        if !open.is(P::OpenBrace) || !close.is(P::CloseBrace) || top_level(tokens).len() != 2 {
            return vec![Leaf::Other { at, what: "a descriptor that is not written there" }];
        }
        let mut leaves = Vec::new();
        let commas: Vec<usize> = top_level(members)
            .into_iter()
            .filter(|&index| members.get(index).is_some_and(|token| token.is(P::Comma)))
            .chain([members.len()])
            .collect();
        let mut from = 0;
        for end in commas {
            match members.get(from..end).unwrap_or_default() {
                [key, colon, value @ ..] if colon.is(P::Colon) => {
                    let key = super::outline::name(self.bytes, key);
                    let reader = Self { functions: key == "get", ..self };
                    if key == "get" || key == "value" {
                        leaves.extend(reader.expression(value));
                    }
                }
                [key, open, close, brace, body @ .., end]
                    if self.raw(key) == b"get"
                        && open.is(P::OpenParen)
                        && close.is(P::CloseParen)
                        && brace.is(P::OpenBrace)
                        && end.is(P::CloseBrace) =>
                {
                    leaves.extend(Self { functions: true, ..self }.function(body, false));
                }
                [key, ..] if matches!(self.raw(key), b"get" | b"value" | b"...") => {
                    leaves.push(Leaf::Other { at: key.start, what: "a descriptor that is not written there" });
                }
                _ => {}
            }
            from = end + 1;
        }
        leaves
    }

    /// What a function with this body returns. `parameters` says that it takes any.
    pub fn function(self, body: &[Token], parameters: bool) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        let at = body.first().map_or(0, |token| token.start);
        self.body(body, parameters, at, 0, &mut leaves);
        leaves
    }

    fn raw(&self, token: &Token) -> &[u8] {
        self.bytes.get(token.start..token.end).unwrap_or_default()
    }

    fn is_word(&self, token: Option<&Token>, word: &[u8]) -> bool {
        token.is_some_and(|token| token.kind == TokenKind::Identifier && self.raw(token) == word)
    }

    fn read(self, tokens: &[Token], depth: usize, out: &mut Vec<Leaf>) {
        let [first, .., _] = tokens else {
            return match tokens {
                [token] => out.push(self.single(token)),
                _ => out.push(Leaf::Other { at: 0, what: "an expression" }),
            };
        };
        let other = |what| Leaf::Other { at: first.start, what };
        if depth > DEPTH {
            return out.push(other("an expression"));
        }
        let top = top_level(tokens);
        let at =
            |wanted: &dyn Fn(&Token) -> bool| top.iter().copied().find(|&index| tokens.get(index).is_some_and(wanted));
        let behind = |index: usize| tokens.get(index + 1..).unwrap_or_default();
        let before = |index: usize| tokens.get(..index).unwrap_or_default();
        // Parentheses hold lists; the last value is the value.
        if let Some(&comma) = top.iter().rfind(|&&index| tokens.get(index).is_some_and(|token| token.is(P::Comma))) {
            return self.read(behind(comma), depth + 1, out);
        }
        let lowest = |token: &Token| {
            [P::Arrow, P::Assign, P::CompoundAssign, P::Question].iter().any(|&punctuator| token.is(punctuator))
        };
        if let Some(index) = at(&lowest)
            && let Some(token) = tokens.get(index)
        {
            if token.is(P::Arrow) {
                return self.arrow(before(index), behind(index), first.start, depth, out);
            }
            if token.is(P::Assign) {
                return self.read(behind(index), depth + 1, out);
            }
            if token.is(P::Question) {
                return match matching_colon(tokens, &top, index) {
                    Some(colon) => {
                        self.read(tokens.get(index + 1..colon).unwrap_or_default(), depth + 1, out);
                        self.read(behind(colon), depth + 1, out);
                    }
                    None => out.push(other("an expression")),
                };
            }
            return match self.raw(token) {
                b"||=" | b"??=" => {
                    self.choice(before(index), behind(index), self.raw(token) == b"||=", depth, out);
                }
                b"&&=" => self.read(behind(index), depth + 1, out),
                _ => out.push(other("an assignment that depends on the old value")),
            };
        }
        let operator = |signs: &'static [&'static [u8]]| {
            top.iter().copied().rfind(|&index| {
                let token = tokens.get(index);
                token.is_some_and(|token| token.is(P::Operator) && signs.contains(&self.raw(token)))
            })
        };
        if let Some(index) = operator(&[b"||", b"??"]) {
            let empty = tokens.get(index).is_some_and(|token| self.raw(token) == b"||");
            return self.choice(before(index), behind(index), empty, depth, out);
        }
        if let Some(index) = operator(&[b"&&"]) {
            // Where the condition does not hold there is no text.
            return self.read(behind(index), depth + 1, out);
        }
        if operator(&[b"+"]).is_some_and(|index| index > 0) {
            return out.push(self.joined(tokens, &top).unwrap_or(other("a text that is put together")));
        }
        if first.is(P::Operator) && self.raw(first) == b"!" || self.is_word(Some(first), b"void") {
            return out.push(Leaf::Nothing);
        }
        self.operand(tokens, &top, depth, out);
    }

    fn single(&self, token: &Token) -> Leaf {
        let at = token.start;
        match token.kind {
            TokenKind::String | TokenKind::Template => Leaf::Constant(Constant::literal(self.bytes, token)),
            TokenKind::Number => Leaf::Other { at, what: "a number" },
            TokenKind::Regex => Leaf::Other { at, what: "a regular expression" },
            TokenKind::Identifier => match self.raw(token) {
                b"null" | b"undefined" | b"true" | b"false" => Leaf::Nothing,
                word if is_reserved(word) => Leaf::Other { at, what: "an expression" },
                _ => Leaf::Read(Shape { base: Base::Variable(*token), key: None, at, falls: false }),
            },
            TokenKind::PrivateName
            | TokenKind::TemplateHead
            | TokenKind::TemplateMiddle
            | TokenKind::TemplateTail
            | TokenKind::Punctuator(_)
            | TokenKind::End => Leaf::Other { at, what: "an expression" },
        }
    }

    /// `left || right` and `left ?? right`: with `empty` the left one does not count where it is empty.
    fn choice(self, left: &[Token], right: &[Token], empty: bool, depth: usize, out: &mut Vec<Leaf>) {
        let mut leaves = Vec::new();
        self.read(left, depth + 1, &mut leaves);
        for leaf in leaves {
            match leaf {
                Leaf::Nothing => {}
                Leaf::Constant(constant) if empty && constant.value.is_empty() => {}
                Leaf::Read(shape) => out.push(Leaf::Read(Shape { falls: shape.falls || empty, ..shape })),
                leaf @ (Leaf::Constant(_) | Leaf::Other { .. }) => out.push(leaf),
            }
        }
        self.read(right, depth + 1, out);
    }

    /// Literals with `+` between them, and nothing else: they are replaced as one.
    fn joined(self, tokens: &[Token], top: &[usize]) -> Option<Leaf> {
        let (first, last) = (tokens.first()?, tokens.last()?);
        let mut value = String::new();
        let mut quote = None;
        let mut from = 0;
        let plus = |&&index: &&usize| tokens.get(index).is_some_and(|token| self.raw(token) == b"+");
        for end in top.iter().filter(plus).copied().chain([tokens.len()]) {
            let mut piece = tokens.get(from..end)?;
            while let [open, inner @ .., close] = piece
                && open.is(P::OpenParen)
                && close.is(P::CloseParen)
            {
                piece = inner;
            }
            let [text] = piece else { return None };
            let constant = is_text(text).then(|| Constant::literal(self.bytes, text))?;
            value.push_str(&constant.value);
            quote.get_or_insert(constant.quote);
            from = end + 1;
        }
        let quote = quote.unwrap_or(b'"');
        Some(Leaf::Constant(Constant { value, range: first.start..last.end, quote, form: Form::Joined }))
    }

    fn arrow(self, head: &[Token], body: &[Token], at: usize, depth: usize, out: &mut Vec<Leaf>) {
        if self.is_word(head.first(), b"async") {
            return out.push(Leaf::Other { at, what: "a function" });
        }
        let parameters = match head {
            [open, close] => !(open.is(P::OpenParen) && close.is(P::CloseParen)),
            _ => true,
        };
        match body {
            [open, inner @ .., close] if open.is(P::OpenBrace) && close.is(P::CloseBrace) => {
                self.body(inner, parameters, at, depth, out);
            }
            _ if !self.functions => out.push(Leaf::Other { at, what: "a function" }),
            _ if parameters => out.push(Leaf::Nothing),
            _ => self.read(body, depth + 1, out),
        }
    }

    fn body(self, body: &[Token], parameters: bool, at: usize, depth: usize, out: &mut Vec<Leaf>) {
        let body = match body {
            [body @ .., end] if end.is(P::Semicolon) => body,
            body => body,
        };
        if !self.functions {
            return out.push(Leaf::Other { at, what: "a function" });
        }
        if parameters || !body.iter().any(|token| self.is_word(Some(token), b"return")) {
            return out.push(Leaf::Nothing);
        }
        match body {
            [word, value @ ..]
                if self.is_word(Some(word), b"return")
                    && value.first().is_some_and(|token| !token.newline_before)
                    && !top_level(value)
                        .iter()
                        .any(|&index| value.get(index).is_some_and(|token| token.is(P::Semicolon))) =>
            {
                self.read(value, depth + 1, out);
            }
            _ => out.push(Leaf::Other { at, what: "a function that does more than return a string or what holds one" }),
        }
    }

    /// What has no operator outside of brackets.
    fn operand(self, tokens: &[Token], top: &[usize], depth: usize, out: &mut Vec<Leaf>) {
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else { return };
        let at = first.start;
        let other = |what| Leaf::Other { at, what };
        // The brackets that open first close last: nothing else is outside of them.
        let enclosed = top.len() == 2;
        if enclosed && first.is(P::OpenParen) {
            return self.read(tokens.get(1..tokens.len() - 1).unwrap_or_default(), depth + 1, out);
        }
        if enclosed && first.is(P::OpenBrace) {
            let base = Base::Object(first.start);
            return out.push(Leaf::Read(Shape { base, key: None, at, falls: false }));
        }
        if enclosed && first.is(P::OpenBracket) {
            return out.push(other("an array"));
        }
        if self.is_word(Some(first), b"function") {
            return self.function_expression(tokens, at, depth, out);
        }
        if first.kind == TokenKind::TemplateHead && enclosed {
            return out.push(other("a template with ${...}"));
        }
        if self.is_word(Some(first), b"class") {
            return out.push(other("a class"));
        }
        let operators = top.iter().any(|&index| {
            tokens.get(index).is_some_and(|token| match token.kind {
                TokenKind::Punctuator(P::Operator | P::Star | P::Update | P::Colon | P::Semicolon | P::Spread) => true,
                TokenKind::Identifier => {
                    let behind_dot = index.checked_sub(1).and_then(|before| tokens.get(before));
                    is_operator_word(self.raw(token)) && !behind_dot.is_some_and(|token| token.is(P::Dot))
                }
                TokenKind::PrivateName
                | TokenKind::Number
                | TokenKind::String
                | TokenKind::Template
                | TokenKind::TemplateHead
                | TokenKind::TemplateMiddle
                | TokenKind::TemplateTail
                | TokenKind::Regex
                | TokenKind::Punctuator(_)
                | TokenKind::End => false,
            })
        });
        if operators {
            return out.push(other("an expression"));
        }
        match self.shape(tokens) {
            Some(shape) => out.push(Leaf::Read(shape)),
            None if last.is(P::CloseParen) => out.push(other("a call")),
            None => out.push(other("an expression")),
        }
    }

    fn function_expression(self, tokens: &[Token], at: usize, depth: usize, out: &mut Vec<Leaf>) {
        let open = match tokens {
            [_, name, open, ..] if name.kind == TokenKind::Identifier && open.is(P::OpenParen) => 2,
            [_, open, ..] if open.is(P::OpenParen) => 1,
            _ => return out.push(Leaf::Other { at, what: "a generator" }),
        };
        let parameters = !tokens.get(open + 1).is_some_and(|token| token.is(P::CloseParen));
        let rest = tokens.get(open + 2..).unwrap_or_default();
        // A call of the function, or anything else behind its body, is no function.
        match rest {
            [brace, inner @ .., close]
                if brace.is(P::OpenBrace) && close.is(P::CloseBrace) && top_level(rest).len() == 2 =>
            {
                self.body(inner, parameters, at, depth, out);
            }
            _ if parameters && tokens.last().is_some_and(|token| token.is(P::CloseBrace)) && self.functions => {
                out.push(Leaf::Nothing);
            }
            _ => out.push(Leaf::Other { at, what: "a function" }),
        }
    }

    fn shape(self, all: &[Token]) -> Option<Shape> {
        let at = all.first()?.start;
        let mut tokens = all;
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
        // `(m).K` and `(0, m).K` are `m.K`.
        if let [open, .., name, close] = tokens
            && open.is(P::OpenParen)
            && close.is(P::CloseParen)
            && top_level(tokens).len() == 2
            && matches!(tokens, [_, _, _] | [_, _, _, _, _])
            && matches!(tokens.get(tokens.len() - 3), Some(token) if token.is(P::Comma) || token.is(P::OpenParen))
        {
            tokens = std::slice::from_ref(name);
        }
        let base = self.base(tokens);
        let falls = false;
        match (base, key) {
            (Base::Other, None) => None,
            (base, key) => Some(Shape { base, key, at, falls }),
        }
    }

    fn base(self, tokens: &[Token]) -> Base {
        let word = |token: &Token| token.kind == TokenKind::Identifier && !is_reserved(self.raw(token));
        match tokens {
            [name] if word(name) => Base::Variable(*name),
            [name, dot, member] if word(name) && dot.is(P::Dot) && member.kind == TokenKind::Identifier => {
                Base::Through(*name)
            }
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
}

/// The tokens outside of all brackets, the outermost brackets included.
pub(super) fn top_level(tokens: &[Token]) -> Vec<usize> {
    let mut depth = 0_usize;
    let mut top = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Punctuator(P::OpenParen | P::OpenBracket | P::OpenBrace) | TokenKind::TemplateHead => {
                if depth == 0 {
                    top.push(index);
                }
                depth += 1;
            }
            TokenKind::Punctuator(P::CloseParen | P::CloseBracket | P::CloseBrace) | TokenKind::TemplateTail => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    top.push(index);
                }
            }
            _ if depth == 0 => top.push(index),
            TokenKind::Identifier
            | TokenKind::PrivateName
            | TokenKind::Number
            | TokenKind::String
            | TokenKind::Template
            | TokenKind::TemplateMiddle
            | TokenKind::Regex
            | TokenKind::Punctuator(_)
            | TokenKind::End => {}
        }
    }
    top
}

/// The `:` of the `?` at `question`.
fn matching_colon(tokens: &[Token], top: &[usize], question: usize) -> Option<usize> {
    let mut open = 0_usize;
    for &index in top.iter().filter(|&&index| index > question) {
        let token = tokens.get(index)?;
        if token.is(P::Question) {
            open += 1;
        } else if token.is(P::Colon) {
            if open == 0 {
                return Some(index);
            }
            open -= 1;
        }
    }
    None
}

/// Words that are no variable.
fn is_reserved(word: &[u8]) -> bool {
    is_operator_word(word) || matches!(word, b"this" | b"null" | b"true" | b"false" | b"super" | b"import")
}

/// Words that make an operand another one, or stand between two.
fn is_operator_word(word: &[u8]) -> bool {
    matches!(
        word,
        b"new"
            | b"typeof"
            | b"void"
            | b"delete"
            | b"await"
            | b"yield"
            | b"throw"
            | b"class"
            | b"function"
            | b"async"
            | b"return"
            | b"in"
            | b"instanceof"
    )
}

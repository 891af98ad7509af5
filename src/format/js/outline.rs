//! What a file says about some names: what gives properties called so a value, the variables that are declared under them,
//! and every `JSON.parse`. One pass over the tokens, no tree.
//!
//! Must not: decide what a name means; that is [`super::follow`].

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "of tokens those count that mean something here; others are passed over"
)]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::super::limits;
use super::holder::{Chain, Holders, Window, chain};
use super::scope::{Binding, Scopes};
use super::syntax::{Place, Step, Syntax};
use super::token::{Punctuator as P, Token, TokenKind};
use super::value::{Base, Leaf, Reader, Shape, is_text, top_level};
use super::{JsError, hidden, literal};

/// How an entry gives its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Member,
    /// `{NAME}`
    Shorthand,
    /// `{NAME = "x"}`, which is always a pattern.
    Default,
    Field,
    Assignment,
    /// `NAME = "x"`: a property of the global object or of a module, or a variable of a function.
    Variable,
    Getter,
    Method,
    /// `Reflect.set(o, "NAME", "x")` and its kind.
    Argument,
    /// `r.d(e, "NAME", function() { return n })`: what older bundlers export.
    Export,
    /// A descriptor of `Object.defineProperty` and its kind.
    Descriptor,
    /// A member of what `Object.defineProperties` or something called `create` is given: a descriptor, if it is one.
    Described,
    /// `[a.NAME] = b`, if the brackets turn out to be a pattern.
    Target,
    /// What `JSON.parse` reads, which is no literal.
    Json,
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
    /// The values that it may have.
    pub leaves: Vec<Leaf>,
    /// The names that lead to it, its own last.
    pub path: Vec<String>,
    /// The name, where it is a variable; or the variable that holds the key.
    pub variable: Option<Token>,
    /// Its value has a default.
    assigns: bool,
    group: usize,
}

/// All of it.
#[derive(Default)]
pub(super) struct Outline {
    pub entries: Vec<Entry>,
    /// The literals that are all of the argument of `JSON.parse`, and the names that lead there.
    pub jsons: Vec<(Token, Vec<String>)>,
    /// By name, in the order of the file.
    pub bindings: BTreeMap<String, Vec<Binding>>,
    /// Where variables are given another value, in the order of the file.
    pub writes: BTreeMap<String, Vec<usize>>,
    /// Variables that get the property's name as their value.
    pub aliases: BTreeSet<String>,
    /// Some string may be a JSON text with the property.
    pub texts: bool,
}

/// What is looked for.
pub(super) struct Wanted<'w> {
    pub keys: &'w BTreeSet<String>,
    pub variables: &'w BTreeSet<String>,
    /// The property that is edited; `None` where what it reads is looked up.
    pub property: Option<&'w str>,
    /// Variables that may hold its name.
    pub aliases: &'w BTreeSet<String>,
}

/// Reads a file for properties and variables.
pub(super) fn read(bytes: &[u8], wanted: &Wanted<'_>) -> Result<Outline, JsError> {
    match run(bytes, wanted, false) {
        (_, true) => run(bytes, wanted, true).0,
        (outcome, false) => outcome,
    }
}

/// The outcome, and whether the file must be read as a module instead.
fn run(bytes: &[u8], wanted: &Wanted<'_>, module: bool) -> (Result<Outline, JsError>, bool) {
    let mut syntax = Syntax::new(bytes, module);
    let mut outliner = Outliner {
        bytes,
        wanted,
        scopes: Scopes::new(bytes, wanted.variables),
        holders: Holders::new(bytes),
        window: [None; 7],
        recent: Vec::new(),
        count: 0,
        brackets: Vec::new(),
        key: None,
        method: None,
        readings: Vec::new(),
        parse: None,
        out: Outline::default(),
    };
    loop {
        match syntax.step() {
            Ok(step) => {
                outliner.step(&step);
                if step.token.kind == TokenKind::End {
                    break;
                }
            }
            Err(error) => return (Err(error), syntax.may_restart()),
        }
    }
    let patterns = syntax.patterns();
    let is_pattern = |group: usize| patterns.get(group).copied().unwrap_or(false);
    let mut out = outliner.out;
    out.entries.retain(|entry| match entry.kind {
        // What a pattern takes is no value, its default is one.
        Kind::Member => !is_pattern(entry.group) || entry.assigns,
        Kind::Shorthand => !is_pattern(entry.group),
        Kind::Target => is_pattern(entry.group),
        _ => true,
    });
    (out.bindings, out.writes) = outliner.scopes.finish(is_pattern);
    (Ok(out), syntax.may_restart() && syntax.is_module())
}

/// The property that a value is for.
struct Start {
    key: String,
    kind: Kind,
    path: Vec<String>,
    variable: Option<Token>,
    /// A method takes parameters.
    parameters: bool,
}

/// A value that is being read.
struct Reading {
    start: Option<Start>,
    /// The variables that it is for.
    variables: Vec<usize>,
    depth: usize,
    object: usize,
    group: usize,
    at: Option<Token>,
    /// How many tokens were before it.
    from: usize,
    /// After how many tokens the brace closed with which it began.
    closed: Option<usize>,
    /// `?` that wait for their `:`.
    conditionals: usize,
}

/// The name of a method whose parentheses were opened.
struct Method {
    key: String,
    name: Option<Token>,
    getter: bool,
    parameters: bool,
    depth: usize,
    open: usize,
    path: Vec<String>,
}

/// Brackets that closed: how many tokens were before and behind the opening one, and whether they were an index.
#[derive(Clone, Copy)]
struct Closed {
    from: usize,
    to: usize,
    index: bool,
}

struct Outliner<'b> {
    bytes: &'b [u8],
    wanted: &'b Wanted<'b>,
    scopes: Scopes<'b>,
    holders: Holders<'b>,
    /// The tokens before, the last one first.
    window: Window,
    /// The last tokens, at least as many as a value may have.
    recent: Vec<Token>,
    /// Tokens so far.
    count: usize,
    /// Square brackets that are open: tokens before them, and whether they are an index.
    brackets: Vec<(usize, bool)>,
    /// The token before closed these brackets.
    key: Option<Closed>,
    method: Option<Method>,
    readings: Vec<Reading>,
    /// The token before is the argument of `JSON.parse`, if it is all of it.
    parse: Option<Token>,
    out: Outline,
}

impl<'b> Outliner<'b> {
    fn step(&mut self, step: &Step) {
        while self.readings.last().is_some_and(|reading| self.ends(reading, step)) {
            self.finish();
        }
        self.feed(step);
        let declared = self.scopes.step(step, &self.window);
        if !declared.is_empty() {
            self.begin(None, declared, step, 0);
        }
        self.json(step);
        self.entry(step);
        self.alias(step);
        self.holders.step(step, &self.window);
        self.key = None;
        match step.token.kind {
            TokenKind::Punctuator(P::OpenBracket) => {
                // `get["NAME"]` of a class is no index.
                let key = step.in_key && matches!(step.place, Place::Object | Place::Class);
                self.brackets.push((self.count, step.behind_operand && !key));
            }
            TokenKind::Punctuator(P::CloseBracket) => {
                self.key = self.brackets.pop().map(|(from, index)| Closed { from: from + 1, to: self.count, index });
            }
            _ => {}
        }
        if self.recent.len() == 2 * limits::JS_VALUE_TOKENS {
            self.recent.drain(..limits::JS_VALUE_TOKENS);
        }
        self.recent.push(step.token);
        self.count += 1;
        self.window.rotate_right(1);
        self.window[0] = Some(*step);
    }

    fn before(&self, index: usize) -> Option<&Step> {
        self.window.get(index)?.as_ref()
    }

    fn is(&self, index: usize, punctuator: P) -> bool {
        self.before(index).is_some_and(|step| step.token.is(punctuator))
    }

    fn raw(&self, token: &Token) -> &'b [u8] {
        self.bytes.get(token.start..token.end).unwrap_or_default()
    }

    fn is_word(&self, index: usize, word: &[u8]) -> bool {
        self.before(index).is_some_and(|step| step.token.kind == TokenKind::Identifier && self.raw(&step.token) == word)
    }

    /// The tokens from one number to another, unless they are too many to be remembered.
    fn tokens(&self, from: usize, to: usize) -> Option<&[Token]> {
        let first = self.count - self.recent.len();
        let (from, to) = (from.checked_sub(first)?, to.checked_sub(first)?);
        self.recent.get(from..to).filter(|tokens| tokens.len() <= limits::JS_VALUE_TOKENS)
    }

    /// The name at `index`, if it is one that is looked for.
    fn name_at(&self, index: usize, quoted: bool) -> Option<String> {
        let token = self.before(index)?.token;
        if !(token.kind == TokenKind::Identifier || quoted && is_text(&token)) {
            return None;
        }
        let name = name(self.bytes, &token);
        self.wanted.keys.contains(name.as_ref()).then(|| name.into_owned())
    }

    /// The name in the brackets that just closed: `["NAME"]`, `["NA" + "ME"]`, `[k]`; and the variable that holds it.
    fn name_in(&self, closed: Closed) -> Option<(String, Option<Token>)> {
        let (bytes, wanted) = (self.bytes, self.wanted);
        let tokens = self.tokens(closed.from, closed.to)?;
        match tokens {
            [variable] if variable.kind == TokenKind::Identifier => {
                let found = wanted.aliases.contains(name(bytes, variable).as_ref());
                Some((wanted.property.filter(|_| found)?.to_owned(), Some(*variable)))
            }
            _ => match (Reader { bytes, functions: false }).expression(tokens).as_slice() {
                [Leaf::Constant(constant)] if wanted.keys.contains(&constant.value) => {
                    Some((constant.value.clone(), None))
                }
                _ => None,
            },
        }
    }

    fn begin(&mut self, start: Option<Start>, variables: Vec<usize>, step: &Step, deeper: usize) {
        let from = self.count + 1;
        if let Some(reading) = self.readings.last_mut()
            && reading.from == from
            && reading.start.is_none()
        {
            // `let NAME = ...`, which is a variable and a property.
            reading.start = start;
            return;
        }
        let (object, depth, group) = (self.scopes.innermost(), step.depth + deeper, step.group);
        let (at, closed, conditionals) = (None, None, 0);
        self.readings.push(Reading { start, variables, depth, object, group, at, from, closed, conditionals });
    }

    fn feed(&mut self, step: &Step) {
        let count = self.count;
        let Some(reading) = self.readings.last_mut() else { return };
        let first = reading.at.get_or_insert(step.token);
        if first.is(P::OpenBrace) && step.token.is(P::CloseBrace) && step.depth == reading.depth + 1 {
            reading.closed.get_or_insert(count + 1);
        }
        if step.depth == reading.depth {
            if step.token.is(P::Question) {
                reading.conditionals += 1;
            } else if step.token.is(P::Colon) {
                reading.conditionals = reading.conditionals.saturating_sub(1);
            }
        }
    }

    fn ends(&self, reading: &Reading, step: &Step) -> bool {
        if step.depth < reading.depth || step.token.kind == TokenKind::End {
            return true;
        }
        if step.depth > reading.depth {
            return false;
        }
        match reading.start.as_ref().map(|start| start.kind) {
            Some(Kind::Member | Kind::Described) => {
                return step.place == Place::Object && (step.token.is(P::Comma) || step.token.is(P::CloseBrace));
            }
            Some(Kind::Getter | Kind::Method) => return step.token.is(P::CloseBrace),
            _ => {}
        }
        match step.token.kind {
            TokenKind::Punctuator(P::Colon) => reading.conditionals == 0,
            TokenKind::TemplateMiddle
            | TokenKind::TemplateTail
            | TokenKind::Punctuator(P::Semicolon | P::Comma | P::CloseParen | P::CloseBrace | P::CloseBracket) => true,
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
        let (bytes, count) = (self.bytes, self.count);
        let at = reading.at.map_or(reading.object, |token| token.start);
        let kind = reading.start.as_ref().map(|start| start.kind);
        let reader = Reader { bytes, functions: kind.is_some_and(|kind| kind != Kind::Json) };
        let parameters = reading.start.as_ref().is_some_and(|start| start.parameters);
        let body = matches!(kind, Some(Kind::Getter | Kind::Method));
        let mut assigns = false;
        let mut read = |tokens: &[Token], functions: bool| match kind {
            Some(Kind::Getter | Kind::Method) => reader.function(tokens, parameters),
            Some(Kind::Descriptor) => reader.descriptor(tokens),
            Some(Kind::Described) if tokens.first().is_some_and(|token| token.is(P::OpenBrace)) => {
                let leaves = reader.descriptor(tokens);
                if leaves.is_empty() { reader.expression(tokens) } else { leaves }
            }
            Some(_) => {
                assigns = assigns_at_top(tokens);
                Reader { functions, ..reader }.expression(tokens)
            }
            None => Reader { functions, ..reader }.expression(tokens),
        };
        let whole = reading.closed == Some(count);
        let function = |first: Token| first.is(P::OpenParen) || self.raw(&first) == b"function";
        let starts = reading.start.filter(|_| kind != Some(Kind::Export) || reading.at.is_some_and(function));
        let object = || vec![Leaf::Read(Shape { base: Base::Object(at), key: None, at, falls: false })];
        let long = || vec![Leaf::Other { at, what: "a long expression" }];
        let tokens = if body && reading.from == count { Some(&[][..]) } else { self.tokens(reading.from, count) };
        let variables = match tokens {
            _ if reading.variables.is_empty() => Vec::new(),
            _ if whole => object(),
            Some(tokens) => read(tokens, false),
            None => long(),
        };
        let leaves = match tokens {
            _ if kind.is_none() => Vec::new(),
            _ if body && parameters => vec![Leaf::Nothing],
            Some(tokens) => read(tokens, reader.functions),
            None if whole => object(),
            None => long(),
        };
        self.scopes.initialize(&reading.variables, &variables);
        let Some(Start { key, kind, path, variable, .. }) = starts else { return };
        let (object, group) = (reading.object, reading.group);
        self.out.entries.push(Entry { key, kind, object, at, leaves, path, variable, assigns, group });
    }

    /// An entry that is one token.
    fn entry_at(&mut self, key: String, kind: Kind, token: &Token, leaf: Leaf, group: usize) {
        let path = self.holders.path(&[], &key);
        let (object, at, leaves, assigns) = (self.scopes.innermost(), token.start, vec![leaf], false);
        let variable = (kind == Kind::Shorthand).then_some(*token);
        self.out.entries.push(Entry { key, kind, object, at, leaves, path, variable, assigns, group });
    }

    fn start(&self, key: String, kind: Kind, before: &[Option<Token>], variable: Option<Token>) -> Start {
        let path = if self.wanted.property.is_some() || kind == Kind::Assignment {
            self.holders.path(before, &key)
        } else {
            Vec::new()
        };
        Start { key, kind, path, variable, parameters: false }
    }

    /// `JSON.parse(...)`.
    fn json(&mut self, step: &Step) {
        if let Some(argument) = self.parse.take() {
            if step.token.is(P::CloseParen) || step.token.is(P::Comma) {
                let path = self.wanted.property.map(|property| self.holders.path(&[], property));
                self.out.jsons.push((argument, path.unwrap_or_default()));
            } else if self.wanted.property.is_some() {
                // `'{"a":' + ...`: read from the literal on.
                self.begin_json(step, argument);
            }
        }
        let call =
            self.is(0, P::OpenParen) && self.is_word(1, b"parse") && self.is(2, P::Dot) && self.is_word(3, b"JSON");
        if call && is_text(&step.token) {
            self.parse = Some(step.token);
        } else if call && self.wanted.property.is_some() {
            self.begin_json(step, step.token);
        }
    }

    fn begin_json(&mut self, step: &Step, first: Token) {
        let Some(property) = self.wanted.property else { return };
        let start = self.start(property.to_owned(), Kind::Json, &[], None);
        self.begin(Some(start), Vec::new(), step, 0);
        let from = if first == step.token { self.count } else { self.count - 1 };
        if let Some(reading) = self.readings.last_mut() {
            (reading.from, reading.at) = (from, Some(first));
            // An opening bracket stands outside of itself.
            reading.depth = step.depth;
        }
    }

    fn entry(&mut self, step: &Step) {
        self.methods(step);
        let members = step.place == Place::Object && step.in_key;
        match step.token.kind {
            TokenKind::Punctuator(P::Colon) if members && !step.conditional => self.member(step),
            TokenKind::Punctuator(P::Comma | P::CloseBrace) if members && self.begins_member(1) => {
                if let (Some(key), Some(token)) = (self.name_at(0, false), self.before(0).map(|step| step.token)) {
                    let at = token.start;
                    let leaf = Leaf::Read(Shape { base: Base::Variable(token), key: None, at, falls: false });
                    self.entry_at(key, Kind::Shorthand, &token, leaf, step.group);
                }
            }
            TokenKind::Punctuator(P::Assign | P::CompoundAssign) => self.assignment(step),
            _ => {}
        }
        if self.wanted.property.is_some() {
            self.argument(step);
            self.target(step);
        }
    }

    fn begins_member(&self, index: usize) -> bool {
        self.is(index, P::OpenBrace) || self.is(index, P::Comma)
    }

    fn member(&mut self, step: &Step) {
        let found = match self.key {
            Some(closed) if !closed.index => self.name_in(closed),
            _ if self.begins_member(1) => self.name_at(0, true).map(|key| (key, None)),
            _ => None,
        };
        let Some((key, variable)) = found else { return };
        let descriptors = self.holders.call(1).is_some_and(|call| match call.callee {
            b"defineProperties" | b"create" => call.argument == 1,
            _ => false,
        });
        let kind = if descriptors && self.wanted.property.is_some() { Kind::Described } else { Kind::Member };
        let start = self.start(key, kind, &[], variable);
        self.begin(Some(start), Vec::new(), step, 0);
    }

    fn assignment(&mut self, step: &Step) {
        let before: Chain = chain(&self.window);
        let behind = before.get(1..).unwrap_or_default();
        let found = if step.in_key && step.place == Place::Class {
            let key = self.key.and_then(|closed| self.name_in(closed));
            key.or_else(|| self.name_at(0, true).map(|key| (key, None))).map(|(key, held)| (key, Kind::Field, held))
        } else if step.in_key && step.place == Place::Object {
            self.name_at(0, false).map(|key| (key, Kind::Default, None))
        } else if let Some(closed) = self.key {
            let found = if closed.index { self.name_in(closed) } else { None };
            found.map(|(key, held)| (key, Kind::Assignment, held))
        } else if self.is(1, P::Dot) {
            self.name_at(0, false).map(|key| (key, Kind::Assignment, None))
        } else {
            let variable = self.before(0).map(|step| step.token);
            self.name_at(0, false).map(|key| (key, Kind::Variable, variable))
        };
        let Some((key, kind, variable)) = found else { return };
        let behind = if matches!(kind, Kind::Field | Kind::Default | Kind::Variable) { &[] } else { behind };
        let start = self.start(key, kind, behind, variable);
        self.begin(Some(start), Vec::new(), step, 0);
        if step.token.is(P::CompoundAssign) && !matches!(self.raw(&step.token), b"||=" | b"??=" | b"&&=") {
            // What is added to cannot be told: let the reading see the sign.
            if let Some(reading) = self.readings.last_mut() {
                reading.from = self.count;
                reading.at = Some(step.token);
            }
        }
    }

    /// `get NAME() { return X }` and `NAME() { ... }`.
    fn methods(&mut self, step: &Step) {
        let members = matches!(step.place, Place::Object | Place::Class) && step.in_key;
        if step.token.is(P::OpenParen) && members {
            let (found, index) = match self.key {
                Some(closed) if !closed.index => {
                    (self.name_in(closed).map(|(key, _)| key), closed.to - closed.from + 2)
                }
                _ => (self.name_at(0, true), 1),
            };
            let Some(key) = found else { return };
            if self.is_word(index, b"set") || self.is(index, P::At) || self.is(index, P::Dot) {
                return;
            }
            let path = if self.wanted.property.is_some() { self.holders.path(&[], &key) } else { Vec::new() };
            let (getter, depth, open) = (self.is_word(index, b"get"), step.depth, self.count);
            let name = self.before(0).map(|step| step.token);
            self.method = Some(Method { key, name, getter, parameters: true, depth, open, path });
            return;
        }
        let count = self.count;
        let Some(method) = self.method.as_mut() else { return };
        if count == method.open + 1 {
            method.parameters = !step.token.is(P::CloseParen);
        }
        if step.depth == method.depth && step.token.is(P::OpenBrace) {
            let Some(Method { key, name, getter, parameters, path, .. }) = self.method.take() else { return };
            let kind = if getter { Kind::Getter } else { Kind::Method };
            let start = Start { key, kind, path, variable: None, parameters };
            self.begin(Some(start), Vec::new(), step, 1);
            // What a method is, its name tells; what a getter returns, its body.
            if let Some(reading) = self.readings.last_mut().filter(|_| !getter) {
                reading.at = name;
            }
        } else if step.depth < method.depth {
            self.method = None;
        }
    }

    /// `Object.defineProperty(o, "NAME", {...})`, `Reflect.set(o, "NAME", "x")`, `new Map([["NAME", "x"]])`.
    fn argument(&mut self, step: &Step) {
        let Some(argument) = self.before(0).map(|step| step.token) else { return };
        if !step.token.is(P::Comma) {
            return;
        }
        let held = argument.kind == TokenKind::Identifier
            && self.wanted.aliases.contains(name(self.bytes, &argument).as_ref());
        let (key, variable) = match (self.wanted.property, self.name_at(0, true)) {
            (_, Some(key)) if is_text(&argument) => (key, None),
            (Some(property), _) if held => (property.to_owned(), Some(argument)),
            _ => return,
        };
        let kind = match step.place {
            Place::Bracket if self.is(1, P::OpenBracket) => match self.holders.pairs_of() {
                Some(b"fromEntries" | b"Map") => Kind::Argument,
                _ => return,
            },
            Place::Paren if self.is(1, P::OpenParen) || self.is(1, P::Comma) => {
                let Some(call) = self.holders.call(0) else { return };
                match (call.callee, call.argument) {
                    (b"defineProperty", 1) => Kind::Descriptor,
                    (b"set", 0 | 1)
                    | (b"__defineGetter__", 0)
                    | (b"_defineProperty" | b"_define_property" | b"__publicField", 1) => Kind::Argument,
                    (b"d", 1) => Kind::Export,
                    // What compilers make of the fields of a class.
                    (_, 1) if call.this => Kind::Argument,
                    _ => return,
                }
            }
            _ => return,
        };
        let start = self.start(key, kind, &[], variable);
        self.begin(Some(start), Vec::new(), step, 0);
    }

    /// Members that are written to by something else than `=`.
    fn target(&mut self, step: &Step) {
        if !self.is(1, P::Dot) {
            return;
        }
        let Some(key) = self.name_at(0, false) else { return };
        let Some(token) = self.before(0).map(|step| step.token) else { return };
        let leaf = |what| Leaf::Other { at: token.start, what };
        match step.token.kind {
            TokenKind::Punctuator(P::Update) if !step.token.newline_before => {
                self.entry_at(key, Kind::Assignment, &token, leaf("a number that is counted"), step.group);
            }
            TokenKind::Identifier if step.place == Place::Paren && self.raw(&step.token) == b"of" => {
                self.entry_at(key, Kind::Assignment, &token, leaf("what a loop goes over"), step.group);
            }
            TokenKind::Punctuator(P::Comma | P::CloseBracket | P::CloseBrace | P::Assign)
                if matches!(step.place, Place::Bracket | Place::Object) =>
            {
                let mut first = 2;
                while first < 5 && self.is(first + 1, P::Dot) {
                    first += 2;
                }
                let begins =
                    [P::OpenBracket, P::Comma, P::Colon, P::Spread].iter().any(|&sign| self.is(first + 1, sign));
                let same = self.is(first + 1, P::Colon) && self.name_at(first + 2, true).is_some();
                if begins && !same {
                    self.entry_at(key, Kind::Target, &token, leaf("taken out of another value"), step.group);
                }
            }
            _ => {}
        }
    }

    /// `k = "NAME"`.
    fn alias(&mut self, step: &Step) {
        let Some(property) = self.wanted.property else { return };
        if is_text(&step.token) {
            let raw = self.raw(&step.token).get(1..).unwrap_or_default().trim_ascii_start();
            // It may go on in a string that is added to it.
            let own = self.bytes.get(step.token.start..).unwrap_or_default();
            let end = step.token.end - step.token.start;
            self.out.texts |= matches!(raw.first(), Some(b'{' | b'[')) && hidden::may_hold_before(own, end, property);
        }
        if is_text(&step.token)
            && self.is(0, P::Assign)
            && let Some(held) = self.before(1).map(|step| step.token)
            && held.kind == TokenKind::Identifier
            && !self.is(2, P::Dot)
            && name(self.bytes, &step.token) == property
        {
            self.out.aliases.insert(name(self.bytes, &held).into_owned());
        }
    }
}

fn assigns_at_top(tokens: &[Token]) -> bool {
    top_level(tokens).iter().any(|&index| tokens.get(index).is_some_and(|token| token.is(P::Assign)))
}

fn ends_line(step: &Step) -> bool {
    step.token.newline_before && step.behind_operand
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

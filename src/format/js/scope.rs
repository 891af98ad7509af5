//! Which declaration a variable's name means (ECMA-262, clauses 8.2, 9.1 and 14.3): the brackets in which each name is
//! declared, and where a variable is given another value.
//!
//! Where that would take a tree to tell, a name is taken to be declared too often or too widely, so that what reads it is
//! not followed; never the other way round.
//!
//! Must not: know which property is looked for.

use std::collections::{BTreeMap, BTreeSet};

use super::outline::name;
use super::syntax::{Place, Step};
use super::token::{Punctuator as P, Token, TokenKind};
use super::value::{Base, Leaf, Shape};

/// A declaration of a name.
#[derive(Debug, Clone)]
pub(super) struct Binding {
    /// Where it means something: from here
    pub start: usize,
    /// to here.
    pub end: usize,
    /// Where the name is declared.
    pub at: usize,
    /// What it is declared as; nothing where that cannot be told.
    pub value: Vec<Leaf>,
    taken: Taken,
    variable: usize,
}

/// What a variable takes of the value that it is declared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    All,
    /// `{key: name}`
    Key(Token),
    /// The same with a default, or deeper.
    KeyOfOther(Token),
    Other,
}

/// For every offset, which are in order, the innermost of the declarations, which are in order.
pub(super) fn innermost(bindings: &[Binding], offsets: impl IntoIterator<Item = usize>) -> Vec<Option<usize>> {
    let (mut open, mut next) = (Vec::<usize>::new(), 0);
    let live = |index: &usize, at: usize| bindings.get(*index).is_some_and(|binding| at < binding.end);
    offsets
        .into_iter()
        .map(|at| {
            while let Some(binding) = bindings.get(next).filter(|binding| binding.start <= at) {
                while open.pop_if(|index| !live(index, binding.start)).is_some() {}
                open.push(next);
                next += 1;
            }
            while open.pop_if(|index| !live(index, at)).is_some() {}
            open.last().copied()
        })
        .collect()
}

struct Frame {
    start: usize,
    /// `var` belongs to it.
    function: bool,
    /// Parentheses of a statement.
    head: Option<Head>,
    /// The names of an `import`.
    import: bool,
    bindings: Vec<usize>,
    /// Names that were met before it.
    met: usize,
}

impl Frame {
    const fn at(start: usize) -> Self {
        Self { start, function: false, head: None, import: false, bindings: Vec::new(), met: 0 }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Head {
    For,
    Catch,
    Other,
}

/// Parentheses that just closed, or a lone parameter: what may have parameters for what comes next.
struct Parameters {
    start: usize,
    /// Which of the names that were met they hold.
    first: usize,
    last: usize,
    head: Option<Head>,
    bindings: Vec<usize>,
    arrow: bool,
}

struct Declaration {
    depth: usize,
    is_var: bool,
    state: State,
    bound: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// A name or a pattern is next.
    Name,
    Named,
    Pattern,
    Value,
}

/// A place where one of the names is a variable.
struct Met {
    variable: usize,
    at: usize,
    group: usize,
    declared: bool,
    written: bool,
    /// Of a pattern, what it takes.
    key: Option<Token>,
}

/// Parameters that are looked through for names; a longer list is taken to hold every name.
const PARAMETERS: usize = 4096;

/// Follows the brackets of a file.
pub(super) struct Scopes<'b> {
    bytes: &'b [u8],
    variables: BTreeMap<String, usize>,
    frames: Vec<Frame>,
    /// Arrow functions without braces, by the brackets around them.
    arrows: Vec<(usize, Vec<usize>)>,
    declarations: Vec<Declaration>,
    parameters: Option<Parameters>,
    bindings: Vec<Binding>,
    met: Vec<Met>,
    /// The last `import` or `export` was an `import`.
    import: bool,
}

impl<'b> Scopes<'b> {
    pub fn new(bytes: &'b [u8], variables: &BTreeSet<String>) -> Self {
        let file = Frame { function: true, ..Frame::at(0) };
        Self {
            bytes,
            variables: variables.iter().enumerate().map(|(index, name)| (name.clone(), index)).collect(),
            frames: vec![file],
            arrows: Vec::new(),
            declarations: Vec::new(),
            parameters: None,
            bindings: Vec::new(),
            met: Vec::new(),
            import: false,
        }
    }

    /// Where the innermost brackets begin.
    pub fn innermost(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.start)
    }

    /// Takes one token, with those before it. If it is the `=` of a declaration, these are the variables it is for.
    pub fn step(&mut self, step: &Step, window: &[Option<Step>; 7]) -> Vec<usize> {
        self.end_arrows(step);
        self.meet(step, window);
        let declared = self.declaration(step, window);
        self.brackets(step, window);
        if step.token.kind == TokenKind::Identifier && !behind_dot(window) {
            match self.raw(&step.token) {
                b"import" => self.import = true,
                b"export" => self.import = false,
                _ => {}
            }
        }
        declared
    }

    /// What variables are declared as.
    pub fn initialize(&mut self, declared: &[usize], value: &[Leaf]) {
        for &index in declared {
            let Some(binding) = self.bindings.get_mut(index) else { continue };
            binding.value = match (binding.taken, value) {
                (Taken::All, value) => value.to_vec(),
                (Taken::Key(key), &[Leaf::Read(shape)]) if shape.key.is_none() => {
                    vec![Leaf::Read(Shape { key: Some(key), ..shape })]
                }
                // `{NAME} = f()` reads a property of that name, whatever of.
                (Taken::Key(key) | Taken::KeyOfOther(key), _) => vec![taken_from_elsewhere(key)],
                (Taken::Other, _) => Vec::new(),
            };
        }
    }

    /// Every declaration and every place where a variable gets another value, by name.
    pub fn finish(
        self,
        is_pattern: impl Fn(usize) -> bool,
    ) -> (BTreeMap<String, Vec<Binding>>, BTreeMap<String, Vec<usize>>) {
        let names: Vec<String> = self.variables.into_keys().collect();
        let (mut bindings, mut writes) = (BTreeMap::<_, Vec<Binding>>::new(), BTreeMap::<_, Vec<usize>>::new());
        for binding in self.bindings {
            let Some(name) = names.get(binding.variable) else { continue };
            bindings.entry(name.clone()).or_default().push(binding);
        }
        for list in bindings.values_mut() {
            list.sort_by_key(|binding| (binding.start, std::cmp::Reverse(binding.end), binding.at));
        }
        for met in self.met {
            let Some(name) = names.get(met.variable) else { continue };
            if !met.declared && (met.written || is_pattern(met.group)) {
                writes.entry(name.clone()).or_default().push(met.at);
            }
        }
        (bindings, writes)
    }

    fn initialize_as(&mut self, binding: usize, leaf: Leaf) {
        if let Some(binding) = self.bindings.get_mut(binding) {
            binding.value = vec![leaf];
        }
    }

    fn raw(&self, token: &Token) -> &'b [u8] {
        self.bytes.get(token.start..token.end).unwrap_or_default()
    }

    fn word(&self, step: Option<&Step>) -> &'b [u8] {
        step.filter(|step| step.token.kind == TokenKind::Identifier).map_or(b"", |step| self.raw(&step.token))
    }

    fn bind(&mut self, variable: usize, at: usize, start: usize) -> usize {
        let (end, value) = (usize::MAX, Vec::new());
        self.bindings.push(Binding { start, end, at, value, taken: Taken::All, variable });
        self.bindings.len() - 1
    }

    /// Declares a name in the brackets of this number, or in the function around them.
    fn declare(&mut self, variable: usize, at: usize, depth: usize, is_var: bool) -> usize {
        let outer = self.frames.get(..depth).unwrap_or(&self.frames);
        let index = outer.iter().rposition(|frame| !is_var || frame.function).unwrap_or(0);
        let start = self.frames.get(index).map_or(0, |frame| frame.start);
        let binding = self.bind(variable, at, start);
        if let Some(frame) = self.frames.get_mut(index) {
            frame.bindings.push(binding);
        }
        binding
    }

    fn end(&mut self, bindings: &[usize], end: usize) {
        for &index in bindings {
            if let Some(binding) = self.bindings.get_mut(index) {
                binding.end = end;
            }
        }
    }

    fn end_arrows(&mut self, step: &Step) {
        let ends = matches!(
            step.token.kind,
            TokenKind::TemplateMiddle
                | TokenKind::TemplateTail
                | TokenKind::End
                | TokenKind::Punctuator(P::Comma | P::Semicolon | P::CloseParen | P::CloseBracket | P::CloseBrace)
        );
        while let Some((_, bindings)) =
            self.arrows.pop_if(|(depth, _)| step.depth < *depth || ends && step.depth == *depth)
        {
            self.end(&bindings, step.token.start);
        }
    }

    /// Looks at the token before this one: whether it is one of the names, and used as a variable.
    fn meet(&mut self, step: &Step, window: &[Option<Step>; 7]) {
        let [Some(met), earlier, further, ..] = window else { return };
        let earlier = earlier.as_ref();
        if met.token.kind != TokenKind::Identifier || earlier.is_some_and(|step| step.token.is(P::Dot)) {
            return;
        }
        let Some(&variable) = self.variables.get(name(self.bytes, &met.token).as_ref()) else { return };
        let members = matches!(met.place, Place::Object | Place::Class) && met.in_key;
        let is_key = step.token.is(P::Colon) && !step.conditional || step.token.is(P::OpenParen);
        if members && (met.place == Place::Class || is_key) {
            return;
        }
        let (at, group) = (met.token.start, met.group);
        let before = self.word(earlier);
        let key = match earlier {
            // `{name}`
            Some(open) if members && begins_member(open) => Some(met.token),
            // `{key: name}`
            Some(colon) if colon.token.is(P::Colon) && met.place == Place::Object => further
                .as_ref()
                .filter(|key| matches!(key.token.kind, TokenKind::Identifier | TokenKind::String))
                .filter(|_| window.get(3).and_then(Option::as_ref).is_some_and(begins_member))
                .map(|key| key.token),
            _ => None,
        };
        let mut declared = true;
        let pattern = |declaration: &&Declaration| declaration.state == State::Pattern && declaration.depth < met.depth;
        let named = |declaration: &&Declaration| declaration.state == State::Named && declaration.depth == met.depth;
        let declaration = self.declarations.last();
        if let Some(&Declaration { depth, is_var, .. }) = declaration.filter(pattern) {
            let binding = self.declare(variable, at, depth, is_var);
            let whole = (step.token.is(P::Comma) || step.token.is(P::CloseBrace)) && met.depth == depth + 1;
            if let Some(binding) = self.bindings.get_mut(binding) {
                binding.taken = match key {
                    Some(key) if whole => Taken::Key(key),
                    Some(key) => Taken::KeyOfOther(key),
                    None => Taken::Other,
                };
            }
            if let Some(declaration) = self.declarations.last_mut() {
                declaration.bound.push(binding);
            }
        } else if let Some(&Declaration { depth, is_var, ref bound, .. }) = declaration.filter(named)
            && bound.is_empty()
        {
            let binding = self.declare(variable, at, depth, is_var);
            if let Some(declaration) = self.declarations.last_mut() {
                declaration.bound.push(binding);
            }
        } else if met.place == Place::Specifiers {
            if !self.frames.last().is_some_and(|frame| frame.import) {
                return;
            }
            let binding = self.declare(variable, at, 1, false);
            // `import {NAME}` reads what another file exports under that name.
            if before != b"as" && self.word(Some(step)) != b"as" {
                self.initialize_as(binding, taken_from_elsewhere(met.token));
            }
        } else if matches!(before, b"import" | b"as") {
            self.declare(variable, at, 1, false);
        } else if matches!(before, b"function" | b"class")
            || earlier.is_some_and(|star| star.token.is(P::Star)) && self.word(further.as_ref()) == b"function"
        {
            self.declare(variable, at, met.depth, false);
        } else {
            declared = false;
        }
        let written = matches!(step.token.kind, TokenKind::Punctuator(P::Assign | P::CompoundAssign | P::Update))
            || earlier.is_some_and(|step| step.token.is(P::Update))
            || matches!(self.word(Some(step)), b"of" | b"in")
                && earlier.is_some_and(|step| step.token.is(P::OpenParen));
        self.met.push(Met { variable, at, group, declared, written, key });
    }

    /// Follows `let a = 1, {b: c} = d`.
    fn declaration(&mut self, step: &Step, window: &[Option<Step>; 7]) -> Vec<usize> {
        while self.declarations.pop_if(|declaration| declaration.depth > step.depth).is_some() {}
        let mut declared = Vec::new();
        let closes = matches!(
            step.token.kind,
            TokenKind::End
                | TokenKind::TemplateMiddle
                | TokenKind::TemplateTail
                | TokenKind::Punctuator(P::Semicolon | P::CloseParen | P::CloseBracket | P::CloseBrace)
        );
        if let Some(declaration) = self.declarations.last_mut()
            && declaration.depth == step.depth
        {
            let opens = step.token.is(P::OpenBrace) || step.token.is(P::OpenBracket);
            let new_line = step.token.newline_before && step.behind_operand;
            declaration.state = match declaration.state {
                State::Name if step.token.kind == TokenKind::Identifier => State::Named,
                State::Name if opens => State::Pattern,
                _ if step.token.is(P::Comma) => {
                    declaration.bound.clear();
                    State::Name
                }
                State::Named | State::Pattern if step.token.is(P::Assign) => {
                    declared = std::mem::take(&mut declaration.bound);
                    State::Value
                }
                // The brackets of the pattern close deeper than it begins.
                state if !closes && state != State::Name => {
                    let next = new_line && step.token.kind == TokenKind::Identifier;
                    if next && !matches!(self.bytes.get(step.token.start..step.token.end), Some(b"in" | b"instanceof"))
                    {
                        self.declarations.pop();
                        return self.keyword(step, window);
                    }
                    if state == State::Pattern || state == State::Named { State::Value } else { state }
                }
                State::Name | State::Named | State::Pattern | State::Value => {
                    self.declarations.pop();
                    return self.keyword(step, window);
                }
            };
            return declared;
        }
        self.keyword(step, window)
    }

    /// Begins a declaration at `var`, `let` and `const`.
    fn keyword(&mut self, step: &Step, window: &[Option<Step>; 7]) -> Vec<usize> {
        let key = matches!(step.place, Place::Object | Place::Class) && step.in_key;
        let word = self.word(Some(step));
        if matches!(word, b"var" | b"let" | b"const") && !key && !behind_dot(window) {
            let (is_var, state, bound) = (word == b"var", State::Name, Vec::new());
            self.declarations.push(Declaration { depth: step.depth, is_var, state, bound });
        }
        Vec::new()
    }

    fn brackets(&mut self, step: &Step, window: &[Option<Step>; 7]) {
        let token = &step.token;
        let before = window[0].as_ref();
        let mut parameters = self.parameters.take();
        if let Some(parameters) = parameters.take_if(|parameters| parameters.arrow && !token.is(P::OpenBrace)) {
            // The body of an arrow function without braces.
            let bindings = self.take(parameters);
            if !bindings.is_empty() {
                self.arrows.push((step.depth, bindings));
            }
        }
        match token.kind {
            TokenKind::Punctuator(P::Arrow) => {
                let lone = before.filter(|step| step.token.kind == TokenKind::Identifier).map(|step| step.token.start);
                let last = self.met.len();
                self.parameters = match parameters {
                    Some(parameters) => Some(Parameters { arrow: true, ..parameters }),
                    None => lone.map(|start| {
                        let first = last - usize::from(self.met.last().is_some_and(|met| met.at == start));
                        Parameters { start, first, last, head: None, bindings: Vec::new(), arrow: true }
                    }),
                };
            }
            TokenKind::Punctuator(P::OpenBrace) => {
                let function = self.word(before) == b"static" && step.place == Place::Class
                    || parameters.as_ref().is_some_and(|parameters| parameters.head.is_none());
                let import = self.import && !function;
                let bindings = parameters.map(|parameters| self.take(parameters)).unwrap_or_default();
                self.open(Frame { function, import, bindings, ..Frame::at(token.start) });
            }
            TokenKind::Punctuator(P::OpenParen) => {
                let named = matches!(step.place, Place::Object | Place::Class) && step.in_key;
                let dotted = window[1].as_ref().is_some_and(|step| step.token.is(P::Dot));
                let head = match self.word(before) {
                    _ if named || dotted => None,
                    b"for" => Some(Head::For),
                    b"await" if self.word(window[1].as_ref()) == b"for" => Some(Head::For),
                    b"catch" => Some(Head::Catch),
                    b"if" | b"while" | b"switch" | b"with" => Some(Head::Other),
                    _ => None,
                };
                self.open(Frame { head, ..Frame::at(token.start) });
            }
            TokenKind::Punctuator(P::OpenBracket) | TokenKind::TemplateHead => {
                self.open(Frame::at(token.start));
            }
            TokenKind::Punctuator(P::CloseParen | P::CloseBracket | P::CloseBrace) | TokenKind::TemplateTail => {
                if self.frames.len() < 2 {
                    return;
                }
                let Some(frame) = self.frames.pop() else { return };
                self.end(&frame.bindings, token.end);
                if token.is(P::CloseParen) {
                    let Frame { start, head, bindings, met, .. } = frame;
                    let last = self.met.len();
                    self.parameters = Some(Parameters { start, first: met, last, head, bindings, arrow: false });
                }
            }
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

    fn open(&mut self, frame: Frame) {
        self.frames.push(Frame { met: self.met.len(), ..frame });
    }

    /// Declares the parameters, up to an end that is still to be told.
    fn take(&mut self, parameters: Parameters) -> Vec<usize> {
        let Parameters { start, first, last, head, mut bindings, .. } = parameters;
        if matches!(head, Some(Head::For | Head::Other)) {
            return bindings;
        }
        let met = self.met.get(first..last).unwrap_or_default();
        let found: BTreeMap<usize, (usize, Option<Token>)> = if met.len() > PARAMETERS {
            self.variables.values().map(|&variable| (variable, (start, None))).collect()
        } else {
            met.iter().map(|met| (met.variable, (met.at, met.key))).collect()
        };
        // A parameter's pattern declares what it takes; it gives nothing else a value.
        for met in self.met.get_mut(first..last).unwrap_or_default() {
            met.declared |= met.key.is_some();
        }
        for (variable, (at, key)) in found {
            let binding = self.bind(variable, at, start);
            if let Some(key) = key {
                self.initialize_as(binding, taken_from_elsewhere(key));
            }
            bindings.push(binding);
        }
        bindings
    }
}

/// A member of something that is not in this file, or cannot be told.
fn taken_from_elsewhere(key: Token) -> Leaf {
    Leaf::Read(Shape { base: Base::Other, key: Some(key), at: key.start, falls: false })
}

fn behind_dot(window: &[Option<Step>; 7]) -> bool {
    window[0].is_some_and(|step| step.token.is(P::Dot))
}

fn begins_member(step: &Step) -> bool {
    step.token.is(P::OpenBrace) || step.token.is(P::Comma)
}

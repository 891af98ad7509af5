//! As much of the syntax (ECMA-262, clauses 13 to 16) as decides what a token is: which brackets are open and what they
//! hold, and whether an operand or an operator is next.
//!
//! `/` after an operand divides, elsewhere it begins a regular expression; whether `}` or `)` ends an operand depends on
//! what was opened. That needs no tree, only a stack, so memory is bounded by [`limits::JS_NESTING`] and time is linear.
//!
//! Must not: know which property is looked for.

use super::super::limits;
use super::token::{Goal, Lexer, Punctuator as P, Token, TokenKind};
use super::{JsError, syntax};

/// What the tokens so far lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// The start of a statement: `{` opens a block.
    Statement,
    /// An operand: `{` opens an object.
    Operand,
    /// An operator, or the end of a statement.
    Operator,
    /// The body behind `=>`.
    Arrow,
    /// The body behind the parameters of a function.
    Body(Function),
    /// Behind `return` and `yield`, which end where the line ends.
    Restricted,
    /// Behind `let`, which may be a plain name too.
    Let,
    /// Behind `import` and `export`.
    Clause,
    /// Behind `export default`.
    Default,
    /// The parenthesis of a statement.
    Head(Head),
    /// A name, whatever word it is.
    Name,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    For,
    Catch,
    With,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Function {
    generator: bool,
    /// A declaration ends a statement; an expression is an operand.
    expression: bool,
}

/// What a bracket encloses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Statements: the file, a block, the body of a function.
    Statements,
    /// An object literal, or a pattern that looks like one.
    Object,
    /// The names of an import or export, or import attributes.
    Specifiers,
    /// The members of a class.
    Class,
    /// Parentheses.
    Paren,
    /// An array, an index or a computed key.
    Bracket,
    /// A substitution of a template.
    Substitution,
}

/// What stands behind the closing bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Next(Next),
    /// A member of a class or object ended.
    Member,
    /// The body of an arrow function.
    Arrow,
}

/// Which part of a member is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Key,
    /// A key with `*` before it.
    Generator,
    Value,
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    place: Place,
    after: After,
    part: Part,
    /// `yield` is a keyword here.
    generator: bool,
    /// The head of a `for`.
    is_for: bool,
    /// Conditionals that wait for their `:`.
    conditionals: usize,
    /// In [`Syntax::groups`].
    group: usize,
}

impl Frame {
    const FILE: Self = Self {
        place: Place::Statements,
        after: After::Next(Next::Statement),
        part: Part::Value,
        generator: false,
        is_for: false,
        conditionals: 0,
        group: 0,
    };

    fn in_key(&self) -> bool {
        self.part != Part::Value
    }
}

/// A pair of brackets that may turn out to be a pattern: `({a: b} = c)` binds, `({a: b})` defines.
#[derive(Debug, Clone, Copy)]
struct Group {
    parent: Option<usize>,
    pattern: bool,
}

#[derive(Debug, Clone, Copy)]
enum Pending {
    Function(Function),
    Class { expression: bool },
}

/// A token with what it stands in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub token: Token,
    /// What the innermost brackets around it enclose; an opening bracket stands outside of itself, a closing one inside.
    pub place: Place,
    /// Which of the open brackets those are.
    pub depth: usize,
    /// In members: the token belongs to a key.
    pub in_key: bool,
    /// Whether an operand ended before it.
    pub behind_operand: bool,
    /// A `:` that ends the `?` of a conditional.
    pub conditional: bool,
    /// The brackets it stands in, for [`Syntax::patterns`].
    pub group: usize,
}

/// Follows the tokens of one file.
pub(super) struct Syntax<'b> {
    bytes: &'b [u8],
    lexer: Lexer<'b>,
    module: bool,
    next: Next,
    stack: Vec<Frame>,
    /// Keywords whose braces are still to come, with the number of brackets around them.
    pending: Vec<(usize, Pending)>,
    groups: Vec<Group>,
    previous: Option<Token>,
    /// The group of the bracket that the token before closed.
    closed: Option<usize>,
    /// What was next before `async`, when that was the token before.
    before_async: Option<Next>,
    /// A top-level `import` or `export` declaration was met.
    is_module: bool,
}

impl<'b> Syntax<'b> {
    /// `module` says that the text is known to be a module.
    pub fn new(bytes: &'b [u8], module: bool) -> Self {
        Self {
            bytes,
            lexer: Lexer::new(bytes, module),
            module,
            next: Next::Statement,
            stack: vec![Frame::FILE],
            pending: Vec::new(),
            groups: vec![Group { parent: None, pattern: false }],
            previous: None,
            closed: None,
            before_async: None,
            is_module: false,
        }
    }

    /// Whether the text was read as a script, and as a module it would be read differently.
    pub fn may_restart(&self) -> bool {
        !self.module && self.lexer.html_comment
    }

    /// Whether a top-level `import` or `export` declaration was met.
    pub fn is_module(&self) -> bool {
        self.is_module
    }

    /// For every group, whether its brackets turned out to bind names, themselves or as a part of others that do.
    pub fn patterns(&self) -> Vec<bool> {
        let mut patterns = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            // A parent always has the smaller number.
            let inherited = group.parent.and_then(|parent| patterns.get(parent).copied()).unwrap_or(false);
            patterns.push(group.pattern || inherited);
        }
        patterns
    }

    /// The next token.
    pub fn step(&mut self) -> Result<Step, JsError> {
        let divides = matches!(self.next, Next::Operator | Next::Body(_) | Next::Let | Next::Name);
        let goal = Goal { regex: !divides, substitution: self.top().place == Place::Substitution };
        let token = self.lexer.next(goal)?;
        let top = *self.top();
        let depth = self.stack.len();
        let mut step = Step {
            token,
            place: top.place,
            depth,
            in_key: top.in_key(),
            behind_operand: self.next == Next::Operator,
            conditional: false,
            group: top.group,
        };
        let async_before = self.before_async.take().filter(|_| !token.newline_before);
        let closed = self.closed.take();
        if self.next == Next::Clause && self.stack.len() == 1 && !token.is(P::OpenParen) && !token.is(P::Dot) {
            self.is_module = true;
        }
        self.bind(&token, closed);
        match token.kind {
            TokenKind::Identifier => self.word(&token, async_before),
            TokenKind::PrivateName | TokenKind::Number | TokenKind::String | TokenKind::Regex | TokenKind::Template => {
                self.member_may_begin(&token);
                self.next = Next::Operator;
            }
            TokenKind::TemplateHead => {
                self.open(&token, Place::Substitution, After::Next(Next::Operator), None)?;
                self.next = Next::Operand;
            }
            TokenKind::TemplateMiddle => self.next = Next::Operand,
            TokenKind::TemplateTail => {
                self.close(&token, &[Place::Substitution], "the end of the template")?;
            }
            TokenKind::Punctuator(punctuator) => {
                step.conditional = punctuator == P::Colon && self.top().conditionals > 0;
                self.punctuator(&token, punctuator)?;
            }
            TokenKind::End => {
                if self.stack.len() > 1 {
                    return Err(syntax(self.bytes, token.start, "the closing bracket of one that is open"));
                }
            }
        }
        // A name may just have begun a member.
        if !matches!(token.kind, TokenKind::Punctuator(_)) && self.stack.len() == depth {
            step.in_key = self.top().in_key();
        }
        self.previous = Some(token);
        Ok(step)
    }

    fn top(&self) -> &Frame {
        self.stack.last().unwrap_or(&Frame::FILE)
    }

    fn edit_top(&mut self, edit: impl FnOnce(&mut Frame)) {
        if let Some(frame) = self.stack.last_mut() {
            edit(frame);
        }
    }

    /// Marks brackets that turn out to bind names.
    fn bind(&mut self, token: &Token, closed: Option<usize>) {
        let Some(group) = closed else { return };
        let of = token.kind == TokenKind::Identifier
            && self.top().is_for
            && matches!(self.bytes.get(token.start..token.end), Some(b"of" | b"in"));
        if token.is(P::Assign) || token.is(P::Arrow) || of {
            self.pattern(group);
        }
    }

    fn pattern(&mut self, group: usize) {
        if let Some(group) = self.groups.get_mut(group) {
            group.pattern = true;
        }
    }

    /// In a class, a value ends with its line where the next one cannot go on with it (section 12.10).
    fn member_may_begin(&mut self, token: &Token) {
        let ends = token.newline_before && !matches!(self.next, Next::Operand | Next::Arrow | Next::Name);
        if self.top().place == Place::Class && !self.top().in_key() && ends {
            self.edit_top(|frame| frame.part = Part::Key);
        }
    }

    fn word(&mut self, token: &Token, async_before: Option<Next>) {
        let word = self.bytes.get(token.start..token.end).unwrap_or_default();
        if self.next != Next::Name && !matches!(word, b"in" | b"instanceof") {
            self.member_may_begin(token);
        }
        if self.next == Next::Name || self.top().in_key() {
            self.next = Next::Operator;
            return;
        }
        let before = self.next;
        let expression =
            |before: Next| !matches!(before, Next::Statement | Next::Operator | Next::Default | Next::Clause);
        self.next = match word {
            b"function" => {
                let function = Function { generator: false, expression: expression(async_before.unwrap_or(before)) };
                self.pending.push((self.stack.len(), Pending::Function(function)));
                Next::Operator
            }
            b"class" => {
                self.pending.push((self.stack.len(), Pending::Class { expression: expression(before) }));
                Next::Operator
            }
            b"if" | b"while" | b"switch" => Next::Head(Head::Other),
            b"with" => Next::Head(Head::With),
            b"catch" => Next::Head(Head::Catch),
            b"for" => Next::Head(Head::For),
            b"await" if before == Next::Head(Head::For) => before,
            b"yield" if !self.top().generator => Next::Operator,
            b"return" | b"yield" => Next::Restricted,
            b"await" | b"throw" | b"typeof" | b"void" | b"delete" | b"new" | b"in" | b"instanceof" | b"case"
            | b"extends" | b"const" | b"var" => Next::Operand,
            b"of" if self.top().is_for && before == Next::Operator => Next::Operand,
            b"default" if before == Next::Clause => Next::Default,
            b"else" | b"do" | b"try" | b"finally" | b"break" | b"continue" | b"debugger" => Next::Statement,
            b"import" | b"export" => Next::Clause,
            b"let" => Next::Let,
            b"async" => {
                self.before_async = Some(before);
                Next::Operator
            }
            _ => Next::Operator,
        };
    }

    fn punctuator(&mut self, token: &Token, punctuator: P) -> Result<(), JsError> {
        let frame = *self.top();
        match punctuator {
            P::OpenParen => return self.open_paren(token),
            P::OpenBracket => {
                let index = !frame.in_key() && matches!(self.next, Next::Operator | Next::Name);
                let group = if index || frame.in_key() { None } else { Some(self.linked()) };
                self.open(token, Place::Bracket, After::Next(Next::Operator), group)?;
                self.next = Next::Operand;
            }
            P::OpenBrace => return self.open_brace(token),
            P::CloseParen => return self.close(token, &[Place::Paren], "the closing bracket of the one that is open"),
            P::CloseBracket => {
                return self.close(token, &[Place::Bracket], "the closing bracket of the one that is open");
            }
            P::CloseBrace => {
                let braces = [Place::Statements, Place::Object, Place::Specifiers, Place::Class];
                return self.close(token, &braces, "the closing bracket of the one that is open");
            }
            P::Semicolon => {
                self.edit_top(|frame| {
                    frame.conditionals = 0;
                    frame.part = if frame.place == Place::Class { Part::Key } else { Part::Value };
                });
                self.next = if frame.place == Place::Statements { Next::Statement } else { Next::Operand };
            }
            P::Comma => {
                if matches!(frame.place, Place::Object | Place::Specifiers) {
                    self.edit_top(|frame| (frame.part, frame.conditionals) = (Part::Key, 0));
                }
                self.next = Next::Operand;
            }
            P::Colon => {
                self.next = Next::Operand;
                if frame.conditionals > 0 {
                    self.edit_top(|frame| frame.conditionals -= 1);
                } else if frame.place == Place::Object && frame.in_key() {
                    self.edit_top(|frame| frame.part = Part::Value);
                } else if frame.place == Place::Statements {
                    self.next = Next::Statement;
                }
            }
            P::Question => {
                self.edit_top(|frame| frame.conditionals += 1);
                self.next = Next::Operand;
            }
            P::Dot | P::At => self.next = Next::Name,
            P::Spread | P::Assign => {
                if matches!(frame.place, Place::Object | Place::Class) {
                    self.edit_top(|frame| frame.part = Part::Value);
                }
                self.next = Next::Operand;
            }
            P::Arrow => self.next = Next::Arrow,
            P::Star if frame.in_key() => {
                self.edit_top(|frame| frame.part = Part::Generator);
                self.next = Next::Operand;
            }
            P::Star => {
                let function = self.previous.and_then(|token| self.bytes.get(token.start..token.end));
                match self.pending.last_mut() {
                    Some((depth, Pending::Function(found)))
                        if *depth == self.stack.len() && function == Some(b"function") =>
                    {
                        found.generator = true;
                    }
                    _ => self.next = Next::Operand,
                }
            }
            P::Update if self.next == Next::Operator && !token.newline_before => {}
            P::CompoundAssign | P::Update | P::Operator => self.next = Next::Operand,
        }
        Ok(())
    }

    /// A new group, below the one around it where a pattern could go on: right behind `[`, `(`, `,`, `...` or a key.
    fn linked(&mut self) -> usize {
        let previous = self.previous.map(|token| token.kind);
        let begins = [P::OpenBracket, P::OpenParen, P::Comma, P::Spread]
            .iter()
            .any(|&punctuator| previous == Some(TokenKind::Punctuator(punctuator)));
        let top = self.top();
        let goes_on = match top.place {
            Place::Bracket | Place::Paren => begins,
            Place::Object => {
                [P::Colon, P::Spread].iter().any(|&punctuator| previous == Some(TokenKind::Punctuator(punctuator)))
                    && top.conditionals == 0
            }
            Place::Statements | Place::Specifiers | Place::Class | Place::Substitution => false,
        };
        let parent = goes_on.then_some(top.group);
        self.groups.push(Group { parent, pattern: false });
        self.groups.len() - 1
    }

    fn open_paren(&mut self, token: &Token) -> Result<(), JsError> {
        let frame = *self.top();
        let depth = self.stack.len();
        let (mut after, mut is_for, mut binds) = (Next::Operator, false, false);
        if let Some((_, Pending::Function(function))) =
            self.pending.pop_if(|(at, pending)| *at == depth && matches!(pending, Pending::Function(_)))
        {
            (after, binds) = (Next::Body(function), true);
        } else if let Next::Head(head) = self.next {
            (after, is_for, binds) = (Next::Statement, head == Head::For, head == Head::Catch);
        } else if frame.in_key() && self.next != Next::Name {
            let method = Function { generator: frame.part == Part::Generator, expression: true };
            (after, binds) = (Next::Body(method), true);
        }
        self.groups.push(Group { parent: None, pattern: binds });
        let group = self.groups.len() - 1;
        self.open(token, Place::Paren, After::Next(after), Some(group))?;
        self.edit_top(|frame| frame.is_for = is_for);
        self.next = Next::Operand;
        Ok(())
    }

    fn open_brace(&mut self, token: &Token) -> Result<(), JsError> {
        let frame = *self.top();
        let depth = self.stack.len();
        let body = if let Next::Body(function) = self.next { Some(function) } else { None };
        let end = |function: Function| After::Next(if function.expression { Next::Operator } else { Next::Statement });
        let members = matches!(frame.place, Place::Class | Place::Object | Place::Specifiers) && frame.in_key();
        let (place, after) = if members {
            (Place::Statements, After::Member)
        } else if let Some(function) = body {
            (Place::Statements, end(function))
        } else if let (Next::Operator, Some((_, Pending::Class { expression }))) = (
            self.next,
            self.pending.pop_if(|(at, pending)| {
                *at == depth && self.next == Next::Operator && matches!(pending, Pending::Class { .. })
            }),
        ) {
            (Place::Class, end(Function { generator: false, expression }))
        } else {
            match self.next {
                Next::Arrow => (Place::Statements, After::Arrow),
                Next::Restricted if token.newline_before => (Place::Statements, After::Next(Next::Statement)),
                Next::Operand | Next::Default | Next::Restricted | Next::Let => {
                    (Place::Object, After::Next(Next::Operator))
                }
                Next::Clause | Next::Head(Head::With) => (Place::Specifiers, After::Next(Next::Statement)),
                Next::Statement | Next::Operator | Next::Body(_) | Next::Head(_) | Next::Name => {
                    (Place::Statements, After::Next(Next::Statement))
                }
            }
        };
        let group = (place == Place::Object).then(|| self.linked());
        self.open(token, place, after, group)?;
        let members = matches!(place, Place::Object | Place::Class | Place::Specifiers);
        self.edit_top(|frame| {
            frame.part = if members { Part::Key } else { Part::Value };
            if let Some(function) = body {
                frame.generator = function.generator;
            }
        });
        self.next = if members { Next::Operand } else { Next::Statement };
        Ok(())
    }

    fn open(&mut self, token: &Token, place: Place, after: After, group: Option<usize>) -> Result<(), JsError> {
        if self.stack.len() > limits::JS_NESTING {
            return Err(JsError::Depth { at: super::position(self.bytes, token.start) });
        }
        let generator = self.top().generator;
        let (part, is_for, conditionals) = (Part::Value, false, 0);
        let group = group.unwrap_or(0);
        self.stack.push(Frame { place, after, part, generator, is_for, conditionals, group });
        Ok(())
    }

    fn close(&mut self, token: &Token, places: &[Place], expected: &'static str) -> Result<(), JsError> {
        let frame = *self.top();
        if self.stack.len() < 2 || !places.contains(&frame.place) {
            return Err(syntax(self.bytes, token.start, expected));
        }
        self.stack.pop();
        while self.pending.pop_if(|(depth, _)| *depth > self.stack.len()).is_some() {}
        self.closed = (frame.group != 0).then_some(frame.group);
        self.next = match frame.after {
            After::Next(next) => next,
            After::Member => {
                self.edit_top(|frame| frame.part = Part::Key);
                Next::Operator
            }
            After::Arrow if self.top().place == Place::Statements => Next::Statement,
            After::Arrow => Next::Operator,
        };
        Ok(())
    }
}

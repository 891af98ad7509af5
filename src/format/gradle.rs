//! Gradle build scripts, Groovy (`build.gradle`) and Kotlin (`build.gradle.kts`), as far as they only declare: statements,
//! their words and texts, and the blocks behind them (Gradle User Manual, "Writing Build Scripts"; "Kotlin DSL Primer").
//!
//! A script is a program, so nothing here is an error: what is not understood stays tokens, and a text that the script
//! would have to compute is a [`Token::Computed`], never a guess.
//!
//! Must not: evaluate anything.

use super::limits;

/// A part of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A name or a keyword.
    Word(String),
    /// A text that stands there as it is.
    Text(String),
    /// A text with a computed part in it, or a number.
    Computed,
    /// Any other character.
    Symbol(char),
}

/// What one statement says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its words, texts and symbols; those within its parentheses too, those within its blocks not.
    pub tokens: Vec<Token>,
    /// What stands between the braces.
    pub blocks: Vec<Vec<Statement>>,
    /// The line it begins in, from 1.
    pub line: usize,
}

/// The value of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// Something that the script computes.
    Computed,
}

/// The statements of a script.
pub fn parse(text: &str) -> Vec<Statement> {
    let mut lexer = Lexer { text, at: 0, line: 1 };
    let mut parser = Parser { lexemes: lexer.run(), at: 0 };
    let mut all = Vec::new();
    while parser.at < parser.lexemes.len() {
        all.append(&mut parser.block(0));
        // A brace too many does not hide what follows.
        parser.at += 1;
    }
    all
}

impl Statement {
    /// The dotted name it begins with: `android.defaultConfig` of `android.defaultConfig { ... }`.
    pub fn path(&self) -> Vec<&str> {
        let mut path = Vec::new();
        let mut tokens = self.tokens.iter();
        while let Some(Token::Word(word)) = tokens.next() {
            path.push(word.as_str());
            if tokens.next() != Some(&Token::Symbol('.')) {
                break;
            }
        }
        path
    }

    /// Whether its blocks run on a condition, or more than once.
    pub fn is_control(&self) -> bool {
        const CONTROL: [&str; 7] = ["if", "else", "for", "while", "when", "switch", "try"];
        matches!(self.tokens.first(), Some(Token::Word(word)) if CONTROL.contains(&word.as_str()))
    }

    /// The value it gives to `property`, in any of the ways both languages have: `p "x"`, `p = "x"`, `p("x")`, `p.set("x")`,
    /// `setP("x")`; `None` where it is about something else.
    pub fn value_of(&self, property: &str) -> Option<Value> {
        let (Token::Word(first), rest) = self.tokens.split_first()? else { return None };
        let mut setter = property.to_owned();
        if let Some(letter) = setter.get_mut(..1) {
            letter.make_ascii_uppercase();
        }
        if *first != property && first.strip_prefix("set") != Some(&setter) {
            return None;
        }
        let rest = match rest {
            [Token::Symbol('.'), Token::Word(set), rest @ ..] if set == "set" => rest,
            // A method of the value, or a property of it.
            [Token::Symbol('.'), ..] | [] => return None,
            rest => rest,
        };
        let rest = match rest {
            [Token::Symbol('='), rest @ ..] | [Token::Symbol('('), rest @ .., Token::Symbol(')')] | rest => rest,
        };
        Some(match rest {
            [Token::Text(text)] => Value::Text(text.clone()),
            _ => Value::Computed,
        })
    }

    /// All texts of its tokens; `None` where a part of them is computed.
    pub fn texts(&self) -> Option<Vec<&str>> {
        let mut texts = Vec::new();
        for token in &self.tokens {
            match token {
                Token::Text(text) => texts.push(text.as_str()),
                Token::Computed => return None,
                Token::Word(_) | Token::Symbol(_) => {}
            }
        }
        Some(texts)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Lexeme {
    Token(Token),
    LineEnd,
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl Lexer<'_> {
    fn run(&mut self) -> Vec<(Lexeme, usize)> {
        let mut lexemes: Vec<(Lexeme, usize)> = Vec::new();
        while let Some(c) = self.peek() {
            let line = self.line;
            let lexeme = match c {
                '\n' | ';' => {
                    self.step();
                    Lexeme::LineEnd
                }
                _ if c.is_whitespace() || c == '\u{feff}' => {
                    self.step();
                    continue;
                }
                '/' if self.starts_with("//") => {
                    self.until_line_end();
                    continue;
                }
                '/' if self.starts_with("/*") => {
                    self.comment();
                    continue;
                }
                '#' if self.starts_with("#!") && self.at == 0 => {
                    self.until_line_end();
                    continue;
                }
                '"' | '\'' => Lexeme::Token(self.string(c, 0)),
                '/' if begins_slashy(lexemes.last().map(|(lexeme, _)| lexeme)) => {
                    self.slashy();
                    Lexeme::Token(Token::Computed)
                }
                '`' => {
                    self.step();
                    let word = self.take_while(|c| c != '`' && c != '\n');
                    self.step();
                    Lexeme::Token(Token::Word(word))
                }
                _ if c.is_ascii_digit() => {
                    self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
                    Lexeme::Token(Token::Computed)
                }
                _ if is_word(c) => Lexeme::Token(Token::Word(self.take_while(is_word))),
                _ => {
                    self.step();
                    Lexeme::Token(Token::Symbol(c))
                }
            };
            lexemes.push((lexeme, line));
        }
        lexemes
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn starts_with(&self, text: &str) -> bool {
        self.rest().starts_with(text)
    }

    fn step(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let mut taken = String::new();
        while let Some(c) = self.peek().filter(|c| wanted(*c)) {
            taken.push(c);
            self.step();
        }
        taken
    }

    fn until_line_end(&mut self) {
        self.take_while(|c| c != '\n');
    }

    /// Kotlin's nest, Groovy's do not; one within the other is rare enough to go by the first end.
    fn comment(&mut self) {
        let inside = self.rest().get(2..).unwrap_or_default();
        let end = inside.find("*/").map_or(self.text.len(), |end| self.at + end + 4);
        while self.at < end {
            self.step();
        }
    }

    /// `/regular expression/`, on one line.
    fn slashy(&mut self) {
        self.step();
        while let Some(c) = self.peek().filter(|c| *c != '\n') {
            self.step();
            match c {
                '\\' => {
                    self.step();
                }
                '/' => return,
                _ => {}
            }
        }
    }

    /// A text in quotes, single or three of them.
    fn string(&mut self, quote: char, depth: usize) -> Token {
        let three = if quote == '"' { "\"\"\"" } else { "'''" };
        let long = self.starts_with(three);
        let quotes = if long { 3 } else { 1 };
        for _ in 0..quotes {
            self.step();
        }
        let (mut text, mut computed) = (String::new(), false);
        while let Some(c) = self.peek() {
            if long && self.starts_with(three) || !long && c == quote {
                for _ in 0..quotes {
                    self.step();
                }
                break;
            }
            // A text on one line ends there: who forgot the quote does not lose the file.
            if !long && c == '\n' {
                computed = true;
                break;
            }
            self.step();
            match c {
                '\\' => match self.step() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some('u') => computed = true,
                    Some(c) => text.push(c),
                    None => break,
                },
                '$' if quote == '"' && self.peek().is_some_and(|c| c == '{' || is_word(c)) => {
                    computed = true;
                    if self.peek() == Some('{') {
                        self.interpolation(depth);
                    }
                }
                _ => text.push(c),
            }
        }
        if computed { Token::Computed } else { Token::Text(text) }
    }

    /// `{...}` within a text, with braces and texts of its own.
    fn interpolation(&mut self, depth: usize) {
        let mut open = 0_usize;
        while let Some(c) = self.peek() {
            match c {
                '"' | '\'' if depth < limits::NESTING => {
                    self.string(c, depth + 1);
                    continue;
                }
                '{' => open += 1,
                '}' => open = open.saturating_sub(1),
                '\n' => return,
                _ => {}
            }
            self.step();
            if open == 0 {
                return;
            }
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Whether a slash begins a regular expression: where a value is expected, it cannot be a division.
fn begins_slashy(before: Option<&Lexeme>) -> bool {
    matches!(before, Some(Lexeme::Token(Token::Symbol('(' | ',' | '=' | '~' | ':' | '['))))
}

struct Parser {
    lexemes: Vec<(Lexeme, usize)>,
    at: usize,
}

impl Parser {
    fn next(&self, further: usize) -> Option<&Lexeme> {
        self.lexemes.get(self.at + further).map(|(lexeme, _)| lexeme)
    }

    fn symbol(&self, symbol: char) -> bool {
        self.next(0) == Some(&Lexeme::Token(Token::Symbol(symbol)))
    }

    /// Statements up to the closing brace, which is left to the caller.
    fn block(&mut self, depth: usize) -> Vec<Statement> {
        let mut statements = Vec::new();
        while self.at < self.lexemes.len() && !self.symbol('}') {
            let before = self.at;
            let statement = self.statement(depth);
            if !statement.tokens.is_empty() || !statement.blocks.is_empty() {
                statements.push(statement);
            }
            if self.at == before {
                self.at += 1;
            }
        }
        statements
    }

    fn statement(&mut self, depth: usize) -> Statement {
        while self.next(0) == Some(&Lexeme::LineEnd) {
            self.at += 1;
        }
        let line = self.lexemes.get(self.at).map_or(0, |(_, line)| *line);
        let mut statement = Statement { tokens: Vec::new(), blocks: Vec::new(), line };
        let mut open = 0_usize;
        while let Some(lexeme) = self.next(0).cloned() {
            match lexeme {
                Lexeme::LineEnd => {
                    if open == 0 && !self.goes_on(statement.tokens.last()) {
                        break;
                    }
                }
                Lexeme::Token(Token::Symbol('{')) if depth < limits::NESTING => {
                    self.at += 1;
                    statement.blocks.push(self.block(depth + 1));
                }
                Lexeme::Token(Token::Symbol('}')) if depth < limits::NESTING => {
                    // The end of the block around it, whatever parentheses are still open.
                    return statement;
                }
                Lexeme::Token(token) => {
                    match token {
                        Token::Symbol('(' | '[') => open += 1,
                        Token::Symbol(')' | ']') => open = open.saturating_sub(1),
                        Token::Word(_) | Token::Text(_) | Token::Computed | Token::Symbol(_) => {}
                    }
                    statement.tokens.push(token);
                }
            }
            self.at += 1;
        }
        statement
    }

    /// Whether the statement goes on behind this line end: after an operator, or before a dot.
    fn goes_on(&self, last: Option<&Token>) -> bool {
        if matches!(last, Some(Token::Symbol(',' | '=' | '+' | '.' | '?' | '&' | '|'))) {
            return true;
        }
        let mut further = 1;
        while self.next(further) == Some(&Lexeme::LineEnd) {
            further += 1;
        }
        self.next(further) == Some(&Lexeme::Token(Token::Symbol('.')))
    }
}

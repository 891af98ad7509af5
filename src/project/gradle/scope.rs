//! Blocks and properties of a script by name, whichever of the usual ways they are written in.
//!
//! Must not: know what the names mean.

use crate::format::gradle::{Statement, Token, Value};
use crate::format::limits;

/// The inside of a block.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'s> {
    statements: &'s [Statement],
    /// Whether it is run on a condition only.
    conditional: bool,
}

/// A property: what it is, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// Its value; one that holds on a condition only counts as computed.
    pub value: Value,
    /// The line.
    pub line: usize,
}

/// An element of a container: a flavour, a build type.
#[derive(Debug)]
pub struct Element<'s> {
    /// Its name; `None` where the script computes it, or means all of them.
    pub name: Option<String>,
    /// What is said of it.
    pub scopes: Vec<Scope<'s>>,
    /// The line.
    pub line: usize,
}

impl<'s> Scope<'s> {
    /// The whole script.
    pub fn of(statements: &'s [Statement]) -> Vec<Self> {
        vec![Self { statements, conditional: false }]
    }
}

/// The blocks of this name in these: `android.defaultConfig { }` as well as `android { defaultConfig { } }`.
pub fn blocks<'s>(scopes: &[Scope<'s>], path: &[&str]) -> Vec<Scope<'s>> {
    let mut found = Vec::new();
    for scope in scopes {
        for statement in scope.statements {
            let within = |conditional| {
                statement.blocks.iter().map(move |statements| Scope { statements, conditional }).collect::<Vec<_>>()
            };
            if statement.is_control() {
                found.extend(blocks(&within(true), path));
                continue;
            }
            let name = statement.path();
            let steps = if path.first() == Some(&"android") && configures_android(statement) { 1 } else { name.len() };
            if steps == 0 || !(path.starts_with(&name) || configures_android(statement)) {
                continue;
            }
            match path.get(steps..) {
                Some([]) => found.extend(within(scope.conditional)),
                Some(rest) => found.extend(blocks(&within(scope.conditional), rest)),
                None => {}
            }
        }
    }
    found
}

/// `configure<ApplicationExtension> { }`, `extensions.configure<ApplicationExtension>("android") { }`.
fn configures_android(statement: &Statement) -> bool {
    let name = statement.path();
    let configures = name == ["configure"] || name == ["extensions", "configure"];
    configures
        && statement.tokens.iter().any(|token| match token {
            Token::Word(word) => word == "ApplicationExtension" || word == "BaseAppModuleExtension",
            Token::Text(text) => text == "android",
            Token::Computed | Token::Symbol(_) => false,
        })
}

/// The last value that a property is given in these.
pub fn property(scopes: &[Scope<'_>], name: &str) -> Option<Property> {
    let mut found = None;
    for scope in scopes {
        for statement in scope.statements {
            if statement.is_control() {
                for statements in &statement.blocks {
                    found = property(&[Scope { statements, conditional: true }], name).or(found);
                }
            } else if let Some(value) = statement.value_of(name) {
                let value = if scope.conditional { Value::Computed } else { value };
                found = Some(Property { value, line: statement.line });
            }
        }
    }
    found
}

/// The statements that begin with this word.
pub fn calls<'s>(scopes: &[Scope<'s>], word: &str) -> Vec<&'s Statement> {
    let all = scopes.iter().flat_map(|scope| scope.statements);
    all.filter(|statement| statement.path().first() == Some(&word)).collect()
}

/// The elements of the container `name` in these.
pub fn elements<'s>(scopes: &[Scope<'s>], name: &str) -> Vec<Element<'s>> {
    let mut found: Vec<Element<'s>> = Vec::new();
    let mut add = |tokens: &[Token], statement: &'s Statement, conditional: bool| {
        let name = match element(tokens, !statement.blocks.is_empty()) {
            Called::Name(name) => Some(name),
            Called::Any => None,
            Called::Nothing => return,
        };
        let scopes: Vec<Scope<'s>> =
            statement.blocks.iter().map(|statements| Scope { statements, conditional }).collect();
        let full = found.len() > limits::PROJECT_VARIANTS;
        match found.iter_mut().find(|known| known.name.is_some() && known.name == name) {
            Some(known) => known.scopes.extend(scopes),
            // So many are more than the variants that are told apart, which is said.
            None if full => {}
            None => found.push(Element { name, scopes, line: statement.line }),
        }
    };
    for scope in blocks(scopes, &[name]) {
        for statement in scope.statements {
            if statement.is_control() {
                for inner in statement.blocks.iter().flatten() {
                    add(&inner.tokens, inner, true);
                }
            } else {
                add(&statement.tokens, statement, scope.conditional);
            }
        }
    }
    // productFlavors.create("free") { }
    for scope in scopes {
        for statement in scope.statements {
            if let [Token::Word(word), Token::Symbol('.'), rest @ ..] = statement.tokens.as_slice()
                && word == name
            {
                add(rest, statement, scope.conditional);
            }
        }
    }
    found
}

enum Called {
    Name(String),
    /// Several, or one whose name is computed.
    Any,
    /// It makes no element.
    Nothing,
}

fn element(tokens: &[Token], has_block: bool) -> Called {
    const MAKING: [&str; 5] = ["create", "register", "maybeCreate", "getByName", "named"];
    const EVERY: [&str; 8] =
        ["all", "configureEach", "each", "forEach", "matching", "withType", "whenObjectAdded", "listOf"];
    match tokens {
        [Token::Word(word), Token::Symbol('('), rest @ ..] if MAKING.contains(&word.as_str()) => match rest {
            [Token::Text(name), Token::Symbol(')' | ','), ..] => Called::Name(name.clone()),
            _ => Called::Any,
        },
        // Groovy: create "free"
        [Token::Word(word), Token::Text(name)] if MAKING.contains(&word.as_str()) => Called::Name(name.clone()),
        [Token::Word(declares), Token::Word(name), rest @ ..]
            if declares == "val" && rest.contains(&Token::Word("by".to_owned())) =>
        {
            Called::Name(name.clone())
        }
        [Token::Word(word), ..] if EVERY.contains(&word.as_str()) => Called::Any,
        [Token::Text(name) | Token::Word(name)] | [Token::Word(name), Token::Symbol('('), Token::Symbol(')')] => {
            Called::Name(name.clone())
        }
        // debug.applicationIdSuffix = ".x", or a call with a block that makes who knows what.
        [Token::Word(_), Token::Symbol('.'), ..] => Called::Any,
        _ if has_block => Called::Any,
        _ => Called::Nothing,
    }
}

//! What a module is, by the plugins it applies, directly or by an alias of a version catalogue.
//!
//! Must not: follow plugins of the project's own.

use std::collections::BTreeMap;

use super::super::files::{Files, name_of};
use super::scope::{Scope, blocks, calls};
use crate::format::gradle::{Statement, Token};

/// What a module is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Module {
    /// `com.android.application`.
    Application,
    /// `com.android.dynamic-feature`.
    Feature,
    /// Something else of Android's.
    Library,
    /// No plugin of Android's is seen.
    Unknown,
}

/// Plugins by the dotted name that scripts have for them: `libs.plugins.android.application`.
#[derive(Debug, Default)]
pub struct Catalogs {
    plugins: BTreeMap<String, String>,
}

impl Catalogs {
    /// Reads `gradle/*.versions.toml`. The name of the file is the name of the catalogue, if nobody says otherwise.
    pub fn of(files: &Files, remarks: &mut Vec<String>) -> Self {
        let mut plugins = BTreeMap::new();
        for path in files.paths().filter(|path| path.ends_with(".versions.toml")) {
            let catalog = name_of(path).trim_end_matches(".versions.toml");
            let table = files.text(path).and_then(|text| {
                toml::from_str::<toml::Table>(&text).map_err(|error| format!("{path}: {}", error.message()))
            });
            let table = match table {
                Ok(table) => table,
                Err(problem) => {
                    remarks.push(problem);
                    continue;
                }
            };
            for (alias, plugin) in table.get("plugins").and_then(toml::Value::as_table).into_iter().flatten() {
                let text = plugin.get("id").unwrap_or(plugin).as_str();
                if let Some(id) = text.and_then(|text| text.split(':').next()) {
                    plugins.insert(format!("{catalog}.plugins.{}", alias.replace(['-', '_'], ".")), id.to_owned());
                }
            }
        }
        Self { plugins }
    }
}

/// What the plugins of a script make of its module.
pub fn module(statements: &[Statement], catalogs: &Catalogs) -> Module {
    let all = Scope::of(statements);
    let mut ids: Vec<String> = Vec::new();
    for scope in blocks(&all, &["plugins"]) {
        for word in ["id", "alias"] {
            for statement in calls(&[scope], word).into_iter().filter(|statement| !is_only_declared(statement)) {
                ids.extend(named(statement, catalogs));
            }
        }
    }
    // apply plugin: "x"; apply(plugin = "x")
    for statement in calls(&all, "apply") {
        if statement.tokens.contains(&Token::Word("plugin".to_owned())) {
            ids.extend(statement.texts().unwrap_or_default().into_iter().map(str::to_owned));
        }
    }
    let has = |wanted: &str| ids.iter().any(|id| id == wanted);
    if has("com.android.application") {
        Module::Application
    } else if has("com.android.dynamic-feature") {
        Module::Feature
    } else if ["com.android.library", "com.android.test", "com.android.kotlin.multiplatform.library"]
        .iter()
        .any(|id| has(id))
    {
        Module::Library
    } else {
        Module::Unknown
    }
}

/// `apply false`: for the modules below.
fn is_only_declared(statement: &Statement) -> bool {
    let words: Vec<&str> = statement
        .tokens
        .iter()
        .filter_map(|token| if let Token::Word(word) = token { Some(word.as_str()) } else { None })
        .collect();
    words.windows(2).any(|pair| pair == ["apply", "false"])
}

/// The plugin that `id("x")`, `alias(libs.plugins.x)` or `id(libs.plugins.x.get().pluginId)` names.
fn named(statement: &Statement, catalogs: &Catalogs) -> Option<String> {
    if let Some(Token::Text(id)) = statement.tokens.iter().find(|token| matches!(token, Token::Text(_)))
        && statement.path() == ["id"]
    {
        return Some(id.clone());
    }
    let mut words: Vec<&str> = Vec::new();
    for token in statement.tokens.iter().skip(1) {
        match token {
            Token::Word(word) if word == "get" => break,
            Token::Word(word) => words.push(word),
            Token::Symbol(')') => break,
            Token::Text(_) | Token::Computed | Token::Symbol(_) => {}
        }
    }
    catalogs.plugins.get(&words.join(".")).cloned()
}

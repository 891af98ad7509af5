//! The keys that stand beside `registry`, read as the forms that kinds declare.
//!
//! Must not: know a kind of registry.

use std::ops::Range;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::{Reader, Value};
use super::key::{Form, Key, Need};
use super::text::Text;
use crate::settings::source::Source;

/// What was given for a registry.
pub struct Given<'r, 'v, 'i> {
    pub reader: &'r mut Reader,
    /// The keys that are read, in the forms that are read.
    pub keys: &'static [Key],
    /// Where the value of `registry` stands, else the environment.
    pub span: Range<usize>,
    /// What stands behind the word of the kind.
    pub name: Option<&'v str>,
    /// The environment, or a table in it.
    pub table: &'v DeTable<'i>,
}

impl<'v, 'i> Given<'_, 'v, 'i> {
    /// Says which keys are missing of what `whole` is called.
    pub fn check(&mut self, whole: &str) {
        for key in self.keys {
            let value = self.value(key.name, key.form).map(Spanned::get_ref);
            let (is_there, remedy) = match key.need {
                Need::Optional | Need::With(_) => continue,
                Need::Given(remedy) => (value.is_some(), remedy),
                Need::Filled(remedy) => (value.is_some_and(holds_text), remedy),
            };
            if !is_there {
                let message = format!("{whole} has no {}", key.name);
                self.reader.problem(self.span.clone(), message, remedy);
            }
        }
    }

    /// What stands at a key. One that is not declared in this form is not read.
    pub fn value(&self, key: &str, form: Form) -> Option<&'v Value<'i>> {
        self.keys.iter().find(|known| known.name == key && known.form == form)?;
        self.table.iter().find(|(found, _)| found.get_ref() == key).map(|(_, value)| value)
    }

    /// A text, as it is.
    pub fn plain(&mut self, key: &str) -> Option<String> {
        self.string(key, Form::Plain)
    }

    fn string(&mut self, key: &str, form: Form) -> Option<String> {
        let value = self.value(key, form)?;
        self.reader.string(key, value)
    }

    /// A path.
    pub fn path(&mut self, key: &str) -> Option<PathBuf> {
        self.string(key, Form::Path).map(PathBuf::from)
    }

    /// A list of texts.
    pub fn list(&mut self, key: &str) -> Option<Vec<String>> {
        let value = self.value(key, Form::List)?;
        Some(self.reader.strings(key, value).into_iter().map(Spanned::into_inner).collect())
    }

    /// A text, or a reference to one.
    pub fn text(&mut self, key: &str) -> Option<Text> {
        let text = self.string(key, Form::Text)?;
        Some(match Source::of_reference(&text) {
            Some(source) => Text::Reference(source),
            None => Text::Plain(text),
        })
    }

    /// A reference to a secret. What stands there instead may be the secret itself, so it is not repeated.
    pub fn reference(&mut self, key: &str) -> Option<Source> {
        let value = self.value(key, Form::Reference)?;
        let text = self.reader.string(key, value)?;
        let source = Source::of_reference(&text);
        if source.is_none() {
            let message = format!("{key} is no reference; secrets do not stand in this file");
            self.reader.problem(
                value.span(),
                message,
                "write \"env:NAME\", \"file:PATH\", \"exec:PROGRAM ARGUMENT\" or \"keyring:NAME\"",
            );
        }
        source
    }
}

/// Whether a text or a list of texts holds any.
fn holds_text(value: &DeValue<'_>) -> bool {
    match (value.as_str(), value.as_array()) {
        (Some(text), _) => !text.is_empty(),
        (None, Some(items)) => items.iter().any(|item| item.get_ref().is_str()),
        (None, None) => false,
    }
}

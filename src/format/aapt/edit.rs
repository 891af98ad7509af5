//! New values of string resources, and new string resources in the default configuration.
//!
//! Must not: replace what is no plain string.

use std::collections::BTreeMap;

use super::table::{Entry, Table};
use super::wire::{Edits, Part, bytes_field, number_field};
use super::{AaptError, table};
use crate::format::arsc::{StringEdit, Value};

/// The highest index of an entry in its type.
const LAST_ENTRY: u32 = 0xffff;

/// The table with the edits done: of every configuration that defines the string where none is named. With `create`, a string
/// that is absent is made in the default configuration.
pub fn edit_strings(bytes: &[u8], edits: &[StringEdit], create: bool) -> Result<Vec<u8>, AaptError> {
    let mut made: Vec<&StringEdit> = Vec::new();
    let mut grown: Option<Vec<u8>> = None;
    for edit in edits {
        let is_made = made.iter().any(|made| made.name == edit.name && made.config == edit.config);
        if let Some(new) = grow(grown.as_deref().unwrap_or(bytes), edit, create && !is_made)? {
            grown = Some(new);
            made.push(edit);
        }
    }
    let bytes = grown.as_deref().unwrap_or(bytes);
    let table = Table::parse(bytes)?;
    let mut changes = Edits::default();
    let mut seen: BTreeMap<Part, &str> = BTreeMap::new();
    for edit in edits {
        let mut places = 0;
        for entry in table.entries_named("string", &edit.name)? {
            for held in table.held(&entry)? {
                if edit.config.as_ref().is_some_and(|config| *config != held.config) {
                    continue;
                }
                places += 1;
                let place = || format!("string/{} in configuration {}", edit.name, held.config);
                let Some((item, around)) = held.item.as_ref().filter(|(item, _)| item.is_text()) else {
                    return Err(AaptError::WrongKind {
                        place: place(),
                        offset: entry.part.start,
                        expected: "a plain string",
                        found: table.value_of(&held)?.to_string(),
                    });
                };
                let Some(at) = around.last() else { continue };
                match seen.insert(at.clone(), edit.value.expose()) {
                    None if !matches!(&held.value, Value::String(now) if now == edit.value.expose()) => {
                        item.set_text(&mut changes, around, edit.value.expose());
                    }
                    Some(other) if other != edit.value.expose() => return Err(AaptError::Conflict { place: place() }),
                    None | Some(_) => {}
                }
            }
        }
        if places == 0 {
            return Err(not_found(edit));
        }
    }
    if changes.is_empty() { Ok(bytes.to_vec()) } else { Ok(changes.apply(bytes)?) }
}

/// The table with a place for an edit, where it has none.
fn grow(bytes: &[u8], edit: &StringEdit, create: bool) -> Result<Option<Vec<u8>>, AaptError> {
    let table = Table::parse(bytes)?;
    let entries = table.entries_named("string", &edit.name)?;
    let is_default = edit.config.as_deref().is_none_or(|config| config == "default");
    let mut changes = Edits::default();
    let refuse =
        |reason: &str| AaptError::CannotCreate { place: format!("string/{}", edit.name), reason: reason.to_owned() };
    if let Some(entry) = entries.first() {
        if edit.config.as_deref() != Some("default") {
            return Ok(None);
        }
        for entry in &entries {
            if table.held(entry)?.iter().any(|held| held.config == "default") {
                return Ok(None);
            }
        }
        if !create {
            return Err(not_found(edit));
        }
        if entries.len() > 1 {
            return Err(refuse("several packages or ids have a string of this name"));
        }
        let [package, kind] = entry.around();
        let around = [package, kind, entry.part.clone()];
        let end = entry.part.end;
        changes.replace(&around, end..end, config_value(edit.value.expose()));
        return Ok(Some(changes.apply(bytes)?));
    }
    if !create {
        return Err(not_found(edit));
    }
    if !is_default {
        return Err(refuse("only the default configuration can be created"));
    }
    let package = table.packages.iter().find(|package| package.is_app()).or(table.packages.first());
    let package = package.ok_or_else(|| refuse("the table has no package"))?;
    let kind = package.types.iter().find(|kind| kind.name == "string");
    let kind = kind.ok_or_else(|| refuse("the table has no strings at all"))?;
    let last = table.entries_in(package, kind).try_fold(None, |last: Option<u32>, entry: Result<Entry<'_>, _>| {
        Ok::<_, AaptError>(last.max(Some(entry?.id & LAST_ENTRY)))
    })?;
    let next = last.map_or(0, |last| last + 1);
    if next > LAST_ENTRY {
        return Err(refuse("the highest id of its type is taken"));
    }
    let id = if next == 0 { Vec::new() } else { number_field(1, next.into()) };
    let entry = [bytes_field(1, &id), bytes_field(2, edit.name.as_bytes()), config_value(edit.value.expose())].concat();
    let around = [package.part.clone(), kind.part.clone()];
    changes.replace(&around, kind.part.end..kind.part.end, bytes_field(table::ENTRY, &entry));
    Ok(Some(changes.apply(bytes)?))
}

/// A string in the default configuration, as aapt2 writes it.
fn config_value(text: &str) -> Vec<u8> {
    let text = if text.is_empty() { Vec::new() } else { bytes_field(1, text.as_bytes()) };
    let item = bytes_field(2, &text);
    let value = bytes_field(4, &item);
    bytes_field(6, &[bytes_field(1, &[]), bytes_field(2, &value)].concat())
}

fn not_found(edit: &StringEdit) -> AaptError {
    let config = edit.config.as_ref().map(|config| format!(" in configuration {config}")).unwrap_or_default();
    AaptError::NotFound { place: format!("resource string/{}{config}", edit.name) }
}

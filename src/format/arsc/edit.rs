//! New values of string resources.
//!
//! Only the value pool, the sizes around it and the data words of edited entries change; every other byte is copied.
//! Which pool string a value gets is decided in [`crate::format::slots`], so the result does not depend on which values
//! were edited in before.
//!
//! Must not: touch a value that is not a plain string.

use std::collections::{BTreeMap, HashSet};

use super::parse::{Body, TYPE_STRING};
use super::{ArscError, Table, Value, create};
use crate::format::chunk::ChunkError;
use crate::format::secret::SecretText;
use crate::format::slots::{self, Unit};
use crate::format::splice::Splices;

/// A new value of `string/NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringEdit {
    /// Entry name.
    pub name: String,
    /// Qualifiers (`default`, `de`, ...); all configurations that define the string when absent.
    pub config: Option<String>,
    /// The text.
    pub value: SecretText,
}

/// The table with the edits done. With `create`, a name that is absent becomes a new entry of the default configuration,
/// and so does one whose default is asked for and that other configurations alone have; without, it is
/// [`ArscError::NotFound`].
pub fn edit(bytes: &[u8], edits: &[StringEdit], create: bool) -> Result<Vec<u8>, ArscError> {
    // One order for all: what comes first decides who owns a shared string.
    let mut edits: Vec<&StringEdit> = edits.iter().collect();
    edits.sort_by(|a, b| (&a.name, &a.config).cmp(&(&b.name, &b.config)));
    let mut grown: Option<Vec<u8>> = None;
    if create {
        for edit in &edits {
            let bytes = grown.as_deref().unwrap_or(bytes);
            let table = Table::parse(bytes)?;
            let places = table.places("string", &edit.name)?;
            if !places.is_empty() {
                // Asked for by name, the default is made too where other configurations alone have the string.
                if edit.config.as_deref() == Some("default")
                    && !places.iter().any(|place| place.part.config.is_default())
                {
                    grown = Some(create::add_default(&table, &edit.name, edit.value.expose())?);
                }
                continue;
            }
            if edit.config.as_ref().is_some_and(|config| config != "default") {
                let reason = "only the default configuration can be created".to_owned();
                return Err(ArscError::CannotCreate { name: edit.name.clone(), reason });
            }
            grown = Some(create::add_string(&table, &edit.name, edit.value.expose())?);
        }
    }
    let bytes = grown.as_deref().unwrap_or(bytes);
    let table = Table::parse(bytes)?;
    let words = words(&table, &edits)?;
    if words.is_empty() {
        return Ok(bytes.to_vec());
    }
    let pool = table.values.as_ref().ok_or_else(|| ChunkError::new(0, "a value string pool", "a table without one"))?;

    // What reads as the values is no edit, whichever of several equal strings it names.
    if grown.is_none() && words.iter().all(|word| pool.reads(word.slot, word.text)) {
        return Ok(bytes.to_vec());
    }

    let mut foreign = vec![false; pool.len() as usize];
    let ours: HashSet<usize> = words.iter().map(|word| word.at).collect();
    let mut refer = |slot: u32| {
        if let Some(flag) = foreign.get_mut(slot as usize) {
            *flag = true;
        }
    };
    pool.span_names().into_iter().chain(table.flag_names.iter().copied()).for_each(&mut refer);
    for part in table.packages.iter().flat_map(|package| &package.types) {
        part.string_words(|at, slot| {
            if !ours.contains(&at) {
                refer(slot);
            }
        })?;
    }

    let units: Vec<Unit> =
        words.iter().map(|word| Unit { slot: Some(word.slot), second: None, text: word.text.into() }).collect();
    let assigned = slots::assign(pool, &foreign, pool.style_count(), &units)?;
    let mut splices = Splices::new();
    for (word, slot) in words.iter().zip(&assigned.slots) {
        if word.slot != *slot {
            splices.set_u32(word.at, *slot);
        }
    }
    if !assigned.edit.is_empty() {
        let new = pool.rewrite(&assigned.edit)?;
        let old = pool.chunk();
        let size = table.root.bytes.len() - old.bytes.len() + new.len();
        let size = u32::try_from(size).map_err(|_| ChunkError::new(4, "a table under 4 GiB", size))?;
        splices.set_u32(4, size);
        splices.replace(old.offset..old.end(), new);
    }
    if splices.is_empty() {
        return Ok(bytes.to_vec());
    }
    Ok(splices.apply(bytes)?)
}

/// A data word that gets a new string.
struct Word<'e> {
    at: usize,
    slot: u32,
    text: &'e str,
}

/// The data words of the edits, by name and then by place.
fn words<'e>(table: &Table<'_>, edits: &[&'e StringEdit]) -> Result<Vec<Word<'e>>, ArscError> {
    let mut words = Vec::new();
    let mut seen: BTreeMap<usize, &str> = BTreeMap::new();
    let mut from = 0;
    while let Some(first) = edits.get(from) {
        let same = edits.iter().skip(from).take_while(|edit| edit.name == first.name).count();
        let places = table.places("string", &first.name)?;
        let mut of_name = Vec::new();
        for edit in edits.iter().skip(from).take(same) {
            let config = edit.config.as_deref().map(|config| if config.is_empty() { "default" } else { config });
            let mut hit = false;
            for place in &places {
                let here = place.part.config.qualifiers();
                if config.is_some_and(|config| config != here) {
                    continue;
                }
                hit = true;
                let value = table.value(&place.entry)?;
                let Body::Simple { kind: TYPE_STRING, data, data_at } = place.entry.body else {
                    return Err(not_plain(edit, here, place.entry.offset, &value));
                };
                if matches!(value, Value::Styled(_)) {
                    return Err(not_plain(edit, here, place.entry.offset, &value));
                }
                // Entries may share one word, and two edits may name it.
                match seen.insert(data_at, edit.value.expose()) {
                    None => of_name.push(Word { at: data_at, slot: data, text: edit.value.expose() }),
                    Some(other) if other != edit.value.expose() => {
                        return Err(ArscError::Conflict { name: edit.name.clone(), config: here });
                    }
                    Some(_) => {}
                }
            }
            if !hit {
                return Err(ArscError::NotFound {
                    kind: "string".to_owned(),
                    name: edit.name.clone(),
                    config: edit.config.clone(),
                });
            }
        }
        of_name.sort_by_key(|word| word.at);
        words.extend(of_name);
        from += same;
    }
    Ok(words)
}

fn not_plain(edit: &StringEdit, config: String, offset: usize, value: &Value) -> ArscError {
    ArscError::NotPlainString { name: edit.name.clone(), config, offset, found: value.to_string() }
}

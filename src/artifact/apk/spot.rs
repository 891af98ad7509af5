//! Addresses become spots: one concrete entry, and one place in it.
//!
//! Must not: change anything.

use super::dex::Constant;
use super::{Apk, ApkError, MANIFEST, TABLE, has_wildcards, matcher};
use crate::artifact::document;
use crate::format::arsc::{Table, Value};
use crate::format::axml::{self, Document, Scalar};
use crate::format::read_at::ReadAt;
use crate::format::zip::Entry;
use crate::placement::{Absence, Address, FilePath, Kind, Locator, Place, Target};

/// A concrete place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The address as it was given.
    pub address: Address,
    /// The entry that holds it.
    pub entry: String,
    /// Whether it has to be made.
    pub missing: bool,
    pub(super) slot: Slot,
}

/// Where in its entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Slot {
    /// A string of the resource table.
    String { name: String, config: Option<String> },
    /// A `<meta-data>` of the manifest.
    MetaData { name: String },
    /// In a file.
    File { locator: Locator },
    /// In a compiled XML document.
    BinaryXml { path: String },
    /// In a dex file.
    Dex(Constant),
}

/// A spot with the values that are there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub spot: Spot,
    /// Usually one; several where configurations or duplicate keys hold it more than once.
    pub values: Vec<String>,
}

impl<S: ReadAt + ?Sized> Apk<'_, S> {
    /// The spots of a place, with what is there. None where the place is for another kind of artifact, excluded by
    /// `unless`, or may be absent and is.
    pub fn find(&self, place: &Place) -> Result<Vec<Found>, ApkError> {
        if place.at.kind.is_some_and(|kind| kind != Kind::Apk) {
            return Ok(Vec::new());
        }
        for other in &place.unless {
            if !self.look(other)?.is_empty() {
                return Ok(Vec::new());
            }
        }
        let found = self.look(&place.at)?;
        if !found.is_empty() {
            return Ok(found);
        }
        match place.absence {
            Absence::Skip => Ok(Vec::new()),
            Absence::Fail => Err(self.no_place(&place.at)?),
            Absence::Create => self.made(&place.at),
        }
    }

    /// Whether something is at an address.
    pub fn has(&self, address: &Address) -> Result<bool, ApkError> {
        if matches!(address.target, Target::DexMethod { .. } | Target::DexText { .. }) {
            return self.has_in_dex(address);
        }
        match self.look(address) {
            Ok(found) => Ok(!found.is_empty()),
            // A file of that name that is something else is not what was meant.
            Err(ApkError::Document { .. } | ApkError::Address { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What is at an address now.
    fn look(&self, address: &Address) -> Result<Vec<Found>, ApkError> {
        let spot = |entry: &str, slot| Spot { address: address.clone(), entry: entry.to_owned(), missing: false, slot };
        match &address.target {
            Target::String { name, config } => {
                let Some(table) = self.table()? else { return Ok(Vec::new()) };
                let table = Table::parse(table).map_err(ApkError::Table)?;
                let all = table.find("string", name).map_err(ApkError::Table)?;
                let wanted =
                    all.into_iter().filter(|found| config.as_ref().is_none_or(|config| *config == found.config));
                let values: Vec<String> = wanted
                    .map(|found| match found.value {
                        Value::String(text) => Ok(text),
                        // What this is instead is said when somebody wants to change it.
                        other => Err(ApkError::Address {
                            address: Box::new(address.clone()),
                            problem: format!("in configuration {} it is {other}, not a plain string", found.config),
                        }),
                    })
                    .collect::<Result<_, _>>()?;
                if values.is_empty() {
                    return Ok(Vec::new());
                }
                let slot = Slot::String { name: name.clone(), config: config.clone() };
                Ok(vec![Found { spot: spot(TABLE, slot), values }])
            }
            Target::MetaData { name } => {
                let manifest = self.content(MANIFEST)?.unwrap_or_default();
                let document = Document::parse(&manifest).map_err(ApkError::Manifest)?;
                let all = document.manifest().meta_data;
                let values = all.into_iter().filter(|data| data.name == *name).map(|data| match data.value {
                    Some(Scalar::Text(text)) => Ok(text),
                    Some(Scalar::Int(number)) => Ok(number.to_string()),
                    Some(Scalar::Bool(truth)) => Ok(truth.to_string()),
                    _ => Err(ApkError::Address {
                        address: Box::new(address.clone()),
                        problem: "it has a reference instead of a value; address the resource".to_owned(),
                    }),
                });
                let values = values.collect::<Result<Vec<_>, _>>()?;
                if values.is_empty() {
                    return Ok(Vec::new());
                }
                Ok(vec![Found { spot: spot(MANIFEST, Slot::MetaData { name: name.clone() }), values }])
            }
            Target::Raw { name, locator } => {
                let Some(table) = self.table()? else { return Ok(Vec::new()) };
                let table = Table::parse(table).map_err(ApkError::Table)?;
                let mut paths = Vec::new();
                for name in raw_names(&table, address, name)? {
                    let files = table.files("raw", &name).map_err(ApkError::Table)?;
                    paths.extend(files.into_iter().map(|(_, path)| path));
                }
                paths.dedup();
                let mut found = Vec::new();
                for path in paths {
                    match self.look_into(address, &path, locator) {
                        // What a wildcard matches and is another kind of file is not what was meant.
                        Err(ApkError::Document { .. }) if has_wildcards(name) => {}
                        looked => found.extend(looked?),
                    }
                }
                Ok(found)
            }
            Target::File { path, locator } => {
                let mut found = Vec::new();
                for entry in self.entries_like(address, single(address, path)?)? {
                    found.extend(self.look_into(address, &entry, locator)?);
                }
                Ok(found)
            }
            Target::DexMethod { .. } | Target::DexText { .. } => self.look_into_dex(address),
        }
    }

    fn look_into(&self, address: &Address, entry: &str, locator: &Locator) -> Result<Option<Found>, ApkError> {
        let Some(content) = self.content(entry)? else { return Ok(None) };
        let found = |slot, values| Found {
            spot: Spot { address: address.clone(), entry: entry.to_owned(), missing: false, slot },
            values,
        };
        if let Locator::Xml(path) = locator
            && is_binary_xml(&content)
        {
            let values = Document::parse(&content)
                .and_then(|document| axml::read_path(&document, path))
                .map_err(|source| ApkError::BinaryXml { entry: entry.to_owned(), source })?;
            let slot = Slot::BinaryXml { path: path.clone() };
            return Ok((!values.is_empty()).then(|| found(slot, values)));
        }
        let slot = Slot::File { locator: locator.clone() };
        // A whole file can be replaced whatever it holds.
        if *locator == Locator::Whole {
            return Ok(Some(found(slot, vec![String::from_utf8_lossy(&content).into_owned()])));
        }
        let values = document::read(&content, locator)
            .map_err(|source| ApkError::Document { entry: entry.to_owned(), source })?;
        Ok((!values.is_empty()).then(|| found(slot, values)))
    }

    /// The spots that have to be made.
    fn made(&self, address: &Address) -> Result<Vec<Found>, ApkError> {
        let made = |entry: &str, slot| {
            let spot = Spot { address: address.clone(), entry: entry.to_owned(), missing: true, slot };
            vec![Found { spot, values: Vec::new() }]
        };
        match &address.target {
            Target::String { name, config } if self.table()?.is_some() => {
                Ok(made(TABLE, Slot::String { name: name.clone(), config: config.clone() }))
            }
            Target::MetaData { name } => Ok(made(MANIFEST, Slot::MetaData { name: name.clone() })),
            Target::Raw { name, locator } if *locator != Locator::Whole => {
                // The file is there, the key in it is not.
                let Some(table) = self.table()? else { return Err(self.no_place(address)?) };
                let table = Table::parse(table).map_err(ApkError::Table)?;
                let files = table.files("raw", name).map_err(ApkError::Table)?;
                if files.is_empty() {
                    return Err(self.no_place(address)?);
                }
                let slot = Slot::File { locator: locator.clone() };
                Ok(files.iter().flat_map(|(_, path)| made(path, slot.clone())).collect())
            }
            Target::File { path, locator } => {
                let pattern = single(address, path)?;
                let entries = self.entries_like(address, pattern)?;
                let slot = Slot::File { locator: locator.clone() };
                if !entries.is_empty() {
                    return Ok(entries.iter().flat_map(|entry| made(entry, slot.clone())).collect());
                }
                if path.is_glob() || document::create(locator, "").is_none() {
                    return Err(self.no_place(address)?);
                }
                Ok(made(pattern, slot))
            }
            _ => Err(self.no_place(address)?),
        }
    }

    fn no_place(&self, address: &Address) -> Result<ApkError, ApkError> {
        let (problem, near) = match &address.target {
            Target::String { .. } if self.table()?.is_none() => (format!("there is no {TABLE}"), Vec::new()),
            Target::String { name, config } => {
                let Some(bytes) = self.table()? else { return Err(unsupported(address, "tables")) };
                let table = Table::parse(bytes).map_err(ApkError::Table)?;
                let configs: Vec<String> = table
                    .find("string", name)
                    .map_err(ApkError::Table)?
                    .into_iter()
                    .map(|found| found.config)
                    .collect();
                match config {
                    Some(config) if !configs.is_empty() => {
                        let defined = configs.join(", ");
                        (format!("the string is not defined in configuration {config}, only in {defined}"), Vec::new())
                    }
                    _ => ("no such string resource".to_owned(), table.string_names().map_err(ApkError::Table)?),
                }
            }
            Target::Raw { name, .. } => match self.table()? {
                None => (format!("there is no {TABLE}"), Vec::new()),
                Some(table) => {
                    let table = Table::parse(table).map_err(ApkError::Table)?;
                    if table.files("raw", name).map_err(ApkError::Table)?.is_empty() {
                        ("no such raw resource".to_owned(), table.names("raw").map_err(ApkError::Table)?)
                    } else {
                        ("the resource is there, the place in it is not".to_owned(), Vec::new())
                    }
                }
            },
            Target::MetaData { .. } => {
                let manifest = self.content(MANIFEST)?.unwrap_or_default();
                let document = Document::parse(&manifest).map_err(ApkError::Manifest)?;
                let names = document.manifest().meta_data.into_iter().map(|data| data.name).collect();
                ("the manifest has no such meta-data".to_owned(), names)
            }
            Target::File { path, .. } => {
                let pattern = single(address, path)?;
                if self.entries_like(address, pattern)?.is_empty() {
                    let names = self.archive.entries().iter().map(Entry::display_name);
                    ("no such file".to_owned(), names.take(10_000).collect())
                } else {
                    ("the file is there, the place in it is not".to_owned(), Vec::new())
                }
            }
            Target::DexMethod { .. } | Target::DexText { .. } => (self.not_in_dex(address)?, Vec::new()),
        };
        Ok(ApkError::NoPlace { address: Box::new(address.clone()), problem, near })
    }
}

/// The raw resources that a name, or a pattern, stands for.
fn raw_names(table: &Table<'_>, address: &Address, pattern: &str) -> Result<Vec<String>, ApkError> {
    if !has_wildcards(pattern) {
        return Ok(vec![pattern.to_owned()]);
    }
    let matcher = matcher(address, pattern)?;
    let names = table.names("raw").map_err(ApkError::Table)?;
    Ok(names.into_iter().filter(|name| matcher.is_match(name)).collect())
}

/// The only part of a path; nested archives are not entered here.
fn single<'p>(address: &Address, path: &'p FilePath) -> Result<&'p str, ApkError> {
    match path.parts.as_slice() {
        [only] => Ok(only),
        _ => Err(unsupported(address, "places in nested archives")),
    }
}

fn unsupported(address: &Address, what: &str) -> ApkError {
    ApkError::Address { address: Box::new(address.clone()), problem: format!("{what} are not part of this version") }
}

/// `RES_XML_TYPE` (0x0003) with a header of 8 bytes: compiled XML never looks like text.
fn is_binary_xml(content: &[u8]) -> bool {
    content.starts_with(&[3, 0, 8, 0])
}

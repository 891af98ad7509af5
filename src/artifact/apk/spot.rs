//! Addresses become spots: one concrete entry, and one place in it.
//!
//! Must not: change anything.

use super::dex::Constant;
use super::{Apk, ApkError, MANIFEST, TABLE};
use crate::artifact::files::{self, has_wildcards, matcher};
use crate::format::arsc::{Table, Value};
use crate::format::axml::{Document, Scalar};
use crate::format::read_at::ReadAt;
use crate::placement::{Absence, Address, Kind, Locator, Place, Target};

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
    File(files::Spot),
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
        if place.at.kind.is_some_and(|kind| !kind.covers(Kind::Apk)) {
            return Ok(Vec::new());
        }
        for other in &place.unless {
            if !self.look(other)?.is_empty() {
                return Ok(Vec::new());
            }
        }
        if matches!(place.at.target, Target::File { .. }) {
            return Ok(self.files().at(&place.at, place.absence)?.into_iter().map(Found::from).collect());
        }
        let found = self.look(&place.at)?;
        if !found.is_empty() {
            return Ok(found);
        }
        match place.absence {
            Absence::Skip | Absence::Offer => Ok(Vec::new()),
            Absence::CreateWithin => Ok(self.made(&place.at).unwrap_or_default()),
            Absence::Fail => Err(self.no_place(&place.at)?),
            Absence::Create => self.made(&place.at),
        }
    }

    /// Whether spots can change for themselves alone, as far as that is known before there is a value.
    pub fn check(&self, spots: &[Spot]) -> Result<(), ApkError> {
        self.check_dex(spots)
    }

    /// Whether something is at an address.
    pub fn has(&self, address: &Address) -> Result<bool, ApkError> {
        match &address.target {
            Target::DexMethod { .. } | Target::DexText { .. } => return self.has_in_dex(address),
            Target::File { .. } => return Ok(self.files().has(address)?),
            _ => {}
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
                    found
                        .extend(self.files().look_into(address, &path, locator, has_wildcards(name))?.map(Found::from));
                }
                Ok(found)
            }
            Target::File { .. } => Ok(self.files().look(address)?.into_iter().map(Found::from).collect()),
            Target::DexMethod { .. } | Target::DexText { .. } => self.look_into_dex(address),
        }
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
                let paths = table.files("raw", name).map_err(ApkError::Table)?;
                if paths.is_empty() {
                    return Err(self.no_place(address)?);
                }
                let missing = |path| Found::from(files::missing(address, vec![path], locator));
                Ok(paths.into_iter().map(|(_, path)| missing(path)).collect())
            }
            _ => Err(self.no_place(address)?),
        }
    }

    fn no_place(&self, address: &Address) -> Result<ApkError, ApkError> {
        let (problem, near) = match &address.target {
            Target::String { name, config } => {
                let Some(bytes) = self.table()? else { return Ok(no_table(address)) };
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
                None => return Ok(no_table(address)),
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
            // Files say it themselves.
            Target::File { .. } => ("no such file".to_owned(), Vec::new()),
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
    let matcher = matcher(pattern)
        .map_err(|e| ApkError::Address { address: Box::new(address.clone()), problem: e.to_string() })?;
    let names = table.names("raw").map_err(ApkError::Table)?;
    Ok(names.into_iter().filter(|name| matcher.is_match(name)).collect())
}

fn no_table(address: &Address) -> ApkError {
    let problem = format!("there is no {TABLE}");
    ApkError::NoPlace { address: Box::new(address.clone()), problem, near: Vec::new() }
}

impl From<files::Found> for Found {
    fn from(files::Found { spot, values }: files::Found) -> Self {
        let (address, entry, missing) = (spot.address.clone(), spot.file(), spot.missing);
        Self { spot: Spot { address, entry, missing, slot: Slot::File(spot) }, values }
    }
}

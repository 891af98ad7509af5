//! Addresses become spots: one concrete entry, and one place in it.
//!
//! Must not: change anything.

use super::dex::Constant;
use super::{Apk, ApkError, MANIFEST, TABLE};
use crate::artifact::files::{self, has_wildcards, matcher};
use crate::artifact::{document, genexus};
use crate::format::arsc::{Table, Value};
use crate::format::axml::{self, DataAttribute, Document, FilterData, Scalar};
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
    /// The name of the raw resource that the entry is, where it was found by that.
    pub resource: Option<String>,
    pub(super) slot: Slot,
}

/// Where in its entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Slot {
    /// A string of the resource table.
    String { name: String, config: Option<String> },
    /// A `<meta-data>` of the manifest.
    MetaData { name: String },
    /// An attribute of `<data>` elements of the manifest.
    Data { elements: Vec<usize>, attribute: DataAttribute },
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
        let spot = |entry: &str, slot| Spot {
            address: address.clone(),
            entry: entry.to_owned(),
            missing: false,
            resource: None,
            slot,
        };
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
                let mut found = Vec::new();
                for (resource, path) in raw_paths(&table, address, name)? {
                    let here = self.files().look_into(address, &path, locator, has_wildcards(name))?;
                    found.extend(here.map(|here| Found::from(here).of_resource(&resource)));
                }
                Ok(found)
            }
            Target::IntentFilter { class, attribute, value } => {
                let manifest = self.content(MANIFEST)?.unwrap_or_default();
                let document = Document::parse(&manifest).map_err(ApkError::Manifest)?;
                let Some(attribute) = DataAttribute::named(attribute) else { return Ok(Vec::new()) };
                let (mut elements, mut values) = (Vec::new(), Vec::new());
                for data in self.filter_data(address, &document, class, attribute)? {
                    match data.value {
                        Scalar::Text(text) if value.as_ref().is_none_or(|pattern| fits(pattern, &text)) => {
                            elements.push(data.nth);
                            values.push(text);
                        }
                        Scalar::Reference(_) if value.is_none() => {
                            let problem = "it has a reference instead of a value; address the resource".to_owned();
                            return Err(ApkError::Address { address: Box::new(address.clone()), problem });
                        }
                        _ => {}
                    }
                }
                if values.is_empty() {
                    return Ok(Vec::new());
                }
                Ok(vec![Found { spot: spot(MANIFEST, Slot::Data { elements, attribute }), values }])
            }
            Target::File { .. } => Ok(self.files().look(address)?.into_iter().map(Found::from).collect()),
            Target::DexMethod { .. } | Target::DexText { .. } => self.look_into_dex(address),
        }
    }

    /// The spots that have to be made.
    fn made(&self, address: &Address) -> Result<Vec<Found>, ApkError> {
        let made = |entry: &str, slot| {
            let (address, entry) = (address.clone(), entry.to_owned());
            let spot = Spot { address, entry, missing: true, resource: None, slot };
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
                let paths = raw_paths(&table, address, name)?;
                if paths.is_empty() {
                    return Err(self.no_place(address)?);
                }
                let mut made = Vec::new();
                for (resource, path) in paths {
                    let content = self.content(&path)?.unwrap_or_default();
                    if document::could_hold(&content, locator) {
                        let missing = Found::from(files::missing(address, vec![path], locator));
                        made.push(missing.of_resource(&resource));
                    }
                }
                Ok(made)
            }
            _ => Err(self.no_place(address)?),
        }
    }

    /// Every raw resource of these names, with its entry and content.
    pub(in crate::artifact) fn raw_files(&self, pattern: &str) -> Result<Vec<(String, String, Vec<u8>)>, ApkError> {
        let Some(table) = self.table()? else { return Ok(Vec::new()) };
        let table = Table::parse(table).map_err(ApkError::Table)?;
        let target = Target::Raw { name: pattern.to_owned(), locator: Locator::Whole };
        let mut files = Vec::new();
        for (resource, path) in raw_paths(&table, &Address { kind: None, target }, pattern)? {
            if let Some(content) = self.content(&path)? {
                files.push((resource, path, content));
            }
        }
        Ok(files)
    }

    /// The `<data>` elements with this attribute in components whose class a pattern means: as it is written, or with the
    /// package before a class that begins with a dot.
    fn filter_data(
        &self,
        address: &Address,
        document: &Document<'_>,
        class: &str,
        attribute: DataAttribute,
    ) -> Result<Vec<FilterData>, ApkError> {
        let matcher = matcher(class)
            .map_err(|e| ApkError::Address { address: Box::new(address.clone()), problem: e.to_string() })?;
        let package = self.facts().package.as_str();
        let is_meant = |data: &FilterData| {
            let written = data.component.as_str();
            // PackageParser.buildClassName: without a dot it is in the package too.
            let whole = match written.find('.') {
                Some(0) => format!("{package}{written}"),
                None => format!("{package}.{written}"),
                Some(_) => written.to_owned(),
            };
            matcher.is_match(&whole) || matcher.is_match(written)
        };
        Ok(axml::filter_data(document, attribute).into_iter().filter(is_meant).collect())
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
            Target::IntentFilter { class, attribute, .. } => {
                let manifest = self.content(MANIFEST)?.unwrap_or_default();
                let document = Document::parse(&manifest).map_err(ApkError::Manifest)?;
                let attribute = DataAttribute::named(attribute).unwrap_or(DataAttribute::Scheme);
                let there = self.filter_data(address, &document, class, attribute)?;
                let shown: Vec<String> = there.into_iter().map(|data| shown(&data.value)).collect();
                let problem = if shown.is_empty() {
                    format!("no intent filter of such a component has <data android:{}>", attribute.name())
                } else {
                    format!("the intent filters there have other ones: {}", shown.join(", "))
                };
                (problem, Vec::new())
            }
            // Files say it themselves.
            Target::File { .. } => ("no such file".to_owned(), Vec::new()),
            Target::DexMethod { .. } | Target::DexText { .. } => (self.not_in_dex(address)?, Vec::new()),
        };
        Ok(ApkError::NoPlace { address: Box::new(address.clone()), problem, near })
    }
}

/// Whether a text is what a pattern says, `*` being any characters.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at.saturating_add(part.len())..).unwrap_or_default(),
            None => return false,
        }
    }
    false
}

/// What an attribute is, for messages. Schemes and hosts are public.
fn shown(value: &Scalar) -> String {
    match value {
        Scalar::Text(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

/// The entries of the raw resources that a name, or a pattern, stands for; each once.
fn raw_paths(table: &Table<'_>, address: &Address, pattern: &str) -> Result<Vec<(String, String)>, ApkError> {
    let mut paths: Vec<(String, String)> = Vec::new();
    for name in raw_names(table, address, pattern)? {
        for (_, path) in table.files("raw", &name).map_err(ApkError::Table)? {
            if !paths.iter().any(|(_, known)| *known == path) {
                paths.push((name.clone(), path));
            }
        }
    }
    Ok(paths)
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
        Self { spot: Spot { address, entry, missing, resource: None, slot: Slot::File(spot) }, values }
    }
}

impl Found {
    fn of_resource(mut self, name: &str) -> Self {
        self.spot.resource = Some(name.to_owned());
        self
    }
}

impl Spot {
    /// The object of GeneXus that the entry belongs to, by its name.
    pub fn object(&self) -> &str {
        match (&self.resource, &self.slot) {
            (Some(resource), _) => genexus::object_of_raw(resource),
            (None, Slot::File(spot)) => genexus::object_of_file(spot.path.last().map_or("", String::as_str)),
            (None, _) => "",
        }
    }
}

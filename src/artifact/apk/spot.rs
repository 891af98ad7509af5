//! Addresses become spots: one concrete entry, and one place in it.
//!
//! Must not: change anything.

use super::{Apk, ApkError, MANIFEST, TABLE};
use crate::artifact::files::{self, has_wildcards, matcher};
use crate::artifact::{document, genexus};
use crate::format::arsc::{Table, Value};
use crate::format::axml::{self, DataAttribute, Document, FilterData, Scalar};
use crate::format::dex::Passed;
use crate::format::read_at::ReadAt;
use crate::format::secret::SecretText;
use crate::placement::{Absence, Address, Kind, Locator, Place, ResourceKind, Target};

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
#[derive(Clone, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub spot: Spot,
    /// Usually one; several where configurations or duplicate keys hold it more than once.
    pub values: Vec<String>,
    /// What the address means and an edit does not reach, in words.
    pub left: Vec<String>,
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { spot, values, left } = self;
        f.debug_struct("Found").field("spot", spot).field("values", &values.len()).field("left", left).finish()
    }
}

impl<S: ReadAt + ?Sized> Apk<'_, S> {
    /// The spots of a place, with what is there. None where the place is for another kind of artifact, excluded by
    /// `unless`, or may be absent and is.
    pub fn find(&self, place: &Place) -> Result<Vec<Found>, ApkError> {
        if place.at.kind.is_some_and(|kind| !kind.covers(Kind::Apk)) {
            return Ok(Vec::new());
        }
        for other in &place.unless {
            if !self.look(other, true)?.is_empty() {
                return Ok(Vec::new());
            }
        }
        if matches!(place.at.target, Target::File { .. }) {
            let found =
                self.files().at(&place.at, place.absence, place.partial)?.into_iter().map(Found::from).collect();
            return self.with_configurations(place, found);
        }
        let mut found = self.look(&place.at, place.partial)?;
        if !found.is_empty() {
            if matches!(place.absence, Absence::Create | Absence::CreateWithin) {
                let missing = self.made_beside(&place.at, &found)?;
                found.extend(missing);
            }
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
            Target::String { .. } | Target::Resource { .. } | Target::MetaData { .. } | Target::IntentFilter { .. } => {
            }
        }
        match self.look(address, true) {
            Ok(found) => Ok(!found.is_empty()),
            // A file of that name that is something else is not what was meant.
            Err(ApkError::Document { .. } | ApkError::Address { .. }) => Ok(false),
            // It is there, if not as somebody could set it.
            Err(ApkError::Refused { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// What is at an address now. With `partial`, what an edit would not reach is no error.
    fn look(&self, address: &Address, partial: bool) -> Result<Vec<Found>, ApkError> {
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
                        other @ (Value::Styled(_)
                        | Value::Reference(_)
                        | Value::Null
                        | Value::Other { .. }
                        | Value::Complex) => Err(instead(&table, address, &found.config, &other, "a plain string")),
                    })
                    .collect::<Result<_, _>>()?;
                if values.is_empty() {
                    return Ok(Vec::new());
                }
                let slot = Slot::String { name: name.clone(), config: config.clone() };
                Ok(vec![Found { spot: spot(TABLE, slot), values, left: Vec::new() }])
            }
            Target::MetaData { name } => {
                let manifest = self.content(MANIFEST)?.unwrap_or_default();
                let document = Document::parse(&manifest).map_err(ApkError::Manifest)?;
                let all = document.manifest().meta_data;
                let values = all.into_iter().filter(|data| data.name == *name);
                // PackageParser.parseMetaData takes the resource wherever there is one.
                let values = values.map(|data| match (data.resource, data.value) {
                    (Some(Scalar::Reference(id)), _) if id != 0 => Err(self.refers(address, "android:resource", id)),
                    (_, Some(Scalar::Reference(id))) => Err(self.refers(address, "android:value", id)),
                    (_, Some(Scalar::Text(text))) => Ok(text),
                    (_, Some(Scalar::Int(number))) => Ok(number.to_string()),
                    (_, Some(Scalar::Bool(truth))) => Ok(truth.to_string()),
                    (_, value) => Err(ApkError::Refused {
                        address: Box::new(address.clone()),
                        problem: match value {
                            Some(other) => format!("it is {other}, expected a text, a number or a boolean"),
                            None => "it has neither android:value nor android:resource".to_owned(),
                        },
                    }),
                });
                let values = values.collect::<Result<Vec<_>, _>>()?;
                if values.is_empty() {
                    return Ok(Vec::new());
                }
                Ok(vec![Found {
                    spot: spot(MANIFEST, Slot::MetaData { name: name.clone() }),
                    values,
                    left: Vec::new(),
                }])
            }
            Target::Resource { kind, name, locator } => {
                let Some(table) = self.table()? else { return Ok(Vec::new()) };
                let table = Table::parse(table).map_err(ApkError::Table)?;
                let files = file_resources(&table, address, *kind, name)?;
                let mut found = Vec::new();
                for (resource, path) in &files.paths {
                    let here = self.files().look_into(address, path, locator, has_wildcards(name))?;
                    found.extend(here.map(|here| Found::from(here).of_resource(resource)));
                }
                // What an alias leads to is another resource, which others may read.
                for (config, id, path) in &files.aliased {
                    if self.files().look_into(address, path, locator, true)?.is_some() {
                        let expected = "a file";
                        return Err(instead(&table, address, config, &Value::Reference(*id), expected));
                    }
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
                        Scalar::Reference(id) if value.is_none() => {
                            let attribute = format!("android:{}", attribute.name());
                            return Err(self.refers(address, &attribute, id));
                        }
                        Scalar::Text(_)
                        | Scalar::Int(_)
                        | Scalar::Bool(_)
                        | Scalar::Reference(_)
                        | Scalar::Other { .. } => {}
                    }
                }
                if values.is_empty() {
                    return Ok(Vec::new());
                }
                Ok(vec![Found { spot: spot(MANIFEST, Slot::Data { elements, attribute }), values, left: Vec::new() }])
            }
            Target::File { .. } => Ok(self.files().look(address)?.into_iter().map(Found::from).collect()),
            Target::DexMethod { .. } | Target::DexText { .. } => self.look_into_dex(address, partial),
        }
    }

    /// The spots that have to be made.
    fn made(&self, address: &Address) -> Result<Vec<Found>, ApkError> {
        let made = |entry: &str, slot| {
            let (address, entry) = (address.clone(), entry.to_owned());
            let spot = Spot { address, entry, missing: true, resource: None, slot };
            vec![Found { spot, values: Vec::new(), left: Vec::new() }]
        };
        match &address.target {
            Target::String { name, config } if self.table()?.is_some() => {
                Ok(made(TABLE, Slot::String { name: name.clone(), config: config.clone() }))
            }
            Target::MetaData { name } => Ok(made(MANIFEST, Slot::MetaData { name: name.clone() })),
            Target::Resource { locator, .. } if *locator != Locator::Whole => {
                // The file is there, the key in it is not.
                let made = self.made_in(address, |_, _| true)?;
                if made.is_empty() { Err(self.no_place(address)?) } else { Ok(made) }
            }
            Target::String { .. }
            | Target::Resource { .. }
            | Target::IntentFilter { .. }
            | Target::DexMethod { .. }
            | Target::DexText { .. }
            | Target::File { .. } => Err(self.no_place(address)?),
        }
    }

    /// Files that are resources, with what the other configurations of these resources hold: made where that was asked for,
    /// else said, because a device picks one of them.
    fn with_configurations(&self, place: &Place, mut found: Vec<Found>) -> Result<Vec<Found>, ApkError> {
        let Target::File { path, locator } = &place.at.target else { return Ok(found) };
        let [pattern] = path.parts.as_slice() else { return Ok(found) };
        let Some(table) = self.table()?.filter(|_| pattern.starts_with("res/") && *locator != Locator::Whole) else {
            return Ok(found);
        };
        let table = Table::parse(table).map_err(ApkError::Table)?;
        let mut seen: Vec<(String, String)> = Vec::new();
        for index in 0..found.len() {
            let entry = found.get(index).filter(|found| !found.spot.missing).map(|found| found.spot.entry.clone());
            let Some(entry) = entry else { continue };
            let Some((kind, name)) = table.resource_of(&entry).map_err(ApkError::Table)? else { continue };
            if seen.contains(&(kind.clone(), name.clone())) {
                continue;
            }
            let files = table.files(&kind, &name).map_err(ApkError::Table)?;
            let others = files.into_iter().filter(|(_, path)| !found.iter().any(|found| found.spot.entry == *path));
            let (mut left, mut made) = (Vec::new(), Vec::new());
            for (config, other) in others.collect::<Vec<_>>() {
                if self.files().look_into(&place.at, &other, locator, true)?.is_some() {
                    let all =
                        if ["raw", "xml"].contains(&kind.as_str()) { format!("{kind}/{name}") } else { other.clone() };
                    left.push(format!(
                        "{other} is the same resource ({kind}/{name}) in configuration {config} and keeps its value; to set \
                         that too: --at '{all}{locator}=...'"
                    ));
                } else if place.absence == Absence::Create
                    && matcher(pattern).is_ok_and(|pattern| pattern.is_match(&other))
                    && let Some(content) = self.content(&other)?
                    && document::could_hold(&content, locator)
                {
                    made.push(Found::from(files::missing(&place.at, vec![other], locator)));
                }
            }
            if let Some(found) = found.get_mut(index) {
                found.left.extend(left);
            }
            found.extend(made);
            seen.push((kind, name));
        }
        Ok(found)
    }

    /// What is missing beside what was found: a configuration that has the place does not stand for one that has not.
    fn made_beside(&self, address: &Address, found: &[Found]) -> Result<Vec<Found>, ApkError> {
        match &address.target {
            Target::String { name, config: None } => {
                let Some(table) = self.table()? else { return Ok(Vec::new()) };
                let table = Table::parse(table).map_err(ApkError::Table)?;
                let all = table.find("string", name).map_err(ApkError::Table)?;
                // What no other configuration defines is read from the default one.
                if all.iter().any(|found| found.config == "default") {
                    return Ok(Vec::new());
                }
                let slot = Slot::String { name: name.clone(), config: Some("default".to_owned()) };
                let (address, entry) = (address.clone(), TABLE.to_owned());
                let spot = Spot { address, entry, missing: true, resource: None, slot };
                Ok(vec![Found { spot, values: Vec::new(), left: Vec::new() }])
            }
            Target::Resource { .. } => self.made_in(address, |resource, path| {
                let of = |found: &&Found| found.spot.resource.as_deref() == Some(resource);
                found.iter().any(|found| of(&found)) && !found.iter().filter(of).any(|found| found.spot.entry == path)
            }),
            Target::String { .. }
            | Target::MetaData { .. }
            | Target::IntentFilter { .. }
            | Target::DexMethod { .. }
            | Target::DexText { .. }
            | Target::File { .. } => Ok(Vec::new()),
        }
    }

    /// The place in files of resources, where it is to be made.
    fn made_in(&self, address: &Address, wanted: impl Fn(&str, &str) -> bool) -> Result<Vec<Found>, ApkError> {
        let Target::Resource { kind, name, locator } = &address.target else { return Ok(Vec::new()) };
        let Some(table) = self.table()? else { return Ok(Vec::new()) };
        let table = Table::parse(table).map_err(ApkError::Table)?;
        let mut made = Vec::new();
        for (resource, path) in file_resources(&table, address, *kind, name)?.paths {
            let content = if wanted(&resource, &path) { self.content(&path)? } else { None };
            // Nothing is made in compiled XML.
            if content.is_some_and(|content| document::could_hold(&content, locator)) && *kind == ResourceKind::Raw {
                let missing = Found::from(files::missing(address, vec![path], locator));
                made.push(missing.of_resource(&resource));
            }
        }
        Ok(made)
    }

    /// What an attribute of the manifest is that refers to a resource.
    fn refers(&self, address: &Address, attribute: &str, id: u32) -> ApkError {
        let name = self.table().ok().flatten().and_then(|table| Table::parse(table).ok());
        let name = name.and_then(|table| table.resource_name(id).ok().flatten());
        let name = name.unwrap_or_else(|| format!("0x{id:08x}"));
        let problem = format!("Android reads its {attribute}, @{name}: address {name} instead");
        ApkError::Refused { address: Box::new(address.clone()), problem }
    }

    /// Every raw resource of these names, with its entry and content.
    pub(in crate::artifact) fn raw_files(&self, pattern: &str) -> Result<Vec<(String, String, Vec<u8>)>, ApkError> {
        let Some(table) = self.table()? else { return Ok(Vec::new()) };
        let table = Table::parse(table).map_err(ApkError::Table)?;
        let kind = ResourceKind::Raw;
        let target = Target::Resource { kind, name: pattern.to_owned(), locator: Locator::Whole };
        let mut files = Vec::new();
        for (resource, path) in file_resources(&table, &Address { kind: None, target }, kind, pattern)?.paths {
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
            Target::Resource { kind, name, .. } => match self.table()? {
                None => return Ok(no_table(address)),
                Some(table) => {
                    let table = Table::parse(table).map_err(ApkError::Table)?;
                    let files = file_resources(&table, address, *kind, name)?;
                    if files.paths.is_empty() && files.aliased.is_empty() {
                        let near = table.names(kind.word()).map_err(ApkError::Table)?;
                        (format!("no such {} resource", kind.word()), near)
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
        other @ (Scalar::Int(_) | Scalar::Bool(_) | Scalar::Reference(_) | Scalar::Other { .. }) => other.to_string(),
    }
}

/// What a resource is in a configuration where it is not what was expected.
fn instead(table: &Table<'_>, address: &Address, config: &str, value: &Value, expected: &str) -> ApkError {
    let alias = if let Value::Reference(id) = value { table.resource_name(*id).ok().flatten() } else { None };
    let problem = match alias {
        Some(name) => format!(
            "in configuration {config} it is an alias of @{name}, expected {expected}; {name} may have other readers: address \
             it instead"
        ),
        None => format!("in configuration {config} it is {value}, expected {expected}"),
    };
    ApkError::Refused { address: Box::new(address.clone()), problem }
}

/// Resources that are files.
#[derive(Default)]
struct FileResources {
    /// Resource and entry, each entry once.
    paths: Vec<(String, String)>,
    /// Configurations where it is an alias: configuration, the resource it leads to, and an entry of that one that is not
    /// among the others.
    aliased: Vec<(String, u32, String)>,
}

/// The entries of the resources that a name, or a pattern, stands for, and what aliases among them lead to.
fn file_resources(
    table: &Table<'_>,
    address: &Address,
    kind: ResourceKind,
    pattern: &str,
) -> Result<FileResources, ApkError> {
    let mut out = FileResources::default();
    let mut aliases = Vec::new();
    for name in resource_names(table, address, kind, pattern)? {
        for found in table.find(kind.word(), &name).map_err(ApkError::Table)? {
            match found.value {
                Value::String(path) if !out.paths.iter().any(|(_, known)| *known == path) => {
                    out.paths.push((name.clone(), path));
                }
                Value::Reference(id) => aliases.push((found.config, id)),
                Value::String(_) | Value::Styled(_) | Value::Null | Value::Other { .. } | Value::Complex => {}
            }
        }
    }
    for (config, id) in aliases {
        for found in table.resolve(id).map_err(ApkError::Table)? {
            if let Value::String(path) = found.value
                && !out.paths.iter().any(|(_, known)| *known == path)
            {
                out.aliased.push((config.clone(), id, path));
            }
        }
    }
    Ok(out)
}

/// The resources that a name, or a pattern, stands for.
fn resource_names(
    table: &Table<'_>,
    address: &Address,
    kind: ResourceKind,
    pattern: &str,
) -> Result<Vec<String>, ApkError> {
    if !has_wildcards(pattern) {
        return Ok(vec![pattern.to_owned()]);
    }
    let matcher = matcher(pattern)
        .map_err(|e| ApkError::Address { address: Box::new(address.clone()), problem: e.to_string() })?;
    let names = table.names(kind.word()).map_err(ApkError::Table)?;
    Ok(names.into_iter().filter(|name| matcher.is_match(name)).collect())
}

fn no_table(address: &Address) -> ApkError {
    let problem = format!("there is no {TABLE}");
    ApkError::NoPlace { address: Box::new(address.clone()), problem, near: Vec::new() }
}

impl From<files::Found> for Found {
    fn from(files::Found { spot, values, left }: files::Found) -> Self {
        let (address, entry, missing) = (spot.address.clone(), spot.file(), spot.missing);
        Self { spot: Spot { address, entry, missing, resource: None, slot: Slot::File(spot) }, values, left }
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

/// Where a string constant is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Constant {
    /// What one call passes.
    Passed(Passed),
    /// The value of a static field, or the default of a parameter, at this offset of the dex file.
    At(usize),
    /// Every constant with this text.
    Text(SecretText),
}

//! Addresses become spots: one concrete entry, and one place in it.
//!
//! Must not: change anything.

use super::filter::fits;
use super::module::Module;
use super::resources::{self, Table};
use super::{Apk, ApkError};
use crate::artifact::files::{self, has_wildcards, matcher};
use crate::artifact::{document, genexus};
use crate::format::arsc::Value;
use crate::format::axml::{DataAttribute, FilterData, Scalar};
use crate::format::dex::Passed;
use crate::format::read_at::ReadAt;
use crate::format::secret::SecretText;
use crate::placement::{Absence, Address, Locator, Place, ResourceKind, Target};

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
    /// A pair of the signing block.
    Pair { id: u32 },
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
        if place.at.kind.is_some_and(|kind| !kind.covers(self.kind())) {
            return Ok(Vec::new());
        }
        for other in &place.unless {
            if !self.look(other, true)?.is_empty() {
                return Ok(Vec::new());
            }
        }
        if matches!(place.at.target, Target::File { .. }) {
            return self.files_at(place);
        }
        if let Target::SigningBlock { id } = place.at.target {
            return self.find_pair(place, id);
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
            Target::File { .. } => {
                for module in self.views(address) {
                    if self.files(module).set().has(address)? {
                        return Ok(true);
                    }
                }
                return Ok(false);
            }
            Target::String { .. }
            | Target::Resource { .. }
            | Target::MetaData { .. }
            | Target::IntentFilter { .. }
            | Target::SigningBlock { .. } => {}
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
        let mut found = Vec::new();
        match &address.target {
            Target::String { name, config } => {
                for module in self.modules.all() {
                    let Some(table) = self.table(module)? else { continue };
                    let all = table.find("string", name)?;
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
                    let slot = Slot::String { name: name.clone(), config: config.clone() };
                    found.push(Found { spot: spot(&module.table(), slot), values, left: Vec::new() });
                }
            }
            Target::MetaData { name } => {
                for module in self.modules.all() {
                    let all = self.manifest(module)?.meta_data;
                    let values = all.into_iter().filter(|data| data.name == *name);
                    // PackageParser.parseMetaData takes the resource wherever there is one.
                    let values = values.map(|data| match (data.resource, data.value) {
                        (Some(Scalar::Reference(id)), _) if id != 0 => {
                            Err(self.refers(module, address, "android:resource", id))
                        }
                        (_, Some(Scalar::Reference(id))) => Err(self.refers(module, address, "android:value", id)),
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
                    let slot = Slot::MetaData { name: name.clone() };
                    found.push(Found { spot: spot(&module.manifest(), slot), values, left: Vec::new() });
                }
            }
            Target::Resource { kind, name, locator } => {
                for module in self.modules.all() {
                    found.extend(self.look_into_resources(module, address, (*kind, name), locator)?);
                }
                return Ok(found);
            }
            Target::IntentFilter { class, attribute, value } => {
                let Some(attribute) = DataAttribute::named(attribute) else { return Ok(found) };
                for module in self.modules.all() {
                    let (mut elements, mut values) = (Vec::new(), Vec::new());
                    for data in self.filter_data(module, address, class, attribute)? {
                        match data.value {
                            Scalar::Text(text) if value.as_ref().is_none_or(|pattern| fits(pattern, &text)) => {
                                elements.push(data.nth);
                                values.push(text);
                            }
                            Scalar::Reference(id) if value.is_none() => {
                                let attribute = format!("android:{}", attribute.name());
                                return Err(self.refers(module, address, &attribute, id));
                            }
                            Scalar::Text(_)
                            | Scalar::Int(_)
                            | Scalar::Bool(_)
                            | Scalar::Reference(_)
                            | Scalar::Other { .. } => {}
                        }
                    }
                    let slot = Slot::Data { elements, attribute };
                    found.push(Found { spot: spot(&module.manifest(), slot), values, left: Vec::new() });
                }
            }
            Target::File { .. } => {
                for module in self.views(address) {
                    let here = self.files(module).set().look(address)?;
                    found.extend(here.into_iter().map(|here| Found::of_file(here, module)));
                }
                return Ok(found);
            }
            Target::DexMethod { .. } | Target::DexText { .. } => return self.look_into_dex(address, partial),
            Target::SigningBlock { id } => return self.look_at_pair(address, *id),
        }
        found.retain(|found| !found.values.is_empty());
        Ok(found)
    }

    /// What is at a place in the files of resources of one module.
    fn look_into_resources(
        &self,
        module: &Module,
        address: &Address,
        (kind, name): (ResourceKind, &str),
        locator: &Locator,
    ) -> Result<Vec<Found>, ApkError> {
        let Some(table) = self.table(module)? else { return Ok(Vec::new()) };
        let resources = file_resources(&table, address, kind, name)?;
        let files = self.files(module);
        let mut found = Vec::new();
        for (resource, path) in &resources.paths {
            let here = files.set().look_into(address, path, locator, has_wildcards(name))?;
            found.extend(here.map(|here| Found::of_file(here, module).of_resource(resource)));
        }
        // What an alias leads to is another resource, which others may read.
        for (config, id, path) in &resources.aliased {
            if files.set().look_into(address, path, locator, true)?.is_some() {
                return Err(instead(&table, address, config, &Value::Reference(*id), "a file"));
            }
        }
        Ok(found)
    }

    /// The modules whose files an address may mean. In a bundle, one that begins with a module's name, or names what is in no
    /// module, means entries as they are.
    fn views(&self, address: &Address) -> Vec<&Module> {
        let first = match &address.target {
            Target::File { path, .. } => path.parts.first().and_then(|path| path.split('/').next()),
            Target::String { .. }
            | Target::Resource { .. }
            | Target::MetaData { .. }
            | Target::IntentFilter { .. }
            | Target::DexMethod { .. }
            | Target::DexText { .. }
            | Target::SigningBlock { .. } => None,
        };
        self.modules.with_files_in(first.unwrap_or_default())
    }

    /// The spots of a place in files, with what its absence means.
    fn files_at(&self, place: &Place) -> Result<Vec<Found>, ApkError> {
        let views = self.views(&place.at);
        let at = |module: &Module| -> Result<Vec<Found>, ApkError> {
            let found = self.files(module).set().at(&place.at, place.absence, place.partial);
            let found = found.map_err(|error| ApkError::from(error).within(self.word()))?;
            let found = found.into_iter().map(|found| Found::of_file(found, module)).collect();
            self.with_configurations(module, place, found)
        };
        if let [only] = views.as_slice() {
            return at(only);
        }
        // One module that has the place stands for those that have not.
        let first = match place.absence {
            Absence::Skip | Absence::Offer | Absence::CreateWithin => None,
            Absence::Fail | Absence::Create => views.first(),
        };
        let mut all = Vec::new();
        for module in &views {
            if first.is_none() || !self.files(module).set().look(&place.at)?.is_empty() {
                all.extend(at(module)?);
            }
        }
        match first {
            Some(first) if all.is_empty() => at(first),
            _ => Ok(all),
        }
    }

    /// The spots that have to be made.
    fn made(&self, address: &Address) -> Result<Vec<Found>, ApkError> {
        let made = |entry: &str, slot| {
            let (address, entry) = (address.clone(), entry.to_owned());
            let spot = Spot { address, entry, missing: true, resource: None, slot };
            vec![Found { spot, values: Vec::new(), left: Vec::new() }]
        };
        let Some(base) = self.modules.base() else { return Err(ApkError::NoBase) };
        if let Some(problem) = self.is_never_read(address)? {
            return Err(ApkError::Refused { address: Box::new(address.clone()), problem });
        }
        match &address.target {
            Target::String { name, config } if self.table(base)?.is_some() => {
                Ok(made(&base.table(), Slot::String { name: name.clone(), config: config.clone() }))
            }
            Target::MetaData { name } => Ok(made(&base.manifest(), Slot::MetaData { name: name.clone() })),
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
            | Target::SigningBlock { .. }
            | Target::File { .. } => Err(self.no_place(address)?),
        }
    }

    /// Files that are resources, with what the other configurations of these resources hold: made where that was asked for,
    /// else said, because a device picks one of them.
    fn with_configurations(
        &self,
        module: &Module,
        place: &Place,
        mut found: Vec<Found>,
    ) -> Result<Vec<Found>, ApkError> {
        let Target::File { path, locator } = &place.at.target else { return Ok(found) };
        let [pattern] = path.parts.as_slice() else { return Ok(found) };
        let is_resource = pattern.starts_with("res/") && *locator != Locator::Whole;
        let table = if is_resource { self.table(module)? } else { None };
        let Some(table) = table else { return Ok(found) };
        let files = self.files(module);
        let mut seen: Vec<(String, String)> = Vec::new();
        for index in 0..found.len() {
            let entry = found.get(index).filter(|found| !found.spot.missing).map(|found| found.spot.entry.clone());
            let Some(entry) = entry else { continue };
            let Some(path) = module.file(&entry) else { continue };
            let Some((kind, name)) = table.resource_of(path)? else { continue };
            if seen.contains(&(kind.clone(), name.clone())) {
                continue;
            }
            let all = table.files(&kind, &name)?;
            let is_other = |path: &str| !found.iter().any(|found| found.spot.entry == module.entry(path));
            let others = all.into_iter().filter(|(_, path)| is_other(path));
            let (mut left, mut made) = (Vec::new(), Vec::new());
            for (config, other) in others.collect::<Vec<_>>() {
                if files.set().look_into(&place.at, &other, locator, true)?.is_some() {
                    let all =
                        if ["raw", "xml"].contains(&kind.as_str()) { format!("{kind}/{name}") } else { other.clone() };
                    left.push(format!(
                        "{other} is the same resource ({kind}/{name}) in configuration {config} and keeps its value; to set \
                         that too: --at '{all}{locator}=...'"
                    ));
                } else if place.absence == Absence::Create
                    && matcher(pattern).is_ok_and(|pattern| pattern.is_match(&other))
                    && let Some(content) = self.content(&module.entry(&other))?
                    && document::could_hold(&content, locator)
                {
                    made.push(Found::of_file(files::missing(&place.at, vec![other], locator), module));
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
                let mut made = Vec::new();
                for module in self.modules.all() {
                    let is_here = found.iter().any(|found| found.spot.entry == module.table());
                    let Some(table) = self.table(module)?.filter(|_| is_here) else { continue };
                    // What no other configuration defines is read from the default one.
                    if table.find("string", name)?.iter().any(|found| found.config == "default") {
                        continue;
                    }
                    let slot = Slot::String { name: name.clone(), config: Some("default".to_owned()) };
                    let (address, entry) = (address.clone(), module.table().into_owned());
                    let spot = Spot { address, entry, missing: true, resource: None, slot };
                    made.push(Found { spot, values: Vec::new(), left: Vec::new() });
                }
                Ok(made)
            }
            Target::Resource { .. } => self.made_in(address, |resource, entry| {
                let of = |found: &&Found| found.spot.resource.as_deref() == Some(resource);
                found.iter().any(|found| of(&found)) && !found.iter().filter(of).any(|found| found.spot.entry == entry)
            }),
            Target::String { .. }
            | Target::MetaData { .. }
            | Target::IntentFilter { .. }
            | Target::DexMethod { .. }
            | Target::DexText { .. }
            | Target::SigningBlock { .. }
            | Target::File { .. } => Ok(Vec::new()),
        }
    }

    /// The place in files of resources, where it is to be made.
    fn made_in(&self, address: &Address, wanted: impl Fn(&str, &str) -> bool) -> Result<Vec<Found>, ApkError> {
        let Target::Resource { kind, name, locator } = &address.target else { return Ok(Vec::new()) };
        let mut made = Vec::new();
        for module in self.modules.all() {
            let Some(table) = self.table(module)? else { continue };
            for (resource, path) in file_resources(&table, address, *kind, name)?.paths {
                let entry = module.entry(&path);
                let content = if wanted(&resource, &entry) { self.content(&entry)? } else { None };
                // Nothing is made in compiled XML.
                let could = content.is_some_and(|content| document::could_hold(&content, locator));
                if could && *kind == ResourceKind::Raw {
                    let missing = Found::of_file(files::missing(address, vec![path], locator), module);
                    made.push(missing.of_resource(&resource));
                }
            }
        }
        Ok(made)
    }

    /// What an attribute of the manifest is that refers to a resource.
    fn refers(&self, module: &Module, address: &Address, attribute: &str, id: u32) -> ApkError {
        let name = self.table(module).ok().flatten();
        let name = name.and_then(|table| table.resource_name(id).ok().flatten());
        let name = name.unwrap_or_else(|| format!("0x{id:08x}"));
        let problem = format!("Android reads its {attribute}, @{name}: address {name} instead");
        ApkError::Refused { address: Box::new(address.clone()), problem }
    }

    /// Every raw resource of these names, with its entry and content.
    pub(in crate::artifact) fn raw_files(&self, pattern: &str) -> Result<Vec<(String, String, Vec<u8>)>, ApkError> {
        let kind = ResourceKind::Raw;
        let target = Target::Resource { kind, name: pattern.to_owned(), locator: Locator::Whole };
        let address = Address { kind: None, target };
        let mut files = Vec::new();
        for module in self.modules.all() {
            let Some(table) = self.table(module)? else { continue };
            for (resource, path) in file_resources(&table, &address, kind, pattern)?.paths {
                let entry = module.entry(&path).into_owned();
                if let Some(content) = self.content(&entry)? {
                    files.push((resource, entry, content));
                }
            }
        }
        Ok(files)
    }

    /// The `<data>` elements with this attribute in components whose class a pattern means: as it is written, or with the
    /// package before a class that begins with a dot.
    pub(super) fn filter_data(
        &self,
        module: &Module,
        address: &Address,
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
        let entry = module.manifest();
        let manifest = self.content(&entry)?.unwrap_or_default();
        let all = resources::filter_data(self.modules.form, &entry, &manifest, attribute)?;
        Ok(all.into_iter().filter(is_meant).collect())
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
pub(super) struct FileResources {
    /// Resource and entry, each entry once.
    pub(super) paths: Vec<(String, String)>,
    /// Configurations where it is an alias: configuration, the resource it leads to, and an entry of that one that is not
    /// among the others.
    pub(super) aliased: Vec<(String, u32, String)>,
}

/// The entries of the resources that a name, or a pattern, stands for, and what aliases among them lead to.
pub(super) fn file_resources(
    table: &Table<'_>,
    address: &Address,
    kind: ResourceKind,
    pattern: &str,
) -> Result<FileResources, ApkError> {
    let mut out = FileResources::default();
    let mut aliases = Vec::new();
    for name in resource_names(table, address, kind, pattern)? {
        for found in table.find(kind.word(), &name)? {
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
        for found in table.resolve(id)? {
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
    let names = table.names(kind.word())?;
    Ok(names.into_iter().filter(|name| matcher.is_match(name)).collect())
}

impl Found {
    /// In a file of a module, which is named as it is installed.
    fn of_file(files::Found { mut spot, values, left }: files::Found, module: &Module) -> Self {
        if let Some(file) = spot.path.first_mut() {
            *file = module.entry(file).into_owned();
        }
        let (address, entry, missing) = (spot.address.clone(), spot.file(), spot.missing);
        Self { spot: Spot { address, entry, missing, resource: None, slot: Slot::File(spot) }, values, left }
    }

    fn of_resource(mut self, name: &str) -> Self {
        self.spot.resource = Some(name.to_owned());
        self
    }
}

impl Spot {
    /// Whether it is a pair of the signing block.
    pub fn is_pair(&self) -> bool {
        matches!(self.slot, Slot::Pair { .. })
    }

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

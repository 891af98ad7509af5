//! What is said where nothing is at an address, and what must not be made there.
//!
//! Must not: find or change anything.

use std::collections::BTreeSet;

use super::filter::shown;
use super::module::Module;
use super::spot::file_resources;
use super::{Apk, ApkError};
use crate::format::axml::DataAttribute;
use crate::format::read_at::ReadAt;
use crate::placement::{Address, Target};

/// What `aapt2 optimize --collapse-resource-names` writes instead of every name.
const COLLAPSED: &str = "0_resource_name_obfuscated";
/// Names of resources that nobody gives all of them: from this many on, all as short as this.
const SHORTENED: (usize, usize) = (4, 3);

impl<S: ReadAt + ?Sized> Apk<'_, S> {
    /// The error where nothing is at an address, with what is near it.
    pub(super) fn no_place(&self, address: &Address) -> Result<ApkError, ApkError> {
        if let Some(problem) = self.is_never_read(address)? {
            return Ok(ApkError::Refused { address: Box::new(address.clone()), problem });
        }
        let (problem, near) = match &address.target {
            Target::String { name, config } => {
                let (mut configs, mut near, mut tables) = (Vec::new(), Vec::new(), 0);
                for module in self.modules.all() {
                    let Some(table) = self.table(module)? else { continue };
                    tables += 1;
                    configs.extend(table.find("string", name)?.into_iter().map(|found| found.config));
                    near.extend(table.names("string")?);
                }
                match config {
                    _ if tables == 0 => return Ok(self.no_table(address)),
                    Some(config) if !configs.is_empty() => {
                        // Several modules may define it.
                        let mut seen = BTreeSet::new();
                        configs.retain(|config| seen.insert(config.clone()));
                        let defined = configs.join(", ");
                        (format!("the string is not defined in configuration {config}, only in {defined}"), Vec::new())
                    }
                    _ => ("no such string resource".to_owned(), near),
                }
            }
            Target::Resource { kind, name, .. } => {
                let (mut there, mut near, mut tables) = (false, Vec::new(), 0);
                for module in self.modules.all() {
                    let Some(table) = self.table(module)? else { continue };
                    tables += 1;
                    let files = file_resources(&table, address, *kind, name)?;
                    there |= !files.paths.is_empty() || !files.aliased.is_empty();
                    near.extend(table.names(kind.word())?);
                }
                match (tables, there) {
                    (0, _) => return Ok(self.no_table(address)),
                    (_, false) => (format!("no such {} resource", kind.word()), near),
                    (_, true) => ("the resource is there, the place in it is not".to_owned(), Vec::new()),
                }
            }
            Target::MetaData { .. } => {
                let mut names = Vec::new();
                for module in self.modules.all() {
                    names.extend(self.manifest(module)?.meta_data.into_iter().map(|data| data.name));
                }
                ("the manifest has no such meta-data".to_owned(), names)
            }
            Target::IntentFilter { class, attribute, .. } => {
                let attribute = DataAttribute::named(attribute).unwrap_or(DataAttribute::Scheme);
                let mut there = Vec::new();
                for module in self.modules.all() {
                    there.extend(self.filter_data(module, address, class, attribute)?);
                }
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
            // One that is missing is made.
            Target::SigningBlock { .. } => ("the APK Signing Block has no such pair".to_owned(), Vec::new()),
        };
        Ok(ApkError::NoPlace { within: self.word(), address: Box::new(address.clone()), problem, near })
    }

    fn no_table(&self, address: &Address) -> ApkError {
        let table = self.modules.base().map(Module::table).unwrap_or_default();
        let problem = format!("there is no {table}");
        ApkError::NoPlace { within: self.word(), address: Box::new(address.clone()), problem, near: Vec::new() }
    }

    /// Why what would be made at an address is read by no app; `None` where nothing speaks against it.
    pub(super) fn is_never_read(&self, address: &Address) -> Result<Option<String>, ApkError> {
        let (kind, name) = match &address.target {
            Target::String { name, .. } => ("string", name),
            Target::Resource { kind, name, .. } => (kind.word(), name),
            Target::MetaData { name } => return self.is_elsewhere(name),
            Target::IntentFilter { .. }
            | Target::DexMethod { .. }
            | Target::DexText { .. }
            | Target::SigningBlock { .. }
            | Target::File { .. } => return Ok(None),
        };
        let digits = name.strip_prefix("0x").or_else(|| name.strip_prefix("0X"));
        if digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            let problem = "this is the ID of a resource, and resources are addressed by name; `aapt2 dump resources` shows the name of an ID";
            return Ok(Some(problem.to_owned()));
        }
        let mut names = Vec::new();
        for module in self.modules.all() {
            if let Some(table) = self.table(module)? {
                names.extend(table.names(kind)?);
            }
        }
        if names.iter().any(|known| known == name) {
            return Ok(None);
        }
        let (many, short) = SHORTENED;
        let how = if names.iter().any(|name| name == COLLAPSED) {
            "were taken away (aapt2 optimize --collapse-resource-names)"
        } else if names.len() >= many && names.iter().all(|name| name.chars().count() <= short) {
            "were shortened (AndResGuard does that)"
        } else {
            return Ok(None);
        };
        Ok(Some(format!(
            "the names of the {kind} resources {how}, so which of them is meant cannot be told, and code reads none that is made \
             now; keep this name in the build (for aapt2: {kind}/{name}#no_collapse in the file of --resources-config-path), or \
             inject before that step"
        )))
    }

    /// Whether `<meta-data>` of this name is a component's, which the application's does not stand for.
    fn is_elsewhere(&self, name: &str) -> Result<Option<String>, ApkError> {
        for module in self.modules.all() {
            let elsewhere = self.manifest(module)?.other_meta_data;
            if let Some((element, _)) = elsewhere.iter().find(|(_, known)| known == name) {
                return Ok(Some(format!(
                    "the manifest has this meta-data in <{element}>, and an app reads it there; only <meta-data> directly under \
                     <application> is addressed: change it in the source"
                )));
            }
        }
        Ok(None)
    }
}

//! Which classes extend which, over all dex files of an app, and which of them declare a method: what a call by one name
//! may mean.
//!
//! Must not: know a class that is not in the app. What only the system has relates nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::DexError;
use super::parse::{Dex, NO_INDEX};

/// The classes of an app, with one method in mind.
#[derive(Debug, Default)]
pub struct Classes {
    all: HashMap<String, Class>,
}

#[derive(Debug)]
struct Class {
    parents: Vec<String>,
    declares: bool,
}

impl Classes {
    /// Adds those of a dex file; of two with one name Android takes the first.
    pub fn add(&mut self, dex: &Dex<'_>, method: &str) -> Result<(), DexError> {
        let named = dex.methods_named(method)?;
        let mut read = 0usize;
        for class in dex.class_defs() {
            let class = class?;
            let (data, end) = dex.class_data(class.data)?;
            read = read.saturating_add(end.saturating_sub(class.data));
            if read > dex.bytes.len() {
                return Err(dex.overlap("class_data_item"));
            }
            let mut parents = Vec::new();
            if class.superclass != NO_INDEX {
                parents.push(dex.type_name(class.superclass)?.into_owned());
            }
            for interface in dex.type_list(class.interfaces)? {
                parents.push(dex.type_name(u32::from(interface))?.into_owned());
            }
            let declares = data.methods.iter().flatten().any(|method| named.contains(&method.method));
            let name = dex.type_name(class.class)?.into_owned();
            self.all.entry(name).or_insert(Class { parents, declares });
        }
        Ok(())
    }

    /// Whether a call by way of `class` means the method of `base`: it is that, or inherits from it.
    pub fn means(&self, class: &str, base: &str) -> bool {
        let (mut open, mut seen) = (vec![class], BTreeSet::new());
        while let Some(class) = open.pop() {
            if class == base {
                return true;
            }
            let Some(found) = self.all.get(class).filter(|found| seen.insert(class) && !found.declares) else {
                continue;
            };
            open.extend(found.parents.iter().map(String::as_str));
        }
        false
    }

    /// Whether a class extends another one, or implements it.
    pub fn extends(&self, class: &str, base: &str) -> bool {
        let (mut open, mut seen) = (vec![class], BTreeSet::new());
        while let Some(class) = open.pop() {
            let Some(found) = self.all.get(class).filter(|_| seen.insert(class)) else { continue };
            if found.parents.iter().any(|parent| parent == base) {
                return true;
            }
            open.extend(found.parents.iter().map(String::as_str));
        }
        false
    }

    /// The given classes by what they have to do with each other: a common parent, or one of them, declares the method.
    pub fn families<'c>(&self, classes: &BTreeSet<&'c str>) -> Vec<Vec<&'c str>> {
        let mut families: Vec<(BTreeSet<&str>, Vec<&'c str>)> = Vec::new();
        for class in classes {
            let mut roots: BTreeSet<&str> = BTreeSet::from([*class]);
            let (mut open, mut seen) = (vec![*class], BTreeSet::new());
            while let Some(class) = open.pop() {
                let Some(found) = self.all.get(class).filter(|_| seen.insert(class)) else { continue };
                if found.declares || classes.contains(class) {
                    roots.insert(class);
                }
                open.extend(found.parents.iter().map(String::as_str));
            }
            let mut members = vec![*class];
            let related = |family: &(BTreeSet<&str>, Vec<&str>)| !family.0.is_disjoint(&roots);
            for (others, their) in families.extract_if(.., |family| related(family)).collect::<Vec<_>>() {
                roots.extend(others);
                members.extend(their);
            }
            families.push((roots, members));
        }
        let sorted: BTreeMap<&str, Vec<&str>> = families
            .into_iter()
            .map(|(_, mut members)| {
                members.sort_unstable();
                (members.first().copied().unwrap_or_default(), members)
            })
            .collect();
        sorted.into_values().collect()
    }
}

//! Variants of an Android application: each combination of flavours with each build type, and its id as AGP puts it
//! together: the first flavour's `applicationId`, else the default one's, and every suffix behind it.
//!
//! Must not: complete what a script computes.

use super::scope::{Element, Property, Scope, blocks, calls, elements, property};
use crate::format::gradle::{Token, Value};
use crate::format::limits;

/// The variants of a module.
#[derive(Debug)]
pub struct Variants {
    /// Each of them.
    pub all: Vec<Variant>,
    /// `namespace`.
    pub namespace: Option<String>,
    /// Why there may be others.
    pub incomplete: Option<String>,
}

/// A variant.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Its flavours, one of each dimension.
    pub flavors: Vec<String>,
    /// Its build type.
    pub build_type: String,
    base: Option<Property>,
    suffixes: Vec<Property>,
}

impl Variant {
    /// Its id; why it is not known.
    pub fn id(&self, implied: Option<&str>) -> Result<String, String> {
        let text = |property: &Property, what: &str| match &property.value {
            Value::Text(text) => Ok(text.clone()),
            Value::Computed => Err(format!("{what} in line {} is computed", property.line)),
        };
        let mut id = match (&self.base, implied) {
            (Some(base), _) => text(base, "applicationId")?,
            (None, Some(implied)) => implied.to_owned(),
            (None, None) => return Err("there is no applicationId and no namespace".to_owned()),
        };
        for suffix in &self.suffixes {
            let suffix = text(suffix, "applicationIdSuffix").map_err(|problem| format!("{problem}, behind {id}"))?;
            if !suffix.is_empty() {
                id.push('.');
                id.push_str(suffix.trim_start_matches('.'));
            }
        }
        Ok(id)
    }

    /// Its flavours as one word: `freeDemo`.
    pub fn flavor(&self) -> String {
        let mut out = String::new();
        for flavor in &self.flavors {
            if out.is_empty() { out.push_str(flavor) } else { out.push_str(&capital(flavor)) }
        }
        out
    }

    /// Its name: `freeDemoRelease`.
    pub fn name(&self) -> String {
        let flavor = self.flavor();
        if flavor.is_empty() { self.build_type.clone() } else { flavor + &capital(&self.build_type) }
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Whether an id is given anywhere: what only applications have.
pub fn has_id(all: &[Scope<'_>]) -> bool {
    let android = blocks(all, &["android"]);
    property(&blocks(&android, &["defaultConfig"]), "applicationId").is_some()
        || elements(&android, "productFlavors").iter().any(|flavor| property(&flavor.scopes, "applicationId").is_some())
}

impl Variants {
    /// Reads them. `conventional`: plugins of the project's own take part, which may add flavours.
    pub fn of(all: &[Scope<'_>], conventional: bool) -> Self {
        let android = blocks(all, &["android"]);
        let default = blocks(&android, &["defaultConfig"]);
        let namespace = match property(&android, "namespace").map(|property| property.value) {
            Some(Value::Text(namespace)) => Some(namespace),
            _ => None,
        };
        let (types, more_types) = build_types(&elements(&android, "buildTypes"));
        let (flavors, more_flavors) = flavors(&android);
        let mut incomplete = more_flavors.or(more_types);
        if conventional && flavors.is_empty() && incomplete.is_none() {
            incomplete = Some("a plugin of this project configures it, and may define flavours".to_owned());
        }
        let base = property(&default, "applicationId");
        let suffix = property(&default, "applicationIdSuffix");
        let mut variants = Vec::new();
        for combination in combinations(&flavors) {
            for (name, of_type) in &types {
                if variants.len() == limits::PROJECT_VARIANTS {
                    incomplete = Some(format!("it has more than {} variants", limits::PROJECT_VARIANTS));
                    break;
                }
                let own = combination.iter().find_map(|flavor| flavor.id.clone());
                let suffixes = suffix.iter().chain(combination.iter().filter_map(|flavor| flavor.suffix.as_ref()));
                variants.push(Variant {
                    flavors: combination.iter().map(|flavor| flavor.name.clone()).collect(),
                    build_type: name.clone(),
                    base: own.or_else(|| base.clone()),
                    suffixes: suffixes.chain(of_type).cloned().collect(),
                });
            }
        }
        Self { all: variants, namespace, incomplete }
    }
}

/// Build types with their suffixes, and why there may be others.
fn build_types(elements: &[Element<'_>]) -> (Vec<(String, Option<Property>)>, Option<String>) {
    let mut types: Vec<(String, Option<Property>)> = vec![("debug".to_owned(), None), ("release".to_owned(), None)];
    let mut more = None;
    for element in elements {
        let suffix = property(&element.scopes, "applicationIdSuffix");
        let Some(name) = &element.name else {
            if suffix.is_some() {
                more = Some(format!("line {} says something of several build types", element.line));
            }
            continue;
        };
        let suffix = suffix.or_else(|| {
            let calls = calls(&element.scopes, "initWith");
            let copied = calls.first()?.tokens.iter().rev().find_map(|token| match token {
                Token::Text(name) | Token::Word(name) => types.iter().find(|(known, _)| known == name),
                Token::Computed | Token::Symbol(_) => None,
            });
            copied?.1.clone()
        });
        match types.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = suffix,
            None => types.push((name.clone(), suffix)),
        }
    }
    (types, more)
}

#[derive(Debug, Clone)]
struct Flavor {
    name: String,
    dimension: Option<String>,
    id: Option<Property>,
    suffix: Option<Property>,
}

/// Flavours by dimension, and why there may be others.
fn flavors(android: &[Scope<'_>]) -> (Vec<Vec<Flavor>>, Option<String>) {
    let mut all: Vec<Flavor> = Vec::new();
    let mut more = None;
    for element in elements(android, "productFlavors") {
        let Some(name) = element.name else {
            more = Some(format!("flavours are computed in line {}", element.line));
            continue;
        };
        let dimension = match property(&element.scopes, "dimension").map(|property| property.value) {
            Some(Value::Text(dimension)) => Some(dimension),
            _ => None,
        };
        all.push(Flavor {
            name,
            dimension,
            id: property(&element.scopes, "applicationId"),
            suffix: property(&element.scopes, "applicationIdSuffix"),
        });
    }
    let mut dimensions: Vec<String> = Vec::new();
    for call in calls(android, "flavorDimensions") {
        match call.texts() {
            Some(names) => dimensions.extend(names.into_iter().map(str::to_owned)),
            None => more = Some(format!("flavour dimensions are computed in line {}", call.line)),
        }
    }
    if dimensions.len() <= 1 {
        // All of them are of the one dimension, whether they say it or not.
        return (if all.is_empty() { Vec::new() } else { vec![all] }, more);
    }
    let of = |dimension: &String| {
        all.iter().filter(|flavor| flavor.dimension.as_ref() == Some(dimension)).cloned().collect::<Vec<_>>()
    };
    let groups: Vec<Vec<Flavor>> = dimensions.iter().map(of).filter(|group| !group.is_empty()).collect();
    if groups.iter().map(Vec::len).sum::<usize>() != all.len() {
        more = Some("not every flavour names one of the dimensions".to_owned());
    }
    (groups, more)
}

/// One flavour of each dimension, in every way.
fn combinations(dimensions: &[Vec<Flavor>]) -> Vec<Vec<&Flavor>> {
    let mut all: Vec<Vec<&Flavor>> = vec![Vec::new()];
    for dimension in dimensions {
        let longer = all.iter().flat_map(|start| {
            dimension.iter().map(move |flavor| start.iter().copied().chain([flavor]).collect::<Vec<_>>())
        });
        all = longer.take(limits::PROJECT_VARIANTS).collect();
    }
    all
}

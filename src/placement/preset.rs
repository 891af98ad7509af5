//! Presets: named places, as data. One file each in `presets/`.
//!
//! Must not: decide by environment; a preset is the same everywhere.

use super::{Absence, Address, Place, Template};

/// The presets this crate ships: name and text.
const SHIPPED: [(&str, &str); 1] = [("generic", include_str!("presets/generic.toml"))];

/// A preset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// Its name.
    pub name: String,
    /// One line for people.
    pub about: String,
    /// Its places.
    pub places: Vec<Place>,
}

/// Why a text is no preset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("preset {name:?}: {problem}")]
pub struct PresetError {
    /// Its name.
    pub name: String,
    /// What is wrong.
    pub problem: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPreset {
    about: String,
    place: Vec<RawPlace>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlace {
    at: String,
    value: String,
    #[serde(default)]
    absent: RawAbsence,
    #[serde(default)]
    unless: Vec<String>,
}

#[derive(serde::Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum RawAbsence {
    Fail,
    #[default]
    Skip,
    Create,
}

impl Preset {
    /// Names of the shipped presets.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|(name, _)| *name)
    }

    /// A shipped preset.
    pub fn shipped(name: &str) -> Option<Result<Self, PresetError>> {
        SHIPPED.iter().find(|(known, _)| *known == name).map(|(name, text)| Self::parse(name, text))
    }

    /// Parses the text of a preset.
    pub fn parse(name: &str, text: &str) -> Result<Self, PresetError> {
        let wrong = |problem: String| PresetError { name: name.to_owned(), problem };
        let raw: RawPreset = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        let address = |text: &str| Address::parse(text).map_err(|e| wrong(e.to_string()));
        let place = |raw: RawPlace| {
            Ok(Place {
                at: address(&raw.at)?,
                value: Template::parse(&raw.value).map_err(|e| wrong(e.to_string()))?,
                absence: match raw.absent {
                    RawAbsence::Fail => Absence::Fail,
                    RawAbsence::Skip => Absence::Skip,
                    RawAbsence::Create => Absence::Create,
                },
                unless: raw.unless.iter().map(|text| address(text)).collect::<Result<_, _>>()?,
            })
        };
        let places = raw.place.into_iter().map(place).collect::<Result<_, _>>()?;
        Ok(Self { name: name.to_owned(), about: raw.about, places })
    }
}

//! Presets: named places, as data. One file each in `presets/`.
//!
//! Must not: decide by environment; a preset is the same everywhere.

use super::{Absence, Address, Place, Template};

/// The presets this crate ships: name and text.
const SHIPPED: [(&str, &str); 10] = [
    ("generic", include_str!("presets/generic.toml")),
    ("amplify-gen1", include_str!("presets/amplify-gen1.toml")),
    ("amplify-gen2", include_str!("presets/amplify-gen2.toml")),
    ("appauth-android", include_str!("presets/appauth-android.toml")),
    ("auth0-android", include_str!("presets/auth0-android.toml")),
    ("firebase-android", include_str!("presets/firebase-android.toml")),
    ("genexus-android", include_str!("presets/genexus-android.toml")),
    ("msal-android", include_str!("presets/msal-android.toml")),
    ("salesforce-android", include_str!("presets/salesforce-android.toml")),
    ("salesforce-hybrid", include_str!("presets/salesforce-hybrid.toml")),
];

/// A preset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// Its name.
    pub name: String,
    /// One line for people.
    pub about: String,
    /// Addresses one of which is there where the preset fits.
    pub fits: Vec<Address>,
    /// Whether it may be chosen by looking; else it must be named.
    pub auto: bool,
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
    fits: Vec<String>,
    #[serde(default = "yes")]
    auto: bool,
    place: Vec<RawPlace>,
}

fn yes() -> bool {
    true
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
        let fits = raw.fits.iter().map(|text| address(text)).collect::<Result<_, _>>()?;
        Ok(Self { name: name.to_owned(), about: raw.about, fits, auto: raw.auto, places })
    }
}

//! Presets: named places, as data. One file each in `presets/`; people write their own in the same form.
//!
//! ```toml
//! about = "one line for people"
//! fits = ["apk:string/client_id"]     # addresses one of which is there where the preset fits
//! auto = false                        # only when named; default true
//! any-of = ["one", "other"]           # instead of places: those of these presets that fit
//!
//! [[place]]
//! at = "apk:string/client_id"         # an address; {main} and {Main} are the main object's name
//! value = "{client_id}"               # a template
//! absent = "skip"                     # when it is not there: skip (default), fail, create, or offer: --create makes it
//! unless = ["apk:string/other"]       # passed over when one of these is there
//! own-id = true                       # only values that hold the Client Id that the other places hold now
//! hint = "what its absence means"
//! ```
//!
//! Must not: decide by environment; a preset is the same everywhere.

use std::ops::Range;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use toml::Spanned;
use toml::de::DeValue;

use super::{Absence, Address, Place, Template};

/// The presets this crate ships: name and text.
const SHIPPED: [(&str, &str); 18] = [
    ("generic", include_str!("presets/generic.toml")),
    ("amplify-gen1", include_str!("presets/amplify-gen1.toml")),
    ("amplify-gen2", include_str!("presets/amplify-gen2.toml")),
    ("appauth-android", include_str!("presets/appauth-android.toml")),
    ("auth0-android", include_str!("presets/auth0-android.toml")),
    ("auth0-ios", include_str!("presets/auth0-ios.toml")),
    ("firebase-android", include_str!("presets/firebase-android.toml")),
    ("firebase-ios", include_str!("presets/firebase-ios.toml")),
    ("genexus", include_str!("presets/genexus.toml")),
    ("genexus-android", include_str!("presets/genexus-android.toml")),
    ("genexus-angular", include_str!("presets/genexus-angular.toml")),
    ("genexus-ios", include_str!("presets/genexus-ios.toml")),
    ("genexus-kbn", include_str!("presets/genexus-kbn.toml")),
    ("msal-android", include_str!("presets/msal-android.toml")),
    ("okta-ios", include_str!("presets/okta-ios.toml")),
    ("salesforce-android", include_str!("presets/salesforce-android.toml")),
    ("salesforce-hybrid", include_str!("presets/salesforce-hybrid.toml")),
    ("salesforce-ios", include_str!("presets/salesforce-ios.toml")),
];

/// A preset.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preset {
    /// Its name.
    pub name: String,
    /// One line for people.
    pub about: String,
    /// Addresses one of which is there where the preset fits.
    pub fits: Vec<Address>,
    /// Whether it may be chosen by looking; else it must be named.
    pub auto: bool,
    /// Instead of places: presets of which those are taken that fit.
    pub any_of: Vec<String>,
    /// Whether the secret has to have a place where the environment embeds one: a Client Id alone would be half of it.
    pub needs_secret: bool,
    /// Its places.
    pub places: Vec<Place>,
    /// What it means, and what to do, when a place is not there.
    pub hints: Vec<(Address, String)>,
}

/// Why a text is no preset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("preset {name:?}: {problem}")]
#[non_exhaustive]
pub struct PresetError {
    /// Its name.
    pub name: String,
    /// What is wrong.
    pub problem: String,
    /// Where in the text, if that is known.
    pub span: Option<Range<usize>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPreset {
    about: String,
    #[serde(default)]
    fits: Vec<String>,
    #[serde(default = "yes")]
    auto: bool,
    #[serde(default, rename = "any-of")]
    any_of: Vec<String>,
    #[serde(default, rename = "needs-secret")]
    needs_secret: bool,
    #[serde(default)]
    place: Vec<RawPlace>,
}

fn yes() -> bool {
    true
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
struct RawPlace {
    at: String,
    value: String,
    #[serde(default)]
    absent: RawAbsence,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default, rename = "by-object")]
    by_object: bool,
    #[serde(default, rename = "keep-empty")]
    keep_empty: bool,
    #[serde(default, rename = "or-constant")]
    or_constant: bool,
    #[serde(default, rename = "own-id")]
    own_id: bool,
    hint: Option<String>,
}

#[derive(serde::Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum RawAbsence {
    Fail,
    #[default]
    Skip,
    Create,
    Offer,
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
        let raw = toml::from_str(text).map_err(|error| PresetError::at(name, &error))?;
        Self::checked(name, raw)
    }

    /// The preset that a table is, `[preset.NAME]` in a file with other things.
    pub fn of_table(name: &str, table: Spanned<DeValue<'_>>) -> Result<Self, PresetError> {
        let raw = RawPreset::deserialize(table.into_deserializer()).map_err(|error| PresetError::at(name, &error))?;
        Self::checked(name, raw)
    }

    fn checked(name: &str, raw: RawPreset) -> Result<Self, PresetError> {
        let wrong = |problem: String| PresetError { name: name.to_owned(), problem, span: None };
        let address = |text: &str| Address::parse(text).map_err(|e| wrong(e.to_string()));
        if raw.place.is_empty() == raw.any_of.is_empty() {
            return Err(wrong("it needs either places ([[place]]) or presets to choose from (any-of)".to_owned()));
        }
        let mut hints = Vec::new();
        let mut places = Vec::new();
        for place in raw.place {
            let at = address(&place.at)?;
            let value = Template::parse(&place.value).map_err(|e| wrong(e.to_string()))?;
            // Who uses a preset did not write that.
            if at.is_pair() && value.needs_secret() {
                return Err(wrong(format!(
                    "{at} takes the secret, and no signature covers the APK Signing Block: a preset puts the Client Id alone \
                     there"
                )));
            }
            hints.extend(place.hint.map(|hint| (at.clone(), hint)));
            places.push(Place {
                at,
                value,
                absence: match place.absent {
                    RawAbsence::Fail => Absence::Fail,
                    RawAbsence::Skip => Absence::Skip,
                    RawAbsence::Create => Absence::Create,
                    RawAbsence::Offer => Absence::Offer,
                },
                unless: place.unless.iter().map(|text| address(text)).collect::<Result<_, _>>()?,
                by_object: place.by_object,
                keep_empty: place.keep_empty,
                or_constant: place.or_constant,
                own_id: place.own_id,
                partial: false,
            });
        }
        let fits = raw.fits.iter().map(|text| address(text)).collect::<Result<_, _>>()?;
        let (about, auto, any_of, needs_secret) = (raw.about, raw.auto, raw.any_of, raw.needs_secret);
        Ok(Self { name: name.to_owned(), about, fits, auto, any_of, needs_secret, places, hints })
    }
}

impl PresetError {
    fn at(name: &str, error: &toml::de::Error) -> Self {
        Self { name: name.to_owned(), problem: error.message().to_owned(), span: error.span() }
    }
}

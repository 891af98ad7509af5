//! Which places an artifact gets: presets, `inject.toml`, `--at`.
//!
//! Must not: look into an artifact.

use inject::placement::preset::Preset;
use inject::placement::{Absence, Address, Place, Template};

use super::Chosen;
use super::config::App;
use crate::exit::{Code, Failure};
use crate::suggest::nearest;

/// The preset where nothing else is said.
const FALLBACK: &str = "generic";

/// Places, and where they come from.
#[derive(Debug, Clone)]
pub struct Places {
    /// In the order of presets, configuration and flags.
    pub places: Vec<Place>,
    /// Names of the presets, for messages.
    pub presets: Vec<String>,
}

/// Gathers the places of an application in an environment.
pub fn gather(
    chosen: &Chosen,
    app: Option<&App>,
    presets: &[String],
    at: &[String],
    create: bool,
    fits: impl Fn(&Preset) -> Result<bool, Failure>,
) -> Result<Places, Failure> {
    let given = at.iter().map(|text| parse(text, create)).collect::<Result<Vec<_>, _>>()?;
    for (index, place) in given.iter().enumerate() {
        if given[..index].iter().any(|other| other.at == place.at && other.value != place.value) {
            return Err(Failure::usage(format!("--at {} is given twice, with different values", place.at))
                .remedy("keep one of them"));
        }
    }
    let configured = app.map(|app| app.places.as_slice()).unwrap_or_default();
    let mut presets: Vec<String> =
        if presets.is_empty() { app.map(|app| app.presets.clone()).unwrap_or_default() } else { presets.to_vec() };
    // The fallback is for who says nothing: with places of its own an artifact gets those and no others.
    if presets.is_empty() && given.is_empty() && configured.is_empty() {
        presets.push(found_by_looking(fits)?);
    }
    let mut places = Vec::new();
    for name in &presets {
        let preset = Preset::shipped(name).ok_or_else(|| unknown_preset(name))?;
        let preset = preset.map_err(|e| Failure::of(Code::Internal, e))?;
        // Coupled values are for who defines them: without {redirect_uri} the redirect URI stays as it was built.
        let defined = |place: &Place| place.value.check(chosen.env.values.keys().map(String::as_str)).is_ok();
        places.extend(preset.places.into_iter().filter(defined));
    }
    // What is said more precisely replaces what a preset says of the same address.
    for place in configured.iter().cloned().chain(given) {
        places.retain(|other| other.at != place.at);
        places.push(place);
    }
    if create {
        for place in places.iter_mut().filter(|place| place.absence == Absence::Fail) {
            place.absence = Absence::Create;
        }
    }
    for place in &places {
        place
            .value
            .check(chosen.env.values.keys().map(String::as_str))
            .map_err(|e| Failure::of(Code::Usage, e).during(format!("place {}", place.at)))?;
    }
    Ok(Places { places, presets })
}

/// The one preset that fits; the fallback where none does.
fn found_by_looking(fits: impl Fn(&Preset) -> Result<bool, Failure>) -> Result<String, Failure> {
    let mut found = Vec::new();
    for name in Preset::names() {
        let Some(Ok(preset)) = Preset::shipped(name) else { continue };
        if preset.auto && fits(&preset)? {
            found.push(preset.name);
        }
    }
    match found.as_slice() {
        [] => Ok(FALLBACK.to_owned()),
        [only] => Ok(only.clone()),
        several => Err(Failure::new(Code::NoPlace, format!("several presets fit: {}", several.join(", ")))
            .remedy("say which: --preset NAME (repeatable), or preset = [...] in inject.toml")),
    }
}

fn parse(text: &str, create: bool) -> Result<Place, Failure> {
    let (address, value) = Address::split_assignment(text).ok_or_else(|| {
        Failure::usage(format!("--at {text:?} has no value"))
            .remedy("write --at ADDRESS=VALUE, for example --at string/client_id={client_id}")
    })?;
    let at = Address::parse(address).map_err(|e| Failure::of(Code::Usage, e).during("--at"))?;
    let value = Template::parse(value).map_err(|e| Failure::of(Code::Usage, e).during("--at"))?;
    let absence = if create { Absence::Create } else { Absence::Fail };
    Ok(Place { at, value, absence, unless: Vec::new() })
}

pub fn unknown_preset(name: &str) -> Failure {
    let failure = Failure::usage(format!("unknown preset {name:?}"));
    match nearest(name, Preset::names()) {
        Some(near) => failure.remedy(format!("did you mean {near:?}?")),
        None => failure.remedy(format!("known: {}", Preset::names().collect::<Vec<_>>().join(", "))),
    }
}

//! Which places an artifact gets: presets, `inject.toml`, `--at`.
//!
//! Must not: look into an artifact.

use inject::place::{Absence, Address, Place, Preset, Template};

use super::owner::Owner;
use super::presets::Presets;
use super::{Chosen, Settings};
use crate::exit::{Code, Failure, MAKE};

/// The preset where nothing else is said.
const FALLBACK: &str = "generic";

/// Places, and where they come from.
#[derive(Debug, Clone)]
pub struct Gathered {
    /// In the order of presets, configuration and flags.
    pub places: Vec<Place>,
    /// Names of the presets, for messages.
    pub presets: Vec<String>,
    /// Whether a preset says that the secret has to have a place.
    pub needs_secret: bool,
    /// What it means when a place of a preset is not there.
    hints: Vec<(Address, String)>,
    /// Whether what is missing is made, where that can be.
    create: bool,
}

/// What was asked for on the command line.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// `--preset`.
    pub presets: &'a [String],
    /// `--at`.
    pub at: &'a [String],
    /// `--create`.
    pub create: bool,
    /// `--partial`, and whoever only looks.
    pub partial: bool,
}

/// Gathers the places of an application in an environment: `fits` looks into the artifact.
pub fn gather(
    settings: &Settings,
    chosen: &Chosen,
    owner: &Owner<'_>,
    asked: Asked<'_>,
    fits: impl Fn(&Preset) -> Result<bool, Failure>,
) -> Result<Gathered, Failure> {
    let Asked { presets, at, create, partial } = asked;
    let (app, known) = (owner.app, settings.presets());
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
        presets.push(found_by_looking(known, &fits)?);
    }
    let mut places = Vec::new();
    let mut hints = Vec::new();
    let presets = chosen_of(known, presets, &fits)?;
    let mut needs_secret = false;
    for name in &presets {
        let preset = known.get(name)?;
        needs_secret |= preset.needs_secret;
        hints.extend(preset.hints);
        // Coupled values are for who defines them: without {redirect_uri} the redirect URI stays as it was built.
        let defined = |place: &Place| place.value.check(chosen.env.values.keys().map(String::as_str)).is_ok();
        places.extend(preset.places.into_iter().filter(defined));
    }
    // What is said more precisely replaces what a preset says of the same address.
    for place in configured.iter().cloned().chain(given) {
        places.retain(|other| other.at != place.at);
        places.push(place);
    }
    for place in &mut places {
        place.partial = partial;
    }
    for place in places.iter_mut().filter(|_| create) {
        place.keep_empty = false;
        match place.absence {
            Absence::Fail => place.absence = Absence::Create,
            Absence::Offer => place.absence = Absence::CreateWithin,
            Absence::Skip | Absence::Create | Absence::CreateWithin => {}
        }
    }
    for place in &places {
        place
            .value
            .check(chosen.env.values.keys().map(String::as_str))
            .map_err(|e| Failure::of(Code::Usage, e).during(format!("place {}", place.at)))?;
    }
    Ok(Gathered { places, presets, needs_secret, hints, create })
}

impl Gathered {
    /// The failure with what a preset says of a place that is not there.
    pub fn explain(&self, mut failure: Failure, missing: Option<&Address>) -> Failure {
        // It was asked for, and is not to be had.
        failure.remedies.retain(|remedy| !self.create || remedy != MAKE);
        // A place that names the main object is missed for one.
        let same = |address: &Address| {
            let main = missing.and_then(|missing| address.names_main().then_some(missing));
            Some(address) == missing || main.is_some_and(|missing| address.may_become(missing))
        };
        let hint = self.hints.iter().find(|(address, _)| same(address));
        match hint {
            Some((_, hint)) => failure.remedy(hint.clone()),
            None => failure,
        }
    }
}

/// The presets with those that only choose among others replaced by what they choose.
fn chosen_of(
    known: Presets<'_>,
    names: Vec<String>,
    fits: &impl Fn(&Preset) -> Result<bool, Failure>,
) -> Result<Vec<String>, Failure> {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        let preset = known.get(&name)?;
        let mut chosen = Vec::new();
        for other in &preset.any_of {
            if fits(&known.get(other)?)? {
                chosen.push(other.clone());
            }
        }
        if preset.any_of.is_empty() {
            chosen.push(name);
        } else if chosen.is_empty() {
            let message = format!("preset {name}: none of {} fits", preset.any_of.join(", "));
            return Err(Failure::new(Code::NoPlace, message)
                .remedy("name the preset all the same (--preset), or the places: --at ADDRESS=VALUE"));
        }
        for name in chosen {
            if !all.contains(&name) {
                all.push(name);
            }
        }
    }
    Ok(all)
}

/// The one preset that fits; the fallback where none does.
fn found_by_looking(known: Presets<'_>, fits: &impl Fn(&Preset) -> Result<bool, Failure>) -> Result<String, Failure> {
    let mut found = Vec::new();
    for name in known.names() {
        let preset = known.get(name)?;
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
    Ok(Place::new(at, value, absence))
}

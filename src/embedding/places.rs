//! Which places an artifact gets: presets, those of the application, those that are asked for.
//!
//! Must not: look into an artifact by itself.

use std::collections::BTreeMap;

use super::apps::App;
use super::options::Options;
use crate::pipeline::job::{Inspected, JobError};
use crate::placement::preset::{Preset, PresetError};
use crate::placement::template::Values;
use crate::placement::{Absence, Address, Kind, Place, Template, TemplateError};

/// The preset where nothing else is said.
const FALLBACK: &str = "generic";

/// The presets that can be named.
#[derive(Debug, Clone, Copy, Default)]
pub struct Presets<'c> {
    own: Option<&'c BTreeMap<String, Preset>>,
}

impl<'c> Presets<'c> {
    /// The shipped ones, and some of your own, by name.
    pub fn new(own: Option<&'c BTreeMap<String, Preset>>) -> Self {
        Self { own }
    }

    /// Every name.
    pub fn names(self) -> Vec<&'c str> {
        let mut names: Vec<&str> = self.own.into_iter().flat_map(BTreeMap::keys).map(String::as_str).collect();
        for name in Preset::names() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// A preset by name. One of your own hides a shipped one.
    pub fn get(self, name: &str) -> Result<Preset, PlacesError> {
        if let Some(own) = self.own.and_then(|own| own.get(name)) {
            return Ok(own.clone());
        }
        let shipped = Preset::shipped(name).ok_or_else(|| PlacesError::UnknownPreset {
            name: name.to_owned(),
            known: self.names().into_iter().map(str::to_owned).collect(),
        })?;
        shipped.map_err(PlacesError::Preset)
    }
}

/// Why it is not known which places are meant.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlacesError {
    /// A place that is asked for with two values.
    #[error("{0} is asked for twice, with different values")]
    Twice(Address),
    /// No preset is called so.
    #[error("unknown preset {name:?}")]
    UnknownPreset {
        /// What was asked for.
        name: String,
        /// Names of all that there are.
        known: Vec<String>,
    },
    /// A shipped preset is wrong.
    #[error(transparent)]
    Preset(PresetError),
    /// None fits of those that a preset chooses among.
    #[error("preset {preset}: none of {} fits", among.join(", "))]
    NoneFits {
        /// The preset.
        preset: String,
        /// Those that it chooses among.
        among: Vec<String>,
    },
    /// Several presets fit, and none is named.
    #[error("several presets fit: {}", .0.join(", "))]
    SeveralFit(Vec<String>),
    /// The template of a place names what is not defined.
    #[error("place {at}: {error}")]
    Template {
        /// The place.
        at: Address,
        /// What is wrong.
        error: TemplateError,
    },
    /// The artifact cannot be looked into.
    #[error(transparent)]
    Job(#[from] JobError),
}

/// Places, and where they come from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Gathered {
    /// In the order of presets, the application, and what was asked for.
    pub places: Vec<Place>,
    /// Names of the presets, for messages.
    pub presets: Vec<String>,
    /// Whether a preset says that the secret has to have a place.
    pub needs_secret: bool,
    /// The addresses that the application's configuration or the caller wrote.
    written: Vec<Address>,
    /// Places by a text that is gone, for which a known credential counts that is there.
    pub(super) gone: Vec<Place>,
    /// What it means when a place of a preset is not there.
    hints: Vec<(Address, String)>,
}

/// The places of an application: `values` are what templates may name beside the credential, `fits` looks into the artifact.
pub(super) fn gather(
    known: Presets<'_>,
    app: Option<&App>,
    values: &BTreeMap<String, String>,
    options: &Options,
    fits: impl Fn(&Preset) -> Result<bool, JobError>,
) -> Result<Gathered, PlacesError> {
    let given = &options.places;
    for (index, place) in given.iter().enumerate() {
        if given[..index].iter().any(|other| other.at == place.at && other.value != place.value) {
            return Err(PlacesError::Twice(place.at.clone()));
        }
    }
    let configured = app.map(|app| app.places.as_slice()).unwrap_or_default();
    let mut presets = options.presets.clone();
    if presets.is_empty() {
        presets = app.map(|app| app.presets.clone()).unwrap_or_default();
    }
    let written = configured.iter().chain(given).map(|place| place.at.clone()).collect();
    let mut fallback = false;
    // The fallback is for who says nothing: with places of its own an artifact gets those and no others.
    if presets.is_empty() && given.is_empty() && configured.is_empty() {
        presets.push(found_by_looking(known, &fits)?);
        fallback = presets.iter().all(|name| name == FALLBACK);
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
        let defined = |place: &Place| place.value.check(values.keys().map(String::as_str)).is_ok();
        places.extend(preset.places.into_iter().filter(defined));
    }
    // What is said more precisely replaces what a preset says of the same address.
    for place in configured.iter().chain(given).cloned() {
        places.retain(|other| other.at != place.at);
        places.push(place);
    }
    for place in &mut places {
        place.partial = options.partial;
    }
    // In a folder, which may be what a server serves, nothing is made that nobody named.
    for place in places.iter_mut().filter(|place| fallback && place.at.kind == Some(Kind::Tree)) {
        place.absence = Absence::Skip;
    }
    for place in places.iter_mut().filter(|_| options.create) {
        place.keep_empty = false;
        match place.absence {
            Absence::Fail => place.absence = Absence::Create,
            Absence::Offer => place.absence = Absence::CreateWithin,
            Absence::Skip | Absence::Create | Absence::CreateWithin => {}
        }
    }
    for Place { at, value, .. } in &places {
        let undefined = |error| PlacesError::Template { at: at.clone(), error };
        value.check(values.keys().map(String::as_str)).map_err(undefined)?;
    }
    Ok(Gathered { places, presets, needs_secret, written, gone: Vec::new(), hints })
}

impl Gathered {
    /// Takes out the places that are addressed by a text which is there no longer, as it is once another value was put there.
    pub fn take_replaced(&mut self, inspected: &Inspected) -> Result<Vec<Place>, JobError> {
        let mut replaced = Vec::new();
        for place in std::mem::take(&mut self.places) {
            let is_gone = |place: &Place| {
                let unread = inspected.locate(std::slice::from_ref(place))?.unread;
                Ok::<_, JobError>(unread.iter().any(|(_, error)| error.missing_place().is_some()))
            };
            if place.at.is_text() && is_gone(&place)? {
                replaced.push(place);
            } else {
                self.places.push(place);
            }
        }
        Ok(replaced)
    }

    /// The addresses that somebody wrote and that are for artifacts of another kind than this one, which passes over them.
    pub fn of_other_kinds(&self, inspected: &Inspected) -> Vec<&Address> {
        self.written.iter().filter(|at| !inspected.is_meant(at)).collect()
    }

    /// Why a place by its text, which is not there, is not found by what may have been put there either.
    pub(super) fn lost(&self, missing: &Address) -> Option<String> {
        self.places.iter().find(|place| place.at == *missing && place.at.is_text()).map(|place| lost(&place.value))
    }

    /// What a preset says of a place that is not there.
    pub fn hint(&self, missing: &Address) -> Option<&str> {
        // A place that names the main object is missed for one.
        let same = |address: &Address| address == missing || (address.names_main() && address.may_become(missing));
        self.hints.iter().find(|(address, _)| same(address)).map(|(_, hint)| hint.as_str())
    }
}

/// Values shorter than this are not looked for where a text is gone: they may stand anywhere.
const TOLD: usize = 8;

/// A place, or where it is a text that is there no longer, the places of its value with each of these credentials that is there: what
/// was put there is found again, whichever environment it is of. Where the value has a secret, the address stays as it reads.
pub fn as_placed(place: &Place, known: &[Values<'_>], inspected: &Inspected) -> Result<Vec<Place>, JobError> {
    let has = |at: &Address| inspected.has_one_of(std::slice::from_ref(at));
    if !place.at.is_text() || !place.value.holds_credential() || has(&place.at)? {
        return Ok(vec![place.clone()]);
    }
    let needs_secret = place.value.needs_secret();
    let mut there: Vec<Place> = Vec::new();
    for values in known.iter().filter(|values| !needs_secret || values.client_secret.is_some()) {
        let Ok(value) = place.value.render(values) else { continue };
        let at = if needs_secret {
            if value.chars().count() < TOLD { None } else { place.at.holding(&value) }
        } else {
            place.at.for_value(&value)
        };
        let Some(at) = at else { continue };
        if !there.iter().any(|place| place.at == at) && has(&at)? {
            there.push(Place { at, ..place.clone() });
        }
    }
    Ok(if there.is_empty() { vec![place.clone()] } else { there })
}

/// Why a place by its text is not found where it may have been replaced, and what to do.
fn lost(value: &Template) -> String {
    if value.holds_credential() {
        format!(
            "an earlier run may have replaced the text, and no credential that is known on this machine stands there (values with a \
             secret of fewer than {TOLD} characters are not looked for, nor what another environment has as values of your own): \
             build again, or address the place by its name"
        )
    } else {
        format!(
            "an earlier run may have replaced the text, and what {value:?} made of it cannot be told from other text, because there is no \
             credential in it: build anew, name the text that stands there now, or address the place by its name",
            value = value.to_string()
        )
    }
}

/// The presets with those that only choose among others replaced by what they choose.
fn chosen_of(
    known: Presets<'_>,
    names: Vec<String>,
    fits: &impl Fn(&Preset) -> Result<bool, JobError>,
) -> Result<Vec<String>, PlacesError> {
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
            return Err(PlacesError::NoneFits { preset: name, among: preset.any_of });
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
fn found_by_looking(
    known: Presets<'_>,
    fits: &impl Fn(&Preset) -> Result<bool, JobError>,
) -> Result<String, PlacesError> {
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
        _ => Err(PlacesError::SeveralFit(found)),
    }
}

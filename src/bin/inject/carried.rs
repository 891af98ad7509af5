//! What an artifact carries: the values at the places of presets and configuration, matched with the store.
//!
//! Must not: let a secret out; of a value that may be one only its length and its owner are kept.

use std::collections::BTreeMap;
use std::path::Path;

use inject::credentials::{ClientId, ClientSecret, Intent, Key, Store, Stored};
use inject::embed::as_placed;
use inject::findings::Foreign;
use inject::job::{Copies, Inspected, Located, pending};
use inject::place::{Absence, Address, Held, Place, Template, Values};
use zeroize::Zeroizing;

use crate::args::look::Look;
use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::results::Owner;
use crate::settings::{Chosen, Origin, Settings};

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A Client Id, which is public.
    Id,
    /// A secret, or something with one in it.
    Secret,
    /// A coupled value: a server's URL.
    Other,
    /// Nobody said what.
    Unknown,
}

/// A value at a place.
#[derive(Debug)]
pub struct Value {
    /// The main object it belongs to, where that is another one than the artifact itself.
    pub main: Option<String>,
    /// The preset that names the place; `None` for configuration and `--at`.
    pub preset: Option<String>,
    /// The address.
    pub at: String,
    /// The entry or file.
    pub entry: String,
    /// What it is.
    pub role: Role,
    /// The value, where it may be shown.
    pub shown: Option<String>,
    /// Its characters.
    pub len: usize,
    /// Whose it is, by the store.
    pub owners: Vec<Owner>,
}

/// All that was found.
#[derive(Debug)]
pub struct Carried {
    /// The values, in the order of presets and places.
    pub values: Vec<Value>,
    /// Places that could not be read, and why.
    pub unread: Vec<(String, String)>,
    /// Where the same values lie outside these places: what, and where.
    pub elsewhere: Vec<(String, String)>,
    /// Registries that did not answer, and why.
    pub unasked: Vec<String>,
}

impl Carried {
    /// The values of each main object, which may well have different Client Ids; one group where there are no mains.
    pub fn by_main(&self) -> Vec<(Option<&str>, Vec<&Value>)> {
        let mut groups: Vec<(Option<&str>, Vec<&Value>)> = Vec::new();
        for value in &self.values {
            match groups.iter_mut().find(|(main, _)| *main == value.main.as_deref()) {
                Some((_, values)) => values.push(value),
                None => groups.push((value.main.as_deref(), vec![value])),
            }
        }
        // What is nobody's own tells nothing of an environment where there are several: version numbers.
        if groups.len() > 1 {
            let counts = |value: &&Value| matches!(value.role, Role::Id | Role::Secret);
            groups.retain(|(main, values)| main.is_some() || values.iter().any(counts));
        }
        groups
    }
}

/// The Client Ids, each once.
pub fn ids<'v>(values: impl IntoIterator<Item = &'v Value>) -> Vec<&'v str> {
    let mut ids: Vec<&str> = Vec::new();
    let of_ids = values.into_iter().filter(|value| value.role == Role::Id);
    for id in of_ids.filter_map(|value| value.shown.as_deref()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// Looks at every place.
pub fn look(settings: &Settings, inspected: &mut Inspected, look: &Look) -> Result<Carried, Failure> {
    let stored = stored(settings)?;
    let mut carried = Carried { values: Vec::new(), unread: Vec::new(), elsewhere: Vec::new(), unasked: Vec::new() };
    let mut ids: Vec<(Zeroizing<String>, Vec<String>)> = Vec::new();
    // Those that the store does not know, and of which value they are.
    let mut secrets: Vec<(usize, ClientSecret)> = Vec::new();
    let is_folder = inspected.id().is_none();
    let sources = places(settings, inspected, look, &stored)?;
    let places: Vec<Place> = sources.iter().map(|source| source.place.clone()).collect();
    let Copies { found, unread, .. } = inspected.locate(&places)?;
    carried.unread.extend(unread.into_iter().map(|(at, error)| (at.to_string(), error.to_string())));
    for Located { place, address, entry, main, own, mut values, .. } in found {
        let Some(source) = sources.get(place) else { continue };
        // Configurations of a resource mostly hold the same.
        values.dedup();
        let main = main.filter(|_| is_folder || !own);
        for value in values {
            for (role, value) in read(&source.place.value, value) {
                let owners = owners(&stored, &value);
                let is_known_id = stored.iter().any(|stored| stored.id.as_str() == *value);
                let shown = matches!(role, Role::Id | Role::Other) || is_known_id;
                if role == Role::Id && !value.is_empty() {
                    match ids.iter_mut().find(|(id, _)| *id == value) {
                        Some((_, entries)) => entries.push(entry.clone()),
                        None => ids.push((value.clone(), vec![entry.clone()])),
                    }
                }
                if role == Role::Secret && owners.is_empty() {
                    secrets.extend(ClientSecret::parse(&value).ok().map(|secret| (carried.values.len(), secret)));
                }
                carried.values.push(Value {
                    main: main.clone(),
                    preset: source.preset.clone(),
                    at: address.to_string(),
                    entry: entry.clone(),
                    role,
                    shown: shown.then(|| value.to_string()),
                    len: value.chars().count(),
                    owners,
                });
            }
        }
    }
    carried.elsewhere = elsewhere(inspected, &ids);
    for intent in open(settings)? {
        let Key { application, environment, .. } = &intent.key;
        let is_its = |owner: &Owner| owner.application == *application && owner.environment == environment.as_str();
        if carried.values.iter().any(|value| value.owners.iter().any(is_its)) {
            carried.unasked.push(format!("{intent}, and is not finished: the registry may not know this any more"));
        }
    }
    ask(settings, inspected, look.online, &secrets, &mut carried);
    Ok(carried)
}

/// What a value at a place holds, by the place's template: what it is, and that alone.
fn read(template: &Template, value: Zeroizing<String>) -> Vec<(Role, Zeroizing<String>)> {
    let Held { client_id, client_secret, .. } = template.read(&value);
    if client_id.is_some() || client_secret.is_some() {
        let parts = [(Role::Id, client_id), (Role::Secret, client_secret)];
        return parts.into_iter().filter_map(|(role, part)| Some((role, part?))).collect();
    }
    vec![(role(template), value)]
}

/// Whose the Client Ids are that the store does not know: by the registries of the environments, those of this machine alone
/// unless `online`. Where one is found, values that are its secret are, too. One that does not answer says nothing of the
/// others.
fn ask(
    settings: &Settings,
    inspected: &mut Inspected,
    online: bool,
    secrets: &[(usize, ClientSecret)],
    carried: &mut Carried,
) {
    let unknown = carried.values.iter().filter(|value| value.owners.is_empty());
    let unknown: Vec<ClientId> = ids(unknown).into_iter().filter_map(|id| ClientId::parse(id).ok()).collect();
    // Whoever asks says about which application.
    let (Some(config), Ok(owner)) = (&settings.config, settings.apps().owner(inspected, None)) else { return };
    if unknown.is_empty() {
        return;
    }
    for (name, env) in config.envs.iter().filter(|(_, env)| online || !env.registry.is_remote()) {
        let chosen = Chosen { name: name.clone(), origin: Origin::Config, env: env.clone() };
        let asked = settings.registry(&chosen).and_then(|mut registry| {
            let find = |id| Ok(registry.find(&owner.application, Some(id))?);
            unknown.iter().map(find).collect::<Result<Vec<_>, Failure>>()
        });
        let found = match asked {
            Ok(found) => found,
            Err(failure) => {
                carried.unasked.push(format!("the registry of {name} was not asked: {}", failure.message()));
                continue;
            }
        };
        let whose = Owner { application: owner.application.id.clone(), environment: name.to_string() };
        // A registry answers for the application where it does not know the id.
        for found in found.into_iter().flatten().filter(|found| unknown.contains(&found.id)) {
            for (index, value) in carried.values.iter_mut().enumerate() {
                let is_id = value.role == Role::Id && value.shown.as_deref() == Some(found.id.as_str());
                let is_secret =
                    secrets.iter().any(|(of, secret)| *of == index && found.secret.as_ref() == Some(secret));
                if is_id || is_secret {
                    value.owners.push(whose.clone());
                }
            }
        }
    }
}

/// A place to look at, and where it comes from.
struct Looked {
    preset: Option<String>,
    place: Place,
}

fn places(
    settings: &Settings,
    inspected: &mut Inspected,
    look: &Look,
    stored: &[Stored],
) -> Result<Vec<Looked>, Failure> {
    let known = settings.presets();
    let named: Vec<&str> = look.preset.iter().map(String::as_str).collect();
    let mut places = Vec::new();
    for name in if named.is_empty() { known.names() } else { named } {
        let preset = known.get(name)?;
        if look.preset.is_empty() && !inspected.has_one_of(&preset.fits)? {
            continue;
        }
        places.extend(preset.places.into_iter().map(|place| (Some(preset.name.clone()), place)));
    }
    let configured = settings.apps().owner(inspected, None).ok().and_then(|owner| owner.app);
    let configured = configured.map(|app| app.places.clone()).unwrap_or_default();
    let given = look.at.iter().map(|text| {
        let at = Address::parse(text).map_err(|e| Failure::of(Code::Usage, e).during("--at"))?;
        Ok(Place::new(at, Template::default(), Absence::Skip))
    });
    let given: Vec<Place> = given.collect::<Result<_, Failure>>()?;
    for place in configured.into_iter().chain(given) {
        if !places.iter().any(|(_, other): &(_, Place)| other.at == place.at) {
            places.push((None, place));
        }
    }
    // What a pair of a signing block is for, nobody says; whose its value is, the store does.
    for at in inspected.pairs().unwrap_or_default() {
        if !places.iter().any(|(_, other): &(_, Place)| other.at.target == at.target) {
            places.push((None, Place::new(at, Template::default(), Absence::Skip)));
        }
    }
    // What is not there is not an error here, and nothing is passed over.
    let there = |(preset, place): (Option<String>, Place)| {
        let Place { at, value, by_object, or_constant, own_id, .. } = place;
        let mut place = Place::new(at, value, Absence::Skip);
        (place.by_object, place.or_constant) = (by_object, or_constant);
        (place.own_id, place.partial) = (own_id, true);
        Looked { preset, place }
    };
    let none = BTreeMap::new();
    let known = stored.iter().map(|stored| Values {
        client_id: stored.id.as_str(),
        client_secret: stored.secret.as_ref().map(ClientSecret::expose),
        environment: stored.key.environment.as_str(),
        application: &stored.key.application,
        other: settings
            .config
            .as_ref()
            .and_then(|config| config.envs.get(&stored.key.environment))
            .map_or(&none, |env| &env.values),
        mains: &[],
    });
    let known: Vec<Values<'_>> = known.collect();
    let mut looked = Vec::new();
    for Looked { preset, place } in places.into_iter().map(there) {
        let there = as_placed(&place, &known, inspected)?;
        looked.extend(there.into_iter().map(|place| Looked { preset: preset.clone(), place }));
    }
    Ok(looked)
}

/// What a place is for, by its template.
fn role(template: &Template) -> Role {
    if template.needs_secret() {
        Role::Secret
    } else if template.holds_client_id() {
        Role::Id
    } else if template.to_string().is_empty() {
        Role::Unknown
    } else {
        Role::Other
    }
}

/// All that the store holds.
pub fn stored(settings: &Settings) -> Result<Vec<Stored>, Failure> {
    Ok(Store::open_existing(&settings.home)?.as_ref().map(Store::list).transpose()?.unwrap_or_default())
}

/// Changes that were begun and are not known to have ended.
fn open(settings: &Settings) -> Result<Vec<Intent>, Failure> {
    Ok(Store::open_existing(&settings.home)?.as_ref().map(Store::intents).transpose()?.unwrap_or_default())
}

/// The secrets that registries may have by such a change.
pub fn coming(settings: &Settings) -> Result<Vec<Zeroizing<String>>, Failure> {
    let secret = |intent: &Intent| Some(Zeroizing::new(intent.secret()?.expose().to_owned()));
    Ok(open(settings)?.iter().filter_map(secret).collect())
}

fn owners(stored: &[Stored], value: &str) -> Vec<Owner> {
    let secret = ClientSecret::parse(value).ok();
    let same = |stored: &&Stored| stored.id.as_str() == value || (secret.is_some() && stored.secret == secret);
    let mut owners: Vec<Owner> = stored
        .iter()
        .filter(same)
        .map(|stored| Owner {
            application: stored.key.application.clone(),
            environment: stored.key.environment.to_string(),
        })
        .collect();
    owners.sort();
    owners.dedup();
    owners
}

/// Where the Client Ids lie beside the places that were looked at.
fn elsewhere(inspected: &Inspected, ids: &[(Zeroizing<String>, Vec<String>)]) -> Vec<(String, String)> {
    let sought: Vec<Foreign> = ids.iter().map(|(id, _)| Foreign::new(id.as_str(), id.clone())).collect();
    let mut found = Vec::new();
    for (what, place) in inspected.holders(&sought) {
        let expected = ids.iter().any(|(id, entries)| **id == what && entries.contains(&place));
        if !expected {
            found.push((what, place));
        }
    }
    found
}

/// For the name of an artifact in messages.
pub fn during(path: &Path) -> impl Fn(Failure) -> Failure + '_ {
    move |failure| failure.about(path)
}

/// Says what a run that was killed left in a folder: whoever only reads leaves it, and reads what is there.
pub fn tell_cut_off(path: &Path, out: Output) -> Result<(), Failure> {
    if let Some(said) = pending(path).map_err(|e| during(path)(e.into()))? {
        out.warn(&said);
    }
    Ok(())
}

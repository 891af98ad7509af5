//! GeneXus' file, as `doctor` shows it: what is in it, and whether the next run finds what it needs there.
//!
//! Must not: show a secret, or run the program behind the registry.

use inject::credentials::{Lookup, Needs, Request, Store, look_up};
use inject::registry::{Application, Genexus, GenexusFault, GenexusHolding, Registry, RegistryError};
use inject::system::Civil;

use super::{CheckState, Checks};
use crate::exit::Failure;
use crate::settings::config::Genexus as Configured;
use crate::settings::{Chosen, Settings};

/// Applications of the file that are shown.
const SHOWN: usize = 50;
const ABOUT: &str = "registry";

/// Looks at it.
pub fn look(settings: &Settings, chosen: &Chosen, configured: &Configured, checks: &mut Checks) {
    let mut registry = configured.file(settings, chosen);
    let asking = configured.asking.as_ref();
    let identity = registry.identity().to_string();
    match registry.holding() {
        Ok(holding) => show(&identity, &holding, checks),
        // The program is asked then.
        Err(error) if asking.is_some() && gives_way(&error) => {
            checks.add(ABOUT, CheckState::Note, Failure::from(error).message());
        }
        Err(error) => return checks.failed(ABOUT, &Failure::from(error)),
    }
    if let Some(asking) = asking {
        let program = asking.words.first().map_or("", String::as_str);
        let text =
            format!("{identity}: its program {program} is run where an application has to be registered, and not here");
        return checks.add(ABOUT, CheckState::Note, text);
    }
    for app in settings.config.iter().flat_map(|config| config.apps.values()) {
        let application = Application { id: app.id.clone(), name: app.name.clone() };
        if let Err(failure) = next(settings, chosen, &application, &mut registry, checks) {
            checks.failed(ABOUT, &failure);
        }
    }
}

fn gives_way(error: &RegistryError) -> bool {
    let RegistryError::Genexus { fault, .. } = error else { return false };
    matches!(**fault, GenexusFault::Missing { .. } | GenexusFault::Refused { .. })
}

fn show(identity: &str, holding: &GenexusHolding, checks: &mut Checks) {
    let count = holding.applications.len();
    let written = holding.written.map(|at| format!(" of {}", Civil::of(at).rfc3339())).unwrap_or_default();
    let plural = if count == 1 { "" } else { "s" };
    let text = format!("{identity}, on this machine: {}{written}, {count} application{plural}", holding.file.display());
    checks.add(ABOUT, CheckState::Ok, text);
    for (name, id, has_secret) in holding.applications.iter().take(SHOWN) {
        let secret = if *has_secret { "yes" } else { "no" };
        checks.add(ABOUT, CheckState::Ok, format!("{name}: {id}, secret: {secret}"));
    }
    if count > SHOWN {
        checks.add(ABOUT, CheckState::Note, format!("and {} more applications", count - SHOWN));
    }
    for id in &holding.shared_ids {
        checks.add(ABOUT, CheckState::Note, format!("{id} stands there more than once; GAM allows it"));
    }
}

/// What the next run finds for an application, and where the store, which comes first, has another thing.
fn next(
    settings: &Settings,
    chosen: &Chosen,
    application: &Application,
    registry: &mut Genexus,
    checks: &mut Checks,
) -> Result<(), Failure> {
    let (key, needs) = (settings.key(application, chosen)?, chosen.needs());
    let (registration, refresh, again, take) = (chosen.registration(false), false, false, None);
    let request = Request { key, application, needs, registration, refresh, again, take };
    let store = Store::open_existing(&settings.home)?;
    let Lookup::InStore(stored) = look_up(&request, store.as_ref(), registry)? else { return Ok(()) };
    let (name, id) = (&application.name, &stored.id);
    let beside = |what: String| format!("the store, which comes first, has {id} for {name}; {what}");
    let compare = format!("inject register {} --force compares them", application.id);
    match (registry.foresee(application, Some(id), false), registry.find(application, Some(id))) {
        (Err(error), _) => checks.add(ABOUT, CheckState::Note, beside(Failure::from(error).message())),
        (Ok(()), Ok(Some(found))) if chosen.needs() == Needs::Secret && found.secret != stored.secret => {
            checks.add(ABOUT, CheckState::Note, beside(format!("the file has another secret, or none: {compare}")));
        }
        _ => {}
    }
    Ok(())
}

//! What a person is told while a credential is obtained, and of changes that did not come to an end.
//!
//! Must not: decide anything.

use std::path::Path;

use inject::credentials::{Change, Intent, Key, Origin, Settled};
use inject::embed::Event;
use inject::place::Address;
use inject::registry::Capability;
use inject::system::Civil;

use crate::exit::Failure;
use crate::render::Output;

/// Says what happens.
pub fn tell(event: &Event<'_>, out: Output) {
    match event {
        Event::Repaired(said) | Event::Pending(said) => out.warn(said),
        Event::Settled(settled) => tell_settled(settled, out),
        Event::Registering(registry, capability) => match capability {
            Capability::GetOrCreate => {}
            Capability::EchoByToken => out.note(&format!(
                "{registry} shows a secret again to the holder of the registration token alone, which the store keeps"
            )),
            Capability::ShownOnce => out.warn(&format!(
                "{registry} may never show this secret again: the store becomes the only copy; back it up: inject credential export"
            )),
        },
        Event::Obtained { application, environment, client_id, origin, from, expires } => {
            match origin {
                Origin::Fixed => out.note(&format!("using {from} as given, for {application} in {environment}")),
                Origin::Registered => out.warn(&format!(
                    "a NEW application was registered: {application} as {client_id} in {environment} (registry {from})"
                )),
                Origin::Registry => out.note(&format!("{application} has {client_id} in {environment}, from {from}")),
                Origin::Store => {
                    out.detail(&format!("{application} has {client_id} in {environment}, from the store"));
                }
            }
            if let Some(expires) = expires {
                let end = Civil::of(*expires).rfc3339();
                out.warn(&format!("the secret of {client_id} ends at {end}: the server says so"));
            }
        }
        Event::NoSecretPlace(path, environment) => out.note(&format!(
            "{}: no place takes the secret of {environment}, so it is not embedded",
            path.display()
        )),
        Event::TextGone(path, place) => out.note(&format!(
            "{}: {} is not there; a known {} of the application is, and counts as the place",
            path.display(),
            place.at,
            if place.value.needs_secret() { "secret" } else { "Client Id" }
        )),
        Event::OtherKind(path, others) => tell_other_kinds(path, others, out),
        // The main job says what such a plan means.
        Event::Again(_) => {}
        // None is: the library's enumeration is open to others.
        _ => out.warn(&Failure::undecided(anyhow::anyhow!("{event:?}")).message()),
    }
}

/// Says which places are passed over, because they are for another kind of artifact.
pub fn tell_other_kinds(path: &Path, others: &[&Address], out: Output) {
    let others: Vec<String> = others.iter().map(ToString::to_string).collect();
    out.note(&format!(
        "{}: passed over, because the word in front says another kind of artifact: {}",
        path.display(),
        others.join(", ")
    ));
}

/// Says which changes were begun and are not known to have ended.
pub fn tell_open(intents: &[Intent], out: Output) {
    for intent in intents {
        let Key { application, environment, .. } = &intent.key;
        out.warn(&format!(
            "{intent}, and is not finished; finish it: inject register {application} --env {environment}"
        ));
    }
}

/// Says what became of a change that an earlier run began.
fn tell_settled(Settled { intent, finished }: &Settled, out: Output) {
    match (finished, &intent.change) {
        (true, Change::Revoke) => {
            out.warn(&format!("{intent}: the registry has revoked it, and the store has forgotten it now"));
        }
        (true, Change::Rotate(_) | Change::Take(_)) => out.warn(&format!(
            "{intent}: the registry has it, and the store has it now; apps that carry the old secret are refused"
        )),
        (false, _) => out.warn(&format!("{intent}, and did not reach the registry: nothing was changed")),
        // None is: the library's enumeration is open to others.
        (true, _) => out.warn(&format!("{intent}, and is finished now")),
    }
}

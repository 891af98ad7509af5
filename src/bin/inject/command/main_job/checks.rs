//! What stops an injection before anything is obtained: a release that is debuggable, another signer than the pinned one, a
//! secret without a place.
//!
//! Must not: look into an artifact, or write.

use inject::credentials::Credential;
use inject::job::PlannedPlace;
use inject::signing::Identity;

use super::job::Job;
use crate::args::Main;
use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::settings::Chosen;
use crate::settings::signing::{self, Keys};

/// A secret that an environment embeds has a place where the Client Id has one: without it the application asks for tokens in
/// vain, or with the secret that it had before. Whoever names places names what is meant, and is told.
pub(super) fn check_secret(
    chosen: &Chosen,
    main: &Main,
    job: &Job,
    credential: Option<&Credential>,
    out: Output,
) -> Result<(), Failure> {
    let has_secret = credential.map_or(!chosen.env.omit_secret, |credential| credential.secret.is_some());
    if !has_secret || !misses_secret(job.planned.places()) {
        return Ok(());
    }
    let path = job.path.display();
    if main.partial || !job.needs_secret {
        if main.partial || job.by_hand {
            out.note(&format!("{path}: no place takes the secret of {}, so it is not embedded", chosen.name));
        }
        return Ok(());
    }
    let message = format!("{path}: no place takes the secret of {}: only the Client Id would be embedded", chosen.name);
    Err(Failure::new(Code::NoPlace, message)
        .remedy("name its place too: --at ADDRESS={client_secret}")
        .remedy(format!("or leave it out of this environment: secret = \"omit\" in [env.{}]", chosen.name))
        .remedy("or accept it: --partial"))
}

/// Whether places take the Client Id, and none the secret.
fn misses_secret(places: &[PlannedPlace]) -> bool {
    let own = || places.iter().filter(|place| place.other_main.is_none());
    own().any(|place| place.value.holds_client_id()) && !own().any(|place| place.value.needs_secret())
}

/// A release must not be debuggable.
pub(super) fn check_release(chosen: &Chosen, job: &Job) -> Result<(), Failure> {
    if !chosen.env.release {
        return Ok(());
    }
    match job.planned.release_faults().first() {
        None => Ok(()),
        Some(fault) => {
            let path = job.path.display();
            let message = format!("{path}: it is {}, and {} is a release environment", fault.what, chosen.name);
            Err(Failure::new(Code::Verification, message).remedy("build the release variant"))
        }
    }
}

/// The key must be the one that the environment pins.
pub(super) fn check_pin(chosen: &Chosen, keys: Option<&Keys>) -> Result<(), Failure> {
    let Some(pin) = &chosen.env.signer else { return Ok(()) };
    let Some(keys) = keys else {
        return Err(Failure::new(
            Code::Signing,
            format!("{} pins its signer, and --unsigned asks for none", chosen.name),
        ));
    };
    check_pinned(chosen, pin, keys.current())
}

/// Likewise for apps.
pub(super) fn check_apple_pin(chosen: &Chosen, keys: &signing::apple::Keys) -> Result<(), Failure> {
    let Some(pin) = &chosen.env.signer else { return Ok(()) };
    match keys.identity() {
        Some(identity) => check_pinned(chosen, pin, identity),
        None => Err(Failure::new(Code::Signing, format!("{} pins its signer, and none is given", chosen.name))),
    }
}

fn check_pinned(chosen: &Chosen, pin: &str, identity: &Identity) -> Result<(), Failure> {
    let given = inject::findings::certificate_sha256(identity.certificate().raw());
    if given == pin {
        return Ok(());
    }
    Err(Failure::new(Code::Signing, format!("{} pins the signer {pin}, the key given is {given}", chosen.name))
        .remedy(format!("give that key, or correct signer in [env.{}]", chosen.name)))
}

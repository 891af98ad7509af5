//! What must not be in an output: what the store holds of others.
//!
//! Must not: say a value.

use zeroize::Zeroizing;

use crate::credential::store::Stored;
use crate::credential::{ClientId, ClientSecret, Credential};
use crate::verify::leak::Foreign;

/// Every secret that a store holds; with `ids` every Client Id too. Each value once, whoever has it.
pub fn known_values(stored: &[Stored], ids: bool) -> Vec<Foreign> {
    let mut known: Vec<Foreign> = Vec::new();
    for stored in stored {
        let whose = format!("{} in {}", stored.key.application, stored.key.environment);
        let id = ids.then(|| ("the Client Id", stored.id.as_str()));
        let secret = stored.secret.as_ref().map(|secret| ("the secret", secret.expose()));
        for (what, value) in [id, secret].into_iter().flatten() {
            // Environments on one registry share them.
            match known.iter_mut().find(|known| known.value.as_str() == value) {
                Some(known) => known.what = format!("{} and of {whose}", known.what),
                None => {
                    let value = Zeroizing::new(value.to_owned());
                    known.push(Foreign::new(format!("{what} of {whose}"), value));
                }
            }
        }
    }
    known
}

/// Every Client Id and secret of these but those that may be in the artifact: its own, and those of other main objects. The
/// secret of its own Client Id is among them where the environment keeps it out of artifacts.
pub fn foreign(stored: &[Stored], allowed: &[&str], own: Option<&ClientId>) -> Vec<Foreign> {
    let mut foreign = known_values(stored, true);
    foreign.retain(|foreign| !allowed.contains(&foreign.value.as_str()));
    let own = stored.iter().filter(|stored| Some(&stored.id) == own).filter_map(|stored| stored.secret.as_ref());
    for secret in own {
        let mut same = foreign.iter_mut().filter(|foreign| !foreign.own && foreign.value.as_str() == secret.expose());
        if let Some(foreign) = same.next() {
            foreign.what.push_str(", which secret = \"omit\" keeps out");
            foreign.own = true;
        }
    }
    foreign
}

/// What of a credential may be in an artifact.
pub fn texts(credential: &Credential) -> impl Iterator<Item = &str> {
    [Some(credential.id.as_str()), credential.secret.as_ref().map(ClientSecret::expose)].into_iter().flatten()
}

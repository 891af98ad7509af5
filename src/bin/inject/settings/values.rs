//! What templates stand for in one artifact: the credential of its application, and those of other main objects in it.
//!
//! Must not: obtain one.

use inject::credentials::{ClientSecret, Credential};
use inject::place::{OtherMain, Values};
use inject::registry::Application;

use super::Chosen;
use super::owner::Neighbor;

/// The values of an artifact.
pub fn values<'a>(
    chosen: &'a Chosen,
    application: &'a Application,
    credential: &'a Credential,
    mains: &'a [OtherMain<'a>],
) -> Values<'a> {
    Values {
        client_id: credential.id.as_str(),
        client_secret: credential.secret.as_ref().map(ClientSecret::expose),
        environment: chosen.name.as_str(),
        application: &application.id,
        other: &chosen.env.values,
        mains,
    }
}

/// The credentials of other main objects.
pub fn other_mains(neighbors: &[Neighbor]) -> Vec<OtherMain<'_>> {
    let mut all = Vec::new();
    for Neighbor { main, application, credential } in neighbors {
        all.push(OtherMain {
            main,
            application: &application.id,
            client_id: credential.id.as_str(),
            client_secret: credential.secret.as_ref().map(ClientSecret::expose),
        });
    }
    all
}

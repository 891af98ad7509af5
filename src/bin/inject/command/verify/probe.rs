//! `inject verify --probe`: the real server says whether the embedded credential is alive.
//!
//! Must not: ask a server that nobody named.

use inject::credentials::{Credential, Probed, Server, probe};
use inject::findings::{self, Finding};

use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::settings::{Chosen, Settings};

/// What is to be asked.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// `--probe-secret`.
    pub secret: bool,
    /// Where people are told.
    pub out: Output,
}

/// Asks the environment's server. A refusal is a finding; what cannot be checked is said, and is none.
pub fn run(
    settings: &Settings,
    chosen: &Chosen,
    credential: &Credential,
    wish: Wish,
) -> Result<Option<Finding>, Failure> {
    let named = chosen.env.registry.server();
    let url = match (&chosen.env.probe, named.and_then(|server| server.issuer)) {
        (Some(url), _) => url.clone(),
        (None, Some(issuer)) => issuer.read(&chosen.key("url"))?,
        (None, None) => {
            let what = format!("no server is known to ask about {}", chosen.name);
            return Err(Failure::usage(what)
                .remedy(format!(
                    "write probe = \"https://...\" in [env.{}]: an OAuth issuer or token endpoint",
                    chosen.name
                ))
                .remedy("for GAM the address that ends with /oauth/access_token"));
        }
    };
    let server = Server::at(&url);
    let roots = settings.beside(named.and_then(|server| server.ca))?;
    let probed =
        probe(&server, credential, wish.secret, roots.as_deref()).map_err(|e| Failure::of(Code::Registry, e))?;
    Ok(match probed {
        Probed::Alive => {
            wish.out.note(&format!("{url}: {} is alive", credential.id));
            None
        }
        Probed::Unknown(why) => {
            wish.out.warn(&format!("{url}: whether {} is alive cannot be checked: {why}", credential.id));
            let message = format!("cannot be checked: {why}");
            Some(Finding::new(findings::Code::ProbeUnknown, url, message))
        }
        Probed::Refused(why) => Some(Finding::new(findings::Code::ProbeRefused, url, why)),
    })
}

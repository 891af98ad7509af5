//! `inject registry serve`: the registry of an environment, for builds and for apps that identify themselves.
//!
//! Must not: listen beyond this machine without TLS, or show a token.

use std::net::TcpListener;
use std::path::Path;

use inject::registry::{Service, ServiceConfig, Tls};
use inject::system::files;
use serde::Serialize;
use zeroize::Zeroizing;

use super::args::{Gam, Serve};
use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::results::Outcome;
use crate::settings::Settings;
use crate::settings::source::Source;

/// A registry listens.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Listening {
    /// Identity of the registry.
    registry: String,
    /// The environment's name.
    environment: String,
    /// Where it listens.
    url: String,
}

impl Outcome for Listening {
    const COMMAND: &'static str = "registry serve";
}

/// Runs it, until it is asked to end.
pub fn run(settings: &Settings, serve: &Serve, out: Output) -> Result<Code, Failure> {
    let chosen = settings.environment()?;
    let directory = settings.directory(&chosen)?;
    let identity = directory.identity().clone();
    let mut tokens = Vec::new();
    for reference in &serve.token {
        let token = Source::parse("--token", reference)?.read("registration token")?;
        if token.chars().count() < SHORTEST {
            return Err(Failure::usage(format!(
                "a registration token of less than {SHORTEST} characters can be guessed"
            ))
            .remedy("make one: openssl rand -hex 32"));
        }
        tokens.push(token);
    }
    if tokens.is_empty() {
        out.warn("no --token is given: applications are recognised, and none can be registered through this server");
    }
    let tls = match (&serve.tls_cert, &serve.tls_key) {
        (Some(certificate), Some(key)) => {
            Output::warn_open(key);
            let tls = Tls::of_pem(&read(certificate)?, &read(key)?);
            Some(tls.map_err(|problem| Failure::usage(format!("--tls-cert, --tls-key: {problem}")))?)
        }
        _ => None,
    };
    if tls.is_none() && !serve.listen.ip().to_canonical().is_loopback() {
        let what = format!("without TLS everybody on the way to {} would read the secrets", serve.listen);
        return Err(Failure::usage(what)
            .remedy("give a certificate: --tls-cert FILE --tls-key FILE")
            .remedy("or listen on this machine alone, behind a proxy that speaks TLS: --listen 127.0.0.1:8421"));
    }
    let public = chosen.env.omit_secret;
    let fault = Box::new(move |problem: &str| out.event(problem));
    let gam = match serve.gam {
        Gam::Local => serve.listen.ip().to_canonical().is_loopback(),
        Gam::Always => true,
        Gam::Never => false,
    };
    let config = ServiceConfig { environment: chosen.name.clone(), public, gam, tokens, fault };
    let service = Service::new(config, directory).map_err(no_room)?;
    let listener = TcpListener::bind(serve.listen)
        .map_err(|e| Failure::of(Code::Registry, e).during(format!("cannot listen on {}", serve.listen)))?;
    let address = listener.local_addr().map_err(|e| Failure::of(Code::Registry, e))?;
    let url = format!("{}://{address}", if tls.is_some() { "https" } else { "http" });
    out.note(&format!(
        "{identity} for {}; for prototyping and small teams: it knows applications, no users",
        chosen.name
    ));
    let environment = chosen.name.as_str().to_owned();
    out.json(&Listening { registry: identity.0, environment, url: url.clone() });
    out.result(&url);
    service.serve(listener, tls).map_err(|e| Failure::of(Code::Registry, e))?;
    Ok(Code::Done)
}

fn no_room(error: std::io::Error) -> Failure {
    Failure::of(Code::Registry, error)
        .during("the system gives this process too little to serve")
        .remedy("let it open more files (ulimit -n) and have more threads (ulimit -u, the limits of the container)")
}

/// Characters of a registration token at least.
const SHORTEST: usize = 16;

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    files::read_key(path, files::KEY_FILE_BYTES).map_err(|e| Failure::of(Code::Usage, e))
}

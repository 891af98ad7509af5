//! `registry serve`: a registry of ours for builds that must not hold a database's password, and the identification that every
//! request of an app undergoes.
//!
//! * `/applications...`: the contract of the registry `http` (docs/registry-http.yaml), for holders of a registration token.
//! * `/oauth/token`: RFC 6749. `/introspect`: RFC 7662.
//! * `/oauth/access_token`, `/oauth/gam/v2.0/access_token`: as `GAM` answers, with its error codes, where that is wanted: they
//!   tell which ids there are.
//! * `/health`, `/metrics`.
//!
//! For prototyping and small teams: it knows applications, no users, and access tokens end with its process.
//!
//! Must not: tell by an answer's time how much of a secret was right, say a secret but to who registers, or refuse who is right
//! because somebody else was wrong.

mod applications;
pub mod authorization;
mod counts;
mod failures;
pub mod form;
mod metrics;
mod recognition;
mod token;

use std::fmt;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::registry::RegistryError;
use super::registry::directory::Directory;
use super::{ClientId, EnvironmentName};
use crate::host::clock;
use crate::host::interrupt;
use crate::host::random::{OsRandom, Randomness};
use crate::host::server::{Fault, Handler, Limits, Method, Prepared, Reply, Request, Routes, Tls};
use counts::Counts;
use failures::Failures;

/// How long the answer to a guess is held back. More would take connections from who is right at the same address.
const HELD_BACK: Duration = Duration::from_millis(500);
/// Where an application says who it is, to who may hear of it.
const REALM: &str = "inject";

/// How it serves.
pub struct Config {
    /// The environment it serves: what is registered through it is registered for that one.
    pub environment: EnvironmentName,
    /// Whether applications are recognised by their id alone, where they send no secret.
    pub public: bool,
    /// Whether `GAM`'s routes are there. Their answers tell an id that is registered from one that is not.
    pub gam: bool,
    /// Who may register, revoke and replace secrets: holders of one of these.
    pub tokens: Vec<Zeroizing<String>>,
    /// Told what the owner of the server should know: faults of the registry. No secret is in it.
    pub fault: Box<dyn Fn(&str) + Send + Sync>,
}

/// A registry, ready to be served.
#[derive(Debug)]
pub struct Service {
    served: Served,
    prepared: Prepared,
}

/// What answers requests.
struct Served {
    config: Config,
    directory: Mutex<Box<dyn Directory + Send>>,
    /// For comparing in constant time, and for access tokens; new in each process.
    key: Zeroizing<[u8; 32]>,
    failures: Mutex<Failures>,
    counts: Mutex<Counts>,
    /// Whether others than this machine can ask.
    beyond: bool,
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served").field("environment", &self.config.environment).finish_non_exhaustive()
    }
}

/// A route's name among the counters, and what answers there.
type Answering = (Method, &'static str, &'static str, fn(&Served, &Request) -> Reply);

const ROUTES: [Answering; 9] = [
    (Method::Get, "/health", "health", |service, _| service.health()),
    (Method::Get, "/metrics", "metrics", Served::metrics),
    (Method::Post, "/oauth/token", "token", |service, request| service.access_token(request, Dialect::Rfc6749)),
    (Method::Post, "/introspect", "introspect", Served::introspect),
    (Method::Get, "/applications", "applications", Served::find),
    (Method::Post, "/applications", "applications", Served::register),
    (Method::Get, "/applications/{id}", "applications", Served::get),
    (Method::Delete, "/applications/{id}", "applications", Served::revoke),
    (Method::Put, "/applications/{id}/secret", "applications", Served::replace),
];

const GAM_ROUTES: [Answering; 2] = [
    (Method::Post, "/oauth/access_token", "access_token", |service, request| {
        service.access_token(request, Dialect::Gam)
    }),
    (Method::Post, "/oauth/gam/v2.0/access_token", "access_token", |service, request| {
        service.access_token(request, Dialect::Gam)
    }),
];

/// How errors look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// `GAM`'s objects with codes.
    Gam,
    /// RFC 6749, section 5.2: one refusal for all, so that nobody learns which ids there are.
    Rfc6749,
}

impl Service {
    /// Makes everything that serving takes, and looks at the registry. An error is one of the system, which gives too little; to
    /// be called before anybody listens.
    pub fn new(config: Config, directory: Box<dyn Directory + Send>) -> std::io::Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        OsRandom.fill(key.as_mut())?;
        let prepared = Prepared::new(Limits::fitting())?;
        let served = Served {
            config,
            directory: Mutex::new(directory),
            key,
            failures: Mutex::default(),
            counts: Mutex::default(),
            beyond: true,
        };
        // A registry that is looked at now is missed where it goes away; what is wrong with it is told to its owner.
        served.health();
        Ok(Self { served, prepared })
    }

    /// Serves until a signal asks the process to end, which [`watch`](interrupt::watch) has to be listening for, then lets go on
    /// what is under way for a moment. Without TLS everybody on the way reads the secrets.
    pub fn serve(self, listener: TcpListener, tls: Option<Tls>) -> std::io::Result<()> {
        let Self { mut served, prepared } = self;
        served.beyond = !listener.local_addr()?.ip().to_canonical().is_loopback();
        let served = Arc::new(served);
        let ended = prepared.serve(listener, tls, served.routes(), |end| interrupt::at_first(move || end.ask()));
        interrupt::as_usual();
        // Only now, outside of the server's runtime: a client of a database has one of its own, which ends with it.
        drop(served);
        ended
    }
}

impl Served {
    fn routes(self: &Arc<Self>) -> Routes {
        let gam = if self.config.gam { &GAM_ROUTES[..] } else { &[] };
        let route = |(method, path, name, answer): &Answering| -> (Method, &'static str, Handler) {
            let (service, name, answer) = (Arc::clone(self), *name, *answer);
            let handler: Handler = Arc::new(move |request| service.counted(name, answer(&service, request)));
            (*method, *path, handler)
        };
        let service = Arc::clone(self);
        Routes {
            routes: ROUTES.iter().chain(gam).map(route).collect(),
            fault: Arc::new(move |fault| service.counted("other", said(fault))),
        }
    }

    fn counted(&self, route: &'static str, reply: Reply) -> Reply {
        held(&self.counts).request(route, reply.status);
        reply
    }

    /// Somebody was not who they said, which `reply` says. After too many of these it says to slow down, and slows down.
    fn refused(&self, request: &Request, reply: Reply) -> Reply {
        match held(&self.failures).count(request.peer, clock::unix_seconds()) {
            Ok(()) => reply,
            Err(wait) => {
                let mut reply = problem(429, "slow_down", "too many refused requests from this address");
                reply.headers.push(("Retry-After", wait.to_string()));
                reply.held_back = Some(HELD_BACK);
                reply
            }
        }
    }

    fn directory(&self) -> MutexGuard<'_, Box<dyn Directory + Send>> {
        held(&self.directory)
    }

    /// What a fault of the registry is to who asks: nothing of its cause, which the owner is told.
    fn fault(&self, error: &RegistryError) -> Reply {
        (self.config.fault)(&error.to_string());
        let mut reply = problem(503, "temporarily_unavailable", "the registry does not answer");
        reply.headers.push(("Retry-After", "2".to_owned()));
        reply
    }

    fn health(&self) -> Reply {
        let Ok(nobody) = ClientId::parse("health") else { return problem(500, "server_error", "") };
        match self.directory().entry(&nobody) {
            Ok(_) => json_reply(200, &json!({ "status": "ok" })),
            Err(error) => self.fault(&error),
        }
    }
}

/// What there is no answer to.
fn said(fault: Fault) -> Reply {
    let (error, description) = match fault {
        Fault::Missing => ("not_found", "nothing is served there"),
        Fault::Method => ("invalid_request", "nothing is done there by this method"),
        Fault::Host => ("invalid_request", "one header Host is expected, with a host"),
        Fault::Malformed => ("invalid_request", "the request cannot be read"),
        Fault::Late => ("invalid_request", "the content did not come in time"),
        Fault::Large => ("invalid_request", "the content is too large"),
        Fault::Busy => ("temporarily_unavailable", "there is no answer in time"),
        Fault::Broken => ("server_error", "there is no answer"),
    };
    let mut reply = problem(fault.status(), error, description);
    if fault == Fault::Busy {
        reply.headers.push(("Retry-After", "2".to_owned()));
    }
    reply
}

/// A lock's content, also where a thread ended within it: nothing here is left half changed.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// JSON that nobody on the way keeps (RFC 6749, section 5.1).
fn json_reply(status: u16, body: &Value) -> Reply {
    Reply {
        status,
        headers: vec![("Cache-Control", "no-store".to_owned()), ("Pragma", "no-cache".to_owned())],
        content_type: "application/json",
        body: Zeroizing::new(body.to_string().into_bytes()),
        held_back: None,
    }
}

/// An error of RFC 6749, section 5.2.
fn problem(status: u16, error: &str, description: &str) -> Reply {
    json_reply(status, &json!({ "error": error, "error_description": description }))
}

/// An error as `GAM` has it.
fn gam_problem(status: u16, code: &str, message: &str) -> Reply {
    let mut reply = json_reply(status, &json!({ "error": { "code": code, "message": message } }));
    reply.headers.push(("WWW-Authenticate", format!("OAuth realm=\"{REALM}\",error_code=\"{code}\"")));
    reply
}

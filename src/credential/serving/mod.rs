//! `registry serve`: a registry of ours for builds that must not hold a database's password, and the identification that every
//! request of an app undergoes.
//!
//! * `/applications...`: the contract of the registry `http` (docs/registry-http.yaml), for holders of a registration token.
//! * `/oauth/access_token`, `/oauth/gam/v2.0/access_token`: as `GAM` answers, with its error codes.
//! * `/oauth/token`: the same as RFC 6749 has it. `/introspect`: RFC 7662.
//! * `/health`, `/metrics`.
//!
//! For prototyping and small teams: it knows applications, no users, and access tokens live in its memory.
//!
//! Must not: tell by an answer's time how much of a secret was right, or say a secret but to who registers.

mod applications;
mod failures;
pub mod form;
mod token;

use std::collections::BTreeMap;
use std::fmt;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::registry::RegistryError;
use super::registry::directory::Directory;
use super::secret::keyed;
use super::{ClientId, EnvironmentName};
use crate::host::clock;
use crate::host::random::{OsRandom, Randomness};
use crate::host::server::{self, Reply, Request, Tls};
use failures::Failures;
use token::AccessTokens;

/// How it serves.
pub struct Config {
    /// The environment it serves: what is registered through it is registered for that one.
    pub environment: EnvironmentName,
    /// Whether applications are recognised by their id alone, where they send no secret.
    pub public: bool,
    /// Who may register, revoke and replace secrets: holders of one of these.
    pub tokens: Vec<Zeroizing<String>>,
    /// Told what the owner of the server should know: faults of the registry. No secret is in it.
    pub fault: Box<dyn Fn(&str) + Send + Sync>,
}

/// A registry, served.
pub struct Service {
    config: Config,
    directory: Mutex<Box<dyn Directory + Send>>,
    /// For comparing in constant time; new in each process.
    key: [u8; 32],
    access: Mutex<AccessTokens>,
    failures: Mutex<Failures>,
    counts: Mutex<BTreeMap<(&'static str, u16), u64>>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("environment", &self.config.environment).finish_non_exhaustive()
    }
}

impl Service {
    /// Serves a registry.
    pub fn new(config: Config, directory: Box<dyn Directory + Send>) -> std::io::Result<Self> {
        let mut key = [0; 32];
        OsRandom.fill(&mut key)?;
        let service = Self {
            config,
            directory: Mutex::new(directory),
            key,
            access: Mutex::default(),
            failures: Mutex::default(),
            counts: Mutex::default(),
        };
        // A registry that is looked at now is missed where it goes away; what is wrong with it is told to its owner.
        service.health();
        Ok(service)
    }

    /// Serves until the process is asked to end (SIGINT, SIGTERM), then lets go on what is under way for a moment. Without
    /// TLS everybody on the way reads the secrets.
    pub fn serve(self, listener: TcpListener, tls: Option<Tls>) -> std::io::Result<()> {
        server::serve(listener, tls, Arc::new(move |request| self.answer(&request)))
    }

    fn answer(&self, request: &Request) -> Reply {
        let (route, reply) = self.route(request);
        *held(&self.counts).entry((route, reply.status)).or_default() += 1;
        reply
    }

    fn route(&self, request: &Request) -> (&'static str, Reply) {
        let path = request.path.strip_suffix('/').unwrap_or(&request.path);
        let guessable = path.starts_with("/applications") || path.starts_with("/oauth/") || path == "/introspect";
        if guessable && let Err(wait) = held(&self.failures).check(request.peer.ip(), clock::unix_seconds()) {
            let mut reply = problem(429, "slow_down", "too many refused requests from this address");
            reply.headers.push(("Retry-After", wait.to_string()));
            return ("refused", reply);
        }
        match (request.method.as_str(), path) {
            ("GET", "/health") => ("health", self.health()),
            ("GET", "/metrics") => ("metrics", self.metrics()),
            ("POST", "/oauth/access_token" | "/oauth/gam/v2.0/access_token") => {
                ("access_token", self.access_token(request, token::Dialect::Gam))
            }
            ("POST", "/oauth/token") => ("token", self.access_token(request, token::Dialect::Rfc6749)),
            ("POST", "/introspect") => ("introspect", self.introspect(request)),
            (_, "/oauth/access_token" | "/oauth/gam/v2.0/access_token" | "/oauth/token" | "/introspect") => {
                ("other", problem(405, "invalid_request", "POST is expected"))
            }
            (_, path) if path == "/applications" || path.starts_with("/applications/") => {
                ("applications", self.applications(request, path))
            }
            _ => ("other", problem(404, "not_found", "nothing is served there")),
        }
    }

    /// Somebody was not who they said.
    fn refused(&self, request: &Request) {
        held(&self.failures).count(request.peer.ip(), clock::unix_seconds());
    }

    /// Whether the holder of a registration token asks.
    fn may_register(&self, request: &Request) -> bool {
        let Some(given) = request.authorization.as_ref().and_then(|header| header.strip_prefix("Bearer ")) else {
            return false;
        };
        // Digests under a key of this process: their comparison tells nothing of the texts. All are compared.
        let given = keyed(&self.key, given.trim().as_bytes());
        self.config.tokens.iter().fold(false, |found, token| found | (keyed(&self.key, token.as_bytes()) == given))
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

    /// Counters in the text format of Prometheus.
    fn metrics(&self) -> Reply {
        use fmt::Write;
        let mut text = String::from("# TYPE inject_requests_total counter\n");
        for ((route, status), count) in held(&self.counts).iter() {
            let _ = writeln!(text, "inject_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}");
        }
        let live = held(&self.access).live(clock::unix_seconds());
        let _ = write!(text, "# TYPE inject_access_tokens gauge\ninject_access_tokens {live}\n");
        Reply {
            status: 200,
            headers: Vec::new(),
            content_type: "text/plain; version=0.0.4",
            body: Zeroizing::new(text.into_bytes()),
        }
    }
}

/// A lock's content, also where a thread ended within it: nothing here is left half changed.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// JSON that nobody on the way keeps (RFC 6749, section 5.1).
fn json_reply(status: u16, body: &Value) -> Reply {
    let body = Zeroizing::new(body.to_string().into_bytes());
    Reply { status, headers: vec![("Cache-Control", "no-store".to_owned())], content_type: "application/json", body }
}

/// An error of RFC 6749, section 5.2.
fn problem(status: u16, error: &str, description: &str) -> Reply {
    json_reply(status, &json!({ "error": error, "error_description": description }))
}

/// An error as `GAM` has it.
fn gam_problem(status: u16, code: &str, message: &str) -> Reply {
    let mut reply = json_reply(status, &json!({ "error": { "code": code, "message": message } }));
    reply.headers.push(("WWW-Authenticate", format!("OAuth realm=\"inject\",error_code=\"{code}\"")));
    reply
}

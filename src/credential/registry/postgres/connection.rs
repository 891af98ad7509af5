//! Where a database is and how it is reached: over TLS with the server's name checked, or within this machine.
//!
//! Must not: say a connection string, which holds a password.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use postgres::config::{Host, SslMode};
use postgres::error::SqlState;
use postgres::{Client, Config, NoTls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::credential::registry::RegistryIdentity;

/// How long the way to a server may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a statement may take, waiting for others included: what a registration does takes milliseconds.
const STATEMENT: &str = "-c statement_timeout=20000 -c idle_in_transaction_session_timeout=20000";

/// Where a database is, its password included.
#[derive(Clone)]
pub struct Address {
    config: Config,
    identity: RegistryIdentity,
    tls: Option<Arc<ClientConfig>>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// Why a text is no address of a database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It cannot be read. It is not repeated: it may hold a password.
    #[error("no connection string of PostgreSQL; expected postgres://USER:PASSWORD@HOST/DATABASE")]
    Form,
    /// It is not said where.
    #[error("the connection string names no {0}; expected postgres://USER:PASSWORD@HOST/DATABASE")]
    Lacks(&'static str),
    /// TLS is switched off for another machine.
    #[error(
        "sslmode={0} would let everybody on the way to {1} read what is sent; use verify-full, which is also what counts \
         where nothing is said"
    )]
    Unsafe(String, String),
    /// The certificates.
    #[error("certificates to trust: {0}")]
    Roots(String),
}

impl Address {
    /// Takes a connection string, a URL or `key=value` words. `roots`: PEM of certificates to trust instead of the built-in
    /// ones.
    pub fn parse(text: &str, roots: Option<&[u8]>) -> Result<Self, AddressError> {
        let (text, mode) = without_mode(text);
        let mut config: Config = text.trim().parse().map_err(|_| AddressError::Form)?;
        let hosts: Vec<String> = config.get_hosts().iter().map(name).collect();
        if hosts.is_empty() {
            return Err(AddressError::Lacks("host"));
        }
        let database = config.get_dbname().or(config.get_user()).ok_or(AddressError::Lacks("database"))?.to_owned();
        // A word that is mistyped makes the one before it swallow it, and names are shown: the next word may be the password.
        let is_name = |text: &str| !text.contains(|c: char| c.is_whitespace() || c.is_control() || "=@".contains(c));
        if !hosts.iter().all(|host| is_name(host)) || !is_name(&database) {
            return Err(AddressError::Form);
        }
        let ports: Vec<u16> = config.get_ports().to_vec();
        let port = |index: usize| ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        let places: Vec<String> =
            hosts.iter().enumerate().map(|(index, host)| format!("{host}:{}", port(index))).collect();
        let identity = RegistryIdentity(format!("postgres:{}/{database}", places.join(",")));
        let local = config.get_hosts().iter().all(is_local);
        let tls = match mode.as_deref() {
            Some("disable" | "allow" | "prefer") if !local => {
                return Err(AddressError::Unsafe(mode.unwrap_or_default(), hosts.join(", ")));
            }
            None | Some("disable" | "allow" | "prefer") if local => None,
            _ => Some(Arc::new(trust(roots)?)),
        };
        let patience = config.get_connect_timeout().copied().unwrap_or(PATIENCE);
        config
            .ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable })
            .connect_timeout(patience)
            .tcp_user_timeout(2 * PATIENCE)
            .application_name("inject");
        let options = config.get_options().map_or(STATEMENT.to_owned(), |own| format!("{STATEMENT} {own}"));
        config.options(&options);
        Ok(Self { config, identity, tls })
    }

    /// Which registry that is; holds neither user nor password.
    pub fn identity(&self) -> RegistryIdentity {
        self.identity.clone()
    }

    pub(super) fn connect(&self) -> Result<Client, postgres::Error> {
        match &self.tls {
            None => self.config.connect(NoTls),
            Some(tls) => self.config.connect(MakeRustlsConnect::new(tls.as_ref().clone())),
        }
    }
}

/// Takes `sslmode` out of a connection string: what stands there is stronger here, and libpq's words are not all known.
fn without_mode(text: &str) -> (String, Option<String>) {
    let Some(at) = text.find("sslmode=").filter(|at| {
        let before = at.checked_sub(1).and_then(|before| text.as_bytes().get(before));
        before.is_none_or(|byte| b"?& \t\n".contains(byte))
    }) else {
        return (text.to_owned(), None);
    };
    let (head, tail) = text.split_at_checked(at).unwrap_or((text, ""));
    let value = tail.strip_prefix("sslmode=").unwrap_or(tail);
    let end = value.find(['&', ' ', '\t', '\n']).unwrap_or(value.len());
    let (mode, rest) = value.split_at_checked(end).unwrap_or((value, ""));
    let rest = rest.strip_prefix('&').unwrap_or(rest);
    let whole = format!("{head}{rest}");
    (whole.trim_end_matches(['?', '&']).to_owned(), Some(mode.trim_matches('\'').to_owned()))
}

fn name(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.to_ascii_lowercase(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => ["localhost", "127.0.0.1", "::1"].contains(&name.to_ascii_lowercase().as_str()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// What is trusted; the name of the server is always checked against its certificate.
fn trust(roots: Option<&[u8]>) -> Result<ClientConfig, AddressError> {
    let mut store = RootCertStore::empty();
    match roots {
        None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(pem) => {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|e| AddressError::Roots(e.to_string()))?;
                store.add(certificate).map_err(|e| AddressError::Roots(e.to_string()))?;
            }
            if store.is_empty() {
                return Err(AddressError::Roots("the file holds no certificate in PEM".to_owned()));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| AddressError::Roots(e.to_string()))?;
    Ok(builder.with_root_certificates(store).with_no_client_auth())
}

/// Whether the same question may have an answer a little later: the connection broke, or the server was starting or ending.
pub(super) fn may_pass(error: &postgres::Error) -> bool {
    let code = error.code();
    if let Some(code) = code {
        let passing = [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::CONNECTION_FAILURE,
        ];
        return passing.contains(code);
    }
    // A certificate that is not trusted stays so.
    !describe(error).contains("certificate") && !is_refusal(error)
}

fn is_refusal(error: &postgres::Error) -> bool {
    let text = error.to_string();
    ["TLS handshake", "authentication", "configuration"].iter().any(|word| text.contains(word))
}

/// What went wrong, causes included. None of them holds the connection string.
pub(super) fn describe(error: &postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return format!("{} (SQLSTATE {})", error.message(), error.code().code());
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let more = next.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = next.source();
    }
    text
}

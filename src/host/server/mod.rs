//! A server over HTTP (RFC 9110, RFC 9112): requests within a size and a time, each handed to the function of its route, over TLS
//! where a certificate is given. One thread speaks with everybody, and others answer, one request each at a time.
//!
//! All threads and descriptors it stands on are made before the first connection is taken, and what cannot be made is an error.
//!
//! Must not: know what is asked, wake its runtime from another thread but through `bell`, or wait for one client on behalf of
//! another.

mod bell;
mod clock;
mod connection;
mod exchange;
mod jobs;
mod peer;
mod places;
mod route;

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use bell::Bell;
use clock::Clock;
pub use exchange::{Fault, Handler, Method, Reply, Request};
use jobs::Jobs;
use places::Places;
pub use places::network;

/// What a client may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of a request's content: one application has some hundred.
    pub content: usize,
    /// How long the head of a request may take, from the answer before it on, and a TLS handshake. Who sends a byte a minute
    /// holds nothing up.
    pub head: Duration,
    /// How long the content of a request may take.
    pub body: Duration,
    /// How long an answer may be waited for.
    pub answer: Duration,
    /// How old a connection may be for another request to be waited for. It is cut at twice that.
    pub age: Duration,
    /// Connections at once.
    pub connections: usize,
    /// Connections at once of one address, or of one network of IPv6 (64 bits, which is what one customer has).
    pub share: usize,
    /// Requests that are answered at once; others wait in order.
    pub workers: usize,
    /// How long a request that was not there whole may go on to come after the end was asked for.
    pub unasked: Duration,
    /// How long everything may go on after the end was asked for.
    pub grace: Duration,
}

/// Descriptors beside those of connections: the registry's files, certificates, what is inherited.
const OTHERS: usize = 64;

impl Limits {
    /// With no more connections than the system gives this process descriptors for.
    pub fn fitting() -> Self {
        let limits = Self::default();
        let connections = descriptors().map_or(limits.connections, |all| all.saturating_sub(OTHERS).max(3));
        let connections = connections.min(limits.connections);
        Self { connections, share: limits.share.min(connections.div_ceil(3)), ..limits }
    }
}

#[cfg(unix)]
fn descriptors() -> Option<usize> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current?;
    Some(usize::try_from(limit).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
fn descriptors() -> Option<usize> {
    None
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            content: 64 * 1024,
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            answer: Duration::from_secs(20),
            age: Duration::from_mins(1),
            // Most systems give a process 1024 descriptors.
            connections: 768,
            share: 256,
            // The registry answers one question at a time.
            workers: 1,
            unasked: Duration::from_secs(1),
            grace: Duration::from_secs(8),
        }
    }
}

/// What is served.
pub struct Routes {
    /// Method and path, with at most one name in braces, and what answers there.
    pub routes: Vec<(Method, &'static str, Handler)>,
    /// What says that there is no answer.
    pub fault: Arc<dyn Fn(Fault) -> Reply + Send + Sync>,
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.routes.iter().map(|(method, path, _)| (method, path))).finish()
    }
}

/// What a server shows who it is by.
#[derive(Debug)]
pub struct Tls(Arc<ServerConfig>);

impl Tls {
    /// The certificates and the key, in PEM.
    pub fn of_pem(certificates: &[u8], key: &[u8]) -> Result<Self, String> {
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificates)
            .collect::<Result<_, _>>()
            .map_err(|error| format!("the certificates: {error}"))?;
        if chain.is_empty() {
            return Err("the certificates: the file holds none in PEM".to_owned());
        }
        // What the error says is not repeated: it stands in a key.
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| "the key: the file holds none in PEM".to_owned())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| error.to_string())?;
        Ok(Self(Arc::new(config)))
    }
}

/// Asks a server to end, from any thread.
#[derive(Clone)]
pub struct End {
    bell: Arc<Bell>,
    asked: Arc<watch::Sender<bool>>,
}

impl fmt::Debug for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("End").finish_non_exhaustive()
    }
}

impl End {
    /// No connection is taken any more; what is under way has a moment.
    pub fn ask(&self) {
        let asked = Arc::clone(&self.asked);
        self.bell.carry(Box::new(move || {
            asked.send_replace(true);
        }));
    }
}

/// What a server stands on: made before anybody listens, so that what cannot be had is an error before anybody asks.
pub struct Prepared {
    runtime: tokio::runtime::Runtime,
    bell: Arc<Bell>,
    /// What answers the bell. It is handed to the runtime on its own thread: from outside that would wake it in its own way.
    answering: Pin<Box<dyn Future<Output = ()> + Send>>,
    threads: Threads,
    limits: Limits,
}

/// Threads, ended when dropped.
struct Threads {
    clock: Arc<Clock>,
    jobs: Arc<Jobs>,
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.clock.end();
        self.jobs.end();
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Prepared {
    /// Makes all threads, and the descriptors that are no connections.
    pub fn new(limits: Limits) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let (bell, hearing) = Bell::new()?;
        let answering = {
            let _within = runtime.enter();
            Box::pin(hearing.answer(Arc::clone(&bell))?)
        };
        let clock = Clock::start(Arc::clone(&bell))?;
        let jobs = Jobs::start(limits.workers, Arc::clone(&bell)).inspect_err(|_| clock.end())?;
        Ok(Self { runtime, bell, answering, threads: Threads { clock, jobs }, limits })
    }

    /// Serves until it is asked to end by what `told` gets, then lets go on what is under way for a moment.
    pub fn serve(
        self,
        listener: TcpListener,
        tls: Option<Tls>,
        routes: Routes,
        told: impl FnOnce(End),
    ) -> io::Result<()> {
        let Self { runtime, bell, answering, threads, limits } = self;
        let (asked, end) = watch::channel(false);
        let shared = connection::Shared {
            places: Arc::new(Places::new(limits.connections, limits.share)),
            router: route::router(routes, &limits, &threads.clock, &threads.jobs),
            tls: tls.map(|tls| TlsAcceptor::from(tls.0)),
            clock: Arc::clone(&threads.clock),
            limits,
            end,
        };
        runtime.block_on(async {
            tokio::spawn(answering);
            listener.set_nonblocking(true)?;
            let listener = tokio::net::TcpListener::from_std(listener)?;
            told(End { bell, asked: Arc::new(asked) });
            connection::accept(listener, Arc::new(shared)).await;
            Ok(())
        })
    }
}

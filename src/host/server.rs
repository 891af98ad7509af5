//! A server over HTTP (RFC 9112): requests within a size and a time, each handed to one function, over TLS where a certificate
//! is given.
//!
//! Must not: know what is asked.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

/// Bytes of a request's content: one application has some hundred.
const BODY: usize = 64 * 1024;
/// How long the head of a request may take, and a TLS handshake: who sends a byte a minute holds nothing up.
const HEAD: Duration = Duration::from_secs(10);
/// How long a connection may last.
const CONNECTION: Duration = Duration::from_mins(2);
/// Connections at once; others wait.
const CONNECTIONS: usize = 256;
/// Requests that are answered at once; others wait.
const WORKERS: usize = 8;
/// How long connections may go on after the end was asked for.
const GRACE: Duration = Duration::from_secs(5);

/// A request.
pub struct Request {
    /// GET, POST, ...
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// What stands behind `?`.
    pub query: String,
    /// The header `Authorization`.
    pub authorization: Option<Zeroizing<String>>,
    /// The header `Content-Type`.
    pub content_type: String,
    /// The content.
    pub body: Zeroizing<Vec<u8>>,
    /// Who sent it.
    pub peer: SocketAddr,
}

/// An answer.
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Headers beside the content's type and length.
    pub headers: Vec<(&'static str, String)>,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The content.
    pub body: Zeroizing<Vec<u8>>,
}

/// What answers requests.
pub type Handler = dyn Fn(Request) -> Reply + Send + Sync;

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

/// Serves until the process is asked to end (SIGINT, SIGTERM), then lets go on what is under way for a moment.
pub fn serve(listener: TcpListener, tls: Option<Tls>, handler: Arc<Handler>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(WORKERS).build()?;
    runtime.block_on(accept(listener, tls.map(|tls| TlsAcceptor::from(tls.0)), handler))
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, handler: Arc<Handler>) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut end = pin!(asked_to_end()?);
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return Ok(()) };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut end => break,
        };
        let Ok((stream, peer)) = accepted else {
            // Out of file descriptors, for example: others will end.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (tls, handler) = (tls.clone(), Arc::clone(&handler));
        tokio::spawn(async move {
            let connection = async {
                match tls {
                    None => speak(TokioIo::new(stream), peer, handler).await,
                    Some(tls) => {
                        if let Ok(Ok(stream)) = tokio::time::timeout(HEAD, tls.accept(stream)).await {
                            speak(TokioIo::new(stream), peer, handler).await;
                        }
                    }
                }
            };
            let _ = tokio::time::timeout(CONNECTION, connection).await;
            drop(place);
        });
    }
    // All places free again: everybody has been answered.
    let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(GRACE, room.acquire_many(all)).await;
    Ok(())
}

#[cfg(unix)]
fn asked_to_end() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn asked_to_end() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

async fn speak<S>(stream: S, peer: SocketAddr, handler: Arc<Handler>)
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin,
{
    let service = service_fn(move |request| {
        let handler = Arc::clone(&handler);
        async move { Ok::<_, std::convert::Infallible>(answer(request, peer, handler).await) }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD).keep_alive(false);
    let _ = builder.serve_connection(stream, service).await;
}

async fn answer(request: hyper::Request<Incoming>, peer: SocketAddr, handler: Arc<Handler>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY).collect().await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let text = |headers: &HeaderMap, name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let request = Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        authorization: text(&head.headers, AUTHORIZATION).map(Zeroizing::new),
        content_type: text(&head.headers, CONTENT_TYPE).unwrap_or_default(),
        body: Zeroizing::new(body.to_bytes().to_vec()),
        peer,
    };
    let Ok(reply) = tokio::task::spawn_blocking(move || handler(request)).await else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let mut response = Response::builder().status(reply.status).header(CONTENT_TYPE, reply.content_type);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    let body = Full::new(Bytes::copy_from_slice(&reply.body));
    response.body(body).unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR))
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = status;
    response
}

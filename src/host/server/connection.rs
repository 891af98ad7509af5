//! Taking connections, and speaking on each.
//!
//! Must not: let a connection outlive its place.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::Limits;
use super::clock::{Clock, Timer};
use super::peer::Peer;
use super::places::Places;
use super::route::without_slash;

/// Bytes of a head: the longest id and secret, encoded twice, are a third of it.
const HEAD: usize = 16 * 1024;
/// How long nothing is taken after the system refused, and how often is looked whether all have ended.
const PAUSE: Duration = Duration::from_millis(50);

/// What all connections have.
pub(super) struct Shared {
    pub(super) places: Arc<Places>,
    pub(super) router: Router,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) clock: Arc<Clock>,
    pub(super) limits: Limits,
    pub(super) end: watch::Receiver<bool>,
}

/// Takes connections until the end is asked for, then waits until all have ended, or time is up.
pub(super) async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut end = shared.end.clone();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = end.wait_for(|end| *end) => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => begin(stream, peer, &shared),
            // Out of file descriptors, for example.
            Err(_) => {
                shared.places.shrink();
                tokio::select! {
                    biased;
                    _ = end.wait_for(|end| *end) => break,
                    () = shared.clock.sleep(PAUSE) => {}
                }
            }
        }
    }
    // Who is in the system's queue was told that the connection is there.
    for _ in 0..shared.limits.connections {
        let next = tokio::select! {
            biased;
            next = listener.accept() => next,
            () = std::future::ready(()) => break,
        };
        let Ok((stream, peer)) = next else { break };
        begin(stream, peer, &shared);
    }
    drop(listener);
    let began = Instant::now();
    while !shared.places.are_free() && began.elapsed() < shared.limits.grace {
        if began.elapsed() >= shared.limits.unasked {
            shared.places.dismiss_waiting();
        }
        shared.clock.sleep(PAUSE).await;
    }
}

fn begin(stream: TcpStream, peer: SocketAddr, shared: &Arc<Shared>) {
    let Some(place) = shared.places.take(peer.ip()) else { return };
    let peer = Peer { address: peer.ip(), place: Arc::new(place) };
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        let place = Arc::clone(&peer.place);
        tokio::select! {
            biased;
            () = place.lost() => {}
            () = talk(stream, peer, &shared) => {}
        }
    });
}

async fn talk(stream: TcpStream, peer: Peer, shared: &Shared) {
    // Answers are small, and wait for nothing.
    let _ = stream.set_nodelay(true);
    match &shared.tls {
        None => speak(TokioIo::new(stream), peer, shared).await,
        Some(tls) => {
            if let Some(Ok(stream)) = shared.clock.within(shared.limits.head, tls.accept(stream)).await {
                speak(TokioIo::new(stream), peer, shared).await;
            }
        }
    }
}

async fn speak<S>(stream: S, peer: Peer, shared: &Shared)
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin,
{
    let router = TowerToHyperService::new(shared.router.clone());
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        if let Some(uri) = without_slash(request.uri()) {
            *request.uri_mut() = uri;
        }
        request.extensions_mut().insert(peer.clone());
        router.call(request)
    });
    let mut builder = http1::Builder::new();
    builder.timer(Timer(Arc::clone(&shared.clock))).header_read_timeout(shared.limits.head).max_buf_size(HEAD);
    let mut connection = pin!(builder.serve_connection(stream, service));
    let (mut old, mut too_old) =
        (pin!(shared.clock.sleep(shared.limits.age)), pin!(shared.clock.sleep(2 * shared.limits.age)));
    let mut end = shared.end.clone();
    let mut last = false;
    loop {
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            () = too_old.as_mut() => return,
            _ = end.wait_for(|end| *end), if !last => {}
            () = old.as_mut(), if !last => {}
        }
        // The request that is under way is the last one, and its answer says so.
        last = true;
        connection.as_mut().graceful_shutdown();
    }
}

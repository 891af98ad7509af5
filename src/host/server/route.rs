//! From a request as HTTP has it to the function of its route, and back: content within its size and time, one `Host`.
//!
//! Must not: answer on the runtime's thread what may take long.

use std::pin::pin;
use std::sync::Arc;

use axum::RequestExt;
use axum::Router;
use axum::body::Body;
use axum::extract::RawPathParams;
use axum::routing::{MethodFilter, on};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Bytes};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use hyper::{Response, StatusCode, Uri, Version};
use zeroize::Zeroizing;

use super::clock::Clock;
use super::jobs::Jobs;
use super::peer::Peer;
use super::{Fault, Handler, Limits, Method, Reply, Request, Routes};

/// Content that is too large is read so far, so that its client gets to read the answer.
const PASSED_OVER: usize = 1024 * 1024;

/// What all routes have.
struct Common {
    limits: Limits,
    clock: Arc<Clock>,
    jobs: Arc<Jobs>,
    fault: Arc<dyn Fn(Fault) -> Reply + Send + Sync>,
}

pub(super) fn router(routes: Routes, limits: &Limits, clock: &Arc<Clock>, jobs: &Arc<Jobs>) -> Router {
    let common = Arc::new(Common {
        limits: limits.clone(),
        clock: Arc::clone(clock),
        jobs: Arc::clone(jobs),
        fault: routes.fault,
    });
    let mut router = Router::new();
    for (method, path, handler) in routes.routes {
        let filter = match method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
            Method::Put => MethodFilter::PUT,
            Method::Delete => MethodFilter::DELETE,
        };
        let common = Arc::clone(&common);
        let answer = move |request: axum::extract::Request| {
            let (common, handler) = (Arc::clone(&common), Arc::clone(&handler));
            async move { common.answer(handler, request).await }
        };
        router = router.route(path, on(filter, answer));
    }
    let fault = |fault: Fault| {
        let common = Arc::clone(&common);
        move |request: axum::extract::Request| async move {
            let fault = if has_one_host(request.version(), request.headers()) { fault } else { Fault::Host };
            response((common.fault)(fault))
        }
    };
    router.fallback(fault(Fault::Missing)).method_not_allowed_fallback(fault(Fault::Method))
}

/// `/path/` is `/path`.
pub(super) fn without_slash(uri: &Uri) -> Option<Uri> {
    let path = uri.path().strip_suffix('/').filter(|path| !path.is_empty())?;
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{path}{query}").parse().ok()
}

impl Common {
    async fn answer(&self, handler: Handler, request: axum::extract::Request) -> Response<Body> {
        let place = request.extensions().get::<Peer>().map(|peer| Arc::clone(&peer.place));
        let reply = match self.whole(request).await {
            Err(fault) => Err(fault),
            Ok(request) => {
                if let Some(place) = &place {
                    place.works();
                }
                let answered = self.jobs.answer(handler, request);
                self.clock.within(self.limits.answer, answered).await.unwrap_or(Err(Fault::Busy))
            }
        };
        let reply = reply.unwrap_or_else(|fault| (self.fault)(fault));
        if let Some(place) = &place {
            place.waits();
        }
        if let Some(time) = reply.held_back {
            self.clock.sleep(time).await;
        }
        response(reply)
    }

    async fn whole(&self, mut request: axum::extract::Request) -> Result<Request, Fault> {
        if !has_one_host(request.version(), request.headers()) {
            return Err(Fault::Host);
        }
        let peer = request.extensions().get::<Peer>().map(|peer| peer.address).ok_or(Fault::Broken)?;
        let named = request.extract_parts::<RawPathParams>().await.map_err(|_| Fault::Malformed)?;
        let named = named.iter().next().map(|(_, value)| value.to_owned()).unwrap_or_default();
        let (head, body) = request.into_parts();
        let content = content(body, self.limits.content);
        let body = self.clock.within(self.limits.body, content).await.ok_or(Fault::Late)??;
        Ok(request_of(&head, named, body, peer))
    }
}

fn request_of(head: &Parts, named: String, body: Zeroizing<Vec<u8>>, peer: std::net::IpAddr) -> Request {
    let text = |value: &hyper::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    Request {
        named,
        query: head.uri.query().unwrap_or_default().to_owned(),
        authorization: head.headers.get_all(AUTHORIZATION).iter().map(|value| Zeroizing::new(text(value))).collect(),
        content_type: head.headers.get(CONTENT_TYPE).map(text),
        body,
        peer,
    }
}

async fn content(body: Body, limit: usize) -> Result<Zeroizing<Vec<u8>>, Fault> {
    // As much as it may be at once: growing would leave copies behind that nobody overwrites.
    let expected = body.size_hint().upper().and_then(|bytes| usize::try_from(bytes).ok());
    let mut content = Zeroizing::new(Vec::with_capacity(expected.unwrap_or(limit).min(limit)));
    let mut body = pin!(body);
    let mut seen = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame.map_err(|_| Fault::Malformed)?.into_data() else { continue };
        seen = seen.saturating_add(piece.len());
        if seen > limit.max(PASSED_OVER) {
            break;
        }
        if seen <= limit {
            content.extend_from_slice(&piece);
        }
    }
    if seen > limit { Err(Fault::Large) } else { Ok(content) }
}

/// RFC 9112, section 3.2: in HTTP/1.1 there is one, in none more than one, and it is a host with perhaps a port.
fn has_one_host(version: Version, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => version < Version::HTTP_11,
        (Some(host), None) => {
            let authority = Authority::try_from(host.as_bytes());
            host.is_empty() || authority.is_ok_and(|authority| !authority.as_str().contains('@'))
        }
        (Some(_), Some(_)) => false,
    }
}

fn response(reply: Reply) -> Response<Body> {
    let Reply { status, headers, content_type, body, held_back: _ } = reply;
    let mut response = Response::builder().status(status).header(CONTENT_TYPE, content_type);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(Bytes::from_owner(body))).unwrap_or_else(|_| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

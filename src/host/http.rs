//! Requests over HTTP (RFC 9110): a token for one address alone, an answer within a time and a size.
//!
//! Redirections are not followed, because they would carry the token somewhere else. TLS is verified against the roots that
//! are built in, or against a file of certificates.
//!
//! Must not: repeat a request; the caller knows whether that is safe.

use std::time::Duration;

use ureq::Agent;
use ureq::http::Request;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use zeroize::Zeroizing;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// An address that is none, or that is not safe.
    #[error("{url}: {problem}")]
    Url {
        /// The address.
        url: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// The connection.
    #[error("{method} {url}: {problem}")]
    Connection {
        /// GET, POST, DELETE.
        method: &'static str,
        /// The address.
        url: String,
        /// Why.
        problem: String,
    },
    /// The certificates.
    #[error("certificates to trust: {0}")]
    Roots(String),
}

/// A request.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// GET, POST, DELETE.
    pub method: &'static str,
    /// The address.
    pub url: &'a str,
    /// JSON to send.
    pub body: Option<&'a [u8]>,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// `Retry-After` in seconds, where the server gives it so.
    pub retry_after: Option<u64>,
    /// The content.
    pub body: Zeroizing<Vec<u8>>,
}

/// Who asks.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    token: Option<Zeroizing<String>>,
    limit: u64,
}

impl Client {
    /// A client that waits `patience` for a whole answer of `limit` bytes at most. `roots`: PEM of certificates to trust
    /// instead of the built-in ones.
    pub fn new(
        token: Option<Zeroizing<String>>,
        roots: Option<&[u8]>,
        patience: Duration,
        limit: u64,
    ) -> Result<Self, HttpError> {
        let mut tls = TlsConfig::builder();
        if let Some(pem) = roots {
            let mut certificates: Vec<Certificate<'static>> = Vec::new();
            for item in parse_pem(pem) {
                if let PemItem::Certificate(certificate) = item.map_err(|e| HttpError::Roots(e.to_string()))? {
                    certificates.push(certificate);
                }
            }
            if certificates.is_empty() {
                return Err(HttpError::Roots("the file holds no certificate in PEM".to_owned()));
            }
            tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(patience))
            .tls_config(tls.build())
            .user_agent(concat!("inject/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: config.into(), token, limit })
    }

    /// Sends a request and takes the whole answer.
    pub fn ask(&self, ask: Ask<'_>) -> Result<Reply, HttpError> {
        let Ask { method, url, body } = ask;
        check(url)?;
        let failed = |problem: String| HttpError::Connection { method, url: url.to_owned(), problem };
        let mut request = Request::builder().method(method).uri(url).header("Accept", "application/json");
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {}", token.as_str()));
        }
        if body.is_some() {
            request = request.header("Content-Type", "application/json");
        }
        let sent = match body {
            Some(body) => request.body(body).map_err(|e| failed(e.to_string())).map(|request| self.agent.run(request)),
            None => request.body(()).map_err(|e| failed(e.to_string())).map(|request| self.agent.run(request)),
        };
        let mut reply = sent?.map_err(|e| failed(e.to_string()))?;
        let retry_after = reply.headers().get("Retry-After").and_then(|value| value.to_str().ok()?.parse().ok());
        let bytes =
            reply.body_mut().with_config().limit(self.limit).read_to_vec().map_err(|e| failed(e.to_string()))?;
        Ok(Reply { status: reply.status().as_u16(), retry_after, body: Zeroizing::new(bytes) })
    }
}

/// Whether a token and a secret may travel to an address: over TLS, or within this machine.
pub fn check(url: &str) -> Result<(), HttpError> {
    let wrong = |problem| HttpError::Url { url: url.to_owned(), problem };
    let Some(rest) = url.strip_prefix("http://") else {
        return if url.starts_with("https://") { Ok(()) } else { Err(wrong("expected an address with https://")) };
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        return Err(wrong("credentials in an address would be logged; give a token instead"));
    }
    let host = host
        .rsplit_once(':')
        .map_or(host, |(host, port)| if port.bytes().all(|b| b.is_ascii_digit()) { host } else { rest });
    if ["localhost", "127.0.0.1", "[::1]"].contains(&host) {
        Ok(())
    } else {
        Err(wrong("without TLS everybody on the way would read the secret; use https://"))
    }
}

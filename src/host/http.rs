//! Requests over HTTP (RFC 9110): a proof for one address alone, an answer within a time and a size.
//!
//! Redirections are not followed, because they would carry the proof somewhere else. TLS is verified against the roots that
//! are built in, or against a file of certificates.
//!
//! Must not: repeat a request; the caller knows whether that is safe.

use std::io::ErrorKind;
use std::time::Duration;

use ureq::Agent;
use ureq::Timeout;
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
        /// GET, POST, PUT, DELETE.
        method: &'static str,
        /// The address.
        url: String,
        /// Why.
        problem: String,
        /// Whether the request may have reached the server.
        sent: bool,
    },
    /// Who answers there has no certificate that is trusted. Asking again changes nothing.
    #[error("{method} {url}: the certificate of the server is not trusted: {problem}")]
    Certificate {
        /// GET, POST, PUT, DELETE.
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

/// How a request shows who sends it.
#[derive(Clone, Copy)]
pub enum Proof<'a> {
    /// Not at all.
    None,
    /// A bearer token (RFC 6750).
    Bearer(&'a str),
    /// Client Id and secret, encoded (RFC 7617; RFC 6749, section 2.3.1).
    Basic(&'a str),
}

impl std::fmt::Debug for Proof<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Proof(redacted)")
    }
}

/// What a request carries.
#[derive(Clone, Copy)]
pub enum Body<'a> {
    /// Nothing.
    Empty,
    /// JSON.
    Json(&'a [u8]),
    /// A form: `application/x-www-form-urlencoded`.
    Form(&'a [u8]),
}

impl std::fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Body(redacted)")
    }
}

/// A request.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// GET, POST, PUT, DELETE.
    pub method: &'static str,
    /// The address.
    pub url: &'a str,
    /// Who asks. It goes to that address and nowhere else.
    pub proof: Proof<'a>,
    /// What is sent.
    pub body: Body<'a>,
    /// Headers beside.
    pub headers: &'a [(&'static str, &'a str)],
}

/// An answer, whatever its status.
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// `Retry-After` in seconds, where the server gives it so.
    pub retry_after: Option<u64>,
    /// The content.
    pub body: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The content may be a secret.
        let Self { status, retry_after, body: _ } = self;
        f.debug_struct("Reply").field("status", status).field("retry_after", retry_after).finish_non_exhaustive()
    }
}

/// Connections with what they trust.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    limit: u64,
}

impl Client {
    /// A client that waits `patience` for a whole answer of `limit` bytes at most. `roots`: PEM of certificates to trust
    /// instead of the built-in ones.
    pub fn new(roots: Option<&[u8]>, patience: Duration, limit: u64) -> Result<Self, HttpError> {
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
        Ok(Self { agent: config.into(), limit })
    }

    /// Sends a request and takes the whole answer.
    pub fn ask(&self, ask: Ask<'_>) -> Result<Reply, HttpError> {
        let Ask { method, url, proof, body, headers } = ask;
        check(url)?;
        let failed = |problem: String, sent| HttpError::Connection { method, url: url.to_owned(), problem, sent };
        let mut request = Request::builder().method(method).uri(url).header("Accept", "application/json");
        request = match proof {
            Proof::None => request,
            Proof::Bearer(token) => request.header("Authorization", Zeroizing::new(format!("Bearer {token}")).as_str()),
            Proof::Basic(pair) => request.header("Authorization", Zeroizing::new(format!("Basic {pair}")).as_str()),
        };
        let (kind, content) = match body {
            Body::Empty => (None, None),
            Body::Json(content) => (Some("application/json"), Some(content)),
            Body::Form(content) => (Some("application/x-www-form-urlencoded"), Some(content)),
        };
        if let Some(kind) = kind {
            request = request.header("Content-Type", kind);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        // What a header cannot hold is not repeated: it may be a token.
        let unsendable = |_| failed("the token or the address holds characters that cannot be sent".to_owned(), false);
        let answered = match content {
            Some(content) => self.agent.run(request.body(content).map_err(unsendable)?),
            None => self.agent.run(request.body(()).map_err(unsendable)?),
        };
        let mut reply = answered.map_err(|error| {
            let problem = error.to_string();
            match reached(&error) {
                Reached::Untrusted => HttpError::Certificate { method, url: url.to_owned(), problem },
                reached @ (Reached::Nobody | Reached::Perhaps) => failed(problem, reached == Reached::Perhaps),
            }
        })?;
        let retry_after = reply.headers().get("Retry-After").and_then(|value| value.to_str().ok()?.parse().ok());
        let bytes =
            reply.body_mut().with_config().limit(self.limit).read_to_vec().map_err(|e| failed(e.to_string(), true))?;
        Ok(Reply { status: reply.status().as_u16(), retry_after, body: Zeroizing::new(bytes) })
    }
}

/// How far a request came that got no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reached {
    /// The server has another identity than the one that is trusted.
    Untrusted,
    /// Certainly no server.
    Nobody,
    /// Perhaps the server, whose answer was lost.
    Perhaps,
}

#[allow(clippy::wildcard_enum_match_arm, reason = "errors of other crates, of which some are told apart")]
fn reached(error: &ureq::Error) -> Reached {
    let of_tls = |error: &rustls::Error| match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => Reached::Untrusted,
        _ => Reached::Perhaps,
    };
    match error {
        ureq::Error::Rustls(error) => of_tls(error),
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::BadUri(_)
        | ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => Reached::Nobody,
        ureq::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::AddrNotAvailable => Reached::Nobody,
            _ => error.get_ref().and_then(|inner| inner.downcast_ref()).map_or(Reached::Perhaps, of_tls),
        },
        _ => Reached::Perhaps,
    }
}

/// Percent-encoding of everything that is not unreserved (RFC 3986, section 2.3).
pub fn encoded(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(3 * text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Scheme, host and port of an address (RFC 6454), the port written out.
pub fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let port = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let default = match scheme.to_ascii_lowercase().as_str() {
        "https" => "443",
        "http" => "80",
        _ => return None,
    };
    let (name, port) = port.unwrap_or((&host, default));
    Some(format!("{}://{name}:{port}", scheme.to_ascii_lowercase()))
}

/// Whether a token and a secret may travel to an address: over TLS, or within this machine.
pub fn check(url: &str) -> Result<(), HttpError> {
    let wrong = |problem| HttpError::Url { url: url.to_owned(), problem };
    let (secure, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return Err(wrong("expected an address with https://")),
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        return Err(wrong("credentials in an address would be logged; give a token instead"));
    }
    if secure {
        return Ok(());
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

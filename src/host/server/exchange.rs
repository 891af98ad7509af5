//! What is asked and answered: a request, a reply, and who makes one of the other.
//!
//! Must not: know how either goes over a connection.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

/// A request.
pub struct Request {
    /// What stands in the path where its route has a name in braces, decoded.
    pub named: String,
    /// What stands behind `?`.
    pub query: String,
    /// Each header `Authorization`; empty where it is no text.
    pub authorization: Vec<Zeroizing<String>>,
    /// The header `Content-Type`.
    pub content_type: Option<String>,
    /// The content.
    pub body: Zeroizing<Vec<u8>>,
    /// Who sent it.
    pub peer: IpAddr,
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
    /// How long it is held back. Its connection gives way to others meanwhile.
    pub held_back: Option<Duration>,
}

/// Why a request gets to no route, or its route to no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is there.
    Missing,
    /// Something is there, by other methods.
    Method,
    /// Not one header `Host` (RFC 9112, section 3.2), or it names no host.
    Host,
    /// It cannot be read.
    Malformed,
    /// The content did not come in time.
    Late,
    /// More content than is read.
    Large,
    /// No answer in time.
    Busy,
    /// Who answers panicked.
    Broken,
}

impl Fault {
    /// The status code of it.
    pub fn status(self) -> u16 {
        match self {
            Self::Missing => 404,
            Self::Method => 405,
            Self::Host | Self::Malformed => 400,
            Self::Late => 408,
            Self::Large => 413,
            Self::Busy => 503,
            Self::Broken => 500,
        }
    }
}

/// A method that a route answers. HEAD is answered where GET is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Does.
    Post,
    /// Replaces.
    Put,
    /// Takes away.
    Delete,
}

/// What answers requests.
pub type Handler = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

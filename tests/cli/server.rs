//! A small HTTP server for tests: what it answers is the test's, faults included; over TLS where that is the question.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The bearer token.
    pub fn token(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What happens then.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Status line with further headers, and body.
    Answer(String, String),
    /// The connection is closed.
    HangUp,
    /// Nothing for so long, then the connection is closed.
    Silence(Duration),
    /// More is promised than comes.
    Cut(String, String),
}

impl Reply {
    pub fn answer(status: &str, body: impl Into<String>) -> Self {
        Self::Answer(status.to_owned(), body.into())
    }
}

/// A server, until the test ends.
#[derive(Debug, Clone)]
pub struct Server {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// Connections, requests or not.
    pub connections: Arc<AtomicUsize>,
    /// What was asked.
    pub requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Method and path of each request.
    pub fn asked(&self) -> Vec<String> {
        self.requests.lock().unwrap().iter().map(|request| format!("{} {}", request.method, request.path)).collect()
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Starts one.
pub fn start(handler: impl FnMut(&Request) -> Reply + Send + 'static) -> Server {
    run(None, handler)
}

/// Starts one over TLS; with it the PEM of the certificate to trust.
pub fn start_tls(name: &str, handler: impl FnMut(&Request) -> Reply + Send + 'static) -> (Server, String) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (run(Some(Arc::new(config)), handler), made.cert.pem())
}

type Handler = Mutex<Box<dyn FnMut(&Request) -> Reply + Send>>;

fn run(tls: Option<Arc<rustls::ServerConfig>>, handler: impl FnMut(&Request) -> Reply + Send + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let scheme = if tls.is_some() { "https" } else { "http" };
    let server = Server {
        url: format!("{scheme}://{}", listener.local_addr().unwrap()),
        connections: Arc::default(),
        requests: Arc::default(),
    };
    let shared = server.clone();
    let handler: Arc<Handler> = Arc::new(Mutex::new(Box::new(handler)));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            shared.connections.fetch_add(1, Ordering::SeqCst);
            let (shared, handler, tls) = (shared.clone(), Arc::clone(&handler), tls.clone());
            std::thread::spawn(move || {
                let stream = stream.unwrap();
                let _ = stream.set_read_timeout(Some(Duration::from_mins(1)));
                match tls {
                    None => serve(stream, &shared, &handler),
                    Some(config) => {
                        let connection = rustls::ServerConnection::new(config).unwrap();
                        serve(rustls::StreamOwned::new(connection, stream), &shared, &handler);
                    }
                }
            });
        }
    });
    server
}

fn serve(stream: impl Read + Write, server: &Server, handler: &Handler) {
    let mut reader = BufReader::new(stream);
    let Some(request) = read(&mut reader) else { return };
    server.requests.lock().unwrap().push(request.clone());
    let reply = handler.lock().unwrap()(&request);
    let mut stream = reader.into_inner();
    let (status, body, promised) = match reply {
        Reply::HangUp => return,
        Reply::Silence(time) => {
            std::thread::sleep(time);
            return;
        }
        Reply::Cut(status, body) => (status, body, 500),
        Reply::Answer(status, body) => (status, body, 0),
    };
    let length = body.len() + promised;
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
    let _ = stream.flush();
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let mut words = lines.first()?.split(' ').map(str::to_owned);
    let headers: Vec<(String, String)> = lines
        .iter()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let mut request = Request { method: words.next()?, path: words.next()?, headers, body: Vec::new() };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

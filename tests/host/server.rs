//! Limits of the server, with times that a test can wait for: lower bounds are what is asked for, upper ones far away.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use inject::host::server::{End, Fault, Limits, Method, Prepared, Reply, Request, Routes, network};
use zeroize::Zeroizing;

/// Far longer than anything here takes.
const LONG: Duration = Duration::from_mins(2);
/// What counts as at once on a busy machine.
const SOON: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(200);

const GET: &[u8] = b"GET /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

fn long() -> Limits {
    Limits { head: LONG, body: LONG, answer: LONG, age: LONG, grace: LONG, unasked: LONG, ..Limits::default() }
}

struct Running {
    address: SocketAddr,
    end: End,
    thread: JoinHandle<std::io::Result<()>>,
    /// Requests to `/wait` that have begun.
    begun: Arc<AtomicUsize>,
    /// Lets them end.
    open: Arc<AtomicBool>,
}

fn reply(status: u16) -> Reply {
    let body = Zeroizing::new(b"done".to_vec());
    Reply { status, headers: Vec::new(), content_type: "text/plain", body, held_back: None }
}

fn start(limits: Limits) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (begun, open) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let (counted, gate) = (Arc::clone(&begun), Arc::clone(&open));
    let wait = move |_: &Request| {
        counted.fetch_add(1, Ordering::SeqCst);
        while !gate.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(2));
        }
        reply(200)
    };
    let held_back = |_: &Request| Reply { held_back: Some(SHORT), ..reply(401) };
    let routes = Routes {
        routes: vec![
            (Method::Get, "/now", Arc::new(|_| reply(200))),
            (Method::Post, "/now", Arc::new(|_| reply(200))),
            (Method::Get, "/wait", Arc::new(wait)),
            (Method::Get, "/late", Arc::new(held_back)),
            (Method::Get, "/panic", Arc::new(|_| panic!("on purpose: what answers panics, and the server goes on"))),
        ],
        fault: Arc::new(|fault: Fault| reply(fault.status())),
    };
    let (sender, receiver) = mpsc::channel();
    let prepared = Prepared::new(limits).unwrap();
    let run = move || prepared.serve(listener, None, routes, |end| sender.send(end).unwrap());
    let thread = std::thread::Builder::new().spawn(run).unwrap();
    Running { address, end: receiver.recv().unwrap(), thread, begun, open }
}

impl Running {
    fn send(&self, text: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream.write_all(text).unwrap();
        stream
    }

    /// Whether a client is answered.
    fn answers(&self) -> bool {
        rest(self.send(GET)).starts_with("HTTP/1.1 200")
    }

    /// Asks for the end, and waits for it.
    fn end(self) -> Duration {
        let began = Instant::now();
        self.open.store(true, Ordering::SeqCst);
        self.end.ask();
        self.thread.join().unwrap().unwrap();
        began.elapsed()
    }
}

/// What comes until the connection ends.
fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "it is not ended"),
    }
    String::from_utf8(bytes).unwrap()
}

const NO_BODY: &[u8] = b"POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n";

#[test]
fn a_head_and_a_body_have_their_time() {
    for (limits, text, status) in [
        (Limits { head: SHORT, ..long() }, &b"GET /now HT"[..], ""),
        (Limits { head: SHORT, ..long() }, b"", ""),
        // Between two requests counts, too.
        (Limits { head: SHORT, ..long() }, b"GET /now HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200"),
        (Limits { body: SHORT, ..long() }, NO_BODY, "HTTP/1.1 408"),
        // Cut at twice that, which has to be enough for an answer.
        (Limits { age: SHORT * 10, ..long() }, b"GET /now HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200"),
        (Limits { age: SHORT, ..long() }, NO_BODY, ""),
    ] {
        let server = start(limits);
        let began = Instant::now();
        let answer = rest(server.send(text));
        assert!(answer.starts_with(status) && answer.is_empty() == status.is_empty(), "{text:?}: {answer}");
        assert!(began.elapsed() >= SHORT, "it is given its time");
        server.end();
    }
    // A piece now and then does not make it longer.
    let server = start(Limits { body: SHORT, ..long() });
    let mut stream = server.send(NO_BODY);
    let mut other = stream.try_clone().unwrap();
    let drip = std::thread::Builder::new().spawn(move || {
        while other.write_all(b"x").is_ok() {
            std::thread::sleep(SHORT * 4 / 10);
        }
    });
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    drop(stream);
    server.end();
    drip.unwrap().join().unwrap();
}

#[test]
fn an_address_has_a_share_and_who_waits_gives_way() {
    let server = start(Limits { share: 4, connections: 8, ..long() });
    let mut held: Vec<TcpStream> = [GET.get(..10).unwrap(), NO_BODY, b"", NO_BODY].map(|text| server.send(text)).into();
    for round in 0..6 {
        assert!(server.answers(), "round {round}");
    }
    // It was the one that had waited longest that gave way, and one was enough.
    assert_eq!(rest(held.remove(0)), "");
    for stream in &mut held {
        stream.set_nonblocking(true).unwrap();
        let found = stream.read(&mut [0]).unwrap_err();
        assert_eq!(found.kind(), std::io::ErrorKind::WouldBlock, "it is still there");
    }
    drop(held);
    server.end();
}

#[test]
fn a_request_that_is_whole_gives_way_to_nobody() {
    let server = start(Limits { share: 2, connections: 8, workers: 2, ..long() });
    let wait = b"GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let held = [server.send(wait), server.send(wait)];
    let until = Instant::now() + SOON;
    while server.begun.load(Ordering::SeqCst) < 2 {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(rest(server.send(b"")), "", "there is no place");
    server.open.store(true, Ordering::SeqCst);
    assert!(held.map(rest).iter().all(|answer| answer.starts_with("HTTP/1.1 200")));
    server.end();
}

#[cfg(target_os = "linux")]
#[test]
fn one_address_does_not_take_anothers() {
    let server = start(Limits { share: 4, connections: 6, ..long() });
    let from = |last: u8| {
        let stream = connect_from(last, server.address);
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream
    };
    let few = [from(9), from(9)];
    let many: Vec<TcpStream> = (0..4).map(|_| from(8)).collect();
    for last in [1, 7, 9, 10] {
        let mut stream = from(last);
        stream.write_all(GET).unwrap();
        assert!(rest(stream).starts_with("HTTP/1.1 200"), "127.0.0.{last}");
    }
    // The one with the most gave way, though the other had waited longer.
    for stream in &few {
        stream.set_nonblocking(true).unwrap();
        assert_eq!((&*stream).read(&mut [0]).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    }
    drop((few, many));
    server.end();
}

/// A connection from 127.0.0.`last`.
#[cfg(target_os = "linux")]
fn connect_from(last: u8, to: SocketAddr) -> TcpStream {
    use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&socket, &SocketAddr::from(([127, 0, 0, last], 0))).unwrap();
    connect(&socket, &to).unwrap();
    TcpStream::from(socket)
}

#[test]
fn networks_of_addresses() {
    let of = |text: &str| network(text.parse().unwrap()).to_string();
    assert_eq!(of("192.0.2.7"), "192.0.2.7");
    assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
    assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    assert_eq!(of("2001:db8:1:2:ffff::1"), "2001:db8:1:2::");
    assert_ne!(of("2001:db8:1:3::1"), of("2001:db8:1:2::1"));
}

#[test]
fn it_ends_when_it_is_asked() {
    // Nobody is there.
    let server = start(long());
    assert!(server.end() < SOON);
    // Who has not sent all has a moment; who is idle has none.
    let server = start(Limits { unasked: SHORT, ..long() });
    let idle = server.send(b"GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
    let held = [server.send(NO_BODY), server.send(b"GET /n"), server.send(b"")];
    let mut first = [0; 12];
    (&idle).read_exact(&mut first).unwrap();
    let took = server.end();
    assert!((SHORT..SOON).contains(&took), "{took:?}");
    drop((idle, held));
    // What is under way is answered, and told that it is the last; nobody new is taken.
    let server = start(Limits { unasked: SHORT, ..long() });
    let stream = server.send(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    while server.begun.load(Ordering::SeqCst) == 0 {
        std::thread::sleep(Duration::from_millis(2));
    }
    server.end.ask();
    let until = Instant::now() + SOON;
    while TcpStream::connect(server.address).is_ok() {
        assert!(Instant::now() < until, "it goes on taking connections");
    }
    server.open.store(true, Ordering::SeqCst);
    let answer = rest(stream).to_ascii_lowercase();
    assert!(answer.starts_with("http/1.1 200") && answer.contains("connection: close"), "{answer}");
    server.thread.join().unwrap().unwrap();
    // Where an answer takes for ever, it does not.
    let server = start(Limits { unasked: SHORT, grace: SHORT * 2, ..long() });
    let stream = server.send(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    while server.begun.load(Ordering::SeqCst) == 0 {
        std::thread::sleep(Duration::from_millis(2));
    }
    server.end.ask();
    server.thread.join().unwrap().unwrap();
    server.open.store(true, Ordering::SeqCst);
    drop(stream);
}

#[test]
fn answers_that_do_not_come() {
    let ask = |server: &Running, path: &str| {
        rest(server.send(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()))
    };
    let server = start(long());
    assert!(ask(&server, "/panic").starts_with("HTTP/1.1 500"));
    assert!(server.answers(), "the thread that panicked goes on");
    server.end();
    let server = start(Limits { answer: SHORT, workers: 1, ..long() });
    assert!(ask(&server, "/wait").starts_with("HTTP/1.1 503"));
    assert!(ask(&server, "/now").starts_with("HTTP/1.1 503"), "there is one thread, and it is taken");
    server.open.store(true, Ordering::SeqCst);
    let until = Instant::now() + SOON;
    while !server.answers() {
        assert!(Instant::now() < until);
    }
    server.end();
}

#[test]
fn an_answer_that_is_held_back_locks_nobody_out() {
    let server = start(Limits { share: 2, ..long() });
    let began = Instant::now();
    let late = b"GET /late HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assert!(rest(server.send(late)).starts_with("HTTP/1.1 401"));
    assert!(began.elapsed() >= SHORT);
    let held = [server.send(late), server.send(late)];
    assert!(server.answers(), "others of that address are answered meanwhile");
    drop(held);
    server.end();
}

#[test]
fn content_has_a_size() {
    let server = start(Limits { content: 10, ..long() });
    let ask = |head: &str, body: &str| {
        let text = format!("POST /now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}\r\n\r\n{body}");
        rest(server.send(text.as_bytes())).get(..12).unwrap_or_default().to_owned()
    };
    assert_eq!(ask("Content-Length: 10", &"x".repeat(10)), "HTTP/1.1 200");
    assert_eq!(ask("Content-Length: 11", &"x".repeat(11)), "HTTP/1.1 413");
    assert_eq!(ask("Content-Length: 500000", &"x".repeat(500_000)), "HTTP/1.1 413");
    assert_eq!(ask("Transfer-Encoding: chunked", "6\r\nxxxxxx\r\n5\r\nxxxxx\r\n0\r\n\r\n"), "HTTP/1.1 413");
    assert_eq!(ask("Transfer-Encoding: chunked", "5\r\nxxxxx\r\n5\r\nxxxxx\r\n0\r\n\r\n"), "HTTP/1.1 200");
    assert_eq!(ask("Transfer-Encoding: chunked", "zz\r\n"), "HTTP/1.1 400");
    server.end();
}

//! `inject registry serve` as the RFCs have it: 6749 (OAuth 2.0), 7662 (introspection), 9110 and 9112 (HTTP); what is there
//! beyond this machine; and its end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
#[cfg(unix)]
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value;

use super::World;
use super::serve::{Served, TLS, TOKEN, WITH, answer_of, certified, keeper, serve};

const GRANT: &str = "grant_type=client_credentials";
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// `a` with the secret `s-a`, and `b` with `s-b`.
fn served() -> (World, Served) {
    let keeper = keeper();
    let server = serve(&keeper, &[], &WITH);
    for id in ["a", "b"] {
        let question = format!(
            r#"{{"client_id":"{id}","application":"com.{id}","client_secret":"s-{id}","wants_secret":true,"proposal":"fresh"}}"#
        );
        assert_eq!(server.ask("POST", "/applications", &[("Authorization", &bearer())], &question).0, 201);
    }
    (keeper, server)
}

fn bearer() -> String {
    format!("Bearer {TOKEN}")
}

/// Status, error, and head in lower case.
fn token(server: &Served, headers: &[(&str, &str)], body: &str) -> (u16, String, String) {
    let (status, head, body) = server.ask("POST", "/oauth/token", headers, body);
    let json: Value = serde_json::from_str(&body).unwrap();
    (status, json["error"].as_str().unwrap_or_default().to_owned(), head.to_ascii_lowercase())
}

fn access(server: &Served, id: &str) -> String {
    let (_, _, body) =
        server.ask("POST", "/oauth/token", &[FORM], &format!("{GRANT}&client_id={id}&client_secret=s-{id}"));
    serde_json::from_str::<Value>(&body).unwrap()["access_token"].as_str().unwrap().to_owned()
}

fn introspect(server: &Served, headers: &[(&str, &str)], body: &str) -> (u16, String, Value) {
    let (status, head, body) = server.ask("POST", "/introspect", headers, body);
    (status, head.to_ascii_lowercase(), serde_json::from_str(&body).unwrap())
}

// a:s-a
const BASIC: &str = "Basic YTpzLWE=";

#[test]
fn a_client_authenticates_in_one_way() {
    let (_keeper, server) = served();
    let good = format!("{GRANT}&client_id=b&client_secret=s-b");
    for (headers, body, status, error) in [
        (&[][..], good.as_str(), 200, ""),
        (&[("Authorization", BASIC)], GRANT, 200, ""),
        // The case of a scheme does not count (RFC 9110, section 11.1).
        (&[("Authorization", "basic YTpzLWE=")], GRANT, 200, ""),
        (&[("Authorization", "BASIC  YTpzLWE=")], GRANT, 200, ""),
        // The id alone is no second way.
        (&[("Authorization", BASIC)], "grant_type=client_credentials&client_id=a", 200, ""),
        (&[("Authorization", BASIC)], "grant_type=client_credentials&client_id=b", 400, "invalid_request"),
        (&[("Authorization", BASIC)], &good, 400, "invalid_request"),
        (
            &[("Authorization", BASIC)],
            "grant_type=client_credentials&client_id=a&client_secret=s-a",
            400,
            "invalid_request",
        ),
        (&[("Authorization", BASIC), ("Authorization", BASIC)], GRANT, 400, "invalid_request"),
        // What is no Basic does not fall back to the form.
        (&[("Authorization", "Basic %%%")], &good, 400, "invalid_request"),
        (&[("Authorization", "Basic %%%")], GRANT, 401, "invalid_client"),
        (&[("Authorization", "Basic YQ==")], GRANT, 401, "invalid_client"),
        (&[("Authorization", "Basic")], GRANT, 401, "invalid_client"),
        (&[("Authorization", "Digest a")], GRANT, 401, "invalid_client"),
        (&[("Authorization", "Bearer a")], GRANT, 401, "invalid_client"),
        // a:s-b
        (&[("Authorization", "Basic YTpzLWI=")], GRANT, 401, "invalid_client"),
    ] {
        let (found, said, head) = token(&server, headers, body);
        assert_eq!((found, said.as_str()), (status, error), "{headers:?} {body}");
        assert!(head.contains("cache-control: no-store") && head.contains("pragma: no-cache"), "{head}");
        assert_eq!(status == 401, head.contains("www-authenticate: basic realm="), "{headers:?}: {head}");
    }
}

#[test]
fn a_form_says_each_thing_once_and_is_one() {
    let (_keeper, server) = served();
    let good = format!("{GRANT}&client_id=a&client_secret=s-a");
    for (path, content_type, body, status, error) in [
        ("/oauth/token", FORM.1, good.clone(), 200, ""),
        ("/oauth/token", "Application/X-WWW-Form-Urlencoded; charset=UTF-8", good.clone(), 200, ""),
        ("/oauth/token", "text/plain", good.clone(), 400, "invalid_request"),
        ("/oauth/token", "application/json", "{}".to_owned(), 400, "invalid_request"),
        ("/oauth/token", "multipart/form-data; boundary=x", good.clone(), 400, "invalid_request"),
        ("/oauth/token", FORM.1, format!("{good}&grant_type=password"), 400, "invalid_request"),
        ("/oauth/token", FORM.1, format!("{good}&client_id=a"), 400, "invalid_request"),
        ("/oauth/token", FORM.1, format!("{good}&client%5Fid=b"), 400, "invalid_request"),
        ("/oauth/token", FORM.1, format!("{good}&resource=a&resource=b"), 400, "invalid_request"),
        ("/oauth/token", FORM.1, format!("{good}&other=%ZZ"), 400, "invalid_request"),
        ("/oauth/token", FORM.1, format!("{good}&other=%+1"), 400, "invalid_request"),
        ("/oauth/token", FORM.1, format!("{good}&other=a"), 200, ""),
        // What has no value is not there.
        ("/oauth/token", FORM.1, format!("{good}&scope="), 200, ""),
        ("/oauth/token", FORM.1, "grant_type=&client_id=a&client_secret=s-a".to_owned(), 400, "invalid_request"),
        ("/oauth/token", FORM.1, format!("{good}&scope=admin"), 400, "invalid_scope"),
        ("/oauth/access_token", FORM.1, format!("{good}&scope=FullControl"), 200, ""),
        ("/oauth/access_token", FORM.1, format!("{good}&client_id=a"), 400, "invalid_request"),
        ("/oauth/access_token", "text/plain", good.clone(), 400, "invalid_request"),
        // Addresses are written into logs.
        ("/oauth/token?client_secret=s-a", FORM.1, format!("{GRANT}&client_id=a"), 400, "invalid_request"),
        ("/oauth/token?lang=en", FORM.1, good.clone(), 200, ""),
        ("/introspect", "text/plain", format!("{good}&token=x"), 400, "invalid_request"),
        ("/introspect", FORM.1, "client_id=a&client_secret=s-a&token=x&token=y".to_owned(), 400, "invalid_request"),
    ] {
        let (found, head, answer) = server.ask("POST", path, &[("Content-Type", content_type)], &body);
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let said = answer["error"].as_str().unwrap_or_default();
        assert_eq!((found, said), (status, error), "{path} {content_type} {body}");
        assert!(head.to_ascii_lowercase().contains("cache-control: no-store"), "{head}");
        // An empty scope is none that RFC 6749, section 3.3, knows.
        assert!(answer.get("scope").is_none(), "{answer}");
    }
}

#[test]
fn a_token_is_shown_to_whose_it_is() {
    let (_keeper, server) = served();
    let (of_a, of_b) = (access(&server, "a"), access(&server, "b"));
    let bearer = bearer();
    let as_a = |token: &str| introspect(&server, &[("Authorization", BASIC)], &format!("token={token}")).2;
    assert_eq!((as_a(&of_a)["active"].as_bool(), as_a(&of_a)["client_id"].as_str()), (Some(true), Some("a")));
    // Section 2.2: no more is said of another's than of none.
    for other in [of_b.clone(), "none".to_owned(), of_b.replace('0', "1"), of_a.to_uppercase(), of_a[..40].to_owned()] {
        assert_eq!(as_a(&other), serde_json::json!({ "active": false }), "{other}");
    }
    for (token, id) in [(&of_a, "a"), (&of_b, "b")] {
        let (_, _, answer) = introspect(&server, &[("Authorization", &bearer)], &format!("token={token}"));
        assert_eq!((answer["active"].as_bool(), answer["client_id"].as_str()), (Some(true), Some(id)));
    }
    for (headers, body, status) in [
        (&[][..], format!("token={of_a}"), 401),
        // An access token is none for asking.
        (&[("Authorization", &*format!("Bearer {of_a}"))], format!("token={of_a}"), 401),
        (&[("Authorization", "Basic YTpzLWI=")], format!("token={of_a}"), 401),
        (&[], format!("token={of_a}&client_id=a&client_secret=s-b"), 401),
        (&[], format!("token={of_a}&client_id=a"), 401),
        (&[("Authorization", &bearer)], format!("token={of_a}&client_id=a&client_secret=s-a"), 400),
        (&[("Authorization", &bearer)], String::new(), 400),
        (&[("Authorization", &*bearer.replace("Bearer", "bEARER"))], format!("token={of_a}"), 200),
    ] {
        let (found, head, answer) = introspect(&server, headers, &body);
        assert_eq!(found, status, "{headers:?} {answer}");
        assert!(head.contains("cache-control: no-store"), "{head}");
        let challenged = head.contains("www-authenticate: basic ") && head.contains("www-authenticate: bearer ");
        assert_eq!(challenged, status == 401, "{head}");
    }
}

#[test]
fn a_public_application_proves_nothing_by_its_id() {
    let keeper = keeper();
    let server = serve(&keeper, &[], &["--env", "web", "--token", "env:TOKEN"]);
    keeper.inject(&["register", "public", "--env", "web"]).exits(0);
    let id = keeper.credential("public", "web").0;
    let given = server.form("/oauth/token", &format!("{GRANT}&client_id={id}")).1;
    let token = given["access_token"].as_str().unwrap();
    assert_eq!(introspect(&server, &[], &format!("token={token}&client_id={id}")).0, 401);
    let answer = introspect(&server, &[("Authorization", &bearer())], &format!("token={token}")).2;
    assert_eq!(answer["active"], true);
    keeper.inject(&["registry", "revoke", &id, "--env", "web"]).exits(0);
    let answer = introspect(&server, &[("Authorization", &bearer())], &format!("token={token}")).2;
    assert_eq!(answer["active"], false);
}

#[test]
fn a_token_ends_with_the_secret_it_was_given_for() {
    let (keeper, server) = served();
    let bearer = bearer();
    let as_keeper = |token: &str| introspect(&server, &[("Authorization", &bearer)], &format!("token={token}")).2;
    let (of_a, of_b) = (access(&server, "a"), access(&server, "b"));
    let put = |secret: &str| {
        let body = format!(r#"{{"client_secret":"{secret}"}}"#);
        server.ask("PUT", "/applications/a/secret", &[("Authorization", &bearer)], &body).0
    };
    assert_eq!(put("s-new"), 200);
    assert_eq!(as_keeper(&of_a), serde_json::json!({ "active": false }), "its secret was replaced");
    assert_eq!(as_keeper(&of_b)["active"], true, "another's lives on");
    assert_eq!(put("s-a"), 200);
    let again = access(&server, "a");
    keeper.inject(&["registry", "revoke", "a", "--env", "dev"]).exits(0);
    assert_eq!(as_keeper(&again), serde_json::json!({ "active": false }), "it was revoked");
    // However many one application takes, another's is there.
    for _ in 0..300 {
        access(&server, "b");
    }
    assert_eq!(as_keeper(&of_b)["active"], true);
    let metrics = server.ask("GET", "/metrics", &[], "").2;
    assert!(metrics.contains("inject_access_tokens 303\n"), "{metrics}");
}

#[test]
fn methods_and_hosts_are_as_http_has_them() {
    let (_keeper, server) = served();
    let bearer = bearer();
    for (method, path, allowed) in [
        ("GET", "/oauth/token", &["POST"][..]),
        ("PUT", "/oauth/access_token", &["POST"]),
        ("DELETE", "/introspect", &["POST"]),
        ("POST", "/health", &["GET", "HEAD"]),
        ("POST", "/metrics/", &["GET", "HEAD"]),
        ("PATCH", "/applications", &["GET", "HEAD", "POST"]),
        ("PATCH", "/applications/a", &["DELETE", "GET", "HEAD"]),
        ("GET", "/applications/a/secret", &["PUT"]),
        ("OPTIONS", "/health", &["GET", "HEAD"]),
    ] {
        let (status, head, body) = server.ask(method, path, &[("Authorization", &bearer)], "");
        let allow = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("allow: ").map(str::to_owned));
        let allow = allow.unwrap_or_default().to_ascii_uppercase();
        let mut found: Vec<&str> = allow.split(',').map(str::trim).collect();
        found.sort_unstable();
        assert_eq!((status, found.as_slice()), (405, allowed), "{method} {path}: {head}");
        assert!(body.contains("invalid_request"), "{body}");
    }
    // HEAD is GET without the content.
    for path in ["/health", "/health/", "/metrics", "/applications/a", "/applications?application=com.a"] {
        let (status, head, body) = server.ask("HEAD", path, &[("Authorization", &bearer)], "");
        let (same, _, content) = server.ask("GET", path, &[("Authorization", &bearer)], "");
        assert_eq!((status, same, body.as_str()), (200, 200, ""), "{path}");
        let length = format!("content-length: {}", content.len());
        assert!(path == "/metrics" || head.to_ascii_lowercase().contains(&length), "{path}: {head}");
    }
    assert_eq!(server.ask("HEAD", "/elsewhere", &[], "").0, 404);
    // What names an application is decoded once, and as a path.
    let spaced = format!("bearer  {TOKEN}");
    assert_eq!(server.ask("GET", "/applications/%61", &[("Authorization", &spaced)], "").0, 200);
    assert_eq!(server.ask("GET", "/applications/%2561", &[("Authorization", &bearer)], "").0, 404);
    for (text, status) in [
        ("GET /health HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: a\r\nHost: a\r\nConnection: close\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: a@b\r\nConnection: close\r\n\r\n", 400),
        ("GET /elsewhere HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\nHost: registry.example.com:8421\r\nConnection: close\r\n\r\n", 200),
        ("GET /health HTTP/1.1\r\nHost: [::1]:8421\r\nConnection: close\r\n\r\n", 200),
        ("GET /health HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", 200),
        ("GET /health HTTP/1.0\r\n\r\n", 200),
        ("GET /health HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ] {
        let (found, _, body) = server.raw(text.as_bytes());
        assert_eq!(found, status, "{text:?}: {body}");
    }
}

#[test]
fn one_connection_carries_many_requests() {
    let (_keeper, server) = served();
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let body = format!("{GRANT}&client_id=a&client_secret=s-a");
    let ask = format!("POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    for _ in 0..20 {
        stream.write_all(ask.as_bytes()).unwrap();
        let mut answer = String::new();
        while !answer.contains("expires_in") {
            let mut bytes = [0; 4096];
            let read = stream.read(&mut bytes).unwrap();
            assert!(read > 0, "{answer}");
            answer.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
        }
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

#[test]
fn gams_routes_are_where_they_are_wanted() {
    let keeper = keeper();
    let off = serve(&keeper, &[], &[&WITH[..], &["--gam", "never"]].concat());
    for path in ["/oauth/access_token", "/oauth/gam/v2.0/access_token"] {
        assert_eq!(off.form(path, &format!("{GRANT}&client_id=a&client_secret=x")).0, 404, "{path}");
    }
    // An id that is there and one that is not are told apart by nothing.
    let question = r#"{"client_id":"a","application":"com.a","client_secret":"s-a","wants_secret":true}"#;
    assert_eq!(off.ask("POST", "/applications", &[("Authorization", &bearer())], question).0, 201);
    let answers = ["a", "zz"].map(|id| off.form("/oauth/token", &format!("{GRANT}&client_id={id}&client_secret=x")));
    assert_eq!(answers[0], answers[1]);
}

/// Asks a server over TLS that listens on every address.
fn over_tls(server: &Served, certificate: &str, text: &str) -> (u16, String, String) {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let port = server.address.rsplit(':').next().unwrap();
    let stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    answer_of(rustls::StreamOwned::new(connection, stream), text.as_bytes())
}

#[test]
fn beyond_this_machine_less_is_said() {
    let keeper = keeper();
    let certificate = certified(&keeper);
    let tls = [&["--listen", "0.0.0.0:0"][..], &TLS].concat();
    let server = serve(&keeper, &[], &[&WITH[..], &tls].concat());
    let ask = |server: &Served, method: &str, path: &str, header: &str, body: &str| {
        let text = format!(
            "{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n{header}\r\n{body}",
            body.len()
        );
        over_tls(server, &certificate, &text)
    };
    assert_eq!(ask(&server, "GET", "/health", "", "").0, 200);
    let (status, head, _) = ask(&server, "GET", "/metrics", "", "");
    assert!(status == 401 && head.to_ascii_lowercase().contains("www-authenticate: bearer "), "{head}");
    assert_eq!(ask(&server, "GET", "/metrics", "Authorization: Bearer another\r\n", "").0, 401);
    assert_eq!(ask(&server, "GET", "/metrics", &format!("Authorization: {}\r\n", bearer()), "").0, 200);
    let body = format!("{GRANT}&client_id=a&client_secret=x");
    assert_eq!(ask(&server, "POST", "/oauth/access_token", "", &body).0, 404, "its answers tell ids apart");
    assert_eq!(ask(&server, "POST", "/oauth/token", "", &body).0, 401);
    let server = serve(&keeper, &[], &[&WITH[..], &tls, &["--gam", "always"]].concat());
    assert_eq!(ask(&server, "POST", "/oauth/gam/v2.0/access_token", "", &body).0, 401);
}

/// Connections of one client that say no more than this.
#[cfg(unix)]
fn idle(server: &Served, count: usize, text: &str) -> Vec<TcpStream> {
    let open = || {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    (0..count).map(|_| open()).collect()
}

#[cfg(unix)]
const NO_BODY: &str = "POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n";

#[cfg(unix)]
#[test]
fn who_waits_stops_nobody_and_no_end() {
    let (_keeper, mut server) = served();
    let began = Instant::now();
    // More than one address may hold, and all that a server took before.
    let mut held = idle(&server, 200, NO_BODY);
    held.extend(idle(&server, 100, "POST /oauth/token HTTP/1.1\r\nHost: x\r\nX-"));
    held.extend(idle(&server, 60, ""));
    for _ in 0..20 {
        access(&server, "a");
    }
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let (code, said, took) = server.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    drop(held);
}

#[cfg(unix)]
#[test]
fn few_descriptors_are_shared_out() {
    let keeper = keeper();
    let server = super::serve::serve_with_files(&keeper, 128, &WITH);
    // Connections take no descriptor that the registry's file needs.
    let held = idle(&server, 200, NO_BODY);
    let question = r#"{"client_id":"a","application":"com.a","client_secret":"s-a","wants_secret":true}"#;
    assert_eq!(server.ask("POST", "/applications", &[("Authorization", &bearer())], question).0, 201);
    for _ in 0..20 {
        assert_eq!(server.gam("a", "s-a").0, 200);
    }
    drop(held);
}

/// A request that does not end before somebody lets go of the registry's file.
#[cfg(unix)]
fn stuck(keeper: &World, server: &Served) -> (rusqlite::Connection, TcpStream) {
    let writer = rusqlite::Connection::open(keeper.stores().join("registry/team.db")).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let body = r#"{"client_id":"c","application":"com.c","wants_secret":true}"#;
    let text = format!(
        "POST /applications HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\nContent-Length: {}\r\n\r\n{body}",
        bearer(),
        body.len()
    );
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(text.as_bytes()).unwrap();
    (writer, stream)
}

#[cfg(unix)]
#[test]
fn a_registry_that_is_taken_holds_no_end() {
    let (keeper, mut server) = served();
    let held = stuck(&keeper, &server);
    let (code, said, took) = server.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    drop(held);
    let listed = keeper.inject(&["registry", "list", "--env", "dev", "--json"]).exits(0).json();
    assert_eq!(listed["applications"].as_array().unwrap().len(), 2, "what was not done is not there");
}

#[cfg(unix)]
#[test]
fn a_second_signal_ends_it_at_once() {
    let (keeper, mut server) = served();
    let _held = stuck(&keeper, &server);
    server.signal();
    // Two signals that are there at once are one: the first has to have been taken.
    let until = Instant::now() + Duration::from_secs(5);
    while TcpStream::connect(&server.address).is_ok() {
        assert!(Instant::now() < until, "it goes on taking connections");
        std::thread::sleep(Duration::from_millis(5));
    }
    server.signal();
    let (code, said) = server.ended();
    assert_eq!(code, Some(143), "{said}");
}

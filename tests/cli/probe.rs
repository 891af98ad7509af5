//! `inject verify --probe`: alive, refused, or cannot be checked.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::serve::serve;
use super::server::{self, Reply};
use super::{APP, World};

const SECRET: &str = "probe-canary-secret";

/// A package with a credential of an environment whose server is this.
fn world(url: &str) -> World {
    let world = World::new();
    world.write("inject.toml", format!("version = 1\n[env.dev]\nprobe = \"{url}\"\n"));
    world.demo("app.apk");
    let set = ["credential", "set", "--app", APP, "--env", "dev", "--client-id", "the-id", "--secret", "stdin"];
    world.run(&[], &set, SECRET).exits(0);
    world.signed(&["app.apk", "--env", "dev"]).exits(0);
    world
}

const VERIFY: [&str; 5] = ["verify", "app.apk", "--env", "dev", "--probe"];

#[track_caller]
fn probed(world: &World, more: &[&str], code: i32, text: &str) {
    let run = world.inject(&[&VERIFY[..], more].concat()).exits(code);
    assert!(run.err.contains(text) || run.out.contains(text), "no {text:?}:\n{}\n{}", run.out, run.err);
    assert!(!run.err.contains("canary") && !run.out.contains("canary"), "{}\n{}", run.out, run.err);
}

#[test]
fn gam_says_by_its_codes() {
    for (code, more, exit, text) in [
        ("11", &["--probe-secret"][..], 0, "the-id is alive"),
        ("18", &["--probe-secret"], 0, "the-id is alive"),
        ("11", &[], 0, "the secret was not sent (--probe-secret sends it)"),
        ("116", &[], 0, "the secret was not sent"),
        ("116", &["--probe-secret"], 7, "GAM has another secret for this Client Id (116)"),
        ("236", &[], 7, "GAM does not know this Client Id"),
        ("111", &[], 7, "revoked in GAM (111)"),
        ("100", &[], 0, "OAuth is switched off"),
        ("2", &[], 0, "works on another repository (2)"),
        ("555", &[], 0, "GAM answers 555"),
    ] {
        let server = server::start(move |_| {
            Reply::answer("401 No", json!({ "error": { "code": code, "message": "canary" } }).to_string())
        });
        probed(&world(&format!("{}/app/oauth/access_token", server.url)), more, exit, text);
        let request = server.requests.lock().unwrap()[0].clone();
        let body = String::from_utf8(request.body.clone()).unwrap();
        assert_eq!(body.contains(SECRET), !more.is_empty(), "the secret is sent when it is wanted, and else not");
        assert!(
            body.starts_with("client_id=the-id&grant_type=password") && body.contains("username=inject-probe-"),
            "{body}"
        );
        assert_eq!(request.header("GeneXus-Agent"), Some("SmartDevice Application"));
    }
    let page = server::start(|_| Reply::answer("404 No", "<html>canary"));
    probed(
        &world(&format!("{}/oauth/gam/v2.0/access_token", page.url)),
        &[],
        0,
        "is it the address of GAM's access tokens?",
    );
}

#[test]
fn oauth_says_by_a_token_or_by_introspection() {
    for (token, introspection, exit, text) in [
        (("200 OK", r#"{"access_token":"canary"}"#), "", 0, "the-id is alive"),
        (("400 No", r#"{"error":"unauthorized_client"}"#), "", 0, "the-id is alive"),
        (
            ("401 No", r#"{"error":"invalid_client"}"#),
            "",
            7,
            "a wrong secret, or a client that the server does not know",
        ),
        (("400 No", r#"{"error":"invalid_client"}"#), "", 7, "a wrong secret"),
        // A server that refuses the right, the wrong and the unknown alike says nothing.
        (("403 No", ""), "", 0, "whether the-id is alive cannot be checked: the server answers 403"),
        (("403 No", ""), "200", 0, "the-id is alive"),
        (("403 No", ""), "401", 7, "refused by introspection too"),
        (("403 No", ""), "500", 0, "cannot be checked"),
        (
            ("400 No", r#"{"error":"unsupported_grant_type"}"#),
            "",
            0,
            "cannot be checked: the server answers 400 unsupported_grant_type",
        ),
        (("500 No", "<html>canary"), "", 0, "cannot be checked"),
        // A server may call its error what it was sent.
        (("400 No", r#"{"error":"probe_canary_secret"}"#), "", 0, "cannot be checked: the server answers 400,"),
    ] {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let server = server::start(move |request| {
            let url = format!("http://{}", request.header("host").unwrap());
            match request.path.as_str() {
                "/.well-known/openid-configuration" => {
                    let mut about = json!({ "issuer": url, "token_endpoint": format!("{url}/token") });
                    if !introspection.is_empty() {
                        about["introspection_endpoint"] = format!("{url}/introspect").into();
                    }
                    Reply::answer("200 OK", about.to_string())
                }
                path => {
                    seen.lock().unwrap().push(request.header("authorization").unwrap().to_owned());
                    if path == "/token" {
                        Reply::answer(token.0, token.1)
                    } else {
                        Reply::answer(&format!("{introspection} X"), r#"{"active":false}"#)
                    }
                }
            }
        });
        probed(&world(&server.url), &[], exit, text);
        // the-id:probe-canary-secret
        assert!(asked.lock().unwrap().iter().all(|header| header == "Basic dGhlLWlkOnByb2JlLWNhbmFyeS1zZWNyZXQ="));
        assert!(!asked.lock().unwrap().is_empty());
    }
}

#[test]
fn our_own_server_is_asked_too_and_nobody_else() {
    let keeper = World::new();
    keeper.write("inject.toml", "version = 1\n[env.dev]\nregistry = \"embedded:team\"\n");
    let set = ["credential", "set", "--app", APP, "--env", "dev", "--client-id", "the-id", "--secret", "stdin"];
    keeper.run(&[], &set, SECRET).exits(0);
    keeper.inject(&["register", APP, "--env", "dev", "--force"]).exits(0);
    let server = serve(&keeper, &[], &["--env", "dev"]);
    let (gam, oauth) = (format!("{}/oauth/access_token", server.url), format!("{}/oauth/token", server.url));
    probed(&world(&gam), &["--probe-secret"], 0, "the-id is alive");
    probed(&world(&oauth), &[], 0, "the-id is alive");
    keeper.inject(&["registry", "revoke", "the-id", "--env", "dev"]).exits(0);
    probed(&world(&gam), &["--probe-secret"], 7, "revoked in GAM (111)");
    probed(&world(&oauth), &[], 7, "a wrong secret, or a client that the server does not know");
    // A server that cannot be reached says nothing of the credential.
    drop(server);
    probed(&world(&gam), &["--probe-secret"], 0, "cannot be checked");
    let nobody = world("https://auth.example.com");
    nobody.write("inject.toml", "version = 1\n[env.dev]\n");
    probed(&nobody, &[], 2, "no server is known to ask about dev");
    probed(&world("http://auth.example.com/oauth/access_token"), &[], 5, "without TLS everybody on the way");
    // What does not carry the credential is not asked about.
    let other = server::start(|_| Reply::answer("500 No", ""));
    let wrong = world(&other.url);
    wrong.demo("app.apk");
    wrong.inject(&VERIFY).exits(7);
    assert_eq!(other.connections(), 0);
}

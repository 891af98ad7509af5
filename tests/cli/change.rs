//! `credential rotate` and `revoke`, cut off between registry and store, as people see it: over HTTP, with a program, and with an
//! authorization server.

use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;

use super::server::{self, Reply, Request};
use super::{APP, PROGRAM, Run, World, values};

const DEV: [&str; 4] = ["--app", APP, "--env", "dev"];
/// How long a server says nothing to a run that is killed meanwhile.
const SILENCE: Duration = Duration::from_secs(20);

fn start(world: &World, words: &[&str]) -> Child {
    let mut command = world.command(PROGRAM);
    command.arg("credential").args(words).args(DEV).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Begins a change, and kills it as soon as `reached` says that the registry has it.
fn killed(world: &World, change: &str, reached: &Receiver<()>) {
    let mut child = start(world, &[change]);
    reached.recv_timeout(SILENCE).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
}

fn world(env: &str) -> World {
    let world = World::new();
    world.write("inject.toml", format!("version = 1\n[env.dev]\n{env}\n"));
    world.demo("app.apk");
    world
}

/// Nothing that only reads says that all is well, and nothing that only reads changes anything.
#[track_caller]
fn is_open(world: &World, text: &str) {
    let open = [text, "com.example.demo in dev", "is not finished"];
    for args in [&["verify", "app.apk", "--env", "dev"][..], &["app.apk", "--env", "dev", "--dry-run"]] {
        world.signed(args).exits(9).says(&open).says(&["inject "]);
    }
    for args in [&["credential", "list"][..], &["inspect", "app.apk"], &["identify", "app.apk"]] {
        world.inject(args).exits(0).says(&open);
    }
    let doctor = world.inject(&["doctor", "--env", "dev"]);
    assert!(doctor.out.contains(text) || doctor.err.contains(text), "{}\n{}", doctor.out, doctor.err);
}

fn build(world: &World) -> Run {
    world.signed(&["app.apk", "--env", "dev"])
}

fn embedded_secret(world: &World) -> String {
    values(&world.read("app.apk"), "string/client_secret").remove(0)
}

/// One application behind the contract over HTTP.
#[derive(Default)]
struct Contract {
    /// Client Id and secret, while it is registered.
    held: Option<(String, String)>,
    registered: usize,
    /// Whether the next change is done, or passed over; nothing is answered to it either way.
    silent: Option<bool>,
}

fn contract() -> (String, Arc<Mutex<Contract>>, Receiver<()>) {
    let state = Arc::new(Mutex::new(Contract::default()));
    let (reached, done) = channel();
    let shared = Arc::clone(&state);
    let started = server::start(move |request| {
        let mut state = shared.lock().unwrap();
        let changes = ["PUT", "DELETE"].contains(&request.method.as_str());
        let silent = if changes { state.silent.take() } else { None };
        let reply = if silent == Some(false) { Reply::HangUp } else { answer(&mut state, request) };
        match silent {
            None => reply,
            Some(_) => {
                reached.send(()).unwrap();
                Reply::Silence(SILENCE)
            }
        }
    });
    (started.url, state, done)
}

fn answer(state: &mut Contract, request: &Request) -> Reply {
    let shown = |held: &Option<(String, String)>| match held {
        Some((id, secret)) => Reply::answer("200 OK", json!({ "client_id": id, "client_secret": secret }).to_string()),
        None => Reply::answer("404 Not Found", ""),
    };
    match request.method.as_str() {
        "POST" if state.held.is_none() => {
            state.registered += 1;
            let id = request.json()["client_id"].as_str().unwrap().to_owned();
            state.held = Some((id, format!("SECRET-{}", state.registered)));
            let Reply::Answer(_, body) = shown(&state.held) else { unreachable!() };
            return Reply::Answer("201 Created".to_owned(), body);
        }
        "PUT" => {
            let secret = request.json()["client_secret"].as_str().unwrap().to_owned();
            if let Some(held) = &mut state.held {
                held.1 = secret;
            }
        }
        "DELETE" => {
            let was = state.held.take();
            return Reply::answer(if was.is_some() { "204 No Content" } else { "404 Not Found" }, "");
        }
        _ => {}
    }
    shown(&state.held)
}

#[test]
fn over_http() {
    let (url, state, reached) = contract();
    let world = world(&format!("registry = \"http\"\nurl = \"{url}\""));
    build(&world).exits(0);
    // It never came there.
    state.lock().unwrap().silent = Some(false);
    killed(&world, "rotate", &reached);
    is_open(&world, "a rotation was begun at ");
    build(&world).exits(0).says(&["did not reach the registry", "nothing was changed"]);
    assert_eq!(embedded_secret(&world), "SECRET-1");
    // It did.
    state.lock().unwrap().silent = Some(true);
    killed(&world, "rotate", &reached);
    is_open(&world, "a rotation was begun at ");
    world.signed(&["app.apk", "--env", "dev", "--offline"]).exits(9).says(&["is not finished", "this run is offline"]);
    assert_eq!(embedded_secret(&world), "SECRET-1");
    build(&world).exits(0).says(&["the registry has it, and the store has it now"]);
    let held = state.lock().unwrap().held.clone().unwrap();
    assert_ne!(held.1, "SECRET-1");
    assert_eq!((world.credential(APP, "dev"), embedded_secret(&world)), (held.clone(), held.1));
    world.inject(&["verify", "app.apk", "--env", "dev"]).exits(0);
    // Revoked, and nobody told the store.
    state.lock().unwrap().silent = Some(true);
    killed(&world, "revoke", &reached);
    is_open(&world, "a revocation was begun at ");
    build(&world)
        .exits(0)
        .says(&["the registry has revoked it, and the store has forgotten it now", "a NEW application"]);
    assert_eq!(embedded_secret(&world), "SECRET-2");
    // Or the same command again finishes it.
    state.lock().unwrap().silent = Some(true);
    killed(&world, "revoke", &reached);
    world.inject(&[&["credential", "revoke"][..], &DEV].concat()).exits(0).says(&["revoked "]);
    assert_eq!(world.credentials(), 0);
}

/// A program that keeps one application in a file, and ends whoever asks it to change something while there is a file `kill`.
#[cfg(unix)]
const KEEPER: &str = r#"#!/bin/sh
q=$(cat); f() { printf %s "$q" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
end() { if [ -f kill ]; then rm kill; kill -9 $PPID; sleep 20; fi; }
case "$(f action)" in
register) [ -f db ] || echo "$(f client_id)|SECRET-$$" > db ;;
replace_secret) echo "$(f client_id)|$(f client_secret)" > db; end ;;
revoke) rm -f db; end; echo '{"revoked":true}'; exit ;;
esac
[ -f db ] && IFS='|' read -r i s < db && echo "{\"client_id\":\"$i\",\"client_secret\":\"$s\"}" || echo '{}'
"#;

#[cfg(unix)]
#[test]
fn with_a_program() {
    use std::os::unix::fs::PermissionsExt;
    let world = world("registry = \"exec\"\ncommand = [\"./keeper\"]");
    world.write("keeper", KEEPER);
    std::fs::set_permissions(world.path("keeper"), std::fs::Permissions::from_mode(0o755)).unwrap();
    build(&world).exits(0);
    let before = embedded_secret(&world);
    let kill = |change: &str| {
        world.write("kill", "");
        assert_eq!(start(&world, &[change]).wait().unwrap().code(), None, "it was killed");
    };
    kill("rotate");
    is_open(&world, "a rotation was begun at ");
    build(&world).exits(0).says(&["the registry has it, and the store has it now"]);
    let kept = String::from_utf8(world.read("db")).unwrap();
    assert_ne!(embedded_secret(&world), before);
    assert!(kept.contains(&embedded_secret(&world)), "{kept}");
    kill("revoke");
    is_open(&world, "a revocation was begun at ");
    world
        .inject(&["register", APP, "--env", "dev", "--no-register"])
        .exits(5)
        .says(&["the store has forgotten it now"]);
    assert_eq!(world.credentials(), 0);
}

#[test]
fn with_an_authorization_server() {
    let (reached, done) = channel();
    // Whether the client is there, and whether a DELETE takes it away.
    let state = Arc::new(Mutex::new((false, false)));
    let shared = Arc::clone(&state);
    let url = Arc::new(Mutex::new(String::new()));
    let own = Arc::clone(&url);
    let started = server::start(move |request| {
        let url = own.lock().unwrap().clone();
        let mut state = shared.lock().unwrap();
        let client = json!({ "client_id": "client-1", "client_secret": "oauth-canary", "client_secret_expires_at": 0,
            "registration_access_token": "management-canary", "registration_client_uri": format!("{url}/reg/client-1") });
        match (request.method.as_str(), state.0) {
            ("POST", _) => {
                state.0 = true;
                Reply::answer("201 Created", client.to_string())
            }
            ("GET", true) => Reply::answer("200 OK", client.to_string()),
            ("GET", false) => Reply::answer("401 No", "{\"error\":\"invalid_token\"}"),
            _ => {
                state.0 = !state.1;
                reached.send(()).unwrap();
                Reply::Silence(SILENCE)
            }
        }
    });
    url.lock().unwrap().clone_from(&started.url);
    let world = world(&format!("registry = \"oauth\"\nurl = \"{0}\"\nendpoint = \"{0}/reg\"", started.url));
    build(&world).exits(0);
    let before = world.credential(APP, "dev");
    world.inject(&[&["credential", "rotate"][..], &DEV].concat()).exits(5).says(&["RFC 7592 has no rotation"]);
    build(&world).exits(0).says(&["up to date"]);
    // The server did nothing: it is asked, and nothing is lost.
    killed(&world, "revoke", &done);
    is_open(&world, "a revocation was begun at ");
    build(&world).exits(0).says(&["did not reach the registry"]);
    assert_eq!(world.credential(APP, "dev"), before);
    // It did.
    state.lock().unwrap().1 = true;
    killed(&world, "revoke", &done);
    is_open(&world, "a revocation was begun at ");
    let run = world.inject(&["register", APP, "--env", "dev", "--no-register"]).exits(5);
    let run = run.says(&["the store has forgotten it now", "switched off there"]);
    assert!(!run.err.contains("canary"), "{}", run.err);
    assert_eq!(world.credentials(), 0);
}

#[test]
fn rotations_and_registrations_at_once_end_alike() {
    for _ in 0..10 {
        let world = World::new();
        world.inject(&["register", APP, "--env", "dev"]).exits(0);
        let id = world.credential(APP, "dev").0;
        let children: Vec<Child> = (0..8)
            .map(|number| {
                let rotate = [&["credential", "rotate"][..], &DEV].concat();
                let register = ["register", APP, "--env", "dev", "--force"];
                let mut command = world.command(PROGRAM);
                command.args(if number % 2 == 0 { &rotate[..] } else { &register });
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        world.inject(&["register", APP, "--env", "dev", "--force"]).exits(0);
        assert_eq!(world.credential(APP, "dev").0, id);
    }
}

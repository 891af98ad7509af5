//! Registries beside the embedded one: a program, a contract over HTTP, and values given by reference.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::server::{self, Reply, Request};
use super::{APP, World, rows};

const TOKEN: &str = "token-canary-5d1f";

/// What a server of the contract holds and was asked.
#[derive(Default)]
struct Server {
    /// Client Id, application, secret.
    applications: Vec<(String, String, String)>,
    requests: Vec<String>,
    /// Answers to give before it works: status line with headers, and body.
    faults: Vec<(&'static str, &'static str)>,
}

/// Starts one; its address, and what it holds.
fn serve() -> (String, Arc<Mutex<Server>>) {
    let server = Arc::new(Mutex::new(Server::default()));
    let shared = Arc::clone(&server);
    let started = server::start(move |request| answer(request, &mut shared.lock().unwrap()));
    (format!("{}/gam", started.url), server)
}

fn answer(request: &Request, server: &mut Server) -> Reply {
    let body = String::from_utf8_lossy(&request.body);
    server.requests.push(format!("{} {} {body}", request.method, request.path));
    let (status, text) = if server.faults.is_empty() {
        reply(server, request)
    } else {
        let (status, body) = server.faults.remove(0);
        (status.to_owned(), body.to_owned())
    };
    if status == "hang up" { Reply::HangUp } else { Reply::Answer(status, text) }
}

fn reply(server: &mut Server, request: &Request) -> (String, String) {
    if request.token() != Some(TOKEN) {
        return ("401 Unauthorized".into(), String::new());
    }
    let shown =
        |(id, _, secret): &(String, String, String)| format!(r#"{{"client_id":"{id}","client_secret":"{secret}"}}"#);
    let path = &request.path;
    if request.method == "GET" {
        let found = match (path.strip_prefix("/gam/applications/"), path.strip_prefix("/gam/applications?application="))
        {
            (Some(id), _) => server.applications.iter().find(|(known, ..)| known == id),
            (_, Some(app)) => server.applications.iter().find(|(_, known, _)| known == app),
            _ => None,
        };
        return found.map_or(("404 Not Found".into(), String::new()), |found| ("200 OK".into(), shown(found)));
    }
    let asked = request.json();
    let text = |name: &str| asked[name].as_str().map(str::to_owned);
    let (id, app) = (text("client_id").unwrap(), text("application").unwrap());
    let fresh = asked["proposal"] == "fresh";
    let known = server.applications.iter().find(|(known, of, _)| *known == id || fresh && *of == app);
    if let Some(known) = known {
        return ("200 OK".into(), shown(known));
    }
    let secret = text("client_secret").unwrap_or_else(|| format!("SECRET-{}", server.applications.len()));
    server.applications.push((id, app, secret));
    ("201 Created".into(), shown(server.applications.last().unwrap()))
}

fn configured(env: &str) -> World {
    let world = World::new();
    world.write("inject.toml", format!("version = 1\n[env.dev]\n{env}\n"));
    world.demo("app.apk");
    world
}

#[test]
fn identify_asks_a_registry_only_where_that_is_wanted() {
    let (world, server) = over_http();
    let token = [("TOKEN", TOKEN)];
    world.run(&token, &["app.apk", "--env", "dev", "--unsigned"], "").exits(0);
    std::fs::remove_dir_all(world.stores()).unwrap();
    let asked = server.lock().unwrap().requests.len();
    let run = world.run(&token, &["identify", "app.apk"], "").exits(7);
    assert!(run.out.contains("unknown here"), "{}", run.out);
    assert_eq!(server.lock().unwrap().requests.len(), asked);
    let run = world.run(&token, &["identify", "app.apk", "--online"], "").exits(0);
    assert!(run.out.contains("com.example.demo in dev"), "{}", run.out);
    assert!(server.lock().unwrap().requests.len() > asked);
    assert!(!world.stores().exists(), "asking makes no store");
}

fn over_http() -> (World, Arc<Mutex<Server>>) {
    let (url, server) = serve();
    (configured(&format!("registry = \"http\"\nurl = \"{url}\"\ntoken = \"env:TOKEN\"")), server)
}

#[test]
fn http_registers_once_and_gives_the_same_to_a_fresh_checkout() {
    let (world, server) = over_http();
    let run = world.signed_with(&[("TOKEN", TOKEN)], &["app.apk", "--env", "dev"]).exits(0);
    run.says(&["a NEW application was registered", "registry http:http://127.0.0.1"]);
    let (id, secret) = world.credential(APP, "dev");
    assert_eq!(server.lock().unwrap().applications, [(id.clone(), APP.to_owned(), secret.clone())]);
    // The store has it: nobody is asked.
    let asked = server.lock().unwrap().requests.len();
    world.signed_with(&[("TOKEN", TOKEN)], &["app.apk", "--env", "dev"]).exits(0).says(&["up to date"]);
    assert_eq!(server.lock().unwrap().requests.len(), asked);
    // A fresh checkout adopts by the application.
    std::fs::remove_dir_all(world.stores()).unwrap();
    world.signed_with(&[("TOKEN", TOKEN)], &["register", APP, "--env", "dev"]).exits(0).says(&[&id]);
    assert_eq!(world.credential(APP, "dev"), (id, secret));
    assert_eq!(server.lock().unwrap().applications.len(), 1);
}

#[test]
fn a_dry_run_and_an_offline_run_ask_nobody() {
    let (world, server) = over_http();
    for option in ["--dry-run", "--check"] {
        let run = world.signed_with(&[("TOKEN", TOKEN)], &["app.apk", "--env", "dev", option]);
        assert!(run.out.contains("would be asked of http:http://127.0.0.1"), "{}", run.out);
    }
    let run = |world: &World| {
        world.signed_with(&[("TOKEN", TOKEN)], &["app.apk", "--env", "dev", "--offline", "--no-register"])
    };
    world.refuses(run, 5, &["was not asked, because this run is offline", "run once without --offline"]);
    assert_eq!(server.lock().unwrap().requests, [""; 0]);
    world.signed_with(&[("TOKEN", TOKEN)], &["register", APP, "--env", "dev"]).exits(0);
    run(&world).exits(0);
}

#[test]
fn what_a_server_says_instead_is_said_exactly() {
    for (fault, body, text) in [
        ("500 Oops", "<html>", "status 500: a fault of the server"),
        ("200 OK", "<html>canary</html>", "the answer is no JSON, but HTML or XML (line 1, column 1)"),
        ("200 OK", "{\"client_id\":7}", "members of other types than expected"),
        ("200 OK", "{}", "the answer holds no client_id"),
        ("201 Created", "{\"client_id\":\"abc\",\"client_sec", "the answer is no JSON"),
        ("302 Found\r\nLocation: https://example.com/", "", "a redirection, which is not followed"),
        ("401 No", r#"{"error":{"code":"2","message":"canary"}}"#, "GAM works on another repository"),
        ("400 No", r#"{"error":{"code":"9999"}}"#, "GAM's error 9999"),
        ("403 No", "", "the token may not do this"),
    ] {
        let (world, server) = over_http();
        server.lock().unwrap().faults.extend([("404 Not Found", ""), (fault, body)]);
        let run = |world: &World| world.signed_with(&[("TOKEN", TOKEN)], &["app.apk", "--env", "dev"]);
        let run = world.refuses(run, 5, &[text, "registry http:http://127.0.0.1"]);
        assert!(!run.err.contains("canary"), "{}", run.err);
    }
    let (world, _) = over_http();
    let run = |world: &World| world.signed_with(&[("TOKEN", "wrong")], &["app.apk", "--env", "dev"]);
    world.refuses(run, 5, &["status 401: the token is missing or not accepted"]);
}

#[test]
fn a_busy_server_and_a_lost_answer_end_with_one_application() {
    let (world, server) = over_http();
    let busy = "503 Busy\r\nRetry-After: 0";
    server.lock().unwrap().faults.extend([(busy, ""), ("429 Slow\r\nRetry-After: 0", ""), ("hang up", "")]);
    world.signed_with(&[("TOKEN", TOKEN)], &["register", APP, "--env", "dev"]).exits(0);
    let server = server.lock().unwrap();
    assert_eq!(server.applications.len(), 1);
    assert!(server.requests.len() >= 4, "{:?}", server.requests);
}

#[test]
fn every_row_of_the_state_machine() {
    let three = |env: &str| format!("{env}\n[env.qa]\n{env}\n[env.web]\nsecret = \"omit\"\n{env}");
    let (url, _) = serve();
    let http = three(&format!("registry = \"http\"\nurl = \"{url}\"\ntoken = \"env:TOKEN\""));
    rows::all(&configured(&http), &[("TOKEN", TOKEN)], false);
    rows::all(&configured(&three("registry = \"embedded:team\"")), &[], true);
}

/// A registry as a program: lines of id, application and secret in a file.
#[cfg(unix)]
const PROGRAM: &str = r#"
db=$(dirname "$0")/db; touch "$db"; q=$(cat)
f() { printf %s "$q" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
id=$(f client_id); app=$(f application); secret=$(f client_secret)
by_id() { [ -n "$id" ] && grep "^$id|" "$db" | head -1; }
by_app() { grep "|$app|" "$db" | head -1; }
say() { [ -n "$1" ] || { echo '{}'; return; }
  i=${1%%|*}; s=${1##*|}
  [ -n "$s" ] && echo "{\"client_id\":\"$i\",\"client_secret\":\"$s\",\"existed\":$2}" || echo "{\"client_id\":\"$i\",\"existed\":$2}"; }
put() { grep -v "^${1%%|*}|" "$db" > "$db.new"; echo "$1" >> "$db.new"; mv "$db.new" "$db"; }
case "$(f action)" in
find) if [ -n "$id" ]; then say "$(by_id)" true; else say "$(by_app)" true; fi ;;
register)
  line=$(by_id); old=true
  [ -z "$line" ] && [ "$(f proposal)" = fresh ] && line=$(by_app)
  [ -z "$line" ] && line="$id|$app|$secret" && old=false
  case "$line:$q" in *'|:'*'"wants_secret":true'*) line="${line}GENERATED-$$" ;; esac
  put "$line"; say "$line" $old ;;
replace_secret) put "$id|$app|$secret"; say "$id|$app|$secret" true ;;
revoke) grep -v "^$id|" "$db" > "$db.new"; mv "$db.new" "$db"; echo '{"revoked":true}' ;;
esac"#;

#[cfg(unix)]
#[test]
fn every_row_with_a_program() {
    let env = "registry = \"exec\"\ncommand = [\"./keeper\"]";
    let world = configured(&format!("{env}\n[env.qa]\n{env}\n[env.web]\nsecret = \"omit\"\n{env}"));
    script(&world, "keeper", PROGRAM);
    rows::all(&world, &[], true);
    // One that only reads cannot replace or revoke, and is not believed.
    let world = configured(env);
    script(&world, "keeper", r#"cat > /dev/null; echo '{"client_id":"theirs","client_secret":"s3"}'"#);
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    world.inject(&["credential", "rotate", "--app", APP, "--env", "dev"]).exits(5).says(&["cannot replace a secret"]);
    let revoke = ["credential", "revoke", "--app", APP, "--env", "dev"];
    world.inject(&revoke).exits(5).says(&["cannot revoke"]);
    // Nor is one believed that answers nothing to what it does not know.
    script(&world, "keeper", "cat > /dev/null; echo '{}'");
    world.inject(&revoke).exits(5).says(&["did not answer that it is revoked"]);
    assert_eq!(world.credential(APP, "dev"), ("theirs".to_owned(), "s3".to_owned()));
}

#[test]
fn over_tls_the_authority_and_the_name_are_checked() {
    let server = Arc::new(Mutex::new(Server::default()));
    for (name, ca, text) in [
        ("127.0.0.1", true, ""),
        ("127.0.0.1", false, "the certificate of the server is not trusted"),
        ("gam.example.com", true, "the certificate of the server is not trusted"),
    ] {
        let shared = Arc::clone(&server);
        let (started, pem) = server::start_tls(name, move |request| answer(request, &mut shared.lock().unwrap()));
        let trust = if ca { "ca = \"ca.pem\"" } else { "" };
        let env = format!("registry = \"http\"\nurl = \"{}/gam\"\ntoken = \"env:TOKEN\"\n{trust}", started.url);
        let world = configured(&env);
        world.write("ca.pem", pem);
        let run = |world: &World| world.signed_with(&[("TOKEN", TOKEN)], &["register", APP, "--env", "dev"]);
        if text.is_empty() {
            run(&world).exits(0);
        } else {
            world.refuses(run, 5, &[text]);
            assert_eq!(started.connections(), 1, "a certificate does not change by asking again");
        }
    }
    assert_eq!(server.lock().unwrap().applications.len(), 1);
}

#[test]
fn an_address_without_tls_is_for_this_machine_alone() {
    for (url, text) in [
        ("http://gam.example.com/x", "without TLS everybody on the way would read the secret"),
        ("http://127.0.0.1.example.com/x", "without TLS"),
        ("http://user:word@127.0.0.1/x", "credentials in an address"),
        ("ftp://gam.example.com", "expected an address with https://"),
    ] {
        let world = configured(&format!("registry = \"http\"\nurl = \"{url}\""));
        world.refuses(|world| world.signed(&["app.apk", "--env", "dev"]), 5, &[text]);
    }
}

#[cfg(unix)]
fn script(world: &World, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    world.write(name, format!("#!/bin/sh\n{text}\n"));
    std::fs::set_permissions(world.path(name), std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
#[test]
fn a_program_is_asked_on_standard_input() {
    let world = configured("registry = \"exec\"\ncommand = [\"./helper\", \"a b\"]");
    let answer =
        r#"cat > asked; echo "$# $1" > words; echo '{"client_id":"the-id","client_secret":"exec-canary","other":1}'"#;
    script(&world, "helper", answer);
    world.signed(&["app.apk", "--env", "dev", "--dry-run"]).exits(0);
    assert!(!world.path("asked").exists(), "a dry run runs nothing");
    let run = world.signed(&["app.apk", "--env", "dev"]).exits(0);
    assert!(!run.err.contains("exec-canary") && !run.out.contains("exec-canary"));
    assert_eq!(world.credential(APP, "dev"), ("the-id".to_owned(), "exec-canary".to_owned()));
    let asked: serde_json::Value = serde_json::from_slice(&world.read("asked")).unwrap();
    assert_eq!((&asked["action"], &asked["application"]), (&"register".into(), &APP.into()));
    assert_eq!(world.read("words"), b"1 a b\n", "no shell in between");
}

#[cfg(unix)]
#[test]
fn a_program_gets_no_secret_that_is_ours() {
    let world = configured(
        "registry = \"exec\"\ncommand = [\"./helper\"]\n[env.other]\nregistry = \"http\"\nurl = \"https://gam.example.com\"\ntoken = \"env:OTHER_TOKEN\"",
    );
    let answer = r#"cat > /dev/null; env > environment; echo '{"client_id":"the-id","client_secret":"exec-secret"}'"#;
    script(&world, "helper", answer);
    let variables = [("OTHER_TOKEN", "canary-one"), ("P12_PASSWORD", "canary-two"), ("VAULT_ADDR", "its-own")];
    world.signed_with(&variables, &["app.apk", "--env", "dev"]).exits(0);
    let environment = String::from_utf8(world.read("environment")).unwrap();
    for ours in ["canary", "OTHER_TOKEN", "KEYSTORE_PASSWORD", super::PASSWORD] {
        assert!(!environment.contains(ours), "{ours}: {environment}");
    }
    assert!(environment.contains("VAULT_ADDR=its-own") && environment.contains("PATH="), "{environment}");
}

#[cfg(unix)]
#[test]
fn a_program_that_fails_or_knows_nothing() {
    let run = |world: &World| world.signed(&["app.apk", "--env", "dev"]);
    for (text, says) in [
        ("cat > /dev/null; echo '{}'", "does not know the application and did not register it"),
        ("cat > /dev/null", "does not know the application"),
        ("echo locked >&2; exit 3", "it ended with exit status: 3: locked"),
        ("echo nonsense", "it answered no JSON"),
    ] {
        let world = configured("registry = \"exec\"\ncommand = [\"./helper\"]");
        script(&world, "helper", text);
        world.refuses(run, 5, &[says, "registry exec:./helper"]);
    }
    let world = configured("registry = \"exec\"\ncommand = [\"./not-there\"]");
    world.refuses(run, 5, &["registry exec:./not-there"]);
    // What it says is repeated without the secret that it was given.
    let world = configured("registry = \"exec\"\ncommand = [\"./helper\"]");
    script(&world, "helper", r#"in=$(cat); case "$in" in *find*) echo '{}';; *) echo "$in" >&2; exit 1;; esac"#);
    let set = ["credential", "set", "--app", APP, "--client-id", "the-id", "--secret", "stdin", "--env", "dev"];
    world.run(&[], &set, "echo-canary").exits(0);
    let run = world.signed(&["register", APP, "--env", "dev", "--force"]).exits(5);
    assert!(!run.err.contains("echo-canary") && run.err.contains("[secret]"), "{}", run.err);
}

/// What stands where a secret should.
const NO_SECRETS: [&str; 3] =
    [r#"{"client_id":"i","client_secret":""}"#, r#"{"client_id":"i","client_secret":null}"#, r#"{"client_id":"i"}"#];

#[test]
fn a_registry_that_answers_without_a_secret_changes_nothing() {
    let says = ["it answered for i of com.example.demo without a secret", "dev embeds one", "secret = \"omit\""];
    for body in NO_SECRETS {
        for status in ["200 OK", "201 Created"] {
            let (world, server) = over_http();
            server.lock().unwrap().faults.extend([("404 Not Found", ""), (status, body)]);
            world.refuses(|world| world.signed_with(&[("TOKEN", TOKEN)], &["app.apk", "--env", "dev"]), 5, &says);
        }
    }
    let (world, server) = over_http();
    let other = r#"{"client_id":"i","client_secret":"s","application":"com.example.other"}"#;
    server.lock().unwrap().faults.extend([("404 Not Found", ""), ("200 OK", other)]);
    let says = ["registered there for \"com.example.other\"", "--app com.example.other"];
    world.refuses(|world| world.signed_with(&[("TOKEN", TOKEN)], &["app.apk", "--env", "dev"]), 5, &says);
    // Nothing stands in the way of the next run.
    world.signed_with(&[("TOKEN", TOKEN)], &["app.apk", "--env", "dev"]).exits(0);
}

#[cfg(unix)]
#[test]
fn a_program_that_answers_without_a_secret_changes_nothing() {
    for body in NO_SECRETS {
        let world = configured("registry = \"exec\"\ncommand = [\"./helper\"]");
        script(&world, "helper", &format!("cat > /dev/null; echo '{body}'"));
        let says = ["registry exec:./helper: it answered for i of com.example.demo without a secret"];
        world.refuses(|world| world.signed(&["app.apk", "--env", "dev"]), 5, &says);
        world.inject(&["register", APP, "--env", "dev"]).exits(5).says(&says);
        // Brought by hand, it is there.
        let set = ["credential", "set", "--app", APP, "--env", "dev", "--client-id", "i", "--secret", "stdin"];
        world.run(&[], &set, "by hand").exits(0);
        world.signed(&["app.apk", "--env", "dev"]).exits(0);
    }
    // An id that is known is the one that is answered for.
    let world = configured("registry = \"exec\"\ncommand = [\"./helper\"]");
    let answer = |id: &str| format!("cat > /dev/null; echo '{{\"client_id\":\"{id}\",\"client_secret\":\"s\"}}'");
    script(&world, "helper", &answer("one"));
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    script(&world, "helper", &answer("two"));
    let says = ["asked for one of com.example.demo, it answered for two", "inject credential forget"];
    world.inject(&["register", APP, "--env", "dev", "--take", "registry"]).exits(5).says(&says);
    assert_eq!(world.credential(APP, "dev").0, "one");
}

#[test]
fn fixed_values_are_used_and_not_kept() {
    let world = configured("registry = \"fixed\"\nclient-id = \"the-id\"\nclient-secret = \"file:secret.txt\"");
    world.write("secret.txt", "file-canary\n");
    let run = world.signed(&["app.apk", "--env", "dev"]).exits(0);
    run.says(&["using the credential of [env.dev] as given", "client id the-id"]);
    assert_eq!(super::values(&world.read("app.apk"), "string/client_secret"), ["file-canary"]);
    assert_eq!(world.credentials(), 0, "the store keeps nothing of it");
    world.inject(&["verify", "app.apk", "--env", "dev"]).exits(0);
    std::fs::remove_file(world.path("secret.txt")).unwrap();
    world.refuses(|world| world.signed(&["app.apk", "--env", "dev"]), 2, &["client-secret in [env.dev]", "secret.txt"]);
}

#[test]
fn references_are_resolved_when_they_are_needed() {
    let world = configured("registry = \"fixed\"\nclient-id = \"env:ID\"\nclient-secret = \"exec:echo exec-canary\"");
    let args = ["app.apk", "--env", "dev"];
    world.refuses(|world| world.signed(&args), 2, &["client-id in [env.dev]: environment variable ID: not set"]);
    world.signed_with(&[("ID", "from-env")], &args).exits(0);
    let held: BTreeMap<&str, Vec<String>> = ["client_id", "client_secret"]
        .map(|name| (name, super::values(&world.read("app.apk"), &format!("string/{name}"))))
        .into();
    assert!(
        held["client_id"].iter().all(|id| id == "from-env") && held["client_secret"] == ["exec-canary"],
        "{held:?}"
    );
}

#[test]
fn mistakes_in_the_configuration_are_said_together() {
    let text = "version = 1\n[env.a]\nregistry = \"http\"\ntoken = \"token-canary\"\n[env.b]\nregistry = \"exec\"\n[env.c]\nregistry = \"fixed\"\n\
                [env.d]\nurl = \"https://example.com\"\n[env.e]\nregistry = \"vault\"\n[env.f]\nregistry = \"fixed\"\nclient-id = \"x\"\nclient-secret = \"plain-canary\"\n";
    let world = World::new();
    world.write("inject.toml", text);
    let run = world.inject(&["env", "list"]).exits(2);
    for says in [
        "3:12: registry \"http\" has no url",
        "4:9: token is no reference; secrets do not stand in this file",
        "6:12: registry \"exec\" has no command",
        "8:12: registry \"fixed\" has no client-id",
        "10:1: url belongs to registry = \"http\", \"oauth\" or \"postgres\", here it is \"embedded\"",
        "12:12: unknown registry \"vault\"",
        "16:17: client-secret is no reference",
    ] {
        assert!(run.err.contains(says), "{says}: {}", run.err);
    }
    assert!(!run.err.contains("canary"), "{}", run.err);
}

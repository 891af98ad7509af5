//! The registry `oauth`: RFC 7591 and RFC 7592 as real servers behave, lost answers and kills included.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::server::{self, Reply, Request, Server};
use super::{APP, PROGRAM, Run, World, files_below, holds};

const TOKEN: &str = "initial-canary-77aa";

/// A client as the server holds it.
#[derive(Debug, Clone)]
struct Client {
    secret: Option<String>,
    token: String,
    metadata: Value,
}

/// How the server behaves.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools)]
struct Manners {
    /// The secret is shown to the holder of the registration token.
    echo: bool,
    /// Each read makes a new registration token.
    rotate_token: bool,
    /// Each read makes a new secret.
    rotate_secret: bool,
    /// 200 where 201 is right, and an array where a text is.
    odd: bool,
    /// The endpoint of management, elsewhere.
    elsewhere: Option<String>,
    /// It ends.
    expires: u64,
    /// Answers to give before it works, to POST /reg alone; the request is honoured where the flag says so.
    faults: Vec<(bool, Reply)>,
    /// Time before a registration is answered.
    delay: Duration,
}

#[derive(Debug, Default)]
struct State {
    clients: Vec<(String, Client)>,
    manners: Manners,
    made: usize,
}

struct As {
    server: Server,
    state: Arc<Mutex<State>>,
}

/// Starts an authorization server.
fn start(manners: Manners) -> As {
    let state = Arc::new(Mutex::new(State { manners, ..State::default() }));
    let shared = Arc::clone(&state);
    // The address is known only afterwards; requests say it.
    let server = server::start(move |request| {
        let delay = shared.lock().unwrap().manners.delay;
        if request.method == "POST" {
            std::thread::sleep(delay);
        }
        answer(&mut shared.lock().unwrap(), request)
    });
    As { server, state }
}

fn answer(state: &mut State, request: &Request) -> Reply {
    let url = format!("http://{}", request.header("host").unwrap());
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/.well-known/openid-configuration") => Reply::answer("404 Not Found", "<html>"),
        ("GET", "/.well-known/oauth-authorization-server") => {
            Reply::answer("200 OK", json!({ "issuer": url, "registration_endpoint": format!("{url}/reg") }).to_string())
        }
        ("POST", "/reg") => {
            if state.manners.faults.is_empty() {
                return register(state, request, &url);
            }
            let (honoured, fault) = state.manners.faults.remove(0);
            if honoured {
                register(state, request, &url);
            }
            fault
        }
        (_, path) => manage(state, request, path.trim_start_matches("/reg/"), &url),
    }
}

fn register(state: &mut State, request: &Request, url: &str) -> Reply {
    if request.token() != Some(TOKEN) {
        let body = json!({ "error": "invalid_token", "error_description": format!("not {:?}", request.token()) });
        return Reply::answer("401 Unauthorized", body.to_string());
    }
    state.made += 1;
    let metadata = request.json();
    let public = metadata["token_endpoint_auth_method"] == "none";
    if public && metadata["redirect_uris"].as_array().is_none_or(Vec::is_empty) {
        return Reply::answer("400 Bad Request", json!({ "error": "invalid_redirect_uri" }).to_string());
    }
    let client = Client {
        secret: (!public).then(|| format!("secret-canary-{}", state.made)),
        token: format!("rat-canary-{}", state.made),
        metadata,
    };
    let id = format!("client-{}", state.made);
    state.clients.push((id.clone(), client.clone()));
    let body = shown(&id, &client, &state.manners, true, url);
    Reply::answer(if state.manners.odd { "200 OK" } else { "201 Created" }, body)
}

fn shown(id: &str, client: &Client, manners: &Manners, first: bool, url: &str) -> String {
    let mut body = client.metadata.clone();
    body["client_id"] = id.into();
    if let Some(secret) = client.secret.as_ref().filter(|_| first || manners.echo) {
        body["client_secret"] = secret.as_str().into();
        body["client_secret_expires_at"] = manners.expires.into();
    }
    if first || manners.rotate_token {
        body["registration_access_token"] = client.token.as_str().into();
        let base = manners.elsewhere.as_deref().unwrap_or(url);
        body["registration_client_uri"] = format!("{base}/reg/{id}").into();
    }
    if manners.odd {
        body["token_endpoint_auth_method"] = json!([body["token_endpoint_auth_method"]]);
    }
    body.to_string()
}

fn manage(state: &mut State, request: &Request, id: &str, url: &str) -> Reply {
    let State { clients, manners, made } = state;
    let known = clients.iter_mut().find(|(known, client)| known == id && request.token() == Some(&client.token));
    let Some((_, client)) = known else { return Reply::answer("401 Unauthorized", "") };
    *made += 1;
    match request.method.as_str() {
        "DELETE" => {
            clients.retain(|(known, _)| known != id);
            return Reply::answer("204 No Content", "");
        }
        "PUT" => {
            let body = request.json();
            assert_eq!(body["client_id"], id);
            for forbidden in ["registration_access_token", "registration_client_uri", "client_secret_expires_at"] {
                assert!(body.get(forbidden).is_none(), "RFC 7592, section 2.2: {forbidden}");
            }
            if body["token_endpoint_auth_method"] != "none" && client.secret.is_none() {
                client.secret = Some(format!("secret-canary-{made}"));
            }
        }
        _ => {
            if manners.rotate_token {
                client.token = format!("rat-canary-{made}");
            }
            if manners.rotate_secret {
                client.secret = Some(format!("secret-canary-{made}"));
            }
        }
    }
    let echo = Manners { echo: true, rotate_token: manners.rotate_token, ..Manners::default() };
    let manners = if request.method == "PUT" { &echo } else { &*manners };
    Reply::answer("200 OK", shown(id, client, manners, false, url))
}

impl As {
    fn world(&self, more: &str) -> World {
        let world = World::new();
        let text = format!(
            "version = 1\n[env.dev]\nregistry = \"oauth\"\nurl = \"{}\"\ntoken = \"env:TOKEN\"\n{more}\n",
            self.server.url
        );
        world.write("inject.toml", text);
        world.demo("app.apk");
        world
    }

    fn clients(&self) -> Vec<(String, Client)> {
        self.state.lock().unwrap().clients.clone()
    }

    fn posts(&self) -> usize {
        self.server.asked().iter().filter(|line| line.starts_with("POST")).count()
    }
}

/// A run that says no secret and no token.
#[track_caller]
fn run(world: &World, args: &[&str]) -> Run {
    let run = world.signed_with(&[("TOKEN", TOKEN)], args);
    assert!(!run.out.contains("canary") && !run.err.contains("canary"), "{}\n{}", run.out, run.err);
    run
}

const REGISTER: [&str; 4] = ["register", APP, "--env", "dev"];

#[test]
fn it_registers_once_and_keeps_all_that_is_said_once() {
    let one = start(Manners::default());
    let world = one.world("");
    let first = run(&world, &["app.apk", "--env", "dev"]).exits(0);
    first.says(&["may never show this secret again", "a NEW application was registered: com.example.demo as client-1"]);
    let [(id, client)] = &one.clients()[..] else { panic!("{:?}", one.clients()) };
    assert_eq!(
        (client.metadata["software_id"].as_str(), client.metadata["software_version"].as_str()),
        (Some(APP), Some("dev"))
    );
    assert_eq!(world.credential(APP, "dev"), (id.clone(), client.secret.clone().unwrap()));
    assert_eq!(super::values(&world.read("app.apk"), "string/client_id")[0], *id);
    let asked = one.server.asked().len();
    run(&world, &["app.apk", "--env", "dev"]).exits(0).says(&["up to date"]);
    assert_eq!(one.server.asked().len(), asked, "the store has it");
    // Forgotten here, it is still in the ledger: the server would never say it again.
    run(&world, &["credential", "forget", "--app", APP, "--env", "dev"]).exits(0);
    run(&world, &REGISTER).exits(0).says(&["client-1"]);
    assert_eq!(world.credential(APP, "dev"), (id.clone(), client.secret.clone().unwrap()));
    assert_eq!(one.server.asked().len(), asked);
    // The initial token went to the registration alone, and nothing lies in the stores in the clear.
    for request in one.server.requests.lock().unwrap().iter() {
        assert_eq!(request.token().is_some(), request.method == "POST", "{request:?}");
    }
    for (path, bytes) in files_below(&world.stores()) {
        assert!(!holds(&bytes, "canary"), "{}", path.display());
    }
    // A second environment on the same server shares the client.
    let text = String::from_utf8(world.read("inject.toml")).unwrap().replace("[env.dev]", "[env.qa]");
    world.write("inject.toml", format!("{text}\n{}", text.replace("version = 1", "").replace("[env.qa]", "[env.dev]")));
    run(&world, &["register", APP, "--env", "qa"]).exits(0);
    assert_eq!(world.credential(APP, "qa"), world.credential(APP, "dev"));
    assert_eq!(one.clients().len(), 1);
}

#[test]
fn a_backup_holds_the_registration_token_too() {
    let one = start(Manners { echo: true, ..Manners::default() });
    let world = one.world("");
    run(&world, &REGISTER).exits(0);
    let kept = world.credential(APP, "dev");
    let backup = |word: &str| {
        let args = ["credential", word, "b", "--pass", "env:P"];
        world.run(&[("P", "a passphrase of words")], &args, "").exits(0)
    };
    backup("export");
    std::fs::remove_dir_all(world.stores()).unwrap();
    backup("import");
    run(&world, &[&REGISTER[..], &["--force"]].concat()).exits(0);
    assert_eq!(world.credential(APP, "dev"), kept);
    run(&world, &["credential", "revoke", "--app", APP, "--env", "dev"]).exits(0);
    assert_eq!(one.clients().len(), 0);
}

#[test]
fn a_refresh_reads_with_the_registration_token_and_keeps_the_next_one() {
    for (echo, rotate_token) in [(true, true), (false, true), (true, false), (false, false)] {
        let one = start(Manners { echo, rotate_token, odd: echo, ..Manners::default() });
        let world = one.world("");
        run(&world, &REGISTER).exits(0);
        let kept = world.credential(APP, "dev");
        for _ in 0..3 {
            run(&world, &[&REGISTER[..], &["--force"]].concat()).exits(0);
            assert_eq!(world.credential(APP, "dev"), kept);
        }
        let used: Vec<String> = one
            .server
            .requests
            .lock()
            .unwrap()
            .iter()
            .filter(|request| request.path.starts_with("/reg/"))
            .filter_map(|request| request.token().map(str::to_owned))
            .collect();
        let different: std::collections::HashSet<&String> = used.iter().collect();
        assert_eq!((used.len(), different.len()), (3, if rotate_token { 3 } else { 1 }), "{used:?}");
        assert!(!used.contains(&TOKEN.to_owned()));
    }
}

#[test]
fn a_secret_that_the_server_replaced_is_a_conflict_and_not_lost() {
    let one = start(Manners { echo: true, rotate_secret: true, ..Manners::default() });
    let world = one.world("");
    run(&world, &REGISTER).exits(0);
    let before = world.credential(APP, "dev");
    let force = [&REGISTER[..], &["--force"]].concat();
    run(&world, &force)
        .exits(9)
        .says(&["store and registry hold different secrets for Client Id client-1", "--take registry"]);
    assert_eq!(world.credential(APP, "dev"), before, "nothing was overwritten");
    one.state.lock().unwrap().manners = Manners::default();
    // The answer was kept: the server shows it no more.
    run(&world, &[&REGISTER[..], &["--take", "store"]].concat()).exits(5).says(&["RFC 7592 has no rotation"]);
    run(&world, &[&REGISTER[..], &["--take", "registry"]].concat()).exits(0);
    assert_eq!(world.credential(APP, "dev").1, one.clients()[0].1.secret.clone().unwrap());
    run(&world, &force).exits(0);
}

#[test]
fn what_a_server_refuses_registered_nothing() {
    let answer = |status: &str, body: &str| (false, Reply::answer(status, body));
    let error = |error: &str| json!({ "error": error, "error_description": format!("no {TOKEN}") }).to_string();
    for (fault, texts) in [
        (answer("400 No", &error("invalid_client_metadata")), ["does not accept the metadata", "no [token]"]),
        (answer("400 No", &error("invalid_redirect_uri")), ["status 400", "wants redirect_uris"]),
        (answer("400 No", &error("unapproved_software_statement")), ["status 400", "software_statement"]),
        (answer("401 No", ""), ["status 401", "the initial access token is missing, spent or not accepted"]),
        (answer("403 No", "<html>canary"), ["status 403", "may not register clients"]),
        (answer("404 No", ""), ["status 404", "is it the registration endpoint?"]),
        (answer("302 Found\r\nLocation: https://example.com/", ""), ["status 302", "not followed"]),
        (answer("200 OK", "<html>canary login</html>"), ["status 200", "a page for people"]),
    ] {
        let one = start(Manners { faults: vec![fault], ..Manners::default() });
        let world = one.world("");
        let refused = world.refuses(|world| run(world, &["app.apk", "--env", "dev"]), 5, &texts);
        assert!(!refused.err.contains("may hold a client"), "{}", refused.err);
        assert_eq!(one.posts(), 1);
        run(&world, &REGISTER).exits(0);
        assert_eq!(one.clients().len(), 1);
    }
    // Busy is no refusal.
    let busy = |status: &str| (false, Reply::answer(&format!("{status}\r\nRetry-After: 0"), ""));
    let one = start(Manners { faults: vec![busy("429 Slow"), busy("503 Busy")], ..Manners::default() });
    run(&one.world(""), &REGISTER).exits(0);
    assert_eq!((one.posts(), one.clients().len()), (3, 1));
    // As long as the server says, and not a second by itself.
    let later = |status: &str| (false, Reply::answer(&format!("{status}\r\nRetry-After: 3"), ""));
    for status in ["429 Slow", "503 Busy"] {
        let one = start(Manners { faults: vec![later(status)], ..Manners::default() });
        let world = one.world("");
        let began = Instant::now();
        run(&world, &REGISTER).exits(0);
        assert!(began.elapsed() >= Duration::from_secs(3), "{status}: {:?}", began.elapsed());
        assert_eq!((one.posts(), one.clients().len()), (2, 1));
    }
}

#[test]
fn an_answer_that_is_lost_is_a_possible_orphan_and_no_second_client() {
    let cut = "{\"client_id\":\"client-1\",\"client_secret\":\"canary";
    for (fault, text) in [
        ((true, Reply::answer("500 Oops", "{}")), "status 500: a fault of the server"),
        ((true, Reply::answer("504 Late", "")), "status 504"),
        ((true, Reply::HangUp), "POST http://127.0.0.1"),
        ((true, Reply::Cut("201 Created".into(), cut.into())), "POST http://127.0.0.1"),
        ((true, Reply::answer("201 Created", cut)), "the answer is no JSON"),
        ((true, Reply::answer("201 Created", "{\"client_id\":7}")), "members of other types"),
        ((true, Reply::answer("201 Created", "")), "the answer is no JSON"),
    ] {
        let one = start(Manners { faults: vec![fault], ..Manners::default() });
        let world = one.world("");
        let orphan = "/reg may hold a client that nobody here knows the id of: client_name \"com.example.demo\", \
                      software_id \"com.example.demo\", software_version \"dev\", registered about 20";
        run(&world, &["app.apk", "--env", "dev"]).exits(5).says(&[text, orphan, "--again"]);
        assert_eq!(one.clients().len(), 1, "the server did it all the same");
        // It is not asked again until a person has looked.
        world.refuses(|world| run(world, &["app.apk", "--env", "dev"]), 5, &[orphan]);
        assert_eq!(one.posts(), 1);
        run(&world, &[&REGISTER[..], &["--again"]].concat()).exits(0).says(&["as client-2"]);
        run(&world, &["app.apk", "--env", "dev"]).exits(0);
        assert_eq!(world.credential(APP, "dev").0, "client-2");
        assert_eq!(one.posts(), 2);
    }
    // Or the client was found on the server, and its secret there.
    let one = start(Manners { faults: vec![(true, Reply::HangUp)], ..Manners::default() });
    let world = one.world("");
    run(&world, &REGISTER).exits(5);
    let set = ["credential", "set", "--app", APP, "--env", "dev", "--client-id", "client-1", "--secret", "stdin"];
    world.run(&[], &set, "secret-canary-1").exits(0);
    run(&world, &["app.apk", "--env", "dev"]).exits(0);
    assert_eq!(one.posts(), 1);
    run(&world, &[&REGISTER[..], &["--force"]].concat()).exits(5).says(&["cannot be asked about this Client Id"]);
}

#[test]
fn a_server_that_is_not_there_or_says_nothing_of_itself() {
    let one = start(Manners::default());
    let world = one.world("");
    let other = server::start(|_| Reply::answer("200 OK", json!({ "issuer": "https://evil.example" }).to_string()));
    let with = |url: &str| {
        let text = format!("version = 1\n[env.dev]\nregistry = \"oauth\"\nurl = \"{url}\"\ntoken = \"env:TOKEN\"\n");
        world.write("inject.toml", text);
    };
    with(&other.url);
    world.refuses(|world| run(world, &REGISTER), 5, &["its issuer is \"https://evil.example\", expected \"http://127"]);
    let none = server::start(|_| Reply::answer("404 No", ""));
    with(&format!("{}/realms/r", none.url));
    let texts = [
        "/realms/r/.well-known/openid-configuration (status 404)",
        "/.well-known/oauth-authorization-server/realms/r (status 404)",
        "give the registration endpoint",
    ];
    world.refuses(|world| run(world, &REGISTER), 5, &texts);
    with("http://auth.example.com");
    world.refuses(|world| run(world, &REGISTER), 5, &["without TLS everybody on the way"]);
    // The endpoint may be given instead.
    let text = format!(
        "version = 1\n[env.dev]\nregistry = \"oauth\"\nurl = \"{0}/x\"\nendpoint = \"{0}/reg\"\ntoken = \"env:TOKEN\"\n",
        one.server.url
    );
    world.write("inject.toml", text);
    run(&world, &REGISTER).exits(0);
    assert_eq!(one.server.asked(), ["POST /reg"]);
}

#[test]
fn a_registration_token_goes_to_its_own_server_alone() {
    let thief = server::start(|_| Reply::answer("200 OK", "{}"));
    let one = start(Manners { elsewhere: Some(thief.url.clone()), ..Manners::default() });
    let world = one.world("");
    run(&world, &REGISTER).exits(0);
    run(&world, &[&REGISTER[..], &["--force"]].concat()).exits(5).says(&["the token was not sent there"]);
    assert_eq!(thief.connections(), 0);
}

#[test]
fn a_public_client_gets_no_secret_until_an_environment_embeds_one() {
    let one = start(Manners::default());
    let omit = "secret = \"omit\"\n";
    let world = one.world(omit);
    run(&world, &REGISTER).exits(5).says(&["wants redirect_uris; write them in the environment's table metadata"]);
    let redirect = "[env.dev.metadata]\nredirect_uris = [\"com.example.demo:/callback\"]\nscope = \"read\"\n";
    let world = one.world(&format!("{omit}{redirect}"));
    let first = run(&world, &REGISTER).exits(0);
    assert!(!first.err.contains("never show"), "{}", first.err);
    let [(id, client)] = &one.clients()[..] else { panic!() };
    assert_eq!((client.secret.as_ref(), client.metadata["scope"].as_str()), (None, Some("read")));
    assert_eq!(world.credential(APP, "dev"), (id.clone(), String::new()));
    // Later an environment embeds one: the same client, asked for a secret.
    let text = String::from_utf8(world.read("inject.toml")).unwrap().replace(omit, "");
    world.write("inject.toml", text);
    run(&world, &REGISTER).exits(0);
    assert_eq!(world.credential(APP, "dev"), (id.clone(), one.clients()[0].1.secret.clone().unwrap()));
    assert_eq!(one.posts(), 2);
}

#[test]
fn a_secret_that_ends_is_said() {
    let one = start(Manners { expires: 4_102_444_799, ..Manners::default() });
    run(&one.world(""), &REGISTER).exits(0).says(&["the secret of client-1 ends at 2099-12-31T23:59:59Z"]);
}

#[test]
fn a_dry_run_and_a_run_that_may_not_register_make_no_request() {
    let one = start(Manners::default());
    let world = one.world("");
    for option in ["--dry-run", "--check"] {
        let dry = run(&world, &["app.apk", "--env", "dev", option]);
        assert!(dry.out.contains("would be asked of oauth:http://127.0.0.1"), "{}", dry.out);
    }
    world.refuses(|world| run(world, &["app.apk", "--env", "dev", "--no-register"]), 5, &["switched off there"]);
    world.refuses(|world| run(world, &["app.apk", "--env", "dev", "--offline"]), 5, &["this run is offline"]);
    assert_eq!(one.server.connections(), 0);
    run(&world, &REGISTER).exits(0);
    run(&world, &["app.apk", "--env", "dev", "--no-register", "--refresh"]).exits(0);
}

#[test]
fn eight_processes_register_one_client() {
    for _ in 0..60 {
        let one = start(Manners { delay: Duration::from_millis(10), ..Manners::default() });
        let world = one.world("");
        let children: Vec<_> = (0..8)
            .map(|_| {
                let mut command = world.command(PROGRAM);
                command
                    .args(REGISTER)
                    .env("TOKEN", TOKEN)
                    .stdout(std::process::Stdio::piped())
                    .stderr(std::process::Stdio::piped());
                command.spawn().unwrap()
            })
            .collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "client-1");
        }
        assert_eq!(one.posts(), 1);
    }
}

/// How many kills.
const KILLS: u32 = 150;

#[test]
fn a_kill_ends_in_one_registration_or_an_exact_report() {
    let manners = || Manners { delay: Duration::from_millis(20), ..Manners::default() };
    let measured = start(manners());
    let began = Instant::now();
    run(&measured.world(""), &REGISTER).exits(0);
    let whole = began.elapsed();
    let (mut orphans, mut kept) = (0, 0);
    for round in 0..KILLS {
        let one = start(manners());
        let world = one.world("");
        let mut command = world.command(PROGRAM);
        command
            .args(REGISTER)
            .env("TOKEN", TOKEN)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(whole.mul_f64((f64::from(round) * 0.618_034).fract()));
        let _ = child.kill();
        child.wait().unwrap();
        // What was under way reaches the server all the same.
        std::thread::sleep(Duration::from_millis(60));
        let posts = one.posts();
        let next = run(&world, &REGISTER);
        let clients = one.clients();
        if next.code == Some(0) {
            kept += 1;
            let (id, secret) = world.credential(APP, "dev");
            assert_eq!(clients.len(), 1, "a second client nobody knows: {}", next.err);
            assert_eq!((id, Some(secret)), (clients[0].0.clone(), clients[0].1.secret.clone()));
        } else {
            orphans += 1;
            next.exits(5)
                .says(&["may hold a client that nobody here knows the id of", "software_id \"com.example.demo\""]);
            assert_eq!(one.posts(), posts, "reported, not repeated");
            run(&world, &[&REGISTER[..], &["--again"]].concat()).exits(0);
            let (id, secret) = world.credential(APP, "dev");
            assert!(
                one.clients().iter().any(|(known, client)| *known == id && client.secret.as_ref() == Some(&secret))
            );
        }
    }
    assert!(orphans > 0 && kept > 0, "the kills missed a phase: {orphans} possible orphans, {kept} whole");
}

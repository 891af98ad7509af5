//! `inject registry serve`: the contract, identification of apps, and the whole loop from registering to being refused.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{APP, PROGRAM, World, rows};

pub const TOKEN: &str = "registration-canary-9e41";

/// A server, until the test is over.
pub struct Served {
    child: Child,
    pub url: String,
    pub address: String,
    #[cfg_attr(not(unix), allow(dead_code, reason = "a server is ended by a signal where there are signals"))]
    said: File,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts `inject registry serve` on a free port.
pub fn serve(world: &World, variables: &[(&str, &str)], args: &[&str]) -> Served {
    started(world.command(PROGRAM), variables, args)
}

/// The same within a limit of open files.
#[cfg(unix)]
pub fn serve_with_files(world: &World, files: u32, args: &[&str]) -> Served {
    let mut command = world.command("sh");
    command.args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\""), PROGRAM]);
    started(command, &[], args)
}

fn started(mut command: Command, variables: &[(&str, &str)], args: &[&str]) -> Served {
    command.args(["registry", "serve", "--json"]).args(args);
    if !args.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    command.env("TOKEN", TOKEN).envs(variables.iter().copied());
    let said = tempfile::tempfile().unwrap();
    let mut child = command.stdout(Stdio::piped()).stderr(said.try_clone().unwrap()).spawn().unwrap();
    let mut text = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    // The answer is one JSON value, over several lines.
    let json: Value = loop {
        assert!(lines.read_line(&mut text).unwrap() > 0, "it ended: {text}");
        if let Ok(json) = serde_json::from_str(&text) {
            break json;
        }
    };
    let url = json["url"].as_str().unwrap().to_owned();
    let address = url.split("://").nth(1).unwrap().to_owned();
    Served { child, url, address, said }
}

impl Served {
    /// Status, head and content of an answer.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String, String) {
        let mut text = Vec::new();
        let (host, length) = (&self.address, body.len());
        write!(text, "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n")
            .unwrap();
        for (name, value) in headers {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
        write!(text, "\r\n{body}").unwrap();
        self.raw(&text)
    }

    /// The same for bytes as they are, on a connection of their own.
    pub fn raw(&self, text: &[u8]) -> (u16, String, String) {
        answer_of(TcpStream::connect(&self.address).unwrap(), text)
    }

    /// Asks it to end: its status, what it said, and how long it took.
    #[cfg(unix)]
    pub fn end(&mut self) -> (Option<i32>, String, Duration) {
        let began = Instant::now();
        self.signal();
        let (code, said) = self.ended();
        (code, said, began.elapsed())
    }

    #[cfg(unix)]
    pub fn signal(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    /// Waits for its end: its status, and what it said.
    #[cfg_attr(not(unix), allow(dead_code, reason = "a server is ended by a signal where there are signals"))]
    pub fn ended(&mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        let mut said = String::new();
        self.said.rewind().unwrap();
        self.said.read_to_string(&mut said).unwrap();
        (code, said)
    }

    pub fn form(&self, path: &str, body: &str) -> (u16, Value) {
        let (status, _, body) = self.ask("POST", path, &[("Content-Type", "application/x-www-form-urlencoded")], body);
        (status, serde_json::from_str(&body).unwrap())
    }

    pub fn gam(&self, id: &str, secret: &str) -> (u16, Value) {
        self.form(
            "/oauth/access_token",
            &format!("grant_type=client_credentials&client_id={id}&client_secret={secret}"),
        )
    }
}

/// Asks on a connection: status, head and content of the answer.
pub fn answer_of(mut stream: impl Read + Write, text: &[u8]) -> (u16, String, String) {
    // A server that has read enough may close before it has all.
    let _ = stream.write_all(text);
    let mut answer = Vec::new();
    // TLS without a farewell is an error that changes nothing of what was read.
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
}

/// The machine of the server: one registry for `dev`, and `web`, which embeds no secret.
pub fn keeper() -> World {
    let world = World::new();
    let text = "version = 1\n[env.dev]\nregistry = \"embedded:team\"\n[env.web]\nregistry = \"embedded:team\"\nsecret = \"omit\"\n";
    world.write("inject.toml", text);
    world
}

/// A machine that builds.
fn builder(url: &str) -> World {
    let world = World::new();
    let env = format!("registry = \"http\"\nurl = \"{url}\"\ntoken = \"env:TOKEN\"\nca = \"ca.pem\"\n");
    let env = if url.starts_with("https") { env } else { env.replace("ca = \"ca.pem\"\n", "") };
    world.write(
        "inject.toml",
        format!("version = 1\n[env.dev]\n{env}[env.qa]\n{env}[env.web]\n{env}secret = \"omit\"\n"),
    );
    world.demo("app.apk");
    world
}

pub const WITH: [&str; 4] = ["--env", "dev", "--token", "env:TOKEN"];
/// What a server speaks TLS with, once it is [`certified`].
pub const TLS: [&str; 4] = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];

/// A certificate for 127.0.0.1 in the machine of a server; what is trusted then.
pub fn certified(keeper: &World) -> String {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    keeper.write("cert.pem", made.cert.pem());
    keeper.write("key.pem", made.signing_key.serialize_pem());
    made.cert.pem()
}

const AS: [(&str, &str); 1] = [("TOKEN", TOKEN)];

#[test]
fn register_embed_identify_revoke_be_refused() {
    let keeper = keeper();
    let server = serve(&keeper, &[], &WITH);
    let builder = builder(&server.url);
    builder.signed_with(&AS, &["app.apk", "--env", "dev"]).exits(0).says(&["a NEW application was registered"]);
    builder.signed_with(&AS, &["verify", "app.apk", "--env", "dev"]).exits(0);
    // What the app on a device has is what stands in the package.
    let apk = builder.read("app.apk");
    let [id, secret] =
        ["client_id", "client_secret"].map(|name| super::values(&apk, &format!("string/{name}"))[0].clone());
    let (status, granted) = server.gam(&id, &secret);
    assert_eq!((status, granted["token_type"].as_str()), (200, Some("Bearer")), "{granted}");
    let access = granted["access_token"].as_str().unwrap();
    let introspect = |access: &str| {
        let bearer = format!("Bearer {TOKEN}");
        let headers = [("Authorization", bearer.as_str())];
        let (status, _, body) = server.ask("POST", "/introspect", &headers, &format!("token={access}"));
        (status, serde_json::from_str::<Value>(&body).unwrap())
    };
    let (_, active) = introspect(access);
    assert_eq!((active["active"].as_bool(), active["client_id"].as_str()), (Some(true), Some(id.as_str())));
    assert_eq!(introspect("another").1["active"], false);
    let own = format!("token={access}&client_id={id}&client_secret={secret}");
    assert_eq!(server.form("/introspect", &own).1["active"], true, "an application may ask for itself");
    assert_eq!(server.form("/introspect", &format!("token={access}")).0, 401);

    let listed = keeper.inject(&["registry", "list", "--env", "dev"]).exits(0).out;
    assert!(listed.contains(&id) && listed.contains("with a secret") && !listed.contains(&secret), "{listed}");
    keeper.inject(&["registry", "revoke", &id, "--env", "dev"]).exits(0);
    let (status, refused) = server.gam(&id, &secret);
    assert_eq!((status, refused["error"]["code"].as_str()), (401, Some("111")), "{refused}");
    assert_eq!(introspect(access).1["active"], false, "what is revoked has no token");
    let run = builder.signed_with(&AS, &["register", APP, "--env", "dev", "--force"]).exits(5);
    assert!(run.err.contains("the application is revoked in GAM"), "{}", run.err);
}

#[test]
fn a_registry_that_goes_away_is_not_made_anew() {
    let keeper = keeper();
    let server = serve(&keeper, &[], &WITH);
    let bearer = format!("Bearer {TOKEN}");
    let ask = |id: &str| {
        let question =
            format!("{{\"client_id\":\"{id}\",\"application\":\"a\",\"proposal\":\"fresh\",\"wants_secret\":true}}");
        let (status, _, body) = server.ask("POST", "/applications", &[("Authorization", &bearer)], &question);
        (status, body)
    };
    let get = |path: &str| server.ask("GET", path, &[("Authorization", &bearer)], "").0;
    assert_eq!(get("/health"), 200, "none was made yet, which is no fault");
    assert_eq!(ask("one").0, 201);
    let there = ask("two");
    assert!(there.0 == 200 && there.1.contains("\"one\""), "{there:?}");
    // The volume is gone, with the list of what was made; or the file alone.
    let away = keeper.root().join("away");
    let file = keeper.stores().join("registry/team.db");
    for (from, to) in [(keeper.stores(), away.clone()), (file.clone(), file.with_extension("away"))] {
        std::fs::rename(&from, &to).unwrap();
        assert_eq!(get("/health"), 503);
        assert_eq!(ask("two").0, 503);
        assert_eq!(get("/applications/one"), 503);
        assert_eq!(get("/applications?application=a"), 503);
        assert_eq!(server.gam("one", "secret").0, 503);
        assert!(!from.exists(), "nothing was made");
        std::fs::rename(&to, &from).unwrap();
        assert_eq!((get("/health"), ask("three")), (200, there.clone()), "it is back");
    }
    drop(server);
    // One that is started without it knows by the list; it says so, and serves when it is back.
    std::fs::rename(&file, &away).unwrap();
    let server = serve(&keeper, &[], &WITH);
    assert_eq!(server.ask("GET", "/health", &[], "").0, 503);
    std::fs::rename(&away, &file).unwrap();
    assert_eq!(server.ask("GET", "/health", &[], "").0, 200);
}

#[test]
fn an_application_is_recognised_or_refused_with_a_reason() {
    let keeper = keeper();
    let server = serve(&keeper, &[], &WITH);
    let odd = "odd %:+& secret";
    for (app, id, secret) in [("a", "id-a", "secret-a"), ("b", "id-b", odd)] {
        let set = ["credential", "set", "--app", app, "--env", "dev", "--client-id", id, "--secret", "stdin"];
        keeper.run(&[], &set, secret).exits(0);
        keeper.inject(&["register", app, "--env", "dev", "--force"]).exits(0);
    }
    keeper.inject(&["register", "public", "--env", "web"]).exits(0);
    let public = keeper.credential("public", "web").0;
    let grant = "grant_type=client_credentials";
    for (body, status, gam, rfc) in [
        (format!("{grant}&client_id=id-a&client_secret=secret-a"), 200, "", ""),
        (format!("{grant}&client_id=id-b&client_secret=odd+%25%3A%2B%26+secret"), 200, "", ""),
        (format!("{grant}&client_id=id-a&client_secret=secret-A"), 401, "116", "invalid_client"),
        (format!("{grant}&client_id=id-a&client_secret=secret-"), 401, "116", "invalid_client"),
        (format!("{grant}&client_id=id-a&client_secret="), 401, "116", "invalid_client"),
        (format!("{grant}&client_id=id-a"), 401, "116", "invalid_client"),
        (format!("{grant}&client_id=nobody&client_secret=secret-a"), 401, "236", "invalid_client"),
        (format!("{grant}&client_id={public}"), 401, "116", "invalid_client"),
        (format!("{grant}&client_id={public}&client_secret=x"), 401, "116", "invalid_client"),
    ] {
        let (found, answer) = server.form("/oauth/gam/v2.0/access_token", &body);
        assert_eq!((found, answer["error"]["code"].as_str().unwrap_or_default()), (status, gam), "{body}: {answer}");
        let (found, answer) = server.form("/oauth/token", &body);
        assert_eq!((found, answer["error"].as_str().unwrap_or_default()), (status, rfc), "{body}: {answer}");
    }
    // Too many refusals from one address: who guesses on is told to wait, in words of its own and late; who is right passes.
    let wrong = format!("{grant}&client_id=id-a&client_secret=guess");
    let mut slowed = 0;
    for _ in 0..10 {
        let began = Instant::now();
        let (status, head, body) = server.ask("POST", "/oauth/token", &[], &wrong);
        if status == 429 {
            assert!(body.contains("slow_down") && head.to_ascii_lowercase().contains("retry-after: "), "{head} {body}");
            assert!(began.elapsed() >= Duration::from_millis(400), "{:?}", began.elapsed());
            slowed += 1;
        }
        assert_eq!(server.gam("id-a", "secret-a").0, 200, "who is right is never locked out");
        let bearer = format!("Bearer {TOKEN}");
        let found = server.ask("GET", "/applications/id-a", &[("Authorization", &bearer)], "").0;
        assert_eq!(found, 200, "nor who holds a registration token");
    }
    assert!(slowed >= 4, "14 were refused before, and 20 are in a minute");
    let refused = server.ask("GET", "/applications/id-a", &[("Authorization", "Bearer guess-at-a-token")], "");
    assert_eq!(refused.0, 429, "{refused:?}");
    assert_eq!(server.ask("GET", "/health", &[], "").0, 200);
}

#[test]
fn what_is_no_question_is_said() {
    let keeper = keeper();
    keeper
        .run(&[], &["credential", "set", "--app", "a", "--env", "dev", "--client-id", "a", "--secret", "stdin"], "s:%3")
        .exits(0);
    keeper.inject(&["register", "a", "--env", "dev", "--force"]).exits(0);
    let server = serve(&keeper, &[], &WITH);
    let good = "client_id=a&client_secret=s%3A%253";
    for (path, body, status, error) in [
        ("/oauth/access_token", good, 400, "invalid_request"),
        ("/oauth/access_token", "grant_type=client_credentials", 400, "invalid_request"),
        ("/oauth/access_token", &format!("grant_type=refresh_token&{good}"), 400, "unsupported_grant_type"),
        ("/oauth/token", &format!("grant_type=password&{good}"), 400, "unsupported_grant_type"),
        ("/oauth/token", "grant_type=client_credentials&client_id=%ZZ", 400, "invalid_request"),
        ("/elsewhere", "", 404, "not_found"),
    ] {
        let (found, answer) = server.form(path, body);
        assert_eq!((found, answer["error"].as_str()), (status, Some(error)), "{path} {body}: {answer}");
    }
    // GAM's order: the application is good, and only then the user is not.
    let (status, answer) =
        server.form("/oauth/access_token", &format!("grant_type=password&{good}&username=x&password=y"));
    assert_eq!((status, answer["error"]["code"].as_str()), (401, Some("11")));
    // A user who is not known is no guess at an application: it may try on.
    for _ in 0..25 {
        assert_eq!(server.form("/oauth/access_token", &format!("grant_type=device&{good}")).1["error"]["code"], "169");
    }
    // HTTP Basic, percent-encoded before (RFC 6749, section 2.3.1): a:s%3A%253
    let basic = [("Authorization", "Basic YTpzJTNBJTI1Mw==")];
    assert_eq!(server.ask("POST", "/oauth/token", &basic, "grant_type=client_credentials").0, 200);
    let bearer = format!("Bearer {TOKEN}");
    let bearer = [("Authorization", bearer.as_str())];
    for (method, path, body, status) in [
        ("POST", "/applications", "{", 400),
        ("POST", "/applications", r#"{"client_id":"","application":"x"}"#, 400),
        ("POST", "/applications", r#"{"client_id":"i","application":" "}"#, 400),
        ("POST", "/applications", r#"{"client_id":"i","application":"x","client_secret":"\u00e9"}"#, 400),
        ("GET", "/applications", "", 400),
        ("GET", "/applications?application=none", "", 404),
        ("GET", "/applications/none", "", 404),
        ("GET", "/applications/a/b/c", "", 404),
        ("PATCH", "/applications/a", "", 405),
        ("PUT", "/applications/a/secret", "{}", 400),
        ("PUT", "/applications/none/secret", r#"{"client_secret":"x"}"#, 404),
        ("DELETE", "/applications/none", "", 404),
        ("GET", "/oauth/token", "", 405),
    ] {
        let (found, _, answer) = server.ask(method, path, &bearer, body);
        assert_eq!(found, status, "{method} {path} {body}: {answer}");
    }
    assert_eq!(server.ask("POST", "/applications", &bearer, &"x".repeat(70_000)).0, 413);
    let metrics = server.ask("GET", "/metrics", &[], "").2;
    assert!(metrics.contains("inject_requests_total{route=\"other\",status=\"413\"} 1"), "{metrics}");
    assert!(metrics.contains("inject_requests_total{route=\"token\",status=\"200\"} 1"), "{metrics}");
    assert!(metrics.contains("inject_access_tokens 1") && !metrics.contains("s:%3"), "{metrics}");
}

#[test]
fn registering_needs_a_token() {
    let keeper = keeper();
    let open = serve(&keeper, &[], &["--env", "dev"]);
    let server = serve(&keeper, &[], &WITH);
    for (url, token) in [(&open.url, TOKEN), (&server.url, "registration-canary-9e42"), (&server.url, "x")] {
        let builder = builder(url);
        let run = builder.run(&[("TOKEN", token)], &["register", APP, "--env", "dev"], "").exits(5);
        assert!(run.err.contains("the token is missing or not accepted") && !run.err.contains("canary"), "{}", run.err);
    }
    assert_eq!(server.ask("DELETE", "/applications/x", &[], "").0, 401);
    assert_eq!(
        keeper.inject(&["registry", "list", "--env", "dev", "--json"]).exits(0).json()["applications"],
        serde_json::json!([])
    );
    for (args, text) in [
        (&["--listen", "0.0.0.0:0"][..], "without TLS everybody on the way"),
        (&["--token", "env:SHORT"], "can be guessed"),
        (&["--token", TOKEN], "takes a reference, never the secret itself"),
        (&["--tls-cert", "none", "--tls-key", "none"], "none: No such file"),
        (&["--tls-cert", "inject.toml", "--tls-key", "inject.toml"], "holds none in PEM"),
        (&["--listen", "203.0.113.1:0", "--tls-cert", "chain.pem", "--tls-key", "k.pem"], "chain.pem: No such file"),
    ] {
        let args = [&["registry", "serve", "--env", "dev"], args].concat();
        let run = keeper.run(&[("SHORT", "short")], &args, "").exits(2);
        assert!(run.err.contains(text) && !run.err.contains("canary"), "{text}: {}", run.err);
    }
}

#[test]
fn an_environment_that_omits_the_secret_recognises_by_the_id() {
    let keeper = keeper();
    let server = serve(&keeper, &[], &["--env", "web", "--token", "env:TOKEN"]);
    let builder = builder(&server.url);
    builder.run(&AS, &["register", APP, "--env", "web"], "").exits(0);
    let id = builder.credential_with(&AS, APP, "web").0;
    let grant = format!("grant_type=client_credentials&client_id={id}");
    assert_eq!(server.form("/oauth/access_token", &grant).0, 200);
    assert_eq!(server.form("/oauth/access_token", &format!("{grant}&client_secret=x")).1["error"]["code"], "116");
    assert_eq!(
        server.form("/oauth/access_token", "grant_type=client_credentials&client_id=x").1["error"]["code"],
        "236"
    );
}

#[test]
fn every_row_of_the_state_machine_and_a_race() {
    let keeper = keeper();
    let server = serve(&keeper, &[], &WITH);
    rows::all(&builder(&server.url), &AS, true);
    let worlds = [builder(&server.url), builder(&server.url)];
    for round in 0..60 {
        let app = format!("com.example.round{round}");
        let children: Vec<Child> = (0..8)
            .map(|index| {
                let mut command = worlds[index % 2].command(PROGRAM);
                command.args(["register", &app, "--env", "dev"]).env("TOKEN", TOKEN);
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        let mut ids: Vec<Vec<u8>> = Vec::new();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            ids.push(output.stdout);
        }
        ids.dedup();
        assert_eq!(ids.len(), 1, "round {round}");
        let [one, two] = [0, 1].map(|machine| worlds[machine].credential_with(&AS, &app, "dev"));
        assert_eq!(one, two);
    }
}

/// How many kills.
const KILLS: u32 = 150;

#[test]
fn kills_lose_nothing_and_make_nothing_twice() {
    let keeper = keeper();
    let server = serve(&keeper, &[], &WITH);
    let world = builder(&server.url);
    let began = std::time::Instant::now();
    world.run(&AS, &["register", APP, "--env", "dev"], "").exits(0);
    let whole = began.elapsed();
    for round in 0..KILLS {
        let app = format!("com.example.kill{round}");
        let mut command = world.command(PROGRAM);
        command.args(["register", &app, "--env", "dev"]).env("TOKEN", TOKEN);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole.mul_f64((f64::from(round) * 0.618_034).fract()));
        let _ = child.kill();
        child.wait().unwrap();
        world.run(&AS, &["register", &app, "--env", "dev", "--force"], "").exits(0);
    }
    let listed = keeper.inject(&["registry", "list", "--env", "dev", "--json"]).exits(0).json();
    assert_eq!(listed["applications"].as_array().unwrap().len(), 1 + KILLS as usize, "one application for each");
}

#[cfg(unix)]
#[test]
fn over_tls_and_until_it_is_asked_to_end() {
    let keeper = keeper();
    let certificate = certified(&keeper);
    let mut server = serve(&keeper, &[], &[&WITH[..], &TLS].concat());
    assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
    let builder = builder(&server.url);
    builder.write("ca.pem", certificate);
    builder.run(&AS, &["register", APP, "--env", "dev"], "").exits(0);
    assert_eq!(server.end().0, Some(0), "asked to end, it ends well");
}

#[cfg(unix)]
#[test]
fn over_a_database() {
    let Some(mut database) = super::database::start() else { return };
    let url = database.make("served");
    let key = "77".repeat(32);
    let keeper = World::new();
    keeper
        .write("inject.toml", "version = 1\n[env.dev]\nregistry = \"postgres\"\nurl = \"env:DB\"\nkey = \"env:KEY\"\n");
    let variables = [("DB", url.as_str()), ("KEY", key.as_str())];
    keeper.run(&variables, &["registry", "init", "--env", "dev"], "").exits(0);
    let mut server = serve(&keeper, &variables, &WITH);
    let builder = builder(&server.url);
    rows::all(&builder, &AS, true);
    builder.run(&AS, &["register", APP, "--env", "dev"], "").exits(0);
    let (id, secret) = builder.credential_with(&AS, APP, "dev");
    assert_eq!(server.gam(&id, &secret).0, 200);
    // The database goes away and comes back: nothing is refused for good.
    database.down();
    assert_eq!(server.ask("GET", "/health", &[], "").0, 503);
    database.up();
    assert_eq!(server.gam(&id, &secret).0, 200);
    // The client of a database has a runtime of its own, which cannot end within another one.
    let (code, said, _) = server.end();
    assert!(code == Some(0) && !said.contains("panicked"), "{code:?}: {said}");
    // Nor where the database is away, or a request is under way.
    let mut server = serve(&keeper, &variables, &WITH);
    database.down();
    let address = server.address.clone();
    let asking = std::thread::spawn(move || {
        let ask = format!("GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        let mut stream = TcpStream::connect(&address).unwrap();
        let _ = stream.write_all(ask.as_bytes());
        let _ = stream.read_to_end(&mut Vec::new());
    });
    std::thread::sleep(Duration::from_millis(100));
    let (code, said, took) = server.end();
    assert!(
        code == Some(0) && !said.contains("panicked") && took < Duration::from_secs(10),
        "{took:?} {code:?}: {said}"
    );
    asking.join().unwrap();
}

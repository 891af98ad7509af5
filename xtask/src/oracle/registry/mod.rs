//! Real authorization servers judge the registry `oauth`: what docs/registries.md says of them is what happens.
//!
//! Must not: need anything but npm and crates.io, where both servers come from by name.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use inject::credential::registry::oauth::discovery::discover;
use inject::host::http::{Ask, Body, Client, Proof, encoded};
use serde_json::Value;

const PROVIDER: &str = "oidc-provider@9.13.3";
const OAUTH_AS_VERSION: &str = "1.0.1";
const OAUTH_AS: &str = "\
[package]
name = \"judge\"
version = \"0.0.0\"
edition = \"2024\"
[workspace]
[dependencies]
axum = { version = \"0.8\", default-features = false, features = [\"http1\", \"tokio\"] }
oauth-as = { version = \"=VERSION\", features = [\"axum\"] }
tokio = { version = \"1\", features = [\"macros\", \"net\", \"rt\"] }
";
const TOKEN: &str = "initial-access-token-of-the-oracle";
const APP: &str = "com.example.oracle";

/// What was seen of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    /// The status of a registration.
    status: u16,
    /// A read shows the secret again (class B).
    echo: bool,
}

/// Where what is seen is written down.
const PAGE: &str = "docs/registries.md";

/// Starts the servers and judges.
pub fn run(root: &Path) -> Result<()> {
    super::build_program(root)?;
    let work = root.join("target/oracle/registry");
    let provider = provider(&work)?;
    for rotate in ["0", "1"] {
        let mut command = Command::new("node");
        command.arg(&provider).env("ROTATE", rotate);
        let seen = judge(root, &work, command).with_context(|| format!("node-oidc-provider, ROTATE={rotate}"))?;
        documented(root, &PROVIDER.replace("oidc-provider@", "node-oidc-provider "), seen)?;
    }
    let seen = judge(root, &work, Command::new(oauth_as(&work)?)).context("oauth-as")?;
    documented(root, &format!("oauth-as {OAUTH_AS_VERSION}"), seen)?;
    println!("registries: every server agrees");
    Ok(())
}

fn provider(work: &Path) -> Result<PathBuf> {
    let folder = work.join("node-oidc-provider");
    std::fs::create_dir_all(&folder)?;
    if !folder.join("node_modules/oidc-provider").is_dir() {
        std::fs::write(folder.join("package.json"), "{\"private\":true,\"type\":\"module\"}\n")?;
        let args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", PROVIDER];
        ensure!(Command::new("npm").args(args).current_dir(&folder).status()?.success(), "npm install {PROVIDER}");
    }
    let server = folder.join("server.mjs");
    std::fs::write(&server, include_str!("provider.mjs"))?;
    Ok(server)
}

fn oauth_as(work: &Path) -> Result<PathBuf> {
    let folder = work.join("oauth-as");
    std::fs::create_dir_all(folder.join("src"))?;
    std::fs::write(folder.join("Cargo.toml"), OAUTH_AS.replace("VERSION", OAUTH_AS_VERSION))?;
    std::fs::write(folder.join("src/main.rs"), include_str!("oauth_as.rs.txt"))?;
    let mut command = crate::cargo();
    command.args(["build", "--quiet", "--target-dir", "target"]).current_dir(&folder);
    ensure!(command.status()?.success(), "oauth-as does not build");
    Ok(folder.join("target/debug/judge"))
}

/// A server, ended when dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The row of a server in the table is what was seen of this version of it; that it revokes, and makes a public client one with
/// a secret under the same id, was seen too, or there was an error.
fn documented(root: &Path, server: &str, seen: Seen) -> Result<()> {
    let page = std::fs::read_to_string(root.join(PAGE))?;
    let row = page.lines().find_map(|line| line.strip_prefix(&format!("| {server} | "))).unwrap_or_default();
    let cells: Vec<&str> = row.trim_end_matches('|').split('|').map(str::trim).collect();
    let [status, echo, _, public, revoke] = cells[..] else { bail!("{PAGE} has no row of {server}: {row:?}") };
    let said = (status.to_owned(), echo, public, revoke);
    let right = (seen.status.to_string(), if seen.echo { "yes (B)" } else { "no (C)" }, "the same id", "yes");
    ensure!(said == right, "{PAGE} says of {server} {said:?}, and it does {right:?}");
    println!("registry {server}: registered, read, shared, public, revoked ({seen:?}), as {PAGE} says");
    Ok(())
}

/// Goes through what the program does with a server.
fn judge(root: &Path, work: &Path, mut command: Command) -> Result<Seen> {
    let mut child = command.env("TOKEN", TOKEN).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let output = child.stdout.take().context("no standard output")?;
    let _server = Server(child);
    let mut issuer = String::new();
    BufReader::new(output).read_line(&mut issuer)?;
    let issuer = issuer.trim();
    ensure!(issuer.starts_with("http://"), "it does not start: {issuer:?}");

    let folder = work.join("run");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let env = format!("registry = \"oauth\"\nurl = \"{issuer}\"\ntoken = \"env:TOKEN\"\n");
    let redirect = "metadata = { redirect_uris = [\"https://app.example.com/callback\"] }\n";
    let public = format!("[env.web]\nsecret = \"omit\"\n{env}{redirect}");
    std::fs::write(folder.join("inject.toml"), format!("version = 1\n[env.dev]\n{env}[env.qa]\n{env}{public}"))?;
    let run = |token: &str, args: &[&str]| -> Result<(i32, Value, String)> {
        let mut command = Command::new(root.join("target/debug/inject"));
        command.args(args).arg("--json").current_dir(&folder).env("INJECT_HOME", folder.join("home"));
        let output = command.env("TOKEN", token).output()?;
        let json = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(!said.contains(TOKEN), "it says the token: {said}");
        Ok((output.status.code().unwrap_or(-1), json, said))
    };
    let ok = |args: &[&str]| -> Result<Value> {
        let (code, json, said) = run(TOKEN, args)?;
        ensure!(code == 0, "{args:?} ended with {code}: {said}");
        Ok(json)
    };
    let show = || ok(&["credential", "show", "--app", APP, "--env", "dev", "--reveal"]);

    let (code, _, said) = run("wrong", &["register", APP, "--env", "dev"])?;
    ensure!(code == 5 && said.contains("initial access token"), "a wrong token: {code} {said}");
    ok(&["register", APP, "--env", "dev"])?;
    let first = show()?;
    ensure!(alive(issuer, &first)?, "the credential is not accepted");
    // What is read again agrees, whether the secret is shown or not; the token that came with it serves the next time.
    for _ in 0..2 {
        ok(&["register", APP, "--env", "dev", "--force"])?;
        ensure!(show()? == first, "a read changed the credential");
    }
    ok(&["register", APP, "--env", "qa"])?;
    ok(&["credential", "forget", "--app", APP, "--env", "dev"])?;
    ok(&["register", APP, "--env", "dev"])?;
    ensure!(show()? == first, "the ledger does not give back what was said once");
    // A public client, and the same one with a secret when somebody needs one.
    let web = ok(&["register", "com.example.web", "--env", "web"])?;
    ensure!(web["has_secret"] == false, "{web}");
    let (code, full, said) = run(TOKEN, &["register", "com.example.web", "--env", "dev"])?;
    ensure!(code == 0 && full["client_id"] == web["client_id"], "public, then with a secret: {code} {said}");
    // Revoked: refused, and the next registration is another one.
    ok(&["credential", "revoke", "--app", APP, "--env", "dev"])?;
    ensure!(!alive(issuer, &first)?, "what is revoked is accepted");
    let (code, _, said) = run(TOKEN, &["credential", "rotate", "--app", "com.example.web", "--env", "dev"])?;
    ensure!(code == 5 && said.contains("RFC 7592 has no rotation"), "rotate: {code} {said}");
    ok(&["register", APP, "--env", "dev"])?;
    ensure!(show()?["client_id"] != first["client_id"], "an id is given twice");
    observe(issuer)
}

/// How a server registers, and whether it shows a secret again to the holder of the registration token: past the program, which
/// does not say it.
fn observe(issuer: &str) -> Result<Seen> {
    let client = Client::new(None, Duration::from_secs(10), 1 << 20)?;
    let server = discover(&client, issuer).map_err(anyhow::Error::msg)?;
    let endpoint = server.registration_endpoint.context("no registration endpoint")?;
    let body = br#"{"grant_types":["client_credentials"],"response_types":[],"redirect_uris":[]}"#;
    let ask = Ask { method: "POST", url: &endpoint, proof: Proof::Bearer(TOKEN), body: Body::Json(body), headers: &[] };
    let registered = client.ask(ask)?;
    let made: Value = serde_json::from_slice(&registered.body)?;
    let text = |name: &str| made[name].as_str().with_context(|| format!("no {name} in {made}"));
    let (url, proof) = (text("registration_client_uri")?, Proof::Bearer(text("registration_access_token")?));
    let read: Value =
        serde_json::from_slice(&client.ask(Ask { method: "GET", url, proof, body: Body::Empty, headers: &[] })?.body)?;
    Ok(Seen { status: registered.status, echo: read["client_secret"].is_string() })
}

/// Whether a server gives a credential an access token.
fn alive(issuer: &str, credential: &Value) -> Result<bool> {
    let client = Client::new(None, Duration::from_secs(10), 1 << 20)?;
    let endpoint =
        discover(&client, issuer).map_err(anyhow::Error::msg)?.token_endpoint.context("no token endpoint")?;
    let text = |name: &str| credential[name].as_str().unwrap_or_default();
    let pair = format!("{}:{}", encoded(text("client_id")), encoded(text("client_secret")));
    let pair = inject::format::base64::encode(pair.as_bytes());
    let body = Body::Form(b"grant_type=client_credentials");
    let reply = client.ask(Ask { method: "POST", url: &endpoint, proof: Proof::Basic(&pair), body, headers: &[] })?;
    match reply.status {
        200 => Ok(true),
        400 | 401 => Ok(false),
        status => bail!("POST {endpoint}: status {status}"),
    }
}

//! `wrk` judges `inject registry serve`: 200 connections that ask for access tokens beside an attacker at another address of this
//! machine, who holds connections open with nothing, with half a head, and with a body that comes a byte at a time; over SQLite
//! and, where it is installed, PostgreSQL.
//!
//! Must not: pass where nothing was measured.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// Connections of the one that is served.
const CONNECTIONS: usize = 200;
/// Connections of the attacker: more than one address may have.
const ATTACKING: usize = 300;
/// How long is measured.
const SECONDS: &str = "7s";
/// What is allowed on a machine that does nothing else. Where others share it, another bound is given.
const P99: Duration = Duration::from_millis(250);
const END: Duration = Duration::from_secs(10);
const TOKEN: &str = "registration-token-of-the-oracle";
const CLIENT: &str = "0123456789abcdef0123456789abcdef";
const SECRET: &str = "secret-of-the-oracle";

const SCRIPT: &str = "\
wrk.method = 'POST'
wrk.body = 'grant_type=client_credentials&client_id=CLIENT&client_secret=SECRET'
wrk.headers['Content-Type'] = 'application/x-www-form-urlencoded'
done = function(summary, latency, requests)
  local e = summary.errors
  print(string.format('MEASURED %d %d %d %d %d %d %d %d', latency:percentile(50), latency:percentile(99), summary.requests,
    e.connect, e.read, e.write, e.status, e.timeout))
end
";

/// What was measured.
struct Measured {
    half: Duration,
    p99: Duration,
    requests: u64,
    errors: [u64; 5],
}

/// Measures over each kind of registry.
pub fn run(root: &Path, milliseconds: Option<&str>) -> Result<()> {
    let allowed = match milliseconds {
        None => P99,
        Some(text) => Duration::from_millis(text.parse().context("oracle-serve [MILLISECONDS]")?),
    };
    let found = Command::new("wrk").arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status();
    ensure!(found.is_ok(), "wrk is missing (apt-get install wrk); nothing was measured");
    super::build_program(root)?;
    let work = super::work_folder(root, "serve")?;
    let mut failures = Vec::new();
    failures.extend(judge(root, &work.join("sqlite"), "SQLite", ("registry = \"embedded:team\"", ""), allowed)?);
    match Database::start(&work.join("database"))? {
        Some(database) => {
            let text = "registry = \"postgres\"\nurl = \"env:DB\"\nkey = \"env:KEY\"";
            failures.extend(judge(root, &work.join("postgresql"), "PostgreSQL", (text, &database.url()), allowed)?);
        }
        None => println!("SKIPPED  serve over PostgreSQL: it is not installed (apt-get install postgresql)"),
    }
    if !failures.is_empty() {
        bail!("{}", failures.join("; "));
    }
    println!("serve: wrk and the attacker agree");
    Ok(())
}

fn judge(
    root: &Path,
    folder: &Path,
    name: &str,
    (registry, database): (&str, &str),
    allowed: Duration,
) -> Result<Vec<String>> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("inject.toml"), format!("version = 1\n[env.dev]\n{registry}\n"))?;
    let script = folder.join("wrk.lua");
    fs::write(&script, SCRIPT.replace("CLIENT", CLIENT).replace("SECRET", SECRET))?;
    let program = |args: &[&str]| {
        let mut command = Command::new(root.join("target/debug/inject"));
        command.args(args).args(["--env", "dev"]).current_dir(folder).env("INJECT_HOME", folder.join("home"));
        command.env("TOKEN", TOKEN).env("DB", database).env("KEY", "77".repeat(32)).env_remove("INJECT_ENV");
        command
    };
    if !database.is_empty() {
        ensure!(program(&["registry", "init"]).status()?.success(), "{name}: registry init");
    }
    let mut command = program(&["registry", "serve", "--listen", "127.0.0.1:0", "--token", "env:TOKEN"]);
    let mut server = Ended(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?);
    let mut url = String::new();
    BufReader::new(server.0.stdout.take().context("no standard output")?).read_line(&mut url)?;
    let url = url.trim().to_owned();
    let address: SocketAddr =
        url.trim_start_matches("http://").parse().with_context(|| format!("no address: {url}"))?;
    register(address)?;

    let attack = Attack::begin(address)?;
    let measured = wrk(&script, &url)?;
    let taken = attack.held();
    ensure!(taken > 0, "{name}: the attacker holds no connection, so nothing was shown");
    // The end comes while all of it goes on.
    let mut more = Command::new("wrk");
    more.args(["-t", "2", "-c", &CONNECTIONS.to_string(), "-d", "15s", "-s"])
        .arg(&script)
        .arg(format!("{url}/oauth/token"));
    let more = Ended(more.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
    std::thread::sleep(Duration::from_secs(1));
    let began = Instant::now();
    let pid = nix::unistd::Pid::from_raw(i32::try_from(server.0.id())?);
    nix::sys::signal::kill(pid, nix::sys::signal::SIGTERM)?;
    let code = loop {
        if let Some(status) = server.0.try_wait()? {
            break status.code();
        }
        if began.elapsed() > 3 * END {
            break None;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let took = began.elapsed();
    drop((more, attack));

    let Measured { half, p99, requests, errors } = measured;
    let kinds = ["connecting", "reading", "writing", "another status", "no answer in 2 s"];
    let named: Vec<String> = kinds
        .iter()
        .zip(errors)
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| format!("{kind}: {count}"))
        .collect();
    let errors: u64 = errors.iter().sum();
    println!(
        "serve over {name}: {requests} requests on {CONNECTIONS} connections beside {taken} of an attacker: p50 {half:?}, \
         p99 {p99:?}, {errors} errors {named:?}; SIGTERM {took:?}, exit code {code:?}"
    );
    let mut failures = Vec::new();
    if p99 >= allowed {
        failures.push(format!("{name}: p99 {p99:?}, {allowed:?} is allowed"));
    }
    if errors > 0 || requests == 0 {
        failures.push(format!("{name}: {errors} errors in {requests} requests: {}", named.join(", ")));
    }
    if took >= END || code != Some(0) {
        failures.push(format!("{name}: SIGTERM took {took:?} and ended with {code:?}"));
    }
    Ok(failures)
}

fn wrk(script: &Path, url: &str) -> Result<Measured> {
    let mut command = Command::new("wrk");
    command.args(["-t", "2", "-c", &CONNECTIONS.to_string(), "-d", SECONDS, "-s"]).arg(script);
    let output = command.arg(format!("{url}/oauth/token")).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("MEASURED ")).with_context(|| format!("wrk: {text}"))?;
    let numbers: Vec<u64> = line.split(' ').map(str::parse).collect::<Result<_, _>>()?;
    let [half, p99, requests, ref errors @ ..] = numbers[..] else { bail!("wrk: {line}") };
    let errors = errors.try_into().with_context(|| format!("wrk: {line}"))?;
    Ok(Measured { half: Duration::from_micros(half), p99: Duration::from_micros(p99), requests, errors })
}

fn register(address: SocketAddr) -> Result<()> {
    let body = serde_json::json!({ "client_id": CLIENT, "application": "com.example.oracle", "client_secret": SECRET,
                                   "proposal": "fresh", "wants_secret": true })
    .to_string();
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST /applications HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    let registered: Value = serde_json::from_str(body)?;
    ensure!(head.starts_with("HTTP/1.1 201") && registered["client_id"] == CLIENT, "it registers nothing: {head}");
    Ok(())
}

/// What the attacker says before it waits; the last one goes on, a byte at a time.
const SAID: [&str; 3] = [
    "",
    "POST /oauth/token HTTP/1.1\r\nHost: x\r\nX-",
    "POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n",
];

/// Somebody at 127.0.0.2, until it is dropped.
struct Attack {
    over: Arc<AtomicBool>,
    held: Arc<AtomicUsize>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Attack {
    fn begin(server: SocketAddr) -> Result<Self> {
        let (over, held) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (ends, counts) = (Arc::clone(&over), Arc::clone(&held));
        connect(server).context("the attacker gets no connection")?;
        let thread = std::thread::Builder::new().spawn(move || {
            let mut streams: Vec<(usize, TcpStream)> = Vec::new();
            let mut next = 0;
            while !ends.load(Ordering::SeqCst) {
                streams.retain_mut(|(kind, stream)| goes_on(*kind, stream));
                while streams.len() < ATTACKING && !ends.load(Ordering::SeqCst) {
                    next += 1;
                    let Ok(mut stream) = connect(server) else { break };
                    if stream.write_all(SAID[next % SAID.len()].as_bytes()).is_ok()
                        && stream.set_nonblocking(true).is_ok()
                    {
                        streams.push((next % SAID.len(), stream));
                    }
                }
                counts.fetch_max(streams.len(), Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(50));
            }
        })?;
        Ok(Self { over, held, thread: Some(thread) })
    }

    fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }
}

fn goes_on(kind: usize, stream: &mut TcpStream) -> bool {
    if kind + 1 == SAID.len() && stream.write_all(b"x").is_err_and(|error| error.kind() != ErrorKind::WouldBlock) {
        return false;
    }
    stream.read(&mut [0; 64]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

fn connect(server: SocketAddr) -> Result<TcpStream> {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, socket};
    use std::os::fd::AsRawFd;
    let SocketAddr::V4(server) = server else { bail!("{server} is not of IPv4") };
    let socket = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    bind(socket.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 2, 0))?;
    connect(socket.as_raw_fd(), &SockaddrIn::from(server))?;
    Ok(TcpStream::from(socket))
}

impl Drop for Attack {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

/// A process, ended when dropped.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A PostgreSQL of its own.
struct Database {
    _server: Ended,
    port: u16,
}

impl Database {
    fn start(folder: &Path) -> Result<Option<Self>> {
        let (Some(initdb), Some(postgres)) = (program("initdb"), program("postgres")) else { return Ok(None) };
        let data = folder.join("data");
        fs::create_dir_all(&data)?;
        let owner = owner(&data)?;
        let command = |program: &Path| {
            use std::os::unix::process::CommandExt;
            let mut command = Command::new(program);
            command.current_dir(&data).arg("-D").arg(&data).stdout(Stdio::null()).stderr(Stdio::null());
            if let Some((user, group)) = owner {
                command.uid(user).gid(group);
            }
            command
        };
        let made = command(&initdb).args(["-U", "team", "-A", "trust", "-E", "UTF8", "--no-sync"]).status()?;
        ensure!(made.success(), "initdb");
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut server = command(&postgres);
        server.args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]);
        server.arg("-c").arg(format!("unix_socket_directories={}", data.display()));
        let server = Ended(server.spawn()?);
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(Instant::now() < until, "PostgreSQL does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(Some(Self { _server: server, port }))
    }

    fn url(&self) -> String {
        format!("postgres://team@127.0.0.1:{}/postgres", self.port)
    }
}

/// It refuses to run as root: then the account of Debian's package has the folder.
fn owner(data: &Path) -> Result<Option<(u32, u32)>> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    fs::set_permissions(data, fs::Permissions::from_mode(0o700))?;
    if fs::metadata(data)?.uid() != 0 {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd")?;
    let line = accounts.lines().find(|line| line.starts_with("postgres:")).context("no account postgres")?;
    let mut numbers = line.split(':').skip(2).map(str::parse);
    let (Some(Ok(user)), Some(Ok(group))) = (numbers.next(), numbers.next()) else { bail!("the account postgres") };
    chown(data, Some(user), Some(group))?;
    Ok(Some((user, group)))
}

/// On the path, or where Debian keeps what belongs to one version.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(versions.map(|version| version.path().join("bin")));
    folders.into_iter().map(|folder| folder.join(name)).find(|path| path.is_file())
}

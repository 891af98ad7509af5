//! A real `PostgreSQL` for one test. Where none is installed, the tests that need one say so and check nothing, unless
//! `INJECT_TEST_POSTGRES` is set: then that is an error, as in CI.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The password of the role that owns the database.
pub const PASSWORD: &str = "database-canary-31c0";

pub struct Database {
    folder: tempfile::TempDir,
    program: PathBuf,
    owner: Option<(u32, u32)>,
    pub port: u16,
    server: Option<Child>,
    /// PEM to trust.
    pub authority: String,
}

/// Starts one, with a certificate for `localhost`.
pub fn start() -> Option<Database> {
    let Some(program) = find("postgres") else {
        assert!(std::env::var_os("INJECT_TEST_POSTGRES").is_none(), "PostgreSQL is wanted, and not installed");
        // Past the capture of the test harness: this must be seen.
        let said = b"\nSKIPPED  no PostgreSQL here (apt-get install postgresql): a registry in it was not tested\n";
        std::io::stderr().write_all(said).unwrap();
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let is_root = fs::metadata(folder.path()).unwrap().uid() == 0;
    // It refuses to run as root.
    let owner = is_root.then(|| account("postgres").expect("an account postgres"));
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
    let password = folder.path().join("password");
    fs::write(&password, PASSWORD).unwrap();
    if let Some((user, group)) = owner {
        chown(&data, Some(user), Some(group)).unwrap();
        chown(&password, Some(user), Some(group)).unwrap();
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut database = Database { folder, program, owner, port, server: None, authority: String::new() };
    let initdb = find("initdb").unwrap();
    let mut command = database.command(&initdb);
    command.args(["-D", &database.data(), "-U", "team", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync", "--pwfile"]);
    let output = command.arg(&password).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    database.authority = made.cert.pem();
    for (name, content) in [("server.crt", made.cert.pem()), ("server.key", made.signing_key.serialize_pem())] {
        let path = data.join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        if let Some((user, group)) = owner {
            chown(&path, Some(user), Some(group)).unwrap();
        }
    }
    database.up();
    Some(database)
}

impl Database {
    fn data(&self) -> String {
        self.folder.path().join("data").to_string_lossy().into_owned()
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    /// Starts the server, and waits until it answers.
    pub fn up(&mut self) {
        let port = self.port.to_string();
        let sockets = format!("unix_socket_directories={}", self.data());
        let settings = ["listen_addresses=127.0.0.1", &sockets, "fsync=off", "ssl=on", "max_connections=60"];
        let mut command = self.command(&self.program);
        command.args(["-D", &self.data(), "-p", &port]);
        for setting in settings {
            command.args(["-c", setting]);
        }
        self.server = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let until = Instant::now() + Duration::from_secs(30);
        while let Err(error) = postgres::Client::connect(&self.url("postgres"), postgres::NoTls) {
            assert!(Instant::now() < until, "it does not start: {error:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it as an administrator does: connections are cut.
    pub fn down(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let pid = rustix::process::Pid::from_child(&server);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
        let _ = server.wait();
    }

    /// A connection string.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://team:{PASSWORD}@127.0.0.1:{}/{name}", self.port)
    }

    /// A connection past the program.
    pub fn connect(&self, name: &str) -> postgres::Client {
        postgres::Client::connect(&self.url(name), postgres::NoTls).unwrap()
    }

    /// Makes a database in it; its connection string.
    pub fn make(&self, name: &str) -> String {
        self.connect("postgres").batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        self.url(name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.down();
    }
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    // Debian keeps them outside of the path, by version.
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(versions.map(|version| version.path().join("bin")));
    folders.into_iter().map(|folder| folder.join(name)).find(|path| path.is_file())
}

fn account(name: &str) -> Option<(u32, u32)> {
    let accounts = fs::read_to_string("/etc/passwd").ok()?;
    let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

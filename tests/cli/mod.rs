//! The program as people run it: exit codes, messages, and what is on the disk afterwards.
//!
//! Every run has a home, stores and a temporary folder of its own, and none of the variables of whoever runs the tests.

mod apple;
mod at_rest;
mod batch;
mod bundle;
mod by_value;
mod canary;
mod change;
mod commands;
mod completions;
mod config;
mod contract;
mod crash;
mod credential;
#[cfg(unix)]
pub mod database;
mod dex;
mod doctor;
mod env;
mod errors;
mod formats;
mod gate;
mod genexus;
pub mod genexus_kb;
mod genexus_registry;
#[cfg(unix)]
mod help;
mod hook;
mod hostile;
mod init;
mod inspect;
#[cfg(unix)]
mod interrupt;
#[cfg(not(any(windows, target_os = "macos")))]
mod kept_pairs;
#[cfg(unix)]
mod keyring;
mod kinds;
mod made;
mod main_job;
mod man;
mod mask;
#[cfg(target_os = "linux")]
mod memory;
mod oauth;
mod odd_packages;
mod places;
#[cfg(windows)]
mod post_build;
#[cfg(unix)]
mod postgres;
mod probe;
#[cfg(unix)]
mod programs;
mod receipt;
mod recognize;
mod refusals;
mod registry;
mod rows;
mod scan;
mod schema;
mod serve;
mod serve_http;
pub mod server;
mod set;
mod set_archive;
mod signing_block;
mod signing_options;
#[cfg(unix)]
mod special;
mod summary;
mod tree;
mod verify;
#[cfg(windows)]
mod windows;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use inject::artifact::apk::Apk;
use inject::placement::{Absence, Address, Place, Template};
use serde_json::Value;
use tempfile::TempDir;

/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_inject");
/// The package that the fixtures carry.
pub const APP: &str = "com.example.demo";
/// The password of `demo.p12`.
pub const PASSWORD: &str = "demo-password";

/// A file of `testdata/`.
pub fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// A keystore of `testdata/keys/`, as text for a command line.
pub fn key(name: &str) -> String {
    let path = testdata("keys").join(name);
    // As keys are kept: a checkout lets others read them, which would be warned of. Where it cannot be changed, it is.
    #[cfg(unix)]
    let _ = fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600));
    path.to_string_lossy().into_owned()
}

/// The demo package.
pub fn demo() -> Vec<u8> {
    fs::read(testdata("demo.apk")).unwrap()
}

/// A machine for one test: home, stores, temporary folder, project.
pub struct World {
    folder: TempDir,
}

/// What a run said, and how it ended.
#[derive(Debug)]
pub struct Run {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Run {
    /// The exit code must be this.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n{}\n{}", self.out, self.err);
        self
    }

    /// Standard error must hold all of these.
    #[track_caller]
    pub fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.err.contains(text), "no {text:?} in:\n{}", self.err);
        }
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        let value = serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}\n{}", self.out, self.err));
        if cfg!(windows) { with_slashes(value) } else { value }
    }
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "tmp", "temporary", "project"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn home(&self) -> PathBuf {
        self.root().join("home")
    }

    /// `INJECT_HOME`; not made until the program makes it.
    pub fn stores(&self) -> PathBuf {
        self.root().join("stores")
    }

    pub fn project(&self) -> PathBuf {
        self.root().join("project")
    }

    /// A file of the project.
    pub fn path(&self, name: &str) -> PathBuf {
        self.project().join(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The demo package as a file of the project.
    pub fn demo(&self, name: &str) -> Vec<u8> {
        self.write(name, demo());
        demo()
    }

    /// A world with a package of dev, `app.apk`, and credentials of dev and prod.
    pub fn of_dev() -> Self {
        let world = Self::new();
        world.demo("app.apk");
        world.inject(&["register", APP, "--env", "prod"]).exits(0);
        world.signed(&["app.apk", "--env", "dev"]).exits(0);
        world
    }

    /// A command in the project, with nothing of the caller's environment but the search path.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home())
            .env("TMPDIR", self.root().join("tmp"))
            .env("INJECT_HOME", self.stores())
            // Windows: where its own programs lie, without which none is started, and its temporary folder, in which locks stay.
            .envs(std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root)))
            .env("TMP", self.root().join("temporary"))
            .current_dir(self.project())
            .stdin(Stdio::null());
        command
    }

    /// Runs the program with these variables, and this on standard input.
    pub fn run(&self, variables: &[(&str, &str)], args: &[&str], stdin: &str) -> Run {
        let mut command = self.command(PROGRAM);
        command.args(args).envs(variables.iter().copied());
        let run = finish(command, stdin);
        let prints_text = matches!(args.first(), Some(&("completions" | "man" | "--help")));
        if args.contains(&"--json") && !run.out.is_empty() && !prints_text {
            schema::check_output(args, &run.out);
        }
        run
    }

    /// Runs the program without a key.
    pub fn inject(&self, args: &[&str]) -> Run {
        self.run(&[], args, "")
    }

    /// Runs the program with the demo key in GeneXus' and Gradle's variables.
    pub fn signed(&self, args: &[&str]) -> Run {
        self.signed_with(&[], args)
    }

    /// Likewise, with more variables.
    pub fn signed_with(&self, variables: &[(&str, &str)], args: &[&str]) -> Run {
        let keystore = key("demo.p12");
        let key = [("KEYSTORE_FILE", keystore.as_str()), ("KEYSTORE_PASSWORD", PASSWORD), ("KEY_ALIAS", "demo")];
        self.run(&[&key[..], variables].concat(), args, "")
    }

    /// Id and secret that the store holds.
    #[track_caller]
    pub fn credential(&self, app: &str, env: &str) -> (String, String) {
        self.credential_with(&[], app, env)
    }

    /// Likewise, with variables.
    #[track_caller]
    pub fn credential_with(&self, variables: &[(&str, &str)], app: &str, env: &str) -> (String, String) {
        let args = ["credential", "show", "--app", app, "--env", env, "--reveal", "--json"];
        let shown = self.run(variables, &args, "").exits(0).json();
        let text = |name: &str| shown[name].as_str().unwrap_or_default().to_owned();
        (text("client_id"), text("client_secret"))
    }

    /// How many credentials the store holds. Asking makes no store.
    #[track_caller]
    pub fn credentials(&self) -> usize {
        // Not in the project, whose configuration may be broken on purpose.
        let mut command = self.command(PROGRAM);
        command.current_dir(self.home()).args(["credential", "list", "--json"]);
        let list = finish(command, "").exits(0).json()["credentials"].as_array().unwrap().clone();
        // An id that is only claimed is no registration: the next run proposes it again.
        list.iter().filter(|credential| credential["registered"] == true).count()
    }

    /// Every file of the project with its content.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        files_below(&self.project())
    }

    /// A run that must fail: with this code, saying these, and leaving everything as it was.
    #[track_caller]
    pub fn refuses(&self, run: impl FnOnce(&Self) -> Run, code: i32, texts: &[&str]) -> Run {
        let (before, credentials) = (self.files(), self.credentials());
        let run = run(self).exits(code).says(texts);
        let after = self.files();
        let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&after), names(&before), "files came or went\n{}", run.err);
        assert!(after == before, "a file changed\n{}", run.err);
        assert_eq!(self.credentials(), credentials, "something was registered\n{}", run.err);
        assert!(!self.stores().join("registry").exists() || credentials > 0, "a registry was made\n{}", run.err);
        assert_eq!(fs::read_dir(self.root().join("tmp")).unwrap().count(), 0, "a temporary file is left");
        run
    }
}

/// So many bytes that are not the same all over, and on every run.
pub fn noise(len: u32) -> Vec<u8> {
    (0..len).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// Runs a command to its end.
pub fn finish(mut command: Command, stdin: &str) -> Run {
    if !stdin.is_empty() {
        command.stdin(Stdio::piped());
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    if let Some(mut pipe) = child.stdin.take() {
        // A program that does not read it may be gone already.
        let _ = pipe.write_all(stdin.as_bytes());
    }
    let output = child.wait_with_output().unwrap();
    let text = |bytes| in_words_of_unix(String::from_utf8(bytes).unwrap());
    let err = text(output.stderr);
    // What is printed may be a file's content; what is said names paths.
    let err = if cfg!(windows) { err.replace('\\', "/") } else { err };
    Run { code: output.status.code(), out: text(output.stdout), err }
}

/// What systems say of the same error differs; cases know the words of Unix.
fn in_words_of_unix(mut text: String) -> String {
    if cfg!(windows) {
        // ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_ACCESS_DENIED.
        for (number, words) in
            [(2, "No such file or directory"), (3, "No such file or directory"), (5, "Permission denied")]
        {
            let said = std::io::Error::from_raw_os_error(number).to_string();
            text = text.replace(&said, &format!("{words} (os error {number})"));
        }
    }
    text
}

/// A result with paths as Unix writes them.
fn with_slashes(value: Value) -> Value {
    match value {
        Value::String(text) => text.replace('\\', "/").into(),
        Value::Array(items) => items.into_iter().map(with_slashes).collect(),
        Value::Object(fields) => {
            let slashed = |(name, value)| if name == "content" { (name, value) } else { (name, with_slashes(value)) };
            Value::Object(fields.into_iter().map(slashed).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// Every file below a folder with its content.
pub fn files_below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.insert(path.clone(), fs::read(&path).unwrap_or_default());
            }
        }
    }
    files
}

/// The names of the files in a folder of stores, without locks, which hold nothing.
pub fn names_in(stores: &Path) -> Vec<String> {
    let files = files_below(stores).into_keys().filter(|path| !path.starts_with(stores.join("locks")));
    files.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
}

/// The values at an address of a package.
#[track_caller]
pub fn values(apk: &[u8], address: &str) -> Vec<String> {
    let apk = Apk::open(apk).unwrap();
    let at = Address::parse(address).unwrap();
    let place = Place::new(at, Template::default(), Absence::Skip);
    apk.find(&place).unwrap().into_iter().flat_map(|found| found.values).collect()
}

/// The content of an entry, read by another implementation of ZIP than ours.
#[track_caller]
pub fn entry(apk: &[u8], name: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(apk)).unwrap();
    let mut content = Vec::new();
    archive.by_name(name).unwrap_or_else(|e| panic!("{name}: {e}")).read_to_end(&mut content).unwrap();
    content
}

/// An unsigned package with these entries in front, and those of the demo as `edit` returns them.
pub fn repacked(extra: &[(&str, &[u8])], edit: impl Fn(&str, Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut add = |name: &str, content: &[u8]| {
        writer.start_file(name, stored).unwrap();
        writer.write_all(content).unwrap();
    };
    for (name, content) in extra {
        add(name, content);
    }
    let demo = demo();
    let mut archive = zip::ZipArchive::new(Cursor::new(demo.as_slice())).unwrap();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        if !name.starts_with("META-INF/") {
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            add(&name, &edit(&name, content));
        }
    }
    writer.finish().unwrap().into_inner()
}

/// A zip of these entries.
pub fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Whether a text stands in these bytes, as UTF-8 or UTF-16.
pub fn holds(bytes: &[u8], text: &str) -> bool {
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    [text.as_bytes(), &utf16].into_iter().any(|form| bytes.windows(form.len()).any(|window| window == form))
}

/// Whether a text stands in a package: in an entry, inflated, or anywhere outside.
pub fn apk_holds(apk: &[u8], text: &str) -> bool {
    let mut archive = zip::ZipArchive::new(Cursor::new(apk)).unwrap();
    let inside = (0..archive.len()).any(|index| {
        let mut content = Vec::new();
        archive.by_index(index).unwrap().read_to_end(&mut content).unwrap();
        holds(&content, text)
    });
    inside || holds(apk, text)
}

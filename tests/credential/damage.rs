//! Whatever happens to the bytes or the rows of a store or a registry: the right credential comes out, or an error; nothing is
//! registered anew.

use std::fs;
use std::path::{Path, PathBuf};

use inject::credential::ledger::NoLedger;
use inject::credential::obtain::{Needs, ObtainError, Obtained, Origin, Registration, Request, obtain};
use inject::credential::registry::directory::Directory;
use inject::credential::registry::embedded::Embedded;
use inject::credential::registry::{Application, Proposal, Registered, Registry, RegistryError, Wanted};
use inject::credential::store::{Key, Store};
use inject::credential::{ClientId, Credential, EnvironmentName};

use super::home::write;

/// Applications.
const APPS: [&str; 3] = ["com.example.one", "com.example.two", "com.example.three"];

/// A home that may be damaged, and what is true of it.
struct Whole {
    home: tempfile::TempDir,
    truth: Vec<Credential>,
    store: Vec<u8>,
    registry: Vec<u8>,
}

fn dev() -> EnvironmentName {
    EnvironmentName::parse("dev").unwrap()
}

fn named(app: &str) -> Application {
    Application { id: app.to_owned(), name: app.to_owned() }
}

/// As a build asks: the store, then the registry.
fn ask(home: &Path, app: &str, refresh: bool) -> Result<Obtained, ObtainError> {
    let mut registry = Embedded::new(home, &dev());
    let key = Key { application: app.to_owned(), environment: dev(), registry: registry.identity().clone() };
    let request = Request {
        key,
        application: &named(app),
        needs: Needs::Secret,
        registration: Registration::Auto,
        refresh,
        again: false,
        take: None,
    };
    obtain(&request, &mut Store::open(home)?, &mut registry)
}

/// As another machine asks the registry, whose store knows nothing.
fn register(home: &Path, app: &str) -> Result<Registered, RegistryError> {
    let proposal = Proposal::Fresh(ClientId::parse("anew").unwrap());
    let wanted = Wanted {
        application: &named(app),
        environment: &dev(),
        proposal: &proposal,
        secret: None,
        wants_secret: true,
        refresh: false,
        again: false,
    };
    Embedded::new(home, &dev()).register(&wanted, &mut NoLedger)
}

impl Whole {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let truth = APPS.map(|app| ask(home.path(), app, false).unwrap().credential).to_vec();
        let [store, registry] = ["store.db", "registry/dev.db"].map(|name| fs::read(home.path().join(name)).unwrap());
        Self { home, truth, store, registry }
    }

    fn files(&self) -> [(PathBuf, &[u8]); 2] {
        let path = |name| self.home.path().join(name);
        [(path("store.db"), &self.store), (path("registry/dev.db"), &self.registry)]
    }

    /// What comes out of a damage to a file: how many were right, and the errors. Then the file is as it was.
    #[track_caller]
    fn judge(&self, path: &Path, what: &str, errors: &mut Vec<String>) -> usize {
        let mut right = 0;
        for (app, truth) in APPS.iter().zip(&self.truth) {
            let found = if path.ends_with("store.db") {
                let found = ask(self.home.path(), app, false).map_err(|error| error.to_string());
                found.map(|found| (found.credential, found.origin != Origin::Registered))
            } else {
                let found = register(self.home.path(), app).map_err(|error| error.to_string());
                found.map(|found| (Credential { id: found.id, secret: found.secret }, found.existed))
            };
            match found {
                Ok((_, false)) => panic!("{what}: {app} was registered anew"),
                Ok((credential, true)) => {
                    assert_eq!(&credential, truth, "{what}: another credential of {app}");
                    right += 1;
                }
                Err(error) => errors.push(error),
            }
        }
        for (path, bytes) in self.files() {
            write(&path, bytes);
            let _ = fs::remove_file(path.with_extension("db-journal"));
        }
        right
    }
}

/// Bytes to damage: every one of the head, and of each page some of each kind: its own head, the places of its cells, and what
/// is in them.
fn places(bytes: &[u8]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..100).collect();
    for page in (0..bytes.len()).step_by(4096) {
        let head = if page == 0 { 100 } else { page };
        places.extend(head..head + 24);
        let filled = (head + 24..(page + 4096).min(bytes.len())).filter(|at| bytes[*at] != 0);
        places.extend(filled.step_by(23));
    }
    places
}

#[test]
fn a_flipped_bit_gives_the_right_credential_or_an_error() {
    let whole = Whole::new();
    for (path, bytes) in whole.files() {
        let (mut errors, mut right, mut flips) = (Vec::new(), 0, 0);
        for (turn, place) in places(bytes).into_iter().enumerate() {
            let mut damaged = bytes.to_vec();
            damaged[place] ^= 1 << (turn % 8);
            write(&path, &damaged);
            let what = format!("byte {place} of {}, bit {}", path.display(), turn % 8);
            right += whole.judge(&path, &what, &mut errors);
            flips += 1;
        }
        assert!(flips > 250 && right > flips && errors.len() > flips / 4, "{flips} {right} {}", errors.len());
        let exact = |error: &&String| error.contains(".db") || error.contains("does not open");
        assert!(errors.iter().all(|error| exact(&error)), "{:?}", errors.iter().find(|error| !exact(error)));
    }
}

#[test]
fn names_of_tables_and_columns_that_are_no_text_are_errors() {
    let whole = Whole::new();
    for (path, bytes) in whole.files() {
        let text = (100..4096).filter(|at| bytes[*at].is_ascii_graphic());
        for place in text.step_by(3) {
            let mut damaged = bytes.to_vec();
            damaged[place] ^= 0x80;
            write(&path, &damaged);
            whole.judge(&path, &format!("byte {place} of {}", path.display()), &mut Vec::new());
        }
    }
}

#[test]
fn a_file_that_is_cut_gives_the_right_credential_or_an_error() {
    let whole = Whole::new();
    for (path, bytes) in whole.files() {
        for cut in (0..bytes.len()).step_by(512).flat_map(|at| [at, at + 99, at + 500]) {
            write(&path, &bytes[..cut.min(bytes.len() - 1)]);
            let mut errors = Vec::new();
            let right = whole.judge(&path, &format!("{} cut at {cut}", path.display()), &mut errors);
            assert_eq!(right + errors.len(), APPS.len());
        }
    }
}

/// Changes the registry by SQL; what asking for its applications says then, and for one that is not there.
fn changed(sql: &str) -> Vec<String> {
    let whole = Whole::new();
    let path = whole.home.path().join("registry/dev.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let mut errors = Vec::new();
    whole.judge(&path, sql, &mut errors);
    rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let before = fs::read(&path).unwrap();
    let mut registry = Embedded::new(whole.home.path(), &dev());
    let nobody = ClientId::parse("nobody").unwrap();
    let application = named("com.example.new");
    errors.extend([
        registry.entries().unwrap_err().to_string(),
        registry.entry(&nobody).unwrap_err().to_string(),
        registry.find(&application, None).unwrap_err().to_string(),
        registry.revoke_entry(&nobody).unwrap_err().to_string(),
        register(whole.home.path(), "com.example.new").unwrap_err().to_string(),
    ]);
    assert!(fs::read(&path).unwrap() == before, "something was written");
    errors
}

#[test]
fn rows_that_are_not_as_they_were_written() {
    let row = "one of its applications is not as it was written";
    for (sql, says) in [
        ("UPDATE application SET application = 'com.example.else' WHERE application = 'com.example.one'", row),
        ("UPDATE application SET name = 'Else'", row),
        ("UPDATE application SET created = created + 1", row),
        ("UPDATE application SET revoked = 1 WHERE application = 'com.example.two'", row),
        ("UPDATE application SET client_id = 'mine' WHERE application = 'com.example.two'", row),
        ("UPDATE application SET sealed_secret = NULL", row),
        ("UPDATE application SET mac = NULL", row),
        ("DELETE FROM application WHERE application = 'com.example.two'", "3 applications were there, 2 are"),
        ("DELETE FROM application", "3 applications were there, 0 are"),
        (
            "INSERT INTO application (client_id, application, name, created, mac)
             SELECT 'copy' || client_id, application, name, created, mac FROM application LIMIT 1",
            row,
        ),
        ("UPDATE application SET rowid = rowid + 10 WHERE rowid = 1", "what it holds is not what was written last"),
        ("DELETE FROM meta WHERE name = 'head'", "what it holds is not what was written last"),
        (
            "UPDATE meta SET value = (SELECT value FROM meta WHERE name = 'key_check') WHERE name = 'head'",
            "written last",
        ),
    ] {
        let errors = changed(sql);
        // Of the first five some are about the right application's own row, which is as it was.
        let last = errors.last().unwrap();
        assert!(last.contains(says), "{sql}: {last}");
        assert!(last.contains("dev.db is damaged: ") && last.contains("nothing was made or changed"), "{last}");
        assert!(errors.iter().rev().take(5).all(|error| error.contains("is damaged: ")), "{sql}: {errors:?}");
    }
}

#[test]
fn what_the_store_does_not_have_is_believed_after_a_proof_alone() {
    for (sql, says) in [
        ("DELETE FROM credential WHERE application = 'com.example.one'", "3 credentials were there, 2 are"),
        (
            "UPDATE credential SET registry = 'embedded:else' WHERE application = 'com.example.one'",
            "one of its credentials",
        ),
        ("UPDATE credential SET environment = 'Dev' WHERE application = 'com.example.one'", "one of its credentials"),
        ("UPDATE credential SET client_id = 'mine' WHERE application = 'com.example.one'", "one of its credentials"),
        ("UPDATE credential SET registered = 0 WHERE application = 'com.example.one'", "one of its credentials"),
    ] {
        let whole = Whole::new();
        let path = whole.home.path().join("store.db");
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        for refresh in [false, true] {
            let error = ask(whole.home.path(), "com.example.one", refresh).unwrap_err().to_string();
            assert!(error.contains("store.db is damaged: ") && error.contains(says), "{sql}: {error}");
        }
        // What is found is as it was written; what is changed needs all of it.
        let mut store = Store::open(whole.home.path()).unwrap();
        let registry = Embedded::new(whole.home.path(), &dev()).identity().clone();
        let key = Key { application: "com.example.two".to_owned(), environment: dev(), registry };
        assert_eq!(store.get(&key).unwrap().unwrap().id, whole.truth[1].id);
        assert!(store.activate(Path::new("/p"), &dev()).unwrap_err().to_string().contains(says));
        assert!(store.list().unwrap_err().to_string().contains(says));
        assert!(store.active_environment(Path::new("/p")).unwrap_err().to_string().contains(says));
    }
}

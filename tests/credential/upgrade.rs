//! Stores of versions before: they open, keep what they hold, and are proven from then on. Later ones are refused.

use std::fs;
use std::path::Path;

use inject::credential::ledger::Ledger;
use inject::credential::registry::directory::Directory;
use inject::credential::registry::embedded::Embedded;
use inject::credential::registry::{Application, Registry, RegistryIdentity};
use inject::credential::store::{Key, Store};
use inject::credential::{ClientSecret, EnvironmentName};

use super::home::copied;

const ONE: (&str, &str) =
    ("b8c086fefaf446579b91c4bf349b8833", "C2E6BE6DC6075FCD1504E8C9C8A089BCA3AD7C3DE3830356D13709D8ACC0D202");

fn name(text: &str) -> EnvironmentName {
    EnvironmentName::parse(text).unwrap()
}

/// Everything that the fixture holds.
#[track_caller]
fn holds_everything(home: &Path) {
    let mut store = Store::open_existing(home).unwrap().unwrap();
    let all: Vec<_> = store
        .list()
        .unwrap()
        .into_iter()
        .map(|stored| {
            let secret = stored.secret.map(|secret| secret.expose().to_owned());
            (
                stored.key.application,
                stored.key.environment.to_string(),
                stored.id.to_string(),
                secret,
                stored.registered,
            )
        })
        .collect();
    let row = |app: &str, env: &str, id: &str, secret: Option<&str>| {
        (format!("com.example.{app}"), env.to_owned(), id.to_owned(), secret.map(str::to_owned), true)
    };
    assert_eq!(all.len(), 6);
    for expected in [
        row("auth", "auth", "client-1", Some("made-up-secret-1")),
        row("one", "dev", ONE.0, Some(ONE.1)),
        row("one", "solo", ONE.0, Some(ONE.1)),
        row("public", "pub", "2718bbaac0ed4acba2c8c1e7764938c7", None),
        row("set", "dev", "the-only-id", Some("made-up secret")),
    ] {
        assert!(all.contains(&expected), "{expected:?}");
    }
    assert_eq!(store.active_environment(Path::new("/tmp/a/fx/p")).unwrap(), Some(name("solo")));
    let registry = RegistryIdentity("oauth:http://127.0.0.1:18901".into());
    let key = Key { application: "com.example.auth".into(), environment: name("auth"), registry };
    let held = store.ledger(&key).held().unwrap().unwrap();
    assert_eq!(held.management.unwrap().token.as_str(), "made-up-token-1");
    let mut registry = Embedded::new(home, &name("dev"));
    let entries = registry.entries().unwrap();
    assert_eq!(entries.len(), 3);
    assert!(entries[0].application == "com.example.gone" && entries[0].revoked.is_some());
    let one = Application { id: "com.example.one".into(), name: "com.example.one".into() };
    let found = registry.find(&one, None).unwrap().unwrap();
    assert_eq!((found.id.as_str(), found.secret.as_ref().map(ClientSecret::expose)), (ONE.0, Some(ONE.1)));
}

#[test]
fn version_2_opens_and_keeps_its_values() {
    let home = copied("2");
    holds_everything(home.path());
    // Again, by what it has become.
    holds_everything(home.path());
    for file in ["store.db", "registry/dev.db"] {
        let database = rusqlite::Connection::open(home.path().join(file)).unwrap();
        let heads: i64 =
            database.query_row("SELECT count(*) FROM meta WHERE name = 'head'", [], |row| row.get(0)).unwrap();
        assert_eq!(heads, 1, "{file} is proven");
    }
}

#[test]
fn one_that_is_damaged_is_not_brought_on() {
    for (file, change) in [
        // An index that lacks what its table has, as a flipped bit leaves it.
        (
            "registry/dev.db",
            "PRAGMA writable_schema = 1; DELETE FROM sqlite_schema WHERE name = 'application_by_id'; PRAGMA writable_schema = RESET",
        ),
        ("store.db", "PRAGMA user_version = 1"),
        ("store.db", "PRAGMA user_version = 0"),
    ] {
        let home = copied("2");
        let path = home.path().join(file);
        rusqlite::Connection::open(&path).unwrap().execute_batch(change).unwrap();
        let before = fs::read(&path).unwrap();
        let store = Store::open_existing(home.path()).map(drop);
        let registry = Embedded::new(home.path(), &name("dev")).entries().map(drop);
        assert!(store.is_err() || registry.is_err(), "{change}");
        assert!(fs::read(&path).unwrap() == before, "{change}");
    }
}

#[test]
fn a_version_that_is_damaged_is_no_older_one() {
    for version in [1, 2] {
        let home = copied("2");
        holds_everything(home.path());
        for file in ["store.db", "registry/dev.db"] {
            let database = rusqlite::Connection::open(home.path().join(file)).unwrap();
            database.pragma_update(None, "user_version", version).unwrap();
        }
        let errors = [
            Store::open_existing(home.path()).map(drop).unwrap_err().to_string(),
            Embedded::new(home.path(), &name("dev")).entries().unwrap_err().to_string(),
        ];
        for error in errors {
            assert!(error.contains(&format!("its version says {version}")) && error.contains("is damaged"), "{error}");
        }
    }
}

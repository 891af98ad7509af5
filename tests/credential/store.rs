//! A store that cannot be read is an error, never "no credentials"; secrets in it are sealed.

use std::fs;
use std::path::Path;

use inject::credential::registry::RegistryIdentity;
use inject::credential::store::{Key, Store, Stored};
use inject::credential::{ClientId, ClientSecret, EnvironmentName};

const SECRET: &str = "S3CRET-CANARY-0123456789";

fn stored() -> Stored {
    Stored {
        key: Key {
            application: "com.example.app".into(),
            environment: EnvironmentName::parse("prod").unwrap(),
            registry: RegistryIdentity("embedded:prod".into()),
        },
        id: ClientId::parse("id").unwrap(),
        secret: Some(ClientSecret::parse(SECRET).unwrap()),
        registered: true,
    }
}

fn made() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    Store::open(home.path()).unwrap().put(&stored()).unwrap();
    home
}

fn error(home: &Path) -> String {
    match Store::open(home).and_then(|store| store.get(&stored().key)) {
        Ok(found) => panic!("found {found:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn secrets_are_sealed_and_files_private() {
    let home = made();
    let mut names: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["databases", "key", "locks", "store.db"], "no stray file");
    for name in names.iter().filter(|name| *name != "locks") {
        let path = home.path().join(name);
        let bytes = fs::read(&path).unwrap();
        assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()), "{}", path.display());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
        }
    }
    assert_eq!(Store::open(home.path()).unwrap().get(&stored().key).unwrap(), Some(stored()));
}

#[test]
fn an_empty_cut_or_foreign_store_is_an_error() {
    let home = made();
    let path = home.path().join("store.db");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, b"").unwrap();
    assert!(error(home.path()).contains("is not a store of inject: it is empty"));
    fs::write(&path, &whole[..100]).unwrap();
    error(home.path());
    fs::write(&path, &whole[..8192]).unwrap();
    error(home.path());
    fs::write(&path, b"SQLite format 3, but not really").unwrap();
    error(home.path());
    let mut wrong = whole.clone();
    wrong[68..72].copy_from_slice(b"else");
    fs::write(&path, &wrong).unwrap();
    assert!(error(home.path()).contains("another program's database"));
    fs::write(&path, &whole).unwrap();
    Store::open(home.path()).unwrap();
}

#[test]
fn without_its_key_a_store_is_an_error() {
    let home = made();
    let key = home.path().join("key");
    let text = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    assert!(error(home.path()).contains("is missing"));
    assert!(!key.exists(), "no new key was made");
    let mut other = text.clone();
    other[20] = if other[20] == b'0' { b'1' } else { b'0' };
    write_private(&key, &other);
    assert!(error(home.path()).contains("another key"));
    write_private(&key, b"nonsense");
    assert!(error(home.path()).contains("is not a key file"));
    // A reference without a name.
    write_private(&key, b"inject-key-in keyring:\n");
    assert!(error(home.path()).contains("or \"inject-key-in keyring:NAME\""));
}

#[cfg(unix)]
#[test]
fn files_that_others_can_read_are_refused() {
    use std::os::unix::fs::PermissionsExt;
    for name in ["key", "store.db"] {
        let home = made();
        let path = home.path().join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let message = error(home.path());
        assert!(message.contains("mode 644") && message.contains("chmod 600"), "{message}");
    }
}

#[test]
fn a_secret_moved_to_another_row_does_not_open() {
    let home = made();
    let other = Stored {
        key: Key { environment: EnvironmentName::parse("dev").unwrap(), ..stored().key },
        secret: Some(ClientSecret::parse("other").unwrap()),
        ..stored()
    };
    Store::open(home.path()).unwrap().put(&other).unwrap();
    let database = rusqlite::Connection::open(home.path().join("store.db")).unwrap();
    let swap = "UPDATE credential SET sealed_secret =
                (SELECT sealed_secret FROM credential WHERE environment = 'dev') WHERE environment = 'prod'";
    assert_eq!(database.execute(swap, []).unwrap(), 1);
    drop(database);
    assert!(error(home.path()).contains("one of its credentials is not as it was written"));
}

#[test]
fn no_debug_output_shows_a_secret() {
    let store = made();
    let open = Store::open(store.path()).unwrap();
    assert!(!format!("{:?} {:?}", stored(), open).contains(SECRET));
}

fn write_private(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

//! The platform's keyring, here Linux': references to it, and the key of the stores moved into it and back. A stand-in for
//! `secret-tool` keeps entries as files.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::{APP, Run, World, files_below, holds, values};

const REGISTER: [&str; 4] = ["register", APP, "--env", "dev"];

/// Each call is written down before it is answered. The call that `KILL_BEFORE` or `KILL_AFTER` numbers ends the program that
/// made it. What `LOSES` is set for forgets what it is given.
const SECRET_TOOL: &str = r#"#!/bin/sh
calls='FOLDER.calls'
echo "$*" >> "$calls"
number=$(wc -l < "$calls")
for name; do :; done
entry='FOLDER/'$name
[ "$KILL_BEFORE" = "$number" ] && kill -9 $PPID && exit
status=0
case $1 in
    lookup) if [ -f "$entry" ]; then cat "$entry"; else status=1; fi;;
    store) cat > "$entry.$$"; [ -z "$LOSES" ] && mv "$entry.$$" "$entry";;
    clear) rm -f "$entry";;
    *) echo "no such verb" >&2; exit 2;;
esac
[ "$KILL_AFTER" = "$number" ] && kill -9 $PPID
exit $status
"#;

/// Gives a machine a keyring, empty; the folder that its program lies in.
pub fn stand_in(world: &World) -> PathBuf {
    let (folder, bin) = (world.root().join("keyring"), world.root().join("bin"));
    for folder in [&folder, &bin] {
        fs::create_dir_all(folder).unwrap();
    }
    let program = bin.join("secret-tool");
    fs::write(&program, SECRET_TOOL.replace("FOLDER", &folder.display().to_string())).unwrap();
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    bin
}

/// A machine with a keyring.
struct Keyring {
    world: World,
    path: String,
}

impl Keyring {
    fn new() -> Self {
        let world = World::new();
        let path = format!("{}:/usr/bin:/bin", stand_in(&world).display());
        Self { world, path }
    }

    /// The search path on which the stand-in is first.
    fn path(&self) -> &str {
        &self.path
    }

    fn entry(&self, name: &str) -> PathBuf {
        self.world.root().join("keyring").join(name)
    }

    fn entries(&self) -> BTreeMap<String, String> {
        let all = files_below(&self.world.root().join("keyring")).into_iter();
        all.map(|(path, content)| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), String::from_utf8(content).unwrap())
        })
        .collect()
    }

    /// The calls since this was asked last.
    fn calls(&self) -> Vec<String> {
        let file = self.world.root().join("keyring.calls");
        let calls = fs::read_to_string(&file).unwrap_or_default();
        let _ = fs::remove_file(file);
        calls.lines().map(str::to_owned).collect()
    }

    /// The content of the file that holds the key or says where it is.
    fn key_file(&self) -> String {
        fs::read_to_string(self.world.stores().join("key")).unwrap_or_default()
    }

    #[track_caller]
    fn run(&self, variables: &[(&str, &str)], args: &[&str]) -> Run {
        self.world.run(&[&[("PATH", self.path.as_str())], variables].concat(), args, "")
    }

    #[track_caller]
    fn keep(&self, to: &str) -> Run {
        self.run(&[], &["credential", "key", "--to", to])
    }

    /// Where the key is, by the program's own word.
    #[track_caller]
    fn kept(&self) -> (String, String) {
        let json = self.run(&[], &["credential", "key", "--json"]).exits(0).json();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        (text("kept"), text("entry"))
    }

    #[track_caller]
    fn credential(&self) -> (String, String) {
        self.world.credential_with(&[("PATH", &self.path)], APP, "dev")
    }

    /// A store with a credential, the digits of its key, which lies in the file.
    fn with_store() -> (Self, (String, String), String) {
        let keyring = Self::new();
        keyring.world.inject(&REGISTER).exits(0);
        let kept = keyring.credential();
        let digits = keyring.key_file().trim_start_matches("inject-key-1 ").trim().to_owned();
        assert_eq!(digits.len(), 64);
        (keyring, kept, digits)
    }

    /// The stores open, in both of their databases, with what was in them.
    #[track_caller]
    fn holds(&self, credential: &(String, String)) {
        assert_eq!(&self.credential(), credential);
        let forced = self.run(&[], &[&REGISTER[..], &["--force", "--json"]].concat()).exits(0).json();
        assert_eq!(forced["client_id"], credential.0.as_str());
    }
}

#[test]
fn a_reference_to_the_keyring_is_read() {
    let keyring = Keyring::new();
    let world = &keyring.world;
    world.write(
        "inject.toml",
        "version = 1\n[env.dev]\nregistry = \"fixed\"\nclient-id = \"i\"\nclient-secret = \"keyring:notes/prod\"\n",
    );
    // None is here, as in CI.
    let run = world.run(&[("PATH", "nowhere")], &REGISTER, "").exits(2);
    for text in [
        "client-secret in [env.dev]: the keyring's entry \"notes/prod\": the Secret Service (secret-tool): ",
        "without a keyring, as in CI, use env:NAME",
    ] {
        assert!(run.err.contains(text), "{}", run.err);
    }
    let run = keyring.run(&[], &REGISTER).exits(2);
    for text in ["has no such entry", "secret-tool store --label=inject service inject account notes/prod"] {
        assert!(run.err.contains(text), "{}", run.err);
    }
    fs::create_dir_all(keyring.entry("notes")).unwrap();
    fs::write(keyring.entry("notes/prod"), "keyring-canary\n").unwrap();
    world.demo("app.apk");
    world.signed_with(&[("PATH", keyring.path())], &["app.apk", "--env", "dev"]).exits(0);
    assert_eq!(values(&world.read("app.apk"), "string/client_secret"), ["keyring-canary"]);
    assert!(keyring.calls().iter().all(|call| call == "lookup service inject account notes/prod"));
    // What the program itself says is not repeated.
    let script = "#!/bin/sh\necho canary of a keyring >&2\nexit 3\n";
    fs::write(world.root().join("bin").join("secret-tool"), script).unwrap();
    let run = keyring.run(&[], &REGISTER).exits(2);
    let said = "ended with exit status: 3; is there a session with a keyring that is unlocked?";
    assert!(run.err.contains(said) && !run.err.contains("canary"), "{}", run.err);
}

#[test]
fn the_key_moves_into_the_keyring_and_back() {
    let (keyring, credential, digits) = Keyring::with_store();
    assert_eq!(keyring.kept(), ("file".to_owned(), String::new()));
    assert_eq!(keyring.calls(), [""; 0], "nothing asks a keyring that holds nothing of ours");
    let before = keyring.key_file();

    let run = keyring.keep("keyring:store").exits(0).says(&["the key of ", "as \"store\"", "keep a backup"]);
    assert_eq!(run.out, "keyring:store in the Secret Service (secret-tool)\n");
    assert_eq!(keyring.key_file(), "inject-key-in keyring:store\n");
    let mode = fs::metadata(keyring.world.stores().join("key")).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    assert_eq!(keyring.entries(), BTreeMap::from([("store".to_owned(), digits.clone())]));
    for (path, content) in files_below(&keyring.world.stores()) {
        assert!(!holds(&content, &digits), "{}", path.display());
    }
    assert_eq!(
        keyring.calls(),
        [
            "lookup service inject account store",
            "store --label=inject service inject account store",
            "lookup service inject account store"
        ]
    );
    // Nothing is set, and it is found; one run asks once, though it opens two databases.
    keyring.run(&[], &[&REGISTER[..], &["--force"]].concat()).exits(0);
    assert_eq!(keyring.calls(), ["lookup service inject account store"]);
    keyring.holds(&credential);
    let again = keyring.run(&[], &["credential", "key", "--to", "keyring:store", "--json"]).exits(0).json();
    assert_eq!((&again["changed"], &again["entry"]), (&false.into(), &"store".into()));

    let run = keyring.run(&[], &["credential", "key", "--to", "keyring:team/store", "--json"]);
    // The stand-in keeps no folders: nothing was moved.
    assert_eq!(run.code, Some(5), "{}", run.err);
    assert_eq!(keyring.key_file(), "inject-key-in keyring:store\n");
    keyring.keep("keyring:other").exits(0);
    assert_eq!(keyring.entries(), BTreeMap::from([("other".to_owned(), digits)]), "it left the entry it was in");
    assert_eq!(keyring.kept(), ("keyring".to_owned(), "other".to_owned()));
    keyring.holds(&credential);

    let run = keyring.keep("file").exits(0);
    assert!(run.out.starts_with("file ") && run.out.trim_end().ends_with("/key"), "{}", run.out);
    assert_eq!((keyring.key_file(), keyring.entries()), (before, BTreeMap::new()));
    keyring.calls();
    keyring.holds(&credential);
    keyring.keep("file").exits(0).says(&["there already"]);
    assert_eq!(keyring.calls(), [""; 0]);
}

#[test]
fn a_key_that_is_not_safe_there_stays() {
    let (keyring, credential, digits) = Keyring::with_store();
    let before = keyring.key_file();
    let stays = |run: Run, code: i32, texts: &[&str]| {
        let run = run.exits(code).says(texts);
        assert!(!run.err.contains(&digits) && !run.err.contains("canary"), "{}", run.err);
        assert_eq!(keyring.key_file(), before);
    };
    // Somebody else's entry, even of a key.
    for content in ["canary of something else".to_owned(), "0".repeat(64)] {
        fs::write(keyring.entry("store"), &content).unwrap();
        stays(keyring.keep("keyring:store"), 9, &["has an entry of that name already", "name another entry"]);
        assert_eq!(keyring.entries()["store"], content);
    }
    fs::remove_file(keyring.entry("store")).unwrap();
    // A keyring that forgets at once, one that is not there, what is no place.
    let to = ["credential", "key", "--to", "keyring:store"];
    stays(keyring.run(&[("LOSES", "1")], &to), 5, &["does not give back what was put into it"]);
    stays(keyring.world.run(&[("PATH", "nowhere")], &to, ""), 5, &["No such file", "INJECT_STORE_KEY=env:NAME"]);
    for place in ["keyring", "keyring:", "keyring:-x", "keyring:a\nb", "env:K", "file:x", &digits] {
        stays(keyring.keep(place), 2, &["--to takes keyring:NAME or file"]);
    }
    // The same key that is there already is no obstacle, with a line end as people make entries.
    fs::write(keyring.entry("store"), format!("{digits}\n")).unwrap();
    keyring.keep("keyring:store").exits(0);
    keyring.holds(&credential);
}

#[test]
fn a_keyring_that_has_lost_the_key_is_no_empty_store() {
    let (keyring, credential, digits) = Keyring::with_store();
    keyring.keep("keyring:store").exits(0);
    let refused = |run: Run, texts: &[&str]| {
        let run = run.exits(5).says(texts);
        assert!(!run.err.contains("canary") && !run.err.contains(&digits), "{}", run.err);
        assert_eq!(keyring.key_file(), "inject-key-in keyring:store\n", "nothing was made in its place");
    };
    let locked = keyring.world.run(&[("PATH", "nowhere")], &REGISTER, "");
    refused(locked, &["is in the keyring's entry \"store\", says ", "No such file", "INJECT_STORE_KEY=env:NAME"]);
    fs::remove_file(keyring.entry("store")).unwrap();
    refused(keyring.run(&[], &REGISTER), &["has no such entry", "put the key there again"]);
    refused(keyring.keep("file"), &["has no such entry"]);
    fs::write(keyring.entry("store"), "canary").unwrap();
    refused(keyring.run(&[], &REGISTER), &["holds no key: 64 hexadecimal digits"]);
    fs::write(keyring.entry("store"), "0".repeat(64)).unwrap();
    refused(keyring.run(&[], &REGISTER), &["sealed with another key than the one in the keyring"]);
    let doctor = keyring.run(&[], &["doctor", "--env", "dev"]).exits(2);
    assert!(doctor.out.contains("note  store key      keyring:store in the Secret Service"), "{}", doctor.out);
    // Who has it elsewhere too brings it back, into either place.
    let given = [("INJECT_STORE_KEY", "env:K"), ("K", digits.as_str())];
    for to in ["file", "keyring:mended"] {
        keyring.run(&given, &["credential", "key", "--to", to]).exits(0).says(&["is not needed for it any more"]);
        keyring.holds(&credential);
    }
    assert_eq!(keyring.entries()["store"], "0".repeat(64), "what is not ours stays");
    // A reference that others can read is refused as a key is.
    fs::set_permissions(keyring.world.stores().join("key"), fs::Permissions::from_mode(0o640)).unwrap();
    keyring.run(&[], &REGISTER).exits(5).says(&["can be read by others (mode 640, expected 600)"]);
}

#[test]
fn a_key_from_outside_is_kept_where_it_is() {
    let keyring = Keyring::new();
    let digits = "0f1e2d3c4b5a69788796a5b4c3d2e1f0".repeat(2);
    fs::write(keyring.entry("mine"), &digits).unwrap();
    let given = [("INJECT_STORE_KEY", "keyring:mine")];
    keyring.run(&given, &REGISTER).exits(0);
    assert!(!keyring.world.stores().join("key").exists());
    let show = ["credential", "key"];
    assert_eq!(keyring.run(&given, &show).exits(0).out, "given by INJECT_STORE_KEY\n");
    let doctor = keyring.run(&given, &["doctor", "--env", "dev"]).exits(0);
    assert!(doctor.out.contains("ok    store key      from INJECT_STORE_KEY (keyring:mine)"), "{}", doctor.out);
    // A key that opens nothing here is not kept.
    let wrong = [("INJECT_STORE_KEY", "env:K"), ("K", &digits.replace('0', "9"))];
    let keep = ["credential", "key", "--to", "keyring:mine"];
    keyring.run(&wrong, &keep).exits(5).says(&["sealed with another key than the one given from outside"]);
    assert!(!keyring.world.stores().join("key").exists());
    // From here on the variable is not needed.
    keyring.run(&given, &keep).exits(0);
    assert_eq!((keyring.kept(), keyring.entries().len()), (("keyring".to_owned(), "mine".to_owned()), 1));
    keyring.credential();
    // One that is given does not push out another one.
    let other = Keyring::new();
    other.world.inject(&["env", "use", "dev"]).exits(0);
    let before = other.key_file();
    fs::remove_file(other.world.stores().join("store.db")).unwrap();
    other
        .run(&wrong, &["credential", "key", "--to", "file"])
        .exits(9)
        .says(&["has another key than the one that is given"]);
    assert_eq!(other.key_file(), before);
}

#[test]
fn a_key_can_be_made_in_the_keyring() {
    let keyring = Keyring::new();
    let none = keyring.run(&[], &["credential", "key"]).exits(0);
    assert!(none.out.starts_with("none yet") && !keyring.world.stores().exists(), "{}", none.out);
    keyring.keep("keyring:store").exits(0).says(&["a new key of "]);
    assert_eq!(keyring.entries()["store"].len(), 64);
    keyring.run(&[], &REGISTER).exits(0);
    let credential = keyring.credential();
    assert_eq!(keyring.key_file(), "inject-key-in keyring:store\n");
    keyring.holds(&credential);
    let doctor = keyring.run(&[], &["doctor", "--env", "dev"]).exits(0);
    assert!(doctor.out.contains("ok    store key      keyring:store in the Secret Service (secret-tool), says "));
    assert!(doctor.out.contains("key (mode 600); keep a backup"), "{}", doctor.out);
}

/// Killed before or after each call of the keyring: between two of them are all changes of files.
#[test]
fn a_kill_at_any_moment_leaves_stores_that_open() {
    // From, to, and the calls between which it is killed.
    let moves = [("file", "keyring:store", 3), ("keyring:store", "keyring:other", 6), ("keyring:other", "file", 3)];
    for (from, to, calls) in moves {
        let mut killed = 0;
        for moment in ["KILL_BEFORE", "KILL_AFTER"] {
            for number in 1.. {
                assert!(number <= calls + 1, "{from} to {to}: there are more calls");
                let (keyring, credential, digits) = Keyring::with_store();
                if from != "file" {
                    keyring.keep(from).exits(0);
                }
                keyring.calls();
                let run = keyring.run(&[(moment, &number.to_string())], &["credential", "key", "--to", to]);
                keyring.holds(&credential);
                assert!(
                    !keyring.key_file().contains(&digits) || to == "file" || from == "file",
                    "{}",
                    keyring.key_file()
                );
                if run.code.is_some() {
                    run.exits(0);
                    break;
                }
                killed += 1;
                // Once more does the rest, but for an entry that is not needed any more.
                keyring.keep(to).exits(0);
                keyring.holds(&credential);
                let names: Vec<_> =
                    fs::read_dir(keyring.world.stores()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
                assert!(names.iter().all(|name| !name.to_string_lossy().starts_with('.')), "{names:?}");
            }
        }
        assert_eq!(killed, 2 * calls, "{from} to {to}");
    }
}

/// Moves and builds at once: no build finds no key, and none makes another one.
#[test]
fn builds_go_on_while_the_key_moves() {
    let (keyring, credential, _) = Keyring::with_store();
    std::thread::scope(|scope| {
        for first in 0..3 {
            let keyring = &keyring;
            scope.spawn(move || {
                for round in 0..8 {
                    let to = ["keyring:a", "file", "keyring:b"][(first + round) % 3];
                    keyring.keep(to).exits(0);
                }
            });
        }
        for _ in 0..2 {
            let keyring = &keyring;
            let credential = &credential;
            scope.spawn(move || {
                for _ in 0..12 {
                    keyring.holds(credential);
                }
            });
        }
    });
    keyring.holds(&credential);
    keyring.keep("file").exits(0);
    assert_eq!(keyring.entries(), BTreeMap::new(), "no copy of the key is left");
}

//! Secrets at rest: a key from outside, backups that are sealed.

use super::{APP, World, files_below, holds, names_in};

const KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
const PASSPHRASE: &str = "passphrase-canary of some words";
const DEV: [&str; 4] = ["register", APP, "--env", "dev"];

#[test]
fn a_key_from_outside_seals_the_stores() {
    let world = World::new();
    let given = [("INJECT_STORE_KEY", "env:K"), ("K", KEY)];
    world.run(&given, &DEV, "").exits(0);
    let kept = world.credential_with(&given, APP, "dev");
    assert_eq!(names_in(&world.stores()), ["databases", "dev.db", "store.db"], "no key lies beside");
    for bytes in files_below(&world.stores()).values() {
        assert!(!holds(bytes, &kept.1) && !holds(bytes, KEY));
    }
    // Without it, or with another one, the store is no empty one.
    world.inject(&DEV).exits(5).says(&["key is missing"]);
    let other = KEY.replace('0', "9");
    let run = world.run(&[("INJECT_STORE_KEY", "env:K"), ("K", &other)], &DEV, "").exits(5);
    assert!(run.err.contains("sealed with another key than the one given from outside"), "{}", run.err);
    for (reference, key, text) in [
        ("env:K", "nonsense-canary", "leads to no key: 64 hexadecimal digits"),
        ("env:NONE", KEY, "INJECT_STORE_KEY: environment variable NONE: not set"),
        (KEY, KEY, "takes a reference, never the secret itself"),
    ] {
        let run = world.run(&[("INJECT_STORE_KEY", reference), ("K", key)], &DEV, "").exits(2);
        assert!(run.err.contains(text) && !run.err.contains("canary") && !run.err.contains(KEY), "{}", run.err);
    }
    assert_eq!(world.credential_with(&given, APP, "dev"), kept);
    // A key file of before serves as the key from outside.
    let moved = World::new();
    moved.inject(&DEV).exits(0);
    let kept = moved.credential(APP, "dev");
    let file = moved.stores().join("key");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(moved.credential_with(&[("INJECT_STORE_KEY", "env:K"), ("K", &text)], APP, "dev"), kept);
}

#[test]
fn a_backup_is_sealed_and_taken_whole() {
    let world = World::new();
    let pass = [("P", PASSPHRASE)];
    let run = |world: &World, args: &[&str]| {
        let run = world.run(&pass, args, "");
        assert!(!run.out.contains("canary") && !run.err.contains("canary"), "{}\n{}", run.out, run.err);
        run
    };
    let export = ["credential", "export", "team.backup", "--pass", "env:P"];
    let import = ["credential", "import", "team.backup", "--pass", "env:P"];
    run(&world, &export).exits(5).says(&["no store in"]);
    world.inject(&DEV).exits(0);
    world.inject(&["register", "com.example.other", "--env", "prod"]).exits(0);
    run(&world, &export).exits(0).says(&["2 credentials, sealed"]);
    run(&world, &export).exits(2).says(&["exists already"]);
    let kept = world.credential(APP, "dev");
    let text = world.read("team.backup");
    for clear in [kept.0.as_str(), &kept.1, PASSPHRASE, APP] {
        assert!(!holds(&text, clear), "{clear}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(world.path("team.backup")).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let other = World::new();
    other.write("team.backup", &text);
    run(&other, &import).exits(0).says(&["2 credentials taken"]);
    assert_eq!(other.credential(APP, "dev"), kept);
    run(&other, &import).exits(0).says(&["0 credentials taken"]);
    // Something else is there: nothing is taken, of the others either.
    let third = World::new();
    third.write("team.backup", &text);
    third.inject(&DEV).exits(0);
    let own = third.credential(APP, "dev");
    run(&third, &import)
        .exits(9)
        .says(&["another credential than the backup for: com.example.demo in dev", "--replace"]);
    assert_eq!((third.credential(APP, "dev"), third.credentials()), (own, 1));
    run(&third, &[&import[..], &["--replace"]].concat()).exits(0);
    assert_eq!((third.credential(APP, "dev"), third.credentials()), (kept, 2));
    // Another passphrase, a changed file, no backup.
    let before = third.credentials();
    let wrong = third.run(&[("P", "another passphrase")], &import, "").exits(2);
    assert!(wrong.err.contains("the backup does not open"), "{}", wrong.err);
    let body = String::from_utf8(text).unwrap();
    for (changed, says) in [
        (body.replacen(body.lines().nth(1).unwrap().get(30..40).unwrap(), "AAAAAAAAAA", 1), "the backup does not open"),
        (body[..20].to_owned(), "it is cut"),
        (format!("{body}!"), "no Base64"),
        ("{}".to_owned(), "the first line is not inject-backup-1"),
    ] {
        third.write("team.backup", changed);
        run(&third, &import).exits(2).says(&[says]);
    }
    assert_eq!(third.credentials(), before);
    let short = world.run(&[("P", "short")], &["credential", "export", "x", "--pass", "env:P"], "").exits(2);
    assert!(short.err.contains("can be guessed") && !world.path("x").exists(), "{}", short.err);
}

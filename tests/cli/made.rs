//! A database that was made once is not made anew silently, and no key is made where an old one sealed something.

use std::fs;
use std::process::Stdio;

use super::{APP, PROGRAM, World, names_in};

const DEV: [&str; 4] = ["register", APP, "--env", "dev"];

fn list(world: &World) -> String {
    fs::read_to_string(world.stores().join("databases")).unwrap_or_default()
}

#[test]
fn a_database_that_is_gone_is_an_error_until_its_line_goes() {
    let world = World::new();
    world.inject(&DEV).exits(0);
    assert_eq!(list(&world), "inject-databases-1\nregistry/dev.db\nstore.db\n");
    let kept = world.credential(APP, "dev");
    world.inject(&["credential", "forget", "--app", APP, "--env", "dev"]).exits(0);
    let file = world.stores().join("registry/dev.db");
    let away = world.root().join("dev.db");
    fs::rename(&file, &away).unwrap();
    let said =
        ["registry/dev.db is gone: ", "databases names it", "nothing was made", "restore it", "take its line out"];
    for args in [&DEV[..], &["registry", "list", "--env", "dev"], &["doctor", "--env", "dev"]] {
        let run = world.inject(args);
        assert_ne!(run.code, Some(0), "{args:?}");
        let all = format!("{}{}", run.out, run.err);
        assert!(said.iter().all(|text| all.contains(text)), "{all}");
        assert!(!file.exists());
    }
    // Another environment has its own.
    world.inject(&["register", APP, "--env", "other"]).exits(0);
    fs::rename(&away, &file).unwrap();
    world.inject(&DEV).exits(0);
    assert_eq!(world.credential(APP, "dev"), kept);

    let store = world.stores().join("store.db");
    fs::remove_file(&store).unwrap();
    for args in [&DEV[..], &["credential", "list"], &["env", "use", "dev"]] {
        world.inject(args).exits(5).says(&["the store ", "store.db is gone: "]);
        assert!(!store.exists());
    }
    // A person decides: the store begins anew, and has the credential from the registry.
    fs::write(world.stores().join("databases"), list(&world).replace("store.db\n", "")).unwrap();
    world.inject(&DEV).exits(0);
    assert_eq!(world.credential(APP, "dev"), kept);
    assert!(list(&world).contains("\nstore.db\n"));
}

#[test]
fn no_new_key_is_made_over_the_databases_of_an_old_one() {
    let world = World::new();
    world.inject(&DEV).exits(0);
    let kept = world.credential(APP, "dev");
    let (key, store) = (world.stores().join("key"), world.stores().join("store.db"));
    let [old, content] = [&key, &store].map(|path| fs::read(path).unwrap());
    fs::remove_file(&key).unwrap();
    fs::remove_file(&store).unwrap();
    // Also where the list is of an older version, which had none.
    for listed in [true, false] {
        if !listed {
            fs::remove_file(world.stores().join("databases")).unwrap();
        }
        for env in ["dev", "other"] {
            let run = world.inject(&["register", APP, "--env", env]).exits(5);
            let text = if listed { " is gone: " } else { "key is missing, and " };
            assert!(run.err.contains(text), "{}", run.err);
        }
        world.inject(&["credential", "key", "--to", "file"]).exits(5).says(&["key is missing, and "]);
        assert!(!key.exists() && !store.exists());
    }
    // All databases are gone, and were listed.
    let whole = fs::read(world.stores().join("registry/dev.db")).unwrap();
    fs::remove_file(world.stores().join("registry/dev.db")).unwrap();
    fs::write(world.stores().join("databases"), "inject-databases-1\nregistry/dev.db\n").unwrap();
    world
        .inject(&["register", APP, "--env", "other"])
        .exits(5)
        .says(&["key is missing, and ", "dev.db was sealed with it"]);
    assert!(!key.exists() && !store.exists());
    // All of it comes back.
    for (path, content) in [(&key, &old), (&store, &content), (&world.stores().join("registry/dev.db"), &whole)] {
        fs::write(path, content).unwrap();
        #[cfg(unix)]
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
    assert_eq!(world.credential(APP, "dev"), kept);
}

#[test]
fn the_list_of_an_older_home_is_made_and_one_that_is_damaged_is_said() {
    let world = World::new();
    world.inject(&DEV).exits(0);
    fs::remove_file(world.stores().join("databases")).unwrap();
    world.inject(&["registry", "list", "--env", "dev"]).exits(0);
    world.inject(&["credential", "list"]).exits(0);
    assert_eq!(list(&world), "inject-databases-1\nregistry/dev.db\nstore.db\n");
    for (text, said) in [
        ("", "line 1 is not inject-databases-1"),
        ("inject-databases-2\nstore.db\n", "line 1 is not inject-databases-1"),
        ("inject-databases-1\nstore.db\n../x.db\n", "line 3 is not the path of a database"),
        ("inject-databases-1\nsuore.db\n", "line 2 is not the path of a database"),
    ] {
        fs::write(world.stores().join("databases"), text).unwrap();
        world.inject(&["register", APP, "--env", "other"]).exits(5).says(&["databases: ", said]);
    }
    assert_eq!(names_in(&world.stores()), ["databases", "key", "dev.db", "store.db"]);
}

#[test]
fn processes_that_make_databases_at_once_are_all_listed() {
    let world = World::new();
    let children: Vec<_> = (0..8)
        .map(|number| {
            let mut command = world.command(PROGRAM);
            command.args(["register", APP, "--env", &format!("e{number}")]);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(list(&world).lines().count(), 1 + 8 + 1, "{}", list(&world));
}

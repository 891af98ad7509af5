//! Windows alone: what other programs have open, and names that mean something else there, as people meet them.

use std::fs::{File, OpenOptions};
use std::os::windows::fs::OpenOptionsExt;

use super::{APP, World};

/// `FILE_SHARE_READ`: others may read it, and nobody may replace it.
const READ: u32 = 1;

fn hold(world: &World, name: &str) -> File {
    OpenOptions::new().read(true).share_mode(READ).open(world.path(name)).unwrap()
}

#[test]
fn what_another_program_has_open_is_named_before_anything_is_registered() {
    let world = World::new();
    world.demo("app.apk");
    world.write("site/config.json", "{\"a\":{\"id\":\"old\"}}");
    world.write("site/other.json", "{\"id\":\"old\"}");
    let package = ["app.apk", "--env", "dev"];
    let at = ["--at=config.json#/a/id={client_id}", "--at=other.json#/id={client_id}"];
    let folder = [&["site", "--app", APP, "--env", "dev"], &at[..]].concat();
    for (name, args) in [("app.apk", &package[..]), ("site/other.json", &folder[..])] {
        let holder = hold(&world, name);
        let said = ["cannot replace", name.rsplit('/').next().unwrap(), "another program has it open", "run again"];
        world.refuses(|world| world.signed(args), 3, &said);
        drop(holder);
        world.signed(args).exits(0);
    }
}

#[test]
fn an_environment_is_not_taken_for_a_device_or_for_another_one() {
    let world = World::new();
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    let credentials = world.credentials();
    for (env, says) in [("aux", "is not a file name on Windows"), ("nul.x", "a device"), ("Dev", "\"dev.db\" exists")] {
        world.inject(&["register", APP, "--env", env]).exits(5).says(&[says]);
        assert_eq!(world.credentials(), credentials);
    }
}

//! Constants in dex files, by the program: what changes for one call alone, and what is refused with the others named.

use super::{World, entry, repacked, values};

const GIVEN: [(&str, &str); 2] = [("INJECT_CLIENT_ID", "the-id"), ("INJECT_CLIENT_SECRET", "the-secret")];
const SHARED: &[u8] = include_bytes!("../../testdata/dex/shared.dex");

/// The demo with other dex files.
fn app(world: &World, dex: &[u8]) -> Vec<u8> {
    let app = repacked(&[], |name, content| if name == "classes.dex" { dex.to_vec() } else { content });
    world.write("app.apk", &app);
    app
}

#[test]
fn a_constant_that_others_read_changes_for_the_call_alone() {
    let world = World::new();
    app(&world, SHARED);
    let before = values(&world.read("app.apk"), "dex/setLoginObject[30]");
    let at = "dex/give[0]={client_id}";
    world.signed_with(&GIVEN, &["app.apk", "--env", "dev", "--at", at]).exits(0).says(&["1 place"]);
    let apk = world.read("app.apk");
    assert_eq!(values(&apk, "dex/give[0]"), ["the-id"]);
    assert_eq!(values(&apk, "dex/give[1]"), ["result into"]);
    assert_eq!(values(&apk, "dex/setLoginObject[30]"), before);
    world.signed_with(&GIVEN, &["app.apk", "--env", "dev", "--at", at]).exits(0).says(&["up to date"]);
    assert_eq!(world.read("app.apk"), apk);
    world.run(&GIVEN, &["verify", "app.apk", "--env", "dev", "--at", at], "").exits(0);
    // Another environment and back.
    let other = [("INJECT_CLIENT_ID", "another-id"), ("INJECT_CLIENT_SECRET", "another-secret")];
    world.signed_with(&other, &["app.apk", "--env", "qa", "--at", at]).exits(0);
    world.signed_with(&GIVEN, &["app.apk", "--env", "dev", "--at", at]).exits(0);
    assert!(entry(&world.read("app.apk"), "classes.dex") == entry(&apk, "classes.dex"));
}

#[test]
fn a_call_whose_constant_cannot_be_separated_is_refused_before_anything_is_obtained() {
    let world = World::new();
    let before = app(&world, SHARED);
    let args = ["app.apk", "--env", "dev", "--at", "dex/fail={client_id}"];
    let says = [
        "place dex/fail: classes.dex: the call of LMain;->fail",
        "in LMain;->handlerReads(I)V",
        "LMain;->setLoginObject",
    ];
    world.refuses(|world| world.signed(&args), 2, &says);
    world.refuses(|world| world.signed(&[&args[..], &["--dry-run"]].concat()), 2, &says);
    assert!(world.read("app.apk") == before);
    // It can be read.
    assert_eq!(values(&before, "dex/fail"), ["handler reads"]);
}

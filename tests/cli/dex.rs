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
    // What other calls go on reading is an old copy to the gate: whoever means it says so.
    let args = ["app.apk", "--env", "dev", "--at", at];
    world.refuses(|world| world.signed_with(&GIVEN, &args), 7, &["leak.old (classes.dex)", "--gate off"]);
    world.signed_with(&GIVEN, &["app.apk", "--env", "dev", "--gate", "off", "--at", at]).exits(0).says(&["1 place"]);
    let apk = world.read("app.apk");
    assert_eq!(values(&apk, "dex/give[0]"), ["the-id"]);
    assert_eq!(values(&apk, "dex/give[1]"), ["result into"]);
    assert_eq!(values(&apk, "dex/setLoginObject[30]"), before);
    world.signed_with(&GIVEN, &["app.apk", "--env", "dev", "--gate", "off", "--at", at]).exits(0).says(&["up to date"]);
    assert_eq!(world.read("app.apk"), apk);
    world.run(&GIVEN, &["verify", "app.apk", "--env", "dev", "--at", at], "").exits(0);
    // Another environment and back.
    let other = [("INJECT_CLIENT_ID", "another-id"), ("INJECT_CLIENT_SECRET", "another-secret")];
    world.signed_with(&other, &["app.apk", "--env", "qa", "--gate", "off", "--at", at]).exits(0);
    world.signed_with(&GIVEN, &["app.apk", "--env", "dev", "--gate", "off", "--at", at]).exits(0);
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
    world.refuses(|world| world.signed(&args), 4, &says);
    world.refuses(|world| world.signed(&[&args[..], &["--dry-run"]].concat()), 4, &says);
    assert!(world.read("app.apk") == before);
    // It can be read.
    assert_eq!(values(&before, "dex/fail"), ["handler reads"]);
}

const CALLS: &[u8] = include_bytes!("../../testdata/dex/calls.dex");

/// Refuses an address of the fixture, before anything is obtained.
fn refused(at: &str, code: i32, says: &[&str]) {
    refused_in(CALLS, at, code, says);
}

fn refused_in(dex: &[u8], at: &str, code: i32, says: &[&str]) {
    let world = World::new();
    app(&world, dex);
    let at = format!("{at}={{client_id}}");
    world.refuses(|world| world.signed(&["app.apk", "--env", "dev", "--at", &at]), code, says);
}

/// Sets an address of the fixture; what was set is found again, and what is given stays.
fn set(at: &str, places: &str, others: &[&str]) -> Vec<u8> {
    set_in(CALLS, at, places, others)
}

fn set_in(dex: &[u8], at: &str, places: &str, others: &[&str]) -> Vec<u8> {
    let world = World::new();
    let before = app(&world, dex);
    let assignment = format!("{at}={{client_id}}");
    let args = ["app.apk", "--env", "dev", "--gate", "off", "--at", &assignment];
    world.signed_with(&GIVEN, &args).exits(0).says(&[places]);
    let apk = world.read("app.apk");
    assert!(values(&apk, at).iter().all(|value| value == "the-id"), "{at}");
    for other in others {
        assert_eq!(values(&apk, other), values(&before, other), "{other}");
    }
    world.signed_with(&GIVEN, &args).exits(0).says(&["up to date"]);
    world.run(&GIVEN, &["verify", "app.apk", "--env", "dev", "--at", &assignment], "").exits(0);
    apk
}

#[test]
fn every_call_counts_and_one_that_is_not_known_is_named() {
    let says = ["Lc/Callers;->real in classes.dex, where it is a parameter", "[0] Lc/Callers;->reset"];
    refused("dex/partial", 4, &says);
    refused("dex/Lc/Api;->partial", 4, &says);
    set("dex/partial[0]", "1 place", &[]);
    refused("dex/never", 4, &["no call of this method passes a string constant", "Lc/Callers;->unknown"]);
    set("dex/twice", "2 places", &[]);
    refused("dex/many", 4, &["2 different constants reach this method", "[1] Lc/Callers;->many"]);
}

#[test]
fn which_of_several_parameters_is_in_the_address() {
    refused("dex/two", 4, &["has several parameters that are Strings", "dex/two(0), dex/two(1)"]);
    refused("dex/two[0]", 4, &["dex/two(0), dex/two(1)"]);
    refused("dex/two(0)", 4, &["Lc/Callers;->pair", "it is a parameter"]);
    set("dex/two(0)[0]", "1 place", &["dex/two(1)"]);
    // The tag is one constant for both calls.
    set("dex/two(1)", "2 places", &["dex/two(0)[0]"]);
    set("dex/two(1)[1]", "1 place", &["dex/two(1)[0]", "dex/two(0)[0]"]);
    // All parameters count, a long as one.
    refused("dex/wide", 4, &["dex/wide(1), dex/wide(3)"]);
    set("dex/wide(3)", "1 place", &["dex/wide(1)"]);
    refused("dex/wide(0)", 4, &["no call of this method passes a string there"]);
}

#[test]
fn a_method_of_several_classes_is_the_one_that_is_named() {
    refused(
        "dex/same",
        4,
        &["2 classes that have nothing to do with each other", "Lc/Api;; Lc/Other;", "dex/Lc/Api;->same"],
    );
    set("dex/Lc/Api;->same", "1 place", &["dex/Lc/Other;->same"]);
    set("dex/same[0]", "1 place", &["dex/same[1]"]);
    // What inherits belongs to it; what overrides is another method, of the same family.
    set("dex/Lc/Base;->kept", "2 places", &["dex/Lc/Over;->kept"]);
    set("dex/Lc/Sub;->kept", "1 place", &["dex/Lc/Over;->kept", "dex/kept[0]"]);
    set("dex/Lc/Over;->kept", "1 place", &["dex/Lc/Base;->kept"]);
    refused("dex/kept", 4, &["2 different constants"]);
}

#[test]
fn a_text_is_a_constant_and_no_name() {
    let world = World::new();
    app(&world, CALLS);
    world.signed_with(&GIVEN, &["app.apk", "--env", "dev", "--at", "dex/\"clientid\"={client_id}"]).exits(0);
    let dex = entry(&world.read("app.apk"), "classes.dex");
    let text = inject::format::dex::dump(&inject::format::dex::Dex::parse(&dex).unwrap());
    let lines = |part: &str| text.lines().filter(|line| line.contains(part)).count();
    // A call, an annotation of the program's own and the default of one; the inner class and Kotlin's notes stay.
    assert_eq!((lines(" const-string v0 \"the-id\""), lines("value \"the-id\"")), (1, 2), "{text}");
    assert_eq!(lines("value \"clientid\""), 2);
}

#[test]
fn dex_files_that_android_does_not_load_are_no_places() {
    let world = World::new();
    let extra: [(&str, &[u8]); 2] = [("classes02.dex", CALLS), ("classes3.dex", CALLS)];
    world.write("app.apk", repacked(&extra, |_, content| content));
    let args = ["app.apk", "--env", "dev", "--at", "dex/twice={client_id}"];
    let says = ["no call of this method", "Android does not load classes02.dex; classes3.dex"];
    world.refuses(|world| world.signed(&args), 4, &says);
    // Behind no gap it is one.
    let extra: [(&str, &[u8]); 2] = [("classes2.dex", SHARED), ("classes3.dex", CALLS)];
    world.write("app.apk", repacked(&extra, |_, content| content));
    world.signed_with(&GIVEN, &args).exits(0).says(&["2 places"]);
    assert_eq!(values(&world.read("app.apk"), "dex/twice"), ["the-id", "the-id"]);
}

#[test]
fn a_field_or_a_helper_that_the_call_alone_reads_is_followed() {
    let apk = set("dex/encoded", "1 place", &["dex/computed"]);
    assert!(!super::apk_holds(&apk, "an encoded value"));
    // Two calls of one field; what the class says elsewhere stays.
    let apk = set("dex/computed", "1 place", &["dex/encoded", "dex/shown[0]", "dex/shown[1]"]);
    assert!(super::apk_holds(&apk, "set by the class"));
    let apk = set("dex/helped", "1 place", &["dex/encoded"]);
    assert!(!super::apk_holds(&apk, "from a helper"));
    refused("dex/logged", 4, &["the field Lc/Fields;->LOGGED, and Lc/Fields;->calls reads it for something else"]);
    refused("dex/written", 4, &["the field Lc/Fields;->WRITTEN, and Lc/Fields;->calls writes it"]);
    refused("dex/busily", 4, &["the result of Lc/Fields;->busy()Ljava/lang/String;, and Lc/Fields;->calls reads it"]);
    // As one of several calls: shown is called with a field and a result too, that others read.
    refused("dex/shown", 4, &["Lc/Fields;->LOGGED", "[0]"]);
}

const KOTLIN: &[u8] = include_bytes!("../../testdata/dex/kotlin.dex");

#[test]
fn defaults_of_kotlin_are_followed_to_the_constant_and_to_who_passes_another() {
    let set = |at, places, others: &[&str]| set_in(KOTLIN, at, places, others);
    let refused = |at, says: &[&str]| refused_in(KOTLIN, at, 4, says);
    // The default, and a call that passes one of the same text; what leaves it out passes nothing.
    set("dex/same", "2 places", &["dex/never"]);
    set("dex/never", "1 place", &["dex/same"]);
    set("dex/wide", "1 place", &["dex/other[0]"]);
    set("dex/Lk/Kotlin;-><init>", "1 place", &["dex/never"]);
    let listed =
        ["2 different constants", "[0] Lk/Kotlin;->givesOther in classes.dex", "[1] Lk/Kotlin;->other$default in"];
    refused("dex/other", &listed);
    set("dex/other[0]", "1 place", &["dex/other[1]", "dex/same"]);
    set("dex/other[1]", "1 place", &["dex/other[0]"]);
    refused("dex/known", &["in Lk/Kotlin;->givesParameter it is a parameter of the method that calls"]);
    refused("dex/none", &["in Lk/Kotlin;->givesNull it is null"]);
    refused("dex/path", &["in Lk/Kotlin;->eitherWay it is not known whether the default counts"]);
    refused("dex/read", &["Lk/Kotlin;->read$default reads its default for something else"]);
    // A method that is not of Kotlin's shape is any method.
    refused("dex/shape", &["Lk/Kotlin;->shape$default in classes.dex, where it is a parameter", "on another"]);
}

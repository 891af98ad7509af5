//! `inject verify`: what the release gate lets through, and what it names when it does not.

use super::{APP, World, repacked};

#[test]
fn the_right_environment_and_the_wrong_one() {
    let world = World::of_dev();
    let run = world.inject(&["verify", "app.apk", "--env", "dev"]).exits(0);
    assert!(run.out.contains("app.apk: carries dev, sound, signed v1 v2 v3 by CN=inject demo"), "{}", run.out);
    let run = world.inject(&["verify", "app.apk", "--env", "prod"]).exits(7);
    let (id, secret) = world.credential(APP, "dev");
    assert!(!run.err.contains(&secret) && !run.err.contains(&id), "{}", run.err);
    let run = run.says(&[
        "place.value (apk:string/client_id in resources.arsc): 2 of 2 values are not this environment's; inject again",
        "place.value (apk:string/client_secret in resources.arsc)",
        "leak.foreign (resources.arsc): it holds the Client Id of com.example.demo in dev",
        "leak.foreign (resources.arsc): it holds the secret of com.example.demo in dev",
    ]);
    assert!(run.out.contains("NOT sound") && !run.out.contains("carries"), "{}", run.out);
    let json = world.inject(&["verify", "app.apk", "--env", "prod", "--json"]).exits(7).json();
    assert_eq!(json["sound"], false);
    assert_eq!(json["artifacts"][0]["findings"].as_array().unwrap().len(), 4, "{json:#}");
    world.inject(&["verify", "app.apk", "--signature-only"]).exits(0);
}

#[test]
fn several_artifacts_are_all_looked_at() {
    let world = World::of_dev();
    world.demo("raw.apk");
    let run = world.inject(&["verify", "raw.apk", "app.apk", "--env", "dev"]).exits(7);
    assert!(run.out.contains("raw.apk: NOT sound") && run.out.contains("app.apk: carries dev, sound"), "{}", run.out);
}

#[test]
fn a_foreign_secret_in_an_asset_is_found_and_named() {
    let world = World::of_dev();
    let (_, secret) = world.credential(APP, "dev");
    let utf16: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let forms: [(&str, &[u8]); 2] = [("assets/notes.txt", secret.as_bytes()), ("assets/wide.bin", &utf16)];
    for (name, content) in forms {
        let text = [b"some text before ".as_slice(), content, b" and behind"].concat();
        world.write("planted.apk", repacked(&[(name, &text)], |_, content| content));
        world.signed(&["planted.apk", "--env", "prod"]);
        let texts = ["leak.foreign", name, "it holds the secret of com.example.demo in dev"];
        let run = world.inject(&["verify", "planted.apk", "--env", "prod"]).exits(7).says(&texts);
        assert!(!run.err.contains(&secret), "{}", run.err);
        world.inject(&["verify", "planted.apk", "--env", "dev"]).exits(7);
    }
}

#[test]
fn one_changed_byte_anywhere() {
    let world = World::of_dev();
    let apk = world.read("app.apk");
    let json = world.inject(&["verify", "app.apk", "--env", "dev", "--json"]).exits(0).json();
    assert_eq!(json["sound"], true);
    let magic = apk.windows(16).position(|bytes| bytes == b"APK Sig Block 42").unwrap();
    let len = u64::from_le_bytes(apk[magic - 8..magic].try_into().unwrap()) as usize;
    let block = magic + 16 - len - 8..magic;
    for at in (0..apk.len()).step_by(apk.len() / 25) {
        let mut changed = apk.clone();
        changed[at] ^= 0x40;
        world.write("changed.apk", changed);
        let run = world.inject(&["verify", "changed.apk", "--env", "dev"]);
        // The padding of the signing block is covered by no signature; Android ignores what stands in it.
        let padding = block.contains(&at) && apk[at - 8..(at + 8).min(apk.len())].iter().all(|byte| *byte == 0);
        assert!(padding || [Some(7), Some(3)].contains(&run.code), "byte {at}: {:?} {}", run.code, run.out);
        let run = world.inject(&["verify", "changed.apk", "--signature-only"]);
        assert!(padding || [Some(7), Some(3)].contains(&run.code), "byte {at}: {:?} {}", run.code, run.out);
    }
}

#[test]
fn bytes_behind_the_end() {
    let world = World::of_dev();
    let mut apk = world.read("app.apk");
    apk.extend_from_slice(b"more");
    world.write("app.apk", apk);
    let run = world.inject(&["verify", "app.apk", "--env", "dev"]);
    assert!([Some(7), Some(3)].contains(&run.code), "{} {}", run.out, run.err);
}

#[test]
fn nothing_is_registered_by_looking() {
    let world = World::new();
    world.demo("app.apk");
    let texts =
        ["no credential of com.example.demo in dev is known here", "inject register com.example.demo --env dev"];
    world.refuses(|world| world.inject(&["verify", "app.apk", "--env", "dev"]), 5, &texts);
    assert!(!world.stores().exists());
}

#[test]
fn a_gate_without_a_place_does_not_open() {
    let world = World::of_dev();
    // Nothing of this package is compared with the credential, so nothing is proved.
    let run = world.inject(&["verify", "app.apk", "--env", "dev", "--at", "ipa:Info.plist#ClientId={client_id}"]);
    run.exits(7).says(&["place.none"]);
    let run = world.inject(&["verify", "app.apk", "--env", "dev", "--at", "string/client_ids={client_id}"]);
    run.exits(4).says(&["no place string/client_ids", "did you mean \"client_id\"?"]);
}

#[test]
fn without_artifacts_those_of_the_configuration_are_verified() {
    let world = World::of_dev();
    let config = format!(
        "version = 1\ndefault-env = \"dev\"\n[app.a]\nid = \"{APP}\"\nartifacts = [\"*.apk\"]\n[env.dev]\n[env.prod]\n"
    );
    world.inject(&["verify", "--env", "dev"]).exits(2).says(&["no artifact is given", "inject init"]);
    world.inject(&["verify", "--signature-only"]).exits(2).says(&["no artifact is given"]);
    world.write("inject.toml", config);
    let run = world.inject(&["verify"]).exits(0);
    assert!(run.out.contains("app.apk: carries dev, sound"), "{}", run.out);
    world.write("z.apk", world.read("app.apk"));
    let run = world.inject(&["verify", "--env", "prod"]).exits(7);
    assert!(run.out.contains("app.apk: NOT sound") && run.out.contains("z.apk: NOT sound"), "{}", run.out);
}

//! Places by the value that is there: `FILE#"TEXT"`.

use super::{World, entry, repacked, values};

const GIVEN: [(&str, &str); 2] = [("INJECT_CLIENT_ID", "the-new-id"), ("INJECT_CLIENT_SECRET", "the/new+secret=")];
const OTHER: [(&str, &str); 2] = [("INJECT_CLIENT_ID", "another_id_2"), ("INJECT_CLIENT_SECRET", "other~secret")];

const FILES: [(&str, &str); 5] = [
    ("index.html", "<meta name=\"client\" content=\"old-client-id\"><script>start('old-client-id')</script>"),
    ("_next/page.txt", "1:[\"$\",\"p\",null,{\"id\":\"old-client-id\"}]"),
    ("_next/page.js", "self.x.push([1,\"{\\\"id\\\":\\\"old-client-id\\\"}\"]);console.log(\"old-client-id\")"),
    (".env", "OTHER=1\nCLIENT_ID=old-client-id\n"),
    ("logo.png", "\u{89}PNG\0\0\0"),
];

fn site(world: &World) {
    for (name, content) in FILES {
        world.write(&format!("site/{name}"), content);
    }
}

/// The files with another id in them.
fn holds(world: &World, id: &str) {
    for (name, content) in FILES {
        let now = String::from_utf8(world.read(&format!("site/{name}"))).unwrap();
        assert_eq!(now, content.replace("old-client-id", id), "{name}");
    }
}

#[test]
fn a_value_is_replaced_wherever_it_stands_in_a_site() {
    let world = World::new();
    site(&world);
    let at = |text: &str| format!("**/*#\"{text}\"={{client_id}}");
    let args = |at: &'static str| ["site", "--app", "com.example.site", "--env", "dev", "--at", at];
    world.run(&GIVEN, &args("**/*#\"old-client-id\"={client_id}"), "").exits(0).says(&["done", "4 places"]);
    holds(&world, "the-new-id");
    // What was put there is found again; an id that is not known here has to be named.
    let gone = "**/*#\"old-client-id\" is not there; a known Client Id of the application is, and counts as the place";
    world.run(&GIVEN, &args("**/*#\"old-client-id\"={client_id}"), "").exits(0).says(&["up to date", gone]);
    world.run(&GIVEN, &args("**/*#\"the-new-id\"={client_id}"), "").exits(0).says(&["up to date"]);
    let texts = ["no place **/*#\"old-client-id\" here"];
    world.refuses(|world| world.run(&OTHER, &args("**/*#\"old-client-id\"={client_id}"), ""), 4, &texts);
    world.run(&OTHER, &args("**/*#\"the-new-id\"={client_id}"), "").exits(0);
    holds(&world, "another_id_2");
    world.run(&GIVEN, &["site", "--app", "a", "--env", "dev", "--at", &at("another_id_2")], "").exits(0);
    holds(&world, "the-new-id");
}

#[test]
fn what_stays_is_named_and_what_cannot_be_written_is_refused() {
    let world = World::new();
    world.write("site/a.html", "<a href=\"https://old-client-id.example\">old-client-id</a>");
    let args = |at: &'static str| ["site", "--app", "a", "--env", "dev", "--at", at];
    // A part of a longer text is not what is meant, and an old value all the same.
    let at = args("a.html#\"old-client-id\"={client_id}");
    world.refuses(|world| world.run(&GIVEN, &at, ""), 7, &["leak.old", "a.html"]);
    world.run(&GIVEN, &[&at[..], &["--gate", "off"]].concat(), "").exits(0);
    assert_eq!(world.read("site/a.html"), b"<a href=\"https://old-client-id.example\">the-new-id</a>");
    let odd = [GIVEN[0], ("INJECT_CLIENT_SECRET", "odd\"secret<")];
    let texts = ["the value for \"the-new-id\" has characters beside letters, digits"];
    let refused = ["site", "--app", "a", "--env", "dev", "--at", "a.html#\"the-new-id\"={client_secret}"];
    let run = world.refuses(|world| world.run(&odd, &refused, ""), 4, &texts);
    assert!(!format!("{}{}", run.out, run.err).contains("secret<"));
    world.write("site/b.bin", "old-client-id\0");
    let texts = ["a text by value is looked for in text files alone, and a zero byte is at 0xd in this one"];
    world.refuses(|world| world.run(&GIVEN, &args("b.bin#\"old-client-id\"={client_id}"), ""), 4, &texts);
    // Nothing is made for a value that is not there.
    world.write("site/c.html", "<p>nothing</p>");
    let none = ["site", "--app", "a", "--env", "dev", "--create", "--at", "c.html#\"no-such-text\"={client_id}"];
    world.refuses(|world| world.run(&GIVEN, &none, ""), 4, &["no place c.html#\"no-such-text\" here"]);
}

#[test]
fn configured_places_by_value_are_verified_and_recognized() {
    let world = World::new();
    world.write(
        "inject.toml",
        "version = 1\n[app.site]\nid = \"com.example.site\"\n[[app.site.place]]\nat = 'index.html#\"build-id\"'\n\
         value = \"{client_id}\"\n[env.dev]\nsecret = \"omit\"\n[env.prod]\nsecret = \"omit\"\n",
    );
    let mut made = Vec::new();
    for (env, other) in [("dev", "prod"), ("prod", "dev"), ("dev", "prod")] {
        // Built anew, and as another environment left it, come to the same.
        for built in [true, false] {
            if built {
                world.write("site/index.html", "<p>build-id</p>");
            }
            world.inject(&["site", "--env", env]).exits(0);
            world.inject(&["verify", "site", "--env", env]).exits(0);
            let run = world.inject(&["identify", "site"]).exits(0);
            assert!(run.out.contains(&format!("com.example.site in {env}")) && !run.out.contains(other), "{}", run.out);
            made.push(world.read("site/index.html"));
            world.inject(&["site", "--env", env]).exits(0).says(&["up to date"]);
            if built {
                world.inject(&["site", "--env", other]).exits(0);
            }
        }
    }
    assert!(made[0] == made[1] && made[2] == made[3] && made[0] == made[4] && made[0] != made[2]);
    let other = world.inject(&["verify", "site", "--env", "prod"]);
    assert_eq!(other.code, Some(7), "{}{}", other.out, other.err);
}

#[test]
fn packages_and_plain_bundles_of_react_native() {
    let world = World::new();
    let bundle = "__d(function(g,r,i,a,m,e,d){m.exports={GAM_CLIENT_ID:'old-client-id'}},1,[]);";
    world.write(
        "app.apk",
        repacked(
            &[("assets/www/index.html", b"<p>old-client-id</p>"), ("assets/index.android.bundle", bundle.as_bytes())],
            |_, content| content,
        ),
    );
    let html = "assets/www/index.html#\"old-client-id\"={client_id}";
    let code = "assets/index.android.bundle#GAM_CLIENT_ID={client_id}";
    world.signed_with(&GIVEN, &["app.apk", "--env", "dev", "--at", html, "--at", code]).exits(0);
    let apk = world.read("app.apk");
    assert_eq!(entry(&apk, "assets/www/index.html"), b"<p>the-new-id</p>");
    assert_eq!(entry(&apk, "assets/index.android.bundle"), bundle.replace("old-client-id", "the-new-id").as_bytes());
    // A raw resource, in every configuration.
    let raw = super::contract::world(br#"{"client_id":"old-client-id"}"#);
    let at = ["app.apk", "--env", "dev", "--gate", "off", "--at", "raw/auth#\"old-client-id\"={client_id}"];
    raw.signed_with(&GIVEN, &at).exits(0);
    assert_eq!(values(&raw.read("app.apk"), "raw/auth#/client_id"), ["the-new-id"; 2]);
    raw.signed_with(&GIVEN, &at).exits(0).says(&["up to date"]);
    // A constant of code is found again like any other text.
    let dex = ["app.apk", "--env", "dev", "--at", "dex/\"placeholder-in-dex\"={client_id}"];
    world.signed_with(&GIVEN, &dex).exits(0).says(&["done"]);
    world.signed_with(&GIVEN, &dex).exits(0).says(&["up to date"]);
    // What hermesc made of it is no JavaScript.
    let bytecode = [&0x1f19_03c1_03bc_1fc6_u64.to_le_bytes()[..], &96_u32.to_le_bytes(), b"GAM_CLIENT_ID"].concat();
    world.write("site/main.jsbundle", bytecode);
    let args = ["site", "--app", "a", "--env", "dev", "--at", "main.jsbundle#GAM_CLIENT_ID={client_id}"];
    let texts = ["main.jsbundle: Hermes bytecode of version 96, not JavaScript", "before hermesc compiles it"];
    world.refuses(|world| world.run(&GIVEN, &args, ""), 3, &texts);
}

#[test]
fn a_place_of_a_secret_by_its_text_is_found_again_and_the_secret_is_not_shown() {
    let world = World::new();
    world.write(
        "inject.toml",
        "version = 1\n[app.site]\nid = \"com.example.site\"\n[[app.site.place]]\nat = 'config.js#\"build-id\"'\n\
         value = \"{client_id}\"\n[[app.site.place]]\nat = 'config.js#\"build-secret\"'\nvalue = \"{client_secret}\"\n\
         [env.dev]\n[env.prod]\n",
    );
    let built = "start('build-id', 'build-secret');";
    let secret = |content: &[u8]| {
        let content = String::from_utf8(content.to_vec()).unwrap();
        content.split('\'').nth(3).unwrap().to_owned()
    };
    let mut made = Vec::new();
    world.write("site/config.js", built);
    for (env, other) in [("dev", "prod"), ("prod", "dev"), ("dev", "prod")] {
        let run = world.inject(&["site", "--env", env]).exits(0);
        let now = world.read("site/config.js");
        let mut said = format!("{}{}", run.out, run.err);
        for args in [
            &["site", "--env", env, "-v"][..],
            &["verify", "site", "--env", env],
            &["identify", "site"],
            &["inspect", "site"],
            &["site", "--env", other, "--dry-run"],
            &["site", "--env", other, "--dry-run", "--json"],
        ] {
            let run = world.inject(args).exits(0);
            said.extend([run.out, run.err]);
        }
        assert!(!said.contains(&secret(&now)), "a secret is shown");
        world.inject(&["site", "--env", env]).exits(0).says(&[
            "up to date",
            "config.js#\"build-secret\" is not there; a known secret of the application is, and counts as the place",
        ]);
        assert!(world.read("site/config.js") == now, "the second run changes something");
        let wrong = world.inject(&["verify", "site", "--env", other]);
        // Nothing of the other environment is known before it was registered.
        assert!(wrong.code != Some(0) && !wrong.out.contains(&secret(&now)), "{}{}", wrong.out, wrong.err);
        made.push(now);
    }
    assert!(made[0] == made[2] && secret(&made[0]) != secret(&made[1]));
    assert!(!String::from_utf8(made[2].clone()).unwrap().contains(&secret(&made[1])));
}

#[test]
fn a_constant_of_code_that_is_a_secret_is_found_again() {
    let world = World::new();
    world.demo("app.apk");
    let at = ["--at", "dex/\"placeholder-in-dex\"={client_id}:{client_secret}", "--unsigned"];
    let run = |given: &[(&str, &str)], more: &[&str]| {
        world.run(given, &[&["app.apk", "--env", "dev"][..], &at, more].concat(), "")
    };
    run(&GIVEN, &[]).exits(0).says(&["done"]);
    let first = world.read("app.apk");
    let again = run(&GIVEN, &[]).exits(0).says(&["up to date", "a known secret of the application is"]);
    assert!(!format!("{}{}", again.out, again.err).contains(GIVEN[1].1), "{}{}", again.out, again.err);
    assert!(world.read("app.apk") == first);
    // Another one, of which this machine does not know what it would replace.
    let texts =
        ["no credential that is known on this machine stands there", "build again, or address the place by its name"];
    let refused =
        world.refuses(|world| world.run(&OTHER, &[&["app.apk", "--env", "dev"][..], &at].concat(), ""), 4, &texts);
    assert!(!refused.err.contains(GIVEN[1].1) && !refused.err.contains(OTHER[1].1));
}

#[test]
fn a_raw_resource_that_is_a_secret_is_found_again_in_every_configuration() {
    let world = super::contract::world(br#"{"client_id":"old-client-id"}"#);
    let at = ["app.apk", "--gate", "off", "--at", "raw/auth#\"old-client-id\"={client_secret}", "--unsigned"];
    let job = |env: &str| world.inject(&[&at[..], &["--env", env]].concat()).exits(0);
    let mut made = Vec::new();
    for env in ["dev", "prod", "dev"] {
        job(env);
        let (_, secret) = world.credential("com.example.demo", env);
        let now = world.read("app.apk");
        assert_eq!(values(&now, "raw/auth#/client_id"), [secret.as_str(); 2]);
        let again = job(env).says(&["up to date", "raw/auth#\"old-client-id\" is not there; a known secret"]);
        assert!(!format!("{}{}", again.out, again.err).contains(&secret) && world.read("app.apk") == now);
        made.push(now);
    }
    assert!(made[0] == made[2] && made[0] != made[1]);
}

#[test]
fn what_is_no_credential_says_why_it_is_not_found_again() {
    let world = World::new();
    world.write("site/a.html", "<p>BUILD_ENV old-client-id</p>");
    let args = ["site", "--app", "a", "--env", "dev", "--at", "a.html#\"BUILD_ENV\"={environment}"];
    let both = [&args[..], &["--at", "a.html#\"old-client-id\"={client_id}"]].concat();
    world.run(&GIVEN, &both, "").exits(0);
    assert_eq!(world.read("site/a.html"), b"<p>dev the-new-id</p>");
    let texts =
        ["no place a.html#\"BUILD_ENV\" here", "what \"{environment}\" made of it cannot be told from other text"];
    world.refuses(|world| world.run(&GIVEN, &both, ""), 4, &texts);
    // A short secret may stand anywhere.
    world.write("site/b.html", "<p>BUILD_SECRET</p>");
    let short = [GIVEN[0], ("INJECT_CLIENT_SECRET", "abc")];
    let args = ["site", "--app", "a", "--env", "dev", "--at", "b.html#\"BUILD_SECRET\"={client_secret}"];
    world.run(&short, &args, "").exits(0);
    let refused =
        world.refuses(|world| world.run(&short, &args, ""), 4, &["fewer than 8 characters are not looked for"]);
    assert!(!refused.err.contains("abc"));
}

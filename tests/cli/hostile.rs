//! Text from outside: whatever an artifact, a folder or a registry calls itself, it begins no line of ours, is no command to a
//! runner, and hides nothing.

use super::{APP, Run, World};

/// What runners obey, and what changes how a line is seen.
const NAMES: [&str; 6] = [
    "a\n::stop-commands::pwned",
    "::error::pwned",
    "a\r\n##vso[task.complete result=Failed;]pwned",
    "##[error]pwned",
    "a\u{202e}gpj.\u{2066}\u{200f}\u{61c}\u{2028}::error::pwned",
    "a\u{1b}[2Ja\u{85}\tb",
];

#[track_caller]
fn check(run: &Run, args: &[&str]) {
    for line in run.out.lines().chain(run.err.lines()) {
        let own = ["::error ", "::warning ", "##vso[task.logissue type="];
        let rest = own.iter().find_map(|own| line.strip_prefix(own)).unwrap_or(line);
        let is_own = rest.len() != line.len();
        assert!(is_own || !line.trim_start().starts_with("::"), "{args:?}: {line:?}");
        assert!(!rest.contains("##vso[") && !rest.contains("##["), "{args:?}: {line:?}");
        let hidden = |c: char| {
            c.is_control()
                || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}')
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert!(!line.contains(hidden), "{args:?}: {line:?}");
    }
}

#[test]
fn values_and_names_stay_on_their_lines() {
    for name in NAMES {
        let world = World::new();
        let sdapps = serde_json::json!({
            "apps": [{ "n": name, "properties": { "IntegratedSecurityObjClientID": name } }],
        });
        world.write("meta/sdapps.json", sdapps.to_string());
        world.write("inject.toml", "version = 1\n[env.dev]\n[env.prod]\n");
        let secret = "leaked-secret-value-1";
        world.run(
            &[("S", secret)],
            &["credential", "set", "--app", "x", "--env", "prod", "--client-id", "leaked-id", "--secret", "env:S"],
            "",
        );
        // Not every system takes every name.
        let file = format!("tree/{}.json", name.replace('/', "-"));
        if !cfg!(windows) {
            world.write(&file, format!("{{\"id\":\"{secret}\"}}"));
        }
        world.write("tree/config.json", r#"{"id":"old"}"#);
        for format in ["human", "github", "azure", "msbuild", "sarif", "json"] {
            for args in [
                &["inspect", "meta"][..],
                &["identify", "meta"],
                &["verify", "meta", "--env", "dev"],
                &["meta", "--env", "dev", "--dry-run"],
                &["meta", "--env", "dev", "--app", name],
                &["scan", "tree"],
                &["inspect", "tree", "--at", "*.json#/id"],
                &["tree", "--env", "dev", "--app", APP, "--at", "*.json#/id={client_id}"],
                &["register", name, "--env", "dev"],
                &["credential", "show", "--app", name, "--env", "dev"],
                &["env", "show", "--env", name],
                &["inspect", name],
                &["doctor"],
            ] {
                let args = [args, &["--format", format]].concat();
                let run = world.inject(&args);
                check(&run, &args);
            }
        }
    }
}

#[test]
fn an_id_that_cannot_be_seen_is_refused_where_it_comes_in() {
    let world = World::new();
    let long = "x".repeat(50_000);
    for (id, why) in
        [("a\u{202e}b", "which cannot be seen"), ("a\nb", "which cannot be seen"), (&long, "at most 512 are possible")]
    {
        let run = world.inject(&["register", id, "--env", "dev"]).exits(2).says(&[why]);
        assert!(run.err.len() < 2000, "it is shown whole");
    }
    assert_eq!(world.credentials(), 0);
}

//! `inject credential mask`: the one command that prints secrets for a runner, and nowhere else.

use super::{APP, World};

/// What a runner hides: the values of these lines, as it decodes them.
fn masked(out: &str, command: &str, percent: &str) -> Vec<String> {
    let value = |line: &str| line.strip_prefix(command).unwrap_or_else(|| panic!("{line}")).replace(percent, "%");
    out.lines().map(value).collect()
}

fn with_credential(secret: &str) -> World {
    let world = World::new();
    let args = ["credential", "set", "--app", APP, "--env", "prod", "--client-id", "the-id", "--secret", "env:SECRET"];
    world.run(&[("SECRET", secret)], &args, "").exits(0);
    world
}

#[test]
fn a_runner_learns_the_secret_in_every_form_a_log_may_have() {
    let secret = "a%2F\"b\\c/d&e+0123456789";
    let world = with_credential(secret);
    let github = world.run(&[("GITHUB_ACTIONS", "true")], &["credential", "mask"], "").exits(0);
    let values = masked(&github.out, "::add-mask::", "%25");
    let azure = world.run(&[("TF_BUILD", "True")], &["credential", "mask"], "").exits(0);
    assert_eq!(masked(&azure.out, "##vso[task.setsecret]", "%AZP25"), values);
    let expected = [
        secret,
        "a%252F%22b%5Cc%2Fd%26e%2B0123456789",
        "a%252F%22b%5cc%2fd%26e%2b0123456789",
        "a%2F\\\"b\\\\c\\/d&e+0123456789",
        "a%2F&quot;b\\c/d&amp;e+0123456789",
        "612532462262",
        "\\x61\\x25\\x32\\x46",
        "\\x2F\\x64",
    ];
    for form in expected {
        assert!(values.iter().any(|value| value.contains(form)), "{form} is not hidden: {values:#?}");
    }
    assert!(values.iter().all(|value| !value.contains("\\X")), "nobody writes \\X: {values:#?}");
    // Whatever stands around it, its Base64 holds one that is hidden.
    for before in ["", "x", "xy"] {
        let encoded = inject::format::base64::encode(format!("{before}{secret}--").as_bytes());
        assert!(values.iter().any(|value| encoded.contains(value.as_str())), "{encoded}");
    }
    github.says(&["the log hides 1 secrets"]);
}

#[test]
fn what_is_given_by_variables_and_configuration_is_hidden_too() {
    let world = World::new();
    let runner = ("GITHUB_ACTIONS", "true");
    let given = [runner, ("INJECT_CLIENT_ID", "the-id"), ("INJECT_CLIENT_SECRET", "given-secret")];
    let out = world.run(&given, &["credential", "mask"], "").exits(0).out;
    assert!(out.starts_with("::add-mask::given-secret\n") && !out.contains("the-id"), "{out}");
    let config = "version = 1\n[env.prod]\nregistry = \"fixed\"\nclient-id = \"env:ID\"\nclient-secret = \"env:S\"\n";
    world.write("inject.toml", config);
    let fixed = [runner, ("ID", "an-id"), ("S", "fixed-secret"), ("INJECT_ENV", "prod")];
    let out = world.run(&fixed, &["credential", "mask"], "").exits(0).out;
    assert!(out.starts_with("::add-mask::fixed-secret\n"), "{out}");
    let nothing = World::new().run(&[runner], &["credential", "mask"], "").exits(0).says(&["no secret is known"]);
    assert_eq!(nothing.out, "");
}

#[test]
fn nobody_but_a_runner_is_told() {
    let world = with_credential("0123456789abcdef-secret");
    let refused = |variables: &[(&str, &str)], more: &[&str], says: &[&str]| {
        let run = world.run(variables, &[&["credential", "mask"], more].concat(), "").exits(2).says(says);
        assert!(!format!("{}{}", run.out, run.err).contains("0123456789"), "{}{}", run.out, run.err);
    };
    refused(&[], &[], &["no runner hides anything here", "GITHUB_ACTIONS or TF_BUILD"]);
    refused(&[], &["--ci", "github"], &["GITHUB_ACTIONS is not set to true"]);
    refused(&[("GITHUB_ACTIONS", "true")], &["--ci", "azure"], &["TF_BUILD is not set to true"]);
    refused(&[("GITHUB_ACTIONS", "false")], &[], &["no runner"]);
    refused(&[("GITLAB_CI", "true")], &[], &["GitLab hides only variables that are marked as masked"]);
    refused(&[("GITHUB_ACTIONS", "true")], &["--json"], &["neither JSON nor SARIF"]);
    refused(&[("GITHUB_ACTIONS", "true")], &["--format", "sarif"], &["neither JSON nor SARIF"]);
}

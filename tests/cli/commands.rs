//! Command lines with their output, as drop-in files in `tests/cmd/`. `TRYCMD=overwrite cargo test` blesses them.

use super::{PROGRAM, World};

/// Variables that are read: empty counts as absent, so nothing of the caller's own settings is.
const VARIABLES: [&str; 12] = [
    "INJECT_ENV",
    "INJECT_CONFIG",
    "INJECT_CLIENT_ID",
    "INJECT_CLIENT_SECRET",
    "KEYSTORE_FILE",
    "KEYSTORE_PASSWORD",
    "KEY_ALIAS",
    "KEY_PASSWORD",
    "P12_PASSWORD",
    "GITHUB_ACTIONS",
    "TF_BUILD",
    "GITLAB_CI",
];

fn cases(world: &World, variables: &[(&str, &str)], pattern: &str) {
    let cases = trycmd::TestCases::new();
    cases.register_bin("inject", std::path::Path::new(PROGRAM));
    for name in VARIABLES {
        cases.env(name, "");
    }
    for (name, value) in variables {
        cases.env(*name, *value);
    }
    cases.env("HOME", world.home().to_string_lossy());
    cases.env("INJECT_HOME", world.stores().to_string_lossy());
    cases.case(pattern);
    cases.run();
}

#[test]
fn commands_say_what_is_written_down() {
    cases(&World::new(), &[], "tests/cmd/*.trycmd");
}

#[test]
fn commands_with_a_credential_in_variables_say_what_is_written_down() {
    let world = World::new();
    let given = [("INJECT_CLIENT_ID", "the-id"), ("INJECT_CLIENT_SECRET", "the-secret"), ("INJECT_ENV", "dev")];
    cases(&world, &given, "tests/cmd/given/*.trycmd");
    assert!(!world.stores().exists(), "a store was made");
}

//! `inject hook`: what is written does what it says, names are quoted, and nothing of somebody else's is replaced.
//!
//! Here are the hooks that a shell runs; gradle, xbuild and ruby judge theirs in `cargo xtask oracle-hooks`.

use std::path::Path;
#[cfg(unix)]
use std::path::PathBuf;
use std::process::Command;

#[cfg(unix)]
use super::{APP, testdata};
use super::{PROGRAM, World, finish};

const KINDS: [(&str, &[&str]); 9] = [
    ("gradle", &["inject.gradle"]),
    ("xcode", &["inject-xcode.sh", "inject-xcode-inputs.xcfilelist"]),
    ("msbuild", &["inject.targets"]),
    ("maui", &["inject.maui.targets"]),
    ("fastlane", &["fastlane/InjectFastfile"]),
    ("github", &[".github/workflows/inject.yml"]),
    ("gitlab", &[".gitlab/inject.gitlab-ci.yml"]),
    ("azure", &[".azure/inject.yml"]),
    ("pre-commit", &[".git/hooks/pre-commit"]),
];
/// A name that leaves most quotes.
const NASTY: &str = "it's \"$HOME\" `x` \\ & <b> #{1} ${y} (z) @q";

fn with_repository() -> World {
    let world = World::new();
    git(&world, &["init", "--quiet"]);
    world
}

/// The options without which a kind says nothing.
fn needed(kind: &str) -> &'static [&'static str] {
    if ["github", "gitlab", "azure"].contains(&kind) { &["--env", "prod"] } else { &[] }
}

fn git(world: &World, args: &[&str]) -> super::Run {
    finish(with_path(world, "git", args), "")
}

/// A command of which `inject` on the search path is the program under test.
fn with_path(world: &World, program: impl AsRef<std::ffi::OsStr>, args: &[&str]) -> Command {
    let folder = Path::new(PROGRAM).parent().unwrap().to_string_lossy().into_owned();
    let before = std::env::var_os("PATH").unwrap();
    let path = std::env::join_paths([folder.into()].into_iter().chain(std::env::split_paths(&before))).unwrap();
    let mut command = world.command(program);
    command.args(args).env("PATH", path);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "a").env(format!("GIT_{role}_EMAIL"), "a@example.com");
    }
    command
}

fn text(world: &World, name: &str) -> String {
    String::from_utf8(world.read(name)).unwrap()
}

#[test]
fn each_is_printed_as_it_is_written() {
    for (kind, names) in KINDS {
        let world = with_repository();
        let before = world.files();
        let printed = world.inject(&[&["hook", kind], needed(kind)].concat()).exits(0).out;
        assert!(world.files() == before, "{kind}: printing writes");
        let json = world.inject(&[&["hook", kind, "--json"], needed(kind)].concat()).exits(0).json();
        world.inject(&[&["hook", kind, "--write"], needed(kind)].concat()).exits(0).says(&["wrote", names[0]]);
        for (index, name) in names.iter().enumerate() {
            let written = text(&world, name);
            assert!(printed.contains(&written), "{kind}: {name} is not what is printed");
            assert_eq!(json["files"][index]["content"], *written);
            let head = written.lines().take(4).collect::<Vec<_>>().join("\n");
            assert!(head.contains(&format!("Written by `inject hook {kind}")), "{head}");
            assert!(!written.contains("@@"), "{kind}: a token is left in {name}");
        }
        let after = world.files();
        let again =
            world.inject(&[&["hook", kind, "--write", "--json"], needed(kind)].concat()).exits(0).says(&["up to date"]);
        assert_eq!(again.json()["files"][0]["written"], false);
        assert!(world.files() == after);
    }
    let plain = World::new().inject(&["hook", "gradle", "--plain"]).exits(0).out;
    assert!(plain.contains("inject hook gradle --plain") && !plain.contains("com.android"));
}

#[test]
fn what_is_different_stays_unless_that_is_asked_for() {
    for (kind, names) in KINDS {
        let world = with_repository();
        let name = names[names.len() - 1];
        world.write(name, "somebody's\n");
        let write = [&["hook", kind, "--write"], needed(kind)].concat();
        world.refuses(|world| world.inject(&write), 2, &[name, "is somebody else's", "--force"]);
        world.inject(&[&["hook", kind, "--write", "--force"], needed(kind)].concat()).exits(0);
        let ours = text(&world, name);
        world.write(name, format!("{ours}\n# edited\n"));
        world.refuses(
            |world| world.inject(&write),
            2,
            &["was written by inject hook", "edited, or of another version"],
        );
        world.inject(&[&["hook", kind, "--write", "--force"], needed(kind)].concat()).exits(0);
        assert_eq!(text(&world, name), ours);
    }
}

#[test]
fn what_has_no_meaning_is_refused() {
    let world = with_repository();
    let refused = |args: &[&str], says: &str| {
        let args = [&["hook"], args].concat();
        world.refuses(|world| world.inject(&args), 2, &[says]);
    };
    refused(&["gradle", "--env", "dev"], "follows the environment");
    refused(&["github"], "which environment");
    refused(&["azure", "--env", "a/b"], "\"a/b\" is not a name");
    refused(&["azure", "--env", "prod", "--app", "${{ x }}"], "a name with ${{");
    refused(&["maui", "--app", "50%"], "a name with %");
    refused(&["fastlane", "--app", " a"], "begins or ends with a blank");
    refused(&["xcode", "--plain"], "--plain is for gradle");
    refused(&["gradle", "--artifact", "a.apk"], "the build knows what it made");
    refused(&["pre-commit", "--app", "a"], "what is committed is searched");
    refused(&["msbuild", "--app", "a\nb"], "control character");
    refused(&["msbuild", "--app", ""], "that is empty");
    refused(&["msbuild", "--artifact", "a;b"], "a name with ;");
    refused(&["msbuild", "--force"], "--write");
    let outside = World::new();
    outside.inject(&["hook", "pre-commit", "--write"]).exits(2).says(&["inside of a git repository"]);
}

#[test]
fn files_go_beside_the_configuration_and_are_readable_by_everybody() {
    let world = with_repository();
    world.write("app/inject.toml", "version = 1\n");
    let mut command = world.command(PROGRAM);
    command.current_dir(world.path("app")).args(["hook", "xcode", "--write"]);
    finish(command, "").exits(0);
    let inputs = text(&world, "app/inject-xcode-inputs.xcfilelist");
    assert!(inputs.contains("\n$(SRCROOT)/inject.toml\n"), "{inputs}");
    // Xcode stops at an input that does not exist.
    let without = World::new().inject(&["hook", "xcode"]).exits(0).out;
    assert!(without.contains("# $(SRCROOT)/inject.toml") && !without.contains("\n$(SRCROOT)/inject.toml"));
    #[cfg(unix)]
    for (name, mode) in [("app/inject-xcode.sh", 0o755), ("app/inject-xcode-inputs.xcfilelist", 0o644)] {
        use std::os::unix::fs::PermissionsExt;
        let found = std::fs::metadata(world.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{name}");
    }
}

#[test]
fn names_stay_in_their_quotes() {
    let world = World::new();
    let printed = |args: &[&str]| world.inject(&[&["hook"], args].concat()).exits(0).out;
    // Groovy's single quotes know the backslash alone.
    let gradle = printed(&["gradle", "--app", NASTY]);
    assert!(gradle.contains(r#"def words = ['--app', 'it\'s "$HOME" `x` \\ & <b> #{1} ${y} (z) @q']"#), "{gradle}");
    let targets = printed(&["msbuild", "--app", NASTY, "--artifact", "b c's/*.apk"]);
    let document = plain_xml(&targets);
    assert!(document.contains("it%27s \"%24HOME\" `x` \\ & <b> #{1} %24{y} %28z%29 %40q</InjectApp>"), "{document}");
    assert!(document.contains("Include=\"b c%27s/%2A.apk\""), "{document}");
}

#[test]
fn names_stay_in_their_quotes_in_pipelines() {
    let world = World::new();
    let nasty = "it's ${y} `x` \"q\"";
    let names = ["--app", nasty, "--artifact", "a b.apk", "--artifact", "$c.apk"];
    let env = |kind: &str| if kind == "fastlane" { &[][..] } else { &["--env", "1.0"] };
    let printed = |kind: &str| world.inject(&[&["hook", kind], &names[..], env(kind)].concat()).exits(0).out;
    let words = r#" 'a b.apk' '$c.apk' --app 'it'\''s ${y} `x` "q"'"#;
    let gitlab = printed("gitlab");
    assert!(gitlab.contains(&format!("      inject{words}\n      inject verify{words}\n")), "{gitlab}");
    assert!(gitlab.contains("INJECT_ENV: '1.0'"), "a name is no number: {gitlab}");
    let azure = printed("azure");
    assert!(azure.contains(&format!("      inject{words} --format azure")), "{azure}");
    assert!(azure.contains(&format!("      inject verify{words} --format azure")), "{azure}");
    let github = printed("github");
    let with = "          env: '1.0'\n          app: 'it''s ${y} `x` \"q\"'\n          artifacts: |\n            a b.apk\n            $c.apk\n";
    assert!(github.contains(with), "{github}");
    let expression = world.inject(&["hook", "github", "--env", "dev", "--app", "${{ a }}"]).exits(0).out;
    assert!(expression.contains("app: '${{ ''${{'' }} a }}'"), "{expression}");
    let fastlane = printed("fastlane");
    assert!(fastlane.contains("named = ['a b.apk', '$c.apk']\n"), "{fastlane}");
    assert!(fastlane.contains(r#"words = ['--app', 'it\'s ${y} `x` "q"']"#), "{fastlane}");
    // Without artifacts there is nothing for the gate to be told.
    let bare = world.inject(&["hook", "gitlab", "--env", "prod"]).exits(0).out;
    assert!(bare.contains("      inject\n") && !bare.contains("inject verify"), "{bare}");
}

#[test]
fn pipelines_go_to_the_top_of_the_repository_and_name_an_environment_that_is_there() {
    let world = with_repository();
    world.write("app/inject.toml", "version = 1\n[env.dev]\n");
    let run = |args: &[&str]| {
        let mut command = world.command(PROGRAM);
        command.current_dir(world.path("app")).args(["hook"]).args(args);
        finish(command, "")
    };
    run(&["gitlab", "--env", "dev", "--write"]).exits(0);
    assert!(world.path(".gitlab/inject.gitlab-ci.yml").is_file());
    run(&["gitlab", "--env", "prod", "--write"]).exits(2).says(&["unknown environment \"prod\""]);
}

/// `MSBuild` reads what a program says in the code page of the console; what inject says is UTF-8, and names files.
#[test]
fn msbuild_reads_what_is_said_as_it_is_written() {
    let world = World::new();
    for kind in ["msbuild", "maui"] {
        let targets = world.inject(&["hook", kind]).exits(0).out;
        let tasks: Vec<&str> = targets.split("<Exec ").skip(1).map(|task| task.split("/>").next().unwrap()).collect();
        assert!(tasks.len() > 1, "{kind}: {targets}");
        for task in tasks {
            assert!(task.contains("StdOutEncoding=\"utf-8\" StdErrEncoding=\"utf-8\""), "{kind}: {task}");
        }
    }
}

/// XML with its references resolved.
fn plain_xml(text: &str) -> String {
    let references = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")];
    references.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(unix)]
#[test]
fn the_guard_of_git_stops_a_commit_with_a_credential() {
    let world = with_repository();
    world.inject(&["register", APP, "--env", "dev"]).exits(0);
    let (id, secret) = world.credential(APP, "dev");
    world.inject(&["hook", "pre-commit", "--write"]).exits(0);
    world.write("clean.txt", "nothing");
    git(&world, &["add", "."]).exits(0);
    git(&world, &["commit", "--quiet", "-m", "clean"]).exits(0);
    for value in [&id, &secret] {
        world.write("config.txt", value);
        git(&world, &["add", "."]).exits(0);
        let stopped =
            git(&world, &["commit", "--quiet", "-m", "no"]).exits(1).says(&["config.txt", "com.example.demo in dev"]);
        assert!(!stopped.err.contains(&secret) && !stopped.out.contains(&secret));
    }
    assert_eq!(git(&world, &["log", "--format=%s"]).exits(0).out, "clean\n");
    // Without the program nothing is searched, and that is no reason to let it through.
    let mut alone = with_path(&world, "git", &["commit", "--quiet", "-m", "no"]);
    let tools = world.root().join("tools");
    std::fs::create_dir(&tools).unwrap();
    for tool in ["git", "sh"] {
        std::os::unix::fs::symlink(which(tool), tools.join(tool)).unwrap();
    }
    alone.env("PATH", &tools);
    finish(alone, "").exits(1).says(&["not searched for credentials"]);
    assert_eq!(git(&world, &["log", "--format=%s"]).exits(0).out, "clean\n");
}

#[cfg(unix)]
fn which(tool: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|folder| folder.join(tool)).find(|file| file.is_file()).unwrap()
}

#[test]
fn the_guard_goes_where_git_looks_and_beside_no_other() {
    let world = with_repository();
    git(&world, &["config", "core.hooksPath", "my hooks"]).exits(0);
    world.inject(&["hook", "pre-commit", "--write"]).exits(0);
    assert!(world.path("my hooks/pre-commit").is_file() && !world.path(".git/hooks/pre-commit").exists());
    world.write("my hooks/pre-commit", "#!/bin/sh\nmake lint\n");
    let refused = world.refuses(|world| world.inject(&["hook", "pre-commit", "--write"]), 2, &["somebody else's"]);
    assert!(refused.err.contains("add this line to it, before an exec or exit: inject scan --staged || exit"));
}

/// An app as a build of Xcode leaves it before it signs.
#[cfg(unix)]
fn with_app() -> World {
    let world = World::new();
    world.write("inject.toml", "version = 1\ndefault-env = \"dev\"\n[env.dev]\n[env.prod]\n");
    let info = "<plist version=\"1.0\"><dict><key>CFBundleExecutable</key><string>Notes</string>\
                <key>CFBundleIdentifier</key><string>com.example.demo</string></dict></plist>";
    world.write("Build $1 'x'/Notes.app/Info.plist", info);
    world.write("Build $1 'x'/Notes.app/Notes", std::fs::read(testdata("apple/macho/ios-arm64")).unwrap());
    world.inject(&["hook", "xcode", "--write"]).exits(0);
    world
}

#[cfg(unix)]
fn phase(world: &World, variables: &[(&str, &str)]) -> super::Run {
    let mut command = with_path(world, world.path("inject-xcode.sh"), &[]);
    command.env("SRCROOT", world.project()).env("TARGET_BUILD_DIR", world.path("Build $1 'x'"));
    command.env("WRAPPER_NAME", "Notes.app").envs(variables.iter().copied());
    // As Xcode does, from another folder.
    command.current_dir(world.home());
    finish(command, "")
}

#[cfg(unix)]
#[test]
fn the_phase_of_xcode_follows_the_environment() {
    let world = with_app();
    let carried = || world.inject(&["identify", "Build $1 'x'/Notes.app"]).exits(0).out;
    let first = phase(&world, &[]).exits(0);
    assert!(first.out.contains("carries dev of com.example.demo"), "{}", first.out);
    assert!(
        first.out.contains("warning: a NEW application was registered"),
        "Xcode lists what begins so: {}",
        first.out
    );
    assert!(carried().contains("com.example.demo in dev"));
    assert!(phase(&world, &[]).exits(0).out.contains("up to date"));
    world.inject(&["env", "use", "prod"]).exits(0);
    phase(&world, &[]).exits(0);
    assert!(carried().contains("com.example.demo in prod"));
    phase(&world, &[("INJECT_ENV", "dev")]).exits(0);
    assert!(carried().contains("com.example.demo in dev"));
    let wrong = phase(&world, &[("INJECT_ENV", "prd")]).exits(2);
    assert!(wrong.out.contains("error: unknown environment \"prd\""), "{}", wrong.out);
    phase(&world, &[("WRAPPER_NAME", "")]).exits(2).says(&["error: inject-xcode.sh is for a Run Script phase"]);
    phase(&world, &[("INJECT_PROGRAM", "nowhere")]).exits(2).says(&["error: inject is not installed"]);
}

#[cfg(unix)]
#[test]
fn the_phase_of_xcode_passes_names_on_as_they_are() {
    use std::os::unix::fs::PermissionsExt;
    let world = with_app();
    world.write("show", "#!/bin/sh\nprintf '<%s>' \"$@\"\n");
    std::fs::set_permissions(world.path("show"), PermissionsExt::from_mode(0o755)).unwrap();
    world.inject(&["hook", "xcode", "--app", NASTY, "--write", "--force"]).exits(0);
    let show = world.path("show").to_string_lossy().into_owned();
    let run = phase(&world, &[("INJECT_PROGRAM", &show), ("INJECT_ENV", "dev")]).exits(0);
    let app = world.path("Build $1 'x'/Notes.app");
    assert_eq!(run.out, format!("<{}><--app><{NASTY}><--unsigned><--env><dev>\n", app.display()));
}

//! Windows alone: the lines of `inject hook msbuild` as cmd.exe runs them, in folders and with names that are hard for it.

use std::fs;
use std::path::Path;

use super::{APP, PASSWORD, PROGRAM, Run, World, finish, key};

/// What cmd.exe reads as something else, and a letter that the code pages of consoles differ in.
const HARD: &str = "KB & Co (1) 100% ^wow! \u{fc}";

/// Runs a line as the task Exec of `MSBuild` does: from a file, whose exit code is that of the line
/// (<https://github.com/dotnet/msbuild/blob/main/src/Tasks/Exec.cs>).
fn exec(world: &World, line: &str, variables: &[(&str, &str)]) -> Run {
    let script = world.root().join("temporary").join("exec.cmd");
    fs::write(
        &script,
        format!("setlocal\r\nset errorlevel=dummy\r\nset errorlevel=\r\n{line}\r\nexit %errorlevel%\r\n"),
    )
    .unwrap();
    let system = std::env::var_os("SystemRoot").unwrap();
    let mut command = world.command(Path::new(&system).join("System32").join("cmd.exe"));
    command.args(["/Q", "/D", "/C"]).arg(&script).current_dir(world.path(HARD));
    let keystore = key("demo.p12");
    command.envs([("KEYSTORE_FILE", keystore.as_str()), ("KEYSTORE_PASSWORD", PASSWORD), ("KEY_ALIAS", "demo")]);
    finish(
        {
            command.envs(variables.iter().copied());
            command
        },
        "",
    )
}

fn in_hard_folder(artifact: &str) -> World {
    let world = World::new();
    let config = format!(
        "version = 1\ndefault-env = \"dev\"\n[env.dev]\n[env.prod]\n[app.demo]\nid = \"{APP}\"\nartifacts = [\"*.apk\"]\n"
    );
    world.write(&format!("{HARD}/inject.toml"), config);
    world.demo(&format!("{HARD}/{artifact}"));
    world
}

fn carries(world: &World, artifact: &str, env: &str) -> bool {
    let path = world.path(HARD).join(artifact);
    let said = world.inject(&["identify", &path.to_string_lossy()]).exits(0).out;
    said.contains(&format!("{APP} in {env}"))
}

#[test]
fn the_bare_command_works_in_a_folder_with_a_hard_name() {
    let world = in_hard_folder("app.apk");
    let folder = Path::new(PROGRAM).parent().unwrap().to_string_lossy().into_owned();
    let run = exec(&world, "inject", &[("PATH", &folder)]).exits(0);
    assert!(run.err.contains("app.apk"), "{}", run.err);
    assert!(carries(&world, "app.apk", "dev"));
    exec(&world, "inject", &[("PATH", &folder), ("INJECT_ENV", "prod")]).exits(0);
    assert!(carries(&world, "app.apk", "prod"));
    // The code and the error of a run that fails arrive.
    let run = exec(&world, "inject", &[("PATH", &folder), ("INJECT_ENV", "prd")]).exits(2);
    assert!(run.err.contains("unknown environment \"prd\""), "{}", run.err);
}

/// The line of the hook, with an artifact of this name, and the program under a name with this in it.
fn passes_on(hard: &str) {
    let artifact = format!("{hard}.apk");
    let world = in_hard_folder(&artifact);
    // The program itself lies in such a folder.
    let folder = world.root().join(hard);
    fs::create_dir(&folder).unwrap();
    let program = folder.join("inject.exe");
    fs::hard_link(PROGRAM, &program).or_else(|_| fs::copy(PROGRAM, &program).map(drop)).unwrap();
    let program = program.to_string_lossy().into_owned();
    let built = Path::new(PROGRAM).parent().unwrap().to_string_lossy().into_owned();
    let parts =
        ["\"%INJECT_HOOK_PROGRAM%\" --format msbuild", " \"%INJECT_HOOK_ARTIFACT%\"", " --app \"%INJECT_HOOK_APP%\""];
    let hook = world.inject(&["hook", "msbuild"]).exits(0).out;
    for part in parts {
        assert!(hook.contains(part), "the hook has another line than this test: {hook}");
    }
    let line = parts.concat();
    let run = |env: &str| {
        let variables = [
            ("INJECT_HOOK_PROGRAM", program.as_str()),
            ("INJECT_HOOK_ARTIFACT", artifact.as_str()),
            ("INJECT_HOOK_APP", APP),
            ("INJECT_ENV", env),
            // What Wine lacks lies beside the program as it was built.
            ("PATH", built.as_str()),
        ];
        exec(&world, &line, &variables)
    };
    run("prod").exits(0);
    assert!(carries(&world, &artifact, "prod"));
    let failed = run("prd").exits(2);
    assert!(failed.out.contains("inject : error inject.usage : unknown environment \"prd\""), "{}", failed.out);
    world.write(&format!("{HARD}/{artifact}"), "no package");
    let failed = run("dev").exits(3);
    // The name arrives as it is, in UTF-8, as the hook tells MSBuild.
    let expected = format!("{artifact} : error inject.artifact : ");
    assert!(failed.out.lines().any(|said| said.starts_with(&expected)), "{}\n{}", failed.out, failed.err);
}

#[test]
fn the_line_of_the_hook_passes_names_on_and_its_errors_are_canonical() {
    passes_on("it's & Co (1) ^wow! \u{fc}");
}

/// What a variable holds is not looked at for variables again.
#[test]
fn a_percent_sign_in_a_name_stays_one() {
    passes_on("100% %PATH% x");
}

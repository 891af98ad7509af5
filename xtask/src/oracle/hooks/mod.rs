//! The tools themselves judge the hooks: `inject hook KIND --write`, then gradle, xbuild, ruby and bash carry out what was written,
//! and the package that they leave carries the environment that was asked for. Shells alone (Xcode, git) are in `tests/cli/hook.rs`.
//!
//! Android's plugin, .NET for Android and fastlane are in no registry that this may ask: stand-ins take their places, and
//! show no more than that the hook does its part where the tool does as documented.
//!
//! Must not: need a tool that `.ci/run` does not install by name.

mod builds;
mod pipelines;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

/// What every project here is: two environments, and a package to inject into.
const CONFIG: &str = "version = 1\ndefault-env = \"dev\"\n[env.dev]\n[env.prod]\n";

/// Carries out every hook, or those that are named.
pub fn run(root: &Path, only: &[&str]) -> Result<()> {
    super::build_program(root)?;
    let work = root.join("target/oracle/hooks");
    for name in ["runs", "home"] {
        let _ = std::fs::remove_dir_all(work.join(name));
    }
    std::fs::create_dir_all(work.join("home"))?;
    let judges: [(&str, Judge); 8] = [
        ("gradle --plain", builds::gradle_plain),
        ("gradle", builds::gradle),
        ("msbuild", builds::msbuild),
        ("maui", builds::maui),
        ("fastlane", builds::fastlane),
        ("github", pipelines::github),
        ("gitlab", pipelines::gitlab),
        ("azure", pipelines::azure),
    ];
    for (name, judge) in judges.into_iter().filter(|(name, _)| only.is_empty() || only.contains(name)) {
        let started = Instant::now();
        let world = World::new(root, &work, name)?;
        judge(&world).with_context(|| format!("hook {name}"))?;
        println!("hook {name}: carried out ({:.0} s)", started.elapsed().as_secs_f64());
    }
    Ok(())
}

type Judge = fn(&World<'_>) -> Result<()>;

/// A project in a folder whose name leaves most quotes, with stores of its own.
struct World<'r> {
    root: &'r Path,
    work: &'r Path,
    project: PathBuf,
    stores: PathBuf,
}

impl<'r> World<'r> {
    fn new(root: &'r Path, work: &'r Path, name: &str) -> Result<Self> {
        let folder = work.join("runs").join(name.replace(' ', ""));
        let project = folder.join("pro j'ect $x");
        std::fs::create_dir_all(&project)?;
        let world = Self { root, work, stores: folder.join("stores"), project };
        // Files of pipelines go to the top of the repository, which is not to be ours.
        let mut init = world.command("git");
        init.args(["init", "--quiet"]);
        succeeds(init)?;
        world.write("inject.toml", CONFIG)?;
        for kind in ["apk", "aab"] {
            std::fs::copy(root.join("testdata/demo").with_extension(kind), world.project.join(format!("src.{kind}")))?;
        }
        Ok(world)
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.project.join(name);
        std::fs::create_dir_all(path.parent().context("no folder")?)?;
        Ok(std::fs::write(path, text)?)
    }

    fn read(&self, name: &str) -> Result<String> {
        std::fs::read_to_string(self.project.join(name)).with_context(|| name.to_owned())
    }

    fn read_bytes(&self, name: &str) -> Result<Vec<u8>> {
        std::fs::read(self.project.join(name)).with_context(|| name.to_owned())
    }

    /// A command in the project: the program under test is `inject`, and the key is the demo's.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var("PATH").unwrap_or_default();
        for name in
            ["INJECT_ENV", "INJECT_CONFIG", "INJECT_CLIENT_ID", "INJECT_CLIENT_SECRET", "GITHUB_ACTIONS", "TF_BUILD"]
        {
            command.env_remove(name);
        }
        command
            .env("PATH", format!("{}:{path}", self.root.join("target/debug").display()))
            .env("HOME", self.work.join("home"))
            .env("INJECT_HOME", &self.stores)
            .env("KEYSTORE_FILE", self.root.join("testdata/keys/demo.p12"))
            .env("KEYSTORE_PASSWORD", "demo-password")
            .env("KEY_ALIAS", "demo")
            .current_dir(&self.project);
        command
    }

    fn inject(&self, args: &[&str]) -> Result<String> {
        let mut command = self.command("inject");
        command.args(args);
        succeeds(command)
    }

    /// The package must carry this environment, and be installable.
    fn carries(&self, apk: &str, env: &str) -> Result<()> {
        let said = self.inject(&["identify", apk])?;
        ensure!(said.contains(&format!("com.example.demo in {env}")), "expected {env}: {said}");
        self.inject(&["verify", apk, "--env", env])?;
        Ok(())
    }
}

/// What a command says, which must succeed.
fn succeeds(command: Command) -> Result<String> {
    let (ok, said) = says(command)?;
    ensure!(ok, "it failed: {said}");
    Ok(said)
}

/// What a command says, which must fail.
fn fails(command: Command) -> Result<String> {
    let (ok, said) = says(command)?;
    ensure!(!ok, "it should have failed: {said}");
    Ok(said)
}

fn says(mut command: Command) -> Result<(bool, String)> {
    let output = command.output().with_context(|| format!("{}", command.get_program().display()))?;
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    Ok((output.status.success(), said))
}

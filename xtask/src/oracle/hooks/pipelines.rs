//! Hooks of CI systems: their files fit the systems' schemas, and every shell step of them is run by bash with the variables that
//! the system would set.
//!
//! Must not: be mistaken for the systems; what only they know (environments, secrets, checkouts) is not here.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{World, fails, succeeds};

const NAME: &str = "it's ${y} & b.apk";

/// Python with PyYAML, yamllint and check-jsonschema, which PyPI has by name.
fn python(world: &World<'_>) -> Result<PathBuf> {
    let folder = world.work.join("venv");
    if !folder.join("bin/check-jsonschema").is_file() {
        let mut make = Command::new("python3");
        make.args(["-m", "venv"]).arg(&folder);
        succeeds(make)?;
        let mut install = Command::new(folder.join("bin/pip"));
        install.args(["install", "--quiet", "check-jsonschema==0.39.0", "yamllint==1.38.0"]);
        succeeds(install)?;
    }
    Ok(folder.join("bin"))
}

/// The file is sound YAML, and what the system expects.
fn fits(world: &World<'_>, schema: &str, file: &str) -> Result<()> {
    let tools = python(world)?;
    let mut lint = world.command(tools.join("yamllint"));
    lint.args([
        "--strict",
        "-d",
        "{extends: default, rules: {line-length: {max: 140}, quoted-strings: disable}}",
        file,
    ]);
    succeeds(lint)?;
    let mut check = world.command(tools.join("check-jsonschema"));
    check.args(["--builtin-schema", schema, file]);
    succeeds(check)?;
    Ok(())
}

/// A run of the shell steps of a file.
fn act(world: &World<'_>, kind: &str, file: &str, more: &[&str]) -> Result<Command> {
    world.write("act.py", include_str!("act.py"))?;
    let mut command = world.command(python(world)?.join("python"));
    command.args(["act.py", kind, file]).args(more);
    Ok(command)
}

/// Every value that the runner was told to hide.
fn hidden<'s>(said: &'s str, command: &str) -> Vec<&'s str> {
    said.lines().filter_map(|line| line.strip_prefix(command)).collect()
}

/// The secret, which must be hidden and stand nowhere but in the lines that hide it.
fn check_hidden(world: &World<'_>, said: &str, command: &str) -> Result<()> {
    let shown =
        world.inject(&["credential", "show", "--app", "com.example.demo", "--env", "prod", "--reveal", "--json"])?;
    let shown: serde_json::Value = serde_json::from_str(&shown)?;
    let secret = shown["client_secret"].as_str().context("no secret")?;
    ensure!(hidden(said, command).contains(&secret), "the secret is not hidden: {said}");
    let open = said.lines().any(|line| line.contains(secret) && !line.starts_with(command));
    ensure!(!open, "the secret is in the log");
    Ok(())
}

/// The workflow, and the action of the repository.
pub fn github(world: &World<'_>) -> Result<()> {
    std::fs::rename(world.project.join("src.apk"), world.project.join(NAME))?;
    world.inject(&["hook", "github", "--env", "prod", "--artifact", NAME, "--app", "it's", "--write"])?;
    fits(world, "vendor.github-workflows", ".github/workflows/inject.yml")?;
    std::fs::copy(world.root.join("action.yml"), world.project.join("action.yml"))?;
    fits(world, "vendor.github-actions", "action.yml")?;
    let run = |inputs: &[&str]| {
        let mut command = act(world, "github", "action.yml", inputs)?;
        command.env("GITHUB_ACTIONS", "true").env("ACTION_PATH", world.root);
        command.env("GITHUB_STEP_SUMMARY", world.project.join("summary.md")).env("RUNNER_TEMP", &world.project);
        Ok::<_, anyhow::Error>(command)
    };
    let artifacts = format!("artifacts=\n{NAME}\n");
    let said = succeeds(run(&["env=prod", &artifacts])?)?;
    world.carries(NAME, "prod")?;
    check_hidden(world, &said, "::add-mask::")?;
    let summary = world.read("summary.md")?;
    ensure!(summary.contains("### inject: prod") && summary.contains(": sound"), "{summary}");
    // A pattern, options, and everything else switched off.
    let inputs = [
        "env=dev",
        "artifacts=*.apk",
        "options=--gate\nwhole",
        "app=com.example.demo",
        "mask=false",
        "verify=false",
        "summary=false",
    ];
    let said = succeeds(run(&inputs)?)?;
    world.carries(NAME, "dev")?;
    ensure!(
        hidden(&said, "::add-mask::").is_empty() && world.read("summary.md")? == summary,
        "switched off, and done: {said}"
    );
    let said = fails(run(&["env=prd", &artifacts])?)?;
    ensure!(said.contains("::error title=inject.usage::unknown environment"), "no annotation: {said}");
    let said = fails(run(&["env=dev", "artifacts=nowhere*.apk"])?)?;
    ensure!(said.contains("nowhere*.apk"), "a pattern that matches nothing is passed over: {said}");
    Ok(())
}

/// The job.
pub fn gitlab(world: &World<'_>) -> Result<()> {
    std::fs::rename(world.project.join("src.apk"), world.project.join(NAME))?;
    world.inject(&["hook", "gitlab", "--env", "prod", "--artifact", NAME, "--write"])?;
    let file = ".gitlab/inject.gitlab-ci.yml";
    fits(world, "vendor.gitlab-ci", file)?;
    let said = succeeds(act(world, "gitlab", file, &[".inject"])?)?;
    ensure!(said.contains("sound"), "the gate does not run: {said}");
    world.carries(NAME, "prod")
}

/// The steps.
pub fn azure(world: &World<'_>) -> Result<()> {
    std::fs::rename(world.project.join("src.apk"), world.project.join(NAME))?;
    world.inject(&["hook", "azure", "--env", "prod", "--artifact", NAME, "--write"])?;
    fits(world, "vendor.azure-pipelines", ".azure/inject.yml")?;
    let run = |variables: &[&str]| {
        let mut command = act(world, "azure", ".azure/inject.yml", variables)?;
        command.env("TF_BUILD", "True").env("AGENT_TEMPDIRECTORY", &world.project);
        Ok::<_, anyhow::Error>(command)
    };
    let said = succeeds(run(&["UNUSED=1"])?)?;
    check_hidden(world, &said, "##vso[task.setsecret]")?;
    ensure!(
        said.contains("##vso[task.uploadsummary]") && world.read("inject.md")?.contains("### inject: prod"),
        "{said}"
    );
    world.carries(NAME, "prod")?;
    let said =
        fails(run(&["KEYSTORE_PASSWORD=wrong", "INJECT_CLIENT_ID=other", "INJECT_CLIENT_SECRET=another-secret"])?)?;
    ensure!(said.contains("##vso[task.logissue type=error;code=inject."), "no issue: {said}");
    ensure!(hidden(&said, "##vso[task.setsecret]").contains(&"another-secret"), "a given secret is not hidden: {said}");
    Ok(())
}

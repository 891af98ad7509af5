//! Other implementations judge what other programs read: receipts and verdicts by the in-toto Attestation Framework's package
//! (PyPI), logs by Microsoft's SARIF Multitool (npm).
//!
//! Must not: judge with anything of ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

const APP: &str = "com.example.demo";
const MULTITOOL: &str = "@microsoft/sarif-multitool-linux@5.7.0";
const IN_TOTO: &str = "in-toto-attestation==0.9.3";

/// Makes statements and logs, and has them judged.
pub fn run(root: &Path) -> Result<()> {
    super::build_program(root)?;
    let work = root.join("target/oracle/statements");
    let project = work.join("project");
    if project.exists() {
        fs::remove_dir_all(&project)?;
    }
    fs::create_dir_all(project.join("site"))?;
    fs::copy(root.join("testdata/demo.apk"), project.join("app.apk"))?;
    fs::write(project.join("site/app.settings.json"), r#"{"GAM_CLIENT_ID": "old"}"#)?;
    let inject = |args: &str, code: i32| {
        let output = Command::new(root.join("target/debug/inject"))
            .args(args.split(' '))
            .current_dir(&project)
            .env("INJECT_HOME", project.join("home"))
            .env_remove("INJECT_ENV")
            .env("SOURCE_DATE_EPOCH", "1700000000")
            .output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.code() == Some(code), "inject {args}: {:?}, expected {code}\n{said}", output.status);
        Ok(output.stdout)
    };
    inject(&format!("register {APP} --env prod"), 0)?;
    let key = format!(
        "--ks {} --ks-pass file:{} --ks-key-alias demo",
        root.join("testdata/keys/demo.p12").display(),
        root.join("testdata/keys/demo.password").display()
    );
    inject(&format!("app.apk --env dev --receipt apk.json {key}"), 0)?;
    let at = "--at app.settings.json#/GAM_CLIENT_ID={client_id}";
    inject(&format!("site --app {APP} --env dev --receipt site.json {at}"), 0)?;
    inject("verify app.apk --env dev --receipt apk.json --svr svr.json", 0)?;
    statements(root, &work, &["apk.json", "site.json", "svr.json"].map(|name| project.join(name)))?;

    let logs = [
        ("wrong.sarif", "verify app.apk --env prod", 7),
        ("right.sarif", "verify app.apk --env dev", 0),
        ("failed.sarif", "verify none.apk --env dev", 3),
        ("found.sarif", "scan . --ids", 7),
    ];
    let mut made = Vec::new();
    for (name, args, code) in logs {
        fs::write(project.join(name), inject(&format!("{args} --format sarif"), code)?)?;
        made.push(project.join(name));
    }
    sarif(&work, &project, &made)?;
    println!("statements and logs: every judge agrees");
    Ok(())
}

fn statements(root: &Path, work: &Path, files: &[PathBuf]) -> Result<()> {
    let python = work.join("venv/bin/python3");
    if !python.is_file() {
        succeeds(Command::new("python3").args(["-m", "venv"]).arg(work.join("venv")))?;
    }
    succeeds(Command::new(&python).args(["-m", "pip", "install", "--quiet", IN_TOTO]))?;
    let judge = root.join("xtask/src/oracle/statements.py");
    print!("{}", succeeds(Command::new(&python).arg(judge).args(files))?);
    Ok(())
}

fn sarif(work: &Path, project: &Path, logs: &[PathBuf]) -> Result<()> {
    let tool = work.join("package/Sarif.Multitool");
    if !tool.is_file() {
        let packed = succeeds(Command::new("npm").args(["pack", "--silent", MULTITOOL]).current_dir(work))?;
        let archive = packed.trim().lines().last().context("npm pack names no file")?;
        succeeds(Command::new("tar").args(["-xzf", archive]).current_dir(work))?;
        fs::remove_file(work.join(archive))?;
        succeeds(Command::new("chmod").arg("+x").arg(&tool))?;
    }
    let judge = |log: &Path| -> Result<Vec<String>> {
        let mut command = Command::new(&tool);
        command.arg("validate").arg(log).env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
        let output = command.output().with_context(|| format!("{command:?}"))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(
            said.contains("1 files scanned"),
            "{}: {said}{}",
            log.display(),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(said.lines().filter(|line| line.contains(": error ")).map(str::to_owned).collect())
    };
    for log in logs {
        let errors = judge(log)?;
        ensure!(errors.is_empty(), "{}: {}", log.display(), errors.join("\n"));
        println!("{}: a log", log.display());
    }
    // The judge can say no.
    let bad = project.join("bad.sarif");
    let text = fs::read_to_string(logs.first().context("no log")?)?;
    fs::write(&bad, text.replacen("\"ruleIndex\": 0", "\"ruleIndex\": 99", 1))?;
    ensure!(!judge(&bad)?.is_empty(), "the judge accepts what is wrong");
    Ok(())
}

fn succeeds(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {said}");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

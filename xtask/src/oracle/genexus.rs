//! The output of a made-up knowledge base in the shape of real ones: built with aapt2 and smali, injected in one run from one
//! `inject.toml`, to another environment and back, and from GAM's own answer. apksigner, aapt2, dexdump and Python judge.
//!
//! Must not: judge with anything of ours.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::corpus;

const MAINS: [&str; 2] = ["Notes", "Start"];
const FRAMEWORK: &str = "framework-res.apk";
/// What the made-up knowledge base begins with.
const VERSION: u64 = 11_873_201;

const CONFIG: &str = r#"version = 1
[app.notes]
id = "com.example.notes"
ios = "com.example.kb.Notes"
name = "Notes"
preset = ["genexus"]
artifacts = ["Model/web/gxmetadata", "Model/mobile/Android/notes/*.apk"]
[app.start]
id = "com.example.start"
ios = "com.example.kb.Start"
name = "Start"
preset = ["genexus"]
artifacts = ["Model/web/gxmetadata", "Model/mobile/Android/start/*.apk", "Model/mobile/iOS/Start.app"]
[env.dev]
[env.qa]
[env.gam]
registry = "genexus"
model = "Model"
secret = "omit"
"#;

/// Makes the knowledge base with `script`, and has every step judged.
pub fn run(root: &Path, script: &Path) -> Result<()> {
    corpus::run(root)?;
    super::build_program(root)?;
    let work = super::work_folder(root, "genexus")?;
    let project = work.join("project");
    fs::create_dir_all(&project)?;
    let script = fs::canonicalize(script).with_context(|| format!("{}", script.display()))?;
    let printed = succeeds(Command::new("python3").arg(&script).arg(&project))?;
    let ids: BTreeMap<String, String> = serde_json::from_str(&printed).context("the ids that the script prints")?;
    let framework = find(&corpus::folder(root), FRAMEWORK).context("framework-res.apk is not in the corpus")?;
    for main in MAINS {
        package(&project.join("Model/mobile/Android").join(main.to_lowercase()), &framework)?;
    }
    fs::copy(root.join("testdata/apple/macho/ios-arm64"), project.join("Model/mobile/iOS/Start.app/Start"))?;
    fs::write(project.join("inject.toml"), CONFIG)?;
    let before = work.join("before");
    copy(&project.join("Model"), &before)?;

    let inject = |args: &[&str]| {
        succeeds(
            Command::new(root.join("target/debug/inject"))
                .args(args)
                .current_dir(&project)
                .env("INJECT_HOME", work.join("home"))
                .env("HOME", &work)
                .env_remove("INJECT_ENV"),
        )
    };
    let mut seen = Vec::new();
    for (version, env) in (VERSION + 1..).zip(["dev", "qa", "dev", "gam"]) {
        inject(&["--env", env, "--debug-key", "--ad-hoc"])?;
        inject(&["verify", "--env", env])?;
        let mut pairs = Vec::new();
        for main in MAINS {
            let old = ids.get(main).context("an id that the script did not print")?;
            let app = format!("com.example.{}", main.to_lowercase());
            let shown = inject(&["credential", "show", "--app", &app, "--env", env, "--json"])?;
            let shown: serde_json::Value = serde_json::from_str(&shown)?;
            let new = shown["client_id"].as_str().context("no Client Id")?.to_owned();
            judge_package(&project.join("Model/mobile/Android").join(main.to_lowercase()).join("app.apk"), &new)?;
            pairs.push(format!("{old}={new}"));
        }
        let judge = root.join("xtask/src/oracle/genexus_judge.py");
        let mut python = Command::new("python3");
        python.arg(judge).arg(&before).arg(project.join("Model")).arg(version.to_string()).args(&pairs);
        print!("{env}: {}", succeeds(&mut python)?);
        ensure!(env != "gam" || pairs.iter().all(|pair| pair.split_once('=').is_some_and(|(old, new)| old == new)));
        let shot = work.join(format!("after-{version}"));
        copy(&project.join("Model/mobile"), &shot)?;
        seen.push(shot);
    }
    // dev, qa, dev: packages and apps are those of dev, byte for byte.
    if let [first, _, third, _] = seen.as_slice() {
        succeeds(Command::new("diff").arg("-r").arg(first).arg(third))?;
    }
    println!("knowledge base: every judge agrees");
    Ok(())
}

/// The package of a main object: resources and manifest by aapt2, code by smali.
fn package(folder: &Path, framework: &Path) -> Result<()> {
    let run = |program: &str, args: &[&str]| succeeds(Command::new(program).args(args).current_dir(folder));
    let framework = framework.to_str().context("a path that is not UTF-8")?;
    run("aapt2", &["compile", "--dir", "res", "-o", "compiled.zip"])?;
    run("aapt2", &["link", "-I", framework, "--manifest", "AndroidManifest.xml", "-o", "app.apk", "compiled.zip"])?;
    run("smali", &["assemble", "MainApplication.smali", "-o", "classes.dex"])?;
    let add = "import zipfile; zipfile.ZipFile('app.apk', 'a', zipfile.ZIP_DEFLATED).write('classes.dex')";
    run("python3", &["-c", add])?;
    for made in ["compiled.zip", "classes.dex"] {
        fs::remove_file(folder.join(made))?;
    }
    Ok(())
}

/// What Android's own tools say of a package: signed, and this id in its manifest and in its code.
fn judge_package(apk: &Path, id: &str) -> Result<()> {
    succeeds(Command::new("apksigner").arg("verify").arg(apk))?;
    let tree = succeeds(Command::new("aapt2").args(["dump", "xmltree", "--file", "AndroidManifest.xml"]).arg(apk))?;
    ensure!(tree.contains(&format!("gxgam{id}")), "{}: aapt2 sees no scheme of {id}", apk.display());
    let code = succeeds(Command::new("dexdump").arg("-d").arg(apk))?;
    ensure!(code.contains(&format!("\"{id}\"")), "{}: dexdump sees no constant {id}", apk.display());
    Ok(())
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).ok()?.flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().is_some_and(|found| found.to_string_lossy().ends_with(name)) {
                return Some(path);
            }
        }
    }
    None
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    succeeds(Command::new("cp").arg("-r").arg(from).arg(to)).map(drop)
}

/// Standard output of a program that must not fail.
fn succeeds(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    if !output.status.success() {
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        bail!("{command:?}: {}\n{out}{err}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

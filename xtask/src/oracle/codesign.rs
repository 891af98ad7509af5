//! Apple's own tools judge what is signed here: `codesign` the bundles, `plutil` the property lists. They are on macOS alone.
//!
//! Signed is ad hoc: `codesign` trusts no authority of tests, and no identity of Apple's is in a repository.
//!
//! Must not: count as done where the tools are not.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

const INFO: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n<dict>\n\t<key>CFBundleExecutable</key>\n\
    \t<string>Notes</string>\n\t<key>CFBundleIdentifier</key>\n\t<string>com.example.notes</string>\n\
    \t<key>CFBundlePackageType</key>\n\t<string>APPL</string>\n</dict>\n</plist>\n";

/// Executables of the fixtures that bundles for phones and simulators may have.
const EXECUTABLES: [&str; 2] = ["ios-arm64", "simulator-fat"];

/// Injects into an app of each, and has it judged, in two environments one after the other.
pub fn run(root: &Path) -> Result<()> {
    for tool in ["codesign", "plutil"] {
        // Neither has a version to ask for; that it starts is enough.
        if Command::new(tool).arg("--help").output().is_err() {
            println!("SKIPPED: {tool} is Apple's, and not here");
            return Ok(());
        }
    }
    super::build_program(root)?;
    let work = root.join("target/oracle/codesign");
    let _ = fs::remove_dir_all(&work);
    let mut judged = 0;
    for name in EXECUTABLES {
        let executable = root.join("testdata/apple/macho").join(name);
        let app = work.join(name).join("Notes.app");
        fs::create_dir_all(&app)?;
        fs::copy(&executable, app.join("Notes"))?;
        fs::write(app.join("Info.plist"), INFO)?;
        fs::write(app.join("data.json"), "{\"id\": 1}\n")?;
        for env in ["dev", "prod"] {
            judge(root, &work, &app, env).with_context(|| format!("{name} in {env}"))?;
            judged += 1;
        }
    }
    println!("codesign and plutil agree with {judged} apps");
    Ok(())
}

fn judge(root: &Path, work: &Path, app: &Path, env: &str) -> Result<()> {
    let mut inject = Command::new(root.join("target/debug/inject"));
    inject.arg(app).args(["--env", env, "--ad-hoc"]).current_dir(work).env("INJECT_HOME", work.join("stores"));
    succeeds(inject.env_remove("INJECT_ENV"))?;
    succeeds(Command::new("plutil").arg("-lint").arg(app.join("Info.plist")))?;
    succeeds(Command::new("plutil").arg("-lint").arg(app.join("_CodeSignature/CodeResources")))?;
    succeeds(Command::new("codesign").args(["--verify", "--deep", "--strict", "--verbose=4"]).arg(app))
}

fn succeeds(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("{}", command.get_program().display()))?;
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    ensure!(output.status.success(), "{}: {said}", command.get_program().display());
    Ok(())
}

//! The program attacked from outside: system calls that fail or kill, kills at any moment, power that goes away, processes at once,
//! flipped bits and cuts, inputs that take memory and time, and every output searched for secrets. The attacks are the scripts in `reliability/`; each ends with its number of failures.
//!
//! Short is for CI, long by hand: `cargo xtask oracle-faults [long] [SCRIPT...]`. With IPA in the environment, an app is attacked too.
//!
//! Must not: pass over an attack that did not run.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

/// Every scenario of faults.py but `ipa`, which needs an app in IPA.
const ALL: &str = "apk,apk-new,apk-v4-receipt,tree,tree-new,register,rotate,import,import-new,export,env-use,env-add,set,revoke,init,\
                   registry-init,serve";

/// What is attacked: a script, and its arguments, short and long; without short ones it is for long alone.
type Attack = (&'static str, Option<&'static [&'static str]>, &'static [&'static str]);

const ATTACKS: [Attack; 10] = [
    ("faults.py", Some(&["--scenario", "apk,tree,register,rotate", "--cap", "1"]), &["--scenario", ALL]),
    ("kills.py", Some(&["10"]), &["75"]),
    ("races.py", Some(&["2"]), &["30"]),
    ("flips.py", Some(&["truncate", "1"]), &["truncate", "1"]),
    ("flips.py", Some(&["random", "1", "20"]), &["random", "1", "400"]),
    ("flips.py", Some(&["content", "1", "31"]), &["content", "1", "1"]),
    ("flips.py", Some(&["registry-content", "1", "11"]), &["registry-content", "1", "1"]),
    ("powerloss.py", Some(&["apk,tree,register,rotate,revoke", "9"]), &["all", "1"]),
    ("limits.py", Some(&[]), &[]),
    // Ordinary tests search every command's output too; this one tries more forms, for longer.
    ("canary.py", None, &[]),
];

/// Runs every attack, or those of these names.
pub fn run(root: &Path, more: &[&str]) -> Result<()> {
    let long = more.contains(&"long");
    let only: Vec<&str> = more.iter().copied().filter(|name| *name != "long").collect();
    for tool in ["strace", "python3", "/usr/bin/time"] {
        let found = Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        ensure!(
            found.is_ok_and(|status| status.success()),
            "{tool} is missing (apt-get install {tool}); nothing was checked"
        );
    }
    super::build_program(root)?;
    let work = super::work_folder(root, "faults")?;
    let scripts = root.join("xtask/src/oracle/reliability");
    let identity = work.join("identity");
    fs::create_dir(&identity)?;
    for (name, key) in [("dev.key", "rsa-2048-pkcs1.pem"), ("dev.pem", "rsa-2048-cert.pem")] {
        fs::copy(root.join("testdata/keys").join(key), identity.join(name))?;
    }
    let _server = Server(
        Command::new("python3")
            .arg(scripts.join("oauth.py"))
            .stderr(Stdio::null())
            .spawn()
            .context("oauth.py does not start")?,
    );
    let mut failed = Vec::new();
    for (script, short, all) in ATTACKS {
        let Some(arguments) = (if long { Some(all) } else { short }) else { continue };
        let mut arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
        if let (true, "faults.py", Some(scenarios)) = (std::env::var_os("IPA").is_some(), script, arguments.get_mut(1))
        {
            scenarios.push_str(",ipa");
        }
        let name = format!("{script} {}", arguments.join(" "));
        if !only.is_empty() && !only.iter().any(|only| name.starts_with(only)) {
            continue;
        }
        let began = Instant::now();
        println!("-- {name}");
        let status = Command::new("python3")
            .arg(scripts.join(script))
            .args(&arguments)
            .current_dir(&work)
            .env("INJECT", root.join("target/debug/inject"))
            .env("TESTDATA", root.join("testdata"))
            .env("BIGAPK", root.join("testdata/demo.apk"))
            .env("IDENTITY", &identity)
            .env("TMPDIR", &work)
            .env_remove("INJECT_ENV")
            .status()?;
        println!("   {} s", began.elapsed().as_secs());
        if !status.success() {
            failed.push(name);
        }
    }
    if !failed.is_empty() {
        bail!("failures in {}", failed.join(", "));
    }
    println!("faults: nothing was lost, torn, made anew or shown");
    Ok(())
}

/// Ends with this process.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

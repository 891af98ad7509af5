//! The crates that are in the program: what cargo links for a target. Tests' and builds' own crates and macros are not.
//!
//! Must not: ask a registry.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// A crate in the program.
pub struct Crate {
    pub name: String,
    pub version: String,
    /// An SPDX expression.
    pub license: String,
    pub description: Option<String>,
    pub repository: Option<String>,
    /// SHA-256 of its package, as `Cargo.lock` holds it; none for ours.
    pub checksum: Option<String>,
    /// Where its sources lie.
    pub folder: PathBuf,
    /// Names and versions of those that it uses.
    pub uses: Vec<(String, String)>,
}

impl Crate {
    /// The address of its package (ECMA-427).
    pub fn purl(&self) -> String {
        // Versions of crates may hold a plus sign, which stands for itself only when encoded.
        format!("pkg:cargo/{}@{}", self.name, self.version.replace('+', "%2B"))
    }
}

/// All crates in the program for a target, ours among them, by name and version.
pub fn of(root: &Path, triple: &str) -> Result<Vec<Crate>> {
    let linked = linked(root, triple)?;
    let checksums = checksums(root)?;
    let said = says(cargo(root).args(["metadata", "--format-version", "1", "--filter-platform", triple]))?;
    let metadata: Value = serde_json::from_slice(&said)?;
    let packages = metadata["packages"].as_array().context("no packages in cargo metadata")?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let key = |package: &Value| Some((text(&package["name"])?, text(&package["version"])?));
    let by_id: HashMap<&str, (String, String)> =
        packages.iter().filter_map(|package| Some((package["id"].as_str()?, key(package)?))).collect();
    let nodes = metadata["resolve"]["nodes"].as_array().context("no graph in cargo metadata")?;
    let mut uses: HashMap<&str, Vec<(String, String)>> = HashMap::new();
    for node in nodes {
        let links = node["deps"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|dep| dep["dep_kinds"].as_array().into_iter().flatten().any(|kind| kind["kind"].is_null()));
        let names =
            links.filter_map(|dep| by_id.get(dep["pkg"].as_str()?)).filter(|key| linked.contains(*key)).cloned();
        uses.insert(node["id"].as_str().unwrap_or_default(), names.collect::<BTreeSet<_>>().into_iter().collect());
    }
    let mut crates = Vec::new();
    for package in packages {
        let Some((name, version)) = key(package).filter(|key| linked.contains(key)) else { continue };
        let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap_or_default());
        let license = text(&package["license"]).with_context(|| format!("{name} {version} names no licence"))?;
        crates.push(Crate {
            // The slash is what was written before SPDX expressions.
            license: license.split('/').map(str::trim).collect::<Vec<_>>().join(" OR "),
            description: text(&package["description"]),
            repository: text(&package["repository"]),
            checksum: checksums.get(&(name.clone(), version.clone())).cloned(),
            folder: manifest.parent().context("a manifest without a folder")?.to_owned(),
            uses: package["id"].as_str().and_then(|id| uses.remove(id)).unwrap_or_default(),
            name,
            version,
        });
    }
    crates.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    ensure!(crates.len() == linked.len(), "cargo tree names {} crates, cargo metadata {}", linked.len(), crates.len());
    for one in crates.iter().filter(|one| one.name != "inject") {
        ensure!(one.checksum.is_some(), "{} {} has no checksum in Cargo.lock", one.name, one.version);
    }
    Ok(crates)
}

/// Names and versions, as cargo resolves features for this program alone.
fn linked(root: &Path, triple: &str) -> Result<BTreeSet<(String, String)>> {
    let mut tree = cargo(root);
    tree.args([
        "tree",
        "--package",
        "inject",
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    let said = String::from_utf8(says(tree.args(["--target", triple]))?)?;
    let key = |line: &str| {
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
    };
    said.lines().map(|line| key(line).with_context(|| format!("cargo tree says {line:?}"))).collect()
}

fn checksums(root: &Path) -> Result<HashMap<(String, String), String>> {
    let lock: toml::Table = toml::from_str(&fs::read_to_string(root.join("Cargo.lock"))?)?;
    let packages = lock.get("package").and_then(toml::Value::as_array).context("no packages in Cargo.lock")?;
    let entry = |package: &toml::Value| {
        let text = |name: &str| Some(package.get(name)?.as_str()?.to_owned());
        Some(((text("name")?, text("version")?), text("checksum")?))
    };
    Ok(packages.iter().filter_map(entry).collect())
}

fn cargo(root: &Path) -> Command {
    let mut command = crate::cargo();
    // What is locked, as cargo arranges its arguments: a subcommand takes it anywhere.
    command.current_dir(root).arg("--locked");
    command
}

/// What a command prints, which must succeed.
pub fn says(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output().with_context(|| format!("{}", command.get_program().display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {}\n{said}", command.get_program().display(), output.status);
    Ok(output.stdout)
}

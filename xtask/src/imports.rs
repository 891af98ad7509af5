//! Who imports whom, file by file, in the whole house; and circles: files that import each other in a loop.
//!
//! An import of a name counts as one of the file that defines it: what a module only hands on (`pub use`) is its face, and no
//! arrow. Paths in code count like `use`.
//!
//! Must not: judge what may be imported; `tidy` does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// The crates of the house, by their root file.
const CRATES: [&str; 3] = ["src/lib.rs", "src/bin/inject/main.rs", "xtask/src/main.rs"];

/// A module: its path within its crate.
type Module = Vec<String>;

/// All of a crate that counts here.
#[derive(Default)]
struct Crate {
    files: BTreeMap<Module, PathBuf>,
    /// What each module imports.
    imports: BTreeMap<Module, BTreeSet<Vec<String>>>,
    /// Names that a module hands on, and where they come from.
    faces: BTreeMap<(Module, String), Vec<String>>,
}

/// Files that import each other in a loop.
pub struct Circle {
    /// How many.
    pub files: usize,
    /// Which imports tie them, a line each.
    pub text: String,
}

/// Every circle.
pub fn circles(root: &Path) -> Result<Vec<Circle>> {
    let all: Vec<PathBuf> = ["src", "xtask/src"].iter().flat_map(|folder| rust_files(&root.join(folder))).collect();
    let mut said = Vec::new();
    for crate_root in CRATES {
        let read = Crate::read(&root.join(crate_root), &all)?;
        for circle in read.circles() {
            let mut lines = vec![format!("{} files import each other in a circle:", circle.len())];
            for (from, to) in
                read.arrows().into_iter().filter(|(from, to)| circle.contains(from) && circle.contains(to))
            {
                let shown = |path: &Path| path.strip_prefix(root).unwrap_or(path).display().to_string();
                lines.push(format!("  {} imports {}", shown(&from), shown(&to)));
            }
            said.push(Circle { files: circle.len(), text: lines.join("\n") });
        }
    }
    Ok(said)
}

/// Which room of the library imports which.
pub fn rooms(root: &Path) -> Result<BTreeSet<(String, String)>> {
    let library = Crate::read(&root.join(CRATES[0]), &rust_files(&root.join("src")))?;
    let folder = root.join("src");
    let room = |path: &Path| {
        let inside = path.strip_prefix(&folder).ok()?;
        (inside.iter().count() > 1).then(|| inside.iter().next().unwrap_or_default().to_string_lossy().into_owned())
    };
    let arrows = library.arrows().into_iter().filter_map(|(from, to)| Some((room(&from)?, room(&to)?)));
    Ok(arrows.filter(|(from, to)| from != to).collect())
}

impl Crate {
    fn read(crate_root: &Path, all: &[PathBuf]) -> Result<Self> {
        let mut read = Self::default();
        let folder = crate_root.parent().unwrap_or(crate_root);
        let other_crates = [folder.join("bin")];
        for path in all.iter().filter(|path| path.starts_with(folder)) {
            if path != crate_root && other_crates.iter().any(|other| path.starts_with(other)) {
                continue;
            }
            let mut module: Module = path
                .strip_prefix(folder)
                .unwrap_or(path)
                .with_extension("")
                .iter()
                .map(|part| part.to_string_lossy().into_owned())
                .collect();
            if path == crate_root {
                module.clear();
            } else if module.last().is_some_and(|last| last == "mod") {
                module.pop();
            }
            read.files.insert(module, path.clone());
        }
        for (module, path) in read.files.clone() {
            read.module(&module, &code(&fs::read_to_string(path)?));
        }
        Ok(read)
    }

    fn module(&mut self, module: &Module, code: &str) {
        let mut rest = String::new();
        let mut statements = code.split_inclusive(';');
        let imports = self.imports.entry(module.clone()).or_default();
        for statement in &mut statements {
            let Some(start) = use_start(statement) else {
                rest.push_str(statement);
                continue;
            };
            rest.push_str(&statement[..start]);
            let (before, tree) = statement[start..].split_once("use ").unwrap_or_default();
            let mut paths = Vec::new();
            expand(tree.trim_end_matches(';'), &mut Vec::new(), &mut paths);
            for path in paths {
                if before.contains("pub") {
                    let name = path.last().cloned().unwrap_or_default();
                    self.faces.insert((module.clone(), name), path);
                } else {
                    imports.insert(path);
                }
            }
        }
        imports.extend(paths_in(&rest));
    }

    /// The file that defines what a path names; `None` where it is of another crate.
    fn target(&self, module: &Module, path: &[String], depth: usize) -> Option<&PathBuf> {
        let mut at = module.clone();
        let mut path = path;
        let mut relative = true;
        while let [first, rest @ ..] = path {
            match first.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => drop(at.pop()?),
                _ => break,
            }
            (path, relative) = (rest, false);
        }
        let mut steps = 0;
        while let [first, rest @ ..] = path {
            let child: Module = at.iter().chain([first]).cloned().collect();
            if !self.files.contains_key(&child) {
                break;
            }
            (at, path, steps) = (child, rest, steps + 1);
        }
        if relative && steps == 0 {
            return None;
        }
        if let [name, ..] = path
            && depth < 8
            && let Some(handed_on) = self.faces.get(&(at.clone(), name.clone()))
        {
            return self.target(&at, handed_on, depth + 1).or_else(|| self.files.get(&at));
        }
        self.files.get(&at)
    }

    fn arrows(&self) -> BTreeSet<(PathBuf, PathBuf)> {
        let mut arrows = BTreeSet::new();
        for (module, imports) in &self.imports {
            let Some(from) = self.files.get(module) else { continue };
            for to in imports.iter().filter_map(|path| self.target(module, path, 0)).filter(|to| *to != from) {
                arrows.insert((from.clone(), to.clone()));
            }
        }
        arrows
    }

    /// Files that reach each other.
    fn circles(&self) -> Vec<BTreeSet<PathBuf>> {
        let mut reach: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
        for (from, to) in self.arrows() {
            reach.entry(from).or_default().insert(to);
        }
        let reached = |start: &PathBuf| {
            let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
            while let Some(file) = open.pop() {
                for next in reach.get(file).into_iter().flatten() {
                    if seen.insert(next.clone()) {
                        open.push(next);
                    }
                }
            }
            seen
        };
        let all: BTreeMap<&PathBuf, BTreeSet<PathBuf>> = reach.keys().map(|file| (file, reached(file))).collect();
        let mut circles: Vec<BTreeSet<PathBuf>> = Vec::new();
        for (file, to) in &all {
            if !to.contains(*file) || circles.iter().any(|circle| circle.contains(*file)) {
                continue;
            }
            circles
                .push(to.iter().filter(|other| all.get(other).is_some_and(|to| to.contains(*file))).cloned().collect());
        }
        circles
    }
}

/// The code of a file: without comments, texts and its own tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let mut code = String::new();
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        // What stands between quotes names nothing.
        code.extend(line.split('"').step_by(2));
        code.push('\n');
    }
    code
}

/// Where a `use` begins in a statement, `pub` and all.
fn use_start(statement: &str) -> Option<usize> {
    let at = statement.rfind("use ").filter(|at| {
        let line = statement[..*at].rsplit('\n').next().unwrap_or_default().trim_start();
        line.is_empty() || line.starts_with("pub") && !line.contains(['(', ')', '{']) || line.starts_with("pub(")
    })?;
    Some(statement[..at].rfind('\n').map_or(0, |line| line + 1))
}

/// The paths of a tree of imports.
fn expand(tree: &str, prefix: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    if let Some((head, rest)) = tree.split_once('{') {
        let before = prefix.len();
        prefix.extend(
            head.trim_end_matches("::").split("::").map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned),
        );
        let (mut depth, mut start) = (0, 0);
        let inner = &rest[..rest.rfind('}').unwrap_or(rest.len())];
        for (index, c) in inner.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    expand(&inner[start..index], prefix, paths);
                    start = index + 1;
                }
                _ => {}
            }
        }
        expand(&inner[start..], prefix, paths);
        prefix.truncate(before);
    } else if !tree.is_empty() {
        let path = tree.split(" as ").next().unwrap_or(tree);
        let mut path: Vec<String> = path.split("::").map(|part| part.trim().to_owned()).collect();
        if path == ["self"] {
            path.clear();
        }
        paths.push(prefix.iter().cloned().chain(path).collect());
    }
}

/// The paths in code that begin at the crate or at a module above.
fn paths_in(code: &str) -> BTreeSet<Vec<String>> {
    let mut paths = BTreeSet::new();
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            // `pub(in crate::...)` says who may see something.
            if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                || code[..at].ends_with("pub(in ")
            {
                continue;
            }
            let path: String =
                code[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect();
            paths.insert(path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect());
        }
    }
    paths
}

pub fn rust_files(below: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(below)
        .into_iter()
        .filter_entry(|entry| entry.file_name() != "target")
        .filter_map(|entry| Some(entry.ok()?.into_path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    files
}

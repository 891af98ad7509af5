//! Which code an app holds: itself, bundles in it, loose images; and what must be left alone.
//!
//! Must not: judge a signature.

use std::collections::{BTreeMap, BTreeSet};

use super::idle::processors;
use super::tree::{Node, Tree, TreeError, below};
use crate::format::apple_plist::{self, Value};
use crate::format::macho::MachO;

/// Files from which on several threads look whether they are code: fewer take less time than a thread.
const MANY: usize = 256;
/// Endings of folders that are bundles of code.
const ENDINGS: [&str; 8] =
    [".app", ".appex", ".framework", ".xctest", ".xpc", ".bundle", ".plugin", ".systemextension"];
/// Why the code of an app cannot be told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// No `Info.plist`.
    #[error("the app has no Info.plist: this is no app bundle")]
    NoInfo,
    /// An `Info.plist` that is no property list.
    #[error("{path}: {problem}")]
    Info {
        /// Which.
        path: String,
        /// Why.
        problem: String,
    },
    /// No executable.
    #[error("{info}: CFBundleExecutable is {name:?}, but there is no file {expected:?}; build the app again")]
    NoExecutable {
        /// The `Info.plist`.
        info: String,
        /// What it says.
        name: String,
        /// The file that should be there.
        expected: String,
    },
    /// A file.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A link out of the app.
    #[error("{path}: a symbolic link to {target:?}, which leaves the app; nothing was changed")]
    Escape {
        /// The link.
        path: String,
        /// Where it leads.
        target: String,
    },
    /// Bought or downloaded in a store.
    #[error(
        "{path} is there: the app comes from the App Store, and runs under the store's signature only; take the build \
         that was sent to the store"
    )]
    FromStore {
        /// What says so.
        path: String,
    },
}

/// A bundle with code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Its folder in the app; `""` is the app.
    pub root: String,
    /// The folder that paths of its seal are relative to: itself, its `Contents`, or its `Versions/A`.
    pub base: String,
    /// Its `Info.plist`.
    pub info: String,
    /// Its main executable.
    pub executable: String,
    /// `CFBundleIdentifier`; empty where there is none.
    pub identifier: String,
    /// Whether it has the layout of macOS, with nested code sealed by its own signature.
    pub deep: bool,
}

impl Bundle {
    /// Its seal.
    pub fn seal(&self) -> String {
        join(&self.base, "_CodeSignature/CodeResources")
    }

    /// Its profile, where it has one.
    pub fn profile(&self) -> String {
        join(&self.base, if self.deep { "embedded.provisionprofile" } else { "embedded.mobileprovision" })
    }

    /// A path of the app, relative to the base; `None` where it lies elsewhere.
    pub fn within<'p>(&self, path: &'p str) -> Option<&'p str> {
        below(path, &self.base)
    }

    /// Whether entitlements and a profile belong to it: code that runs by itself.
    pub fn runs(&self) -> bool {
        self.root.is_empty() || [".app", ".appex", ".xpc"].iter().any(|ending| self.root.ends_with(ending))
    }
}

/// Tells of a file whether it is code, where that is known.
pub type Told<'k> = dyn Fn(&str) -> Option<bool> + Sync + 'k;

/// The code of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Bundles, the innermost first, the app last.
    pub bundles: Vec<Bundle>,
    /// Mach-O files that are no bundle's main executable.
    pub loose: Vec<String>,
    /// Folders with a seal of their own but no code that could be signed: what is around them seals their files.
    pub sealed_files: Vec<String>,
}

impl Layout {
    /// Looks through an app.
    pub fn of(tree: &dyn Tree) -> Result<Self, LayoutError> {
        Self::with(tree, &|_| None)
    }

    /// The same, where it is known of files already whether they are code: these need not be looked at again.
    pub fn with(tree: &dyn Tree, known: &Told<'_>) -> Result<Self, LayoutError> {
        check_nodes(tree)?;
        let Found::Code(app) = found_at(tree, "", known)? else { return Err(LayoutError::NoInfo) };
        let (mut bundles, mut sealed_files) = (vec![app], Vec::new());
        for folder in folders(tree) {
            if !ENDINGS.iter().any(|ending| folder.ends_with(ending)) || is_exempt(&folder) {
                continue;
            }
            match found_at(tree, &folder, known)? {
                Found::Code(bundle) => bundles.push(bundle),
                Found::SealedFiles => sealed_files.push(folder),
                Found::Files => {}
            }
        }
        bundles.sort_by_key(|bundle| (std::cmp::Reverse(depth(&bundle.root)), bundle.root.clone()));
        let executables: BTreeSet<&str> = bundles.iter().map(|bundle| bundle.executable.as_str()).collect();
        let may_be_code = |(path, node): &(&String, &Node)| {
            **node == Node::File
                && !executables.contains(path.as_str())
                && !is_exempt(path)
                && !path.contains("_CodeSignature/")
        };
        let files: Vec<&String> = tree.nodes().iter().filter(may_be_code).map(|(path, _)| path).collect();
        let code = are_code(tree, known, &files)?;
        let loose = files.into_iter().zip(code).filter(|(_, is_code)| *is_code).map(|(path, _)| path.clone());
        let loose = loose.collect();
        Ok(Self { bundles, loose, sealed_files })
    }

    /// The app itself.
    pub fn app(&self) -> Option<&Bundle> {
        self.bundles.last()
    }

    /// The innermost bundle that a path lies in.
    pub fn owner(&self, path: &str) -> Option<&Bundle> {
        self.bundles.iter().find(|bundle| below(path, &bundle.root).is_some())
    }

    /// Its Mach-O files.
    pub fn images(&self) -> impl Iterator<Item = &str> {
        self.bundles.iter().map(|bundle| &bundle.executable).chain(&self.loose).map(String::as_str)
    }

    /// Whether a path is one of these.
    pub fn is_image(&self, path: &str) -> bool {
        self.images().any(|image| image == path)
    }

    /// Whether a path is the main executable or the seal of a bundle, or a loose image: what signing changes.
    pub fn is_code(&self, path: &str) -> bool {
        self.is_image(path) || self.bundles.iter().any(|bundle| bundle.seal() == path)
    }
}

/// Whether files are code; of many, each thread looks at some.
fn are_code(tree: &dyn Tree, known: &Told<'_>, files: &[&String]) -> Result<Vec<bool>, TreeError> {
    let is_code = |path: &&String| is_code(tree, known, path);
    let some = files.len().div_ceil(processors()).max(MANY);
    let look = |files: &[&String]| files.iter().map(is_code).collect::<Result<Vec<bool>, TreeError>>();
    let look = &look;
    std::thread::scope(|scope| {
        let (first, more) = files.split_at(some.min(files.len()));
        let threads = more.chunks(some);
        let start = |files| (files, std::thread::Builder::new().spawn_scoped(scope, move || look(files)));
        let threads: Vec<_> = threads.map(start).collect();
        let mut code: Vec<bool> = first.iter().map(is_code).collect::<Result<_, _>>()?;
        for (files, thread) in threads {
            let found = match thread {
                Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                // No thread is to be had.
                Err(_) => look(files),
            };
            code.extend(found?);
        }
        Ok(code)
    })
}

/// Whether a file is code: its content decides, whatever its name is.
fn is_code(tree: &dyn Tree, known: &Told<'_>, path: &str) -> Result<bool, TreeError> {
    match known(path) {
        Some(is_code) => Ok(is_code),
        None => MachO::is_signable(tree.size(path), |len| tree.start(path, len)),
    }
}

/// What no re-signing touches: Apple's own stub and support files, symbols.
pub fn is_exempt(path: &str) -> bool {
    path.split('/').any(|step| step == "_WatchKitStub" || step.ends_with(".dSYM"))
}

fn depth(root: &str) -> usize {
    if root.is_empty() { 0 } else { root.split('/').count() }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Every folder that something lies in.
fn folders(tree: &dyn Tree) -> BTreeSet<String> {
    let mut folders = BTreeSet::new();
    for path in tree.nodes().keys() {
        for (at, _) in path.match_indices('/') {
            folders.insert(path.get(..at).unwrap_or_default().to_owned());
        }
    }
    folders
}

/// Refuses links out of the app and what a store put there.
fn check_nodes(tree: &dyn Tree) -> Result<(), LayoutError> {
    for (path, node) in tree.nodes() {
        if path.split('/').any(|step| step == "SC_Info" || step == "_MASReceipt") {
            return Err(LayoutError::FromStore { path: path.clone() });
        }
        if let Node::Symlink(target) = node {
            let mut at = depth(path) - 1;
            for step in target.split('/') {
                match step {
                    ".." if at == 0 => return Err(LayoutError::Escape { path: path.clone(), target: target.clone() }),
                    ".." => at -= 1,
                    "." | "" => {}
                    _ => at += 1,
                }
            }
            if target.starts_with('/') {
                return Err(LayoutError::Escape { path: path.clone(), target: target.clone() });
            }
        }
    }
    Ok(())
}

/// What a folder is.
enum Found {
    /// A bundle with code of its own.
    Code(Bundle),
    /// Files with a seal of their own, and no code that could be signed.
    SealedFiles,
    /// Files like any others.
    Files,
}

/// What is in a folder.
fn found_at(tree: &dyn Tree, root: &str, known: &Told<'_>) -> Result<Found, LayoutError> {
    let nodes = tree.nodes();
    let is_file = |path: &str| nodes.get(path) == Some(&Node::File);
    let version = match nodes.get(&join(root, "Versions/Current")) {
        Some(Node::Symlink(target)) if !target.contains('/') => Some(join(root, &format!("Versions/{target}"))),
        _ => None,
    };
    let mut shapes = vec![
        (join(root, "Contents"), join(root, "Contents/Info.plist"), "MacOS/", true),
        (root.to_owned(), join(root, "Info.plist"), "", false),
    ];
    if let Some(version) = version {
        shapes.push((version.clone(), join(&version, "Resources/Info.plist"), "", true));
    }
    shapes.push((root.to_owned(), join(root, "Resources/Info.plist"), "", true));
    let Some((base, info, folder, deep)) = shapes.into_iter().find(|(_, info, ..)| is_file(info)) else {
        return Ok(Found::Files);
    };
    let problem = |problem: String| LayoutError::Info { path: info.clone(), problem };
    let dictionary = apple_plist::read_dictionary(&tree.read(&info)?);
    let is_signed = is_file(&join(&base, "_CodeSignature/CodeResources"));
    let files = || if is_signed { Found::SealedFiles } else { Found::Files };
    let dictionary = match dictionary {
        Ok(dictionary) => dictionary,
        // A folder that only looks like a bundle of code.
        Err(_) if !root.is_empty() && !is_signed => return Ok(Found::Files),
        Err(error) => return Err(problem(error.to_string())),
    };
    let text = |key: &str| dictionary.get(key).and_then(Value::as_string).filter(|text| !text.is_empty());
    let name = match text("CFBundleExecutable") {
        Some(name) => name,
        None if root.is_empty() => {
            return Err(problem("CFBundleExecutable is missing, expected a file's name".to_owned()));
        }
        None => return Ok(files()),
    };
    let executable = join(&base, &format!("{folder}{name}"));
    let bundle = Bundle {
        root: root.to_owned(),
        identifier: text("CFBundleIdentifier").unwrap_or_default().to_owned(),
        base,
        info: info.clone(),
        executable: executable.clone(),
        deep,
    };
    if !is_file(&executable) {
        if root.is_empty() || is_signed && bundle.runs() {
            return Err(LayoutError::NoExecutable { info, name: name.to_owned(), expected: executable });
        }
        // Xcode signs bundles of resources without an executable.
        return Ok(files());
    }
    // A static library, a script or nothing at all is sealed as a file. What runs by itself is said to be broken.
    Ok(if bundle.runs() || is_code(tree, known, &executable)? { Found::Code(bundle) } else { files() })
}

/// The nodes below a folder, by their path in it.
pub(super) fn nodes_below(nodes: impl Iterator<Item = (String, Node)>, folder: &str) -> BTreeMap<String, Node> {
    nodes.filter_map(|(path, node)| Some((path.strip_prefix(folder)?.to_owned(), node))).collect()
}

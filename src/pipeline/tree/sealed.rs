//! Folders that Apple's code signing sealed, among the files of a folder: a bundle that is no app, or an app in a build
//! folder. Nothing is signed here, so what breaks a seal is said, and who verifies looks at the signatures.
//!
//! Must not: sign.

use std::collections::BTreeSet;

use super::folder::Folder;
use crate::artifact::apple::{Compared, below};
use crate::artifact::files::Files;
use crate::pipeline::apple::FolderTree;
use crate::verify::{self, Code};

/// Where a seal lies in what it is of.
const SEAL: &str = "_CodeSignature/CodeResources";

/// The bundles with a seal; `""` is the folder itself.
fn bundles(folder: &Folder) -> BTreeSet<&str> {
    let base = |name| Some(str::strip_suffix(name, SEAL)?).filter(|base| base.is_empty() || base.ends_with('/'));
    let bases = folder.names().filter_map(base).map(|base| base.strip_suffix('/').unwrap_or(base));
    bases.map(root).collect()
}

/// The bundle whose seal is of `base`: itself, its `Contents`, or one of its `Versions`.
fn root(base: &str) -> &str {
    let (outer, last) = base.rsplit_once('/').unwrap_or(("", base));
    match outer.rsplit_once('/').unwrap_or(("", outer)) {
        (_, _) if last == "Contents" => outer,
        (bundle, "Versions") => bundle,
        (_, _) => base,
    }
}

/// What is said of the seals that new contents of files break.
pub(super) fn broken<'c>(folder: &Folder, changed: impl Iterator<Item = &'c str>) -> Vec<String> {
    let changed: Vec<&str> = changed.collect();
    let said = |(bundle, file): (&str, &str)| {
        let bundle = if bundle.is_empty() { "this folder" } else { bundle };
        format!(
            "{bundle} is signed, and {file} in it changed: its seal is broken now, because only an .app, an .xcarchive or an \
             IPA that is named itself is signed again; sign it before it is used"
        )
    };
    let mut broken = Vec::new();
    for bundle in bundles(folder) {
        broken.extend(changed.iter().find(|file| below(file, bundle).is_some()).map(|file| said((bundle, file))));
    }
    broken
}

/// What is wrong with the signatures of the outermost bundles.
pub(super) fn verify(folder: &Folder, now: &str) -> verify::Report {
    let mut report = verify::Report::default();
    let all = bundles(folder);
    // What holds frameworks for several systems is no bundle with code: each of them is looked at.
    let bundles: Vec<&str> = all.into_iter().filter(|bundle| !is_several(folder, bundle)).collect();
    for bundle in &bundles {
        let outer = |other: &&str| *other != *bundle && below(bundle, other).is_some();
        if bundles.iter().any(outer) {
            continue;
        }
        let tree = match FolderTree::open(&folder.root().join(bundle)) {
            Ok(tree) => tree,
            Err(error) => {
                report.add(Code::AppleUnreadable, *bundle, error.to_string());
                continue;
            }
        };
        let options = verify::apple::Options { now: Some(now), known: None, compared: Compared::All };
        for mut finding in verify::apple::app(&tree, &options).findings {
            if !bundle.is_empty() {
                finding.place = format!("{bundle}/{}", finding.place);
            }
            report.findings.push(finding);
        }
    }
    report
}

/// Whether a bundle is an `.xcframework`.
fn is_several(folder: &Folder, bundle: &str) -> bool {
    let named = |name: &str| std::path::Path::new(name).extension().is_some_and(|ending| ending == "xcframework");
    if bundle.is_empty() { named(&folder.root().to_string_lossy()) } else { named(bundle) }
}

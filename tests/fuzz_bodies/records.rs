//! What runs leave for the next ones: journals of folders, and receipts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use inject::format::json;
use inject::host::transaction::{JOURNAL, is_ours, pending, repair};
use inject::pipeline::digest::Digest;
use inject::pipeline::receipt::{Carries, Done, check, receipt};
use inject::verify::Report;
use sha2::{Digest as _, Sha256};

use super::choices::Choices;

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every file below a folder, by its path in it.
fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(path);
            } else {
                let name = path.strip_prefix(root).expect("below").to_owned();
                all.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    all
}

const NEW: [&str; 6] = [
    ".a.inject-tree-0123456789abcdef",
    ".b.inject-tree-00000000000000aa",
    "sub/.c.inject-tree-0123456789abcdef",
    "../.outside.inject-tree-0123456789abcdef",
    "a",
    "sub/./.c.inject-tree-0123456789abcdef",
];
const TARGETS: [&str; 9] =
    ["a", "b", "sub/c", "made", "../outside", "sub", ".inject-journal", "", ".b.inject-tree-00000000000000aa"];

/// A journal in a folder, of choices or as the bytes are: it is refused and nothing changes, or what it says is done, or it is
/// dropped. Nothing outside of the folder changes, and nothing that it does not name.
pub fn journal(bytes: &[u8]) {
    let place = tempfile::tempdir().expect("a folder");
    let root = place.path().join("root");
    fs::create_dir_all(root.join("sub")).expect("a folder");
    for name in ["a", "b", "sub/c", "../outside"] {
        fs::write(root.join(name), "old").expect("a file");
    }
    let mut choices = Choices::new(bytes);
    let mut written: BTreeMap<PathBuf, String> = BTreeMap::new();
    let text = if choices.rarely(4) {
        choices.rest().to_vec()
    } else {
        let mut entries = Vec::new();
        let version = choices.one_of(&[2, 2, 2, 2, 1, 3]);
        for _ in 0..choices.below(4) {
            let new = if choices.rarely(9) { choices.text(30) } else { choices.one_of(&NEW).to_owned() };
            let target = if choices.rarely(9) { choices.text(20) } else { choices.one_of(&TARGETS).to_owned() };
            let content = choices.one_of(&["new", "old", "newer"]);
            let read = choices.one_of(&[Some(sha256(b"old")), None, Some(String::new()), Some(sha256(b"new"))]);
            if !choices.rarely(5) && NEW[..3].contains(&new.as_str()) {
                fs::write(root.join(&new), content).expect("a file");
            }
            written.insert(PathBuf::from(&target), sha256(content.as_bytes()));
            entries.push(match version {
                1 => serde_json::json!([new, target]),
                _ => serde_json::json!({
                    "new": new, "target": target, "read": read, "written": sha256(content.as_bytes()),
                }),
            });
        }
        serde_json::json!({ "inject_journal": version, "files": entries }).to_string().into_bytes()
    };
    fs::write(root.join(JOURNAL), &text).expect("a file");
    let before = files(place.path());
    let ours: Vec<String> =
        files(&root).into_keys().map(|path| path.to_string_lossy().into_owned()).filter(|name| is_ours(name)).collect();
    let said = pending(&root, &ours);
    assert_eq!(files(place.path()), before, "who only reads writes nothing");
    let repaired = repair(&root, &ours);
    assert_eq!(said.is_ok(), repaired.is_ok(), "{said:?} {repaired:?}");
    let after = files(place.path());
    assert_eq!(after.get(Path::new("outside")), before.get(Path::new("outside")));
    assert_eq!(after.keys().filter(|path| !path.starts_with("root")).count(), 1);
    let Ok(dropped) = repaired else {
        assert_eq!(after, before, "what is refused changes nothing");
        return;
    };
    let inside = |all: &BTreeMap<PathBuf, Vec<u8>>, name: &Path| all.get(&Path::new("root").join(name)).cloned();
    assert!(after.keys().all(|path| !is_ours(&path.to_string_lossy().replace('\\', "/"))), "{after:?}");
    for name in ["a", "b", "sub/c", "made"].map(Path::new) {
        let now = inside(&after, name);
        if now == inside(&before, name) {
            continue;
        }
        assert_eq!(dropped, None, "{} changed", name.display());
        assert_eq!(now.map(|content| sha256(&content)).as_ref(), written.get(name), "{}", name.display());
    }
    assert!(after.len() <= before.len());
}

/// A file that was there before: one that was written just now is waited for, because a clock ticks (`host::file`).
fn put(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).expect("a file");
    let then = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(path).and_then(|file| file.set_modified(then)).expect("a time");
}

/// A receipt of what the bytes choose says what was done, and of anything else that it is not so; any bytes are no receipt.
pub fn receipts(bytes: &[u8]) {
    let place = tempfile::tempdir().expect("a folder");
    let (artifact, path) = (place.path().join("app.apk"), place.path().join("receipt.json"));
    let mut choices = Choices::new(bytes);
    put(&artifact, choices.some(20));
    let digest = Digest::of(&artifact).expect("it is there");
    let carries = Carries {
        application: choices.text(12),
        environment: choices.text(6),
        client_id: choices.text(12),
        secret_fingerprint: choices.rarely(2).then(|| choices.text(9)),
    };
    let places = (0..choices.below(3)).map(|_| (choices.text(9), choices.text(9))).collect();
    let report = Report::default();
    let time = choices.rarely(2).then(|| "2023-11-14T22:13:20Z".to_owned());
    let done = Done { input: digest.clone(), carries: carries.clone(), places, registry: None, report: &report, time };
    let text = receipt(&artifact, &digest, &done).to_string();
    let judged = |text: &[u8], expected: &Carries| {
        put(&path, text);
        let mut report = Report::default();
        check(&mut report, &path, &artifact.as_path().into(), expected).map(|()| report.findings.len())
    };
    assert!(json::get(text.as_bytes(), "/predicate/client_id").is_ok(), "{text}");
    assert_eq!(judged(text.as_bytes(), &carries).expect("it is a receipt"), 0, "{text}");
    let mut other = carries.clone();
    match choices.below(4) {
        0 => other.application.push('x'),
        1 => other.environment.push('x'),
        2 => other.client_id.push('x'),
        _ => other.secret_fingerprint = Some(format!("{}x", other.secret_fingerprint.unwrap_or_default())),
    }
    assert_eq!(judged(text.as_bytes(), &other).expect("it is a receipt"), 1, "{text}");
    // One byte of it changes: it is no receipt, or does not fit, or says the same of what is compared.
    let mut damaged = text.clone().into_bytes();
    let at = choices.below(damaged.len());
    damaged[at] = choices.byte();
    if let Ok(0) = judged(&damaged, &carries) {
        let read = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).expect("it was read");
        let (was, is) = (read(text.as_bytes()), read(&damaged));
        let predicate = ["application", "environment", "client_id", "secret_fingerprint"];
        let predicate = predicate.map(|member| format!("/predicate/{member}"));
        for compared in predicate.iter().map(String::as_str).chain(["/subject/0/digest/sha256"]) {
            assert!(was.pointer(compared).is_some() && is.pointer(compared) == was.pointer(compared), "{compared}");
        }
    }
    let _ = judged(choices.rest(), &carries);
    // Another artifact is not what it is about.
    put(&artifact, b"another one, which is longer");
    assert_eq!(judged(text.as_bytes(), &carries).expect("it is a receipt"), 1);
}

//! Every changed byte of a signed app is noticed: in what is sealed, in the executables, in the signatures themselves.

use std::fs;
use std::path::{Path, PathBuf};

use inject::pipeline::job::Inspected;
use inject::pipeline::signing::AppleSigning as Signing;

use crate::pipeline::apple::{AT, Files, app, inject, request, write};
use crate::sign::apple::distribution;

fn sound(path: &Path) -> bool {
    Inspected::new(path).is_ok_and(|app| app.verify_signature(None).is_ok_and(|report| report.is_sound()))
}

fn signed(folder: &Path, files: &Files) -> PathBuf {
    // Signed, because it was in an archive of Xcode; an app before signing is edited only.
    let archive = folder.join("Notes.xcarchive");
    fs::create_dir_all(archive.join("Products/Applications")).unwrap();
    let app = archive.join("Products/Applications/Notes.app");
    fs::rename(write(folder, files), &app).unwrap();
    let identity = distribution();
    inject(&archive, &AT, "one", Signing::With(request(&identity))).unwrap();
    assert!(sound(&app));
    app
}

/// Bytes of a signature that hold nothing: behind the last blob, room that was left for a longer one.
fn room(executable: &[u8]) -> usize {
    executable.iter().rev().take_while(|byte| **byte == 0).count()
}

#[test]
fn every_byte_of_a_signed_app_counts() {
    let folder = tempfile::tempdir().unwrap();
    let app = signed(folder.path(), &app());
    let mut changed = 0;
    for entry in walkdir::WalkDir::new(&app).into_iter().flatten().filter(|entry| entry.file_type().is_file()) {
        let path = entry.path();
        // Apple's own stub is nobody's code here, but it is sealed as any other file.
        let good = fs::read(path).unwrap();
        let end = good.len() - if good.starts_with(&[0xcf, 0xfa]) { room(&good) } else { 0 };
        // Small files whole, of large ones a byte here and there, and the signature at the end closer.
        let step = (good.len() / 40).max(1);
        let tail = good.len().saturating_sub(12_000);
        let positions = (0..end).step_by(step).chain((tail..end).step_by(97));
        for at in positions {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            fs::write(path, &bad).unwrap();
            assert!(!sound(&app), "{} at {at:#x}", path.strip_prefix(&app).unwrap().display());
            changed += 1;
        }
        fs::write(path, &good).unwrap();
    }
    assert!(sound(&app));
    assert!(changed > 700, "{changed}");
}

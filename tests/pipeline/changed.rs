//! An artifact that something else writes to between inspection and commit: nothing of that is lost, and nothing that was read
//! before it is written.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use inject::pipeline::job::{Inspected, JobError, pending, repair};
use inject::pipeline::signing::{AndroidSigning, AppleSigning, Signing};
use inject::pipeline::{Done, Fault, Gate};
use inject::placement::template::Values;
use inject::placement::{Absence, Address, Place, Template};

use super::apple;
use crate::cli::files_below;

/// How a newer build takes the place of a file.
#[derive(Debug, Clone, Copy)]
enum Build {
    /// Another file, renamed over it.
    Renamed,
    /// The same file, written anew; as many bytes, and the times are set to what they were.
    Rewritten,
}

fn build(path: &Path, how: Build) -> Vec<u8> {
    let mut content = fs::read(path).unwrap();
    let last = content.len() - 1;
    content[last] ^= 1;
    match how {
        Build::Renamed => {
            let beside = path.with_extension("built");
            fs::write(&beside, &content).unwrap();
            fs::rename(&beside, path).unwrap();
        }
        Build::Rewritten => {
            let modified = fs::metadata(path).unwrap().modified().unwrap();
            fs::write(path, &content).unwrap();
            let times = fs::FileTimes::new().set_modified(modified);
            fs::File::options().write(true).open(path).unwrap().set_times(times).unwrap();
        }
    }
    content
}

fn finish(artifact: &Path, at: &str, output: &Path, between: impl FnOnce()) -> Result<Done, JobError> {
    let (address, value) = (Address::parse(at).unwrap(), Template::parse("{client_id}").unwrap());
    let planned = Inspected::new(artifact)?.plan(&[Place::new(address, value, Absence::Fail)], "")?;
    let other = BTreeMap::new();
    let values = Values {
        client_id: "new-id",
        client_secret: None,
        environment: "dev",
        application: "com.example",
        other: &other,
        mains: &[],
    };
    between();
    let mut signing = Signing::default();
    signing.android = Some(AndroidSigning::Unsigned);
    signing.apple = Some(AppleSigning::AdHoc);
    planned.finish(&values, &signing, output, Gate::default())
}

/// Artifacts of each kind, the file of each that changes meanwhile, and a place.
fn artifacts(folder: &Path) -> Vec<(PathBuf, PathBuf, &'static str)> {
    let package = folder.join("app.apk");
    fs::copy(crate::cli::testdata("demo.apk"), &package).unwrap();
    let ipa = apple::ipa(folder, &apple::app());
    let site = folder.join("site");
    fs::create_dir(&site).unwrap();
    fs::write(site.join("config.json"), "{\"id\": \"old\"}").unwrap();
    let app = folder.join("Notes.app");
    for (name, content) in apple::app() {
        let path = app.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    vec![
        (package.clone(), package, "string/client_id"),
        (ipa.clone(), ipa, "config.json#/id"),
        (site.clone(), site.join("config.json"), "config.json#/id"),
        // Not the file that changes here, but one whose digest is in the seal.
        (app.clone(), app.join("Base.lproj/Main.nib"), "config.json#/id"),
    ]
}

#[test]
fn a_newer_build_is_never_overwritten() {
    // Where the system tells when anything of a file was changed, times that are set back hide nothing.
    let hows: &[Build] = if cfg!(unix) { &[Build::Renamed, Build::Rewritten] } else { &[Build::Renamed] };
    for how in hows {
        let folder = tempfile::tempdir().unwrap();
        for (artifact, file, at) in artifacts(folder.path()) {
            let before = files_below(folder.path());
            let mut built = Vec::new();
            let error = finish(&artifact, at, &artifact, || built = build(&file, *how)).unwrap_err();
            assert!(matches!(error.fault(), Fault::Changed), "{}: {error}", file.display());
            let said = error.to_string();
            assert!(said.contains("changed while inject worked on it, so nothing was written"), "{said}");
            assert!(said.contains(file.file_name().unwrap().to_str().unwrap()), "{said}");
            let mut expected = before;
            expected.insert(file.clone(), built);
            assert!(files_below(folder.path()) == expected, "{} and {how:?}", file.display());
        }
    }
}

#[test]
fn an_output_elsewhere_is_of_one_state_of_its_input() {
    let folder = tempfile::tempdir().unwrap();
    for (artifact, file, at) in artifacts(folder.path()).into_iter().filter(|(artifact, ..)| artifact.is_file()) {
        let output = folder.path().join("out");
        finish(&artifact, at, &output, || drop(build(&file, Build::Renamed))).unwrap_err();
        assert!(!output.exists());
    }
}

#[test]
fn what_nobody_changes_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for (artifact, _, at) in artifacts(folder.path()) {
        assert!(finish(&artifact, at, &artifact, || {}).unwrap().written);
        assert!(!finish(&artifact, at, &artifact, || {}).unwrap().written);
    }
}

#[test]
fn what_a_killed_run_left_in_an_app_is_not_of_the_app() {
    let folder = tempfile::tempdir().unwrap();
    let (app, _, at) = artifacts(folder.path()).pop().unwrap();
    finish(&app, at, &app, || {}).unwrap();
    let finished = files_below(&app);
    let mut run = inject::host::transaction::Transaction::start(&app).unwrap();
    let read = inject::host::file::Stamp::at(&app.join("config.json")).unwrap();
    run.put("config.json", read, b"{\"id\": \"other\"}").unwrap();
    run.prepare().unwrap().unwrap().abandon();
    // Something else has written there since.
    build(&app.join("config.json"), Build::Renamed);
    fs::write(app.join("config.json"), "{\"id\": \"old\"}").unwrap();
    assert!(pending(&app).unwrap().unwrap().contains("config.json changed since"));
    let error = finish(&app, at, &app, || {}).unwrap_err();
    assert!(matches!(error.fault(), Fault::Changed), "{error}");
    assert!(repair(&app).unwrap().unwrap().contains("config.json changed since"));
    assert_eq!((pending(&app).unwrap(), repair(&app).unwrap()), (None, None));
    finish(&app, at, &app, || {}).unwrap();
    assert!(files_below(&app) == finished, "what was left was sealed, or stayed");
}

/// What was looked at once is done for as many outputs as are wanted; in its own place it is done once.
#[test]
fn one_plan_makes_many_outputs() {
    let folder = tempfile::tempdir().unwrap();
    for (artifact, _, at) in artifacts(folder.path()) {
        let (address, value) = (Address::parse(at).unwrap(), Template::parse("{client_id}").unwrap());
        let planned =
            Inspected::new(&artifact).unwrap().plan(&[Place::new(address, value, Absence::Fail)], "").unwrap();
        let other = BTreeMap::new();
        let mut signing = Signing::default();
        signing.android = Some(AndroidSigning::Unsigned);
        signing.apple = Some(AppleSigning::AdHoc);
        let finish = |id, output: &Path| {
            let values = Values {
                client_id: id,
                client_secret: None,
                environment: "dev",
                application: "com.example",
                other: &other,
                mains: &[],
            };
            planned.finish(&values, &signing, output, Gate::default())
        };
        if artifact.is_file() {
            let outputs = ["first", "second", "third"].map(|name| folder.path().join(name));
            for (output, id) in outputs.iter().zip(["one", "a-longer-one", "one"]) {
                assert!(finish(id, output).unwrap().written);
            }
            let [first, second, third] = outputs.map(|output| fs::read(output).unwrap());
            assert!(first == third && first != second, "{}", artifact.display());
        }
        assert!(finish("one", &artifact).unwrap().written);
        let again = finish("two", &artifact).unwrap_err();
        assert!(matches!(again.fault(), Fault::Changed), "{}: {again}", artifact.display());
    }
}

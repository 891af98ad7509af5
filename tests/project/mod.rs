//! What a source tree builds: ids, artifacts and presets as the files say, and reasons where they do not.

mod frameworks;
mod gradle;
mod xcode;

use std::fs;

use inject::project::{App, Id, Project, survey};

/// What is found in a tree of these files.
fn found(files: &[(&str, &str)]) -> Project {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    survey(folder.path()).unwrap()
}

/// Ids with their artifacts.
fn artifacts(project: &Project) -> Vec<(&str, Vec<&str>)> {
    project
        .apps
        .iter()
        .map(|app| (app.id.text().unwrap_or("?"), app.artifacts.iter().map(String::as_str).collect()))
        .collect()
}

/// Why the id of the only application is not known.
#[track_caller]
fn unknown(project: &Project) -> &str {
    match project.apps.as_slice() {
        [App { id: Id::Unknown(why), .. }] => why,
        apps => panic!("{apps:#?}"),
    }
}

fn presets(app: &App) -> Vec<&str> {
    app.marks.iter().map(|mark| mark.preset).collect()
}

#[test]
fn an_empty_folder_has_nothing() {
    let project = found(&[("README.md", "build.gradle")]);
    assert!(project.apps.is_empty() && project.frameworks.is_empty() && project.remarks.is_empty(), "{project:?}");
    let missing = survey(&tempfile::tempdir().unwrap().path().join("none")).unwrap_err();
    assert!(missing.to_string().starts_with("cannot list "), "{missing}");
}

#[test]
fn tools_and_outputs_are_passed_over() {
    let script = "plugins { id 'com.android.application' }\nandroid { namespace 'a.b' }";
    for folder in ["node_modules/x", "build/y", ".gradle", "ios/Pods", "a/bin"] {
        assert!(found(&[(&format!("{folder}/build.gradle"), script)]).apps.is_empty(), "{folder}");
    }
}

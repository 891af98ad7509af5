//! What GeneXus generates: prototyping metadata (`gxmetadata/`) with its main objects, and the traces of a knowledge base.
//!
//! Must not: take a main object for an application whose id does not end in its name.

use serde_json::Value;

use super::app::{App, Id, Project};
use super::files::escaped;
use super::files::{Files, folder_of, has_extension, name_of};
use super::marks::Mark;
use crate::format::limits;

/// What GAM answered at an F5, from a model folder.
const ANSWER: &str = "Library/GAM/OutputParms.json";

/// Finds the main objects, and the model folders that an F5 has registered applications from.
pub fn find(files: &Files, project: &mut Project) {
    let models = files.named("OutputParms.json").filter_map(|path| path.strip_suffix(ANSWER));
    // Not `OtherLibrary/GAM/...`.
    let models = models.filter(|folder| folder.is_empty() || folder.ends_with('/'));
    project.models.extend(models.map(|folder| match folder.trim_end_matches('/') {
        "" => ".".to_owned(),
        folder => folder.to_owned(),
    }));
    let mut mains = 0;
    for path in files.named("sdapps.json") {
        let folder = folder_of(path);
        let list = files.text(path).and_then(|text| {
            serde_json::from_str::<Value>(&text).map_err(|error| format!("{path}: no JSON that can be read: {error}"))
        });
        let list = match list {
            Ok(list) => list,
            Err(problem) => {
                project.remarks.push(problem);
                continue;
            }
        };
        for entry in list.get("apps").and_then(Value::as_array).into_iter().flatten() {
            let Some(main) = entry.get("n").and_then(Value::as_str) else { continue };
            // What is beyond is said of all applications together.
            if project.apps.len() > limits::PROJECT_APPS {
                break;
            }
            mains += 1;
            let property = |key: &str| {
                let text = entry.get("properties").and_then(|properties| properties.get(key)).and_then(Value::as_str);
                text.filter(|text| !text.is_empty()).map(str::to_owned)
            };
            let ids = (property("AndroidPackageName"), property("iOSBundleIdentifier"));
            add(project, main, ids, folder, path);
        }
    }
    let traces = files.paths().find(|path| {
        let name = name_of(path);
        ["client.cfg", "connection.gam", "application.gam"].contains(&name)
            || has_extension(name, "gxw")
            || has_extension(name, "gxsd")
    });
    match traces {
        Some(trace) if mains == 0 => {
            project.frameworks.push(format!("GeneXus ({trace})"));
            let settings =
                project.apps.iter().any(|app| app.marks.iter().any(|mark| mark.preset.starts_with("genexus")));
            if !settings {
                let remark = "GeneXus left no gxmetadata/sdapps.json here; it appears with the build of a main object \
                              for mobile devices, and then belongs into artifacts";
                project.remarks.push(remark.to_owned());
            }
        }
        _ if mains > 0 => project.frameworks.push("GeneXus (gxmetadata)".to_owned()),
        _ => {}
    }
}

/// Adds a main object: to the application that has one of its ids, or whose id ends in its name, as GeneXus makes ids; else as one
/// of its own.
fn add(
    project: &mut Project,
    main: &str,
    (android, ios): (Option<String>, Option<String>),
    folder: &str,
    seen_in: &str,
) {
    let short = main.rsplit('.').next().unwrap_or(main).to_lowercase();
    let is_one = |app: &App| {
        let Id::Known(id) = &app.id else { return false };
        [&android, &ios].into_iter().flatten().any(|own| own == id)
    };
    let ends = |app: &App| match &app.id {
        Id::Known(id) => {
            let last = id.rsplit('.').next().is_some_and(|last| last.to_lowercase() == short);
            last && android.is_none() && ios.is_none()
        }
        // The same main object, built for several generators.
        Id::Chosen { id, .. } => id == main,
        Id::Unknown(_) => false,
    };
    let known = project.apps.iter().position(is_one).or_else(|| project.apps.iter().position(ends));
    let index = known.unwrap_or_else(|| {
        let why = "the metadata has no package id: this is the main object's name, under which it will be registered; write the \
                   package id instead where the main object is built for devices too";
        let chosen = || Id::Chosen { id: main.to_owned(), why: why.to_owned() };
        let id = android.clone().or(ios.clone()).map_or_else(chosen, Id::Known);
        project.apps.push(App::new(id, main));
        project.apps.len() - 1
    });
    let mark = Mark { preset: "genexus", seen_in: seen_in.to_owned(), only_named: false };
    // One that was found for each system is one application.
    if let Some(other) = (index + 1..project.apps.len()).find(|other| project.apps.get(*other).is_some_and(is_one)) {
        let other = project.apps.remove(other);
        if let Some(app) = project.apps.get_mut(index) {
            app.absorb(other);
        }
    }
    if let Some(app) = project.apps.get_mut(index) {
        app.name = Some(main.to_owned());
        let other = |id: Option<String>, app: &App| id.filter(|id| app.id.text() != Some(id.as_str()));
        app.android = other(android, app);
        app.ios = other(ios, app);
        app.sources.push(format!("{seen_in} (main object {main})"));
        app.artifacts.push(escaped(folder));
        // What fits among GeneXus' presets is found for each artifact.
        app.marks.retain(|mark| mark.preset != "generic" && mark.preset != "genexus");
        app.marks.push(mark);
    }
}

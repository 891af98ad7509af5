//! Projects of Angular: where the builder puts the site (`outputPath` of `angular.json`), and where in its sources
//! something is called like a Client Id.
//!
//! Must not: list a site that goes into a native app.

use serde_json::Value;

use super::app::{App, Id, Project};
use super::files::escaped;
use super::files::{Files, folder_of, has_extension, is_within, join};
use super::layout::Layouts;
use super::marks::Mark;

/// Names that properties with a Client Id have.
const NAMES: [&str; 5] = ["clientId", "clientID", "client_id", "CLIENT_ID", "ClientId"];

/// Finds the applications.
pub fn find(files: &Files, layouts: &Layouts, project: &mut Project) {
    for path in files.named("angular.json") {
        let root = folder_of(path);
        let workspace = files.text(path).and_then(|text| {
            serde_json::from_str::<Value>(&text).map_err(|error| format!("{path}: no JSON that can be read: {error}"))
        });
        let workspace = match workspace {
            Ok(workspace) => workspace,
            Err(problem) => {
                project.remarks.push(problem);
                continue;
            }
        };
        if layouts.is_in_an_app(root) {
            project.remarks.push(format!("{path}: the site goes into the native app, and is not listed by itself"));
            continue;
        }
        for (name, own) in workspace.get("projects").and_then(Value::as_object).into_iter().flatten() {
            if own.get("projectType").and_then(Value::as_str) == Some("application") {
                project.apps.extend(site(files, path, name, own));
            }
        }
    }
}

fn site(files: &Files, path: &str, name: &str, own: &Value) -> Option<App> {
    let root = folder_of(path);
    let build = own.pointer("/architect/build").or_else(|| own.pointer("/targets/build"))?;
    let output = output(name, build);
    let sources = join(root, own.get("root").and_then(Value::as_str).unwrap_or_default())?;
    let why = "a site has no package id: this is the project's name, under which it will be registered";
    let mut app = App::new(Id::Chosen { id: name.to_owned(), why: why.to_owned() }, name);
    app.sources.push(format!("{path} (project {name})"));
    let artifact = output.and_then(|output| join(&escaped(root), &escaped(&output)));
    let settings = files
        .named("app.settings.json")
        .find(|path| is_within(path, &sources) && files.text(path).is_ok_and(|text| text.contains("GAM_CLIENT_ID")));
    if let Some(settings) = settings {
        app.marks.push(Mark { preset: "genexus-angular", seen_in: settings.to_owned(), only_named: false });
        app.artifacts.extend(artifact);
        return Some(app);
    }
    let open = "nothing shows for certain where this site reads its Client Id: name the place first";
    app.example = artifact.map(|artifact| (artifact, open.to_owned()));
    for path in files.within(&sources).filter(|path| path.contains("/environments/") && has_extension(path, "ts")) {
        let text = files.text(path).unwrap_or_default();
        for word in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
            let place = format!("**/*.js#{word}");
            if NAMES.contains(&word) && !app.places.iter().any(|(known, _)| *known == place) {
                app.places.push((place, path.to_owned()));
            }
        }
    }
    Some(app)
}

/// Where the builder puts the files that a browser loads.
fn output(name: &str, build: &Value) -> Option<String> {
    let builder = build.get("builder").and_then(Value::as_str).unwrap_or_default();
    // The application builder keeps what a server runs beside it.
    let divided = builder.ends_with(":application");
    match build.pointer("/options/outputPath") {
        Some(Value::String(path)) if divided => join(path, "browser"),
        Some(Value::String(path)) => Some(path.clone()),
        Some(path) => {
            let base = path.get("base")?.as_str()?;
            join(base, path.get("browser").and_then(Value::as_str).unwrap_or("browser"))
        }
        None => divided.then(|| format!("dist/{name}/browser")),
    }
}

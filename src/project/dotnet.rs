//! .NET for Android and iOS, MAUI among it: `ApplicationId` of the project file, packages below `bin/`.
//!
//! Must not: evaluate `MSBuild`.

use super::app::{App, Id, Project};
use super::files::escaped;
use super::files::{Files, folder_of, has_extension, join, name_of};
use super::marks::{self, System};
use crate::format::xml;

/// Finds the applications.
pub fn find(files: &Files, project: &mut Project) {
    for path in files.paths().filter(|path| has_extension(path, "csproj") || has_extension(path, "fsproj")) {
        let Ok(bytes) = files.bytes(path) else { continue };
        let values = |name: &str| xml::get(&bytes, &format!("/Project/PropertyGroup/{name}"));
        let frameworks = match values("TargetFrameworks") {
            Ok(several) => [several, values("TargetFramework").unwrap_or_default()].concat().join(";"),
            Err(problem) => {
                project.remarks.push(format!("{path}: {problem}"));
                continue;
            }
        };
        let is_app = !values("OutputType").is_ok_and(|types| types.iter().any(|kind| kind == "Library"));
        let (android, apple) = (frameworks.contains("-android"), frameworks.contains("-ios"));
        if !is_app || !(android || apple) {
            continue;
        }
        let maui = values("UseMaui").is_ok_and(|values| values.iter().any(|value| value == "true"));
        project.frameworks.push(format!("{} ({path})", if maui { ".NET MAUI" } else { ".NET" }));
        let folder = folder_of(path);
        let mut app = App::new(id(path, &values("ApplicationId").unwrap_or_default()), stem(path));
        app.sources.push(format!("{path} (ApplicationId)"));
        for (is_target, glob, system) in [
            (android, "bin/*/net*-android*/**/*-Signed.apk", System::Android),
            (apple, "bin/*/net*-ios*/**/*.ipa", System::Apple),
        ] {
            if is_target {
                app.artifacts.extend(join(&escaped(folder), glob));
                app.marks.extend(marks::of(files, folder, system));
            }
        }
        project.apps.push(app);
    }
}

fn id(path: &str, values: &[String]) -> Id {
    let mut values: Vec<&str> = values.iter().map(|value| value.trim()).collect();
    values.dedup();
    match values.as_slice() {
        [] => Id::Unknown(format!("{path}: there is no ApplicationId")),
        [id] if !id.contains('$') => Id::Known((*id).to_owned()),
        [_] => Id::Unknown(format!("{path}: ApplicationId is computed")),
        _ => Id::Unknown(format!("{path}: ApplicationId depends on a condition")),
    }
}

fn stem(path: &str) -> &str {
    let name = name_of(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

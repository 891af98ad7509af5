//! The artifacts of one run: those that are named, else those that `inject.toml` lists.
//!
//! Must not: open one for more than to see which packages are one artifact.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use inject::job::Input;
use inject::place::enters;

use crate::exit::{Code, Failure};
use crate::render::Output;
use crate::settings::Settings;
use crate::settings::config::ListedApp;

/// An artifact to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Where it is.
    pub input: Input,
    /// The application that lists it in inject.toml, where it is a folder: that may belong to several.
    pub app: Option<String>,
}

/// The artifacts of this run.
pub fn artifacts(
    settings: &Settings,
    named: &[PathBuf],
    app: Option<&str>,
    out: Output,
) -> Result<Vec<Given>, Failure> {
    if !named.is_empty() {
        // One that is named twice is done once.
        let mut seen = HashSet::new();
        let first = |path: &&PathBuf| seen.insert(std::fs::canonicalize(path).unwrap_or_else(|_| (*path).clone()));
        let paths = named.iter().filter(first).cloned().collect();
        return Ok(Input::together(paths).into_iter().flatten().map(|input| Given { input, app: None }).collect());
    }
    let Some(config) = &settings.config else {
        return Err(Failure::usage("no artifact is given, and no inject.toml names any")
            .remedy("inject ARTIFACT... --env NAME")
            .remedy("inject init writes an inject.toml for the project here")
            .remedy("inject --help shows examples"));
    };
    let app = app.map(|name| settings.named_app(name)).transpose()?.and_then(|(_, app)| app);
    let is_meant = |listed: &&ListedApp| app.is_none_or(|app| app.id == listed.id);
    let apps: Vec<&ListedApp> = config.apps.values().filter(is_meant).collect();
    let patterns: Vec<(&ListedApp, &str)> = apps
        .into_iter()
        .flat_map(|app| app.artifacts.iter().map(move |pattern| (app, pattern.trim_end_matches('/'))))
        .collect();
    if patterns.is_empty() {
        return Err(Failure::usage(format!("{} names no artifacts", config.path.display()))
            .remedy("add artifacts = [\"app/build/outputs/apk/**/*.apk\"] to [app.NAME], or give artifacts"));
    }
    let folder = config.path.parent().unwrap_or(Path::new("."));
    let here = std::env::current_dir().ok();
    let mut found: Vec<(PathBuf, Option<String>)> = Vec::new();
    let mut without: Vec<&str> = Vec::new();
    for (app, pattern) in &patterns {
        let matching = matches(folder, pattern).map_err(|e| e.during(config.path.display().to_string()))?;
        if matching.is_empty() {
            without.push(pattern);
        }
        for path in matching {
            // As who stands here would name it.
            let path = match here.as_ref().and_then(|here| path.strip_prefix(here).ok()) {
                Some(below) => below.to_owned(),
                None => path,
            };
            let app = path.is_dir().then(|| app.id.clone());
            let given = (path, app);
            // Patterns may overlap; an artifact is done once, a folder once for each application.
            if !found.contains(&given) {
                found.push(given);
            }
        }
    }
    let nothing = |pattern: &str| format!("nothing below {} matches {pattern:?}", folder.display());
    if found.is_empty() {
        let mut all = without.iter().map(|pattern| nothing(pattern));
        let failure = Failure::new(Code::Artifact, all.next().unwrap_or_default());
        let failure = all.fold(failure, Failure::detail);
        return Err(failure.remedy("build first, or correct artifacts in inject.toml"));
    }
    // What is not built is not wrong: a build makes one variant as a rule.
    for pattern in without {
        out.note(&nothing(pattern));
    }
    let (paths, apps): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let inputs = Input::together(paths).into_iter().zip(apps);
    Ok(inputs.filter_map(|(input, app)| input.map(|input| Given { input, app })).collect())
}

/// What a pattern of `inject.toml` matches, in order.
pub fn matches(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, Failure> {
    let glob = globset::GlobBuilder::new(pattern).literal_separator(true).build();
    let matcher = glob.map_err(|e| Failure::of(Code::Usage, e))?.compile_matcher();
    // Only below the names that it begins with is anything that it may match.
    let plain = pattern.split('/').take_while(|name| !name.contains(['*', '?', '[', '{', '\\']) && *name != "..");
    let start = plain.fold(folder.to_owned(), |start, name| start.join(name));
    let files = walkdir::WalkDir::new(start).sort_by_file_name().into_iter();
    let entered = |entry: &walkdir::DirEntry| {
        let is_folder = entry.depth() > 0 && entry.file_type().is_dir();
        !is_folder || entry.file_name().to_str().is_none_or(|name| enters(pattern, name))
    };
    let files = files.filter_entry(entered).flatten();
    // A folder is an artifact where its own name is given, not where a pattern happens to match it.
    let names_a_folder = !pattern.rsplit('/').next().unwrap_or_default().contains(['*', '?', '[', '{']);
    Ok(files
        .filter(|entry| names_a_folder || !entry.file_type().is_dir())
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.strip_prefix(folder).is_ok_and(|path| matcher.is_match(path)))
        .collect())
}

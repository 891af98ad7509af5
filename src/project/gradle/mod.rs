//! Android modules of Gradle builds: which are built, which are applications, and where AGP puts their packages
//! (`build/outputs/apk/FLAVOUR/TYPE/`).
//!
//! * `scope`: blocks and properties of a script by name.
//! * `variants`: flavours, build types and the id of each.
//! * `plugins`: what a module is.
//!
//! Must not: evaluate a script.

mod plugins;
mod scope;
mod variants;

use std::collections::{BTreeMap, BTreeSet};

use super::app::{App, Id, Project};
use super::files::escaped;
use super::files::{Files, folder_of, is_within, join};
use super::layout::Layouts;
use super::marks::{self, System};
use crate::format::gradle::{self, Statement, Token};
use crate::format::xml;
use plugins::{Catalogs, Module};
use scope::Scope;
use variants::{Variant, Variants};

/// Finds the applications.
pub fn find(files: &Files, layouts: &Layouts, project: &mut Project) {
    let catalogs = Catalogs::of(files, &mut project.remarks);
    let builds: Vec<Build> = ["settings.gradle", "settings.gradle.kts"]
        .iter()
        .flat_map(|name| files.named(name))
        .map(|path| Build::of(files, path))
        .collect();
    let scripts = files.paths().filter(|path| {
        path.ends_with("/build.gradle") || *path == "build.gradle" || path.ends_with("build.gradle.kts")
    });
    for path in scripts {
        let folder = folder_of(path);
        let nearest = builds
            .iter()
            .filter(|build| folder == build.root || is_within(folder, &build.root))
            .max_by_key(|build| build.root.len());
        if layouts.is_made_by_cordova(folder) || nearest.is_some_and(|build| !build.includes(folder)) {
            continue;
        }
        let text = match files.text(path) {
            Ok(text) => text,
            Err(problem) => {
                project.remarks.push(problem);
                continue;
            }
        };
        let statements = gradle::parse(&text);
        let all = Scope::of(&statements);
        let variants = match plugins::module(&statements, &catalogs) {
            Module::Feature => {
                project.remarks.push(format!("{path} is a dynamic feature: it is part of its application's bundle"));
                continue;
            }
            Module::Application => Variants::of(&all, false),
            // Plugins of the project's own may make it an application; then it has an id, as a rule.
            Module::Unknown if variants::has_id(&all) => Variants::of(&all, true),
            Module::Library | Module::Unknown => continue,
        };
        let script = Script { files, path, folder };
        project.apps.extend(script.apps(&variants, layouts));
    }
}

/// A build: what its settings include.
struct Build {
    root: String,
    /// Folders of modules; `None` where the settings compute them.
    modules: Option<BTreeSet<String>>,
}

impl Build {
    fn of(files: &Files, path: &str) -> Self {
        let root = folder_of(path).to_owned();
        let statements = gradle::parse(&files.text(path).unwrap_or_default());
        let mut modules: BTreeMap<String, Option<String>> = BTreeMap::new();
        let mut computed = false;
        for statement in &statements {
            computed |= has_conditional_include(statement);
            match statement.tokens.as_slice() {
                [Token::Word(word), rest @ ..] if word == "include" => {
                    let names = statement.texts().filter(|_| rest.iter().all(is_list_part));
                    computed |= names.is_none();
                    for name in names.unwrap_or_default() {
                        let name = name.trim_start_matches(':');
                        modules.insert(name.to_owned(), join(&root, &name.replace(':', "/")));
                    }
                }
                // project(":name").projectDir = file("folder")
                [Token::Word(word), Token::Symbol('('), Token::Text(name), rest @ ..]
                    if word == "project" && rest.contains(&Token::Word("projectDir".to_owned())) =>
                {
                    let texts: Vec<&String> = rest
                        .iter()
                        .filter_map(|token| if let Token::Text(text) = token { Some(text) } else { None })
                        .collect();
                    let folder = match texts.as_slice() {
                        [folder] if !rest.contains(&Token::Computed) => join(&root, folder),
                        _ => None,
                    };
                    computed |= folder.is_none();
                    modules.insert(name.trim_start_matches(':').to_owned(), folder);
                }
                _ => {}
            }
        }
        let modules = (!computed).then(|| modules.into_values().flatten().collect());
        Self { root, modules }
    }

    fn includes(&self, folder: &str) -> bool {
        folder == self.root || self.modules.as_ref().is_none_or(|modules| modules.contains(folder))
    }
}

fn is_list_part(token: &Token) -> bool {
    matches!(token, Token::Text(_) | Token::Symbol('(' | ')' | ',' | '[' | ']'))
}

/// An `include` in a condition or a loop.
fn has_conditional_include(statement: &Statement) -> bool {
    statement.blocks.iter().flatten().any(|within| within.path() == ["include"] || has_conditional_include(within))
}

/// The build script of an application.
struct Script<'f> {
    files: &'f Files,
    path: &'f str,
    folder: &'f str,
}

impl Script<'_> {
    fn apps(&self, variants: &Variants, layouts: &Layouts) -> Vec<App> {
        let implied = self.implied_id(variants);
        let mut apps: Vec<(App, Vec<&Variant>)> = Vec::new();
        for variant in &variants.all {
            let id = variant.id(implied.as_deref());
            let id = id.map_or_else(|problem| Id::Unknown(format!("{}: {problem}", self.path)), Id::Known);
            // What is not known of one variant is not told apart from what is not known of another.
            let same = |app: &App| app.id == id || app.id.text().is_none() && id.text().is_none();
            match apps.iter_mut().find(|(app, _)| same(app)) {
                Some((_, of)) => of.push(variant),
                None => apps.push((App::new(id, self.hint(variant)), vec![variant])),
            }
        }
        let flutter = layouts.flutter(self.folder, "android/app");
        let marks = marks::of(self.files, self.folder, System::Android);
        let finish = |(mut app, of): (App, Vec<&Variant>)| {
            app.sources.push(format!("{} ({})", self.path, said(&of)));
            app.artifacts = match flutter {
                Some(root) => flutter_outputs(root, &of),
                None if variants.incomplete.is_some() => vec![self.output("**/*.apk")],
                None => outputs(&of).iter().map(|glob| self.output(glob)).collect(),
            };
            app.remarks.extend(variants.incomplete.iter().map(|why| {
                format!("{why}: so the pattern covers all variants, packages of tests too, and should be narrowed")
            }));
            app.marks.clone_from(&marks);
            app
        };
        apps.into_iter().map(finish).collect()
    }

    fn output(&self, glob: &str) -> String {
        let folder = escaped(self.folder);
        let slash = if folder.is_empty() { "" } else { "/" };
        format!("{folder}{slash}build/outputs/apk/{glob}")
    }

    /// What AGP takes where no id is given: the namespace, earlier the manifest's package.
    fn implied_id(&self, variants: &Variants) -> Option<String> {
        if variants.namespace.is_some() {
            return variants.namespace.clone();
        }
        let manifest = join(self.folder, "src/main/AndroidManifest.xml")?;
        xml::get(&self.files.bytes(&manifest).ok()?, "/manifest/@package").ok()?.into_iter().next()
    }

    fn hint(&self, variant: &Variant) -> String {
        let module = self.folder.rsplit('/').find(|name| !name.is_empty()).unwrap_or("app");
        if variant.flavors.is_empty() { module.to_owned() } else { format!("{module}-{}", variant.flavors.join("-")) }
    }
}

/// The variants of one id, for people.
fn said(variants: &[&Variant]) -> String {
    let names: Vec<String> = variants.iter().map(|variant| variant.name()).collect();
    format!("{} {}", if names.len() == 1 { "variant" } else { "variants" }, names.join(", "))
}

/// `free/{debug,release}/*.apk`.
fn outputs(variants: &[&Variant]) -> Vec<String> {
    let globs = by_flavor(variants).into_iter().map(|(flavor, types)| {
        let slash = if flavor.is_empty() { "" } else { "/" };
        format!("{}{slash}{}/*.apk", escaped(&flavor), one_of(&types))
    });
    globs.collect()
}

/// `app-free-release.apk`, with an architecture before the flavour where packages are split.
fn flutter_outputs(root: &str, variants: &[&Variant]) -> Vec<String> {
    let globs = by_flavor(variants).into_iter().filter_map(|(flavor, mut types)| {
        // The plugin of Flutter adds it.
        if types.contains(&"debug") && !types.contains(&"profile") {
            types.push("profile");
        }
        let flavor = if flavor.is_empty() { String::new() } else { format!("-{}", escaped(&flavor.to_lowercase())) };
        join(&escaped(root), &format!("build/app/outputs/flutter-apk/app*{flavor}-{}.apk", one_of(&types)))
    });
    globs.collect()
}

fn by_flavor<'v>(variants: &[&'v Variant]) -> Vec<(String, Vec<&'v str>)> {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for variant in variants {
        let flavor = variant.flavor();
        match groups.iter_mut().find(|(known, _)| *known == flavor) {
            Some((_, types)) => types.push(&variant.build_type),
            None => groups.push((flavor, vec![&variant.build_type])),
        }
    }
    groups
}

fn one_of(names: &[&str]) -> String {
    match names {
        [name] => escaped(name),
        names => format!("{{{}}}", names.iter().map(|name| escaped(name)).collect::<Vec<_>>().join(",")),
    }
}

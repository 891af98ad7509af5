//! The integrations as files: templates from `hooks/`, and what stands in them of this project, quoted for the language that
//! the file is in.
//!
//! Must not: write a file, or put an environment into a hook that can follow `inject env use`.

mod quote;

use crate::args::{Hook, HookKind};
use crate::exit::Failure;

/// What every file of ours says somewhere in its first lines.
pub const MARK: &str = "Written by `inject hook ";

/// A file of an integration.
#[derive(Debug)]
pub struct HookFile {
    /// Where it goes.
    pub place: Place,
    /// Its content.
    pub text: String,
    /// Whether it is a program.
    pub program: bool,
}

/// Where a file goes.
#[derive(Debug, PartialEq, Eq)]
pub enum Place {
    /// Below the folder of inject.toml.
    Project(&'static str),
    /// In git's folder for hooks.
    Git(&'static str),
}

/// What of this project stands in the files.
#[derive(Debug)]
struct Named<'h> {
    artifacts: Vec<&'h str>,
    app: Option<&'h str>,
}

impl Named<'_> {
    /// The words behind the program's name.
    fn words(&self) -> Vec<&str> {
        self.artifacts.iter().copied().chain(self.app.into_iter().flat_map(|app| ["--app", app])).collect()
    }
}

/// The files of an integration. `settings` says whether the project has an inject.toml.
pub fn files(hook: &Hook, settings: bool) -> Result<Vec<HookFile>, Failure> {
    let named = Named { artifacts: hook.artifact.iter().map(String::as_str).collect(), app: hook.app.as_deref() };
    check(hook, &named)?;
    let project = |path, text: String| HookFile { place: Place::Project(path), text, program: false };
    Ok(match hook.kind {
        HookKind::Gradle => {
            let template = if hook.plain {
                include_str!("hooks/gradle-plain.gradle")
            } else {
                include_str!("hooks/gradle-agp.gradle")
            };
            vec![project("inject.gradle", template.replace("@@WORDS@@", &quote::groovy_list(&named.words())))]
        }
        HookKind::Xcode => {
            let words = named.words().iter().map(|word| format!(" {}", quote::sh(word))).collect::<String>();
            let script = include_str!("hooks/xcode.sh").replace("@@WORDS@@", &words);
            let toml = if settings { "$(SRCROOT)/inject.toml" } else { "# $(SRCROOT)/inject.toml, once there is one" };
            let inputs = include_str!("hooks/xcode-inputs.xcfilelist").replace("@@SETTINGS@@", toml);
            vec![
                HookFile { place: Place::Project("inject-xcode.sh"), text: script, program: true },
                project("inject-xcode-inputs.xcfilelist", inputs),
            ]
        }
        HookKind::Msbuild => {
            let item = |artifact: &&str| format!("    <InjectArtifact Include=\"{}\" />", quote::msbuild(artifact));
            let mut items: Vec<String> = named.artifacts.iter().map(item).collect();
            if items.is_empty() {
                items.push("    <!-- <InjectArtifact Include=\"web\\gxmetadata\" /> -->".to_owned());
            }
            let text = include_str!("hooks/msbuild.targets")
                .replace("@@APP@@", &named.app.map(quote::msbuild).unwrap_or_default())
                .replace("@@ITEMS@@", &items.join("\n"));
            vec![project("inject.targets", text)]
        }
        HookKind::PreCommit => {
            let text = include_str!("hooks/pre-commit.sh").to_owned();
            vec![HookFile { place: Place::Git("pre-commit"), text, program: true }]
        }
    })
}

/// What an integration has no use for is an error: it would be thought to be in there.
fn check(hook: &Hook, named: &Named<'_>) -> Result<(), Failure> {
    if hook.plain && hook.kind != HookKind::Gradle {
        return Err(Failure::usage("--plain is for gradle"));
    }
    if hook.artifact.iter().chain(&hook.app).any(|name| name.is_empty() || name.contains(char::is_control)) {
        return Err(Failure::usage("an empty name, or one with a control character, is in no hook"));
    }
    // MSBuild separates values by the one, and takes the other for the beginning of an escape, as the shell of Windows does.
    if hook.kind == HookKind::Msbuild && named.words().iter().any(|word| word.contains([';', '%'])) {
        return Err(
            Failure::usage("MSBuild passes on no name with ; or %").remedy("list the artifact in inject.toml instead")
        );
    }
    let builds = matches!(hook.kind, HookKind::Gradle | HookKind::Xcode);
    if builds && !named.artifacts.is_empty() {
        return Err(Failure::usage("--artifact: the build knows what it made, and this hook takes that"));
    }
    if hook.kind == HookKind::PreCommit && !named.words().is_empty() {
        return Err(Failure::usage("--artifact and --app: what is committed is searched, whatever it belongs to"));
    }
    Ok(())
}

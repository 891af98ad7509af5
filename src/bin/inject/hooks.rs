//! The integrations as files: templates from `hooks/`, and what stands in them of this project, quoted for the language that
//! the file is in.
//!
//! Must not: write a file, or put an environment into a hook that can follow `inject env use`.

mod quote;

use inject::credentials::EnvironmentName;

use crate::command::hook::args::{Hook, HookKind};
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
    /// Below the top of the repository.
    Repository(&'static str),
    /// In git's folder for hooks.
    Git(&'static str),
}

/// What of this project stands in the files.
#[derive(Debug)]
struct Named<'h> {
    artifacts: Vec<&'h str>,
    app: Option<&'h str>,
}

impl<'h> Named<'h> {
    fn app_words(&self) -> Vec<&'h str> {
        self.app.into_iter().flat_map(|app| ["--app", app]).collect()
    }

    /// The words behind the program's name.
    fn words(&self) -> Vec<&'h str> {
        self.artifacts.iter().copied().chain(self.app_words()).collect()
    }

    /// They behind each other for a shell, each with a blank before it.
    fn shell(&self) -> String {
        self.words().iter().map(|word| format!(" {}", quote::sh(word))).collect()
    }
}

/// The files of an integration. `settings` says whether the project has an inject.toml; `env` is the environment of a pipeline,
/// which knows no active one.
pub fn files(hook: &Hook, settings: bool, env: Option<&EnvironmentName>) -> Result<Vec<HookFile>, Failure> {
    let named = Named { artifacts: hook.artifact.iter().map(String::as_str).collect(), app: hook.app.as_deref() };
    check(hook, &named)?;
    let project = |path, text: String| HookFile { place: Place::Project(path), text, program: false };
    let pipeline = |path, template: &str, verify: String| {
        let text = template.replace("@@WORDS@@", &named.shell()).replace("@@VERIFY@@", &verify);
        let text = text.replace("@@ENV@@", &quote::yaml(env.map_or("", EnvironmentName::as_str)));
        HookFile { place: Place::Repository(path), text, program: false }
    };
    // The gate wants to be told what it looks at.
    let gate =
        |line: &dyn Fn(String) -> String| if named.artifacts.is_empty() { String::new() } else { line(named.shell()) };
    Ok(match hook.kind {
        HookKind::Gradle => {
            let template = if hook.plain {
                include_str!("hooks/gradle-plain.gradle")
            } else {
                include_str!("hooks/gradle-agp.gradle")
            };
            vec![project("inject.gradle", template.replace("@@WORDS@@", &quote::list(&named.words())))]
        }
        HookKind::Xcode => {
            let script = include_str!("hooks/xcode.sh").replace("@@WORDS@@", &named.shell());
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
        HookKind::Maui => {
            let app = named.app.map(quote::msbuild).unwrap_or_default();
            vec![project("inject.maui.targets", include_str!("hooks/maui.targets").replace("@@APP@@", &app))]
        }
        HookKind::Fastlane => {
            let text = include_str!("hooks/fastlane.rb")
                .replace("@@ARTIFACTS@@", &quote::list(&named.artifacts))
                .replace("@@APP@@", &quote::list(&named.app_words()));
            vec![project("fastlane/InjectFastfile", text)]
        }
        HookKind::Github => {
            let template = include_str!("hooks/github.yml").replace("@@VERSION@@", env!("CARGO_PKG_VERSION"));
            let app = named.app.map(|app| format!("          app: {}\n", quote::yaml(&quote::github(app))));
            let lines = named.artifacts.iter().map(|path| format!("            {}\n", quote::github(path)));
            let lines: String = lines.collect();
            let artifacts = if lines.is_empty() { lines } else { format!("          artifacts: |\n{lines}") };
            let template = template.replace("@@WITH@@", &format!("{}{artifacts}", app.unwrap_or_default()));
            vec![pipeline(".github/workflows/inject.yml", &template, String::new())]
        }
        HookKind::Gitlab => {
            let verify = gate(&|words| format!("\n      inject verify{words}"));
            vec![pipeline(".gitlab/inject.gitlab-ci.yml", include_str!("hooks/gitlab.yml"), verify)]
        }
        HookKind::Azure => {
            let verify = gate(&|words| format!("      inject verify{words} --format azure --summary \"$summary\"\n"));
            vec![pipeline(".azure/inject.yml", include_str!("hooks/azure.yml"), verify)]
        }
        HookKind::PreCommit => {
            let text = include_str!("hooks/pre-commit.sh").to_owned();
            vec![HookFile { place: Place::Git("pre-commit"), text, program: true }]
        }
    })
}

/// Whether an integration names the environment itself, because where it runs there is no active one.
pub fn names_environment(kind: HookKind) -> bool {
    matches!(kind, HookKind::Github | HookKind::Gitlab | HookKind::Azure)
}

/// What an integration has no use for is an error: it would be thought to be in there. So is what it cannot pass on as it is.
fn check(hook: &Hook, named: &Named<'_>) -> Result<(), Failure> {
    if hook.plain && hook.kind != HookKind::Gradle {
        return Err(Failure::usage("--plain is for gradle"));
    }
    let words = named.words();
    let is_no_name = |word: &&str| word.trim() != *word || word.is_empty() || word.contains(char::is_control);
    if words.iter().any(is_no_name) {
        return Err(Failure::usage(
            "a name that is empty, begins or ends with a blank, or has a control character, is in no hook",
        ));
    }
    let builds = matches!(hook.kind, HookKind::Gradle | HookKind::Xcode | HookKind::Maui);
    if builds && !named.artifacts.is_empty() {
        return Err(Failure::usage("--artifact: the build knows what it made, and this hook takes that"));
    }
    if hook.kind == HookKind::PreCommit && !words.is_empty() {
        return Err(Failure::usage("--artifact and --app: what is committed is searched, whatever it belongs to"));
    }
    let refused: &[&str] = match hook.kind {
        // The one separates values, the other begins an escape, as it begins a variable for the shell of Windows.
        HookKind::Msbuild | HookKind::Maui => &[";", "%"],
        // Expressions, which have no escape there.
        HookKind::Azure => &["${{", "$(", "$["],
        HookKind::Gradle
        | HookKind::Xcode
        | HookKind::Fastlane
        | HookKind::Github
        | HookKind::Gitlab
        | HookKind::PreCommit => &[],
    };
    match refused.iter().find(|part| words.iter().any(|word| word.contains(**part))) {
        None => Ok(()),
        Some(part) => Err(Failure::usage(format!("a name with {part} means something else there"))
            .remedy("list the artifact in inject.toml, and name neither here")),
    }
}

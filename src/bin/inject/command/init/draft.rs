//! The text of a first `inject.toml`: what was found as lines, what is not known as comments, each with its reason.
//!
//! Must not: write a line that is not true of the project.

use std::collections::BTreeSet;
use std::fmt::Write;

use inject::place::{BUILT_IN, Preset};
use inject::survey::{App, Id, Mark, Project};

/// Columns of a comment.
const WIDTH: usize = 110;

/// An environment of GeneXus: one for each model folder.
#[derive(Debug)]
pub struct ModelEnv {
    /// Its name.
    pub name: String,
    /// The model folder.
    pub model: String,
    /// Whether each application in its file has a secret; `None` where the file cannot be read now.
    pub has_secrets: Option<bool>,
}

/// The text. Without environments of GeneXus, they are dev and prod.
pub fn text(project: &Project, envs: &[ModelEnv]) -> String {
    let mut draft = Draft { text: String::new(), explained: BTreeSet::new() };
    draft.comment("inject.toml: the applications that this project builds, and the environments they are made for.");
    draft.comment("Commit it: it holds no credential. Written by \"inject init\"; every line is yours to change.");
    if !project.frameworks.is_empty() {
        draft.comment(&format!("Seen here: {}.", project.frameworks.join(", ")));
    }
    draft.line("version = 1");
    draft.blank();
    draft.comment(
        "The environment where nobody says which: not by --env, not by INJECT_ENV, not by \"inject env use NAME\".",
    );
    draft.line(&format!("default-env = {}", quoted(envs.first().map_or("dev", |env| env.name.as_str()))));
    let keys = keys(&project.apps);
    for (index, (app, key)) in project.apps.iter().zip(&keys).enumerate() {
        draft.blank();
        draft.app(app, key, index == 0);
    }
    for (index, env) in envs.iter().enumerate() {
        draft.blank();
        draft.model(env, index == 0);
        draft.values(&env.name, &values(&project.apps));
    }
    if envs.is_empty() {
        draft.blank();
        draft.dev();
        draft.blank();
        draft.prod(&values(&project.apps));
    }
    draft.text
}

struct Draft {
    text: String,
    /// Presets that were explained.
    explained: BTreeSet<(&'static str, String)>,
}

impl Draft {
    fn blank(&mut self) {
        self.text.push('\n');
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A comment, in as many lines as it takes.
    fn comment(&mut self, text: &str) {
        let mut line = String::from("#");
        for word in text.split_whitespace() {
            if line.chars().count() + 1 + word.chars().count() > WIDTH && line != "#" {
                self.line(&line);
                line = String::from("#");
            }
            line.push(' ');
            line.extend(word.chars().filter(|c| !c.is_control()));
        }
        self.line(&line);
    }

    fn app(&mut self, app: &App, key: &str, explain: bool) {
        for source in &app.sources {
            self.comment(&format!("From {source}."));
        }
        // Lines of an application whose id is not known are comments, all of them.
        let off = if let Id::Unknown(why) = &app.id {
            self.comment(&format!("Its id is not known here: {why}. Fill it in, and take the marks away:"));
            "# "
        } else {
            ""
        };
        self.line(&format!("{off}[app.{key}]"));
        if explain {
            self.comment(
                "The package or bundle id: how an artifact finds its application, and what it is registered under.",
            );
        }
        if let Id::Chosen { why, .. } = &app.id {
            self.comment(&format!("{}.", capital(why)));
        }
        self.line(&format!("{off}id = {}", quoted(app.id.text().unwrap_or("com.example.app"))));
        for (key, id) in [("android", &app.android), ("ios", &app.ios)] {
            if let Some(id) = id {
                self.line(&format!("{off}{key} = {}", quoted(id)));
            }
        }
        if let Some(name) = &app.name {
            if explain {
                self.comment("The name it is registered with; without this line the key above.");
            }
            self.line(&format!("{off}name = {}", quoted(name)));
        }
        self.presets(app, off, explain);
        self.artifacts(app, off, explain);
        for remark in &app.remarks {
            self.comment(&format!("{}.", capital(remark)));
        }
        self.places(app, key, explain);
    }

    fn presets(&mut self, app: &App, off: &str, explain: bool) {
        let (unsure, sure): (Vec<&Mark>, Vec<&Mark>) = app.marks.iter().partition(|mark| mark.only_named);
        let names = |marks: &[&Mark]| marks.iter().map(|mark| mark.preset).collect::<Vec<_>>();
        for mark in &sure {
            self.mark(mark);
        }
        if !sure.is_empty() {
            self.line(&format!("{off}preset = {}", list(&names(&sure))));
        } else if explain {
            self.comment(
                "Where the credential goes. Without this line the preset that fits is found by looking into the artifact; \
                 where none fits, \"generic\" sets the strings client_id and client_secret, or makes \
                 assets/client_credentials.json (Android), and the keys ClientId and ClientSecret of Info.plist (iOS).",
            );
            self.line("# preset = [\"generic\"]");
        }
        for mark in &unsure {
            self.mark(mark);
        }
        if !unsure.is_empty() {
            self.comment(
                "Its ids come from its vendor, not from a registry. Only if you mean these, with registry = \"fixed\":",
            );
            self.line(&format!("# preset = {}", list(&[names(&sure), names(&unsure)].concat())));
        }
    }

    /// What a preset is, and why it is here; once.
    fn mark(&mut self, mark: &Mark) {
        let about = Preset::shipped(mark.preset).and_then(Result::ok).map(|preset| preset.about).unwrap_or_default();
        if self.explained.insert((mark.preset, mark.seen_in.clone())) {
            self.comment(&format!("{}, seen in {}: {about}.", mark.preset, mark.seen_in));
        }
    }

    fn artifacts(&mut self, app: &App, off: &str, explain: bool) {
        if !app.artifacts.is_empty() {
            if explain {
                self.comment("What \"inject\" without arguments works on; from this file's folder. A folder's own name means the folder.");
            }
            self.list(&format!("{off}artifacts"), off, &app.artifacts);
        }
        if let Some((example, why)) = &app.example {
            self.comment(&format!("{}. For example:", capital(why)));
            self.list("# artifacts", "# ", &[app.artifacts.as_slice(), std::slice::from_ref(example)].concat());
        }
    }

    /// A list on one line, or one item a line.
    fn list(&mut self, key: &str, off: &str, items: &[String]) {
        let items: Vec<&str> = items.iter().map(String::as_str).collect();
        let short = format!("{key} = {}", list(&items));
        if short.chars().count() <= WIDTH {
            return self.line(&short);
        }
        self.line(&format!("{key} = ["));
        for item in items {
            self.line(&format!("{off}    {},", quoted(item)));
        }
        self.line(&format!("{off}]"));
    }

    fn places(&mut self, app: &App, key: &str, explain: bool) {
        let mut places: Vec<(&str, String)> = Vec::new();
        for (place, seen_in) in &app.places {
            places.push((place, format!("Called like a Client Id in {seen_in}; if it is the one:")));
        }
        if places.is_empty() && explain {
            let what = "A place that no preset knows (docs/addresses.md); several are several such sections:";
            places.push(("string/my_client_id", what.to_owned()));
        }
        for (place, why) in places {
            self.comment(&why);
            self.line(&format!("# [[app.{key}.place]]"));
            self.line(&format!("# at = {}", quoted(place)));
            self.line("# value = \"{client_id}\"");
        }
    }

    /// An environment of GeneXus.
    fn model(&mut self, env: &ModelEnv, explain: bool) {
        if explain {
            self.comment(
                "What GAM answered at the last F5 of this environment in GeneXus (Library/GAM/OutputParms.json in the model \
                 folder): Client Ids are read there, and applications are registered by F5 alone.",
            );
        }
        self.line(&format!("[env.{}]", env.name));
        self.line("registry = \"genexus\"");
        self.line(&format!("model = {}", quoted(&env.model)));
        match env.has_secrets {
            Some(true) => {
                self.comment("Its applications have secrets there. Embed none, and none is asked for:");
                self.line("# secret = \"omit\"");
            }
            Some(false) => {
                self.comment(
                    "An application without a secret is there, as GAM has it for main objects for mobile devices since \
                     GeneXus 15: none is embedded.",
                );
                self.line("secret = \"omit\"");
            }
            None => {
                self.comment("Where GAM keeps no secret (main objects for mobile devices since GeneXus 15):");
                self.line("# secret = \"omit\"");
            }
        }
        if explain {
            self.comment("For production: packages that can be debugged and prototyping metadata are refused.");
        }
        self.line("# release = true");
    }

    fn dev(&mut self) {
        self.comment(
            "Development: a registry in a file of this machine. New applications are registered as they come.",
        );
        self.line("[env.dev]");
        self.line("registry = \"embedded\"");
    }

    fn prod(&mut self, values: &BTreeSet<String>) {
        self.comment("Production.");
        self.line("[env.prod]");
        self.comment(
            "Who gives out credentials. This one is a file of this machine, and so good for trying only. For a team: \
             \"postgres\", \"http\" (a procedure in front of GAM), \"oauth\", \"exec\" or \"fixed\"; what each needs stands in \
             docs/registries.md. Secrets are references: env:NAME, file:PATH, exec:PROGRAM, keyring:NAME.",
        );
        self.line("registry = \"embedded\"");
        self.line("# registry = \"postgres\"");
        self.line("# url = \"env:REGISTRY_URL\"");
        self.line("# key = \"env:REGISTRY_KEY\"");
        self.comment(
            "A new application here is an error, so that no build makes one by mistake. Register on purpose, once: inject \
             register APP --env prod --new.",
        );
        self.line("register = \"never\"");
        self.comment("Packages that can be debugged and prototyping metadata are refused.");
        self.line("release = true");
        self.comment("A public client: no secret is asked for, stored or embedded. What is in an app or a site can be read by who has it.");
        self.line("# secret = \"omit\"");
        self.comment("Nobody else's signature: the SHA-256 digest of the certificate, as \"inject inspect\" shows it.");
        self.line("# signer = \"sha256:...\"");
        self.values("prod", values);
    }

    fn values(&mut self, env: &str, values: &BTreeSet<String>) {
        if values.is_empty() {
            self.comment("Values of this environment that places may use, as {server_url}:");
            self.line(&format!("# [env.{env}.values]"));
            self.line("# server_url = \"https://api.example.com\"");
        } else {
            self.comment("Values of this environment that the presets above put in place; one that is missing stays as it was built:");
            self.line(&format!("# [env.{env}.values]"));
            for value in values {
                self.line(&format!("# {value} = \"...\""));
            }
        }
    }
}

/// A key for each application: the last word of its id; of an id that goes on where another ends, both.
fn keys(apps: &[App]) -> Vec<String> {
    let mut keys: Vec<String> = vec![String::new(); apps.len()];
    let mut order: Vec<usize> = (0..apps.len()).collect();
    order.sort_by_key(|index| apps.get(*index).and_then(|app| app.id.text()).map_or(usize::MAX, str::len));
    let mut named: Vec<(&str, String)> = Vec::new();
    for index in order {
        let Some(app) = apps.get(index) else { continue };
        let id = app.id.text().unwrap_or_default();
        let longer = named.iter().rev().find_map(|(other, key)| {
            let rest = id.strip_prefix(other).and_then(|rest| rest.strip_prefix('.'))?;
            Some(format!("{key}-{rest}"))
        });
        let last = id.rsplit('.').next().unwrap_or_default();
        let hint = plain(&app.hint);
        let mut key = plain(&longer.unwrap_or_else(|| if last.is_empty() { hint.clone() } else { last.to_owned() }));
        let taken = |key: &str| named.iter().any(|(_, known)| known == key);
        if taken(&key) && !taken(&hint) {
            key = hint;
        }
        let base = key.clone();
        let mut number = 2;
        while taken(&key) {
            key = format!("{base}-{number}");
            number += 1;
        }
        if let Some(place) = keys.get_mut(index) {
            place.clone_from(&key);
        }
        named.push((id, key));
    }
    keys
}

/// A word that needs no quotes as a key.
fn plain(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' })
        .collect();
    let plain = plain.trim_matches('-');
    if plain.is_empty() { "app".to_owned() } else { plain.to_owned() }
}

/// Values of environments that the presets of these applications use.
fn values(apps: &[App]) -> BTreeSet<String> {
    let mut values = BTreeSet::new();
    let mut names: Vec<String> = apps
        .iter()
        .flat_map(|app| &app.marks)
        .filter(|mark| !mark.only_named)
        .map(|mark| mark.preset.to_owned())
        .collect();
    while let Some(name) = names.pop() {
        let Some(Ok(preset)) = Preset::shipped(&name) else { continue };
        names.extend(preset.any_of);
        for place in preset.places {
            let template = place.value.to_string();
            let parts = template.split(['{', '}']).skip(1).step_by(2);
            values.extend(parts.filter(|name| !BUILT_IN.contains(name)).map(str::to_owned));
        }
    }
    values
}

fn list(items: &[&str]) -> String {
    let quoted: Vec<String> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", quoted.join(", "))
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

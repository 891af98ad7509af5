//! `inject doctor`: what is set up, what is missing, and what to do about it.
//!
//! Must not: change anything, register anything, or ask a registry unasked.

mod genexus;

use std::path::{Path, PathBuf};

use inject::credentials::{Keeping, Key, Store};
use inject::embed::known_values;
use inject::findings::{Hunt, Report};
use inject::job::pending;
use inject::registry::Application;
use inject::scan;
use inject::signing::{Identity, Password, debug_key};
use inject::system::keyring::KEYRING;
use inject::system::{Civil, files, unix_seconds};
use serde::Serialize;

use crate::args::global::Global;
use crate::carried::stored;
use crate::exit::{Code, Failure};
use crate::features::FEATURES;
use crate::render::Output;
use crate::results::Outcome;
use crate::settings::config::Examined;
use crate::settings::{Chosen, Settings};
use crate::targets::matches;
use crate::variables::{self, variable};

/// Days before its end at which a certificate is spoken of.
const SOON: u64 = 30;

/// What was looked at.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Examination {
    /// False: something must be done; the exit code is 2 then.
    usable: bool,
    checks: Vec<Check>,
}

impl Outcome for Examination {
    const COMMAND: &'static str = "doctor";
}

/// How it stands with one thing.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum CheckState {
    /// As it should be.
    Ok,
    /// To know, and nothing to do.
    Note,
    /// Something must be done.
    Todo,
}

impl CheckState {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Todo => "todo",
        }
    }
}

/// One thing that was looked at.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Check {
    /// What it is.
    about: &'static str,
    state: CheckState,
    /// What was found, for people.
    text: String,
    /// What to do, for people.
    remedies: Vec<String>,
}

/// All that was looked at.
#[derive(Default)]
struct Checks(Vec<Check>);

impl Checks {
    fn add(&mut self, about: &'static str, state: CheckState, text: impl Into<String>) {
        self.0.push(Check { about, state, text: text.into(), remedies: Vec::new() });
    }

    fn todo(&mut self, about: &'static str, text: impl Into<String>, remedy: &str) {
        self.add(about, CheckState::Todo, text);
        if let Some(check) = self.0.last_mut() {
            check.remedies.push(remedy.to_owned());
        }
    }

    fn failed(&mut self, about: &'static str, failure: &Failure) {
        let details: Vec<&str> = failure.details.iter().map(|detail| detail.trim()).collect();
        let all = if details.is_empty() { String::new() } else { format!(": {}", details.join("; ")) };
        let (text, remedies) = (format!("{}{all}", failure.message()), failure.remedies.clone());
        self.0.push(Check { about, state: CheckState::Todo, text, remedies });
    }
}

/// Runs it.
pub fn run(settings: &impl Fn() -> Result<Settings, Failure>, global: &Global, online: bool, out: Output) -> Code {
    let mut checks = Checks::default();
    let version =
        format!("inject {} on {} {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    checks.add("version", CheckState::Ok, version);
    for feature in FEATURES.iter().filter(|feature| !feature.is_on) {
        checks.add("version", CheckState::Note, feature.missing());
    }
    match settings() {
        Ok(settings) => look(&settings, global, online, &mut checks),
        Err(failure) => checks.failed("configuration", &failure),
    }
    keys(&mut checks);
    let usable = checks.0.iter().all(|check| check.state != CheckState::Todo);
    for Check { about, state, text, remedies } in &checks.0 {
        out.result(&format!("{:<4}  {about:<13}  {text}", state.word()));
        for remedy in remedies {
            out.result(&format!("      {:<13}  -> {remedy}", ""));
        }
    }
    out.json(&Examination { usable, checks: checks.0 });
    if usable { Code::Done } else { Code::Usage }
}

fn look(settings: &Settings, global: &Global, online: bool, checks: &mut Checks) {
    configuration(settings, global, checks);
    let chosen = environment(settings, global, checks);
    store(settings, checks);
    if let Some(chosen) = &chosen {
        registry(settings, chosen, online, checks);
    }
    artifacts(settings, checks);
    repository(settings, checks);
}

fn configuration(settings: &Settings, global: &Global, checks: &mut Checks) {
    let from = if global.config.is_some() {
        "--config"
    } else if variable(variables::CONFIG).is_some() {
        variables::CONFIG
    } else {
        "found by looking"
    };
    match &settings.config {
        Some(config) => {
            let (apps, envs) = (config.apps.len(), config.envs.len());
            let text = format!("{} ({from}): {apps} applications, {envs} environments", config.path.display());
            checks.add("configuration", CheckState::Ok, text);
        }
        None => {
            let text = "no inject.toml here or above; \"inject init\" writes one, and everything works without it too";
            checks.add("configuration", CheckState::Note, text);
        }
    }
}

/// The environment, and what else would name one.
fn environment(settings: &Settings, global: &Global, checks: &mut Checks) -> Option<Chosen> {
    let chosen = match settings.environment() {
        Ok(chosen) => chosen,
        Err(failure) => {
            checks.failed("environment", &failure);
            return None;
        }
    };
    checks.add("environment", CheckState::Ok, format!("{} (from {})", chosen.name, chosen.origin.describe()));
    let active = settings.active().ok().flatten().map(|name| name.as_str().to_owned());
    let default = settings.config.as_ref().and_then(|config| config.default_env.as_ref());
    let all = [
        ("--env", global.env.clone()),
        (variables::ENV, variable(variables::ENV)),
        ("inject env use", active),
        ("default-env in inject.toml", default.map(|name| name.as_str().to_owned())),
    ];
    for (from, name) in all {
        if let Some(name) = name.filter(|_| from != chosen.origin.describe()) {
            checks.add("environment", CheckState::Note, format!("{from} says {name}, and does not count now"));
        }
    }
    let env = &chosen.env;
    let from = if settings.config.as_ref().is_some_and(|config| config.envs.contains_key(&chosen.name)) {
        "inject.toml"
    } else {
        "defaults"
    };
    let secret = if env.omit_secret { "omit" } else { "embed" };
    let register = if env.never_register { "never" } else { "auto" };
    let text = format!(
        "registry {}, secret {secret}, register {register}, release {} (from {from})",
        env.registry.word(),
        env.release
    );
    checks.add("environment", CheckState::Ok, text);
    if env.release && env.signer.is_none() {
        let text = format!("{} is a release environment and pins no signer (signer = \"sha256:...\")", chosen.name);
        checks.add("environment", CheckState::Note, text);
    }
    for name in [variables::CLIENT_ID, variables::CLIENT_SECRET] {
        if variable(name).is_some() {
            checks.add("environment", CheckState::Note, format!("{name} is set, and comes before store and registry"));
        }
    }
    Some(chosen)
}

fn store(settings: &Settings, checks: &mut Checks) {
    let folder = &settings.home.folder;
    let from = if variable(variables::HOME).is_some() { variables::HOME } else { "the default" };
    let all = Store::open_existing(&settings.home).and_then(|store| store.map(|store| store.list()).transpose());
    let opens = all.is_ok();
    match all {
        Ok(Some(all)) => {
            let text = format!("{} ({from}): {} credentials", folder.display(), all.len());
            checks.add("store", CheckState::Ok, text);
        }
        Ok(None) => {
            let text = format!("{} ({from}): none yet, the first credential makes it", folder.display());
            checks.add("store", CheckState::Note, text);
        }
        Err(error) => checks.failed("store", &Failure::from(error)),
    }
    let open = Store::open_existing(&settings.home).and_then(|store| store.map(|store| store.intents()).transpose());
    for intent in open.ok().flatten().unwrap_or_default() {
        let Key { application, environment, .. } = &intent.key;
        let remedy = format!("finish it: inject register {application} --env {environment}");
        checks.todo("store", format!("{intent}, and is not finished"), &remedy);
    }
    private(folder, 0o077, checks);
    key(settings, opens, checks);
    let resolved = files::resolved(folder).unwrap_or_else(|_| folder.clone());
    let inside = repository_of(&settings.checkout).filter(|root| resolved.starts_with(root));
    if let Some(root) = inside {
        let text = format!("{} lies within the repository {}", folder.display(), root.display());
        checks.todo("store", text, &format!("move it out, and set {} to where it is then", variables::HOME));
    }
}

/// Where the key of the stores is.
fn key(settings: &Settings, opens: bool, checks: &mut Checks) {
    let about = "store key";
    let file = settings.home.key_file();
    match settings.home.keeping() {
        Ok(Some(Keeping::Given)) => {
            // It is a reference: settings are not loaded otherwise.
            let reference = variable(variables::STORE_KEY).unwrap_or_default();
            checks.add(about, CheckState::Ok, format!("from {} ({reference})", variables::STORE_KEY));
        }
        Ok(Some(Keeping::File)) => {
            let text = format!("{}{}; keep a backup: inject credential export", file.display(), mode(&file));
            checks.add(about, CheckState::Ok, text);
            checks.add(
                about,
                CheckState::Note,
                "in the keyring instead of a file: inject credential key --to keyring:NAME",
            );
        }
        Ok(Some(Keeping::Keyring(name))) => {
            let text = format!(
                "keyring:{name} in {KEYRING}, says {}{}; keep a backup: inject credential export",
                file.display(),
                mode(&file)
            );
            // Whether it is there the store has asked.
            checks.add(about, if opens { CheckState::Ok } else { CheckState::Note }, text);
        }
        Ok(None) => checks.add(about, CheckState::Note, "none yet; it is made with the store"),
        Err(error) => checks.failed(about, &Failure::from(error)),
    }
}

#[cfg(unix)]
fn mode(file: &Path) -> String {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).map(|of| format!(" (mode {:03o})", of.permissions().mode() & 0o777)).unwrap_or_default()
}

#[cfg(not(unix))]
fn mode(_file: &Path) -> String {
    String::new()
}

/// Nobody else may look into the store.
#[cfg(unix)]
fn private(folder: &Path, others: u32, checks: &mut Checks) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(metadata) = std::fs::metadata(folder) else { return };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & others != 0 {
        let text = format!("{} can be entered by others (mode {mode:03o})", folder.display());
        checks.todo("store", text, &format!("chmod 700 {}", folder.display()));
    }
}

/// The folder's access list decides here.
#[cfg(not(unix))]
fn private(_folder: &Path, _others: u32, _checks: &mut Checks) {}

fn registry(settings: &Settings, chosen: &Chosen, online: bool, checks: &mut Checks) {
    match chosen.env.registry.examined() {
        Examined::Genexus(configured) => return genexus::look(settings, chosen, configured, checks),
        Examined::Asked => {}
    }
    if let Some(program) = chosen.env.registry.unread_address() {
        let text = format!("its address comes from {program}, which was not run; --online runs it");
        return checks.add("registry", CheckState::Note, text);
    }
    let identity = match settings.registry_identity(chosen) {
        Ok(identity) => identity,
        Err(failure) => return checks.failed("registry", &failure),
    };
    let is_remote = chosen.env.registry.is_remote();
    if is_remote && !online {
        return checks.add("registry", CheckState::Note, format!("{identity}: not asked; --online asks it"));
    }
    // Any application will do: one that is not registered is an answer too.
    let id = settings.config.iter().flat_map(|config| config.apps.values()).next().map(|app| app.id.clone());
    let id = id.unwrap_or_else(|| "inject.doctor".to_owned());
    let application = Application { name: id.clone(), id };
    let asked = settings.registry(chosen).and_then(|mut registry| Ok(registry.find(&application, None)?.is_some()));
    match asked {
        Ok(_) if !is_remote => checks.add("registry", CheckState::Ok, format!("{identity}, on this machine")),
        Ok(found) => {
            let text = if found { "is registered there" } else { "is not registered there" };
            checks.add("registry", CheckState::Ok, format!("{identity} answers: {} {text}", application.id));
        }
        Err(failure) => checks.failed("registry", &failure.during(identity.to_string())),
    }
}

fn artifacts(settings: &Settings, checks: &mut Checks) {
    let Some(config) = &settings.config else { return };
    let folder = config.path.parent().unwrap_or(Path::new("."));
    for (key, app) in &config.apps {
        if app.artifacts.is_empty() {
            checks.add(
                "artifacts",
                CheckState::Note,
                format!("[app.{key}] names none; they are given to inject by hand"),
            );
        }
        for pattern in &app.artifacts {
            match matches(folder, pattern.trim_end_matches('/')) {
                Ok(found) if found.is_empty() => {
                    checks.add(
                        "artifacts",
                        CheckState::Note,
                        format!("[app.{key}] {pattern}: nothing yet; build first"),
                    );
                }
                Ok(found) => {
                    checks.add("artifacts", CheckState::Ok, format!("[app.{key}] {pattern}: {} found", found.len()));
                    for path in found {
                        if let Ok(Some(said)) = pending(&path) {
                            checks.add("artifacts", CheckState::Note, said);
                        }
                    }
                }
                Err(failure) => checks.failed("artifacts", &failure.during(format!("[app.{key}] {pattern}"))),
            }
        }
    }
}

/// The repository around a folder.
fn repository_of(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned)
}

fn repository(settings: &Settings, checks: &mut Checks) {
    let Some(root) = repository_of(&settings.checkout) else {
        return checks.add("git", CheckState::Note, "no repository here");
    };
    let hook = root.join(".git").join("hooks").join("pre-commit");
    let guarded = files::read_text(&hook, files::TEXT_FILE_BYTES).is_ok_and(|text| text.contains("inject scan"));
    if guarded {
        checks.add("git", CheckState::Ok, format!("{} looks for credentials before each commit", hook.display()));
    } else {
        let text = "no pre-commit hook looks for credentials; inject hook pre-commit --write makes one";
        checks.add("git", CheckState::Note, text);
    }
    let known = match stored(settings) {
        Ok(all) => known_values(&all, true),
        // The store has said so already.
        Err(_) => return,
    };
    let mut report = Report::default();
    match scan::staged(&mut Hunt::new(&known, &[]), &mut report, &root) {
        Ok(_) if report.is_sound() => checks.add("git", CheckState::Ok, "no credential is staged"),
        Ok(_) => {
            let text = format!("{} findings in what is staged", report.findings.len());
            checks.todo("git", text, "see where: inject scan --staged; take them out: git restore --staged FILE");
        }
        Err(error) => checks.add("git", CheckState::Note, error.to_string()),
    }
}

/// What signs: the keystore of the variables, and the debug keystore.
fn keys(checks: &mut Checks) {
    match variable(variables::KEYSTORE_FILE).map(PathBuf::from) {
        None => {
            let text = format!("{} is not set; a key is given with --ks, --key or --p12", variables::KEYSTORE_FILE);
            checks.add("signing", CheckState::Note, text);
        }
        Some(path) => {
            let password = variable(variables::KEYSTORE_PASSWORD).map(Password::new);
            let shown = format!("{} ({})", path.display(), variables::KEYSTORE_FILE);
            match (files::read(&path, files::KEY_FILE_BYTES), password) {
                (Err(error), _) => {
                    checks.todo(
                        "signing",
                        format!("{shown}: {}", error.source),
                        "correct the variable, or bring the keystore there",
                    );
                }
                (Ok(_), None) => {
                    let text = format!("{shown} is there; {} is not set", variables::KEYSTORE_PASSWORD);
                    checks.add("signing", CheckState::Note, text);
                }
                (Ok(bytes), Some(password)) => keystore(&shown, &bytes, &password, checks),
            }
        }
    }
    let debug = std::env::home_dir().map(|home| home.join(".android").join("debug.keystore"));
    if let Some(path) = debug.filter(|path| path.is_file()) {
        let password = Password::new(debug_key::PASSWORD.to_owned());
        let opened = files::read(&path, files::KEY_FILE_BYTES)
            .is_ok_and(|bytes| Identity::from_keystore(&bytes, Some(debug_key::ALIAS), &password, None).is_ok());
        let text = if opened { "for --debug-key" } else { "cannot be opened with Android's debug password" };
        checks.add(
            "signing",
            if opened { CheckState::Ok } else { CheckState::Note },
            format!("{} {text}", path.display()),
        );
    }
}

fn keystore(shown: &str, bytes: &[u8], password: &Password, checks: &mut Checks) {
    let alias = variable(variables::KEY_ALIAS);
    let key = variable(variables::KEY_PASSWORD).map(Password::new);
    let identity = match Identity::from_keystore(bytes, alias.as_deref(), password, key.as_ref()) {
        Ok(identity) => identity,
        Err(error) => {
            let failure = Failure::of(Code::Signing, error).during(shown.to_owned());
            return checks.failed("signing", &failure);
        }
    };
    let certificate = identity.certificate();
    let (end, subject) = (certificate.validity().1, certificate.subject_text());
    let day = |text: &str| {
        format!("{}-{}-{}", text.get(..4).unwrap_or(text), text.get(4..6).unwrap_or(""), text.get(6..8).unwrap_or(""))
    };
    let now = unix_seconds();
    let at = |days: u64| Civil::of(now.saturating_add(days.saturating_mul(86_400))).generalized();
    let text = format!("{shown}: {subject}, until {}", day(end));
    if end < at(0).as_str() {
        // Android does not look at it; stores do.
        checks.todo(
            "signing",
            format!("{text}: it has expired"),
            "take the key that is valid; an app's key cannot change without a rotation",
        );
    } else if end < at(SOON).as_str() {
        checks.add("signing", CheckState::Note, format!("{text}: within {SOON} days"));
    } else {
        checks.add("signing", CheckState::Ok, text);
    }
}

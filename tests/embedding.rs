//! The main job as the library does it, without the program: from a store and a registry into artifacts.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use inject::credential::home::Home;
use inject::credential::obtain::{Needs, Origin, Registration};
use inject::credential::registry::embedded::Embedded;
use inject::credential::registry::{Registry, RegistryIdentity};
use inject::credential::{ClientId, ClientSecret, Credential, EnvironmentName};
use inject::embedding::apps::{App, AppError};
use inject::embedding::embedder::Embedder;
use inject::embedding::environment::{Environment, Given, Source, SourceError};
use inject::embedding::error::{EmbedError, PinError};
use inject::embedding::event::Event;
use inject::embedding::places::PlacesError;
use inject::embedding::prepared::Artifact;
use inject::pipeline::Reach;
use inject::pipeline::signing::{AndroidSigning, KeyKind, Signing};
use inject::placement::{Absence, Address, Place, Template};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo.apk");

/// A folder with artifacts and a home.
struct Bench {
    folder: tempfile::TempDir,
    home: Home,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::from(&folder.path().join("home"));
        Self { folder, home }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn demo(&self, name: &str) -> PathBuf {
        fs::copy(DEMO, self.path(name)).unwrap();
        self.path(name)
    }

    /// The registry of this machine.
    fn registry(&self, name: &str) -> impl Fn() -> Result<Box<dyn Registry>, SourceError> + Sync + '_ {
        let name = environment(name);
        move || Ok(Box::new(Embedded::new(&self.home, &name)))
    }

    fn registrations(&self) -> bool {
        self.path("home").is_dir()
    }
}

fn environment(name: &str) -> EnvironmentName {
    EnvironmentName::parse(name).unwrap()
}

fn unsigned() -> Signing<'static> {
    let mut signing = Signing::default();
    signing.android = Some(AndroidSigning::Unsigned);
    signing
}

fn place(at: &str, value: &str) -> Place {
    Place::new(Address::parse(at).unwrap(), Template::parse(value).unwrap(), Absence::Fail)
}

/// Runs for one artifact, and gives its Client Id.
fn one(embedder: &Embedder<'_>, artifact: Artifact) -> Result<String, EmbedError> {
    let embedded = embedder.run(vec![artifact], &unsigned())?.remove(0)?;
    Ok(embedded.client_id.as_str().to_owned())
}

#[test]
fn environments_have_their_own_and_the_way_leaves_no_trace() {
    let bench = Bench::new();
    let (dev, prod) = (bench.registry("dev"), bench.registry("prod"));
    let (dev, prod) = (Environment::new(environment("dev"), &dev), Environment::new(environment("prod"), &prod));
    let (dev, prod) = (Embedder::new(&bench.home, &dev), Embedder::new(&bench.home, &prod));
    let package = bench.demo("a.apk");
    let first = one(&dev, Artifact::new(&package)).unwrap();
    let after_dev = fs::read(&package).unwrap();
    let second = one(&prod, Artifact::new(&package)).unwrap();
    assert_ne!(first, second);
    assert_ne!(fs::read(&package).unwrap(), after_dev);
    assert_eq!(one(&dev, Artifact::new(&package)).unwrap(), first, "the store's is reused");
    assert_eq!(fs::read(&package).unwrap(), after_dev, "dev, prod, dev gives the bytes of dev alone");
    let again = dev.run(vec![Artifact::new(&package)], &unsigned()).unwrap().remove(0).unwrap();
    assert!(!again.done.written && again.carries && again.has_secret);
}

#[test]
fn several_artifacts_of_one_application_are_asked_for_once_and_keep_their_order() {
    let bench = Bench::new();
    let source = bench.registry("dev");
    let dev = Environment::new(environment("dev"), &source);
    let origins = Mutex::new(Vec::new());
    let told = |event: Event<'_>| {
        if let Event::Obtained { origin, application, .. } = event {
            origins.lock().unwrap().push((application.to_owned(), origin));
        }
    };
    let mut embedder = Embedder::new(&bench.home, &dev);
    embedder.on_event = &told;
    let names: Vec<PathBuf> = (0..5).map(|index| bench.demo(&format!("{index}.apk"))).collect();
    let artifacts = names.iter().map(Artifact::new).collect();
    let all = embedder.run(artifacts, &unsigned()).unwrap();
    let all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    assert!(all.iter().map(|embedded| &embedded.artifact.path).eq(&names));
    assert!(all.iter().all(|embedded| embedded.client_id == all[0].client_id && embedded.done.written));
    assert_eq!(*origins.lock().unwrap(), [("com.example.demo".to_owned(), Origin::Registered)]);
}

#[test]
fn what_can_fail_fails_before_anything_is_registered_or_written() {
    let bench = Bench::new();
    let source = bench.registry("dev");
    let mut dev = Environment::new(environment("dev"), &source);
    dev.release = true;
    let good = bench.demo("good.apk");
    let before = fs::read(&good).unwrap();
    let no_package = bench.path("none.apk");
    fs::write(&no_package, b"PK\x05\x06").unwrap();
    let untouched = |embedder: &Embedder<'_>, artifacts: Vec<Artifact>, signing: &Signing<'_>| {
        let error = embedder.run(artifacts, signing).unwrap_err();
        assert_eq!(fs::read(&good).unwrap(), before);
        assert!(!bench.registrations(), "{error}");
        error
    };
    let mut embedder = Embedder::new(&bench.home, &dev);
    let error = untouched(&embedder, vec![Artifact::new(&good), Artifact::new(&no_package)], &unsigned());
    assert!(error.to_string().contains("none.apk"), "{error}");
    let error = untouched(&embedder, vec![Artifact::new(&good)], &Signing::default());
    assert!(error.to_string().contains("good.apk"), "{error}");
    embedder.options.presets = vec!["genric".to_owned()];
    let error = untouched(&embedder, vec![Artifact::new(&good)], &unsigned());
    let EmbedError::About { error, .. } = error else { panic!("{error}") };
    assert!(matches!(*error, EmbedError::Places(PlacesError::UnknownPreset { .. })), "{error}");
    embedder.options.presets.clear();
    embedder.options.places = vec![place("string/client_id", "{client_id}"), place("string/client_id", "x")];
    let error = untouched(&embedder, vec![Artifact::new(&good)], &unsigned());
    assert!(error.to_string().contains("string/client_id is asked for twice"), "{error}");
    embedder.options.places = vec![place("string/client_id", "{client_id}"), place("string/none", "{client_secret}")];
    let error = untouched(&embedder, vec![Artifact::new(&good)], &unsigned());
    assert!(error.to_string().contains("string/none"), "{error}");
    embedder.options.places.clear();
    let mut at = Artifact::new(&good);
    at.receipt = Some(bench.path("no/such/folder/receipt.json"));
    untouched(&embedder, vec![at], &unsigned());
    let at = Artifact::new(&good).to(bench.path("no/such/folder/out.apk"));
    untouched(&embedder, vec![at], &unsigned());
}

#[test]
fn a_pinned_signer_is_asked_of_the_kinds_that_there_are() {
    let bench = Bench::new();
    let source = bench.registry("dev");
    let mut dev = Environment::new(environment("dev"), &source);
    dev.signer = Some("00".repeat(32));
    let embedder = Embedder::new(&bench.home, &dev);
    let pin = embedder.check_pin(KeyKind::Android, &unsigned());
    assert_eq!(pin, Err(PinError::Unsigned(environment("dev"))));
    let error = embedder.run(vec![Artifact::new(bench.demo("a.apk"))], &unsigned()).unwrap_err();
    assert!(matches!(error, EmbedError::Pin(PinError::Unsigned(_))), "{error}");
    // A folder has no signature.
    fs::create_dir(bench.path("site")).unwrap();
    fs::write(bench.path("site/config.json"), r#"{"id": "old-client-id"}"#).unwrap();
    let mut embedder = Embedder::new(&bench.home, &dev);
    embedder.options.places = vec![place("config.json#/id", "{client_id}")];
    let mut site = Artifact::new(bench.path("site"));
    site.app = Some("com.example.site".to_owned());
    one(&embedder, site).unwrap();
}

#[test]
fn a_receipt_says_what_is_carried_and_nothing_secret() {
    let bench = Bench::new();
    let source = bench.registry("dev");
    let dev = Environment::new(environment("dev"), &source);
    let embedder = Embedder::new(&bench.home, &dev);
    let mut artifact = Artifact::new(bench.demo("a.apk"));
    artifact.receipt = Some(bench.path("receipt.json"));
    let embedded = embedder.run(vec![artifact.clone()], &unsigned()).unwrap().remove(0).unwrap();
    assert_eq!(embedded.receipt.as_deref(), Some(bench.path("receipt.json").as_path()));
    let text = fs::read_to_string(bench.path("receipt.json")).unwrap();
    let receipt: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(receipt["predicate"]["client_id"], embedded.client_id.as_str());
    assert_eq!(receipt["predicate"]["registry"]["class"], "A");
    let credential = embedder.obtain(&embedded.application).unwrap().credential;
    assert!(!text.contains(credential.secret.unwrap().expose()));
    // Up to date: the receipt of how it came to be stays.
    let again = embedder.run(vec![artifact], &unsigned()).unwrap().remove(0).unwrap();
    assert!(!again.done.written);
    assert_eq!(fs::read_to_string(bench.path("receipt.json")).unwrap(), text);
}

/// A source that gives a credential as it is.
struct Fixed(Option<Credential>);

impl Source for Fixed {
    fn identity(&self) -> Result<RegistryIdentity, SourceError> {
        Ok(RegistryIdentity("fixed".to_owned()))
    }

    fn registry(&self) -> Result<Box<dyn Registry>, SourceError> {
        Err("there is none to ask".into())
    }

    fn has_registry(&self) -> bool {
        false
    }

    fn is_given(&self) -> bool {
        true
    }

    fn given(&self) -> Result<Option<Given>, SourceError> {
        Ok(Some(match &self.0 {
            Some(credential) => Given::Known(credential.clone(), "a test".to_owned()),
            None => Given::Unread(None, "it is not read here".into()),
        }))
    }
}

#[test]
fn a_credential_that_is_given_asks_nobody_and_keeps_nothing() {
    let bench = Bench::new();
    let secret = Some(ClientSecret::parse("given-secret-given-secret").unwrap());
    let source = Fixed(Some(Credential { id: ClientId::parse("given-client-id").unwrap(), secret }));
    let dev = Environment::new(environment("dev"), &source);
    let package = bench.demo("a.apk");
    assert_eq!(one(&Embedder::new(&bench.home, &dev), Artifact::new(&package)).unwrap(), "given-client-id");
    assert!(!bench.registrations());
    let unread = Fixed(None);
    let dev = Environment::new(environment("dev"), &unread);
    let error = one(&Embedder::new(&bench.home, &dev), Artifact::new(&package)).unwrap_err();
    assert_eq!(error.to_string(), "it is not read here");
}

#[test]
fn a_source_that_fails_says_why_in_its_own_words() {
    let bench = Bench::new();
    let source = || -> Result<Box<dyn Registry>, SourceError> { Err("the vault is closed".into()) };
    let dev = Environment::new(environment("dev"), &source);
    let error = one(&Embedder::new(&bench.home, &dev), Artifact::new(bench.demo("a.apk"))).unwrap_err();
    assert!(error.to_string().ends_with("the vault is closed"), "{error}");
}

#[test]
fn registering_switched_off_and_a_public_client() {
    let bench = Bench::new();
    let source = bench.registry("dev");
    let mut dev = Environment::new(environment("dev"), &source);
    dev.registration = Registration::Never;
    let error = one(&Embedder::new(&bench.home, &dev), Artifact::new(bench.demo("a.apk"))).unwrap_err();
    assert!(matches!(error, EmbedError::Obtain(_)), "{error:?}");
    dev.registration = Registration::Auto;
    dev.needs = Needs::IdOnly;
    let mut embedder = Embedder::new(&bench.home, &dev);
    embedder.options.places = vec![place("string/client_id", "{client_id}")];
    let embedded = embedder.run(vec![Artifact::new(bench.path("a.apk"))], &unsigned()).unwrap().remove(0).unwrap();
    assert!(!embedded.has_secret);
}

#[test]
fn a_read_only_run_writes_nothing_and_registers_nothing() {
    let bench = Bench::new();
    let source = bench.registry("dev");
    let dev = Environment::new(environment("dev"), &source);
    let mut embedder = Embedder::new(&bench.home, &dev);
    embedder.options.read_only = true;
    let package = bench.demo("a.apk");
    let prepared = embedder.plan(Artifact::new(&package)).unwrap();
    assert!(embedder.known(&prepared.application).unwrap().read().unwrap().is_none());
    assert!(embedder.would_change(&prepared, &[], None).unwrap());
    assert!(!bench.registrations());
    assert_eq!(fs::read(package).unwrap(), fs::read(DEMO).unwrap());
}

#[test]
fn a_credential_of_another_environment_is_refused_unless_the_gate_is_off() {
    let bench = Bench::new();
    let (dev, prod) = (bench.registry("dev"), bench.registry("prod"));
    let (dev, prod) = (Environment::new(environment("dev"), &dev), Environment::new(environment("prod"), &prod));
    let in_dev = one(&Embedder::new(&bench.home, &dev), Artifact::new(bench.demo("dev.apk"))).unwrap();
    fs::create_dir(bench.path("site")).unwrap();
    let site = |path: &Path| {
        let mut site = Artifact::new(path);
        site.app = Some("com.example.demo".to_owned());
        site
    };
    let text = format!(r#"{{"id": "x", "also": "{in_dev}"}}"#);
    fs::write(bench.path("site/config.json"), &text).unwrap();
    let mut embedder = Embedder::new(&bench.home, &prod);
    embedder.options.places = vec![place("config.json#/id", "{client_id}")];
    embedder.options.gate = Reach::Changed;
    let result = one(&embedder, site(&bench.path("site")));
    assert!(result.unwrap_err().to_string().contains("com.example.demo in dev"));
    assert_eq!(fs::read_to_string(bench.path("site/config.json")).unwrap(), text);
    embedder.options.gate = Reach::Off;
    one(&embedder, site(&bench.path("site"))).unwrap();
}

#[test]
fn an_application_that_is_not_listed_is_said() {
    let bench = Bench::new();
    let source = bench.registry("dev");
    let dev = Environment::new(environment("dev"), &source);
    let listed = App { id: "com.other".to_owned(), name: "Other".to_owned(), ..App::default() };
    let mut embedder = Embedder::new(&bench.home, &dev);
    embedder.apps = [("other", &listed)].into_iter().collect();
    let error = one(&embedder, Artifact::new(bench.demo("a.apk"))).unwrap_err();
    let EmbedError::About { error, .. } = error else { panic!("{error}") };
    let EmbedError::App(AppError::UnknownId { id, known, keys }) = *error else { panic!("{error}") };
    assert_eq!(
        (id.as_str(), known, keys),
        ("com.example.demo", vec!["com.other".to_owned()], vec!["other".to_owned()])
    );
}

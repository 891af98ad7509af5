//! Changes of a credential that are cut off between registry and store: the next run finishes them, drops them, or says what is
//! open; nothing is embedded meanwhile.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

use inject::credential::change::{ChangeError, Settled, finish, revoke, rotate};
use inject::credential::intent::Change;
use inject::credential::ledger::Ledger;
use inject::credential::lookup::look_up;
use inject::credential::obtain::{Needs, ObtainError, Obtained, Origin, Registration, Request, Take, obtain};
use inject::credential::registry::embedded::Embedded;
use inject::credential::registry::{
    Application, Capability, Registered, Registry, RegistryError, RegistryIdentity, Standing, Wanted,
};
use inject::credential::store::{Key, Store, Stored};
use inject::credential::{ClientId, ClientSecret, EnvironmentName};

/// When a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// Killed before the registry did anything.
    Before,
    /// Killed when the registry had done it.
    After,
    /// The registry did it, the answer was lost, and it does not answer any more.
    Lost,
    /// Not at all.
    Never,
}

/// A registry that ends the run that changes something.
struct Ending<'t> {
    registry: Box<dyn Registry + 't>,
    cut: Cut,
    lost: bool,
}

impl Ending<'_> {
    fn failed(&self) -> RegistryError {
        RegistryError::Failed { registry: self.identity().clone(), problem: "the connection was lost".into() }
    }

    fn change<T>(
        &mut self,
        change: impl FnOnce(&mut dyn Registry) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        if self.cut == Cut::Before {
            resume_unwind(Box::new("killed"));
        }
        let done = change(self.registry.as_mut());
        match self.cut {
            Cut::After => resume_unwind(Box::new("killed")),
            Cut::Lost => {
                self.lost = true;
                Err(self.failed())
            }
            _ => done,
        }
    }
}

impl Registry for Ending<'_> {
    fn identity(&self) -> &RegistryIdentity {
        self.registry.identity()
    }

    fn capability(&self) -> Capability {
        self.registry.capability()
    }

    fn find(&mut self, application: &Application, id: Option<&ClientId>) -> Result<Option<Registered>, RegistryError> {
        if self.lost { Err(self.failed()) } else { self.registry.find(application, id) }
    }

    fn standing(
        &mut self,
        application: &Application,
        id: &ClientId,
        ledger: &mut dyn Ledger,
    ) -> Result<Standing, RegistryError> {
        if self.lost { Err(self.failed()) } else { self.registry.standing(application, id, ledger) }
    }

    fn register(&mut self, wanted: &Wanted<'_>, ledger: &mut dyn Ledger) -> Result<Registered, RegistryError> {
        self.registry.register(wanted, ledger)
    }

    fn replace_secret(
        &mut self,
        application: &Application,
        id: &ClientId,
        secret: &ClientSecret,
    ) -> Result<Registered, RegistryError> {
        self.change(|registry| registry.replace_secret(application, id, secret))
    }

    fn revoke(
        &mut self,
        application: &Application,
        id: &ClientId,
        ledger: &mut dyn Ledger,
    ) -> Result<bool, RegistryError> {
        self.change(|registry| registry.revoke(application, id, ledger))
    }
}

/// A machine with a registry, and one application in two environments on it.
struct Machine<'t> {
    home: tempfile::TempDir,
    registry: &'t dyn Fn(&Path) -> Box<dyn Registry>,
    application: Application,
}

impl<'t> Machine<'t> {
    fn new(registry: &'t dyn Fn(&Path) -> Box<dyn Registry>, app: &str) -> Self {
        let application = Application { id: app.to_owned(), name: app.to_owned() };
        let machine = Self { home: tempfile::tempdir().unwrap(), registry, application };
        for environment in ["dev", "qa"] {
            machine.obtain(environment, false, None).unwrap();
        }
        machine
    }

    fn registry(&self, cut: Cut) -> Ending<'t> {
        Ending { registry: (self.registry)(self.home.path()), cut, lost: false }
    }

    fn store(&self) -> Store {
        Store::open(self.home.path()).unwrap()
    }

    fn key(&self, environment: &str) -> Key {
        let registry = self.registry(Cut::Never).identity().clone();
        Key {
            application: self.application.id.clone(),
            environment: EnvironmentName::parse(environment).unwrap(),
            registry,
        }
    }

    fn stored(&self) -> Stored {
        self.store().get(&self.key("dev")).unwrap().unwrap()
    }

    fn request(&self, environment: &str, refresh: bool, take: Option<Take>) -> Request<'_> {
        Request {
            key: self.key(environment),
            application: &self.application,
            needs: Needs::Secret,
            registration: Registration::Auto,
            refresh,
            again: false,
            take,
        }
    }

    fn obtain(&self, environment: &str, refresh: bool, take: Option<Take>) -> Result<Obtained, ObtainError> {
        obtain(&self.request(environment, refresh, take), &mut self.store(), &mut self.registry(Cut::Never))
    }

    /// What the registry has.
    fn registered(&self) -> Option<ClientSecret> {
        let id = self.stored().id;
        self.registry(Cut::Never).find(&self.application, Some(&id)).unwrap().and_then(|found| found.secret)
    }

    /// Runs a change that is cut off; whether it ended with an error instead of a death.
    fn cut(
        &self,
        cut: Cut,
        change: impl Fn(&mut Store, &mut dyn Registry) -> Result<(), ChangeError>,
    ) -> Option<String> {
        let mut registry = self.registry(cut);
        let run = catch_unwind(AssertUnwindSafe(|| change(&mut self.store(), &mut registry)));
        run.ok().map(|ended| ended.unwrap_err().to_string())
    }

    fn rotate(&self, cut: Cut) -> Option<String> {
        let key = self.key("dev");
        self.cut(cut, |store, registry| rotate(&key, &self.application, store, registry).map(drop))
    }

    fn revoke(&self, cut: Cut) -> Option<String> {
        let key = self.key("dev");
        self.cut(cut, |store, registry| revoke(&key, &self.application, store, registry).map(drop))
    }

    /// As long as it is open nothing is looked up, in no environment that shares it.
    #[track_caller]
    fn is_open(&self, text: &str) {
        for environment in ["dev", "qa"] {
            let request = self.request(environment, false, None);
            let error = look_up(&request, Some(&self.store()), &mut self.registry(Cut::Never)).unwrap_err();
            assert!(matches!(error, ObtainError::Open(_)), "{error}");
            assert!(error.to_string().contains(text) && error.to_string().contains("is not finished"), "{error}");
            // Whoever cannot ask the registry has no credential.
            let mut away = Ending { lost: true, ..self.registry(Cut::Never) };
            let error = obtain(&request, &mut self.store(), &mut away).unwrap_err();
            assert!(error.to_string().contains("the connection was lost"), "{error}");
        }
        assert_eq!(self.store().intents().unwrap().len(), 1);
    }

    /// Both sides have the same, and nothing is open.
    #[track_caller]
    fn is_settled(&self) {
        assert_eq!(self.store().intents().unwrap(), []);
        let dev = self.stored();
        let qa = self.store().get(&self.key("qa")).unwrap().unwrap();
        assert_eq!((dev.secret.as_ref(), &dev.id), (self.registered().as_ref(), &qa.id));
        assert_eq!(dev.secret, qa.secret);
        self.obtain("qa", true, None).unwrap();
    }
}

fn all(registry: &dyn Fn(&Path) -> Box<dyn Registry>) {
    for cut in [Cut::Before, Cut::After, Cut::Lost] {
        // Where a build finishes it, and where somebody else begins another one.
        for again in [false, true] {
            let machine = Machine::new(registry, &format!("com.example.rotate.{cut:?}.{again}"));
            let before = machine.stored().secret;
            let error = machine.rotate(cut);
            assert_eq!(error.is_some(), cut == Cut::Lost);
            assert!(error.is_none_or(|error| error.contains("a rotation was begun") && error.contains("was lost")));
            machine.is_open("a rotation was begun at 20");
            assert_eq!(machine.registered() == before, cut == Cut::Before);
            if again {
                rotate(
                    &machine.key("dev"),
                    &machine.application,
                    &mut machine.store(),
                    &mut machine.registry(Cut::Never),
                )
                .unwrap()
                .unwrap();
                assert_ne!(machine.stored().secret, before);
            } else {
                let obtained = machine.obtain("qa", false, None).unwrap();
                let settled = obtained.settled.unwrap();
                assert!(matches!(settled.intent.change, Change::Rotate(_)));
                assert_eq!((settled.finished, obtained.origin), (cut != Cut::Before, Origin::Store));
                assert_eq!(machine.stored().secret == before, cut == Cut::Before);
                assert_eq!(machine.obtain("qa", false, None).unwrap().settled, None);
            }
            machine.is_settled();
        }

        let machine = Machine::new(registry, &format!("com.example.revoke.{cut:?}"));
        let before = machine.stored();
        machine.revoke(cut);
        machine.is_open("a revocation was begun at 20");
        let (key, app) = (machine.key("qa"), &machine.application);
        let settled = finish(&key, app, &mut machine.store(), &mut machine.registry(Cut::Never)).unwrap().unwrap();
        let Settled { intent, finished } = settled;
        assert_eq!((intent.id, finished), (before.id.clone(), cut != Cut::Before));
        assert_eq!(machine.store().list().unwrap().len(), if finished { 0 } else { 2 });
        let obtained = machine.obtain("dev", false, None).unwrap();
        assert_eq!(obtained.credential.id == before.id, cut == Cut::Before, "what is revoked is not embedded again");
        machine.obtain("qa", false, None).unwrap();
        machine.is_settled();

        // The store's secret for the registry.
        let machine = Machine::new(registry, &format!("com.example.take.{cut:?}"));
        let ours = ClientSecret::parse("the store's").unwrap();
        let theirs = machine.stored().secret;
        machine.store().put_everywhere(&Stored { secret: Some(ours.clone()), ..machine.stored() }).unwrap();
        machine.cut(cut, |store, registry| {
            let request = machine.request("dev", true, Some(Take::Store));
            match obtain(&request, store, registry) {
                Err(ObtainError::Open(open)) => Err(open.into()),
                other => panic!("{other:?}"),
            }
        });
        machine.is_open("a transfer of the store's secret to the registry was begun");
        if cut == Cut::Before {
            // It never came there: whose counts is still to be said.
            let error = machine.obtain("dev", false, None).unwrap_err().to_string();
            assert!(error.contains("the registry has another secret than the one that was sent"), "{error}");
            machine.obtain("dev", true, Some(Take::Registry)).unwrap();
            assert_eq!(machine.stored().secret, theirs);
        } else {
            assert!(machine.obtain("dev", false, None).unwrap().settled.unwrap().finished);
            assert_eq!(machine.stored().secret, Some(ours));
        }
        machine.is_settled();
    }
    // A third secret, which somebody else has put there.
    let machine = Machine::new(registry, "com.example.third");
    machine.rotate(Cut::After);
    let third = ClientSecret::parse("a third one").unwrap();
    let id = machine.stored().id;
    machine.registry(Cut::Never).replace_secret(&machine.application, &id, &third).unwrap();
    let error = machine.obtain("dev", false, None).unwrap_err().to_string();
    assert!(error.contains("another secret") && !error.contains("a third one"), "{error}");
    machine.obtain("dev", true, Some(Take::Registry)).unwrap();
    assert_eq!(machine.stored().secret, Some(third));
    machine.is_settled();
    // Forgotten, it is nobody's any more.
    machine.rotate(Cut::After);
    for environment in ["dev", "qa"] {
        assert_eq!(machine.store().intents().unwrap().len(), 1);
        machine.store().forget(&machine.key(environment)).unwrap();
    }
    assert_eq!(machine.store().intents().unwrap(), []);
}

fn embedded(home: &Path) -> Box<dyn Registry> {
    Box::new(Embedded::new(home, &EnvironmentName::parse("team").unwrap()))
}

#[test]
fn every_cut_with_the_embedded_registry() {
    all(&embedded);
}

#[cfg(unix)]
#[test]
fn every_cut_with_postgres() {
    use inject::credential::registry::postgres::{Address, Postgres};
    use inject::credential::seal::SealKey;

    let Some(database) = crate::cli::database::start() else { return };
    let url = database.make("cuts");
    let open = move || {
        let key = SealKey::of_digits(&"0123456789abcdef".repeat(4)).unwrap();
        Postgres::new(Address::parse(&url, None).unwrap(), key)
    };
    open().init().unwrap();
    all(&move |_: &Path| Box::new(open()) as Box<dyn Registry>);
}

/// A registry beside which the store is damaged while it is asked.
struct Damaging(Embedded, std::path::PathBuf);

impl Registry for Damaging {
    fn identity(&self) -> &RegistryIdentity {
        self.0.identity()
    }

    fn capability(&self) -> Capability {
        self.0.capability()
    }

    fn find(&mut self, application: &Application, id: Option<&ClientId>) -> Result<Option<Registered>, RegistryError> {
        self.0.find(application, id)
    }

    fn register(&mut self, wanted: &Wanted<'_>, ledger: &mut dyn Ledger) -> Result<Registered, RegistryError> {
        self.0.register(wanted, ledger)
    }

    fn replace_secret(
        &mut self,
        application: &Application,
        id: &ClientId,
        secret: &ClientSecret,
    ) -> Result<Registered, RegistryError> {
        let store = rusqlite::Connection::open(&self.1).unwrap();
        store.execute("UPDATE checkout SET environment = 'other'", []).unwrap();
        self.0.replace_secret(application, id, secret)
    }
}

#[test]
fn a_store_that_cannot_be_written_says_that_the_registry_has_it_already() {
    let machine = Machine::new(&embedded, "com.example.app");
    machine.store().activate(Path::new("/p"), &EnvironmentName::parse("dev").unwrap()).unwrap();
    let path = machine.home.path().join("store.db");
    let whole = std::fs::read(&path).unwrap();
    let mut registry =
        Damaging(Embedded::new(machine.home.path(), &EnvironmentName::parse("team").unwrap()), path.clone());
    let error = rotate(&machine.key("dev"), &machine.application, &mut machine.store(), &mut registry).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, ChangeError::Open(_)), "{text}");
    assert!(text.contains("the registry has the new secret, and the store could not be written: the store "), "{text}");
    // Not even what it knew before is embedded, once the store is as it was: the registry says another secret.
    super::home::write(&path, &whole);
    let error = machine.obtain("dev", true, None).unwrap_err();
    assert!(matches!(error, ObtainError::Conflict { .. }), "{error}");
}

//! Every row of the state machine with the embedded registry.

use inject::credential::lookup::{Lookup, look_up};
use inject::credential::obtain::{Needs, ObtainError, Origin, Registration, Request, obtain};
use inject::credential::registry::embedded::Embedded;
use inject::credential::registry::{Application, Proposal, Registry, Wanted};
use inject::credential::store::{Key, Store, Stored};
use inject::credential::{ClientId, ClientSecret, EnvironmentName};

struct World {
    home: tempfile::TempDir,
    application: Application,
}

fn name(text: &str) -> EnvironmentName {
    EnvironmentName::parse(text).unwrap()
}

impl World {
    fn new() -> Self {
        let application = Application { id: "com.example.app".into(), name: "App".into() };
        Self { home: tempfile::tempdir().unwrap(), application }
    }

    fn registry(&self, registry: &str) -> Embedded {
        Embedded::new(self.home.path(), &name(registry))
    }

    /// Another machine on the same registries: a store of its own.
    fn key(&self, environment: &str, registry: &str) -> Key {
        let registry = self.registry(registry).identity().clone();
        Key { application: self.application.id.clone(), environment: name(environment), registry }
    }

    fn request(&self, environment: &str, registry: &str) -> Request<'_> {
        Request {
            key: self.key(environment, registry),
            application: &self.application,
            needs: Needs::Secret,
            registration: Registration::Auto,
            refresh: false,
            again: false,
            take: None,
        }
    }

    /// Registered by another machine.
    fn elsewhere(&self, registry: &str, proposal: &Proposal) {
        let wanted = Wanted {
            application: &self.application,
            environment: &name("prod"),
            proposal,
            secret: None,
            wants_secret: true,
            refresh: false,
            again: false,
        };
        let machine = tempfile::tempdir().unwrap();
        let mut store = Store::open(machine.path()).unwrap();
        let mut ledger = store.ledger(&self.key("prod", registry));
        self.registry(registry).register(&wanted, &mut ledger).unwrap();
    }

    fn store(&self) -> Store {
        Store::open(self.home.path()).unwrap()
    }
}

fn secret(text: &str) -> ClientSecret {
    ClientSecret::parse(text).unwrap()
}

#[test]
fn no_no_the_registry_generates_and_both_hold_it() {
    let world = World::new();
    let first = obtain(&world.request("prod", "prod"), &mut world.store(), &mut world.registry("prod")).unwrap();
    assert_eq!(first.origin, Origin::Registered);
    let id = first.credential.id.as_str();
    assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)), "{id}");
    assert_eq!(id.as_bytes()[12], b'4', "a version 4 UUID");
    let text = first.credential.secret.as_ref().unwrap().expose();
    assert!(text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b)));

    let stored = world.store().get(&world.key("prod", "prod")).unwrap().unwrap();
    assert_eq!(Some(&stored.id), Some(&first.credential.id));
    assert_eq!(stored.secret, first.credential.secret);
    let found = world.registry("prod").find(&world.application, Some(&first.credential.id)).unwrap().unwrap();
    assert_eq!(found.secret, first.credential.secret);

    let second = obtain(&world.request("prod", "prod"), &mut world.store(), &mut world.registry("prod")).unwrap();
    assert_eq!(second.origin, Origin::Store);
    assert_eq!(second.credential, first.credential);
}

#[test]
fn no_yes_the_existing_secret_comes_back_and_nothing_is_reset() {
    let world = World::new();
    let first = obtain(&world.request("prod", "prod"), &mut world.store(), &mut world.registry("prod")).unwrap();
    world.store().forget(&world.key("prod", "prod")).unwrap();
    let looked = look_up(&world.request("prod", "prod"), Some(&world.store()), &mut world.registry("prod")).unwrap();
    assert_eq!(looked, Lookup::InRegistry(first.credential.clone()));
    let again = obtain(&world.request("prod", "prod"), &mut world.store(), &mut world.registry("prod")).unwrap();
    assert_eq!(again.origin, Origin::Registry, "a fresh checkout adopts by application");
    assert_eq!(again.credential, first.credential);
}

#[test]
fn yes_no_the_local_secret_is_registered_as_it_is() {
    let world = World::new();
    let id = ClientId::parse("chosen-by-hand").unwrap();
    let stored = Stored {
        key: world.key("prod", "prod"),
        id: id.clone(),
        secret: Some(secret("local secret")),
        registered: true,
    };
    world.store().put(&stored).unwrap();
    let request = Request { refresh: true, ..world.request("prod", "prod") };
    let obtained = obtain(&request, &mut world.store(), &mut world.registry("prod")).unwrap();
    assert_eq!(obtained.origin, Origin::Registered);
    let found = world.registry("prod").find(&world.application, Some(&id)).unwrap().unwrap();
    assert_eq!(found.secret, Some(secret("local secret")));
}

#[test]
fn yes_yes_same_changes_nothing_and_different_is_a_conflict() {
    let world = World::new();
    let first = obtain(&world.request("prod", "prod"), &mut world.store(), &mut world.registry("prod")).unwrap();
    let request = Request { refresh: true, ..world.request("prod", "prod") };
    let again = obtain(&request, &mut world.store(), &mut world.registry("prod")).unwrap();
    assert_eq!(again.credential, first.credential);

    let key = world.key("prod", "prod");
    let mut stored = world.store().get(&key).unwrap().unwrap();
    stored.secret = Some(secret("another"));
    world.store().put(&stored).unwrap();
    let error = obtain(&request, &mut world.store(), &mut world.registry("prod")).unwrap_err();
    let ObtainError::Conflict { store, registry, .. } = &error else { panic!("{error}") };
    assert_ne!(store, registry);
    assert!(!error.to_string().contains("another"));
    assert_eq!(world.store().get(&key).unwrap().unwrap(), stored, "nothing was overwritten");
    let found = world.registry("prod").find(&world.application, Some(&stored.id)).unwrap().unwrap();
    assert_eq!(found.secret, first.credential.secret, "nothing was overwritten");
}

#[test]
fn environments_on_one_registry_share_and_on_two_do_not() {
    let world = World::new();
    let get = |environment, registry| {
        obtain(&world.request(environment, registry), &mut world.store(), &mut world.registry(registry)).unwrap()
    };
    let qa = get("qa", "team");
    let staging = get("staging", "team");
    assert_eq!(staging.credential, qa.credential, "a second environment on the same database resets nothing");
    assert_eq!(staging.origin, Origin::Store);
    let prod = get("prod", "prod");
    assert_ne!(prod.credential.id, qa.credential.id);
    assert_ne!(prod.credential.secret, qa.credential.secret);
}

#[test]
fn a_public_client_has_no_secret_until_somebody_needs_one() {
    let world = World::new();
    let public = Request { needs: Needs::IdOnly, ..world.request("web", "team") };
    let first = obtain(&public, &mut world.store(), &mut world.registry("team")).unwrap();
    assert_eq!(first.credential.secret, None);
    let found = world.registry("team").find(&world.application, Some(&first.credential.id)).unwrap().unwrap();
    assert_eq!(found.secret, None);
    let full = obtain(&world.request("app", "team"), &mut world.store(), &mut world.registry("team")).unwrap();
    assert_eq!(full.credential.id, first.credential.id);
    assert!(full.credential.secret.is_some());
    let still = obtain(&public, &mut world.store(), &mut world.registry("team")).unwrap();
    assert_eq!(still.credential.secret, None, "a public client is given no secret even where one is known");
}

#[test]
fn never_register_makes_nothing() {
    let world = World::new();
    let never = Request { registration: Registration::Never, ..world.request("prod", "prod") };
    let error = obtain(&never, &mut world.store(), &mut world.registry("prod")).unwrap_err();
    assert!(matches!(error, ObtainError::NotRegistered { .. }), "{error}");
    assert!(world.registry("prod").find(&world.application, None).unwrap().is_none());
    assert_eq!(world.store().list().unwrap(), []);

    // Registered by somebody else: taken.
    let id = Proposal::Fresh(ClientId::parse("theirs").unwrap());
    world.elsewhere("prod", &id);
    let taken = obtain(&never, &mut world.store(), &mut world.registry("prod")).unwrap();
    assert_eq!(taken.credential.id.as_str(), "theirs");
}

#[test]
fn a_claim_that_was_never_registered_gives_way() {
    let world = World::new();
    let claim = ClientId::parse("claimed-then-killed").unwrap();
    world.store().claim(&world.key("prod", "prod"), &claim).unwrap();
    let theirs = Proposal::Fresh(ClientId::parse("another-machine").unwrap());
    world.elsewhere("prod", &theirs);
    let obtained = obtain(&world.request("prod", "prod"), &mut world.store(), &mut world.registry("prod")).unwrap();
    assert_eq!(obtained.credential.id.as_str(), "another-machine");
    assert_eq!(obtained.origin, Origin::Registry);
}

#[test]
fn looking_makes_nothing() {
    let world = World::new();
    let looked = look_up(&world.request("prod", "prod"), None, &mut world.registry("prod")).unwrap();
    assert_eq!(looked, Lookup::Unregistered(None));
    assert_eq!(std::fs::read_dir(world.home.path()).unwrap().count(), 0);
}

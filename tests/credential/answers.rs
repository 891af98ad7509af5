//! What a registry answers is compared with what was asked, before anything is kept; for every kind of registry alike.

use inject::credential::ledger::Ledger;
use inject::credential::lookup::look_up;
use inject::credential::obtain::{Needs, ObtainError, Obtained, Registration, Request, Take, obtain};
use inject::credential::registry::{
    AnswerFault, Application, Capability, Registered, Registry, RegistryError, RegistryIdentity, Wanted,
};
use inject::credential::store::{Key, Store, Stored};
use inject::credential::{ClientId, ClientSecret, EnvironmentName};

/// A registry that answers this, whatever it is asked.
struct Says {
    identity: RegistryIdentity,
    answer: Registered,
}

impl Registry for Says {
    fn identity(&self) -> &RegistryIdentity {
        &self.identity
    }

    fn capability(&self) -> Capability {
        Capability::GetOrCreate
    }

    fn find(&mut self, _: &Application, _: Option<&ClientId>) -> Result<Option<Registered>, RegistryError> {
        Ok(Some(self.answer.clone()))
    }

    fn register(&mut self, _: &Wanted<'_>, _: &mut dyn Ledger) -> Result<Registered, RegistryError> {
        Ok(self.answer.clone())
    }

    fn replace_secret(&mut self, _: &Application, _: &ClientId, _: &ClientSecret) -> Result<Registered, RegistryError> {
        Ok(self.answer.clone())
    }
}

fn id(text: &str) -> ClientId {
    ClientId::parse(text).unwrap()
}

fn secret(text: &str) -> ClientSecret {
    ClientSecret::parse(text).unwrap()
}

fn right() -> Registered {
    Registered {
        id: id("the-id"),
        secret: Some(secret("the secret")),
        existed: true,
        expires: None,
        application: Some("com.example.app".into()),
    }
}

fn stored(secret: Option<&str>) -> Stored {
    let secret = secret.map(|text| ClientSecret::parse(text).unwrap());
    Stored { key: key(), id: id("the-id"), secret, registered: true }
}

fn key() -> Key {
    Key {
        application: "com.example.app".into(),
        environment: EnvironmentName::parse("dev").unwrap(),
        registry: RegistryIdentity("says".into()),
    }
}

/// Asks a registry that answers so, with this in the store; what is in the store afterwards too.
fn ask(
    before: Option<&Stored>,
    needs: Needs,
    take: Option<Take>,
    answer: Registered,
) -> (Result<Obtained, ObtainError>, Option<Stored>) {
    let home = tempfile::tempdir().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    if let Some(before) = before {
        store.put(before).unwrap();
    }
    let application = Application { id: "com.example.app".into(), name: "The App".into() };
    let mut registry = Says { identity: RegistryIdentity("says".into()), answer };
    let request = Request {
        key: key(),
        application: &application,
        needs,
        registration: Registration::Auto,
        refresh: true,
        again: false,
        take,
    };
    let obtained = obtain(&request, &mut store, &mut registry);
    (obtained, store.get(&key()).unwrap().filter(|stored| stored.registered))
}

#[track_caller]
fn refused(before: Option<&Stored>, needs: Needs, answer: Registered) -> (AnswerFault, String) {
    let (error, after) = ask(before, needs, None, answer);
    let error = error.unwrap_err();
    assert_eq!(after.as_ref(), before, "something was kept");
    let text = error.to_string();
    let ObtainError::Registry(RegistryError::Answer { fault, .. }) = error else { panic!("{text}") };
    assert!(text.starts_with("registry says: ") && text.contains("nothing was kept"), "{text}");
    (*fault, text)
}

#[test]
fn a_secret_is_wanted_and_there_is_none() {
    let (fault, text) = refused(None, Needs::Secret, Registered { secret: None, ..right() });
    assert!(matches!(fault, AnswerFault::NoSecret { .. }), "{text}");
    assert!(text.contains("the-id of com.example.app without a secret") && text.contains("dev embeds one"), "{text}");
    // A claim or a public client in the store is none either.
    refused(Some(&stored(None)), Needs::Secret, Registered { secret: None, ..right() });
    // Where none is embedded none is missed; where the store has one, that one was sent.
    ask(None, Needs::IdOnly, None, Registered { secret: None, ..right() }).0.unwrap();
    let kept = ask(Some(&stored(Some("mine"))), Needs::Secret, None, Registered { secret: None, ..right() });
    assert_eq!(kept.0.unwrap().credential.secret, Some(secret("mine")));
}

#[test]
fn another_id_than_the_one_that_the_store_has() {
    let other = Registered { id: id("another"), ..right() };
    let (fault, text) = refused(Some(&stored(Some("the secret"))), Needs::Secret, other.clone());
    assert!(matches!(fault, AnswerFault::AnotherId { .. }), "{text}");
    assert!(text.contains("asked for the-id of com.example.app, it answered for another"), "{text}");
    // An id that was just made gives way.
    assert_eq!(ask(None, Needs::Secret, None, other).0.unwrap().credential.id, id("another"));
}

#[test]
fn another_application() {
    let other = Registered { application: Some("com.example.other".into()), ..right() };
    let (fault, text) = refused(None, Needs::Secret, other.clone());
    assert!(matches!(fault, AnswerFault::AnotherApplication { .. }), "{text}");
    assert!(text.contains("registered there for \"com.example.other\""), "{text}");
    refused(Some(&stored(Some("the secret"))), Needs::Secret, other);
    for same in [None, Some("COM.example.App"), Some("the app ")] {
        ask(None, Needs::Secret, None, Registered { application: same.map(str::to_owned), ..right() }).0.unwrap();
    }
}

#[test]
fn a_secret_that_has_ended() {
    let (fault, text) = refused(None, Needs::Secret, Registered { expires: Some(1_000_000_000), ..right() });
    assert!(matches!(fault, AnswerFault::Ended { .. }), "{text}");
    assert!(text.contains("ended at 2001-09-09T01:46:40Z"), "{text}");
    ask(None, Needs::Secret, None, Registered { expires: Some(4_102_444_799), ..right() }).0.unwrap();
}

#[test]
fn a_secret_that_was_sent_and_is_not_what_is_answered() {
    // It says that it has the one of before, so it has not got the new one.
    let (error, after) = ask(Some(&stored(Some("mine"))), Needs::Secret, Some(Take::Store), right());
    let text = error.unwrap_err().to_string();
    assert!(text.contains("was sent a new secret for the-id") && !text.contains("mine"), "{text}");
    assert_eq!(after, Some(stored(Some("mine"))));
}

#[test]
fn looking_says_the_same() {
    let home = tempfile::tempdir().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    store.put(&stored(None)).unwrap();
    let application = Application { id: "com.example.app".into(), name: "The App".into() };
    let request = Request {
        key: key(),
        application: &application,
        needs: Needs::Secret,
        registration: Registration::Never,
        refresh: false,
        again: false,
        take: None,
    };
    for (answer, says) in [
        (Registered { id: id("another"), ..right() }, "it answered for another"),
        (Registered { application: Some("other".into()), ..right() }, "registered there for \"other\""),
    ] {
        let mut registry = Says { identity: RegistryIdentity("says".into()), answer };
        let text = look_up(&request, Some(&store), &mut registry).unwrap_err().to_string();
        assert!(text.contains(says), "{text}");
    }
}

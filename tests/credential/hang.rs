//! Servers that take a request and say nothing.

use std::time::{Duration, Instant};

use inject::credential::EnvironmentName;
use inject::credential::obtain::{Needs, ObtainError, Registration, Request, obtain};
use inject::credential::registry::oauth::{Config, Oauth};
use inject::credential::registry::{Application, Registry, RegistryError};
use inject::credential::store::{Key, Store};

use crate::cli::server::{self, Reply};

#[test]
fn a_server_that_hangs_is_left_and_the_registration_reported() {
    let server = server::start(|_| Reply::Silence(Duration::from_secs(5)));
    let mut registry = Oauth::new(Config {
        issuer: server.url.clone(),
        endpoint: Some(format!("{}/reg", server.url)),
        token: None,
        roots: None,
        metadata: serde_json::Map::new(),
        patience: Some(Duration::from_millis(300)),
    })
    .unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    let application = Application { id: "com.example.app".into(), name: "App".into() };
    let environment = EnvironmentName::parse("prod").unwrap();
    let request = Request {
        key: Key { application: application.id.clone(), environment, registry: registry.identity().clone() },
        application: &application,
        needs: Needs::Secret,
        registration: Registration::Auto,
        refresh: false,
        again: false,
        take: None,
    };
    for asked in [1, 1] {
        let began = Instant::now();
        let error = obtain(&request, &mut store, &mut registry).unwrap_err();
        let ObtainError::Registry(RegistryError::PossibleOrphan { pending, .. }) = &error else { panic!("{error}") };
        assert_eq!((pending.application.as_str(), pending.environment.as_str()), ("com.example.app", "prod"));
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
        assert_eq!(server.asked().len(), asked, "not asked again by itself");
    }
}

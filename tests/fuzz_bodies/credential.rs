//! A body for any bytes as what comes from registries, backups, clients of a registry that is served, and configurations.

use inject::credential::backup::{Backup, Envelope};
use inject::credential::probe::{Probed, answer as probe};
use inject::credential::registry::answer;
use inject::credential::registry::oauth::answer as oauth;
use inject::credential::registry::oauth::discovery;
use inject::credential::registry::postgres::Address;
use inject::credential::serving::authorization::Authorization;
use inject::credential::serving::form::Form;

/// Stands where secrets stand; one word, so that it may pass for an error's name.
pub const CANARY: &str = "canary_5ecret_0123456789";

/// Reads them; no error, and nothing that can be printed, repeats a secret.
pub fn credential(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    silent(Envelope::parse(&text).map_err(|error| error.to_string()));
    silent(Backup::parse(bytes).map_err(|error| error.to_string()));
    let list = bytes.trim_ascii_start().first() == Some(&b'[');
    let (asked, registered) = (answer::parse(bytes, true), oauth::parse(bytes, None));
    assert!(!list || asked.is_err() && registered.is_err());
    silent(asked);
    silent(registered);
    if let Some(said) = oauth::error(bytes, Some(CANARY)) {
        assert!(!said.to_string().contains(CANARY), "{said}");
    }
    metadata(bytes, &text);
    probed(bytes);
    match Address::parse(&text, None) {
        // Names are shown: no swallowed word is one.
        Ok(address) => assert!(!address.identity().0.contains(['=', '@', ' ']), "{}", address.identity()),
        Err(error) => silent::<()>(Err(error.to_string())),
    }
    // What is decoded is never more than what was sent.
    if let Ok(form) = Form::parse(bytes) {
        assert!(form.members().map(|(name, value)| name.len() + value.len()).sum::<usize>() <= bytes.len());
        // No name is there twice, so what is found by a name is all that was said under it.
        assert!(form.members().all(|(name, value)| form.member(name).unwrap_or_default() == value));
    }
    if let Authorization::Basic(id, secret) = Authorization::parse(&text) {
        assert!(id.len() + secret.len() < text.len());
    }
}

/// As metadata of a server, and as the address of one.
fn metadata(bytes: &[u8], text: &str) {
    let issuers = ["https://host.example", "https://host.example/a/", "https://other.example"];
    let read = issuers.map(|issuer| discovery::Server::parse(bytes, issuer));
    // Who answers for one issuer does not answer for another: endpoints get the token of their own alone.
    assert!(read.iter().filter(|server| server.is_ok()).count() <= 1, "{read:?}");
    read.into_iter().for_each(silent);
    let places = discovery::places(text);
    assert!(places.len() <= 3);
    let host = |url: &str| url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default().to_owned());
    if let Some(asked) = host(text) {
        assert!(places.iter().all(|place| host(place).as_ref() == Some(&asked)), "{places:?}");
    }
}

/// As an answer to a credential that was sent: whatever it says, it is not repeated, and only a success is alive.
fn probed(bytes: &[u8]) {
    let said = |probed: Probed| match probed {
        Probed::Alive => false,
        Probed::Refused(why) | Probed::Unknown(why) => {
            assert!(!why.contains(CANARY) && why.len() < 200, "{why}");
            true
        }
    };
    let is_list = bytes.trim_ascii_start().first() == Some(&b'[');
    for status in [200, 400, 401, 403, 429, 500] {
        let alive = !said(probe::token(status, bytes));
        assert!(!alive || matches!(status, 200 | 400) && !is_list, "alive by {status}");
        let asked = probe::introspection(status, bytes);
        assert!(asked.is_none_or(|probed| said(probed) == (status == 401) && !(status == 200 && is_list)));
        for (has_secret, sent) in [(false, false), (true, false), (true, true)] {
            let alive = !said(probe::gam(status, bytes, has_secret, sent));
            assert!(!alive || sent || !has_secret, "alive by a secret that was not sent");
        }
    }
}

fn silent<T>(read: Result<T, String>) {
    if let Err(error) = read {
        assert!(!error.contains(CANARY), "{error}");
    }
}

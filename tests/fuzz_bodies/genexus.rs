//! A body for any bytes as what GAM answers to GeneXus (`OutputParms.json`).

use inject::credential::ClientId;
use inject::credential::registry::Application;
use inject::credential::registry::genexus::parms::Answer;

/// Stands where secrets stand, also where GAM's words repeat one.
pub const CANARY: &str = "canary_5ecret_0123456789";

/// Reads them, and looks applications up; no error, and nothing that can be printed, repeats a secret. What is found is what
/// was asked for.
pub fn parms(bytes: &[u8]) {
    let answer = match Answer::parse(bytes, &[CANARY]) {
        Ok(answer) => answer,
        Err(problem) => return silent(&problem.text),
    };
    // What stands where names and ids stand is shown.
    if answer.applications.iter().any(|listed| format!("{} {}", listed.name, listed.client_id).contains(CANARY)) {
        return;
    }
    silent(&format!("{:?}", answer.applications));
    if let Some(words) = &answer.refused {
        silent(words);
        assert!(!words.contains(char::is_control) && !words.is_empty(), "{words:?}");
    }
    assert!(answer.shown().iter().all(|text| !text.contains(char::is_control)));
    for listed in &answer.applications {
        if let Ok(id) = ClientId::parse(&listed.client_id) {
            match answer.by_id(&id) {
                Ok(found) => assert!(found.is_some_and(|found| found.client_id == id.as_str()), "{id}"),
                Err(fault) => silent(&fault.to_string()),
            }
        }
        let application = Application { id: "no such id".to_owned(), name: listed.name.clone() };
        match answer.by_name(&application) {
            Ok(found) => {
                let name = found.map_or("", |found| found.name.as_str());
                assert_eq!(name, listed.name, "no name is no name");
            }
            Err(fault) => silent(&fault.to_string()),
        }
        match listed.registered() {
            Ok(registered) => {
                assert_eq!(registered.id.as_str(), listed.client_id);
                assert_eq!(registered.secret.is_some(), listed.has_secret());
                silent(&format!("{registered:?}"));
            }
            Err(fault) => silent(&fault.to_string()),
        }
    }
}

fn silent(text: &str) {
    assert!(!text.contains(CANARY), "{text}");
}

//! GeneXus' file as a registry: what GAM answered, read as it may lie there.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use inject::credential::lookup::{Lookup, look_up};
use inject::credential::obtain::{Needs, ObtainError, Registration, Request, obtain};
use inject::credential::registry::genexus::fault::Fault;
use inject::credential::registry::genexus::parms::{Answer, Connection, input};
use inject::credential::registry::genexus::{Config, Genexus};
use inject::credential::registry::{Application, Proposal, Registered, Registry, RegistryError, Wanted};
use inject::credential::store::{Key, Store};
use inject::credential::{ClientId, ClientSecret, EnvironmentName};
use proptest::prelude::*;

use crate::fuzz_bodies::genexus::{CANARY, parms};

const NOTES: &str = "c45876ca29eb60319323ef8cd9596024";
const START: &str = "cd3939649b7e08ecc7f22b2725c5b1fd";

/// An application, as GAM answers it.
fn entry(name: &str, id: &str, secret: &str) -> String {
    format!(
        r#"{{"Id":4,"GUID":"{id}","Version":"null","Name":"{name}","Description":"null","CompanyName":"","Copyright":"",
            "ApplicationParent":"","ClientId":"{id}","ClientSecret":{secret},"ClientAutoRegisterAnomymousUser":false,
            "ClientEncriptionKey":"null"}}"#
    )
}

fn output(entries: &[String]) -> String {
    format!(r#"{{"isOK":true,"TextXML":"","Applications":[{}],"Errors":[]}}"#, entries.join(","))
}

/// Notes without a secret, Start with one.
fn usual() -> String {
    output(&[entry("Notes", NOTES, "\"null\""), entry("Start", START, &format!("\"{CANARY}\""))])
}

struct World(tempfile::TempDir);

impl World {
    fn new(content: impl AsRef<[u8]>) -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(world.file().parent().unwrap()).unwrap();
        fs::write(world.file(), content).unwrap();
        world
    }

    fn file(&self) -> std::path::PathBuf {
        self.0.path().join("Library/GAM/OutputParms.json")
    }

    fn registry(&self) -> Genexus {
        over(self.0.path())
    }

    fn find(&self, name: &str, id: Option<&str>) -> Result<Option<Registered>, RegistryError> {
        self.registry().find(&application(name), id.map(|id| ClientId::parse(id).unwrap()).as_ref())
    }

    #[track_caller]
    fn fails(&self, texts: &[&str]) {
        let said = self.find("Notes", None).unwrap_err().to_string();
        for text in texts {
            assert!(said.contains(text), "no {text:?} in {said}");
        }
        assert!(!said.contains(CANARY), "{said}");
    }
}

fn over(model: &Path) -> Genexus {
    let environment = EnvironmentName::parse("dev").unwrap();
    Genexus::new(Config { model: model.to_owned(), called: "model".to_owned(), environment, program: None })
}

fn application(name: &str) -> Application {
    Application { id: format!("com.example.{}", name.to_lowercase()), name: name.to_owned() }
}

fn found(registered: Option<Registered>) -> Option<(String, Option<String>)> {
    registered.map(|found| (found.id.as_str().to_owned(), found.secret.map(|secret| secret.expose().to_owned())))
}

#[test]
fn an_application_is_found_by_client_id_or_by_name() {
    let world = World::new(usual());
    let (notes, start) = (Some((NOTES.to_owned(), None)), Some((START.to_owned(), Some(CANARY.to_owned()))));
    for (name, id, expected) in [
        ("Notes", None, &notes),
        ("notes", None, &notes),
        ("Notes", Some(NOTES), &notes),
        ("Start", None, &start),
        // By the id, whatever the name: so `identify` asks.
        ("Notes", Some(START), &start),
        ("Renamed", Some(START), &start),
        // What the id does not lead to, the name does.
        ("Start", Some("unknown"), &start),
        ("Other", None, &None),
        ("Other", Some("unknown"), &None),
        ("", None, &None),
    ] {
        assert_eq!(&found(world.find(name, id).unwrap()), expected, "{name:?} {id:?}");
    }
    // Its id may be its name.
    let by_id = Application { id: "Start".to_owned(), name: "start-app".to_owned() };
    assert_eq!(found(world.registry().find(&by_id, None).unwrap()), start);
    let debug = format!("{:?}", world.registry().holding().unwrap());
    assert!(debug.contains(START) && !debug.contains(CANARY), "{debug}");
}

#[test]
fn absent_is_absent_in_all_its_forms() {
    for absent in ["\"null\"", "null", "\"\"", "\"  \""] {
        let world = World::new(output(&[entry("Notes", NOTES, absent)]));
        assert_eq!(found(world.find("Notes", None).unwrap()), Some((NOTES.to_owned(), None)), "{absent}");
    }
    // A column of fixed width, and members that are not there.
    let world = World::new(output(&[entry("Notes  ", &format!("{NOTES}   "), "\"S3CRET  \"")]));
    assert_eq!(found(world.find("Notes", None).unwrap()), Some((NOTES.to_owned(), Some("S3CRET".to_owned()))));
    let world = World::new(output(&[format!("{{\"Name\":\"Notes\",\"ClientId\":\"{NOTES}\"}}")]));
    assert_eq!(found(world.find("Notes", None).unwrap()), Some((NOTES.to_owned(), None)));
    World::new(output(&[entry("Notes", "null", "null")])).fails(&["the entry of \"Notes\"", "the Client Id is empty"]);
    World::new(output(&[entry("Notes", "a\\u0007b", "null")])).fails(&["the entry of \"Notes\"", "printable ASCII"]);
}

#[test]
fn every_encoding_that_windows_writes() {
    let text = usual().replace("Notes", "Añotación 📝");
    let utf16 = |to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<u8>>();
    for bytes in [
        text.clone().into_bytes(),
        [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        [b"\xff\xfe".to_vec(), utf16(u16::to_le_bytes)].concat(),
        [b"\xfe\xff".to_vec(), utf16(u16::to_be_bytes)].concat(),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
        [b"\r\n\t ", text.as_bytes(), b"\r\n"].concat(),
    ] {
        let world = World::new(bytes);
        assert_eq!(found(world.find("Añotación 📝", None).unwrap()).unwrap().0, NOTES);
    }
    let ansi: Vec<u8> = usual().replace("Notes", "A~otar").bytes().map(|b| if b == b'~' { 0xf1 } else { b }).collect();
    World::new(ansi).fails(&["OutputParms.json: byte 0x", "is not UTF-8"]);
}

#[test]
fn gam_s_own_words_are_repeated_without_secrets_and_control_characters() {
    let refused = |is_ok: &str, errors: &str| {
        usual()
            .replace("\"isOK\":true", &format!("\"isOK\":{is_ok}"))
            .replace("\"Errors\":[]", &format!("\"Errors\":{errors}"))
    };
    for (is_ok, errors, said) in [
        ("false", "[]", "GAM refused the registration: it gives no reason"),
        ("\"False\"", "null", "it gives no reason"),
        ("false", r#"["The repository\u001b[31m is locked"]"#, r"The repository\u{1b}[31m is locked"),
        ("true", r#"[{"Code":138,"Message":"It exists"}, 7]"#, "138: It exists; 7"),
        ("false", r#"[{"code":"2","description":"another repository"}]"#, "2: another repository"),
        ("false", r#"["1","2","3","4","5","6","7"]"#, "1; 2; 3; 4; 5; and 2 more"),
        ("false", r#"["the secret canary_5ecret_0123456789 is taken"]"#, "the secret [secret] is taken"),
    ] {
        World::new(refused(is_ok, errors)).fails(&["OutputParms.json: GAM refused", said]);
    }
    let long = World::new(refused("false", &format!("[{:?}]", "x".repeat(5000)))).find("Notes", None).unwrap_err();
    assert!(long.to_string().len() < 600);
    assert!(World::new(refused("\"True\"", "[]")).find("Notes", None).unwrap().is_some());
}

#[test]
fn what_is_no_answer_is_said_exactly() {
    for (content, said) in [
        ("[]", "a list of JSON, expected an object with isOK"),
        ("{}", "it has no isOK"),
        ("{\"isOK\":\"canary_5ecret_0123456789\"}", "isOK is neither true nor false"),
        ("{\"isOK\":true,\"Applications\":[\"canary_5ecret_0123456789\"]}", "members of other types than expected"),
        // In the order of the members it would be one.
        ("{\"isOK\":true,\"Applications\":[[\"Notes\",\"canary_5ecret_0123456789\",\"x\"]]}", "members of other types"),
        (
            "{\"isOK\":true,\"Applications\":[{\"Name\":\"Notes\",\"ClientId\":\"a\",\"ClientId\":\"b\"}]}",
            "a member stands there twice in one object (line 1, column",
        ),
    ] {
        let at = Instant::now();
        World::new(content).fails(&["OutputParms.json: ", said]);
        assert!(at.elapsed() < Duration::from_secs(1), "it is complete, and nobody waits");
    }
    let secret = ClientSecret::parse(CANARY).unwrap();
    let connection = Connection {
        database: ("sa".to_owned(), CANARY.to_owned().into()),
        repository: "r".to_owned(),
        user: ("admin".to_owned(), CANARY.to_owned().into()),
    };
    let sent = input("Notes", &ClientId::parse(NOTES).unwrap(), Some(&secret), &connection);
    World::new(sent.as_bytes()).fails(&["it is what GeneXus sends (InputParms.json)"]);
}

#[test]
fn a_file_that_f5_is_writing_is_waited_for() {
    let whole = usual();
    for part in ["", &whole[..40], &whole[..whole.len() - 1]] {
        let world = World::new(part);
        let file = world.file();
        let whole = whole.clone();
        let writer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            fs::write(file, whole).unwrap();
        });
        assert!(world.find("Notes", None).unwrap().is_some());
        writer.join().unwrap();
        // It does not end: bounded, and exact.
        fs::write(world.file(), part).unwrap();
        let at = Instant::now();
        world.fails(&[
            "F5 may still be writing it",
            if part.is_empty() { "it is empty" } else { "the middle of the JSON" },
        ]);
        assert!(at.elapsed() < Duration::from_secs(20));
    }
    // Half a character of UTF-16 is half a file.
    let wide: Vec<u8> = whole.encode_utf16().flat_map(u16::to_le_bytes).collect();
    World::new(&wide[..wide.len() - 1]).fails(&["F5 may still be writing it"]);
}

#[test]
fn what_is_no_file_is_not_read() {
    let world = World::new("");
    fs::remove_file(world.file()).unwrap();
    world.fails(&["OutputParms.json is not there"]);
    fs::create_dir(world.file()).unwrap();
    world.fails(&["it is a folder, a file is expected"]);
    fs::remove_dir(world.file()).unwrap();
    #[cfg(unix)]
    {
        let made = std::process::Command::new("mkfifo").arg(world.file()).status().unwrap();
        assert!(made.success());
        world.fails(&["it is a named pipe, a regular file is expected"]);
        fs::remove_file(world.file()).unwrap();
        std::os::unix::fs::symlink("/dev/zero", world.file()).unwrap();
        world.fails(&["it is a device, a regular file is expected"]);
        fs::remove_file(world.file()).unwrap();
    }
    fs::File::create(world.file()).unwrap().set_len(1 << 40).unwrap();
    world.fails(&["it has more than 8388608 bytes"]);
    // A file where a folder should be.
    fs::remove_dir_all(world.0.path().join("Library")).unwrap();
    fs::write(world.0.path().join("Library"), "").unwrap();
    world.fails(&["is not there"]);
}

#[test]
fn several_of_one_name_or_one_id() {
    // One id twice: GAM allows it.
    let world = World::new(output(&[
        entry("Notes", NOTES, "\"null\""),
        entry("Copy of Notes", NOTES, &format!("\"{CANARY}\"")),
    ]));
    assert_eq!(found(world.find("Notes", None).unwrap()), Some((NOTES.to_owned(), None)));
    assert_eq!(world.find("x", Some(NOTES)).unwrap().unwrap().secret.unwrap().expose(), CANARY);
    assert_eq!(world.registry().holding().unwrap().shared_ids, [NOTES]);
    // With two secrets nobody can say which.
    let world = World::new(output(&[entry("Notes", NOTES, "\"one\""), entry("notes", NOTES, "\"two\"")]));
    let said = world.find("x", Some(NOTES)).unwrap_err().to_string();
    assert!(said.contains(&format!("the Client Id {NOTES} stands there twice, with different secrets")), "{said}");
    // One name twice: the id tells them apart, else nothing does. Another spelling is another name where one fits exactly.
    let world = World::new(output(&[entry("Notes", NOTES, "null"), entry("Notes", START, "null")]));
    world.fails(&["several applications are called \"Notes\" there", &format!("{NOTES}, {START}")]);
    assert_eq!(found(world.find("Notes", Some(START)).unwrap()).unwrap().0, START);
    assert!(world.registry().foresee(&application("Notes"), Some(&ClientId::parse(START).unwrap()), false).is_ok());
    let world = World::new(output(&[entry("NOTES", NOTES, "null"), entry("Notes", START, "null")]));
    assert_eq!(found(world.find("Notes", None).unwrap()).unwrap().0, START);
    assert!(world.find("notes", None).is_err());
}

/// Client Id and secret.
type Pair = (String, Option<String>);

/// What `look_up` and `obtain` come to, and how many claims are left.
fn obtained(
    world: &World,
    name: &str,
    needs: Needs,
    known: Option<&str>,
) -> (Result<Option<Pair>, String>, Result<Pair, String>, usize) {
    let home = tempfile::tempdir().unwrap();
    let application = application(name);
    let mut registry = world.registry();
    let key = Key {
        application: application.id.clone(),
        environment: EnvironmentName::parse("dev").unwrap(),
        registry: registry.identity().clone(),
    };
    let mut store = Store::open(home.path()).unwrap();
    if let Some(id) = known {
        let id = ClientId::parse(id).unwrap();
        store.put(&inject::credential::store::Stored { key: key.clone(), id, secret: None, registered: true }).unwrap();
    }
    let request = Request {
        key,
        application: &application,
        needs,
        registration: Registration::Auto,
        refresh: true,
        again: false,
        take: None,
    };
    let text = |error: ObtainError| error.to_string();
    let shown = |credential: &inject::credential::Credential| {
        (credential.id.as_str().to_owned(), credential.secret.as_ref().map(|secret| secret.expose().to_owned()))
    };
    let looked = look_up(&request, Some(&store), &mut registry).map(|looked| match &looked {
        Lookup::InRegistry(credential) => Some(shown(credential)),
        Lookup::InStore(_) | Lookup::Unregistered(_) => None,
    });
    let never = Request { registration: Registration::Never, ..request.clone() };
    let first = obtain(&never, &mut store, &mut registry).map(|obtained| shown(&obtained.credential)).map_err(text);
    let second = obtain(&request, &mut store, &mut registry).map(|obtained| shown(&obtained.credential)).map_err(text);
    assert_eq!(first, second, "it never registers, whether it may or not");
    let claimed = store.list().unwrap().len();
    (looked.map_err(text), second, claimed)
}

#[test]
fn it_answers_what_was_asked_and_makes_nothing() {
    let world = World::new(usual());
    let (looked, done, _) = obtained(&world, "Start", Needs::Secret, None);
    assert_eq!((looked.unwrap(), done.clone().unwrap().1), (done.ok(), Some(CANARY.to_owned())));
    let (looked, done, _) = obtained(&world, "Start", Needs::IdOnly, None);
    assert_eq!((looked.unwrap().unwrap(), done.unwrap()), ((START.to_owned(), None), (START.to_owned(), None)));
    // Not there: the same words before and after, and nothing is claimed.
    let (looked, done, claimed) = obtained(&world, "Other", Needs::IdOnly, None);
    let said = done.unwrap_err();
    assert_eq!((looked.unwrap_err(), claimed), (said.clone(), 0));
    for text in [
        "Other is not in ",
        "OutputParms.json, which GAM answered for dev",
        &format!("Notes ({NOTES}), Start ({START})"),
    ] {
        assert!(said.contains(text), "no {text:?} in {said}");
    }
    // No secret, and one is wanted.
    let (looked, done, claimed) = obtained(&world, "Notes", Needs::Secret, None);
    let said = done.unwrap_err();
    assert_eq!((looked.unwrap_err(), claimed), (said.clone(), 0));
    assert!(
        said.contains(&format!("no secret for Notes (Client Id {NOTES}), and dev embeds one; GAM keeps none")),
        "{said}"
    );
    // The store has another id than the file.
    let (looked, done, _) = obtained(&world, "Notes", Needs::IdOnly, Some(START));
    let said = done.unwrap_err();
    assert_eq!(looked.unwrap_err(), said);
    assert!(said.contains(&format!("Notes has the Client Id {START} here, and {NOTES} in ")), "{said}");
    assert!(said.contains(&format!("where {START} is \"Start\"'s")), "{said}");
    let (_, done, _) = obtained(&world, "Notes", Needs::IdOnly, Some("gone"));
    assert!(done.unwrap_err().contains("which does not know gone"));
    // Nothing but GAM changes what is there.
    let mut registry = world.registry();
    let (id, secret) = (ClientId::parse(START).unwrap(), ClientSecret::parse("x").unwrap());
    let said = registry.replace_secret(&application("Start"), &id, &secret).unwrap_err().to_string();
    assert!(said.contains("GAM's backend") && said.contains("--take registry"), "{said}");
    assert_eq!(fs::read_to_string(world.file()).unwrap(), usual());
}

#[test]
fn a_fault_has_a_kind() {
    let world = World::new(usual());
    let home = tempfile::tempdir().unwrap();
    let mut store = Store::open(home.path()).unwrap();
    let environment = EnvironmentName::parse("dev").unwrap();
    let key = Key {
        application: "x".into(),
        environment: environment.clone(),
        registry: world.registry().identity().clone(),
    };
    let wanted = Wanted {
        application: &application("Other"),
        environment: &environment,
        proposal: &Proposal::Known(ClientId::parse("x").unwrap()),
        secret: None,
        wants_secret: false,
        refresh: false,
        again: false,
    };
    let fault = match world.registry().register(&wanted, &mut store.ledger(&key)).unwrap_err() {
        RegistryError::Genexus { fault, .. } => fault,
        other => panic!("{other}"),
    };
    assert!(matches!(*fault, Fault::NotListed { .. }), "{fault:?}");
}

/// Answers of GAM, well-formed, with the secret where it belongs and where a careless server repeats it.
fn well_formed() -> Vec<Vec<u8>> {
    let twice = output(&[
        entry("Notes", NOTES, "null"),
        entry("Notes", NOTES, &format!("\"{CANARY}\"")),
        entry("notes", START, "null"),
    ]);
    let refused = usual().replace("\"isOK\":true", "\"isOK\":false");
    let refused = refused.replace("\"Errors\":[]", &format!("\"Errors\":[{{\"Code\":1,\"Message\":\"{CANARY}\"}}]"));
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    vec![usual().into_bytes(), twice.clone().into_bytes(), refused.clone().into_bytes(), wide(&usual()), wide(&refused)]
}

#[test]
fn what_is_well_formed_tells_no_secret() {
    for bytes in well_formed() {
        assert!(Answer::parse(&bytes, &[]).is_ok());
        parms(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        parms(&bytes);
    }

    #[test]
    fn damaged(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let all = well_formed();
        let mut bytes = all[which.index(all.len())].clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        parms(&bytes);
    }
}

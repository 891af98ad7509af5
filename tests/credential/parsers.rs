//! The fuzz body of what others send, on random bytes and on damaged answers: 20,000 of each.

use inject::credential::registry::oauth::discovery;
use proptest::prelude::*;

use crate::fuzz_bodies::credential::{CANARY, credential};

/// One of each, with the secret where it belongs, and where a careless server repeats it.
fn well_formed() -> Vec<String> {
    [
        r#"{"client_id": "a", "client_secret": "CANARY", "existed": true}"#,
        r#"{"client_id": "a", "client_secret": ["CANARY"], "client_secret_expires_at": "0"}"#,
        r#"{"client_id": "a", "registration_access_token": "CANARY", "registration_client_uri": "https://h/a"}"#,
        r#"{"error": "CANARY", "error_description": "the token CANARY is none"}"#,
        r#"{"error": "invalid_token", "error_description": "the token CANARY is none"}"#,
        r#"{"credentials": [{"application": "a", "environment": "dev", "registry": "r", "client_id": "i",
            "client_secret": "CANARY"}], "registrations": [{"application": "a", "registry": "r", "client_id": "i",
            "client_secret": null, "expires": 1, "address": "https://h", "token": "CANARY"}]}"#,
        "inject-backup-1\nQUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n",
        "postgres://user:CANARY@host:5432/database?sslmode=verify-full&connect_timeout=5",
        "host=localhost user=a password=CANARY dbname=d sslmode=disable",
        "host=localhost_user=a password=CANARY dbname=d sslmode=disable",
        "host='localhost user=a password=CANARY' dbname=d sslmode=disable",
        r#"{"issuer": "https://host.example", "registration_endpoint": "https://host.example/r", "token_endpoint":
            "https://host.example/t?CANARY"}"#,
        r#"{"issuer": "https://host.example/a", "introspection_endpoint": "https://host.example/i", "x": ["CANARY"]}"#,
        r#"{"issuer": "CANARY", "token_endpoint": "https://host.example/t"}"#,
        r#"{"issuer": ["CANARY"]}"#,
        "https://host.example/path/of/CANARY",
        r#"{"access_token": "CANARY", "token_type": "bearer"}"#,
        r#"{"active": false, "error": {"code": "116", "message": "CANARY"}}"#,
        r#"{"error": {"code": 11, "message": "CANARY"}}"#,
        r#"{"error": {"code": "CANARY"}}"#,
        r#"["CANARY", true, "invalid_client"]"#,
        r#"["https://host.example", "https://host.example/CANARY", null, null]"#,
        r#"["an-id", "CANARY", true]"#,
        "grant_type=password&client_id=a%20b&client_secret=CANARY&x=%C3%BC+",
        "Basic Y2FuYXJ5OkNBTkFSWQ==",
    ]
    .map(|text| text.replace("CANARY", CANARY))
    .to_vec()
}

#[test]
fn what_is_well_formed_tells_no_secret() {
    for text in well_formed() {
        credential(text.as_bytes());
    }
}

#[test]
fn a_byte_order_mark_in_front_is_no_fault() {
    let metadata =
        b"\xef\xbb\xbf{\"issuer\": \"https://host.example\", \"token_endpoint\": \"https://host.example/t\"}";
    discovery::Server::parse(metadata, "https://host.example").unwrap();
    // Behind the mark it is what it is.
    let problem = discovery::Server::parse(b"\xef\xbb\xbf[1]", "https://host.example").unwrap_err();
    assert!(problem.contains("but a list"), "{problem}");
    assert!(discovery::Server::parse(b"\xef\xbb\xbf\xef\xbb\xbf{}", "https://host.example").is_err(), "one mark");
}

/// Nothing secret is sent to find a server out. What stands where its address is expected is repeated only where it is one.
#[test]
fn of_another_issuer_no_more_than_an_address_is_repeated() {
    let problem = |issuer: &str| {
        let metadata = serde_json::json!({ "issuer": issuer }).to_string();
        discovery::Server::parse(metadata.as_bytes(), "https://host.example").unwrap_err()
    };
    assert!(problem("https://host.example/realms/a").contains("\"https://host.example/realms/a\""));
    for issuer in ["/?CANARY", "/#CANARY", "/ CANARY", "/\nCANARY", "/@CANARY"] {
        let problem = problem(&format!("https://host.example{issuer}"));
        assert!(problem.contains("no plain address") && !problem.contains("CANARY"), "{problem}");
    }
    assert!(problem(&format!("https://host.example/{}", "a".repeat(200))).contains("no plain address"));
    assert!(problem("CANARY").contains("no plain address"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        credential(&bytes);
    }

    #[test]
    fn damaged(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let all = well_formed();
        let mut bytes = all[which.index(all.len())].clone().into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        credential(&bytes);
    }
}

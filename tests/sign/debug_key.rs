//! The debug identity.

use inject::sign::debug_key::{ALIAS, PASSWORD, generate};
use inject::sign::{Identity, Password, key_of};
use rand::SeedableRng;

#[test]
fn it_opens_with_what_every_tool_knows_and_is_reproducible() {
    let make = || generate(&mut rand::rngs::StdRng::seed_from_u64(7), 1_700_000_000).unwrap();
    let (identity, keystore) = make();
    assert_eq!(make().1, keystore);
    let password = Password::new(PASSWORD.to_owned());
    let read = Identity::from_keystore(&keystore, Some(ALIAS), &password, None).unwrap();
    assert_eq!(read.certificate(), identity.certificate());
    assert_eq!(read.certificate().subject_text(), "CN=Android Debug, O=Android, C=US");
    assert_eq!(read.certificate().validity(), ("20231114221320Z", "20531113221320Z"));
    assert_eq!(key_of(&read).bits(), 2048);
}

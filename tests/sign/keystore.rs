//! Keystores and key files: what opens, and the exact error where it does not. See `testdata/keys/README.md`.

use inject::sign::{Digest, Identity, IdentityError, KeyError, Password, aliases, key_of};

use super::package::key_file;

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn stores_of_any_keys(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 1..60)) {
        crate::fuzz_bodies::keystores::any(&bytes);
    }
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

fn open(file: &str, alias: Option<&str>, store: &str, key: Option<&str>) -> Result<Identity, IdentityError> {
    Identity::from_keystore(&key_file(file), alias, &password(store), key.map(password).as_ref())
}

#[test]
fn pkcs12_of_keytool_and_openssl_opens() {
    for (file, secret, alias) in [
        ("rsa-2048.p12", "secret", "rsa"),
        ("rsa-4096.p12", "secret", "rsa4096"),
        ("ec-p256.p12", "secret", "p256"),
        ("ec-p384.p12", "secret", "p384"),
        ("ec-p521.p12", "secret", "p521"),
        ("openssl-aes.p12", "secret", "openssl"),
        ("openssl-3des.p12", "secret", "legacy"),
        ("openssl-nameless.p12", "secret", "1"),
        ("openssl-unicode.p12", "contraseña-日本", "unicode"),
        ("openssl-empty-password.p12", "", "1"),
        ("rsa-1024.p12", "secret", "small"),
    ] {
        let identity = open(file, None, secret, None).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(identity.name(), alias, "{file}");
        assert_eq!(identity.certificates().len(), 1, "{file}");
        key_of(&identity).sign(Digest::Sha256, &[b"x"]).unwrap();
    }
}

#[test]
fn jks_opens_with_its_two_passwords() {
    assert_eq!(aliases(&key_file("multi.jks"), &password("secret")).unwrap().len(), 2);
    let first = open("multi.jks", Some("first"), "secret", Some("keysecret")).unwrap();
    assert_eq!(first.certificate().subject_text(), "CN=Test JKS first, O=inject tests");
    // Aliases of a JKS do not differ by case.
    open("multi.jks", Some("SECOND"), "secret", None).unwrap();
    let error = open("multi.jks", Some("first"), "secret", None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the keystore opens, but key \"first\" has another password; give the key's own password"
    );
}

#[test]
fn wrong_password_is_said_for_every_kind() {
    for file in ["rsa-2048.p12", "openssl-aes.p12", "openssl-3des.p12", "openssl-unicode.p12", "multi.jks"] {
        let error = open(file, Some("first"), "not-it", None).unwrap_err();
        assert!(matches!(error, IdentityError::WrongPassword { what: "keystore" }), "{file}: {error}");
        assert!(!format!("{error:?} {error}").contains("not-it"));
    }
}

#[test]
fn aliases_are_listed_when_none_fits() {
    let error = open("multi.p12", None, "secret", None).unwrap_err();
    assert_eq!(error.to_string(), "the keystore has 2 keys and none was chosen; choose one of: p256, p384");
    let error = open("multi.p12", Some("release"), "secret", None).unwrap_err();
    assert_eq!(error.to_string(), "the keystore has no key \"release\"; it has: p256, p384");
    assert_eq!(key_of(&open("multi.p12", Some("p384"), "secret", None).unwrap()).bits(), 384);
}

#[test]
fn kinds_that_are_not_read_say_what_they_are() {
    let text = |file| open(file, None, "secret", None).unwrap_err().to_string();
    assert!(text("multi.jceks").contains("JCEKS; convert it with `keytool"));
    assert!(text("p256-pkcs8.pem").contains("found PEM"));
    assert!(text("p256-cert.der").contains("another ASN.1 structure"));
    assert!(matches!(open("dsa.p12", None, "secret", None), Err(IdentityError::Key(KeyError::Algorithm { .. }))));
    // The one key that updates what was signed with it: it opens, and whoever signs with it is warned.
    assert_eq!(open("rsa-1024.p12", None, "secret", None).unwrap().weak_bits(), Some(1024));
    assert_eq!(open("rsa-2048.p12", None, "secret", None).unwrap().weak_bits(), None);
    assert_eq!(open("ec-p256.p12", None, "secret", None).unwrap().weak_bits(), None);
    assert!(text("bouncy-castle.bks").contains("BKS, of Bouncy Castle; convert it with `keytool"));
    let rc4 = text("openssl-rc4.p12");
    assert!(rc4.contains("RC4 with 128 bits") && rc4.contains("keytool -importkeystore"), "{rc4}");
}

#[test]
fn pkcs12_in_ber_opens_and_its_mac_counts() {
    let identity = open("bouncy-castle.p12", None, "secret", None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((identity.name(), key_of(&identity).bits()), ("rsa", 2048));
    assert_eq!(identity.certificate().subject_text(), "CN=Test RSA 2048, O=inject tests");
    let error = open("bouncy-castle.p12", None, "not-it", None).unwrap_err();
    assert!(matches!(error, IdentityError::WrongPassword { what: "keystore" }), "{error}");
    // A byte of the encoded contents, which only the MAC covers: the name of the key.
    let mut changed = key_file("bouncy-castle.p12");
    let name: Vec<u8> = "rsa".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let at = changed.windows(name.len()).position(|window| window == name).unwrap();
    changed[at + 1] = b's';
    let error = Identity::from_keystore(&changed, None, &password("secret"), None).unwrap_err();
    assert!(matches!(error, IdentityError::WrongPassword { what: "keystore" }), "{error}");
}

#[test]
fn what_follows_a_keystore_is_nobodys() {
    for (file, alias) in [("rsa-2048.p12", None), ("bouncy-castle.p12", None), ("multi.jks", Some("second"))] {
        let bytes = [key_file(file), b"\r\n".to_vec()].concat();
        let opened = Identity::from_keystore(&bytes, alias, &password("secret"), None);
        opened.unwrap_or_else(|error| panic!("{file}: {error}"));
    }
    // What is cut is damaged, whatever the password is.
    let jks = key_file("multi.jks");
    for len in [40, jks.len() - 25, jks.len() - 1] {
        let error = Identity::from_keystore(&jks[..len], None, &password("secret"), None).unwrap_err();
        assert!(matches!(error, IdentityError::Keystore { kind: "JKS", .. }), "{len}: {error}");
    }
}

#[test]
fn an_empty_key_password_is_one_or_none() {
    open("multi.jks", Some("second"), "secret", Some("")).unwrap();
    let error = open("multi.jks", Some("first"), "secret", Some("")).unwrap_err();
    assert!(matches!(error, IdentityError::WrongKeyPassword { .. }), "{error}");
}

#[test]
fn key_files_of_every_encoding_open() {
    let certificate = key_file("p256-cert.pem");
    for (file, secret) in [
        ("p256-pkcs8.pem", None),
        ("p256-pkcs8.der", None),
        ("p256-sec1.pem", None),
        ("p256-sec1-params.pem", None),
        ("p256-encrypted.pem", Some("secret")),
        ("p256-scrypt.pem", Some("secret")),
    ] {
        let secret = secret.map(password);
        let identity = Identity::from_files("files", &key_file(file), &certificate, secret.as_ref());
        assert_eq!(key_of(&identity.unwrap_or_else(|error| panic!("{file}: {error}"))).bits(), 256);
    }
    Identity::from_files("files", &key_file("p256-pkcs8.pem"), &key_file("p256-cert.der"), None).unwrap();
    for file in ["rsa-2048-hmac-sha1.pem", "rsa-2048-des3.pem"] {
        let certificate = key_file("rsa-2048-cert.pem");
        let opened = |secret| Identity::from_files("files", &key_file(file), &certificate, Some(&password(secret)));
        assert_eq!(key_of(&opened("secret").unwrap_or_else(|error| panic!("{file}: {error}"))).bits(), 2048);
        let error = opened("not-it").unwrap_err();
        assert!(matches!(error, IdentityError::WrongPassword { what: "private key" }), "{file}: {error}");
    }
    // A byte order mark in front.
    let marked = |file| [b"\xef\xbb\xbf".to_vec(), key_file(file)].concat();
    Identity::from_files("files", &marked("p256-pkcs8.pem"), &marked("p256-cert.pem"), None).unwrap();
    let rsa = Identity::from_files("files", &key_file("rsa-2048-pkcs1.pem"), &key_file("rsa-2048-cert.pem"), None);
    assert_eq!(key_of(&rsa.unwrap()).bits(), 2048);
}

#[test]
fn key_files_that_do_not_open_say_why() {
    let open = |key: &str, certificate: &str, secret: Option<&str>| {
        let secret = secret.map(password);
        Identity::from_files("files", &key_file(key), &key_file(certificate), secret.as_ref()).unwrap_err()
    };
    let missing = open("p256-encrypted.pem", "p256-cert.pem", None);
    assert!(matches!(missing, IdentityError::PasswordMissing { .. }), "{missing}");
    let wrong = open("p256-encrypted.pem", "p256-cert.pem", Some("wrong"));
    assert!(matches!(wrong, IdentityError::WrongPassword { what: "private key" }), "{wrong}");
    let old = open("p256-pbes1.pem", "p256-cert.pem", Some("secret"));
    assert!(matches!(old, IdentityError::Encryption { .. }), "{old}");
    let old = open("p256-proc-type.pem", "p256-cert.pem", Some("secret"));
    assert!(old.to_string().contains("openssl pkcs8 -topk8"), "{old}");
    let numbers = open("p256-explicit.pem", "p256-cert.pem", None);
    assert!(
        numbers.to_string().contains("explicit parameters") && numbers.to_string().contains("openssl pkey"),
        "{numbers}"
    );
    let other = open("p256-pkcs8.pem", "rsa-2048-cert.pem", None);
    assert_eq!(
        other.to_string(),
        "the private key (EC, P-256) does not belong to the certificate of \"CN=Test RSA 2048, O=inject tests\" \
         (RSA, 2048 bits); give the certificate of this key"
    );
    let none = open("p256-cert.pem", "p256-cert.pem", None);
    assert!(matches!(none, IdentityError::NoKey { .. }), "{none}");
}

#[test]
fn nothing_of_a_key_or_password_is_shown() {
    let identity = open("ec-p256.p12", None, "secret", None).unwrap();
    let shown = format!("{identity:?} {:?}", password("hunter2"));
    assert!(shown.contains("PrivateKey(..)") && shown.contains("Password(..)"));
    assert!(!shown.contains("hunter2"));
}

#[test]
fn ecdsa_signatures_are_the_same_every_time() {
    let identity = open("ec-p256.p12", None, "secret", None).unwrap();
    let first = key_of(&identity).sign(Digest::Sha256, &[b"sam", b"ple"]).unwrap();
    assert_eq!(first, key_of(&identity).sign(Digest::Sha256, &[b"sample"]).unwrap());
}

#[test]
fn every_key_of_a_keystore_is_named_by_its_alias_or_its_fingerprint() {
    let all = Identity::all_from_keystore(&key_file("multi.p12"), &password("secret")).unwrap();
    let [(first_name, first), (second_name, second)] = all.as_slice() else { panic!("{}", all.len()) };
    assert_eq!([first_name, second_name], ["p256", "p384"]);
    let (first, second) = (first.as_ref().unwrap(), second.as_ref().unwrap());
    let sha1 = first.fingerprint();
    assert_eq!(sha1.len(), 40);
    assert!(first.has_fingerprint(&sha1) && !second.has_fingerprint(&sha1));
    let colons: Vec<String> =
        sha1.to_lowercase().as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into()).collect();
    assert!(first.has_fingerprint(&colons.join(":")));
    assert!(!first.has_fingerprint("") && !first.has_fingerprint(&sha1[..38]));
    assert!(!first.is_listed_in(b"no profile"));
    let one = Identity::all_from_keystore(&key_file("rsa-2048.p12"), &password("secret")).unwrap();
    assert_eq!(one.len(), 1);
}

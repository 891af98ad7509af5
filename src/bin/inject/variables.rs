//! Environment variables that are read; the one list.
//!
//! Must not: say what they mean; whoever reads one does.

/// The environment.
pub const ENV: &str = "INJECT_ENV";
/// The folder of the stores.
pub const HOME: &str = "INJECT_HOME";
/// The configuration.
pub const CONFIG: &str = "INJECT_CONFIG";
/// A reference to the key that seals the stores, instead of the file beside them.
pub const STORE_KEY: &str = "INJECT_STORE_KEY";
/// Use exactly this Client Id.
pub const CLIENT_ID: &str = "INJECT_CLIENT_ID";
/// Use exactly this secret, together with the Client Id.
pub const CLIENT_SECRET: &str = "INJECT_CLIENT_SECRET";
/// Keystore, as GeneXus and Gradle name it.
pub const KEYSTORE_FILE: &str = "KEYSTORE_FILE";
/// Its password.
pub const KEYSTORE_PASSWORD: &str = "KEYSTORE_PASSWORD";
/// Alias in it.
pub const KEY_ALIAS: &str = "KEY_ALIAS";
/// Password of the key.
pub const KEY_PASSWORD: &str = "KEY_PASSWORD";
/// Identity for Apple's code signing, PKCS#12.
pub const P12_FILE: &str = "P12_FILE";
/// Provisioning profiles, separated as in `PATH`.
pub const PROFILE: &str = "PROFILE";
/// Password of an Apple identity.
pub const P12_PASSWORD: &str = "P12_PASSWORD";
/// Those that hold a secret: no other program gets them.
pub const SECRETS: [&str; 5] = [STORE_KEY, CLIENT_SECRET, KEYSTORE_PASSWORD, KEY_PASSWORD, P12_PASSWORD];

/// A non-empty environment variable.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

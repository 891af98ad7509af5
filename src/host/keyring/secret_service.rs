//! The Secret Service of a desktop (GNOME Keyring, `KWallet`, `KeePassXC`), by libsecret's `secret-tool`: whoever has a keyring
//! has it, and its protocol on the bus would bring 101 crates.
//!
//! Must not: repeat what the program says; it may be the secret.

use std::time::Duration;

use zeroize::Zeroizing;

use super::{KeyringError, SERVICE};
use crate::host::command::{self, Answer};

/// What it is called in messages.
pub const KEYRING: &str = "the Secret Service (secret-tool)";
/// How long it may take: it may wait for a person who unlocks it.
const PATIENCE: Duration = Duration::from_mins(2);
/// Bytes of a secret at most: more is a mistake.
const MAX: u64 = 64 * 1024;
const PROGRAM: &str = "secret-tool";

/// How an entry is made by hand.
pub fn remedy(name: &str) -> String {
    format!("make the entry: secret-tool store --label=inject service {SERVICE} account {name}")
}

/// What an entry holds, where it is there.
pub(super) fn read(name: &str) -> Result<Option<Zeroizing<String>>, KeyringError> {
    let answer = run(&["lookup"], name, "")?;
    if !answer.success {
        // It has nothing to say about one that is not there.
        return if answer.said.is_empty() { Ok(None) } else { Err(ended(&answer)) };
    }
    let text = std::str::from_utf8(&answer.output);
    let text = text.map_err(|_| KeyringError::Failed("what it has is no text".to_owned()))?;
    Ok(Some(Zeroizing::new(text.to_owned())))
}

/// Makes an entry. The secret goes through a pipe.
pub(super) fn write(name: &str, secret: &str) -> Result<(), KeyringError> {
    let answer = run(&["store", "--label=inject"], name, secret)?;
    if answer.success { Ok(()) } else { Err(ended(&answer)) }
}

/// Takes an entry away.
pub(super) fn remove(name: &str) -> Result<(), KeyringError> {
    let answer = run(&["clear"], name, "")?;
    if answer.success || answer.said.is_empty() { Ok(()) } else { Err(ended(&answer)) }
}

fn run(verb: &[&str], name: &str, input: &str) -> Result<Answer, KeyringError> {
    let words = [&[PROGRAM], verb, &["service", SERVICE, "account", name]].concat();
    let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    command::run(&words, input.as_bytes(), PATIENCE, MAX).map_err(|error| KeyringError::Failed(error.to_string()))
}

fn ended(answer: &Answer) -> KeyringError {
    KeyringError::Failed(format!(
        "it ended with {}; is there a session with a keyring that is unlocked?",
        answer.status
    ))
}

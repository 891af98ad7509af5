//! A backup of the store as one text: sealed with a passphrase, in no other form.
//!
//! The key is made of the passphrase by scrypt (RFC 7914) and a random salt, the content is sealed as in the store. With it
//! come registration tokens and what else was said once.
//!
//! Must not: write a file, or take over half of a backup.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::database::DatabaseError;
use super::ledger::{Held, Ledger, Management};
use super::registry::RegistryIdentity;
use super::seal::SealKey;
use super::store::{Key, Store, Stored};
use super::{ClientId, ClientSecret, EnvironmentName};
use crate::format::base64;
use crate::host::random::{OsRandom, Randomness};

/// First line of a backup.
const HEADER: &str = "inject-backup-1";
/// Costs of scrypt: 64 MB and some 0.2 seconds for each guess.
const COSTS: (u8, u32, u32) = (16, 8, 1);
/// Characters of a passphrase at least.
const SHORTEST: usize = 12;
const SALT: usize = 16;
/// Bytes of a backup at most: ten thousand credentials.
pub const LIMIT: u64 = 16 * 1024 * 1024;

/// Why a backup cannot be made or taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The store.
    #[error(transparent)]
    Store(#[from] DatabaseError),
    /// A passphrase that can be guessed.
    #[error("a passphrase of less than {SHORTEST} characters can be guessed")]
    Short,
    /// No backup.
    #[error("this is no backup of a store: {0}")]
    Form(&'static str),
    /// Another passphrase, or a changed file.
    #[error("the backup does not open: another passphrase, or the file was changed")]
    Sealed,
    /// What is there already is something else.
    #[error("the store has another credential than the backup for: {}; nothing was taken", .0.join(", "))]
    Conflict(Vec<String>),
    /// No randomness.
    #[error("no randomness from the operating system: {0}")]
    Random(#[from] std::io::Error),
}

#[derive(Serialize, Deserialize)]
struct Content {
    credentials: Vec<Credential>,
    registrations: Vec<Registration>,
}

#[derive(Serialize, Deserialize)]
struct Credential {
    application: String,
    environment: String,
    registry: String,
    client_id: String,
    client_secret: Option<Zeroizing<String>>,
}

#[derive(Serialize, Deserialize)]
struct Registration {
    application: String,
    registry: String,
    client_id: String,
    client_secret: Option<Zeroizing<String>>,
    expires: Option<u64>,
    address: Option<String>,
    token: Option<Zeroizing<String>>,
}

/// A backup of all that is registered; and how many credentials are in it.
pub fn export(store: &mut Store, passphrase: &str) -> Result<(String, usize), BackupError> {
    if passphrase.chars().count() < SHORTEST {
        return Err(BackupError::Short);
    }
    let text = |secret: &ClientSecret| Zeroizing::new(secret.expose().to_owned());
    let mut content = Content { credentials: Vec::new(), registrations: Vec::new() };
    for Stored { key, id, secret, registered } in store.list()? {
        let held = store.ledger(&key).held()?;
        let known = |other: &Registration| other.application == key.application && other.registry == key.registry.0;
        if let Some(Held { id, secret, expires, management }) =
            held.filter(|_| !content.registrations.iter().any(known))
        {
            let (address, token) = management.map(|of| (of.address, of.token)).unzip();
            content.registrations.push(Registration {
                application: key.application.clone(),
                registry: key.registry.0.clone(),
                client_id: id.as_str().to_owned(),
                client_secret: secret.as_ref().map(text),
                expires,
                address,
                token,
            });
        }
        if registered {
            content.credentials.push(Credential {
                application: key.application,
                environment: key.environment.as_str().to_owned(),
                registry: key.registry.0,
                client_id: id.as_str().to_owned(),
                client_secret: secret.as_ref().map(text),
            });
        }
    }
    let count = content.credentials.len();
    let json = Zeroizing::new(serde_json::to_vec(&content).map_err(|_| BackupError::Form("it cannot be written"))?);
    let mut salt = [0; SALT];
    OsRandom.fill(&mut salt)?;
    let sealed = key_of(passphrase, &salt)?.seal(&json, HEADER, &mut OsRandom)?;
    let encoded = base64::encode(&[&salt[..], &sealed].concat());
    let lines: Vec<&str> =
        encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
    Ok((format!("{HEADER}\n{}\n", lines.join("\n")), count))
}

/// Takes a backup into a store, all of it or nothing; says how many credentials were new. Where the store has another
/// credential, that is an error unless `replace`.
pub fn import(store: &mut Store, backup: &str, passphrase: &str, replace: bool) -> Result<usize, BackupError> {
    let body = backup.strip_prefix(HEADER).ok_or(BackupError::Form("the first line is not inject-backup-1"))?;
    let bytes = base64::decode(body.as_bytes()).ok_or(BackupError::Form("its content is no Base64"))?;
    let (salt, sealed) = bytes.split_first_chunk::<SALT>().ok_or(BackupError::Form("it is cut"))?;
    let json = key_of(passphrase, salt)?.open(sealed, HEADER).map_err(|_| BackupError::Sealed)?;
    let content: Content =
        serde_json::from_slice(&json).map_err(|_| BackupError::Form("its content is another one"))?;
    let invalid = || BackupError::Form("it holds what is no credential");
    let secret = |text: &Option<Zeroizing<String>>| text.as_ref().map(|text| ClientSecret::parse(text)).transpose();
    let mut new = Vec::new();
    let mut conflicts = Vec::new();
    for held in &content.credentials {
        let environment = EnvironmentName::parse(&held.environment).map_err(|_| invalid())?;
        let registry = RegistryIdentity(held.registry.clone());
        let stored = Stored {
            key: Key { application: held.application.clone(), environment, registry },
            id: ClientId::parse(&held.client_id).map_err(|_| invalid())?,
            secret: secret(&held.client_secret).map_err(|_| invalid())?,
            registered: true,
        };
        match store.get(&stored.key)?.filter(|there| there.registered) {
            Some(there) if there == stored => {}
            Some(_) if !replace => conflicts.push(format!("{} in {}", held.application, held.environment)),
            _ => new.push(stored),
        }
    }
    if !conflicts.is_empty() {
        return Err(BackupError::Conflict(conflicts));
    }
    for registration in content.registrations {
        let management =
            registration.address.zip(registration.token).map(|(address, token)| Management { address, token });
        let held = Held {
            id: ClientId::parse(&registration.client_id).map_err(|_| invalid())?,
            secret: secret(&registration.client_secret).map_err(|_| invalid())?,
            expires: registration.expires,
            management,
        };
        // Any environment: the ledger is of an application on a registry.
        let environment = EnvironmentName::parse("any").map_err(|_| invalid())?;
        let registry = RegistryIdentity(registration.registry);
        let mut ledger = store.ledger(&Key { application: registration.application, environment, registry });
        // What was said later counts: tokens are replaced.
        if replace || ledger.held()?.is_none() {
            ledger.keep(&held)?;
        }
    }
    store.put_all(&new)?;
    Ok(new.len())
}

fn key_of(passphrase: &str, salt: &[u8; SALT]) -> Result<SealKey, BackupError> {
    let (log_n, r, p) = COSTS;
    let params = scrypt::Params::new(log_n, r, p).map_err(|_| BackupError::Form("scrypt has other costs"))?;
    let mut key = Zeroizing::new([0; 32]);
    scrypt::scrypt(passphrase.as_bytes(), salt, &params, key.as_mut())
        .map_err(|_| BackupError::Form("scrypt has other costs"))?;
    Ok(SealKey::of_bytes(&key))
}

//! A backup of the store as one text: sealed with a passphrase, in no other form.
//!
//! The key is made of the passphrase by scrypt (RFC 7914) and a random salt, the content is sealed as in the store. With it
//! come registration tokens and what else was said once.
//!
//! Must not: write a file, or take over half of a backup.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::database::DatabaseError;
use super::ledger::{self, Held, Ledger, Management};
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

/// Takes a backup into a store, all of it or nothing, in one transaction; says how many credentials were new. Where the
/// store has another credential, that is an error unless `replace`.
pub fn import(store: &mut Store, backup: &str, passphrase: &str, replace: bool) -> Result<usize, BackupError> {
    let Backup { credentials, registrations } = Envelope::parse(backup)?.open(passphrase)?;
    store.whole(|store| {
        let mut conflicts = Vec::new();
        let mut taken = 0;
        for stored in &credentials {
            match store.get(&stored.key)?.filter(|there| there.registered) {
                Some(there) if there == *stored => {}
                Some(_) if !replace => {
                    conflicts.push(format!("{} in {}", stored.key.application, stored.key.environment));
                }
                _ => {
                    store.write(stored)?;
                    taken += 1;
                }
            }
        }
        // What was written until here is taken back.
        if !conflicts.is_empty() {
            return Err(BackupError::Conflict(conflicts));
        }
        for (key, held) in &registrations {
            // What was said later counts: tokens are replaced.
            if replace || ledger::read(&store.database, key)?.is_none() {
                ledger::write(&store.database, key, held)?;
            }
        }
        Ok(taken)
    })
}

/// A backup as it lies in a file: sealed.
#[derive(Debug)]
pub struct Envelope {
    salt: [u8; SALT],
    sealed: Vec<u8>,
}

impl Envelope {
    /// Of the text of a file.
    pub fn parse(text: &str) -> Result<Self, BackupError> {
        let body = text.strip_prefix(HEADER).ok_or(BackupError::Form("the first line is not inject-backup-1"))?;
        let bytes = base64::decode(body.as_bytes()).ok_or(BackupError::Form("its content is no Base64"))?;
        let (salt, sealed) = bytes.split_first_chunk::<SALT>().ok_or(BackupError::Form("it is cut"))?;
        Ok(Self { salt: *salt, sealed: sealed.to_vec() })
    }

    /// What is in it.
    pub fn open(&self, passphrase: &str) -> Result<Backup, BackupError> {
        let json = key_of(passphrase, &self.salt)?.open(&self.sealed, HEADER).map_err(|_| BackupError::Sealed)?;
        Backup::parse(&json)
    }
}

/// What is in a backup, checked.
#[derive(Debug)]
pub struct Backup {
    credentials: Vec<Stored>,
    registrations: Vec<(Key, Held)>,
}

impl Backup {
    /// Of what was sealed.
    pub fn parse(json: &[u8]) -> Result<Self, BackupError> {
        // The error's own text may quote a secret.
        let content: Content =
            serde_json::from_slice(json).map_err(|_| BackupError::Form("its content is another one"))?;
        let credentials = content.credentials.iter().map(Credential::checked).collect::<Option<_>>();
        let registrations = content.registrations.into_iter().map(Registration::checked).collect::<Option<_>>();
        let (credentials, registrations) =
            credentials.zip(registrations).ok_or(BackupError::Form("it holds what is no credential"))?;
        Ok(Self { credentials, registrations })
    }
}

impl Credential {
    fn checked(&self) -> Option<Stored> {
        let environment = EnvironmentName::parse(&self.environment).ok()?;
        let registry = RegistryIdentity(self.registry.clone());
        Some(Stored {
            key: Key { application: self.application.clone(), environment, registry },
            id: ClientId::parse(&self.client_id).ok()?,
            secret: secret(self.client_secret.as_ref())?,
            registered: true,
        })
    }
}

impl Registration {
    fn checked(self) -> Option<(Key, Held)> {
        let held = Held {
            id: ClientId::parse(&self.client_id).ok()?,
            secret: secret(self.client_secret.as_ref())?,
            expires: self.expires,
            management: self.address.zip(self.token).map(|(address, token)| Management { address, token }),
        };
        // Any environment: what a registry said is of an application on that registry.
        let environment = EnvironmentName::parse("any").ok()?;
        Some((Key { application: self.application, environment, registry: RegistryIdentity(self.registry) }, held))
    }
}

/// A secret, or that there is none; `None` where it is no valid one.
#[expect(clippy::option_option, reason = "absent is not invalid")]
fn secret(text: Option<&Zeroizing<String>>) -> Option<Option<ClientSecret>> {
    text.map(|text| ClientSecret::parse(text)).transpose().ok()
}

fn key_of(passphrase: &str, salt: &[u8; SALT]) -> Result<SealKey, BackupError> {
    let (log_n, r, p) = COSTS;
    let params = scrypt::Params::new(log_n, r, p).map_err(|_| BackupError::Form("scrypt has other costs"))?;
    let mut key = Zeroizing::new([0; 32]);
    scrypt::scrypt(passphrase.as_bytes(), salt, &params, key.as_mut())
        .map_err(|_| BackupError::Form("scrypt has other costs"))?;
    Ok(SealKey::of_bytes(&key))
}

//! Keystores: PKCS#12 (RFC 7292) as keytool and OpenSSL write it, and JKS, told apart by content.
//!
//! Must not: pick one of several keys, or let a password into an error.

use p12_keystore::{CertificateBag, PrivateKeyBag};
use zeroize::Zeroizing;

use super::identity_error::IdentityError;
use super::key::{PrivateKey, same_key};
use super::password::Password;
use super::{jks, pem, pkcs8, pkcs12};
use crate::format::der::{Reader, tag};
use crate::format::x509::Certificate;

/// Kinds of keystore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeystoreKind {
    /// PKCS#12.
    Pkcs12,
    /// Java's own older format.
    Jks,
}

impl KeystoreKind {
    /// The kind of a file, by its first bytes.
    pub fn detect(bytes: &[u8]) -> Result<Self, IdentityError> {
        let unknown = |found: &str| Err(IdentityError::UnknownKind { found: found.to_owned() });
        match bytes {
            [0xfe, 0xed, 0xfe, 0xed, ..] => Ok(Self::Jks),
            [0xce, 0xce, 0xce, 0xce, ..] => unknown(
                "JCEKS; convert it with `keytool -importkeystore -srckeystore OLD -srcstoretype jceks -destkeystore NEW \
                 -deststoretype pkcs12`",
            ),
            // Version 1 or 2, and a salt of 20 bytes.
            [0, 0, 0, 1 | 2, 0, 0, 0, 20, ..] => unknown(
                "BKS, of Bouncy Castle; convert it with `keytool -importkeystore -srckeystore OLD -srcstoretype bks -destkeystore \
                 NEW -deststoretype pkcs12 -providerclass org.bouncycastle.jce.provider.BouncyCastleProvider -providerpath \
                 bcprov.jar`",
            ),
            [] => unknown("an empty file"),
            _ if pem::is_pem(bytes) => unknown("PEM; give the key and its certificate as files of their own"),
            // PFX ::= SEQUENCE { version INTEGER, authSafe SEQUENCE, ... }
            _ if is_pfx(bytes) => Ok(Self::Pkcs12),
            [tag::SEQUENCE, ..] => unknown("another ASN.1 structure (a key or a certificate alone?)"),
            _ => unknown("something else (a truncated file?)"),
        }
    }
}

fn is_pfx(bytes: &[u8]) -> bool {
    let start = || {
        let mut pfx = Reader::new(bytes).expect(tag::SEQUENCE, "PFX").ok()?.reader();
        let version = pfx.expect(tag::INTEGER, "version").ok()?;
        Some(version.small() == Some(3) && pfx.peek() == Some(tag::SEQUENCE))
    };
    start().unwrap_or(false)
}

/// The aliases of the private keys in a keystore.
pub fn aliases(bytes: &[u8], password: &Password) -> Result<Vec<String>, IdentityError> {
    Ok(match KeystoreKind::detect(bytes)? {
        KeystoreKind::Pkcs12 => named(pkcs12::open(bytes, password)?.keys).into_iter().map(|(name, _)| name).collect(),
        KeystoreKind::Jks => jks::read(bytes, password)?.into_iter().map(|entry| entry.alias).collect(),
    })
}

/// What a keystore has for one alias.
pub(super) struct Opened {
    pub name: String,
    pub key: PrivateKey,
    /// The key's certificate, and its issuers by their names.
    pub chain: Vec<Certificate>,
    /// The certificates that are not in the chain.
    pub others: Vec<Certificate>,
}

/// The key of that alias, its name, and its certificate with its issuers.
pub(super) fn open(
    bytes: &[u8],
    alias: Option<&str>,
    store_password: &Password,
    key_password: Option<&Password>,
) -> Result<Opened, IdentityError> {
    match KeystoreKind::detect(bytes)? {
        KeystoreKind::Pkcs12 => {
            let archive = pkcs12::open(bytes, store_password)?;
            let (name, bag) = choose(named(archive.keys), |(name, _)| name, alias)?;
            of_bag(name, &bag, &archive.certs)
        }
        KeystoreKind::Jks => of_entry(
            choose(jks::read(bytes, store_password)?, |entry| &entry.alias, alias)?,
            store_password,
            key_password,
        ),
    }
}

/// Every key by its alias, which several keys of a PKCS#12 file may share.
#[allow(clippy::type_complexity, reason = "a list of names, each with what opening it gave")]
pub(super) fn open_all(
    bytes: &[u8],
    password: &Password,
) -> Result<Vec<(String, Result<Opened, IdentityError>)>, IdentityError> {
    let all: Vec<_> = match KeystoreKind::detect(bytes)? {
        KeystoreKind::Pkcs12 => {
            let archive = pkcs12::open(bytes, password)?;
            let open = |(name, bag): (String, PrivateKeyBag)| (name.clone(), of_bag(name, &bag, &archive.certs));
            named(archive.keys).into_iter().map(open).collect()
        }
        KeystoreKind::Jks => {
            let open = |entry: jks::Entry| (entry.alias.clone(), of_entry(entry, password, None));
            jks::read(bytes, password)?.into_iter().map(open).collect()
        }
    };
    if all.is_empty() { Err(IdentityError::NoKey { what: "keystore" }) } else { Ok(all) }
}

fn of_bag(name: String, bag: &PrivateKeyBag, certs: &[CertificateBag]) -> Result<Opened, IdentityError> {
    let key = pkcs8::plain(bag.key.as_der())?;
    let (chain, others) = chain(bag, &key.public_key(), certs)?;
    Ok(Opened { name, key, chain, others })
}

fn of_entry(
    entry: jks::Entry,
    store_password: &Password,
    key_password: Option<&Password>,
) -> Result<Opened, IdentityError> {
    let key = pkcs8::plain(&unlocked(&entry, store_password, key_password)?)?;
    let chain = entry.chain.iter().enumerate().map(|(at, raw)| parse(at + 1, raw)).collect::<Result<_, _>>()?;
    Ok(Opened { name: entry.alias, key, chain, others: Vec::new() })
}

/// A key of a JKS. An empty password of the key that does not fit is one that was left out, where others set a variable to nothing.
fn unlocked(
    entry: &jks::Entry,
    store_password: &Password,
    key_password: Option<&Password>,
) -> Result<Zeroizing<Vec<u8>>, IdentityError> {
    match key_password {
        None => entry.unlock(store_password),
        Some(own) => match entry.unlock(own) {
            Err(IdentityError::WrongKeyPassword { .. }) if own.reveal().is_empty() => entry.unlock(store_password),
            unlocked => unlocked,
        },
    }
}

/// The entry of that alias (aliases differ by more than case, as keytool sees to), or the only one.
fn choose<T>(entries: Vec<T>, name: impl Fn(&T) -> &String, alias: Option<&str>) -> Result<T, IdentityError> {
    let available: Vec<String> = entries.iter().map(|entry| name(entry).clone()).collect();
    let mut chosen = entries.into_iter();
    let found = match alias {
        Some(alias) => chosen.find(|entry| name(entry).to_lowercase() == alias.to_lowercase()),
        None if available.len() > 1 => return Err(IdentityError::AmbiguousAlias { available }),
        None => chosen.next(),
    };
    match (found, alias) {
        (Some(entry), _) => Ok(entry),
        (None, Some(_)) if available.is_empty() => Err(IdentityError::NoKey { what: "keystore" }),
        (None, Some(alias)) => Err(IdentityError::NoSuchAlias { alias: alias.to_owned(), available }),
        (None, None) => Err(IdentityError::NoKey { what: "keystore" }),
    }
}

fn parse(index: usize, raw: &[u8]) -> Result<Certificate, IdentityError> {
    Certificate::parse(raw).map_err(|source| IdentityError::Certificate { index, source })
}

/// Gives keys without a friendly name the number that Java shows as their alias.
fn named(keys: Vec<PrivateKeyBag>) -> Vec<(String, PrivateKeyBag)> {
    let mut nameless = 0;
    keys.into_iter()
        .map(|bag| {
            let name = bag.friendly_name.clone().unwrap_or_else(|| {
                nameless += 1;
                nameless.to_string()
            });
            (name, bag)
        })
        .collect()
}

/// The certificate of a key, by local key id or by the key itself, and its issuers by their names, as far as the store has them; then
/// the certificates that are none of these.
fn chain(
    bag: &PrivateKeyBag,
    public_key: &[u8],
    certificates: &[CertificateBag],
) -> Result<(Vec<Certificate>, Vec<Certificate>), IdentityError> {
    let mut all = Vec::new();
    for (index, found) in certificates.iter().enumerate() {
        all.push((found, parse(index + 1, found.cert.as_der())?));
    }
    let by_id = |(found, _): &&(&CertificateBag, Certificate)| {
        bag.local_key_id.as_ref().is_some_and(|id| found.local_key_id.as_deref() == Some(id.as_ref()))
    };
    let by_key = |(_, certificate): &&(&CertificateBag, Certificate)| same_key(public_key, certificate.public_key());
    let Some((_, own)) = all.iter().find(by_key).or_else(|| all.iter().find(by_id)) else {
        let name = bag.friendly_name.as_deref().unwrap_or("without a name");
        return Err(IdentityError::NoCertificate { what: format!("key {name:?} of the keystore") });
    };
    let mut chain = vec![own.clone()];
    while let Some(last) = chain.last() {
        let next = all.iter().find(|(_, issuer)| issuer.subject() == last.issuer() && !chain.contains(issuer));
        match next {
            Some((_, issuer)) if last.subject() != last.issuer() => chain.push(issuer.clone()),
            _ => break,
        }
    }
    let others = all.into_iter().map(|(_, certificate)| certificate).filter(|other| !chain.contains(other)).collect();
    Ok((chain, others))
}

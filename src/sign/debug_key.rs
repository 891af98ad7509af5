//! The debug identity: what Android's build tools sign with when nobody chose a key. RSA 2048, `CN=Android Debug, O=Android,
//! C=US`, self-signed for 30 years, in a PKCS#12 keystore with the alias and password that every tool knows.
//!
//! Must not: be used for anything that is published; take randomness or time by itself.

use hmac::{Hmac, KeyInit, Mac};
use pkcs8::pkcs5::pbes2;
use rand::CryptoRng;
use rsa::pkcs1::EncodeRsaPrivateKey;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::identity::Identity;
use super::identity_error::IdentityError;
use super::key::{Digest, KeyError, PrivateKey};
use super::pkcs8::encode_rsa;
use crate::format::calendar::Civil;
use crate::format::x509::Certificate;
use crate::format::{der, oid};

/// The alias.
pub const ALIAS: &str = "androiddebugkey";
/// The password of store and key.
pub const PASSWORD: &str = "android";

const BITS: usize = 2048;
const YEARS: u64 = 30;
const DAY: u64 = 24 * 60 * 60;
/// Rounds of the two derivations, as keytool has them.
const ROUNDS: u32 = 10_000;
const SHA256_BLOCK: usize = 64;

/// A PKCS#12 bag of a shrouded key, 1.2.840.113549.1.12.10.1.2.
const OID_SHROUDED_KEY_BAG: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02";
/// A PKCS#12 bag of a certificate, 1.2.840.113549.1.12.10.1.3.
const OID_CERTIFICATE_BAG: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03";
/// An X.509 certificate in such a bag, 1.2.840.113549.1.9.22.1.
const OID_X509: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01";
/// friendlyName, 1.2.840.113549.1.9.20.
const OID_FRIENDLY_NAME: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x14";
/// localKeyId, 1.2.840.113549.1.9.21.
const OID_LOCAL_KEY_ID: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x15";
/// subjectKeyIdentifier, 2.5.29.14.
const OID_KEY_ID: &[u8] = b"\x55\x1d\x0e";

/// `PrintableString`.
const PRINTABLE: u8 = 0x13;

/// Makes a debug identity and the keystore that holds it. `now` is in seconds since 1970.
pub fn generate<R: CryptoRng + ?Sized>(rng: &mut R, now: u64) -> Result<(Identity, Zeroizing<Vec<u8>>), IdentityError> {
    let failed = |_| KeyError::Failed { algorithm: "RSA" };
    let rsa = rsa::PrivateKey::new(rng, BITS).map_err(failed)?;
    let pkcs1 = rsa.to_pkcs1_der().map_err(|_| KeyError::Failed { algorithm: "RSA" })?;
    let pkcs8 = encode_rsa(pkcs1.as_bytes());
    let key = PrivateKey::from_rsa(rsa)?;
    let mut serial = [0; 8];
    rng.fill_bytes(&mut serial);
    // Positive, not zero, and of the same length always.
    serial[0] = serial[0] & 0x3f | 0x40;
    let certificate = certificate(&key, &serial, now)?;
    let keystore = keystore(rng, &pkcs8, &certificate)?;
    let certificate =
        Certificate::parse(&certificate).map_err(|source| IdentityError::Certificate { index: 1, source })?;
    Ok((Identity::new(ALIAS.to_owned(), key, vec![certificate])?, Zeroizing::new(keystore)))
}

/// A self-signed certificate (RFC 5280 4.1).
fn certificate(key: &PrivateKey, serial: &[u8], now: u64) -> Result<Vec<u8>, KeyError> {
    let part = |kind: &[u8], text: &str, tag| {
        let pair = der::sequence(&[&der::oid(kind), &der::value(tag, &[text.as_bytes()])]);
        der::value(der::tag::SET, &[&pair])
    };
    let name = der::sequence(&[
        &part(oid::COUNTRY, "US", PRINTABLE),
        &part(oid::ORGANIZATION, "Android", PRINTABLE),
        &part(oid::COMMON_NAME, "Android Debug", PRINTABLE),
    ]);
    let public_key = key.public_key();
    let key_id = der::octets(&Sha1::digest(&public_key));
    let extension = der::sequence(&[&der::oid(OID_KEY_ID), &der::octets(&key_id)]);
    let algorithm = der::sequence(&[&der::oid(key.signature_oid(Digest::Sha256)), &der::NULL]);
    let validity = der::sequence(&[&time(now), &time(now + YEARS * 365 * DAY + YEARS / 4 * DAY)]);
    let tbs = der::sequence(&[
        &der::value(der::tag::context(0), &[&der::unsigned(&[2])]),
        &der::unsigned(serial),
        &algorithm,
        &name,
        &validity,
        &name,
        &public_key,
        &der::value(der::tag::context(3), &[&der::sequence(&[&extension])]),
    ]);
    let signature = key.sign(Digest::Sha256, &[&tbs])?;
    Ok(der::sequence(&[&tbs, &algorithm, &der::bits(&signature)]))
}

/// `UTCTime` up to 2049, `GeneralizedTime` from there (RFC 5280 4.1.2.5).
fn time(seconds: u64) -> Vec<u8> {
    let moment = Civil::of(seconds);
    if moment.year < 2050 {
        der::value(der::tag::UTC_TIME, &[moment.utc_time().as_bytes()])
    } else {
        der::value(der::tag::GENERALIZED_TIME, &[moment.generalized().as_bytes()])
    }
}

/// A PKCS#12 keystore (RFC 7292): the key under PBES2 (PBKDF2 with HMAC-SHA256, AES-256-CBC), the certificate in the clear,
/// all under an HMAC-SHA256.
fn keystore<R: CryptoRng + ?Sized>(rng: &mut R, pkcs8: &[u8], certificate: &[u8]) -> Result<Vec<u8>, IdentityError> {
    let failed = |problem: &str| IdentityError::Keystore { kind: "PKCS#12", problem: problem.to_owned() };
    let mut random = [0; 52];
    rng.fill_bytes(&mut random);
    let (key_salt, rest) = random.split_at(16);
    let (iv, mac_salt) = rest.split_at(16);
    let iv: [u8; 16] = iv.try_into().map_err(|_| failed("no initialisation vector"))?;
    let parameters = pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(ROUNDS, key_salt, iv)
        .map_err(|_| failed("the parameters of the encryption"))?;
    let encrypted = parameters.encrypt(PASSWORD, pkcs8).map_err(|_| failed("the encryption"))?;
    let scheme = pkcs8::der::Encode::to_der(&pkcs8::pkcs5::EncryptionScheme::from(parameters))
        .map_err(|_| failed("the encoding of the encryption"))?;

    let name: Vec<u8> = ALIAS.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let key_id = Sha1::digest(certificate);
    let attribute = |kind, value: Vec<u8>| der::sequence(&[&der::oid(kind), &der::value(der::tag::SET, &[&value])]);
    let attributes = der::set_of(vec![
        attribute(OID_FRIENDLY_NAME, der::value(der::tag::BMP_STRING, &[&name])),
        attribute(OID_LOCAL_KEY_ID, der::octets(&key_id)),
    ]);
    let bag = |kind, value: Vec<u8>| {
        der::sequence(&[&der::oid(kind), &der::value(der::tag::context(0), &[&value]), &attributes])
    };
    let key_bag = bag(OID_SHROUDED_KEY_BAG, der::sequence(&[&scheme, &der::octets(&encrypted)]));
    let x509 = der::value(der::tag::context(0), &[&der::octets(certificate)]);
    let certificate_bag = bag(OID_CERTIFICATE_BAG, der::sequence(&[&der::oid(OID_X509), &x509]));
    let data = |content: &[u8]| {
        let octets = der::octets(content);
        der::sequence(&[&der::oid(oid::PKCS7_DATA), &der::value(der::tag::context(0), &[&octets])])
    };
    let safe = der::sequence(&[&data(&der::sequence(&[&key_bag, &certificate_bag]))]);

    let mac_key = mac_key(PASSWORD, mac_salt);
    let mut mac = Hmac::<Sha256>::new_from_slice(&*mac_key).map_err(|_| failed("the length of the MAC's key"))?;
    mac.update(&safe);
    let algorithm = der::sequence(&[&der::oid(oid::SHA256), &der::NULL]);
    let digest = der::sequence(&[&algorithm, &der::octets(&mac.finalize().into_bytes())]);
    let mac_data = der::sequence(&[&digest, &der::octets(mac_salt), &der::unsigned(&ROUNDS.to_be_bytes())]);
    Ok(der::sequence(&[&der::unsigned(&[3]), &data(&safe), &mac_data]))
}

/// The key of the MAC (RFC 7292 B.2 with ID 3); one block of SHA-256 is enough.
fn mac_key(password: &str, salt: &[u8]) -> Zeroizing<[u8; 32]> {
    let text: Vec<u8> = password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect();
    let filled = |bytes: &[u8]| -> Vec<u8> {
        bytes.iter().copied().cycle().take(bytes.len().next_multiple_of(SHA256_BLOCK)).collect()
    };
    let mut hash =
        Sha256::new().chain_update([3; SHA256_BLOCK]).chain_update(filled(salt)).chain_update(filled(&text)).finalize();
    for _ in 1..ROUNDS {
        hash = Sha256::digest(hash);
    }
    Zeroizing::new(hash.into())
}

//! Who signs: an identity with its chain, or nobody (ad hoc).
//!
//! Must not: decide whether the identity is one that Apple issued; tests and enterprises have their own.

use super::{full_digest, hash};
use crate::format::code_signature::requirement::{self, Designated};
use crate::format::code_signature::{CodeDirectory, HashType};
use crate::format::x509::{Certificate, same_name};
use crate::format::{apple_plist, der, oid};
use crate::sign::cms::{Attribute, sign_with_attributes};
use crate::sign::{Digest, Identity, KeyError};

/// Apple's own root, which every device has.
const APPLE_ROOT: &str = "Apple Root CA";
/// Bytes of a hash in the list of all of them.
const CDHASH_LEN: usize = 20;

/// Why an identity cannot sign code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// A certificate whose issuer was not given.
    #[error(
        "the certificate of {subject:?} was issued by {issuer:?}, whose certificate is not there: a device could not \
         follow the chain; add it (Apple's are at https://www.apple.com/certificateauthority/)"
    )]
    ChainIncomplete {
        /// Whose.
        subject: String,
        /// By whom.
        issuer: String,
    },
    /// Certificates with the issuer's name, of which none is that of the issuer.
    #[error(
        "the certificate of {subject:?} was not signed by the key of any certificate of {issuer:?} that is there: several \
         issuers have that name; add the one that issued it (Apple's are at https://www.apple.com/certificateauthority/)"
    )]
    OtherIssuer {
        /// Whose.
        subject: String,
        /// By whom.
        issuer: String,
    },
}

/// Who signs.
#[derive(Debug)]
pub struct Signer<'a> {
    identity: Option<&'a Identity>,
    /// The identity's certificate and its issuers, in that order.
    chain: Vec<&'a Certificate>,
    team: Option<String>,
}

impl<'a> Signer<'a> {
    /// Nobody: the signature holds hashes alone. Simulators accept it.
    pub fn ad_hoc() -> Self {
        Self { identity: None, chain: Vec::new(), team: None }
    }

    /// An identity. Its issuers are among the certificates of its keystore or among `issuers`; the chain must reach its end, or Apple's
    /// root, which need not be given. `is_issued` tells of a certificate whether one that has its issuer's name made it:
    /// several issuers have one name, and the key tells them apart.
    pub fn new(
        identity: &'a Identity,
        issuers: &'a [Certificate],
        is_issued: impl Fn(&Certificate, &Certificate) -> bool,
    ) -> Result<Self, SignerError> {
        let leaf = identity.certificate();
        let pool: Vec<&Certificate> =
            [identity.certificates(), identity.others(), issuers].into_iter().flatten().collect();
        let mut chain = vec![leaf];
        let mut last = leaf;
        while !same_name(last.subject(), last.issuer()) {
            let named = |other: &&&Certificate| same_name(other.subject(), last.issuer()) && !chain.contains(other);
            let next = pool.iter().filter(named).find(|other| is_issued(last, other));
            let Some(next) = next else {
                let (subject, issuer) = (last.subject_text(), last.issuer_text());
                if pool.iter().any(|other| named(&other)) {
                    return Err(SignerError::OtherIssuer { subject, issuer });
                }
                let ends_at_apple = chain.len() > 1 && issuer.contains(APPLE_ROOT);
                if ends_at_apple {
                    break;
                }
                return Err(SignerError::ChainIncomplete { subject, issuer });
            };
            chain.push(next);
            last = next;
        }
        let team = leaf.subject_attribute(oid::ORGANIZATIONAL_UNIT).filter(|team| !team.is_empty());
        Ok(Self { identity: Some(identity), chain, team })
    }

    /// The certificate that signs and its issuers, in that order.
    pub fn chain(&self) -> impl Iterator<Item = &'a Certificate> {
        self.chain.iter().copied()
    }

    /// The certificate that signs; `None` for ad hoc.
    pub fn certificate(&self) -> Option<&'a Certificate> {
        self.identity.map(Identity::certificate)
    }

    /// The team: the organizational unit of the certificate.
    pub fn team(&self) -> Option<&str> {
        self.team.as_deref()
    }

    /// By what code of this signer is recognised; `None` for ad hoc.
    pub fn requirement(&self, identifier: &str) -> Option<(Vec<u8>, String)> {
        let leaf = self.certificate()?;
        let sha1 = hash(HashType::Sha1, leaf.raw());
        let name = leaf.subject_attribute(oid::COMMON_NAME).unwrap_or_default();
        // `anchor apple generic` holds for no other root.
        let from_apple = self.chain.last().is_some_and(|last| last.issuer_text().contains(APPLE_ROOT));
        let by = if from_apple {
            Designated::Apple { identifier, common_name: &name }
        } else {
            Designated::Certificate { identifier, sha1: &sha1 }
        };
        Some((requirement::designated(&by), by.text()))
    }

    /// The CMS signature over the first code directory, with the hashes of all; `None` for ad hoc.
    pub(super) fn cms(&self, directories: &[Vec<u8>]) -> Result<Option<Vec<u8>>, KeyError> {
        let (Some(identity), Some(first)) = (self.identity, directories.first()) else { return Ok(None) };
        let (mut short, mut full) = (Vec::new(), Vec::new());
        for raw in directories {
            let Ok(directory) = CodeDirectory::parse(raw) else { continue };
            let digest = full_digest(directory.hash_type);
            let hash = digest.of(&[raw]);
            short.push(apple_plist::Value::Data(hash.get(..CDHASH_LEN).unwrap_or(&hash).to_vec()));
            full.push(der::sequence(&[&der::oid(digest.oid()), &der::octets(&hash)]));
        }
        let mut list = apple_plist::Dictionary::new();
        list.insert("cdhashes".to_owned(), apple_plist::Value::Array(short));
        let list = apple_plist::write(&apple_plist::Value::Dictionary(list));
        let attributes = [
            Attribute::one(oid::CODE_DIRECTORY_HASHES, der::octets(&list)),
            Attribute { kind: oid::CODE_DIRECTORY_DIGESTS.to_vec(), values: full },
        ];
        // No signing time: the same code and key make the same bytes.
        sign_with_attributes(identity, Digest::Sha256, first, &attributes, &self.chain).map(Some)
    }
}

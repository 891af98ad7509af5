//! Client Ids.
//!
//! Must not: reject what another access manager accepts; only what cannot be a Client Id anywhere.

use crate::format::hex;
use std::fmt;

use crate::host::random::Randomness;

/// Characters a Client Id may have at most. GAM's column holds 40; Google's and Azure's ids are longer, and RFC 6749
/// (appendix A.1) sets no bound.
const MAX_CHARS: usize = 255;

/// A Client Id (RFC 6749, section 2.2): public, unique within one registry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(String);

/// Why a text is no Client Id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidClientId {
    /// Nothing, or blanks only.
    #[error("the Client Id is empty")]
    Empty,
    /// Too long.
    #[error("the Client Id has {0} characters, at most {MAX_CHARS} are possible")]
    TooLong(usize),
    /// RFC 6749 appendix A.1 allows %x20-7E.
    #[error("the Client Id holds {0:?}; only printable ASCII characters are possible (RFC 6749, appendix A.1)")]
    Character(char),
}

impl ClientId {
    /// Takes a text; blanks around it are dropped, because registries pad their columns with them.
    pub fn parse(text: &str) -> Result<Self, InvalidClientId> {
        let text = text.trim();
        let chars = text.chars().count();
        if text.is_empty() {
            Err(InvalidClientId::Empty)
        } else if chars > MAX_CHARS {
            Err(InvalidClientId::TooLong(chars))
        } else if let Some(wrong) = text.chars().find(|c| !(' '..='~').contains(c)) {
            Err(InvalidClientId::Character(wrong))
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// A new one in GAM's form: a random UUID (RFC 9562, version 4) as 32 lowercase hexadecimal digits.
    pub fn generate(random: &mut dyn Randomness) -> std::io::Result<Self> {
        let mut bytes = [0; 16];
        random.fill(&mut bytes)?;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Ok(Self(hex::lower(bytes)))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

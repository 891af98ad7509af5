//! Numbers that rise when anything else changes: a client that compares them sees that there is something new.
//!
//! All of them get one number, higher than each was, so that copies that had drifted apart agree again. A number that rose
//! does not fall when an old credential comes back: a client that saw it would keep what it has.
//!
//! Must not: change anything.

use crate::artifact::files::{FileSet, FilesError};
use crate::placement::{Absence, Address, Place, Template};

/// Why a number cannot rise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RaisedError {
    /// The files.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// No number.
    #[error("{file}: {address} is {found:?}, expected a whole number that can be raised by one")]
    NoNumber {
        /// The file.
        file: String,
        /// Where in it.
        address: Box<Address>,
        /// What is there.
        found: String,
    },
}

/// One more than the highest of the numbers at these addresses.
pub(super) fn next<'a>(
    files: &FileSet<'_>,
    addresses: impl Iterator<Item = &'a Address>,
) -> Result<String, RaisedError> {
    let mut highest = 0_u64;
    for address in addresses {
        let place = Place::new(address.clone(), Template::default(), Absence::Skip);
        for found in files.find(&place)? {
            for text in found.values {
                let next = text.trim().parse::<u64>().ok().and_then(|number| number.checked_add(1));
                let next = next.ok_or_else(|| RaisedError::NoNumber {
                    file: found.spot.file(),
                    address: Box::new(address.clone()),
                    found: text,
                })?;
                highest = highest.max(next);
            }
        }
    }
    Ok(highest.to_string())
}

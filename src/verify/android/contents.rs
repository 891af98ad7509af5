//! How far the contents of a package are looked into.
//!
//! Must not: look.

use super::content_digest::Copied;
use super::v1::Witness;
use crate::format::read_at::ReadAt;

/// How far contents are looked into.
pub(super) enum Contents<'w, S: ReadAt + ?Sized> {
    /// Every byte is hashed for every scheme.
    All,
    /// For v2 and later what is new is hashed, and a sample of what was copied. For v1 an entry is inflated and hashed
    /// unless the original vouches for it.
    Since(Option<&'w Witness<'w, S>>, Option<&'w Copied<'w>>),
    /// Nothing is hashed: only who signed what.
    Unread,
}

// Derived, they would ask the same of the source.
impl<S: ReadAt + ?Sized> Clone for Contents<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: ReadAt + ?Sized> Copy for Contents<'_, S> {}

//! ZIP (PKWARE APPNOTE 6.3.10): a reader addressed by the central directory alone, and a rewriter that copies what it
//! does not change byte for byte.
//!
//! The central directory decides here, and a local header serves only to find where the data starts. Android's `libziparchive`
//! reads both, and refuses an entry about which they disagree: such headers are put right on request (see `agreement`). What
//! lies between entries (zipflinger's nameless "virtual entries", padding), data descriptors that fit and unknown methods are
//! copied as they are.
//!
//! Refused with an exact [`ZipError`]: multi-disk archives, encrypted contents, duplicate names, overlapping
//! entries, and anything beyond [`super::limits`]; by Android's [`Rules`] also zip64 and bytes behind the archive.
//!
//! Must not: know what an APK is (see `artifact`), or hold more of the file than its central directory and what changes.

mod agreement;
mod ahead;
mod archive;
mod content;
mod eocd;
mod error;
mod header;
mod padding;
mod reader;
mod rewrite;
mod rules;
mod splice;
mod zip64;

pub use agreement::Disagreement;
pub use ahead::Spans;
pub use archive::{Archive, Entry, Index};
pub use content::{Deflater, deflate};
pub use eocd::Eocd;
pub use error::ZipError;
pub use header::{METHOD_DEFLATED, METHOD_STORED};
pub use padding::{Alignment, Padding};
pub use reader::{BlockEnd, Piece, Reader};
pub use rewrite::{Change, Layout, NewEntry, Rewrite, Segment, Splice};
pub use rules::Rules;
pub use splice::{Cut, MarkedDeflater, deflate_marked};

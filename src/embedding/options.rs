//! What is asked for in one run.
//!
//! Must not: hold what belongs to an environment or an application.

use crate::credential::obtain::Take;
use crate::pipeline::Reach;
use crate::placement::Place;
use crate::sign::android::KeptPairs;

/// What is asked for in one run. The default asks for nothing but the main job.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Options {
    /// Presets instead of those of the application.
    pub presets: Vec<String>,
    /// Places beside the others.
    pub places: Vec<Place>,
    /// Make what is missing, where that can be.
    pub create: bool,
    /// Accept that some places of an address stay as they are, and that a secret has none.
    pub partial: bool,
    /// Ask the registry even where the store has an answer.
    pub refresh: bool,
    /// Register anew although an earlier registration may have come through without its answer.
    pub again: bool,
    /// Whose secret counts where store and registry differ.
    pub take: Option<Take>,
    /// Ask nobody outside of this machine.
    pub offline: bool,
    /// Where credentials of others are looked for.
    pub gate: Reach,
    /// Pairs of an APK Signing Block that stay although the package is signed anew.
    pub keep_pairs: KeptPairs,
    /// The time that receipts say, seconds since 1970. None: the same input gives the same receipt.
    pub receipt_time: Option<u64>,
    /// Nothing is obtained and nothing is written: for previews.
    pub read_only: bool,
}

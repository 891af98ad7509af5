//! Apple's bundles: an app and what lies in it, in an IPA or in a folder.
//!
//! * `tree`: the files of an app, wherever they lie; new ones laid over old ones.
//! * `bundle`: which code there is: bundles and loose images, innermost first.
//! * `identifiers`: what bundles of one app are called, and what they have to be called.
//! * `facts`: what reading a file once tells.
//! * `known`: facts about files.
//! * `survey`: every file read once, on all processors.
//! * `idle`: those of them that nobody uses.
//! * `ipa`: the app in a zip.
//!
//! Must not: sign, seal, verify or write.

mod bundle;
mod facts;
mod identifiers;
mod idle;
mod ipa;
mod known;
mod survey;
mod tree;

pub use bundle::{Bundle, Layout, LayoutError, is_exempt};
pub use facts::{Digests, Facts, Look, Tail, Wanted};
pub use identifiers::{IDENTIFIER, Misnamed, misnamed};
pub use idle::{Helper, Idle};
pub use ipa::{Contents, IpaError, IpaTree, is_ipa};
pub use known::{Known, facts};
pub use survey::{Compared, Reach, Survey};
pub use tree::{AppFiles, Changes, Grown, Node, Overlay, Patched, Tree, TreeError, below};

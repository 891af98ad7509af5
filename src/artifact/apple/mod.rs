//! Apple's bundles: an app and what lies in it, in an IPA or in a folder.
//!
//! * `tree`: the files of an app, wherever they lie; new ones laid over old ones.
//! * `bundle`: which code there is: bundles and loose images, innermost first.
//! * `ipa`: the app in a zip.
//!
//! Must not: sign, seal, verify or write.

mod bundle;
mod ipa;
mod tree;

pub use bundle::{Bundle, Layout, LayoutError, is_exempt};
pub use ipa::{IpaError, IpaTree};
pub use tree::{AppFiles, Node, Overlay, Tree, TreeError, below};

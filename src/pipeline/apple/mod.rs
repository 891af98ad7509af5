//! Apps for Apple's systems: in an IPA, in a folder before or after signing, in an archive of Xcode.
//!
//! * `folder`: the files of an app in a folder.
//!
//! Must not: obtain credentials; values come from the caller, between plan and apply.

mod folder;

pub use folder::FolderTree;

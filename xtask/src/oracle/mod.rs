//! Outside tools as judges. Each module runs ours and theirs over the same files and reports every difference.
//!
//! Must not: be silent about what was skipped.

pub mod signatures;

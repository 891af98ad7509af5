//! What can go wrong with a set of packages alone, and what kind of failure each is.
//!
//! Must not: hold a value or anything of a key.

use std::path::PathBuf;

use crate::pipeline::fault::{Cause, Failing, Fault};
use crate::placement::Address;
use crate::verify::{Finding, findings_text};

/// Why a set was not injected.
#[derive(Debug, thiserror::Error)]
pub(super) enum SetError {
    /// No package.
    #[error("there is no package in {}", .0.display())]
    Empty(PathBuf),
    /// A package of it.
    #[error("{name}: {cause}")]
    In {
        /// Its name.
        name: String,
        /// Why.
        cause: Cause,
    },
    /// Android would not install it.
    #[error("this is no complete set of packages: {}", findings_text(.0))]
    Refused(Vec<Finding>),
    /// Different constants in several packages.
    #[error(
        "{address}: packages of this set pass different constants to this method: {}; name its class \
         (dex/Lpkg/Class;->method)", .calling.join(", ")
    )]
    Constants {
        /// The method.
        address: Box<Address>,
        /// The packages.
        calling: Vec<String>,
    },
    /// Calls of which the value is not known, in other packages than those that pass a constant.
    #[error(
        "{address}: not every call of this method passes a string constant: {}; change the source so that these do, or accept that \
         they keep theirs: --partial", .unknown.join(", ")
    )]
    Calls {
        /// The method.
        address: Box<Address>,
        /// The calls.
        unknown: Vec<String>,
    },
    /// A name that messages and receipts could not say.
    #[error("{}: its name is no UTF-8 text; rename it", .0.display())]
    Name(PathBuf),
    /// Too many.
    #[error("there are more than {limit} packages in {}", .path.display())]
    TooMany {
        /// Where.
        path: PathBuf,
        /// How many are read.
        limit: usize,
    },
    /// Packed packages that are too large.
    #[error(
        "{name} has {size} bytes; of packages that are compressed in an archive at most {limit} bytes are unpacked together; store them instead"
    )]
    TooLarge {
        /// The one that is too much.
        name: String,
        /// Its size.
        size: u64,
        /// How much is unpacked.
        limit: u64,
    },
    /// A v4 signature in an archive.
    #[error("a v4 signature is a file beside a package, and {} is an archive; leave out --v4, or unpack the set into a folder", .0.display())]
    V4(PathBuf),
    /// The folder of the output has other packages.
    #[error("{} holds {other}, which is not in this set; name an empty folder, or remove it", .output.display())]
    Foreign {
        /// The folder.
        output: PathBuf,
        /// One of them.
        other: String,
    },
    /// What was packed is not what was written.
    #[error("{} did not come out as it was written: {name}; nothing was changed", .path.display())]
    Packed {
        /// The archive.
        path: PathBuf,
        /// The package.
        name: String,
    },
}

impl Failing for SetError {
    fn fault(&self) -> Fault<'_> {
        match self {
            Self::In { cause, .. } => cause.fault(),
            Self::Refused(findings) => Fault::Unsound(findings),
            Self::Constants { .. } | Self::Calls { .. } => Fault::Refused,
            Self::V4(_) => Fault::Signing,
            Self::Foreign { .. } => Fault::Request,
            Self::Empty(_) | Self::Name(_) | Self::TooMany { .. } | Self::TooLarge { .. } | Self::Packed { .. } => {
                Fault::Artifact
            }
        }
    }
}

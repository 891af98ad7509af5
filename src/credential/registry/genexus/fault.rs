//! Why GeneXus' file, or the program behind it, gives no credential.
//!
//! Must not: hold a secret.

use std::path::PathBuf;

use crate::credential::{ClientId, EnvironmentName};

/// Why not.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// No file.
    #[error("{} is not there: GeneXus has registered nothing there yet", file.display())]
    Missing {
        /// The file.
        file: PathBuf,
    },
    /// A file that cannot be read.
    #[error("{}: {problem}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Expected and found.
        problem: String,
    },
    /// A file that ends too early, however often it is read.
    #[error("{}: {problem}; F5 may still be writing it", file.display())]
    Unfinished {
        /// The file.
        file: PathBuf,
        /// Expected and found.
        problem: String,
    },
    /// GAM refused.
    #[error("{}: GAM refused the registration: {words}", file.display())]
    Refused {
        /// The file.
        file: PathBuf,
        /// GAM's own words.
        words: String,
    },
    /// An application that is not in the file.
    #[error(
        "{application} is not in {}, which GAM answered for {environment}; {}",
        file.display(),
        if listed.is_empty() { "it lists no application".to_owned() } else { format!("there: {}", listed.join(", ")) }
    )]
    NotListed {
        /// The application's name.
        application: String,
        /// The environment.
        environment: EnvironmentName,
        /// The file.
        file: PathBuf,
        /// What is there: names with Client Ids.
        listed: Vec<String>,
    },
    /// No secret, and one is to be embedded.
    #[error(
        "{} has no secret for {application} (Client Id {id}), and {environment} embeds one; GAM keeps none for main \
         objects for mobile devices since GeneXus 15",
        file.display()
    )]
    NoSecret {
        /// The application's name.
        application: String,
        /// Its Client Id.
        id: ClientId,
        /// The environment.
        environment: EnvironmentName,
        /// The file.
        file: PathBuf,
    },
    /// Several applications of one name.
    #[error("several applications are called {name:?} there, with the Client Ids {}", ids.join(", "))]
    Ambiguous {
        /// The name.
        name: String,
        /// Their Client Ids.
        ids: Vec<String>,
    },
    /// Two secrets for one Client Id.
    #[error("the Client Id {id} stands there twice, with different secrets")]
    TwoSecrets {
        /// The Client Id.
        id: String,
    },
    /// An entry that cannot be used.
    #[error("the entry of {name:?}: {problem}")]
    Entry {
        /// Its name.
        name: String,
        /// Expected and found.
        problem: String,
    },
    /// Client Id and name lead to two applications.
    #[error(
        "{application} has the Client Id {known} here, and {listed} in {}{}",
        file.display(),
        owner.as_ref().map_or_else(
            || format!(", which does not know {known}"),
            |owner| format!(", where {known} is {owner:?}'s")
        )
    )]
    Disagree {
        /// The application's name.
        application: String,
        /// The Client Id that the store has.
        known: ClientId,
        /// Whose it is in the file; none: nobody's.
        owner: Option<String>,
        /// The Client Id that the file has for the name.
        listed: String,
        /// The file.
        file: PathBuf,
    },
    /// The program.
    #[error("{0}")]
    Program(String),
}

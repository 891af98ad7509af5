//! What this build was made with: features of the package that may be left out of a program.
//!
//! Must not: decide what happens without one; who is asked for it does.

#[cfg(not(all(feature = "postgres", feature = "serve")))]
use crate::exit::Failure;

/// A feature that may be left out.
#[derive(Debug, Clone, Copy)]
pub struct Feature {
    /// Its name in Cargo.toml.
    pub name: &'static str,
    /// What it brings.
    pub brings: &'static str,
    /// Whether this build has it.
    pub is_on: bool,
}

/// Registries in PostgreSQL.
pub const POSTGRES: Feature =
    Feature { name: "postgres", brings: "registries in PostgreSQL", is_on: cfg!(feature = "postgres") };
/// `inject registry serve`.
pub const SERVE: Feature = Feature { name: "serve", brings: "serving registries", is_on: cfg!(feature = "serve") };
/// The platform's keyring.
pub const KEYRING: Feature = Feature { name: "keyring", brings: "keyrings", is_on: cfg!(feature = "keyring") };

/// All of them.
pub const FEATURES: [Feature; 3] = [POSTGRES, SERVE, KEYRING];

impl Feature {
    /// That this build does not have it.
    pub fn missing(self) -> String {
        format!("this build of inject has no support for {} (the feature {})", self.brings, self.name)
    }

    /// Somebody asked for it.
    #[cfg(not(all(feature = "postgres", feature = "serve")))]
    pub fn lacking(self, asked: &str) -> Failure {
        let remedy =
            format!("released programs have it; one of your own: cargo build --release --features {}", self.name);
        Failure::usage(format!("{asked}: {}", self.missing())).remedy(remedy)
    }
}

//! `inject` puts the right client credentials of the right environment into built apps, leaves them installable,
//! and proves which environment an artifact carries.
//!
//! The main job is one pass: inspect the artifact, look up (read only), plan (pure, secret-free), obtain the credential
//! (the one effect before the files), apply, align, sign, verify independently, commit atomically.
//!
//! # Code map
//! * [`pipeline`]: the flow per kind of artifact, as numbered steps.
//! * [`credential`]: what a credential is, where it is kept, how it is obtained.
//! * [`placement`]: addresses of places, presets, value templates.
//! * [`artifact`]: what kind a file is, and the edits each kind allows.
//! * [`sign`]: keys and signature schemes; pure, time and randomness are passed in.
//! * [`verify`]: findings about a finished artifact; shares no code with `sign`.
//! * [`mod@format`]: codecs of file formats; no I/O, no policy.
//! * [`project`]: what a source tree builds, for a first configuration.
//! * [`host`]: files, clock, randomness, prompts: the only outside world.
//!
//! # Example
//! ```
//! use inject::format::json;
//! use inject::placement::{Address, Locator, Target};
//!
//! // An address says where; a codec changes that place and nothing else.
//! let address = Address::parse("assets/config.json#/oauth/client_id")?;
//! let Target::File { locator: Locator::Json(pointer), .. } = address.target else { unreachable!() };
//! let before = br#"{ "oauth": {"client_id" : "old"}, "n": 1.0 }"#;
//! let after = json::set(before, &pointer, "new", false)?;
//! assert_eq!(after, br#"{ "oauth": {"client_id" : "new"}, "n": 1.0 }"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Invariants
//! * An empty plan reproduces the input byte for byte.
//! * Nothing here prints, exits, or panics on any input.
//! * A secret has no `Display`, and reaches nothing but the artifact, the store and the registry.
//! * Imports go down only (`cargo xtask tidy` enforces it).

pub mod artifact;
pub mod credential;
pub mod format;
pub mod host;
pub mod pipeline;
pub mod placement;
pub mod project;
pub mod sign;
pub mod verify;

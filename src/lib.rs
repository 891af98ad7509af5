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
//! # What one does with it
//!
//! [`pipeline::job`] is the main job for every kind of artifact. Nothing is written before all of it is known to work, and the
//! output takes its place whole.
//!
//! ```
//! use std::collections::BTreeMap;
//! use inject::pipeline::{Gate, apk, job};
//! use inject::placement::{Absence, Address, Place, Template};
//! use inject::placement::template::Values;
//! # let package = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo.apk");
//! # let folder = tempfile::tempdir()?;
//! # let output = folder.path().join("out.apk");
//!
//! // Look at it: what it is, and what is where.
//! let inspected = job::Inspected::new(package.as_ref())?;
//! assert_eq!(inspected.id(), Some("com.example.demo"));
//!
//! // Plan: an address says where, a template what. Nothing secret is in a plan.
//! let place = Place {
//!     at: Address::parse("string/client_id")?,
//!     value: Template::parse("{client_id}")?,
//!     absence: Absence::Fail,
//!     unless: Vec::new(),
//! };
//! assert!(!inspected.held(&place)?.is_empty());
//! let planned = inspected.plan(&[place], "")?;
//! assert_eq!(planned.places()[0].entry, "resources.arsc");
//!
//! // Values of your own; `credential::obtain` is for those of a store and a registry.
//! let other = BTreeMap::new();
//! let values = Values {
//!     client_id: "0f3c9a",
//!     client_secret: None,
//!     environment: "dev",
//!     application: "com.example.demo",
//!     other: &other,
//! };
//! let mut signing = job::Signing::default();
//! signing.android = Some(apk::Signing::Unsigned);
//! let done = planned.finish(&values, &signing, &output, Gate::default())?;
//! assert_eq!(done.entries, ["resources.arsc"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`verify`] judges what is finished, whoever made it, and says what it finds instead of failing:
//!
//! ```
//! use inject::verify::android::{self, Options};
//!
//! let package = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo.apk"))?;
//! let report = android::apk(package.as_slice(), &Options { min_sdk: Some(24), ..Options::default() });
//! assert!(report.findings.is_empty(), "{:?}", report.findings);
//!
//! // One byte that changes on the way is noticed.
//! let mut broken = package.clone();
//! broken[100] ^= 1;
//! assert!(!android::apk(broken.as_slice(), &Options::default()).findings.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`verify::leak`] looks for values that should not be there, in every form that builds give them:
//!
//! ```
//! use inject::verify::{Report, leak::{Foreign, Hunt}};
//!
//! let foreign = [Foreign { what: "the secret of prod".into(), value: "correct-horse-battery".to_owned().into() }];
//! let mut report = Report::default();
//! // Base64 of "id:correct-horse-battery".
//! Hunt::new(&foreign, &[]).content(&mut report, "app.js", b"auth = 'aWQ6Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5'");
//! assert_eq!(report.findings[0].code, "leak.foreign");
//! assert!(!report.findings[0].message.contains("horse"), "findings show no value");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Codecs in [`mod@format`] stand alone. They change what they are asked to, and copy the rest:
//!
//! ```
//! use inject::format::json;
//! use inject::placement::{Address, Locator, Target};
//!
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
//!
//! # Versions
//! Until 1.0 a minor version may change the API, as Cargo has it. Errors are `#[non_exhaustive]`: a new way to fail is no new
//! version of the API (`cargo xtask tidy` enforces it).

pub mod artifact;
pub mod credential;
pub mod format;
pub mod host;
pub mod pipeline;
pub mod placement;
pub mod project;
pub mod sign;
pub mod verify;

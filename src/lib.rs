//! `inject` puts the right client credentials of the right environment into built apps, leaves them installable,
//! and proves which environment an artifact carries.
//!
//! The main job is one pass: inspect the artifact, look up (read only), plan (pure, secret-free), obtain the credential
//! (the one effect before the files), apply, align, sign, verify independently, commit atomically.
//!
//! * [`embed`]: the main job as a whole, with a store and a registry. Start here.
//! * [`job`]: its part that is about one artifact, with values of your own.
//! * [`place`]: addresses of places, templates of values, presets.
//! * [`credentials`]: what a credential is, where it is kept, how it is obtained.
//! * [`registry`]: access managers that credentials come from, and serving one.
//! * [`signing`]: keys, certificates and schemes.
//! * [`findings`]: what verification says of an artifact, whoever made it.
//! * [`scan`]: looking for credentials where they should not be.
//! * [`receipt`]: statements of what was done, and checking them.
//! * [`survey`]: what a source tree builds, for a first configuration.
//! * [`system`]: what a program around all that needs: signals, new files that take their place whole, the clock.
//!
//! ```
//! use std::collections::BTreeMap;
//! use inject::job::{AndroidSigning, Gate, Inspected, Signing};
//! use inject::place::{Absence, Address, Place, Template, Values};
//! # let package = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo.apk");
//! # let folder = tempfile::tempdir()?;
//! # let output = folder.path().join("out.apk");
//!
//! // Look at it: what it is, and what is where.
//! let inspected = Inspected::new(package.as_ref())?;
//! assert_eq!(inspected.id(), Some("com.example.demo"));
//!
//! // Plan: an address says where, a template what. Nothing secret is in a plan.
//! let (at, value) = (Address::parse("string/client_id")?, Template::parse("{client_id}")?);
//! let places = [Place::new(at, value, Absence::Fail)];
//! assert_eq!(inspected.locate(&places)?.found.len(), 1);
//! let planned = inspected.plan(&places, "")?;
//! assert_eq!(planned.places()[0].entry, "resources.arsc");
//!
//! // Values of your own; `credentials::obtain` is for those of a store and a registry.
//! let other = BTreeMap::new();
//! let values = Values {
//!     client_id: "0f3c9a",
//!     client_secret: None,
//!     environment: "dev",
//!     application: "com.example.demo",
//!     other: &other,
//!     mains: &[],
//! };
//! let mut signing = Signing::default();
//! signing.android = Some(AndroidSigning::Unsigned);
//! let done = planned.finish(&values, &signing, &output, Gate::default())?;
//! assert_eq!(done.entries, ["resources.arsc"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Invariants
//! * An empty plan reproduces the input byte for byte.
//! * Nothing here prints, exits, or panics on any input.
//! * A secret has no `Display`, and reaches nothing but the artifact, the store and the registry.
//! * Imports go down only (`cargo xtask tidy` enforces it).
//!
//! # Features
//! All are on by default. A library that embeds credentials and keeps them in stores and registries over HTTP needs none of them:
//! `default-features = false`.
//!
//! | feature | brings |
//! |---|---|
//! | `cli` | the program `inject`, and on Windows [`system::interrupt::watch`], which is there without it on other systems |
//! | `postgres` | [`registry::Postgres`], the registry of a team |
//! | `serve` | [`registry::Service`], serving a registry to others |
//! | `keyring` | the platform's keyring: on Windows and macOS by its own interface, on Linux by `secret-tool`. Without it every question to [`system::keyring`] is answered by an error |
//!
//! # Versions
//! Until 1.0 a minor version may change the API, as Cargo has it. All of it stands in `docs/api.txt`, and CI compares; a change
//! of it is seen in review. Errors are `#[non_exhaustive]`: a new way to fail is no new version of the API. The feature
//! `internals`, which tests use, is outside of it.
//!
//! How the library is made: `ARCHITECTURE.md`.

#![cfg_attr(docsrs, feature(doc_cfg))]
// What tests alone use is no fault.
#![cfg_attr(not(feature = "internals"), allow(dead_code, unused_imports))]

pub mod job {
    //! The main job, for every kind of artifact: [`Inspected`], then [`Planned`], then [`Done`]. Nothing is written before all
    //! of it is known to work, and the output takes its place whole. The example of the crate is one.

    #[doc(inline)]
    pub use crate::artifact::genexus::{MainObject, Mains};
    #[doc(inline)]
    pub use crate::pipeline::job::{Copies, Inspected, JobError, Planned, pending, repair};
    #[doc(inline)]
    pub use crate::pipeline::signing::{
        AndroidSigning, AndroidSigningRequest, AppleSigning, AppleSigningRequest, KeyKind, Signing,
    };
    #[doc(inline)]
    pub use crate::pipeline::{
        ApkFacts, AppFacts, Description, Done, Facts, Fault, FolderFacts, Form, Gate, Input, Located, PairFacts,
        PlannedPlace, ProfileFacts, Reach, ReleaseFault, SourceTree,
    };
}

pub mod embed {
    //! The main job as a whole: artifacts get the credential of their application in an environment, from a store and a registry.
    //!
    //! ```
    //! use inject::credentials::{EnvironmentName, Home};
    //! use inject::embed::{Artifact, Embedder, Environment, SourceError};
    //! use inject::job::{AndroidSigning, Signing};
    //! use inject::registry::{Embedded, Registry};
    //! # let package = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo.apk");
    //! # let folder = tempfile::tempdir()?;
    //! # let output = folder.path().join("out.apk");
    //!
    //! let home = Home::from(folder.path());
    //! let name = EnvironmentName::parse("dev")?;
    //! let registry = || -> Result<Box<dyn Registry>, SourceError> { Ok(Box::new(Embedded::new(&home, &name))) };
    //! let environment = Environment::new(name.clone(), &registry);
    //! let embedder = Embedder::new(&home, &environment);
    //!
    //! let mut signing = Signing::default();
    //! signing.android = Some(AndroidSigning::Unsigned);
    //! for embedded in embedder.run(vec![Artifact::new(package).to(&output)], &signing)? {
    //!     let embedded = embedded?;
    //!     println!("{} carries {}", embedded.artifact.output().display(), embedded.client_id);
    //! #   assert!(embedded.carries && embedded.has_secret && output.is_file());
    //! }
    //! # let again = embedder.run(vec![Artifact::new(&output)], &signing)?.remove(0)?;
    //! # assert!(!again.done.written, "the store's credential is reused");
    //! # Ok::<(), Box<dyn std::error::Error>>(())
    //! ```

    #[doc(inline)]
    pub use crate::embedding::apps::{App, AppError, Apps};
    #[doc(inline)]
    pub use crate::embedding::credential::{Credentials, Known};
    #[doc(inline)]
    pub use crate::embedding::embedder::Embedder;
    #[doc(inline)]
    pub use crate::embedding::environment::{Environment, Given, Source, SourceError};
    #[doc(inline)]
    pub use crate::embedding::error::{EmbedError, PinError};
    #[doc(inline)]
    pub use crate::embedding::event::Event;
    #[doc(inline)]
    pub use crate::embedding::foreign::{foreign, known_values, texts};
    #[doc(inline)]
    pub use crate::embedding::options::Options;
    #[doc(inline)]
    pub use crate::embedding::owner::Owner;
    #[doc(inline)]
    pub use crate::embedding::places::{Gathered, PlacesError, Presets, as_placed};
    #[doc(inline)]
    pub use crate::embedding::prepared::{Artifact, Embedded, Neighbor, Prepared, other_mains};
}

pub mod place {
    //! Where values go, and what they are.
    //!
    //! ```
    //! use inject::place::{Address, Preset, Template};
    //!
    //! let address = Address::parse("assets/config.json#/oauth/client_id")?;
    //! assert_eq!(address.to_string(), "assets/config.json#/oauth/client_id");
    //! assert!(Template::parse("{client_id}:{client_secret}")?.needs_secret());
    //! assert!(Template::parse("{client_id").is_err());
    //!
    //! // Places that builds are known to have.
    //! let generic = Preset::shipped("generic").expect("it is shipped")?;
    //! assert!(generic.places.iter().any(|place| place.at.to_string() == "apk:string/client_id"));
    //! # Ok::<(), Box<dyn std::error::Error>>(())
    //! ```

    #[doc(inline)]
    pub use crate::placement::preset::{Preset, PresetError};
    #[doc(inline)]
    pub use crate::placement::template::{BUILT_IN, Held, OtherMain, RaisedError, Values, same_object};
    #[doc(inline)]
    pub use crate::placement::{
        Absence, Address, AddressError, ByValue, FilePath, Kind, Locator, Place, ResourceKind, Target, Template,
        TemplateError, enters,
    };
}

pub mod credentials {
    //! What a credential is, where it is kept, how it is obtained: any number of builds, on any number of machines that share
    //! a registry, end with the same one.
    //!
    //! ```
    //! use inject::credentials::{EnvironmentName, Key, Needs, Registration, Request, Store, obtain};
    //! use inject::registry::{Application, Embedded, Registry};
    //! # let folder = tempfile::tempdir()?;
    //! # let home = folder.path().join("home");
    //!
    //! let environment = EnvironmentName::parse("dev")?;
    //! let application = Application { id: "com.example.demo".to_owned(), name: "Demo".to_owned() };
    //! let mut store = Store::open(&home)?;
    //! let mut registry = Embedded::new(&home, &environment);
    //! let request = Request {
    //!     key: Key { application: application.id.clone(), environment, registry: registry.identity().clone() },
    //!     application: &application,
    //!     needs: Needs::Secret,
    //!     registration: Registration::Auto,
    //!     refresh: false,
    //!     again: false,
    //!     take: None,
    //! };
    //! let first = obtain(&request, &mut store, &mut registry)?.credential;
    //! let second = obtain(&request, &mut store, &mut registry)?.credential;
    //! assert_eq!(first, second);
    //! assert!(!format!("{first:?}").contains(first.secret.as_ref().expect("one was wanted").expose()));
    //! # Ok::<(), Box<dyn std::error::Error>>(())
    //! ```

    #[doc(inline)]
    pub use crate::credential::change::{ChangeError, Open, Settled, finish, revoke, rotate};
    #[doc(inline)]
    pub use crate::credential::home::{Home, Keeping};
    #[doc(inline)]
    pub use crate::credential::intent::{Change, Intent};
    #[doc(inline)]
    pub use crate::credential::lookup::{Lookup, look_up};
    #[doc(inline)]
    pub use crate::credential::obtain::{Needs, ObtainError, Obtained, Origin, Registration, Request, Take, obtain};
    #[doc(inline)]
    pub use crate::credential::probe::{Probed, Server, probe};
    #[doc(inline)]
    pub use crate::credential::seal::{SealError, SealKey};
    #[doc(inline)]
    pub use crate::credential::store::{Key, Store, StoreError, Stored};
    #[doc(inline)]
    pub use crate::credential::{
        ClientId, ClientSecret, Credential, EnvironmentName, Fingerprint, InvalidClientId, InvalidName, InvalidSecret,
    };

    pub mod keeping {
        //! Moving the key of a store into the platform's keyring, and back.

        #[doc(inline)]
        pub use crate::credential::keeping::{KeepingError, Kept, keep};
    }

    pub mod backup {
        //! All of a store as one text, sealed with a passphrase.

        #[doc(inline)]
        pub use crate::credential::backup::{BackupError, LIMIT, export, import};
    }
}

pub mod registry {
    //! Access managers that credentials come from: our own database, `PostgreSQL`, a server over HTTP, an authorization server
    //! (RFC 7591), a program, GeneXus' own file; and serving one of ours to others.

    #[doc(inline)]
    pub use crate::credential::ledger::{Held, Ledger, Management, Pending, StoreLedger};
    #[doc(inline)]
    pub use crate::credential::registry::directory::{Directory, Entry};
    #[doc(inline)]
    pub use crate::credential::registry::embedded::Embedded;
    #[doc(inline)]
    pub use crate::credential::registry::exec::Exec;
    #[doc(inline)]
    pub use crate::credential::registry::genexus::fault::Fault as GenexusFault;
    #[doc(inline)]
    pub use crate::credential::registry::genexus::parms::Connection as GenexusConnection;
    #[doc(inline)]
    pub use crate::credential::registry::genexus::{
        Config as GenexusConfig, Genexus, Holding as GenexusHolding, Program as GenexusProgram,
    };
    #[doc(inline)]
    pub use crate::credential::registry::http::Http;
    #[doc(inline)]
    pub use crate::credential::registry::oauth::{Config as OauthConfig, Oauth};
    #[cfg(feature = "postgres")]
    #[doc(inline)]
    pub use crate::credential::registry::postgres::{
        Address as PostgresAddress, AddressError as PostgresAddressError, Postgres,
    };
    #[doc(inline)]
    pub use crate::credential::registry::{
        AnswerFault, Application, Capability, InvalidApplication, Proposal, Registered, Registry, RegistryError,
        RegistryIdentity, Standing, Unasked, Wanted,
    };
    #[cfg(feature = "serve")]
    #[doc(inline)]
    pub use crate::credential::serving::{Config as ServiceConfig, Service};
    #[doc(inline)]
    pub use crate::host::http::HttpError;
    #[doc(inline)]
    pub use crate::host::lock::Lock;
    #[cfg(feature = "serve")]
    #[doc(inline)]
    pub use crate::host::server::Tls;
}

pub mod signing {
    //! Keys with their certificates, and how Android packages are signed with them.
    //!
    //! ```
    //! use inject::signing::{Identity, Password, debug_key};
    //! use inject::system::{os_rng, unix_seconds};
    //!
    //! // What Android Studio would make.
    //! let (_, keystore) = debug_key::generate(&mut os_rng(), unix_seconds())?;
    //! let password = Password::new(debug_key::PASSWORD.to_owned());
    //! let identity = Identity::from_keystore(&keystore, Some(debug_key::ALIAS), &password, None)?;
    //! assert_eq!(identity.certificate().subject_text(), "CN=Android Debug, O=Android, C=US");
    //! # Ok::<(), Box<dyn std::error::Error>>(())
    //! ```

    #[doc(inline)]
    pub use crate::format::der::DerError;
    #[doc(inline)]
    pub use crate::format::x509::Certificate;
    #[doc(inline)]
    pub use crate::sign::android::{
        DEFAULT_ROTATION_MIN_SDK, KeptPairs, KeptPairsError, Lineage, LineageError, Rotation, Schemes, SchemesError,
        Signers,
    };
    #[doc(inline)]
    pub use crate::sign::{Identity, IdentityError, KeyError, Password, certificates};

    pub mod debug_key {
        //! The key that debug builds of Android are signed with.

        #[doc(inline)]
        pub use crate::sign::debug_key::{ALIAS, PASSWORD, generate};
    }
}

pub mod findings {
    //! What verification says of an artifact, whoever made it: findings instead of errors. It is other code than
    //! signing; the parsers below both are shared.
    //!
    //! ```
    //! use inject::findings::{AndroidOptions, apk};
    //!
    //! let package = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo.apk"))?;
    //! let report = apk(package.as_slice(), &AndroidOptions { min_sdk: Some(24), ..AndroidOptions::default() });
    //! assert!(report.findings.is_empty(), "{:?}", report.findings);
    //!
    //! // One byte that changes on the way is noticed.
    //! let mut broken = package.clone();
    //! broken[100] ^= 1;
    //! assert!(!apk(broken.as_slice(), &AndroidOptions::default()).findings.is_empty());
    //! # Ok::<(), Box<dyn std::error::Error>>(())
    //! ```
    //!
    //! [`Code`] is the table of all that can be found, each with what it means and what to do about it:
    //!
    //! ```
    //! use inject::findings::{Code, Severity};
    //!
    //! assert_eq!(Code::V2Digest.as_str(), "v2.digest");
    //! let warnings = Code::ALL.iter().filter(|code| code.severity() == Severity::Warning);
    //! assert!(warnings.clone().count() < Code::ALL.len() && warnings.clone().all(|code| !code.remedy().is_empty()));
    //! ```
    //!
    //! [`Hunt`] looks for values that should not be there, in every form that builds give them:
    //!
    //! ```
    //! use inject::findings::{Code, Foreign, Hunt, Report};
    //!
    //! let foreign = [Foreign::new("the secret of prod", "correct-horse-battery".to_owned())];
    //! let mut report = Report::default();
    //! // Base64 of "id:correct-horse-battery".
    //! Hunt::new(&foreign, &[]).content(&mut report, "app.js", b"auth = 'aWQ6Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5'");
    //! assert_eq!(report.findings[0].code, Code::LeakForeign);
    //! assert!(!report.findings[0].message.contains("horse"), "findings show no value");
    //! # Ok::<(), Box<dyn std::error::Error>>(())
    //! ```

    #[doc(inline)]
    pub use crate::format::read_at::ReadAt;
    #[doc(inline)]
    pub use crate::verify::android::{Options as AndroidOptions, apk, lineage_signature};
    #[doc(inline)]
    pub use crate::verify::forms::logged;
    #[doc(inline)]
    pub use crate::verify::injected::Expected;
    #[doc(inline)]
    pub use crate::verify::leak::{Foreign, Hunt};
    #[doc(inline)]
    pub use crate::verify::{
        About, Code, Finding, Report, Scheme, Section, Severity, Signature, Signer, certificate_sha256, findings_text,
    };
}

pub mod scan {
    //! Looking for credentials where they should not be: in folders, and in what is about to be committed.

    #[doc(inline)]
    pub use crate::pipeline::scan::{ScanError, Scanned, path, staged};
}

pub mod receipt {
    //! Statements (in-toto) of what was done to an artifact and what was found in it, and checking them.

    #[doc(inline)]
    pub use crate::pipeline::digest::Digest;
    #[doc(inline)]
    pub use crate::pipeline::receipt::{Carries, Done, RECEIPT, check, receipt, verdict};
    #[doc(inline)]
    pub use crate::pipeline::receipt_error::ReceiptError;
}

pub mod survey {
    //! What a source tree builds: applications, where their artifacts lie, and which access managers they talk to. Nothing is
    //! guessed.

    #[doc(inline)]
    pub use crate::project::{App, Id, LOOKED_FOR, Mark, Project, survey};
}

pub mod system {
    //! What a program around the main job needs of the system.

    #[doc(inline)]
    pub use crate::format::calendar::Civil;
    #[doc(inline)]
    pub use crate::format::text::is_hidden;
    #[doc(inline)]
    pub use crate::host::clock::unix_seconds;
    #[doc(inline)]
    pub use crate::host::file::FileError;
    #[doc(inline)]
    pub use crate::host::lock::on_wait;
    #[doc(inline)]
    pub use crate::host::process::guard_memory;
    #[doc(inline)]
    pub use crate::host::random::{OsRandom, Randomness, os_rng};
    #[doc(inline)]
    pub use crate::host::replacement::{Replacement, written};
    #[doc(inline)]
    pub use crate::host::rights::Like;
    #[doc(inline)]
    pub use crate::host::sink::Sink;

    pub mod command {
        //! Running another program, within a time and a size.

        #[doc(inline)]
        pub use crate::host::command::{Answer, run, withhold};
    }

    pub mod git {
        //! Where git's hooks are.

        #[doc(inline)]
        pub use crate::host::git::hooks;
    }

    pub mod files {
        //! Files that are read whole: a pipe, a device or a folder in their place is an error at once, and so is more than is
        //! expected. What is given for one run may come out of a shell's `<(COMMAND)`, and its text be UTF-16.

        #[doc(inline)]
        pub use crate::format::limits::{KEY_FILE_BYTES, TEXT_FILE_BYTES};
        #[doc(inline)]
        pub use crate::host::file::{Changed, Stamp, append, open, read, read_if_there, read_text, resolved};
        #[doc(inline)]
        pub use crate::host::given::{read as read_given, read_key, read_text as read_given_text, text as given_text};
        #[doc(inline)]
        pub use crate::host::private::open_bits;
        #[doc(inline)]
        pub use crate::host::replacement::tidy;
    }

    pub mod keyring {
        //! The platform's keyring.

        #[doc(inline)]
        pub use crate::host::keyring::{KEYRING, KeyringError, is_name, read, remedy};
    }

    pub mod interrupt {
        //! Signals that end the process: what is taking its place finishes first.

        #[cfg(any(unix, feature = "cli"))]
        #[doc(inline)]
        pub use crate::host::interrupt::watch;
        #[doc(inline)]
        pub use crate::host::interrupt::{Section, Signal, section};
    }

    pub mod workers {
        //! Tasks on several threads, as memory allows.

        #[doc(inline)]
        pub use crate::host::workers::{Task, memory_available, run};
    }
}

// The rooms of ARCHITECTURE.md. What others may use of them stands above.
#[cfg(not(feature = "internals"))]
mod artifact;
#[cfg(not(feature = "internals"))]
mod credential;
#[cfg(not(feature = "internals"))]
mod embedding;
#[cfg(not(feature = "internals"))]
mod format;
#[cfg(not(feature = "internals"))]
mod host;
#[cfg(not(feature = "internals"))]
mod pipeline;
#[cfg(not(feature = "internals"))]
mod placement;
#[cfg(not(feature = "internals"))]
mod project;
#[cfg(not(feature = "internals"))]
mod sign;
#[cfg(not(feature = "internals"))]
mod verify;

#[cfg(feature = "internals")]
pub mod artifact;
#[cfg(feature = "internals")]
pub mod credential;
#[cfg(feature = "internals")]
pub mod embedding;
#[cfg(feature = "internals")]
pub mod format;
#[cfg(feature = "internals")]
pub mod host;
#[cfg(feature = "internals")]
pub mod pipeline;
#[cfg(feature = "internals")]
pub mod placement;
#[cfg(feature = "internals")]
pub mod project;
#[cfg(feature = "internals")]
pub mod sign;
#[cfg(feature = "internals")]
pub mod verify;

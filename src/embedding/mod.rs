//! The main job as a whole: which application an artifact is, which places it gets, the credential of the environment, the
//! artifact with it, and a receipt. Any number of artifacts, in one run.
//!
//! ```text
//! plan -> check -> obtain -> finish
//! ```
//! Nothing is obtained before every artifact is planned and checked, and nothing is written before every credential is there.
//!
//! * `embedder`: all that a run needs.
//! * `environment`: an environment, and where its credentials come from.
//! * `apps`, `owner`: applications as their makers list them, and the one that an artifact is.
//! * `places`: presets and places, as an artifact gets them.
//! * `credential`: obtaining or reusing, with what is to be told of it.
//! * `foreign`: what must not be in an output.
//! * `prepared`, `artifact`: an artifact on its way.
//! * `run`: several of them.
//! * `receipts`: statements of what was done.
//!
//! Must not: print, or read a configuration.

pub mod apps;
mod artifact;
pub mod credential;
pub mod embedder;
pub mod environment;
pub mod error;
pub mod event;
pub mod foreign;
pub mod options;
pub mod owner;
pub mod places;
pub mod prepared;
mod receipts;
pub mod run;

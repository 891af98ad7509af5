//! The flow on packages made in code.

pub mod apple;
mod apple_identifiers;
mod apple_large;
#[cfg(unix)]
mod apple_macos;
mod apple_overrides;
mod apple_profiles;
mod apple_seals;
mod changed;
pub mod ios_presets;
pub mod presets;

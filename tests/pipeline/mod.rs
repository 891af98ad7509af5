//! The flow on packages made in code.

mod apple;
mod apple_large;
#[cfg(unix)]
mod apple_macos;
mod ios_presets;
pub mod presets;

//! The flow on packages made in code.

mod apple;
mod ios_presets;
pub mod presets;

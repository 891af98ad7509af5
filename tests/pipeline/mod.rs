//! The flow on packages made in code.

mod apple;
pub mod presets;

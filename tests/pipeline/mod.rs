//! The flow on packages made in code.

pub mod presets;

//! The flow on packages made in code.

mod presets;

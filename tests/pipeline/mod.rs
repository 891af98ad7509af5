//! The flow on packages made in code.

mod apple;
mod presets;

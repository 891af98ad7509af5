//! Addresses, templates and presets.

mod address;
mod template;

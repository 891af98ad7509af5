//! Builders of small fixtures: every variation of a format that tests need, made in code.

pub mod arsc;
pub mod axml;

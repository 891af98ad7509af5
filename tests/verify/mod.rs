//! `inject::verify`.

mod arbitrary;
mod mutation;

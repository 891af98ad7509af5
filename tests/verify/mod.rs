//! `inject::verify`.

mod arbitrary;
mod leak;
mod mutation;

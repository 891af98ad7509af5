//! `inject::verify`.

mod arbitrary;
mod codes;
mod exposed;
mod kept;
mod leak;
mod matrix;
mod mutation;
mod places;
mod seals;

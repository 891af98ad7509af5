//! `inject::verify`.

mod arbitrary;
mod leak;
mod matrix;
mod mutation;
mod places;
mod seals;

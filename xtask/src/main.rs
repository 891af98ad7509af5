//! House tasks: `cargo xtask ci | tidy | fixtures | corpus | oracle | bench`.
fn main() {}

//! The program `inject`: arguments, settings, rendering and exit codes over the library's public API.
fn main() {}

//! House tasks: `cargo xtask ci | tidy | fixtures | corpus | oracle | bench`.

mod oracle;

use std::path::Path;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let failures = match arguments.as_slice() {
        ["oracle", "goldens", corpus] => oracle::signatures::goldens(Path::new(corpus))?,
        _ => anyhow::bail!("usage: cargo xtask oracle goldens CORPUS"),
    };
    for failure in &failures {
        println!("FAILED {}\n    {}", failure.what, failure.difference);
    }
    anyhow::ensure!(failures.is_empty(), "{} failures", failures.len());
    Ok(())
}

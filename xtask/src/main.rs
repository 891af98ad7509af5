//! House tasks: `cargo xtask ci | tidy | fixtures | corpus | oracle | bench`.

mod oracle;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["oracle", corpus] => oracle::run(corpus.as_ref()),
        _ => bail!("usage: cargo xtask oracle CORPUS"),
    }
}

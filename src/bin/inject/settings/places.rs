//! `--at`: a place on the command line.
//!
//! Must not: look into an artifact.

use inject::place::{Absence, Address, Place, Template};

use crate::exit::{Code, Failure};

/// Reads `ADDRESS=VALUE`. With `create` it is made where it is missing.
pub fn parse(text: &str, create: bool) -> Result<Place, Failure> {
    let (address, value) = Address::split_assignment(text).ok_or_else(|| {
        Failure::usage(format!("--at {text:?} has no value"))
            .remedy("write --at ADDRESS=VALUE, for example --at string/client_id={client_id}")
    })?;
    let at = Address::parse(address).map_err(|e| Failure::of(Code::Usage, e).during("--at"))?;
    let value = Template::parse(value).map_err(|e| Failure::of(Code::Usage, e).during("--at"))?;
    let absence = if create { Absence::Create } else { Absence::Fail };
    Ok(Place::new(at, value, absence))
}

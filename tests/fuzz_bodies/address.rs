//! A body for any text as an address.

use inject::placement::{Address, Template};

/// What is parsed prints as what is parsed again to the same; an assignment splits where its address ends.
pub fn address(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some((at, value)) = Address::split_assignment(&text) {
        assert_eq!(format!("{at}={value}"), text);
        assert!(Address::split_assignment(at).is_none(), "{at:?}");
    }
    let _ = Template::parse(&text);
    let Ok(address) = Address::parse(&text) else { return };
    let printed = address.to_string();
    let again = Address::parse(&printed).unwrap_or_else(|error| panic!("{text:?} prints as {printed:?}: {error}"));
    assert_eq!(again, address, "{text:?} prints as {printed:?}");
    assert_eq!(again.to_string(), printed);
    assert!(address.may_become(&address));
    let named = address.for_main("A*b/~[c]");
    assert!(!named.names_main(), "{printed:?}: {named}");
    if !address.names_main() {
        assert_eq!(named, address);
    }
}

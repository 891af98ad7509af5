//! Provisioning profiles: a property list, signed by Apple in CMS. Bare property lists, which test suites use, are read
//! too.
//!
//! Must not: verify the signature, or decide whether a profile fits an app.

use super::apple_plist::{self, Dictionary, PlistError, Value};
use super::cms;
use super::der::{DerError, tag};

/// Why bytes are not a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The CMS around it.
    #[error("provisioning profile: {0}")]
    Cms(#[from] DerError),
    /// CMS without content.
    #[error("provisioning profile: the signature holds no content, expected a property list")]
    Detached,
    /// The property list.
    #[error("provisioning profile: {0}")]
    Plist(#[from] PlistError),
    /// A key that every profile has.
    #[error("provisioning profile: {key} is missing or of another kind, expected {expected}")]
    Key {
        /// Which.
        key: &'static str,
        /// What it should be.
        expected: &'static str,
    },
}

/// What a profile says.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// `Name`.
    pub name: String,
    /// `UUID`.
    pub uuid: String,
    /// `TeamIdentifier`; the first is the team.
    pub teams: Vec<String>,
    /// `ApplicationIdentifierPrefix`.
    pub prefixes: Vec<String>,
    /// `DeveloperCertificates`, each in DER.
    pub certificates: Vec<Vec<u8>>,
    /// `Entitlements`: what code may claim.
    pub entitlements: Dictionary,
    /// `ExpirationDate` as `YYYYMMDDHHMMSSZ`, the form that certificates have.
    pub expires: String,
    /// `Platform`: the systems it is for, `iOS`, `tvOS`, `OSX`; old ones do not say.
    pub platforms: Vec<String>,
    /// `ProvisionedDevices`: how many devices, where there is a list of them.
    pub devices: Option<usize>,
    /// `ProvisionsAllDevices`: an enterprise profile.
    pub all_devices: bool,
}

impl Profile {
    /// Reads a profile.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProfileError> {
        let content = match bytes.first() {
            Some(&tag::SEQUENCE) => cms::parse(bytes)?.content.ok_or(ProfileError::Detached)?,
            _ => bytes.to_vec(),
        };
        let plist = apple_plist::read_dictionary(&content)?;
        let text = |key: &'static str| {
            let value = plist.get(key).and_then(Value::as_string).map(str::to_owned);
            value.ok_or(ProfileError::Key { key, expected: "a text" })
        };
        let texts = |key: &str| {
            let values = plist.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            values.iter().filter_map(Value::as_string).map(str::to_owned).collect::<Vec<_>>()
        };
        let expires = plist.get("ExpirationDate").and_then(Value::as_date);
        let expires = expires.ok_or(ProfileError::Key { key: "ExpirationDate", expected: "a date" })?;
        let certificates = plist.get("DeveloperCertificates").and_then(Value::as_array).map(Vec::as_slice);
        let entitlements = plist.get("Entitlements").and_then(Value::as_dictionary);
        Ok(Self {
            name: text("Name")?,
            uuid: text("UUID")?,
            teams: texts("TeamIdentifier"),
            prefixes: texts("ApplicationIdentifierPrefix"),
            certificates: certificates
                .unwrap_or_default()
                .iter()
                .filter_map(|value| value.as_data().map(<[u8]>::to_vec))
                .collect(),
            entitlements: entitlements
                .ok_or(ProfileError::Key { key: "Entitlements", expected: "a dictionary" })?
                .clone(),
            expires: expires
                .to_xml_format()
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .filter(|c| *c != 'T')
                .collect(),
            platforms: texts("Platform"),
            devices: plist.get("ProvisionedDevices").and_then(Value::as_array).map(Vec::len),
            all_devices: plist.get("ProvisionsAllDevices").and_then(Value::as_boolean).unwrap_or(false),
        })
    }

    /// The day it ends, for people: `2027-01-15`.
    pub fn last_day(&self) -> String {
        let part = |range| self.expires.get(range).unwrap_or_default();
        [part(0..4), part(4..6), part(6..8)].join("-")
    }

    /// Which application identifiers it is for: `TEAM.com.example.app`, or a pattern that ends with `*`.
    pub fn application_identifier(&self) -> Option<&str> {
        let of = |key| self.entitlements.get(key).and_then(Value::as_string);
        of("application-identifier").or_else(|| of("com.apple.application-identifier"))
    }

    /// Whether it is for code of this system, `PLATFORM_*` of its image; what does not say is for all.
    pub fn is_for(&self, platform: Option<u32>) -> bool {
        let names: &[&str] = match platform {
            Some(1 | 6) => &["OSX", "macOS"],
            // Apps for watches have profiles of iOS.
            Some(2) => &["iOS"],
            Some(4) => &["iOS", "watchOS"],
            Some(3) => &["tvOS"],
            Some(11) => &["iOS", "xrOS", "visionOS"],
            // Simulators look at no profile.
            Some(_) | None => return true,
        };
        self.platforms.is_empty() || self.platforms.iter().any(|there| names.contains(&there.as_str()))
    }

    /// Whether it is for the app of this bundle identifier; the longer the pattern, the better it fits.
    pub fn fits(&self, bundle_id: &str) -> Option<usize> {
        let identifier = self.application_identifier()?;
        let (_, pattern) = identifier.split_once('.')?;
        allows(pattern, bundle_id).then_some(pattern.len())
    }
}

/// Whether a text of a profile allows a text of an app: equal, or begins as the pattern does before its `*`.
pub fn allows(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => text.starts_with(start),
        None => pattern == text,
    }
}

//! What a package says of itself in its manifest.
//!
//! Must not: judge it.

use super::error::ApkError;
use super::resources::Table;
use crate::format::arsc::Value;
use crate::format::axml::{Manifest, Scalar};

/// API level that stands for a codename: a platform in development, newer than every number.
const SDK_IN_DEVELOPMENT: u32 = 10_000;

/// Codenames that became numbers (`Build.VERSION_CODES` of AOSP): manifests built against a preview carry them.
const CODENAMES: [(&str, u32); 12] = [
    ("M", 23),
    ("N", 24),
    ("O", 26),
    ("P", 28),
    ("Q", 29),
    ("R", 30),
    ("S", 31),
    ("Sv2", 32),
    ("Tiramisu", 33),
    ("UpsideDownCake", 34),
    ("VanillaIceCream", 35),
    ("Baklava", 36),
];

/// Package, versions, API levels and flags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The package: the application's id.
    pub package: String,
    /// The name of a split.
    pub split: Option<String>,
    /// Whether it is the base of a set, and does not run without its splits.
    pub needs_splits: bool,
    /// Types of splits without which it is not installed (`android:requiredSplitTypes`).
    pub required_split_types: Vec<String>,
    /// Types of splits that it is one of (`android:splitTypes`).
    pub split_types: Vec<String>,
    /// versionName.
    pub version_name: Option<String>,
    /// versionCode.
    pub version_code: Option<u32>,
    /// minSdkVersion.
    pub min_sdk: Option<u32>,
    /// targetSdkVersion; the lowest where it is not given.
    pub target_sdk: Option<u32>,
    /// targetSandboxVersion.
    pub target_sandbox: Option<u32>,
    /// `android:debuggable`.
    pub debuggable: bool,
    /// `android:testOnly`.
    pub test_only: bool,
}

impl Facts {
    /// Reads a manifest; references are resolved in `table`.
    pub(super) fn read<'t>(
        manifest: Manifest,
        table: impl Fn() -> Result<Option<Table<'t>>, ApkError>,
    ) -> Result<Self, ApkError> {
        let resolve = |scalar: Option<Scalar>| -> Result<Option<Scalar>, ApkError> {
            let Some(Scalar::Reference(id)) = scalar else { return Ok(scalar) };
            let Some(table) = table()? else { return Ok(None) };
            let found = table.resolve(id)?;
            let default = found.iter().find(|found| found.config == "default").or(found.first());
            Ok(default.and_then(|found| match &found.value {
                Value::String(text) => Some(Scalar::Text(text.clone())),
                // Res_value: 0x10 decimal, 0x11 hexadecimal, 0x12 boolean.
                Value::Other { data_type: 0x10 | 0x11, data } => Some(Scalar::Int(*data)),
                Value::Other { data_type: 0x12, data } => Some(Scalar::Bool(*data != 0)),
                Value::Styled(_) | Value::Reference(_) | Value::Null | Value::Other { .. } | Value::Complex => None,
            }))
        };
        let text = |scalar| {
            Ok::<_, ApkError>(resolve(scalar)?.and_then(|scalar| match scalar {
                Scalar::Text(text) => Some(text),
                Scalar::Int(number) => Some(number.to_string()),
                Scalar::Bool(_) | Scalar::Reference(_) | Scalar::Other { .. } => None,
            }))
        };
        let number = |scalar| {
            Ok::<_, ApkError>(resolve(scalar)?.and_then(|scalar| match scalar {
                Scalar::Int(number) => Some(number),
                Scalar::Text(text) => text.parse().ok().or_else(|| Some(sdk_of_codename(&text))),
                Scalar::Bool(_) | Scalar::Reference(_) | Scalar::Other { .. } => None,
            }))
        };
        let truth = |scalar| {
            let scalar = resolve(scalar)?;
            Ok::<_, ApkError>(matches!(scalar, Some(Scalar::Bool(true) | Scalar::Int(1..))))
        };
        // Play's own way of saying it came first.
        let required = manifest.meta_data.iter().find(|data| data.name == "com.android.vending.splits.required");
        let required = truth(required.and_then(|data| data.value.clone()))?;
        // ApkLiteParseUtils: types between commas.
        let types = |types: Option<String>| -> Vec<String> {
            let types = types.unwrap_or_default();
            types.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
        };
        let required_split_types = types(text(manifest.required_split_types)?);
        let split_types = types(text(manifest.split_types)?);
        let says_so = truth(manifest.split_required)? || required || !required_split_types.is_empty();
        let needs_splits = manifest.split.is_none() && says_so;
        let lowest = number(manifest.min_sdk.clone())?;
        let min_sdk = match resolve(manifest.min_sdk)? {
            Some(Scalar::Text(text)) if text.parse::<u32>().is_err() => Some(lowest_of_codename(&text)),
            Some(_) | None => lowest,
        };
        Ok(Self {
            package: manifest.package.unwrap_or_default(),
            split: manifest.split,
            needs_splits,
            required_split_types,
            split_types,
            version_name: text(manifest.version_name)?,
            version_code: number(manifest.version_code)?,
            min_sdk,
            target_sdk: number(manifest.target_sdk)?.or(lowest),
            target_sandbox: number(manifest.target_sandbox)?,
            debuggable: truth(manifest.debuggable)?,
            test_only: truth(manifest.test_only)?,
        })
    }
}

fn sdk_of_codename(name: &str) -> u32 {
    // A preview carries a fingerprint behind a dot.
    let name = name.split('.').next().unwrap_or(name);
    CODENAMES.iter().find(|(known, _)| *known == name).map_or(SDK_IN_DEVELOPMENT, |(_, sdk)| *sdk)
}

/// The platforms whose first letters began the counting of codenames: letter, and the API level before it (`ApkUtils` of apksig).
const FIRST_LETTERS: [(char, u32); 13] = [
    ('C', 2),
    ('D', 3),
    ('E', 4),
    ('F', 7),
    ('G', 8),
    ('H', 10),
    ('I', 13),
    ('J', 15),
    ('K', 18),
    ('L', 20),
    ('M', 22),
    ('N', 23),
    ('O', 25),
];

/// The lowest API level that a minSdkVersion with a codename stands for, by apksig's rule: a preview of a platform still has the
/// number of the one before it, so its signatures are judged for that one. Letters behind the last count up by one.
fn lowest_of_codename(name: &str) -> u32 {
    let Some(first) = name.chars().next().filter(char::is_ascii_uppercase) else { return sdk_of_codename(name) };
    let older = FIRST_LETTERS.iter().rev().find(|(letter, _)| *letter <= first);
    older.map_or(1, |(letter, sdk)| sdk.saturating_add(u32::from(first).saturating_sub(u32::from(*letter))))
}

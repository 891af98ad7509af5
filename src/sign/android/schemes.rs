//! Which signature schemes a package gets.
//!
//! Must not: sign.

/// The schemes to sign with. v3.1 is not chosen: it comes with a rotation from API level 33 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "four independent schemes, each there or not")]
pub struct Schemes {
    /// JAR signing.
    pub v1: bool,
    /// APK Signature Scheme v2.
    pub v2: bool,
    /// APK Signature Scheme v3.
    pub v3: bool,
    /// The separate file of APK Signature Scheme v4.
    pub v4: bool,
}

/// Why a set of schemes cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemesError {
    /// Not a list of `v1`, `v2`, `v3`, `v4`.
    #[error("unknown signature scheme {found:?}; expected a list of v1, v2, v3, v4, such as v2,v3")]
    Unknown {
        /// What was given.
        found: String,
    },
    /// Nothing signs the package.
    #[error("no signature scheme that signs the package itself; choose at least one of v1, v2, v3")]
    None,
    /// v4 rests on v2 or v3.
    #[error("v4 needs v2 or v3 beside it; add one of them")]
    V4Alone,
    /// The package would not install on its oldest Android.
    #[error(
        "the package runs from API level {min_sdk}, whose Android knows only {known}; add it, or raise the lowest API level (minSdk)"
    )]
    OldestAndroid {
        /// minSdkVersion.
        min_sdk: u32,
        /// The schemes one of which is needed.
        known: &'static str,
    },
    /// Android 11 refuses v1 alone.
    #[error("the package targets API level {target_sdk}: from 30 on Android refuses v1 alone; add v2 or v3")]
    V1Alone {
        /// targetSdkVersion.
        target_sdk: u32,
    },
}

impl Schemes {
    /// What apksigner chooses for a package of that minSdkVersion: v2 and v3 always, v1 where Android before 7.0 (API level
    /// 24) may install it.
    pub fn for_min_sdk(min_sdk: u32) -> Self {
        Self { v1: min_sdk < 24, v2: true, v3: true, v4: false }
    }

    /// Keeps v1 where the input had it and is an upgrade for stores that look for it; everything else by `min_sdk`.
    #[must_use]
    pub fn with_v1_of_input(self, input_had_v1: bool) -> Self {
        Self { v1: self.v1 || input_had_v1, ..self }
    }

    /// Reads an override such as `v2,v3`.
    pub fn parse(list: &str) -> Result<Self, SchemesError> {
        let mut schemes = Self { v1: false, v2: false, v3: false, v4: false };
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match name {
                "v1" => schemes.v1 = true,
                "v2" => schemes.v2 = true,
                "v3" => schemes.v3 = true,
                "v4" => schemes.v4 = true,
                other => return Err(SchemesError::Unknown { found: other.to_owned() }),
            }
        }
        Ok(schemes)
    }

    /// Refuses a set with which the package could not be installed where it says it runs.
    pub fn check(self, min_sdk: u32, target_sdk: Option<u32>) -> Result<Self, SchemesError> {
        let Self { v1, v2, v3, v4 } = self;
        if !(v1 || v2 || v3) {
            return Err(if v4 { SchemesError::V4Alone } else { SchemesError::None });
        }
        if v4 && !v2 && !v3 {
            return Err(SchemesError::V4Alone);
        }
        match min_sdk {
            ..24 if !v1 => return Err(SchemesError::OldestAndroid { min_sdk, known: "v1" }),
            24..28 if !v1 && !v2 => return Err(SchemesError::OldestAndroid { min_sdk, known: "v1 and v2" }),
            _ => {}
        }
        match target_sdk {
            Some(target_sdk @ 30..) if !v2 && !v3 => Err(SchemesError::V1Alone { target_sdk }),
            _ => Ok(self),
        }
    }

    /// Whether the package gets a signing block, and so content digests.
    pub fn has_block(self) -> bool {
        self.v2 || self.v3
    }
}

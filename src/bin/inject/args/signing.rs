//! Who signs, as typed.
//!
//! Must not: read a file or an environment variable, other than those clap shows in `--help`.

// Doc comments here are help texts, where backticks would show; options are independent yes-or-no questions.
#![allow(clippy::doc_markdown, clippy::struct_excessive_bools)]

use std::path::PathBuf;

use clap::Args;

/// Android signing.
#[derive(Debug, Args)]
#[command(next_help_heading = "Signing")]
pub struct Signing {
    /// Keystore, PKCS#12 or JKS; else `KEYSTORE_FILE`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "debug_key", "unsigned"])]
    pub ks: Option<PathBuf>,
    /// Alias in the keystore; else `KEY_ALIAS`
    #[arg(long, value_name = "ALIAS")]
    pub ks_key_alias: Option<String>,
    /// Password of the keystore: env:NAME, file:PATH, stdin or prompt; else `KEYSTORE_PASSWORD`
    #[arg(long, value_name = "SRC")]
    pub ks_pass: Option<String>,
    /// Password of the key, likewise; else `KEY_PASSWORD`, else the keystore's
    #[arg(long, value_name = "SRC")]
    pub key_pass: Option<String>,
    /// Private key, PEM or PKCS#8
    #[arg(long, value_name = "FILE", requires = "cert", conflicts_with_all = ["debug_key", "unsigned"])]
    pub key: Option<PathBuf>,
    /// Certificate chain, PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    /// Sign with ~/.android/debug.keystore, made when absent
    #[arg(long, conflicts_with = "unsigned")]
    pub debug_key: bool,
    /// Leave the artifact unsigned on purpose
    #[arg(long)]
    pub unsigned: bool,
    /// Accept a key other than the one that signed the input (devices will refuse the update)
    #[arg(long)]
    pub allow_new_signer: bool,
    /// Signature schemes, for example v2,v3; default: by the lowest Android version and by what the input had
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub schemes: Vec<String>,
    /// Lowest Android API level to sign for; default: the manifest's
    #[arg(long, value_name = "API")]
    pub min_sdk: Option<u32>,
    /// Signing certificate lineage, for a rotated key
    #[arg(long, value_name = "FILE")]
    pub lineage: Option<PathBuf>,
    /// Keystore of the key before the rotation, for Androids that do not know the lineage
    #[arg(long, value_name = "FILE")]
    pub old_ks: Option<PathBuf>,
    /// Alias in it
    #[arg(long, value_name = "ALIAS")]
    pub old_ks_key_alias: Option<String>,
    /// Its password: env:NAME, file:PATH, stdin or prompt
    #[arg(long, value_name = "SRC")]
    pub old_ks_pass: Option<String>,
    /// API level from which the rotated key counts: 28 (v3), or 33 and above (v3.1); default 33
    #[arg(long, value_name = "API")]
    pub rotation_min_sdk: Option<u32>,
    /// Also write a v4 signature (ARTIFACT.idsig)
    #[arg(long)]
    pub v4: bool,
    /// Pairs of the APK Signing Block that stay although it is signed anew, such as the channel of Walle 0x71777777: IDs, or all
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub keep_signing_block_ids: Vec<String>,
    #[command(flatten)]
    pub apple: AppleSigning,
}

impl Signing {
    /// The options that say how a package is signed, as they were given.
    pub fn given(&self) -> Vec<&'static str> {
        let options = [
            ("--ks", self.ks.is_some()),
            ("--key", self.key.is_some()),
            ("--debug-key", self.debug_key),
            ("--unsigned", self.unsigned),
            ("--allow-new-signer", self.allow_new_signer),
            ("--schemes", !self.schemes.is_empty()),
            ("--min-sdk", self.min_sdk.is_some()),
            ("--lineage", self.lineage.is_some()),
            ("--old-ks", self.old_ks.is_some()),
            ("--rotation-min-sdk", self.rotation_min_sdk.is_some()),
            ("--v4", self.v4),
        ];
        options.into_iter().filter(|(_, given)| *given).map(|(option, _)| option).collect()
    }
}

/// Apple signing.
#[derive(Debug, Args)]
#[command(next_help_heading = "Signing for Apple's systems (also --key, --cert, --unsigned, --allow-new-signer)")]
pub struct AppleSigning {
    /// Identity, PKCS#12; else `P12_FILE`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "unsigned", "ad_hoc"])]
    pub p12: Option<PathBuf>,
    /// Its password: env:NAME, file:PATH, stdin or prompt; else `P12_PASSWORD`
    #[arg(long, value_name = "SRC")]
    pub p12_pass: Option<String>,
    /// Which identity of several: its name, or SHA-1 or SHA-256 of its certificate; else the one that a profile lists
    #[arg(long, value_name = "ALIAS")]
    pub p12_alias: Option<String>,
    /// Certificates of issuers that the identity lacks, PEM or DER; repeatable
    #[arg(long, value_name = "FILE")]
    pub chain: Vec<PathBuf>,
    /// Provisioning profile; the best fit for the app and for each extension is chosen; repeatable; else `PROFILE`
    #[arg(long, value_name = "FILE")]
    pub profile: Vec<PathBuf>,
    /// Entitlements of the app instead of those it has, a property list; of another bundle as BUNDLE-ID=FILE; repeatable
    #[arg(long, value_name = "[BUNDLE-ID=]FILE")]
    pub entitlements: Vec<String>,
    /// Keep entitlements as they are where the profile is of another team (with --allow-new-signer), instead of what it grants
    #[arg(long)]
    pub keep_entitlements: bool,
    /// Sign by nobody, for simulators
    #[arg(long, conflicts_with_all = ["key", "unsigned"])]
    pub ad_hoc: bool,
}

//! Receipts: what was done to an artifact, and the gate's verdict, as in-toto Statements (in-toto Attestation Framework,
//! Statement v1) about the artifact's digest. The same input gives the same text; a time is in it only where one is given.
//!
//! Must not: hold a secret. Of one there is a fingerprint under a key of the store, which tells nothing to who has not got it.

use std::io::ErrorKind;
use std::path::Path;

use serde_json::{Value, json};

use super::digest::Digest;
use super::input::Input;
use super::receipt_error::ReceiptError;
use crate::format::text::unmarked;
use crate::host::given;
use crate::verify::{Code, Report, Signer};

/// Type of every Statement.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// Type of the predicate of a receipt; the program's own.
pub const RECEIPT: &str = "urn:x-inject:receipt:v2";
/// The one before, whose members had other names; it is read, and not made any more.
const RECEIPT_V1: &str = "urn:x-inject:receipt:v1";
/// Type of the predicate of a verdict: Simple Verification Result v0.2.
const VERDICT: &str = "https://in-toto.io/attestation/svr/v0.2";
/// Who says so.
const VERIFIER: &str = "urn:x-inject:verifier";
/// Bytes of a receipt that is read: places of a thousand artifacts fit.
const RECEIPT_BYTES: u64 = 16 * 1024 * 1024;

/// The credential that an artifact carries, as a receipt says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carries {
    /// The application's id.
    pub application: String,
    /// The environment.
    pub environment: String,
    /// The Client Id.
    pub client_id: String,
    /// Keyed fingerprint of the secret, where it has one.
    pub secret_fingerprint: Option<String>,
}

/// What was done.
#[derive(Debug, Clone)]
pub struct Done<'d> {
    /// Of the input.
    pub input: Digest,
    /// What the output carries.
    pub carries: Carries,
    /// Address and entry of every place.
    pub places: Vec<(String, String)>,
    /// Which registry the credential is of, and what that can do: A, B or C. None: its values were given.
    pub registry: Option<(String, &'static str)>,
    /// What verification said of the output.
    pub report: &'d Report,
    /// When, in RFC 3339, where that is to be said.
    pub time: Option<String>,
}

fn statement(name: &Path, digest: &Digest, predicate_type: &str, predicate: &Value) -> Value {
    let name = name.file_name().unwrap_or_default().to_string_lossy();
    json!({
        "_type": STATEMENT,
        "subject": [{ "name": name, "digest": digest.json() }],
        "predicateType": predicate_type,
        "predicate": predicate,
    })
}

/// The receipt of an output.
pub fn receipt(output: &Path, digest: &Digest, done: &Done<'_>) -> Value {
    let Done { input, carries, places, registry, report, time } = done;
    let signer =
        |signer: &Signer| json!({ "sha256": signer.sha256_hex(), "subject": signer.subject, "key": signer.key });
    let signatures = report.signatures.iter().map(|signature| {
        let signers: Vec<Value> = signature.signers.iter().map(signer).collect();
        json!({ "scheme": signature.scheme.name(), "signers": signers })
    });
    let mut predicate = json!({
        "input": input.json(),
        "application": carries.application,
        "environment": carries.environment,
        "client_id": carries.client_id,
        "secret_fingerprint": carries.secret_fingerprint,
        "places": places.iter().map(|(at, entry)| json!({ "at": at, "entry": entry })).collect::<Vec<_>>(),
        "registry": registry.as_ref().map(|(identity, class)| json!({ "identity": identity, "class": class })),
        "signatures": signatures.collect::<Vec<_>>(),
        "signers": report.signers().iter().map(signer).collect::<Vec<_>>(),
        "tool": { "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
    });
    if let (Some(time), Some(fields)) = (time, predicate.as_object_mut()) {
        fields.insert("time".to_owned(), json!(time));
    }
    statement(output, digest, RECEIPT, &predicate)
}

/// The gate's verdict on an artifact that is sound: which environment it carries, and that it carries no other.
pub fn verdict(artifact: &Path, digest: &Digest, environment: &str, time: &str) -> Value {
    let properties = [format!("INJECT_CARRIES_ENV_{environment}"), "INJECT_NO_FOREIGN_CREDENTIAL".to_owned()];
    let predicate = json!({
        "verifier": { "id": VERIFIER },
        "timeCreated": time,
        "policies": [],
        "properties": properties,
    });
    statement(artifact, digest, VERDICT, &predicate)
}

/// Whether a receipt is about an artifact and says of it what is `expected`: findings otherwise.
pub fn check(report: &mut Report, path: &Path, artifact: &Input, expected: &Carries) -> Result<(), ReceiptError> {
    let value = read(path)?;
    let form = |expected| ReceiptError::Form { path: path.to_owned(), expected };
    if value.get("_type") != Some(&json!(STATEMENT)) {
        return Err(form("an in-toto Statement v1"));
    }
    let [client_id_name, fingerprint_name] = match value.get("predicateType").and_then(Value::as_str) {
        Some(RECEIPT) => ["client_id", "secret_fingerprint"],
        Some(RECEIPT_V1) => ["clientId", "secretFingerprint"],
        _ => return Err(form("the predicate of a receipt")),
    };
    let said = value.pointer("/subject/0/digest").and_then(Digest::parse).ok_or_else(|| form("a digest"))?;
    let place = path.display().to_string();
    let found = artifact.digest()?;
    if found != said {
        let message = format!("it is about what has {said}, and {} has {found}", artifact.path.display());
        report.add(Code::ReceiptDigest, place.clone(), message);
    }
    let Carries { application, environment, client_id, secret_fingerprint } = expected;
    let fields = [
        ("application", json!(application)),
        ("environment", json!(environment)),
        (client_id_name, json!(client_id)),
        (fingerprint_name, json!(secret_fingerprint)),
    ];
    for (field, expected) in fields {
        let said = value.pointer(&format!("/predicate/{field}")).unwrap_or(&Value::Null);
        if *said != expected {
            report.add(Code::ReceiptCredential, place.clone(), format!("its {field} is {said}, expected {expected}"));
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Value, ReceiptError> {
    let bytes = match given::read(path, RECEIPT_BYTES) {
        Err(error) if error.source.kind() == ErrorKind::FileTooLarge => {
            return Err(ReceiptError::Form { path: path.to_owned(), expected: "at most 16 MiB" });
        }
        read => read?,
    };
    serde_json::from_slice(unmarked(&bytes)).map_err(|_| ReceiptError::Form { path: path.to_owned(), expected: "JSON" })
}

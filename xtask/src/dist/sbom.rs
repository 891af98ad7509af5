//! The bill of materials: CycloneDX 1.5 (ECMA-424), every crate in the program with its licence and the checksum of its package.
//!
//! Must not: list what only builds or tests; it is in no program.

use anyhow::{Context, Result};
use inject::format::calendar::Civil;
use serde_json::{Value, json};

use super::crates::Crate;
use super::{Release, sha256};

/// The document.
pub fn cyclonedx(release: &Release<'_>) -> Result<Vec<u8>> {
    let program = release.crates.iter().find(|one| one.name == "inject").context("inject is not among its crates")?;
    let mut components = Vec::new();
    let mut dependencies = Vec::new();
    for one in release.crates {
        if one.name != program.name {
            components.push(component(one));
        }
        let uses = one.uses.iter().map(|(name, version)| {
            let used = release.crates.iter().find(|other| other.name == *name && other.version == *version);
            Ok(used.context("a crate uses one that is not there")?.purl())
        });
        dependencies.push(json!({ "ref": one.purl(), "dependsOn": uses.collect::<Result<Vec<_>>>()? }));
    }
    let mut described = component(program);
    described["type"] = json!("application");
    described["hashes"] =
        json!([{ "alg": "SHA-256", "content": sha256(release.content(super::program::file_name(release.triple))?) }]);
    let mut document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": Civil::of(release.moment).rfc3339(),
            "tools": { "components": [{ "type": "application", "name": "cargo xtask dist", "version": program.version }] },
            "component": described,
            "properties": [{ "name": "target", "value": release.triple }],
        },
        "components": components,
        "dependencies": dependencies,
    });
    document["serialNumber"] = json!(serial_number(&document));
    Ok(format!("{document:#}\n").into_bytes())
}

fn component(one: &Crate) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": one.purl(),
        "name": one.name,
        "version": one.version,
        "licenses": [{ "expression": one.license }],
        "purl": one.purl(),
    });
    if let Some(description) = &one.description {
        // Manifests break lines where their authors' editors did.
        component["description"] = json!(description.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    if let Some(checksum) = &one.checksum {
        component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
    }
    if let Some(repository) = &one.repository {
        component["externalReferences"] = json!([{ "type": "vcs", "url": repository }]);
    }
    component
}

/// A UUID of the content (RFC 9562, version 8), so that the same release has the same number.
fn serial_number(document: &Value) -> String {
    let mut digits: Vec<char> = sha256(document.to_string().as_bytes()).chars().take(32).collect();
    (digits[12], digits[16]) = ('8', 'a');
    let part = |range: std::ops::Range<usize>| digits[range].iter().collect::<String>();
    format!("urn:uuid:{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}

"""A bill of materials fits CycloneDX 1.5, its addresses and licences are ones, and its checksums are those of Cargo.lock."""

import json
import sys
import tomllib

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import get_spdx_licensing
from packageurl import PackageURL

bill, lock = sys.argv[1:]
text = open(bill, encoding="utf-8").read()
error = JsonStrictValidator(SchemaVersion.V1_5).validate_str(text)
assert error is None, error

document = json.loads(text)
locked = {
    (one["name"], one["version"]): one.get("checksum")
    for one in tomllib.load(open(lock, "rb"))["package"]
}
licences = get_spdx_licensing()
components = document["components"]
refs = {document["metadata"]["component"]["bom-ref"]} | {one["bom-ref"] for one in components}
for one in components:
    purl = PackageURL.from_string(one["purl"])
    assert (purl.type, purl.name, purl.version) == ("cargo", one["name"], one["version"]), one
    found = licences.validate(one["licenses"][0]["expression"])
    assert not found.errors, (one["name"], found.errors)
    assert one["hashes"] == [{"alg": "SHA-256", "content": locked[one["name"], one["version"]]}], one
assert len(refs) == len(components) + 1, "two components with one name"
for entry in document["dependencies"]:
    assert entry["ref"] in refs and refs.issuperset(entry["dependsOn"]), entry
reached, open_refs = set(), [document["metadata"]["component"]["bom-ref"]]
uses = {entry["ref"]: entry["dependsOn"] for entry in document["dependencies"]}
while open_refs:
    ref = open_refs.pop()
    if ref not in reached:
        reached.add(ref)
        open_refs += uses[ref]
assert reached == refs, f"nothing uses {sorted(refs - reached)}"
test_only = {"proptest", "tempfile", "trycmd", "jsonschema", "rcgen", "schemars"} & {one["name"] for one in components}
assert not test_only, f"only tests use {test_only}"
print(f"bill of materials: {len(components)} crates, CycloneDX 1.5 by the schema")

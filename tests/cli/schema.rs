//! Whatever a command of these tests prints with `--json` is what `docs/output.schema.json` says, and nothing beside it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{LazyLock, Mutex};

use serde_json::{Value, json};

static SCHEMA: LazyLock<Value> = LazyLock::new(|| closed(&read("docs/output.schema.json")));
/// One validator per command, made when it is first needed.
static VALIDATORS: Mutex<BTreeMap<String, jsonschema::Validator>> = Mutex::new(BTreeMap::new());

fn read(name: &str) -> Value {
    let text = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// The schema with every object closed: what is printed must be documented. For readers it is open, as fields may come.
fn closed(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let mut fields: serde_json::Map<_, _> =
                fields.iter().map(|(name, value)| (name.clone(), closed(value))).collect();
            if fields.contains_key("properties") {
                fields.insert("additionalProperties".to_owned(), json!(false));
            }
            Value::Object(fields)
        }
        Value::Array(items) => items.iter().map(closed).collect(),
        other => other.clone(),
    }
}

#[track_caller]
fn check(schema: &Value, name: &str, value: &Value) {
    let mut validators = VALIDATORS.lock().unwrap();
    let validator = validators.entry(name.to_owned()).or_insert_with(|| jsonschema::validator_for(schema).unwrap());
    let problems: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    drop(validators);
    assert!(problems.is_empty(), "{name}: {problems:#?}\n{value:#}");
}

/// The definition that the output of this command line has.
fn definition(args: &[&str], value: &Value) -> String {
    let definitions = &SCHEMA["$defs"];
    let words: Vec<&str> = args.iter().copied().filter(|arg| !arg.starts_with('-')).take(2).collect();
    let candidates = [words.join(" "), words.first().copied().unwrap_or_default().to_owned()];
    if value.get("error").is_some() {
        "error".to_owned()
    } else if let Some(name) = candidates.into_iter().find(|name| definitions.get(name).is_some()) {
        name
    } else if args.contains(&"--dry-run") || args.contains(&"--check") {
        "inject --dry-run".to_owned()
    } else {
        "inject".to_owned()
    }
}

/// The output of a run must be what is documented.
#[track_caller]
pub fn check_output(args: &[&str], out: &str) {
    let value: Value = serde_json::from_str(out).unwrap_or_else(|e| panic!("{args:?}: {e}: {out}"));
    let name = definition(args, &value);
    let mut schema = SCHEMA.clone();
    let root = schema.as_object_mut().unwrap();
    root.remove("anyOf");
    root.insert("$ref".to_owned(), json!(format!("#/$defs/{}", name.replace(' ', "%20"))));
    check(&schema, &name, &value);
}

/// A receipt must be what is documented.
#[track_caller]
pub fn check_receipt(value: &Value) {
    check(&closed(&read("docs/receipt.schema.json")), "a receipt", value);
}

#[test]
fn the_schema_says_no_to_what_is_not_documented() {
    let good = json!({ "schema": 2, "command": "registry init", "registry": "embedded", "changed": true });
    check_output(&["registry", "init"], &good.to_string());
    for (name, value) in
        [("more", json!(1)), ("schema", json!(1)), ("command", json!("init")), ("changed", json!("yes"))]
    {
        let mut bad = good.clone();
        bad[name] = value;
        let result = std::panic::catch_unwind(|| check_output(&["registry", "init"], &bad.to_string()));
        assert!(result.is_err(), "{bad}");
    }
}

#[test]
fn every_document_is_listed_and_every_part_is_used() {
    let text = SCHEMA.to_string();
    let outputs: Vec<&str> =
        SCHEMA["anyOf"].as_array().unwrap().iter().map(|one| one["$ref"].as_str().unwrap()).collect();
    for (name, definition) in SCHEMA["$defs"].as_object().unwrap() {
        let reference = format!("#/$defs/{}", name.replace(' ', "%20"));
        // A document says its version and who wrote it.
        let is_document = ["schema", "command"].iter().all(|member| definition["properties"].get(*member).is_some());
        assert_eq!(outputs.contains(&reference.as_str()), is_document, "{name}");
        assert!(text.contains(&format!("{reference}\"")), "{name} is nowhere used");
    }
}

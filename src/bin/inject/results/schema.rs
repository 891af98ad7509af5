//! `docs/output.schema.json`, made from the types that are printed. `BLESS=1 cargo test --workspace output_schema` writes it.
//!
//! Must not: say anything of a result that its type does not say.

use std::path::Path;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{Failed, Outcome, SCHEMA};
use crate::command::credential::{backup, key};
use crate::command::registry::serve;
use crate::command::{
    credential, doctor, env, hook, identify, init, inspect, main_job, register, registry, scan, verify,
};

/// The definition of one document: what is printed around a result, and the result.
fn document<T: JsonSchema>(generator: &mut SchemaGenerator, command: Value) -> Value {
    let schema = T::json_schema(generator).to_value();
    let Value::Object(mut made) = schema else { return schema };
    let version = "Version of this schema. Members may come within a version; none goes or changes its meaning";
    let mut properties = Map::new();
    properties.insert("schema".to_owned(), json!({ "description": version, "const": SCHEMA }));
    properties.insert("command".to_owned(), command);
    if let Some(Value::Object(own)) = made.remove("properties") {
        properties.extend(own);
    }
    let mut required = vec![json!("schema"), json!("command")];
    if let Some(Value::Array(own)) = made.remove("required") {
        required.extend(own);
    }
    made.insert("properties".to_owned(), Value::Object(properties));
    made.insert("required".to_owned(), Value::Array(required));
    Value::Object(made)
}

/// The whole schema.
fn schema() -> Value {
    let mut generator = SchemaGenerator::new(SchemaSettings::draft2020_12().for_serialize());
    let mut outputs = Map::new();
    let command = json!({ "description": "The command that failed, in the words that name it", "type": "string" });
    outputs
        .insert("error".to_owned(), described(document::<Failed>(&mut generator, command), "Any command that fails"));
    let mut add = Adding { generator: &mut generator, outputs: &mut outputs };
    add.of::<main_job::Injected>();
    add.of::<main_job::Preview>();
    add.of::<init::Drafted>();
    add.of::<doctor::Examination>();
    add.of::<verify::Verified>();
    add.of::<scan::Searched>();
    add.of::<identify::Identified>();
    add.of::<inspect::Inspection>();
    add.of::<register::Registered>();
    add.of::<env::Listed>();
    add.of::<env::Activated>();
    add.of::<env::Added>();
    add.of::<env::Shown>();
    add.of::<credential::Listed>();
    add.of::<credential::Shown<'static>>();
    add.of::<credential::WasSet>();
    add.of::<credential::Forgotten>();
    add.of::<backup::Exported>();
    add.of::<backup::Imported>();
    add.of::<key::StoreKey>();
    add.of::<credential::Rotated>();
    add.of::<credential::Revoked>();
    add.of::<registry::Ready>();
    add.of::<registry::Listed>();
    add.of::<registry::Revoked>();
    add.of::<serve::Listening>();
    add.of::<hook::Files>();
    let references: Vec<Value> =
        outputs.keys().map(|name| json!({ "$ref": format!("#/$defs/{}", name.replace(' ', "%20")) })).collect();
    let mut definitions = outputs;
    definitions.extend(generator.take_definitions(true));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:x-inject:output:{SCHEMA}"),
        "title": "What inject prints with --json",
        "description": "One definition per command, and one for any command that fails. Made from the program's types.",
        "anyOf": references,
        "$defs": definitions,
    })
}

/// Definitions of results, each under the command that writes it.
struct Adding<'g> {
    generator: &'g mut SchemaGenerator,
    outputs: &'g mut Map<String, Value>,
}

impl Adding<'_> {
    fn of<T: Outcome>(&mut self) {
        let command = json!({ "description": "The command that wrote this", "const": T::COMMAND });
        let made = document::<T>(self.generator, command);
        assert!(self.outputs.insert(T::COMMAND.to_owned(), made).is_none(), "two results of {}", T::COMMAND);
    }
}

fn described(mut schema: Value, description: &str) -> Value {
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("description".to_owned(), json!(description));
    }
    schema
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a page of the checkout")]
fn output_schema_is_made_from_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/output.schema.json");
    let made = format!("{:#}\n", schema());
    if std::env::var_os("BLESS").is_some() {
        assert!(std::fs::write(&path, made).is_ok());
    } else {
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), made, "BLESS=1 writes it");
    }
}

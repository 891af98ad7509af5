//! Build scripts: what is declared is read in both languages; what is computed, commented or quoted is not taken for it.

use inject::format::gradle::{Statement, Token, Value, parse};

/// The values of a property, in order, wherever it stands.
fn values(text: &str, property: &str) -> Vec<Value> {
    fn within(statements: &[Statement], property: &str, found: &mut Vec<Value>) {
        for statement in statements {
            found.extend(statement.value_of(property));
            statement.blocks.iter().for_each(|block| within(block, property, found));
        }
    }
    let mut found = Vec::new();
    within(&parse(text), property, &mut found);
    found
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn a_property_in_every_way_it_is_written() {
    for line in [
        "applicationId \"a.b\"",
        "applicationId 'a.b'",
        "applicationId = \"a.b\"",
        "applicationId=\"a.b\" // why",
        "applicationId(\"a.b\")",
        "applicationId.set(\"a.b\")",
        "setApplicationId('a.b')",
        "applicationId = /* old: \"x\" */ \"a.b\"",
        "applicationId =\n  \"a.b\"",
        "applicationId '''a.b'''",
        "applicationId = \"\"\"a.b\"\"\"",
        "x(1); applicationId 'a.b'; y 2",
        "android { defaultConfig { applicationId 'a.b' } }",
        "pattern = ~/it's { a/\napplicationId 'a.b'",
        "`applicationId` = \"a.b\"",
    ] {
        assert_eq!(values(line, "applicationId"), [text("a.b")], "{line}");
    }
}

#[test]
fn what_is_computed_is_said_to_be() {
    for line in [
        "applicationId = project.id",
        "applicationId \"a.$b\"",
        "applicationId = \"a.${if (x) \"b\" else \"c\"}\"",
        "applicationId = \"a\" + \"b\"",
        "applicationId = flag ? \"a\" : \"b\"",
        "applicationId = 5",
        "applicationId(id(\"a\"))",
    ] {
        assert_eq!(values(line, "applicationId"), [Value::Computed], "{line}");
    }
    // In Groovy, single quotes compute nothing.
    assert_eq!(values("applicationId 'a.$b'", "applicationId"), [text("a.$b")]);
}

#[test]
fn comments_and_texts_declare_nothing() {
    for line in [
        "// applicationId 'a'",
        "/* applicationId 'a'\n applicationId 'b' */",
        "/**/// applicationId 'a'",
        "x = \"applicationId 'a'\"",
        "x = '''\napplicationId 'a'\n'''",
        "x = \"${y(\"}\")}\\\" applicationId 'a'\"",
        "println applicationId",
        "applicationId",
        "applicationIdSuffix 'a'",
        "applicationId.length()",
    ] {
        assert_eq!(values(line, "applicationId"), [], "{line}");
    }
}

#[test]
fn statements_have_their_blocks_and_lines() {
    let script = parse(
        "#!/x\nplugins {\n  id(\"p\") version \"1\" apply false\n  alias(libs.plugins.a)\n}\n\ncreate(\"x\") {\n}\nlist(\n  { 1 },\n  \"two\",\n)\na\n  .b()\n",
    );
    let shape: Vec<(Vec<&str>, usize, usize)> =
        script.iter().map(|statement| (statement.path(), statement.blocks.len(), statement.line)).collect();
    assert_eq!(shape, [(vec!["plugins"], 1, 2), (vec!["create"], 1, 7), (vec!["list"], 1, 9), (vec!["a", "b"], 0, 13)]);
    assert_eq!(script[0].blocks[0].len(), 2);
    assert!(script[0].blocks[0][0].tokens.contains(&Token::Word("false".to_owned())));
    assert_eq!(script[0].blocks[0][1].path(), ["alias"]);
    assert_eq!(script[2].texts(), Some(vec!["two"]));
    assert_eq!(parse("include 'a', \"b$c\"")[0].texts(), None);
}

#[test]
fn broken_scripts_end() {
    for text in ["{".repeat(100_000), "}".repeat(100_000), "\"${".repeat(50_000), "(".repeat(100_000), "a {".to_owned()]
    {
        parse(&text);
    }
    // A brace too many, or a quote too few, does not hide what follows.
    assert_eq!(values("}\nid 'a'", "id"), [text("a")]);
    assert_eq!(values("x = \"open\nid 'a'", "id"), [text("a")]);
}

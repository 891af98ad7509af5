//! The contract of a property in JavaScript: every value that the program can read is set, or the edit is refused and says
//! which one is not. `cargo xtask oracle-js` lets node judge the same kinds.

use inject::format::js::{JsError, Property, get, left, set, set_all};
use inject::format::setting::Setting;

fn edit(text: &str, property: &str, value: &str) -> String {
    let edited = set(text.as_bytes(), property, value, false).unwrap_or_else(|error| panic!("{text}: {error}"));
    String::from_utf8(edited).unwrap()
}

fn error(text: &str, property: &str) -> String {
    match set(text.as_bytes(), property, "v", false) {
        Ok(edited) => panic!("{text}: {}", String::from_utf8_lossy(&edited)),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_is_one_of_constants_is_set() {
    for text in [
        "x={NAME:'old'};x.NAME=('old')",
        "x.NAME=(0,'old')",
        "x.NAME=(f(),a=1,'old')",
        "x.NAME=c?'old':'old'",
        "x={NAME:c?'old':d?('old'):'old',b:c?1:2}",
        "c?x.NAME=d?'old':'old':y.NAME='old'",
        "x.NAME=x.NAME||'old'",
        "x.NAME=y.NAME??'old'",
        "x.NAME||='old'",
        "x.NAME??='old'",
        "x.NAME&&='old'",
        "x.NAME=c&&'old'",
        "x.NAME=y.NAME=z.NAME='old'",
        "x={NAME:''||'old'}",
        "const e={u:''};x={NAME:e.u||'old'}",
        "var m=r(4),o={4:(e,t)=>{t.e={u:''}}};class A{static NAME=m.e.u||'old'}",
        "var m=r(4);class A{static get NAME(){return m.e.u||n.NAME}}n={NAME:'old',u:'old'}",
        "({NAME='old'}=x)",
        "let{NAME='old'}=x",
        "let{NAME:n='old'}=x",
        "let{a:{NAME:n='old'}}=x",
        "function f({NAME='old'}){}",
        "(NAME='old')=>NAME",
        "c&&(NAME='old')",
        "x={['NA'+'ME']:'old'}",
        "x={['NA'/**/+`ME`]:'old'}",
        "x['NA'+'ME']='old'",
        "class A{['NA'+'ME']='old'}",
        "const k='NAME';x={[k]:'old'};x[k]='old'",
        "x={[k]:'old'};var k='NAME'",
        "class A{get NAME(){return c?'old':'old'}}",
        "class A{get['NA'+'ME'](){return'old'}}",
        "x={NAME:()=>'old',b:1}",
        "x={NAME:()=>({NAME:'old'}).NAME}",
        "x={NAME:()=>{return'old';}}",
        "x={NAME:function(){return n}};const n='old'",
        "x={NAME:function f(){return'old'}}",
        "x={NAME(){return'old'}}",
        "Object.defineProperty(x,'NAME',{enumerable:!0,value:'old'})",
        "Object.defineProperty(x,'NAME',{get:()=>n,set(v){}});var n='old'",
        "Object.defineProperty(x,'NAME',{get(){return'old'}})",
        "Reflect.defineProperty(x,'NAME',{'value':'old'})",
        "Object.defineProperties(x,{NAME:{value:'old'},b:{value:1}})",
        "Object.create(null,{NAME:{value:'old'}})",
        "y.create(a,{NAME:'old',b:1})",
        "Reflect.set(x,'NAME','old')",
        "const k='NAME';Reflect.set(x,k,'old')",
        "x.__defineGetter__('NAME',function(){return'old'})",
        "Object.fromEntries([['a',1],['NAME','old']])",
        "new Map([['NAME','old']]).set('NAME','old')",
        "f(this,'NAME','old')",
        "_defineProperty(A,'NAME','old')",
        "r.d(t,'NAME',(function(){return n}));const n='old'",
        "const t='{\"NAME\":\"old\"}';x=JSON.parse(t)",
        "x=JSON.parse(c?'{\"NAME\":\"old\"}':'[{\"NAME\":\"old\"}]')",
        "const v=c?'old':'old';x={NAME:v}",
        "const v=c?m.K:'old',m={K:'old'};x={NAME:v}",
        "x={NAME:(0,m.K)};const m={K:'old'}",
    ] {
        let values = get(text.as_bytes(), "NAME").unwrap();
        assert!(
            !values.is_empty() && values.iter().all(|value| value == "old" || value.is_empty()),
            "{text}: {values:?}"
        );
        let edited = edit(text, "NAME", "n'\"\n");
        assert_eq!(edited, text.replace("\"old\"", "\"n\\'\\\\\"\\\\n\"").replace("old", "n\\'\"\\n"), "{text}");
        assert_eq!(edit(&edited, "NAME", "n'\"\n"), edited, "{text}");
        assert_eq!(edit(&edited, "NAME", "old"), text);
        assert!(left(text.as_bytes(), "NAME").unwrap().is_empty(), "{text}");
    }
}

#[test]
fn literals_that_are_joined_become_one() {
    for (text, edited) in [
        ("x={NAME:'o'+\"l\"+`d`,b:1}", "x={NAME:'v',b:1}"),
        ("x.NAME=\"o\" /* c */ + 'ld'\ny()", "x.NAME=\"v\"\ny()"),
        ("x={get NAME(){return'o'+('ld')}}", "x={get NAME(){return'v'}}"),
    ] {
        assert_eq!(get(text.as_bytes(), "NAME").unwrap(), ["old"]);
        assert_eq!(edit(text, "NAME", "v"), edited);
        assert_eq!(edit(text, "NAME", "old"), text, "equal values stay as they are written");
        assert_eq!(edit(&edit(edited, "NAME", "w"), "NAME", "v"), edited);
    }
    assert!(error("x={NAME:(y.NAME='a')+'b'}", "NAME").contains("put together"), "what is written within is not lost");
}

#[test]
fn what_is_no_constant_hinders_beside_one() {
    for (more, what) in [
        ("x.NAME=f()", "a call"),
        ("x.NAME=globalThis.X||'old'", "globalThis.X, which cannot be followed"),
        ("x.NAME=c?f():'old'", "a call"),
        ("x.NAME=y", "\"y\" is not declared"),
        ("x.NAME=globalThis.env.K||'old',y={K:'old'}", "an expression"),
        ("const m={e:{K:'old'}};x.NAME=m.e.K", "an expression"),
        ("const m=r(4),y={K:'old'},z={K:'a'};x.NAME=m.e.K", "more than one object has a string \"K\""),
        ("x.NAME='o'+y", "put together"),
        ("x.NAME=`${y}`", "a template with ${...}"),
        ("x.NAME+='old'", "depends on the old value"),
        ("x.NAME=String.fromCharCode(111)", "a call"),
        ("x.NAME=7", "a number"),
        ("x.NAME={}", "an object"),
        ("x.NAME=[]", "an array"),
        ("x.NAME=class{}", "a class"),
        ("x.NAME=async()=>'old'", "a function"),
        ("x.NAME=y['a'+'b']", "an expression"),
        ("x.NAME=!y||'old',y.NAME=y-1", "an expression"),
        ("x.NAME++", "a number that is counted"),
        ("[x.NAME]=y", "taken out of another value"),
        ("({a:x.NAME,b:[x.NAME='old']}=y)", "taken out of another value"),
        ("for(x.NAME of y);", "what a loop goes over"),
        ("({NAME=f()}=y)", "a call"),
        ("({NAME:{a}={}}=y)", "an object"),
        ("class A{get NAME(){return this.#a}}", "a getter that returns no string"),
        ("class A{get NAME(){if(a)return'old';return'b'}}", "a getter that returns no string"),
        ("class A{NAME(){let a='old';return a}}", "a method"),
        ("class A{constructor(a){this.NAME=a}}", "\"a\" "),
        ("function f(NAME){return{NAME}}", "\"NAME\" "),
        ("function f(){let NAME=g();return{NAME}}", "\"NAME\", declared at"),
        ("function f(){let NAME='old';NAME=g();return{NAME}}", "\"NAME\" gets another value at"),
        ("import{a as NAME}from'b';z={NAME}", "\"NAME\", declared at"),
        ("d(e,{NAME:()=>n})", "\"n\" is not declared"),
        ("Object.defineProperty(x,'NAME',y)", "a descriptor"),
        ("Object.defineProperty(x,'NAME',{...y})", "a descriptor"),
        ("Object.defineProperty(x,'NAME',{get})", "a descriptor"),
        ("Object.defineProperty(x,'NAME',{value:f()})", "a call"),
        ("y.create(a,{NAME:{b:1}})", "an object"),
        ("Reflect.set(x,'NAME',f())", "a call"),
        ("x.set('NAME',y)", "\"y\" is not declared"),
        ("f(this,'NAME',y())", "a call"),
        ("x={['NA'+'ME']:f()}", "a call"),
        ("x=JSON.parse('{\"NAME\":'+'\"old\"}')", "in JSON that is put together"),
        ("x=JSON.parse('{\"NAME\":1}')", "JSON, but no string"),
        ("const m={K:'old'};m.K=f();x={NAME:m.K}", "\"K\" gets another value at"),
    ] {
        let text = format!("a={{NAME:'old'}};{more}");
        let found = error(&text, "NAME");
        assert!(found.contains(what), "{text}: {found}");
        assert!(
            found.contains("to change constants alone") && found.contains("NAME[0] at line 1, column 9"),
            "{found}"
        );
        let left = left(text.as_bytes(), "a.NAME").unwrap();
        assert!(left.iter().any(|left| left.at.offset >= 16 && left.address.is_none()), "{text}: {left:?}");
        assert!(edit(&text, "a.NAME", "new").starts_with("a={NAME:'new'};"), "{text}");
        assert!(edit(&text, "NAME[0]", "new").ends_with(more), "{text}");
    }
}

#[test]
fn what_holds_no_text_does_not_hinder() {
    for more in [
        "x.NAME=null",
        "x.NAME=void 0",
        "y.A=x.NAME=undefined",
        "x={NAME:!0}",
        "x.NAME=false",
        "x={NAME(a){return a}}",
        "x={NAME:e=>e.b}",
        "x={NAME:function(e){return e}}",
        "x={set NAME(v){this.b=v}}",
        "x={NAME(){f()}}",
        "x=JSON.parse('{\"NAME\":null}')",
        "x=JSON.parse(y)",
        "x={NAME:y.NAME,b:{NAME:f().NAME}}",
        "x={NAME}",
        "import{NAME}from'b';x={NAME}",
        "({NAME})=>({NAME})",
        "const{NAME}=y;x={NAME}",
        "const{NAME:n}=y;x={NAME:n}",
        "class A{get NAME(){return m.NAME}}",
        "({NAME:x.NAME}=y)",
        "[x.NAME,y].b",
        "function f(){const NAME=g();h(NAME)}",
        "f(y,'NAME',z)",
        "x.d(y,'NAME',z)",
        "delete x.NAME",
        "class A{NAME;static NAME}",
        "{const k='NAME'}{const k='b';x[k]=f()}",
        "Object.defineProperty(x,'NAME',{enumerable:!0})",
    ] {
        let text = format!("a={{NAME:'old'}};{more}");
        assert_eq!(edit(&text, "NAME", "new"), format!("a={{NAME:'new'}};{more}"), "{text}");
        assert!(left(text.as_bytes(), "NAME").unwrap().is_empty(), "{text}");
    }
}

#[test]
fn different_constants_are_listed_and_one_is_picked() {
    let text = "var settings={NAME:'a'};other.NAME='b';f({NAME:'c'});class S{constructor(){this.NAME=''}}";
    let found = error(text, "NAME");
    assert_eq!(
        found,
        "4 different constants are values of \"NAME\": #settings.NAME or #NAME[0] at line 1, column 20 (byte 0x13); \
         #other.NAME or #NAME[1] at line 1, column 36 (byte 0x23); #NAME[2] at line 1, column 48 (byte 0x2f); \
         #S.NAME or #NAME[3] at line 1, column 86 (byte 0x55); write one of these behind FILE.js"
    );
    for (address, at, place) in [
        ("settings.NAME", 0, "'a'"),
        ("NAME[0]", 0, "'a'"),
        ("other.NAME", 1, "'b'"),
        ("NAME[2]", 2, "'c'"),
        ("S.NAME", 3, "''"),
    ] {
        let edited = edit(text, address, "new");
        assert_eq!(edited, text.replace(place, "'new'"), "{address}");
        assert_eq!(get(edited.as_bytes(), address).unwrap(), ["new"]);
        assert_eq!(edit(&edited, address, place.trim_matches('\'')), text);
        let left = left(text.as_bytes(), address).unwrap();
        assert_eq!(left.len(), 3, "{address}");
        assert!(left.iter().all(|left| left.what == "another constant" && left.address.is_some()), "{left:?}");
        assert!(left.iter().all(|left| edit(text, left.address.as_deref().unwrap(), "z") != text));
        assert_eq!(get(text.as_bytes(), "NAME").unwrap().len(), 4, "{at}");
    }
    let both = [("NAME[0]", "1"), ("other.NAME", "2")].map(|(at, value)| Setting { at, value, create: false });
    let edited = String::from_utf8(set_all(text.as_bytes(), &both).unwrap()).unwrap();
    assert_eq!(edited, text.replace("'a'", "'1'").replace("'b'", "'2'"));
    let same = [("NAME[0]", "1"), ("settings.NAME", "2")].map(|(at, value)| Setting { at, value, create: false });
    assert!(matches!(set_all(text.as_bytes(), &same), Err(JsError::Conflict { .. })));
    for missing in ["NAME[4]", "none.NAME", "settings.NAME[1]", "var.settings.NAME"] {
        assert!(matches!(set(text.as_bytes(), missing, "v", false), Err(JsError::NotFound { .. })), "{missing}");
        assert!(get(text.as_bytes(), missing).unwrap().is_empty());
    }
    let secret = error("a={NAME:'secret-one'};b={NAME:'secret-two'}", "NAME");
    assert!(!secret.contains("secret"), "{secret}");
    let many = error(&(0..30).fold(String::new(), |text, number| format!("{text}f({{NAME:'{number}'}});")), "NAME");
    assert!(many.contains("; 22 more; ") && !many.contains("#NAME[8]"), "{many}");
}

#[test]
fn a_path_is_what_holds_a_value() {
    for (text, address) in [
        ("var s={NAME:'old'},t={NAME:'x'}", "s.NAME"),
        ("x={s:{NAME:'old'},t:{NAME:'x'}}", "s.NAME"),
        ("x={s:{NAME:'old'},t:{NAME:'x'}}", "x.s.NAME"),
        ("x={'s':[{a:{NAME:'old'}}],t:{NAME:'x'}}", "s.a.NAME"),
        ("s.NAME='old';NAME='x'", "s.NAME"),
        ("a.s.NAME='old';s.NAME='x'", "a.s.NAME"),
        ("a[\"s\"].NAME='old';t.NAME='x'", "a.s.NAME"),
        ("class s{NAME='old'}class t{NAME='x'}", "s.NAME"),
        ("class s extends t{static NAME='old'}x={NAME:'x'}", "s.NAME"),
        ("class s{f(){this.NAME='old'}}function t(){this.NAME='x'}", "s.NAME"),
        ("var s=class{get NAME(){return'old'}};t={NAME:'x'}", "s.NAME"),
        ("var s=class{get NAME(){return m.K}},m={K:'old'};t={NAME:'x'}", "s.NAME"),
        ("var s=f(a,{NAME:'old'}),t={NAME:'x'}", "s.NAME"),
        ("var s=JSON.parse('{\"NAME\":\"old\"}'),t={NAME:'x'}", "s.NAME"),
        ("Object.defineProperties(a,{NAME:{value:'x'}});s.b={NAME:'old'}", "s.b.NAME"),
        ("x={\"s.t\":{NAME:'old'},t:{NAME:'x'}}", "\"s.t\".NAME"),
        ("x={\"a.b\":'old',b:'x'};a.b='y'", "\"a.b\""),
    ] {
        assert_eq!(get(text.as_bytes(), address).unwrap(), ["old"], "{text}");
        assert_eq!(edit(text, address, "new"), text.replace("old", "new"), "{text}");
    }
}

#[test]
fn properties_are_read_and_written() {
    for (text, holders, name, index) in [
        ("NAME", &[][..], "NAME", None),
        ("a.b.NAME[12]", &["a", "b"], "NAME", Some(12)),
        ("[\"a.b\"]", &[], "a.b", None),
        ("a[\"b.c\"].d", &["a", "b.c"], "d", None),
        ("[\"a\\\"\\\\[\"][\"\"][0]", &["a\"\\["], "", Some(0)),
        ("client-id", &[], "client-id", None),
    ] {
        let property = Property::parse(text).unwrap();
        assert_eq!((property.name.as_str(), property.index), (name, index));
        assert_eq!(property.holders, holders);
        assert_eq!(property.to_string(), text);
        assert_eq!(property.picks(), index.is_some() || !holders.is_empty());
    }
    // Quotes behind a dot mean the same.
    for (text, printed) in [("a.\"b.c\".d", "a[\"b.c\"].d"), ("\"a.b\"", "[\"a.b\"]"), ("\"a\".b", "a.b")] {
        assert_eq!(Property::parse(text).unwrap().to_string(), printed);
    }
    for text in [
        "a[\"b\"",
        "a[\"b]",
        "a[\"b\"]c",
        "[\"a\"]\"b\"",
        "a[0][\"b\"]",
        "a.[\"b\"]",
        "",
        ".",
        "a.",
        ".a",
        "a[",
        "a[]",
        "a[-1]",
        "a[+1]",
        "a[1",
        "a[0][1]",
        "a[0].b",
        "\"a",
        "\"a\\n\"",
        "a\"b\"",
        "a]",
    ] {
        assert!(Property::parse(text).is_none(), "{text}");
        assert!(matches!(get(b"", text), Err(JsError::Address { .. })), "{text}");
    }
}

#[test]
fn hostile_values_take_no_time() {
    let nested = "x={NAME:".repeat(20_000) + "1" + &"}".repeat(20_000);
    assert!(error(&nested, "NAME").contains("is an object") || error(&nested, "NAME").contains("a long expression"));
    let parens = format!("x.NAME={}'old'{}", "(".repeat(200), ")".repeat(200));
    assert!(error(&parens, "NAME").contains("an expression"));
    let long = format!("x={{NAME:{}'old'}};", "c?'old':".repeat(20_000));
    assert!(error(&long, "NAME").contains("a long expression"));
    let many = "x.NAME='old';".repeat(20_000);
    assert_eq!(edit(&many, "NAME", "new"), many.replace("old", "new"));
    assert!(error(&many.replacen("old", "other", 1), "NAME").contains("2 different constants"));
    let keys = format!("const k='NAME';{}", "x[k]='old';".repeat(20_000));
    assert_eq!(edit(&keys, "NAME", "new"), keys.replace("old", "new"));
}

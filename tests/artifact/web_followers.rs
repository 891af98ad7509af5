//! Service workers that list MD5, digests with escapes, and the ways a script names its map.

use std::collections::BTreeMap;

use inject::artifact::files::Changes;
use inject::artifact::web::{Old, keep_in_step};
use inject::format::base64;
use inject::verify::{Report, site};
use md5::Md5;
use sha2::{Digest, Sha384};

use super::{Memory, memory};

fn md5(content: &[u8]) -> String {
    Md5::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sri(content: &[u8]) -> String {
    format!("sha384-{}", base64::encode(&Sha384::digest(content)))
}

fn script(id: &str) -> String {
    format!("start({{ID:\"{id}\"}})\n")
}

/// The files after `script` got another id, and what is said.
fn changed(files: &Memory, name: &str, new: &str) -> (Memory, Vec<String>) {
    let text = String::from_utf8(files.0[name].clone()).unwrap();
    let old = text.split("ID:\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let mut changes = Changes::default();
    changes.contents.insert(name.to_owned(), text.replace(&old, new).into_bytes());
    changes.contents.retain(|name, content| files.0[name] != *content);
    let places: Old = BTreeMap::from([(name.to_owned(), vec![(old.into(), new.to_owned().into())])]);
    let warnings = keep_in_step(files, &places, &mut changes).unwrap();
    let mut after = files.clone();
    after.0.extend(changes.contents);
    (after, warnings)
}

fn text(files: &Memory, name: &str) -> String {
    String::from_utf8(files.0[name].clone()).unwrap()
}

#[test]
fn lists_of_workbox_name_the_new_content() {
    let main = script("old");
    let page = format!("<script src=main.js integrity={}></script>", sri(main.as_bytes()));
    let worker = |main: &str, index: &str, other: &str| {
        format!(
            "define(['./workbox'],function(e){{e.precacheAndRoute([{{url:\"main.js\",revision:{main}}},{{'revision':'{index}','url':\
             '/app/index.html',}},{{\n  \"url\": \"other.js\",\n  \"revision\": {other}\n}},{{url:u,revision:null}},{{url:\"main.js\"}},{{url:\
             \"main.js\",revision:r()}}],{{}})}});\n"
        )
    };
    let files = memory([
        ("main.js", main.as_bytes()),
        ("index.html", page.as_bytes()),
        ("other.js", b"1"),
        ("sw.js", worker("null", &md5(page.as_bytes()), "null").as_bytes()),
        ("sub/sw.js", b"self.__WB=[{url:\"../main.js\",revision:\"1\"},{url:\"main.js\",revision:\"1\"}]"),
    ]);
    let (after, warnings) = changed(&files, "main.js", "new");
    assert_eq!(warnings, [] as [&str; 0]);
    let (main, index) = (md5(&after.0["main.js"]), md5(&after.0["index.html"]));
    assert_ne!(index, md5(page.as_bytes()));
    assert_eq!(text(&after, "sw.js"), worker(&format!("\"{main}\""), &index, "null"));
    let sub = format!("self.__WB=[{{url:\"../main.js\",revision:\"{main}\"}},{{url:\"main.js\",revision:\"1\"}}]");
    assert_eq!(text(&after, "sub/sw.js"), sub);
    let (other, _) = changed(&after, "main.js", "other");
    assert_ne!(text(&other, "sw.js"), text(&after, "sw.js"));
    assert!(changed(&other, "main.js", "new").0.0 == after.0);
    assert!(changed(&after, "main.js", "new").0.0 == after.0);

    // What is no program cannot be kept in step, and is said where it lists anything.
    let mut broken = files.clone();
    broken.0.insert("sw.js".to_owned(), b"precacheAndRoute([{url:'main.js',revision:null}".to_vec());
    broken.0.insert("no.js".to_owned(), b"url revision (".to_vec());
    let (_, warnings) = changed(&broken, "main.js", "new");
    assert!(warnings.len() == 1 && warnings[0].starts_with("sw.js is not read, so revisions"), "{warnings:?}");
}

#[test]
fn the_worker_of_flutter_names_the_new_content() {
    let main = script("old");
    let worker =
        |hash: &str| format!("const RESOURCES = {{\"main.dart.js\": \"{hash}\",\n\"x.js\": \"{}\"}};", md5(b"x"));
    let worker_before = worker(&md5(main.as_bytes()));
    let files = memory([
        ("main.dart.js", main.as_bytes()),
        ("x.js", b"x"),
        ("flutter_service_worker.js", worker_before.as_bytes()),
    ]);
    let (after, _) = changed(&files, "main.dart.js", "new");
    assert_eq!(text(&after, "flutter_service_worker.js"), worker(&md5(script("new").as_bytes())));
    assert!(changed(&after, "main.dart.js", "old").0.0 == files.0);
}

/// Values with which the digest has a `+` and a `/`.
fn values() -> [String; 2] {
    let mut fit = (0..).map(|number| format!("id{number}")).filter(|id| {
        let digest = sri(script(id).as_bytes());
        digest.contains('+') && digest.contains('/')
    });
    [fit.next().unwrap(), fit.next().unwrap()]
}

#[test]
fn digests_keep_the_escapes_they_are_written_with() {
    let [old, new] = values();
    let escapes: [(&str, &str, &str); 8] = [
        ("index.html", "+", "&#x2B;"),
        ("index.html", "+", "&#43;"),
        ("index.php", "/", "\\/"),
        ("view.cshtml", "+", "&#x2b;"),
        ("page.aspx", "+", "&plus;"),
        ("map.json", "+", "\\u002B"),
        ("chunks.js", "/", "\\x2F"),
        ("plain.php", "+", "+"),
    ];
    for (name, plain, escape) in escapes {
        let page = |id: &str| {
            let digest = sri(script(id).as_bytes()).replace(plain, escape);
            format!("<script src=\"main.js\" integrity=\"{digest}\"></script> {digest} sha384-x")
        };
        let files = memory([("main.js", script(&old).as_bytes()), (name, page(&old).as_bytes())]);
        let (after, warnings) = changed(&files, "main.js", &new);
        assert_eq!((warnings.as_slice(), text(&after, name)), (&[][..], page(&new)), "{escape}");
        assert!(changed(&after, "main.js", &old).0.0 == files.0, "{escape}");
        if escape.starts_with('&') {
            let judged = |files: &Memory| {
                let mut report = Report::default();
                site::files(&mut report, files);
                report.findings.len()
            };
            assert_eq!((judged(&files), judged(&after)), (0, 0), "{escape}");
            let mut stale = after.clone();
            stale.0.insert(name.to_owned(), page(&old).into_bytes());
            assert_eq!(judged(&stale), 1, "{escape}");
        }
    }
}

#[test]
fn a_hash_in_the_name_of_a_file_that_is_asked_for_by_digest_is_warned_of() {
    let main = script("old");
    let page = format!("<script src=x integrity={}></script>", sri(main.as_bytes()));
    for (name, page, warned) in [
        ("main.c6500382f49c76e5fda1.js", page.as_str(), true),
        ("js/index-DkL3k9aB.js", &page, true),
        ("main.js", &page, false),
        ("application.min.js", &page, false),
        ("main.c6500382f49c76e5fda1.js", "<script src=x></script>", false),
        // MD5 is what a worker fetches anew by.
        ("main.c6500382f49c76e5fda1.js", &md5(main.as_bytes()), false),
    ] {
        let files = memory([(name, main.as_bytes()), ("index.html", page.as_bytes())]);
        let (_, warnings) = changed(&files, name, "new");
        assert_eq!(warnings.len(), usize::from(warned), "{name}: {warnings:?}");
        assert!(warnings.iter().all(|warning| warning.starts_with(name) && warning.contains("immutable")));
    }
}

#[test]
fn a_map_is_found_however_it_is_named() {
    let map = r#"{"version":3,"sources":["a.ts"],"sourcesContent":["const ID = 'an-old-value'"],"mappings":"AAAA"}"#;
    for (script, comment, name) in [
        ("my app [x].js", "//# sourceMappingURL=my%20app%20%5Bx%5D.js.map", "my app [x].js.map"),
        ("js/a.js", "//# sourceMappingURL=../maps/a.js.map", "maps/a.js.map"),
        ("js/a.js", "//# sourceMappingURL=./a.js.map?v=1#x", "js/a.js.map"),
        ("static/a.js", "//# sourceMappingURL=/static/other.map", "static/other.map"),
        ("static/a.js", "//# sourceMappingURL=/mounted/here/static/other.map", "static/other.map"),
        ("static/a.js", "//# sourceMappingURL=https://cdn.example/static/other.map", "static/other.map"),
        ("a.js", "/*# sourceMappingURL=b.map */", "b.map"),
        ("a.js", "f() //# sourceMappingURL=b.map", "b.map"),
        ("a.js", "//@ sourceMappingURL=b.map\r", "b.map"),
        ("a.js", "", "a.js.map"),
    ] {
        let content = format!("start({{ID:\"an-old-value\"}})\n{comment}\n");
        let files = memory([(script, content.as_bytes()), (name, map.as_bytes())]);
        let (after, warnings) = changed(&files, script, "a-new-value");
        assert_eq!(warnings, [] as [&str; 0], "{comment}");
        assert_eq!(text(&after, name), map.replace("an-old-value", "a-new-value"), "{comment}");
    }
    // Another file of the same name, beyond the site, is none of it.
    let content = "start({ID:\"an-old-value\"})\n//# sourceMappingURL=../../b.map\n";
    let files = memory([("a.js", content.as_bytes()), ("b.map", map.as_bytes())]);
    assert_eq!(text(&changed(&files, "a.js", "a-new-value").0, "b.map"), map);
}

#[test]
fn a_list_that_names_another_content_is_found() {
    let found = |files: &Memory| -> Vec<String> {
        let mut report = Report::default();
        site::files(&mut report, files);
        report.findings.iter().map(|finding| format!("{} {}", finding.code.as_str(), finding.place)).collect()
    };
    let listed = |main: &str, page: &str| {
        format!(
            "w.precacheAndRoute([{{url:\"main.js\",revision:{main}}},{{'revision':'{page}','url':'/app/index.html?v=1'}},{{url:\"a b.js\",\
             revision:\"build-7\"}},{{url:\"none.js\",revision:\"{0}\"}}],{{url:\"main.js\"}},{{revision:\"{0}\"}})",
            md5(b"other")
        )
    };
    let mut files = memory([("main.js", &b"1"[..]), ("index.html", b"2"), ("a b.js", b"3"), ("sub/main.js", b"4")]);
    let with = |name: &str, text: String| {
        let mut files = files.clone();
        files.0.insert(name.to_owned(), text.into_bytes());
        found(&files)
    };
    let nothing = [] as [&str; 0];
    assert_eq!(with("sw.js", listed("null", &md5(b"2"))), nothing);
    assert_eq!(with("sw.js", listed(&format!("\"{}\"", md5(b"1").to_uppercase()), &md5(b"2"))), nothing);
    assert_eq!(with("sw.js", listed("null", &md5(b"old"))), ["site.precache index.html"]);
    assert_eq!(with("sw.js", listed(&format!("`{}`", md5(b"4")), &md5(b"2"))), ["site.precache main.js"]);
    assert_eq!(with("sub/sw.js", listed(&format!("\"{}\"", md5(b"4")), &md5(b"2"))), nothing, "from its own folder on");
    let flutter =
        |hash: &str| format!("const RESOURCES = {{\"main.js\": \"{hash}\",\n\"a%20b.js\": \"{}\"}};", md5(b"3"));
    assert_eq!(with("flutter_service_worker.js", flutter(&md5(b"1"))), nothing);
    assert_eq!(with("flutter_service_worker.js", flutter(&md5(b"2"))), ["site.precache main.js"]);
    assert_eq!(with("other.js", flutter(&md5(b"2"))), nothing, "only Flutter's own worker lists files so");
    // What inject keeps in step, this judges: a file under its name gets its MD5.
    files.0.insert("main.js".to_owned(), script("old").into_bytes());
    files.0.insert("sw.js".to_owned(), listed("null", &md5(b"2")).into_bytes());
    let (after, _) = changed(&files, "main.js", "new");
    assert_eq!(found(&after), nothing);
    assert!(text(&after, "sw.js").contains(&md5(script("new").as_bytes())));
    files.0.insert("sw.js".to_owned(), text(&after, "sw.js").into_bytes());
    assert_eq!(found(&files), ["site.precache main.js"], "the list without its file");
}

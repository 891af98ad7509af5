//! What a fuzzer calls on what lies beside a script: plain functions over any bytes that must return.

use inject::artifact::files::{Changes, Files, ReadError};
use inject::artifact::web::{Old, keep_in_step};
use inject::format::compressed::Encoding;
use inject::format::source_map::{Shift, shifted};
use inject::verify::{Report, site};

/// Bytes that a copy may unpack to here.
const LIMIT: u64 = 1 << 20;

/// The same bytes under every name that means something.
struct Same<'b>(&'b [u8]);

const NAMES: [&str; 6] = ["index.html", "main.js", "main.js.br", "main.js.gz", "main.js.map", "ngsw.json"];

impl Files for Same<'_> {
    fn names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(NAMES.into_iter())
    }

    fn read(&self, name: &str, _limit: u64) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(NAMES.contains(&name).then(|| self.0.to_vec()))
    }
}

pub fn site(bytes: &[u8]) {
    for encoding in Encoding::ALL {
        if let Ok(content) = encoding.decode(bytes, LIMIT) {
            assert!(content.len() as u64 <= LIMIT);
        }
        let packed = encoding.encode(bytes, bytes).expect("any bytes can be packed");
        assert_eq!(encoding.decode(&packed, LIMIT).expect("what was packed can be unpacked"), bytes);
    }
    let text = String::from_utf8_lossy(bytes);
    let shifts = [Shift { line: 0, end: 3, by: -2 }, Shift { line: 1, end: i64::MAX, by: i64::MIN }];
    if let Ok(moved) = shifted(&text, &shifts) {
        assert_eq!(moved.matches(';').count(), text.matches(';').count());
    }
    site::files(&mut Report::default(), &Same(bytes));
    let mut changes = Changes::default();
    changes.contents.insert("main.js".to_owned(), b"const a = {ID: 'new'};".to_vec());
    let places = Old::from([("main.js".to_owned(), vec![("old value".to_owned().into(), "new".to_owned().into())])]);
    let _ = keep_in_step(&Same(bytes), &places, &mut changes);
}

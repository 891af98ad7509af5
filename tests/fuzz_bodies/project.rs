//! A body for any bytes as the files of a project.

use inject::format::gradle::{self, Statement};
use inject::format::plist::read_openstep;

/// Reads them; statements lie in the lines that there are.
pub fn project(bytes: &[u8]) {
    let _ = read_openstep(bytes);
    let text = String::from_utf8_lossy(bytes);
    let lines = text.matches('\n').count() + 1;
    within(&gradle::parse(&text), lines);
}

fn within(statements: &[Statement], lines: usize) {
    for statement in statements {
        assert!((1..=lines).contains(&statement.line), "{statement:?}");
        let _ = (statement.path(), statement.value_of("a"), statement.texts());
        statement.blocks.iter().for_each(|block| within(block, lines));
    }
}

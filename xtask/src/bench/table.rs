//! The table that is printed.
//!
//! Must not: measure.

use super::measure::Samples;

/// One row per pipeline; ratios of medians.
pub fn print(rows: &[&Samples], floor: &Samples, peers: &Samples) {
    println!("| | CPU ms, median | min | peak MB | to (a) | to (b) |\n|---|---|---|---|---|---|");
    for row in rows.iter().filter(|row| !row.is_empty()) {
        let mark = if std::ptr::eq(*row, floor) {
            " (a)"
        } else if std::ptr::eq(*row, peers) {
            " (b)"
        } else {
            ""
        };
        let (median, min) = (row.median(), row.min());
        println!(
            "| {}{mark} | {median:.1} | {min:.1} | {:.1} | {:.2} | 1/{:.1} |",
            row.name,
            row.peak,
            median / floor.median(),
            peers.median() / median
        );
    }
}

/// Says of each target whether it is met; how many are not.
pub fn targets(targets: &[(&str, f64, f64)]) -> usize {
    for (what, found, limit) in targets {
        let said = if found <= limit { "met" } else { "MISSED" };
        println!("target {what}: {said} ({found:.1} of {limit:.1} ms)");
    }
    targets.iter().filter(|(_, found, limit)| found > limit).count()
}

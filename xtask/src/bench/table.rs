//! The table that is printed.
//!
//! Must not: measure.

use super::measure::{Clock, Samples};

/// One row per pipeline; ratios of medians of the clock that counts.
pub fn print(rows: &[&Samples], clock: Clock, floor: &Samples, peers: &Samples) {
    let (named, other, other_name) = match clock {
        Clock::Cpu => ("CPU", Clock::Wall, "wall"),
        Clock::Wall => ("wall", Clock::Cpu, "CPU"),
    };
    println!(
        "| | {named} ms, median | min | {other_name} ms | peak MB | to (a) | to (b) |\n|---|---|---|---|---|---|---|"
    );
    for row in rows.iter().filter(|row| !row.is_empty()) {
        let mark = if std::ptr::eq(*row, floor) {
            " (a)"
        } else if std::ptr::eq(*row, peers) {
            " (b)"
        } else {
            ""
        };
        let (median, min) = (row.median(clock), row.min(clock));
        println!(
            "| {}{mark} | {median:.1} | {min:.1} | {:.1} | {:.1} | {:.2} | 1/{:.1} |",
            row.name,
            row.median(other),
            row.peak,
            median / floor.median(clock),
            peers.median(clock) / median
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

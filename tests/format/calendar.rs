//! Dates against known ones, and every day against the one before.

use inject::format::calendar::Civil;

#[test]
fn known_moments() {
    for (seconds, expected) in [
        (0, "1970-01-01T00:00:00Z"),
        (951_782_399, "2000-02-28T23:59:59Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (1_700_000_000, "2023-11-14T22:13:20Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
    ] {
        assert_eq!(Civil::of(seconds).rfc3339(), expected);
    }
    let moment = Civil::of(951_782_400);
    assert_eq!((moment.generalized(), moment.utc_time()), ("20000229000000Z".to_owned(), "000229000000Z".to_owned()));
    // No time is too late to be written.
    let _ = Civil::of(u64::MAX).rfc3339();
}

#[test]
fn every_day_follows_the_one_before() {
    let (mut year, mut month, mut day) = (1970, 1, 1);
    for days in 0..150_000 {
        let found = Civil::of(days * 86_400 + 86_399);
        assert_eq!((found.year, found.month, found.day), (year, month, day));
        let leap = year % 4 == 0 && year % 100 != 0 || year % 400 == 0;
        let last = match month {
            2 => 28 + u64::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        day += 1;
        if day > last {
            (day, month) = (1, month + 1);
        }
        if month > 12 {
            (month, year) = (1, year + 1);
        }
    }
}

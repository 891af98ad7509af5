//! `cargo xtask picture`: docs/architecture.svg, the rooms of the library and who imports whom, drawn from the imports.
//!
//! Must not: draw an arrow that no import makes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::imports;

/// Where the picture lies.
const PICTURE: &str = "docs/architecture.svg";
/// What each room is for, in a few words.
const ROOMS: [(&str, &str); 10] = [
    ("embedding", "the main job as a whole"),
    ("pipeline", "one artifact, kind by kind"),
    ("verify", "findings, independent of sign"),
    ("artifact", "addresses become places"),
    ("sign", "keys and schemes"),
    ("credential", "store and registries"),
    ("project", "what a source tree builds"),
    ("placement", "addresses, presets, templates"),
    ("format", "codecs: bytes in, bytes out"),
    ("host", "files, clock, network"),
];
/// Pixels: the picture's width, a box, and from one floor to the next.
const WIDTH: i32 = 960;
const BOX: (i32, i32) = (210, 54);
const FLOOR: i32 = 110;

/// Writes the picture, or says that it is not what the imports are.
pub fn run(root: &Path, bless: bool) -> Result<()> {
    let picture = draw(root)?;
    let path = root.join(PICTURE);
    if bless {
        fs::write(&path, picture)?;
        println!("{PICTURE} is written");
        return Ok(());
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    ensure!(there == picture, "{PICTURE} is not what the imports are: cargo xtask picture --bless");
    println!("{PICTURE} is right");
    Ok(())
}

fn draw(root: &Path) -> Result<String> {
    let arrows = imports::rooms(root)?;
    let mut floors: BTreeMap<usize, Vec<(&str, &str)>> = BTreeMap::new();
    for (room, what) in ROOMS {
        floors.entry(floor(room, &arrows)).or_default().push((room, what));
    }
    let top = floors.keys().last().copied().unwrap_or_default();
    let y = |floor: usize| 90 + FLOOR * i32::try_from(top - floor).unwrap_or_default();
    let mut at: BTreeMap<&str, (i32, i32)> = BTreeMap::new();
    for (&floor, rooms) in &floors {
        let count = i32::try_from(rooms.len()).unwrap_or(1);
        for (index, (room, _)) in (0..).zip(rooms) {
            at.insert(room, ((2 * index + 1) * WIDTH / (2 * count), y(floor)));
        }
    }
    let height = y(1) + BOX.1 + 20;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\">\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#888\"/></marker></defs>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    let public = (WIDTH / 2, 16);
    for (from, to) in &arrows {
        if let (Some(from), Some(to)) = (at.get(from.as_str()), at.get(to.as_str())) {
            line(&mut svg, *from, *to);
        }
    }
    let top_rooms = floors.get(&top).into_iter().flatten().filter_map(|(room, _)| at.get(room));
    top_rooms.for_each(|room| line(&mut svg, public, *room));
    boxed(&mut svg, public, "the program, on the public API", "src/bin/inject, src/lib.rs", "#e8eef8");
    for (room, what) in ROOMS {
        boxed(&mut svg, at[room], room, what, "#f6f3ea");
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// How high a room stands: above all that it imports.
fn floor(room: &str, arrows: &BTreeSet<(String, String)>) -> usize {
    let below = arrows.iter().filter(|(from, _)| from == room).map(|(_, to)| floor(to, arrows));
    1 + below.max().unwrap_or_default()
}

fn line(svg: &mut String, (x1, y1): (i32, i32), (x2, y2): (i32, i32)) {
    let (start, end) = (y1 + BOX.1, y2);
    let middle = i32::midpoint(start, end);
    let _ = writeln!(
        svg,
        "<path d=\"M{x1} {start}C{x1} {middle} {x2} {middle} {x2} {end}\" fill=\"none\" stroke=\"#888\" \
         marker-end=\"url(#tip)\"/>"
    );
}

fn boxed(svg: &mut String, (x, y): (i32, i32), name: &str, what: &str, color: &str) {
    let left = x - BOX.0 / 2;
    let (first, second) = (y + 23, y + 42);
    let _ = writeln!(
        svg,
        "<rect x=\"{left}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"6\" fill=\"{color}\" stroke=\"#555\"/>\
         <text x=\"{x}\" y=\"{first}\" text-anchor=\"middle\" font-size=\"15\" font-weight=\"bold\">{name}</text>\
         <text x=\"{x}\" y=\"{second}\" text-anchor=\"middle\" font-size=\"12\">{what}</text>",
        BOX.0, BOX.1
    );
}

//! How cost grows: charts of what the benches have committed.

use std::fs;
use std::path::Path;

use super::svg::{Axis, Chart, Scale, Series};
use super::{DEFLATE_RESULTS, board, echo};
use crate::Result;

/// Where the charts are.
const DIR: &str = "tests/bench/plots";

/// Writes all charts anew.
pub(super) fn write() -> Result<()> {
    fs::create_dir_all(DIR)?;
    for (name, svg) in all()? {
        fs::write(Path::new(DIR).join(name), svg)?;
    }
    Ok(())
}

/// All charts, by the names of their files.
fn all() -> Result<[(&'static str, String); 5]> {
    let board = fs::read_to_string(board::DATA)?;
    let loopback = fs::read_to_string(echo::DATA)?;
    let deflate = fs::read_to_string(DEFLATE_RESULTS)?;
    Ok([
        ("length.svg", by_length(&board).svg()?),
        ("fragments.svg", by_fragments(&board).svg()?),
        ("connections.svg", by_connections(&loopback).svg()?),
        ("ratio.svg", ratio_by_window(&deflate).svg()?),
        ("compressor.svg", memory_by_window(&deflate).svg()?),
    ])
}

/// Instructions of a whole message on a Cortex-M0.
fn by_length(data: &str) -> Chart {
    let length = |messages: &str| {
        let (number, unit) = messages.split_once(' ')?;
        let unit = match unit {
            "B" => 1.0,
            "KiB" => 1024.0,
            _ => return None,
        };
        Some(number.parse::<f64>().ok()? * unit)
    };
    let marks =
        [(16.0, "16 B"), (64.0, "64 B"), (256.0, "256 B"), (1024.0, "1 KiB"), (4096.0, "4 KiB")];
    Chart {
        title: "A server receives a message, thumbv6m",
        x: Axis::new("bytes of the message", Scale::Logarithmic, &marks),
        ..by_peer(data, length)
    }
}

/// Instructions of a message of 4 KiB on a Cortex-M0, by how many fragments it has.
fn by_fragments(data: &str) -> Chart {
    let fragments = |messages: &str| match messages.strip_prefix("4 KiB")? {
        "" => Some(1.0),
        rest => rest.strip_prefix(" in ")?.strip_suffix(" fragments")?.parse().ok(),
    };
    let marks = [(0.0, "0"), (16.0, "16"), (32.0, "32"), (48.0, "48"), (64.0, "64")];
    let chart = by_peer(data, fragments);
    Chart {
        title: "A server receives 4 KiB in fragments, thumbv6m",
        x: Axis::new("fragments of the message", Scale::Linear, &marks),
        y: Axis::linear("instructions", most(&chart.series)),
        ..chart
    }
}

/// What peers take on a Cortex-M0 to receive what `x` finds a place for.
fn by_peer(data: &str, x: impl Fn(&str) -> Option<f64>) -> Chart {
    let mut series: Vec<Series> = Vec::new();
    for line in data.lines() {
        let cells: Vec<&str> = line.split(',').collect();
        if let [peer, "receive", messages, "thumbv6m", count] = cells[..]
            && let (Some(x), Ok(count)) = (x(messages), count.parse())
        {
            put(&mut series, peer, (x, count));
        }
    }
    let y = Axis::powers("instructions", least(&series), most(&series));
    Chart { title: "", x: Axis::linear("", 1.0), y, series }
}

/// Memory of a server by idle connections.
fn by_connections(data: &str) -> Chart {
    let mut series = Vec::new();
    for line in data.lines() {
        let cells: Vec<&str> = line.split(',').collect();
        if let ["memory-total", _, peer, _, connections, bytes] = cells[..]
            && let (Ok(connections), Ok(bytes)) = (connections.parse(), bytes.parse::<f64>())
        {
            put(&mut series, peer, (connections, bytes / f64::from(1 << 20)));
        }
    }
    let marks = [(250.0, "250"), (500.0, "500"), (1000.0, "1000"), (2000.0, "2000")];
    Chart {
        title: "Memory of a server by idle connections",
        x: Axis::new("connections", Scale::Logarithmic, &marks),
        y: Axis::powers("MiB", least(&series), most(&series)),
        series,
    }
}

/// What a window is good for.
fn ratio_by_window(table: &str) -> Chart {
    let chart = by_window(table, "Ratio by window, market updates", 3);
    Chart { y: Axis::linear("ratio", most(&chart.series)), ..chart }
}

/// What a compressor takes for its window.
fn memory_by_window(table: &str) -> Chart {
    let chart = by_window(table, "Memory of a compressor by window", 2);
    Chart { y: Axis::powers("bytes", least(&chart.series), most(&chart.series)), ..chart }
}

/// A column of the table of compressors, by the window.
fn by_window(table: &str, title: &'static str, column: usize) -> Chart {
    let mut series = Vec::new();
    for line in table.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, window, ..] = cells[..] else { continue };
        let bits = window.strip_suffix(" bits").and_then(|bits| bits.parse().ok());
        let figure = cells.get(column).map(|cell| cell.trim_end_matches(" B").parse());
        let name = match name {
            "**Tiny**" | "**Small**" | "**Balanced**" | "**HostSmall**" => "socklet",
            "zlib level 9" => name,
            _ => continue,
        };
        if let (Some(bits), Some(Ok(figure))) = (bits, figure) {
            put(&mut series, name, (bits, figure));
        }
    }
    let marks = [(9.0, "9"), (11.0, "11"), (13.0, "13"), (15.0, "15")];
    Chart {
        title,
        x: Axis::new("bits of the window", Scale::Linear, &marks),
        y: Axis::linear("", 1.0),
        series,
    }
}

fn put(series: &mut Vec<Series>, name: &str, point: (f64, f64)) {
    match series.iter_mut().find(|series| series.name == name) {
        Some(series) => series.points.push(point),
        None => series.push(Series { name: name.to_owned(), points: vec![point] }),
    }
    for series in series {
        series.points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
}

fn points(series: &[Series]) -> impl Iterator<Item = (f64, f64)> {
    series.iter().flat_map(|series| series.points.iter().copied())
}

fn least(series: &[Series]) -> f64 {
    points(series).map(|point| point.1).fold(f64::INFINITY, f64::min)
}

fn most(series: &[Series]) -> f64 {
    points(series).map(|point| point.1).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{DIR, all};

    #[test]
    fn charts_show_what_is_committed() {
        std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).unwrap();
        for (name, svg) in all().unwrap() {
            let committed = fs::read_to_string(format!("{DIR}/{name}")).unwrap_or_default();
            assert!(svg == committed, "{name}: run cargo xtask bench plots");
        }
    }
}

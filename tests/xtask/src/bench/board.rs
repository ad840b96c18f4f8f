//! `bench board`: instructions for messages on microcontrollers, beside other crates, and what a
//! byte takes.
//!
//! Counted in an emulator as [`instructions`] does it, whose figures of ours have budgets; here they
//! stand beside peers that do the same over the same next layer.

use std::fmt::Write;
use std::fs;

use super::plots;
use crate::instructions::{self, Counts, PROCESSORS};
use crate::{Result, Tally};

const RESULTS: &str = "tests/bench/BOARD.md";

/// The same for programs: a line has peer, operation, messages, processor and instructions.
pub(super) const DATA: &str = "tests/bench/board.csv";

const PEERS: [&str; 3] = ["socklet", "websocketz", "embedded-websocket"];

/// One figure: a peer, an operation, messages, a processor, and instructions.
type Row = (String, String, String, &'static str, u64);

/// Counts all and prints the tables; with `update` commits them.
pub(super) fn run(update: bool) -> Result<Tally> {
    let rows = rows(&instructions::columns(&["count-peers"])?)?;
    let ours = instructions::columns(&instructions::PROGRAMS)?;
    let tables = format!("{}{}", tables(&rows)?, bytes(&ours)?);
    println!("{tables}");
    if update {
        let lines = rows.iter().map(|(peer, operation, messages, processor, count)| {
            format!("{peer},{operation},{messages},{processor},{count}\n")
        });
        let data = lines.collect::<String>();
        fs::write(DATA, format!("peer,operation,messages,processor,instructions\n{data}"))?;
        fs::write(RESULTS, format!("{HEADER}{tables}"))?;
        plots::write()?;
    }
    Ok(Tally::one(!rows.is_empty()))
}

/// Takes the names apart: `PEER: OPERATION MESSAGES`.
fn rows(columns: &[Counts]) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (processor, column) in PROCESSORS.into_iter().zip(columns) {
        for (name, count) in column {
            let parts = name.split_once(": ").and_then(|(peer, rest)| {
                rest.split_once(' ').map(|(operation, messages)| (peer, operation, messages))
            });
            let (peer, operation, messages) = parts.ok_or("a name without a peer")?;
            let row = (peer.to_owned(), operation.to_owned(), messages.to_owned());
            rows.push((row.0, row.1, row.2, processor, *count));
        }
    }
    Ok(rows)
}

/// A table for each processor: what is done by who does it.
fn tables(rows: &[Row]) -> Result<String> {
    let mut text = String::new();
    for processor in PROCESSORS {
        writeln!(text, "\n## {processor}\n\n| | {} |", PEERS.join(" | "))?;
        writeln!(text, "|---|{}", "---:|".repeat(PEERS.len()))?;
        let of = |row: &&Row| row.0 == PEERS[0] && row.3 == processor;
        for (_, operation, messages, ..) in rows.iter().filter(of) {
            write!(text, "| {operation} {messages} |")?;
            for peer in PEERS {
                let same = |row: &&Row| {
                    row.0 == peer && row.1 == *operation && row.2 == *messages && row.3 == processor
                };
                match rows.iter().find(same) {
                    Some(row) => write!(text, " {} |", row.4)?,
                    None => write!(text, " |")?,
                }
            }
            text.push('\n');
        }
    }
    Ok(text)
}

/// A figure for a byte: what is subtracted from what, and by how many bytes that is divided.
struct PerByte {
    name: &'static str,
    of: &'static str,
    less: Option<&'static str>,
    bytes: f64,
}

const fn per_byte(
    name: &'static str,
    of: &'static str,
    less: Option<&'static str>,
    bytes: f64,
) -> PerByte {
    PerByte { name, of, less, bytes }
}

#[rustfmt::skip] // A table: one figure a line.
const BYTES: [PerByte; 9] = [
    per_byte("unmask", "mask alone, 4 KiB", None, 4096.0),
    per_byte("receive binary, beyond 1 KiB", "server: receive binary, 4 KiB", Some("server: receive binary, 1 KiB"), 3072.0),
    per_byte("receive text, beyond 1 KiB", "server: receive text, 4 KiB", Some("server: receive text, 1 KiB"), 3072.0),
    per_byte("send binary, beyond 1 KiB", "client: send binary, 4 KiB", Some("client: send binary, 1 KiB"), 3072.0),
    per_byte("compress with Least", "client: send text, Least, 1 KiB", None, 1024.0),
    per_byte("compress with Tiny", "client: send text, Tiny, 1 KiB", None, 1024.0),
    per_byte("compress with Balanced", "client: send text, Balanced, 1 KiB", None, 1024.0),
    per_byte("inflate what Tiny made", "server: receive text, 9 bits, 1 KiB", None, 1024.0),
    per_byte("inflate what Balanced made", "server: receive text, 11 bits, 1 KiB", None, 1024.0),
];

/// What a byte takes, of our own counts.
fn bytes(columns: &[Counts]) -> Result<String> {
    let mut text = format!(
        "\n## Instructions for a byte\n\n| | {} |\n|---|{}\n",
        PROCESSORS.join(" | "),
        "---:|".repeat(PROCESSORS.len())
    );
    for PerByte { name, of, less, bytes } in BYTES {
        write!(text, "| {name} |")?;
        for column in columns {
            let count = |wanted: &str| -> Result<f64> {
                let found = column.iter().find(|(name, _)| name == wanted);
                Ok(found.ok_or_else(|| format!("nobody counts {wanted}"))?.1 as f64)
            };
            let less = less.map(count).transpose()?.unwrap_or_default();
            write!(text, " {:.2} |", (count(of)? - less) / bytes)?;
        }
        text.push('\n');
    }
    Ok(text)
}

const HEADER: &str = "\
# Instructions for messages on microcontrollers, beside other crates

Written by `cargo xtask bench board --update`: counted in QEMU by a plugin, the same number on every
run; opt-level z, as everything of [tests/size](../size/RESULTS.md). A server receives a masked binary
message, a client sends one. The next layer copies what is read from memory, and drops what is
written: its copying is in each figure, and so is that of peers from one buffer to another. All have
buffers that the whole message fits. What ours takes without the next layer, the opening handshakes
and SHA-1 among it, is in [tests/size/INSTRUCTIONS.md](../size/INSTRUCTIONS.md), and has budgets.

Not counted: cycles (an emulator has none that mean anything). What the network stack and TLS take
beside ours is in [TLS.md](TLS.md).
";

#[cfg(test)]
mod tests {
    use super::{rows, tables};

    #[test]
    fn names_are_taken_apart() {
        let column = vec![("socklet: receive 4 KiB in 2 fragments".to_owned(), 7)];
        let rows = rows(&[column]).unwrap();
        assert!(tables(&rows).unwrap().contains("| receive 4 KiB in 2 fragments | 7 | | |"));
    }
}

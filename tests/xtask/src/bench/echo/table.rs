//! What `bench echo` writes: a table for people and a list for programs.

use std::fmt::Write;

use super::{CASES, Case, Kind, Row};
use crate::Result;

/// A line has a measure, a kind, a peer, messages, how many at a time, and a figure.
pub(super) fn data(rows: &[Row]) -> String {
    let lines = rows.iter().map(|Row { measure, case, peer, value }| {
        let (kind, name, depth) = (case.kind.name(), case.name, case.depth);
        format!("{measure},{kind},{peer},{name},{depth},{value:.3}\n")
    });
    format!("measure,kind,peer,messages,depth,value\n{}", lines.collect::<String>())
}

pub(super) fn tables(rows: &[Row]) -> Result<String> {
    let mut text = String::new();
    for kind in Kind::ALL {
        let base = kind.peers().first().copied().unwrap_or_default();
        let what = match kind {
            Kind::Plain => "Processor time",
            Kind::Tls => "Processor time, over TLS",
            Kind::Deflate => "Processor time, with compression",
        };
        writeln!(text, "\n## {what}, relative to {base}\n")?;
        let cases: Vec<Case> = CASES.into_iter().filter(|case| case.kind == kind).collect();
        grid(&mut text, rows, "cpu-ratio", &cases, kind, 2)?;
    }
    writeln!(text, "\n## System calls for a message\n")?;
    let counted = |case: &Case| case.kind == Kind::Plain && case.name != "64 KiB";
    let cases: Vec<Case> = CASES.into_iter().filter(counted).collect();
    grid(&mut text, rows, "calls", &cases, Kind::Plain, 3)?;
    writeln!(text, "\n## Memory of a connection\n")?;
    writeln!(text, "| | idle | after messages of 1 KiB |\n|---|---:|---:|")?;
    for peer in Kind::Plain.peers() {
        let of = |measure: &str| {
            let found = rows.iter().find(|row| row.measure == measure && row.peer == *peer);
            found.map(|row| row.value)
        };
        if let (Some(idle), Some(active)) = (of("memory-idle"), of("memory-active")) {
            writeln!(text, "| {peer} | {idle:.0} B | {active:.0} B |")?;
        }
    }
    Ok(text)
}

/// Peers by cases.
fn grid(
    text: &mut String,
    rows: &[Row],
    measure: &str,
    cases: &[Case],
    kind: Kind,
    digits: usize,
) -> Result<()> {
    write!(text, "| |")?;
    for Case { name, depth, .. } in cases {
        write!(text, " {name}, {depth} at a time |")?;
    }
    writeln!(text, "\n|---|{}", "---:|".repeat(cases.len()))?;
    for peer in kind.peers() {
        write!(text, "| {peer} |")?;
        for case in cases {
            let is_cell =
                |row: &&Row| row.measure == measure && row.case == *case && row.peer == *peer;
            match rows.iter().find(is_cell) {
                Some(row) => write!(text, " {:.digits$} |", row.value)?,
                None => write!(text, " |")?,
            }
        }
        text.push('\n');
    }
    Ok(())
}

pub(super) const HEADER: &str = "\
# Echo over the loopback

Written by `cargo xtask bench echo --update`: each server sends back what it receives, to one
connection with one message on its way, or 32 that leave together. The server has one processor and
the load another; all servers run at once and take turns. What is compared is the server's processor
time for a message, its system calls included, as the scheduler counts it: the median, over 15
rounds, of the ratio to another server in the same round. Expect a tenth more or less from one run to
the next.

Each peer is called as its documentation shows it. `batched` stages replies while there is something
to receive at once, and flushes when there is not, of those that have a way to do so; ours does it by
itself when it is asked to `feed` a reply and then to receive. `raw` is no WebSocket: what is read is
written. Compressed are the sensors' reports and the market's updates of
[tests/deflate](../deflate/RESULTS.md), each side with one context. With TLS it is rustls below each
of them. System calls are counted by strace in runs of their own; memory is what the system sees
(`VmRSS`) over 1000 connections. The opening handshakes of peers are made by the bench, without the
HTTP server that some of them bring along.

Not counted: what the kernel does for a message outside the server's time, and its memory for a socket.
";

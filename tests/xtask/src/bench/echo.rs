//! `bench echo`: servers that send back every message, ours and those of peers, over the loopback.
//!
//! The server has one processor and the load another. All servers run at once and take turns, case
//! by case and round by round; what one takes of its processor is given as a ratio to another's in
//! the same round, and the median of these ratios is what is reported: the machine may be busy.
//! System calls are counted in runs of their own, for counting them costs more than they do.

mod servers;
mod table;

use std::fs;
use std::path::{Path, PathBuf};

use servers::{Programs, Server};

use crate::bench::{plots, stream};
use crate::command::target_dir;
use crate::interop::Certificates;
use crate::{Result, Tally, setup};

const RESULTS: &str = "tests/bench/LOOPBACK.md";
/// The same for programs.
pub(super) const DATA: &str = "tests/bench/loopback.csv";

/// Ours at depth 32 may take so many system calls for a message of 16 bytes: a read, a write and a
/// wait for 32 messages are 0.094.
const MOST_CALLS: f64 = 0.10;

/// How often each server has its turn.
const ROUNDS: usize = 15;

/// Connections whose memory is measured: the first for the table, all for the chart.
const CONNECTIONS: [u32; 4] = [1000, 250, 500, 2000];

/// What is below the WebSocket, or in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Tls,
    Deflate,
}

/// One conversation: messages of one length, so many on their way at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Case {
    kind: Kind,
    /// As the table says it.
    name: &'static str,
    /// As the load takes it; or the corpus of which the messages are.
    what: &'static str,
    /// How many are on their way at a time; of memory, how many connections there are.
    depth: u32,
}

const fn case(kind: Kind, name: &'static str, what: &'static str, depth: u32) -> Case {
    Case { kind, name, what, depth }
}

#[rustfmt::skip] // A table: one case a line.
const CASES: [Case; 16] = [
    case(Kind::Plain, "16 B", "16", 1),
    case(Kind::Plain, "1 KiB", "1024", 1),
    case(Kind::Plain, "64 KiB", "65536", 1),
    case(Kind::Plain, "16 B", "16", 32),
    case(Kind::Plain, "1 KiB", "1024", 32),
    case(Kind::Plain, "64 KiB", "65536", 32),
    case(Kind::Tls, "16 B", "16", 1),
    case(Kind::Tls, "1 KiB", "1024", 1),
    case(Kind::Tls, "64 KiB", "65536", 1),
    case(Kind::Tls, "16 B", "16", 32),
    case(Kind::Tls, "1 KiB", "1024", 32),
    case(Kind::Tls, "64 KiB", "65536", 32),
    case(Kind::Deflate, "sensors", "telemetry", 1),
    case(Kind::Deflate, "market", "orderbook", 1),
    case(Kind::Deflate, "sensors", "telemetry", 32),
    case(Kind::Deflate, "market", "orderbook", 32),
];

impl Kind {
    const ALL: [Self; 3] = [Self::Plain, Self::Tls, Self::Deflate];

    const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Tls => "tls",
            Self::Deflate => "deflate",
        }
    }

    /// The peers that have it. The first is what the others are given relative to.
    const fn peers(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &[
                "raw",
                "socklet",
                "socklet-blocking",
                "fastwebsockets",
                "tokio-tungstenite",
                "tokio-tungstenite-batched",
                "tokio-websockets",
                "tokio-websockets-batched",
                "yawc",
                "yawc-batched",
            ],
            Self::Tls => &[
                "fastwebsockets",
                "socklet",
                "socklet-blocking",
                "tokio-tungstenite-batched",
                "tokio-websockets-batched",
                "yawc-batched",
            ],
            Self::Deflate => &["yawc", "yawc-batched", "socklet", "socklet-blocking"],
        }
    }
}

/// One figure: what it is of, of whom, and how much.
struct Row {
    measure: &'static str,
    case: Case,
    peer: &'static str,
    value: f64,
}

/// System calls of ours for a message, which are the same on every run.
pub(super) fn calls() -> Result<Tally> {
    check(&Programs::build()?)
}

fn check(programs: &Programs) -> Result<Tally> {
    setup::apt(&["strace"])?;
    let mut tally = Tally::default();
    let case = case(Kind::Plain, "16 B", "16", 32);
    for peer in ["socklet", "socklet-blocking"] {
        let calls = programs.calls(peer, case)?;
        println!("{peer}, 16 B, 32 at a time: {calls:.3} system calls a message");
        tally.count(calls <= MOST_CALLS);
    }
    Ok(tally)
}

/// Measures all, prints the tables, and with `update` commits them.
pub(super) fn run(update: bool) -> Result<Tally> {
    let programs = Programs::build()?;
    let tally = check(&programs)?;
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        time(&programs, kind, &mut rows)?;
    }
    let counted = |case: &&Case| case.kind == Kind::Plain && case.name != "64 KiB";
    for case in CASES.iter().filter(counted) {
        for peer in case.kind.peers() {
            let value = programs.calls(peer, *case)?;
            println!("{peer}, {}, {} at a time: {value:.3} calls", case.name, case.depth);
            rows.push(Row { measure: "calls", case: *case, peer, value });
        }
    }
    memory(&programs, &mut rows)?;
    let tables = table::tables(&rows)?;
    println!("{tables}");
    if update {
        fs::write(DATA, table::data(&rows))?;
        fs::write(RESULTS, format!("{}{tables}", table::HEADER))?;
        plots::write()?;
    }
    Ok(tally)
}

/// Processor time of all servers of a kind, taking turns.
fn time(programs: &Programs, kind: Kind, rows: &mut Vec<Row>) -> Result<()> {
    let servers: Vec<Server> =
        kind.peers().iter().map(|peer| programs.serve(peer, kind)).collect::<Result<_>>()?;
    for case in CASES.iter().filter(|case| case.kind == kind) {
        // A row a round, a column a peer.
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let turn = |server: &Server| programs.time(server, *case);
            rounds.push(servers.iter().map(turn).collect::<Result<Vec<f64>>>()?);
        }
        for (at, peer) in kind.peers().iter().enumerate() {
            let of = |round: &Vec<f64>| (round.get(at).copied(), round.first().copied());
            let pairs = rounds.iter().map(of);
            let pairs: Vec<_> = pairs.filter_map(|(own, base)| own.zip(base)).collect();
            let ratio = median(pairs.iter().map(|(own, base)| own / base).collect());
            let ns = median(pairs.iter().map(|(own, _)| *own).collect());
            println!(
                "{}, {}, {} at a time, {peer}: {ns:.0} ns, {ratio:.2}",
                kind.name(),
                case.name,
                case.depth
            );
            rows.push(Row { measure: "cpu-ns", case: *case, peer, value: ns });
            rows.push(Row { measure: "cpu-ratio", case: *case, peer, value: ratio });
        }
    }
    Ok(())
}

/// Memory of connections: of a server that has had none before.
fn memory(programs: &Programs, rows: &mut Vec<Row>) -> Result<()> {
    for peer in Kind::Plain.peers().iter().filter(|peer| has_memory(peer)) {
        for connections in CONNECTIONS {
            let server = programs.serve(peer, Kind::Plain)?;
            let (idle, active) = programs.memory(&server, connections)?;
            println!("{peer}, {connections} connections: {idle} B idle, {active} B active");
            let case = case(Kind::Plain, "1 KiB", "1024", connections);
            let total = idle * f64::from(connections);
            rows.push(Row { measure: "memory-total", case, peer, value: total });
            if connections == CONNECTIONS[0] {
                rows.push(Row { measure: "memory-idle", case, peer, value: idle });
                rows.push(Row { measure: "memory-active", case, peer, value: active });
            }
        }
    }
    Ok(())
}

/// What is batched takes no other memory, and what is raw is no WebSocket.
fn has_memory(peer: &str) -> bool {
    peer != "raw" && !peer.ends_with("-batched")
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// What some kinds need: certificates, and messages that compress.
struct Files {
    certificates: Certificates,
    telemetry: PathBuf,
    orderbook: PathBuf,
}

impl Files {
    fn make() -> Result<Self> {
        Ok(Self {
            certificates: Certificates::recent(&dir()?.join("certificates"))?,
            telemetry: stream("telemetry")?,
            orderbook: stream("orderbook")?,
        })
    }

    fn corpus(&self, name: &str) -> &Path {
        if name == "orderbook" { &self.orderbook } else { &self.telemetry }
    }
}

/// Where logs and certificates go.
fn dir() -> Result<PathBuf> {
    Ok(target_dir()?.join("bench/echo"))
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_no_outlier() {
        assert_eq!(median(vec![3.0, 100.0, 1.0]), 3.0);
        assert_eq!(median(Vec::new()), 0.0);
    }
}

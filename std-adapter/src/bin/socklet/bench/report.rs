//! What was measured, for people and for programs.

use std::{
    fmt::{self, Display},
    time::Duration,
};

use socklet_wasm::json::Object;

use super::histogram::{Latencies, PERCENTILES};

/// What was measured.
pub(super) struct Report {
    pub(super) connections: u32,
    pub(super) depth: usize,
    pub(super) message_len: usize,
    /// How long it took to open all connections.
    pub(super) opening: Duration,
    /// How long the messages took.
    pub(super) elapsed: Duration,
    /// How many came back.
    pub(super) messages: u64,
    pub(super) latencies: Option<Latencies>,
}

impl Report {
    fn messages_a_second(&self) -> f64 {
        self.messages as f64 / self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    fn bytes_a_second(&self) -> f64 {
        self.messages_a_second() * self.message_len as f64
    }

    /// One object, with the end of its line.
    pub(super) fn json(&self) -> String {
        let mut out = String::new();
        let mut object = Object::begin(&mut out, "bench");
        for (name, number) in [
            ("connections", self.connections.into()),
            ("depth", self.depth as u64),
            ("message_len", self.message_len as u64),
            ("messages", self.messages),
            ("opening_ns", ns(self.opening)),
            ("elapsed_ns", ns(self.elapsed)),
            ("messages_per_second", self.messages_a_second() as u64),
            ("bytes_per_second", self.bytes_a_second() as u64),
        ] {
            object.number(name, number);
        }
        if let Some(latencies) = &self.latencies {
            object.number("min_ns", ns(latencies.min));
            for ((name, _), time) in PERCENTILES.iter().zip(latencies.percentiles) {
                object.number(&format!("{}_ns", name.replace('.', "_")), ns(time));
            }
            object.number("max_ns", ns(latencies.max));
        }
        object.end();
        out
    }
}

fn ns(time: Duration) -> u64 {
    time.as_nanos().try_into().unwrap_or(u64::MAX)
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, depth, message_len, opening, elapsed, messages, .. } = self;
        writeln!(f, "connections  {connections}, opened in {opening:.2?}")?;
        writeln!(
            f,
            "messages     {messages} of {message_len} B, {depth} at once, in {elapsed:.2?}"
        )?;
        let (rate, megabytes) = (self.messages_a_second(), self.bytes_a_second() / 1e6);
        writeln!(f, "rate         {rate:.0} messages/s, {megabytes:.1} MB/s each way")?;
        let Some(Latencies { min, percentiles, max }) = &self.latencies else { return Ok(()) };
        write!(f, "latency      min {min:.2?}")?;
        for ((name, _), time) in PERCENTILES.iter().zip(percentiles) {
            write!(f, ", {name} {time:.2?}")?;
        }
        writeln!(f, ", max {max:.2?}")
    }
}

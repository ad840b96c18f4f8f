//! What the board and the server say to each other, as both tell it.

use std::path::Path;
use std::time::Duration;

use super::emulator::Scene;
use crate::child::Child;
use crate::interop::Certificates;
use crate::{Result, Tally};

/// For each line of the board: a TLS handshake takes six seconds on an idle machine.
const LIMIT: Duration = Duration::from_secs(120);

/// For a server to end.
const END_LIMIT: Duration = Duration::from_secs(20);

/// Readings that have to come back over each connection.
const READINGS: usize = 4;

type Files<'a> = Option<(&'a Path, &'a Path)>;

/// Over `ws`.
pub(super) fn plain(scene: &Scene<'_>) -> Result<Tally> {
    let (server, port) = scene.serve("server-1", None, None)?;
    let board = scene.boot(&port)?;
    address(&board)?;
    talk(scene, &board, server, &port, None)
}

/// Over `wss`: with the right server after one that has to be refused.
pub(super) fn secure(
    scene: &Scene<'_>,
    certificates: &Certificates,
    stranger: &Certificates,
) -> Result<Tally> {
    let refused = "WARN  no connection: the certificate is not from the trusted authority";
    let (mut server, port) =
        scene.serve("stranger", None, Some((&stranger.cert, &stranger.key)))?;
    let board = scene.boot(&port)?;
    address(&board)?;
    let mut tally = Tally::default();
    let begin = lines_until(&board, refused)?;
    tally.count(!begin.iter().any(|line| line.ends_with("connected")));
    server.kill();
    tally.count(!scene.told("stranger")?.contains("open"));

    let files = Some((certificates.cert.as_path(), certificates.key.as_path()));
    let (server, _) = scene.serve("server-1", Some(&port), files)?;
    tally += talk(scene, &board, server, &port, files)?;
    Ok(tally)
}

/// The board gets an address from the router.
fn address(board: &Child) -> Result<()> {
    let address = board.line_after("INFO  address ", LIMIT)?;
    if address == "192.168.1.15/24" { Ok(()) } else { Err(format!("address {address}").into()) }
}

/// Has readings sent and sent back over three connections: one that the server closes, one that it
/// does not, and one after that.
fn talk(
    scene: &Scene<'_>,
    board: &Child,
    mut server: Child,
    port: &str,
    files: Files<'_>,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut count = |what: &str, held: bool| {
        println!("{} {what}", if held { "ok" } else { "FAILED" });
        tally.count(held);
    };

    let first = readings(board)?;
    count("compressed readings come back", first.is_some());
    server.terminate();
    let lines = lines_until(board, "INFO  closed by the server: 1001")?;
    let sent = lines.iter().find_map(|line| volume(line));
    count("compression is of use", sent.is_some_and(|(plain, compressed)| compressed < plain));
    count("the server ends", server.finish(END_LIMIT).is_ok());
    let told = scene.told("server-1")?;
    let (plain, compressed) = sent.unwrap_or_default();
    let expected = [
        ": open; compressed with 10 bits to it, 9 bits from it\n",
        &format!(": received {plain} B as {compressed} B: "),
        ": closed with 1001 \"\"\n",
    ];
    count("the server tells the same", expected.iter().all(|line| told.contains(line)));

    (server, _) = scene.serve("server-2", Some(port), files)?;
    let second = readings(board)?;
    count("the board comes back, and counts on", first.is_some() && second > first);
    server.kill();
    lines_until(board, "WARN  connection lost")?;

    (server, _) = scene.serve("server-3", Some(port), files)?;
    let third = readings(board)?;
    count("the board comes back to a server that was killed", third.is_some() && third > second);
    drop(server);
    Ok(tally)
}

/// Waits for a connection, and for the first readings over it to come back as they were sent.
/// Returns the number of the last; `None` if anything else came back.
fn readings(board: &Child) -> Result<Option<u32>> {
    board.line_after("INFO  connected", LIMIT)?;
    board.line_after("INFO  compression: windows of 9 bits to send, 10 bits to receive", LIMIT)?;
    let (mut sent, mut received) = (Vec::new(), Vec::new());
    while received.len() < READINGS {
        let line = board.answer(LIMIT)?;
        if let Some(reading) = line.strip_prefix("INFO  sent ") {
            sent.push(reading.to_owned());
        } else if let Some(reading) = line.strip_prefix("INFO  received ") {
            received.push(reading.to_owned());
        } else {
            return Err(format!("the board says: {line}").into());
        }
    }
    let number = |reading: &String| {
        let (number, rest) = reading.strip_prefix("{\"reading\":")?.split_once(',')?;
        if rest.starts_with("\"uptime_s\":") { number.parse().ok() } else { None }
    };
    Ok(if sent.starts_with(&received) { received.last().and_then(number) } else { None })
}

/// Returns the lines up to one that begins so.
fn lines_until(board: &Child, last: &str) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let line = board.answer(LIMIT)?;
        let is_last = line.starts_with(last);
        lines.push(line);
        if is_last {
            return Ok(lines);
        }
    }
}

/// What the board has sent, if a line tells of that: bytes of the readings, and of what they were
/// compressed to.
fn volume(line: &str) -> Option<(u32, u32)> {
    let line = line.strip_prefix("INFO  compression: ")?.strip_suffix(" B")?;
    let (plain, compressed) = line.split_once(" B were sent as ")?;
    Some((plain.parse().ok()?, compressed.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::volume;

    #[test]
    fn what_was_sent_is_read_from_the_log_of_the_board() {
        assert_eq!(volume("INFO  compression: 176 B were sent as 81 B"), Some((176, 81)));
        assert_eq!(
            volume("INFO  compression: windows of 9 bits to send, 10 bits to receive"),
            None
        );
    }
}

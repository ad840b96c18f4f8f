//! Many connections at once: most of them idle, some of them active.

use std::time::{Duration, Instant};

use socklet_host_tests::Failure;
use socklet_std::Client;
use tokio::task::JoinSet;

use crate::server::Server;

/// How long the active ones are active.
const ACTIVE_TIME: Duration = Duration::from_secs(5);

/// Messages that an active connection has on their way at a time.
const DEPTH: usize = 1;

/// What an active connection sends, behind its number.
const PAYLOAD_LEN: usize = 100;

/// Connections that say nothing, for as long as the deadline of the handshake lets them.
pub(crate) fn silence(server: &Server, count: usize) -> Result<(), Failure> {
    let before = server.memory()?;
    let silent: Vec<_> = (0..count).map(|_| server.connected()).collect::<Result<_, _>>()?;
    // Those that were accepted last may not have been counted otherwise.
    drop(server.upgraded()?);
    let memory = server.memory()?.saturating_sub(before);
    report("connections that have said nothing yet", silent.len(), memory);
    Ok(())
}

/// Connections to the [floor](crate::floor); returns what each takes.
pub(crate) fn floor(server: &Server, count: usize) -> Result<usize, Failure> {
    let before = server.memory()?;
    let held: Vec<_> = (0..count).map(|_| server.echoed()).collect::<Result<_, _>>()?;
    let memory = server.memory()?.saturating_sub(before);
    report("tasks of the runtime that wait for a byte, and do nothing else", held.len(), memory);
    Ok(memory.checked_div(count).unwrap_or_default())
}

/// Idle connections, and active ones beside them.
pub(crate) async fn run(
    server: &Server,
    floor: usize,
    idle: usize,
    most: usize,
    active: usize,
) -> Result<(), Failure> {
    let before = server.memory()?;
    let held: Vec<_> = (0..idle).map(|_| server.upgraded()).collect::<Result<_, _>>()?;
    let memory = server.memory()?.saturating_sub(before);
    report("idle connections", idle, memory);
    let above = memory.checked_div(idle).unwrap_or_default().saturating_sub(floor);
    if floor != 0 {
        println!("| of that above the runtime | {idle} | {above} B each |");
    }
    if most != 0 && above > most {
        return Err(format!("{above} bytes an idle connection, above the runtime's {floor}").into());
    }
    if active == 0 {
        return Ok(());
    }

    let before = (server.memory()?, server.cpu_time()?);
    let mut clients = JoinSet::new();
    for number in 0..active {
        let url = server.url();
        clients.spawn(async move { talk(&url, number).await });
    }
    let mut messages = 0;
    while let Some(counted) = clients.join_next().await {
        messages += counted??;
    }
    let (memory, cpu_time) = (server.memory()?, server.cpu_time()?);
    report(
        &format!("active connections beside {} idle ones", held.len()),
        active,
        memory.saturating_sub(before.0),
    );
    let micros = (cpu_time - before.1).as_micros() as f64 / messages as f64;
    println!(
        "| echoes of {PAYLOAD_LEN} bytes by these, {DEPTH} at a time | {messages} | \
        {micros:.1} µs of processor time each, opening handshakes included |"
    );
    Ok(())
}

/// Sends and receives for a while; returns how many messages came back.
async fn talk(url: &str, number: usize) -> Result<usize, Failure> {
    let mut ws = Client::new().connect(url).await?;
    let begun = Instant::now();
    let mut count = 0;
    while begun.elapsed() < ACTIVE_TIME {
        let text = format!("{number:8} {count:8} {}", "x".repeat(PAYLOAD_LEN - 18));
        ws.send(&text).await?;
        let echo = ws.recv().await?.ok_or("the server has closed")?;
        if echo.as_bytes() != text.as_bytes() {
            return Err(format!("{text:?} came back as {echo:?}").into());
        }
        count += 1;
    }
    // Open until all have been counted: it is closed with this task, in bad order.
    Ok(count)
}

fn report(what: &str, count: usize, memory: usize) {
    if let Some(each) = memory.checked_div(count) {
        println!("| {what} | {count} | {each} B each |");
    }
}

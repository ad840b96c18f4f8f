//! The verb `interop`: Node.js `ws`, Python `websockets` and headless Chromium talk to our
//! servers and clients, over ws and wss; its part `proxies`: what stands between; and its part
//! `peers`: tokio-tungstenite, fastwebsockets, websocat and curl.

mod certificates;
mod conversations;
mod peers;
mod proxies;
mod tools;

use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::child::Child;
use crate::ours::{Flavour, address};
use crate::{Result, Tally, lanes};
pub(crate) use certificates::Certificates;
use conversations::{Conversation, Expected, Pair, Step};
pub(crate) use peers::{MANIFEST, Peers, Server};

/// For each step: 16 MiB through a slow machine, or the start of a browser.
const STEP_LIMIT: Duration = Duration::from_secs(60);

/// For a server to say what it saw, when the client has already seen it.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// Runs the verb.
pub(crate) fn run(args: &[String]) -> Result<Tally> {
    match args {
        [] => {}
        [part] if part == "proxies" => return proxies::run(),
        [part] if part == "peers" => return run_peers(),
        _ => return Err("usage: cargo xtask interop [proxies | peers]".into()),
    }
    let peers = Peers::install()?;
    let conversations = conversations::all();
    let pairs = [false, true]
        .into_iter()
        .flat_map(|tls| peers::pairs().map(move |(client, server)| Pair { client, server, tls }));
    Ok(meet_all(&peers, pairs, &conversations))
}

/// Runs the part `peers`.
fn run_peers() -> Result<Tally> {
    let peers = Peers::more()?;
    let conversations = conversations::without_compression();
    let pairs = peers::more_pairs().map(|(client, server)| Pair { client, server, tls: false });
    let mut tally = meet_all(&peers, pairs, &conversations);
    tally += tools::run(&peers)?;
    Ok(tally)
}

/// Installs the other implementations and the browser.
pub(crate) fn setup() -> Result<()> {
    Peers::install().map(|_| ())
}

/// Installs the proxies.
pub(crate) fn setup_proxies() -> Result<()> {
    proxies::install()
}

/// Installs the programs of the part `peers`.
pub(crate) fn setup_tools() -> Result<()> {
    tools::install()?;
    Peers::more().map(|_| ())
}

/// Has all conversations between two implementations each, and tells what failed.
fn meet_all(
    peers: &Peers,
    pairs: impl Iterator<Item = Pair> + Send,
    conversations: &[Conversation],
) -> Tally {
    lanes::sum(pairs, |pair| {
        meet(peers, &pair, conversations)
            .map_err(|error| format!("{}: {error}", pair.name()).into())
    })
}

/// Has all conversations between two implementations, and tells what failed; an error is that one
/// does not start.
fn meet(peers: &Peers, pair: &Pair, conversations: &[Conversation]) -> Result<Tally> {
    let name = pair.name();
    let logs = peers.logs().join(&name);
    let start = |log: &str, args| {
        let command = peers.server(pair.server, pair.tls, args);
        let server = Child::start(log, &command, &logs)?;
        let url = format!("{}://{}", pair.scheme(), address(&server)?);
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((server, url))
    };

    let mut tally = Tally::default();
    let (mut common, common_url) = start("server", &[])?;
    for (id, conversation) in conversations.iter().enumerate().filter(|(_, c)| c.applies(pair)) {
        let mut own;
        let (server, url) = if conversation.server.is_empty() {
            (&mut common, &common_url)
        } else {
            own = start(&format!("server-{id}"), conversation.server)?;
            (&mut own.0, &own.1)
        };
        let failures = hold(peers, pair, (id, conversation), url, server, &logs, &mut tally)?;
        for failure in failures {
            println!("FAILED {name}, {}: {failure}", conversation.name);
        }
    }
    if !common.is_running() {
        println!("FAILED {name}: the server did not survive");
        tally.count(false);
    }
    println!("interop {name}: {tally}");
    Ok(tally)
}

/// Has one client hold one conversation with a server, counts and returns what failed.
fn hold(
    peers: &Peers,
    pair: &Pair,
    (id, conversation): (usize, &Conversation),
    url: &str,
    server: &mut Child,
    logs: &Path,
    tally: &mut Tally,
) -> Result<Vec<String>> {
    let separator = if conversation.path.contains('?') { '&' } else { '?' };
    let url = format!("{url}{}{separator}id={id}", conversation.path);
    let trust = if pair.tls { conversation.trust } else { peers::Trust::Defaults };
    let mut command = peers.client(pair.client, trust, conversation.client);
    command.arg(url);
    let mut client = Child::start(&format!("client-{id}"), &command, logs)?;
    let mut failures = talk(conversation, &mut client, server, tally);
    if let Some(seen) = conversation.seen.as_ref().filter(|_| !pair.server.is_ours()) {
        let saw = server.line_after(&format!("closed {id} "), CLOSE_LIMIT);
        let result = saw.and_then(|line| compare(&line, seen));
        tally.count(result.is_ok());
        failures.extend(result.err().map(|error| format!("the server saw: {error}")));
    }
    if let Err(error) = client.wait(STEP_LIMIT) {
        tally.count(false);
        failures.push(error.to_string());
    }
    Ok(failures)
}

/// Has every implementation talk to a server in firmware, which listens on `address`; over a slow
/// line our client alone, after a pause before each conversation.
pub(crate) fn test_firmware(
    peers: &Peers,
    name: &str,
    address: &str,
    firmware: &mut Child,
    slow: Option<Duration>,
    logs: &Path,
) -> Result<Tally> {
    let url = format!("ws://{address}");
    let mut tally = Tally::default();
    let clients = peers::clients().into_iter().take(if slow.is_some() { 1 } else { usize::MAX });
    for client in clients {
        let pair = Pair { client, server: Server::Ours(Flavour::Fixed), tls: false };
        let logs = logs.join(format!("{name}-{}", client.name()));
        let all = conversations::for_firmware();
        for (id, conversation) in all.iter().enumerate().filter(|(_, c)| c.applies(&pair)) {
            thread::sleep(slow.unwrap_or_default());
            let held = hold(peers, &pair, (id, conversation), &url, firmware, &logs, &mut tally);
            for failure in held? {
                println!("FAILED {} to {name}, {}: {failure}", client.name(), conversation.name);
            }
        }
    }
    Ok(tally)
}

/// Has one conversation, counts its steps and returns what failed.
fn talk(
    conversation: &Conversation,
    client: &mut Child,
    server: &mut Child,
    tally: &mut Tally,
) -> Vec<String> {
    let mut failures = Vec::new();
    for (index, step) in conversation.steps.iter().enumerate() {
        if !failures.is_empty() && !client.is_running() {
            // There is nothing more to hear: the other steps have failed, too.
            let missed = conversation.steps.len().saturating_sub(index);
            (0..missed).for_each(|_| tally.count(false));
            failures.push(format!("{missed} more steps: the client has ended"));
            break;
        }
        let (what, result) = match step {
            Step::Hear(expected) => ("start", hear(client, expected)),
            Step::Tell(command, expected) => {
                let told = client.tell(command);
                (command.as_str(), told.and_then(|()| hear(client, expected)))
            }
            Step::Terminate => {
                server.terminate();
                continue;
            }
            Step::Ended => ("the server ends", server.finish(STEP_LIMIT)),
        };
        tally.count(result.is_ok());
        failures.extend(result.err().map(|error| format!("{what}: {error}")));
    }
    failures
}

/// Compares the next line of a client; one that says nothing is ended.
fn hear(client: &mut Child, expected: &Expected) -> Result<()> {
    let answer = client.answer(STEP_LIMIT);
    if answer.is_err() {
        client.kill();
    }
    compare(&answer?, expected)
}

fn compare(line: &str, expected: &Expected) -> Result<()> {
    if expected.is_met_by(line) {
        return Ok(());
    }
    // A line may be a message of any length.
    let line: String = line.chars().take(200).collect();
    Err(format!("expected `{}`, got `{line}`", expected.0).into())
}

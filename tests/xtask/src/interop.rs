//! The verb `interop`: Node.js `ws`, Python `websockets` and headless Chromium talk to our
//! servers and clients, over ws and wss.

mod certificates;
mod conversations;
mod peers;

use std::time::Duration;

use crate::child::Child;
use crate::ours::address;
use crate::{Result, Tally};
use conversations::{Conversation, Expected, Pair, Step};
use peers::Peers;

/// For each step: 16 MiB through a slow machine, or the start of a browser.
const STEP_LIMIT: Duration = Duration::from_secs(60);

/// Runs the verb.
pub(crate) fn run(args: &[String]) -> Result<Tally> {
    if !args.is_empty() {
        return Err("usage: cargo xtask interop".into());
    }
    let peers = Peers::install()?;
    let conversations = conversations::all();
    let mut tally = Tally::default();
    for tls in [false, true] {
        for (client, server) in peers::pairs() {
            tally += meet(&peers, &Pair { client, server, tls }, &conversations)?;
        }
    }
    Ok(tally)
}

/// Has all conversations between two implementations.
fn meet(peers: &Peers, pair: &Pair, conversations: &[Conversation]) -> Result<Tally> {
    let scheme = if pair.tls { "wss" } else { "ws" };
    let (client, server) = (pair.client.name(), pair.server.name());
    let name = format!("{client}-to-{server}-over-{scheme}");
    let start = |args| {
        let command = peers.server(pair.server, pair.tls, args);
        let server = Child::start(&format!("{name}-server"), &command, &peers.logs())?;
        let url = format!("{scheme}://{}", address(&server)?);
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((server, url))
    };

    let mut tally = Tally::default();
    let (mut common, common_url) = start(&[])?;
    for (id, conversation) in conversations.iter().enumerate().filter(|(_, c)| c.applies(pair)) {
        let mut own;
        let (server, url) = if conversation.server.is_empty() {
            (&mut common, &common_url)
        } else {
            own = start(conversation.server)?;
            (&mut own.0, &own.1)
        };
        let separator = if conversation.path.contains('?') { '&' } else { '?' };
        let url = format!("{url}{}{separator}id={id}", conversation.path);
        let trust = if pair.tls { conversation.trust } else { peers::Trust::Defaults };
        let mut command = peers.client(pair.client, trust, conversation.client);
        command.arg(url);
        let client = Child::start(&format!("{name}-client"), &command, &peers.logs())?;
        let mut failures = talk(conversation, client, server, &mut tally);
        if let Some(seen) = conversation.seen.as_ref().filter(|_| !pair.server.is_ours()) {
            let saw = server.line_after(&format!("closed {id} "), STEP_LIMIT);
            let result = saw.and_then(|line| compare(&line, seen));
            tally.count(result.is_ok());
            failures.extend(result.err().map(|error| format!("the server saw: {error}")));
        }
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

/// Has one conversation, counts its steps and returns what failed.
fn talk(
    conversation: &Conversation,
    mut client: Child,
    server: &mut Child,
    tally: &mut Tally,
) -> Vec<String> {
    let mut failures = Vec::new();
    let mut count = |what: &str, result: Result<()>| {
        tally.count(result.is_ok());
        failures.extend(result.err().map(|error| format!("{what}: {error}")));
    };
    for step in &conversation.steps {
        match step {
            Step::Hear(expected) => count("start", hear(&client, expected)),
            Step::Tell(command, expected) => {
                let result = client.tell(command).and_then(|()| hear(&client, expected));
                count(command, result);
            }
            Step::Terminate => server.terminate(),
            Step::Ended => count("the server ends", server.finish(STEP_LIMIT)),
        }
    }
    failures
}

/// Compares the next line of a program.
fn hear(program: &Child, expected: &Expected) -> Result<()> {
    compare(&program.line(STEP_LIMIT)?.ok_or("no answer, the program has ended")?, expected)
}

fn compare(line: &str, expected: &Expected) -> Result<()> {
    if expected.is_met_by(line) {
        return Ok(());
    }
    // A line may be a message of any length.
    let line: String = line.chars().take(200).collect();
    Err(format!("expected `{}`, got `{line}`", expected.0).into())
}

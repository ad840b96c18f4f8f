//! websocat in both roles: it sends and prints messages, and does not tell more of them.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::peers::Peers;
use super::{STEP_LIMIT, conversations, talk};
use crate::child::Child;
use crate::command::program;
use crate::ours::{Flavour, Ours, address};
use crate::{Result, Tally, setup};

/// The version of websocat, from crates.io.
const WEBSOCAT: &str = "1.14.1";

/// For websocat to listen.
const START_LIMIT: Duration = Duration::from_secs(20);

/// More than the longest message here.
const BUFFER_LEN: &str = "2000000";

/// How it makes messages: of text, or of bytes.
const KINDS: [&str; 2] = ["--text", "--binary"];

/// Installs websocat; returns its path.
pub(super) fn install() -> Result<PathBuf> {
    // Without TLS: that of OpenSSL would have to be there to be linked.
    setup::tool("websocat", WEBSOCAT, &["--no-default-features"])
}

/// Has it talk to both of our servers, and both of our clients to it.
pub(super) fn run(peers: &Peers) -> Result<Tally> {
    let websocat = install()?;
    let mut tally = Tally::default();
    for flavour in Flavour::HOST {
        for kind in KINDS {
            let logs = peers.logs().join(format!("websocat{kind}-{}", flavour.name()));
            let run = Run { websocat: &websocat, ours: peers.ours(), flavour, kind, logs: &logs };
            for (role, outcome) in [("client", run.connects()), ("server", run.serves())] {
                let name = format!("websocat {kind} as {role}, {}", flavour.name());
                let (passed, failures) =
                    outcome.unwrap_or_else(|error| (Tally::one(false), vec![error.to_string()]));
                for failure in failures {
                    println!("FAILED {name}: {failure}");
                }
                println!("interop {name}: {passed}");
                tally += passed;
            }
        }
    }
    Ok(tally)
}

struct Run<'a> {
    websocat: &'a Path,
    ours: &'a Ours,
    flavour: Flavour,
    kind: &'static str,
    logs: &'a Path,
}

impl Run<'_> {
    fn websocat(&self, args: &[&str]) -> Command {
        let mut command = program(self.websocat, &[self.kind, "--buffer-size", BUFFER_LEN]);
        command.args(args);
        command
    }

    /// It is the client: each line is a message, and comes back.
    fn connects(&self) -> Result<(Tally, Vec<String>)> {
        let mut command = self.ours.serve(self.flavour);
        command.args(["--subprotocol", "chat"]);
        let server = Child::start("server", &command, self.logs)?;
        let url = format!("ws://{}/chat", address(&server)?);
        let mut command = self.websocat(&["--protocol", "chat", "--ping-interval", "1"]);
        command.arg(url);
        let mut client = Child::start("client", &command, self.logs)?;
        let (mut tally, mut failures) = (Tally::default(), Vec::new());
        for line in
            ["hello", "", "gr\u{fc}\u{df}e \u{1f980}", &"x".repeat(65_536), &"y".repeat(1 << 20)]
        {
            client.tell(line)?;
            let answer = client.answer(STEP_LIMIT)?;
            tally.count(answer == line);
            if answer != line {
                failures.push(format!("{} bytes came back as {}", line.len(), answer.len()));
            }
        }
        // At the end of its input it makes the closing handshake.
        let ended = client.finish(STEP_LIMIT);
        tally.count(ended.is_ok());
        failures.extend(ended.err().map(|error| error.to_string()));
        Ok((tally, failures))
    }

    /// It is an echo server, of messages of one kind.
    fn serves(&self) -> Result<(Tally, Vec<String>)> {
        // It cannot take a free port and tell which.
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let command = self.websocat(&[&format!("ws-l:127.0.0.1:{port}"), "mirror:"]);
        let mut server = Child::start("echo", &command, self.logs)?;
        let end = Instant::now() + START_LIMIT;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if Instant::now() >= end {
                return Err("websocat does not listen".into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        let mut command = self.ours.interop_client(self.flavour, &[]);
        command.arg(format!("ws://127.0.0.1:{port}/"));
        let mut client = Child::start("interop", &command, self.logs)?;
        let conversation = conversations::for_websocat(self.kind);
        let mut tally = Tally::default();
        let failures = talk(&conversation, &mut client, &mut server, &mut tally);
        Ok((tally, failures))
    }
}

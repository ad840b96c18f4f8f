//! What is said between each client and each server: the properties that are checked.
//!
//! The commands of the clients and the paths of the servers are those of
//! `tests/interop/README.md`.

use super::peers::{Client, Server, Trust};

/// Lengths around every border of the frame header, up to the largest message.
const LENGTHS: [u32; 12] =
    [0, 1, 2, 125, 126, 127, 4096, 65_535, 65_536, 65_537, 1 << 20, 16 << 20];

/// The longest close reason: 125 bytes of payload without the code.
const LONGEST_REASON: &str = "123 bytes of reason, which is all that fits behind the close code in \
    the 125 bytes that a control frame may carry, in full.";

/// One connection, or what a test makes of it.
pub(super) struct Conversation {
    /// What it is about.
    pub(super) name: String,
    /// The path of the URL; the servers of the other implementations act on it.
    pub(super) path: String,
    /// Options of the server; with any, the conversation has a server for itself.
    pub(super) server: &'static [&'static str],
    /// Options of the client.
    pub(super) client: &'static [&'static str],
    /// Which certificates the client accepts.
    pub(super) trust: Trust,
    /// Whom it is for.
    applies: fn(&Pair) -> bool,
    /// What happens.
    pub(super) steps: Vec<Step>,
    /// The close code and reason that a server of another implementation reports.
    pub(super) seen: Option<Expected>,
}

/// A client and a server.
pub(super) struct Pair {
    pub(super) client: Client,
    pub(super) server: Server,
    pub(super) tls: bool,
}

impl Pair {
    /// Returns the scheme of the URL.
    pub(super) fn scheme(&self) -> &'static str {
        if self.tls { "wss" } else { "ws" }
    }

    /// Returns the name for reports and logs.
    pub(super) fn name(&self) -> String {
        let Self { client, server, .. } = self;
        format!("{}-to-{}-over-{}", client.name(), server.name(), self.scheme())
    }
}

/// One step; each is a check.
pub(super) enum Step {
    /// The client speaks by itself: what it says.
    Hear(Expected),
    /// What the client is told, and what it answers.
    Tell(String, Expected),
    /// The server is asked to end (SIGTERM): the next steps are what the client sees of it.
    Terminate,
    /// The server ends with success.
    Ended,
}

/// What a line has to be: alternatives between ` | `, where a final `*` stands for any rest.
pub(super) struct Expected(pub(super) String);

impl Expected {
    pub(super) fn is_met_by(&self, line: &str) -> bool {
        // An empty reason leaves a space at the end.
        let line = line.trim_end();
        self.0.split(" | ").any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => line.starts_with(start),
            None => line == pattern.trim_end(),
        })
    }
}

impl Conversation {
    /// An empty one; what the client says first is that the connection is open.
    fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            path: "/".into(),
            server: &[],
            client: &[],
            trust: Trust::Authority,
            applies: |_| true,
            steps: vec![hear("open -")],
            seen: None,
        }
    }

    fn tell(mut self, command: impl Into<String>, expected: impl Into<String>) -> Self {
        self.steps.push(Step::Tell(command.into(), Expected(expected.into())));
        self
    }

    /// A command with a message that comes back, or a ping.
    fn echo(self, command: impl Into<String>) -> Self {
        let command = command.into();
        let expected = match command.split(' ').collect::<Vec<_>>().as_slice() {
            ["fragments", _, len] => format!("echo ok fragments {len}"),
            ["ping", ..] => format!("pong {}", command.trim_start_matches("ping ")),
            _ => format!("echo ok {command}"),
        };
        self.tell(command, expected)
    }

    /// Says whether two implementations can have this conversation.
    pub(super) fn applies(&self, pair: &Pair) -> bool {
        (self.applies)(pair)
    }
}

fn hear(expected: &str) -> Step {
    Step::Hear(Expected(expected.into()))
}

/// A page can neither make fragments nor pings, nor see a ping.
fn no_page(pair: &Pair) -> bool {
    pair.client != Client::Chromium
}

/// Others answer them, too, and keep it to themselves.
fn tells_of_pings(pair: &Pair) -> bool {
    !matches!(pair.client, Client::Chromium | Client::Curl | Client::Fastwebsockets)
}

fn ours_serves(pair: &Pair) -> bool {
    pair.server.is_ours()
}

fn ours_connects(pair: &Pair) -> bool {
    pair.client.is_ours()
}

/// Returns all conversations.
pub(super) fn all() -> Vec<Conversation> {
    let mut all = vec![messages(), fragments_and_pings()];
    all.extend(closed_by_client());
    all.extend(closed_by_server());
    all.extend(subprotocols());
    all.extend(server_starts());
    all.extend(server_limits());
    all.extend(certificates());
    all.extend(compression());
    all
}

/// Returns those for a server in firmware, whose memory holds no message of many of these lengths.
pub(super) fn for_firmware() -> Vec<Conversation> {
    let mut messages = Conversation::new("messages");
    for len in LENGTHS.into_iter().filter(|len| *len <= 65_537) {
        messages = messages.echo(format!("text {len}")).echo(format!("binary {len}"));
    }
    let fragments = Conversation { applies: no_page, ..Conversation::new("fragments and pings") }
        .echo("fragments 2 9")
        .echo("ping hello")
        .echo("fragments 7 70001")
        .echo(format!("ping {}", "x".repeat(125)))
        .echo("text 5");
    let many = Conversation::new("many").tell("many 200", "many ok 200");
    let end = |c: Conversation| c.tell("close 1000 done", "closed local 1000*");
    let mut all: Vec<_> = [messages, fragments, many].map(end).into();
    all.extend(closed_by_client());
    all.push(Conversation {
        path: "/missing".into(),
        applies: ours_connects,
        steps: vec![hear("error*")],
        ..Conversation::new("a path that is rejected")
    });
    all
}

/// Returns those for implementations that do not compress.
pub(super) fn without_compression() -> Vec<Conversation> {
    let mut all = vec![messages(), fragments_and_pings()];
    all.extend(closed_by_client());
    all.extend(closed_by_server());
    all.extend(subprotocols());
    all.extend(server_starts());
    all.extend(server_limits());
    all.push(Conversation {
        applies: ours_connects,
        ..Conversation::new("compression is declined")
            .tell("compression", "compression none")
            .echo("text 70001")
    });
    all
}

/// Returns the one that websocat can have, which makes all messages to one kind.
pub(super) fn for_websocat(kind: &str) -> Conversation {
    let name = kind.trim_start_matches('-');
    let mut all = Conversation::new(name);
    // An empty message is the end of everything to it.
    for len in [1, 126, 65_536, 1 << 20] {
        all = all.echo(format!("{name} {len}"));
    }
    if name == "text" {
        all = all.echo("fragments 7 70001");
    }
    all.echo("ping hello").tell("close 1000 done", "closed local 1000* | closed local -")
}

/// Returns the one that has to pass through whatever stands between: every kind of frame, and a
/// compressed one of every length.
pub(super) fn for_proxies() -> Conversation {
    Conversation::new("everything")
        .echo("text 5")
        .echo("binary 65537")
        .echo("fragments 7 70001")
        .echo("ping hello")
        .tell("many 100", "many ok 100")
        .tell("compression", "compression 15/kept 15/kept used")
        .tell("close 4001 done", "closed local 4001*")
}

fn messages() -> Conversation {
    let mut messages = Conversation::new("messages");
    for len in LENGTHS {
        messages = messages.echo(format!("text {len}")).echo(format!("binary {len}"));
    }
    Conversation { seen: Some(Expected("1000 done".into())), ..messages }
        .tell("close 1000 done", "closed local 1000*")
}

fn fragments_and_pings() -> Conversation {
    Conversation { applies: no_page, ..Conversation::new("fragments and pings") }
        .echo("fragments 2 9")
        .echo("fragments 3 126")
        .echo("ping hello")
        .echo("fragments 7 70001")
        .echo("fragments 1000 1000003")
        .echo(format!("ping {}", "x".repeat(125)))
        .echo("ping ")
        .echo("text 5")
        .tell("close 1000 done", "closed local 1000*")
}

/// The client closes: the server sees its code and reason, the client the server's code.
fn closed_by_client() -> Vec<Conversation> {
    let close = |code: &str, reason: &str| Conversation {
        seen: Some(Expected(format!("{code} {reason}"))),
        ..Conversation::new(format!("client closes with {code}"))
            .tell(format!("close {code} {reason}"), format!("closed local {code}*"))
    };
    let mut all: Vec<_> = ["1001", "1002", "1003", "1007", "1008", "1009", "1010", "1011", "1013"]
        .map(|code| Conversation { applies: no_page, ..close(code, "reason") })
        .into();
    // A page may use these only.
    all.extend(["1000", "3000", "3999", "4000", "4999"].map(|code| close(code, "reason")));
    all.push(close("1000", ""));
    all.push(close("4001", LONGEST_REASON));
    all.push(close("4002", "Grüße: κόσμε"));
    // The reply to a close frame without a code may have one, or none (RFC 6455 section 5.5.1).
    all.push(Conversation {
        seen: Some(Expected("-".into())),
        ..Conversation::new("client closes without a code")
            .tell("close -", "closed local - | closed local 1000*")
    });
    all
}

/// The server closes at once: the client sees its code and reason.
fn closed_by_server() -> Vec<Conversation> {
    let close = |code: &str| Conversation {
        path: format!("/close?code={code}&reason=Gr%C3%BC%C3%9Fe+from+the+server"),
        applies: ours_connects,
        seen: Some(Expected(format!("{code}*"))),
        ..Conversation::new(format!("server closes with {code}"))
            .tell("recv", format!("closed peer {code} Grüße from the server"))
    };
    let mut all: Vec<_> =
        ["1000", "1001", "1002", "1003", "1008", "1011", "3000", "4999"].map(close).into();
    all.push(Conversation {
        path: "/close".into(),
        applies: |pair| pair.client.is_ours() && pair.server == Server::Ws,
        seen: Some(Expected("- | 1000*".into())),
        ..Conversation::new("server closes without a code").tell("recv", "closed peer -")
    });
    all
}

fn subprotocols() -> Vec<Conversation> {
    const TWO: &[&str] = &["--subprotocol", "chat.v1", "--subprotocol", "chat.v2"];
    let chosen = Conversation {
        server: &["--subprotocol", "chat.v3", "--subprotocol", "chat.v2"],
        client: TWO,
        steps: vec![hear("open chat.v2")],
        ..Conversation::new("a subprotocol in common")
    };
    let none_chosen = Conversation {
        // `ws`, tungstenite and browsers take a missing choice for a failure, which is theirs to decide;
        // `websockets` as server rejects the request when it has some and none is in common.
        applies: |pair| !matches!(pair.client, Client::Ws | Client::Chromium | Client::Tungstenite),
        client: TWO,
        ..Conversation::new("no subprotocol in common")
    };
    let none_offered = Conversation {
        server: &["--subprotocol", "chat.v3"],
        applies: |pair| pair.server != Server::Websockets,
        ..Conversation::new("no subprotocol offered")
    };
    [chosen, none_chosen, none_offered].map(|conversation| conversation.echo("text 5")).into()
}

/// Servers of the other implementations do something first.
fn server_starts() -> Vec<Conversation> {
    // 1001 bytes: U+00E9 and one `x`, sent in 7 fragments with pings between them.
    let text = format!("text {}x", "é".repeat(500));
    [
        Conversation { path: "/ping".into(), ..Conversation::new("server pings") }
            .tell("recv", "text pong from the server"),
        Conversation { path: "/fragments".into(), ..Conversation::new("server sends fragments") }
            .tell("recv", text)
            .echo("text 5"),
    ]
    .map(|conversation| Conversation { applies: ours_connects, ..conversation })
    .into()
}

/// What our server does by itself.
fn server_limits() -> Vec<Conversation> {
    let mut stop = Conversation::new("server is asked to end")
        .tell("send still there?", "sent")
        .tell("recv", "text still there?");
    stop.steps.push(Step::Terminate);
    stop = stop.tell("recv", "closed peer 1001*");
    stop.steps.push(Step::Ended);
    let idle = Conversation {
        server: &["--idle-timeout", "2"],
        applies: |pair| pair.server.is_ours() && tells_of_pings(pair),
        ..Conversation::new("server pings an idle client").tell("pinged", "ping").echo("text 5")
    };
    vec![
        idle,
        Conversation {
            server: &["--max-message", "100000"],
            applies: ours_serves,
            ..Conversation::new("message at the limit and beyond")
                .echo("binary 100000")
                .tell("flood 100001", "sent")
                .tell("recv", "closed peer 1009*")
        },
        // Any option gives it a server for itself.
        Conversation { server: &["--max-message", "1000000"], applies: ours_serves, ..stop },
    ]
}

/// Our client checks certificates, unless told not to.
fn certificates() -> Vec<Conversation> {
    let applies = |pair: &Pair| pair.client.is_ours() && pair.tls;
    vec![
        Conversation {
            trust: Trust::Defaults,
            applies,
            steps: vec![hear("error*")],
            ..Conversation::new("certificate of an unknown authority")
        },
        Conversation {
            trust: Trust::Anything,
            applies,
            ..Conversation::new("no check of certificates").echo("text 5")
        },
    ]
}

/// A thousand messages over one context, with parameters of every kind. Options of the other
/// implementations: the window bits of server and client, whether each forgets its context.
fn compression() -> Vec<Conversation> {
    let with = |name: &str, server, client, expected: &str| {
        Conversation { server, client, ..Conversation::new(format!("compression: {name}")) }
            .tell("many 1000", "many ok 1000")
            .tell("compression", format!("compression {expected}"))
            .tell("close 1000 done", "closed local 1000*")
    };
    let plain: &[&str] = &["--deflate", "0,0,0,0"];
    let mut all: Vec<_> = [
        with("all defaults", plain, &[], "15/kept 15/kept used"),
        with("the server's windows", &["--deflate", "12,9,0,0"], &[], "9/kept 12/kept used"),
        with("the server forgets", &["--deflate", "0,0,1,0"], &[], "15/kept 15/fresh used"),
        with(
            "the server wants it forgotten",
            &["--deflate", "0,0,0,1"],
            &[],
            "15/fresh 15/kept used",
        ),
        with("our windows", plain, &["--deflate", "11"], "11/kept 11/kept used"),
        with("we forget", plain, &["--no-context-takeover"], "15/fresh 15/fresh used"),
        with(
            "all at once",
            &["--deflate", "9,9,1,1"],
            &["--deflate", "10"],
            "9/fresh 9/fresh used",
        ),
    ]
    .map(|conversation| Conversation { applies: ours_connects, ..conversation })
    .into();
    // What it is in particular only a page is told.
    let some = "permessage-deflate*";
    all.extend(
        [
            with("all defaults", &["--deflate"], plain, some),
            with("our windows", &["--deflate=9"], plain, some),
            with("small windows", &["--deflate=11"], &["--deflate", "12,10,0,0"], some),
            with("we forget", &["--no-context-takeover"], &["--deflate", "0,15,0,0"], some),
            with("the client's windows", &["--deflate=15"], &["--deflate", "9,9,0,0"], some),
            with("the client forgets", &["--deflate=15"], &["--deflate", "12,12,1,1"], some),
        ]
        .map(|conversation| Conversation { applies: ours_serves, ..conversation }),
    );
    all.push(Conversation {
        applies: |pair| pair.client == Client::Chromium,
        ..with(
            "in a browser",
            &["--deflate=10"],
            &[],
            "permessage-deflate; client_max_window_bits=10; server_max_window_bits=10",
        )
    });
    all.push(Conversation {
        applies: |pair| pair.client == Client::Chromium,
        ..with("not in a browser", &["--no-deflate"], &[], "")
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_compared_with_each_alternative() {
        let expected = Expected("closed local - | closed local 1000*".into());
        assert!(expected.is_met_by("closed local - "));
        assert!(expected.is_met_by("closed local 1000 bye"));
        assert!(!expected.is_met_by("closed local 1001"));
        assert!(!Expected("text a".into()).is_met_by("text ab"));
    }

    #[test]
    fn the_longest_reason_is_the_longest() {
        assert_eq!(LONGEST_REASON.len(), 123);
    }

    #[test]
    fn commands_have_the_result_that_the_clients_print() {
        let last = |conversation: Conversation| match conversation.steps.into_iter().last() {
            Some(Step::Tell(_, expected)) => expected.0,
            _ => String::new(),
        };
        assert_eq!(last(Conversation::new("").echo("text 12")), "echo ok text 12");
        assert_eq!(last(Conversation::new("").echo("fragments 3 12")), "echo ok fragments 12");
        assert_eq!(last(Conversation::new("").echo("ping a")), "pong a");
        assert_eq!(last(Conversation::new("").echo("ping ")), "pong ");
    }
}

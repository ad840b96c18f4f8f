//! Whole conversations over a stream that fails or ends at its n-th operation, for every n, and of which
//! every future is dropped at every await: plain and over TLS, on either side. Of the blocking
//! streams an operation cannot be dropped; it fails and ends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

#[path = "faults/blocking.rs"]
mod blocking;
#[path = "faults/faulty.rs"]
mod faulty;
#[path = "faults/nonblocking.rs"]
mod nonblocking;
mod support;

use faulty::{Fault, Plan};
use socklet_std::{Client, Error, HandshakeError, Message, Server, Timeout, Timeouts, UsageError};
use support::{Certificates, noise};

/// What one side has received, and how it ended.
type Seen = (Vec<Message>, Result<(), Error>);

/// What the client sends and the server sends back: shorter and longer than what is on the way
/// between them at a time, and so long that a server hands it to the stream from where it lies.
fn messages() -> [Message; 4] {
    ["first".into(), noise(5000).into(), "".into(), "the last".into()]
}

/// The endpoints of a conversation.
struct Conversation {
    client: Client,
    server: Server,
    url: &'static str,
}

impl Conversation {
    fn both() -> [Self; 2] {
        let certificates = Certificates::new();
        let plain = Self { client: Client::new(), server: Server::new(), url: "ws://localhost/" };
        let tls = Self {
            client: Client::new().tls(certificates.client()),
            server: Server::new().tls(certificates.server()),
            url: "wss://localhost/",
        };
        [plain, tls]
    }

    /// The same endpoints, which do not wait for long for the end of a stream that will not come.
    fn hasty(&self) -> Self {
        let closing_ms = 300;
        Self {
            client: self.client.clone().timeouts(Timeouts { closing_ms, ..Timeouts::CLIENT }),
            server: self.server.clone().timeouts(Timeouts { closing_ms, ..Timeouts::SERVER }),
            url: self.url,
        }
    }

    /// Lets the stream of either side fail and end at each operation, and says how many conversations
    /// that were. `run` runs one, and counts the operations of both sides.
    fn disturb(&self, run: impl Fn(&Self, [Plan; 2]) -> ([Seen; 2], [u64; 2])) -> usize {
        let (seen, _) = run(self, [Plan::NONE; 2]);
        for (seen, end) in seen {
            end.unwrap();
            assert_eq!(seen, messages());
        }
        let hasty = self.hasty();
        let mut conversations = 0;
        for side in [0, 1] {
            for fault in [Fault::Fails, Fault::Ends] {
                // How many there are is not the same each time: until there are no more.
                for at in 0.. {
                    let mut plans = [Plan::NONE; 2];
                    plans[side] = Plan { at: Some(at), fault };
                    let (seen, operations) = run(&hasty, plans);
                    if operations[side] <= at {
                        break;
                    }
                    conversations += 1;
                    for (who, (messages_seen, end)) in seen.iter().enumerate() {
                        let when = format!("{} {fault:?} of {side} at {at}: {who}", self.url);
                        assert!(messages().starts_with(messages_seen), "{when}");
                        // It may be over for both but for the end of the stream.
                        assert!(end.as_ref().err().is_none_or(is_typed), "{when}: {end:?}");
                    }
                    let all = |seen: &Seen| seen.1.is_err() || seen.0 == messages();
                    assert!(seen.iter().all(all), "{side} {at}: no end without all messages");
                }
            }
        }
        assert!(conversations > 40, "{conversations} conversations");
        conversations
    }
}

/// Whether this is how a connection may end for the side where it broke, or for its peer.
fn is_typed(error: &Error) -> bool {
    matches!(
        error,
        Error::Io(_)
            | Error::Tls(_)
            | Error::ConnectionLost
            | Error::Timeout(Timeout::Closing)
            | Error::Handshake(HandshakeError::EndOfStream)
            | Error::Usage(UsageError::Closed)
    )
}

//! Torn TCP: whole sessions over real sockets, cut after every byte of either direction, by an end
//! or by a reset; a byte at a time; with pauses. Nobody hangs, nobody takes a cut for a closing
//! handshake, and what was received is what was sent, as far as it came.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod support;

use std::{
    net::{SocketAddr, TcpListener},
    thread::{self, JoinHandle},
};

use socklet_std::{Client, CloseCode, Error, HandshakeError, Message, Server};
use support::{
    Certificates, Kind, noise,
    relay::{Cut, Pace, Tear, relay},
};

/// What one side has received, and how it ended.
type Seen = (Vec<Message>, Result<(), Error>);

/// What the client sends and the server sends back.
fn messages() -> [Message; 3] {
    ["first".into(), noise(200).into(), "the last".into()]
}

/// A server for one connection, which sends back what it receives.
fn serve(kind: Kind, server: Server) -> (SocketAddr, JoinHandle<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        let mut seen = Vec::new();
        let end = match kind {
            Kind::Blocking => (|| {
                let mut ws = server.accept_blocking(stream)?;
                while let Some(message) = ws.recv()? {
                    seen.push(message.clone());
                    ws.send(&message)?;
                }
                Ok(())
            })(),
            Kind::Tokio => block_on(async {
                stream.set_nonblocking(true).unwrap();
                let stream = tokio::net::TcpStream::from_std(stream).unwrap();
                let mut ws = server.accept(stream).await?;
                while let Some(message) = ws.recv().await? {
                    seen.push(message.clone());
                    ws.send(&message).await?;
                }
                Ok(())
            }),
        };
        (seen, end)
    });
    (address, thread)
}

/// A client that sends, receives and closes.
fn talk(kind: Kind, client: &Client, url: &str) -> Seen {
    let mut seen = Vec::new();
    let end = match kind {
        Kind::Blocking => (|| {
            let mut ws = client.connect_blocking(url)?;
            for message in messages() {
                ws.send(&message)?;
                ws.ping(b"and a ping")?;
                seen.extend(ws.recv()?);
            }
            ws.close(CloseCode::NORMAL, "bye").map(drop)
        })(),
        Kind::Tokio => block_on(async {
            let mut ws = client.connect(url).await?;
            for message in messages() {
                ws.send(&message).await?;
                ws.ping(b"and a ping").await?;
                seen.extend(ws.recv().await?);
            }
            ws.close(CloseCode::NORMAL, "bye").await.map(drop)
        }),
    };
    (seen, end)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The endpoints of a session.
struct Session {
    /// With TLS.
    certificates: Option<Certificates>,
    server: Server,
    scheme: &'static str,
}

impl Session {
    fn plain() -> Self {
        Self { certificates: None, server: Server::new(), scheme: "ws" }
    }

    fn tls() -> Self {
        let certificates = Certificates::new();
        let server = Server::new().tls(certificates.server());
        Self { certificates: Some(certificates), server, scheme: "wss" }
    }

    /// A client that knows no TLS session of before, which would be shorter.
    fn client(&self) -> Client {
        match &self.certificates {
            None => Client::new(),
            Some(certificates) => Client::new().tls(certificates.client()),
        }
    }

    /// What client and server see, and how many bytes went from each to the other.
    fn run(&self, kind: Kind, pace: Pace, cut: Option<Cut>) -> ([Seen; 2], [usize; 2]) {
        let (address, server) = serve(kind, self.server.clone());
        let (address, relays) = relay(address, pace, cut);
        let url = format!("{}://localhost:{}/", self.scheme, address.port());
        let client = talk(kind, &self.client(), &url);
        ([client, server.join().unwrap()], relays.join().unwrap())
    }

    /// Cuts the session after each `step`-th byte, but for the last `margin` bytes.
    fn cut_everywhere(&self, step: usize, margin: usize) {
        for kind in Kind::ALL {
            let lens = self.is_whole(kind, Pace::AsTheyCome);
            let mut sessions = 0;
            for (from_client, len) in [(true, lens[0]), (false, lens[1])] {
                for after in (0..len - margin).step_by(step) {
                    for tear in [Tear::HalfClose, Tear::Reset] {
                        let cut = Cut { from_client, after, tear };
                        self.check(kind, cut);
                        sessions += 1;
                    }
                }
            }
            println!("{} {kind:?}: {sessions} torn sessions of {lens:?} bytes", self.scheme);
        }
    }

    fn is_whole(&self, kind: Kind, pace: Pace) -> [usize; 2] {
        let (sides, lens) = self.run(kind, pace, None);
        for (seen, end) in sides {
            end.unwrap();
            assert_eq!(seen, messages(), "{kind:?} {pace:?}");
        }
        lens
    }

    fn check(&self, kind: Kind, cut: Cut) {
        let ([client, server], _) = self.run(kind, Pace::AsTheyCome, Some(cut));
        for (seen, _) in [&client, &server] {
            assert!(messages().starts_with(seen), "{kind:?} {cut:?}: {seen:?}");
        }
        // The client's closing handshake ends with the last byte of the server, and that of the
        // server with the last byte of the client.
        is_torn(kind, cut, client.1.as_ref().expect_err("a cut is no closing handshake"));
        match server.1 {
            Ok(()) => assert!(!cut.from_client, "{kind:?} {cut:?}: a cut is no Close frame"),
            Err(error) => is_torn(kind, cut, &error),
        }
    }
}

/// Asserts that this says that the stream was torn, and nothing else.
fn is_torn(kind: Kind, cut: Cut, error: &Error) {
    let says_so = matches!(
        error,
        Error::Io(_)
            | Error::ConnectionLost
            | Error::Tls(_)
            | Error::Handshake(HandshakeError::EndOfStream)
    );
    assert!(says_so, "{kind:?} {cut:?}: {error:?}");
}

#[test]
fn a_session_torn_after_any_byte_ends_on_both_sides() {
    Session::plain().cut_everywhere(1, 0);
}

#[test]
fn a_session_over_tls_torn_anywhere_ends_on_both_sides() {
    // The lengths of signatures differ; and TLS says goodbye after the WebSocket has.
    Session::tls().cut_everywhere(101, 100);
}

#[test]
fn a_byte_at_a_time_is_as_good_as_all_at_once() {
    for session in [Session::plain(), Session::tls()] {
        for kind in Kind::ALL {
            session.is_whole(kind, Pace::ByteByByte);
        }
    }
}

#[test]
fn pauses_within_a_session_change_nothing() {
    for session in [Session::plain(), Session::tls()] {
        for kind in Kind::ALL {
            session.is_whole(kind, Pace::Pauses);
        }
    }
}

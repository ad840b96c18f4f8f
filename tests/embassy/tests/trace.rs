//! A line for each frame, the same over TLS.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::cell::RefCell;

use log::{LevelFilter, Log, Metadata, Record};
use rand_core::CryptoRng;
use socklet_core::{
    CloseCode,
    handshake::server::{Decision, Reject},
};
use socklet_embassy::{Connector, Error, WebSocket};
use socklet_embassy_tests::{
    certificates::Authority,
    device::{PLAIN, PlainMemory, REQUEST, SECURE, SecureMemory, rng, secure},
    executor::run,
    host::{self, echo},
    network::Network,
};
use socklet_wasm::{Options, input::Format, stream::Sender};

thread_local! {
    static LINES: RefCell<Vec<String>> = RefCell::default();
}

/// Keeps the lines about frames, of each thread for itself.
struct Lines;

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("socklet_embassy")
    }

    fn log(&self, record: &Record<'_>) {
        let line = record.args().to_string();
        if self.enabled(record.metadata()) && line.starts_with("ws ") {
            LINES.with_borrow_mut(|lines| lines.push(line));
        }
    }

    fn flush(&self) {}
}

fn lines_of(session: impl Future<Output = ()>) -> Vec<String> {
    // The first test of the process sets it.
    let _ = log::set_logger(&Lines);
    log::set_max_level(LevelFilter::Trace);
    LINES.take();
    run(session);
    LINES.take()
}

async fn talk<R: CryptoRng>(mut ws: WebSocket<'_, R>) {
    let talked: Result<(), Error> = async {
        ws.send("hello").await?;
        ws.recv().await?;
        ws.send(&[0x11; 1000][..]).await?;
        ws.recv().await?;
        ws.send("").await?;
        ws.recv().await?;
        ws.close(CloseCode::NORMAL, "done").await?;
        Ok(())
    }
    .await;
    talked.unwrap();
}

/// The masking key varies, and what it makes of the payload: `k` and `x` stand for their digits.
fn expected() -> Vec<String> {
    let masked = |len: usize| "x".repeat(2 * len);
    vec![
        "ws > head len=152".to_owned(),
        "ws < head len=129".to_owned(),
        format!("ws > fin=1 rsv1=0 opcode=1 len=5 masked=1 wire=8185kkkkkkkk{}", masked(5)),
        "ws < fin=1 rsv1=0 opcode=1 len=5 masked=0 wire=810568656c6c6f".to_owned(),
        format!(
            "ws > fin=1 rsv1=0 opcode=2 len=1000 masked=1 wire=82fe03e8kkkkkkkk{}+",
            masked(24)
        ),
        format!("ws < fin=1 rsv1=0 opcode=2 len=1000 masked=0 wire=827e03e8{}+", "11".repeat(28)),
        "ws > fin=1 rsv1=0 opcode=1 len=0 masked=1 wire=8180kkkkkkkk".to_owned(),
        "ws < fin=1 rsv1=0 opcode=1 len=0 masked=0 wire=8100".to_owned(),
        format!("ws > fin=1 rsv1=0 opcode=8 len=6 masked=1 wire=8886kkkkkkkk{}", masked(6)),
        "ws < fin=1 rsv1=0 opcode=8 len=2 masked=0 wire=880203e8".to_owned(),
    ]
}

fn assert_lines(lines: &[String]) {
    let expected = expected();
    assert_eq!(lines.len(), expected.len());
    for (line, expected) in lines.iter().zip(&expected) {
        assert_eq!(line.len(), expected.len(), "{line}\n{expected}");
        for (found, wanted) in line.chars().zip(expected.chars()) {
            let fits = match wanted {
                'k' | 'x' => found.is_ascii_hexdigit() || found == wanted,
                wanted => found == wanted,
            };
            assert!(fits, "{line}\n{expected}");
        }
    }
}

#[test]
fn each_frame_is_a_line() {
    assert_lines(&lines_of(async {
        let network = Network::new();
        host::serve(network.host, echo);
        let mut memory = PlainMemory::new();
        let connector = Connector::new(network.device);
        connector.run(&PLAIN, &REQUEST, memory.client(rng()), talk).await.unwrap();
    }));
}

#[test]
fn the_inspector_reads_the_lines() {
    let lines = lines_of(async {
        let network = Network::new();
        host::serve(network.host, echo);
        let mut memory = PlainMemory::new();
        let connector = Connector::new(network.device);
        connector.run(&PLAIN, &REQUEST, memory.client(rng()), talk).await.unwrap();
    });
    let report = socklet_wasm::inspect(lines.join("\n").as_bytes(), &Options::default()).unwrap();
    assert_eq!(report.format, Format::Log);
    let frames: Vec<_> = report.connections[0]
        .frames
        .iter()
        .map(|frame| (frame.from, frame.opcode, frame.payload_len, frame.present_len))
        .collect();
    let (client, server) = (Sender::Client, Sender::Server);
    assert_eq!(
        frames,
        [
            (client, 1, 5, 5),
            (server, 1, 5, 5),
            // Of what is longer than a line only the beginning is there.
            (client, 2, 1000, 24),
            (server, 2, 1000, 28),
            (client, 1, 0, 0),
            (server, 1, 0, 0),
            (client, 8, 6, 6),
            (server, 8, 2, 2),
        ]
    );
    assert_eq!(report.violations().count(), 0);
}

#[test]
fn over_tls_it_is_the_same() {
    let authority = Authority::root();
    assert_lines(&lines_of(async {
        let network = Network::new();
        host::serve_tls(network.host, authority.server(), echo);
        let mut memory = Box::new(SecureMemory::new());
        let connector = secure(&network, &authority);
        connector.run(&SECURE, &REQUEST, memory.client(rng()), talk).await.unwrap();
    }));
}

#[test]
fn what_follows_a_refusal_is_no_frame() {
    let lines = lines_of(async {
        let network = Network::new();
        host::serve(network.host, async |ws| {
            let reject = Reject::new(403).body(b"\x81\x05hello");
            let _ = ws.accept_with(|_| Decision::Reject(reject)).await;
        });
        let mut memory = PlainMemory::new();
        let connector = Connector::new(network.device);
        let session = connector.run(&PLAIN, &REQUEST, memory.client(rng()), async |_| ());
        assert!(session.await.is_err());
    });
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.iter().all(|line| line.contains(" head len=")), "{lines:?}");
}

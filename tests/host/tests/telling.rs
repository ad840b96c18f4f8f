//! What connections tell of themselves, by `tracing` or by `log`; and what they never tell.
#![cfg(any(feature = "tracing", feature = "log"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here fails a test")]

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use socklet_std::{Backoff, Client, CloseCode, Error, IntoTarget, Server};
use tokio::net::TcpListener;

/// What was told so far, each as a line: the connection, and what it says.
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn push(line: String) {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).push(line);
}

#[cfg(feature = "tracing")]
mod collector {
    use std::{
        fmt::{Debug, Write},
        sync::Mutex,
    };

    use tracing::{
        Event, Metadata, Subscriber,
        field::{Field, Visit},
        span::{Attributes, Id, Record},
    };

    /// Keeps the fields of every span, and writes a line for every event.
    #[derive(Default)]
    struct Collector(Mutex<Vec<String>>);

    struct Text<'a>(&'a mut String);

    impl Visit for Text<'_> {
        fn record_str(&mut self, _: &Field, value: &str) {
            write!(self.0, "{value} ").unwrap();
        }

        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            match field.name() {
                "message" => write!(self.0, "{value:?} ").unwrap(),
                name => write!(self.0, "{name}={value:?} ").unwrap(),
            }
        }
    }

    impl Subscriber for Collector {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.target().starts_with("socklet_std")
        }

        fn new_span(&self, span: &Attributes<'_>) -> Id {
            let mut spans = self.0.lock().unwrap();
            let mut text = String::new();
            span.record(&mut Text(&mut text));
            spans.push(text);
            Id::from_u64(spans.len() as u64)
        }

        fn record(&self, span: &Id, values: &Record<'_>) {
            let at = usize::try_from(span.into_u64()).unwrap() - 1;
            values.record(&mut Text(self.0.lock().unwrap().get_mut(at).unwrap()));
        }

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &Event<'_>) {
            let mut text = String::new();
            if let Some(span) = event.parent() {
                let at = usize::try_from(span.into_u64()).unwrap() - 1;
                let spans = self.0.lock().unwrap();
                write!(text, "{}: ", spans.get(at).unwrap().trim_end()).unwrap();
            }
            event.record(&mut Text(&mut text));
            super::push(text.trim_end().to_owned());
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    pub(super) fn install() {
        tracing::subscriber::set_global_default(Collector::default()).unwrap();
    }
}

#[cfg(not(feature = "tracing"))]
mod collector {
    use log::{LevelFilter, Log, Metadata, Record};

    struct Collector;

    impl Log for Collector {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn log(&self, record: &Record<'_>) {
            super::push(record.args().to_string());
        }

        fn flush(&self) {}
    }

    pub(super) fn install() {
        log::set_logger(&Collector).unwrap();
        log::set_max_level(LevelFilter::Trace);
    }
}

/// Takes the lines so far.
fn told() -> Vec<String> {
    std::mem::take(&mut *LINES.lock().unwrap())
}

fn expect(lines: &[String], parts: &[&str]) {
    let found = lines.iter().any(|line| parts.iter().all(|part| line.contains(part)));
    assert!(found, "no line with {parts:?} in {lines:#?}");
}

/// One test: the collector is the whole program's.
#[test]
fn connections_tell_their_life_and_no_secret() {
    collector::install();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = async {
            let (stream, _) = listener.accept().await.unwrap();
            let mut ws = Server::new().accept(stream).await.unwrap();
            while ws.recv().await.unwrap().is_some() {}
        };
        let url = format!("ws://{address}/chat?token=secret");
        let target = url.as_str().into_target().unwrap().header("Authorization", "secret");
        let client = async {
            let mut ws = Client::new().connect(target).await.unwrap();
            ws.send("secret").await.unwrap();
            ws.ping(b"secret").await.unwrap();
            ws.close(CloseCode::GOING_AWAY, "secret").await.unwrap();
        };
        tokio::join!(server, client);
        let lines = told();
        let client = format!("client ws://{address}/chat: ");
        for what in ["open", "Ping sent", "Pong received", "closed first by Local, with code 1001"]
        {
            expect(&lines, &[&client, what]);
        }
        for what in ["open", "Ping received", "closed first by Peer, with code 1001"] {
            expect(&lines, &["server /chat: ", what]);
        }
        assert!(!lines.iter().any(|line| line.contains("secret")), "{lines:#?}");

        // Nobody listens any more.
        drop(listener);
        let mut ws = Client::new()
            .reconnecting(move |_| {
                let url = url.clone();
                async { Ok(url) }
            })
            .backoff(Backoff::new(1).range(1, 1));
        let _ = tokio::time::timeout(Duration::from_millis(200), ws.recv()).await;
        let lines = told();
        expect(&lines, &[&client, "not opened: "]);
        expect(&lines, &["reconnect"]);
        assert!(!lines.iter().any(|line| line.contains("secret")), "{lines:#?}");
    });

    // The blocking stream tells the same.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/blocking", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || -> Result<(), Error> {
        let mut ws = Server::new().accept_blocking(listener.accept()?.0)?;
        while ws.recv()?.is_some() {}
        Ok(())
    });
    let mut ws = Client::new().connect_blocking(url.as_str()).unwrap();
    ws.ping(b"").unwrap();
    ws.close(CloseCode::NORMAL, "").unwrap();
    server.join().unwrap().unwrap();
    let lines = told();
    for what in ["open", "Ping sent", "Pong received", "closed first by Local"] {
        expect(&lines, &[&format!("client {url}: "), what]);
    }
    for what in ["open", "Ping received", "closed first by Peer"] {
        expect(&lines, &["server /blocking: ", what]);
    }
}

//! What happens on a connection, for people or, as JSON, for programs.

use std::{cell::RefCell, io, time::Duration};

use socklet_core::Message;
use socklet_std::{
    Closed, Side,
    dump::Direction,
    permessage_deflate::{Agreed, Context},
};
use socklet_wasm::json::Object;
use tokio::sync::Notify;

use crate::{clock, terminal};

/// Where events go.
#[derive(Default)]
pub(super) struct Output {
    is_json: bool,
    /// Why nothing can be printed any more.
    failure: RefCell<Option<io::Error>>,
    failed: Notify,
}

impl Output {
    pub(super) fn new(is_json: bool) -> Self {
        Self { is_json, ..Self::default() }
    }

    /// Tells that the connection is open.
    pub(super) fn opened(&self, url: &str, subprotocol: Option<&str>, agreed: Option<Agreed>) {
        self.event("open", |event| {
            event.string("url", url);
            if let Some(subprotocol) = subprotocol {
                event.string("subprotocol", subprotocol);
            }
            event.bool("compressed", agreed.is_some());
            let Some(Agreed { send, receive }) = agreed else { return };
            for (bits, takeover, Context { window_bits, takeover: is_kept, .. }) in [
                ("send_window_bits", "send_context_takeover", send),
                ("receive_window_bits", "receive_context_takeover", receive),
            ] {
                event.number(bits, window_bits.into());
                event.bool(takeover, is_kept);
            }
        });
    }

    /// Prints a message that has come.
    pub(super) fn received(&self, message: Message<'_>) {
        if self.is_json {
            self.message(Direction::Inbound, message);
        } else {
            self.note(terminal::message(message));
        }
    }

    /// Tells of a message that was sent.
    pub(super) fn sent(&self, message: Message<'_>) {
        self.message(Direction::Outbound, message);
    }

    fn message(&self, direction: Direction, message: Message<'_>) {
        self.event("message", |event| {
            event.string("direction", name(direction));
            match message {
                Message::Text(text) => event.string("text", text),
                Message::Binary(bytes) => event.bytes(bytes, false),
            }
        });
    }

    /// Tells of a Ping, in either direction.
    pub(super) fn ping(&self, direction: Direction, payload: &[u8]) {
        self.control("ping", direction, payload, None);
    }

    /// Tells of a Pong that has come, and how long it took.
    pub(super) fn pong(&self, payload: &[u8], elapsed: Option<Duration>) {
        self.control("pong", Direction::Inbound, payload, elapsed);
        if let Some(elapsed) = elapsed.filter(|_| !self.is_json) {
            terminal::note(format_args!("pong after {elapsed:.2?}"));
        }
    }

    fn control(&self, kind: &str, direction: Direction, payload: &[u8], elapsed: Option<Duration>) {
        self.event(kind, |event| {
            event.string("direction", name(direction));
            event.bytes(payload, false);
            if let Some(elapsed) = elapsed {
                event.number("elapsed_ns", elapsed.as_nanos().try_into().unwrap_or(u64::MAX));
            }
        });
    }

    /// Tells how the connection was closed.
    pub(super) fn closed(&self, closed: &Closed) {
        self.event("close", |event| {
            event.string("by", if closed.by == Side::Local { "client" } else { "server" });
            if let Some(code) = closed.code {
                event.number("code", code.0.into());
            }
            event.string("reason", &closed.reason);
        });
    }

    /// Tells a program what a person is told on standard error.
    pub(super) fn error(&self, error: &str) {
        self.event("error", |event| event.string("message", error));
    }

    /// Prints an event, if programs are told.
    fn event(&self, kind: &str, write: impl FnOnce(&mut Object<'_>)) {
        if !self.is_json {
            return;
        }
        let mut line = String::new();
        let mut event = Object::begin(&mut line, kind);
        event.string("time", &clock::now());
        write(&mut event);
        event.end();
        self.note(terminal::print(line.as_bytes()));
    }

    fn note(&self, printed: io::Result<()>) {
        if let Err(error) = printed {
            *self.failure.borrow_mut() = Some(error);
            self.failed.notify_one();
        }
    }

    /// Waits until something could not be printed.
    pub(super) async fn failure(&self) -> io::Error {
        loop {
            if let Some(error) = self.failure.take() {
                return error;
            }
            self.failed.notified().await;
        }
    }
}

const fn name(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "in",
        Direction::Outbound => "out",
    }
}

//! What both ends saw: printed as it happens, and compared at the end.

use std::{cell::RefCell, rc::Rc};

use socklet_std::dump::{Crossed, Direction, Entry};

use crate::Failure;

/// The frames that the client has to send.
const FROM_CLIENT: &[&str] = &[
    r#"TEXT fin masked 5 B "hello""#,
    "TEXT fin masked 20 B \"gr\u{fc}\u{df}e, \u{4e16}\u{754c} \u{1f980}\"",
    "BINARY fin masked 3 B 00ff80",
    r#"TEXT masked 9 B "once upon""#,
    "PING fin masked 7 B 6265747765656e",
    r#"CONTINUATION masked 7 B " a time""#,
    r#"CONTINUATION fin masked 4 B " ...""#,
    "BINARY masked 131072 B 000102",
    "CONTINUATION masked 131072 B",
    "CONTINUATION fin masked 37856 B",
    r#"TEXT fin masked 7 B "ping me""#,
    "PONG fin masked 14 B 61726520796f752074686572653f",
    r#"CLOSE fin masked 14 B 1000 "that was all""#,
];

/// The frames that the server has to send.
const FROM_SERVER: &[&str] = &[
    r#"TEXT fin 5 B "hello""#,
    "TEXT fin 20 B \"gr\u{fc}\u{df}e, \u{4e16}\u{754c} \u{1f980}\"",
    "BINARY fin 3 B 00ff80",
    "PONG fin 7 B 6265747765656e",
    r#"TEXT fin 20 B "once upon a time ...""#,
    "BINARY 131076 B 000102",
    "CONTINUATION 131076 B",
    "CONTINUATION fin 37848 B",
    "PING fin 14 B 61726520796f752074686572653f",
    r#"TEXT fin 7 B "ping me""#,
    r#"CLOSE fin 2 B 1000 """#,
];

/// One end's view.
#[derive(Debug, Default)]
struct View {
    sent: Vec<String>,
    received: Vec<String>,
    /// Whether the other end has ended its stream properly.
    end_seen: bool,
}

/// The views of both ends.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    client: Rc<RefCell<View>>,
    server: Rc<RefCell<View>>,
}

impl Transcript {
    /// Prints what happens next.
    pub(crate) fn explain(&self, what: &str) {
        println!("\n{what}");
    }

    /// What the client's layer reports to.
    pub(crate) fn of_client(&self) -> impl FnMut(&Entry<'_>) + Unpin + use<> {
        reporter("client", Rc::clone(&self.client))
    }

    /// What the server's layer reports to.
    pub(crate) fn of_server(&self) -> impl FnMut(&Entry<'_>) + Unpin + use<> {
        reporter("server", Rc::clone(&self.server))
    }

    /// Compares both views with each other and with what they have to be; says how many frames
    /// there were.
    pub(crate) fn check(&self) -> Result<usize, Failure> {
        let (client, server) = (self.client.borrow(), self.server.borrow());
        compare("from the client", &client.sent, &server.received, FROM_CLIENT)?;
        compare("from the server", &server.sent, &client.received, FROM_SERVER)?;
        if !(client.end_seen && server.end_seen) {
            return Err("an end of the stream was not seen".into());
        }
        Ok(client.sent.len() + client.received.len())
    }
}

fn reporter(end: &'static str, view: Rc<RefCell<View>>) -> impl FnMut(&Entry<'_>) + Unpin {
    move |entry| {
        println!("  {end} {entry}");
        let mut view = view.borrow_mut();
        match (entry.crossed, entry.direction) {
            (Crossed::Frame(frame), Direction::Outbound) => view.sent.push(frame.to_string()),
            (Crossed::Frame(frame), Direction::Inbound) => view.received.push(frame.to_string()),
            (Crossed::End { within: false }, Direction::Inbound) => view.end_seen = true,
            _ => {}
        }
    }
}

/// Compares the frames of one direction; of a long one the beginning is expected.
fn compare(
    what: &str,
    sent: &[String],
    received: &[String],
    expected: &[&str],
) -> Result<(), Failure> {
    if sent != received {
        return Err(format!("the frames {what} differ between both ends").into());
    }
    if sent.len() != expected.len() {
        return Err(format!("{} frames {what}, not {}", sent.len(), expected.len()).into());
    }
    for (frame, expected) in sent.iter().zip(expected) {
        let is_cut = frame.ends_with("...");
        if frame != expected && !(is_cut && frame.starts_with(expected)) {
            return Err(format!("{what}: expected {expected}, found {frame}").into());
        }
    }
    Ok(())
}

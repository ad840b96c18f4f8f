//! HTTP archives of browsers, whose `_webSocketMessages` hold messages, not frames.
//!
//! ```text
//! log.entries[]: request.{method, url, httpVersion, headers}, response.{status, headers},
//!                _webSocketMessages[]: { type: send | receive, time: seconds, opcode, data }
//! ```

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::{mem, ops::Range};

use super::{
    Capture, Damage, DamageKind, InputError, base64, beginning, find,
    json::{Reader, Value},
};
use crate::{
    Options,
    judge::{self, Verdict},
    report::{Connection, Kind, Message},
    stream::{Conversation, Moment, Sender, Stream},
};

/// A connection of which the messages are given, and no frames.
#[derive(Debug, Default)]
pub struct Given {
    url: String,
    request: Fields,
    response: Fields,
    status: String,
    messages: Vec<GivenMessage>,
}

/// Fields of a head: names and values.
type Fields = Vec<(String, String)>;

#[derive(Debug, Default)]
struct GivenMessage {
    /// `send` or `receive`.
    kind: String,
    time_ns: Option<u64>,
    is_binary: bool,
    /// The data as they stand in the input: text, or base64 of bytes.
    text: String,
    /// Where they are in it.
    at: usize,
    data: Vec<u8>,
}

pub(super) fn is_har(bytes: &[u8]) -> bool {
    let bytes = beginning(bytes);
    bytes.trim_ascii_start().starts_with(b"{") && find(bytes, 0, b"\"log\"").is_some()
}

pub(super) fn read(bytes: &[u8]) -> Result<Capture, InputError> {
    let mut given = Vec::new();
    Reader::new(bytes).value(0, &mut |path, value| {
        match (path.strip_prefix(".log.entries[]"), value) {
            (Some(""), None) => given.push(Given::default()),
            (Some(path), value) => {
                if let Some(entry) = given.last_mut() {
                    entry.take(path, value)?;
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    given.retain(|entry| !entry.messages.is_empty());
    if given.is_empty() {
        return Err(Damage { kind: DamageKind::NoMessages, offset: 0 });
    }
    for message in given.iter_mut().flat_map(|given| &mut given.messages) {
        let text = mem::take(&mut message.text).into_bytes();
        message.data = if message.is_binary { base64::decode(&text, message.at)? } else { text };
    }
    Ok(Capture { given, ..Capture::default() })
}

impl Given {
    /// Takes in what stands at a path of the entry.
    fn take(&mut self, path: &str, value: Option<Value<'_>>) -> Result<(), InputError> {
        let Some(value) = value else {
            match path {
                ".request.headers[]" => self.request.push(Default::default()),
                ".response.headers[]" => self.response.push(Default::default()),
                "._webSocketMessages[]" => self.messages.push(Default::default()),
                _ => {}
            }
            return Ok(());
        };
        let message = self.messages.last_mut();
        let text = match path {
            ".request.url" => Some(&mut self.url),
            ".request.headers[].name" => self.request.last_mut().map(|(name, _)| name),
            ".request.headers[].value" => self.request.last_mut().map(|(_, value)| value),
            ".response.headers[].name" => self.response.last_mut().map(|(name, _)| name),
            ".response.headers[].value" => self.response.last_mut().map(|(_, value)| value),
            "._webSocketMessages[].type" => message.map(|message| &mut message.kind),
            "._webSocketMessages[].data" => message.map(|message| {
                message.at = value.start();
                &mut message.text
            }),
            _ => {
                let number = value.number();
                match (path, message) {
                    (".response.status", _) => self.status = number.to_owned(),
                    ("._webSocketMessages[].time", Some(message)) => {
                        message.time_ns = seconds(number);
                    }
                    ("._webSocketMessages[].opcode", Some(message)) => {
                        message.is_binary = number == "2";
                    }
                    _ => {}
                }
                None
            }
        };
        if let Some(text) = text {
            *text = value.text()?;
        }
        Ok(())
    }
}

/// Reads seconds with a fraction as nanoseconds, without the rounding of floating point.
pub(super) fn seconds(number: &str) -> Option<u64> {
    let mut whole = 0_u64;
    let mut fraction_ns = 0_u64;
    let mut fraction_len = None;
    for byte in number.bytes() {
        let digit = u64::from(byte.wrapping_sub(b'0'));
        match fraction_len {
            None if byte == b'.' => fraction_len = Some(0_u32),
            _ if digit > 9 => return None,
            None => whole = whole.checked_mul(10)?.checked_add(digit)?,
            Some(len @ 0..9) => {
                fraction_ns = fraction_ns.wrapping_mul(10).wrapping_add(digit);
                fraction_len = Some(len + 1);
            }
            Some(_) => {}
        }
    }
    for _ in fraction_len.unwrap_or(0)..9 {
        fraction_ns = fraction_ns.wrapping_mul(10);
    }
    whole.checked_mul(1_000_000_000)?.checked_add(fraction_ns)
}

impl Given {
    /// Judges the handshake as far as the archive tells of it, and takes the messages.
    #[must_use]
    pub fn judge(self, options: &Options) -> Connection {
        let (host, target) = target(&self.url);
        // Browsers leave out what they have not kept: then there is nothing to be judged.
        let request = head(["GET ", target, " HTTP/1.1"], &self.request, "Sec-WebSocket-Key");
        let response =
            head(["HTTP/1.1 ", &self.status, ""], &self.response, "Sec-WebSocket-Accept");
        let conversation = Conversation {
            is_first_client: true,
            first: request,
            second: response,
            names: Some((String::from("browser"), host.to_owned())),
        };
        let mut connection = judge::judge(conversation, options);
        connection.ending.verdict = Verdict::Open;
        for (order, message) in (0..).zip(self.messages) {
            connection.messages.push(Message {
                from: if message.kind == "receive" { Sender::Server } else { Sender::Client },
                kind: if message.is_binary { Kind::Binary } else { Kind::Text },
                first_frame: 0,
                frames: 0,
                is_whole: true,
                is_compressed: false,
                wire_len: 0,
                len: message.data.len() as u64,
                inflated: 0..0,
                history_len: 0,
                window_len: 0,
                unknown: Vec::new(),
                cut: None,
                given: Some(message.data),
                moment: Moment { order, time_ns: message.time_ns },
            });
        }
        connection
    }
}

/// A head with this first line, if the field is there that tells that it was kept.
fn head(line: [&str; 3], fields: &Fields, kept: &str) -> Stream {
    let mut head = String::new();
    let mut push = |parts: &[&str]| {
        for part in parts {
            head.push_str(part);
        }
        head.push_str("\r\n");
    };
    push(&line);
    let mut is_kept = false;
    for (name, value) in fields {
        is_kept |= name.eq_ignore_ascii_case(kept);
        // Names of HTTP/2 that are no fields.
        if !name.starts_with(':') {
            push(&[name, ": ", value]);
        }
    }
    push(&[]);
    if is_kept { Stream::of(head.into_bytes()) } else { Stream::default() }
}

/// The host and the target of a URL.
fn target(url: &str) -> (&str, &str) {
    let bytes = url.as_bytes();
    let start = find(bytes, 0, b"://").map_or(0, |at| at + 3);
    let behind = |from: usize, marks: &[u8]| {
        let found = bytes.iter().skip(from).position(|byte| marks.contains(byte));
        found.map_or(bytes.len(), |at| from + at)
    };
    let end = behind(0, b"#");
    let at = behind(start, b"/?#");
    let part = |range: Range<usize>| url.get(range).unwrap_or_default();
    (part(start..at), if at < end { part(at..end) } else { "/" })
}

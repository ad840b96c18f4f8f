//! HTTP archives of browsers, whose `_webSocketMessages` hold messages, not frames.
//!
//! ```text
//! log.entries[]: request.{method, url, httpVersion, headers}, response.{status, headers},
//!                _webSocketMessages[]: { type: send | receive, time: seconds, opcode, data }
//! ```

use alloc::{string::String, vec::Vec};

use super::{
    Capture, DamageKind, Failure, base64, beginning, fail, find,
    json::{Reader, Value},
};
use crate::{
    Options,
    judge::{self, Verdict},
    report::{Connection, Kind, Message},
    stream::{Conversation, Moment, Sender, Stream},
    text::{lossy, run_len},
};

/// A connection of which the messages are given, and no frames.
#[derive(Debug, Default)]
pub struct Given {
    url: String,
    request: Fields,
    response: Fields,
    status: Vec<u8>,
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
    /// Text, or bytes; while an archive is read these are in base64.
    data: Vec<u8>,
    /// Where in the input they are.
    at: usize,
}

pub(super) fn is_har(bytes: &[u8]) -> bool {
    let bytes = beginning(bytes);
    bytes.trim_ascii_start().starts_with(b"{") && find(bytes, 0, b"\"log\"").is_some()
}

pub(super) fn read(bytes: &[u8], capture: &mut Capture) -> Result<(), Failure> {
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
    for mut entry in given {
        for message in &mut entry.messages {
            if message.is_binary {
                message.data = base64::decode(&message.data, message.at)?;
            }
        }
        if !entry.messages.is_empty() {
            capture.given.push(entry);
        }
    }
    if capture.given.is_empty() { Err(fail(DamageKind::NoMessages, 0)) } else { Ok(()) }
}

impl Given {
    /// Takes in what stands at a path of the entry.
    fn take(&mut self, path: &str, value: Option<Value<'_>>) -> Result<(), Failure> {
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
            _ => {
                let number = value.number();
                match (path, message) {
                    (".response.status", _) => self.status = number.to_vec(),
                    ("._webSocketMessages[].time", Some(message)) => {
                        message.time_ns = seconds(number);
                    }
                    ("._webSocketMessages[].opcode", Some(message)) => {
                        message.is_binary = number == b"2";
                    }
                    ("._webSocketMessages[].data", Some(message)) => {
                        message.at = value.start();
                        message.data = value.text()?.into_bytes();
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
pub(super) fn seconds(text: &[u8]) -> Option<u64> {
    const DIGITS: u32 = 9;
    let mut number = 0_u64;
    let mut fraction_len = None;
    let mut push = |digit: u8| {
        number = number.checked_mul(10)?.checked_add(digit.into())?;
        Some(())
    };
    for byte in text {
        match (byte, &mut fraction_len) {
            (b'.', None) => fraction_len = Some(0),
            (b'0'..=b'9', Some(DIGITS)) => {}
            (b'0'..=b'9', len) => {
                push(byte & 0xf)?;
                *len = len.map(|len| len + 1);
            }
            _ => return None,
        }
    }
    for _ in fraction_len.unwrap_or(0)..DIGITS {
        push(0)?;
    }
    Some(number)
}

impl Given {
    /// Judges the handshake as far as the archive tells of it, and takes the messages.
    #[must_use]
    pub fn judge(self, options: &Options) -> Connection {
        let (host, target) = target(self.url.as_bytes());
        // Browsers leave out what they have not kept: then there is nothing to be judged.
        let request = head([b"GET ", target, b" HTTP/1.1"], &self.request, "Sec-WebSocket-Key");
        let response =
            head([b"HTTP/1.1 ", &self.status, b""], &self.response, "Sec-WebSocket-Accept");
        let conversation = Conversation {
            is_first_client: true,
            first: request,
            second: response,
            names: Some((String::from("browser"), lossy(host))),
        };
        let mut connection = judge::judge(conversation, options);
        connection.ending.verdict = Verdict::Open;
        for (order, message) in (0..).zip(self.messages) {
            let from = if message.kind == "receive" { Sender::Server } else { Sender::Client };
            let kind = if message.is_binary { Kind::Binary } else { Kind::Text };
            let moment = Moment { order, time_ns: message.time_ns };
            let mut given = Message::new(from, kind, moment);
            given.is_whole = true;
            given.len = message.data.len() as u64;
            given.given = Some(message.data);
            connection.messages.push(given);
        }
        connection
    }
}

/// A head with this first line, if the field is there that tells that it was kept.
fn head(line: [&[u8]; 3], fields: &Fields, kept: &str) -> Stream {
    let mut head = Vec::new();
    let mut push = |parts: [&[u8]; 3]| {
        for part in parts {
            head.extend_from_slice(part);
        }
        head.extend_from_slice(b"\r\n");
    };
    push(line);
    let mut is_kept = false;
    for (name, value) in fields {
        is_kept |= name.eq_ignore_ascii_case(kept);
        // Names of HTTP/2 that are no fields.
        if !name.starts_with(':') {
            push([name.as_bytes(), b": ", value.as_bytes()]);
        }
    }
    push([b""; 3]);
    if is_kept { Stream::of(head) } else { Stream::default() }
}

/// The host and the target of a URL.
fn target(url: &[u8]) -> (&[u8], &[u8]) {
    let start = find(url, 0, b"://").map_or(0, |at| at + 3);
    let whole = url.get(start..).unwrap_or_default();
    let whole = whole.get(..run_len(whole, |byte| *byte != b'#')).unwrap_or_default();
    let host_len = run_len(whole, |byte| !matches!(byte, b'/' | b'?'));
    let (host, target) = whole.split_at_checked(host_len).unwrap_or_default();
    (host, if target.is_empty() { b"/" } else { target })
}

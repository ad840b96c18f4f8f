//! HTTP archives of browsers, whose `_webSocketMessages` hold messages, not frames.
//!
//! ```text
//! log.entries[]: request.{method, url, httpVersion, headers}, response.{status, headers},
//!                _webSocketMessages[]: { type: send | receive, time: seconds, opcode, data }
//! ```
//! In JavaScript, which has a reader of JSON, `wasm/npm/src/archive.js` does this.

use alloc::{boxed::Box, vec::Vec};

use super::{
    Capture, DamageKind, Failure, Given, fail, find,
    json::{Reader, Value},
};
use crate::{report::Kind, stream::Sender, text::run_len};

/// A connection as it stands in an archive.
#[derive(Default)]
struct Entry {
    url: Vec<u8>,
    status: Vec<u8>,
    request: Vec<Field>,
    response: Vec<Field>,
    messages: Vec<Message>,
}

/// A field of a head: name and value.
type Field = (Vec<u8>, Vec<u8>);

#[derive(Default)]
struct Message {
    /// `send` or `receive`.
    kind: Vec<u8>,
    time: Vec<u8>,
    opcode: Vec<u8>,
    /// Text, or base64 of bytes.
    data: Vec<u8>,
    /// Where in the input the data are.
    at: usize,
}

pub(super) fn read(bytes: &[u8], capture: &mut Capture) -> Result<(), Failure> {
    let mut entries = Vec::new();
    Reader::new(bytes).value(0, &mut |path, value| {
        match (path.strip_prefix(".log.entries[]"), value) {
            (Some(""), None) => entries.push(Entry::default()),
            (Some(path), value) => {
                if let Some(entry) = entries.last_mut() {
                    entry.take(path, value)?;
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    for entry in entries.into_iter().filter(|entry| !entry.messages.is_empty()) {
        capture.given.push(entry.given()?);
    }
    if capture.given.is_empty() { Err(fail(DamageKind::NoMessages, 0)) } else { Ok(()) }
}

impl Entry {
    /// Takes in what stands at a path of the entry.
    fn take(&mut self, path: &str, value: Option<Value<'_>>) -> Result<(), Failure> {
        let Self { url, status, request, response, messages } = self;
        let Some(value) = value else {
            match path {
                ".request.headers[]" => request.push(Field::default()),
                ".response.headers[]" => response.push(Field::default()),
                "._webSocketMessages[]" => messages.push(Message::default()),
                _ => {}
            }
            return Ok(());
        };
        let message = messages.last_mut();
        let (place, is_number) = match path {
            ".request.url" => (Some(url), false),
            ".request.headers[].name" => (request.last_mut().map(|(name, _)| name), false),
            ".request.headers[].value" => (request.last_mut().map(|(_, value)| value), false),
            ".response.status" => (Some(status), true),
            ".response.headers[].name" => (response.last_mut().map(|(name, _)| name), false),
            ".response.headers[].value" => (response.last_mut().map(|(_, value)| value), false),
            "._webSocketMessages[].type" => (message.map(|message| &mut message.kind), false),
            "._webSocketMessages[].time" => (message.map(|message| &mut message.time), true),
            "._webSocketMessages[].opcode" => (message.map(|message| &mut message.opcode), true),
            "._webSocketMessages[].data" => {
                let data = message.map(|message| {
                    message.at = value.start();
                    &mut message.data
                });
                (data, false)
            }
            _ => (None, true),
        };
        if let Some(place) = place {
            *place = if is_number { value.number().to_vec() } else { value.text()?.into_bytes() };
        }
        Ok(())
    }

    fn given(self) -> Result<Given, Failure> {
        let (host, target) = target(&self.url);
        // Browsers leave out what they have not kept: then there is nothing to be judged.
        let request = head([b"GET ", target, b" HTTP/1.1"], &self.request, b"Sec-WebSocket-Key");
        let status = [b"HTTP/1.1 ", &*self.status, b""];
        let response = head(status, &self.response, b"Sec-WebSocket-Accept");
        let mut given = Given::new(host, &request, &response);
        for Message { kind, time, opcode, data, at } in self.messages {
            let from = if kind == b"receive" { Sender::Server } else { Sender::Client };
            let kind = if opcode == b"2" { Kind::Binary } else { Kind::Text };
            given.message(from, kind, &time, data, at).map_err(Box::new)?;
        }
        Ok(given)
    }
}

/// A head with this first line, if the field is there that tells that it was kept.
fn head(line: [&[u8]; 3], fields: &[Field], kept: &[u8]) -> Vec<u8> {
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
        if !name.starts_with(b":") {
            push([name, b": ", value]);
        }
    }
    push([b""; 3]);
    if is_kept { head } else { Vec::new() }
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

//! HTTP archives of browsers, whose `_webSocketMessages` hold messages, not frames.
//!
//! ```text
//! log.entries[]: request.{method, url, httpVersion, headers}, response.{status, headers},
//!                _webSocketMessages[]: { type: send | receive, time: seconds, opcode, data }
//! ```

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use super::{Capture, Damage, DamageKind, InputError, base64, beginning, json::Reader};
use crate::{
    Options,
    judge::{self, Verdict},
    report::{Connection, Kind, Message},
    stream::{Conversation, Moment, Sender, Stream},
    text::push_number,
};

/// A connection of which the messages are given, and no frames.
#[derive(Debug, Default)]
pub struct Given {
    url: String,
    request: Head,
    response: Head,
    status: u32,
    messages: Vec<GivenMessage>,
}

#[derive(Debug, Default)]
struct Head {
    fields: Vec<(String, String)>,
}

#[derive(Debug, Default)]
struct GivenMessage {
    is_received: bool,
    time_ns: Option<u64>,
    opcode: u32,
    data: String,
    /// Where the data are in the input.
    at: usize,
}

pub(super) fn is_har(bytes: &[u8]) -> bool {
    let bytes = beginning(bytes);
    let has = |what: &[u8]| bytes.windows(what.len()).any(|window| window == what);
    bytes.trim_ascii_start().starts_with(b"{") && has(b"\"log\"")
}

pub(super) fn read(bytes: &[u8]) -> Result<Capture, InputError> {
    let mut given = Vec::new();
    let mut reader = Reader::new(bytes);
    reader.object(&mut |reader, name| {
        if name != "log" {
            return Ok(false);
        }
        reader.object(&mut |reader, name| {
            if name != "entries" {
                return Ok(false);
            }
            reader.array(&mut |reader| {
                let entry = entry(reader)?;
                if !entry.messages.is_empty() {
                    given.push(entry);
                }
                Ok(())
            })?;
            Ok(true)
        })?;
        Ok(true)
    })?;
    if given.is_empty() {
        return Err(Damage { kind: DamageKind::NoMessages, offset: 0 });
    }
    for message in given.iter().flat_map(|given| &given.messages) {
        if message.opcode == 2 {
            base64::decode(message.data.as_bytes(), message.at)?;
        }
    }
    Ok(Capture { given, ..Capture::default() })
}

fn entry(reader: &mut Reader<'_>) -> Result<Given, InputError> {
    let mut given = Given::default();
    reader.object(&mut |reader, name| {
        match name {
            "request" => reader.object(&mut |reader, name| {
                match name {
                    "url" => given.url = reader.string()?,
                    "headers" => given.request.fields = headers(reader)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?,
            "response" => reader.object(&mut |reader, name| {
                match name {
                    "status" => given.status = reader.number()?.parse().unwrap_or(0),
                    "headers" => given.response.fields = headers(reader)?,
                    _ => return Ok(false),
                }
                Ok(true)
            })?,
            "_webSocketMessages" => reader.array(&mut |reader| {
                given.messages.push(message(reader)?);
                Ok(())
            })?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(given)
}

fn headers(reader: &mut Reader<'_>) -> Result<Vec<(String, String)>, InputError> {
    let mut fields = Vec::new();
    reader.array(&mut |reader| {
        let (mut field, mut value) = (String::new(), String::new());
        reader.object(&mut |reader, name| {
            match name {
                "name" => field = reader.string()?,
                "value" => value = reader.string()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        fields.push((field, value));
        Ok(())
    })?;
    Ok(fields)
}

fn message(reader: &mut Reader<'_>) -> Result<GivenMessage, InputError> {
    let mut message = GivenMessage::default();
    reader.object(&mut |reader, name| {
        match name {
            "type" => message.is_received = reader.string()? == "receive",
            "time" => message.time_ns = seconds(reader.number()?),
            "opcode" => message.opcode = reader.number()?.parse().unwrap_or(0),
            "data" => {
                reader.peek();
                message.at = reader.offset();
                message.data = reader.string()?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(message)
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
                fraction_len = Some(len.saturating_add(1));
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
        let mut request = format_head("GET ", target, " HTTP/1.1");
        let mut response = String::from("HTTP/1.1 ");
        push_number(&mut response, self.status.into());
        response.push_str("\r\n");
        self.request.write(&mut request);
        self.response.write(&mut response);
        // Browsers leave out what they have not kept: then there is nothing to be judged.
        let is_kept = |head: &Head, name: &str| {
            head.fields.iter().any(|(field, _)| field.eq_ignore_ascii_case(name))
        };
        let mut conversation = Conversation { is_first_client: true, ..Conversation::default() };
        if is_kept(&self.request, "Sec-WebSocket-Key") {
            conversation.first = Stream::of(request.into_bytes());
        }
        if is_kept(&self.response, "Sec-WebSocket-Accept") {
            conversation.second = Stream::of(response.into_bytes());
        }
        conversation.names = Some((String::from("browser"), host.to_owned()));
        let mut connection = judge::judge(conversation, options);
        connection.ending.verdict = Verdict::Open;
        for (order, message) in (0..).zip(self.messages) {
            let (kind, data) = match message.opcode {
                2 => (Kind::Binary, base64::decode(message.data.as_bytes(), 0).unwrap_or_default()),
                _ => (Kind::Text, message.data.into_bytes()),
            };
            connection.messages.push(Message {
                from: if message.is_received { Sender::Server } else { Sender::Client },
                kind,
                first_frame: 0,
                frames: 0,
                is_whole: true,
                is_compressed: false,
                wire_len: 0,
                len: data.len() as u64,
                inflated: 0..0,
                history_len: 0,
                window_len: 0,
                unknown: Vec::new(),
                cut: None,
                given: Some(data),
                moment: Moment { order, time_ns: message.time_ns },
            });
        }
        connection
    }
}

impl Head {
    fn write(&self, out: &mut String) {
        for (name, value) in &self.fields {
            // Names of HTTP/2 that are no fields.
            if name.starts_with(':') {
                continue;
            }
            out.push_str(name);
            out.push_str(": ");
            out.push_str(value);
            out.push_str("\r\n");
        }
        out.push_str("\r\n");
    }
}

fn format_head(before: &str, target: &str, behind: &str) -> String {
    let mut head = String::from(before);
    head.push_str(target);
    head.push_str(behind);
    head.push_str("\r\n");
    head
}

/// The host and the target of a URL.
fn target(url: &str) -> (&str, &str) {
    let bytes = url.as_bytes();
    let scheme = bytes.windows(3).position(|window| window == b"://");
    let start = scheme.map_or(0, |at| at.saturating_add(3));
    let end = bytes.iter().position(|byte| *byte == b'#').unwrap_or(bytes.len());
    let rest = url.get(start..end).unwrap_or_default();
    let slash = rest.bytes().position(|byte| matches!(byte, b'/' | b'?'));
    slash.and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, "/"))
}

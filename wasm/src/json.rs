//! A report for programs: one JSON object a line.
//!
//! The schema is versioned by the first line's `schema`; names and meanings in it stay, more may
//! come. Offsets and lengths are bytes, times are nanoseconds as strings: JSON's numbers cannot hold
//! them.
//!
//! | `type` | is |
//! |---|---|
//! | `capture` | the first line: how the input was read, notes, damage |
//! | `connection` | endpoints, handshake, inferences |
//! | `frame` | a frame |
//! | `message` | a message: `text`, `hex`, or `parts` where something is unknown |
//! | `violation` | a violation |
//! | `ending` | how the connection ended |

mod object;

use alloc::string::String;

use socklet_core::trace::Parameter;

pub use crate::text::push_number;
use crate::{
    input::DamageKind,
    judge::{Close, Tail, close_code_line, explain, explain_agreed},
    report::{Connection, Frame, Kind, Message, Report},
    stream::Sender,
    violation::Violation,
};
pub use object::Object;

/// The name and version of the schema.
pub const SCHEMA: &str = "socklet-inspect/1";

/// Writes a whole report.
#[must_use]
pub fn report(report: &Report) -> String {
    let mut out = String::new();
    capture(report, &mut out);
    for (number, connection) in (0..).zip(&report.connections) {
        self::connection(connection, number, &mut out);
        for (at, frame) in (0..).zip(&connection.frames) {
            self::frame(connection, frame, number, at, &mut out);
        }
        for at in 0..connection.messages.len() {
            message(connection, number, at as u32, &mut out);
        }
        judgement(connection, number, &mut out);
    }
    out
}

/// Writes the lines about a connection as a whole: about itself, violations, ending.
pub fn about(connection: &Connection, number: u64, out: &mut String) {
    self::connection(connection, number, out);
    judgement(connection, number, out);
}

/// Writes what is found in the end.
fn judgement(connection: &Connection, number: u64, out: &mut String) {
    for violation in &connection.violations {
        self::violation(violation, number, out);
    }
    ending(connection, number, out);
}

/// Writes the line about the input.
pub fn capture(report: &Report, out: &mut String) {
    let mut object = Object::begin(out, "capture");
    object.string("schema", SCHEMA);
    object.string("format", report.format.name());
    object.bool("guessed", report.is_guess);
    object.number("connections", report.connections.len() as u64);
    object.open_list("notes");
    for note in &report.notes {
        let (count, line) = note.line();
        let mut text = String::new();
        if let Some(count) = count {
            push_number(&mut text, count.into());
            text.push(' ');
        }
        text.push_str(line);
        object.element(&text);
    }
    object.close_list();
    if let Some(damage) = report.damage {
        object.open("damage");
        object.number("offset", damage.offset);
        if let DamageKind::LinkType(link_type) = damage.kind {
            object.number("link_type", link_type.into());
        }
        object.string("line", damage.kind.line());
        object.close();
    }
    object.end();
}

/// Writes the line about a connection.
fn connection(connection: &Connection, number: u64, out: &mut String) {
    let mut object = Object::begin(out, "connection");
    object.number("connection", number);
    if let Some((client, server)) = &connection.names {
        object.string("client", client);
        object.string("server", server);
    }
    let handshake = &connection.handshake;
    object.bool("handshake", handshake.is_seen());
    object.optional("target", &handshake.target);
    object.optional("accept_expected", &handshake.accept);
    object.optional("accept", &handshake.accept_found);
    object.optional("subprotocol", &handshake.subprotocol);
    object.optional("extensions_offered", &handshake.offered_extensions);
    object.optional("extensions", &handshake.extensions);
    if let Some(status) = handshake.status {
        object.number("status", status.into());
    }
    if !handshake.offered_subprotocols.is_empty() {
        object.open_list("subprotocols_offered");
        for name in &handshake.offered_subprotocols {
            object.element(name);
        }
        object.close_list();
    }
    for (from, name) in &[(Sender::Client, "client_deflate"), (Sender::Server, "server_deflate")] {
        if let Some(context) = connection.context(*from) {
            object.open(name);
            object.number("window_bits", context.window_bits.into());
            object.bool("context_takeover", context.takeover);
            object.close();
        }
    }
    if connection.omitted_violations != 0 {
        object.number("violations_omitted", connection.omitted_violations);
    }
    object.open_list("explained");
    for (name, value) in explain_agreed(handshake) {
        let mut text = String::from(name);
        if let Parameter::Bits(bits) = value {
            text.push('=');
            push_number(&mut text, bits.into());
        }
        text.push_str(": ");
        text.push_str(explain(name, false));
        object.element(&text);
    }
    object.close_list();
    object.open_list("inferred");
    for inference in &connection.inferences {
        object.element(inference.line());
    }
    object.close_list();
    for (from, name) in &[(Sender::Client, "client_gaps"), (Sender::Server, "server_gaps")] {
        let stream = connection.stream(*from);
        object.open_list(name);
        for gap in stream.gaps() {
            object.open_element();
            object.number("offset", stream.offset(gap.at).saturating_sub(gap.len));
            object.number("len", gap.len);
            object.close();
        }
        object.close_list();
    }
    object.end();
}

/// Writes the line about a frame.
fn frame(connection: &Connection, frame: &Frame, number: u64, frame_number: u64, out: &mut String) {
    let stream = connection.stream(frame.from);
    let mut object = Object::begin(out, "frame");
    object.number("connection", number);
    object.number("frame", frame_number);
    object.string("from", frame.from.name());
    object.nanoseconds("time_ns", frame.moment.time_ns);
    object.number("offset", stream.offset(frame.start));
    if let Some(source) = stream.source(frame.start) {
        object.number("file_offset", source);
    }
    object.string("opcode", frame.opcode_name());
    object.number("opcode_bits", frame.opcode.into());
    object.bool("fin", frame.fin);
    object.bool("rsv1", frame.reserved & 0x40 != 0);
    object.bool("rsv2", frame.reserved & 0x20 != 0);
    object.bool("rsv3", frame.reserved & 0x10 != 0);
    if let Some(key) = frame.masking_key {
        object.hex("masking_key", &key);
    }
    object.number("header_len", frame.header_len.into());
    object.number("payload_len", frame.payload_len);
    if frame.present_len as u64 != frame.payload_len {
        object.number("present_len", frame.present_len as u64);
    }
    if let Some(len) = frame.inflated_len {
        object.number("inflated_len", len);
    }
    if let Some(message) = frame.message {
        object.number("message", message.into());
    }
    if frame.is_control() {
        object.parts(&connection.payload(frame), frame.opcode != 0x8);
    }
    object.string("verdict", frame.verdict.map_or("ok", |rule| rule.entry().id));
    object.end();
}

/// Writes the line about a message.
fn message(connection: &Connection, number: u64, message_number: u32, out: &mut String) {
    let Some(message) = connection.messages.get(message_number as usize) else { return };
    let Message { kind, is_compressed, .. } = *message;
    let mut object = Object::begin(out, "message");
    object.number("connection", number);
    object.number("message", message_number.into());
    object.string("from", message.from.name());
    object.nanoseconds("time_ns", message.moment.time_ns);
    object.string("kind", if kind == Kind::Text { "text" } else { "binary" });
    if message.given.is_none() {
        object.number("first_frame", message.first_frame.into());
        object.number("frames", message.frames.into());
        object.number("wire_len", message.wire_len);
    }
    object.bool("compressed", is_compressed);
    object.number("len", message.len);
    object.bool("whole", message.is_whole && message.cut.is_none());
    if let Some(cut) = message.cut {
        object.string("cut", cut.line());
    }
    object.parts(&connection.message(message_number), kind == Kind::Text);
    object.end();
}

/// Writes the line about a violation.
fn violation(violation: &Violation, number: u64, out: &mut String) {
    let entry = violation.rule.entry();
    let mut object = Object::begin(out, "violation");
    object.number("connection", number);
    object.string("id", entry.id);
    object.string("from", violation.from.name());
    object.number("offset", violation.offset);
    if let Some(source) = violation.source {
        object.number("file_offset", source);
    }
    if let Some(frame) = violation.frame {
        object.number("frame", frame.into());
    }
    if let Some(offset) = violation.message_offset {
        object.number("message_offset", offset);
    }
    object.number("rfc", entry.rfc.into());
    object.string("section", entry.section);
    object.string("line", entry.line);
    object.bool("fails_connection", violation.is_first);
    if let Some(code) = violation.rule.close_code() {
        object.number("close_code", code.into());
    }
    object.end();
}

/// Writes the line about the ending.
fn ending(connection: &Connection, number: u64, out: &mut String) {
    let ending = &connection.ending;
    let mut object = Object::begin(out, "ending");
    object.number("connection", number);
    object.string("verdict", ending.verdict.id());
    object.string("line", ending.verdict.line());
    if let Some(by) = ending.verdict.by() {
        object.string("by", by.name());
    }
    let ([client, server], [client_tail, server_tail]) = (&ending.closes, ending.tails);
    side(&mut object, "client", client.as_ref(), client_tail);
    side(&mut object, "server", server.as_ref(), server_tail);
    object.nanoseconds("idle_ns", ending.idle_ns);
    if let Some(timeout) = ending.proxy_timeout_s {
        object.number("proxy_timeout_s", timeout.into());
    }
    object.end();
}

/// Writes the end of a direction, if there is something to say of it.
fn side(object: &mut Object<'_>, from: &str, close: Option<&Close>, tail: Tail) {
    if close.is_none() && tail == Tail::Whole {
        return;
    }
    object.open(from);
    if let Some(close) = close {
        object.number("close_frame", close.frame.into());
        if let Some(code) = close.code {
            object.number("code", code.into());
            object.string("meaning", close_code_line(code));
        }
        object.string("reason", &close.reason);
    }
    match tail {
        Tail::Whole => {}
        Tail::InHeader => object.string("ends", "within a header"),
        Tail::InPayload(missing) => {
            object.string("ends", "within a payload");
            object.number("missing_len", missing);
        }
        Tail::Unreadable(_) => object.string("ends", "where no frame can be told"),
    }
    object.close();
}

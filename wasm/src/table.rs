//! A report for a terminal: a table of frames, the violations, the ending.

use alloc::string::String;

use crate::{
    judge::{Close, Tail, close_code_line, explain, explain_agreed},
    report::{Connection, Frame, Kind, Part, Report},
    stream::Sender,
    text::{push_fraction, push_hex, push_left, push_number, push_right, push_shown},
    violation::Violation,
};
use socklet_core::trace::Parameter;

/// Characters of a payload that are shown.
const PREVIEW_LEN: usize = 48;

/// Writes a whole report.
#[must_use]
pub fn report(report: &Report) -> String {
    let mut out = String::new();
    out.push_str("input: ");
    out.push_str(report.format.name());
    out.push_str(if report.is_guess { " (recognised)\n" } else { "\n" });
    for note in &report.notes {
        let (count, line) = note.line();
        out.push_str("note: ");
        if let Some(count) = count {
            push_number(&mut out, count.into());
            out.push(' ');
        }
        out.push_str(line);
        out.push('\n');
    }
    if let Some(damage) = report.damage {
        out.push_str("damage: ");
        out.push_str(damage.kind.line());
        out.push_str(", at byte ");
        push_number(&mut out, damage.offset);
        out.push('\n');
    }
    if report.connections.is_empty() {
        out.push_str("no WebSocket connection\n");
    }
    for (number, connection) in (1..).zip(&report.connections) {
        self::connection(connection, number, &mut out);
    }
    out
}

/// Writes what is known of a connection.
fn connection(connection: &Connection, number: u64, out: &mut String) {
    out.push_str("\nconnection ");
    push_number(out, number);
    if let Some((client, server)) = &connection.names {
        out.push_str(": ");
        push_shown(out, client);
        out.push_str(" -> ");
        push_shown(out, server);
    }
    out.push('\n');
    handshake(connection, out);
    for inference in &connection.inferences {
        out.push_str("inferred: ");
        out.push_str(inference.line());
        out.push('\n');
    }
    for from in Sender::BOTH {
        let stream = connection.stream(from);
        for gap in stream.gaps() {
            out.push_str("gap: ");
            push_number(out, gap.len);
            out.push_str(" bytes of the ");
            out.push_str(from.name());
            out.push_str(" are missing at ");
            push_number(out, stream.offset(gap.at).saturating_sub(gap.len));
            out.push('\n');
        }
    }
    if !connection.frames.is_empty() {
        out.push_str(
            "\n     #  from     offset opcode        flags      wire    inflated  payload\n",
        );
    }
    for (at, frame) in (0..).zip(&connection.frames) {
        self::frame(connection, frame, at, out);
    }
    if connection.frames.is_empty() {
        messages(connection, out);
    }
    out.push('\n');
    for violation in &connection.violations {
        self::violation(violation, out);
    }
    if connection.omitted_violations != 0 {
        out.push_str("and ");
        push_number(out, connection.omitted_violations);
        out.push_str(" violations more\n");
    }
    ending(connection, out);
}

fn handshake(connection: &Connection, out: &mut String) {
    let handshake = &connection.handshake;
    if !handshake.is_seen() {
        return;
    }
    out.push_str("handshake:");
    if let Some(target) = &handshake.target {
        out.push(' ');
        push_shown(out, target);
    }
    if let Some(status) = handshake.status {
        out.push_str(", status ");
        push_number(out, status.into());
    }
    match (&handshake.accept, &handshake.accept_found) {
        (Some(expected), Some(found)) if expected == found => out.push_str(", accept right"),
        (Some(expected), Some(found)) => {
            out.push_str(", accept ");
            push_shown(out, found);
            out.push_str(" instead of ");
            out.push_str(expected);
        }
        _ => {}
    }
    if let Some(subprotocol) = &handshake.subprotocol {
        out.push_str(", subprotocol ");
        push_shown(out, subprotocol);
    }
    out.push('\n');
    if let Some(extensions) = &handshake.extensions {
        out.push_str("extensions: ");
        push_shown(out, extensions);
        out.push('\n');
    }
    for (name, value) in explain_agreed(handshake) {
        out.push_str("  ");
        out.push_str(name);
        if let Parameter::Bits(bits) = value {
            out.push('=');
            push_number(out, bits.into());
        }
        out.push_str(": ");
        out.push_str(explain(name, false));
        out.push('\n');
    }
}

fn frame(connection: &Connection, frame: &Frame, number: u64, out: &mut String) {
    let stream = connection.stream(frame.from);
    push_right(out, number, 6);
    out.push_str(if frame.from == Sender::Client { "  client" } else { "  server" });
    push_right(out, stream.offset(frame.start), 11);
    out.push(' ');
    push_left(out, frame.opcode_name(), 12);
    out.push(' ');
    let flags = [
        (frame.fin, 'F'),
        (frame.reserved & 0x40 != 0, '1'),
        (frame.reserved & 0x20 != 0, '2'),
        (frame.reserved & 0x10 != 0, '3'),
        (frame.masking_key.is_some(), 'M'),
    ];
    for (is_set, flag) in flags {
        out.push(if is_set { flag } else { '.' });
    }
    push_right(out, frame.payload_len, 11);
    match frame.inflated_len {
        Some(len) => push_right(out, len, 12),
        None => push_left(out, "", 12),
    }
    out.push_str("  ");
    payload(connection, frame, number, out);
    if let Some(rule) = frame.verdict {
        out.push_str("  ! ");
        out.push_str(rule.entry().id);
    }
    out.push('\n');
}

/// Shows a control frame's payload, and a message at its last frame; at its first if that is missing.
fn payload(connection: &Connection, frame: &Frame, at: u64, out: &mut String) {
    if frame.opcode == 0x8 {
        if let [Part::Known(body)] = connection.payload(frame).as_slice()
            && let Some((code, reason)) = body.split_first_chunk()
        {
            let code = u16::from_be_bytes(*code);
            push_number(out, code.into());
            out.push_str(" (");
            out.push_str(close_code_line(code));
            out.push_str(") ");
            parts(&[Part::Known(reason.to_vec())], true, out);
        }
        return;
    }
    if frame.is_control() {
        parts(&connection.payload(frame), true, out);
        return;
    }
    let Some(number) = frame.message else {
        parts(&connection.payload(frame), false, out);
        return;
    };
    let Some(message) = connection.messages.get(number as usize) else { return };
    let shows = if message.is_whole { frame.fin } else { at == u64::from(message.first_frame) };
    if !shows {
        return;
    }
    if message.is_compressed && message.wire_len != 0 && message.len != 0 && message.cut.is_none() {
        push_fraction(out, message.len.saturating_mul(10) / message.wire_len, 1);
        out.push_str(":1 ");
    }
    parts(&connection.message(number), message.kind == Kind::Text, out);
    if let Some(cut) = message.cut {
        out.push_str(" (cut: ");
        out.push_str(cut.line());
        out.push(')');
    }
}

/// Messages that were given without frames.
fn messages(connection: &Connection, out: &mut String) {
    for (number, message) in (0..).zip(&connection.messages) {
        push_right(out, number, 6);
        out.push_str("  ");
        out.push_str(message.from.name());
        out.push_str(if message.kind == Kind::Text { " text  " } else { " binary" });
        push_right(out, message.len, 11);
        out.push_str("  ");
        parts(&connection.message(number as u32), message.kind == Kind::Text, out);
        out.push('\n');
    }
}

/// Shows bytes, the beginning of them, as text if they are.
fn parts(parts: &[Part], is_text: bool, out: &mut String) {
    let mut left = PREVIEW_LEN;
    for (at, part) in parts.iter().enumerate() {
        if at != 0 {
            out.push(' ');
        }
        if left == 0 {
            out.push_str("...");
            return;
        }
        match part {
            Part::Unknown(len) => {
                out.push('[');
                push_number(out, *len);
                out.push_str(" bytes unknown]");
                left = left.saturating_sub(16);
            }
            Part::Known(bytes) => {
                let shown = bytes.get(..left).unwrap_or(bytes);
                // What is cut within a code point is text as well.
                let text = match core::str::from_utf8(shown) {
                    Ok(text) => Some(text),
                    Err(error) if error.error_len().is_none() && shown.len() < bytes.len() => {
                        shown.get(..error.valid_up_to()).and_then(|s| core::str::from_utf8(s).ok())
                    }
                    Err(_) => None,
                };
                match text.filter(|_| is_text) {
                    Some(text) => {
                        out.push('"');
                        push_shown(out, text);
                        out.push('"');
                    }
                    None => push_hex(out, shown),
                }
                if shown.len() < bytes.len() {
                    out.push_str("...");
                }
                left = left.saturating_sub(shown.len());
            }
        }
    }
}

fn violation(violation: &Violation, out: &mut String) {
    let entry = violation.rule.entry();
    out.push_str("violation: ");
    out.push_str(violation.from.name());
    out.push_str(" at byte ");
    push_number(out, violation.offset);
    if let Some(frame) = violation.frame {
        out.push_str(", frame ");
        push_number(out, frame.into());
    }
    out.push_str(": ");
    out.push_str(entry.line);
    out.push_str(" (RFC ");
    push_number(out, entry.rfc.into());
    out.push_str(" section ");
    out.push_str(entry.section);
    out.push(')');
    if let Some(code) = violation.rule.close_code().filter(|_| violation.is_first) {
        out.push_str(", fails the connection with ");
        push_number(out, code.into());
    }
    out.push('\n');
}

fn ending(connection: &Connection, out: &mut String) {
    let ending = &connection.ending;
    for ((close, tail), from) in ending.closes.iter().zip(ending.tails).zip(Sender::BOTH) {
        if let Some(Close { code: Some(code), reason, .. }) = close {
            out.push_str("close: ");
            out.push_str(from.name());
            out.push(' ');
            push_number(out, (*code).into());
            out.push_str(", ");
            out.push_str(close_code_line(*code));
            if !reason.is_empty() {
                out.push_str(", \"");
                push_shown(out, reason);
                out.push('"');
            }
            out.push('\n');
        }
        let (line, missing) = match tail {
            Tail::Whole => continue,
            Tail::InHeader => ("within a header", None),
            Tail::InPayload(missing) => ("within a payload", Some(missing)),
            Tail::Unreadable(_) => ("where no frame can be told any more", None),
        };
        out.push_str("end: the bytes of the ");
        out.push_str(from.name());
        out.push_str(" end ");
        out.push_str(line);
        if let Some(missing) = missing {
            out.push_str(", of which ");
            push_number(out, missing);
            out.push_str(" bytes are missing");
        }
        out.push('\n');
    }
    out.push_str("ending: ");
    out.push_str(ending.verdict.line());
    if let Some(idle_ns) = ending.idle_ns.filter(|idle_ns| *idle_ns >= 1_000_000_000) {
        out.push_str(", after ");
        push_fraction(out, idle_ns / 1_000_000, 3);
        out.push_str(" s of silence");
    }
    if let Some(timeout) = ending.proxy_timeout_s {
        out.push_str(": smells of a time-out of ");
        push_number(out, timeout.into());
        out.push_str(" s in between");
    }
    out.push('\n');
}

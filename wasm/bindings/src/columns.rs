//! Rows of numbers; `wasm/npm/src/rows.js` reads them.

use alloc::vec::Vec;

use socklet_core::trace::{BlockKind, Step, Symbol};
use socklet_wasm::{
    report::{Connection, Kind, Part},
    stream::{Moment, Sender},
    xray,
};

/// Rows of numbers, or bytes: what crosses the border.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) bytes: Vec<u8>,
}

impl Rows {
    pub(crate) fn push(&mut self, numbers: &[f64]) {
        for number in numbers {
            self.bytes.extend_from_slice(&number.to_le_bytes());
        }
    }

    /// How many parts there are, their lengths, of unknown ones negative, and the known bytes.
    pub(crate) fn parts(&mut self, parts: &[Part]) {
        self.push(&[parts.len() as f64]);
        for part in parts {
            self.push(&[match part {
                Part::Known(bytes) => bytes.len() as f64,
                Part::Unknown(len) => -(*len as f64),
            }]);
        }
        for part in parts {
            if let Part::Known(bytes) = part {
                self.bytes.extend_from_slice(bytes);
            }
        }
    }
}

/// Time, offset, offset in the input, payload, of that present, inflated, message, masking key, and
/// bits: the first byte, who (1 bit), bytes of the header (4 bits), which verdict (0: none).
pub(crate) fn frames(connection: &Connection, rows: &mut Rows) {
    let verdicts = verdicts(connection);
    for frame in &connection.frames {
        let stream = connection.stream(frame.from);
        let verdict = frame.verdict.map(|rule| rule.entry().id);
        let verdict = verdict.and_then(|id| verdicts.iter().position(|known| *known == id));
        let bits = u32::from(frame.opcode)
            | u32::from(frame.reserved & 0x70)
            | u32::from(frame.fin) << 7
            | from(frame.from) << 8
            | u32::from(frame.header_len & 0xf) << 9
            | verdict.map_or(0, |at| at as u32 + 1) << 13;
        rows.push(&[
            time(frame.moment),
            stream.offset(frame.start) as f64,
            stream.source(frame.start).map_or(f64::NAN, |offset| offset as f64),
            frame.payload_len as f64,
            frame.present_len as f64,
            frame.inflated_len.map_or(f64::NAN, |len| len as f64),
            frame.message.map_or(f64::NAN, f64::from),
            frame.masking_key.map_or(f64::NAN, |key| u32::from_be_bytes(key).into()),
            bits.into(),
        ]);
    }
}

/// The verdicts of frames, each once.
pub(crate) fn verdicts(connection: &Connection) -> Vec<&'static str> {
    let mut ids = Vec::new();
    for rule in connection.frames.iter().filter_map(|frame| frame.verdict) {
        let id = rule.entry().id;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

/// Time, first frame, frames, bytes on the wire, bytes, and bits: who, whether it is binary,
/// compressed, whole, cut.
pub(crate) fn messages(connection: &Connection, rows: &mut Rows) {
    for message in &connection.messages {
        let is_framed = message.given.is_none();
        let bits = from(message.from)
            | u32::from(message.kind == Kind::Binary) << 1
            | u32::from(message.is_compressed) << 2
            | u32::from(message.is_whole && message.cut.is_none()) << 3
            | u32::from(message.cut.is_some()) << 4;
        rows.push(&[
            time(message.moment),
            if is_framed { message.first_frame.into() } else { f64::NAN },
            message.frames.into(),
            message.wire_len as f64,
            message.len as f64,
            bits.into(),
        ]);
    }
}

/// First bit, where in the message, bytes of it, distance, and what it is: a literal, a match, a
/// stored, a fixed, a dynamic block, stored bytes, the end; 8 added to a block that is the last.
pub(crate) fn steps(connection: &Connection, number: u32, rows: &mut Rows) {
    let message = connection.messages.get(number as usize).filter(|found| found.is_compressed);
    let Some(message) = message else { return };
    let parts = connection.joined(number);
    let Some(Part::Known(data)) = parts.first() else { return };
    xray::read(data, message.history_len, message.window_len, &mut |step: Step| {
        let (len, distance, kind) = match step.symbol {
            Symbol::Literal => (1, 0, 0),
            Symbol::Match { length, distance } => (length.into(), distance, 1),
            Symbol::Block { kind, fin } => {
                let kind = match kind {
                    BlockKind::Stored => 2,
                    BlockKind::Fixed => 3,
                    BlockKind::Dynamic => 4,
                };
                (0, 0, if fin { kind | 8 } else { kind })
            }
            Symbol::Stored { len } => (len, 0, 5),
            Symbol::End => (0, 0, 6),
        };
        let row = [step.bit as f64, step.at as f64, len as f64, distance.into(), kind.into()];
        rows.push(&row);
    });
}

fn from(sender: Sender) -> u32 {
    u32::from(sender == Sender::Server)
}

/// In milliseconds.
fn time(moment: Moment) -> f64 {
    moment.time_ns.map_or(f64::NAN, |time_ns| time_ns as f64 / 1e6)
}

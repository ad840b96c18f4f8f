//! Any bytes as a capture, a dump, a log: whatever is reported of them lies within them, adds up,
//! and is JSON.
//!
//! Input: format, options, what is inspected.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socklet_fuzz::Input;
use socklet_wasm::{
    Options,
    input::Format,
    inspect, json,
    report::{Connection, Part},
    stream::Sender,
    table, xray,
};

/// Most bytes to which the messages of a direction inflate here.
const LIMIT: usize = 1 << 16;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    // Beyond the formats: to be recognised.
    let format = Format::ALL.get(input.below(Format::ALL.len() + 1)).copied();
    let options = Options {
        format,
        first_sender: input.one_of([None, Some(Sender::Client), Some(Sender::Server)]),
        compression: input.one_of([None, Some(true), Some(false)]),
        inflate_limit: LIMIT,
    };
    let bytes = input.rest();
    let Ok(report) = inspect(bytes, &options) else { return };
    for connection in &report.connections {
        check(connection);
    }
    for line in json::report(&report).lines() {
        serde_json::from_str::<serde::de::IgnoredAny>(line).expect(line);
    }
    assert!(table::report(&report).starts_with("input: "));
});

fn check(connection: &Connection) {
    assert!(connection.inflated.iter().all(|inflated| inflated.len() <= LIMIT));
    // Frames lie one behind the other; where one begins is known.
    let mut ends = [0; 2];
    for frame in &connection.frames {
        let stream = connection.stream(frame.from);
        let end = &mut ends[usize::from(frame.from == Sender::Server)];
        assert!(*end <= frame.start, "frames overlap: {frame:?}");
        *end = frame.payload().end;
        assert!(*end <= stream.bytes().len(), "not there: {frame:?}");
        assert!(frame.message.is_none_or(|message| (message as usize) < connection.messages.len()));
        let known: usize = connection.payload(frame).iter().map(known_len).sum();
        assert_eq!(known, frame.present_len);
    }
    for (number, message) in (0..).zip(&connection.messages) {
        let parts = connection.message(number);
        let len: u64 = parts.iter().map(len).sum();
        assert_eq!(len, message.len, "{message:?}");
        // What its compressed data are made of is as long as what they inflate to.
        let joined = connection.joined(number);
        if let ([Part::Known(data)], true, None) = (&*joined, message.is_compressed, message.cut) {
            let mut end = 0;
            xray::read(data, message.history_len, message.window_len, &mut |step| end = step.at);
            assert!(end as u64 <= message.len, "{message:?}");
        }
    }
    for violation in &connection.violations {
        let stream = connection.stream(violation.from);
        assert!(violation.offset <= stream.offset(stream.bytes().len()), "{violation:?}");
        assert!(violation.frame.is_none_or(|frame| (frame as usize) < connection.frames.len()));
    }
}

fn known_len(part: &Part) -> usize {
    if let Part::Known(bytes) = part { bytes.len() } else { 0 }
}

fn len(part: &Part) -> u64 {
    match part {
        Part::Known(bytes) => bytes.len() as u64,
        Part::Unknown(len) => *len,
    }
}

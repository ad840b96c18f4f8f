//! The judge of a connection: handshake, frames, messages, ending.
//!
//! ```text
//! Conversation -> who is the client -> handshake -> frames of each direction -> merged by time
//! ```
//! What is judged by the core: heads (`handshake`), headers, masking and close codes (`frames`),
//! UTF-8 (`messages`), compressed data (`inflater`). What is decided here is only how to go on where
//! an endpoint would not.

mod ending;
mod frames;
mod handshake;
mod inflater;
mod messages;
mod resync;

use socklet_core::{permessage_deflate::Context, trace};

pub use ending::{Ending, Verdict, close_code_line};
pub use frames::{Close, Tail};
pub(crate) use handshake::is_request;
pub use handshake::{Handshake, explain, explain_agreed};
pub(crate) use resync::is_chain;

use crate::{
    Options,
    report::{Connection, Frame, Inference, Message},
    stream::{Conversation, Sender, Stream},
    violation::Violation,
};
use ending::Side;
use frames::{Compression, Tap};
use inflater::Inflater;

/// What compression may be when no handshake tells.
const INFERRED: Context = Context { window_bits: 15, takeover: true };

/// Judges a connection.
#[must_use]
pub fn judge(conversation: Conversation, options: &Options) -> Connection {
    let mut inferences = Vec::new();
    let is_swapped = is_second_client(&conversation, options, &mut inferences);
    let Conversation { first, second, names, .. } = conversation;
    let (client, server, names) = if is_swapped {
        (second, first, names.map(|(first, second)| (second, first)))
    } else {
        (first, second, names)
    };
    let mut violations = Vec::new();
    let handshake = handshake::judge(&client, &server, &mut violations);
    let [client_tap, server_tap] = {
        let tap = |stream, from| {
            let compression = compression(&handshake, from, options);
            Tap::new(stream, from, compression, options.inflate_limit)
        };
        let mut taps = [tap(&client, Sender::Client), tap(&server, Sender::Server)];
        for tap in &mut taps {
            let head = match tap.from {
                Sender::Client => &handshake.request,
                Sender::Server => &handshake.response,
            };
            if handshake.is_seen() && !handshake.is_open {
                continue;
            }
            tap.run(head.as_ref().map_or(0, |head| head.end));
        }
        taps
    };
    for inference in client_tap.inferences.iter().chain(&server_tap.inferences) {
        if !inferences.contains(inference) {
            inferences.push(*inference);
        }
    }
    let side = |tap: &Tap<'_>, stream| Side {
        stream,
        close: tap.close.clone().map(|close| {
            let frame = tap.frames.get(close.frame as usize);
            let moment = frame.map(|frame| frame.moment).unwrap_or_default();
            (close, moment)
        }),
        tail: tap.tail,
    };
    let mut ending =
        ending::judge(&handshake, side(&client_tap, &client), side(&server_tap, &server));
    let mut merged = Merged::default();
    let inflated = merged.merge(client_tap.into_parts(), server_tap.into_parts(), &mut ending);
    violations.append(&mut merged.violations);
    mark_first(&mut violations);
    Connection {
        names,
        client,
        server,
        inflated,
        handshake,
        inferences,
        frames: merged.frames,
        messages: merged.messages,
        violations,
        ending,
    }
}

fn compression(handshake: &Handshake, from: Sender, options: &Options) -> Compression {
    let context = match (options.compression, handshake.agreed, from) {
        (Some(false), ..) => return Compression::Off,
        (_, Some((client, _)), Sender::Client) => client,
        (_, Some((_, server)), Sender::Server) => server,
        (Some(true), None, _) => INFERRED,
        (None, None, _) if handshake.response.is_some() => return Compression::Off,
        (None, None, _) => return Compression::Unknown,
    };
    Compression::On(Box::new(Inflater::new(context)))
}

/// Tells whether the second stream is the client's.
fn is_second_client(
    conversation: &Conversation,
    options: &Options,
    inferences: &mut Vec<Inference>,
) -> bool {
    let (first, second) = (conversation.first.bytes(), conversation.second.bytes());
    if let Some(sender) = options.first_sender {
        return sender == Sender::Server;
    }
    if is_request(first) || second.starts_with(b"HTTP/") || conversation.is_first_client {
        return false;
    }
    if is_request(second) || first.starts_with(b"HTTP/") {
        return true;
    }
    match (masks(&conversation.first), masks(&conversation.second)) {
        (Some(true), Some(false) | None) | (None, Some(false)) => {
            inferences.push(Inference::RoleFromMasking);
            false
        }
        (Some(false), Some(true) | None) | (None, Some(true)) => {
            inferences.push(Inference::RoleFromMasking);
            true
        }
        _ => {
            inferences.push(Inference::RoleFromOrder);
            false
        }
    }
}

/// Tells whether the sender of a stream masks its frames, as the first of them has it; where that
/// is not known, as most pieces begin.
fn masks(stream: &Stream) -> Option<bool> {
    if !stream.is_headless {
        return trace::Frame::decode(stream.bytes()).map(|f| f.header.masking_key.is_some());
    }
    let (mut masked, mut unmasked) = (0_u32, 0_u32);
    for start in stream.starts(0).take(64) {
        let rest = stream.bytes().get(start..).unwrap_or_default();
        if is_chain(rest, Some(true)) {
            masked = masked.saturating_add(1);
        } else if is_chain(rest, Some(false)) {
            unmasked = unmasked.saturating_add(1);
        }
    }
    (masked != unmasked).then_some(masked > unmasked)
}

/// What a tap has found.
type Parts = (Vec<Frame>, Vec<Message>, Vec<Violation>, Vec<u8>);

impl Tap<'_> {
    fn into_parts(self) -> Parts {
        (self.frames, self.messages, self.violations, self.inflated)
    }
}

/// Both directions in the order in which they were received.
#[derive(Default)]
struct Merged {
    frames: Vec<Frame>,
    messages: Vec<Message>,
    violations: Vec<Violation>,
}

impl Merged {
    /// Merges both and gives back what they inflate to. Frames and messages get new numbers.
    fn merge(&mut self, client: Parts, server: Parts, ending: &mut Ending) -> [Vec<u8>; 2] {
        let order = |frame: &Frame| frame.moment.order;
        let frame_numbers = numbers(&client.0, &server.0, order);
        let message_numbers = numbers(&client.1, &server.1, |m: &Message| m.moment.order);
        let violations = (client.2, server.2);
        let inflated = [client.3, server.3];
        self.frames = zip(client.0, server.0, order);
        self.messages = zip(client.1, server.1, |m: &Message| m.moment.order);
        self.violations = zip(violations.0, violations.1, |v: &Violation| v.moment.order);
        let renumber = |numbers: &[Vec<u32>; 2], from: Sender, number: u32| {
            let [client, server] = numbers;
            let numbers = if from == Sender::Client { client } else { server };
            numbers.get(number as usize).copied().unwrap_or_default()
        };
        for frame in &mut self.frames {
            let from = frame.from;
            frame.message = frame.message.map(|number| renumber(&message_numbers, from, number));
        }
        for message in &mut self.messages {
            message.first_frame = renumber(&frame_numbers, message.from, message.first_frame);
        }
        for violation in &mut self.violations {
            let from = violation.from;
            violation.frame = violation.frame.map(|number| renumber(&frame_numbers, from, number));
        }
        for (close, from) in ending.closes.iter_mut().zip(Sender::BOTH) {
            if let Some(close) = close {
                close.frame = renumber(&frame_numbers, from, close.frame);
            }
        }
        inflated
    }
}

/// The places of the elements of both lists in the merged one.
fn numbers<T>(client: &[T], server: &[T], order: impl Fn(&T) -> u32) -> [Vec<u32>; 2] {
    let mut numbers = [Vec::with_capacity(client.len()), Vec::with_capacity(server.len())];
    let [of_client, of_server] = &mut numbers;
    let (mut client, mut server) = (client.iter().peekable(), server.iter().peekable());
    for number in 0.. {
        match (client.peek(), server.peek()) {
            (Some(a), Some(b)) if order(a) <= order(b) => {
                client.next();
                of_client.push(number);
            }
            (_, Some(_)) => {
                server.next();
                of_server.push(number);
            }
            (Some(_), None) => {
                client.next();
                of_client.push(number);
            }
            (None, None) => break,
        }
    }
    numbers
}

/// Merges two lists; of equals the client's are first.
fn zip<T>(client: Vec<T>, server: Vec<T>, order: impl Fn(&T) -> u32) -> Vec<T> {
    let mut merged = Vec::with_capacity(client.len().saturating_add(server.len()));
    let (mut client, mut server) = (client.into_iter().peekable(), server.into_iter().peekable());
    loop {
        let next = match (client.peek(), server.peek()) {
            (Some(a), Some(b)) if order(a) <= order(b) => client.next(),
            (_, Some(_)) => server.next(),
            (Some(_), None) => client.next(),
            (None, None) => return merged,
        };
        merged.extend(next);
    }
}

/// Marks the first violation of each sender: an endpoint has gone no farther.
fn mark_first(violations: &mut [Violation]) {
    for sender in Sender::BOTH {
        if let Some(first) = violations.iter_mut().find(|violation| violation.from == sender) {
            first.is_first = true;
        }
    }
}

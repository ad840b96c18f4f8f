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

use alloc::{boxed::Box, vec, vec::Vec};

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
    let omitted_violations = client_tap.omitted.saturating_add(server_tap.omitted);
    let mut merged = Merged::new(client_tap.into_parts(), server_tap.into_parts(), &mut ending);
    violations.append(&mut merged.violations);
    mark_first(&mut violations);
    Connection {
        names,
        client,
        server,
        inflated: merged.inflated,
        handshake,
        inferences,
        frames: merged.frames,
        messages: merged.messages,
        violations,
        omitted_violations,
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
struct Merged {
    frames: Vec<Frame>,
    messages: Vec<Message>,
    violations: Vec<Violation>,
    inflated: [Vec<u8>; 2],
}

impl Merged {
    /// Merges both. Frames and messages get new numbers.
    fn new(client: Parts, server: Parts, ending: &mut Ending) -> Self {
        let split = [client.0.len(), client.1.len()];
        let (mut frames, frame_numbers) = merge(client.0, server.0, |frame| frame.moment.order);
        let (mut messages, message_numbers) =
            merge(client.1, server.1, |message| message.moment.order);
        let (mut violations, _) = merge(client.2, server.2, |violation| violation.moment.order);
        let renumber = |numbers: &[u32], split: usize, from: Sender, number: u32| {
            let start = if from == Sender::Client { 0 } else { split };
            let number = start.saturating_add(number as usize);
            numbers.get(number).copied().unwrap_or_default()
        };
        let [frames_split, messages_split] = split;
        for frame in &mut frames {
            let from = frame.from;
            frame.message = frame
                .message
                .map(|number| renumber(&message_numbers, messages_split, from, number));
        }
        for message in &mut messages {
            message.first_frame =
                renumber(&frame_numbers, frames_split, message.from, message.first_frame);
        }
        for violation in &mut violations {
            let from = violation.from;
            violation.frame =
                violation.frame.map(|number| renumber(&frame_numbers, frames_split, from, number));
        }
        for (close, from) in ending.closes.iter_mut().zip(Sender::BOTH) {
            if let Some(close) = close {
                close.frame = renumber(&frame_numbers, frames_split, from, close.frame);
            }
        }
        Self { frames, messages, violations, inflated: [client.3, server.3] }
    }
}

/// Merges two lists in order, of equals the client's first; and says where each element went, those
/// of the client before those of the server.
fn merge<T>(
    mut client: Vec<T>,
    mut server: Vec<T>,
    order: impl Fn(&T) -> u32,
) -> (Vec<T>, Vec<u32>) {
    let orders: Vec<u32> = client.iter().chain(&server).map(order).collect();
    let numbers = places(&orders, client.len());
    client.append(&mut server);
    let mut to = numbers.clone();
    for at in 0..to.len() {
        // Each swap brings one element to its place.
        while let Some(place) = to.get(at).copied().filter(|place| *place as usize != at) {
            to.swap(at, place as usize);
            client.swap(at, place as usize);
        }
    }
    (client, numbers)
}

/// The places in the merged list of elements with these orders, of which so many are the client's.
fn places(orders: &[u32], split: usize) -> Vec<u32> {
    let mut places = vec![0; orders.len()];
    let (mut client, mut server) = (0, split);
    for place in 0..orders.len() as u32 {
        let is_client = client < split
            && orders.get(server).is_none_or(|server| orders.get(client) <= Some(server));
        let next = if is_client { &mut client } else { &mut server };
        if let Some(to) = places.get_mut(*next) {
            *to = place;
        }
        *next = next.saturating_add(1);
    }
    places
}

/// Marks the first violation of each sender: an endpoint has gone no farther.
fn mark_first(violations: &mut [Violation]) {
    for sender in Sender::BOTH {
        if let Some(first) = violations.iter_mut().find(|violation| violation.from == sender) {
            first.is_first = true;
        }
    }
}

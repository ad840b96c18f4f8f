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
mod heads;
mod inflater;
mod messages;
mod resync;

use alloc::{boxed::Box, vec, vec::Vec};
use core::ops::Range;

use socklet_core::{permessage_deflate::Context, trace};

pub use ending::{Ending, Verdict, close_code_line};
pub use frames::{Close, Tail};
pub use handshake::{Handshake, explain, explain_agreed};
pub(crate) use heads::is_request;
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
    let mut found = Found { inferences, ..Found::default() };
    let handshake = handshake::judge(&client, &server, &mut found.violations);
    let heads = found.violations.len();
    let mut run = |from, stream, head: &Option<Range<usize>>| {
        let compression = compression(&handshake, from, options);
        let split = [found.frames.len(), found.messages.len(), found.violations.len() - heads];
        let mut tap = Tap::new(stream, from, compression, options.inflate_limit, &mut found);
        if !handshake.is_seen() || handshake.is_open {
            tap.run(head.as_ref().map_or(0, |head| head.end));
        }
        (tap.inflated, Side { stream, close: tap.close, tail: tap.tail }, split)
    };
    let client_end = run(Sender::Client, &client, &handshake.request);
    let server_end = run(Sender::Server, &server, &handshake.response);
    let splits = server_end.2;
    let mut ending = ending::judge(&handshake, client_end.1, server_end.1);
    found.merge(splits, heads, &mut ending);
    let inflated = [client_end.0, server_end.0];
    let Found { frames, messages, violations, omitted, inferences } = found;
    Connection {
        names,
        client,
        server,
        inflated,
        handshake,
        inferences,
        frames,
        messages,
        violations,
        omitted_violations: omitted,
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
            masked += 1;
        } else if is_chain(rest, Some(false)) {
            unmasked += 1;
        }
    }
    (masked != unmasked).then_some(masked > unmasked)
}

/// What is found in both directions: the client's, then the server's; merged at last.
#[derive(Default)]
struct Found {
    frames: Vec<Frame>,
    messages: Vec<Message>,
    violations: Vec<Violation>,
    /// Violations that found no room.
    omitted: u64,
    inferences: Vec<Inference>,
}

impl Found {
    fn infer(&mut self, inference: Inference) {
        if !self.inferences.contains(&inference) {
            self.inferences.push(inference);
        }
    }

    /// Puts all in the order in which it was received: frames and messages get new numbers. So many
    /// are the client's; so many violations are those of heads, which stay before the others.
    fn merge(&mut self, splits: [usize; 3], heads: usize, ending: &mut Ending) {
        let Self { frames, messages, violations, .. } = self;
        let behind = violations.get_mut(heads..).unwrap_or_default();
        let [frames_split, messages_split, violations_split] = splits;
        let frame_numbers = merge(frames, frames_split, |frame| frame.moment.order);
        let message_numbers = merge(messages, messages_split, |message| message.moment.order);
        merge(behind, violations_split, |violation| violation.moment.order);
        let renumber = |numbers: &[u32], number: &mut u32| {
            *number = numbers.get(*number as usize).copied().unwrap_or_default();
        };
        for number in frames.iter_mut().filter_map(|frame| frame.message.as_mut()) {
            renumber(&message_numbers, number);
        }
        for message in messages {
            renumber(&frame_numbers, &mut message.first_frame);
        }
        for number in behind.iter_mut().filter_map(|violation| violation.frame.as_mut()) {
            renumber(&frame_numbers, number);
        }
        for close in ending.closes.iter_mut().flatten() {
            renumber(&frame_numbers, &mut close.frame);
        }
        // An endpoint has gone no farther than the first of each sender.
        for sender in Sender::BOTH {
            if let Some(first) = violations.iter_mut().find(|violation| violation.from == sender) {
                first.is_first = true;
            }
        }
    }
}

/// Merges a list of two that are in order, of equals the client's first; and says where each element
/// went.
fn merge<T>(list: &mut [T], split: usize, order: fn(&T) -> u32) -> Vec<u32> {
    let numbers = places(&mut list.iter().map(order), split);
    sort(&numbers, &mut |at, place| list.swap(at, place));
    numbers
}

/// Brings each element to its place, one with each swap.
fn sort(places: &[u32], swap: &mut dyn FnMut(usize, usize)) {
    let mut places = places.to_vec();
    for at in 0..places.len() {
        while let Some(place) = places.get(at).map(|place| *place as usize).filter(|to| *to != at) {
            places.swap(at, place);
            swap(at, place);
        }
    }
}

/// The places in the merged list of elements with these orders, of which so many are the client's.
fn places(orders: &mut dyn Iterator<Item = u32>, split: usize) -> Vec<u32> {
    let mut list = Vec::new();
    for order in orders {
        list.push(order);
    }
    let orders = list;
    let mut places = vec![0; orders.len()];
    let (mut client, mut server) = (0, split);
    for place in 0..orders.len() as u32 {
        let is_client = client < split
            && orders.get(server).is_none_or(|server| orders.get(client) <= Some(server));
        let next = if is_client { &mut client } else { &mut server };
        if let Some(to) = places.get_mut(*next) {
            *to = place;
        }
        *next += 1;
    }
    places
}

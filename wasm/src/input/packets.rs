//! Packets of a capture, sorted into TCP connections, and those that are WebSockets chosen.

use alloc::{string::String, vec::Vec};
use core::ops::Range;

use socklet_core::handshake::{Header, client, head_len, server};

use super::{
    Capture, DamageKind, Failure, Note, fail,
    ip::{self, Address, Packet},
    latest::{Endpoint, Latest},
    link,
    tcp::{Direction, Segment},
};
use crate::{
    judge::{is_chain, is_request},
    stream::{Conversation, Moment, Stream},
    text::{hex_digit, push_number},
};

fn endpoint(address: Address, port: u16) -> Endpoint {
    let mut endpoint = [0; 18];
    if let Some(to) = endpoint.first_chunk_mut() {
        *to = address;
    }
    if let Some(to) = endpoint.last_chunk_mut() {
        *to = port.to_be_bytes();
    }
    endpoint
}

/// A connection.
struct Flow {
    is_v6: bool,
    /// The endpoint of which the first segment was seen, and the other.
    endpoints: [Endpoint; 2],
    directions: [Direction; 2],
    /// Whether the first of them has opened it, as far as was seen.
    is_opener_known: bool,
}

/// What there is in a capture.
pub(super) struct Packets<'a> {
    capture: &'a [u8],
    flows: Vec<Flow>,
    latest: Latest,
    order: u32,
    other: u32,
    cut: u32,
    fragments: u32,
    bad: u32,
}

impl<'a> Packets<'a> {
    /// Out of line: there are many fields.
    #[inline(never)]
    pub(super) const fn new(capture: &'a [u8]) -> Self {
        Self {
            capture,
            flows: Vec::new(),
            latest: Latest::new(),
            order: 0,
            other: 0,
            cut: 0,
            fragments: 0,
            bad: 0,
        }
    }

    /// Checks that packets of this link can be read; `at` is where that is said.
    pub(super) fn know(&self, link_type: u32, at: usize) -> Result<(), Failure> {
        if link::is_known(link_type) {
            return Ok(());
        }
        Err(fail(DamageKind::LinkType(link_type), at))
    }

    /// Takes in a packet, which is at a range of the capture.
    pub(super) fn packet(
        &mut self,
        link_type: u32,
        range: Range<usize>,
        time_ns: Option<u64>,
        is_cut: bool,
    ) {
        let moment = Moment { order: self.order, time_ns };
        self.order += 1;
        let packet = self.capture.get(range.clone()).unwrap_or_default();
        let Some(ip_at) = link::ip_at(link_type, packet) else {
            self.other += 1;
            return;
        };
        let start = range.start + ip_at;
        match ip::parse(packet.get(ip_at..).unwrap_or_default()) {
            Packet::Tcp { is_v6, source, destination, segment, is_cut: is_ip_cut } => {
                self.cut += u32::from(is_cut || is_ip_cut);
                let from = start + segment.start;
                let range = from..start + segment.end;
                match Segment::parse(self.capture, range, moment) {
                    Some(segment) => self.segment(is_v6, source, destination, &segment),
                    None => self.bad += 1,
                }
            }
            Packet::Fragment => self.fragments += 1,
            Packet::Other => self.other += 1,
            Packet::Bad => self.bad += 1,
        }
    }

    fn segment(&mut self, is_v6: bool, source: Address, destination: Address, segment: &Segment) {
        let from = endpoint(source, segment.source_port);
        let to = endpoint(destination, segment.destination_port);
        let Some(at) = self.latest.between(&from, &to) else { return };
        let is_reused = |flow: &Flow| {
            let [first, second] = &flow.directions;
            let sender = if flow.endpoints[0] == from { first } else { second };
            sender.is_reused_by(segment)
        };
        if self.flows.get(*at).is_none_or(is_reused) {
            *at = self.flows.len();
            self.flows.push(Flow {
                is_v6,
                endpoints: [from, to],
                directions: Default::default(),
                is_opener_known: false,
            });
        }
        let Some(flow) = self.flows.get_mut(*at) else { return };
        if segment.is_opening() {
            flow.is_opener_known = true;
            if flow.endpoints[0] != from {
                flow.endpoints.reverse();
                flow.directions.reverse();
            }
        }
        let is_first = flow.endpoints[0] == from;
        let [first, second] = &mut flow.directions;
        let (sender, receiver) = if is_first { (first, second) } else { (second, first) };
        sender.sent(segment);
        receiver.acknowledged(segment);
    }

    /// Puts all connections together, and chooses those that are WebSockets.
    pub(super) fn finish(self, capture: &mut Capture) {
        let (mut tls, mut http, mut http2, mut other) = (0, 0, 0, 0);
        for flow in self.flows {
            if flow.directions.iter().all(|direction| !direction.has_data()) {
                continue;
            }
            let [first, second] = flow.directions;
            let (first, second) = (first.stream(self.capture), second.stream(self.capture));
            let [near, far] = flow.endpoints;
            let count: &mut u32 = match content(&first, &second) {
                Content::WebSocket => {
                    capture.conversations.push(Conversation {
                        first,
                        second,
                        is_first_client: flow.is_opener_known,
                        names: Some((name(flow.is_v6, near), name(flow.is_v6, far))),
                    });
                    continue;
                }
                Content::Tls => &mut tls,
                Content::Http => &mut http,
                Content::Http2 => &mut http2,
                Content::Other => &mut other,
            };
            *count += 1;
        }
        let mut note = |note: fn(u32) -> Note, count| {
            if count != 0 {
                capture.notes.push(note(count));
            }
        };
        note(Note::Tls, tls);
        note(Note::Http, http);
        note(Note::Http2, http2);
        note(Note::OtherTcp, other);
        note(Note::OtherPackets, self.other);
        note(Note::CutPackets, self.cut);
        note(Note::IpFragments, self.fragments);
        note(Note::BadPackets, self.bad);
    }
}

/// What a connection carries.
enum Content {
    WebSocket,
    Tls,
    Http,
    Http2,
    Other,
}

fn content(first: &Stream, second: &Stream) -> Content {
    let either = |is: fn(&[u8]) -> bool| is(first.bytes()) || is(second.bytes());
    if either(|bytes| bytes.starts_with(b"PRI * HTTP/2.0\r\n")) {
        return Content::Http2;
    }
    if either(|bytes| is_request(bytes) || bytes.starts_with(b"HTTP/1.")) {
        return if either(asks_for_upgrade) { Content::WebSocket } else { Content::Http };
    }
    if either(is_tls) {
        return Content::Tls;
    }
    let fits = |stream: &Stream, masked| {
        let mut starts = stream.starts(0).take(if stream.is_headless { 64 } else { 1 });
        stream.bytes().is_empty()
            || starts.any(|at| is_chain(stream.bytes().get(at..).unwrap_or_default(), Some(masked)))
    };
    if fits(first, true) && fits(second, false) || fits(first, false) && fits(second, true) {
        return Content::WebSocket;
    }
    Content::Other
}

/// Heads in a stream that are looked at.
const MAX_HEADS: usize = 100;

/// Whether a stream holds a request for an upgrade to WebSocket, or the answer to one.
fn asks_for_upgrade(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    for _ in 0..MAX_HEADS {
        let Some(len) = head_len(rest) else { return false };
        let (head, behind) = rest.split_at_checked(len).unwrap_or_default();
        let is_asking = |header: Header<'_>| match header.name {
            name if name.eq_ignore_ascii_case("Upgrade") => {
                header.value.eq_ignore_ascii_case(b"websocket")
            }
            name => ["Sec-WebSocket-Key", "Sec-WebSocket-Accept"]
                .iter()
                .any(|field| name.eq_ignore_ascii_case(field)),
        };
        let headers = match server::Request::parse(head) {
            Ok(request) => Some(request.headers()),
            Err(_) => client::Response::parse(head).ok().map(|response| response.headers()),
        };
        let asks = match headers {
            Some(mut headers) => headers.any(is_asking),
            // Whoever sends this means it, however malformed it is.
            None => head.windows(13).any(|name| name.eq_ignore_ascii_case(b"Sec-WebSocket")),
        };
        if asks {
            return true;
        }
        // A body, if there is one, up to what looks like the next head.
        let next = behind.windows(5).position(|bytes| bytes == b"HTTP/" || bytes == b"GET /");
        let Some(next) = next else { return false };
        rest = behind.get(next..).unwrap_or_default();
    }
    false
}

/// Whether a stream begins with a record of TLS.
fn is_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x14..=0x17, 3, 0..=4, ..])
}

/// An endpoint as text.
fn name(is_v6: bool, endpoint: Endpoint) -> String {
    let mut name = String::new();
    let [address @ .., high, low] = endpoint;
    if is_v6 {
        name.push('[');
        push_v6(&mut name, &address);
        name.push(']');
    } else {
        for (at, byte) in address.iter().take(4).enumerate() {
            if at != 0 {
                name.push('.');
            }
            push_number(&mut name, (*byte).into());
        }
    }
    name.push(':');
    push_number(&mut name, u16::from_be_bytes([high, low]).into());
    name
}

/// Appends an address as RFC 5952 wants it: the first of the longest runs of zeros left out.
fn push_v6(out: &mut String, address: &Address) {
    let (pairs, _) = address.as_chunks::<2>();
    let groups = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
    let (mut best, mut run) = (0..0, 0..0);
    for (at, group) in groups.clone().enumerate() {
        run = if group == 0 { run.start..at + 1 } else { at + 1..0 };
        if run.len() > best.len() && run.len() > 1 {
            best = run.clone();
        }
    }
    for (at, group) in groups.enumerate() {
        if best.contains(&at) {
            if at == best.start {
                out.push_str("::");
            }
            continue;
        }
        if at != 0 && (at != best.end || best.is_empty()) {
            out.push(':');
        }
        let digits = (16_u32.saturating_sub(group.leading_zeros())).div_ceil(4).max(1);
        for digit in (0..digits).rev() {
            out.push(hex_digit(group.wrapping_shr(digit.wrapping_mul(4)) as u8));
        }
    }
}

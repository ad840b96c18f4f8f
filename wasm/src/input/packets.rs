//! Packets of a capture, sorted into TCP connections, and those that are WebSockets chosen.

use alloc::{collections::BTreeMap, string::String, vec::Vec};
use core::ops::Range;

use socklet_core::handshake::{client, head_len, server};

use super::{
    Capture, Damage, DamageKind, InputError, Note,
    ip::{self, Address, Packet},
    link,
    tcp::{Direction, Segment},
};
use crate::{
    judge::{is_chain, is_request},
    stream::{Conversation, Moment, Stream},
    text::{hex_digit, push_number},
};

/// An address and a port.
type Endpoint = (Address, u16);

/// Both endpoints in bytes, the smaller first: compared as they are.
type Key = [u8; 36];

fn key((from, from_port): Endpoint, (to, to_port): Endpoint) -> Key {
    let mut ends = [[0; 18]; 2];
    for (end, (address, port)) in ends.iter_mut().zip([(from, from_port), (to, to_port)]) {
        for (to, byte) in end.iter_mut().zip(address.into_iter().chain(port.to_be_bytes())) {
            *to = byte;
        }
    }
    if ends[0] > ends[1] {
        ends.reverse();
    }
    let mut key = [0; 36];
    key.copy_from_slice(ends.as_flattened());
    key
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
    /// The latest connection between two endpoints.
    latest: BTreeMap<Key, usize>,
    order: u32,
    other: u32,
    cut: u32,
    fragments: u32,
    bad: u32,
}

impl<'a> Packets<'a> {
    pub(super) const fn new(capture: &'a [u8]) -> Self {
        Self {
            capture,
            flows: Vec::new(),
            latest: BTreeMap::new(),
            order: 0,
            other: 0,
            cut: 0,
            fragments: 0,
            bad: 0,
        }
    }

    /// Checks that packets of this link can be read; `at` is where that is said.
    pub(super) const fn know(&self, link_type: u32, at: usize) -> Result<(), InputError> {
        if link::is_known(link_type) {
            return Ok(());
        }
        Err(Damage { kind: DamageKind::LinkType(link_type), offset: at as u64 })
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
        let from = (source, segment.source_port);
        let to = (destination, segment.destination_port);
        let key = key(from, to);
        let known = self.latest.get(&key).copied().filter(|at| {
            self.flows.get(*at).is_some_and(|flow| {
                let [first, second] = &flow.directions;
                let sender = if flow.endpoints[0] == from { first } else { second };
                !sender.is_reused_by(segment)
            })
        });
        let at = known.unwrap_or(self.flows.len());
        if known.is_none() {
            self.latest.insert(key, at);
            self.flows.push(Flow {
                is_v6,
                endpoints: [from, to],
                directions: Default::default(),
                is_opener_known: false,
            });
        }
        let Some(flow) = self.flows.get_mut(at) else { return };
        let is_first = flow.endpoints[0] == from;
        if segment.is_opening() {
            flow.is_opener_known = true;
            if !is_first {
                flow.endpoints.reverse();
                flow.directions.reverse();
            }
        }
        let [first, second] = &mut flow.directions;
        let is_first = flow.endpoints[0] == from;
        let (sender, receiver) = if is_first { (first, second) } else { (second, first) };
        sender.sent(segment);
        receiver.acknowledged(segment);
    }

    /// Puts all connections together, and chooses those that are WebSockets.
    pub(super) fn finish(self) -> Capture {
        let mut capture = Capture::default();
        let (mut tls, mut http, mut http2, mut other) = (0, 0, 0, 0);
        for flow in self.flows {
            let [first, second] = flow.directions;
            if !first.has_data() && !second.has_data() {
                continue;
            }
            let (first, second) = (first.stream(self.capture), second.stream(self.capture));
            let count: &mut u32 = match content(&first, &second) {
                Content::WebSocket => {
                    let [first_name, second_name] =
                        flow.endpoints.map(|endpoint| name(flow.is_v6, endpoint));
                    capture.conversations.push(Conversation {
                        first,
                        second,
                        is_first_client: flow.is_opener_known,
                        names: Some((first_name, second_name)),
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
        capture.notes = [
            Note::Tls(tls),
            Note::Http(http),
            Note::Http2(http2),
            Note::OtherTcp(other),
            Note::OtherPackets(self.other),
            Note::CutPackets(self.cut),
            Note::IpFragments(self.fragments),
            Note::BadPackets(self.bad),
        ]
        .into_iter()
        .filter(|note| note.line().0 != Some(0))
        .collect();
        capture
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
    let streams = [first.bytes(), second.bytes()];
    if streams.iter().any(|bytes| bytes.starts_with(b"PRI * HTTP/2.0\r\n")) {
        return Content::Http2;
    }
    if streams.into_iter().any(|bytes| is_request(bytes) || bytes.starts_with(b"HTTP/1.")) {
        let asks = streams.into_iter().any(asks_for_upgrade);
        return if asks { Content::WebSocket } else { Content::Http };
    }
    if streams.into_iter().any(is_tls) {
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
        let is_websocket = |value: Option<&[u8]>| {
            value.is_some_and(|value| value.eq_ignore_ascii_case(b"websocket"))
        };
        let asks = match (server::Request::parse(head), client::Response::parse(head)) {
            (Ok(request), _) => {
                is_websocket(request.header("Upgrade"))
                    || request.header("Sec-WebSocket-Key").is_some()
            }
            (_, Ok(response)) => {
                is_websocket(response.header("Upgrade"))
                    || response.header("Sec-WebSocket-Accept").is_some()
            }
            // Whoever sends this means it, however malformed it is.
            _ => head.windows(13).any(|name| name.eq_ignore_ascii_case(b"Sec-WebSocket")),
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
fn name(is_v6: bool, (address, port): Endpoint) -> String {
    let mut name = String::new();
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
    push_number(&mut name, port.into());
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

//! The opening handshake (RFC 6455 section 4), judged by the core's two halves of it.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::ops::Range;

use socklet_core::{
    HandshakeError,
    handshake::{self, client, server},
    permessage_deflate::{Context, NoCompression},
    trace::{Extension, Extensions, Parameter, Parameters},
};

use crate::{
    stream::{Sender, Stream},
    violation::{Rule, Violation},
};

/// What is known of the opening handshake.
#[derive(Debug, Clone, Default)]
pub struct Handshake {
    /// Where the client's request is in its stream.
    pub request: Option<Range<usize>>,
    /// Where the server's response is in its stream.
    pub response: Option<Range<usize>>,
    /// The target that was asked for.
    pub target: Option<String>,
    /// The status of the response.
    pub status: Option<u16>,
    /// `Sec-WebSocket-Accept` as it should be.
    pub accept: Option<String>,
    /// `Sec-WebSocket-Accept` as it is.
    pub accept_found: Option<String>,
    /// The subprotocols that the client offers.
    pub offered_subprotocols: Vec<String>,
    /// The one that the server has chosen.
    pub subprotocol: Option<String>,
    /// `Sec-WebSocket-Extensions` of the request, all lines joined.
    pub offered_extensions: Option<String>,
    /// `Sec-WebSocket-Extensions` of the response, all lines joined.
    pub extensions: Option<String>,
    /// What permessage-deflate means for client and server, if it was agreed on.
    pub agreed: Option<(Context, Context)>,
    /// Whether the connection has become a WebSocket.
    pub is_open: bool,
}

impl Handshake {
    /// Whether anything of it has been seen.
    #[must_use]
    pub const fn is_seen(&self) -> bool {
        self.request.is_some() || self.response.is_some()
    }
}

/// Judges the handshake at the start of both streams.
pub(super) fn judge(
    client: &Stream,
    server: &Stream,
    violations: &mut Vec<Violation>,
) -> Handshake {
    let mut handshake = Handshake::default();
    let mut judge = Judge { client, server, violations };
    let request = find_request(client);
    let response = find_response(server);
    let request_head = request.clone().and_then(|range| client.bytes().get(range));
    let response_head = response.clone().and_then(|range| server.bytes().get(range));
    handshake.request = request;
    handshake.response = response;
    let request = request_head.and_then(|head| judge.request(head, &mut handshake));
    if let Some(head) = response_head {
        judge.response(head, request.as_ref(), &mut handshake);
    } else {
        // A capture of the client's side alone: what was offered may have been accepted.
        handshake.is_open = request_head.is_some() && server.bytes().is_empty();
    }
    handshake
}

struct Judge<'a> {
    client: &'a Stream,
    server: &'a Stream,
    violations: &'a mut Vec<Violation>,
}

impl Judge<'_> {
    fn violate(&mut self, error: HandshakeError, from: Sender, index: usize) {
        let stream = if from == Sender::Client { self.client } else { self.server };
        self.violations.push(Violation {
            rule: Rule::Handshake(error),
            from,
            offset: stream.offset(index),
            source: stream.source(index),
            frame: None,
            message_offset: None,
            moment: stream.moment(index),
            is_first: false,
        });
    }

    fn request<'h>(
        &mut self,
        head: &'h [u8],
        handshake: &mut Handshake,
    ) -> Option<server::Request<'h>> {
        let start = handshake.request.clone().unwrap_or_default().start;
        let request = match server::Request::parse(head) {
            Ok(request) => request,
            Err(error) => {
                let at = start + malformed_at(head);
                self.violate(error, Sender::Client, at);
                return None;
            }
        };
        handshake.target = Some(request.target().to_owned());
        handshake.offered_subprotocols = request.subprotocols().map(str::to_owned).collect();
        let extensions = values(request.headers(), "Sec-WebSocket-Extensions");
        handshake.offered_extensions = join(&extensions);
        match request.check() {
            Ok(key) => {
                let accept = handshake::accept_for(&key);
                handshake.accept = Some(String::from_utf8_lossy(&accept).into_owned());
            }
            Err(error) => {
                let at = start + field_at(head, error);
                self.violate(error, Sender::Client, at);
            }
        }
        Some(request)
    }

    fn response(
        &mut self,
        head: &[u8],
        request: Option<&server::Request<'_>>,
        handshake: &mut Handshake,
    ) {
        let start = handshake.response.clone().unwrap_or_default().start;
        let response = match client::Response::parse(head) {
            Ok(response) => response,
            Err(error) => {
                let at = start + malformed_at(head);
                self.violate(error, Sender::Server, at);
                return;
            }
        };
        handshake.status = Some(response.status());
        handshake.is_open = response.status() == 101;
        let found = response.header("Sec-WebSocket-Accept");
        handshake.accept_found = found.map(|found| String::from_utf8_lossy(found).into_owned());
        handshake.subprotocol = response.subprotocol().map(str::to_owned);
        let extensions = values(response.headers(), "Sec-WebSocket-Extensions");
        handshake.extensions = join(&extensions);
        if !handshake.is_open {
            return;
        }
        let offered: Vec<&str> =
            handshake.offered_subprotocols.iter().map(String::as_str).collect();
        let key = request.and_then(|request| request.check().ok());
        // The host has no part in the check; without a key only the answer to it is not checked.
        let asked = client::Request::new("localhost", "/").subprotocols(&offered);
        let known = key.unwrap_or([0; 24]);
        match response.check(&asked, &known, &mut NoCompression) {
            // Judged below, with what was offered.
            Ok(()) | Err(HandshakeError::UnsolicitedExtension) => {}
            Err(HandshakeError::AcceptMismatch | HandshakeError::UnsolicitedSubprotocol)
                if key.is_none() => {}
            Err(error) => {
                let at = start + field_at(head, error);
                self.violate(error, Sender::Server, at);
            }
        }
        let offers = request.map(|request| values(request.headers(), "Sec-WebSocket-Extensions"));
        match confirm(&extensions, offers.as_deref()) {
            Ok(agreed) => {
                handshake.agreed =
                    agreed.map(|answer| (answer.client_context(), answer.server_context()));
            }
            Err((error, answer)) => {
                // Whoever compresses by it all the same is understood.
                handshake.agreed =
                    answer.map(|answer| (answer.client_context(), answer.server_context()));
                let at = start + field_at(head, error);
                self.violate(error, Sender::Server, at);
            }
        }
    }
}

/// Extensions of a head that are looked at.
const MAX_EXTENSIONS: usize = 100;

/// The extensions of all values.
fn extensions<'a>(values: &[&'a [u8]]) -> impl Iterator<Item = Extension<'a>> {
    values.iter().flat_map(|value| Extensions::new(value)).take(MAX_EXTENSIONS)
}

type Refused = (HandshakeError, Option<Parameters>);

/// Judges what a server says about extensions (RFC 7692 section 7.1) by what was offered, if that
/// is known.
fn confirm(values: &[&[u8]], offers: Option<&[&[u8]]>) -> Result<Option<Parameters>, Refused> {
    let mut agreed = None;
    for extension in extensions(values) {
        if !extension.is_deflate() {
            let is_offered = offers
                .is_none_or(|offers| extensions(offers).any(|offer| offer.name == extension.name));
            // Of other extensions nothing is known.
            if is_offered {
                continue;
            }
            return Err((HandshakeError::UnsolicitedExtension, agreed));
        }
        let Some(answer) = extension.deflate(false) else {
            return Err((HandshakeError::ExtensionResponse, agreed));
        };
        if agreed.is_some() {
            return Err((HandshakeError::UnsolicitedExtension, agreed));
        }
        agreed = Some(answer);
        if let Some(offers) = offers {
            let mut offers = extensions(offers).filter(|offer| offer.is_deflate()).peekable();
            if offers.peek().is_none() {
                return Err((HandshakeError::UnsolicitedExtension, agreed));
            }
            let fits = |offer: Parameters| answer.fits(&offer);
            if !offers.filter_map(|offer| offer.deflate(true)).any(fits) {
                return Err((HandshakeError::ExtensionResponse, agreed));
            }
        }
    }
    Ok(agreed)
}

/// What a parameter of permessage-deflate means, in words (RFC 7692 section 7.1).
#[must_use]
pub fn explain(name: &str, is_offer: bool) -> &'static str {
    match (name, is_offer) {
        ("server_no_context_takeover", true) => {
            "the server shall forget its window after each message"
        }
        ("server_no_context_takeover", false) => "the server forgets its window after each message",
        ("client_no_context_takeover", true) => {
            "the client will forget its window after each message"
        }
        ("client_no_context_takeover", false) => {
            "the client must forget its window after each message"
        }
        ("server_max_window_bits", true) => "the server's window shall be no larger than 2^N bytes",
        ("server_max_window_bits", false) => "the server's window is no larger than 2^N bytes",
        ("client_max_window_bits", true) => {
            "the client can limit its window, to 2^N bytes if N is said"
        }
        ("client_max_window_bits", false) => "the client's window must be no larger than 2^N bytes",
        ("permessage-deflate", _) => "each message is compressed by itself (RFC 7692)",
        _ => "not known here",
    }
}

/// The lines that explain what was agreed on.
#[must_use]
pub fn explain_agreed(handshake: &Handshake) -> Vec<(&'static str, Parameter)> {
    let mut lines = Vec::new();
    let Some(value) = &handshake.extensions else { return lines };
    let answer = Extensions::new(value.as_bytes()).find(|extension| extension.is_deflate());
    let Some(answer) = answer.and_then(|extension| extension.deflate(false)) else { return lines };
    if answer.server_no_context_takeover() {
        lines.push(("server_no_context_takeover", Parameter::Bare));
    }
    if answer.client_no_context_takeover() {
        lines.push(("client_no_context_takeover", Parameter::Bare));
    }
    let bits = [
        ("server_max_window_bits", answer.server_max_window_bits()),
        ("client_max_window_bits", answer.client_max_window_bits()),
    ];
    lines.extend(bits.into_iter().filter(|(_, value)| *value != Parameter::Absent));
    lines
}

fn values<'a>(headers: handshake::Headers<'a>, name: &str) -> Vec<&'a [u8]> {
    headers
        .filter(|header| header.name.eq_ignore_ascii_case(name))
        .map(|header| header.value)
        .collect()
}

fn join(values: &[&[u8]]) -> Option<String> {
    let mut joined = String::new();
    for value in values {
        if !joined.is_empty() {
            joined.push_str(", ");
        }
        joined.push_str(&String::from_utf8_lossy(value));
    }
    (!values.is_empty()).then_some(joined)
}

/// Heads that are looked at before the one that asks for an upgrade.
const MAX_HEADS: usize = 100;

/// Finds the request that asks for a WebSocket; if none does, the first.
fn find_request(stream: &Stream) -> Option<Range<usize>> {
    let bytes = up_to_gap(stream);
    let mut at = 0;
    let mut first = None;
    for _ in 0..MAX_HEADS {
        let rest = bytes.get(at..).unwrap_or_default();
        if !is_request(rest) {
            break;
        }
        let Some(len) = handshake::head_len(rest) else { break };
        let range = at..at + len;
        let head = rest.get(..len).unwrap_or_default();
        let request = server::Request::parse(head);
        let asks = request.as_ref().is_ok_and(|request| {
            request.is_upgrade() || request.header("Sec-WebSocket-Key").is_some()
        });
        if asks {
            return Some(range);
        }
        first = first.or(Some(range));
        at = at.saturating_add(len).saturating_add(request.map_or(0, |r| body_len(r.headers())));
    }
    first
}

/// Finds the response that opens the connection; if none does, the first.
fn find_response(stream: &Stream) -> Option<Range<usize>> {
    const STATUS_LINE: &[u8] = b"HTTP/1.1 101";
    let bytes = up_to_gap(stream);
    if !bytes.starts_with(b"HTTP/") {
        return None;
    }
    let mut first = None;
    let mut at = 0;
    for _ in 0..MAX_HEADS {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(len) = handshake::head_len(rest) else { break };
        let range = at..at + len;
        if rest.starts_with(STATUS_LINE) || first.is_none() && is_open(rest.get(..len)) {
            return Some(range);
        }
        first = first.or(Some(range.clone()));
        let rest = bytes.get(range.end..).unwrap_or_default();
        let found = rest.windows(STATUS_LINE.len()).position(|bytes| bytes == STATUS_LINE);
        let Some(found) = found else { break };
        at = range.end + found;
    }
    first
}

fn is_open(head: Option<&[u8]>) -> bool {
    head.and_then(|head| client::Response::parse(head).ok())
        .is_some_and(|response| response.status() == 101)
}

/// The bytes before anything is missing.
fn up_to_gap(stream: &Stream) -> &[u8] {
    let end = stream.next_gap(0).map_or(stream.bytes().len(), |gap| gap.at);
    stream.bytes().get(..end).unwrap_or_default()
}

/// Whether these bytes begin like an HTTP request: a method in capitals and a space.
pub(crate) fn is_request(bytes: &[u8]) -> bool {
    let len = bytes.iter().take(8).take_while(|byte| byte.is_ascii_uppercase()).count();
    let target = bytes.get(len + 1);
    len >= 3 && bytes.get(len) == Some(&b' ') && target.is_none_or(|byte| byte.is_ascii_graphic())
}

fn body_len(headers: handshake::Headers<'_>) -> usize {
    let values = values(headers, "Content-Length");
    let digits = values.first().and_then(|value| core::str::from_utf8(value).ok());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// The field that a check is about, or the start of the head.
fn field_at(head: &[u8], error: HandshakeError) -> usize {
    use HandshakeError as E;
    let name = match error {
        E::ConnectionHeader => "connection",
        E::UpgradeHeader => "upgrade",
        E::AcceptMismatch => "sec-websocket-accept",
        E::UnsolicitedSubprotocol => "sec-websocket-protocol",
        E::UnsolicitedExtension | E::ExtensionResponse => "sec-websocket-extensions",
        E::Host => "host",
        E::Key => "sec-websocket-key",
        E::Version => "sec-websocket-version",
        E::Body if has_field(head, "transfer-encoding") => "transfer-encoding",
        E::Body => "content-length",
        _ => return 0,
    };
    lines(head).find(|(_, line)| is_field(line, name)).map_or(0, |(at, _)| at)
}

fn has_field(head: &[u8], name: &str) -> bool {
    lines(head).any(|(_, line)| is_field(line, name))
}

fn is_field(line: &[u8], name: &str) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        && line.get(name.len()) == Some(&b':')
}

/// The lines of a head with where they begin.
fn lines(head: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0_usize;
    head.split(|byte| *byte == b'\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        (start, line.strip_suffix(b"\r").unwrap_or(line))
    })
}

/// Where a head is malformed: its first line that is so, each judged by itself.
fn malformed_at(head: &[u8]) -> usize {
    let mut trial = Vec::new();
    for (at, line) in lines(head) {
        trial.clear();
        if at != 0 {
            trial.extend_from_slice(b"HTTP/1.1 101\r\n");
        }
        trial.extend_from_slice(line);
        trial.extend_from_slice(if line.is_empty() { b"\r\n" } else { b"\r\n\r\n" });
        let has_end = head
            .get(at + line.len()..)
            .is_none_or(|rest| rest.is_empty() || rest.starts_with(b"\r\n"));
        let is_valid = client::Response::parse(&trial).is_ok()
            || at == 0 && server::Request::parse(&trial).is_ok();
        if !has_end || !is_valid {
            return at;
        }
    }
    0
}

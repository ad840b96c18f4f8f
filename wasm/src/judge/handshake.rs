//! The opening handshake (RFC 6455 section 4), judged by the core's two halves of it.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::ops::Range;

use socklet_core::{
    HandshakeError,
    handshake::{self, Key, client, server},
    permessage_deflate::{Context, NoCompression},
    trace::{Extension, Extensions, Parameter, Parameters},
};

use super::heads::{find_request, find_response};
use crate::{
    stream::{Sender, Stream},
    text::{lines, lossy},
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
    let mut handshake = Handshake {
        request: find_request(client),
        response: find_response(server),
        ..Handshake::default()
    };
    let mut asked = None;
    if let Some(range) = &handshake.request {
        let mut head = Head::of(client, range, Sender::Client, violations);
        asked = head.request(&mut handshake);
    }
    match handshake.response.clone() {
        Some(range) => {
            let mut head = Head::of(server, &range, Sender::Server, violations);
            head.response(asked.as_ref(), &mut handshake);
        }
        // A capture of the client's side alone: what was offered may have been accepted.
        None => handshake.is_open = handshake.request.is_some() && server.bytes().is_empty(),
    }
    handshake
}

/// What a request tells that can be read.
struct Asked<'a> {
    /// If all checks are passed.
    key: Option<Key>,
    offers: Vec<Extension<'a>>,
}

/// A head that is judged.
struct Head<'a, 'v> {
    stream: &'a Stream,
    bytes: &'a [u8],
    start: usize,
    from: Sender,
    violations: &'v mut Vec<Violation>,
}

impl<'a, 'v> Head<'a, 'v> {
    fn of(
        stream: &'a Stream,
        range: &Range<usize>,
        from: Sender,
        violations: &'v mut Vec<Violation>,
    ) -> Self {
        let bytes = stream.bytes().get(range.clone()).unwrap_or_default();
        Self { stream, bytes, start: range.start, from, violations }
    }

    fn violate(&mut self, error: HandshakeError) {
        let at = match error {
            HandshakeError::MalformedHead => malformed_at(self.bytes),
            error => field_at(self.bytes, error),
        };
        let index = self.start + at;
        let rule = Rule::Handshake(error);
        self.violations.push(Violation::new(rule, self.from, self.stream, index));
    }

    fn request(&mut self, handshake: &mut Handshake) -> Option<Asked<'a>> {
        let request =
            server::Request::parse(self.bytes).map_err(|error| self.violate(error)).ok()?;
        handshake.target = Some(request.target().to_owned());
        for name in request.subprotocols() {
            handshake.offered_subprotocols.push(name.to_owned());
        }
        let offers = extensions(request.headers(), &mut handshake.offered_extensions);
        let key = request.check().map_err(|error| self.violate(error)).ok();
        handshake.accept = key.map(|key| lossy(&handshake::accept_for(&key)));
        Some(Asked { key, offers })
    }

    fn response(&mut self, asked: Option<&Asked<'_>>, handshake: &mut Handshake) {
        let response = match client::Response::parse(self.bytes) {
            Ok(response) => response,
            Err(error) => return self.violate(error),
        };
        handshake.status = Some(response.status());
        handshake.is_open = response.status() == 101;
        handshake.accept_found = response.header("Sec-WebSocket-Accept").map(lossy);
        handshake.subprotocol = response.subprotocol().map(str::to_owned);
        let extensions = extensions(response.headers(), &mut handshake.extensions);
        if !handshake.is_open {
            return;
        }
        let offered: Vec<&str> =
            handshake.offered_subprotocols.iter().map(String::as_str).collect();
        let key = asked.and_then(|asked| asked.key);
        // The host has no part in the check; without a key only the answer to it is not checked.
        let request = client::Request::new("localhost", "/").subprotocols(&offered);
        match response.check(&request, &key.unwrap_or([0; 24]), &mut NoCompression) {
            // Judged below, with what was offered.
            Ok(()) | Err(HandshakeError::UnsolicitedExtension) => {}
            Err(HandshakeError::AcceptMismatch | HandshakeError::UnsolicitedSubprotocol)
                if key.is_none() => {}
            Err(error) => self.violate(error),
        }
        let mut agreed = None;
        let confirmed = confirm(&extensions, asked.map(|asked| &*asked.offers), &mut agreed);
        // Whoever compresses by it all the same is understood.
        handshake.agreed = agreed.map(|answer| (answer.client_context(), answer.server_context()));
        if let Err(error) = confirmed {
            self.violate(error);
        }
    }
}

/// Extensions of a head that are looked at.
const MAX_EXTENSIONS: usize = 100;

/// The extensions of a head; `joined` becomes what all lines say.
fn extensions<'a>(
    headers: handshake::Headers<'a>,
    joined: &mut Option<String>,
) -> Vec<Extension<'a>> {
    let mut found = Vec::new();
    for header in headers.filter(|header| is_same(header.name, "Sec-WebSocket-Extensions")) {
        let joined = joined.get_or_insert_default();
        if !joined.is_empty() {
            joined.push_str(", ");
        }
        joined.push_str(&lossy(header.value));
        for extension in Extensions::new(header.value) {
            if found.len() < MAX_EXTENSIONS {
                found.push(extension);
            }
        }
    }
    found
}

fn is_same(name: &str, other: &str) -> bool {
    name.eq_ignore_ascii_case(other)
}

/// Judges what a server says about extensions (RFC 7692 section 7.1) by what was offered, if that
/// is known; `agreed` becomes its parameters of permessage-deflate.
fn confirm(
    answers: &[Extension<'_>],
    offers: Option<&[Extension<'_>]>,
    agreed: &mut Option<Parameters>,
) -> Result<(), HandshakeError> {
    for extension in answers {
        let is_same = |offer: &Extension<'_>| offer.name == extension.name;
        let is_offered = offers.is_none_or(|offers| offers.iter().any(is_same));
        if !extension.is_deflate() {
            // Of other extensions nothing is known.
            if is_offered {
                continue;
            }
            return Err(HandshakeError::UnsolicitedExtension);
        }
        let Some(answer) = extension.deflate(false) else {
            return Err(HandshakeError::ExtensionResponse);
        };
        if agreed.is_some() {
            return Err(HandshakeError::UnsolicitedExtension);
        }
        *agreed = Some(answer);
        if !is_offered {
            return Err(HandshakeError::UnsolicitedExtension);
        }
        let fits = |offer: &Extension<'_>| {
            offer.is_deflate() && offer.deflate(true).is_some_and(|offer| answer.fits(&offer))
        };
        if offers.is_some_and(|offers| !offers.iter().any(fits)) {
            return Err(HandshakeError::ExtensionResponse);
        }
    }
    Ok(())
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
    let value = handshake.extensions.as_deref().unwrap_or_default();
    let answer = Extensions::new(value.as_bytes()).find(Extension::is_deflate);
    let Some(answer) = answer.and_then(|extension| extension.deflate(false)) else {
        return Vec::new();
    };
    let flag = |is_set| if is_set { Parameter::Bare } else { Parameter::Absent };
    let mut lines = Vec::new();
    let mut line = |name, value| {
        if value != Parameter::Absent {
            lines.push((name, value));
        }
    };
    line("server_no_context_takeover", flag(answer.server_no_context_takeover()));
    line("client_no_context_takeover", flag(answer.client_no_context_takeover()));
    line("server_max_window_bits", answer.server_max_window_bits());
    line("client_max_window_bits", answer.client_max_window_bits());
    lines
}

/// Where the field is that a check is about, or the start of the head.
fn field_at(head: &[u8], error: HandshakeError) -> usize {
    use HandshakeError as E;
    let names: &[&str] = match error {
        E::ConnectionHeader => &["Connection"],
        E::UpgradeHeader => &["Upgrade"],
        E::AcceptMismatch => &["Sec-WebSocket-Accept"],
        E::UnsolicitedSubprotocol => &["Sec-WebSocket-Protocol"],
        E::UnsolicitedExtension | E::ExtensionResponse => &["Sec-WebSocket-Extensions"],
        E::Host => &["Host"],
        E::Key => &["Sec-WebSocket-Key"],
        E::Version => &["Sec-WebSocket-Version"],
        E::Body => &["Transfer-Encoding", "Content-Length"],
        _ => &[],
    };
    let field = |name: &&str| lines(head).find(|(_, line)| is_field(line, name));
    names.iter().find_map(field).map_or(0, |(at, _)| at)
}

fn is_field(line: &[u8], name: &str) -> bool {
    let (start, rest) = line.split_at_checked(name.len()).unwrap_or_default();
    start.eq_ignore_ascii_case(name.as_bytes()) && rest.starts_with(b":")
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

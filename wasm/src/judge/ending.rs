//! How a connection ended, and who ended it (RFC 6455 section 7).

use super::{
    frames::{Close, Tail},
    handshake::Handshake,
};
use crate::stream::{Moment, Sender, Stream};

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// In short.
    pub verdict: Verdict,
    /// The Close frames of client and server.
    pub closes: [Option<Close>; 2],
    /// Where the bytes of client and server end.
    pub tails: [Tail; 2],
    /// Nanoseconds of silence before the connection was ended by TCP.
    pub idle_ns: Option<u64>,
    /// The time-out that this silence looks like, in seconds: that of a proxy in between.
    pub proxy_timeout_s: Option<u32>,
}

/// How a connection ended, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// By a closing handshake, which this end began.
    Closed(Sender),
    /// This end sent a Close frame, and none came back.
    Unanswered(Sender),
    /// This end left without a Close frame.
    NoClose(Sender),
    /// This end reset it without a Close frame.
    Reset(Sender),
    /// It had not ended, as far as was captured.
    Open,
    /// The server declined the upgrade.
    Declined,
    /// The opening handshake was not finished.
    Unopened,
}

impl Verdict {
    /// A name for programs, stable.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Closed(_) => "closed",
            Self::Unanswered(_) => "close-unanswered",
            Self::NoClose(_) => "no-close-frame",
            Self::Reset(_) => "reset",
            Self::Open => "open",
            Self::Declined => "declined",
            Self::Unopened => "unopened",
        }
    }

    /// The verdict in words.
    #[must_use]
    pub const fn line(self) -> &'static str {
        match self {
            Self::Closed(Sender::Client) => "closed by the client, answered by the server",
            Self::Closed(Sender::Server) => "closed by the server, answered by the client",
            Self::Unanswered(Sender::Client) => "the client closed, and no Close frame came back",
            Self::Unanswered(Sender::Server) => "the server closed, and no Close frame came back",
            Self::NoClose(Sender::Client) => "the client left without a Close frame",
            Self::NoClose(Sender::Server) => "the server left without a Close frame",
            Self::Reset(Sender::Client) => "reset by the client, without a Close frame",
            Self::Reset(Sender::Server) => "reset by the server, without a Close frame",
            Self::Open => "not ended within what was captured",
            Self::Declined => "the server declined the upgrade",
            Self::Unopened => "the opening handshake was not finished",
        }
    }

    /// Who ended it.
    #[must_use]
    pub const fn by(self) -> Option<Sender> {
        match self {
            Self::Closed(by) | Self::Unanswered(by) | Self::NoClose(by) | Self::Reset(by) => {
                Some(by)
            }
            _ => None,
        }
    }
}

/// Time-outs of what is often in between, in seconds: of proxies, load balancers and gateways.
const PROXY_TIMEOUTS_S: [u32; 16] =
    [10, 15, 20, 30, 50, 55, 60, 75, 90, 100, 120, 180, 240, 300, 350, 600];

/// A side of a connection.
pub(super) struct Side<'a> {
    pub(super) stream: &'a Stream,
    pub(super) close: Option<(Close, Moment)>,
    pub(super) tail: Tail,
}

pub(super) fn judge(handshake: &Handshake, client: Side<'_>, server: Side<'_>) -> Ending {
    let first = match (End::of(Sender::Client, &client), End::of(Sender::Server, &server)) {
        (Some(client), Some(server)) if server.at.order < client.at.order => Some(server),
        (None, server) => server,
        (client, _) => client,
    };
    let verdict = match (&client.close, &server.close) {
        _ if handshake.status.is_some_and(|status| status != 101) => Verdict::Declined,
        _ if handshake.is_seen() && !handshake.is_open => Verdict::Unopened,
        (Some((_, client)), Some((_, server))) if server.order < client.order => {
            Verdict::Closed(Sender::Server)
        }
        (Some(_), Some(_)) => Verdict::Closed(Sender::Client),
        (Some(_), None) => Verdict::Unanswered(Sender::Client),
        (None, Some(_)) => Verdict::Unanswered(Sender::Server),
        (None, None) => match &first {
            Some(end) if end.is_reset => Verdict::Reset(end.by),
            Some(end) => Verdict::NoClose(end.by),
            None => Verdict::Open,
        },
    };
    let idle_ns = first.and_then(|end| {
        let last = end.last_before(&client).max(end.last_before(&server))?;
        end.at.time_ns?.checked_sub(last)
    });
    let is_sudden = matches!(verdict, Verdict::NoClose(_) | Verdict::Reset(_));
    Ending {
        verdict,
        closes: [client.close, server.close].map(|close| close.map(|(close, _)| close)),
        tails: [client.tail, server.tail],
        idle_ns,
        proxy_timeout_s: idle_ns.filter(|_| is_sudden).and_then(proxy_timeout_s),
    }
}

/// The time-out that so much silence looks like.
fn proxy_timeout_s(idle_ns: u64) -> Option<u32> {
    let idle_ms = idle_ns / 1_000_000;
    // A time-out is late rather than early, by a second at most.
    let fits = |timeout_s: &&u32| {
        let timeout_ms = u64::from(**timeout_s) * 1000;
        (timeout_ms - 100..=timeout_ms + 1100).contains(&idle_ms)
    };
    PROXY_TIMEOUTS_S.iter().find(fits).copied()
}

/// The end of a stream.
struct End {
    by: Sender,
    at: Moment,
    is_reset: bool,
}

impl End {
    fn of(by: Sender, side: &Side<'_>) -> Option<Self> {
        let Stream { finished, reset, .. } = side.stream;
        let is_reset = match (finished, reset) {
            (Some(finished), Some(reset)) => reset.order < finished.order,
            (finished, _) => finished.is_none(),
        };
        let at = if is_reset { *reset } else { *finished };
        Some(Self { by, at: at?, is_reset })
    }

    /// When somebody has sent data for the last time before it.
    fn last_before(&self, side: &Side<'_>) -> Option<u64> {
        side.stream.last_data().filter(|last| last.order < self.at.order)?.time_ns
    }
}

/// A close code in the words of its registry (RFC 6455 section 7.4.1 and IANA).
#[must_use]
pub const fn close_code_line(code: u16) -> &'static str {
    match code {
        0..=999 => "not used",
        1000 => "normal closure",
        1001 => "going away",
        1002 => "protocol error",
        1003 => "unsupported data",
        1004 => "reserved",
        1005 => "no status received: never on the wire",
        1006 => "abnormal closure: never on the wire",
        1007 => "invalid frame payload data",
        1008 => "policy violation",
        1009 => "message too big",
        1010 => "mandatory extension",
        1011 => "internal error",
        1012 => "service restart",
        1013 => "try again later",
        1014 => "bad gateway",
        1015 => "TLS handshake: never on the wire",
        3000 => "unauthorized",
        3003 => "forbidden",
        3008 => "timeout",
        1016..=2999 => "reserved for the protocol",
        3001..=3999 => "registered by a library or framework",
        4000..=4999 => "private use",
        _ => "not defined",
    }
}

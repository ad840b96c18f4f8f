//! The parameters of permessage-deflate: what a client offers and a server answers (RFC 7692
//! section 7.1), as pure functions over the values of `Sec-WebSocket-Extensions`.
//!
//! ```text
//! value     = #extension                            lists may be spread over several lines
//! extension = token *( ";" param )                  with white space between any two
//! param     = token [ "=" ( token | quoted-string ) ]
//! ```
//!
//! | parameter | in an offer | in a response |
//! |---|---|---|
//! | `server_no_context_takeover` | the server shall not keep its context | it will not |
//! | `client_no_context_takeover` | the client will not, a hint | the client must not |
//! | `server_max_window_bits=N` | the server's window shall be no larger | it will not |
//! | `client_max_window_bits=N` | the client's window will be no larger | it must not |
//! | `client_max_window_bits` | the client can limit its window | never |
//!
//! N is 8 to 15, in decimal without leading zeros. Each parameter is there at most once, and there
//! are no others: a server declines an offer that breaks this, a client fails the connection. All
//! names are compared as they are, for neither RFC says that their case does not matter.

#[cfg(feature = "trace")]
pub(crate) mod trace;

use core::fmt;

use crate::error::HandshakeError;
use crate::grammar::{is_token, position, split, trim};

const NAME: &str = "permessage-deflate";

/// The window of DEFLATE, which is agreed on where nothing is said (RFC 7692 section 7.1.2).
pub(super) const MAX_BITS: u8 = 15;

/// What an endpoint is ready to do in each direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Negotiable {
    /// The largest window, in bits of 8 to 15, that it can keep of what it receives.
    pub receive_bits: u8,
    /// Whether it can keep a context of what it receives from message to message.
    pub receive_takeover: bool,
    /// The largest window, in bits of 8 to 15, that it compresses with.
    pub send_bits: u8,
    /// Whether it keeps a context of what it sends from message to message.
    pub send_takeover: bool,
}

/// One direction, as it was agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Context {
    /// The window that no message exceeds, in bits of 8 to 15.
    pub window_bits: u8,
    /// Whether a message may refer to those before it.
    pub takeover: bool,
}

/// What both endpoints have agreed on, as one of them sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Agreed {
    /// What it sends.
    pub send: Context,
    /// What it receives. Without takeover the window can be larger than it can keep: a message
    /// that fits its buffer needs no other window.
    pub receive: Context,
}

/// Client: writes the value to offer.
///
/// Who can keep a smaller window than 15 bits makes a second offer for servers that cannot limit
/// theirs, as long as they forget it after each message.
///
/// # Errors
/// The error of `out`.
pub fn offer(can: &Negotiable, out: &mut impl fmt::Write) -> fmt::Result {
    let first = can.offer();
    first.put(out)?;
    if can.has_fallback() {
        let Params([client_bits, _, _, client_no_takeover]) = first;
        out.write_str(", ")?;
        Params([client_bits, ABSENT, BARE, client_no_takeover]).put(out)?;
    }
    Ok(())
}

/// Client: judges the response's `Sec-WebSocket-Extensions` values. There is nothing agreed where
/// they name no extension.
///
/// # Errors
/// [`HandshakeError::UnsolicitedExtension`] for any other extension, or this one twice;
/// [`HandshakeError::ExtensionResponse`] for an answer that is not well-formed, or fits none of the
/// offers.
pub fn confirm<'a>(
    can: &Negotiable,
    response: impl Iterator<Item = &'a [u8]>,
) -> Result<Option<Agreed>, HandshakeError> {
    let mut agreed = None;
    for value in response {
        let mut rest = Some(value);
        while let Some((name, params)) = next_extension(&mut rest, true) {
            if !is_token(name) {
                return Err(HandshakeError::ExtensionResponse);
            }
            if name != NAME.as_bytes() || agreed.is_some() {
                return Err(HandshakeError::UnsolicitedExtension);
            }
            agreed = Params::parse(params, false).and_then(|answer| can.confirm(&answer));
            if agreed.is_none() {
                return Err(HandshakeError::ExtensionResponse);
            }
        }
    }
    Ok(agreed)
}

/// Server: considers the offers of all values in order. Writes the value of the response for the
/// first one that it can accept, and returns what is agreed by that; else writes nothing.
///
/// Other extensions are passed over, and so are offers that are not well-formed: any other can be
/// accepted.
///
/// # Errors
/// The error of `out`.
pub fn accept<'a>(
    can: &Negotiable,
    offers: impl Iterator<Item = &'a [u8]>,
    out: &mut impl fmt::Write,
) -> Result<Option<Agreed>, fmt::Error> {
    for value in offers {
        let mut rest = Some(value);
        while let Some((name, params)) = next_extension(&mut rest, false) {
            if name != NAME.as_bytes() {
                continue;
            }
            if let Some(offer) = Params::parse(params, true) {
                let (answer, agreed) = can.accept(&offer);
                answer.put(out)?;
                return Ok(Some(agreed));
            }
        }
    }
    Ok(None)
}

impl Negotiable {
    /// The offer that suits best. That the window of what is sent can be limited costs nothing.
    fn offer(&self) -> Params {
        Params([
            if self.send_bits < MAX_BITS { self.send_bits } else { BARE },
            if self.receive_bits < MAX_BITS { self.receive_bits } else { ABSENT },
            flag(!self.receive_takeover),
            flag(!self.send_takeover),
        ])
    }

    /// Whether there is a second offer: any window of the server's, but without takeover.
    const fn has_fallback(&self) -> bool {
        self.receive_takeover && self.receive_bits < MAX_BITS
    }

    /// What a client has agreed on by this answer, if that fits one of its offers.
    fn confirm(&self, answer: &Params) -> Option<Agreed> {
        let Params([client_bits, server_bits, server_no_takeover, client_no_takeover]) = *answer;
        let receive = context(server_bits, server_no_takeover);
        let send = context(client_bits, client_no_takeover);
        // The second offer is any window, and no takeover, from who could keep a context.
        let is_kept = receive.window_bits <= self.receive_bits;
        let fits = if receive.takeover {
            is_kept && self.receive_takeover
        } else {
            is_kept || self.receive_takeover
        };
        // A server may ignore how small our window is (RFC 7692 section 7.1.2.2), and answer with
        // a larger one: which we need not use.
        fits.then_some(Agreed {
            send: Context {
                window_bits: send.window_bits.min(self.send_bits),
                takeover: send.takeover && self.send_takeover,
            },
            receive,
        })
    }

    /// A server's answer to an offer, and what is agreed by it.
    fn accept(&self, offer: &Params) -> (Params, Agreed) {
        let Params([client_bits, server_bits, server_no_takeover, client_no_takeover]) = *offer;
        let send_bits = window(server_bits).min(self.send_bits);
        let is_said = send_bits < MAX_BITS || server_bits != ABSENT;
        // Only if the client has said that it knows how to (RFC 7692 section 7.1.2.2).
        let can_limit = client_bits != ABSENT;
        let receive_bits = window(client_bits).min(self.receive_bits);
        let is_limited = can_limit && receive_bits < MAX_BITS;
        let keeps = self.receive_takeover && (can_limit || self.receive_bits >= MAX_BITS);
        let answer = [
            if is_limited { receive_bits } else { ABSENT },
            if is_said { send_bits } else { ABSENT },
            flag(server_no_takeover != ABSENT || !self.send_takeover),
            // A client that says so by itself will keep no context: neither shall we.
            flag(client_no_takeover != ABSENT || !keeps),
        ];
        let [client_bits, server_bits, server_no_takeover, client_no_takeover] = answer;
        let agreed = Agreed {
            send: context(server_bits, server_no_takeover),
            receive: context(client_bits, client_no_takeover),
        };
        (Params(answer), agreed)
    }
}

/// The value of a parameter that is not there.
const ABSENT: u8 = 0;
/// The value of a parameter that is there without one.
const BARE: u8 = 1;

const fn flag(is_there: bool) -> u8 {
    if is_there { BARE } else { ABSENT }
}

/// The window that such a value stands for: that of DEFLATE, unless it says less.
const fn window(value: u8) -> u8 {
    if value > BARE { value } else { MAX_BITS }
}

/// What the two parameters of a direction say.
const fn context(bits: u8, no_takeover: u8) -> Context {
    Context { window_bits: window(bits), takeover: no_takeover == ABSENT }
}

/// The parameters of an offer or a response, in the order of [`NAMES`]: each is [`ABSENT`], [`BARE`]
/// or its bits. An array keeps the two loops over it small.
#[derive(Clone, Copy)]
struct Params([u8; 4]);

/// The parameters in the order in which they are written.
const NAMES: [&str; 4] = [
    "client_max_window_bits",
    "server_max_window_bits",
    "server_no_context_takeover",
    "client_no_context_takeover",
];

impl Params {
    /// Reads what follows the name of the extension; `None` if anything is wrong with it.
    fn parse(mut rest: Option<&[u8]>, is_offer: bool) -> Option<Self> {
        let mut params = [ABSENT; 4];
        while rest.is_some() {
            let mut value = Some(take(&mut rest, b';'));
            let name = take(&mut value, b'=');
            let (_, slot) =
                NAMES.iter().zip(&mut params).find(|(known, _)| known.as_bytes() == name)?;
            if *slot != ABSENT {
                return None;
            }
            *slot = match value {
                None => BARE,
                Some(value) => bits(trim(value))?,
            };
        }
        let [client_bits, server_bits, server_no_takeover, client_no_takeover] = params;
        let is_valid = server_no_takeover <= BARE
            && client_no_takeover <= BARE
            && server_bits != BARE
            && (client_bits != BARE || is_offer);
        is_valid.then_some(Self(params))
    }

    /// Writes the extension with these parameters.
    fn put(self, out: &mut impl fmt::Write) -> fmt::Result {
        out.write_str(NAME)?;
        for (name, value) in NAMES.iter().zip(self.0) {
            if value == ABSENT {
                continue;
            }
            out.write_str("; ")?;
            out.write_str(name)?;
            if value != BARE {
                // Without the formatting of numbers and a division, and their size.
                let (start, last) =
                    if value < 10 { ("=", value) } else { ("=1", value.wrapping_sub(10)) };
                out.write_str(start)?;
                out.write_char(char::from(b'0' | last & 0xF))?;
            }
        }
        Ok(())
    }
}

/// Reads the bits of a window: a token, or a quoted string that is one when its backslashes are
/// taken out (RFC 6455 section 9.1).
fn bits(value: &[u8]) -> Option<u8> {
    let (text, is_quoted) = match value {
        [b'"', inner @ .., b'"'] => (inner, true),
        _ => (value, false),
    };
    let (mut bits, mut is_escaped) = (0_u8, false);
    for byte in text {
        if is_quoted && !is_escaped && *byte == b'\\' {
            is_escaped = true;
            continue;
        }
        is_escaped = false;
        // Of two digits the first is a one.
        if !byte.is_ascii_digit() || bits > 1 || bits == 0 && *byte == b'0' {
            return None;
        }
        bits = bits.wrapping_mul(10).wrapping_add(byte.wrapping_sub(b'0'));
    }
    (matches!(bits, 8..=MAX_BITS) && !is_escaped).then_some(bits)
}

/// Takes the next extension off a list: its name, and what follows that. Empty elements do not
/// count (RFC 9110 section 5.6.1).
///
/// Who ends at the first thing that is wrong need not know where a quoted string with a comma ends,
/// for in none of ours can there be one.
fn next_extension<'a>(
    list: &mut Option<&'a [u8]>,
    ends_at_error: bool,
) -> Option<(&'a [u8], Option<&'a [u8]>)> {
    while list.is_some() {
        let element = if ends_at_error { take(list, b',') } else { take_element(list) };
        if !element.is_empty() {
            let mut params = Some(element);
            return Some((take(&mut params, b';'), params));
        }
    }
    None
}

/// Takes what comes before the first separator off a value, and trims it; nothing is left of the
/// value without one.
///
/// Within an extension quoted strings need no care: a separator in one makes its parameter wrong,
/// and so is what it is cut to. Kept out of line, for there are several calls.
#[inline(never)]
fn take<'a>(value: &mut Option<&'a [u8]>, separator: u8) -> &'a [u8] {
    let (first, rest) = split(value.unwrap_or_default(), separator);
    *value = rest;
    trim(first)
}

/// The same for an element of a list, whose quoted strings may hold commas. One that does not end
/// is one to the end of the value.
fn take_element<'a>(list: &mut Option<&'a [u8]>) -> &'a [u8] {
    let bytes = list.unwrap_or_default();
    let (mut is_quoted, mut is_escaped) = (false, false);
    let at = position(bytes, |byte| {
        if is_escaped {
            is_escaped = false;
        } else if byte == b'"' {
            is_quoted = !is_quoted;
        } else if is_quoted {
            is_escaped = byte == b'\\';
        } else {
            return byte == b',';
        }
        false
    });
    let (first, rest) = bytes.split_at_checked(at.unwrap_or(bytes.len())).unwrap_or_default();
    *list = rest.get(1..);
    trim(first)
}

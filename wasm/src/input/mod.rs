//! What the input may be, how that is recognised, and what is made of it.
//!
//! | input | recognised by |
//! |---|---|
//! | pcap, pcapng | their first four bytes |
//! | HTTP heads and frames | a request line or a status line |
//! | HAR (feature `har`) | JSON with a `log` |
//! | trace lines of firmware | `ws > ` or `ws < ` and `wire=` in lines |
//! | dumps: xxd, `hexdump -C`, od, Wireshark, tshark's follow | lines of offset and bytes |
//! | arrays and string literals of C, Rust, Python, JavaScript | `0x`, brackets, `\x` |
//! | hexadecimal digits | nothing else but white space and separators |
//! | base64 | its alphabet |
//! | frames as they are | anything that is no text |

use alloc::{boxed::Box, vec::Vec};

mod array;
mod base64;
mod dump;
mod given;
#[cfg(feature = "har")]
mod har;
mod hex;
mod ip;
#[cfg(feature = "har")]
mod json;
mod latest;
mod link;
mod log;
mod packets;
mod pcap;
mod pcapng;
mod raw;
mod tcp;

pub use given::Given;

use crate::{
    stream::Conversation,
    text::{find, lines, run_len},
};

/// What an input is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The bytes of one direction, or heads of both as text.
    Raw,
    /// Hexadecimal digits.
    Hex,
    /// Lines of offset and bytes: xxd, hexdump, od, Wireshark, tshark.
    Dump,
    /// An array or a string literal of a programming language.
    Array,
    /// Base64.
    Base64,
    /// A capture of libpcap.
    Pcap,
    /// A capture of Wireshark.
    Pcapng,
    /// An HTTP archive of a browser.
    Har,
    /// Trace lines of firmware.
    Log,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 9] = [
        Self::Raw,
        Self::Hex,
        Self::Dump,
        Self::Array,
        Self::Base64,
        Self::Pcap,
        Self::Pcapng,
        Self::Har,
        Self::Log,
    ];

    /// Its name, as it stands in options.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Hex => "hex",
            Self::Dump => "dump",
            Self::Array => "array",
            Self::Base64 => "base64",
            Self::Pcap => "pcap",
            Self::Pcapng => "pcapng",
            Self::Har => "har",
            Self::Log => "log",
        }
    }
}

/// Why an input cannot be read, or not to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// What is wrong.
    pub kind: DamageKind,
    /// Where, in bytes from the start of the input.
    pub offset: u64,
}

/// Why nothing of an input can be read.
pub type InputError = Damage;

/// A damage on its way up: a pointer, which takes little room beside what is read.
type Failure = Box<Damage>;

/// Out of line: much can be wrong.
#[inline(never)]
fn fail(kind: DamageKind, offset: usize) -> Failure {
    Box::new(Damage { kind, offset: offset as u64 })
}

/// What is wrong with an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DamageKind {
    /// There is nothing.
    Empty,
    /// It is none of the formats.
    Unrecognised,
    /// It is compressed as a whole.
    Gzip,
    /// It ends within a record or a block.
    Truncated,
    /// A length that cannot be.
    Length,
    /// The first bytes of a format are not there.
    Magic,
    /// A version that is not known.
    Version,
    /// A packet of an interface that has not been described.
    Interface,
    /// A kind of link that is not known.
    LinkType(u32),
    /// An odd number of hexadecimal digits, or something that is none.
    Digit,
    /// A number that is no byte.
    Number,
    /// Repeated lines that stand for more bytes than are allowed.
    Repetition,
    /// It is not JSON.
    Json,
    /// No WebSocket messages are in it.
    NoMessages,
}

impl DamageKind {
    /// What is wrong, in words.
    #[must_use]
    pub const fn line(self) -> &'static str {
        match self {
            Self::Empty => "nothing to read",
            Self::Unrecognised => "none of the known formats: say which one it is",
            Self::Gzip => "compressed by gzip: unpack it first",
            Self::Truncated => "ends within a record",
            Self::Length => "a length that cannot be",
            Self::Magic => "does not begin as this format does",
            Self::Version => "a version of the format that is not known",
            Self::Interface => "a packet of an interface that is not described",
            Self::LinkType(_) => "a kind of link that is not known",
            Self::Digit => "not a pair of hexadecimal digits",
            Self::Number => "not a byte",
            Self::Repetition => "repeated lines stand for too many bytes",
            Self::Json => "not JSON",
            Self::NoMessages => "no WebSocket messages are in it",
        }
    }
}

/// Something to be known of an input as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Note {
    /// So many TCP connections carry TLS.
    Tls(u32),
    /// So many TCP connections carry HTTP without an upgrade.
    Http(u32),
    /// So many TCP connections carry HTTP/2.
    Http2(u32),
    /// So many TCP connections carry something else.
    OtherTcp(u32),
    /// So many packets are not TCP.
    OtherPackets(u32),
    /// So many packets are cut by the capture.
    CutPackets(u32),
    /// So many fragments of IP are left out.
    IpFragments(u32),
    /// So many packets have damaged headers.
    BadPackets(u32),
    /// The line ends of a head were LF, and are taken for CR LF.
    LineEnds,
}

impl Note {
    /// How many, and what, in words.
    #[must_use]
    pub const fn line(self) -> (Option<u32>, &'static str) {
        match self {
            Self::Tls(count) => (
                Some(count),
                "TCP connections carry TLS, which is not decrypted here: have the client write a key log (SSLKEYLOGFILE), and give `tshark -r FILE -o tls.keylog_file:KEYS -q -z follow,tls,hex,STREAM`",
            ),
            Self::Http(count) => (Some(count), "TCP connections carry HTTP without an upgrade"),
            Self::Http2(count) => (
                Some(count),
                "TCP connections carry HTTP/2, in which WebSockets (RFC 8441) are not looked for",
            ),
            Self::OtherTcp(count) => (Some(count), "TCP connections carry something else"),
            Self::OtherPackets(count) => (Some(count), "packets are not TCP over IP"),
            Self::CutPackets(count) => (Some(count), "packets were cut by the capture (snaplen)"),
            Self::IpFragments(count) => (Some(count), "fragments of IP packets are left out"),
            Self::BadPackets(count) => (Some(count), "packets have damaged headers"),
            Self::LineEnds => (None, "line ends of the handshake were LF, and are taken for CR LF"),
        }
    }
}

/// What an input holds.
#[derive(Debug, Default)]
pub struct Capture {
    /// Conversations of bytes.
    pub conversations: Vec<Conversation>,
    /// Connections whose messages are given without frames.
    pub given: Vec<Given>,
    /// What there is to know.
    pub notes: Vec<Note>,
    /// What could not be read.
    pub damage: Option<Damage>,
}

/// Whether an input is of a format.
type Check = fn(&[u8]) -> bool;

/// Reads an input of a format.
type Read = fn(&[u8], &mut Capture) -> Result<(), Failure>;

#[cfg(feature = "har")]
const HAR: Read = har::read;
#[cfg(not(feature = "har"))]
const HAR: Read = |_, _| Err(fail(DamageKind::Unrecognised, 0));

/// What an input may be, the surest first.
const FORMATS: [(Format, Check, Read); 9] = [
    (Format::Pcap, pcap::is_magic, pcap::read),
    (Format::Pcapng, pcapng::is_section, pcapng::read),
    (Format::Raw, |bytes| raw::is_head(bytes) || !is_text(bytes), raw::read),
    (Format::Har, given::is_archive, HAR),
    (Format::Log, log::is_log, log::read),
    (Format::Dump, dump::is_dump, dump::read),
    (Format::Hex, hex::is_hex, hex::read),
    (Format::Array, array::is_array, array::read),
    (Format::Base64, base64::is_base64, base64::read),
];

/// Recognises what an input is.
///
/// # Errors
/// [`DamageKind::Empty`], [`DamageKind::Gzip`] or [`DamageKind::Unrecognised`].
pub fn recognise(bytes: &[u8]) -> Result<Format, InputError> {
    let fail = |kind| Err(Damage { kind, offset: 0 });
    if bytes.is_empty() {
        return fail(DamageKind::Empty);
    }
    if bytes.starts_with(&[0x1f, 0x8b, 0x08]) {
        return fail(DamageKind::Gzip);
    }
    let found = FORMATS.iter().find(|(_, is_it, _)| is_it(bytes));
    found.map_or_else(|| fail(DamageKind::Unrecognised), |(format, ..)| Ok(*format))
}

/// Reads an input of a format into a capture in which nothing is.
///
/// # Errors
/// What is wrong with it, and where.
pub fn read(bytes: &[u8], format: Format, capture: &mut Capture) -> Result<(), InputError> {
    if let Some((.., read)) = FORMATS.iter().find(|(each, ..)| *each == format) {
        read(bytes, capture).map_err(|damage| *damage)?;
    }
    Ok(())
}

/// Bytes of an input that are looked at to recognise it.
const LOOK_LEN: usize = 64 << 10;

/// The beginning of an input, up to the end of a line.
fn beginning(bytes: &[u8]) -> &[u8] {
    let Some(beginning) = bytes.get(..LOOK_LEN) else { return bytes };
    let end = beginning.iter().rposition(|byte| *byte == b'\n');
    end.and_then(|end| bytes.get(..end)).unwrap_or(beginning)
}

/// Whether this is text: no control bytes but white space.
fn is_text(bytes: &[u8]) -> bool {
    let bytes = beginning(bytes);
    let is_printed = |byte: &u8| !byte.is_ascii_control() || matches!(byte, b'\t' | b'\r' | b'\n');
    run_len(bytes, is_printed) == bytes.len() && core::str::from_utf8(bytes).is_ok_or_cut()
}

trait OrCut {
    fn is_ok_or_cut(&self) -> bool;
}

impl OrCut for Result<&str, core::str::Utf8Error> {
    /// Whether it is UTF-8, apart from a code point that the end of the look cuts.
    fn is_ok_or_cut(&self) -> bool {
        self.as_ref().err().is_none_or(|error| error.error_len().is_none())
    }
}

/// The number of 16 bits at an offset, in the order of the network.
fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

/// The number of 32 bits at an offset, in the order of the network.
fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

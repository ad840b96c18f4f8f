//! Messages and closings that own what they hold.

#[cfg(feature = "tungstenite")]
mod tungstenite;

use bytes::Bytes;
use bytestring::ByteString;
use socklet_core::{Kind, Side, wire::close::CloseCode};

use crate::Broadcast;

/// A whole message that owns its bytes, or shares them with its clones.
///
/// What is sent is only borrowed: `ws.send("text")`, `ws.send(&bytes)` and `ws.send(&message)`
/// copy nothing into one of these.
///
/// # Memory
/// A clone copies no payload, nor does a message that is made of a `String`, a `Vec`, or what the
/// crates [`bytes`] and [`bytestring`] have.
///
/// # Examples
/// ```
/// use socklet_std::Message;
///
/// let message = Message::from(String::from("hello"));
/// let clone = message.clone();
/// assert_eq!(clone.as_text(), Some("hello"));
/// assert_eq!(message.into_bytes().as_ptr(), clone.as_bytes().as_ptr());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Message {
    /// UTF-8 text, which is checked when one is made of bytes.
    Text(ByteString),
    /// Bytes.
    Binary(Bytes),
}

impl Message {
    /// What the message holds.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Binary(_) => Kind::Binary,
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Binary(_) => None,
        }
    }

    /// The payload, of either kind.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// The payload, of either kind, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// The same message, borrowed.
    #[must_use]
    pub fn as_ref(&self) -> socklet_core::Message<'_> {
        match self {
            Self::Text(text) => socklet_core::Message::Text(text),
            Self::Binary(bytes) => socklet_core::Message::Binary(bytes),
        }
    }
}

/// Makes messages of what holds one kind.
macro_rules! made_of {
    ($($variant:ident: $($payload:ty)*;)*) => {$($(
        impl From<$payload> for Message {
            fn from(payload: $payload) -> Self {
                Self::$variant(payload.into())
            }
        }
    )*)*};
}

made_of! {
    Text: String &str ByteString;
    Binary: Vec<u8> Bytes;
}

impl From<&[u8]> for Message {
    fn from(bytes: &[u8]) -> Self {
        Self::Binary(Bytes::copy_from_slice(bytes))
    }
}

impl<const N: usize> From<&[u8; N]> for Message {
    fn from(bytes: &[u8; N]) -> Self {
        bytes.as_slice().into()
    }
}

impl From<socklet_core::Message<'_>> for Message {
    fn from(message: socklet_core::Message<'_>) -> Self {
        match message {
            socklet_core::Message::Text(text) => text.into(),
            socklet_core::Message::Binary(bytes) => bytes.into(),
        }
    }
}

impl<'a> From<&'a Message> for socklet_core::Message<'a> {
    fn from(message: &'a Message) -> Self {
        message.as_ref()
    }
}

/// What can be sent: anything that can be seen as a borrowed message for the time of a call.
///
/// Text: `&str`, `String`, `&String`, `ByteString`. Bytes: `&[u8]`, `&[u8; N]`, `Vec<u8>`,
/// `&Vec<u8>`, `Bytes`. Either: [`Message`], `&Message`, [`socklet_core::Message`], [`Broadcast`].
pub trait Sendable {
    /// The message, borrowed.
    fn borrowed(&self) -> socklet_core::Message<'_>;

    /// The message with its frames, if they have been made before.
    fn encoded(&self) -> Option<&Broadcast> {
        None
    }
}

impl<T: Sendable + ?Sized> Sendable for &T {
    fn borrowed(&self) -> socklet_core::Message<'_> {
        (**self).borrowed()
    }

    fn encoded(&self) -> Option<&Broadcast> {
        (**self).encoded()
    }
}

impl Sendable for Message {
    fn borrowed(&self) -> socklet_core::Message<'_> {
        self.as_ref()
    }
}

impl Sendable for socklet_core::Message<'_> {
    fn borrowed(&self) -> socklet_core::Message<'_> {
        *self
    }
}

impl<const N: usize> Sendable for [u8; N] {
    fn borrowed(&self) -> socklet_core::Message<'_> {
        socklet_core::Message::Binary(self)
    }
}

/// Lets what holds one kind be sent.
macro_rules! sendable {
    ($($variant:ident: $($payload:ty)*;)*) => {$($(
        impl Sendable for $payload {
            fn borrowed(&self) -> socklet_core::Message<'_> {
                socklet_core::Message::$variant(self)
            }
        }
    )*)*};
}

sendable! {
    Text: str String ByteString;
    Binary: [u8] Vec<u8> Bytes;
}

/// How a connection was closed: both Close frames crossed the wire
/// ([RFC 6455 section 7.1.4](https://www.rfc-editor.org/rfc/rfc6455#section-7.1.4)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// Who sent the first Close frame.
    pub by: Side,
    /// The code in the peer's Close frame; `None` if it had no body.
    pub code: Option<CloseCode>,
    /// The reason in the peer's Close frame, at most 123 bytes.
    pub reason: String,
}

impl From<socklet_core::Closed<'_>> for Closed {
    fn from(closed: socklet_core::Closed<'_>) -> Self {
        Self { by: closed.by, code: closed.code, reason: closed.reason.to_owned() }
    }
}

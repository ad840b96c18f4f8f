//! Messages and closings that own what they hold.

use socklet_core::{Kind, Side, wire::close::CloseCode};

/// A whole message that owns its bytes.
///
/// What is sent is only borrowed: `ws.send("text")`, `ws.send(&bytes)` and `ws.send(&message)`
/// copy nothing into one of these.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Message {
    /// UTF-8 text.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
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
    pub const fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.as_str()),
            Self::Binary(_) => None,
        }
    }

    /// The payload, of either kind.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes.as_slice(),
        }
    }

    /// The payload, of either kind, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// The same message, borrowed.
    #[must_use]
    pub const fn as_ref(&self) -> socklet_core::Message<'_> {
        match self {
            Self::Text(text) => socklet_core::Message::Text(text.as_str()),
            Self::Binary(bytes) => socklet_core::Message::Binary(bytes.as_slice()),
        }
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&[u8]> for Message {
    fn from(bytes: &[u8]) -> Self {
        Self::Binary(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Message {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Binary(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes)
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
/// Text: `&str`, `String`, `&String`. Bytes: `&[u8]`, `&[u8; N]`, `Vec<u8>`, `&Vec<u8>`. Either:
/// [`Message`], `&Message`, [`socklet_core::Message`].
pub trait Sendable {
    /// The message, borrowed.
    fn borrowed(&self) -> socklet_core::Message<'_>;
}

impl<T: Sendable + ?Sized> Sendable for &T {
    fn borrowed(&self) -> socklet_core::Message<'_> {
        (**self).borrowed()
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

impl Sendable for str {
    fn borrowed(&self) -> socklet_core::Message<'_> {
        socklet_core::Message::Text(self)
    }
}

impl Sendable for String {
    fn borrowed(&self) -> socklet_core::Message<'_> {
        socklet_core::Message::Text(self)
    }
}

impl Sendable for [u8] {
    fn borrowed(&self) -> socklet_core::Message<'_> {
        socklet_core::Message::Binary(self)
    }
}

impl<const N: usize> Sendable for [u8; N] {
    fn borrowed(&self) -> socklet_core::Message<'_> {
        socklet_core::Message::Binary(self)
    }
}

impl Sendable for Vec<u8> {
    fn borrowed(&self) -> socklet_core::Message<'_> {
        socklet_core::Message::Binary(self)
    }
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

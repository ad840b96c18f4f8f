//! Messages to and from those of tungstenite, without a copy.

use bytes::Bytes;
use bytestring::ByteString;
use tungstenite::{Message as Other, Utf8Bytes};

use crate::Message;

impl From<Message> for Other {
    fn from(message: Message) -> Self {
        match message {
            Message::Text(text) => match Utf8Bytes::try_from(text.into_bytes()) {
                Ok(text) => Self::Text(text),
                Err(_) => unreachable!("it was text"),
            },
            Message::Binary(bytes) => Self::Binary(bytes),
        }
    }
}

/// A control frame is no message, and comes back as it is.
impl TryFrom<Other> for Message {
    type Error = Other;

    fn try_from(message: Other) -> Result<Self, Other> {
        match message {
            Other::Text(text) => match ByteString::try_from(Bytes::from(text)) {
                Ok(text) => Ok(Self::Text(text)),
                Err(_) => unreachable!("it was text"),
            },
            Other::Binary(bytes) => Ok(Self::Binary(bytes)),
            control => Err(control),
        }
    }
}

//! Connections of which an HTTP archive gives the messages, and no frames.

use alloc::{string::String, vec::Vec};

use super::{InputError, base64, beginning, find};
use crate::{
    Options,
    judge::{self, Verdict},
    report::{Connection, Kind, Message},
    stream::{Conversation, Moment, Sender},
    text::lossy,
};

pub(super) fn is_archive(bytes: &[u8]) -> bool {
    let bytes = beginning(bytes);
    bytes.trim_ascii_start().starts_with(b"{") && find(bytes, 0, b"\"log\"").is_some()
}

/// A connection of which the messages are given, and no frames.
#[derive(Debug)]
pub struct Given {
    conversation: Conversation,
    messages: Vec<Message>,
}

impl Given {
    /// A connection of a browser with a host; heads are empty where they were not kept.
    #[must_use]
    pub fn new(host: &[u8], request: &[u8], response: &[u8]) -> Self {
        let mut conversation = Conversation::new();
        conversation.first.push(request, Moment::default(), None);
        conversation.second.push(response, Moment::default(), None);
        conversation.is_first_client = true;
        conversation.names = Some((String::from("browser"), lossy(host)));
        Self { conversation, messages: Vec::new() }
    }

    /// Adds a message: text, or base64 of bytes, which is at an offset of the input. When it was
    /// sent is told in seconds.
    ///
    /// # Errors
    /// Data that are no base64.
    pub fn message(
        &mut self,
        from: Sender,
        kind: Kind,
        time: &[u8],
        data: Vec<u8>,
        at: usize,
    ) -> Result<(), InputError> {
        let data = match kind {
            Kind::Text => data,
            Kind::Binary => base64::decode(&data, at).map_err(|damage| *damage)?,
        };
        let order = self.messages.len() as u32;
        let mut message = Message::new(from, kind, Moment { order, time_ns: seconds(time) });
        message.is_whole = true;
        message.len = data.len() as u64;
        message.given = Some(data);
        self.messages.push(message);
        Ok(())
    }

    /// Judges the handshake as far as the archive tells of it, and takes the messages.
    #[must_use]
    pub fn judge(self, options: &Options) -> Connection {
        let mut connection = judge::judge(self.conversation, options);
        connection.ending.verdict = Verdict::Open;
        connection.messages = self.messages;
        connection
    }
}

/// Reads seconds with a fraction as nanoseconds, digit by digit: a float would round them again.
pub(super) fn seconds(text: &[u8]) -> Option<u64> {
    const DIGITS: u32 = 9;
    text.first()?;
    let mut number = 0_u64;
    let mut fraction_len = None;
    let mut push = |digit: u8| {
        number = number.checked_mul(10)?.checked_add(digit.into())?;
        Some(())
    };
    for byte in text {
        match (byte, &mut fraction_len) {
            (b'.', None) => fraction_len = Some(0),
            (b'0'..=b'9', Some(DIGITS)) => {}
            (b'0'..=b'9', len) => {
                push(byte & 0xf)?;
                *len = len.map(|len| len + 1);
            }
            _ => return None,
        }
    }
    for _ in fraction_len.unwrap_or(0)..DIGITS {
        push(0)?;
    }
    Some(number)
}

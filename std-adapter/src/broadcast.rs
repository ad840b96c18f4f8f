//! A message for many connections of a server, encoded and compressed once.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use socklet_core::{
    Config, Fragmentation, Server,
    connection::{Connection, Encoded, Staged},
    permessage_deflate::{Agreed, Context, Settings, Volume},
};

use crate::{IoError, Message, Sendable, buffer::GrowingBuffer, deflate::Plan};

/// A message that a server sends to many connections: its frame is made once for all of them, and
/// so is the compressed one.
///
/// It is sent by `send` and `feed` as any message. The frames are those of
///
/// - connections that do not compress;
/// - connections that compress without context takeover: at most one for each length of the window,
///   made when it is first sent on such a connection. A server whose
///   [`Settings`] have `send_takeover` off agrees on nothing else.
///
/// Where a context is kept a message is different on each connection; it is compressed there as any
/// other. A client, which masks, makes its own frames too, and so does a connection with a message of
/// more than 128 KiB.
///
/// # Memory
/// The message and a copy of it in its frame, compressed ones besides; shared by all clones. For each
/// that is compressed there is a compressor of 118 KiB for as long as that takes.
///
/// # Examples
/// ```
/// use socklet_std::{Broadcast, Error, ServerRole, tokio::Writer};
/// use tokio::net::TcpStream;
///
/// async fn tell(all: &mut [Writer<TcpStream, ServerRole>]) -> Result<(), Error> {
///     let news = Broadcast::new("the same for all");
///     for one in all {
///         one.send(&news).await?;
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Broadcast(Arc<Frames>);

#[derive(Debug)]
struct Frames {
    message: Message,
    plain: Bytes,
    /// By the bits of the window less 8; `None` for one that would grow.
    compressed: [OnceLock<Option<(Bytes, Volume)>>; 8],
}

impl Broadcast {
    /// Makes the frame of a message.
    #[must_use]
    pub fn new(message: impl Into<Message>) -> Self {
        let message = message.into();
        let (plain, _) = encode(&message, None);
        Self(Arc::new(Frames { message, plain, compressed: Default::default() }))
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &Message {
        &self.0.message
    }
}

impl From<Message> for Broadcast {
    fn from(message: Message) -> Self {
        Self::new(message)
    }
}

impl Sendable for Broadcast {
    fn borrowed(&self) -> socklet_core::Message<'_> {
        self.0.message.as_ref()
    }

    fn encoded(&self) -> Option<&Broadcast> {
        Some(self)
    }
}

impl Encoded for Broadcast {
    fn message(&self) -> socklet_core::Message<'_> {
        self.0.message.as_ref()
    }

    fn plain(&self) -> &[u8] {
        &self.0.plain
    }

    fn compressed(&self, window_bits: u8) -> Option<(&[u8], Volume)> {
        let made = self.0.compressed.get(usize::from(window_bits.checked_sub(8)?))?;
        let made = made.get_or_init(|| {
            let (frame, volume) = encode(&self.0.message, Some(window_bits));
            // Without a compressed message it would be the plain frame once more.
            (volume.plain != 0).then_some((frame, volume))
        });
        made.as_ref().map(|(frame, volume)| (&**frame, *volume))
    }
}

/// The frame of a message as a server sends it, by a connection that leads nowhere.
fn encode(message: &Message, window_bits: Option<u8>) -> (Bytes, Volume) {
    let config = Config { fragmentation: Fragmentation::Never, ..Config::SERVER };
    let agreed = window_bits.map(|window_bits| {
        let context = Context { window_bits, takeover: false };
        Agreed { send: context, receive: context }
    });
    let plan = Plan::taken_over(Settings { threshold_len: 0, ..Settings::DEFAULT }, agreed);
    let receive = GrowingBuffer::receive(&config, &plan);
    let staging = GrowingBuffer::staging(&config);
    let mut connection = Connection::new(Server, receive, staging, config, plan.compression());
    let staged: Result<Staged, socklet_core::Error<IoError>> = connection
        .assume_open(None)
        .and_then(|()| connection.write_side_mut().stage(message.as_ref()));
    debug_assert!(matches!(staged, Ok(Staged::Whole)), "there is room for any frame");
    let write_side = connection.write_side();
    let volume = write_side.volume_sent().unwrap_or_default();
    (Bytes::copy_from_slice(write_side.staged()), volume)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_those_of_a_server_and_made_once() {
        let text = "hello ".repeat(100);
        let news = Broadcast::new(text.as_str());
        assert_eq!(news.plain()[..4], [0x81, 126, 2, 88]);
        assert_eq!(&news.plain()[4..], text.as_bytes());
        let (frame, volume) = news.compressed(9).unwrap();
        assert_eq!((frame[0], volume.plain), (0xC1, 600));
        assert_eq!(volume.compressed as usize, frame.len() - 2);
        let clone = news.clone();
        assert_eq!(clone.compressed(9).unwrap().0.as_ptr(), frame.as_ptr());
        for window_bits in [0, 7, 16, 255] {
            assert!(news.compressed(window_bits).is_none());
        }
    }

    #[test]
    fn what_would_grow_has_no_compressed_frame() {
        let news = Broadcast::new(&[0x17, 0x2a, 0x99]);
        assert!(news.compressed(15).is_none());
        assert_eq!(news.plain(), [0x82, 3, 0x17, 0x2a, 0x99]);
        assert!(Broadcast::new("").compressed(15).is_none());
    }
}

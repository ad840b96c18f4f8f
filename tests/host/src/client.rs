//! A client of either adapter.

use socklet_std::{
    CloseCode, Closed, Error, Event, Kind, Message, blocking,
    permessage_deflate::{Agreed, Volume},
    tokio,
};

/// A client that blocks, or one over tokio. The methods are `async` for both: those of the one
/// that blocks are ready when they return.
#[derive(Debug)]
pub enum AnyClient {
    /// Over `std::net`.
    Blocking(blocking::WebSocket),
    /// Over tokio.
    Tokio(tokio::WebSocket),
}

/// Calls a method of either.
macro_rules! either {
    ($client:ident.$method:ident($($argument:expr),*)) => {
        match $client {
            AnyClient::Blocking(ws) => ws.$method($($argument),*),
            AnyClient::Tokio(ws) => ws.$method($($argument),*).await,
        }
    };
}

impl AnyClient {
    /// Receives the next message, which is then no longer borrowed.
    ///
    /// # Errors
    /// How the connection ended, if not by a closing handshake.
    pub async fn recv(&mut self) -> Result<Option<Message>, Error> {
        either!(self.recv())
    }

    /// Sends the next message back; false if there is none.
    ///
    /// # Errors
    /// How the connection ended, if not by a closing handshake.
    pub async fn echo(&mut self) -> Result<bool, Error> {
        match self {
            Self::Blocking(ws) => match ws.recv_ref()? {
                Some((message, mut reply)) => reply.feed(message)?,
                None => return Ok(false),
            },
            Self::Tokio(ws) => match ws.recv_ref().await? {
                Some((message, mut reply)) => reply.feed(message).await?,
                None => return Ok(false),
            },
        }
        Ok(true)
    }

    /// Receives until a Pong has come, and returns its payload.
    ///
    /// # Errors
    /// How the connection ended: a closing handshake is one too.
    pub async fn pong(&mut self) -> Result<Vec<u8>, Error> {
        loop {
            match either!(self.recv_event())? {
                Some(Event::Pong(payload)) => return Ok(payload.to_vec()),
                Some(_) => {}
                None => return Err(Error::ConnectionLost),
            }
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// How the connection ended.
    pub async fn send(&mut self, message: &Message) -> Result<(), Error> {
        either!(self.send(message))
    }

    /// Sends a part of a message.
    ///
    /// # Errors
    /// How the connection ended.
    pub async fn send_part(&mut self, kind: Kind, part: &[u8], fin: bool) -> Result<(), Error> {
        either!(self.send_part(kind, part, fin))
    }

    /// Sends a Ping.
    ///
    /// # Errors
    /// How the connection ended.
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        either!(self.ping(payload))
    }

    /// Makes the closing handshake to its end; without a code the Close frame is empty.
    ///
    /// # Errors
    /// How the connection ended instead.
    pub async fn close(&mut self, code: Option<CloseCode>, reason: &str) -> Result<Closed, Error> {
        // No code on the wire is what this one stands for.
        either!(self.close(code.unwrap_or(CloseCode::NO_STATUS), reason))
    }

    /// How the connection was closed.
    #[must_use]
    pub fn closed(&self) -> Option<Closed> {
        match self {
            Self::Blocking(ws) => ws.closed(),
            Self::Tokio(ws) => ws.closed(),
        }
    }

    /// What both sides agreed on about compression.
    #[must_use]
    pub fn compression(&self) -> Option<Agreed> {
        match self {
            Self::Blocking(ws) => ws.compression(),
            Self::Tokio(ws) => ws.compression(),
        }
    }

    /// Whether messages have been compressed in both directions, to less than half.
    #[must_use]
    pub fn has_compressed(&self) -> bool {
        let [sent, received] = match self {
            Self::Blocking(ws) => [ws.volume_sent(), ws.volume_received()],
            Self::Tokio(ws) => [ws.volume_sent(), ws.volume_received()],
        };
        let is_less =
            |volume: Volume| volume.compressed != 0 && volume.compressed < volume.plain / 2;
        sent.is_some_and(is_less) && received.is_some_and(is_less)
    }

    /// The subprotocol that both sides agreed on.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        match self {
            Self::Blocking(ws) => ws.subprotocol(),
            Self::Tokio(ws) => ws.subprotocol(),
        }
    }
}

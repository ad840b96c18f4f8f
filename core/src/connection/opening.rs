//! The opening handshake in the connection's own buffers (RFC 6455 section 4).
//!
//! A head is staged like any bytes to be written, and the peer's head is received like any bytes
//! read; what follows it in the receive buffer are frames. A client's request stays in the
//! staging buffer until the response has been checked against the key at its end, so the
//! handshake needs no memory of its own and goes on where it was when a future is dropped.

use rand_core::CryptoRng;

use super::{
    Connection, Ready, Step,
    outbound::Outbound,
    state::{End, Phase},
    write_side::WriteSide,
};
use crate::{
    buffer::Buffer,
    error::{ConfigError, Error, HandshakeError, ResourceError, UsageError},
    fmt::debug,
    handshake::{client, server},
    permessage_deflate::{Compression, Negotiation, OutboundContext},
    role::{Client, Role, Server},
    wire::MAX_CONTROL_FRAME_LEN,
};

impl<R: Role, B: Buffer, C: Compression> Connection<R, B, C> {
    /// Takes the connection as open: something else has made the opening handshake.
    ///
    /// # Errors
    /// [`UsageError`] if one was begun here; [`ConfigError`] if a buffer is too small.
    pub fn assume_open<E>(&mut self, now_ms: Option<u64>) -> Result<(), Error<E>> {
        if self.begin(now_ms)? {
            self.open(now_ms);
        }
        Ok(())
    }

    /// The opening handshake is done: frames follow what has been received of it.
    fn open(&mut self, now_ms: Option<u64>) {
        let agreed = self.negotiation.agreed();
        self.inbound.open(agreed.map(|agreed| agreed.receive));
        if let Some(agreed) = agreed {
            self.write_side.outbound.agree(agreed.send);
        }
        self.write_side.state.enter(Phase::Open, now_ms);
        debug!("open");
    }

    /// Begins the opening handshake; false if it is under way already, or has failed, which the
    /// next poll tells when the answer that says so has been written.
    fn begin<E>(&mut self, now_ms: Option<u64>) -> Result<bool, Error<E>> {
        match self.write_side.state.phase {
            Phase::New => {}
            Phase::Connecting | Phase::Accepted | Phase::Ended(End::Handshake(_)) => {
                return Ok(false);
            }
            Phase::Open => return Err(UsageError::AlreadyOpen.into()),
            Phase::Closing | Phase::Ended(_) => return Err(UsageError::Closed.into()),
        }
        if !self.write_side.has_control_room() {
            return Err(ConfigError::StagingBufferTooSmall.into());
        }
        if !self.inbound.holds(MAX_CONTROL_FRAME_LEN) {
            return Err(ConfigError::ReceiveBufferTooSmall.into());
        }
        self.negotiation.fit(self.inbound.max_len());
        self.write_side.state.enter(Phase::Connecting, now_ms);
        Ok(true)
    }

    /// Says what to do next for the peer's head to be received.
    pub fn poll_head(&mut self, now_ms: Option<u64>) -> Step {
        let WriteSide { outbound, state, .. } = &mut self.write_side;
        if state.handshake_expired(now_ms) {
            outbound.discard();
        }
        match state.phase {
            Phase::Connecting | Phase::Ended(_) if !outbound.is_drained() => return Step::Drain,
            Phase::Connecting => {}
            Phase::Accepted => return Step::Ready(Ready::Head),
            _ => return Step::Ready(Ready::Ended),
        }
        let limit = self.write_side.state.config.limits.head_len as usize;
        let found = self.inbound.find_head();
        let head = self.inbound.head().unwrap_or(self.inbound.undecoded());
        let head_len = head.len();
        if found && head_len <= limit {
            return Step::Ready(Ready::Head);
        }
        // What does not begin like a head, a TLS record say, will not end like one.
        let error = if head.first().is_some_and(|byte| !byte.is_ascii_graphic()) {
            HandshakeError::MalformedHead
        } else if head_len >= limit || self.inbound.space().is_err() {
            HandshakeError::HeadTooLong { limit: head_len.min(limit) }
        } else {
            return Step::Read;
        };
        if R::CLIENT {
            self.write_side.refuse(error);
        } else {
            self.write_side.answer_failure(error);
        }
        Step::Drain
    }
}

impl<R: CryptoRng, B: Buffer, C: Compression> Connection<Client<R>, B, C> {
    /// Begins the opening handshake with a request under a fresh nonce, or goes on with the one
    /// under way.
    ///
    /// # Errors
    /// [`ConfigError`] and [`ResourceError`] for a request that cannot be made: nothing has
    /// happened then. [`UsageError`] if the handshake is over.
    pub fn stage_request<E>(
        &mut self,
        request: &client::Request<'_>,
        now_ms: Option<u64>,
    ) -> Result<(), Error<E>> {
        if self.begin(now_ms)? {
            let mut nonce = [0; 16];
            let Self { write_side: WriteSide { outbound, state, .. }, negotiation, .. } = self;
            // As the masking keys, so that only one way to draw is linked.
            for word in nonce.as_chunks_mut().0 {
                *word = outbound.role().0.next_u32().to_ne_bytes();
            }
            if let Err(error) = outbound.write_head(|out| request.encode(&nonce, negotiation, out))
            {
                state.phase = Phase::New;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Checks the response that has been received, and opens the connection.
    ///
    /// # Errors
    /// [`HandshakeError`]: the handshake failed; the response can be read all the same.
    pub fn check_response<E>(
        &mut self,
        request: &client::Request<'_>,
        now_ms: Option<u64>,
    ) -> Result<(), Error<E>> {
        let sent = client::key_of(self.write_side.outbound.head());
        let (Some(key), Some(response)) = (sent, self.inbound.head()) else {
            return Err(UsageError::NotOpen.into());
        };
        let checked = client::Response::parse(response)
            .and_then(|response| response.check(request, key, &mut self.negotiation));
        match checked {
            Ok(()) => self.open(now_ms),
            Err(error) => {
                self.write_side.refuse(error);
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// The response, until the first frame is received.
    pub fn response(&self) -> Option<client::Response<'_>> {
        client::Response::parse(self.inbound.head()?).ok()
    }
}

impl<B: Buffer, C: Compression> Connection<Server, B, C> {
    /// Begins to wait for the request, or goes on with it.
    ///
    /// # Errors
    /// [`UsageError`] if the handshake is over; [`ConfigError`] if a buffer is too small.
    pub fn await_request<E>(&mut self, now_ms: Option<u64>) -> Result<(), Error<E>> {
        self.begin(now_ms).map(|_| ())
    }

    /// The request, until the first frame is received.
    pub fn request(&self) -> Option<server::Request<'_>> {
        server::Request::parse(self.inbound.head()?).ok()
    }

    /// Stages the answer to the request that has been received, as `decide` wants it. A request
    /// that is not a proper upgrade is never accepted: it gets a 400 or 426 with the reason.
    ///
    /// # Errors
    /// None that is the peer's fault: those end the handshake, which the next poll tells. An
    /// answer that cannot be encoded is an error, and another can be given.
    pub fn stage_answer<'d, E>(
        &mut self,
        decide: impl FnOnce(&server::Request<'_>) -> server::Decision<'d>,
    ) -> Result<(), Error<E>> {
        match self.write_side.state.phase {
            Phase::Connecting => {}
            // Under way: what is left of the answer is staged.
            Phase::Accepted | Phase::Open | Phase::Ended(End::Handshake(_)) => return Ok(()),
            _ => return self.write_side.check_open().map_err(Error::from),
        }
        match server::Request::parse(self.inbound.head().ok_or(UsageError::NotOpen)?) {
            Ok(request) => {
                let decision = decide(&request);
                self.write_side.answer(&mut self.negotiation, &request, &decision)
            }
            Err(error) => {
                self.write_side.answer_failure(error);
                Ok(())
            }
        }
    }

    /// Stages the answer to a request that something else has received and parsed.
    ///
    /// # Errors
    /// As [`stage_answer`](Self::stage_answer).
    pub fn stage_answer_to<E>(
        &mut self,
        request: &server::Request<'_>,
        decision: &server::Decision<'_>,
        now_ms: Option<u64>,
    ) -> Result<(), Error<E>> {
        if self.begin(now_ms)? {
            let answered = self.write_side.answer(&mut self.negotiation, request, decision);
            if answered.is_err() {
                self.write_side.state.phase = Phase::New;
            }
            return answered;
        }
        Ok(())
    }

    /// Opens the connection if its request was accepted, once the answer is written.
    ///
    /// # Errors
    /// Why it was not accepted.
    pub fn finish_answer<E>(&mut self, now_ms: Option<u64>) -> Result<(), Error<E>> {
        if matches!(self.write_side.state.phase, Phase::Accepted) && self.write_side.is_drained() {
            self.open(now_ms);
        }
        self.write_side.outcome()?;
        self.write_side.check_open().map_err(Error::from)
    }
}

impl<R: Role, B: Buffer, X: OutboundContext> WriteSide<R, B, X> {
    /// The opening handshake failed.
    fn refuse(&mut self, error: HandshakeError) {
        self.state.end(End::Handshake(error));
        debug!("handshake failed: {}", error.reason());
    }

    /// Stages the answer to a request.
    fn answer<E>(
        &mut self,
        negotiation: &mut impl Negotiation,
        request: &server::Request<'_>,
        decision: &server::Decision<'_>,
    ) -> Result<(), Error<E>> {
        match (decision, request.check()) {
            (server::Decision::Reject(reject), _) => {
                self.outbound.write_head(|out| reject.encode(out))?;
                self.refuse(HandshakeError::Rejected { status: reject.status() });
            }
            (server::Decision::Accept(accept), Ok(key)) => {
                self.outbound.write_head(|out| {
                    server::encode_accept(request, &key, accept, negotiation, out)
                })?;
                self.state.phase = Phase::Accepted;
            }
            (_, Err(error)) => self.answer_failure(error),
        }
        Ok(())
    }

    /// Answers a request that is not a proper upgrade.
    fn answer_failure(&mut self, error: HandshakeError) {
        let len = server::encode_failure(error, self.outbound.head_room());
        self.outbound.stage_head(len);
        self.refuse(error);
    }
}

impl<R: Role, B: Buffer, X: OutboundContext> Outbound<R, B, X> {
    /// Stages a head, in a staging buffer that grows if it can and must.
    fn write_head<E>(
        &mut self,
        mut encode: impl FnMut(&mut [u8]) -> Result<usize, Error<E>>,
    ) -> Result<(), Error<E>> {
        // One place to encode, for then a request that is a constant is folded into it.
        let len = loop {
            match encode(self.head_room()) {
                Err(Error::Resource(ResourceError::StagingBuffer { needed, .. }))
                    if self.grow(needed) => {}
                encoded => break encoded?,
            }
        };
        self.stage_head(len);
        Ok(())
    }
}

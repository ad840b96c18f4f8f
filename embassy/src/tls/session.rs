//! One connection over TLS, from the handshake to `close_notify`.

use core::{
    future::{Future, poll_fn},
    ops::AsyncFnOnce,
    pin::{Pin, pin},
    task::Poll,
};

use embedded_tls::{Aes128GcmSha256, FlushPolicy, TlsConfig, TlsConnection, TlsContext};
use rand_core::CryptoRng;
use socklet_core::{Config, handshake::client::Request, permessage_deflate::Compression};

use super::{
    Tls,
    error::{TlsError, tls_error},
    memory::TlsBuffers,
    pipe::{Inbound, Outbound, Pipe},
    pump,
    transport::Transport,
    verify::{Verification, sealed::Outcome},
};
use crate::{
    connector::{WebSocket, converse},
    deadlines::{Deadlines, within},
    error::{ConnectError, Phase, StreamError},
    link::Halves,
    stream::Stream,
};

/// What is done over the connection.
pub(super) struct Conversation<'c, C, F> {
    pub(super) buffers: (&'c mut [u8], &'c mut [u8]),
    pub(super) config: Config,
    pub(super) compression: C,
    pub(super) request: &'c Request<'c>,
    pub(super) session: F,
}

/// The connection of embedded-tls.
type Connection<'s> = TlsConnection<'s, &'s Transport<'s>, Aes128GcmSha256>;

/// Makes the handshakes, runs the session, and ends TLS; says whether that was clean.
pub(super) async fn run<V: Verification, R: CryptoRng, C: Compression, U>(
    halves: Halves<'_>,
    security: &Tls<'_, V>,
    deadlines: &Deadlines,
    buffers: TlsBuffers<'_>,
    mut rng: R,
    conversation: Conversation<'_, C, impl for<'s> AsyncFnOnce(WebSocket<'s, R, C>) -> U>,
) -> (Result<U, ConnectError>, bool) {
    let transport = Transport::new(halves, buffers.read.len());
    let write = security.writable(buffers.write);
    let mut tls = Connection::new(&transport, buffers.read, write);
    // A flush of the halves is what lets bytes leave, and waits for no acknowledgement.
    tls.set_flush_policy(FlushPolicy::Strict);
    let opened = within(deadlines.tls_ms, security.open(&mut tls, &transport, &mut rng)).await;
    if let Err(error) = opened.unwrap_or(Err(ConnectError::Timeout(Phase::Tls))) {
        return (Err(error), false);
    }
    let (inbound, outbound) = (Pipe::new(buffers.inbound), Pipe::new(buffers.outbound));
    let (outcome, sent) = {
        let (reader, writer) = tls.split();
        let inward = pin!(pump::inward(reader, &inbound, &transport));
        let outward = pin!(pump::outward(writer, &outbound, &transport));
        let (mut inward, mut outward) = (Fused::new(inward), Fused::new(outward));
        let stream = Stream::tls(Inbound(&inbound), Outbound(&outbound));
        let Conversation { buffers, config, compression, request, session } = conversation;
        let outcome = {
            let session =
                pin!(converse(stream, rng, buffers, config, compression, request, session));
            beside(session, &mut inward, &mut outward).await
        };
        outbound.end(Ok(()));
        (outcome, within(deadlines.close_ms, outward.output()).await)
    };
    // A flush that did not end must not be followed by another record. And after the server's
    // `close_notify` embedded-tls would send its own unencrypted.
    let mut clean = outcome.is_ok() && matches!(sent, Ok(Ok(())));
    if clean && tls.is_opened() {
        clean = matches!(within(deadlines.close_ms, tls.close()).await, Ok(Ok(_)));
    }
    (outcome, clean)
}

impl<V: Verification> Tls<'_, V> {
    /// Makes the handshake.
    async fn open<'s, R: CryptoRng>(
        &self,
        tls: &mut Connection<'s>,
        transport: &Transport<'s>,
        rng: &mut R,
    ) -> Result<(), ConnectError> {
        if self.name.len() > MAX_NAME_LEN {
            return Err(TlsError::NameTooLong.into());
        }
        let mut config = TlsConfig::new().with_server_name(self.name);
        if let Some(len) = self.max_fragment_len {
            config = config.with_max_fragment_length(len.code());
        }
        let mut provider = self.verification.provider(self.name, rng);
        match tls.open(TlsContext::new(&config, &mut provider)).await {
            Ok(()) => Ok(provider.verified()?),
            Err(cause) => {
                let refusal = provider.refusal(cause);
                Err(refusal.unwrap_or_else(|| tls_error(cause, transport)).into())
            }
        }
    }

    /// The part of the write buffer that may be used: embedded-tls makes records of all of it.
    fn writable<'m>(&self, buffer: &'m mut [u8]) -> &'m mut [u8] {
        let Some(len) = self.max_fragment_len else { return buffer };
        let len = buffer.len().min(len as usize + embedded_tls::TLS_RECORD_OVERHEAD);
        buffer.get_mut(..len).unwrap_or_default()
    }
}

/// What rustpki takes.
const MAX_NAME_LEN: usize = 64;

/// Polls the session, and the pump beside it, until the session is done.
async fn beside<U>(
    mut session: Pin<&mut impl Future<Output = U>>,
    inward: &mut Fused<'_, impl Future<Output = ()>>,
    outward: &mut Fused<'_, impl Future<Output = Result<(), StreamError>>>,
) -> U {
    poll_fn(|context| {
        let session = session.as_mut().poll(context);
        inward.run(context);
        outward.run(context);
        session
    })
    .await
}

/// A future that may be polled after it is done.
struct Fused<'f, F: Future> {
    future: Pin<&'f mut F>,
    output: Option<F::Output>,
}

impl<'f, F: Future> Fused<'f, F> {
    const fn new(future: Pin<&'f mut F>) -> Self {
        Self { future, output: None }
    }

    fn run(&mut self, context: &mut core::task::Context<'_>) {
        if self.output.is_none()
            && let Poll::Ready(output) = self.future.as_mut().poll(context)
        {
            self.output = Some(output);
        }
    }

    async fn output(mut self) -> F::Output {
        poll_fn(|context| {
            self.run(context);
            self.output.take().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

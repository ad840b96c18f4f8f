//! A connection that comes back.

use core::ops::{AsyncFnMut, ControlFlow};

use embassy_time::{Instant, Timer};
use socklet_core::Backoff;

use crate::error::ConnectError;

/// Connects again and again, with a wait between, until `attempt` says that it is enough.
///
/// `attempt` makes one connection, with a request of its own, so that a token in a header is never
/// an old one: it gets the number of the try, from 0, and runs a
/// [`Connector`](crate::Connector). What it does when the connection is open is the beginning of
/// its session. It returns
///
/// - `Err`: there was no connection; the next wait is longer.
/// - `Ok(Continue)`: there was one, and it has ended.
/// - `Ok(Break)`: enough; so it can also answer to a token that is refused for good.
///
/// A peer that is stuck, and a network that has vanished, end a session by themselves after
/// [`Timeouts::idle_ms`](socklet_core::Timeouts::idle_ms), if the session receives; the network also
/// after [`Deadlines::tcp_silence_ms`](crate::Deadlines::tcp_silence_ms).
///
/// # Cancellation
/// As [`Connector::run`](crate::Connector::run).
///
/// # Examples
/// ```
/// use core::ops::ControlFlow;
/// use embassy_net::Stack;
/// use socklet_embassy::{
///     Address, Backoff, Connector, Error, Memory, core::handshake::client::Request, keep_connected,
/// };
///
/// # async fn new_token() -> &'static str { "" }
/// async fn report(
///     stack: Stack<'static>,
///     memory: &mut Memory<1536, 1536, 1024, 512>,
///     rng: &mut impl rand_core::CryptoRng,
/// ) {
///     let (connector, address) = (Connector::new(stack), Address::new("example.com", 80));
///     let mut backoff = Backoff::new(rng.next_u64());
///     let attempt = async |_| {
///         let headers = [("Authorization", new_token().await)];
///         let request = Request::new("example.com", "/reports").headers(&headers);
///         let session = connector.run(&address, &request, memory.client(&mut *rng), async |mut ws| {
///             ws.send("here I am again").await?;
///             while let Some(_message) = ws.recv().await? {}
///             Ok::<_, Error>(())
///         });
///         let _how_it_ended = session.await?;
///         Ok(ControlFlow::<()>::Continue(()))
///     };
///     keep_connected(&mut backoff, attempt).await;
/// }
/// ```
pub async fn keep_connected<T>(
    backoff: &mut Backoff,
    mut attempt: impl AsyncFnMut(u32) -> Result<ControlFlow<T>, ConnectError>,
) -> T {
    let mut number = 0_u32;
    loop {
        let begun = Instant::now();
        match attempt(number).await {
            Ok(ControlFlow::Break(output)) => return output,
            Ok(ControlFlow::Continue(())) => backoff.was_open_ms(begun.elapsed().as_millis()),
            Err(_error) => debug!("no connection: {:?}", _error),
        }
        let wait_ms = backoff.next_ms();
        debug!("next try in {} ms", wait_ms);
        Timer::after_millis(wait_ms.into()).await;
        number = number.wrapping_add(1);
    }
}

//! What is done with both halves of a connection.

use std::time::Duration;

use socklet_core::Role;
use socklet_std::{
    CloseCode, Closed, Error, UsageError,
    tokio::{Reader, Writer},
};
use tokio::io::{AsyncRead, AsyncWrite};

/// How long the half that receives gets to say why nothing can be sent any more.
pub(crate) const REASON: Duration = Duration::from_secs(1);

/// Makes the closing handshake; messages that still come are of no interest. If the peer was faster,
/// this only says how.
pub(crate) async fn close<S: AsyncRead + AsyncWrite + Unpin, R: Role>(
    reader: &mut Reader<S, R>,
    writer: &mut Writer<S, R>,
    code: CloseCode,
    reason: &str,
) -> Result<Closed, Error> {
    match writer.close(code, reason).await {
        Ok(()) | Err(Error::Usage(_)) => {}
        Err(error) => return Err(error),
    }
    while reader.recv_ref().await?.is_some() {}
    reader.closed().ok_or(UsageError::Closed.into())
}

//! What moves bytes between the pipes and TLS, in each direction a future that lives as long as
//! the connection.
//!
//! The futures of embedded-tls must not be dropped midway: one that reads would lose the bytes of
//! the record that it has begun, one that writes would encrypt another record with the same nonce.
//! Nobody drops these before the connection ends.

use embedded_io_async::{BufRead, Write};
use embedded_tls::TlsError as Cause;

use super::{
    error::stream_error,
    pipe::{Pipe, Work},
    transport::Transport,
};
use crate::error::StreamError;

/// What is taken out of the pipe at a time, in bytes: TLS copies it into its record.
const CHUNK_LEN: usize = 64;

/// Decrypts records and puts them into the pipe, until the end.
pub(super) async fn inward(
    mut reader: impl BufRead<Error = Cause>,
    pipe: &Pipe<'_>,
    transport: &Transport<'_>,
) {
    loop {
        let len = match reader.fill_buf().await {
            Ok(bytes) => pipe.put(bytes).await,
            // With close_notify the stream has an end, and a proper one.
            Err(Cause::ConnectionClosed) => return pipe.end(Ok(())),
            Err(cause) => return pipe.end(Err(stream_error(cause, transport))),
        };
        reader.consume(len);
    }
}

/// Takes bytes out of the pipe and encrypts them, until the pipe ends.
///
/// # Errors
/// As TLS has failed; the pipe has ended with that.
pub(super) async fn outward(
    mut writer: impl Write<Error = Cause>,
    pipe: &Pipe<'_>,
    transport: &Transport<'_>,
) -> Result<(), StreamError> {
    let sent = send(&mut writer, pipe).await.map_err(|cause| stream_error(cause, transport));
    pipe.end(sent);
    sent
}

async fn send(writer: &mut impl Write<Error = Cause>, pipe: &Pipe<'_>) -> Result<(), Cause> {
    let mut chunk = [0; CHUNK_LEN];
    loop {
        match pipe.work(&mut chunk).await {
            Work::Bytes(len) => {
                let mut bytes = chunk.get(..len).unwrap_or_default();
                while !bytes.is_empty() {
                    let len = writer.write(bytes).await?;
                    bytes = bytes.get(len..).unwrap_or_default();
                }
            }
            Work::Flush => {
                writer.flush().await?;
                pipe.flushed();
            }
            Work::End => return writer.flush().await,
        }
    }
}

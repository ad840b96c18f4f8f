//! The deadline of an opening handshake, over all its steps.

use std::time::{Duration, Instant};

use socklet_core::{Config, Timeout};

#[cfg(feature = "blocking-tls")]
use super::Socket;
use crate::Error;

/// A moment, or never.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Option<Instant>);

impl Deadline {
    /// The moment `limit_ms` from now; 0: never.
    pub(super) fn new(limit_ms: u32) -> Self {
        let limit = Duration::from_millis(limit_ms.into());
        Self((limit_ms != 0).then(|| Instant::now() + limit))
    }

    /// The time until then; `None`: for ever.
    pub(super) fn left(self) -> Result<Option<Duration>, Timeout> {
        let Some(at) = self.0 else { return Ok(None) };
        let left = at.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(Timeout::Handshake) } else { Ok(Some(left)) }
    }

    /// What an error of a wait that ended is: the deadline's.
    pub(super) fn passed<T>(self, error: std::io::Error) -> Result<T, Error> {
        if self.0.is_some() && is_wait(&error) {
            return Err(Timeout::Handshake.into());
        }
        Err(error.into())
    }

    /// The settings with what is left for the opening handshake.
    pub(super) fn rest_of(self, mut config: Config) -> Result<Config, Timeout> {
        if let Some(left) = self.left()? {
            let left_ms = u32::try_from(left.as_millis()).unwrap_or(u32::MAX);
            config.timeouts.handshake_ms = left_ms.max(1);
        }
        Ok(config)
    }

    /// Makes a TLS handshake.
    #[cfg(feature = "blocking-tls")]
    pub(super) fn handshake<D>(
        self,
        connection: &mut rustls::ConnectionCommon<D>,
        socket: &mut impl Socket,
    ) -> Result<(), Error> {
        while connection.is_handshaking() || connection.wants_write() {
            let left = self.left()?;
            socket.set_read_wait(left)?;
            socket.set_write_wait(left)?;
            let result = if connection.wants_write() {
                connection.write_tls(socket)
            } else {
                connection.read_tls(socket)
            };
            match result {
                // Of a read or of a write: what takes nothing any more would be asked for ever.
                Ok(0) => {
                    return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
                }
                Ok(_) => {}
                Err(error) if is_wait(&error) => continue,
                Err(error) => return Err(error.into()),
            }
            if let Err(error) = connection.process_new_packets() {
                // The alert that tells the peer; that it failed is known anyway.
                let _ = connection.write_tls(socket);
                return Err(crate::TlsError::from(error).into());
            }
        }
        Ok(socket.flush()?)
    }
}

/// Whether a wait ended without an outcome: what is left of the time says what to do.
pub(super) fn is_wait(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

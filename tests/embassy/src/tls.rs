//! A TLS server by rustls, over any stream.

use std::{
    io::{self, Read as _, Write as _},
    sync::Arc,
};

use embedded_io::ErrorKind;
use embedded_io_async::{ErrorType, Read, Write};
use rustls::{ServerConfig, ServerConnection};

/// The server's end of TLS over `S`. Its futures may be dropped: all progress is in the struct.
pub struct TlsServer<S> {
    tcp: S,
    tls: ServerConnection,
    /// What is encrypted and not sent.
    out: Vec<u8>,
}

/// The server's end failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFailure {
    /// The client ended TCP without `close_notify`.
    Truncated,
    /// The client broke TLS, or refused with an alert.
    Tls,
    /// TCP failed.
    Tcp(ErrorKind),
}

impl<S: Read + Write> TlsServer<S> {
    /// A server over TCP, before the handshake.
    #[must_use]
    pub fn new(tcp: S, config: Arc<ServerConfig>) -> Self {
        Self { tcp, tls: ServerConnection::new(config).unwrap(), out: Vec::new() }
    }

    /// Sends `close_notify`.
    ///
    /// # Errors
    /// If TCP fails.
    pub async fn close(&mut self) -> Result<(), TlsFailure> {
        self.tls.send_close_notify();
        self.send().await
    }

    /// What is below.
    pub fn into_inner(self) -> S {
        self.tcp
    }

    /// Whether the client has shown the end of its stream.
    pub async fn is_ended(&mut self) -> bool {
        self.read(&mut [0; 16]).await == Ok(0)
    }

    async fn send(&mut self) -> Result<(), TlsFailure> {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.out).unwrap();
        }
        while !self.out.is_empty() {
            let len = self.tcp.write(&self.out).await.map_err(|error| failure(&error))?;
            self.out.drain(..len);
        }
        Ok(())
    }
}

fn failure(error: &impl embedded_io::Error) -> TlsFailure {
    TlsFailure::Tcp(error.kind())
}

impl<S> ErrorType for TlsServer<S> {
    type Error = TlsFailure;
}

impl<S: Read + Write> Read for TlsServer<S> {
    async fn read(&mut self, bytes: &mut [u8]) -> Result<usize, TlsFailure> {
        loop {
            self.send().await?;
            match self.tls.reader().read(bytes) {
                Ok(len) => return Ok(len),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(TlsFailure::Truncated);
                }
                Err(_) => {}
            }
            let mut record = [0; 4096];
            let len = self.tcp.read(&mut record).await.map_err(|error| failure(&error))?;
            let mut record = &record[..len];
            if record.is_empty() {
                self.tls.read_tls(&mut record).unwrap();
            }
            while !record.is_empty() {
                self.tls.read_tls(&mut record).unwrap();
                if self.tls.process_new_packets().is_err() {
                    let _ = self.send().await;
                    return Err(TlsFailure::Tls);
                }
            }
        }
    }
}

impl<S: Read + Write> Write for TlsServer<S> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, TlsFailure> {
        self.send().await?;
        Ok(self.tls.writer().write(bytes).unwrap())
    }

    async fn flush(&mut self) -> Result<(), TlsFailure> {
        self.send().await
    }
}

impl std::fmt::Display for TlsFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for TlsFailure {}

impl embedded_io::Error for TlsFailure {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Truncated | Self::Tls => ErrorKind::InvalidData,
            Self::Tcp(kind) => *kind,
        }
    }
}

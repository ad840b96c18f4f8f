//! An endpoint in the memory of a microcontroller: the blocking stream of the core over arrays,
//! with windows of 11 bits, through which messages of any length go in chunks.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use socklet_core::{
    Client, Config, Error, Role,
    deflate::{Balanced, Inflate},
    handshake::client::Request,
    io::{NoClock, blocking::WebSocket},
    permessage_deflate::{Compression, Deflate, Settings},
};
use socklet_std::{IoError, Rng, Url};

use crate::Failure;

/// Bytes of the receive buffer: a window of 2 KiB, 512 not inflated yet, 1.5 KiB of a message.
const RECEIVE_LEN: usize = 4096;

/// Bytes of the staging buffer: the longest frame, and the heads of the handshake.
const STAGING_LEN: usize = 1024;

/// Accepts a connection and sends every message back.
///
/// # Errors
/// How the connection ended, if not by a closing handshake.
pub fn serve(stream: TcpStream) -> Result<(), Failure> {
    let (mut inflate, mut compress) = (Inflate::new(), Balanced::new());
    let (mut receive, mut staging) = ([0; RECEIVE_LEN], [0; STAGING_LEN]);
    let compression = Deflate::new(&mut inflate, &mut compress, Settings::DEFAULT);
    let mut ws: WebSocket<_, _, _, _> = WebSocket::server_with(
        Net(stream),
        &mut receive[..],
        &mut staging[..],
        Config::SERVER,
        compression,
        NoClock,
    );
    ws.accept()?;
    Ok(echo(&mut ws)?)
}

/// Opens a connection and sends every message back.
///
/// # Errors
/// How the connection ended, if not by a closing handshake; whether it was opened.
pub fn connect(url: &Url) -> Result<Result<(), Error<IoError>>, Failure> {
    let stream = TcpStream::connect((url.host(), url.port()))?;
    stream.set_nodelay(true)?;
    let (mut inflate, mut compress) = (Inflate::new(), Balanced::new());
    let (mut receive, mut staging) = ([0; RECEIVE_LEN], [0; STAGING_LEN]);
    let compression = Deflate::new(&mut inflate, &mut compress, Settings::DEFAULT);
    let mut ws: WebSocket<_, Client<Rng>, _, _> = WebSocket::client_with(
        Net(stream),
        Rng::from_system()?,
        &mut receive[..],
        &mut staging[..],
        Config::CLIENT,
        compression,
        NoClock,
    );
    ws.handshake(&Request::new(&url.authority(), url.target()))?;
    Ok(echo(&mut ws))
}

fn echo<R: Role, C: Compression>(
    ws: &mut WebSocket<Net, R, &mut [u8], C>,
) -> Result<(), Error<IoError>> {
    while let Some((chunk, mut reply)) = ws.recv_chunk_with_sender()? {
        reply.send_part(chunk.kind, chunk.data, chunk.fin)?;
    }
    Ok(())
}

/// A socket with the traits of embedded-io.
struct Net(TcpStream);

impl embedded_io::ErrorType for Net {
    type Error = IoError;
}

impl embedded_io::Read for Net {
    fn read(&mut self, space: &mut [u8]) -> Result<usize, IoError> {
        Ok(self.0.read(space)?)
    }
}

impl embedded_io::Write for Net {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, IoError> {
        Ok(self.0.write(bytes)?)
    }

    fn flush(&mut self) -> Result<(), IoError> {
        Ok(self.0.flush()?)
    }
}

impl Drop for Net {
    /// Ends this side, and waits for the other to end its own, so that it sees the last frame.
    fn drop(&mut self) {
        let _ = self.0.shutdown(std::net::Shutdown::Write);
        let _ = self.0.set_read_timeout(Some(std::time::Duration::from_secs(2)));
        let mut space = [0; 512];
        while self.0.read(&mut space).is_ok_and(|len| len != 0) {}
    }
}

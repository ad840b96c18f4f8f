//! TLS for two threads: the one reads, the other writes.
//!
//! The state of TLS is one for both directions, but waiting is not: the state is locked for the
//! moments in which records are made or taken apart, never while the socket is waited for.

use std::{
    io::{self, Read, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rustls::Connection;

use super::Socket;

/// Bytes that are read from the socket at a time: a record and its head.
const READ_LEN: usize = (16 << 10) + 256;

/// The half of a TLS stream that reads.
#[derive(Debug)]
pub struct TlsReads<R, W> {
    socket: R,
    /// What came from the socket and was not taken apart: `space[start..end]`.
    space: Box<[u8]>,
    start: usize,
    end: usize,
    shared: Arc<Shared<W>>,
}

/// The half of a TLS stream that writes.
#[derive(Debug)]
pub struct TlsWrites<W> {
    shared: Arc<Shared<W>>,
}

#[derive(Debug)]
struct Shared<W> {
    connection: Mutex<Connection>,
    /// Held while records are written, so that they arrive in the order in which they were made.
    outgoing: Mutex<Outgoing<W>>,
}

/// Records on their way to the socket.
#[derive(Debug)]
struct Outgoing<W> {
    socket: W,
    records: Vec<u8>,
    sent_len: usize,
}

/// Splits a TLS stream whose socket has been split.
pub(super) fn split<R, W>(
    connection: Connection,
    reads: R,
    writes: W,
) -> (TlsReads<R, W>, TlsWrites<W>) {
    let outgoing = Outgoing { socket: writes, records: Vec::new(), sent_len: 0 };
    let connection = Mutex::new(connection);
    let shared = Arc::new(Shared { connection, outgoing: Mutex::new(outgoing) });
    let space = vec![0; READ_LEN].into_boxed_slice();
    let reads = TlsReads { socket: reads, space, start: 0, end: 0, shared: Arc::clone(&shared) };
    (reads, TlsWrites { shared })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<W: Socket> Shared<W> {
    /// Encrypts what `stage` puts into the connection, behind what is still on its way.
    fn stage<T>(
        &self,
        outgoing: &mut Outgoing<W>,
        stage: impl FnOnce(&mut Connection) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut connection = lock(&self.connection);
        let staged = stage(&mut connection)?;
        while connection.wants_write() {
            connection.write_tls(&mut outgoing.records)?;
        }
        Ok(staged)
    }
}

impl<W: Socket> Outgoing<W> {
    fn send(&mut self) -> io::Result<()> {
        while let Some(rest @ [_, ..]) = self.records.get(self.sent_len..) {
            match self.socket.write(rest)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                len => self.sent_len += len,
            }
        }
        self.records.clear();
        self.sent_len = 0;
        Ok(())
    }
}

impl<R: Socket, W: Socket> Read for TlsReads<R, W> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        loop {
            // First what is decrypted: more records are not taken apart before there is room.
            match lock(&self.shared.connection).reader().read(space) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
            if self.start == self.end {
                // Both, before the read: one that fails, or has waited long enough, leaves nothing.
                (self.start, self.end) = (0, 0);
                self.end = self.socket.read(&mut self.space)?;
                if self.end == 0 {
                    // TLS did not end before it.
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            if let Some(mut records @ [_, ..]) = self.space.get(self.start..self.end) {
                let mut connection = lock(&self.shared.connection);
                let len = connection.read_tls(&mut records)?;
                self.start += len;
                connection
                    .process_new_packets()
                    .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            }
        }
    }
}

impl<W: Socket> Write for TlsWrites<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut outgoing = lock(&self.shared.outgoing);
        outgoing.send()?;
        let written = self.shared.stage(&mut outgoing, |tls| tls.writer().write(bytes))?;
        // They are taken; what keeps the socket from it is told by the next call.
        let _ = outgoing.send();
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut outgoing = lock(&self.shared.outgoing);
        self.shared.stage(&mut outgoing, |_| Ok(()))?;
        outgoing.send()?;
        outgoing.socket.flush()
    }
}

impl<W: Socket> Socket for TlsWrites<W> {
    fn set_write_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        lock(&self.shared.outgoing).socket.set_write_wait(wait)
    }

    fn shutdown(&mut self) -> io::Result<()> {
        let mut outgoing = lock(&self.shared.outgoing);
        self.shared.stage(&mut outgoing, |tls| {
            tls.send_close_notify();
            Ok(())
        })?;
        outgoing.send()?;
        outgoing.socket.shutdown()
    }
}

impl<W> Read for TlsWrites<W> {
    /// Nothing: the other half reads.
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl<R: Socket, W: Socket> Socket for TlsReads<R, W> {
    fn set_read_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        self.socket.set_read_wait(wait)
    }

    fn set_write_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        match self.shared.outgoing.try_lock() {
            Ok(mut outgoing) => outgoing.socket.set_write_wait(wait),
            Err(_) => Ok(()),
        }
    }

    /// Ends the sending side, with `close_notify` unless a write is under way.
    fn shutdown(&mut self) -> io::Result<()> {
        if self.shared.outgoing.try_lock().is_err() {
            return self.socket.shutdown();
        }
        TlsWrites { shared: Arc::clone(&self.shared) }.shutdown()
    }
}

impl<R, W> Write for TlsReads<R, W> {
    /// Nothing: the other half writes.
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

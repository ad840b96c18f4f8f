//! The two directions of a stream, joined again.

use std::{
    io::{self, Read, Write},
    time::Duration,
};

use super::{Socket, SplitSocket};

/// A stream of which the one value reads, and the other writes: what
/// [`Reader::reunite`](super::Reader::reunite) makes of halves.
#[derive(Debug)]
pub struct Joined<R, W> {
    /// What reads.
    pub reads: R,
    /// What writes.
    pub writes: W,
}

impl<R: Read, W> Read for Joined<R, W> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.reads.read(space)
    }
}

impl<R, W: Write> Write for Joined<R, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writes.flush()
    }
}

impl<R: Socket, W: Socket> Socket for Joined<R, W> {
    fn set_read_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        self.reads.set_read_wait(wait)
    }

    fn set_write_wait(&mut self, wait: Option<Duration>) -> io::Result<()> {
        self.writes.set_write_wait(wait)
    }

    fn shutdown(&mut self) -> io::Result<()> {
        self.writes.shutdown()
    }
}

impl<R: Socket, W: Socket> SplitSocket for Joined<R, W> {
    type Reads = R;
    type Writes = W;

    fn split(self) -> io::Result<(R, W)> {
        Ok((self.reads, self.writes))
    }
}

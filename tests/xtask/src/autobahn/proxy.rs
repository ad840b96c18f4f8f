//! A proxy that knows frames and changes them on their way.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use crate::Result;

/// What is done to each frame in one direction; `None` drops it.
pub(super) type Change = fn(Frame) -> Option<Frame>;

/// Starts a proxy in front of `upstream` and returns its address. It lives as long as this
/// program.
pub(super) fn start(upstream: SocketAddr, up: Change, down: Change) -> Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for downstream in listener.incoming().flatten() {
            // A connection that cannot be made shows as a case that fails.
            drop(connect(downstream, upstream, up, down));
        }
    });
    Ok(address)
}

/// Joins two connections by a thread for each direction.
fn connect(near: TcpStream, upstream: SocketAddr, up: Change, down: Change) -> Result<()> {
    let far = TcpStream::connect(upstream)?;
    for stream in [&near, &far] {
        stream.set_nodelay(true)?;
    }
    for (from, to, change) in [(near.try_clone()?, far.try_clone()?, up), (far, near, down)] {
        thread::spawn(move || {
            // The end of either side is the end of this direction; the other is told.
            drop(copy(&from, &to, upstream, change));
            drop(to.shutdown(Shutdown::Write));
        });
    }
    Ok(())
}

/// Copies the head of the opening handshake, with the host that the suite checks, and then frame
/// by frame.
fn copy(from: &TcpStream, mut to: &TcpStream, host: SocketAddr, change: Change) -> Result<()> {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while line != b"\r\n" {
        line.clear();
        if from.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if line.get(..5).is_some_and(|name| name.eq_ignore_ascii_case(b"host:")) {
            line = format!("Host: {host}\r\n").into_bytes();
        }
        to.write_all(&line)?;
    }
    loop {
        if let Some(frame) = change(Frame::read(&mut from)?) {
            to.write_all(&frame.into_bytes())?;
        }
    }
}

/// A frame, as far as a proxy has to know it (RFC 6455 section 5.2).
pub(super) struct Frame {
    /// FIN, reserved bits and opcode.
    pub(super) first: u8,
    /// All octets behind the first.
    rest: Vec<u8>,
}

impl Frame {
    fn read(from: &mut impl Read) -> Result<Self> {
        let [first, second] = array(from)?;
        let mut rest = vec![second];
        let payload_len = match second & 0x7f {
            126 => {
                let len: [u8; 2] = array(from)?;
                rest.extend(len);
                u16::from_be_bytes(len).into()
            }
            127 => {
                let len: [u8; 8] = array(from)?;
                rest.extend(len);
                u64::from_be_bytes(len)
            }
            len => len.into(),
        };
        let masking_key_len = if second & 0x80 == 0 { 0 } else { 4 };
        let missing = payload_len.saturating_add(masking_key_len);
        if u64::try_from(from.take(missing).read_to_end(&mut rest)?)? < missing {
            return Err("the stream ended within a frame".into());
        }
        Ok(Self { first, rest })
    }

    fn into_bytes(self) -> Vec<u8> {
        let mut bytes = vec![self.first];
        bytes.extend(self.rest);
        bytes
    }
}

fn array<const N: usize>(from: &mut impl Read) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Sends the octets of one frame through a change.
    pub(crate) fn through(change: Change, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut input = bytes;
        let frame = Frame::read(&mut input).unwrap();
        assert!(input.is_empty());
        change(frame).map(Frame::into_bytes)
    }

    #[test]
    fn frames_of_every_form_pass_unchanged() {
        let mut long = vec![0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0];
        long.resize(10 + 65536, 7);
        for bytes in
            [&b"\x81\x02hi"[..], b"\x81\x82\x01\x02\x03\x04hi", b"\x82\x7e\x00\x01x", &long]
        {
            assert_eq!(through(Some, bytes).as_deref(), Some(bytes));
        }
        assert!(Frame::read(&mut &b"\x81\x05hi"[..]).is_err());
    }
}

//! Peers with a defect on purpose: the suite has to fail in the cases that look for it, and in no
//! others. A check that cannot fail proves nothing.
//!
//! The peer is ours, seen through a proxy that undoes what makes it right.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use super::cases::{self, Selection};
use super::judge::Outcome;
use super::suite::Suite;
use crate::child::Child;
use crate::ours::{Flavour, Ours, address};
use crate::{Result, Tally};

/// A rule that is broken, and the cases that notice.
struct Defect {
    name: &'static str,
    /// Changes a frame on its way to the peer under test; `None` drops it.
    towards_peer: fn(Frame) -> Option<Frame>,
    /// Changes a frame on its way from it.
    from_peer: fn(Frame) -> Option<Frame>,
    fails: &'static [&'static str],
}

const DEFECTS: &[Defect] = &[
    Defect {
        name: "accepts-reserved-bits",
        towards_peer: |mut frame| {
            frame.first &= 0x8f;
            Some(frame)
        },
        from_peer: Some,
        fails: &["3.1", "3.2", "3.3", "3.4", "3.5", "3.6"],
    },
    Defect {
        name: "does-not-answer-pings",
        towards_peer: Some,
        from_peer: |frame| (frame.first & 0x0f != 0xa).then_some(frame),
        fails: &[
            "2.1", "2.2", "2.3", "2.4", "2.6", "2.9", "2.10", "2.11", "5.6", "5.7", "5.8", "5.19",
            "5.20",
        ],
    },
];

/// Runs each defect on a server and on a client; each is one check.
pub(super) fn run(suite: &Suite, ours: &Ours) -> Result<Tally> {
    let selection = cases::canary();
    let mut tally = Tally::default();
    for defect in DEFECTS {
        let name = format!("server-that-{}", defect.name);
        let server = Child::start(&name, &ours.serve(Flavour::Tokio), &suite.logs())?;
        let proxy = defect.proxy(address(&server)?.parse()?, false)?;
        let outcome = suite.test_server(&name, &proxy.to_string(), &selection)?;
        tally.count(defect.is_noticed(&name, &outcome, &selection));

        let name = format!("client-that-{}", defect.name);
        let listen = super::free_address()?;
        let proxy = defect.proxy(listen, true)?;
        let client = |args: &[&str]| ours.echo_client(Flavour::Tokio, args);
        let outcome = suite.test_client(&name, listen, proxy, &client, &selection)?;
        tally.count(defect.is_noticed(&name, &outcome, &selection));
    }
    Ok(tally)
}

impl Defect {
    /// Says whether exactly the right cases failed.
    fn is_noticed(&self, name: &str, outcome: &Outcome, selection: &Selection) -> bool {
        let wanted: BTreeSet<&str> = self.fails.iter().copied().collect();
        let failed: BTreeSet<&str> =
            outcome.verdicts.iter().filter(|v| !v.is_pass()).map(|v| v.case.as_str()).collect();
        let noticed = failed == wanted && outcome.verdicts.len() == selection.count;
        if noticed {
            println!("autobahn {name}: fails in {} cases, as it has to", wanted.len());
        } else {
            println!("FAILED {name}: should fail in {wanted:?}, fails in {failed:?}");
        }
        noticed
    }

    /// Starts a proxy in front of `upstream` and returns its address. It lives as long as this
    /// program. The peer under test is upstream, unless it is the one that connects.
    fn proxy(&self, upstream: SocketAddr, peer_connects: bool) -> Result<SocketAddr> {
        let (up, down) = if peer_connects {
            (self.from_peer, self.towards_peer)
        } else {
            (self.towards_peer, self.from_peer)
        };
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
}

type Change = fn(Frame) -> Option<Frame>;

/// Joins two connections by a thread for each direction.
fn connect(near: TcpStream, upstream: SocketAddr, up: Change, down: Change) -> Result<()> {
    let far = TcpStream::connect(upstream)?;
    for stream in [&near, &far] {
        stream.set_nodelay(true)?;
    }
    for (from, to, change) in [(near.try_clone()?, far.try_clone()?, up), (far, near, down)] {
        thread::spawn(move || {
            // The end of either side is the end of this direction; the other is told.
            drop(copy(&from, &to, change));
            drop(to.shutdown(Shutdown::Write));
        });
    }
    Ok(())
}

/// Copies the head of the opening handshake as it is and then frame by frame.
fn copy(from: &TcpStream, mut to: &TcpStream, change: Change) -> Result<()> {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while line != b"\r\n" {
        line.clear();
        if from.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
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
struct Frame {
    /// FIN, reserved bits and opcode.
    first: u8,
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
mod tests {
    use super::*;

    fn through(change: Change, bytes: &[u8]) -> Option<Vec<u8>> {
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

    #[test]
    fn the_defects_do_what_they_say() {
        let reserved = DEFECTS.first().unwrap();
        assert_eq!(through(reserved.towards_peer, b"\xf1\x01a").unwrap(), b"\x81\x01a");
        let pongs = DEFECTS.last().unwrap();
        assert_eq!(through(pongs.from_peer, b"\x8a\x01a"), None);
        assert_eq!(through(pongs.from_peer, b"\x89\x01a").unwrap(), b"\x89\x01a");
    }
}

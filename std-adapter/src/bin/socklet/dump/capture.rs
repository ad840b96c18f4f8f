//! A pcapng file of what connections carry: IP and TCP made anew around the bytes, without TLS.
//!
//! Every packet is written at once: a capture may be looked at while it grows, and holds everything
//! when the process is killed.

use std::{
    fs::File,
    io::{self, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU16, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use socklet_std::{
    Side,
    dump::{Direction, Observe},
};

use super::Ends;
use crate::terminal;

/// Bytes of a stream in a packet: its length has 16 bits.
const SEGMENT_LEN: usize = 32 << 10;

/// Packets begin with an IP header (LINKTYPE_RAW).
const LINK_TYPE: u32 = 101;

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

/// A file that all connections write to.
#[derive(Clone)]
pub(crate) struct Capture(Arc<Shared>);

struct Shared {
    /// None once something could not be written.
    file: Mutex<Option<File>>,
    /// The port of the next client that has none.
    next_port: AtomicU16,
}

/// A connection in a capture.
pub(super) struct Recorder {
    capture: Capture,
    /// This side and the other.
    ends: [End; 2],
}

#[derive(Clone, Copy)]
struct End {
    address: SocketAddr,
    /// The sequence number of its next byte.
    next: u32,
    has_ended: bool,
}

impl Capture {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        // What crosses the wire may be secret.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        // A section of unknown length, then an interface without a limit, in microseconds.
        let section = block(0x0a0d_0d0a, &[0x1a2b_3c4d, 1, u32::MAX, u32::MAX], &[]);
        let interface = block(1, &[LINK_TYPE, 0], &[]);
        file.write_all(&[section, interface].concat())?;
        let shared = Shared { file: Mutex::new(Some(file)), next_port: AtomicU16::new(50_000) };
        Ok(Self(Arc::new(shared)))
    }

    /// Begins a connection.
    pub(super) fn connection(&self, ends: Ends) -> Recorder {
        let is_local = |side| ends.client == side;
        // What has no address gets one of those for documentation (RFC 5737).
        let or_documented = |address: Option<SocketAddr>, side| {
            address.unwrap_or_else(|| {
                if is_local(side) {
                    let port = self.0.next_port.fetch_add(1, Ordering::Relaxed);
                    (Ipv4Addr::new(192, 0, 2, 1), port).into()
                } else {
                    (Ipv4Addr::new(192, 0, 2, 2), 80).into()
                }
            })
        };
        let mut addresses =
            [or_documented(ends.local, Side::Local), or_documented(ends.peer, Side::Peer)];
        if addresses.iter().any(SocketAddr::is_ipv6) {
            addresses = addresses.map(|address| match address.ip() {
                IpAddr::V4(v4) => (v4.to_ipv6_mapped(), address.port()).into(),
                IpAddr::V6(_) => address,
            });
        }
        let end = |address| End { address, next: 0, has_ended: false };
        let mut recorder = Recorder { capture: self.clone(), ends: addresses.map(end) };
        let (client, server) = match ends.client {
            Side::Local => (Side::Local, Side::Peer),
            Side::Peer => (Side::Peer, Side::Local),
        };
        recorder.packet(client, SYN, &[]);
        recorder.packet(server, SYN | ACK, &[]);
        recorder.packet(client, ACK, &[]);
        recorder
    }
}

/// Who has sent what crosses.
const fn sender(direction: Direction) -> Side {
    match direction {
        Direction::Inbound => Side::Peer,
        Direction::Outbound => Side::Local,
    }
}

impl Observe for Recorder {
    fn observe(&mut self, direction: Direction, bytes: &[u8]) {
        for segment in bytes.chunks(SEGMENT_LEN) {
            self.packet(sender(direction), PSH | ACK, segment);
        }
    }

    fn end(&mut self, direction: Direction) {
        let from = sender(direction);
        let [local, remote] = &mut self.ends;
        let end = if from == Side::Local { local } else { remote };
        if !std::mem::replace(&mut end.has_ended, true) {
            self.packet(from, FIN | ACK, &[]);
        }
    }
}

impl Recorder {
    fn packet(&mut self, from: Side, flags: u8, bytes: &[u8]) {
        let [local, remote] = &mut self.ends;
        let (source, destination) =
            if from == Side::Local { (local, &*remote) } else { (remote, &*local) };
        let packet = packet(source, destination, flags, bytes);
        // Bytes are counted, and so are both ends of a stream.
        let counted = bytes.len() + usize::from(flags & (SYN | FIN) != 0);
        source.next = source.next.wrapping_add(counted as u32);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now_us = now.as_micros() as u64;
        let len = packet.len() as u32;
        let block = block(6, &[0, (now_us >> 32) as u32, now_us as u32, len, len], &packet);
        let mut file = self.capture.0.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = file.as_mut()
            && let Err(error) = open.write_all(&block)
        {
            terminal::error(format_args!("the dump ends here, it cannot be written: {error}"));
            *file = None;
        }
    }
}

/// A block of pcapng: words, and bytes that are filled up to whole words.
fn block(kind: u32, words: &[u32], bytes: &[u8]) -> Vec<u8> {
    let padding = bytes.len().wrapping_neg() % 4;
    let len = 12 + 4 * words.len() + bytes.len() + padding;
    let mut block = Vec::with_capacity(len);
    for word in [kind, len as u32].iter().chain(words) {
        block.extend(word.to_le_bytes());
    }
    block.extend(bytes);
    block.resize(len - 4, 0);
    block.extend((len as u32).to_le_bytes());
    block
}

/// An IP packet with TCP in it.
fn packet(source: &End, destination: &End, flags: u8, bytes: &[u8]) -> Vec<u8> {
    let acknowledged = if flags & ACK != 0 { destination.next } else { 0 };
    let mut tcp = Vec::with_capacity(20 + bytes.len());
    tcp.extend(source.address.port().to_be_bytes());
    tcp.extend(destination.address.port().to_be_bytes());
    tcp.extend(source.next.to_be_bytes());
    tcp.extend(acknowledged.to_be_bytes());
    // Five words of header, the largest window, no checksum yet.
    tcp.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    tcp.extend(bytes);
    let addresses = [address(source), address(destination)].concat();
    // RFC 9293 section 3.1: addresses, the protocol and the length count too.
    let sum = checksum(&tcp, checksum_of(&addresses) + 6 + tcp.len() as u32);
    put(&mut tcp, 16, sum);
    let len = tcp.len() as u16;
    let mut packet = Vec::with_capacity(40 + tcp.len());
    if source.address.is_ipv4() {
        // Not to be fragmented, 64 hops.
        packet.extend([0x45, 0]);
        packet.extend((20 + len).to_be_bytes());
        packet.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        packet.extend(addresses);
        let sum = checksum(&packet, 0);
        put(&mut packet, 10, sum);
    } else {
        packet.extend([0x60, 0, 0, 0]);
        packet.extend(len.to_be_bytes());
        packet.extend([6, 64]);
        packet.extend(addresses);
    }
    packet.extend(tcp);
    packet
}

fn address(end: &End) -> Vec<u8> {
    match end.address.ip() {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

fn put(bytes: &mut [u8], at: usize, value: u16) {
    if let Some(place) = bytes.get_mut(at..at + 2) {
        place.copy_from_slice(&value.to_be_bytes());
    }
}

/// The sum of 16-bit words (RFC 1071), carries not yet added.
fn checksum_of(bytes: &[u8]) -> u32 {
    let (words, last) = bytes.as_chunks::<2>();
    let last = last.first().map_or(0, |last| u32::from(*last) << 8);
    words.iter().map(|word| u32::from(u16::from_be_bytes(*word))).sum::<u32>() + last
}

fn checksum(bytes: &[u8], more: u32) -> u16 {
    let mut sum = checksum_of(bytes) + more;
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

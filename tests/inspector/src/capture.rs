//! Packets of a conversation, built by `etherparse`, and files of them in every form.

use etherparse::{LinuxSllPacketType, PacketBuilder, PacketBuilderStep};
use socklet_wasm::stream::Sender;

use crate::talk::Talk;

/// What is around IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Ethernet.
    Ethernet,
    /// Ethernet with two tags of virtual networks.
    Vlan,
    /// Linux's cooked capture.
    Cooked,
    /// Linux's cooked capture, second version.
    Cooked2,
    /// IP alone.
    Raw,
    /// BSD's loopback.
    Loopback,
}

impl Link {
    /// All.
    pub const ALL: [Self; 6] =
        [Self::Ethernet, Self::Vlan, Self::Cooked, Self::Cooked2, Self::Raw, Self::Loopback];

    /// Its number in files.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Ethernet | Self::Vlan => 1,
            Self::Cooked => 113,
            Self::Cooked2 => 276,
            Self::Raw => 101,
            Self::Loopback => 0,
        }
    }
}

/// The form of packets and files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// What is around IP.
    pub link: Link,
    /// Whether it is IPv6.
    pub v6: bool,
    /// Whether numbers of the file have their high byte first.
    pub big_endian: bool,
    /// Whether time stamps count nanoseconds.
    pub nanoseconds: bool,
    /// Whether the file is pcapng.
    pub ng: bool,
}

impl Form {
    /// The usual one.
    pub const PLAIN: Self =
        Self { link: Link::Ethernet, v6: false, big_endian: false, nanoseconds: false, ng: false };

    /// All there are.
    pub fn all() -> impl Iterator<Item = Self> {
        Link::ALL.into_iter().flat_map(|link| {
            (0..16_u8).map(move |bits| Self {
                link,
                v6: bits & 1 != 0,
                big_endian: bits & 2 != 0,
                nanoseconds: bits & 4 != 0,
                ng: bits & 8 != 0,
            })
        })
    }
}

/// A segment of TCP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Who sends it.
    pub from: Sender,
    /// Its sequence number.
    pub sequence: u32,
    /// What it acknowledges.
    pub acknowledgement: u32,
    /// FIN, SYN, RST, ACK: as in TCP's header.
    pub flags: u8,
    /// Its data.
    pub data: Vec<u8>,
    /// When, in nanoseconds.
    pub time_ns: u64,
}

/// FIN.
pub const FIN: u8 = 1;
/// SYN.
pub const SYN: u8 = 2;
/// RST.
pub const RST: u8 = 4;
/// ACK.
pub const ACK: u8 = 16;

/// When the first segment is sent.
const START_NS: u64 = 1_700_000_000_000_000_000;
/// Between two segments.
const STEP_NS: u64 = 1_000_000;
/// The initial sequence numbers: that of the client overflows soon.
const INITIAL: [u32; 2] = [u32::MAX - 40, 1000];

/// TCP's way through a conversation.
#[derive(Debug, Clone)]
pub struct Tcp {
    /// What has been sent.
    pub segments: Vec<Segment>,
    next: [u32; 2],
    time_ns: u64,
}

impl Tcp {
    /// Begins without a handshake of TCP.
    #[must_use]
    pub fn headless() -> Self {
        let next = INITIAL.map(|initial| initial.wrapping_add(1));
        Self { segments: Vec::new(), next, time_ns: START_NS }
    }

    /// Begins with the handshake of TCP.
    #[must_use]
    pub fn open() -> Self {
        let mut tcp = Self { next: INITIAL, ..Self::headless() };
        tcp.push(Sender::Client, SYN, Vec::new());
        tcp.push(Sender::Server, SYN | ACK, Vec::new());
        tcp.push(Sender::Client, ACK, Vec::new());
        tcp
    }

    /// Sends all of a conversation in segments of at most so many bytes.
    #[must_use]
    pub fn talk(mut self, talk: &Talk, most: usize) -> Self {
        for (from, bytes) in &talk.parts {
            for data in bytes.chunks(most) {
                self.push(*from, ACK, data.to_vec());
            }
        }
        self
    }

    /// Ends it, one end after the other.
    #[must_use]
    pub fn finish(mut self, first: Sender) -> Self {
        self.push(first, FIN | ACK, Vec::new());
        self.push(first.peer(), FIN | ACK, Vec::new());
        self
    }

    /// Lets time pass.
    #[must_use]
    pub fn wait(mut self, time_ns: u64) -> Self {
        self.time_ns += time_ns;
        self
    }

    /// Sends a segment.
    pub fn push(&mut self, from: Sender, flags: u8, data: Vec<u8>) {
        let [client, server] = &mut self.next;
        let (own, other) = if from == Sender::Client { (client, server) } else { (server, client) };
        let len = data.len() as u32 + u32::from(flags & (SYN | FIN) != 0);
        let (sequence, acknowledgement) = (*own, *other);
        *own = own.wrapping_add(len);
        self.time_ns += STEP_NS;
        let time_ns = self.time_ns;
        self.segments.push(Segment { from, sequence, acknowledgement, flags, data, time_ns });
    }

    /// A file of it.
    #[must_use]
    pub fn file(&self, form: Form) -> Vec<u8> {
        file(&self.segments, form)
    }
}

/// A capture of a conversation in its usual form.
#[must_use]
pub fn pcap(talk: &Talk) -> Vec<u8> {
    Tcp::open().talk(talk, 1460).file(Form::PLAIN)
}

/// A file of segments.
#[must_use]
pub fn file(segments: &[Segment], form: Form) -> Vec<u8> {
    let packets: Vec<_> =
        segments.iter().map(|segment| (segment.time_ns, packet(segment, form))).collect();
    if form.ng { pcapng(&packets, form) } else { classic(&packets, form) }
}

/// A packet with a segment.
#[must_use]
pub fn packet(segment: &Segment, form: Form) -> Vec<u8> {
    let (client, server) = (40_000, 80);
    let is_client = segment.from == Sender::Client;
    let ports = if is_client { (client, server) } else { (server, client) };
    let ether = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
    let mut out = Vec::new();
    let v4 =
        if is_client { ([192, 0, 2, 1], [192, 0, 2, 2]) } else { ([192, 0, 2, 2], [192, 0, 2, 1]) };
    let v6 = {
        let mut client = [0; 16];
        client[..4].copy_from_slice(&[0x20, 1, 0xd, 0xb8]);
        let mut server = client;
        (client[15], server[15]) = (1, 2);
        if is_client { (client, server) } else { (server, client) }
    };
    let family = if form.v6 { 30_u32 } else { 2 };
    let ip = match (form.link, form.v6) {
        (Link::Ethernet, false) => ether.ipv4(v4.0, v4.1, 64),
        (Link::Ethernet, true) => ether.ipv6(v6.0, v6.1, 64),
        (Link::Vlan, is_v6) => {
            let tagged = ether.double_vlan(1.try_into().unwrap(), 2.try_into().unwrap());
            if is_v6 { tagged.ipv6(v6.0, v6.1, 64) } else { tagged.ipv4(v4.0, v4.1, 64) }
        }
        (Link::Cooked, is_v6) => {
            let cooked =
                PacketBuilder::linux_sll(LinuxSllPacketType::OUTGOING, 6, [2, 0, 0, 0, 0, 1, 0, 0]);
            if is_v6 { cooked.ipv6(v6.0, v6.1, 64) } else { cooked.ipv4(v4.0, v4.1, 64) }
        }
        (_, false) => PacketBuilder::ipv4(v4.0, v4.1, 64),
        (_, true) => PacketBuilder::ipv6(v6.0, v6.1, 64),
    };
    match form.link {
        Link::Loopback => out.extend(family.to_ne_bytes()),
        Link::Cooked2 => {
            out.extend(if form.v6 { [0x86, 0xdd] } else { [8, 0] });
            out.extend([0; 18]);
        }
        _ => {}
    }
    write_tcp(ip, ports, segment, &mut out);
    out
}

fn write_tcp(
    ip: PacketBuilderStep<etherparse::IpHeaders>,
    (source, destination): (u16, u16),
    segment: &Segment,
    out: &mut Vec<u8>,
) {
    let mut tcp = ip.tcp(source, destination, segment.sequence, 65_535);
    if segment.flags & FIN != 0 {
        tcp = tcp.fin();
    }
    if segment.flags & SYN != 0 {
        tcp = tcp.syn();
    }
    if segment.flags & RST != 0 {
        tcp = tcp.rst();
    }
    if segment.flags & ACK != 0 {
        tcp = tcp.ack(segment.acknowledgement);
    }
    tcp.write(out, &segment.data).unwrap();
}

fn u32_in(big_endian: bool, number: u32) -> [u8; 4] {
    if big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
}

fn u16_in(big_endian: bool, number: u16) -> [u8; 2] {
    if big_endian { number.to_be_bytes() } else { number.to_le_bytes() }
}

fn classic(packets: &[(u64, Vec<u8>)], form: Form) -> Vec<u8> {
    let big = form.big_endian;
    let mut file = Vec::new();
    file.extend(u32_in(big, if form.nanoseconds { 0xa1b2_3c4d } else { 0xa1b2_c3d4 }));
    file.extend(u16_in(big, 2));
    file.extend(u16_in(big, 4));
    for number in [0, 0, 65_535, form.link.number().into()] {
        file.extend(u32_in(big, number));
    }
    for (time_ns, packet) in packets {
        let unit = if form.nanoseconds { 1 } else { 1000 };
        let fraction = time_ns % 1_000_000_000 / unit;
        let len = packet.len() as u32;
        for number in [(time_ns / 1_000_000_000) as u32, fraction as u32, len, len] {
            file.extend(u32_in(big, number));
        }
        file.extend(packet);
    }
    file
}

fn pcapng(packets: &[(u64, Vec<u8>)], form: Form) -> Vec<u8> {
    let big = form.big_endian;
    let mut file = Vec::new();
    let mut block = |kind: u32, body: &[u8]| {
        let len = 12 + body.len().next_multiple_of(4);
        file.extend(u32_in(big, kind));
        file.extend(u32_in(big, len as u32));
        file.extend(body);
        file.resize(file.len().next_multiple_of(4), 0);
        file.extend(u32_in(big, len as u32));
    };
    let mut section = Vec::new();
    section.extend(u32_in(big, 0x1a2b_3c4d));
    section.extend(u16_in(big, 1));
    section.extend(u16_in(big, 0));
    section.extend([0xff; 8]);
    block(0x0a0d_0d0a, &section);
    // A block of a kind that nobody knows.
    block(0x0bad_0bad, &[1, 2, 3]);
    let mut interface = Vec::new();
    interface.extend(u16_in(big, form.link.number()));
    interface.extend(u16_in(big, 0));
    interface.extend(u32_in(big, 65_535));
    if form.nanoseconds {
        // A comment, then the unit of time.
        interface.extend(u16_in(big, 1));
        interface.extend(u16_in(big, 3));
        interface.extend(*b"hi!\0");
        interface.extend(u16_in(big, 9));
        interface.extend(u16_in(big, 1));
        interface.extend([9, 0, 0, 0]);
        interface.extend([0; 4]);
    }
    block(1, &interface);
    for (time_ns, packet) in packets {
        let time = if form.nanoseconds { *time_ns } else { time_ns / 1000 };
        let mut body = Vec::new();
        let len = packet.len() as u32;
        for number in [0, (time >> 32) as u32, time as u32, len, len] {
            body.extend(u32_in(big, number));
        }
        body.extend(packet);
        block(6, &body);
    }
    file
}

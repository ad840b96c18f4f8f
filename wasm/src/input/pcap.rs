//! Captures of libpcap: a header of 24 bytes, then records of 16 bytes and a packet.

use super::{Capture, DamageKind, Failure, fail, packets::Packets, u16_at, u32_at};

/// How numbers stand in a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Endian {
    Little,
    Big,
}

impl Endian {
    /// The number of 16 bits at an offset; 0 behind the end.
    pub(super) fn u16(self, bytes: &[u8], at: usize) -> u16 {
        let number = u16_at(bytes, at).unwrap_or_default();
        if let Self::Little = self { number.swap_bytes() } else { number }
    }

    /// The number of 32 bits at an offset; 0 behind the end.
    pub(super) fn u32(self, bytes: &[u8], at: usize) -> u32 {
        let number = u32_at(bytes, at).unwrap_or_default();
        if let Self::Little = self { number.swap_bytes() } else { number }
    }
}

/// Bytes of the header of the file.
const FILE_HEADER_LEN: usize = 24;
/// Bytes before each packet.
const RECORD_HEADER_LEN: usize = 16;
/// Longest packet that is believed, as in libpcap.
const MAX_PACKET_LEN: u32 = 256 << 10;

/// What the first four bytes tell.
struct Kind {
    endian: Endian,
    /// Nanoseconds in a unit of the time stamps.
    unit_ns: u64,
    /// Bytes of a record's header.
    record_len: usize,
}

fn kind(bytes: &[u8]) -> Option<Kind> {
    for endian in [Endian::Big, Endian::Little] {
        let (unit_ns, record_len) = match endian.u32(bytes, 0) {
            0xa1b2_c3d4 => (1000, RECORD_HEADER_LEN),
            0xa1b2_3c4d => (1, RECORD_HEADER_LEN),
            // Kuznetzov's, with eight bytes more before each packet.
            0xa1b2_cd34 => (1000, RECORD_HEADER_LEN + 8),
            _ => continue,
        };
        return Some(Kind { endian, unit_ns, record_len });
    }
    None
}

pub(super) fn is_magic(bytes: &[u8]) -> bool {
    kind(bytes).is_some()
}

pub(super) fn read(bytes: &[u8], capture: &mut Capture) -> Result<(), Failure> {
    let kind = kind(bytes).ok_or_else(|| fail(DamageKind::Magic, 0))?;
    if bytes.len() < FILE_HEADER_LEN {
        return Err(fail(DamageKind::Truncated, bytes.len()));
    }
    if kind.endian.u16(bytes, 4) != 2 {
        return Err(fail(DamageKind::Version, 4));
    }
    // The upper bits say how long the check sequence of a frame is.
    let link_type = kind.endian.u32(bytes, 20) & 0x0fff_ffff;
    let mut packets = Packets::new(bytes);
    packets.know(link_type, 20)?;
    capture.damage = records(bytes, &kind, link_type, &mut packets).err().map(|damage| *damage);
    packets.finish(capture);
    Ok(())
}

fn records(
    bytes: &[u8],
    kind: &Kind,
    link_type: u32,
    packets: &mut Packets<'_>,
) -> Result<(), Failure> {
    let mut at = FILE_HEADER_LEN;
    while at < bytes.len() {
        let field = |field| kind.endian.u32(bytes, at + field);
        let (len, full_len) = (field(8), field(12));
        if bytes.len() - at >= RECORD_HEADER_LEN && len > MAX_PACKET_LEN {
            return Err(fail(DamageKind::Length, at + 8));
        }
        let start = at + kind.record_len;
        let end = start.saturating_add(len as usize);
        if end > bytes.len() {
            return Err(fail(DamageKind::Truncated, at));
        }
        let time_ns = u64::from(field(0)) * 1_000_000_000 + u64::from(field(4)) * kind.unit_ns;
        packets.packet(link_type, start..end, Some(time_ns), full_len > len);
        at = end;
    }
    Ok(())
}

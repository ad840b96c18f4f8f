//! Captures of libpcap: a header of 24 bytes, then records of 16 bytes and a packet.

use super::{Capture, Damage, DamageKind, InputError, packets::Packets, u16_at, u32_at};

/// How numbers stand in a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Endian {
    Little,
    Big,
}

impl Endian {
    /// The number of 16 bits at an offset.
    pub(super) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let number = u16_at(bytes, at)?;
        Some(if let Self::Little = self { number.swap_bytes() } else { number })
    }

    /// The number of 32 bits at an offset.
    pub(super) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let number = u32_at(bytes, at)?;
        Some(if let Self::Little = self { number.swap_bytes() } else { number })
    }
}

/// Bytes of the header of the file.
const FILE_HEADER_LEN: usize = 24;
/// Bytes before each packet.
const RECORD_HEADER_LEN: usize = 16;
/// Longest packet that is believed, as in libpcap.
const MAX_PACKET_LEN: u32 = 256 << 10;

/// What the first four bytes tell: the order of bytes, nanoseconds in a unit of the time stamps,
/// and bytes of a record's header.
fn magic(bytes: &[u8]) -> Option<(Endian, u64, usize)> {
    let big = u32_at(bytes, 0)?;
    let kinds = [(Endian::Big, big), (Endian::Little, big.swap_bytes())];
    kinds.into_iter().find_map(|(endian, magic)| match magic {
        0xa1b2_c3d4 => Some((endian, 1000, RECORD_HEADER_LEN)),
        0xa1b2_3c4d => Some((endian, 1, RECORD_HEADER_LEN)),
        // Kuznetzov's, with eight bytes more before each packet.
        0xa1b2_cd34 => Some((endian, 1000, RECORD_HEADER_LEN + 8)),
        _ => None,
    })
}

pub(super) fn is_magic(bytes: &[u8]) -> bool {
    magic(bytes).is_some()
}

pub(super) fn read(bytes: &[u8]) -> Result<Capture, InputError> {
    let fail = |kind, offset: usize| Damage { kind, offset: offset as u64 };
    let (endian, unit_ns, record_len) = magic(bytes).ok_or_else(|| fail(DamageKind::Magic, 0))?;
    let link_type =
        endian.u32(bytes, 20).ok_or_else(|| fail(DamageKind::Truncated, bytes.len()))?;
    if endian.u16(bytes, 4) != Some(2) {
        return Err(fail(DamageKind::Version, 4));
    }
    // The upper bits say how long the check sequence of a frame is.
    let link_type = link_type & 0x0fff_ffff;
    let mut packets = Packets::new(bytes);
    packets.know(link_type, 20)?;
    let mut at = FILE_HEADER_LEN;
    let mut damage = None;
    while at < bytes.len() {
        let record = |field| endian.u32(bytes, at + field);
        let (Some(seconds), Some(fraction), Some(len), Some(full_len)) =
            (record(0), record(4), record(8), record(12))
        else {
            damage = Some(fail(DamageKind::Truncated, at));
            break;
        };
        if len > MAX_PACKET_LEN {
            damage = Some(fail(DamageKind::Length, at + 8));
            break;
        }
        let start = at + record_len;
        let end = start + len as usize;
        let time_ns = u64::from(seconds) * 1_000_000_000 + u64::from(fraction) * unit_ns;
        if end > bytes.len() {
            damage = Some(fail(DamageKind::Truncated, at));
            break;
        }
        packets.packet(link_type, start..end, Some(time_ns), full_len > len);
        at = end;
    }
    Ok(Capture { damage, ..packets.finish() })
}

//! Captures of Wireshark: blocks of a type, a length, a body, and the length again.
//!
//! | block | is |
//! |---|---|
//! | section header | the order of bytes; interfaces count anew |
//! | interface description | kind of link, unit of time |
//! | enhanced, simple and obsolete packet | a packet |
//! | any other | passed over |

use alloc::vec::Vec;

use super::{Capture, Damage, DamageKind, InputError, packets::Packets, pcap::Endian};

/// The first bytes of a file: the type of a section header, the same in both orders.
const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

const INTERFACE: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

/// The option of an interface that tells the unit of its time stamps.
const TIME_UNIT: u16 = 9;
/// The option of an interface that tells what its time stamps count from.
const TIME_OFFSET: u16 = 14;

/// Bytes of the smallest block: a type and two lengths.
const MIN_BLOCK_LEN: usize = 12;

/// An interface that packets are from.
#[derive(Clone, Copy)]
struct Interface {
    link_type: u32,
    snap_len: u32,
    unit: Unit,
    offset_s: u64,
}

/// The unit of time stamps.
#[derive(Clone, Copy)]
enum Unit {
    /// 10^-N seconds.
    Decimal(u8),
    /// 2^-N seconds.
    Binary(u8),
}

impl Unit {
    fn nanoseconds(self, count: u64) -> u64 {
        match self {
            Self::Decimal(digits @ 0..=9) => {
                count.saturating_mul(10_u64.pow(u32::from(9_u8.saturating_sub(digits))))
            }
            Self::Decimal(digits) => {
                let divisor = 10_u64.checked_pow(u32::from(digits.saturating_sub(9)));
                divisor.and_then(|divisor| count.checked_div(divisor)).unwrap_or(0)
            }
            Self::Binary(bits) => {
                let scaled = u128::from(count) * 1_000_000_000;
                u64::try_from(scaled.wrapping_shr(u32::from(bits & 127))).unwrap_or(u64::MAX)
            }
        }
    }
}

pub(super) fn is_section(bytes: &[u8]) -> bool {
    bytes.starts_with(&SECTION)
}

pub(super) fn read(bytes: &[u8]) -> Result<Capture, InputError> {
    let mut reader = Reader {
        bytes,
        endian: Endian::Little,
        interfaces: Vec::new(),
        packets: Packets::new(bytes),
    };
    if !is_section(bytes) {
        return Err(Damage { kind: DamageKind::Magic, offset: 0 });
    }
    let mut at = 0;
    let mut damage = None;
    while at < bytes.len() {
        match reader.block(at) {
            Ok(len) => at += len,
            // Without a section there is nothing to be read at all.
            Err(error) if at == 0 => return Err(error),
            Err(error) => {
                damage = Some(error);
                break;
            }
        }
    }
    Ok(Capture { damage, ..reader.packets.finish() })
}

struct Reader<'a> {
    bytes: &'a [u8],
    endian: Endian,
    interfaces: Vec<Interface>,
    packets: Packets<'a>,
}

impl Reader<'_> {
    /// Reads a block, and returns its length.
    fn block(&mut self, at: usize) -> Result<usize, InputError> {
        let fail = |kind, field: usize| Damage { kind, offset: (at + field) as u64 };
        let rest = self.bytes.get(at..).unwrap_or_default();
        if rest.starts_with(&SECTION) {
            self.endian = match rest.get(8..12) {
                Some([0x4d, 0x3c, 0x2b, 0x1a]) => Endian::Little,
                Some([0x1a, 0x2b, 0x3c, 0x4d]) => Endian::Big,
                Some(_) => return Err(fail(DamageKind::Magic, 8)),
                None => return Err(fail(DamageKind::Truncated, 0)),
            };
            if self.endian.u16(rest, 12).is_some_and(|version| version != 1) {
                return Err(fail(DamageKind::Version, 12));
            }
            self.interfaces.clear();
        }
        let truncated = || fail(DamageKind::Truncated, 0);
        let kind = self.endian.u32(rest, 0).ok_or_else(truncated)?;
        let len = self.endian.u32(rest, 4).ok_or_else(truncated)? as usize;
        if len < MIN_BLOCK_LEN || !len.is_multiple_of(4) {
            return Err(fail(DamageKind::Length, 4));
        }
        let block = rest.get(..len).ok_or_else(truncated)?;
        let behind = len.saturating_sub(4);
        if self.endian.u32(block, behind) != Some(len as u32) {
            return Err(fail(DamageKind::Length, behind));
        }
        let body = block.get(8..behind).unwrap_or_default();
        let start = at + 8;
        match kind {
            INTERFACE => self.interface(body, start)?,
            ENHANCED_PACKET => self.packet(body, start, false)?,
            OBSOLETE_PACKET => self.packet(body, start, true)?,
            SIMPLE_PACKET => self.simple_packet(body, start)?,
            _ => {}
        }
        Ok(len)
    }

    fn interface(&mut self, body: &[u8], start: usize) -> Result<(), InputError> {
        let truncated = Damage { kind: DamageKind::Truncated, offset: start as u64 };
        let fields = self.endian.u16(body, 0).zip(self.endian.u32(body, 4));
        let (link_type, snap_len) = fields.ok_or(truncated)?;
        let link_type = u32::from(link_type);
        let mut interface = Interface { link_type, snap_len, unit: Unit::Decimal(6), offset_s: 0 };
        let mut options = body.get(8..).unwrap_or_default();
        while let (Some(code @ 1..), Some(len)) =
            (self.endian.u16(options, 0), self.endian.u16(options, 2))
        {
            let len = usize::from(len);
            let value = options.get(4..len + 4).unwrap_or_default();
            match (code, value) {
                (TIME_UNIT, [unit, ..]) if unit & 0x80 != 0 => {
                    interface.unit = Unit::Binary(unit & 0x7f);
                }
                (TIME_UNIT, [unit, ..]) => interface.unit = Unit::Decimal(*unit),
                (TIME_OFFSET, value) => {
                    let (low, high) = match self.endian {
                        Endian::Little => (0, 4),
                        Endian::Big => (4, 0),
                    };
                    let low = u64::from(self.endian.u32(value, low).unwrap_or(0));
                    let high = u64::from(self.endian.u32(value, high).unwrap_or(0));
                    interface.offset_s = high << 32 | low;
                }
                _ => {}
            }
            options = options.get(len.next_multiple_of(4) + 4..).unwrap_or_default();
        }
        self.interfaces.push(interface);
        // Only the first tells what there is to be read; packets of others are counted.
        if self.interfaces.len() == 1 { self.packets.know(link_type, start) } else { Ok(()) }
    }

    fn packet(&mut self, body: &[u8], start: usize, obsolete: bool) -> Result<(), InputError> {
        let fail = |kind, field: usize| Damage { kind, offset: (start + field) as u64 };
        let number = if obsolete {
            self.endian.u16(body, 0).map(u32::from)
        } else {
            self.endian.u32(body, 0)
        };
        let field = |at| self.endian.u32(body, at);
        let fields = || Some((field(4)?, field(8)?, field(12)?, field(16)?));
        let (high, low, len, full_len) = fields().ok_or_else(|| fail(DamageKind::Length, 0))?;
        let interface = number.and_then(|number| self.interfaces.get(number as usize));
        let interface = interface.ok_or_else(|| fail(DamageKind::Interface, 0))?;
        if body.len().saturating_sub(20) < len as usize {
            return Err(fail(DamageKind::Length, 12));
        }
        let count = u64::from(high) << 32 | u64::from(low);
        let time_ns = interface.unit.nanoseconds(count);
        let time_ns = time_ns.saturating_add(interface.offset_s.saturating_mul(1_000_000_000));
        let from = start + 20;
        let range = from..from + len as usize;
        self.packets.packet(interface.link_type, range, Some(time_ns), full_len > len);
        Ok(())
    }

    fn simple_packet(&mut self, body: &[u8], start: usize) -> Result<(), InputError> {
        let fail = |kind| Damage { kind, offset: start as u64 };
        let full_len = self.endian.u32(body, 0).ok_or_else(|| fail(DamageKind::Length))?;
        let first = self.interfaces.first().ok_or_else(|| fail(DamageKind::Interface))?;
        let limit = if first.snap_len == 0 { u32::MAX } else { first.snap_len };
        let len = (full_len.min(limit) as usize).min(body.len().saturating_sub(4));
        let from = start + 4;
        let range = from..from + len;
        self.packets.packet(first.link_type, range, None, full_len as usize > len);
        Ok(())
    }
}

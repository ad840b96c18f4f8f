//! Captures of Wireshark: blocks of a type, a length, a body, and the length again.
//!
//! | block | is |
//! |---|---|
//! | section header | the order of bytes; interfaces count anew |
//! | interface description | kind of link, unit of time |
//! | enhanced, simple and obsolete packet | a packet |
//! | any other | passed over |

use alloc::vec::Vec;

use super::{Capture, DamageKind, Failure, fail, packets::Packets, pcap::Endian};

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
    fn nanoseconds(self, mut count: u64) -> u64 {
        match self {
            Self::Decimal(digits) => {
                for _ in digits..9 {
                    count = count.saturating_mul(10);
                }
                for _ in 9..digits {
                    count /= 10;
                }
                count
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

pub(super) fn read(bytes: &[u8], capture: &mut Capture) -> Result<(), Failure> {
    if !is_section(bytes) {
        return Err(fail(DamageKind::Magic, 0));
    }
    let mut reader = Reader {
        bytes,
        endian: Endian::Little,
        interfaces: Vec::new(),
        packets: Packets::new(bytes),
    };
    let mut at = 0;
    while at < bytes.len() {
        match reader.block(at) {
            Ok(len) => at += len,
            // Without a section there is nothing to be read at all.
            Err(damage) if at == 0 => return Err(damage),
            Err(damage) => {
                capture.damage = Some(*damage);
                break;
            }
        }
    }
    reader.packets.finish(capture);
    Ok(())
}

struct Reader<'a> {
    bytes: &'a [u8],
    endian: Endian,
    interfaces: Vec<Interface>,
    packets: Packets<'a>,
}

impl Reader<'_> {
    /// Reads a block, and returns its length.
    fn block(&mut self, at: usize) -> Result<usize, Failure> {
        let rest = self.bytes.get(at..).unwrap_or_default();
        if rest.starts_with(&SECTION) {
            self.endian = match rest.get(8..12) {
                Some([0x4d, 0x3c, 0x2b, 0x1a]) => Endian::Little,
                Some([0x1a, 0x2b, 0x3c, 0x4d]) => Endian::Big,
                Some(_) => return Err(fail(DamageKind::Magic, at + 8)),
                None => return Err(fail(DamageKind::Truncated, at)),
            };
            if rest.len() >= 14 && self.endian.u16(rest, 12) != 1 {
                return Err(fail(DamageKind::Version, at + 12));
            }
            self.interfaces.clear();
        }
        let len = self.endian.u32(rest, 4) as usize;
        if rest.len() >= 8 && (len < MIN_BLOCK_LEN || !len.is_multiple_of(4)) {
            return Err(fail(DamageKind::Length, at + 4));
        }
        if rest.len() < len.max(8) {
            return Err(fail(DamageKind::Truncated, at));
        }
        let block = rest.get(..len).unwrap_or_default();
        let behind = len.saturating_sub(4);
        if self.endian.u32(block, behind) as usize != len {
            return Err(fail(DamageKind::Length, at + behind));
        }
        let body = block.get(8..behind).unwrap_or_default();
        let start = at + 8;
        match self.endian.u32(block, 0) {
            INTERFACE => self.interface(body, start)?,
            ENHANCED_PACKET => self.packet(body, start, false)?,
            OBSOLETE_PACKET => self.packet(body, start, true)?,
            SIMPLE_PACKET => self.simple_packet(body, start)?,
            _ => {}
        }
        Ok(len)
    }

    fn interface(&mut self, body: &[u8], start: usize) -> Result<(), Failure> {
        let mut options = body.get(8..).ok_or_else(|| fail(DamageKind::Truncated, start))?;
        let link_type = u32::from(self.endian.u16(body, 0));
        let snap_len = self.endian.u32(body, 4);
        let mut interface = Interface { link_type, snap_len, unit: Unit::Decimal(6), offset_s: 0 };
        // An option 0 ends them.
        while let code @ 1.. = self.endian.u16(options, 0) {
            let len = usize::from(self.endian.u16(options, 2));
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
                    let low = u64::from(self.endian.u32(value, low));
                    let high = u64::from(self.endian.u32(value, high));
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

    fn packet(&mut self, body: &[u8], start: usize, obsolete: bool) -> Result<(), Failure> {
        let room = body.get(20..).ok_or_else(|| fail(DamageKind::Length, start))?.len();
        let field = |at| self.endian.u32(body, at);
        let number = if obsolete { self.endian.u16(body, 0).into() } else { field(0) };
        let (len, full_len) = (field(12), field(16));
        let interface = self.interfaces.get(number as usize);
        let interface = interface.ok_or_else(|| fail(DamageKind::Interface, start))?;
        if room < len as usize {
            return Err(fail(DamageKind::Length, start + 12));
        }
        let count = u64::from(field(4)) << 32 | u64::from(field(8));
        let time_ns = interface.unit.nanoseconds(count);
        let time_ns = time_ns.saturating_add(interface.offset_s.saturating_mul(1_000_000_000));
        let from = start + 20;
        let range = from..from + len as usize;
        self.packets.packet(interface.link_type, range, Some(time_ns), full_len > len);
        Ok(())
    }

    fn simple_packet(&mut self, body: &[u8], start: usize) -> Result<(), Failure> {
        let room = body.get(4..).ok_or_else(|| fail(DamageKind::Length, start))?.len();
        let full_len = self.endian.u32(body, 0);
        let first = self.interfaces.first().ok_or_else(|| fail(DamageKind::Interface, start))?;
        let limit = if first.snap_len == 0 { u32::MAX } else { first.snap_len };
        let len = (full_len.min(limit) as usize).min(room);
        let from = start + 4;
        let range = from..from + len;
        self.packets.packet(first.link_type, range, None, full_len as usize > len);
        Ok(())
    }
}

//! What is around an IP packet on a link.

use super::u16_at;

/// Ethernet's types.
const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
/// Tags of virtual networks (IEEE 802.1Q, 802.1ad, and what was there before it).
const TAGS: [u16; 3] = [0x8100, 0x88a8, 0x9100];

/// Tags in a frame that are passed over.
const MAX_TAGS: usize = 8;

/// Whether packets of this link can be read.
pub(super) const fn is_known(link_type: u32) -> bool {
    matches!(link_type, 0 | 1 | 12 | 14 | 101 | 108 | 113 | 228 | 229 | 276)
}

/// Tells where the IP packet begins in a packet; `None` if there is none.
pub(super) fn ip_at(link_type: u32, packet: &[u8]) -> Option<usize> {
    match link_type {
        // BSD loopback, in the order of bytes of whoever captured, or in that of the network.
        0 | 108 => {
            let family: &[u8; 4] = packet.first_chunk()?;
            let family = match family {
                [family, 0, 0, 0] | [0, 0, 0, family] => *family,
                _ => return None,
            };
            // AF_INET; AF_INET6 of many systems.
            matches!(family, 2 | 10 | 24 | 28 | 30).then_some(4)
        }
        1 => ethernet(packet, 12),
        // Raw IP, under the numbers of several systems.
        12 | 14 | 101 | 228 | 229 => Some(0),
        // Linux's cooked capture.
        113 => ethernet(packet, 14),
        276 => match u16_at(packet, 0)? {
            IPV4 | IPV6 => Some(20),
            _ => None,
        },
        _ => None,
    }
}

/// Reads a type of Ethernet at an offset, behind tags if there are any.
fn ethernet(packet: &[u8], mut at: usize) -> Option<usize> {
    for _ in 0..MAX_TAGS {
        let kind = u16_at(packet, at)?;
        if matches!(kind, IPV4 | IPV6) {
            return Some(at + 2);
        }
        if !TAGS.contains(&kind) {
            return None;
        }
        at += 4;
    }
    None
}

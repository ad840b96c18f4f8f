//! IPv4 (RFC 791) and IPv6 (RFC 8200), as far as TCP is in them.

use core::ops::Range;

use super::u16_at;

/// An address: that of IPv4 in the first four bytes.
pub(super) type Address = [u8; 16];

/// The protocol number of TCP.
const TCP: u8 = 6;

/// Headers of extensions that are passed over.
const MAX_EXTENSIONS: usize = 16;

/// An IP packet.
pub(super) enum Packet {
    /// TCP.
    Tcp {
        /// Whether the addresses are those of IPv6.
        is_v6: bool,
        source: Address,
        destination: Address,
        /// Where in the packet TCP is; what the link has added behind is left out.
        segment: Range<usize>,
        /// Whether it is not there to its end.
        is_cut: bool,
    },
    /// A part of a packet, without which TCP has a gap.
    Fragment,
    /// Something else.
    Other,
    /// Its header is damaged.
    Bad,
}

pub(super) fn parse(packet: &[u8]) -> Packet {
    let parsed = match packet.first() {
        Some(first) if first >> 4 == 4 => v4(packet),
        Some(first) if first >> 4 == 6 => v6(packet),
        _ => None,
    };
    parsed.unwrap_or(Packet::Bad)
}

fn v4(packet: &[u8]) -> Option<Packet> {
    let header_len = usize::from(packet.first()? & 0xf) * 4;
    if header_len < 20 {
        return None;
    }
    let total_len = usize::from(u16_at(packet, 2)?);
    // Segmentation offload leaves zero.
    let total_len = if total_len == 0 { packet.len() } else { total_len };
    if total_len < header_len {
        return None;
    }
    // An offset, or more fragments to come.
    if u16_at(packet, 6)? & 0x3fff != 0 {
        return Some(Packet::Fragment);
    }
    if *packet.get(9)? != TCP {
        return Some(Packet::Other);
    }
    Some(Packet::Tcp {
        is_v6: false,
        source: address_v4(packet.get(12..)?.first_chunk()?),
        destination: address_v4(packet.get(16..)?.first_chunk()?),
        segment: header_len..total_len.min(packet.len()),
        is_cut: total_len > packet.len(),
    })
}

fn address_v4(bytes: &[u8; 4]) -> Address {
    let mut address = [0; 16];
    if let Some(to) = address.first_chunk_mut() {
        *to = *bytes;
    }
    address
}

fn v6(packet: &[u8]) -> Option<Packet> {
    const HEADER_LEN: usize = 40;
    let payload_len = usize::from(u16_at(packet, 4)?);
    let source = *packet.get(8..)?.first_chunk()?;
    let destination = *packet.get(24..)?.first_chunk()?;
    // A jumbogram, or segmentation offload.
    let end = match payload_len {
        0 => packet.len(),
        len => HEADER_LEN + len,
    };
    let mut next = *packet.get(6)?;
    let mut at = HEADER_LEN;
    for _ in 0..MAX_EXTENSIONS {
        match next {
            TCP => {
                let is_cut = end > packet.len();
                let segment = at..end.min(packet.len());
                return Some(Packet::Tcp { is_v6: true, source, destination, segment, is_cut });
            }
            // A fragment, unless it is the only one.
            44 => {
                if u16_at(packet, at + 2)? & 0xfff9 != 0 {
                    return Some(Packet::Fragment);
                }
                next = *packet.get(at)?;
                at += 8;
            }
            // Hop-by-hop options, routing, destination options.
            0 | 43 | 60 => {
                let len = usize::from(*packet.get(at + 1)?);
                next = *packet.get(at)?;
                at += (len + 1) * 8;
            }
            _ => return Some(Packet::Other),
        }
    }
    Some(Packet::Other)
}

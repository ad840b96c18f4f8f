//! Dumps: lines of an offset and the bytes there.
//!
//! ```text
//! 00000000: 8105 4865 6c6c 6f                        ..Hello       xxd
//! 00000000  81 05 48 65 6c 6c 6f                     |..Hello|     hexdump -C
//! 0000000 81 05 48 65 6c 6c 6f                                     od -t x1, offsets in octal
//! 0000000 0581 6548 6c6c 006f                                      hexdump, od -x: words, low first
//! 0000000 002601 062510 066154 000157                              od: words in octal
//! 0000   81 05 48 65 6c 6c 6f                        ..Hello       Wireshark, text2pcap
//!     00000000  81 05 48 65 6c 6c 6f                  ..Hello      the same of the other end
//! *                                                                the line before, repeated
//! ```

use alloc::vec::Vec;
use core::{mem, ops::Range};

use super::{Capture, DamageKind, Failure, beginning, fail, lines, packets::Packets, raw, run_len};
use crate::{
    stream::{Conversation, Moment},
    text::{hex_pair, hex_value},
};

/// Bytes of a line that are believed.
const MAX_LINE_LEN: usize = 256;

/// Bytes for which all repeated lines together may stand.
const MAX_REPEATED_LEN: usize = 256 << 10;

/// How the bytes of a line are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Pairs of digits, alone or together.
    Bytes,
    /// Words of four digits, the low byte first.
    Words,
    /// Words of six octal digits, the low byte first.
    OctalWords,
}

/// A line.
struct Row {
    /// Where it is in the input.
    at: usize,
    /// Whether it is indented: of the other end.
    is_second: bool,
    /// Whether the one before it is repeated, as often as fits.
    repeats: bool,
    /// The digits of its offset.
    offset: Range<usize>,
    /// Its bytes among those of all lines.
    bytes: Range<usize>,
}

pub(super) fn is_dump(bytes: &[u8]) -> bool {
    let bytes = beginning(bytes);
    let (mut rows, mut others) = (0_usize, 0_usize);
    let mut is_first = true;
    let mut decoded = Vec::new();
    for (at, line) in lines(bytes) {
        match row(at, line, &mut decoded) {
            Some(row) if !row.bytes.is_empty() => {
                // The first offset of a dump is zero; hexadecimal digits alone are none.
                if is_first && !line.trim_ascii().starts_with(b"0000") {
                    return false;
                }
                is_first = false;
                rows += 1;
            }
            Some(_) => {}
            None if is_noise(line) => {}
            None => others += 1,
        }
    }
    rows != 0 && others == 0
}

/// How lines begin that are around those of bytes.
const NOISE: [&str; 7] = ["===", "Follow:", "Filter:", "Node 0:", "Node 1:", "Frame ", "#"];

/// Lines that are no bytes: blank, repeated, or tshark's frame around them.
fn is_noise(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.is_empty() || line == b"*" || NOISE.iter().any(|start| line.starts_with(start.as_bytes()))
}

const fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Reads a line and appends its bytes; `None` if it is not of a dump.
fn row(at: usize, line: &[u8], bytes: &mut Vec<u8>) -> Option<Row> {
    let indent = run_len(line, is_blank);
    let is_second = indent >= 4 || line.starts_with(b"\t");
    let rest = line.get(indent..)?;
    let digits = run_len(rest, u8::is_ascii_hexdigit);
    if !(4..=16).contains(&digits) {
        return None;
    }
    let mut cursor = indent + digits;
    let offset = indent..cursor;
    let is_xxd = line.get(cursor) == Some(&b':');
    cursor += usize::from(is_xxd);
    match line.get(cursor) {
        None | Some(b' ' | b'\t') => {}
        _ => return None,
    }
    let start = bytes.len();
    let mut line_style = None;
    while bytes.len() - start < MAX_LINE_LEN {
        let rest = line.get(cursor..).unwrap_or_default();
        let spaces = run_len(rest, is_blank);
        let word = rest.get(spaces..).unwrap_or_default();
        let len = run_len(word, u8::is_ascii_hexdigit);
        let is_word = matches!(word.get(len), None | Some(b' ' | b'\t'));
        // The characters stand behind more white space than the bytes; words have none.
        let most = match line_style {
            None => usize::MAX,
            Some(Style::Bytes) if is_xxd => 1,
            Some(Style::Bytes) => 2,
            Some(Style::Words | Style::OctalWords) => 8,
        };
        if len == 0 || !is_word || spaces > most {
            break;
        }
        let word = word.get(..len)?;
        let style = match len {
            6 if !is_xxd => Style::OctalWords,
            4 if !is_xxd => Style::Words,
            _ => Style::Bytes,
        };
        if style != *line_style.get_or_insert(style) {
            break;
        }
        push_word(word, style, bytes)?;
        cursor += spaces + len;
    }
    let offset = offset.start + at..offset.end + at;
    Some(Row { at, is_second, repeats: false, offset, bytes: start..bytes.len() })
}

fn push_word(word: &[u8], style: Style, bytes: &mut Vec<u8>) -> Option<()> {
    let number = |radix: u32| {
        word.iter().try_fold(0_u32, |number, digit| {
            let value = u32::from(hex_value(*digit)?);
            (value < radix).then(|| number.wrapping_mul(radix).wrapping_add(value))
        })
    };
    match style {
        Style::Words => bytes.extend_from_slice(&(number(16)? as u16).to_le_bytes()),
        Style::OctalWords => {
            bytes.extend_from_slice(&u16::try_from(number(8)?).ok()?.to_le_bytes())
        }
        Style::Bytes if word.len().is_multiple_of(2) => {
            for pair in word.as_chunks::<2>().0 {
                bytes.push(hex_pair(pair[0], pair[1])?);
            }
        }
        Style::Bytes => return None,
    }
    Some(())
}

/// The bytes of one end up to where the other speaks or a dump begins anew.
struct Block {
    is_second: bool,
    range: Range<usize>,
}

/// What is known of an end.
#[derive(Default)]
struct End {
    /// The offset of its next byte.
    expected: u64,
    /// Bytes of its last line.
    last_len: usize,
}

pub(super) fn read(input: &[u8], capture: &mut Capture) -> Result<(), Failure> {
    let (rows, decoded) = rows(input)?;
    let radix = radix(input, &rows);
    let mut bytes = Vec::new();
    let mut blocks: Vec<Block> = Vec::new();
    let (mut first, mut second) = (End::default(), End::default());
    let mut repeated_len = 0_usize;
    for (number, row) in rows.iter().enumerate() {
        let offset = offset(input, row, radix);
        let End { expected, last_len } = if row.is_second { &mut second } else { &mut first };
        let is_new = offset == 0 && *expected != 0 && !row.bytes.is_empty();
        let last = blocks.last().filter(|last| !is_new && last.is_second == row.is_second);
        let start = last.map_or(bytes.len(), |last| last.range.start);
        if last.is_none() {
            if offset == 0 {
                *expected = 0;
            }
            blocks.push(Block { is_second: row.is_second, range: start..start });
        }
        if row.repeats && offset > *expected && *last_len != 0 {
            let missing = usize::try_from(offset - *expected).unwrap_or(usize::MAX);
            repeated_len = repeated_len.saturating_add(missing);
            if repeated_len > MAX_REPEATED_LEN {
                return Err(fail(DamageKind::Repetition, row.at));
            }
            let from = bytes.len().saturating_sub(*last_len).max(start);
            for at in (from..bytes.len()).cycle().take(missing) {
                bytes.push(bytes.get(at).copied().unwrap_or_default());
            }
            *expected = offset;
        }
        // What the next offset says is true: a column of characters may look like bytes.
        let next = rows.get(number + 1).filter(|next| follows(row, next));
        let next = next.and_then(|next| self::offset(input, next, radix).checked_sub(offset));
        let len = match next {
            Some(len @ 1..) => usize::try_from(len).unwrap_or(usize::MAX).min(row.bytes.len()),
            _ => row.bytes.len(),
        };
        let shown = decoded.get(row.bytes.start..row.bytes.start + len).unwrap_or_default();
        bytes.extend_from_slice(shown);
        if !shown.is_empty() {
            *last_len = len;
        }
        *expected = offset.saturating_add(len as u64);
        // The offset at the end tells that the last word has a byte too many.
        let has_more = (bytes.len() - start) as u64 > offset;
        if row.bytes.is_empty() && has_more && is_only(&rows) {
            bytes.truncate(start + offset as usize);
        }
        if let Some(last) = blocks.last_mut() {
            last.range.end = bytes.len();
        }
    }
    blocks.retain(|block| !block.range.is_empty());
    if blocks.is_empty() {
        return Err(fail(DamageKind::Empty, 0));
    }
    add(&bytes, &blocks, capture);
    Ok(())
}

/// Whether all lines are of one end.
fn is_only(rows: &[Row]) -> bool {
    let is_first = |row: &Row| !row.is_second;
    rows.iter().all(is_first) || !rows.iter().any(is_first)
}

/// Whether a line is of the same end as the one before it, and right behind.
const fn follows(row: &Row, next: &Row) -> bool {
    !next.repeats && next.is_second == row.is_second
}

/// All lines, and their bytes.
fn rows(input: &[u8]) -> Result<(Vec<Row>, Vec<u8>), Failure> {
    let (mut rows, mut bytes) = (Vec::new(), Vec::new());
    let mut repeats = false;
    for (at, line) in lines(input) {
        if line.trim_ascii() == b"*" {
            repeats = true;
        } else if let Some(mut row) = row(at, line, &mut bytes) {
            row.repeats = mem::take(&mut repeats);
            rows.push(row);
        } else if !is_noise(line) {
            return Err(fail(DamageKind::Digit, at));
        }
    }
    Ok((rows, bytes))
}

/// Tells how offsets are written: as most lines have it that follow another.
fn radix(input: &[u8], rows: &[Row]) -> u64 {
    let fits = |radix| {
        let pairs = rows.iter().zip(rows.iter().skip(1));
        pairs
            .filter(|(row, next)| {
                let behind = offset(input, row, radix).saturating_add(row.bytes.len() as u64);
                !next.repeats && offset(input, next, radix) == behind
            })
            .count()
    };
    let (hex, octal, decimal) = (fits(16), fits(8), fits(10));
    if octal > hex && octal >= decimal {
        8
    } else if decimal > hex {
        10
    } else {
        16
    }
}

fn offset(input: &[u8], row: &Row, radix: u64) -> u64 {
    let digits = input.get(row.offset.clone()).unwrap_or_default();
    digits
        .iter()
        .filter_map(|digit| hex_value(*digit))
        .fold(0, |offset: u64, digit| offset.wrapping_mul(radix).wrapping_add(digit.into()))
}

/// Blocks of both ends are a conversation. Blocks of one end that are packets are a capture, else
/// they are one stream.
fn add(bytes: &[u8], blocks: &[Block], capture: &mut Capture) {
    if !blocks.iter().any(|block| block.is_second) {
        if ethernet(bytes, blocks, capture).is_none() {
            raw::add(bytes, None, capture);
        }
        return;
    }
    let mut conversation = Conversation::new();
    for (order, Block { is_second, range }) in (0..).zip(blocks) {
        let stream = if *is_second { &mut conversation.second } else { &mut conversation.first };
        let bytes = bytes.get(range.clone()).unwrap_or_default();
        stream.push(bytes, Moment { order, time_ns: None }, None);
    }
    capture.conversations.push(conversation);
}

/// Reads blocks as packets of Ethernet, if the first of them is one with TCP.
fn ethernet(bytes: &[u8], blocks: &[Block], capture: &mut Capture) -> Option<()> {
    const ETHERNET: u32 = 1;
    let first = bytes.get(blocks.first()?.range.clone())?;
    let at = super::link::ip_at(ETHERNET, first)?;
    let super::ip::Packet::Tcp { is_cut: false, .. } = super::ip::parse(first.get(at..)?) else {
        return None;
    };
    let mut packets = Packets::new(bytes);
    for block in blocks {
        packets.packet(ETHERNET, block.range.clone(), None, false);
    }
    packets.finish(capture);
    for conversation in &mut capture.conversations {
        conversation.first.forget_source();
        conversation.second.forget_source();
    }
    Some(())
}

//! SLIP (RFC 1055): frames over a serial line, each between two bytes that do not occur within.

use std::io::BufRead;

use crate::Result;

const END: u8 = 0xC0;
const ESCAPE: u8 = 0xDB;
const ESCAPED_END: u8 = 0xDC;
const ESCAPED_ESCAPE: u8 = 0xDD;

/// Puts a frame between two ends.
pub(crate) fn encode(frame: &[u8]) -> Vec<u8> {
    let mut bytes = vec![END];
    for &byte in frame {
        match byte {
            END => bytes.extend([ESCAPE, ESCAPED_END]),
            ESCAPE => bytes.extend([ESCAPE, ESCAPED_ESCAPE]),
            byte => bytes.push(byte),
        }
    }
    bytes.push(END);
    bytes
}

/// Reads the next frame that is not empty.
pub(crate) fn decode(from: &mut impl BufRead) -> Result<Vec<u8>> {
    loop {
        let mut bytes = Vec::new();
        from.read_until(END, &mut bytes)?;
        if bytes.pop() != Some(END) {
            return Err("the line is cut".into());
        }
        if !bytes.is_empty() {
            return unescape(&bytes);
        }
    }
}

fn unescape(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut frame = Vec::with_capacity(bytes.len());
    let mut bytes = bytes.iter();
    while let Some(&byte) = bytes.next() {
        frame.push(match byte {
            ESCAPE => match bytes.next() {
                Some(&ESCAPED_END) => END,
                Some(&ESCAPED_ESCAPE) => ESCAPE,
                _ => return Err("an escape of nothing".into()),
            },
            byte => byte,
        });
    }
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn every_byte_crosses_the_line() {
        let frame: Vec<u8> = (0..=255).collect();
        let mut line = encode(&frame);
        line.extend(encode(&[0xC0, 0xDB, 0xDC]));
        let mut line = &line[..];
        assert_eq!(decode(&mut line).unwrap(), frame);
        assert_eq!(decode(&mut line).unwrap(), [0xC0, 0xDB, 0xDC]);
        assert!(decode(&mut line).is_err());
    }
}

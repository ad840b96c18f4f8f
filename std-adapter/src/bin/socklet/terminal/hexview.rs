//! Bytes for people: offset, digits, characters, as `hexdump -C` shows them, so that
//! `socklet explain` reads them; in a colour by what they are.

use std::fmt::Write as _;

/// Bytes in a line.
const LINE_LEN: usize = 16;

/// Most bytes that are shown.
const SHOWN_LEN: usize = 4096;

/// Lines, each with its end; at the end how much is not shown.
pub(super) fn shown(bytes: &[u8], is_coloured: bool) -> String {
    let mut out = String::new();
    let (shown, rest) = bytes.split_at(bytes.len().min(SHOWN_LEN));
    for (line, at) in shown.chunks(LINE_LEN).zip((0..).step_by(LINE_LEN)) {
        // Writing to a string cannot fail.
        let _ = write!(out, "{at:08x}");
        for column in 0..LINE_LEN {
            out.push_str(if column % 8 == 0 { "  " } else { " " });
            match line.get(column) {
                Some(byte) => painted(&mut out, *byte, is_coloured, &format!("{byte:02x}")),
                None => out.push_str("  "),
            }
        }
        out.push_str("  |");
        for byte in line {
            let char = if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' };
            painted(&mut out, *byte, is_coloured, char.encode_utf8(&mut [0; 4]));
        }
        out.push_str("|\n");
    }
    if !rest.is_empty() {
        let _ = writeln!(out, "... and {} bytes more", rest.len());
    }
    out
}

/// Appends what a byte is shown as: zeros, characters, white space, other ASCII and the rest each
/// have a colour.
fn painted(out: &mut String, byte: u8, is_coloured: bool, shown: &str) {
    let style = match byte {
        0 => 90,
        b'!'..=b'~' => 36,
        b' ' | b'\t' | b'\n' | b'\r' | 0x0c => 32,
        0x80.. => 33,
        _ => 35,
    };
    if is_coloured {
        let _ = write!(out, "\x1b[{style}m{shown}\x1b[0m");
    } else {
        out.push_str(shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_offsets_digits_and_characters() {
        assert_eq!(shown(b"", false), "");
        assert_eq!(
            shown(b"0123456789abcdef\x00\xff ~", false),
            "00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n\
             00000010  00 ff 20 7e                                       |.. ~|\n"
        );
    }

    #[test]
    fn of_many_bytes_the_first_are_shown() {
        let text = shown(&[b'x'; SHOWN_LEN + 7], false);
        assert_eq!(text.lines().count(), SHOWN_LEN / LINE_LEN + 1);
        assert!(text.ends_with("|\n... and 7 bytes more\n"), "{text}");
    }

    #[test]
    fn colours_tell_what_a_byte_is() {
        let text = shown(b"\x00a\x01", true);
        for part in ["\x1b[90m00\x1b[0m", "\x1b[36m61\x1b[0m", "\x1b[35m01\x1b[0m"] {
            assert!(text.contains(part), "{text:?}");
        }
    }
}

//! `socklet build`: fields to a frame.

use std::fmt::Write;

use socklet_wasm::build;

use crate::args::Build;

/// Bytes in a line of an array.
const LINE_LEN: usize = 12;

/// The frame as a line of hexadecimal digits, or as an array of C.
pub(crate) fn frame(args: &Build) -> String {
    let frame = build::build(&args.fields, &args.payload);
    let mut text = String::new();
    // Writing to a string cannot fail.
    if args.array {
        let _ = write!(text, "unsigned char frame[{}] = {{", frame.len());
        for line in frame.chunks(LINE_LEN) {
            text.push_str("\n   ");
            for byte in line {
                let _ = write!(text, " 0x{byte:02x},");
            }
        }
        text.push_str("\n};\n");
    } else {
        for byte in &frame {
            let _ = write!(text, "{byte:02x}");
        }
        text.push('\n');
    }
    text
}

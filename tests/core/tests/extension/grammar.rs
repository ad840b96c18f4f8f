//! How a value may be written (RFC 6455 section 9.1, RFC 9110 section 5.6).

use crate::support::{ANYTHING, accept, agreed, confirm};

/// What is not the size of a window, or not written as one.
pub(crate) const NO_BITS: [&str; 42] = [
    "",
    "0",
    "1",
    "2",
    "7",
    "16",
    "17",
    "80",
    "99",
    "100",
    "255",
    "256",
    "264",
    "265",
    "266",
    "4294967304",
    "08",
    "010",
    "00000000000000000008",
    "1e1",
    "+9",
    "-9",
    "9.",
    "9.0",
    "0x9",
    "a",
    "\"\"",
    "\"",
    "\"10",
    "10\"",
    "\"10\"\"",
    "\"10\\\"",
    "\" 10\"",
    "\"1 0\"",
    "\"010\"",
    "\"\\010\"",
    "1 0",
    "1\\0",
    "'10'",
    "\"10\"x",
    "10=10",
    "\u{661}\u{660}",
];

#[test]
fn values_are_tokens_or_quoted_strings_of_them() {
    for bits in ["10", "\"10\"", "\"\\10\"", "\"1\\0\"", "\"\\1\\0\"", " 10 ", "\t\"10\"\t"] {
        let offer = format!("permessage-deflate; server_max_window_bits={bits}");
        let answer = "permessage-deflate; server_max_window_bits=10".to_owned();
        let expected = agreed((10, true), (15, true));
        assert_eq!(accept(ANYTHING, &[&offer]), Some((answer, expected)), "{offer}");
        let expected = agreed((15, true), (10, true));
        assert_eq!(confirm(ANYTHING, &[&offer]), Ok(Some(expected)), "{offer}");
    }
}

#[test]
fn white_space_is_spaces_and_tabs_between_any_two() {
    for (space, is_white) in [
        ("", true),
        (" ", true),
        ("\t \t", true),
        ("\u{b}", false),
        ("\u{a0}", false),
        ("x", false),
    ] {
        let parts = ["", "permessage-deflate", ";", "server_max_window_bits", "=", "10", ",", ","];
        for at in 1..parts.len() {
            let (before, after) = parts.split_at(at);
            let value = format!("{}{space}{}", before.concat(), after.concat());
            // After the first comma a token is an extension of its own.
            let is_offer = is_white || at == 7;
            assert_eq!(accept(ANYTHING, &[&value]).is_some(), is_offer, "{value:?}");
            assert_eq!(confirm(ANYTHING, &[&value]).is_ok(), is_white, "{value:?}");
        }
    }
}

#[test]
fn quoted_strings_of_other_extensions_hide_what_is_in_them() {
    for value in ["a,b", "a;b", ",;=", "\\\"", "\\\\", "\\,\\\"\\;", ", permessage-deflate,", ""] {
        let offer = format!("foo; bar=\"{value}\"; baz, permessage-deflate");
        let expected = ("permessage-deflate".to_owned(), agreed((15, true), (15, true)));
        assert_eq!(accept(ANYTHING, &[&offer]), Some(expected), "{offer}");
    }
}

#[test]
fn a_value_ends_with_its_line() {
    // What one line leaves open does not reach into the next.
    for first in ["foo; bar=\"", "foo; bar=\"\\", "permessage-deflate; server_max_window_bits=\"1"]
    {
        let expected = ("permessage-deflate".to_owned(), agreed((15, true), (15, true)));
        assert_eq!(accept(ANYTHING, &[first, "permessage-deflate"]), Some(expected), "{first}");
    }
}

//! What a server makes of offers.

use socklet_core::permessage_deflate::params;

use crate::support::{ANYTHING, Room, accept, agreed, can};

#[test]
fn what_clients_offer_is_accepted() {
    for (client, offer, answer, expected) in [
        (
            "Chrome",
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate",
            agreed((15, true), (15, true)),
        ),
        ("Firefox", "permessage-deflate", "permessage-deflate", agreed((15, true), (15, true))),
        (
            "Python's websockets",
            "permessage-deflate; server_max_window_bits=12; client_max_window_bits",
            "permessage-deflate; server_max_window_bits=12",
            agreed((12, true), (15, true)),
        ),
        (
            "Python's websockets by default",
            "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
            "permessage-deflate; client_max_window_bits=12; server_max_window_bits=12",
            agreed((12, true), (12, true)),
        ),
        (
            "ws with all options",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
             server_max_window_bits=10; client_max_window_bits=11",
            "permessage-deflate; client_max_window_bits=11; server_max_window_bits=10; \
             server_no_context_takeover; client_no_context_takeover",
            agreed((10, false), (11, false)),
        ),
        (
            "RFC 7692 section 7.1.3",
            "permessage-deflate; client_max_window_bits; server_max_window_bits=10",
            "permessage-deflate; server_max_window_bits=10",
            agreed((10, true), (15, true)),
        ),
        (
            "RFC 7692 section 7.1.3 with a fallback",
            "permessage-deflate; client_max_window_bits; server_max_window_bits=10, \
             permessage-deflate; client_max_window_bits",
            "permessage-deflate; server_max_window_bits=10",
            agreed((10, true), (15, true)),
        ),
    ] {
        assert_eq!(accept(ANYTHING, &[offer]), Some((answer.to_owned(), expected)), "{client}");
    }
}

#[test]
fn nothing_is_accepted_where_this_extension_is_not_offered() {
    for offers in [
        &[][..],
        &[""],
        &[" ,", "\t,, "],
        &["x-webkit-deflate-frame"],
        &["permessage-bzip2; server_max_window_bits=10"],
        &["Permessage-Deflate", "permessage-deflate2", "permessage-deflat"],
        &["foo; bar=\"permessage-deflate\"", "foo; permessage-deflate"],
        &["foo; bar=\", permessage-deflate, \""],
        &["foo; bar=\"\\\", permessage-deflate\""],
        // That quoted string never ends.
        &["foo; bar=\", permessage-deflate"],
    ] {
        assert_eq!(accept(ANYTHING, offers), None, "{offers:?}");
    }
}

#[test]
fn a_server_limits_both_windows_as_it_must() {
    let small = can(10, true, 9, true);
    for (offer, answer, expected) in [
        // Nothing but forgetting helps against a client whose window cannot be limited.
        (
            "permessage-deflate",
            "permessage-deflate; server_max_window_bits=9; client_no_context_takeover",
            agreed((9, true), (15, false)),
        ),
        (
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; client_max_window_bits=10; server_max_window_bits=9",
            agreed((9, true), (10, true)),
        ),
        (
            "permessage-deflate; client_max_window_bits=15; server_max_window_bits=15",
            "permessage-deflate; client_max_window_bits=10; server_max_window_bits=9",
            agreed((9, true), (10, true)),
        ),
        (
            "permessage-deflate; client_max_window_bits=8; server_max_window_bits=8",
            "permessage-deflate; client_max_window_bits=8; server_max_window_bits=8",
            agreed((8, true), (8, true)),
        ),
    ] {
        assert_eq!(accept(small, &[offer]), Some((answer.to_owned(), expected)), "{offer}");
    }
}

#[test]
fn a_server_gives_up_takeover_as_it_must_and_as_it_is_asked() {
    const SERVER: &str = "; server_no_context_takeover";
    const CLIENT: &str = "; client_no_context_takeover";
    for (receive, send) in [(false, false), (false, true), (true, false), (true, true)] {
        for asked in
            ["", SERVER, CLIENT, "; client_no_context_takeover; server_no_context_takeover"]
        {
            let offer = format!("permessage-deflate{asked}");
            let (send_takeover, receive_takeover) =
                (send && !asked.contains(SERVER), receive && !asked.contains(CLIENT));
            let answer = format!(
                "permessage-deflate{}{}",
                if send_takeover { "" } else { SERVER },
                if receive_takeover { "" } else { CLIENT },
            );
            let expected = agreed((15, send_takeover), (15, receive_takeover));
            let result = accept(can(15, receive, 15, send), &[&offer]);
            assert_eq!(result, Some((answer, expected)), "{offer}: {receive} {send}");
        }
    }
}

#[test]
fn every_window_that_is_asked_for_is_kept() {
    for own in 8..=15 {
        for asked in 8..=15 {
            let offer = format!("permessage-deflate; server_max_window_bits={asked}");
            let bits = own.min(asked);
            let answer = format!("permessage-deflate; server_max_window_bits={bits}");
            let expected = agreed((bits, true), (15, true));
            assert_eq!(accept(can(15, true, own, true), &[offer]), Some((answer, expected)));

            let offer = format!("permessage-deflate; client_max_window_bits={asked}");
            let answer = match bits {
                15 => "permessage-deflate".to_owned(),
                _ => format!("permessage-deflate; client_max_window_bits={bits}"),
            };
            let expected = agreed((15, true), (bits, true));
            assert_eq!(accept(can(own, true, 15, true), &[offer]), Some((answer, expected)));
        }
    }
}

#[test]
fn an_offer_that_is_not_well_formed_is_declined_for_a_later_one() {
    for bad in [
        "permessage-deflate;",
        "permessage-deflate;; server_no_context_takeover",
        "permessage-deflate; unknown",
        "permessage-deflate; unknown=\"1,2;3\"",
        "permessage-deflate; CLIENT_MAX_WINDOW_BITS",
        "permessage-deflate; server_no_context_takeover=8",
        "permessage-deflate; server_no_context_takeover=\"\"",
        "permessage-deflate; client_no_context_takeover=",
        "permessage-deflate; client_no_context_takeover=8",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; client_max_window_bits; client_max_window_bits",
        "permessage-deflate; client_max_window_bits; client_max_window_bits=10",
        "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
        "permessage-deflate; client_max_window_bits=10 server_max_window_bits=10",
        "permessage-deflate client_max_window_bits",
        "permessage-deflate=10",
        "\"permessage-deflate\"",
        "\u{e4}\u{0}; permessage-deflate",
        "permessage-deflate; =10",
        "foo",
        "x-webkit-deflate-frame; no_context_takeover",
        "foo; bar=\"a,b\"",
        "foo; bar=\"\\\", permessage-deflate; \"; baz",
    ] {
        assert_eq!(accept(ANYTHING, &[bad]), None, "{bad}");
        let good = "permessage-deflate; server_max_window_bits=11";
        let expected = Some((good.to_owned(), agreed((11, true), (15, true))));
        let later = "permessage-deflate; server_max_window_bits=12";
        let line = format!("{bad}, {good}, {later}");
        assert_eq!(accept(ANYTHING, &[&line]), expected, "{line}");
        assert_eq!(accept(ANYTHING, &[bad, good, later]), expected, "{bad}");
        assert_eq!(accept(ANYTHING, &[good, bad]), expected, "{bad}");
    }
}

#[test]
fn only_the_windows_of_the_rfc_are_kept() {
    for name in ["server_max_window_bits", "client_max_window_bits"] {
        for bits in crate::grammar::NO_BITS {
            let offer = format!("permessage-deflate; {name}={bits}");
            assert_eq!(accept(ANYTHING, &[&offer]), None, "{offer}");
        }
    }
}

#[test]
fn an_answer_needs_its_room() {
    let server = can(8, false, 10, false);
    let offers = || [&b"permessage-deflate; client_max_window_bits"[..]].into_iter();
    let needed = accept(server, &["permessage-deflate; client_max_window_bits"]).unwrap().0.len();
    for room in 0..needed {
        assert!(params::accept(&server, offers(), &mut Room(room)).is_err(), "{room}");
    }
    assert!(params::accept(&server, offers(), &mut Room(needed)).is_ok());
    // Nothing is written where nothing is accepted.
    let none = [&b"foo"[..]].into_iter();
    assert_eq!(params::accept(&server, none, &mut Room(0)), Ok(None));
}

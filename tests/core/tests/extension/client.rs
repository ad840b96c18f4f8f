//! What a client offers, and the answers that it takes.

use socklet_core::HandshakeError;
use socklet_core::permessage_deflate::params;

use crate::support::{ANYTHING, Room, agreed, can, confirm, every_negotiable, offer};

/// What a client makes of a response of one value.
fn confirm_one(
    client: params::Negotiable,
    response: &str,
) -> Result<Option<params::Agreed>, HandshakeError> {
    confirm(client, &[response])
}

#[test]
fn an_offer_says_what_the_client_can_do() {
    for (client, expected) in [
        (ANYTHING, "permessage-deflate; client_max_window_bits"),
        (can(15, true, 9, true), "permessage-deflate; client_max_window_bits=9"),
        (can(15, true, 10, true), "permessage-deflate; client_max_window_bits=10"),
        (
            can(15, false, 15, true),
            "permessage-deflate; client_max_window_bits; server_no_context_takeover",
        ),
        (
            can(15, true, 15, false),
            "permessage-deflate; client_max_window_bits; client_no_context_takeover",
        ),
        (
            can(8, false, 14, false),
            "permessage-deflate; client_max_window_bits=14; server_max_window_bits=8; \
             server_no_context_takeover; client_no_context_takeover",
        ),
    ] {
        assert_eq!(offer(client), expected, "{client:?}");
    }
}

#[test]
fn a_client_of_a_small_window_offers_a_server_to_forget_instead() {
    for (client, expected) in [
        (
            can(10, true, 15, true),
            "permessage-deflate; client_max_window_bits; server_max_window_bits=10, \
             permessage-deflate; client_max_window_bits; server_no_context_takeover",
        ),
        (
            can(14, true, 8, false),
            "permessage-deflate; client_max_window_bits=8; server_max_window_bits=14; \
             client_no_context_takeover, permessage-deflate; client_max_window_bits=8; \
             server_no_context_takeover; client_no_context_takeover",
        ),
    ] {
        assert_eq!(offer(client), expected, "{client:?}");
    }
}

#[test]
fn no_answer_means_no_compression() {
    for response in [&[][..], &[""], &[",", " , \t,"]] {
        assert_eq!(confirm(ANYTHING, response), Ok(None), "{response:?}");
    }
}

#[test]
fn an_answer_limits_the_endpoints() {
    for (response, expected) in [
        ("permessage-deflate", agreed((15, true), (15, true))),
        ("permessage-deflate; server_max_window_bits=10", agreed((15, true), (10, true))),
        ("permessage-deflate; client_max_window_bits=10", agreed((10, true), (15, true))),
        ("permessage-deflate; server_no_context_takeover", agreed((15, true), (15, false))),
        ("permessage-deflate; client_no_context_takeover", agreed((15, false), (15, true))),
        (
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
             server_max_window_bits=8; client_max_window_bits=9",
            agreed((9, false), (8, false)),
        ),
        // Quoted, with and without white space, among empty elements.
        (
            " ,permessage-deflate;client_max_window_bits=\"1\\1\" ;\tserver_max_window_bits = 15,, ",
            agreed((11, true), (15, true)),
        ),
    ] {
        assert_eq!(confirm_one(ANYTHING, response), Ok(Some(expected)), "{response}");
    }
}

#[test]
fn a_client_keeps_to_what_it_has_said_of_itself() {
    let client = can(15, true, 11, false);
    let expected = Ok(Some(agreed((11, false), (15, true))));
    assert_eq!(confirm_one(client, "permessage-deflate"), expected);
    assert_eq!(confirm_one(client, "permessage-deflate; client_max_window_bits=11"), expected);
    let expected = Ok(Some(agreed((8, false), (15, true))));
    assert_eq!(confirm_one(client, "permessage-deflate; client_max_window_bits=8"), expected);
    // A server that does not mind how small the window is may say so.
    let expected = Ok(Some(agreed((11, false), (15, true))));
    for bits in 12..=15 {
        let response = format!("permessage-deflate; client_max_window_bits={bits}");
        assert_eq!(confirm_one(client, &response), expected, "{response}");
    }
}

#[test]
fn an_answer_must_fit_one_of_the_offers() {
    let (small, forgetful, both) =
        (can(10, true, 15, true), can(15, false, 15, true), can(10, false, 15, true));
    for (client, answer, expected) in [
        // A window that is small enough, or takeover given up.
        (small, "", None),
        (small, "; server_max_window_bits=11", None),
        (small, "; client_no_context_takeover", None),
        (small, "; server_max_window_bits=10", Some((10, true))),
        (small, "; server_max_window_bits=8", Some((8, true))),
        (small, "; server_no_context_takeover", Some((15, false))),
        (small, "; server_no_context_takeover; server_max_window_bits=9", Some((9, false))),
        (small, "; server_no_context_takeover; server_max_window_bits=11", Some((11, false))),
        // Takeover given up.
        (forgetful, "", None),
        (forgetful, "; server_max_window_bits=8", None),
        (forgetful, "; client_no_context_takeover", None),
        (forgetful, "; server_no_context_takeover", Some((15, false))),
        (forgetful, "; server_no_context_takeover; server_max_window_bits=8", Some((8, false))),
        // Both.
        (both, "; server_no_context_takeover", None),
        (both, "; server_max_window_bits=10", None),
        (both, "; server_no_context_takeover; server_max_window_bits=11", None),
        (both, "; server_no_context_takeover; server_max_window_bits=10", Some((10, false))),
    ] {
        let result = confirm_one(client, &format!("permessage-deflate{answer}"));
        let receive = result.map(|agreed| {
            let receive = agreed.unwrap().receive;
            (receive.window_bits, receive.takeover)
        });
        let expected = expected.ok_or(HandshakeError::ExtensionResponse);
        assert_eq!(receive, expected, "{client:?}: {answer}");
    }
}

#[test]
fn an_answer_that_is_not_well_formed_fails_the_connection() {
    for response in [
        "permessage-deflate;",
        "permessage-deflate; ; server_no_context_takeover",
        "permessage-deflate; unknown",
        "permessage-deflate; unknown=1",
        "permessage-deflate; Server_no_context_takeover",
        "permessage-deflate; server_no_context_takeover=",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=\"\"",
        "permessage-deflate; client_no_context_takeover=true",
        "permessage-deflate; client_no_context_takeover=8",
        "permessage-deflate; server_no_context_takeover=8",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
        "permessage-deflate; client_max_window_bits=10; client_max_window_bits=9",
        "permessage-deflate; server_no_context_takeover client_no_context_takeover",
        "permessage-deflate server_no_context_takeover",
        "permessage-deflate=1",
        "permessage-deflate; \"server_no_context_takeover\"",
        "permessage-deflate; server_max_window_bits=\"10, foo",
        "\"permessage-deflate\"",
        "; server_no_context_takeover",
        "permessage-deflate, permessage deflate",
        "permessage-deflate\u{e4}",
    ] {
        let result = confirm_one(ANYTHING, response);
        assert_eq!(result, Err(HandshakeError::ExtensionResponse), "{response}");
    }
}

#[test]
fn only_the_windows_of_the_rfc_are_taken() {
    for name in ["server_max_window_bits", "client_max_window_bits"] {
        for bits in 8..=15 {
            let response = format!("permessage-deflate; {name}={bits}");
            let agreed = confirm_one(ANYTHING, &response).unwrap().unwrap();
            let context = if name.starts_with('s') { agreed.receive } else { agreed.send };
            assert_eq!((context.window_bits, context.takeover), (bits, true), "{response}");
        }
        for bits in crate::grammar::NO_BITS {
            let response = format!("permessage-deflate; {name}={bits}");
            let result = confirm_one(ANYTHING, &response);
            assert_eq!(result, Err(HandshakeError::ExtensionResponse), "{response}");
        }
    }
}

#[test]
fn other_extensions_and_this_one_twice_fail_the_connection() {
    for response in [
        &["x-webkit-deflate-frame"][..],
        &["permessage-bzip2; client_max_window_bits=1"],
        &["Permessage-Deflate"],
        &["permessage-deflate", "foo"],
        &["permessage-deflate, foo; bar=\"a,b\""],
        &["foo; bar=\"a,b\", permessage-deflate"],
        &["permessage-deflate, permessage-deflate"],
        &["permessage-deflate", "", "permessage-deflate; server_no_context_takeover"],
    ] {
        let result = confirm(ANYTHING, response);
        assert_eq!(result, Err(HandshakeError::UnsolicitedExtension), "{response:?}");
    }
}

#[test]
fn an_offer_needs_its_room() {
    for client in every_negotiable() {
        let needed = offer(client).len();
        for room in 0..needed {
            assert!(params::offer(&client, &mut Room(room)).is_err(), "{client:?}: {room}");
        }
        assert!(params::offer(&client, &mut Room(needed)).is_ok(), "{client:?}");
    }
}

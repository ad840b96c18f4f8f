//! Every client with every server, offers of every spelling, and bytes of no meaning.

use socklet_core_tests::rng::TestRng;

use crate::support::{ANYTHING, accept, can, confirm, every_negotiable, mirrored, offer};

#[test]
fn every_client_agrees_with_every_server() {
    for client in every_negotiable() {
        let offer = offer(client);
        for server in every_negotiable() {
            let (answer, of_server) = accept(server, &[&offer]).unwrap();
            let of_client = confirm(client, &[&answer]).unwrap().unwrap();
            let context = || format!("{client:?} {offer} {server:?} {answer}");
            assert_eq!(mirrored(of_client), of_server, "{}", context());
            for (can, agreed) in [(client, of_client), (server, of_server)] {
                let (send, receive) = (agreed.send, agreed.receive);
                assert!(send.window_bits <= can.send_bits, "{}", context());
                assert!(receive.window_bits <= can.receive_bits, "{}", context());
                assert!(!send.takeover || can.send_takeover, "{}", context());
                assert!(!receive.takeover || can.receive_takeover, "{}", context());
                assert!(send.window_bits >= 8 && receive.window_bits >= 8, "{}", context());
            }
            // Nothing is given up without need.
            let (send, receive) = (of_client.send, of_client.receive);
            assert_eq!(send.window_bits, client.send_bits.min(server.receive_bits));
            assert_eq!(receive.window_bits, server.send_bits.min(client.receive_bits));
            assert_eq!(send.takeover, client.send_takeover && server.receive_takeover);
            assert_eq!(receive.takeover, server.send_takeover && client.receive_takeover);
        }
    }
}

/// An offer, and its spelling.
#[derive(Debug, Default)]
struct Offer {
    server_bits: Option<u8>,
    client_bits: Option<Option<u8>>,
    server_no_takeover: bool,
    client_no_takeover: bool,
    is_good: bool,
    text: String,
}

/// White space, or none.
fn space(rng: &mut TestRng) -> &'static str {
    ["", "", " ", "\t", "  "][rng.below(5)]
}

/// A value of a parameter in any way to write it.
fn spelt(rng: &mut TestRng, bits: u8) -> String {
    let digits = bits.to_string();
    if rng.once_in(2) {
        return digits;
    }
    let escaped = digits.chars().map(|digit| {
        let backslash = if rng.once_in(3) { "\\" } else { "" };
        format!("{backslash}{digit}")
    });
    format!("\"{}\"", escaped.collect::<String>())
}

fn random_offer(rng: &mut TestRng) -> Offer {
    let mut offer = Offer { is_good: true, ..Offer::default() };
    let mut params = Vec::new();
    let bits = |rng: &mut TestRng| 8 + rng.below(8) as u8;
    if rng.once_in(2) {
        let bits = bits(rng);
        offer.server_bits = Some(bits);
        params.push(("server_max_window_bits", Some(spelt(rng, bits))));
    }
    if rng.once_in(2) {
        let bits = if rng.once_in(2) { None } else { Some(bits(rng)) };
        offer.client_bits = Some(bits);
        params.push(("client_max_window_bits", bits.map(|bits| spelt(rng, bits))));
    }
    if rng.once_in(2) {
        offer.server_no_takeover = true;
        params.push(("server_no_context_takeover", None));
    }
    if rng.once_in(2) {
        offer.client_no_takeover = true;
        params.push(("client_no_context_takeover", None));
    }
    if rng.once_in(3) {
        offer.is_good = false;
        let wrong = [
            ("unknown", None),
            ("server_no_context_takeover", Some("8".to_owned())),
            ("server_max_window_bits", None),
            ("client_max_window_bits", Some("\",; permessage-deflate\"".to_owned())),
        ];
        params.push(wrong[rng.below(wrong.len())].clone());
    } else if rng.once_in(6) && !params.is_empty() {
        offer.is_good = false;
        params.push(params[rng.below(params.len())].clone());
    }
    for end in (1..params.len()).rev() {
        params.swap(end, rng.below(end + 1));
    }
    offer.text.push_str("permessage-deflate");
    for (name, value) in params {
        offer.text += &format!("{};{}{name}", space(rng), space(rng));
        if let Some(value) = value {
            offer.text += &format!("{}={}{value}", space(rng), space(rng));
        }
    }
    offer
}

#[test]
fn the_first_good_offer_is_answered_however_it_is_spelt() {
    let mut rng = TestRng::new(7692);
    for _ in 0..20_000 {
        let offers: Vec<Offer> = (0..rng.below(4)).map(|_| random_offer(&mut rng)).collect();
        let mut values = vec![String::new()];
        for offer in &offers {
            let noise = ["", ",", "foo,", "a; b=\"c,\\\"d;\" ,", "p\u{e4} q,"][rng.below(5)];
            let comma = [",", " , ,\t"][rng.below(2)];
            *values.last_mut().unwrap() += &format!("{noise}{}{comma}", offer.text);
            if rng.once_in(3) {
                values.push(String::new());
            }
        }
        let bits = |rng: &mut TestRng| 8 + rng.below(8) as u8;
        let server = can(bits(&mut rng), rng.once_in(2), bits(&mut rng), rng.once_in(2));
        let result = accept(server, &values);
        let expected = offers.iter().find(|offer| offer.is_good);
        assert_eq!(result.is_some(), expected.is_some(), "{values:?}");
        let (Some((answer, agreed)), Some(offer)) = (result, expected) else { continue };

        let context = format!("{server:?} {offer:?} {answer} {agreed:?}");
        let (send, receive) = (agreed.send, agreed.receive);
        assert_eq!(
            send.window_bits,
            offer.server_bits.unwrap_or(15).min(server.send_bits),
            "{context}"
        );
        assert_eq!(send.takeover, server.send_takeover && !offer.server_no_takeover, "{context}");
        // What was asked for must be answered.
        let asked = offer.server_bits.is_some();
        assert!(!asked || answer.contains("server_max_window_bits="), "{context}");
        let (kept, may_keep) = match offer.client_bits {
            Some(bits) => (bits.unwrap_or(15).min(server.receive_bits), true),
            None => (15, server.receive_bits == 15),
        };
        assert_eq!(receive.window_bits, kept, "{context}");
        assert_eq!(
            receive.takeover,
            server.receive_takeover && !offer.client_no_takeover && may_keep,
            "{context}"
        );
        let is_limited = offer.client_bits.is_some();
        assert!(is_limited || !answer.contains("client_max_window_bits"), "{context}");
        // The answer says all that was agreed.
        assert_eq!(confirm(ANYTHING, &[&answer]), Ok(Some(mirrored(agreed))), "{context}");
    }
}

#[test]
fn no_bytes_disturb_either_endpoint() {
    const PIECES: [&[u8]; 16] = [
        b"permessage-deflate",
        b"client_max_window_bits",
        b"server_max_window_bits",
        b"client_no_context_takeover",
        b"server_no_context_takeover",
        b";",
        b";",
        b",",
        b"=",
        b"\"",
        b"\\",
        b" ",
        b"8",
        b"15",
        b"0",
        b"\xff\x00",
    ];
    let mut rng = TestRng::new(6455);
    let mut answered = 0;
    for _ in 0..100_000 {
        let mut value: Vec<u8> = if rng.once_in(2) {
            (0..rng.below(12)).flat_map(|_| PIECES[rng.below(PIECES.len())]).copied().collect()
        } else {
            random_offer(&mut rng).text.into_bytes()
        };
        for _ in 0..rng.below(3) {
            if value.is_empty() {
                break;
            }
            let at = rng.below(value.len());
            match rng.below(4) {
                0 => value[at] = rng.next() as u8,
                1 => drop(value.remove(at)),
                2 => value.truncate(at),
                _ => value.insert(at, PIECES[rng.below(PIECES.len())][0]),
            }
        }
        let (left, right) = value.split_at(rng.below(value.len() + 1));
        for values in [&[&value[..]][..], &[left, right]] {
            let _ = confirm(ANYTHING, values);
            if let Some((answer, agreed)) = accept(can(11, true, 12, true), values) {
                answered += 1;
                assert_eq!(confirm(ANYTHING, &[answer]), Ok(Some(mirrored(agreed))));
            }
        }
    }
    assert!(answered > 10_000, "{answered}");
}

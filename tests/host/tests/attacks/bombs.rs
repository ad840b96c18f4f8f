//! Few bytes that inflate to many.

use std::io::Write;
use std::time::Duration;

use socklet_std::Kind;

use crate::processes::{FLAVOURS, Server};
use crate::raw::{read_all, upgraded_with};
use crate::support::compressed_frames;
use crate::{growth_kib, serves};

/// The longest message that the server takes here.
const LIMIT: &str = "1048576";

/// What the client says of its contexts.
const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n";

/// A server, and the memory that it has before the attack.
fn server(flavour: &[&str]) -> (Server, usize) {
    let server = Server::start(&[&["--max-message", LIMIT], flavour].concat());
    serves(&server);
    let before = server.memory_kib();
    (server, before)
}

/// Sends this, which has to be refused for its length.
fn is_refused(name: &str, flavour: &[&str], bytes: &[u8]) {
    let (server, before) = server(flavour);
    let mut stream = upgraded_with(&server, OFFER);
    // The server may end it before all is written.
    let _ = stream.write_all(bytes);
    let answer = read_all(&mut stream);
    // Or it waits for a moment for us to end the stream.
    drop(stream);
    let growth = growth_kib(&server, before);
    println!("{flavour:?}: {name}, {} bytes on the wire: {growth} KiB", bytes.len());
    assert_eq!(answer, [0x88, 2, 0x03, 0xf1], "1009");
    assert!(server.log_line().contains("longer than the limit"));
    assert!(growth < 6 << 10, "{growth} KiB");
    serves(&server);
}

#[test]
fn a_bomb_in_one_message_is_refused_with_1009() {
    let bomb = compressed_frames(|ws| ws.send_part(Kind::Binary, &vec![0; 8 << 20], true));
    for flavour in FLAVOURS {
        is_refused("a bomb of 8 MiB", flavour, &bomb);
    }
}

#[test]
fn a_bomb_across_fragments_is_refused_with_1009() {
    let part = vec![0; 256 << 10];
    let bomb = compressed_frames(|ws| {
        for number in 0..16 {
            ws.send_part(Kind::Binary, &part, number == 15)?;
        }
        Ok(())
    });
    for flavour in FLAVOURS {
        is_refused("a bomb of 4 MiB in fragments", flavour, &bomb);
    }
}

#[test]
fn a_series_of_small_bombs_takes_the_memory_of_one() {
    const TIMES: usize = 100;
    let message = compressed_frames(|ws| ws.send(vec![0; 256 << 10]));
    for flavour in FLAVOURS {
        let (server, before) = server(flavour);
        let mut stream = upgraded_with(&server, OFFER);
        stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
        // Each of them is allowed, and their echoes are read when all are written.
        let mut written = 0;
        while written < TIMES && stream.write_all(&message).is_ok() {
            written += 1;
        }
        let _ = stream.write_all(b"\x88\x80\0\0\0\0");
        let answer = read_all(&mut stream);
        let growth = growth_kib(&server, before);
        let len = message.len();
        println!("{flavour:?}: {written} messages of {len} bytes, 256 KiB each: {growth} KiB");
        assert!(answer.ends_with(&[0x88, 2, 0x03, 0xe8]), "each was served, to the end");
        assert!(growth < 6 << 10, "{growth} KiB");
        serves(&server);
    }
}

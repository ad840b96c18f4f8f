//! As slow as can be: handshakes and endings that take for ever.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::processes::{FLAVOURS, Server};
use crate::raw::{UPGRADE, frame, read_all, tcp, upgraded};
use crate::{serves, support::Certificates};

/// Writes byte after byte, slowly, for as long as the server lets it; returns how many.
fn drip(stream: &mut TcpStream, bytes: &[u8], pause: Duration) -> usize {
    stream.set_nodelay(true).unwrap();
    for (written, byte) in bytes.iter().enumerate() {
        if stream.write_all(&[*byte]).is_err() {
            return written;
        }
        thread::sleep(pause);
    }
    bytes.len()
}

#[test]
fn a_handshake_of_a_byte_at_a_time_ends_at_its_deadline() {
    for flavour in FLAVOURS {
        let server = Server::start(&[&["--handshake-timeout", "1"], flavour].concat());
        // Whole, the request would be answered; at this pace that is a long way off.
        let mut stream = tcp(&server);
        let written = drip(&mut stream, UPGRADE, Duration::from_millis(200));
        println!("{flavour:?}: {written} of {} bytes of a slow request", UPGRADE.len());
        assert!(written < UPGRADE.len(), "the deadline has not ended it");
        assert_eq!(read_all(&mut stream), b"", "and no answer");
        assert!(server.log_line().contains("opening handshake"), "a line in the log");
        serves(&server);
    }
}

#[test]
fn a_tls_handshake_of_a_byte_at_a_time_ends_at_its_deadline() {
    let certificates = Certificates::new();
    let [chain, key] = [("chain", &certificates.chain), ("key", &certificates.key)]
        .map(|(name, pem)| crate::processes::file(&format!("slow-{name}.pem"), pem.as_bytes()));
    let tls = ["--tls-cert", chain.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    for flavour in FLAVOURS {
        let server = Server::start(&[&["--handshake-timeout", "1"], &tls[..], flavour].concat());
        let mut stream = tcp(&server);
        // The header of a record of 512 bytes, and the first of a ClientHello.
        let mut hello = vec![0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
        hello.resize(5 + 512, 0);
        let written = drip(&mut stream, &hello, Duration::from_millis(200));
        println!("{flavour:?}: {written} of {} bytes of a slow TLS handshake", hello.len());
        assert!(written < hello.len(), "the deadline has not ended it");
        read_all(&mut stream);
        assert!(server.log_line().contains("opening handshake"), "a line in the log");
    }
}

#[test]
fn slow_handshakes_do_not_keep_others_from_theirs() {
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        let mut slow: Vec<_> = (0..100).map(|_| tcp(&server)).collect();
        for (number, stream) in slow.iter_mut().enumerate() {
            stream.write_all(&UPGRADE[..number]).unwrap();
        }
        serves(&server);
        // And the slow ones in the end.
        for (number, stream) in slow.iter_mut().enumerate() {
            stream.write_all(&UPGRADE[number..]).unwrap();
            assert!(crate::raw::head(stream).starts_with("HTTP/1.1 101 "));
        }
    }
}

#[test]
fn a_peer_that_never_closes_is_left_when_the_connection_has_failed() {
    for flavour in FLAVOURS {
        let server = Server::start(&[&["--closing-timeout", "1"], flavour].concat());
        let mut stream = upgraded(&server);
        // Not masked; the Close frame comes at once, and the end of the stream.
        stream.write_all(b"\x81\x01x").unwrap();
        assert_eq!(read_all(&mut stream), b"\x88\x02\x03\xea");
        // It goes on all the same, for longer than anybody could read it.
        let written = drip(&mut stream, &[0; 600], Duration::from_millis(100));
        println!("{flavour:?}: {written} bytes to a server that has closed");
        assert!(written < 600, "nothing has ended it");
        assert!(server.log_line().contains("not masked"));
        serves(&server);
    }
}

#[test]
fn a_close_frame_of_a_byte_at_a_time_is_answered() {
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        let mut stream = upgraded(&server);
        let close = frame(0x88, b"\x03\xe8bye");
        assert_eq!(drip(&mut stream, &close, Duration::from_millis(10)), close.len());
        let mut answer = [0; 4];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(answer, *b"\x88\x02\x03\xe8");
    }
}

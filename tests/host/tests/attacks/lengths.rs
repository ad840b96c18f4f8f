//! Lengths that are only claimed, and heads without end.

use std::io::Write;

use crate::processes::{FLAVOURS, Server};
use crate::raw::{frame, read_all, tcp, upgraded};
use crate::{growth_kib, serves};

#[test]
fn a_head_of_a_megabyte_is_refused_with_431() {
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        serves(&server);
        let before = server.memory_kib();
        // In one header, in many, and in the target.
        let many = b"X-Header: value\r\n".repeat((1 << 20) / 17);
        let long = vec![b'a'; 1 << 20];
        for (name, start, rest) in [
            ("one header", &b"GET / HTTP/1.1\r\nHost: a\r\nX: "[..], &long),
            ("many headers", b"GET / HTTP/1.1\r\nHost: a\r\n", &many),
            ("the target", b"GET /", &long),
        ] {
            let mut stream = tcp(&server);
            stream.write_all(start).unwrap();
            // The server reads no more than it must, for a while.
            let _ = stream.write_all(rest);
            let answer = read_all(&mut stream);
            let answer = String::from_utf8_lossy(&answer);
            assert!(answer.starts_with("HTTP/1.1 431 "), "{name}: {answer}");
            drop(stream);
            let line = server.log_line();
            assert!(line.contains("too long"), "{line}");
        }
        let growth = growth_kib(&server, before);
        println!("{flavour:?}: heads of a megabyte: {growth} KiB");
        assert!(growth < 1024, "{growth} KiB");
        serves(&server);
    }
}

#[test]
fn a_declared_length_takes_no_memory() {
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        serves(&server);
        let before = server.memory_kib();
        for (len, close) in [
            // The top bit must be 0; beyond the limit; just below it, and never sent.
            (1_u64 << 63, Some(1002_u16)),
            (u64::MAX, Some(1002)),
            (u64::MAX >> 1, Some(1009)),
            (1 << 32, Some(1009)),
            ((16 << 20) + 1, Some(1009)),
            (16 << 20, None),
        ] {
            let mut stream = upgraded(&server);
            let mut start = vec![0x82, 0xff];
            start.extend(len.to_be_bytes());
            start.extend(b"\0\0\0\0ten bytes.");
            stream.write_all(&start).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let answer = read_all(&mut stream);
            match close {
                Some(code) => {
                    assert_eq!(answer, [&[0x88, 2], &code.to_be_bytes()[..]].concat(), "{len}");
                }
                None => assert_eq!(answer, b"", "{len}"),
            }
            drop(stream);
            server.log_line();
        }
        let growth = growth_kib(&server, before);
        println!("{flavour:?}: declared lengths up to 2^64: {growth} KiB");
        assert!(growth < 1024, "{growth} KiB");
        serves(&server);
    }
}

#[test]
fn many_declared_messages_at_once_take_no_memory() {
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        serves(&server);
        let before = server.memory_kib();
        let start = &frame(0x82, &vec![0; 1 << 20])[..4096];
        let open: Vec<_> = (0..100)
            .map(|_| {
                let mut stream = upgraded(&server);
                stream.write_all(start).unwrap();
                stream
            })
            .collect();
        serves(&server);
        let growth = growth_kib(&server, before);
        println!("{flavour:?}: 100 messages of a megabyte, of which 4 KiB came: {growth} KiB");
        assert!(growth < 16 << 10, "{growth} KiB");
        drop(open);
    }
}

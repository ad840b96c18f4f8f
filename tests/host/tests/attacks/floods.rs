//! More than anybody needs: connections, frames without a byte, pings.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::processes::{FLAVOURS, Server, connect};
use crate::raw::{PATIENCE, UPGRADE, frame, head, read_all, tcp, upgraded};
use crate::{growth_kib, serves};

#[test]
fn a_flood_of_connections_waits_for_those_that_are_open() {
    const MOST: usize = 8;
    const FLOOD: usize = 64;
    for flavour in FLAVOURS {
        let server = Server::start(&[&["--max-connections", "8"], flavour].concat());
        let descriptors = server.descriptors();
        let open: Vec<_> = (0..MOST).map(|_| upgraded(&server)).collect();
        let mut flood: Vec<_> = (0..FLOOD).map(|_| tcp(&server)).collect();
        for stream in &mut flood {
            stream.write_all(UPGRADE).unwrap();
        }
        thread::sleep(Duration::from_millis(300));
        let held = server.descriptors() - descriptors;
        println!("{flavour:?}: {FLOOD} more than {MOST} connections: {held} descriptors");
        assert!(held <= MOST, "{held} descriptors");
        // Who is open is served meanwhile, and who waits is served when there is room.
        for mut stream in open {
            stream.write_all(&frame(0x81, b"x")).unwrap();
            let mut echo = [0; 3];
            stream.read_exact(&mut echo).unwrap();
            assert_eq!(echo, *b"\x81\x01x");
        }
        for mut stream in flood {
            assert!(head(&mut stream).starts_with("HTTP/1.1 101 "));
        }
        serves(&server);
    }
}

#[test]
fn connections_that_come_and_go_leave_nothing_behind() {
    const TIMES: usize = 400;
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        serves(&server);
        settled(&server, usize::MAX, usize::MAX);
        let (descriptors, threads) = (server.descriptors(), server.threads());
        let (mut before, mut after) = (0, 0);
        for time in 0..TIMES {
            // In every phase: before a byte, within the request, behind it, within a frame, with
            // a reset, with a closing handshake.
            drop(tcp(&server));
            tcp(&server).write_all(&UPGRADE[..time % UPGRADE.len()]).unwrap();
            drop(upgraded(&server));
            upgraded(&server).write_all(b"\x81\xfe\x10").unwrap();
            reset(upgraded(&server));
            let mut closes = upgraded(&server);
            closes.write_all(&frame(0x88, b"\x03\xe8")).unwrap();
            assert_eq!(read_all(&mut closes), b"\x88\x02\x03\xe8");
            drop(closes);
            if time == TIMES / 4 {
                before = server.memory_kib();
            }
            after = server.memory_kib();
        }
        settled(&server, descriptors, threads);
        let most = 6 * TIMES;
        println!("{flavour:?}: {most} connections came and went: {before} KiB, {after} KiB");
        assert!(after < before + 8192, "from {before} to {after} KiB");
        serves(&server);
    }
}

/// Waits until a server has no more descriptors and threads than these.
fn settled(server: &Server, descriptors: usize, threads: usize) {
    let begun = Instant::now();
    while server.descriptors() > descriptors || server.threads() > threads {
        let (descriptors, threads) = (server.descriptors(), server.threads());
        assert!(begun.elapsed() < PATIENCE, "{descriptors} descriptors, {threads} threads");
        thread::sleep(Duration::from_millis(20));
    }
}

fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
}

/// Writes `piece` so many times without reading a byte, until the server takes no more; returns how
/// many bytes it took.
fn flood(server: &Server, piece: &[u8], times: usize) -> (TcpStream, usize) {
    let mut stream = upgraded(server);
    stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    let at_once = (64 << 10) / piece.len();
    let many = piece.repeat(at_once);
    let mut written = 0;
    while written < piece.len() * times {
        match stream.write(&many) {
            Ok(len) => written += len,
            // It does not read on while nobody takes its answers, or has ended the connection.
            Err(_) => break,
        }
    }
    (stream, written)
}

#[test]
fn a_million_empty_fragments_are_ended_with_1008() {
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        serves(&server);
        let before = server.memory_kib();
        let mut stream = upgraded(&server);
        stream.write_all(&frame(0x01, b"")).unwrap();
        let many = frame(0x00, b"").repeat(1000);
        for _ in 0..1000 {
            // It fails when the server has had enough.
            if stream.write_all(&many).is_err() {
                break;
            }
        }
        let answer = read_all(&mut stream);
        // Or it waits for a moment for us to end the stream.
        drop(stream);
        let growth = growth_kib(&server, before);
        println!("{flavour:?}: a million empty fragments: {growth} KiB");
        // The Close frame, unless the reset of a stream full of fragments was faster.
        assert!(answer.is_empty() || answer.starts_with(b"\x88\x02\x03\xf0"), "{answer:x?}");
        let line = server.log_line();
        assert!(line.contains("more fragments"), "{line}");
        assert!(growth < 4096, "{growth} KiB");
        serves(&server);
    }
}

#[test]
fn a_million_pings_whose_pongs_nobody_reads_take_no_memory() {
    for flavour in FLAVOURS {
        for (name, payload, times) in [("empty", 0, 1_000_000), ("full", 125, 200_000)] {
            let server = Server::start(flavour);
            serves(&server);
            let before = server.memory_kib();
            let ping = frame(0x89, &vec![b'p'; payload]);
            let (mut stream, written) = flood(&server, &ping, times);
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let answer = read_all(&mut stream);
            let growth = growth_kib(&server, before);
            let (pings, pongs) = (written / ping.len(), answer.len() / (2 + payload));
            println!("{flavour:?}: {pings} {name} pings written, {pongs} answered: {growth} KiB");
            assert!(growth < 4096, "{growth} KiB");
            serves(&server);
        }
    }
}

#[test]
fn a_peer_that_never_reads_its_echoes_is_not_read_from_any_more() {
    for flavour in FLAVOURS {
        let server = Server::start(&[&["--no-deflate"], flavour].concat());
        serves(&server);
        let before = server.memory_kib();
        let (_stream, written) = flood(&server, &frame(0x82, &[7; 10_000]), 20_000);
        let growth = growth_kib(&server, before);
        println!("{flavour:?}: {written} bytes taken of a peer that reads none: {growth} KiB");
        // What the system's buffers hold on both ways, and not all.
        assert!(written < 100 << 20, "{written} bytes");
        assert!(growth < 4096, "{growth} KiB");
        serves(&server);
    }
}

#[test]
fn idle_connections_hold_little() {
    const IDLE: usize = 200;
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        serves(&server);
        let before = server.memory_kib();
        let idle: Vec<_> = (0..IDLE).map(|_| upgraded(&server)).collect();
        let each = (server.memory_kib() - before) as f64 / IDLE as f64;
        println!("{flavour:?}: {each:.1} KiB an idle connection, built without optimisation");
        assert!(each < 64.0, "{each} KiB");
        drop(idle);
        assert_eq!(connect(&[&server.url()], b"x\n").text(), "x\n");
    }
}

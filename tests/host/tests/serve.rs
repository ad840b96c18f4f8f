//! `socklet serve` from end to end: what clients see of it, and who looks after it.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests panic when something is wrong"
)]

#[path = "command/processes.rs"]
mod processes;
#[path = "command/raw.rs"]
mod raw;

use std::io::{Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use processes::{FLAVOURS, Running, Server, connect, connect_limited, run, socklet};
use raw::{PATIENCE, tcp, upgraded};

#[test]
fn an_address_in_use_is_told() {
    let server = Server::start(&[]);
    for flavour in FLAVOURS {
        let mut command = socklet();
        command.args(["serve", "--addr", &server.address]).args(flavour);
        let ended = run(command, b"");
        assert_eq!(ended.code, Some(1));
        assert!(ended.is_one_line_of_error(), "{}", ended.stderr);
        assert!(ended.stderr.contains(&server.address), "{}", ended.stderr);
    }
}

#[test]
fn a_message_over_the_limit_is_answered_with_1009() {
    for flavour in FLAVOURS {
        let server = Server::start(&[&["--max-message", "10"], flavour].concat());
        let fits = connect(&[&server.url(), "--text", "0123456789"], b"");
        assert_eq!((fits.code, fits.text()), (Some(0), "0123456789\n"));

        let ended = connect(&[&server.url(), "--dump", "--text", "0123456789A"], b"");
        assert_eq!((ended.code, ended.text()), (Some(1), ""));
        assert!(ended.stderr.contains("\n< CLOSE fin 2 B 1009 \"\"\n"), "{}", ended.stderr);
        assert!(ended.stderr.contains("1009"), "{}", ended.stderr);
        assert!(server.log_line().contains("longer than the limit"));
    }
}

#[test]
fn a_silent_client_is_pinged_and_dropped_a_pong_keeps_it() {
    for flavour in FLAVOURS {
        let server = Server::start(&[&["--idle-timeout", "0.6"], flavour].concat());

        let mut silent = upgraded(&server);
        let started = Instant::now();
        let mut received = Vec::new();
        silent.read_to_end(&mut received).unwrap();
        assert!(received.starts_with(b"\x89\x00"), "a ping after half the time: {received:x?}");
        assert!(started.elapsed() > Duration::from_millis(500), "dropped too early");

        let alive = connect(&[&server.url(), "--wait", "1.5", "--dump", "--ping"], b"");
        assert_eq!(alive.code, Some(0), "{}", alive.stderr);
        let (mut client, mut stdin) = Running::start(&["connect", &server.url(), "--dump"]);
        thread::sleep(Duration::from_millis(1500));
        stdin.write_all(b"still here\n").unwrap();
        drop(stdin);
        let ended = client.wait();
        assert_eq!((ended.code, ended.text()), (Some(0), "still here\n"), "{}", ended.stderr);
        assert!(ended.stderr.contains("\n> PONG fin masked 0 B\n"), "{}", ended.stderr);
    }
}

#[test]
fn a_stopped_server_says_good_bye_with_1001() {
    for (flavour, signal) in FLAVOURS.into_iter().zip(["TERM", "INT"]) {
        let mut server = Server::start(flavour);
        let mut idle = upgraded(&server);
        let (mut client, mut stdin) =
            Running::start(&["connect", &server.url(), "--dump", "--wait", "0"]);
        stdin.write_all(b"hello\n").unwrap();
        client.stderr_contains("< TEXT");

        let started = Instant::now();
        server.signal(signal);
        let ended = client.wait();
        assert!(ended.stderr.contains("\n< CLOSE fin"), "{}", ended.stderr);
        assert!(ended.stderr.contains(" B 1001 "), "{}", ended.stderr);
        assert_eq!((ended.code, ended.text()), (Some(0), "hello\n"));
        let mut close = [0; 4];
        idle.read_exact(&mut close).unwrap();
        assert_eq!(close[2..], [0x03, 0xE9], "1001 for the other one too");

        // One client does not answer: that does not hold up the end.
        assert_eq!(server.wait(), Some(0));
        assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    }
}

#[test]
fn a_server_answers_nonsense_and_goes_on() {
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        for (request, status) in [
            (&b"hello?\r\n\r\n"[..], "HTTP/1.1 400 "),
            (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 "),
            (
                b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n",
                "HTTP/1.1 426 ",
            ),
        ] {
            let mut stream = tcp(&server);
            stream.write_all(request).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            drop(stream);
            assert!(answer.starts_with(status), "{answer}");
            assert!(server.log_line().contains("opening handshake"), "a line in the log");
        }
        let mut stream = upgraded(&server);
        stream.write_all(b"\x81\x01x").unwrap();
        let mut close = [0; 4];
        stream.read_exact(&mut close).unwrap();
        assert_eq!(close, *b"\x88\x02\x03\xea", "1002 for a frame without a mask");
        drop(stream);
        assert!(server.log_line().contains("not masked"));
        assert_eq!(connect(&[&server.url()], b"x\n").text(), "x\n");
    }
}

#[test]
fn a_burst_is_answered_in_its_order() {
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        let mut stream = upgraded(&server);
        let burst = b"\x81\x81\0\0\0\0x".repeat(1000);
        stream.write_all(&burst).unwrap();
        let mut echo = vec![0; 3000];
        stream.read_exact(&mut echo).unwrap();
        assert_eq!(echo, b"\x81\x01x".repeat(1000));
    }
}

#[test]
fn running_out_of_file_descriptors_does_not_end_a_server() {
    for flavour in FLAVOURS {
        let server = Server::start_limited(flavour, 24);
        let many: Vec<_> = (0..40).map(|_| tcp(&server)).collect();
        thread::sleep(Duration::from_millis(1500));
        assert!(server.cpu_time() < Duration::from_secs(1), "it spins: {:?}", server.cpu_time());
        drop(many);
        let ended = connect(&[&server.url()], b"back again\n");
        assert_eq!((ended.code, ended.text()), (Some(0), "back again\n"), "{}", ended.stderr);
    }
}

#[test]
fn a_client_without_file_descriptors_says_so_in_a_line() {
    let server = Server::start(&[]);
    // Fewer do not start a program at all.
    for descriptors in 5..64 {
        let failed = descriptors - 5;
        let ended = connect_limited(descriptors, &[&server.url()], b"hello\n");
        if ended.code == Some(0) {
            assert_eq!(ended.text(), "hello\n");
            println!("{descriptors} file descriptors are enough, {failed} numbers are not");
            return assert!(failed != 0, "it has never been short");
        }
        // With two of these numbers tokio panics while it makes its runtime, before ours begins.
        if ended.stderr.contains("tokio") && ended.stderr.contains("signal/unix.rs") {
            continue;
        }
        assert_eq!(ended.code, Some(1), "{descriptors}: {}", ended.stderr);
        assert!(ended.is_one_line_of_error(), "{descriptors}: {}", ended.stderr);
    }
    panic!("it needs more than that");
}

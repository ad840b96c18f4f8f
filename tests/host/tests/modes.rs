//! `socklet serve --broadcast` and `--pipe`, and `socklet bench` against each server.

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

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use processes::{Ended, FLAVOURS, Server, connect, run, socklet};
use raw::{PATIENCE, upgraded};
use socklet_std::{Client, Error, Event, Message, blocking::WebSocket};

/// A client that the server has begun to serve: it answers.
fn client(server: &Server) -> WebSocket {
    let mut ws = Client::new().connect_blocking(server.url()).unwrap();
    ws.ping(b"").unwrap();
    assert!(matches!(ws.recv_event().unwrap(), Some(Event::Pong(b""))));
    ws
}

/// Says something that another hears.
fn meet(one: &mut WebSocket, other: &mut WebSocket) {
    one.send("hello").unwrap();
    assert_eq!(other.recv().unwrap(), Some("hello".into()));
}

#[test]
fn a_broadcast_reaches_all_others_in_its_order() {
    let server = Server::start(&["--broadcast", "--deflate"]);
    let (mut one, mut other, mut third) = (client(&server), client(&server), client(&server));
    for number in 0..500 {
        one.feed(format!("number {number}")).unwrap();
        one.feed([0xff, number as u8]).unwrap();
    }
    one.flush().unwrap();
    other.send("to all").unwrap();
    let others = |ws: &mut WebSocket| {
        let mut numbers = 0;
        let mut heard_all = false;
        while numbers < 1000 {
            match ws.recv().unwrap().unwrap() {
                message if message == Message::from("to all") => heard_all = true,
                message if numbers % 2 == 0 => {
                    assert_eq!(message, format!("number {}", numbers / 2).into());
                    numbers += 1;
                }
                message => {
                    assert_eq!(message, (&[0xff, (numbers / 2) as u8]).into());
                    numbers += 1;
                }
            }
        }
        heard_all
    };
    // What one has said itself it does not hear.
    assert!(!others(&mut other));
    let heard_all = others(&mut third);
    assert!(heard_all || third.recv().unwrap() == Some("to all".into()));
    assert_eq!(one.recv().unwrap(), Some("to all".into()));
}

#[test]
fn who_reads_too_slowly_is_dropped_and_the_others_go_on() {
    let server = Server::start(&["--broadcast"]);
    let slow = upgraded(&server);
    let (mut one, mut other) = (client(&server), client(&server));
    meet(&mut one, &mut other);
    let before = server.memory_kib();
    let message = vec![b'x'; 1 << 20];
    for _ in 0..64 {
        one.send(&message).unwrap();
        assert_eq!(other.recv().unwrap().unwrap().as_bytes().len(), message.len());
    }
    let line = server.log_line();
    assert!(line.starts_with(&slow.local_addr().unwrap().to_string()), "{line}");
    // What waited for it was bounded, and is gone.
    let grown = server.peak_memory_kib().saturating_sub(before);
    assert!(grown < 48 << 10, "{grown} KiB");
    meet(&mut one, &mut other);
}

#[test]
fn a_client_that_leaves_is_no_member_any_more() {
    let server = Server::start(&["--broadcast", "--verbose"]);
    let (mut one, mut other) = (client(&server), client(&server));
    meet(&mut one, &mut other);
    for _ in 0..50 {
        let mut guest = client(&server);
        guest.send("guest").unwrap();
        guest.close(socklet_std::CloseCode::NORMAL, "").unwrap();
        assert_eq!(one.recv().unwrap(), Some("guest".into()));
        assert_eq!(other.recv().unwrap(), Some("guest".into()));
    }
    drop(server);
    assert!(matches!(one.recv(), Err(Error::Io(_) | Error::ConnectionLost)));
}

#[test]
fn a_stopped_broadcast_says_good_bye() {
    for task in [&["--broadcast"][..], &["--pipe", "cat"]] {
        let mut server = Server::start(task);
        let mut ws = client(&server);
        server.signal("TERM");
        assert_eq!(ws.recv().unwrap(), None);
        assert_eq!(ws.closed().unwrap().code, Some(socklet_std::CloseCode::GOING_AWAY));
        assert_eq!(server.wait(), Some(0));
    }
}

#[test]
fn a_command_gets_lines_and_its_lines_are_messages() {
    let server = Server::start(&["--pipe", "while read -r line; do echo \"<$line>\"; done"]);
    let ended = connect(&[&server.url(), "--wait", "10"], "one\ntwo \u{e9}\n".as_bytes());
    assert_eq!((ended.code, ended.text()), (Some(0), "<one>\n<two \u{e9}>\n"), "{}", ended.stderr);

    let server = Server::start(&["--pipe", "cat"]);
    let mut ws = client(&server);
    ws.send([0xff, 0x00]).unwrap();
    assert_eq!(ws.recv().unwrap(), Some((&[0xff, 0x00]).into()));
    ws.send("two\nlines").unwrap();
    assert_eq!(ws.recv().unwrap(), Some("two".into()));
    assert_eq!(ws.recv().unwrap(), Some("lines".into()));
    // More than pipes and sockets hold, in both directions at once.
    let (mut reader, mut writer) = ws.into_split().unwrap();
    let sending = thread::spawn(move || {
        for number in 0..200_000 {
            writer.feed(format!("{number:064}")).unwrap();
        }
        writer.flush().unwrap();
        writer
    });
    for number in 0..200_000 {
        assert_eq!(reader.recv().unwrap(), Some(format!("{number:064}").into()));
    }
    drop(sending.join().unwrap());
}

#[test]
fn how_a_command_ends_is_how_the_connection_does() {
    for (command, code, messages) in [
        ("echo one; echo two", 1000, &["one", "two"][..]),
        ("printf 'no end of line'", 1000, &["no end of line"]),
        ("echo last words; exit 3", 1011, &["last words"]),
        ("kill -KILL $$", 1011, &[]),
        ("no-such-command 2>/dev/null", 1011, &[]),
    ] {
        let server = Server::start(&["--pipe", command]);
        let mut ws = Client::new().connect_blocking(server.url()).unwrap();
        for message in messages {
            assert_eq!(ws.recv().unwrap(), Some((*message).into()), "{command}");
        }
        assert_eq!(ws.recv().unwrap(), None, "{command}");
        let closed = ws.closed().unwrap();
        assert_eq!(closed.code.unwrap().0, code, "{command}");
        if code == 1011 {
            assert!(closed.reason.starts_with("the command has ended: "), "{}", closed.reason);
            assert!(server.log_line().contains("the command has ended: "));
        }
    }
}

#[test]
fn a_command_ends_with_its_connection_and_leaves_no_zombie() {
    // It does not care about the end of its input, and has a child that does not either.
    let script = "trap '' TERM HUP; sleep 1000 & echo $$ $!; wait";
    let mut server = Server::start(&["--pipe", script]);
    let pids = |ws: &mut WebSocket| -> Vec<String> {
        let Some(Message::Text(pids)) = ws.recv().unwrap() else { panic!("no message") };
        pids.split(' ').map(str::to_owned).collect()
    };
    let client = || Client::new().connect_blocking(server.url()).unwrap();
    let (mut closes, mut vanishes, mut stays) = (client(), client(), client());
    let (first, second, third) = (pids(&mut closes), pids(&mut vanishes), pids(&mut stays));
    assert!(first.iter().chain(&second).chain(&third).all(|pid| is_there(pid)));
    closes.close(socklet_std::CloseCode::NORMAL, "").unwrap();
    drop(vanishes);
    for pid in first.iter().chain(&second) {
        gone(pid);
    }
    assert!(third.iter().all(|pid| is_there(pid)));
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
    third.iter().for_each(|pid| gone(pid));
}

#[test]
fn a_command_that_takes_no_input_ends_when_its_client_has_gone() {
    let mut server = Server::start(&["--idle-timeout", "1", "--pipe", "echo $$; exec sleep 1000"]);
    let mut ws = Client::new().connect_blocking(server.url()).unwrap();
    let Some(Message::Text(pid)) = ws.recv().unwrap() else { panic!("no message") };
    // More than a pipe holds.
    ws.send("x".repeat(1 << 20)).unwrap();
    drop(ws);
    gone(&pid);
    assert!(server.log_line().contains("cannot talk to the command: it takes no input"));
    server.signal("TERM");
    assert_eq!(server.wait(), Some(0));
}

/// Whether a process is there, as a zombie too.
fn is_there(pid: &str) -> bool {
    Path::new("/proc").join(pid).exists()
}

fn gone(pid: &str) {
    let deadline = Instant::now() + PATIENCE;
    while is_there(pid) {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // One that nobody but the first process of the system can reap has ended all the same.
        if stat.contains(") Z 1 ") {
            return;
        }
        assert!(Instant::now() < deadline, "{pid} is still there: {stat}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn bench(args: &[&str]) -> Ended {
    let mut command = socklet();
    command.arg("bench").args(args);
    run(command, b"")
}

/// A number in a JSON object.
fn number(object: &str, name: &str) -> u64 {
    let (_, rest) = object.split_once(&format!("\"{name}\":")).unwrap_or_else(|| panic!("{name}"));
    rest.split_once([',', '}']).unwrap().0.parse().unwrap()
}

#[test]
fn a_load_is_measured() {
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        for args in [
            &["--connections", "3", "--messages", "200", "--text"][..],
            &["-c", "70", "-n", "10", "--deflate"],
            &["-c", "2", "-n", "50", "--size", "300000", "--depth", "20"],
            &["-c", "1", "-n", "1000", "-s", "0", "-d", "1000"],
        ] {
            let ended = bench(&[&[&*server.url(), "--json"], args].concat());
            assert_eq!((ended.code, &*ended.stderr), (Some(0), ""), "{args:?}");
            let json = ended.text();
            let flag = |long: &str, short: &str, default| {
                let at = args.iter().position(|arg| *arg == long || *arg == short);
                at.map_or(default, |at| args[at + 1].parse().unwrap())
            };
            let connections: u64 = flag("--connections", "-c", 10);
            assert_eq!(number(json, "connections"), connections);
            assert_eq!(number(json, "messages"), connections * flag("--messages", "-n", 0));
            assert_eq!(number(json, "depth"), flag("--depth", "-d", 1));
            assert_eq!(number(json, "message_len"), flag("--size", "-s", 125));
            let times = ["min_ns", "p50_ns", "p90_ns", "p99_ns", "p99_9_ns", "max_ns"];
            let times = times.map(|name| number(json, name));
            assert!(times[0] > 0 && times.is_sorted(), "{json}");
            assert!(number(json, "elapsed_ns") >= times[5], "{json}");
        }
        let ended = bench(&[&server.url(), "-n", "10"]);
        assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
        for part in ["connections  10, opened in ", "100 of 125 B", "messages/s", ", p99.9 "] {
            assert!(ended.text().contains(part), "{part}: {}", ended.text());
        }
    }
}

#[test]
fn what_is_no_echo_is_not_measured() {
    let server = Server::start(&["--pipe", "echo something else; cat"]);
    for server in [&server, &Server::start(&["--max-message", "10"])] {
        let ended = bench(&[&server.url(), "-c", "2", "-n", "10"]);
        assert_eq!((ended.code, ended.text()), (Some(1), ""));
        assert!(ended.is_one_line_of_error(), "{}", ended.stderr);
    }
    let ended = bench(&["ws://127.0.0.1:1"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.is_one_line_of_error(), "{}", ended.stderr);
}

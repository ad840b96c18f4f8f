//! `socklet connect`: what it tells programs, when it ends, and by which way it reaches a server.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests panic when something is wrong"
)]

#[path = "command/certificates.rs"]
mod certificates;
#[path = "command/processes.rs"]
mod processes;

use std::io::{Read, Write, copy};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread::{self, JoinHandle};

use certificates::Certificates;
use processes::{Ended, FLAVOURS, Server, connect, file, run, socklet};

/// The events of a run with `--json`, without their times, which are checked.
fn events(ended: &Ended) -> Vec<String> {
    let event = |line: &str| {
        let (kind, rest) = line.split_once(",\"time\":\"").unwrap();
        let (time, rest) = rest.split_once('"').unwrap();
        assert!(time.len() == 24 && time.starts_with("20") && time.ends_with('Z'), "{time}");
        // How long a Pong took is not known beforehand.
        let (rest, _) = rest.split_once(",\"elapsed_ns\":").unwrap_or((rest, ""));
        format!("{kind}{rest}")
    };
    ended.text().lines().map(event).collect()
}

#[test]
fn programs_are_told_what_happens() {
    for flavour in FLAVOURS {
        let server = Server::start(&[flavour, &["--subprotocol", "chat"]].concat());
        let args =
            ["--json", "--subprotocol", "chat", "--deflate=9", "--ping", "--text", "\"é\"\n"];
        let ended = connect(&[&[&*server.url()], &args[..]].concat(), b"\xff\n");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let url = server.url();
        let mut events = events(&ended);
        let open = format!(
            "{{\"type\":\"open\",\"url\":\"{url}/\",\"subprotocol\":\"chat\",\"compressed\":true,\
             \"send_window_bits\":9,\"send_context_takeover\":true,\
             \"receive_window_bits\":9,\"receive_context_takeover\":true}}"
        );
        assert_eq!(events.remove(0), open);
        let last = events.pop().unwrap();
        assert_eq!(last, r#"{"type":"close","by":"client","code":1000,"reason":""}"#);
        // What goes out and what comes in is told in the order in which it happens.
        let (out, come): (Vec<_>, Vec<_>) =
            events.into_iter().partition(|event| event.contains(r#""direction":"out""#));
        assert_eq!(
            out,
            [
                r#"{"type":"ping","direction":"out","hex":"00000001"}"#,
                r#"{"type":"message","direction":"out","text":"\"é\"\n"}"#,
                r#"{"type":"message","direction":"out","hex":"ff"}"#,
            ]
        );
        assert_eq!(
            come,
            [
                r#"{"type":"pong","direction":"in","hex":"00000001""#,
                r#"{"type":"message","direction":"in","text":"\"é\"\n"}"#,
                r#"{"type":"message","direction":"in","hex":"ff"}"#,
            ]
        );
    }
}

#[test]
fn programs_are_told_of_pings_closings_and_failures() {
    let (url, server) = serve(|mut ws| {
        ws.ping(b"x").unwrap();
        let _ = ws.close(socklet_std::CloseCode(4000), "go away");
    });
    let ended = connect(&[&url, "--json", "--wait", "0"], b"");
    server.join().unwrap();
    assert_eq!(ended.code, Some(1));
    let events = events(&ended);
    assert_eq!(
        events[1..],
        [
            r#"{"type":"ping","direction":"in","hex":"78"}"#,
            r#"{"type":"close","by":"server","code":4000,"reason":"go away"}"#,
            r#"{"type":"error","message":"the server has closed the connection with code 4000: go away"}"#,
        ]
    );
    assert!(ended.is_one_line_of_error(), "{}", ended.stderr);

    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ended = connect(&[&format!("ws://{free}"), "--json"], b"");
    assert_eq!(ended.code, Some(1));
    assert!(self::events(&ended)[0].starts_with(r#"{"type":"error","message":"cannot connect"#));

    let ended = connect(&[&format!("ws://{free}"), "--json", "--ca", "no-such-file"], b"");
    assert_eq!(ended.code, Some(1));
    assert!(
        self::events(&ended)[0].starts_with(r#"{"type":"error","message":"cannot use no-such"#)
    );
}

#[test]
fn who_reads_the_events_may_go_away() {
    let server = Server::start(&[]);
    let mut command = std::process::Command::new("sh");
    let script = "yes hello | \"$0\" connect --json \"$1\" | head -n 2 | wc -l";
    command.args(["-c", script]).arg(socklet().get_program()).arg(server.url());
    let ended = run(command, b"");
    assert_eq!((ended.code, ended.text().trim(), &*ended.stderr), (Some(0), "2", ""));
}

#[test]
fn so_many_messages_are_waited_for_and_fewer_are_a_failure() {
    let (url, server) = serve(|mut ws| {
        for number in 0..3 {
            ws.send(format!("news {number}")).unwrap();
        }
        while let Ok(Some(_)) = ws.recv() {}
    });
    let ended = connect(&[&url, "--count", "2", "--wait", "0"], b"");
    server.join().unwrap();
    assert_eq!((ended.code, ended.text()), (Some(0), "news 0\nnews 1\n"), "{}", ended.stderr);

    // It takes as long as it takes.
    let (url, server) = serve(|mut ws| {
        thread::sleep(std::time::Duration::from_millis(2500));
        ws.send("late").unwrap();
        while let Ok(Some(_)) = ws.recv() {}
    });
    let ended = connect(&[&url, "--count", "1"], b"");
    server.join().unwrap();
    assert_eq!((ended.code, ended.text()), (Some(0), "late\n"), "{}", ended.stderr);

    let server = Server::start(&[]);
    let ended = connect(&[&server.url(), "-n", "2", "--text", "x", "--wait", "0.3"], b"");
    assert_eq!((ended.code, ended.text()), (Some(1), "x\n"));
    assert!(ended.is_one_line_of_error(), "{}", ended.stderr);
    assert!(ended.stderr.contains("1 of 2 messages"), "{}", ended.stderr);
}

#[test]
fn the_end_of_input_is_not_the_end_if_the_server_is_to_close() {
    let (url, server) = serve(|mut ws| {
        let message = ws.recv().unwrap().unwrap();
        thread::sleep(std::time::Duration::from_millis(2500));
        ws.send(&message).unwrap();
        let _ = ws.close(socklet_std::CloseCode::NORMAL, "");
    });
    let ended = connect(&[&url, "--exit-on-close"], b"late\n");
    server.join().unwrap();
    assert_eq!((ended.code, ended.text()), (Some(0), "late\n"), "{}", ended.stderr);
}

#[test]
fn lines_begin_with_the_time_if_that_is_wanted() {
    let server = Server::start(&[]);
    let ended = connect(&[&server.url(), "--timestamps", "--ping", "--text", "x"], b"\xff\x00\n");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines: Vec<&str> = ended.text().lines().collect();
    let timed = |line: &str| line.split_at_checked(24).is_some_and(|(time, _)| time.ends_with('Z'));
    assert!(timed(lines[0]) && lines[0].ends_with("Z x"), "{lines:?}");
    assert!(timed(lines[1]) && lines[1].ends_with("Z 2 bytes"), "{lines:?}");
    assert!(lines[2].starts_with("00000000  ff 00 ") && lines[2].ends_with("|..|"), "{lines:?}");
    assert!(ended.stderr.lines().all(timed) && ended.stderr.contains("Z pong after "));
}

#[test]
fn headers_come_from_files_and_cookies_make_one() {
    let path =
        file("headers", b"# A comment\n\nX-One: 1\r\n  Authorization:Bearer secret\ncookie: c=3\n");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let request = head(&mut stream);
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").unwrap();
        request
    });
    let path = path.to_str().unwrap();
    let args = [&*url, "--header-file", path, "-H", "X-Two: 2", "--cookie", "a=1", "-b", "b=2"];
    assert_eq!(connect(&args, b"").code, Some(1));
    let request = server.join().unwrap();
    for header in ["X-One: 1", "Authorization: Bearer secret", "X-Two: 2", "Cookie: a=1; b=2; c=3"]
    {
        assert!(request.contains(&format!("\r\n{header}\r\n")), "{request}");
    }
    assert_eq!(request.to_ascii_lowercase().matches("\r\ncookie:").count(), 1, "{request}");
    let bad = file("bad-headers", b"X-One: 1\nsecret\n");
    let ended = connect(&[&url, "--header-file", bad.to_str().unwrap()], b"");
    assert_eq!(ended.code, Some(1));
    assert!(ended.is_one_line_of_error() && !ended.stderr.contains("secret"), "{}", ended.stderr);
}

#[test]
fn proxies_lead_to_servers_if_that_is_wanted() {
    let server = Server::start(&[]);
    let (proxy, asked) = proxy();
    let ended = connect(&[&server.url(), "--proxy", &proxy, "--text", "through"], b"");
    assert_eq!((ended.code, ended.text()), (Some(0), "through\n"), "{}", ended.stderr);
    let asked = asked.join().unwrap();
    assert!(asked.starts_with(&format!("CONNECT {} HTTP/1.1\r\n", server.address)), "{asked}");

    let (proxy, asked) = self::proxy();
    let environment = |args: &[&str]| {
        let mut command = socklet();
        command.args(["connect", &server.url(), "--text", "x"]).args(args);
        command.env("http_proxy", &proxy).env_remove("no_proxy").env_remove("NO_PROXY");
        run(command, b"")
    };
    // It is not looked at by itself.
    assert_eq!(environment(&[]).code, Some(0));
    assert!(!asked.is_finished());
    let ended = environment(&["--proxy-from-environment"]);
    assert_eq!((ended.code, ended.text()), (Some(0), "x\n"), "{}", ended.stderr);
    assert!(asked.join().unwrap().starts_with("CONNECT "));
}

#[test]
fn redirects_are_followed_so_far_as_they_may() {
    let server = Server::start(&[]);
    let to = server.url();
    let url = redirecting(&to, 3);
    let ended = connect(&[&url, "--text", "x"], b"");
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("302") && ended.stderr.contains(&to), "{}", ended.stderr);
    let ended = connect(&[&url, "--text", "x", "--follow", "1", "--dump"], b"");
    assert_eq!((ended.code, ended.text()), (Some(0), "x\n"), "{}", ended.stderr);
    for line in ["< HTTP/1.1 302 Found", "< HTTP/1.1 101 Switching Protocols", "> TEXT fin masked"]
    {
        assert!(ended.stderr.contains(line), "{}", ended.stderr);
    }
    let dump = dump_path("redirected");
    let to_dump = format!("--dump={dump}");
    assert_eq!(connect(&[&url, "--text", "x", "--follow", "1", &to_dump], b"").code, Some(0));
    let explained = explain(&dump);
    assert!(explained.text().contains("connection 2: "), "{}", explained.text());
    assert!(explained.text().contains("status 101, accept right"), "{}", explained.text());
}

#[test]
fn a_unix_socket_is_as_good_as_a_port() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("connect.socket");
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).unwrap();
    let server = thread::spawn(move || {
        for _ in 0..2 {
            let (stream, _) = listener.accept().unwrap();
            let mut ws = socklet_std::Server::new().accept_blocking(stream).unwrap();
            while let Some(message) = ws.recv().unwrap() {
                ws.send(&message).unwrap();
            }
        }
    });
    let args = ["ws://localhost/chat", "--unix", path.to_str().unwrap(), "--text", "x"];
    let ended = connect(&args, b"");
    assert_eq!((ended.code, ended.text()), (Some(0), "x\n"), "{}", ended.stderr);
    let dump = dump_path("unix");
    let ended = connect(&[&args[..], &[&format!("--dump={dump}")]].concat(), b"");
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    server.join().unwrap();
    let explained = explain(&dump);
    assert_eq!((explained.code, frames(&explained)), (Some(0), 4), "{}", explained.text());
}

#[test]
fn a_dump_is_what_explain_reads_whatever_is_said() {
    let certificates = Certificates::new("dump-file");
    let tls = ["--tls-cert", &certificates.chain, "--tls-key", &certificates.key];
    let long = file("dump-long", &vec![b'x'; 300_000]);
    let said = ["--text", "hello", "--ping", "--binary", long.to_str().unwrap()];
    for (name, serve, opens) in [
        ("plain", &[][..], &[][..]),
        ("deflate", &[], &["--deflate"]),
        ("fresh", &["--deflate=9"], &["--deflate", "--no-context-takeover"]),
        ("tls", &tls, &["--ca", &certificates.authority]),
        ("pipe", &["--pipe", "cat"], &[]),
    ] {
        for (flavour, of) in FLAVOURS.into_iter().zip(["tokio", "threads"]) {
            if serve.contains(&"--pipe") && !flavour.is_empty() {
                continue;
            }
            let [ours, theirs] =
                ["connect", "serve"].map(|side| dump_path(&format!("{name}-{of}-{side}")));
            let mut server =
                Server::start(&[flavour, serve, &[&format!("--dump={theirs}")]].concat());
            let scheme = if name == "tls" { "wss" } else { "ws" };
            let url = format!("{scheme}://localhost:{}", server.port());
            let to_dump = format!("--dump={ours}");
            let args = [&[&*url, &to_dump], opens, &said[..]].concat();
            let ended = connect(&args, b"line\n");
            assert_eq!(ended.code, Some(0), "{name}: {}", ended.stderr);
            server.signal("TERM");
            assert_eq!(server.wait(), Some(0));
            for dump in [&ours, &theirs] {
                let explained = explain(dump);
                assert_eq!(explained.code, Some(0), "{dump}: {}", explained.text());
                assert!(explained.text().contains("input: pcapng"), "{}", explained.text());
                // Three messages each way, ping and pong, two closings; long ones in parts.
                assert!(frames(&explained) >= 10, "{dump}: {}", explained.text());
                assert!(explained.text().contains("\"hello\""), "{}", explained.text());
                let ending = "closed by the client, answered by the server";
                assert!(explained.text().contains(ending), "{dump}: {}", explained.text());
            }
        }
    }
}

#[test]
fn a_dump_holds_every_connection_of_a_broadcast() {
    let dump = dump_path("broadcast");
    let server = Server::start(&["--broadcast", &format!("--dump={dump}"), "--addr", "[::1]:0"]);
    let url = format!("ws://[::1]:{}", server.port());
    let (mut listener, _stdin) =
        processes::Running::start(&["connect", &url, "--count", "2", "--dump"]);
    listener.stderr_contains("< Sec-WebSocket-Accept");
    let ended = connect(&[&url, "--wait", "0.1"], b"one\ntwo\n");
    assert_eq!((ended.code, ended.text()), (Some(0), ""), "{}", ended.stderr);
    assert_eq!(listener.wait().text(), "one\ntwo\n");
    // It holds everything without the server's doing: it is killed.
    server.signal("KILL");
    let explained = explain(&dump);
    assert_eq!(explained.code, Some(0), "{}", explained.text());
    for part in ["connection 1: [::1]:", "connection 2: [::1]:", "\"one\"", "\"two\""] {
        assert!(explained.text().contains(part), "{part}: {}", explained.text());
    }
}

#[test]
fn a_server_shows_frames_with_the_client_in_front() {
    for flavour in FLAVOURS {
        let server = Server::start(&[flavour, &["--dump"]].concat());
        assert_eq!(connect(&[&server.url(), "--text", "x"], b"").code, Some(0));
        let line = std::iter::repeat_with(|| server.log_line()).find(|line| line.contains("TEXT"));
        let line = line.unwrap();
        assert!(line.starts_with("127.0.0.1:"), "{line}");
        assert!(line.ends_with(" < TEXT fin masked 1 B \"x\"\n"), "{line}");
    }
}

/// A server for one connection, of which the test says what it does.
fn serve(
    talk: impl FnOnce(
        socklet_std::blocking::WebSocket<
            socklet_std::blocking::MaybeTls<TcpStream>,
            socklet_std::ServerRole,
        >,
    ) + Send
    + 'static,
) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let serving = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        talk(socklet_std::Server::new().accept_blocking(stream).unwrap());
    });
    (url, serving)
}

/// An HTTP proxy for one connection; it returns what it was asked.
fn proxy() -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serving = thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let request = head(&mut client);
        let address: SocketAddr = request.split(' ').nth(1).unwrap().parse().unwrap();
        let mut server = TcpStream::connect(address).unwrap();
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || {
            let _ = copy(&mut from, &mut to);
            let _ = to.shutdown(std::net::Shutdown::Write);
        });
        let _ = copy(&mut server, &mut client);
        request
    });
    (address, serving)
}

/// A server that redirects so many requests.
fn redirecting(to: &str, count: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/here", listener.local_addr().unwrap());
    let response = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
    thread::spawn(move || {
        for _ in 0..count {
            let (mut stream, _) = listener.accept().unwrap();
            head(&mut stream);
            stream.write_all(response.as_bytes()).unwrap();
        }
    });
    url
}

/// Reads a head, up to its blank line.
fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

fn dump_path(name: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pcapng"));
    let _ = std::fs::remove_file(&path);
    path.to_str().unwrap().to_owned()
}

fn explain(path: &str) -> Ended {
    let mut command = socklet();
    command.args(["explain", path]);
    run(command, b"")
}

/// How many frames a report has.
fn frames(explained: &Ended) -> usize {
    let is_frame = |line: &&str| {
        let mut words = line.split_whitespace();
        words.next().is_some_and(|word| word.parse::<u32>().is_ok())
            && words.next().is_some_and(|word| ["client", "server"].contains(&word))
    };
    explained.text().lines().filter(is_frame).count()
}

//! The `socklet` command from end to end: what a user types, sees and gets as an exit status.

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

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use certificates::Certificates;
use processes::{FLAVOURS, Running, Server, connect, file, run, run_from, socklet};

#[test]
fn help_and_version_go_to_standard_output() {
    for (args, words) in [
        (&["--help"][..], &["socklet serve", "socklet connect", "--version"][..]),
        (&["-h"], &["Usage:"]),
        (&["serve", "--help"], &["--addr", "--tls-cert", "--blocking", "--idle-timeout", "Exit"]),
        (&["connect", "--help"], &["URL", "--header", "--insecure", "--dump", "--wait", "Exit"]),
        (&["--version"], &[env!("CARGO_PKG_VERSION")]),
    ] {
        let mut command = socklet();
        command.args(args);
        let ended = run(command, b"");
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{args:?}");
        for word in words {
            assert!(ended.text().contains(word), "{args:?} does not tell of {word}");
        }
        assert!(ended.text().lines().all(|line| line.len() <= 100), "{args:?}: a line is too long");
    }
}

#[test]
fn arguments_that_make_no_sense_exit_with_2_and_one_line() {
    for args in [
        &[][..],
        &["conect"],
        &["--frobnicate"],
        &["serve", "--frobnicate"],
        &["serve", "ws://127.0.0.1:1"],
        &["serve", "--addr"],
        &["serve", "--max-message", "many"],
        &["serve", "--idle-timeout", "-1"],
        &["serve", "--handshake-timeout", "soon"],
        &["serve", "--closing-timeout", "-1"],
        &["serve", "--max-connections", "many"],
        &["serve", "--subprotocol", "not a token"],
        &["serve", "--deflate=7"],
        &["serve", "--deflate=16"],
        &["serve", "--deflate="],
        &["serve", "--deflate=many"],
        &["serve", "--deflate", "9"],
        &["serve", "--no-deflate=9"],
        &["serve", "--no-context-takeover=yes"],
        &["serve", "--tls-cert", "cert.pem"],
        &["serve", "--tls-key", "key.pem"],
        &["connect"],
        &["connect", "ws://127.0.0.1:1", "ws://127.0.0.1:2"],
        &["connect", "http://127.0.0.1:1"],
        &["connect", "ws://127.0.0.1:1/#fragment"],
        &["connect", "-H", "no colon", "ws://127.0.0.1:1"],
        &["connect", "-H", "Upgrade: mine", "ws://127.0.0.1:1"],
        &["connect", "--subprotocol", "a", "--subprotocol", "a", "ws://127.0.0.1:1"],
        &["connect", "--deflate=7", "ws://127.0.0.1:1"],
        &["connect", "--deflate=16", "ws://127.0.0.1:1"],
        &["connect", "--deflate=-9", "ws://127.0.0.1:1"],
        &["connect", "--no-deflate", "ws://127.0.0.1:1"],
        &["connect", "--insecure", "--ca", "ca.pem", "wss://127.0.0.1:1"],
        &["connect", "--count", "0", "ws://127.0.0.1:1"],
        &["connect", "--count", "many", "ws://127.0.0.1:1"],
        &["connect", "--follow", "256", "ws://127.0.0.1:1"],
        &["connect", "--proxy", "https://127.0.0.1:1", "ws://127.0.0.1:1"],
        &["connect", "--proxy", "127.0.0.1:1", "--proxy-from-environment", "ws://127.0.0.1:1"],
        &["connect", "--proxy", "127.0.0.1:1", "--unix", "socket", "ws://127.0.0.1:1"],
        &["connect", "--unix", "socket", "--follow", "1", "ws://127.0.0.1:1"],
        &["connect", "--unix", "socket", "--dump", "wss://127.0.0.1:1"],
        &["connect", "--json=yes", "ws://127.0.0.1:1"],
        &["connect", "--messages", "1", "ws://127.0.0.1:1"],
        &["connect", "-z", "ws://127.0.0.1:1"],
        &["serve", "--echo", "--broadcast"],
        &["serve", "--pipe", "cat", "--pipe", "cat"],
        &["serve", "--blocking", "--broadcast"],
        &["serve", "--blocking", "--pipe", "cat"],
        &["bench"],
        &["bench", "--connections", "0", "ws://127.0.0.1:1"],
        &["bench", "--depth", "0", "ws://127.0.0.1:1"],
        &["bench", "--size", "-1", "ws://127.0.0.1:1"],
        &["completions"],
        &["completions", "csh"],
        &["completions", "bash", "zsh"],
        &["man", "connect"],
    ] {
        let mut command = socklet();
        command.args(args);
        let ended = run(command, b"");
        assert_eq!(ended.code, Some(2), "{args:?}: {}", ended.stderr);
        assert_eq!(ended.text(), "", "{args:?}");
        assert!(ended.is_one_line_of_error(), "{args:?}: {}", ended.stderr);
    }
}

#[test]
fn what_cannot_be_reached_exits_with_1_and_one_line() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for args in [
        &[&*format!("ws://{free}")][..],
        &["ws://no-such-host.invalid"],
        &["wss://127.0.0.1:1", "--ca", "no-such-file.pem"],
        &["ws://127.0.0.1:1", "--header-file", "no-such-file"],
        &["ws://127.0.0.1:1", "--unix", "no-such-socket"],
        &["ws://127.0.0.1:1", "--dump=no/such/file"],
        &["ws://127.0.0.1:1", "--binary", "no-such-file"],
    ] {
        let ended = connect(args, b"");
        assert_eq!(ended.code, Some(1), "{args:?}");
        assert!(ended.is_one_line_of_error(), "{args:?}: {}", ended.stderr);
    }
    for args in [
        &["--addr", "no-such-host.invalid:1"][..],
        &["--tls-cert", "no-such-file.pem", "--tls-key", "no-such-file.pem"],
    ] {
        let mut command = socklet();
        command.arg("serve").args(args);
        let ended = run(command, b"");
        assert_eq!(ended.code, Some(1), "{args:?}");
        assert!(ended.is_one_line_of_error(), "{args:?}: {}", ended.stderr);
    }
}

#[test]
fn a_declined_handshake_is_told_with_its_status() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/secret", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let len = stream.read(&mut request).unwrap();
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").unwrap();
        String::from_utf8_lossy(&request[..len]).into_owned()
    });
    let ended = connect(&[&url, "-H", "Authorization: Bearer 1"], b"");
    let request = server.join().unwrap();
    assert!(request.starts_with("GET /secret HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("\r\nAuthorization: Bearer 1\r\n"), "{request}");
    assert_eq!(ended.code, Some(1));
    assert!(ended.is_one_line_of_error() && ended.stderr.contains("403"), "{}", ended.stderr);
}

#[test]
fn a_server_that_is_none_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n\r\n").unwrap();
        let _ = stream.read(&mut [0; 4096]);
    });
    let ended = connect(&[&url], b"");
    server.join().unwrap();
    assert_eq!(ended.code, Some(1));
    assert!(ended.is_one_line_of_error(), "{}", ended.stderr);
}

#[test]
fn lines_go_there_and_come_back() {
    let input: String =
        (0..2000).map(|number| format!("line {number}, \u{e9}\u{1f980}\n")).collect::<String>();
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        let ended = connect(&[&server.url()], input.as_bytes());
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        assert_eq!(ended.text(), input);
    }
}

#[test]
fn the_last_line_needs_no_end_and_others_may_end_as_on_windows() {
    let server = Server::start(&[]);
    let ended = connect(&[&server.url()], b"one\r\n\r\nthree");
    assert_eq!((ended.code, ended.text()), (Some(0), "one\n\nthree\n"));
}

#[test]
fn a_line_that_is_not_text_is_sent_as_bytes() {
    let server = Server::start(&[]);
    let ended = connect(&[&server.url(), "--dump"], b"\xff\x00\xfe\n");
    assert_eq!((ended.code, ended.stdout.as_slice()), (Some(0), &b"\xff\x00\xfe"[..]));
    assert!(ended.stderr.contains("< BINARY fin 3 B ff00fe\n"), "{}", ended.stderr);
}

#[test]
fn a_file_comes_back_byte_for_byte() {
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|i| (i.wrapping_mul(i) >> 7) as u8).collect();
    let path = file("bytes", &bytes);
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        let ended = connect(&[&server.url(), "--binary", path.to_str().unwrap()], b"");
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        assert!(ended.stdout == bytes, "{} bytes came back", ended.stdout.len());
    }
}

#[test]
fn what_is_given_is_sent_in_its_order_and_before_the_input() {
    let path = file("order", b"<bytes>");
    let server = Server::start(&[]);
    let args = [&server.url(), "--text", "a", "--binary", path.to_str().unwrap(), "--text", "b"];
    let ended = connect(&args, b"c\n");
    assert_eq!((ended.code, ended.text()), (Some(0), "a\n<bytes>b\nc\n"));
}

#[test]
fn a_pong_is_told() {
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        let started = Instant::now();
        let ended = connect(&[&server.url(), "--ping", "--text", "x", "--wait", "30"], b"");
        assert_eq!((ended.code, ended.text()), (Some(0), "x\n"));
        assert!(ended.stderr.contains("pong after "), "{}", ended.stderr);
        assert!(started.elapsed() < Duration::from_secs(20), "it does not wait when all has come");
    }
}

#[test]
fn tls_takes_a_certificate_authority_and_refuses_others() {
    let (ours, others) = (Certificates::new("ours"), Certificates::new("others"));
    let tls = ["--tls-cert", &ours.chain, "--tls-key", &ours.key];
    for flavour in FLAVOURS {
        let server = Server::start(&[&tls[..], flavour].concat());
        let url = format!("wss://localhost:{}", server.port());
        let sent = ["--text", "through TLS"];

        let trusted = connect(&[&[&*url, "--ca", &ours.authority], &sent[..]].concat(), b"");
        assert_eq!(
            (trusted.code, trusted.text(), trusted.stderr.as_str()),
            (Some(0), "through TLS\n", "")
        );

        let unknown = connect(&[&[&*url, "--ca", &others.authority], &sent[..]].concat(), b"");
        assert_eq!((unknown.code, unknown.text()), (Some(1), ""));
        assert!(unknown.is_one_line_of_error(), "{}", unknown.stderr);
        assert!(unknown.stderr.contains("certificate"), "{}", unknown.stderr);

        let usual = connect(&[&[&*url], &sent[..]].concat(), b"");
        assert_eq!((usual.code, usual.text()), (Some(1), ""), "{}", usual.stderr);

        let wrong_name = format!("wss://127.0.0.2:{}", server.port());
        let ended = connect(&[&[&*wrong_name, "--ca", &ours.authority], &sent[..]].concat(), b"");
        assert_eq!((ended.code, ended.text()), (Some(1), ""), "{}", ended.stderr);

        let insecure = connect(&[&[&*url, "--insecure"], &sent[..]].concat(), b"");
        assert_eq!((insecure.code, insecure.text()), (Some(0), "through TLS\n"));

        let plain = connect(&[&server.url(), "--text", "x"], b"");
        assert_eq!(plain.code, Some(1), "{}", plain.stderr);
        let again = connect(&[&[&*url, "--ca", &ours.authority], &sent[..]].concat(), b"");
        assert_eq!(again.code, Some(0), "the server goes on after refusals: {}", again.stderr);
    }
}

#[test]
fn the_dump_shows_every_frame() {
    for flavour in FLAVOURS {
        let server = Server::start(flavour);
        let ended = connect(&[&server.url(), "--dump", "--text", "hello \u{e9}"], b"");
        assert_eq!((ended.code, ended.text()), (Some(0), "hello \u{e9}\n"));
        let lines: Vec<&str> = ended.stderr.lines().collect();
        assert_eq!(lines[0], "> GET / HTTP/1.1");
        assert!(lines.contains(&"< HTTP/1.1 101 Switching Protocols"), "{lines:#?}");
        // Chosen by what only frames have: a random key may contain any letters.
        let is_frame = |line: &&str| line.contains(" fin ");
        let frames: Vec<&str> = lines.iter().copied().filter(is_frame).collect();
        assert_eq!(
            frames,
            [
                "> TEXT fin masked 8 B \"hello \u{e9}\"",
                "< TEXT fin 8 B \"hello \u{e9}\"",
                "> CLOSE fin masked 2 B 1000 \"\"",
                "< CLOSE fin 2 B 1000 \"\"",
            ]
        );
    }
}

#[test]
fn the_dump_looks_inside_tls() {
    let certificates = Certificates::new("dump");
    let server =
        Server::start(&["--tls-cert", &certificates.chain, "--tls-key", &certificates.key]);
    let url = format!("wss://localhost:{}", server.port());
    let ended = connect(&[&url, "--ca", &certificates.authority, "--dump", "--text", "x"], b"");
    assert!(ended.stderr.contains("\n> TEXT fin masked 1 B \"x\"\n"), "{}", ended.stderr);
    assert!(ended.stderr.contains("\n< TEXT fin 1 B \"x\"\n"), "{}", ended.stderr);
}

#[test]
fn a_subprotocol_of_both_is_chosen() {
    for flavour in FLAVOURS {
        let offered = ["--subprotocol", "chat.v2", "--subprotocol", "chat.v1"];
        let server = Server::start(&[&offered[..], flavour].concat());
        let args = ["--dump", "--subprotocol", "chat.v1", "--subprotocol", "other"];
        let ended = connect(&[&[&*server.url()], &args[..]].concat(), b"x\n");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stderr.contains("\n> Sec-WebSocket-Protocol: chat.v1, other\n"));
        assert!(ended.stderr.contains("\n< Sec-WebSocket-Protocol: chat.v1\n"));

        let none = connect(&[&server.url(), "--dump", "--subprotocol", "other"], b"x\n");
        assert_eq!((none.code, none.text()), (Some(0), "x\n"), "{}", none.stderr);
        assert!(!none.stderr.contains("< Sec-WebSocket-Protocol"), "{}", none.stderr);
    }
}

#[test]
fn a_client_is_stopped_by_ctrl_c_with_a_close_frame() {
    let server = Server::start(&[]);
    let (mut client, mut stdin) =
        Running::start(&["connect", &server.url(), "--dump", "--wait", "0"]);
    stdin.write_all(b"hello\n").unwrap();
    client.stderr_contains("< TEXT");
    client.signal("INT");
    let ended = client.wait();
    assert!(ended.stderr.contains("> CLOSE fin masked"), "{}", ended.stderr);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn a_reader_that_goes_away_ends_a_client() {
    let server = Server::start(&[]);
    let mut command = std::process::Command::new("sh");
    let script = "yes hello | \"$0\" connect \"$1\" | head -n 3";
    command.args(["-c", script]).arg(socklet().get_program()).arg(server.url());
    let ended = run(command, b"");
    assert_eq!((ended.code, ended.text()), (Some(0), "hello\nhello\nhello\n"));
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let server = Server::start(&[]);
    let command = format!("'{}' connect --dump {} --text x", processes::path(), server.url());
    let on_a_terminal = |settings: &[(&str, &str)]| {
        let mut script = std::process::Command::new("script");
        script.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
        script.env("TERM", "xterm").env_remove("NO_COLOR").envs(settings.iter().copied());
        run(script, b"")
    };
    let coloured = on_a_terminal(&[]);
    assert_eq!(coloured.code, Some(0), "{}", coloured.text());
    assert!(coloured.text().contains("\x1b["), "{}", coloured.text());
    for settings in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let plain = on_a_terminal(&[settings]);
        assert!(plain.text().contains("> TEXT"), "{}", plain.text());
        assert!(!plain.text().contains('\x1b'), "{}", plain.text());
    }
    let piped = connect(&[&server.url(), "--dump", "--text", "x"], b"");
    assert!(!piped.stderr.contains('\x1b'), "{}", piped.stderr);
}

#[test]
fn a_terminal_gets_bytes_as_hexadecimal_digits_and_no_control_characters() {
    let path = file("terminal", b"\x1b[2J\x00");
    let server = Server::start(&[]);
    let command = format!(
        "'{}' connect {} --binary '{}' --text \"$(printf 'a\\033[2Jb')\"",
        processes::path(),
        server.url(),
        path.display()
    );
    let mut script = std::process::Command::new("script");
    script.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
    script.env("NO_COLOR", "1");
    let ended = run(script, b"");
    assert!(ended.text().contains("1b 5b 32 4a 00  "), "{}", ended.text());
    assert!(ended.text().contains("a\\u{1b}[2Jb"), "{}", ended.text());
    assert!(!ended.text().contains("\x1b[2J"), "{}", ended.text());
}

#[test]
fn a_server_that_only_talks_is_listened_to() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut ws = socklet_std::Server::new().accept_blocking(stream).unwrap();
        for number in 0..3 {
            ws.send(format!("news {number}")).unwrap();
            thread::sleep(Duration::from_millis(200));
        }
        let _ = ws.close(socklet_std::CloseCode::NORMAL, "that was all");
    });
    let ended = connect(&[&url, "--wait", "0"], b"");
    server.join().unwrap();
    assert_eq!((ended.code, ended.text()), (Some(0), "news 0\nnews 1\nnews 2\n"));
    assert!(ended.stderr.contains("1000") && ended.stderr.contains("that was all"));
}

#[test]
fn a_lost_connection_is_a_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        drop(socklet_std::Server::new().accept_blocking(stream).unwrap());
    });
    let ended = connect(&[&url, "--wait", "0"], b"");
    server.join().unwrap();
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.is_one_line_of_error(), "{}", ended.stderr);
}

#[test]
fn a_reader_of_the_help_may_go_away() {
    for args in ["--help", "--version", "serve --help", "connect --help"] {
        let mut command = std::process::Command::new("sh");
        let script = format!("(sleep 0.1; \"$0\" {args}; echo \"$?\" >&2) | true; sleep 0.3");
        command.args(["-c", &script]).arg(socklet().get_program());
        let ended = run(command, b"");
        assert_eq!(ended.stderr, "0\n", "{args}");
    }
}

#[test]
fn input_that_cannot_be_read_is_a_failure_and_what_came_before_is_sent() {
    let server = Server::start(&[]);
    let mut command = socklet();
    command.args(["connect", &server.url(), "--text", "before"]);
    let ended = run_from(command, std::fs::File::open("/").unwrap());
    assert_eq!((ended.code, ended.text()), (Some(1), "before\n"));
    assert!(ended.is_one_line_of_error(), "{}", ended.stderr);
    assert!(ended.stderr.contains("standard input"), "{}", ended.stderr);

    let mut input = b"short\n".to_vec();
    input.resize(input.len() + (64 << 20) + 1, b'x');
    let ended = connect(&[&server.url()], &input);
    assert_eq!((ended.code, ended.text()), (Some(1), "short\n"));
    assert!(ended.is_one_line_of_error(), "{}", ended.stderr);
    assert!(ended.stderr.contains("64 MiB"), "{}", ended.stderr);
}

#[test]
fn a_second_ctrl_c_does_not_wait_for_the_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let ws = socklet_std::Server::new().accept_blocking(stream).unwrap();
        thread::sleep(Duration::from_secs(60));
        drop(ws);
    });
    let (mut client, _stdin) = Running::start(&["connect", &url, "--dump", "--wait", "0"]);
    client.stderr_contains("< Sec-WebSocket-Accept");
    thread::sleep(Duration::from_millis(100));
    client.signal("INT");
    client.stderr_contains("> CLOSE fin masked");
    let started = Instant::now();
    client.signal("INT");
    let ended = client.wait();
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[test]
fn the_least_time_is_not_none_at_all() {
    let server = Server::start(&["--idle-timeout", "0.0001"]);
    let started = Instant::now();
    let ended = connect(&[&server.url(), "--text", "x", "--wait", "0.0000001"], b"");
    assert!(matches!(ended.code, Some(0 | 1)), "{}", ended.stderr);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

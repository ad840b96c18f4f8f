//! The programs run and do what they promise.
#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use socklet_std::{
    Client, CloseCode,
    permessage_deflate::{Negotiable, Settings},
};

/// A process that is ended with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_demonstration_shows_every_frame_and_ends_well() {
    let output = Command::new(env!("CARGO_BIN_EXE_demo")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for line in [
        "  client > GET /demo HTTP/1.1",
        "  client > TEXT fin masked 5 B \"hello\"",
        "  server < TEXT fin masked 5 B \"hello\"",
        "  server > TEXT fin 5 B \"hello\"",
        "  client < TEXT fin 5 B \"hello\"",
        "  server > PONG fin 7 B 6265747765656e",
        "  client < CLOSE fin 2 B 1000 \"\"",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} is missing in\n{text}");
    }
    assert!(text.lines().last().unwrap().starts_with("It worked: "), "{text}");
}

/// Starts a server on a free port: its process, and the address that it prints.
fn start(program: &str) -> (Running, String) {
    let mut server = Command::new(program);
    server.arg("127.0.0.1:0").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = server.spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    let server = Running(child);
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    (server, line.trim_end().strip_prefix("listening on ").unwrap().to_owned())
}

#[test]
fn both_clients_talk_to_the_echo_server() {
    let (_server, address) = start(env!("CARGO_BIN_EXE_echo-server"));
    let url = format!("ws://{address}");
    for client in [env!("CARGO_BIN_EXE_client"), env!("CARGO_BIN_EXE_blocking-client")] {
        let output = Command::new(client).arg(&url).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..2], ["text: hello", "bytes: [1, 2, 3]"]);
        assert!(lines[2].starts_with("closed: Closed { by: Local, code: Some(1000)"), "{text}");
    }
}

#[test]
fn each_line_of_the_broadcast_reaches_all_clients_whether_they_compress_or_not() {
    let (mut server, address) = start(env!("CARGO_BIN_EXE_broadcast"));
    let line = "the same for everybody, ".repeat(20);
    let small = Settings {
        negotiable: Negotiable { receive_bits: 9, ..Settings::DEFAULT.negotiable },
        ..Settings::DEFAULT
    };
    let clients: Vec<_> = [Settings::OFF, Settings::DEFAULT, small, Settings::OFF]
        .map(|settings| {
            // It is subscribed before its opening handshake is answered.
            let client = Client::new().deflate(settings);
            let ws = client.connect_blocking(format!("ws://{address}")).unwrap();
            assert_eq!(ws.compression().is_some(), settings.is_enabled);
            ws
        })
        .into();
    let mut input = server.0.stdin.take().unwrap();
    writeln!(input, "{line}\nshort").unwrap();
    drop(input);
    for mut ws in clients {
        assert_eq!(ws.recv().unwrap(), Some(line.as_str().into()));
        assert_eq!(ws.recv().unwrap(), Some("short".into()));
        assert_eq!(ws.recv().unwrap(), None);
        assert_eq!(ws.closed().unwrap().code, Some(CloseCode::GOING_AWAY));
        let compresses = ws.compression().is_some();
        let plain = ws.volume_received().map_or(0, |volume| volume.plain as usize);
        assert_eq!(plain, if compresses { line.len() } else { 0 });
    }
    assert!(server.0.wait().unwrap().success());
}

/// Ctrl-C is a signal, which there is a program for on Unix.
#[cfg(unix)]
#[test]
fn rooms_hand_on_messages_to_those_in_them_and_say_goodbye() {
    let (mut server, address) = start(env!("CARGO_BIN_EXE_rooms"));
    let mut http = TcpStream::connect(&address).unwrap();
    http.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut page = String::new();
    http.read_to_string(&mut page).unwrap();
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("new WebSocket("), "{page}");

    let enter = |room: &str, settings| {
        let client = Client::new().deflate(settings);
        client.connect_blocking(format!("ws://{address}/rooms/{room}")).unwrap()
    };
    let mut one = enter("kitchen", Settings::OFF);
    let mut two = enter("kitchen", Settings::DEFAULT);
    let mut other = enter("cellar%20left", Settings::DEFAULT);
    assert!(one.compression().is_none() && two.compression().is_some());
    let text = "is the coffee ready? ".repeat(10);
    two.send(&text).unwrap();
    one.send("yes").unwrap();
    for ws in [&mut one, &mut two] {
        let both = [ws.recv().unwrap().unwrap(), ws.recv().unwrap().unwrap()];
        assert!(both.contains(&text.as_str().into()) && both.contains(&"yes".into()), "{both:?}");
    }
    other.send("is anybody here?").unwrap();
    assert_eq!(other.recv().unwrap(), Some("is anybody here?".into()));

    let interrupt = ["-INT".to_owned(), server.0.id().to_string()];
    assert!(Command::new("kill").args(interrupt).status().unwrap().success());
    for mut ws in [one, two, other] {
        assert_eq!(ws.recv().unwrap(), None);
        assert_eq!(ws.closed().unwrap().code, Some(CloseCode::GOING_AWAY));
    }
    assert!(server.0.wait().unwrap().success());
}

//! The programs run and do what they promise.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

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

#[test]
fn both_clients_talk_to_the_echo_server() {
    let mut server = Command::new(env!("CARGO_BIN_EXE_echo-server"));
    let mut child = server.arg("127.0.0.1:0").stdout(Stdio::piped()).spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    let _server = Running(child);
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    let url = format!("ws://{}", line.trim_end().strip_prefix("listening on ").unwrap());
    for client in [env!("CARGO_BIN_EXE_client"), env!("CARGO_BIN_EXE_blocking-client")] {
        let output = Command::new(client).arg(&url).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..2], ["text: hello", "bytes: [1, 2, 3]"]);
        assert!(lines[2].starts_with("closed: Closed { by: Local, code: Some(1000)"), "{text}");
    }
}

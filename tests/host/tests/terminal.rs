//! The `socklet` command on a terminal: what somebody sees who types there.

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
#[path = "command/pty.rs"]
mod pty;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use processes::{Server, connect, file, socklet};
use pty::Terminal;

const PLAIN: [(&str, &str); 2] = [("TERM", "xterm"), ("NO_COLOR", "1")];

/// Where a test keeps what was typed: empty at first.
fn state(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&dir);
    dir
}

fn talk(url: &str, args: &[&str], state: &Path, settings: &[(&str, &str)]) -> Terminal {
    let mut command = socklet();
    command.args(["connect", url, "--wait", "5"]).args(args).env("XDG_STATE_HOME", state);
    command.env_remove("NO_COLOR").envs(settings.iter().copied());
    Terminal::start(command)
}

#[test]
fn lines_can_be_edited_and_come_back() {
    let server = Server::start(&[]);
    let state = state("lines-state");
    let mut terminal = talk(&server.url(), &[], &state, &PLAIN);
    terminal.wait_for("connected; Ctrl+D ends the input");
    terminal.wait_for("> ");
    // One letter back, and another in its place.
    terminal.type_in("hellx\x7fo\r");
    terminal.wait_for("< hello\r\n");
    // The end of the line before, at its front.
    terminal.type_in("\x1b[A\x01say \r");
    terminal.wait_for("< say hello\r\n");
    terminal.type_in("\x04");
    assert_eq!(terminal.finish(), Some(0));
    assert!(terminal.is_as_it_was(), "a shell that goes on here is to see what is typed");

    let history = state.join("socklet/history");
    assert_eq!(fs::read_to_string(&history).unwrap(), "hello\nsay hello\n");
    assert_eq!(fs::metadata(&history).unwrap().permissions().mode() & 0o777, 0o600);
    let mut terminal = talk(&server.url(), &[], &state, &PLAIN);
    terminal.wait_for("> ");
    terminal.type_in("\x1b[A\x1b[A\r");
    terminal.wait_for("< hello\r\n");
    terminal.type_in("\x04");
    assert_eq!(terminal.finish(), Some(0));
}

#[test]
fn nothing_is_kept_of_what_is_not_to_be() {
    let server = Server::start(&[]);
    let state = state("no-history-state");
    let mut terminal = talk(&server.url(), &["--no-history"], &state, &PLAIN);
    terminal.wait_for("> ");
    terminal.type_in("secret\r");
    terminal.wait_for("< secret\r\n");
    terminal.type_in("\x04");
    assert_eq!(terminal.finish(), Some(0));
    assert!(!state.exists());
}

#[test]
fn what_arrives_does_not_tear_the_line_that_is_typed() {
    let server = Server::start(&["--broadcast"]);
    let state = state("tear-state");
    let mut terminal = talk(&server.url(), &[], &state, &PLAIN);
    terminal.wait_for("> ");
    terminal.type_in("half a l");
    terminal.wait_for("half a l");
    for number in 0..20 {
        let news = format!("news {number}");
        assert_eq!(connect(&[&server.url(), "--text", &news, "--wait", "0.05"], b"").code, Some(0));
        // Above the line, which then is there again, as far as it goes.
        terminal.wait_for(&format!("< {news}\r\n"));
        terminal.wait_for("> half a l");
    }
    let (mut listener, _stdin) =
        processes::Running::start(&["connect", &server.url(), "--count", "1", "--dump"]);
    listener.stderr_contains("< Sec-WebSocket-Accept");
    terminal.type_in("ine\r");
    listener.stderr_contains("< TEXT fin 11 B \"half a line\"");
    assert_eq!(listener.wait().code, Some(0));
    terminal.type_in("\x04");
    assert_eq!(terminal.finish(), Some(0));
    assert!(
        fs::read_to_string(state.join("socklet/history")).unwrap().starts_with("half a line\n")
    );
}

#[test]
fn ctrl_c_ends_it_and_leaves_the_terminal_as_it_was() {
    let server = Server::start(&[]);
    let state = state("interrupt-state");
    let mut terminal = talk(&server.url(), &["--exit-on-close"], &state, &PLAIN);
    terminal.wait_for("> ");
    terminal.type_in("some\x03");
    assert_eq!(terminal.finish(), Some(0));
    assert!(terminal.is_as_it_was());
}

#[test]
fn a_server_that_closes_ends_it_and_everything_was_printed() {
    let mut server = Server::start(&[]);
    let state = state("closes-state");
    let mut terminal = talk(&server.url(), &["--exit-on-close"], &state, &PLAIN);
    terminal.wait_for("> ");
    terminal.type_in("one\r");
    terminal.wait_for("< one\r\n");
    terminal.type_in("not sent");
    terminal.wait_for("not sent");
    server.signal("TERM");
    terminal.wait_for("the server has closed the connection with code 1001");
    assert_eq!(terminal.finish(), Some(0));
    assert!(terminal.is_as_it_was());
    assert_eq!(server.wait(), Some(0));
}

#[test]
fn directions_have_colours_unless_they_are_not_wanted() {
    let server = Server::start(&[]);
    let state = state("colours-state");
    let mut terminal = talk(&server.url(), &[], &state, &[("TERM", "xterm")]);
    terminal.wait_for("\x1b[32m> ");
    terminal.type_in("x\r");
    terminal.wait_for("\x1b[36m< x\x1b[0m");
    terminal.type_in("\x04");
    assert_eq!(terminal.finish(), Some(0));
    // A terminal that can do nothing gets lines as they are typed.
    let mut terminal = talk(&server.url(), &[], &state, &[("TERM", "dumb")]);
    terminal.wait_for("connected");
    terminal.type_in("plain\n");
    terminal.wait_for("plain\r\nplain\r\n");
    terminal.type_in("\x04");
    assert_eq!(terminal.finish(), Some(0));
    assert!(!terminal.seen().contains('\x1b'), "{:?}", terminal.seen());
}

#[test]
fn bytes_are_shown_and_programs_are_told_on_a_terminal_too() {
    let server = Server::start(&[]);
    let path = file("terminal-bytes", b"\x1b[2J\x00 and so on");
    let state = state("bytes-state");
    let args = ["--binary", path.to_str().unwrap()];
    let mut terminal = talk(&server.url(), &args, &state, &PLAIN);
    terminal.wait_for(
        "15 bytes\r\n\
         00000000  1b 5b 32 4a 00 20 61 6e  64 20 73 6f 20 6f 6e     |.[2J. and so on|\r\n",
    );
    assert_eq!(terminal.finish(), Some(0));
    let mut terminal = talk(&server.url(), &["--json"], &state, &PLAIN);
    terminal.wait_for("> ");
    terminal.type_in("x\r");
    terminal.wait_for("\"direction\":\"in\",\"text\":\"x\"}\r\n");
    terminal.type_in("\x04");
    assert_eq!(terminal.finish(), Some(0));
}

#[test]
fn a_load_has_a_progress_bar_that_goes() {
    let server = Server::start(&[]);
    let mut command = socklet();
    command.args(["bench", &server.url(), "--messages", "3000"]).env("TERM", "xterm");
    let mut terminal = Terminal::start(command);
    terminal.wait_for("%, ");
    terminal.wait_for("\r\x1b[Kconnections  10, opened in ");
    terminal.wait_for("messages     30000 of 125 B");
    assert_eq!(terminal.finish(), Some(0));
}

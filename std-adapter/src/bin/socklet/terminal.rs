//! Standard output and error: colours where they are wanted, nothing that upsets a terminal.

use std::{
    env,
    fmt::{Display, Write as _},
    io::{self, IsTerminal, Write, stderr, stdout},
};

use socklet_core::Message;
use socklet_std::dump::{Direction, Entry};
use socklet_std::permessage_deflate::Volume;

/// A style of the terminal: the number of its SGR escape sequence.
#[derive(Debug, Clone, Copy)]
enum Style {
    Red = 31,
    Green = 32,
    Cyan = 36,
}

/// Tells on standard error what went wrong, in one line.
pub(crate) fn error(message: impl Display) {
    line(Style::Red, "socklet: ", message);
}

/// Tells on standard error what happens, in one line.
pub(crate) fn note(message: impl Display) {
    line(Style::Cyan, "", message);
}

/// Tells how much smaller the compressed messages were, if there were any.
pub(crate) fn volume(direction: impl Display, volume: Option<Volume>) {
    if let Some(Volume { plain, compressed }) = volume.filter(|volume| volume.compressed != 0) {
        let ratio = plain as f64 / compressed as f64;
        note(format_args!("{direction} {plain} B as {compressed} B: {ratio:.2} to 1"));
    }
}

/// Prints a frame on standard error.
pub(crate) fn frame(entry: &Entry<'_>) {
    let style = match entry.direction {
        Direction::Outbound => Style::Green,
        Direction::Inbound => Style::Cyan,
    };
    line(style, "", entry);
}

/// One line, in one write: those of several threads do not mix.
fn line(style: Style, prefix: &str, message: impl Display) {
    let line = format!("{prefix}{message}").replace('\n', " ");
    let line = if is_coloured() {
        format!("\x1b[{}m{line}\x1b[0m\n", style as u8)
    } else {
        format!("{line}\n")
    };
    // Where standard error is gone, nobody can be told.
    let _ = stderr().lock().write_all(line.as_bytes());
}

/// Colours are for terminals, and for those who do not mind (<https://no-color.org>).
fn is_coloured() -> bool {
    let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || env::var_os("TERM").is_some_and(|value| value == "dumb");
    !unwanted && stderr().is_terminal()
}

/// Prints a message on standard output: text as a line, bytes as they are or, for a terminal,
/// in hexadecimal digits.
pub(crate) fn message(message: Message<'_>) -> io::Result<()> {
    let mut out = stdout().lock();
    match message {
        Message::Text(text) if out.is_terminal() => writeln!(out, "{}", printable(text))?,
        Message::Text(text) => {
            out.write_all(text.as_bytes())?;
            out.write_all(b"\n")?;
        }
        Message::Binary(bytes) if out.is_terminal() => writeln!(out, "{}", hex(bytes))?,
        Message::Binary(bytes) => out.write_all(bytes)?,
    }
    out.flush()
}

/// The text without what would control the terminal.
fn printable(text: &str) -> String {
    let escape = |char: char| char.is_control() && !matches!(char, '\n' | '\t');
    text.chars().fold(String::with_capacity(text.len()), |mut printable, char| {
        if escape(char) {
            printable.extend(char.escape_default());
        } else {
            printable.push(char);
        }
        printable
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

//! Standard output and error: colours where they are wanted, nothing that upsets a terminal, and
//! nothing in the middle of a line that is being typed.

mod hexview;

use std::{
    env,
    fmt::Display,
    io::{self, IsTerminal, Write, stderr, stdout},
    net::SocketAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use socklet_core::Message;
use socklet_std::dump::{Direction, Entry};
use socklet_std::permessage_deflate::Volume;

use crate::clock;

/// A style of the terminal: the number of its SGR escape sequence.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Style {
    Red = 31,
    Green = 32,
    Cyan = 36,
}

impl From<Direction> for Style {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Outbound => Self::Green,
            Direction::Inbound => Self::Cyan,
        }
    }
}

/// Prints above the line that is being typed.
pub(crate) type Printer = Box<dyn FnMut(String) + Send>;

/// Who has the terminal, while somebody types.
static PRINTER: Mutex<Option<Printer>> = Mutex::new(None);

/// Whether each line begins with the time.
static TIMESTAMPS: AtomicBool = AtomicBool::new(false);

/// Whether somebody types.
static IS_TYPED: AtomicBool = AtomicBool::new(false);

/// Has everything printed above the line that is being typed.
#[cfg(all(unix, feature = "line-editor"))]
pub(crate) fn set_printer(printer: Printer) {
    *PRINTER.lock().unwrap_or_else(PoisonError::into_inner) = Some(printer);
    IS_TYPED.store(true, Ordering::Relaxed);
}

/// Has nothing printed above it any more, even if the printer hangs.
#[cfg(all(unix, feature = "line-editor"))]
pub(crate) fn forget_printer() {
    IS_TYPED.store(false, Ordering::Relaxed);
}

/// Prints above the line that is being typed, if there is one.
fn print_above(text: impl FnOnce() -> String) -> bool {
    let is_typed = IS_TYPED.load(Ordering::Relaxed);
    if is_typed && let Some(print) = &mut *PRINTER.lock().unwrap_or_else(PoisonError::into_inner) {
        print(text());
    }
    is_typed
}

/// Begins each line with the time from now on.
pub(crate) fn show_times() {
    TIMESTAMPS.store(true, Ordering::Relaxed);
}

/// The time with a space behind it, if it is wanted.
fn time() -> String {
    if TIMESTAMPS.load(Ordering::Relaxed) { clock::now() + " " } else { String::new() }
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

/// Prints a frame on standard error, with its peer if there are several.
pub(crate) fn frame(peer: Option<SocketAddr>, entry: &Entry<'_>) {
    let peer = peer.map(|peer| format!("{peer} ")).unwrap_or_default();
    line(entry.direction.into(), &peer, entry);
}

/// One line, in one write: those of several threads do not mix.
fn line(style: Style, prefix: &str, message: impl Display) {
    let line = format!("{}{prefix}{message}", time()).replace('\n', " ");
    let line = painted(line, style, is_coloured(&stderr())) + "\n";
    if !print_above(|| line.clone()) {
        // Where standard error is gone, nobody can be told.
        let _ = stderr().lock().write_all(line.as_bytes());
    }
}

/// The text in a colour, if that is wanted.
pub(crate) fn painted(text: String, style: Style, is_coloured: bool) -> String {
    if is_coloured { format!("\x1b[{}m{text}\x1b[0m", style as u8) } else { text }
}

/// Colours are for terminals, and for those who do not mind (<https://no-color.org>).
pub(crate) fn is_coloured(out: &impl IsTerminal) -> bool {
    let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || env::var_os("TERM").is_some_and(|value| value == "dumb");
    !unwanted && out.is_terminal()
}

/// Prints on standard output.
pub(crate) fn print(bytes: &[u8]) -> io::Result<()> {
    if print_above(|| String::from_utf8_lossy(bytes).into_owned()) {
        return Ok(());
    }
    let mut out = stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

/// Prints a message that was received on standard output: text as a line, bytes as they are or, for
/// people, as offsets, bytes and characters.
pub(crate) fn message(message: Message<'_>) -> io::Result<()> {
    let out = stdout();
    let (is_terminal, is_coloured) = (out.is_terminal(), is_coloured(&out));
    // Beside what is typed it has to be told apart.
    let mark = if IS_TYPED.load(Ordering::Relaxed) { "< " } else { "" };
    match message {
        Message::Text(text) if is_terminal => {
            let line = format!("{}{mark}{}", time(), printable(text));
            print((painted(line, Style::Cyan, is_coloured) + "\n").as_bytes())
        }
        Message::Text(text) => print(format!("{}{text}\n", time()).as_bytes()),
        Message::Binary(bytes) if is_terminal || TIMESTAMPS.load(Ordering::Relaxed) => {
            let head = format!("{}{mark}{} bytes", time(), bytes.len());
            let head = painted(head, Style::Cyan, is_coloured);
            print((head + "\n" + &hexview::shown(bytes, is_coloured)).as_bytes())
        }
        Message::Binary(bytes) => print(bytes),
    }
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

//! A line that is typed on a terminal: it can be edited, and earlier ones come back. What arrives
//! meanwhile is printed above it.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{self, IsTerminal, Write, stderr, stdin, stdout},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
    time::Duration,
};

use nix::sys::{
    signal::{Signal, raise},
    termios::{SetArg, Termios, tcgetattr, tcsetattr},
};
use rustyline::{Config, ExternalPrinter, error::ReadlineError, history::MemHistory};
use socklet_std::Message;
use tokio::sync::mpsc::Sender;

use crate::terminal::{Style, forget_printer, is_coloured, painted, set_printer};

/// Lines that come back.
const HISTORY_LINES: usize = 1000;

/// For what has arrived to be printed, at the end.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// The terminal as it was, to which this sets it back.
pub(super) struct Editing {
    before: Termios,
}

/// Reads lines from the terminal and hands them on, if standard input and output are one that can do
/// it.
pub(super) fn start(keeps_history: bool, lines: &Sender<io::Result<Message>>) -> Option<Editing> {
    if !(stdin().is_terminal() && stdout().is_terminal() && stderr().is_terminal()) {
        return None;
    }
    let config = Config::builder()
        .max_history_size(HISTORY_LINES)
        .ok()?
        // Each line that is pasted is one.
        .bracketed_paste(false)
        .build();
    let before = tcgetattr(stdin()).ok()?;
    let history = MemHistory::with_config(&config);
    let mut editor = rustyline::Editor::<(), _>::with_history(config, history).ok()?;
    // A terminal that cannot do it has none.
    let mut printer = editor.create_external_printer().ok()?;
    let path = if keeps_history { history_path() } else { None };
    for line in path.as_deref().map(earlier_lines).unwrap_or_default() {
        editor.add_history_entry(line).ok()?;
    }
    let print = move |text| drop(printer.print(text));
    set_printer(Box::new(print));
    let (typed, to_forward) = mpsc::channel();
    let lines = lines.clone();
    // What is typed ahead has no bound: this thread prints what arrives, and must not wait for the
    // one that has something to print.
    thread::spawn(move || {
        while let Ok(Some(line)) = to_forward.recv() {
            if lines.blocking_send(line).is_err() {
                return;
            }
        }
    });
    let prompt = painted("> ".to_owned(), Style::Green, is_coloured(&stdout()));
    thread::spawn(move || edit(&mut editor, prompt, path, &typed));
    Some(Editing { before })
}

/// Reads lines for as long as the process lives: what is read is of no use after the end of the
/// input, but what arrives has to be printed.
fn edit(
    editor: &mut rustyline::Editor<(), MemHistory>,
    mut prompt: String,
    history: Option<PathBuf>,
    typed: &mpsc::Sender<Option<io::Result<Message>>>,
) {
    let mut history = history.and_then(|path| append(&path));
    loop {
        // Who does not listen any more is about to end the process.
        let _ = match editor.readline(prompt.as_str()) {
            Ok(_) if prompt.is_empty() => Ok(()),
            Ok(line) => {
                let is_new = editor.add_history_entry(line.as_str()).unwrap_or(false);
                if let Some(file) = history.as_mut().filter(|_| is_new) {
                    // A convenience: a full disk keeps nobody from talking.
                    let _ = file.write_all(format!("{line}\n").as_bytes());
                }
                typed.send(Some(Ok(line.into())))
            }
            Err(ReadlineError::Eof) => {
                prompt.clear();
                typed.send(None)
            }
            // In this mode Ctrl+C is a character.
            Err(ReadlineError::Interrupted) => {
                let _ = raise(Signal::SIGINT);
                Ok(())
            }
            Err(error) => {
                // Nobody else takes what arrives.
                forget_printer();
                let _ = typed.send(Some(Err(io::Error::other(error))));
                return;
            }
        };
    }
}

impl Drop for Editing {
    /// Prints what has arrived and leaves the terminal as it was.
    fn drop(&mut self) {
        let (printed, is_printed) = mpsc::channel();
        thread::spawn(move || {
            // The printer holds one that is not taken yet: of three, the first has been printed when
            // the last is handed over. They do nothing: a line up, and one down.
            for _ in 0..3 {
                let _ = crate::terminal::print(b"\x1b[A\n");
            }
            let _ = printed.send(());
        });
        // Who reads the terminal has gone, perhaps.
        let _ = is_printed.recv_timeout(LAST_WORDS);
        forget_printer();
        let _ = tcsetattr(stdin(), SetArg::TCSADRAIN, &self.before);
        // Without the line that nobody is going to end.
        let _ = stdout().lock().write_all(b"\r\x1b[K");
        let _ = stdout().lock().flush();
    }
}

/// Where lines are kept: `$XDG_STATE_HOME/socklet/history`.
fn history_path() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))?;
    Some(state.join("socklet/history"))
}

/// The last lines of the file, if there is one; of a long file the others go.
fn earlier_lines(path: &Path) -> Vec<String> {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let too_many = lines.len().saturating_sub(HISTORY_LINES);
    lines.drain(..too_many);
    if too_many > HISTORY_LINES {
        // As when it is written to.
        let _ = fs::write(path, lines.join("\n") + "\n");
    }
    lines
}

/// The file, for its owner alone: what is typed may be secret.
fn append(path: &Path) -> Option<File> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path.parent()?).ok()?;
    OpenOptions::new().create(true).append(true).mode(0o600).open(path).ok()
}

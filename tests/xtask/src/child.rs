//! Programs that run beside this one: their output is read line by line and kept in a log, each
//! wait has a time limit, and none outlives this program.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::command::{program, succeeds};

/// A running program. Dropping it ends it.
pub(crate) struct Child {
    name: String,
    log: PathBuf,
    inner: std::process::Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Child {
    /// Starts a program; what it prints goes to `DIR/NAME.log`, errors to `DIR/NAME.err`.
    pub(crate) fn start(name: &str, command: &Command, dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir)?;
        let log = dir.join(format!("{name}.log"));
        let mut command = tied(command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(File::create(log.with_extension("err"))?);
        let mut inner = command.spawn().map_err(|e| format!("{name}: cannot start: {e}"))?;
        let (sender, lines) = channel();
        let stdin = inner.stdin.take();
        let stdout = inner.stdout.take().ok_or("standard output is a pipe")?;
        let copy = File::create(&log)?;
        thread::spawn(move || forward(stdout, copy, |line| drop(sender.send(line))));
        Ok(Self { name: name.to_owned(), log, inner, stdin, lines })
    }

    /// Waits for the next line that the program prints; `None` at the end of its output.
    pub(crate) fn line(&self, limit: Duration) -> Result<Option<String>> {
        match self.lines.recv_timeout(limit) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                Err(self.complain(&format!("printed nothing for {} s", limit.as_secs())))
            }
        }
    }

    /// Waits for the next line that the program prints; the end of its output is an error.
    pub(crate) fn answer(&self, limit: Duration) -> Result<String> {
        self.line(limit)?.ok_or_else(|| self.complain("ended without an answer"))
    }

    /// Waits for a line that starts with `prefix` and returns the rest of it.
    pub(crate) fn line_after(&self, prefix: &str, limit: Duration) -> Result<String> {
        let end = Instant::now() + limit;
        while let Some(line) = self.line(end.saturating_duration_since(Instant::now()))? {
            if let Some(rest) = line.strip_prefix(prefix) {
                return Ok(rest.trim().to_owned());
            }
        }
        Err(self.complain(&format!("ended without printing `{prefix}`")))
    }

    /// Writes a line to the program's standard input.
    pub(crate) fn tell(&mut self, line: &str) -> Result<()> {
        let stdin = self.stdin.as_mut().ok_or("standard input is closed")?;
        let written = writeln!(stdin, "{line}").and_then(|()| stdin.flush());
        written.map_err(|e| self.complain(&format!("does not read `{line}`: {e}")))
    }

    /// Returns the number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.inner.id()
    }

    /// Says whether the program still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.inner.try_wait(), Ok(None))
    }

    /// Asks the program to end (SIGTERM).
    pub(crate) fn terminate(&self) {
        // When it has already ended there is nobody to ask.
        succeeds(program("kill", &["-TERM", &self.inner.id().to_string()]));
    }

    /// Closes the program's standard input and waits for its end; past the limit it is killed,
    /// which is an error.
    pub(crate) fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        drop(self.stdin.take());
        let end = Instant::now() + limit;
        loop {
            if let Some(status) = self.inner.try_wait()? {
                return Ok(status);
            }
            if Instant::now() >= end {
                self.kill();
                return Err(self.complain(&format!("still ran after {} s", limit.as_secs())));
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for the end of the program; an exit code other than 0 is an error.
    pub(crate) fn finish(&mut self, limit: Duration) -> Result<()> {
        let status = self.wait(limit)?;
        if status.success() { Ok(()) } else { Err(self.complain(&status.to_string())) }
    }

    /// Makes an error of what the program did, with the end of what it wrote.
    fn complain(&self, what: &str) -> Box<dyn std::error::Error + Send + Sync> {
        let mut text = format!("{}: {what}, see {}", self.name, self.log.display());
        let errors = fs::read(self.log.with_extension("err")).unwrap_or_default();
        let errors = String::from_utf8_lossy(&errors);
        let lines: Vec<&str> = errors.lines().collect();
        for line in lines.iter().skip(lines.len().saturating_sub(8)) {
            text.push_str("\n    ");
            text.push_str(line);
        }
        text.into()
    }

    /// Ends the program at once.
    pub(crate) fn kill(&mut self) {
        // Fails when it has already ended, which is as good.
        drop(self.inner.kill());
        drop(self.inner.wait());
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Returns the command such that the kernel kills the program when this one dies, be it by a
/// signal: `Drop` alone would not. (Where there is no setpriv, the command itself.)
fn tied(command: &Command) -> Command {
    let mut tied = if cfg!(target_os = "linux") {
        let mut tied = program("setpriv", &["--pdeathsig", "KILL", "--"]);
        tied.arg(command.get_program());
        tied
    } else {
        Command::new(command.get_program())
    };
    tied.args(command.get_args());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => tied.env(key, value),
            None => tied.env_remove(key),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        tied.current_dir(dir);
    }
    tied
}

/// Hands on each line and keeps a copy, to the end of the stream.
fn forward(stdout: ChildStdout, mut copy: File, hand_on: impl Fn(String)) {
    for line in BufReader::new(stdout).split(b'\n') {
        let Ok(line) = line else { break };
        let line = String::from_utf8_lossy(&line).into_owned();
        // A log that cannot be written is no reason to stop reading.
        drop(writeln!(copy, "{line}"));
        hand_on(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    fn shell(name: &str, script: &str) -> Child {
        let dir = std::env::temp_dir().join("xtask-child-tests");
        Child::start(name, &program("sh", &["-c", script]), &dir).unwrap()
    }

    #[test]
    fn lines_go_in_and_out() {
        let mut child = shell("cat", "echo ready at 1; cat; exit 3");
        assert_eq!(child.line_after("ready at", SOON).unwrap(), "1");
        child.tell("hello").unwrap();
        assert_eq!(child.line(SOON).unwrap().as_deref(), Some("hello"));
        assert!(child.is_running());
        assert_eq!(child.wait(SOON).unwrap().code(), Some(3));
        assert_eq!(child.line(SOON).unwrap(), None);
        assert!(!child.is_running());
    }

    #[test]
    fn a_program_that_hangs_is_killed_and_its_last_words_are_told() {
        let mut child = shell("hangs", "echo last words >&2; echo up; sleep 1000");
        child.line_after("up", SOON).unwrap();
        let error = child.finish(Duration::from_millis(50)).unwrap_err().to_string();
        assert!(error.contains("still ran") && error.contains("last words"), "{error}");
    }
}

//! Runs other programs: says what it runs, streams what they print, and turns exit codes into
//! errors and tallies.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::{Result, Tally};

/// Returns a command that is found on the path, with its arguments.
pub(crate) fn program(name: impl AsRef<OsStr>, args: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(args);
    command
}

/// Returns the cargo that runs this program, with its arguments.
pub(crate) fn cargo(args: &[&str]) -> Command {
    program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), args)
}

/// Returns the directory that cargo builds into.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let dir = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    Ok(std::path::absolute(dir)?)
}

/// Runs a command to its end; an exit code other than 0 is an error.
pub(crate) fn run(mut command: Command) -> Result<()> {
    announce(&command);
    let status = command.status().map_err(|e| cannot_start(&command, &e))?;
    success(&command, status)
}

/// Runs a command to its end and counts it as one check.
pub(crate) fn check(command: Command) -> Result<Tally> {
    match run(command) {
        Ok(()) => Ok(Tally::one(true)),
        Err(error) => {
            eprintln!("{error}");
            Ok(Tally::one(false))
        }
    }
}

/// Runs `cargo test` and adds up the tests of all its programs; a run that breaks without a
/// failed test (it does not compile, it aborts) counts as one failure.
pub(crate) fn check_tests(command: Command) -> Result<Tally> {
    check_lines(command, Tally::from_test_result)
}

/// Runs the tests of Node.js, reported as TAP, and adds them up in the same way.
pub(crate) fn check_node_tests(command: Command) -> Result<Tally> {
    check_lines(command, Tally::from_tap_summary)
}

/// Runs a command that tests, shows its lines, and adds up those that count.
fn check_lines(mut command: Command, count: fn(&str) -> Option<Tally>) -> Result<Tally> {
    announce(&command);
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(|e| cannot_start(&command, &e))?;
    let mut tally = Tally::default();
    if let Some(stdout) = child.stdout.take() {
        // Bytes, not lines of text: a test may print what is not UTF-8.
        for line in BufReader::new(stdout).split(b'\n') {
            let line = line?;
            let mut out = std::io::stdout().lock();
            out.write_all(&line)?;
            out.write_all(b"\n")?;
            if let Some(result) = count(&String::from_utf8_lossy(&line)) {
                tally += result;
            }
        }
    }
    if let Err(error) = success(&command, child.wait()?)
        && tally.failed == 0
    {
        eprintln!("{error}");
        tally.count(false);
    }
    Ok(tally)
}

/// Runs a command quietly and returns what it wrote to its standard output.
pub(crate) fn output(mut command: Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|e| cannot_start(&command, &e))?;
    success(&command, output.status)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Says whether a command exists and exits with success, whatever it prints.
pub(crate) fn succeeds(mut command: Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

/// Runs a command and returns what it wrote; past the time limit it is ended, which is an error.
/// For output that fits a pipe (64 KiB).
pub(crate) fn output_within(limit: Duration, mut command: Command) -> Result<String> {
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|e| cannot_start(&command, &e))?;
    let end = Instant::now() + limit;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() >= end {
            child.kill()?;
            child.wait()?;
            return Err(format!("{}: ended after {} s", shown(&command), limit.as_secs()).into());
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let mut text = Vec::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_end(&mut text)?;
    }
    success(&command, status)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn announce(command: &Command) {
    println!("$ {}", shown(command));
}

/// Shows a command as one would type it.
fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut text = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for arg in command.get_args() {
        text.push(' ');
        text.push_str(&arg.to_string_lossy());
    }
    text
}

fn cannot_start(command: &Command, error: &std::io::Error) -> String {
    format!("{}: cannot start: {error}", shown(command))
}

fn success(command: &Command, status: ExitStatus) -> Result<()> {
    if status.success() { Ok(()) } else { Err(format!("{}: {status}", shown(command)).into()) }
}

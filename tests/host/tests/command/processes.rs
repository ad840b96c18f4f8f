//! Processes that are started, fed, read and always ended.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// No process of these tests takes longer, on whatever machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the command is, built once: it belongs to another package, so that Cargo does not do it.
pub(crate) fn path() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let profile_dir = test.ancestors().nth(2).unwrap();
        let mut build = Command::new(env!("CARGO"));
        // The whole workspace, for the same features of the dependencies: they are not built anew.
        build.args(["build", "--quiet", "--workspace", "--bin", "socklet"]);
        build.args(["--features", "socklet-std/line-editor"]);
        if profile_dir.ends_with("release") {
            build.arg("--release");
        }
        build.arg("--target-dir").arg(profile_dir.parent().unwrap());
        assert!(build.status().unwrap().success(), "the command does not build");
        profile_dir.join("socklet").to_str().unwrap().to_owned()
    })
}

/// The command, to be given arguments.
pub(crate) fn socklet() -> Command {
    Command::new(path())
}

/// Writes a file for a test.
pub(crate) fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The command, with so many file descriptors at most.
fn limited(descriptors: u32) -> Command {
    let mut command = Command::new("sh");
    let script = format!("ulimit -n {descriptors}; exec \"$0\" \"$@\"");
    command.args(["-c", &script, path()]);
    command
}

/// Both servers: one asynchronous task a connection, and one thread.
pub(crate) const FLAVOURS: [&[&str]; 2] = [&[], &["--blocking"]];

/// Runs `socklet connect` with this standard input.
pub(crate) fn connect(args: &[&str], input: &[u8]) -> Ended {
    let mut command = socklet();
    command.arg("connect").args(args);
    run(command, input)
}

/// As [`connect`], with so many file descriptors at most.
pub(crate) fn connect_limited(descriptors: u32, args: &[&str], input: &[u8]) -> Ended {
    let mut command = limited(descriptors);
    command.arg("connect").args(args);
    run(command, input)
}

/// What a process has left behind.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Ended {
    /// Standard output, which has to be text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    /// Whether standard error is one line that names the program.
    pub(crate) fn is_one_line_of_error(&self) -> bool {
        self.stderr.starts_with("socklet: ") && self.stderr.lines().count() == 1
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: Command, input: &[u8]) -> Ended {
    let (mut running, mut stdin) = Running::spawn(command);
    let input = input.to_vec();
    let feeder = thread::spawn(move || {
        // A command that fails early does not read.
        let _ = stdin.write_all(&input);
    });
    let ended = running.wait();
    feeder.join().unwrap();
    ended
}

/// Runs a command to its end, with this file as its standard input.
pub(crate) fn run_from(command: Command, input: File) -> Ended {
    Running::spawn_with(command, input.into()).0.wait()
}

/// A process that runs; it is ended with this value.
pub(crate) struct Running {
    child: Child,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: Receiver<String>,
    /// The lines of standard error that have been looked at.
    seen: String,
}

impl Running {
    /// Starts `socklet` with its standard input open.
    pub(crate) fn start(args: &[&str]) -> (Self, ChildStdin) {
        let mut command = socklet();
        command.args(args);
        Self::spawn(command)
    }

    fn spawn(command: Command) -> (Self, ChildStdin) {
        let (running, stdin) = Self::spawn_with(command, Stdio::piped());
        (running, stdin.unwrap())
    }

    fn spawn_with(mut command: Command, stdin: Stdio) -> (Self, Option<ChildStdin>) {
        command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take();
        let mut stdout = child.stdout.take().unwrap();
        let stdout = thread::spawn(move || {
            let mut bytes = Vec::new();
            stdout.read_to_end(&mut bytes).unwrap();
            bytes
        });
        let stderr = lines(child.stderr.take().unwrap());
        (Self { child, stdout: Some(stdout), stderr, seen: String::new() }, stdin)
    }

    /// Waits until a line of standard error contains this.
    pub(crate) fn stderr_contains(&mut self, what: &str) {
        loop {
            let line = self.stderr.recv_timeout(PATIENCE).unwrap();
            self.seen.push_str(&line);
            if line.contains(what) {
                return;
            }
        }
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> Ended {
        let code = wait(&mut self.child);
        let stdout = self.stdout.take().unwrap().join().unwrap();
        self.seen.extend(self.stderr.iter());
        Ended { code, stdout, stderr: std::mem::take(&mut self.seen) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `socklet serve` on a free port.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    log: Receiver<String>,
}

impl Server {
    /// Starts it and waits until it is ready.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut command = socklet();
        command.args(["serve", "--addr", "127.0.0.1:0"]).args(args);
        Self::spawn(command)
    }

    /// Starts it with so many file descriptors at most.
    pub(crate) fn start_limited(args: &[&str], descriptors: u32) -> Self {
        let mut command = limited(descriptors);
        command.args(["serve", "--addr", "127.0.0.1:0"]).args(args);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let log = lines(child.stderr.take().unwrap());
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let address = ready.strip_prefix("listening on ").unwrap_or_else(|| panic!("{ready:?}"));
        Self { child, address: address.trim_end().to_owned(), log }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    pub(crate) fn port(&self) -> &str {
        self.address.rsplit(':').next().unwrap()
    }

    /// The next line of its log.
    pub(crate) fn log_line(&self) -> String {
        self.log.recv_timeout(PATIENCE).unwrap()
    }

    /// What is left of its log, once it has ended.
    pub(crate) fn rest_of_log(&self) -> String {
        self.log.iter().collect()
    }

    /// Processor time that it has used so far.
    pub(crate) fn cpu_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // utime and stime, the 14th and 15th field, in hundredths of a second; the second field
        // may hold spaces but ends with the last parenthesis.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Its memory, in KiB.
    pub(crate) fn memory_kib(&self) -> usize {
        self.status("VmRSS:")
    }

    /// The most memory that it has had so far, in KiB.
    pub(crate) fn peak_memory_kib(&self) -> usize {
        self.status("VmHWM:")
    }

    pub(crate) fn threads(&self) -> usize {
        self.status("Threads:")
    }

    /// A number that the system knows of it.
    fn status(&self, name: &str) -> usize {
        let status = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(status).unwrap();
        let value = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        value.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// How many file descriptors it has open.
    pub(crate) fn descriptors(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// Waits for its end and returns its exit status.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        wait(&mut self.child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines that come, each with its end.
fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).unwrap() != 0 {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
            line.clear();
        }
    });
    receiver
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Waits for a process, but not for ever.
fn wait(child: &mut Child) -> Option<i32> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    panic!("the process did not end");
}

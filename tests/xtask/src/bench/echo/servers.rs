//! The servers and the load, as programs of `tests/bench` on a processor each.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{Case, Files, Kind, dir};
use crate::Result;
use crate::bench::MANIFEST;
use crate::child::Child;
use crate::command::{cargo, output_within, program, run as run_command};

/// The processor of the server, and that of the load.
const PROCESSORS: [&str; 2] = ["0", "1"];

/// How long a server is loaded for one figure.
const TURN: &str = "80ms";

/// Far more than anything here takes.
const LIMIT: Duration = Duration::from_secs(120);

/// The programs, built, and what they need.
pub(super) struct Programs {
    dir: PathBuf,
    files: Files,
}

/// A server that runs. Dropping it ends it.
pub(super) struct Server {
    child: Child,
    address: String,
    peer: &'static str,
}

impl Programs {
    pub(super) fn build() -> Result<Self> {
        run_command(cargo(&["build", "--release", "--locked", "--manifest-path", MANIFEST]))?;
        let dir = Path::new(MANIFEST).with_file_name("target/release");
        Ok(Self { dir: std::path::absolute(dir)?, files: Files::make()? })
    }

    pub(super) fn serve(&self, peer: &'static str, kind: Kind) -> Result<Server> {
        // As many descriptors as the system lets us have.
        let script = "ulimit -n \"$(ulimit -Hn)\"; exec \"$0\" \"$@\"";
        let mut command = program("sh", &["-c", script, "taskset", "-c", PROCESSORS[0]]);
        command.args(self.server(peer, kind).get_program_and_args());
        Server::start(peer, &command)
    }

    /// Processor time of a server for a message, in nanoseconds.
    pub(super) fn time(&self, server: &Server, case: Case) -> Result<f64> {
        self.load(server, case, TURN).map(|(_, cpu_ns)| cpu_ns)
    }

    /// System calls of a server for a message: those of a long run less those of a short one.
    pub(super) fn calls(&self, peer: &'static str, case: Case) -> Result<f64> {
        let count = |messages: u32| -> Result<(f64, f64)> {
            let path = dir()?.join("calls.txt");
            let mut strace = program("strace", &["-f", "-c", "-o"]);
            strace.arg(&path).args(self.server(peer, case.kind).get_program_and_args());
            let mut server = Server::start(peer, &strace)?;
            let (messages, _) = self.load(&server, case, &messages.to_string())?;
            server.child.finish(LIMIT)?;
            Ok((messages, total_calls(&fs::read_to_string(path)?)?))
        };
        let (few, more) = (count(100 * case.depth)?, count(300 * case.depth)?);
        Ok((more.1 - few.1) / (more.0 - few.0))
    }

    /// Bytes for a connection: idle, and after some messages.
    pub(super) fn memory(&self, server: &Server, connections: u32) -> Result<(f64, f64)> {
        let script = "ulimit -n \"$(ulimit -Hn)\"; exec \"$0\" \"$@\"";
        let mut load = program("sh", &["-c", script]);
        load.arg(self.dir.join("echo-load"));
        load.args(["memory", &server.address, &server.child.id().to_string()]);
        load.arg(connections.to_string());
        two_numbers(&output_within(LIMIT, load)?)
    }

    fn load(&self, server: &Server, case: Case, amount: &str) -> Result<(f64, f64)> {
        let kind = match case.kind {
            _ if server.peer == "raw" => "raw".to_owned(),
            Kind::Plain => "plain".to_owned(),
            Kind::Tls => format!("tls={}", self.files.certificates.ca.display()),
            Kind::Deflate => format!("deflate={}", self.files.corpus(case.what).display()),
        };
        let len = if case.kind == Kind::Deflate { "0" } else { case.what };
        let mut load = program("taskset", &["-c", PROCESSORS[1]]);
        load.arg(self.dir.join("echo-load")).args([&kind, &server.address]);
        load.args([&server.child.id().to_string(), len, &case.depth.to_string(), amount]);
        two_numbers(&output_within(LIMIT, load)?)
    }

    fn server(&self, peer: &str, kind: Kind) -> Command {
        let mut server = program(self.dir.join("echo-server"), &[peer]);
        match kind {
            Kind::Plain => {}
            Kind::Deflate => _ = server.arg("--deflate"),
            Kind::Tls => {
                let certificates = &self.files.certificates;
                server.arg("--tls").args([&certificates.cert, &certificates.key]);
            }
        }
        server
    }
}

impl Server {
    fn start(peer: &'static str, command: &Command) -> Result<Self> {
        let child = Child::start(peer, command, &dir()?)?;
        let address = child.line_after("listening on ", LIMIT)?;
        Ok(Self { child, address, peer })
    }
}

/// The sum that `strace -c` writes: share, seconds, microseconds a call, calls.
fn total_calls(summary: &str) -> Result<f64> {
    let line = summary.lines().find(|line| line.trim_end().ends_with(" total"));
    let calls = line.and_then(|line| line.split_whitespace().nth(3));
    Ok(calls.ok_or("strace has counted nothing")?.parse()?)
}

fn two_numbers(line: &str) -> Result<(f64, f64)> {
    let (first, second) = line.trim().split_once(' ').ok_or("the load says no two numbers")?;
    Ok((first.parse()?, second.parse()?))
}

/// A command as arguments of another.
trait AsArguments {
    fn get_program_and_args(&self) -> impl Iterator<Item = &std::ffi::OsStr>;
}

impl AsArguments for Command {
    fn get_program_and_args(&self) -> impl Iterator<Item = &std::ffi::OsStr> {
        std::iter::once(self.get_program()).chain(self.get_args())
    }
}

#[cfg(test)]
mod tests {
    use super::{total_calls, two_numbers};

    const SUMMARY: &str = "\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.000600           6       100           recvfrom
 40.00    0.000400           4       100         1 sendto
------ ----------- ----------- --------- --------- ----------------
100.00    0.001000           5       200         1 total
";

    #[test]
    fn the_sum_of_calls_is_read() {
        assert_eq!(total_calls(SUMMARY).unwrap(), 200.0);
        assert!(total_calls("nothing").is_err());
    }

    #[test]
    fn a_load_says_two_numbers() {
        assert_eq!(two_numbers("3200 417\n").unwrap(), (3200.0, 417.0));
        assert!(two_numbers("3200").is_err());
    }
}

//! Installs the suite and runs it, in either direction.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::cases::Selection;
use super::judge::{Outcome, Verdict};
use crate::Result;
use crate::child::Child;
use crate::command::{output, program, run, target_dir};
use crate::setup;

/// One case with a client: the suite gives up on its longest after 100 seconds.
const CASE_LIMIT: Duration = Duration::from_secs(130);

/// For what takes no time.
const SOON: Duration = Duration::from_secs(30);

/// Between two attempts.
const SHORTLY: Duration = Duration::from_millis(200);

/// The suite, installed.
pub(super) struct Suite {
    home: PathBuf,
}

impl Suite {
    /// Installs the suite below the target directory, if it is not there.
    pub(super) fn install() -> Result<Self> {
        let home = target_dir()?.join("autobahn");
        let mut install = program("tests/conformance/install", &[]);
        install.env("PYTHON", setup::python()?).arg(&home);
        run(install)?;
        Ok(Self { home })
    }

    /// Returns the directory for the output of everything that runs.
    pub(super) fn logs(&self) -> PathBuf {
        self.home.join("logs")
    }

    /// Runs the cases against a server that listens on `address`.
    pub(super) fn test_server(
        &self,
        name: &str,
        address: &str,
        selection: &Selection,
    ) -> Result<Outcome> {
        let servers = format!(r#""servers": [{{"agent": "{name}", "url": "ws://{address}"}}]"#);
        let wstest = self.wstest("fuzzingclient", name, &servers, selection)?;
        Child::start(&format!("{name}-suite"), &wstest, &self.logs())?.finish(selection.limit)?;
        Ok(Outcome { verdicts: self.verdicts(name)?, complaints: Vec::new() })
    }

    /// Runs the cases against a client: the suite listens on `listen`, and the client, a new
    /// process for each case, is sent to `connect`. `client` makes its command of arguments.
    pub(super) fn test_client(
        &self,
        name: &str,
        listen: SocketAddr,
        connect: SocketAddr,
        client: &dyn Fn(&[&str]) -> Command,
        selection: &Selection,
    ) -> Result<Outcome> {
        let url = format!(r#""url": "ws://{listen}""#);
        let wstest = self.wstest("fuzzingserver", name, &url, selection)?;
        let server = Child::start(&format!("{name}-suite"), &wstest, &self.logs())?;
        server.line_after("Ok, will run", SOON)?;

        let start = |args: &[&str]| Child::start(name, &client(args), &self.logs());
        let ask = || -> Result<String> {
            let mut asking = start(&["--print", &format!("ws://{connect}/getCaseCount")])?;
            let count = asking.line_after("", SOON)?;
            asking.finish(SOON)?;
            Ok(count)
        };
        // The suite says that it runs a moment before it listens.
        let asked = Instant::now();
        let count = loop {
            match ask() {
                Err(_) if asked.elapsed() < SOON => thread::sleep(SHORTLY),
                outcome => break outcome?,
            }
        };
        let count: usize = count.parse().map_err(|_| format!("not a number of cases: {count}"))?;

        let mut complaints = Vec::new();
        for index in 1..=count {
            let url = format!("ws://{connect}/runCase?case={index}&agent={name}");
            if let Err(error) = start(&[&url])?.finish(CASE_LIMIT) {
                complaints.push(format!("case number {index}: {error}"));
            }
        }
        let end = format!("ws://{connect}/updateReports?agent={name}");
        start(&[&end])?.finish(SOON)?;
        Ok(Outcome { verdicts: self.verdicts(name)?, complaints })
    }

    /// Writes the file that says what to run, and returns the command that runs it.
    fn wstest(
        &self,
        mode: &str,
        name: &str,
        peers: &str,
        selection: &Selection,
    ) -> Result<Command> {
        let reports = self.reports(name);
        fs::create_dir_all(&reports)?;
        let spec = reports.with_extension("json");
        let text = format!(
            r#"{{"outdir": {reports:?}, {peers}, "cases": {:?}, "exclude-cases": [], "exclude-agent-cases": {{}}}}"#,
            selection.patterns
        );
        fs::write(&spec, text)?;
        let mut wstest = program(self.home.join("bin/wstest"), &["-m", mode, "-s"]);
        wstest.arg(spec);
        Ok(wstest)
    }

    /// Reads the report.
    fn verdicts(&self, name: &str) -> Result<Vec<Verdict>> {
        let mut verdicts = program(self.home.join("bin/python"), &[]);
        verdicts.arg(Path::new("tests/conformance/verdicts.py")).arg(self.reports(name)).arg(name);
        output(verdicts)?.lines().map(Verdict::from_line).collect()
    }

    fn reports(&self, name: &str) -> PathBuf {
        self.home.join("reports").join(name)
    }
}

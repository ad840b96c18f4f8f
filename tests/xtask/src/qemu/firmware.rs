//! One run of a firmware, and what it printed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::board::{Board, Content};
use super::gateway::{FAIR, Gateway, Wire};
use crate::Result;
use crate::child::Child;

/// QEMU's own router, where the host is 10.0.2.2.
pub(crate) const ROUTER: &str = "user";

/// Between two lines of a client: the longest step takes a few seconds on a busy machine.
const LINE_LIMIT: Duration = Duration::from_secs(60);

/// For the emulator to end.
const END_LIMIT: Duration = Duration::from_secs(10);

/// A firmware that has been built.
pub(crate) struct Firmware {
    pub(crate) board: &'static Board,
    pub(crate) image: PathBuf,
    logs: PathBuf,
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Whether it ended with success.
    pub(crate) success: bool,
    /// All that it printed.
    pub(crate) lines: Vec<String>,
}

impl Firmware {
    /// Builds the firmware of a board.
    pub(crate) fn build(board: &'static Board, logs: &Path) -> Result<Self> {
        Ok(Self { board, image: board.build(Content::All)?, logs: logs.join(board.name) })
    }

    /// Builds the same with `ws` alone.
    pub(crate) fn plain(&self) -> Result<Self> {
        let image = self.board.build(Content::Ws)?;
        Ok(Self { board: self.board, image, logs: self.logs.clone() })
    }

    /// Builds the firmware of the board of this name.
    pub(crate) fn of_board(name: &str, logs: &Path) -> Result<Self> {
        Self::build(Board::find(name)?, logs)
    }

    /// Builds the firmware of the board of this name, with markers of what is counted.
    pub(crate) fn counted(name: &str, logs: &Path) -> Result<Self> {
        let board = Board::find(name)?;
        Ok(Self { board, image: board.build(Content::Counted)?, logs: logs.to_owned() })
    }

    /// Returns the directory for the output of everything that runs.
    pub(crate) fn logs(&self) -> &Path {
        &self.logs
    }

    /// Starts it. `name` is that of its log.
    pub(crate) fn start(&self, name: &str, network: &str, arguments: &str) -> Result<Child> {
        Child::start(name, &self.board.boot(&self.image, network, arguments), &self.logs)
    }

    /// Runs it to its end under a plugin of QEMU.
    pub(crate) fn run_under(&self, plugin: &str, name: &str, arguments: &str) -> Result<Outcome> {
        let mut boot = self.board.boot(&self.image, ROUTER, arguments);
        finish(&mut Child::start(name, boot.env("PLUGIN", plugin), &self.logs)?)
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, name: &str, arguments: &str) -> Result<Outcome> {
        match self.board.wire {
            Wire::Ethernet => finish(&mut self.start(name, ROUTER, arguments)?),
            Wire::Serial => {
                let gateway = Gateway::start(name, Wire::Serial, FAIR, "", &self.logs)?;
                finish(&mut self.start(name, &gateway.network, arguments)?)
            }
        }
    }
}

/// Takes the rest of what a firmware prints, to its end.
pub(crate) fn finish(child: &mut Child) -> Result<Outcome> {
    let mut lines = Vec::new();
    while let Some(line) = child.line(LINE_LIMIT)? {
        lines.push(line);
    }
    Ok(Outcome { success: child.wait(END_LIMIT)?.success(), lines })
}

impl Outcome {
    /// Returns a figure of this name.
    pub(crate) fn figure(&self, name: &str) -> Option<u64> {
        let words = |line: &String| {
            let (key, value) = line.strip_prefix("figure ")?.split_once(' ')?;
            if key == name { value.trim().parse().ok() } else { None }
        };
        self.lines.iter().find_map(words)
    }

    /// Says whether a line is there.
    pub(crate) fn has(&self, line: &str) -> bool {
        self.lines.iter().any(|there| there == line)
    }

    /// Returns what failed: `FAILED WHAT: WHY`, or the last line.
    pub(crate) fn failure(&self) -> &str {
        let failed = self.lines.iter().find(|line| line.starts_with("FAILED "));
        failed.or(self.lines.last()).map_or("nothing was printed", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn figures_and_failures_are_found() {
        let lines =
            ["figure stack-reserved 8", "figure stack 4", "FAILED close: late", "figure x 1"];
        let outcome = Outcome { success: false, lines: lines.map(str::to_owned).into() };
        assert_eq!(outcome.figure("stack"), Some(4));
        assert_eq!(outcome.figure("flash"), None);
        assert_eq!(outcome.failure(), "FAILED close: late");
        assert!(outcome.has("figure x 1") && !outcome.has("figure x"));
    }
}

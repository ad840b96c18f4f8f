//! The one entry to everything that this repository can do to itself: `cargo xtask VERB`.
//!
//! Each verb installs by itself what it needs and finds missing ([`setup`]), so that a fresh
//! machine with nothing but rustup runs `cargo xtask test` from a clean clone. A verb ends with
//! the line `N passed, N failed` and a non-zero exit code when a check failed.

mod api;
mod autobahn;
mod bench;
mod budgets;
mod child;
mod command;
mod cross;
mod demo;
mod endurance;
mod fuzz;
mod inspector;
mod instructions;
mod interop;
mod lanes;
mod minimal;
mod modules;
mod ours;
mod panic_free;
mod pico;
mod qemu;
mod setup;
mod size;
mod step;
mod tally;
mod test;

use std::path::Path;
use std::process::ExitCode;

pub(crate) use tally::Tally;

/// Any error: the only reader of one is a person.
pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// What every part of this program returns.
pub(crate) type Result<T> = std::result::Result<T, Error>;

const HELP: &str = "\
cargo xtask VERB

  demo                 firmware in QEMU talks to a host over verified TLS, with compression; and two
                       ends on this machine, with every frame as it crossed the wire
  test [STEP...]       every check, cheap ones first; or only those named (`test list` lists them)
  autobahn [--full] [PEER...]
                       the Autobahn suite: a selection, or all of it; with all our peers, or those
                       named, as server-tokio or boards
  interop [proxies]    other implementations and a browser, as clients and as servers; or nginx,
                       HAProxy, tinyproxy and microsocks between our clients and servers
  size [--update]      flash, state, stack and instructions of client and server on microcontrollers;
                       --update commits new budgets
  qemu [BOARD...]      firmware on emulated boards, as client and as server; --update commits
                       new budgets; --full [KIND...]: every case of Autobahn against the servers,
                       in hours, or those of some kinds of compressed messages, as 12.3
  pico                 firmware of real boards, built; that of an RP2040 with Ethernet in rp2040js
  bench deflate        the codec beside zlib, zlib-rs and miniz_oxide; --update commits the tables
  bench memory         instructions for a message beside other implementations; without --update
                       only ours, against the committed figures
  bench echo           servers that send back every message, ours beside others, over the loopback:
                       processor time, system calls, memory; --update commits the figures
  bench board          instructions for messages on microcontrollers beside other crates; --update
                       commits the tables
  bench tls            whose instructions a board executes over ws and over wss: TLS's, ours, the
                       network stack's; --update commits the table
  bench plots          the charts, drawn anew of what the benches have committed
  bench attacks        what attacks cost `socklet serve`; --update commits the table
  bench endurance [S]  `socklet serve` with thousands of connections, and for S seconds of compressed
                       messages; --update commits the figures
  fuzz [TARGET] [S]    tries inputs on the codec, the extension and connections, S seconds each;
                       --update commits the figures
  inspector [PART]     the frame inspector for JavaScript: its package, its page, or both; `build`
                       only builds them
  panic-free           proves that no panic is linked into firmware that uses the core
  api [--update]       the public interface of the packages, against the committed lists
  setup [PART...]      installs what is missing of one part, or of all (`setup list` lists them)
  help                 this text
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(tally)) => {
            println!("{tally}");
            if tally.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one verb; `None` when it is not one that checks anything.
fn run(args: &[String]) -> Result<Option<Tally>> {
    enter_top()?;
    let (verb, rest) = args.split_first().map_or(("help", args), |(v, rest)| (v.as_str(), rest));
    match verb {
        "demo" => demo::run(),
        "test" => return test::run(rest),
        "autobahn" => autobahn::run(rest),
        "interop" => interop::run(rest),
        "bench" => bench::run(rest),
        "fuzz" => fuzz::run(rest),
        "inspector" => inspector::run(rest),
        "qemu" => qemu::run(rest),
        "pico" => pico::run(rest),
        "size" => size::run(rest),
        "panic-free" => panic_free::run(),
        "api" => api::run(rest),
        "setup" => return setup::run(rest).map(|()| None),
        "help" | "-h" | "--help" => {
            print!("{HELP}");
            return Ok(None);
        }
        other => return Err(format!("no verb `{other}`\n\n{HELP}").into()),
    }
    .map(Some)
}

/// Goes to the top of the repository: every path in this program starts there.
fn enter_top() -> Result<()> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    Ok(std::env::set_current_dir(top.ok_or("this package lies at tests/xtask")?)?)
}

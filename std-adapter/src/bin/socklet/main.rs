//! The `socklet` command: a server, a client, a load generator, and the frame inspector.
//!
//! ```text
//! options  ->  args  ->  main  ->  serve    ->  a task or a thread a connection
//!                              ->  connect  ->  standard input, the connection, standard output
//!                              ->  bench    ->  how fast a server is
//!                              ->  explain  ->  what is wrong with captured traffic
//!                              ->  build    ->  a frame of fields
//! ```

#![forbid(unsafe_code)]

mod args;
mod bench;
mod build;
mod clock;
mod connect;
mod dump;
mod explain;
mod halves;
mod interrupt;
mod lines;
mod opening;
mod options;
mod serve;
mod terminal;

use std::{
    io::{ErrorKind, Write, stdout},
    process::ExitCode,
};

use args::Command;

/// What went wrong, for a person to read.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The arguments make no sense.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let command = match args::parse() {
        Ok(command) => command,
        Err(usage) => {
            terminal::error(format_args!("{usage} (`socklet --help` helps)"));
            return ExitCode::from(USAGE);
        }
    };
    let outcome = match command {
        Command::Explain(args) => return explain::run(&args),
        Command::Build(args) => print(&build::frame(&args)),
        Command::Serve(args) => serve::run(&args),
        Command::Connect(args) => connect::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Print(text) => print(&text),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal::error(failure);
            ExitCode::FAILURE
        }
    }
}

fn print(text: &str) -> Result<(), Failure> {
    match stdout().write_all(text.as_bytes()) {
        // Whoever reads it, `head` for instance, has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        printed => Ok(printed?),
    }
}

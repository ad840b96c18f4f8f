//! Echoes every message until the connection ends, in whatever way: the client that the Autobahn
//! suite tests. With `--print` it prints text messages instead.
//!
//! ```text
//! echo-client [--blocking | --fixed] [--print] [--ca F | --insecure] URL
//! ```
//!
//! Exit status: 0 if the connection was opened, 1 if it was not, 2 for arguments that make no
//! sense. How it ended is the suite's to judge.

use std::io::{Write, stdout};
use std::process::ExitCode;

use socklet_host_tests::{Arguments, Failure, fixed};
use socklet_std::{Message, Url};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match Arguments::parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("echo-client: {error}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("echo-client: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.fixed && !arguments.print {
        if let Err(error) = fixed::connect(&Url::parse(&arguments.url)?)? {
            eprintln!("echo-client: {error}");
        }
        return Ok(());
    }
    let mut client = arguments.connect().await?;
    if arguments.print {
        while let Some(message) = client.recv().await? {
            if let Message::Text(text) = message {
                let mut out = stdout().lock();
                writeln!(out, "{text}")?;
                out.flush()?;
            }
        }
        return Ok(());
    }
    loop {
        match client.echo().await {
            Ok(true) => {}
            Ok(false) => return Ok(()),
            Err(error) => {
                eprintln!("echo-client: {error}");
                return Ok(());
            }
        }
    }
}

//! An echo server in the memory of a microcontroller, a thread a connection: what the Autobahn suite
//! and other implementations talk to as they would to firmware.
//!
//! ```text
//! fixed-server --addr ADDRESS
//! ```
//!
//! Prints `listening on ADDRESS`, and runs until it is killed.

use std::{
    env,
    io::{Write, stdout},
    net::TcpListener,
    process::ExitCode,
    thread,
};

use socklet_host_tests::{Failure, fixed};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [option, address] = arguments.as_slice() else {
        eprintln!("usage: fixed-server --addr ADDRESS");
        return ExitCode::from(2);
    };
    let served = if option == "--addr" { serve(address) } else { Err("--addr is missing".into()) };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fixed-server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(address: &str) -> Result<(), Failure> {
    let listener = TcpListener::bind(address)?;
    let mut out = stdout().lock();
    writeln!(out, "listening on {}", listener.local_addr()?)?;
    out.flush()?;
    loop {
        let (stream, peer) = listener.accept()?;
        stream.set_nodelay(true)?;
        thread::spawn(move || {
            if let Err(error) = fixed::serve(stream) {
                eprintln!("{peer}: {error}");
            }
        });
    }
}

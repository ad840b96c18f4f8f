//! A demonstration: a TLS echo server and a client over real TCP sockets, in one process, and
//! every frame as it crosses the wire, seen from both ends.
//!
//! ```text
//! cargo run -p socklet-examples --bin demo
//!
//! client   WebSocket            WebSocket   server
//!             |                     |
//!           Dump  -> transcript <- Dump      what this program prints
//!             |                     |
//!            TLS                   TLS       a certificate made for this run
//!             |                     |
//!            TCP ----- 127.0.0.1 - TCP
//! ```
//!
//! It compares all of it with what has to be, and fails if anything differs.

mod certificates;
mod client;
mod compressed;
mod server;
mod transcript;

use std::process::ExitCode;

use certificates::Certificates;
use tokio::net::TcpListener;
use transcript::Transcript;

/// What went wrong, for a person to read.
type Failure = Box<dyn std::error::Error + Send + Sync>;

// One thread: the lines come in the order in which things happen.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let transcript = Transcript::default();
    match run(&transcript).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("demo: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(transcript: &Transcript) -> Result<(), Failure> {
    transcript
        .explain("A TLS server and a client. `>` is what an end sends, `<` what it receives.");
    let certificates = Certificates::new()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    // Neither can go on without the other: the first failure is the one that counts.
    tokio::try_join!(
        server::run(&listener, certificates.server()?, transcript.of_server()),
        client::run(port, certificates.client()?, transcript),
    )?;
    let frames = transcript.check()?;
    transcript.explain("Another connection, with compression (permessage-deflate, RFC 7692).");
    let (_, volume) = tokio::try_join!(
        compressed::serve(&listener, certificates.server()?),
        compressed::report(port, certificates.client()?),
    )?;
    println!(
        "\nIt worked: {frames} frames went through TLS over TCP, both ends saw the same ones, and \
         the connection was closed cleanly. With compression, {} bytes of reports went as {}: \
         {:.2} to 1.",
        volume.plain,
        volume.compressed,
        volume.plain as f64 / volume.compressed as f64,
    );
    Ok(())
}

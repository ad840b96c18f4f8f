//! Connections that come and go, in good order and in bad.

use std::io::{Read, Write};

use socklet_host_tests::Failure;

use crate::server::Server;

/// A Close frame of a client, with the code 1000 and a masking key of zeros.
const CLOSE: &[u8] = b"\x88\x82\0\0\0\0\x03\xe8";

pub(crate) fn run(server: &Server, times: usize) -> Result<(), Failure> {
    let (descriptors, threads) = (server.descriptors()?, server.threads()?);
    let mut early = 0;
    for time in 0..times {
        match time % 4 {
            0 => drop(server.connected()?),
            1 => server.connected()?.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n")?,
            2 => drop(server.upgraded()?),
            _ => {
                let mut stream = server.upgraded()?;
                stream.write_all(CLOSE)?;
                let mut answer = Vec::new();
                stream.read_to_end(&mut answer)?;
                if answer != b"\x88\x02\x03\xe8" {
                    return Err(format!("{answer:x?} is no answer to a Close frame").into());
                }
            }
        }
        if time == times / 4 {
            early = server.memory()?;
        }
    }
    server.settled(descriptors)?;
    let grown = server.memory()?.saturating_sub(early);
    println!(
        "| connections that came and went | {times} | {} descriptors and {} threads more than \
        before; {} KiB more than after a quarter of them |",
        server.descriptors()?.saturating_sub(descriptors),
        server.threads()?.saturating_sub(threads),
        grown >> 10,
    );
    if grown > 4 << 20 {
        return Err(format!("the memory has grown by {grown} bytes").into());
    }
    Ok(())
}

//! A relay between a client and a server, which tears the stream, or slows it down.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use socket2::SockRef;

/// How a stream is torn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tear {
    /// It ends in this direction; the other goes on.
    HalfClose,
    /// Both connections are reset.
    Reset,
}

/// Where a stream is torn: after so many bytes from the client, or from the server.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    pub from_client: bool,
    pub after: usize,
    pub tear: Tear,
}

/// How the bytes go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As they come.
    AsTheyCome,
    /// One at a time.
    ByteByByte,
    /// A few at a time, with pauses.
    Pauses,
}

/// Relays one connection to `server`; returns where to connect to, and how many bytes went on from
/// the client and from the server.
pub fn relay(
    server: SocketAddr,
    pace: Pace,
    cut: Option<Cut>,
) -> (SocketAddr, JoinHandle<[usize; 2]>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let relays = thread::spawn(move || {
        let near = listener.accept().unwrap().0;
        let far = TcpStream::connect(server).unwrap();
        for stream in [&near, &far] {
            stream.set_nodelay(true).unwrap();
        }
        let (near, far) = (Arc::new(near), Arc::new(far));
        let cut_of = |from_client| cut.filter(|cut| cut.from_client == from_client);
        let (client, server) = (cut_of(true), cut_of(false));
        let ways = (Arc::clone(&near), Arc::clone(&far));
        let forth = thread::spawn(move || pump(&ways.0, &ways.1, pace, client));
        let back = pump(&far, &near, pace, server);
        drop((near, far));
        [forth.join().unwrap(), back]
    });
    (address, relays)
}

/// Copies what comes from one to the other until it ends; returns how many bytes went on.
fn pump(from: &TcpStream, to: &TcpStream, pace: Pace, cut: Option<Cut>) -> usize {
    let mut space = [0; 4096];
    let mut passed = 0;
    let (mut reads, mut writes) = (from, to);
    loop {
        let left = cut.map_or(usize::MAX, |cut| cut.after - passed);
        if let Some(Cut { tear, .. }) = cut.filter(|_| left == 0) {
            match tear {
                Tear::HalfClose => {
                    let _ = to.shutdown(Shutdown::Write);
                    // What still comes has nowhere to go.
                    while matches!(reads.read(&mut space), Ok(1..)) {}
                }
                Tear::Reset => {
                    for stream in [from, to] {
                        SockRef::from(stream).set_linger(Some(Duration::ZERO)).unwrap();
                        // Wakes the other direction, so that nobody holds the sockets any more.
                        let _ = stream.shutdown(Shutdown::Read);
                    }
                }
            }
            return passed;
        }
        let most = match pace {
            Pace::AsTheyCome => space.len(),
            Pace::ByteByByte => 1,
            Pace::Pauses => 16,
        };
        let len = match reads.read(&mut space[..most.min(left)]) {
            Ok(len @ 1..) => len,
            Ok(0) | Err(_) => {
                let _ = to.shutdown(Shutdown::Write);
                return passed;
            }
        };
        if pace == Pace::Pauses {
            thread::sleep(Duration::from_millis(1));
        }
        if writes.write_all(&space[..len]).is_err() {
            return passed;
        }
        passed += len;
    }
}

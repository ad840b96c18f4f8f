//! A network with weather: what lies between a board and QEMU's router, and drops, delays,
//! reorders, doubles and cuts, or does nothing but turn frames of one form into those of another.
//!
//! ```text
//!  board's QEMU <-> this, frame by frame <-> a QEMU without a machine: its router
//! ```
//! QEMU's sockets carry each Ethernet frame behind its length, four bytes, big-endian; a serial
//! port carries them in [SLIP](slip).

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::slip;
use crate::Result;
use crate::child::Child;
use crate::command::program;

/// For the router to listen.
const BOOT_LIMIT: Duration = Duration::from_secs(20);

/// No frame is longer.
const MAX_FRAME_LEN: usize = 1 << 16;

/// What happens to frames.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    /// Of a thousand frames, how many are dropped.
    pub(crate) dropped: u32,
    /// Of a thousand frames, how many come twice.
    pub(crate) doubled: u32,
    /// A frame is delayed by up to so many milliseconds: so frames overtake each other.
    pub(crate) jitter_ms: u32,
    /// Each so many milliseconds there is nothing for so many: `None` for never.
    pub(crate) cut_ms: Option<(u64, u64)>,
}

/// None at all.
pub(crate) const FAIR: Weather = Weather { dropped: 0, doubled: 0, jitter_ms: 0, cut_ms: None };

/// In which form frames come from a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// Behind their length.
    Ethernet,
    /// In SLIP.
    Serial,
}

/// A gateway, as long as it is not dropped.
pub(crate) struct Gateway {
    /// What the board's QEMU has to be connected to.
    pub(crate) network: String,
    _router: Child,
}

impl Gateway {
    /// Starts a gateway for one board, whose router is told `forward` besides: ports of this machine
    /// that are the board's, as QEMU's `user` network takes them.
    pub(crate) fn start(
        name: &str,
        wire: Wire,
        weather: Weather,
        forward: &str,
        logs: &Path,
    ) -> Result<Self> {
        // QEMU cannot choose a free port and tell it.
        let router_port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut qemu = program("qemu-system-arm", &["-M", "none", "-display", "none"]);
        qemu.args(["-serial", "none", "-monitor", "none", "-netdev"]);
        qemu.arg(format!("user,id=router{forward}"));
        qemu.args(["-netdev", &format!("socket,id=wire,listen=127.0.0.1:{router_port}")]);
        qemu.args(["-netdev", "hubport,id=a,hubid=0,netdev=router"]);
        qemu.args(["-netdev", "hubport,id=b,hubid=0,netdev=wire"]);
        let router = Child::start(&format!("{name}-router"), &qemu, logs)?;
        let far = connect(router_port)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let network = match wire {
            Wire::Ethernet => format!("socket,connect={address}"),
            Wire::Serial => format!("tcp:{address}"),
        };
        thread::spawn(move || {
            // A board that does not connect shows as a run that fails.
            if let Ok((near, _)) = listener.accept() {
                drop(join((near, wire), (far, Wire::Ethernet), weather));
            }
        });
        Ok(Self { network, _router: router })
    }
}

/// Connects to a router that has just been started.
fn connect(port: u16) -> Result<TcpStream> {
    let end = Instant::now() + BOOT_LIMIT;
    loop {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            Ok(stream) => return Ok(stream),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused && Instant::now() < end => {
                thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Joins two wires, by a thread that takes frames and one that gives them, for each direction.
fn join(near: (TcpStream, Wire), far: (TcpStream, Wire), weather: Weather) -> Result<()> {
    let begin = Instant::now();
    let copy =
        |(stream, wire): &(TcpStream, Wire)| Ok::<_, crate::Error>((stream.try_clone()?, *wire));
    let directions = [(copy(&near)?, copy(&far)?, 0x5EED), (far, near, 0xF00D)];
    for ((from, from_wire), (to, to_wire), seed) in directions {
        from.set_nodelay(true)?;
        let (sender, frames) = channel();
        thread::spawn(move || {
            let mut sky = Sky { weather, begin, state: seed };
            let mut from = BufReader::new(from);
            while let Ok(frame) = from_wire.take(&mut from) {
                for due in sky.due(Instant::now()) {
                    if sender.send((due, frame.clone())).is_err() {
                        return;
                    }
                }
            }
        });
        thread::spawn(move || give(&frames, to, to_wire));
    }
    Ok(())
}

impl Wire {
    /// Reads one frame.
    fn take(self, from: &mut impl BufRead) -> Result<Vec<u8>> {
        match self {
            Self::Serial => slip::decode(from),
            Self::Ethernet => {
                let mut len = [0; 4];
                from.read_exact(&mut len)?;
                let len = usize::try_from(u32::from_be_bytes(len))?;
                if len > MAX_FRAME_LEN {
                    return Err("not a frame".into());
                }
                let mut frame = vec![0; len];
                from.read_exact(&mut frame)?;
                Ok(frame)
            }
        }
    }

    /// Writes one frame.
    fn give(self, mut to: &TcpStream, frame: &[u8]) -> Result<()> {
        let bytes = match self {
            Self::Serial => slip::encode(frame),
            Self::Ethernet => {
                let mut bytes = u32::try_from(frame.len())?.to_be_bytes().to_vec();
                bytes.extend(frame);
                bytes
            }
        };
        Ok(to.write_all(&bytes)?)
    }
}

/// Writes each frame when it is due.
fn give(frames: &Receiver<(Instant, Vec<u8>)>, to: TcpStream, wire: Wire) {
    let mut waiting = BTreeMap::<(Instant, u64), Vec<u8>>::new();
    let mut count = 0_u64;
    loop {
        let now = Instant::now();
        while let Some(entry) = waiting.first_entry().filter(|entry| entry.key().0 <= now) {
            if wire.give(&to, &entry.remove()).is_err() {
                return;
            }
        }
        let next = waiting.first_key_value().map(|((due, _), _)| *due);
        let wait = next.map_or(Duration::from_secs(1), |due| due.saturating_duration_since(now));
        match frames.recv_timeout(wait) {
            Ok((due, frame)) => {
                // Those of one moment keep their order.
                waiting.insert((due, count), frame);
                count += 1;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// The weather of one direction, always the same for the same seed.
struct Sky {
    weather: Weather,
    begin: Instant,
    state: u64,
}

impl Sky {
    /// When a frame that comes now is to be given: at no, one, or two times.
    fn due(&mut self, now: Instant) -> Vec<Instant> {
        let Weather { dropped, doubled, jitter_ms, cut_ms } = self.weather;
        let elapsed_ms = now.duration_since(self.begin).as_millis();
        let is_cut = cut_ms.is_some_and(|(every, length)| {
            elapsed_ms % u128::from(every) >= u128::from(every - length)
        });
        if is_cut || self.below(1000) < dropped {
            return Vec::new();
        }
        let copies = if self.below(1000) < doubled { 2 } else { 1 };
        let mut later = || now + Duration::from_millis(self.below(jitter_ms + 1).into());
        (0..copies).map(|_| later()).collect()
    }

    /// Returns a number below a limit, by Marsaglia's xorshift.
    fn below(&mut self, limit: u32) -> u32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        u32::try_from((self.state >> 16) % u64::from(limit.max(1))).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{FAIR, Sky, Weather};
    use std::time::{Duration, Instant};

    fn frames(weather: Weather, at: Duration) -> usize {
        let begin = Instant::now();
        let mut sky = Sky { weather, begin, state: 0x5EED };
        (0..1000).map(|_| sky.due(begin + at).len()).sum()
    }

    #[test]
    fn each_weather_does_what_it_says() {
        let at = Duration::from_millis(2999);
        assert_eq!(frames(FAIR, at), 1000);
        assert!((850..950).contains(&frames(Weather { dropped: 100, ..FAIR }, at)));
        assert!((1050..1150).contains(&frames(Weather { doubled: 100, ..FAIR }, at)));
        let cut = Weather { cut_ms: Some((3000, 1000)), ..FAIR };
        assert_eq!(frames(cut, at), 0);
        assert_eq!(frames(cut, Duration::from_millis(1999)), 1000);
    }
}

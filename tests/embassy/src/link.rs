//! An Ethernet cable with two ends.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::Rc,
    task::{Context, Waker},
};

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_time::{Duration, Instant};
use socklet_core_tests::rng::TestRng;

/// What a cable does to frames.
#[derive(Debug, Clone, Copy)]
pub struct Faults {
    /// One frame in so many is lost; 0: none.
    pub lost_in: usize,
    /// One frame in so many arrives twice; 0: none.
    pub doubled_in: usize,
    /// Each frame takes between this and [`slowest_ms`](Self::slowest_ms) milliseconds: if they
    /// differ, frames overtake each other.
    pub fastest_ms: u64,
    /// See [`fastest_ms`](Self::fastest_ms).
    pub slowest_ms: u64,
}

impl Faults {
    /// A millisecond each way, and nothing goes wrong.
    pub const NONE: Self = Self { lost_in: 0, doubled_in: 0, fastest_ms: 1, slowest_ms: 1 };

    /// One in ten is lost, one in ten doubled, and they overtake each other.
    pub const HOSTILE: Self = Self { lost_in: 10, doubled_in: 10, fastest_ms: 1, slowest_ms: 40 };
}

/// What becomes of the connection with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It and all that follow vanish, which neither end sees.
    Cut,
    /// If there is TCP in it, it comes as a reset of that connection.
    Reset,
}

/// The cable, to be seen and touched by a test.
#[derive(Clone)]
pub struct Link(Rc<RefCell<Cable>>);

struct Cable {
    faults: Faults,
    rng: TestRng,
    /// Whether it is cut, which neither end sees: frames vanish.
    is_cut: bool,
    /// Whether it is plugged in, which both ends see.
    is_up: bool,
    ends: [End; 2],
    frames: u64,
    /// How many frames were sent.
    sent: u64,
    /// At which of them something happens.
    fate: Option<(u64, Fate)>,
}

#[derive(Default)]
struct End {
    /// Frames on their way to it, by when they arrive.
    arriving: BTreeMap<(Instant, u64), Vec<u8>>,
    waker: Option<Waker>,
}

impl Link {
    /// A cable, and its two ends.
    #[must_use]
    pub fn new(seed: u64, faults: Faults) -> (Self, [Port; 2]) {
        let link = Self(Rc::new(RefCell::new(Cable {
            faults,
            rng: TestRng::new(seed),
            is_cut: false,
            is_up: true,
            ends: Default::default(),
            frames: 0,
            sent: 0,
            fate: None,
        })));
        let ports = [0, 1].map(|at| Port { link: link.clone(), at });
        (link, ports)
    }

    /// From now on it does this to frames.
    pub fn set_faults(&self, faults: Faults) {
        self.0.borrow_mut().faults = faults;
    }

    /// Lets this happen with the `n`-th frame of all, counted from 0, of either end.
    pub fn set_fate(&self, n: u64, fate: Fate) {
        self.0.borrow_mut().fate = Some((n, fate));
    }

    /// How many frames were sent so far.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.0.borrow().sent
    }

    /// Cuts it, or mends it: nobody sees that, frames vanish.
    pub fn cut(&self, is_cut: bool) {
        self.0.borrow_mut().is_cut = is_cut;
    }

    /// Plugs it in, or pulls it out: both ends see that.
    pub fn plug(&self, is_up: bool) {
        let mut cable = self.0.borrow_mut();
        cable.is_up = is_up;
        for end in &mut cable.ends {
            end.waker.take().inspect(Waker::wake_by_ref);
        }
    }
}

impl Cable {
    fn send(&mut self, from: usize, frame: &[u8]) {
        let faults = self.faults;
        let mut frame = frame.to_vec();
        match self.fate {
            Some((n, Fate::Cut)) if self.sent == n => self.is_cut = true,
            Some((n, Fate::Reset)) if self.sent == n => reset(&mut frame),
            _ => {}
        }
        self.sent += 1;
        if self.is_cut || !self.is_up {
            return;
        }
        if faults.lost_in > 0 && self.rng.once_in(faults.lost_in) {
            return;
        }
        let doubled = faults.doubled_in > 0 && self.rng.once_in(faults.doubled_in);
        for _ in 0..if doubled { 2 } else { 1 } {
            let spread = faults.slowest_ms - faults.fastest_ms;
            let delay_ms = faults.fastest_ms + self.rng.below(spread as usize + 1) as u64;
            self.frames += 1;
            let at = (Instant::now() + Duration::from_millis(delay_ms), self.frames);
            let end = &mut self.ends[1 - from];
            end.arriving.insert(at, frame.clone());
            end.waker.take().inspect(Waker::wake_by_ref);
        }
    }
}

/// Makes a reset of a segment of TCP (RFC 9293 section 3.1), with the checksum that it must have.
fn reset(frame: &mut [u8]) {
    const ETHERNET_LEN: usize = 14;
    const TCP: u8 = 6;
    let is_ipv4 = frame.get(12..ETHERNET_LEN) == Some(&[8, 0]);
    if !is_ipv4 || frame[ETHERNET_LEN + 9] != TCP {
        return;
    }
    let tcp = ETHERNET_LEN + usize::from(frame[ETHERNET_LEN] & 0xf) * 4;
    let word = |frame: &[u8], at| u16::from_be_bytes([frame[at], frame[at + 1]]);
    let before = word(frame, tcp + 12);
    // RST, and of the others ACK alone.
    frame[tcp + 13] = frame[tcp + 13] & 0x10 | 0x04;
    let after = word(frame, tcp + 12);
    // RFC 1624: what is summed up is one's complement.
    let mut sum = u32::from(!word(frame, tcp + 16)) + u32::from(!before) + u32::from(after);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    frame[tcp + 16..tcp + 18].copy_from_slice(&(!(sum as u16)).to_be_bytes());
}

/// One end of the cable: a driver for embassy-net.
pub struct Port {
    link: Link,
    at: usize,
}

/// A frame that has arrived.
pub struct Received(Vec<u8>);

/// Room for a frame.
pub struct Room<'a>(&'a Port);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(mut self, f: F) -> R {
        f(&mut self.0)
    }
}

impl TxToken for Room<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut frame = vec![0; len];
        let result = f(&mut frame);
        self.0.link.0.borrow_mut().send(self.0.at, &frame);
        result
    }
}

impl Driver for Port {
    type RxToken<'a> = Received;
    type TxToken<'a> = Room<'a>;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Received, Room<'_>)> {
        let mut cable = self.link.0.borrow_mut();
        let end = &mut cable.ends[self.at];
        end.waker = Some(context.waker().clone());
        let first = end.arriving.first_entry()?;
        let (at, _) = *first.key();
        if at > Instant::now() {
            embassy_time_driver::schedule_wake(at.as_ticks(), context.waker());
            return None;
        }
        let frame = first.remove();
        drop(cable);
        Some((Received(frame), Room(self)))
    }

    fn transmit(&mut self, _: &mut Context<'_>) -> Option<Room<'_>> {
        Some(Room(self))
    }

    fn link_state(&mut self, context: &mut Context<'_>) -> LinkState {
        let mut cable = self.link.0.borrow_mut();
        cable.ends[self.at].waker = Some(context.waker().clone());
        if cable.is_up { LinkState::Up } else { LinkState::Down }
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = 1514;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet([2, 0, 0, 0, 0, self.at as u8])
    }
}

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
        })));
        let ports = [0, 1].map(|at| Port { link: link.clone(), at });
        (link, ports)
    }

    /// From now on it does this to frames.
    pub fn set_faults(&self, faults: Faults) {
        self.0.borrow_mut().faults = faults;
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
            end.arriving.insert(at, frame.to_vec());
            end.waker.take().inspect(Waker::wake_by_ref);
        }
    }
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

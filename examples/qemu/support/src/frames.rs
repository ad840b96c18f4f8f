//! A driver for embassy-net over a network card that takes and gives one Ethernet frame at a time.

use core::task::Context;

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_sync::waitqueue::AtomicWaker;

/// Woken by the interrupt of the card.
pub static WAKER: AtomicWaker = AtomicWaker::new();

/// A network card.
pub trait Card {
    /// Puts the next frame that was received into `frame` and returns its length in bytes, without
    /// check sum; `None` if there is none. Frames that are too long are dropped.
    fn receive(&mut self, frame: &mut [u8]) -> Option<usize>;

    /// Says whether a frame can be sent now.
    fn can_send(&mut self) -> bool;

    /// Sends a frame.
    fn send(&mut self, frame: &[u8]);

    /// Has the next frame raise an interrupt; wakes [`WAKER`] if there is one already.
    fn listen(&mut self);

    /// Returns the address that it has been given.
    fn address(&self) -> [u8; 6];
}

/// The driver, with room for one frame of `LEN` bytes in each direction.
#[derive(Debug)]
pub struct FrameDriver<C, const LEN: usize> {
    card: C,
    received: [u8; LEN],
    sent: [u8; LEN],
}

/// Bytes of the longest Ethernet frame, without check sum.
pub const FRAME_LEN: usize = 1514;

impl<C: Card, const LEN: usize> FrameDriver<C, LEN> {
    /// Makes a driver of a card that is ready.
    pub const fn new(card: C) -> Self {
        Self { card, received: [0; LEN], sent: [0; LEN] }
    }
}

/// A frame that was received.
#[derive(Debug)]
pub struct Received<'a>(&'a mut [u8]);

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, take: F) -> R {
        take(self.0)
    }
}

/// Room for a frame to be sent.
#[derive(Debug)]
pub struct Room<'a, C> {
    card: &'a mut C,
    frame: &'a mut [u8],
}

impl<C: Card> TxToken for Room<'_, C> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, fill: F) -> R {
        // Nothing longer is asked for: it is the capability that was told.
        let frame = self.frame.get_mut(..len).unwrap_or_default();
        let result = fill(frame);
        self.card.send(frame);
        result
    }
}

impl<C: Card, const LEN: usize> Driver for FrameDriver<C, LEN> {
    type RxToken<'a>
        = Received<'a>
    where
        Self: 'a;
    type TxToken<'a>
        = Room<'a, C>
    where
        Self: 'a;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Received<'_>, Room<'_, C>)> {
        WAKER.register(context.waker());
        let Self { card, received, sent } = self;
        // A frame that is taken may have to be answered.
        let len = if card.can_send() { card.receive(received) } else { None };
        let Some(frame) = len.and_then(|len| received.get_mut(..len)) else {
            card.listen();
            return None;
        };
        Some((Received(frame), Room { card, frame: sent }))
    }

    fn transmit(&mut self, context: &mut Context<'_>) -> Option<Room<'_, C>> {
        WAKER.register(context.waker());
        if !self.card.can_send() {
            self.card.listen();
            return None;
        }
        Some(Room { card: &mut self.card, frame: &mut self.sent })
    }

    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = LEN;
        capabilities.max_burst_size = Some(1);
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(self.card.address())
    }
}

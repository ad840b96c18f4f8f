//! The network card: the Ethernet controller of the LM3S6965 (its data sheet has the registers),
//! interrupt 42.

use core::ptr;

use cortex_m::interrupt::InterruptNumber;
use socklet_qemu_support::frames::{Card, WAKER};

const BASE: usize = 0x4004_8000;

// Offsets of registers.
/// Which interrupts are pending; written, it acknowledges them.
const MACRIS: usize = 0x00;
const MACIM: usize = 0x04;
const MACRCTL: usize = 0x08;
const MACTCTL: usize = 0x0C;
const MACDATA: usize = 0x10;
const MACIA0: usize = 0x14;
const MACIA1: usize = 0x18;
const MACNP: usize = 0x34;
const MACTR: usize = 0x38;

/// `MACIM`: a frame has been received.
const RXINT: u32 = 1;
const ALL_INTERRUPTS: u32 = 0x7F;
/// `MACTCTL`: on, short frames are padded, the check sum is made.
const TRANSMIT: u32 = 1 | 2 | 4;
/// `MACRCTL`: on, multicast too, bad check sums not.
const RECEIVE: u32 = 1 | 2 | 8;
/// `MACTR`: a frame is to be sent, or being sent.
const NEWTX: u32 = 1;

/// Bytes that stand before a frame (its length) and behind it (its check sum) when it is read.
const LENGTH_LEN: usize = 2;
const CHECK_SUM_LEN: usize = 4;

/// Bytes of an Ethernet header, which the length of a frame to be sent does not count.
const HEADER_LEN: usize = 14;

/// The interrupt of the card.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interrupt;

// SAFETY: the chip connects the controller to this one.
unsafe impl InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        42
    }
}

/// The card.
#[derive(Debug)]
pub(crate) struct Stellaris {
    address: [u8; 6],
}

fn read(register: usize) -> u32 {
    // SAFETY: it is a register of the card, which has no other user but the interrupt's handler.
    unsafe { ptr::read_volatile((BASE + register) as *const u32) }
}

fn write(register: usize, value: u32) {
    // SAFETY: it is a register of the card, which has no other user but the interrupt's handler.
    unsafe { ptr::write_volatile((BASE + register) as *mut u32, value) };
}

/// Ends the interrupt: the driver looks at the card, and then wants the next.
pub(crate) fn silence() {
    write(MACIM, 0);
}

impl Stellaris {
    /// Starts the card, which every such chip has.
    #[allow(clippy::unnecessary_wraps, reason = "other boards may lack theirs")]
    pub(crate) fn start() -> Option<Self> {
        let [a, b, c, d] = read(MACIA0).to_le_bytes();
        let [e, f, ..] = read(MACIA1).to_le_bytes();
        write(MACIM, 0);
        write(MACRIS, ALL_INTERRUPTS);
        write(MACTCTL, TRANSMIT);
        write(MACRCTL, RECEIVE);
        Some(Self { address: [a, b, c, d, e, f] })
    }

    fn received() -> bool {
        read(MACNP) & 0x3F != 0
    }
}

impl Card for Stellaris {
    fn receive(&mut self, frame: &mut [u8]) -> Option<usize> {
        while Self::received() {
            // The first word has the length of all, and the first two bytes of the frame.
            let first = read(MACDATA);
            let len = (first & 0xFFFF) as usize;
            let frame_len = len.saturating_sub(LENGTH_LEN + CHECK_SUM_LEN);
            let mut room = frame.get_mut(..frame_len).unwrap_or_default().iter_mut();
            let mut put = |bytes: &[u8]| {
                for (&byte, place) in bytes.iter().zip(room.by_ref()) {
                    *place = byte;
                }
            };
            let [.., a, b] = first.to_le_bytes();
            put(&[a, b]);
            // All words have to be taken, be there room for them or not.
            for _ in 1..len.div_ceil(4) {
                put(&read(MACDATA).to_le_bytes());
            }
            if frame_len <= frame.len() {
                return Some(frame_len);
            }
        }
        None
    }

    fn can_send(&mut self) -> bool {
        read(MACTR) & NEWTX == 0
    }

    fn send(&mut self, frame: &[u8]) {
        // The first word has the length, and the first two bytes of the frame.
        let [low, high] = (frame.len().saturating_sub(HEADER_LEN) as u16).to_le_bytes();
        let (first, rest) = frame.split_at_checked(2).unwrap_or_default();
        let mut word = [low, high, 0, 0];
        for (place, &byte) in word.iter_mut().skip(LENGTH_LEN).zip(first) {
            *place = byte;
        }
        write(MACDATA, u32::from_le_bytes(word));
        for bytes in rest.chunks(4) {
            let mut word = [0; 4];
            for (place, &byte) in word.iter_mut().zip(bytes) {
                *place = byte;
            }
            write(MACDATA, u32::from_le_bytes(word));
        }
        write(MACTR, NEWTX);
    }

    fn listen(&mut self) {
        write(MACRIS, ALL_INTERRUPTS);
        write(MACIM, RXINT);
        if Self::received() {
            // It came between the look and the acknowledgement.
            silence();
            WAKER.wake();
        }
    }

    fn address(&self) -> [u8; 6] {
        self.address
    }
}

//! The network card: an SMSC LAN9118 (its data sheet has the registers), interrupt 13.

use core::ptr;

use cortex_m::interrupt::InterruptNumber;
use socklet_qemu_support::frames::{Card, WAKER};

const BASE: usize = 0x4020_0000;

// Offsets of registers.
const RX_DATA: usize = 0x00;
const TX_DATA: usize = 0x20;
const RX_STATUS: usize = 0x40;
const TX_STATUS: usize = 0x48;
const IRQ_CFG: usize = 0x54;
const INT_STS: usize = 0x58;
const INT_EN: usize = 0x5C;
const BYTE_TEST: usize = 0x64;
const FIFO_INT: usize = 0x68;
const RX_CFG: usize = 0x6C;
const TX_CFG: usize = 0x70;
const RX_FIFO_INF: usize = 0x7C;
const TX_FIFO_INF: usize = 0x80;
const MAC_CMD: usize = 0xA4;
const MAC_DATA: usize = 0xA8;

/// What `BYTE_TEST` reads as.
const BYTE_ORDER: u32 = 0x8765_4321;
/// `IRQ_CFG`: enabled, active high, push-pull.
const IRQ_ENABLED: u32 = 1 << 8 | 1 << 4 | 1;
/// `INT_STS` and `INT_EN`: there are frames.
const RX_LEVEL: u32 = 1 << 3;
/// `FIFO_INT`: one frame is enough for that.
const LEVEL_ONE: u32 = 0x4800_0000;
const TX_ON: u32 = 1 << 1;
const RX_ERROR: u32 = 1 << 15;
/// The first command word of a frame: it begins here, it ends here.
const FIRST_AND_LAST: u32 = 1 << 13 | 1 << 12;

/// Registers behind `MAC_CMD`: the control register, and the address.
const MAC_CR: u32 = 1;
const MAC_ADDRESS_HIGH: u32 = 2;
const MAC_ADDRESS_LOW: u32 = 3;
const MAC_BUSY: u32 = 1 << 31;
const MAC_READ: u32 = 1 << 30;
/// `MAC_CR`: sending and receiving.
const MAC_ON: u32 = 1 << 3 | 1 << 2;

/// Bytes of the check sum behind each frame.
const CHECK_SUM_LEN: usize = 4;

/// Most bytes of a frame in the card's queue, with its command words.
const QUEUED_LEN: u32 = 1536;

/// The interrupt of the card.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interrupt;

// SAFETY: the board connects the card to this one.
unsafe impl InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        13
    }
}

/// The card.
#[derive(Debug)]
pub(crate) struct Lan9118 {
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

fn mac_read(register: u32) -> u32 {
    write(MAC_CMD, MAC_BUSY | MAC_READ | register);
    while read(MAC_CMD) & MAC_BUSY != 0 {}
    read(MAC_DATA)
}

fn mac_write(register: u32, value: u32) {
    write(MAC_DATA, value);
    write(MAC_CMD, MAC_BUSY | register);
    while read(MAC_CMD) & MAC_BUSY != 0 {}
}

/// Ends the interrupt: the driver looks at the card, and then wants the next.
pub(crate) fn silence() {
    write(INT_EN, 0);
}

impl Lan9118 {
    /// Starts the card; `None` if there is none.
    pub(crate) fn start() -> Option<Self> {
        if read(BYTE_TEST) != BYTE_ORDER {
            return None;
        }
        let [a, b, c, d] = mac_read(MAC_ADDRESS_LOW).to_le_bytes();
        let [e, f, ..] = mac_read(MAC_ADDRESS_HIGH).to_le_bytes();
        write(INT_EN, 0);
        write(INT_STS, !0);
        write(FIFO_INT, LEVEL_ONE);
        write(IRQ_CFG, IRQ_ENABLED);
        write(RX_CFG, 0);
        write(TX_CFG, TX_ON);
        mac_write(MAC_CR, MAC_ON);
        Some(Self { address: [a, b, c, d, e, f] })
    }

    fn received(&self) -> bool {
        read(RX_FIFO_INF) >> 16 & 0xFF != 0
    }
}

impl Card for Lan9118 {
    fn receive(&mut self, frame: &mut [u8]) -> Option<usize> {
        while self.received() {
            let status = read(RX_STATUS);
            let len = (status >> 16 & 0x3FFF) as usize;
            let frame_len = len.saturating_sub(CHECK_SUM_LEN);
            // All words have to be taken, be there room for them or not.
            let mut room = frame.get_mut(..frame_len).unwrap_or_default().chunks_mut(4);
            for _ in 0..len.div_ceil(4) {
                let bytes = read(RX_DATA).to_le_bytes();
                for (place, byte) in room.next().unwrap_or_default().iter_mut().zip(bytes) {
                    *place = byte;
                }
            }
            if status & RX_ERROR == 0 && frame_len <= frame.len() {
                return Some(frame_len);
            }
        }
        None
    }

    fn can_send(&mut self) -> bool {
        read(TX_FIFO_INF) & 0xFFFF >= QUEUED_LEN
    }

    fn send(&mut self, frame: &[u8]) {
        let len = frame.len() as u32;
        write(TX_DATA, FIRST_AND_LAST | len);
        write(TX_DATA, len);
        for bytes in frame.chunks(4) {
            let mut word = [0; 4];
            for (place, &byte) in word.iter_mut().zip(bytes) {
                *place = byte;
            }
            write(TX_DATA, u32::from_le_bytes(word));
        }
        while read(TX_FIFO_INF) >> 16 & 0xFF != 0 {
            read(TX_STATUS);
        }
    }

    fn listen(&mut self) {
        write(INT_STS, RX_LEVEL);
        write(INT_EN, RX_LEVEL);
        if self.received() {
            // It came between the look and the acknowledgement.
            silence();
            WAKER.wake();
        }
    }

    fn address(&self) -> [u8; 6] {
        self.address
    }
}

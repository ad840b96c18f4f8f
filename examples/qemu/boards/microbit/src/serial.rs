//! The network: Ethernet frames over the serial port (UART0 of the nRF51), in SLIP (RFC 1055): each
//! ends with a byte that does not occur within.

use core::cell::RefCell;
use core::ptr;

use cortex_m::interrupt::InterruptNumber;
use critical_section::Mutex;
use socklet_qemu_support::frames::Card;

use crate::FRAME_LEN;

const BASE: usize = 0x4000_2000;

// Offsets of registers.
const START_RX: usize = 0x000;
const START_TX: usize = 0x008;
const RX_READY: usize = 0x108;
const TX_READY: usize = 0x11C;
const INTERRUPT_SET: usize = 0x304;
const INTERRUPT_CLEAR: usize = 0x308;
const ENABLE: usize = 0x500;
const RXD: usize = 0x518;
const TXD: usize = 0x51C;
const BAUD_RATE: usize = 0x524;

const RX_INTERRUPT: u32 = 1 << 2;
const ENABLED: u32 = 4;
const ONE_MEGABAUD: u32 = 0x1000_0000;

const END: u8 = 0xC0;
const ESCAPE: u8 = 0xDB;
const ESCAPED_END: u8 = 0xDC;
const ESCAPED_ESCAPE: u8 = 0xDD;

/// The interrupt of the port.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interrupt;

// SAFETY: the chip connects the port to this one.
unsafe impl InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        2
    }
}

/// The frame that is being received.
struct Incoming {
    bytes: [u8; FRAME_LEN],
    len: usize,
    is_escaped: bool,
    is_too_long: bool,
    /// It is whole, and has not been taken: until then the port is left alone, and holds up the
    /// other end.
    is_whole: bool,
}

static INCOMING: Mutex<RefCell<Incoming>> = Mutex::new(RefCell::new(Incoming {
    bytes: [0; FRAME_LEN],
    len: 0,
    is_escaped: false,
    is_too_long: false,
    is_whole: false,
}));

fn read(register: usize) -> u32 {
    // SAFETY: it is a register of the port.
    unsafe { ptr::read_volatile((BASE + register) as *const u32) }
}

fn write(register: usize, value: u32) {
    // SAFETY: it is a register of the port.
    unsafe { ptr::write_volatile((BASE + register) as *mut u32, value) };
}

/// Takes what has come, and says whether that makes a frame.
pub(crate) fn take() -> bool {
    critical_section::with(|section| {
        let incoming = &mut *INCOMING.borrow_ref_mut(section);
        while !incoming.is_whole && read(RX_READY) != 0 {
            write(RX_READY, 0);
            incoming.put(read(RXD) as u8);
        }
        if incoming.is_whole {
            write(INTERRUPT_CLEAR, RX_INTERRUPT);
        }
        incoming.is_whole
    })
}

impl Incoming {
    fn put(&mut self, byte: u8) {
        let byte = match (byte, self.is_escaped) {
            (END, _) => {
                self.is_whole = self.len > 0 && !self.is_too_long;
                if !self.is_whole {
                    self.clear();
                }
                return;
            }
            (ESCAPE, false) => {
                self.is_escaped = true;
                return;
            }
            (ESCAPED_END, true) => END,
            (ESCAPED_ESCAPE, true) => ESCAPE,
            (byte, _) => byte,
        };
        self.is_escaped = false;
        match self.bytes.get_mut(self.len) {
            Some(place) => {
                *place = byte;
                self.len += 1;
            }
            None => self.is_too_long = true,
        }
    }

    fn clear(&mut self) {
        (self.len, self.is_escaped, self.is_too_long, self.is_whole) = (0, false, false, false);
    }
}

/// The port.
#[derive(Debug)]
pub(crate) struct Serial(());

impl Serial {
    /// Starts the port.
    pub(crate) fn start() -> Self {
        write(ENABLE, ENABLED);
        write(BAUD_RATE, ONE_MEGABAUD);
        write(START_RX, 1);
        write(START_TX, 1);
        write(INTERRUPT_SET, RX_INTERRUPT);
        Self(())
    }

    fn put(&mut self, byte: u8) {
        write(TX_READY, 0);
        write(TXD, byte.into());
        while read(TX_READY) == 0 {}
    }
}

impl Card for Serial {
    fn receive(&mut self, frame: &mut [u8]) -> Option<usize> {
        critical_section::with(|section| {
            let incoming = &mut *INCOMING.borrow_ref_mut(section);
            if !incoming.is_whole {
                return None;
            }
            let len = incoming.len;
            let taken = frame.get_mut(..len).zip(incoming.bytes.get(..len)).map(|(to, from)| {
                to.copy_from_slice(from);
                len
            });
            incoming.clear();
            write(INTERRUPT_SET, RX_INTERRUPT);
            taken
        })
    }

    fn can_send(&mut self) -> bool {
        true
    }

    fn send(&mut self, frame: &[u8]) {
        self.put(END);
        for &byte in frame {
            match byte {
                END => [ESCAPE, ESCAPED_END].into_iter().for_each(|byte| self.put(byte)),
                ESCAPE => [ESCAPE, ESCAPED_ESCAPE].into_iter().for_each(|byte| self.put(byte)),
                byte => self.put(byte),
            }
        }
        self.put(END);
    }

    fn listen(&mut self) {
        // It listens from the moment when a frame was taken.
    }

    fn address(&self) -> [u8; 6] {
        // Locally administered; the board has none of its own.
        [2, 0, 0, 0, 0, 2]
    }
}

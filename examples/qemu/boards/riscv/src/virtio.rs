//! The network card: virtio over MMIO, in the first slot of the machine.

use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use socklet_qemu_support::frames::Card;
use virtio_drivers::device::net::VirtIONetRaw;
use virtio_drivers::transport::mmio::{MmioTransport, VirtIOHeader};
use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

/// The registers of the slot, and how many bytes they take.
const BASE: usize = 0x1000_1000;
const BASE_LEN: usize = 0x1000;
const INTERRUPT_STATUS: *const u32 = (BASE + 0x60) as *const u32;
const INTERRUPT_ACK: *mut u32 = (BASE + 0x64) as *mut u32;

/// Places in each queue.
const QUEUE_LEN: usize = 4;

/// Buffers for frames that are received.
const BUFFERS: usize = 2;

/// Bytes of a buffer: a frame with what virtio puts before it.
const BUFFER_LEN: usize = 1536;

/// Pages that the queues lie in.
const PAGES: usize = 4;

#[repr(C, align(4096))]
struct Page([u8; PAGE_SIZE]);

static mut POOL: [Page; PAGES] = [const { Page([0; PAGE_SIZE]) }; PAGES];
static POOL_USED: AtomicUsize = AtomicUsize::new(0);

/// Memory as the card sees it: addresses are the same, and nothing is cached.
struct Machine;

// SAFETY: each page is handed out once and lives for ever; addresses are physical ones.
unsafe impl Hal for Machine {
    fn dma_alloc(pages: usize, _: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        // One core, and called while the card is started only.
        let first = POOL_USED.load(Relaxed);
        if first + pages > PAGES {
            // The library takes this for an error.
            return (0, NonNull::dangling());
        }
        POOL_USED.store(first + pages, Relaxed);
        // SAFETY: it lies within the pool.
        let page = unsafe { (&raw mut POOL).cast::<Page>().add(first) };
        // SAFETY: a static has an address.
        (page as PhysAddr, unsafe { NonNull::new_unchecked(page.cast()) })
    }

    unsafe fn dma_dealloc(_: PhysAddr, _: NonNull<u8>, _: usize) -> i32 {
        // The card is never given up.
        0
    }

    unsafe fn mmio_phys_to_virt(address: PhysAddr, _: usize) -> NonNull<u8> {
        NonNull::new(address as usize as *mut u8).unwrap_or(NonNull::dangling())
    }

    unsafe fn share(buffer: NonNull<[u8]>, _: BufferDirection) -> PhysAddr {
        buffer.as_ptr().cast::<u8>() as PhysAddr
    }

    unsafe fn unshare(_: PhysAddr, _: NonNull<[u8]>, _: BufferDirection) {}
}

/// The card.
pub(crate) struct Virtio {
    card: VirtIONetRaw<Machine, MmioTransport<'static>, QUEUE_LEN>,
    buffers: &'static mut [Buffer; BUFFERS],
    sending: [u8; BUFFER_LEN],
}

/// A buffer for frames that are received.
pub(crate) struct Buffer {
    bytes: [u8; BUFFER_LEN],
    /// By which the card knows it.
    token: u16,
}

impl Buffer {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; BUFFER_LEN], token: 0 }
    }
}

/// Ends the interrupt of the card.
pub(crate) fn acknowledge() {
    // SAFETY: the registers have no other user.
    unsafe { ptr::write_volatile(INTERRUPT_ACK, ptr::read_volatile(INTERRUPT_STATUS)) };
}

impl Virtio {
    /// Starts the card; `None` if there is none.
    pub(crate) fn start(buffers: &'static mut [Buffer; BUFFERS]) -> Option<Self> {
        let header = NonNull::new(BASE as *mut VirtIOHeader)?;
        // SAFETY: the registers have no other user but the interrupt's handler.
        let transport = unsafe { MmioTransport::new(header, BASE_LEN) }.ok()?;
        let mut card = VirtIONetRaw::new(transport).ok()?;
        for buffer in buffers.iter_mut() {
            // SAFETY: it is static, and touched again when the card has given it back.
            buffer.token = unsafe { card.receive_begin(&mut buffer.bytes) }.ok()?;
        }
        card.enable_interrupts();
        Some(Self { card, buffers, sending: [0; BUFFER_LEN] })
    }
}

impl Card for Virtio {
    fn receive(&mut self, frame: &mut [u8]) -> Option<usize> {
        let token = self.card.poll_receive()?;
        let buffer = self.buffers.iter_mut().find(|buffer| buffer.token == token)?;
        // SAFETY: it is the buffer that has this token.
        let received = unsafe { self.card.receive_complete(token, &mut buffer.bytes) };
        let len = received.ok().and_then(|(header_len, len)| {
            let bytes = buffer.bytes.get(header_len..)?.get(..len)?;
            frame.get_mut(..len)?.copy_from_slice(bytes);
            Some(len)
        });
        // SAFETY: it is static, and touched again when the card has given it back.
        if let Ok(token) = unsafe { self.card.receive_begin(&mut buffer.bytes) } {
            buffer.token = token;
        }
        len
    }

    fn can_send(&mut self) -> bool {
        self.card.can_send()
    }

    fn send(&mut self, frame: &[u8]) {
        let Ok(header_len) = self.card.fill_buffer_header(&mut self.sending) else { return };
        let len = header_len + frame.len();
        if let Some(place) = self.sending.get_mut(header_len..len) {
            place.copy_from_slice(frame);
        }
        let bytes = self.sending.get(..len).unwrap_or_default();
        // SAFETY: the bytes stay where they are until the card is done with them, below.
        let Ok(token) = (unsafe { self.card.transmit_begin(bytes) }) else { return };
        while self.card.poll_transmit().is_none() {}
        // SAFETY: these are the bytes that have this token.
        let _ = unsafe { self.card.transmit_complete(token, bytes) };
    }

    fn listen(&mut self) {
        // Its interrupts are always on.
    }

    fn address(&self) -> [u8; 6] {
        self.card.mac_address()
    }
}

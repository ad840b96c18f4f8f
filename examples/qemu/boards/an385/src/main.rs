//! The application on `mps2-an385`, held to what an RP2040 has: 264 KiB of RAM, the instructions
//! of ARMv6-M, and no unaligned access.
#![no_std]
#![no_main]

mod lan9118;

use core::ptr;

use cortex_m::Peripherals;
use cortex_m::peripheral::NVIC;
use cortex_m_rt::exception;
use embassy_executor::Spawner;
use socklet_embassy::core::deflate::Balanced;
use socklet_qemu_app::{Board, ClientPlace, ServerPlace, run};
use socklet_qemu_support::entropy::Rng;
use socklet_qemu_support::frames::{FRAME_LEN, FrameDriver, WAKER};
use socklet_qemu_support::{memory, semihosting, systick};
use static_cell::{ConstStaticCell, StaticCell};

use lan9118::Lan9118;

const CORE_HZ: u32 = 25_000_000;

/// Configuration and control register of the core, and its bit that traps unaligned accesses.
const CCR: *mut u32 = 0xE000_ED14 as *mut u32;
const UNALIGN_TRP: u32 = 1 << 3;

/// Bytes of each TCP window, and of the buffers of a connection: in the receive buffer lies a window
/// of 2 KiB too.
const TCP: usize = 4096;
const RECEIVE: usize = 4096;
const STAGING: usize = 1024;

/// Connections that the server can have at a time.
const POOL: usize = 3;

type Client = ClientPlace<Balanced, TCP, RECEIVE, STAGING>;
type Server = ServerPlace<Balanced, TCP, RECEIVE, STAGING>;

static CLIENT: ConstStaticCell<Client> = ConstStaticCell::new(Client::client(Balanced::new()));
static SERVER: ConstStaticCell<[Server; POOL]> =
    ConstStaticCell::new([const { Server::server(Balanced::new()) }; POOL]);

#[embassy_executor::main]
async fn main(_spawner: Spawner) {
    static DRIVER: StaticCell<FrameDriver<Lan9118, FRAME_LEN>> = StaticCell::new();
    memory::paint_stack();
    trap_unaligned();
    let passed = match (Peripherals::take(), Lan9118::start(), Rng::from_host()) {
        (Some(peripherals), Some(card), Some(rng)) => {
            systick::start(peripherals.SYST, CORE_HZ);
            let driver = DRIVER.init_with(|| FrameDriver::new(card));
            // SAFETY: its handler is below.
            unsafe { NVIC::unmask(lan9118::Interrupt) };
            let (client, server) = (CLIENT.take(), SERVER.take());
            run(Board { driver, rng, client, server }).await
        }
        _ => false,
    };
    semihosting::exit(passed)
}

/// Makes the Cortex-M3 of the board as strict as a Cortex-M0.
fn trap_unaligned() {
    // SAFETY: nothing else uses the register.
    unsafe { ptr::write_volatile(CCR, ptr::read_volatile(CCR) | UNALIGN_TRP) };
}

/// The only interrupt besides SysTick is the network card's.
#[exception]
unsafe fn DefaultHandler(_: i16) {
    lan9118::silence();
    WAKER.wake();
}

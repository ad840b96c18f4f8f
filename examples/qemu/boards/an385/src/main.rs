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
use embassy_net::{Runner, Stack};
use socklet_embassy::core::deflate::Balanced;
use socklet_qemu_app::{ClientPlace, Coded, NetworkMemory, ServerPlace, Serving, run, start};
use socklet_qemu_support::frames::{FRAME_LEN, FrameDriver, WAKER};
use socklet_qemu_support::{entropy, memory, semihosting, systick};
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
const CONNECTIONS: usize = 3;

type Client = ClientPlace<Coded<Balanced>, TCP, RECEIVE, STAGING>;
type Server = ServerPlace<Coded<Balanced>, TCP, RECEIVE, STAGING>;

static CLIENT: ConstStaticCell<Client> =
    ConstStaticCell::new(Client::client(Coded::new(Balanced::new())));
static SERVER: ConstStaticCell<[Server; CONNECTIONS]> =
    ConstStaticCell::new([const { Server::server(Coded::new(Balanced::new())) }; CONNECTIONS]);

type Driver = FrameDriver<Lan9118, FRAME_LEN>;

static DRIVER: StaticCell<Driver> = StaticCell::new();
static NETWORK: StaticCell<NetworkMemory<{ CONNECTIONS + 1 }>> = StaticCell::new();

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, &'static mut Driver>) -> ! {
    runner.run().await
}

#[embassy_executor::task(pool_size = CONNECTIONS)]
async fn serve(stack: Stack<'static>, port: u16, place: &'static mut Server) -> ! {
    socklet_qemu_app::serve(stack, port, place).await
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    memory::paint_stack();
    trap_unaligned();
    let parts = (Peripherals::take(), Lan9118::start(), entropy::from_host());
    let (Some(peripherals), Some(card), Some(mut rng)) = parts else { semihosting::exit(false) };
    systick::start(peripherals.SYST, CORE_HZ);
    let driver = DRIVER.init_with(|| FrameDriver::new(card));
    // SAFETY: its handler is below.
    unsafe { NVIC::unmask(lan9118::Interrupt) };
    let (stack, runner) = start(driver, NETWORK.init_with(NetworkMemory::new), &mut rng);
    let Ok(network) = network(runner) else { semihosting::exit(false) };
    spawner.spawn(network);
    let spawn = |port| {
        let mut places = SERVER.take().iter_mut();
        let started =
            places.all(|place| serve(stack, port, place).map(|task| spawner.spawn(task)).is_ok());
        if started { Serving::Tasks } else { Serving::Nowhere }
    };
    semihosting::exit(run(stack, rng, || CLIENT.take(), spawn).await)
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

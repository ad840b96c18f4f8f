//! The application on `lm3s6965evb`, which has 64 KiB of RAM and a Cortex-M3.
#![no_std]
#![no_main]

mod stellaris;

use cortex_m::Peripherals;
use cortex_m::peripheral::NVIC;
use cortex_m_rt::exception;
use embassy_executor::Spawner;
use embassy_net::{Runner, Stack};
use socklet_embassy::core::deflate::Tiny;
use socklet_qemu_app::{ClientPlace, Coded, NetworkMemory, Serving, run, start};
use socklet_qemu_support::frames::{FRAME_LEN, FrameDriver, WAKER};
use socklet_qemu_support::{entropy, memory, semihosting, systick};
use static_cell::{ConstStaticCell, StaticCell};

use stellaris::Stellaris;

const CORE_HZ: u32 = 12_500_000;

/// Bytes of each TCP window, and of the buffers of a connection: in the receive buffer lies a window
/// of 512 bytes too.
const TCP: usize = 1024;
const RECEIVE: usize = 1024;
const STAGING: usize = 512;

/// One connection at a time, as client or as server.
type Place = ClientPlace<Coded<Tiny>, TCP, RECEIVE, STAGING>;
type Driver = FrameDriver<Stellaris, FRAME_LEN>;

static PLACE: ConstStaticCell<Place> = ConstStaticCell::new(Place::client(Coded::new(Tiny::new())));
static DRIVER: StaticCell<Driver> = StaticCell::new();
static NETWORK: StaticCell<NetworkMemory<1>> = StaticCell::new();

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, &'static mut Driver>) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn serve(stack: Stack<'static>, port: u16, place: &'static mut Place) -> ! {
    socklet_qemu_app::serve(stack, port, place).await
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    memory::paint_stack();
    let parts = (Peripherals::take(), Stellaris::start(), entropy::from_host());
    let (Some(peripherals), Some(card), Some(mut rng)) = parts else { semihosting::exit(false) };
    systick::start(peripherals.SYST, CORE_HZ);
    let driver = DRIVER.init_with(|| FrameDriver::new(card));
    // SAFETY: its handler is below.
    unsafe { NVIC::unmask(stellaris::Interrupt) };
    let (stack, runner) = start(driver, NETWORK.init_with(NetworkMemory::new), &mut rng);
    let Ok(network) = network(runner) else { semihosting::exit(false) };
    spawner.spawn(network);
    let spawn = |port| match serve(stack, port, PLACE.take()) {
        Ok(task) => {
            spawner.spawn(task);
            Serving::Tasks
        }
        Err(_) => Serving::Nowhere,
    };
    semihosting::exit(run(stack, rng, || PLACE.take(), spawn).await)
}

/// The only interrupt besides SysTick is the network card's.
#[exception]
unsafe fn DefaultHandler(_: i16) {
    stellaris::silence();
    WAKER.wake();
}

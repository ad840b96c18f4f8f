//! The application on `microbit`, which has 16 KiB of RAM and a Cortex-M0: a client of plain `ws`
//! with the smallest compressor, or a server of one connection.
#![no_std]
#![no_main]

mod rng;
mod serial;

use cortex_m::Peripherals;
use cortex_m::peripheral::NVIC;
use cortex_m_rt::exception;
use embassy_executor::Spawner;
use embassy_net::Runner;
use socklet_embassy::core::deflate::Least;
use socklet_qemu_app::{ClientPlace, Coded, NetworkMemory, Serving, run, start};
use socklet_qemu_support::frames::{FrameDriver, WAKER};
use socklet_qemu_support::{memory, semihosting, systick};
use static_cell::{ConstStaticCell, StaticCell};

use rng::Rng;
use serial::Serial;

const CORE_HZ: u32 = 16_000_000;

/// Bytes of each TCP window, and of the buffers of a connection: in the receive buffer lies a window
/// of 512 bytes too.
const TCP: usize = 512;
const RECEIVE: usize = 1024;
const STAGING: usize = 384;

/// Bytes of the longest frame: the other end of a connection is told to send no longer ones.
const FRAME_LEN: usize = 400;

/// The only connection.
type Place = ClientPlace<Coded<Least>, TCP, RECEIVE, STAGING>;
type Driver = FrameDriver<Serial, FRAME_LEN>;

static PLACE: ConstStaticCell<Place> =
    ConstStaticCell::new(Place::client(Coded::new(Least::new())));
static DRIVER: StaticCell<Driver> = StaticCell::new();
static NETWORK: StaticCell<NetworkMemory<1>> = StaticCell::new();

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, &'static mut Driver>) -> ! {
    runner.run().await
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    memory::paint_stack();
    let parts = (Peripherals::take(), Some(Serial::start()), Some(Rng::start()));
    let (Some(peripherals), Some(card), Some(mut rng)) = parts else { semihosting::exit(false) };
    systick::start(peripherals.SYST, CORE_HZ);
    let driver = DRIVER.init_with(|| FrameDriver::new(card));
    // SAFETY: its handler is below.
    unsafe { NVIC::unmask(serial::Interrupt) };
    let (stack, runner) = start(driver, NETWORK.init_with(NetworkMemory::new), &mut rng);
    let Ok(network) = network(runner) else { semihosting::exit(false) };
    spawner.spawn(network);
    semihosting::exit(run(stack, rng, || PLACE.take(), |_| Serving::Here(PLACE.take())).await)
}

/// The only interrupt besides SysTick is the serial port's.
#[exception]
unsafe fn DefaultHandler(_: i16) {
    if serial::take() {
        WAKER.wake();
    }
}

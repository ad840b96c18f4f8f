//! The application on `virt` with a core of the extensions i, m and c, held to what an ESP32-C3
//! has: 400 KiB of RAM, and no atomic instructions.
#![no_std]
#![no_main]

mod virtio;

use core::arch::asm;
use core::ptr;

use embassy_executor::Spawner;
use embassy_net::{Runner, Stack};
use riscv::interrupt::Interrupt;
use riscv_rt::core_interrupt;
use socklet_embassy::core::deflate::Balanced;
use socklet_qemu_app::{ClientPlace, Coded, NetworkMemory, ServerPlace, Serving, run, start};
use socklet_qemu_support::frames::{FRAME_LEN, FrameDriver, WAKER};
use socklet_qemu_support::{clint, entropy, memory, semihosting};
use static_cell::{ConstStaticCell, StaticCell};

use virtio::{Buffer, Virtio};

/// Bytes of each TCP window, and of the buffers of a connection: in the receive buffer lies a window
/// of 2 KiB too.
const TCP: usize = 4096;
const RECEIVE: usize = 4096;
const STAGING: usize = 1024;

/// Connections that the server can have at a time.
const CONNECTIONS: usize = 3;

/// The interrupt controller (PLIC): the priority of source 1, which is the network card's, and
/// for this core the sources that are enabled, the threshold, and which source it is.
const PRIORITY_1: *mut u32 = 0x0C00_0004 as *mut u32;
const ENABLED: *mut u32 = 0x0C00_2000 as *mut u32;
const THRESHOLD: *mut u32 = 0x0C20_0000 as *mut u32;
const CLAIM: *mut u32 = 0x0C20_0004 as *mut u32;

type Client = ClientPlace<Coded<Balanced>, TCP, RECEIVE, STAGING>;
type Server = ServerPlace<Coded<Balanced>, TCP, RECEIVE, STAGING>;
type Driver = FrameDriver<Virtio, FRAME_LEN>;

static CLIENT: ConstStaticCell<Client> =
    ConstStaticCell::new(Client::client(Coded::new(Balanced::new())));
static SERVER: ConstStaticCell<[Server; CONNECTIONS]> =
    ConstStaticCell::new([const { Server::server(Coded::new(Balanced::new())) }; CONNECTIONS]);
static BUFFERS: ConstStaticCell<[Buffer; 2]> = ConstStaticCell::new([const { Buffer::new() }; 2]);
static DRIVER: StaticCell<Driver> = StaticCell::new();
static NETWORK: StaticCell<NetworkMemory<{ CONNECTIONS + 1 }>> = StaticCell::new();

unsafe extern "C" {
    static _flash_start: u8;
    static _flash_end: u8;
}

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
    protect();
    memory::paint_stack();
    let parts = (Virtio::start(BUFFERS.take()), entropy::from_host());
    let (Some(card), Some(mut rng)) = parts else { semihosting::exit(false) };
    let driver = DRIVER.init_with(|| FrameDriver::new(card));
    clint::start();
    listen();
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

/// Has the core's memory protection forbid all writing to what would be flash, which here is RAM:
/// the stack, which lies above it, cannot overflow into it. Locked, so that it binds the program too.
fn protect() {
    let bounds = [&raw const _flash_start as usize >> 2, &raw const _flash_end as usize >> 2];
    // Of the second of the two addresses: locked, top of a range, executable and readable.
    let settings = 0b1000_1101 << 8;
    // SAFETY: the program lies in the range, and may still be read and executed.
    unsafe {
        asm!(
            "csrw pmpaddr0, {start}",
            "csrw pmpaddr1, {end}",
            "csrw pmpcfg0, {settings}",
            start = in(reg) bounds[0],
            end = in(reg) bounds[1],
            settings = in(reg) settings,
        );
    }
}

/// Enables the interrupts: the card's and the clock's.
fn listen() {
    // SAFETY: the handlers are below, and in the clock.
    unsafe {
        ptr::write_volatile(PRIORITY_1, 1);
        ptr::write_volatile(ENABLED, 1 << 1);
        ptr::write_volatile(THRESHOLD, 0);
        riscv::register::mie::set_mext();
        riscv::register::mstatus::set_mie();
    }
}

#[core_interrupt(Interrupt::MachineExternal)]
fn external() {
    // SAFETY: the registers are for this handler.
    unsafe {
        let source = ptr::read_volatile(CLAIM);
        virtio::acknowledge();
        WAKER.wake();
        ptr::write_volatile(CLAIM, source);
    }
}

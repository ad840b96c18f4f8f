//! The sensor on an ESP32-C3: Wi-Fi.
#![no_std]
#![no_main]

mod wifi;

use embassy_executor::Spawner;
use embassy_net::Runner;
use esp_backtrace as _;
use esp_hal::clock::CpuClock;
use esp_hal::rng::Trng;
use esp_hal::timer::timg::TimerGroup;
use esp_hal::tsens::{self, TemperatureSensor};
use esp_println::logger::init_logger;
use esp_radio::wifi::{Interface, WifiController};
use log::{LevelFilter, error};
use socklet_sensor::{Memory, network};
use static_cell::ConstStaticCell;

esp_bootloader_esp_idf::esp_app_desc!();

/// What the radio takes, in bytes: it is the only user of the heap.
const HEAP_LEN: usize = 72 * 1024;

static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());

#[embassy_executor::task]
async fn stack(mut runner: Runner<'static, Interface>) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn wifi(controller: WifiController<'static>) -> ! {
    match wifi::stay_joined(controller).await {}
}

#[esp_rtos::main]
async fn main(spawner: Spawner) {
    let p = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    init_logger(LevelFilter::Debug);
    esp_alloc::heap_allocator!(size: HEAP_LEN);
    esp_rtos::start(TimerGroup::new(p.TIMG0).timer0, p.FROM_CPU_INTR0);

    let controller = match wifi::start(p.WIFI) {
        Ok(controller) => controller,
        Err(error) => return error!("no Wi-Fi: {error}"),
    };
    // The noise that the radio hears makes its numbers random: without it there is no generator.
    let Ok(mut rng) = Trng::try_new() else { return error!("no randomness") };
    let (net, stack_runner) = network::start(Interface::station(), &mut rng);
    let (Ok(stack), Ok(wifi)) = (stack(stack_runner), wifi(controller)) else { return };
    spawner.spawn(stack);
    spawner.spawn(wifi);

    let Ok(thermometer) = TemperatureSensor::new(p.TSENS, tsens::Config::default()) else {
        return error!("no thermometer");
    };
    let decidegrees = async || (thermometer.get_temperature().to_celsius() * 10.0) as i32;
    match socklet_sensor::run(net, MEMORY.take(), &mut rng, decidegrees).await {}
}

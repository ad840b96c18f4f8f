//! The sensor on a Pico with a W5500 on SPI0, as the W5500-EVB-Pico has it: Ethernet.
#![no_std]
#![no_main]

use embassy_executor::Spawner;
use embassy_net_wiznet::chip::W5500;
use embassy_net_wiznet::{Device, Runner, State};
use embassy_rp::gpio::{Input, Level, Output, Pull};
use embassy_rp::peripherals::{DMA_CH0, DMA_CH1, SPI0};
use embassy_rp::spi::{Async, Config, Spi};
use embassy_rp::{adc, bind_interrupts, dma};
use embassy_time::Delay;
use embedded_hal_bus::spi::ExclusiveDevice;
use log::error;
use rand_core::CryptoRng;
use socklet_rp2040::thermometer::Thermometer;
use socklet_rp2040::{console, entropy};
use socklet_sensor::{Memory, network};
use static_cell::ConstStaticCell;

/// The W5500 takes up to 80 MHz; a breadboard does not.
const SPI_HZ: u32 = 30_000_000;

/// Frames that wait on their way in and out, of 1514 bytes each.
const QUEUE: usize = 4;

static CARD: ConstStaticCell<State<QUEUE, QUEUE>> = ConstStaticCell::new(State::new());
static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());

bind_interrupts!(struct Interrupts {
    ADC_IRQ_FIFO => adc::InterruptHandler;
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>, dma::InterruptHandler<DMA_CH1>;
});

type Bus = ExclusiveDevice<Spi<'static, SPI0, Async>, Output<'static>, Delay>;

#[embassy_executor::task]
async fn card(runner: Runner<'static, W5500, Bus, Input<'static>, Output<'static>>) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn stack(mut runner: embassy_net::Runner<'static, Device<'static>>) -> ! {
    runner.run().await
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let p = embassy_rp::init(embassy_rp::config::Config::default());
    console::start(p.UART0, p.PIN_0);
    let mut rng = entropy::generator();

    let mut config = Config::default();
    config.frequency = SPI_HZ;
    let (clock, mosi, miso) = (p.PIN_18, p.PIN_19, p.PIN_16);
    let spi = Spi::new(p.SPI0, clock, mosi, miso, p.DMA_CH0, p.DMA_CH1, Interrupts, config);
    let Ok(bus) = ExclusiveDevice::new(spi, Output::new(p.PIN_17, Level::High), Delay);
    let (interrupt, reset) = (Input::new(p.PIN_21, Pull::Up), Output::new(p.PIN_20, Level::High));
    let started =
        embassy_net_wiznet::new(address(&mut rng), CARD.take(), bus, interrupt, reset).await;
    let (device, card_runner) = match started {
        Ok(started) => started,
        Err(error) => return error!("no W5500 there: {error:?}"),
    };
    let (net, stack_runner) = network::start(device, &mut rng);
    let (Ok(card), Ok(stack)) = (card(card_runner), stack(stack_runner)) else { return };
    spawner.spawn(card);
    spawner.spawn(stack);

    let mut thermometer = Thermometer::new(p.ADC, p.ADC_TEMP_SENSOR, Interrupts);
    let decidegrees = async || thermometer.decidegrees().await;
    match socklet_sensor::run(net, MEMORY.take(), &mut rng, decidegrees).await {}
}

/// An Ethernet address, as the W5500 has none of its own: any that nobody else owns (bit 1 of the
/// first byte) and that is of one machine (bit 0).
fn address(rng: &mut impl CryptoRng) -> [u8; 6] {
    let mut address = [0; 6];
    rng.fill_bytes(&mut address);
    address[0] = address[0] & !1 | 2;
    address
}

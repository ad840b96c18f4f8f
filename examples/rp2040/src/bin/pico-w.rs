//! The sensor on a Pico W: Wi-Fi.
#![no_std]
#![no_main]

use core::convert::Infallible;

use cyw43::{A4, Aligned, Control, JoinOptions, NetDriver, PowerManagementMode, SpiBus, State};
use cyw43_firmware::{CYW43_43439A0, CYW43_43439A0_CLM};
use cyw43_pio::{DEFAULT_CLOCK_DIVIDER, PioSpi};
use embassy_executor::Spawner;
use embassy_net::Stack;
use embassy_rp::gpio::{Level, Output};
use embassy_rp::peripherals::{DMA_CH0, PIO0};
use embassy_rp::pio::Pio;
use embassy_rp::{adc, bind_interrupts, dma, pio};
use embassy_time::Timer;
use log::{info, warn};
use socklet_rp2040::nvram::NVRAM;
use socklet_rp2040::thermometer::Thermometer;
use socklet_rp2040::{console, entropy};
use socklet_sensor::{Memory, config, network};
use static_cell::{ConstStaticCell, StaticCell};

/// The program of the radio chip, which has no flash of its own.
static FIRMWARE: &Aligned<A4, [u8]> = &Aligned(*CYW43_43439A0);

static RADIO: StaticCell<State> = StaticCell::new();
static MEMORY: ConstStaticCell<Memory> = ConstStaticCell::new(Memory::new());

bind_interrupts!(struct Interrupts {
    ADC_IRQ_FIFO => adc::InterruptHandler;
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>;
    PIO0_IRQ_0 => pio::InterruptHandler<PIO0>;
});

type Bus = SpiBus<Output<'static>, PioSpi<'static, PIO0, 0>>;

#[embassy_executor::task]
async fn radio(runner: cyw43::Runner<'static, Bus>) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn stack(mut runner: embassy_net::Runner<'static, NetDriver<'static>>) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn wifi(control: Control<'static>, stack: Stack<'static>) -> ! {
    match stay_joined(control, stack).await {}
}

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let p = embassy_rp::init(embassy_rp::config::Config::default());
    console::start(p.UART0, p.PIN_0);
    let mut rng = entropy::generator();

    let (power, select) = (Output::new(p.PIN_23, Level::Low), Output::new(p.PIN_25, Level::High));
    let Pio { mut common, irq0, sm0, .. } = Pio::new(p.PIO0, Interrupts);
    let dma = dma::Channel::new(p.DMA_CH0, Interrupts);
    let (data, clock) = (p.PIN_24, p.PIN_29);
    let spi = PioSpi::new(&mut common, sm0, DEFAULT_CLOCK_DIVIDER, irq0, select, data, clock, dma);
    let (device, mut control, radio_runner) =
        cyw43::new(RADIO.init_with(State::new), power, spi, FIRMWARE, NVRAM).await;
    let (net, stack_runner) = network::start(device, &mut rng);
    let (Ok(radio), Ok(stack)) = (radio(radio_runner), stack(stack_runner)) else { return };
    spawner.spawn(radio);
    spawner.spawn(stack);
    control.init(CYW43_43439A0_CLM).await;
    control.set_power_management(PowerManagementMode::PowerSave).await;
    let Ok(wifi) = wifi(control, net) else { return };
    spawner.spawn(wifi);

    let mut thermometer = Thermometer::new(p.ADC, p.ADC_TEMP_SENSOR, Interrupts);
    let decidegrees = async || thermometer.decidegrees().await;
    match socklet_sensor::run(net, MEMORY.take(), &mut rng, decidegrees).await {}
}

/// Joins the network, and again whenever it is lost.
async fn stay_joined(mut control: Control<'static>, stack: Stack<'static>) -> Infallible {
    let options = || match config::WIFI_PASSPHRASE {
        "" => JoinOptions::new_open(),
        passphrase => JoinOptions::new(passphrase.as_bytes()),
    };
    loop {
        info!("joining {}", config::WIFI_SSID);
        match control.join(config::WIFI_SSID, options()).await {
            Ok(()) => stack.wait_link_down().await,
            Err(error) => warn!("cannot join {}: {error:?}", config::WIFI_SSID),
        }
        Timer::after_secs(1).await;
    }
}

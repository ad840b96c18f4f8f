//! The log, for whoever listens: a debug probe over RTT, a serial adapter on UART0 (GP0, 115,200
//! bits a second).

use core::cell::RefCell;
use core::fmt::{self, Write};
use core::panic::PanicInfo;

use critical_section::Mutex;
use embassy_rp::Peri;
use embassy_rp::peripherals::{PIN_0, UART0};
use embassy_rp::uart::{Blocking, Config, UartTx};
use log::{LevelFilter, Log, Metadata, Record};
use rtt_target::{rprintln, rtt_init_print};

static UART: Mutex<RefCell<Option<UartTx<'static, Blocking>>>> = Mutex::new(RefCell::new(None));

struct Console;

/// Has the log printed from now on.
pub fn start(uart: Peri<'static, UART0>, tx: Peri<'static, PIN_0>) {
    rtt_init_print!();
    let uart = UartTx::new_blocking(uart, tx, Config::default());
    critical_section::with(|cs| UART.replace(cs, Some(uart)));
    // SAFETY: no other task runs yet, and no interrupt logs.
    let first = unsafe { log::set_logger_racy(&Console) };
    if first.is_ok() {
        // SAFETY: as above.
        unsafe { log::set_max_level_racy(LevelFilter::Debug) };
    }
}

impl Log for Console {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        print(format_args!("{:5} {}", record.level(), record.args()));
    }

    fn flush(&self) {}
}

fn print(line: fmt::Arguments<'_>) {
    rprintln!("{line}");
    critical_section::with(|cs| {
        if let Some(uart) = UART.borrow_ref_mut(cs).as_mut() {
            // A line that is not sent is lost: there is nobody to tell.
            let _ = write!(Serial(uart), "{line}\r\n");
        }
    });
}

struct Serial<'u>(&'u mut UartTx<'static, Blocking>);

impl Write for Serial<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.blocking_write(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

/// Prints what was wrong, and ends in a HardFault, where a debugger stops.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    print(format_args!("{info}"));
    cortex_m::asm::udf()
}

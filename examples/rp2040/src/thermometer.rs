//! The RP2040's own thermometer.

use embassy_rp::Peri;
use embassy_rp::adc::{Adc, Async, Channel, Config, InterruptHandler};
use embassy_rp::interrupt::typelevel::{ADC_IRQ_FIFO, Binding};
use embassy_rp::peripherals::{ADC, ADC_TEMP_SENSOR};

/// Microvolts of a step of the converter: 3.3 V in 4096 steps.
const STEP_UV: i32 = 806;

/// What the diode has at 27 degrees, and loses with each tenth of a degree (RP2040 datasheet,
/// section 4.9.5).
const AT_27_UV: i32 = 706_000;
const TENTH_UV: i32 = 172;

/// The thermometer.
#[allow(missing_debug_implementations, reason = "the converter shows nothing")]
pub struct Thermometer {
    converter: Adc<'static, Async>,
    diode: Channel<'static>,
}

impl Thermometer {
    /// Starts it.
    #[must_use]
    pub fn new(
        converter: Peri<'static, ADC>,
        diode: Peri<'static, ADC_TEMP_SENSOR>,
        interrupt: impl Binding<ADC_IRQ_FIFO, InterruptHandler>,
    ) -> Self {
        Self {
            converter: Adc::new(converter, interrupt, Config::default()),
            diode: Channel::new_temp_sensor(diode),
        }
    }

    /// The temperature of the chip: degrees Celsius, in tenths; 0 if it cannot be read.
    pub async fn decidegrees(&mut self) -> i32 {
        let steps = self.converter.read(&mut self.diode).await;
        steps.map_or(0, |steps| 270 - (i32::from(steps) * STEP_UV - AT_27_UV) / TENTH_UV)
    }
}

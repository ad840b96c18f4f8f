//! What is reported.

use core::fmt;

/// A value of the sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Counts all readings since the device has started, whether they were sent or not.
    pub(crate) number: u32,
    /// Seconds since the device has started.
    pub(crate) uptime_s: u64,
    /// Degrees Celsius, in tenths.
    pub(crate) decidegrees: i32,
}

/// Longest reading in bytes.
pub(crate) const READING_LEN: usize = 96;

/// As JSON.
impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, uptime_s, decidegrees } = self;
        let sign = if *decidegrees < 0 { "-" } else { "" };
        let (whole, tenths) = (decidegrees.unsigned_abs() / 10, decidegrees.unsigned_abs() % 10);
        write!(
            f,
            "{{\"reading\":{number},\"uptime_s\":{uptime_s},\"celsius\":{sign}{whole}.{tenths}}}"
        )
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn a_reading_is_json() {
        let reading = Reading { number: 7, uptime_s: 61, decidegrees: 274 };
        assert_eq!(reading.to_string(), r#"{"reading":7,"uptime_s":61,"celsius":27.4}"#);
        let reading = Reading { decidegrees: -5, ..reading };
        assert_eq!(reading.to_string(), r#"{"reading":7,"uptime_s":61,"celsius":-0.5}"#);
    }

    #[test]
    fn the_longest_reading_fits() {
        let reading = Reading { number: u32::MAX, uptime_s: u64::MAX, decidegrees: i32::MIN };
        assert!(reading.to_string().len() <= READING_LEN);
    }
}

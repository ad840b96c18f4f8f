//! What both boards share: the log, randomness, the thermometer.
#![no_std]

pub mod console;
pub mod entropy;
pub mod nvram;
pub mod thermometer;

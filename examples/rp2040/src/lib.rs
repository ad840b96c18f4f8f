//! What both boards share: the log, randomness, the thermometer, the network stack.
#![no_std]

pub mod console;
pub mod entropy;
pub mod network;
pub mod nvram;
pub mod thermometer;

//! Touches what all programs share and nothing more: what the others are compared with.
#![no_std]
#![no_main]

use socklet_size::{Stub, report_state, touch_transport};

#[unsafe(no_mangle)]
fn app() -> bool {
    report_state(size_of::<Stub>());
    touch_transport()
}

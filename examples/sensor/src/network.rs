//! The network stack, over whichever card a board has.

use embassy_net::driver::Driver;
use embassy_net::{Config, DhcpConfig, Runner, Stack, StackResources};
use log::info;
use rand_core::CryptoRng;
use static_cell::ConstStaticCell;

/// Sockets: that of the connection, and those of DHCP and DNS.
const SOCKETS: usize = 3;

/// Makes the network stack, and what a task has to run for it. The generator makes what should
/// differ from one boot to the next: port numbers and the like.
///
/// # Panics
/// When called twice.
pub fn start<D: Driver>(
    driver: D,
    rng: &mut impl CryptoRng,
) -> (Stack<'static>, Runner<'static, D>) {
    static MEMORY: ConstStaticCell<StackResources<SOCKETS>> =
        ConstStaticCell::new(StackResources::new());
    let config = Config::dhcpv4(DhcpConfig::default());
    embassy_net::new(driver, config, MEMORY.take(), rng.next_u64())
}

/// Waits for an address, and tells it.
pub(crate) async fn wait(stack: Stack<'_>) {
    stack.wait_config_up().await;
    if let Some(config) = stack.config_v4() {
        info!("address {}", config.address);
    }
}

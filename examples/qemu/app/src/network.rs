//! The network stack: made here, run by a task of the board.

use embassy_net::{Config, Runner, Stack, StackResources};
use embassy_net_driver::Driver;
use embassy_time::Instant;
use rand_core::CryptoRng;
use socklet_qemu_support::say;

/// Sockets: one for each connection, and those of DHCP.
const SOCKETS: usize = 5;

/// The memory of the network stack, without that of sockets.
pub type NetworkMemory = StackResources<SOCKETS>;

/// Makes the network stack, and what has to run it. The generator makes what should differ from
/// one boot to the next: port numbers and the like.
pub fn start<D: Driver>(
    driver: &'static mut D,
    memory: &'static mut NetworkMemory,
    rng: &mut impl CryptoRng,
) -> (Stack<'static>, Runner<'static, &'static mut D>) {
    embassy_net::new(driver, config(), memory, rng.next_u64())
}

/// Waits for an address, and tells it.
pub(crate) async fn wait(stack: Stack<'_>) {
    stack.wait_config_up().await;
    if let Some(config) = stack.config_v4() {
        say!("address {} after {} ms", config.address, Instant::now().as_millis());
    }
}

#[cfg(feature = "dhcp")]
fn config() -> Config {
    Config::dhcpv4(embassy_net::DhcpConfig::default())
}

/// The address that QEMU's router expects.
#[cfg(not(feature = "dhcp"))]
fn config() -> Config {
    use embassy_net::{Ipv4Address, Ipv4Cidr, StaticConfigV4};

    Config::ipv4_static(StaticConfigV4 {
        address: Ipv4Cidr::new(Ipv4Address::new(10, 0, 2, 15), 24),
        gateway: Some(Ipv4Address::new(10, 0, 2, 2)),
        dns_servers: Default::default(),
    })
}

//! The network stack, from the driver to an address, running beside the program that uses it.

use embassy_futures::select::select;
use embassy_net::{Config, Runner, Stack, StackResources};
use embassy_net_driver::Driver;
use embassy_time::Instant;
use socklet_qemu_support::say;

/// Sockets: one for each connection, and those of DHCP.
const SOCKETS: usize = 5;

/// The memory of the stack, without that of sockets.
pub(crate) type Memory = StackResources<SOCKETS>;

/// Starts the network. The seed is for port numbers and the like.
pub(crate) fn start<'m, D: Driver>(
    driver: &'m mut D,
    memory: &'m mut Memory,
    seed: u64,
) -> (Stack<'m>, Runner<'m, &'m mut D>) {
    embassy_net::new(driver, config(), memory, seed)
}

/// Runs a program as soon as there is an address, and the network for as long.
pub(crate) async fn run<D: Driver>(
    stack: Stack<'_>,
    mut runner: Runner<'_, D>,
    program: impl Future<Output = ()>,
) {
    let program = async {
        stack.wait_config_up().await;
        if let Some(config) = stack.config_v4() {
            say!("address {} after {} ms", config.address, Instant::now().as_millis());
        }
        program.await;
    };
    select(runner.run(), program).await;
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

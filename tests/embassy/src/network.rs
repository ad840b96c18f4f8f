//! A device and a host, each with a network stack of its own.

use embassy_net::{Config, Ipv4Address, Ipv4Cidr, Runner, Stack, StackResources, StaticConfigV4};

use crate::{
    executor::spawn,
    link::{Faults, Link, Port},
    name_server,
};

/// The address of the device.
pub const DEVICE: &str = "10.0.0.2";
/// The address of the host.
pub const HOST: &str = "10.0.0.1";
/// An address where nobody is.
pub const NOBODY: &str = "10.0.0.9";
/// An address to which there is no way.
pub const ELSEWHERE: &str = "192.0.2.1";

/// Two stacks and the cable between them.
pub struct Network {
    /// The cable.
    pub link: Link,
    /// The stack of the device under test.
    pub device: Stack<'static>,
    /// The stack of its peer.
    pub host: Stack<'static>,
}

impl Network {
    /// A network in which nothing goes wrong.
    #[must_use]
    pub fn new() -> Self {
        Self::with(0, Faults::NONE)
    }

    /// A network over a cable with faults.
    #[must_use]
    pub fn with(seed: u64, faults: Faults) -> Self {
        let (link, [device, host]) = Link::new(seed, faults);
        let device = stack(device, Ipv4Address::new(10, 0, 0, 2), seed + 1);
        let host = stack(host, Ipv4Address::new(10, 0, 0, 1), seed + 2);
        spawn(name_server::run(host));
        Self { link, device, host }
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}

/// What a stack needs lives as long as the test program.
fn stack(port: Port, address: Ipv4Address, seed: u64) -> Stack<'static> {
    let mut config = StaticConfigV4 {
        address: Ipv4Cidr::new(address, 24),
        gateway: None,
        dns_servers: Default::default(),
    };
    config.dns_servers.push(Ipv4Address::new(10, 0, 0, 1)).unwrap();
    let resources = Box::leak(Box::new(StackResources::<12>::new()));
    let (stack, runner) = embassy_net::new(port, Config::ipv4_static(config), resources, seed);
    spawn(run(runner));
    stack
}

async fn run(mut runner: Runner<'static, Port>) {
    runner.run().await;
}

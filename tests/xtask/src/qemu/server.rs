//! Firmware as a server, for the clients of this machine and for the Autobahn suite.

use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use super::firmware::{Firmware, ROUTER, finish};
use super::gateway::{FAIR, Gateway, Wire};
use crate::autobahn::{self, Extent};
use crate::child::Child;
use crate::interop::{self, Peers};
use crate::{Result, Tally};

/// The port that the firmware listens on.
const PORT: u16 = 9001;

/// For the firmware to boot.
const BOOT_LIMIT: Duration = Duration::from_secs(20);

/// A firmware that serves, and where it is reached.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) address: String,
    _gateway: Option<Gateway>,
}

/// Boots the firmware as a server.
pub(crate) fn serve(firmware: &Firmware, name: &str) -> Result<Running> {
    // QEMU cannot choose a free port and tell it. Between here and there another program may take
    // it, and then QEMU does not start: rare, and seen.
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let forward = format!(",hostfwd=tcp:127.0.0.1:{port}-:{PORT}");
    let (network, gateway) = match firmware.board.wire {
        Wire::Ethernet => (format!("{ROUTER}{forward}"), None),
        wire @ Wire::Serial => {
            let gateway = Gateway::start(name, wire, FAIR, &forward, firmware.logs())?;
            (gateway.network.clone(), Some(gateway))
        }
    };
    let child = firmware.start(name, &network, &format!("server {PORT}"))?;
    child.line_after("listening on ", BOOT_LIMIT)?;
    Ok(Running { child, address: format!("127.0.0.1:{port}"), _gateway: gateway })
}

/// A server of one connection refuses the next until the end of the one before has crossed the wire
/// both ways, which over a serial line takes a while.
const PAUSE: Duration = Duration::from_secs(1);

/// Has the clients talk to the server, and the last ask for its end.
pub(super) fn run(firmware: &Firmware, peers: &Peers) -> Result<Tally> {
    let mut server = serve(firmware, "server")?;
    let name = firmware.board.name;
    let address = server.address.clone();
    let slow = (firmware.board.wire == Wire::Serial).then_some(PAUSE);
    let mut tally =
        interop::test_firmware(peers, name, &address, &mut server.child, slow, firmware.logs())?;
    thread::sleep(slow.unwrap_or_default());
    let mut last = peers.ours().interop_client(crate::ours::Flavour::Tokio, &[]);
    last.arg(format!("ws://{address}/end"));
    let mut last = Child::start("end", &last, firmware.logs())?;
    last.tell("close 1000 done")?;
    last.line_after("closed local 1000", BOOT_LIMIT)?;
    let outcome = finish(&mut server.child)?;
    if !outcome.success {
        println!("FAILED {name} server: {}", outcome.failure());
    }
    tally.count(outcome.success);
    Ok(tally)
}

/// Has the Autobahn suite test the server.
pub(super) fn autobahn(firmware: &Firmware, extent: Extent) -> Result<Tally> {
    let part = match extent {
        Extent::Compressed(kind) => format!("-{}", kind.replace('.', "-")),
        _ => String::new(),
    };
    let mut server = serve(firmware, &format!("server-autobahn{part}"))?;
    let name = format!("server-{}{part}", firmware.board.name);
    autobahn::test_firmware(&name, &server.address, &mut server.child, extent)
}

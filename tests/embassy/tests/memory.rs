//! What a connection takes: its type says it.

use socklet_embassy::{Connector, DangerNoVerification, Tls};
use socklet_embassy_tests::{
    certificates::Authority,
    device::{PLAIN, PlainMemory, REQUEST, SECURE, SecureMemory, rng, secure},
    executor::run,
    name_server::KNOWN,
    network::Network,
};

#[test]
fn memory_is_the_sum_of_its_lengths() {
    assert_eq!(size_of::<PlainMemory>(), 1536 + 1536 + 2048 + 1024);
    assert_eq!(size_of::<SecureMemory>(), 2048 + 1536 + 2048 + 1024 + 16_640 + 1024 + 2 * 256);
}

/// On 64 bits: half of it is about what a device takes.
#[test]
fn futures_are_small() {
    let authority = Authority::root();
    run(async {
        let network = Network::new();
        let (mut plain, mut memory) = (PlainMemory::new(), Box::new(SecureMemory::new()));
        let connector = Connector::new(network.device);
        let session = connector.run(&PLAIN, &REQUEST, plain.client(rng()), async |_| ());
        let plain_len = size_of_val(&session);
        let connector = connector.tls(Tls::new(KNOWN, DangerNoVerification));
        let session = connector.run(&SECURE, &REQUEST, memory.client(rng()), async |_| ());
        let unverified_len = size_of_val(&session);
        drop(session);
        let connector = secure(&network, &authority);
        let session = connector.run(&SECURE, &REQUEST, memory.client(rng()), async |_| ());
        let verified_len = size_of_val(&session);
        println!("ws {plain_len}, wss unverified {unverified_len}, verified {verified_len} bytes");
        assert!(plain_len <= 3000, "ws: {plain_len}");
        assert!(unverified_len <= 9000, "wss, unverified: {unverified_len}");
        assert!(verified_len <= 13_000, "wss, verified: {verified_len}");
    });
}

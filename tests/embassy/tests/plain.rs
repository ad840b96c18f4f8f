//! `ws`: all the way from a name to an echo and back to nothing.

use socklet_core::{CloseCode, Message};
use socklet_embassy::{Address, Connector, Error};
use socklet_embassy_tests::{
    device::{PLAIN, PlainMemory, REQUEST, rng},
    executor::run,
    host::{self, echo},
    name_server::KNOWN,
    network::Network,
};

async fn hello(address: &Address<'_>) {
    let network = Network::new();
    host::serve(network.host, echo);
    let mut memory = PlainMemory::new();
    let outcome = Connector::new(network.device)
        .run(address, &REQUEST, memory.client(rng()), async |mut ws| {
            ws.send("hello").await?;
            assert_eq!(ws.recv().await?, Some(Message::Text("hello")));
            let closed = ws.close(CloseCode::NORMAL, "done").await?;
            assert_eq!(closed.code, Some(CloseCode::NORMAL));
            Ok::<_, Error>(ws.bytes_sent())
        })
        .await;
    assert!(outcome.unwrap().unwrap() > 100);
}

#[test]
fn a_message_goes_there_and_back() {
    run(hello(&PLAIN));
}

#[test]
fn the_host_is_found_by_name() {
    run(hello(&Address::new(KNOWN, 80)));
}

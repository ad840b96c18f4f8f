//! `ws`: all the way from a name to an echo and back to nothing.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

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

#[test]
fn messages_longer_than_any_buffer_go_in_parts_both_ways() {
    run(async {
        let network = Network::new();
        host::serve(network.host, echo);
        let mut memory = PlainMemory::new();
        let session = Connector::new(network.device);
        let session = session.run(&PLAIN, &REQUEST, memory.client(rng()), async |mut ws| {
            let message: Vec<u8> = (0..30_000_u32).map(|byte| byte as u8).collect();
            let mut received = Vec::new();
            ws.send(&*message).await?;
            while let Some(chunk) = ws.recv_chunk().await? {
                received.extend_from_slice(chunk.data);
                if chunk.fin {
                    break;
                }
            }
            assert_eq!(received, message);
            ws.close(CloseCode::NORMAL, "").await?;
            Ok::<_, Error>(())
        });
        assert_eq!(session.await, Ok(Ok(())));
    });
}

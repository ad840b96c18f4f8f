//! permessage-deflate on the device, over TLS: client and server.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use socklet_core::{
    CloseCode, Config, Message,
    deflate::{Inflate, Tiny},
    handshake::server::{Accept, Decision},
    io::nonblocking,
    permessage_deflate::{Deflate, Settings},
};
use socklet_embassy::{EmbassyTime, Error, Listener};
use socklet_embassy_tests::{
    certificates::Authority,
    device::{PlainMemory, REQUEST, SECURE, SecureMemory, rng, secure},
    executor::{run, spawn},
    host::{self, websocket},
    network::Network,
    tls::TlsServer,
};

/// What repeats itself, as reports of sensors do.
fn report(at: usize) -> String {
    (0..4)
        .map(|sensor| {
            let (temperature, humidity) = (20 + at % 5, 40 + (at + sensor) % 7);
            format!("{{\"sensor\":{sensor},\"temperature\":{temperature},\"humidity\":{humidity}}}")
        })
        .collect()
}

#[test]
fn a_client_compresses_over_tls() {
    let authority = Authority::root();
    run(async {
        let network = Network::new();
        let (host, server) = (network.host, authority.server());
        spawn(async move {
            let plain = websocket(TlsServer::new(host::accept(host, 443).await, server));
            let (mut inflate, mut compress) = (Inflate::new(), Tiny::new());
            let deflate = Deflate::new(&mut inflate, &mut compress, Settings::DEFAULT);
            let (mut receive, mut staging) = ([0; 4096], [0; 4096]);
            let mut ws = nonblocking::WebSocket::server_with(
                plain.into_parts().0,
                &mut receive[..],
                &mut staging[..],
                Config::SERVER,
                deflate,
                EmbassyTime,
            );
            ws.accept().await.unwrap();
            while let Ok(Some((message, mut reply))) = ws.recv_with_sender().await {
                reply.send(message).await.unwrap();
            }
            let mut tls = ws.into_parts().0;
            tls.close().await.unwrap();
            host::end(tls.into_inner()).await;
        });
        let mut memory = Box::new(SecureMemory::new());
        let (mut inflate, mut compress) = (Inflate::new(), Tiny::new());
        let deflate = Deflate::new(&mut inflate, &mut compress, Settings::DEFAULT);
        let resources = memory.client(rng()).compression(deflate);
        let connector = secure(&network, &authority);
        let session = connector.run(&SECURE, &REQUEST, resources, async |mut ws| {
            assert!(ws.compression().is_some());
            for at in 0..100 {
                let report = report(at);
                ws.send(&*report).await?;
                assert_eq!(ws.recv().await?, Some(Message::Text(&report)));
            }
            let volumes = [ws.volume_sent(), ws.volume_received()];
            ws.close(CloseCode::NORMAL, "").await?;
            Ok::<_, Error>(volumes)
        });
        for volume in session.await.unwrap().unwrap() {
            let volume = volume.unwrap();
            assert!(volume.compressed * 3 < volume.plain, "{volume:?}");
        }
    });
}

#[test]
fn a_server_on_the_device_compresses() {
    run(async {
        let network = Network::new();
        let listener = Listener::new(network.device, 80);
        spawn(async move {
            let mut memory = PlainMemory::new();
            let (mut inflate, mut compress) = (Inflate::new(), Tiny::new());
            let deflate = Deflate::new(&mut inflate, &mut compress, Settings::DEFAULT);
            let resources = memory.server().compression(deflate);
            let session = listener.accept(
                resources,
                |_| Decision::Accept(Accept::new()),
                async |mut ws| {
                    while let Ok(Some((message, mut reply))) = ws.recv_with_sender().await {
                        reply.send(message).await.unwrap();
                    }
                },
            );
            session.await.unwrap();
        });
        let mut tcp = host::socket(network.host);
        tcp.connect(("10.0.0.2".parse::<core::net::Ipv4Addr>().unwrap(), 80)).await.unwrap();
        let (mut inflate, mut compress) = (Inflate::new(), Tiny::new());
        let deflate = Deflate::new(&mut inflate, &mut compress, Settings::DEFAULT);
        let (mut receive, mut staging) = ([0; 4096], [0; 4096]);
        let mut ws = nonblocking::WebSocket::client_with(
            tcp,
            rng(),
            &mut receive[..],
            &mut staging[..],
            Config::CLIENT,
            deflate,
            EmbassyTime,
        );
        ws.handshake(&REQUEST).await.unwrap();
        assert!(ws.compression().is_some());
        for at in 0..100 {
            let report = report(at);
            ws.send(&*report).await.unwrap();
            assert_eq!(ws.recv().await, Ok(Some(Message::Text(&report))));
        }
        ws.close(CloseCode::NORMAL, "").await.unwrap();
    });
}

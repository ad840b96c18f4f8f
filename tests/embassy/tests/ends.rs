//! How connections end: cleanly, cut, or with what was sent last still delivered.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{cell::RefCell, rc::Rc};

use embassy_time::Timer;
use embedded_io_async::{Read, Write};
use socklet_core::{CloseCode, HandshakeError};
use socklet_embassy::{ConnectError, Connector, Error, StreamError, TlsError};
use socklet_embassy_tests::{
    certificates::Authority,
    clock::now_ms,
    device::{PLAIN, PlainMemory, REQUEST, SECURE, SecureMemory, rng, secure},
    executor::{run, spawn},
    host::{self, Seen, websocket},
    network::Network,
    tls::{TlsFailure, TlsServer},
};

/// A host that accepts, sends a message and ends the connection in some way; what the device sees.
fn after(end: impl AsyncFnOnce(TlsServer<host::Tcp>) + 'static) -> Vec<Result<usize, Error>> {
    let authority = Authority::root();
    run(async {
        let network = Network::new();
        let (host, server) = (network.host, authority.server());
        spawn(async move {
            let mut ws = websocket(TlsServer::new(host::accept(host, 443).await, server));
            ws.accept().await.unwrap();
            ws.send(&[1; 3000][..]).await.unwrap();
            end(ws.into_parts().0).await;
        });
        let mut memory = Box::new(SecureMemory::new());
        let connector = secure(&network, &authority);
        let session = connector.run(&SECURE, &REQUEST, memory.client(rng()), async |mut ws| {
            let mut seen = Vec::new();
            let mut len = 0;
            loop {
                match ws.recv_chunk().await {
                    Ok(Some(chunk)) => len += chunk.data.len(),
                    end => {
                        seen.extend([Ok(len), end.map(|_| 0)]);
                        return seen;
                    }
                }
            }
        });
        session.await.unwrap()
    })
}

#[test]
fn an_end_without_close_notify_is_a_truncation() {
    let seen = after(async |tls| host::end(tls.into_inner()).await);
    assert_eq!(seen, [Ok(3000), Err(Error::Transport(StreamError::Truncated))]);
}

#[test]
fn a_reset_is_one() {
    let seen = after(async |tls| {
        let mut tcp = tls.into_inner();
        Timer::after_millis(100).await;
        tcp.abort();
        let _ = tcp.flush().await;
    });
    assert_eq!(seen, [Ok(3000), Err(Error::Transport(StreamError::Reset))]);
}

#[test]
fn with_close_notify_it_is_only_the_websocket_that_did_not_say_goodbye() {
    let seen = after(async |mut tls| {
        tls.close().await.unwrap();
        host::end(tls.into_inner()).await;
    });
    assert_eq!(seen, [Ok(3000), Err(Error::ConnectionLost)]);
}

#[test]
fn a_forged_record_is_no_message() {
    let seen = after(async |tls| {
        let mut tcp = tls.into_inner();
        tcp.write_all(&[0x17, 3, 3, 0, 32]).await.unwrap();
        tcp.write_all(&[0xAA; 32]).await.unwrap();
        host::end(tcp).await;
    });
    assert_eq!(seen, [Ok(3000), Err(Error::Transport(StreamError::Tls(TlsError::Protocol)))]);
}

/// What the host sees of a device that sends much and returns without a close.
async fn rest<S: Read + Write>(ws: &mut host::HostSocket<S>, seen: &Seen<usize>) {
    ws.accept().await.unwrap();
    let mut len = 0;
    while let Ok(Some(chunk)) = ws.recv_chunk().await {
        // Slowly, so that the device is long done.
        len += chunk.data.len();
        Timer::after_millis(5).await;
    }
    seen.borrow_mut().push(len);
}

#[test]
fn what_was_sent_last_is_delivered_and_the_end_is_clean() {
    let authority = Authority::root();
    run(async {
        let network = Network::new();
        let seen = Seen::default();
        let ended = Rc::new(RefCell::new(None));
        let (host, server) = (network.host, authority.server());
        let (told, told_end) = (seen.clone(), ended.clone());
        spawn(async move {
            let mut ws = websocket(TlsServer::new(host::accept(host, 443).await, server));
            rest(&mut ws, &told).await;
            let mut tls = ws.into_parts().0;
            // After the WebSocket's end the stream's: with close_notify.
            let end = tls.read(&mut [0; 16]).await;
            told_end.replace(Some(end));
            let _ = tls.close().await;
            host::end(tls.into_inner()).await;
        });
        let mut memory = Box::new(SecureMemory::new());
        let connector = secure(&network, &authority);
        let session = connector.run(&SECURE, &REQUEST, memory.client(rng()), async |mut ws| {
            ws.send(&[1; 20_000][..]).await
        });
        session.await.unwrap().unwrap();
        Timer::after_secs(1).await;
        assert_eq!(*seen.borrow(), [20_000]);
        assert_eq!(*ended.borrow(), Some(Ok::<_, TlsFailure>(0)));
    });
}

#[test]
fn what_was_sent_last_is_delivered_without_tls_too() {
    run(async {
        let network = Network::new();
        let seen = Seen::default();
        let told = seen.clone();
        host::serve(network.host, async move |ws| rest(ws, &told).await);
        let mut memory = PlainMemory::new();
        Connector::new(network.device)
            .run(&PLAIN, &REQUEST, memory.client(rng()), async |mut ws| {
                ws.send(&[1; 20_000][..]).await.unwrap();
            })
            .await
            .unwrap();
        Timer::after_secs(1).await;
        assert_eq!(*seen.borrow(), [20_000]);
    });
}

#[test]
fn the_closing_handshake_takes_no_deadline_to_end() {
    let authority = Authority::root();
    run(async {
        let network = Network::new();
        host::serve_tls(network.host, authority.server(), host::echo);
        let mut memory = Box::new(SecureMemory::new());
        let connector = secure(&network, &authority);
        let session = connector.run(&SECURE, &REQUEST, memory.client(rng()), async |mut ws| {
            ws.close(CloseCode::NORMAL, "").await.map(|closed| closed.code)
        });
        assert_eq!(session.await.unwrap(), Ok(Some(CloseCode::NORMAL)));
        assert!(now_ms() < 200, "{} ms", now_ms());
    });
}

#[test]
fn a_server_that_closes_tcp_within_the_handshake_is_told_of() {
    run(async {
        let network = Network::new();
        host::serve(network.host, async |ws| {
            let _ = ws.read_request().await;
        });
        let mut memory = PlainMemory::new();
        let connector = Connector::new(network.device);
        let session = connector.run(&PLAIN, &REQUEST, memory.client(rng()), async |_| ());
        let error = session.await.unwrap_err();
        let expected = Error::Handshake(HandshakeError::EndOfStream);
        assert_eq!(error, ConnectError::Handshake(expected));
    });
}

#[test]
fn a_record_that_does_not_fit_is_named_with_its_length() {
    use socklet_embassy::{Memory, TlsMemory};

    let authority = Authority::root();
    run(async {
        let network = Network::new();
        host::serve_tls(network.host, authority.server(), async |ws| {
            ws.accept().await.unwrap();
            let _ = ws.send(&[1; 3000][..]).await;
        });
        let mut memory = Memory::<2048, 1536, 2048, 1024, TlsMemory<2048, 1024, 256>>::new();
        let connector = secure(&network, &authority);
        let session = connector.run(&SECURE, &REQUEST, memory.client(rng()), async |mut ws| {
            while ws.recv_chunk().await?.is_some() {}
            Ok::<_, Error>(())
        });
        // The message, its header of 4 bytes, the type of the record and its tag.
        let error = TlsError::RecordTooLong { needed: 3000 + 4 + 1 + 16, available: 2048 };
        assert_eq!(session.await.unwrap(), Err(Error::Transport(StreamError::Tls(error))));
    });
}

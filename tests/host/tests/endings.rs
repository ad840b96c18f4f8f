//! How connections end, and what the peer sees of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod support;

use std::{
    io::Write,
    net::Shutdown,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use socklet_std::{
    Client, CloseCode, Error, ProtocolError, Server, ServerRole, Side, UsageError, blocking,
    tokio::WebSocket,
};
use support::{LONG, read_masked, read_to_end, serve_once, serve_raw};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};

/// A way to receive until the end.
type Receive = fn(std::net::TcpStream) -> Result<(), Error>;

/// A client's frame with a mask of zero.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(payload);
    frame
}

/// A server on a thread of its own, and the bare socket of a client behind the handshake.
fn raw_client<T: Send + 'static>(
    serve: impl FnOnce(std::net::TcpStream) -> T + Send + 'static,
) -> (std::net::TcpStream, thread::JoinHandle<T>) {
    let (url, thread) = serve_once(serve);
    let ws = Client::new().connect_blocking(&url).unwrap();
    let (blocking::MaybeTls::Plain(stream), _) = ws.into_inner() else { panic!("no TLS here") };
    stream.set_read_timeout(Some(LONG)).unwrap();
    (stream, thread)
}

/// Runs a tokio server on a socket of `std`.
fn run_tokio<T>(stream: std::net::TcpStream, serve: impl AsyncFnOnce(TcpStream) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        stream.set_nonblocking(true).unwrap();
        serve(TcpStream::from_std(stream).unwrap()).await
    })
}

/// What both servers do here: receive until the end.
fn receive_blocking(stream: std::net::TcpStream) -> Result<(), Error> {
    let mut ws = Server::new().accept_blocking(stream)?;
    while ws.recv()?.is_some() {}
    Ok(())
}

fn receive_tokio(stream: std::net::TcpStream) -> Result<(), Error> {
    run_tokio(stream, async |stream| {
        let mut ws = Server::new().accept(stream).await?;
        while ws.recv().await?.is_some() {}
        Ok(())
    })
}

#[test]
fn a_server_answers_a_close_and_ends_its_side_first() {
    for receive in [receive_blocking, receive_tokio] {
        let (mut client, server) = raw_client(receive);
        client.write_all(&masked(0x88, &[0x0f, 0xa0, b'b', b'y', b'e'])).unwrap();
        // Read to the end while our side is still open.
        assert_eq!(read_to_end(&mut client).unwrap(), [0x88, 2, 0x0f, 0xa0]);
        drop(client);
        server.join().unwrap().unwrap();
    }
}

#[test]
fn a_close_frame_arrives_although_the_client_goes_on_sending() {
    for receive in [receive_blocking, receive_tokio] {
        let (mut client, server) = raw_client(receive);
        // A reserved bit, and a lot that nobody will read as frames.
        let mut bad = masked(0xc1, b"x");
        bad.extend(support::noise(300_000));
        client.write_all(&bad).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let answer = read_to_end(&mut client).expect("no reset");
        assert_eq!(answer, [0x88, 2, 0x03, 0xea]);
        let error = server.join().unwrap().unwrap_err();
        assert!(matches!(error, Error::Protocol(ProtocolError::ReservedBits)), "{error}");
    }
}

#[test]
fn text_that_is_not_utf8_is_refused_in_every_way_of_receiving() {
    fn by_ref(stream: std::net::TcpStream) -> Result<(), Error> {
        let mut ws = Server::new().accept_blocking(stream)?;
        while ws.recv_ref()?.is_some() {}
        Ok(())
    }
    fn by_chunk(stream: std::net::TcpStream) -> Result<(), Error> {
        let mut ws = Server::new().accept_blocking(stream)?;
        while ws.recv_chunk()?.is_some() {}
        Ok(())
    }
    fn by_event(stream: std::net::TcpStream) -> Result<(), Error> {
        let mut ws = Server::new().accept_blocking(stream)?;
        while ws.recv_event()?.is_some() {}
        Ok(())
    }
    fn tokio_by_ref(stream: std::net::TcpStream) -> Result<(), Error> {
        run_tokio(stream, async |stream| {
            let mut ws = Server::new().accept(stream).await?;
            while ws.recv_ref().await?.is_some() {}
            Ok(())
        })
    }
    fn tokio_by_chunk(stream: std::net::TcpStream) -> Result<(), Error> {
        run_tokio(stream, async |stream| {
            let mut ws = Server::new().accept(stream).await?;
            while ws.recv_chunk().await?.is_some() {}
            Ok(())
        })
    }
    fn tokio_by_event(stream: std::net::TcpStream) -> Result<(), Error> {
        run_tokio(stream, async |stream| {
            let mut ws = Server::new().accept(stream).await?;
            while ws.recv_event().await?.is_some() {}
            Ok(())
        })
    }
    fn split_events(stream: std::net::TcpStream) -> Result<(), Error> {
        let (mut reader, _writer) = Server::new().accept_blocking(stream)?.into_split()?;
        while reader.recv_event()?.is_some() {}
        Ok(())
    }
    fn split_chunks(stream: std::net::TcpStream) -> Result<(), Error> {
        let (mut reader, _writer) = Server::new().accept_blocking(stream)?.into_split()?;
        while reader.recv_chunk()?.is_some() {}
        Ok(())
    }
    fn tokio_split_chunks(stream: std::net::TcpStream) -> Result<(), Error> {
        run_tokio(stream, async |stream| {
            let (mut reader, _writer) = Server::new().accept(stream).await?.into_split();
            while reader.recv_chunk().await?.is_some() {}
            Ok(())
        })
    }
    fn split(stream: std::net::TcpStream) -> Result<(), Error> {
        let (mut reader, _writer) = Server::new().accept_blocking(stream)?.into_split()?;
        while reader.recv()?.is_some() {}
        Ok(())
    }
    fn tokio_split(stream: std::net::TcpStream) -> Result<(), Error> {
        run_tokio(stream, async |stream| {
            let (mut reader, _writer) = Server::new().accept(stream).await?.into_split();
            while reader.recv().await?.is_some() {}
            Ok(())
        })
    }
    let ways: [(&str, Receive); 13] = [
        ("blocking", receive_blocking),
        ("blocking, borrowed", by_ref),
        ("blocking, chunks", by_chunk),
        ("blocking, events", by_event),
        ("blocking, split", split),
        ("blocking, split, events", split_events),
        ("blocking, split, chunks", split_chunks),
        ("tokio", receive_tokio),
        ("tokio, borrowed", tokio_by_ref),
        ("tokio, chunks", tokio_by_chunk),
        ("tokio, events", tokio_by_event),
        ("tokio, split", tokio_split),
        ("tokio, split, chunks", tokio_split_chunks),
    ];
    for (name, receive) in ways {
        let (mut client, server) = raw_client(receive);
        // And a lot behind it that nobody will read as frames: the stream is ended in good order,
        // or it would be reset, and the Close frame lost.
        let mut bad = masked(0x81, b"caf\xe9");
        bad.extend(support::noise(300_000));
        client.write_all(&bad).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(read_to_end(&mut client).unwrap(), [0x88, 2, 0x03, 0xef], "{name}");
        drop(client);
        let error = server.join().unwrap().unwrap_err();
        assert!(matches!(error, Error::Protocol(ProtocolError::InvalidUtf8)), "{name}: {error}");
    }
}

#[tokio::test]
async fn a_client_waits_for_the_server_to_end_the_stream_first() {
    let (url, server) = serve_raw(|mut stream| {
        assert_eq!(read_masked(&mut stream), (0x88, vec![0x03, 0xe8, b'o', b'k']));
        stream.write_all(&[0x88, 2, 0x03, 0xe8]).unwrap();
        // The client's side stays open until ours ends.
        stream.set_read_timeout(Some(std::time::Duration::from_millis(100))).unwrap();
        let error = read_to_end(&mut stream).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
        stream.shutdown(Shutdown::Write).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        read_to_end(&mut stream).unwrap()
    });
    let mut ws = socklet_std::connect(&url).await.unwrap();
    let closed = ws.close(CloseCode::NORMAL, "ok").await.unwrap();
    assert_eq!((closed.by, closed.code), (Side::Local, Some(CloseCode::NORMAL)));
    assert_eq!(server.join().unwrap(), b"");
    assert!(matches!(ws.send("late").await, Err(Error::Usage(UsageError::Closed))));
    assert_eq!(ws.close(CloseCode::NORMAL, "again").await.unwrap(), closed);
    assert_eq!(ws.recv().await.unwrap(), None);
}

#[test]
fn a_blocking_client_waits_for_the_server_to_end_the_stream_first() {
    let (url, server) = serve_raw(|mut stream| {
        assert_eq!(read_masked(&mut stream).0, 0x88);
        stream.write_all(&[0x88, 2, 0x03, 0xe8]).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_millis(100))).unwrap();
        let error = read_to_end(&mut stream).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    });
    let mut ws = blocking::connect(&url).unwrap();
    let closed = ws.close(CloseCode::NORMAL, "ok").unwrap();
    assert_eq!((closed.by, closed.code), (Side::Local, Some(CloseCode::NORMAL)));
    server.join().unwrap();
    assert!(matches!(ws.send("late"), Err(Error::Usage(UsageError::Closed))));
    assert_eq!(ws.close(CloseCode::NORMAL, "again").unwrap(), closed);
    assert_eq!(ws.recv().unwrap(), None);
}

#[tokio::test]
async fn closing_ends_although_the_server_says_nothing() {
    let (url, _server) = serve_raw(|stream| {
        thread::sleep(LONG);
        drop(stream);
    });
    let timeouts = socklet_std::Timeouts { closing_ms: 200, ..socklet_std::Timeouts::CLIENT };
    let mut ws = Client::new().timeouts(timeouts).connect(&url).await.unwrap();
    let begun = Instant::now();
    let error = ws.close(CloseCode::NORMAL, "").await.unwrap_err();
    assert!(matches!(error, Error::Timeout(socklet_std::Timeout::Closing)), "{error}");
    assert!(begun.elapsed() < LONG / 2);
}

#[test]
fn closing_a_blocking_connection_ends_although_the_server_says_nothing() {
    let (url, _server) = serve_raw(|stream| {
        thread::sleep(LONG);
        drop(stream);
    });
    let timeouts = socklet_std::Timeouts { closing_ms: 200, ..socklet_std::Timeouts::CLIENT };
    let mut ws = Client::new().timeouts(timeouts).connect_blocking(&url).unwrap();
    let begun = Instant::now();
    let error = ws.close(CloseCode::NORMAL, "").unwrap_err();
    assert!(matches!(error, Error::Timeout(socklet_std::Timeout::Closing)), "{error}");
    assert!(begun.elapsed() < LONG / 2);
}

#[tokio::test]
async fn a_close_of_the_peer_is_told_with_its_reason() {
    let (url, server) = serve_raw(|mut stream| {
        stream.write_all(&[0x81, 1, b'x', 0x88, 6, 0x0f, 0xa1, b'b', b'u', b's', b'y']).unwrap();
        assert_eq!(read_masked(&mut stream), (0x88, vec![0x0f, 0xa1]));
    });
    let mut ws = socklet_std::connect(&url).await.unwrap();
    assert_eq!(ws.recv().await.unwrap(), Some("x".into()));
    assert_eq!(ws.recv().await.unwrap(), None);
    let closed = ws.closed().unwrap();
    assert_eq!((closed.by, closed.code), (Side::Peer, Some(CloseCode(4001))));
    assert_eq!(closed.reason, "busy");
    server.join().unwrap();
}

#[tokio::test]
async fn a_stream_that_just_ends_is_a_lost_connection() {
    for half in [true, false] {
        let (url, server) = serve_raw(move |mut stream| {
            stream.write_all(&[0x81, 5, b'h']).unwrap();
            if half {
                stream.shutdown(Shutdown::Write).unwrap();
                let _ = read_to_end(&mut stream);
            }
        });
        let mut ws = socklet_std::connect(&url).await.unwrap();
        let error = ws.recv().await.unwrap_err();
        assert!(matches!(error, Error::ConnectionLost), "{error}");
        let error = ws.recv().await.unwrap_err();
        assert!(matches!(error, Error::ConnectionLost), "again: {error}");
        drop(ws);
        server.join().unwrap();

        let (url, server) = serve_raw(move |mut stream| {
            stream.write_all(&[0x81, 5, b'h']).unwrap();
            if half {
                stream.shutdown(Shutdown::Write).unwrap();
                let _ = read_to_end(&mut stream);
            }
        });
        let mut ws = blocking::connect(&url).unwrap();
        assert!(matches!(ws.recv(), Err(Error::ConnectionLost)));
        drop(ws);
        server.join().unwrap();
    }
}

#[tokio::test]
async fn a_reset_is_an_error_of_the_socket() {
    let (url, server) = serve_raw(|stream| {
        // Closed with bytes unread in it: a reset.
        thread::sleep(std::time::Duration::from_millis(200));
        drop(stream);
    });
    let mut ws = socklet_std::connect(&url).await.unwrap();
    ws.send("unread").await.unwrap();
    let error = ws.recv().await.unwrap_err();
    let Error::Io(error) = error else { panic!("{error}") };
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert!(!ws.is_open());
    assert!(ws.recv().await.is_err());
    server.join().unwrap();
}

#[test]
fn a_reset_is_an_error_of_the_blocking_socket() {
    let (url, server) = serve_raw(|stream| {
        thread::sleep(std::time::Duration::from_millis(200));
        drop(stream);
    });
    let mut ws = blocking::connect(&url).unwrap();
    ws.send("unread").unwrap();
    let error = ws.recv().unwrap_err();
    let Error::Io(error) = error else { panic!("{error}") };
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert!(!ws.is_open());
    assert!(ws.recv().is_err());
    server.join().unwrap();
}

#[test]
fn a_blocking_receive_can_be_interrupted_and_the_connection_closed_properly() {
    let flag = Arc::new(AtomicBool::new(false));
    let interrupt = Arc::clone(&flag);
    let (url, server) = serve_once(move |stream| {
        let mut ws = Server::new().accept_blocking(stream).unwrap();
        ws.set_interrupt(Some(interrupt));
        assert_eq!(ws.recv().unwrap(), Some("before".into()));
        let Error::Io(error) = ws.recv().unwrap_err() else { panic!("another error") };
        assert_eq!(error.kind(), std::io::ErrorKind::Interrupted);
        ws.set_interrupt(None);
        ws.send("after").unwrap();
        ws.close(CloseCode::GOING_AWAY, "").unwrap()
    });
    let mut ws = blocking::connect(&url).unwrap();
    ws.send("before").unwrap();
    thread::sleep(Duration::from_millis(300));
    flag.store(true, Ordering::Relaxed);
    assert_eq!(ws.recv().unwrap(), Some("after".into()));
    assert_eq!(ws.recv().unwrap(), None);
    assert_eq!(ws.closed().unwrap().code, Some(CloseCode::GOING_AWAY));
    assert_eq!(server.join().unwrap().by, Side::Local);
}

#[tokio::test]
async fn a_connection_can_be_taken_over_with_what_was_read_of_it() {
    let (near, far) = tokio::io::duplex(1 << 16);
    let mut client = Client::new().take_over(near, &[]).unwrap();
    client.send("hello").await.unwrap();
    let (mut far, leftover) = {
        use tokio::io::AsyncReadExt;
        let mut far = far;
        let mut some = [0; 7];
        far.read_exact(&mut some).await.unwrap();
        (far, some)
    };
    let mut server: socklet_std::tokio::WebSocket<_, ServerRole> =
        Server::new().take_over(&mut far, &leftover).unwrap();
    assert_eq!(server.recv().await.unwrap(), Some("hello".into()));
    server.send("there").await.unwrap();
    assert_eq!(client.recv().await.unwrap(), Some("there".into()));
}

#[tokio::test]
async fn a_dropped_close_is_continued_by_receiving_in_the_midst_of_a_message() {
    let (near, mut far) = tokio::io::duplex(1000);
    let mut ws: WebSocket<_, ServerRole> = Server::new().take_over(near, &[]).unwrap();
    far.write_all(&masked(0x01, b"the beg")).await.unwrap();
    let dropped = timeout(Duration::from_millis(50), ws.close(CloseCode::NORMAL, "")).await;
    assert!(dropped.is_err(), "{dropped:?}");
    let end = [masked(0x80, b"inning"), masked(0x81, b"whole"), masked(0x88, &[3, 232])].concat();
    far.write_all(&end).await.unwrap();
    drop(far);
    assert_eq!(ws.recv().await.unwrap(), Some("whole".into()));
    assert_eq!(ws.recv().await.unwrap(), None);
    assert_eq!(ws.closed().unwrap().by, Side::Local);
}

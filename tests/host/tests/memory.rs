//! What a connection holds, counted by the allocator of this program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    io::Write,
    net::{TcpListener, TcpStream},
    sync::atomic::{AtomicUsize, Ordering},
};

use socklet_std::{
    Client, Error, Kind, Limits, ProtocolError, Server, ServerRole, blocking,
    permessage_deflate::Settings, tokio::WebSocket,
};

/// The system's allocator, and how many bytes it has given out.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: the caller's layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's pointer and layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A connected pair of sockets.
fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (near, listener.accept().unwrap().0)
}

fn a_declared_length_reserves_nothing() {
    let (near, mut far) = pair();
    near.set_nonblocking(true).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let near = tokio::net::TcpStream::from_std(near).unwrap();
        let mut ws: WebSocket<_, ServerRole> = Server::new().take_over(near, &[]).unwrap();
        // 16 MiB less a bit are announced, ten bytes come.
        let mut frame = vec![0x82, 0xff];
        frame.extend(16_000_000_u64.to_be_bytes());
        frame.extend([0; 4 + 10]);
        far.write_all(&frame).unwrap();
        let before = LIVE.load(Ordering::Relaxed);
        PEAK.store(before, Ordering::Relaxed);
        let received = tokio::time::timeout(std::time::Duration::from_millis(200), ws.recv()).await;
        assert!(received.is_err(), "there is no message yet");
        let held = PEAK.load(Ordering::Relaxed) - before;
        assert!(held < 8 << 10, "{held} bytes for ten that came");
    });
}

fn an_idle_connection_holds_little_after_a_large_message_too() {
    let before = LIVE.load(Ordering::Relaxed);
    let (near, far) = pair();
    let mut client = Client::new().take_over_blocking(near, &[]).unwrap();
    let mut server = Server::new().take_over_blocking(far, &[]).unwrap();
    let held = LIVE.load(Ordering::Relaxed) - before;
    let sizes = size_of_val(&client) + size_of_val(&server);
    assert!(held + sizes < 4608, "{held} + {sizes} bytes for two connections");

    let sends = std::thread::spawn(move || {
        client.send(vec![7; 8 << 20]).unwrap();
        client.send("small").unwrap();
        client
    });
    assert_eq!(server.recv().unwrap().unwrap().as_bytes().len(), 8 << 20);
    assert!(server.recv().unwrap().is_some());
    let mut client = sends.join().unwrap();
    client.send("small").unwrap();
    assert!(server.recv().unwrap().is_some());
    let held = LIVE.load(Ordering::Relaxed) - before;
    assert!(held < 160 << 10, "{held} bytes for two connections");
    for _ in 0..64 {
        client.send("small").unwrap();
        assert!(server.recv().unwrap().is_some());
    }
    let held = LIVE.load(Ordering::Relaxed) - before;
    assert!(held < 24 << 10, "{held} bytes for two connections, by and by");
    drop::<(blocking::WebSocket<_>, blocking::WebSocket<_, ServerRole>)>((client, server));
}

type CompressedClient = blocking::WebSocket<blocking::MaybeTls<TcpStream>>;
type CompressedServer = blocking::WebSocket<blocking::MaybeTls<TcpStream>, ServerRole>;

/// A client and a server behind their opening handshake, which compress.
fn compressed(bits: u8, takeover: bool) -> (CompressedClient, CompressedServer) {
    let mut settings = Settings::DEFAULT;
    let negotiable = &mut settings.negotiable;
    (negotiable.receive_bits, negotiable.send_bits) = (bits, bits);
    (negotiable.receive_takeover, negotiable.send_takeover) = (takeover, takeover);
    let limits = Limits { message_len: 1 << 20, ..Limits::DEFAULT };
    let (near, far) = pair();
    let accepts = std::thread::spawn(move || {
        Server::new().deflate(settings).limits(limits).accept_blocking(far).unwrap()
    });
    let client = Client::new().deflate(settings).limits(limits);
    let client = client.connect_over_blocking(near, "ws://localhost/").unwrap();
    (client, accepts.join().unwrap())
}

/// A message of about so many bytes, like the others and none like the other.
fn report(number: usize, len: usize) -> String {
    format!("{number} {}", "report ".repeat(len / 7))
}

fn a_compressed_connection_holds_a_codec_when_it_uses_it() {
    // Bits, takeover, and KiB for two connections that send and receive.
    for (bits, takeover, most_kib) in
        [(15, true, 400), (11, true, 260), (9, true, 260), (15, false, 260)]
    {
        let before = LIVE.load(Ordering::Relaxed);
        let held = || LIVE.load(Ordering::Relaxed) - before;
        let (mut client, mut server) = compressed(bits, takeover);
        let sizes = size_of_val(&client) + size_of_val(&server);
        assert!(held() + sizes < 5 << 10, "{} + {sizes} bytes for two idle connections", held());

        // One sends and one receives: a compressor, a decompressor, a window.
        let mut talk = |both: bool, len: usize| {
            let mut most = 0;
            for number in 0..1000 {
                client.send(report(number, len)).unwrap();
                assert_eq!(server.recv().unwrap(), Some(report(number, len).into()));
                if both {
                    server.send(report(number, len)).unwrap();
                    assert_eq!(client.recv().unwrap(), Some(report(number, len).into()));
                }
                most = most.max(held());
            }
            most
        };
        let one_way = talk(false, 100);
        assert!(one_way < (most_kib << 10) / 2 + 4096, "{one_way} bytes, {bits} bits, one way");
        let both_ways = talk(true, 100).max(talk(true, 1000));
        assert!(both_ways < most_kib << 10, "{both_ways} bytes, {bits} bits");
        // And longer messages.
        let longer = talk(true, 10_000);
        assert!(longer < (most_kib + 100) << 10, "{longer} bytes, {bits} bits, longer messages");
        println!("{bits} bits, {takeover}: {one_way} one way, {both_ways} both, {longer} longer");
    }
}

fn a_bomb_ends_where_the_limit_is() {
    let (mut client, mut server) = compressed(15, true);
    // Sixty-four thousand bytes on the wire.
    let bomb = vec![0; 64 << 20];
    let before = LIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let sends = std::thread::spawn(move || {
        // The server may be gone before all of it is written.
        let _ = client.send_part(Kind::Binary, &bomb, true);
        bomb
    });
    let error = server.recv().unwrap_err();
    assert!(matches!(error, Error::Protocol(ProtocolError::MessageTooLong)), "{error:?}");
    let bomb = sends.join().unwrap();
    let held = PEAK.load(Ordering::Relaxed) - before;
    assert!(held < 4 << 20, "{held} bytes for a message of at most 1 MiB");
    drop(bomb);
}

fn a_sender_whose_peer_never_reads_waits_and_holds_little() {
    let (near, far) = pair();
    near.set_nonblocking(true).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let near = tokio::net::TcpStream::from_std(near).unwrap();
        let mut ws: WebSocket<_> = Client::new().take_over(near, &[]).unwrap();
        let message = vec![7; 10_000];
        let before = LIVE.load(Ordering::Relaxed);
        PEAK.store(before, Ordering::Relaxed);
        let mut sent = 0;
        // What the system's buffers hold is soon full, and then a send waits.
        let wait = std::time::Duration::from_millis(500);
        while tokio::time::timeout(wait, ws.send(&message)).await.is_ok() {
            sent += message.len();
            assert!(sent < 100 << 20, "nobody reads it");
        }
        let held = PEAK.load(Ordering::Relaxed) - before;
        println!("{sent} bytes sent to a peer that reads none, {held} held");
        assert!(held < 32 << 10, "{held} bytes");
    });
    drop(far);
}

/// One test: they count the bytes of the whole program.
#[test]
fn connections_hold_what_has_arrived_and_no_more() {
    a_declared_length_reserves_nothing();
    an_idle_connection_holds_little_after_a_large_message_too();
    a_compressed_connection_holds_a_codec_when_it_uses_it();
    a_bomb_ends_where_the_limit_is();
    a_sender_whose_peer_never_reads_waits_and_holds_little();
}

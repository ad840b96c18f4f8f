//! Messages that cost no allocation, counted by the allocator of this program: what is sent, and
//! what is received by borrowing it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    net::{TcpListener, TcpStream},
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use socklet_std::{
    Broadcast, Client, Error, Event, Kind, Message, Server, ServerRole, blocking,
    permessage_deflate::{Agreed, Context, Settings},
    tokio::WebSocket,
};

/// The system's allocator, and how often it was asked for memory.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's pointer and layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's pointer, layout and length.
        unsafe { System.realloc(pointer, layout, len) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Messages before those that count: buffers and codecs are made for the first of them, and grow
/// until the window of 32 KiB is full.
fn first(len: usize) -> usize {
    100 + (64 << 10) / len.min(1 << 10)
}

/// Allocations that were found where there are to be none.
static FOUND: AtomicUsize = AtomicUsize::new(0);

/// Allocations of a path that are not for messages: on a busy machine it is up to chance how much lies
/// in a buffer at once, and one may still grow, by doubling, among those that count.
const GROWING: usize = 8;

/// Messages that count; what allocates for messages does so for each, or for a few together.
const COUNTED: usize = 1000;

/// A message like others, without an allocation.
fn write_message(number: usize, into: &mut [u8]) {
    for (at, byte) in into.iter_mut().enumerate() {
        *byte = b'a' + ((at * 7 + number * (at % 5)) % 26) as u8;
    }
}

/// The settings of both ends.
fn endpoints(compressed: bool) -> (Client, Server) {
    let (client, server) = (Client::new(), Server::new());
    if !compressed {
        return (client, server);
    }
    let context = Context { window_bits: 15, takeover: true };
    let agreed = Some(Agreed { send: context, receive: context });
    let settings = Settings::DEFAULT;
    (client.deflate(settings).agreed(agreed), server.deflate(settings).agreed(agreed))
}

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let far = listener.accept().unwrap().0;
    for stream in [&near, &far] {
        stream.set_nodelay(true).unwrap();
    }
    (near, far)
}

/// Runs this with numbers of messages, and returns the allocations of those that count.
fn counted(len: usize, mut message: impl FnMut(usize)) -> usize {
    let first = first(len);
    for number in 0..first {
        message(number);
    }
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for number in first..first + COUNTED {
        message(number);
    }
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

fn is_none(name: &str, len: usize, compressed: bool, allocations: usize) {
    println!("{name}, {len} bytes, compressed {compressed}: {allocations} in {COUNTED}");
    FOUND.fetch_add(allocations, Ordering::Relaxed);
}

fn blocking_echo(len: usize, compressed: bool) {
    let (near, far) = pair();
    let (client, server) = endpoints(compressed);
    let mut client = client.take_over_blocking(near, &[]).unwrap();
    let mut server: blocking::WebSocket<_, ServerRole> =
        server.take_over_blocking(far, &[]).unwrap();
    let serves = thread::spawn(move || -> Result<(), Error> {
        while let Some((message, mut reply)) = server.recv_ref()? {
            reply.feed(message)?;
        }
        Ok(())
    });
    let mut message = vec![0; len];
    let allocations = counted(len, |number| {
        write_message(number, &mut message);
        client.send(&message).unwrap();
        let (echo, _) = client.recv_ref().unwrap().unwrap();
        assert_eq!(echo.as_bytes(), message);
    });
    is_none("a blocking echo", len, compressed, allocations);
    // Pings and their pongs; and chunks.
    let allocations = counted(len, |number| {
        write_message(number, &mut message);
        client.ping(&message[..message.len().min(125)]).unwrap();
        assert!(matches!(client.recv_event().unwrap(), Some(Event::Pong(_))));
        client.send_part(Kind::Binary, &message, true).unwrap();
        let mut received = 0;
        loop {
            let chunk = client.recv_chunk().unwrap().unwrap();
            received += chunk.data.len();
            if chunk.fin {
                break;
            }
        }
        assert_eq!(received, message.len());
    });
    is_none("blocking pings and chunks", len, compressed, allocations);
    drop(client);
    let _ = serves.join().unwrap();
}

fn blocking_halves(len: usize, compressed: bool) {
    let (near, far) = pair();
    let (client, server) = endpoints(compressed);
    let client = client.take_over_blocking(near, &[]).unwrap();
    let server: blocking::WebSocket<_, ServerRole> = server.take_over_blocking(far, &[]).unwrap();
    let (mut reads, _writes) = server.into_split().unwrap();
    let (_reads, mut writes) = client.into_split().unwrap();
    // How long a read is to be takes more of them to find out where nobody waits for an answer.
    // Between the two the counter is read, while nobody sends.
    let first = 20 * first(len);
    let (ready, done) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut message = vec![0; len];
            for (from, to) in [(0, first), (first, first + COUNTED)] {
                for number in from..to {
                    write_message(number, &mut message);
                    writes.send(&message).unwrap();
                }
                ready.wait();
                done.wait();
            }
        });
        let mut receive = |count: usize| {
            for _ in 0..count {
                let mut received = 0;
                loop {
                    let chunk = reads.recv_chunk().unwrap().unwrap();
                    received += chunk.data.len();
                    if chunk.fin {
                        break;
                    }
                }
                assert_eq!(received, len);
            }
            ready.wait();
        };
        receive(first);
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        done.wait();
        receive(COUNTED);
        let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
        done.wait();
        is_none("blocking halves", len, compressed, allocations);
    });
}

/// One message again and again, with its clones, from a server.
fn broadcast(len: usize, compressed: bool) {
    let (near, far) = pair();
    let (client, server) = endpoints(compressed);
    let mut client = client.take_over_blocking(near, &[]).unwrap();
    let mut server: blocking::WebSocket<_, ServerRole> =
        server.take_over_blocking(far, &[]).unwrap();
    let mut message = vec![0; len];
    write_message(0, &mut message);
    let message = Message::from(message);
    let news = Broadcast::new(message.clone());
    let allocations = counted(len, |_| {
        server.send(&news).unwrap();
        let (received, _) = client.recv_ref().unwrap().unwrap();
        assert_eq!(received.as_bytes(), message.clone().into_bytes());
        assert_eq!(news.clone().message(), &message);
    });
    is_none("a broadcast", len, compressed, allocations);
}

/// Both ends in one task each of one thread.
fn tokio_echo(len: usize, compressed: bool) {
    let (near, far) = pair();
    let (client, server) = endpoints(compressed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = |stream: TcpStream| {
        stream.set_nonblocking(true).unwrap();
        tokio::net::TcpStream::from_std(stream).unwrap()
    };
    runtime.block_on(async {
        let mut server: WebSocket<_, ServerRole> = server.take_over(local(far), &[]).unwrap();
        let mut client: WebSocket<_> = client.take_over(local(near), &[]).unwrap();
        tokio::spawn(async move {
            while let Some((message, mut reply)) = server.recv_ref().await.unwrap() {
                reply.feed(message).await.unwrap();
            }
        });
        let mut message = vec![0; len];
        for (count, counts) in [(first(len), false), (COUNTED, true)] {
            let before = ALLOCATIONS.load(Ordering::Relaxed);
            for number in 0..count {
                write_message(number, &mut message);
                client.send(&message).await.unwrap();
                let (echo, _) = client.recv_ref().await.unwrap().unwrap();
                assert_eq!(echo.as_bytes(), message);
                client.ping(b"ping").await.unwrap();
                assert!(matches!(client.recv_event().await.unwrap(), Some(Event::Pong(_))));
            }
            let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
            if counts {
                is_none("an asynchronous echo", len, compressed, allocations);
            }
        }
        client.close(socklet_std::CloseCode::NORMAL, "").await.unwrap();
    });
}

fn tokio_halves(len: usize, compressed: bool) {
    let (near, far) = pair();
    let (client, server) = endpoints(compressed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = |stream: TcpStream| {
        stream.set_nonblocking(true).unwrap();
        tokio::net::TcpStream::from_std(stream).unwrap()
    };
    runtime.block_on(async {
        let server: WebSocket<_, ServerRole> = server.take_over(local(far), &[]).unwrap();
        let client: WebSocket<_> = client.take_over(local(near), &[]).unwrap();
        let (mut reads, mut echoes) = server.into_split();
        let (mut receives, mut sends) = client.into_split();
        tokio::spawn(async move {
            let mut copy = Vec::with_capacity(len);
            loop {
                let Some(chunk) = reads.recv_chunk().await.unwrap() else { return };
                copy.extend_from_slice(chunk.data);
                if chunk.fin {
                    echoes.send(copy.as_slice()).await.unwrap();
                    copy.clear();
                }
            }
        });
        let mut message = vec![0; len];
        for (count, counts) in [(first(len), false), (COUNTED, true)] {
            let before = ALLOCATIONS.load(Ordering::Relaxed);
            for number in 0..count {
                write_message(number, &mut message);
                sends.send(message.as_slice()).await.unwrap();
                let mut received = 0;
                loop {
                    let chunk = receives.recv_chunk().await.unwrap().unwrap();
                    received += chunk.data.len();
                    if chunk.fin {
                        break;
                    }
                }
                assert_eq!(received, len);
            }
            let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
            if counts {
                is_none("asynchronous halves", len, compressed, allocations);
            }
        }
    });
}

/// One test: they count what the whole program allocates.
#[test]
fn no_message_allocates_after_the_first() {
    for compressed in [false, true] {
        for len in [100, 5000] {
            for path in [blocking_echo, blocking_halves, broadcast, tokio_echo, tokio_halves] {
                FOUND.store(0, Ordering::Relaxed);
                path(len, compressed);
                let found = FOUND.load(Ordering::Relaxed);
                assert!(found <= GROWING, "{len} bytes, compressed {compressed}: {found}");
            }
        }
    }
}

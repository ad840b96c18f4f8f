//! A message is received and sent back without a copy, with plain methods, over any next layer,
//! with any buffers. That these functions compile is half of the test.

use socklet_core::{
    Error, Message, Role, Server,
    buffer::Buffer,
    io::{Clock, blocking, nonblocking},
    permessage_deflate::Compression,
};
use socklet_core_tests::{
    Fault, Who,
    executor::run,
    frames::{Frame, decode},
    receiving::Endpoint,
    wire::Wire,
};

/// Over any next layer, role, buffers, compression and clock.
async fn echo_nonblocking<S, R, B, C, T>(
    ws: &mut nonblocking::WebSocket<S, R, B, C, T>,
) -> Result<(), Error<S::Error>>
where
    S: embedded_io_async::Read + embedded_io_async::Write,
    R: Role,
    B: Buffer,
    C: Compression,
    T: nonblocking::Timer,
{
    while let Some((message, mut reply)) = ws.recv_with_sender().await? {
        reply.send(message).await?;
    }
    Ok(())
}

fn echo_blocking<S, R, B, C, T>(
    ws: &mut blocking::WebSocket<S, R, B, C, T>,
) -> Result<(), Error<S::Error>>
where
    S: embedded_io::Read + embedded_io::Write,
    R: Role,
    B: Buffer,
    C: Compression,
    T: blocking::Deadline<S> + Clock,
{
    while let Some((message, mut reply)) = ws.recv_with_sender()? {
        reply.send(message)?;
    }
    Ok(())
}

/// What is received may be looked at before and after it is sent back, and sent back twice.
fn echo_upper_and_twice<S: embedded_io::Read + embedded_io::Write>(
    ws: &mut blocking::WebSocket<S, Server, &mut [u8]>,
) -> Result<usize, Error<S::Error>> {
    let mut total_len = 0;
    while let Some((message, mut reply)) = ws.recv_with_sender()? {
        reply.feed(message)?;
        reply.ping(b"still there?")?;
        if let Message::Text(text) = message {
            reply.feed(text)?;
        }
        reply.flush()?;
        total_len += message.as_bytes().len();
    }
    Ok(total_len)
}

fn conversation(who: Who) -> Vec<u8> {
    [
        Frame::text("one").to(who),
        Frame::binary([0, 255]).to(who),
        Frame::text("fr").not_fin().to(who),
        Frame::more("ag").to(who),
        Frame::close(1000, "").to(who),
    ]
    .concat()
}

fn assert_echoed(written: &[u8]) {
    let frames: Vec<_> =
        decode(written).into_iter().map(|frame| (frame.opcode, frame.payload)).collect();
    let data = |opcode, payload: &[u8]| (opcode, payload.to_vec());
    let close = 1000_u16.to_be_bytes();
    assert_eq!(frames, [data(1, b"one"), data(2, &[0, 255]), data(1, b"frag"), data(8, &close)]);
}

#[test]
fn asynchronous_echo_with_plain_methods() {
    let mut ws = Endpoint::new(Who::Server).server(Wire::new([conversation(Who::Server)]));
    assert_eq!(run(echo_nonblocking(&mut ws)), Ok(()));
    assert_echoed(&ws.into_inner().0.written);
    let mut ws = Endpoint::new(Who::Client).client(Wire::new([conversation(Who::Client)]));
    assert_eq!(run(echo_nonblocking(&mut ws)), Ok(()));
    assert_echoed(&ws.into_inner().0.written);
}

#[test]
fn blocking_echo_with_plain_methods() {
    let wire = Wire::new([conversation(Who::Server)]);
    let mut ws = Endpoint::new(Who::Server).blocking_server(wire);
    assert_eq!(echo_blocking(&mut ws), Ok(()));
    assert_echoed(&ws.into_inner().0.written);
    let wire = Wire::new([conversation(Who::Client)]);
    let mut ws = Endpoint::new(Who::Client).blocking_client(wire);
    assert_eq!(echo_blocking(&mut ws), Ok(()));
    assert_echoed(&ws.into_inner().0.written);
}

#[test]
fn buffers_may_be_slices_of_anything_and_of_different_lengths() {
    let (mut receive, mut staging) = ([0; 200], vec![0; 150]);
    let wire = Wire::new([conversation(Who::Server)]);
    let mut ws: blocking::WebSocket<_, Server, &mut [u8]> =
        blocking::WebSocket::server(wire, &mut receive, &mut staging);
    ws.assume_open::<Fault>().unwrap();
    assert_eq!(echo_upper_and_twice(&mut ws), Ok(3 + 2 + 4));
    let opcodes: Vec<_> = decode(&ws.into_inner().0.written).iter().map(|f| f.opcode).collect();
    assert_eq!(opcodes, [1, 9, 1, 2, 9, 1, 9, 1, 8]);
}

#[test]
fn buffers_may_be_arrays_in_the_stream_itself() {
    let wire = Wire::new([conversation(Who::Server)]);
    let mut ws: blocking::WebSocket<_, Server, [u8; 256]> =
        blocking::WebSocket::server(wire, [0; 256], [0; 256]);
    ws.assume_open::<Fault>().unwrap();
    assert_eq!(echo_blocking(&mut ws), Ok(()));
    assert_echoed(&ws.into_inner().0.written);
}

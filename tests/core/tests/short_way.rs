//! Messages that arrive whole are received as those that arrive byte by byte, violations included;
//! what is written from where it lies is what would have been staged.
//!
//! On machines of 64 bits the former go a way of their own, and the latter the general one.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use std::{cell::RefCell, num::NonZeroUsize, rc::Rc};

use socklet_core::{
    Client, Config, Error, Limits, Message, ProtocolError, Role, Server,
    buffer::Buffer,
    connection::{Connection, Mode, Part, Ready, Staged, Step},
    permessage_deflate::NoCompression,
    wire::close::CloseCode,
};
use socklet_core_tests::{
    Fault, Who,
    frames::Frame,
    receiving::{Endpoint, Seen},
    rng::TestRng,
};

const HAS_SHORT_WAY: bool = cfg!(target_pointer_width = "64");

/// Longest message that is received.
const MESSAGE_LEN: usize = 400;

type Open<'a, R> = Connection<R, &'a mut [u8]>;

fn open<R: Role>(role: R, [receive, staging]: &mut [[u8; 1 << 13]; 2]) -> Open<'_, R> {
    let limits = Limits { message_len: MESSAGE_LEN, fragments: 4, ..Limits::DEFAULT };
    let config = Config { limits, ..Config::SERVER };
    let mut connection =
        Connection::new(role, &mut receive[..], &mut staging[..], config, NoCompression);
    connection.assume_open::<Fault>(None).unwrap();
    connection
}

/// Takes what is staged.
fn drain<R: Role>(connection: &mut Open<'_, R>) -> Vec<u8> {
    let side = connection.write_side_mut();
    let staged = side.staged().to_vec();
    side.written(staged.len());
    side.flushed();
    staged
}

/// What was seen, how it ended (false: not at all), and what was answered.
type Outcome = (Vec<Seen>, Result<bool, Error<Fault>>, Vec<u8>);

/// Receives the bytes in pieces of some length.
fn receive<R: Role>(role: R, bytes: &[u8], piece_len: usize, control: bool) -> Outcome {
    let mut buffers = [[0; 1 << 13]; 2];
    let mut connection = open(role, &mut buffers);
    let (mut seen, mut answered) = (Vec::new(), Vec::new());
    let mut pieces = bytes.chunks(piece_len);
    let end = loop {
        match connection.poll_receive(Mode::Whole, control, None) {
            Step::Drain => answered.extend(drain(&mut connection)),
            Step::Ready(Ready::Data) => match connection.message().0 {
                Ok(message) => seen.push(Seen::message(message)),
                Err(error) => break Err(error.into()),
            },
            Step::Ready(Ready::Ping) => seen.push(Seen::Ping(connection.control().to_vec())),
            Step::Ready(Ready::Pong) => seen.push(Seen::Pong(connection.control().to_vec())),
            Step::Ready(_) => break connection.write_side().outcome().map(|()| true),
            Step::Read => {
                let Some(piece) = pieces.next() else { break Ok(false) };
                connection.space().unwrap()[..piece.len()].copy_from_slice(piece);
                connection.received(NonZeroUsize::new(piece.len()).unwrap(), None);
            }
        }
    };
    answered.extend(drain(&mut connection));
    (seen, end, answered)
}

#[test]
fn a_text_that_is_none_is_answered_however_full_the_staging_buffer_is() {
    let bad = Frame::text(b"caf\xe9").key(Some([1, 2, 3, 4])).encode();
    for len in 8_000..=8_188 {
        let mut buffers = [[0; 1 << 13]; 2];
        let mut server = open(Server, &mut buffers);
        let side = server.write_side_mut();
        let message = vec![0; len];
        assert_eq!(side.stage::<Fault>(Message::Binary(&message)), Ok(Staged::Whole));
        server.preload(&bad).unwrap();
        loop {
            match server.poll_receive(Mode::Whole, false, None) {
                Step::Drain => drop(drain(&mut server)),
                Step::Ready(Ready::Data) => break,
                other => panic!("{other:?}"),
            }
        }
        server.message().0.unwrap_err();
        let answered = drain(&mut server);
        assert!(answered.ends_with(&Frame::close(1007, "").encode()), "{len}");
    }
}

/// A frame as a peer may send it, in rare cases one that it must not.
fn frame(rng: &mut TestRng, to: Who) -> Vec<u8> {
    let len = [0, 1, 16, 125, 126, 300, MESSAGE_LEN, MESSAGE_LEN + 1][rng.below(8)];
    let frame = match rng.below(12) {
        0..=3 => Frame::binary(rng.bytes(len)),
        4..=6 => Frame::text(rng.text(len.min(100))),
        7 => Frame::text(rng.bytes(len.min(3))),
        8 => Frame::ping(rng.bytes(len.min(125))),
        9 => Frame::pong(rng.bytes(len.min(125))),
        10 => Frame::more(rng.text(len.min(20))),
        _ => Frame::text(rng.text(len.min(20))).not_fin(),
    };
    let frame = match rng.below(60) {
        0 => frame.rsv([0x40, 0x20, 0x10][rng.below(3)]),
        1 => frame.declare(5, 8),
        2 => return frame.encode(),
        3 => Frame::close(1000 + rng.below(8) as u16, "because"),
        4 => Frame::new(3 + rng.below(5) as u8, "reserved"),
        _ => frame,
    };
    frame.to(to)
}

#[test]
fn whole_messages_are_received_as_byte_by_byte() {
    let (mut messages, mut failures) = (0, 0);
    for seed in 0..3_000 {
        let mut rng = TestRng::new(seed);
        let who = if rng.once_in(2) { Who::Server } else { Who::Client };
        let count = 1 + rng.below(12);
        let bytes: Vec<u8> = (0..count).flat_map(|_| frame(&mut rng, who)).collect();
        let (control, key_seed) = (rng.once_in(2), rng.next());
        let of_pieces = |piece_len| match who {
            Who::Server => receive(Server, &bytes, piece_len, control),
            Who::Client => receive(Client(TestRng::new(key_seed)), &bytes, piece_len, control),
        };
        let byte_by_byte = of_pieces(1);
        for piece_len in [usize::MAX, 13, 14, 15, 1 + rng.below(400)] {
            let outcome = of_pieces(piece_len.min(1 << 12));
            assert_eq!(outcome, byte_by_byte, "seed {seed}, pieces of {piece_len}");
        }
        messages += byte_by_byte.0.len();
        failures += usize::from(byte_by_byte.1.is_err());
    }
    assert!(messages > 3_000 && failures > 300, "{messages} messages, {failures} failures");
}

/// Memory that takes note of what it is told.
struct Noted {
    bytes: Vec<u8>,
    peaks: Rc<RefCell<Vec<usize>>>,
}

impl Buffer for Noted {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn release(&mut self, used_len: usize, peak_len: usize) {
        assert_eq!(used_len, 0);
        self.peaks.borrow_mut().push(peak_len);
    }
}

#[test]
fn who_only_receives_after_a_large_message_gives_its_memory_back() {
    let peaks = Rc::new(RefCell::new(Vec::new()));
    let noted = |peaks| Noted { bytes: vec![0; 1 << 13], peaks };
    let (receive, staging) = (noted(Rc::default()), noted(Rc::clone(&peaks)));
    let mut server = Connection::new(Server, receive, staging, Config::SERVER, NoCompression);
    server.assume_open::<Fault>(None).unwrap();
    let side = server.write_side_mut();
    assert_eq!(side.stage::<Fault>(Message::Binary(&[0; 5000])), Ok(Staged::Whole));
    side.written(5004);
    side.flushed();
    server.preload(&Frame::binary(b"peer's").to(Who::Server)).unwrap();
    assert_eq!(server.poll_receive(Mode::Whole, false, None), Step::Ready(Ready::Data));
    assert_eq!(server.poll_receive(Mode::Whole, false, None), Step::Read);
    assert_eq!(*peaks.borrow(), [5004]);
}

#[test]
fn a_length_in_more_bytes_than_it_needs_is_refused_however_it_arrives() {
    for who in [Who::Server, Who::Client] {
        let endpoint = Endpoint::new(who).buffers(1 << 17, 4096);
        for len in [0, 125, 126, 127, 0xFFFF, 0x1_0000, 0x1_0001] {
            let payload = TestRng::new(7).bytes(len);
            let needed = [125, 0xFFFF, usize::MAX].iter().position(|most| len <= *most).unwrap();
            for field_len in &[1, 2, 8][needed..] {
                let frame = Frame::binary(&payload).declare(len as u64, *field_len).to(who);
                let whole = endpoint.receive_all(&frame);
                let pieces = endpoint.receive(&frame.chunks(5).collect::<Vec<_>>());
                assert_eq!(whole.seen, pieces.seen, "{len} bytes, in {field_len}");
                assert_eq!(whole.end, pieces.end, "{len} bytes, in {field_len}");
                if *field_len == [1, 2, 8][needed] {
                    assert_eq!(whole.seen, [Seen::message(Message::Binary(&payload))]);
                } else {
                    assert_eq!(whole.end, Err(ProtocolError::NonMinimalLength.into()));
                }
            }
        }
    }
}

/// Stages a message by [`stage_through`](socklet_core::connection::WriteSide::stage_through),
/// with a stream that takes so many bytes: what it took, and all that left in the end.
fn send_through(message: Message<'_>, most: usize) -> (Option<usize>, Vec<u8>) {
    let mut buffers = [[0; 1 << 13]; 2];
    let mut connection = open(Server, &mut buffers);
    let (mut taken, mut sent) = (None, Vec::new());
    let staged = connection.write_side_mut().stage_through::<Fault>(message, |first, second| {
        let both = [first, second].concat();
        sent.extend_from_slice(&both[..most.min(both.len())]);
        taken = Some(sent.len());
        sent.len()
    });
    assert_eq!(staged, Ok(Staged::Whole));
    assert_eq!(connection.write_side().unfinished(), None);
    if let Some(taken) = taken {
        assert_eq!(connection.write_side().bytes_sent(), taken as u64);
        assert_eq!(connection.write_side().is_unflushed(), taken != 0);
    }
    // What follows comes behind it.
    assert_eq!(connection.write_side_mut().stage_ping::<Fault>(b"behind"), Ok(Staged::Whole));
    sent.extend(drain(&mut connection));
    assert_eq!(connection.write_side().bytes_sent(), sent.len() as u64);
    (taken, sent)
}

#[test]
fn wherever_a_stream_stops_to_take_a_message_the_rest_is_staged() {
    for len in [0, 1, 125, 126, 300] {
        let payload = TestRng::new(5).bytes(len);
        let mut expected = Frame::binary(&payload).encode();
        let frame_len = expected.len();
        expected.extend(Frame::ping("behind").encode());
        for most in 0..=frame_len {
            let (taken, sent) = send_through(Message::Binary(&payload), most);
            assert_eq!(sent, expected, "{len} bytes, of which {most} are taken");
            assert_eq!(taken, HAS_SHORT_WAY.then_some(most));
        }
    }
}

#[test]
fn nothing_is_written_past_what_is_staged_or_within_a_message_or_without_a_mask() {
    let never = |_: &[u8], _: &[u8]| -> usize { panic!("it is not its turn") };
    let mut buffers = [[0; 1 << 13]; 2];
    let mut server = open(Server, &mut buffers);
    let side = server.write_side_mut();
    assert_eq!(side.stage::<Fault>("first".into()), Ok(Staged::Whole));
    assert_eq!(side.stage_through::<Fault>("second".into(), never), Ok(Staged::Whole));
    let both = [Frame::text("first").encode(), Frame::text("second").encode()].concat();
    assert_eq!(drain(&mut server), both);

    let side = server.write_side_mut();
    let part = Part::new(socklet_core::Kind::Text, b"begun", false);
    assert_eq!(side.stage_part::<Fault>(part), Ok(Staged::Whole));
    drain(&mut server);
    let side = server.write_side_mut();
    assert!(side.stage_through::<Fault>("another".into(), never).is_err());

    let mut buffers = [[0; 1 << 13]; 2];
    let mut server = open(Server, &mut buffers);
    let side = server.write_side_mut();
    assert_eq!(side.stage_close::<Fault>(CloseCode::NORMAL, "", None), Ok(Staged::Whole));
    drain(&mut server);
    assert!(server.write_side_mut().stage_through::<Fault>("late".into(), never).is_err());

    let mut buffers = [[0; 1 << 13]; 2];
    let mut client = open(Client(TestRng::new(1)), &mut buffers);
    let side = client.write_side_mut();
    assert_eq!(side.stage_through::<Fault>("masked".into(), never), Ok(Staged::Whole));
}

#[test]
fn what_fits_no_buffer_is_not_written_from_where_it_lies() {
    let payload = TestRng::new(6).bytes(9_000);
    let mut buffers = [[0; 1 << 13]; 2];
    let mut server = open(Server, &mut buffers);
    let side = server.write_side_mut();
    let staged = side.stage_through::<Fault>(Message::Binary(&payload), |_, _| panic!("too long"));
    assert_eq!(staged, Ok(Staged::Partly));
}

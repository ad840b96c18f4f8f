//! Frames that were made before go out where they are right, and nowhere else.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what these tests share outside of #[test] may fail them too"
)]

use std::cell::RefCell;

use socklet_core::{
    Client, Config, Error, Kind, Message, Role, Server,
    connection::{Connection, Encoded, Part, Staged},
    deflate::{Inflate, Small},
    permessage_deflate::{Agreed, Compression, Context, Deflate, NoCompression, Settings, Volume},
    wire::close::CloseCode,
};
use socklet_core_tests::{Fault, frames::Frame, rng::TestRng};

const TEXT: &str = "hello hello hello hello hello hello hello";

/// Frames that tell where they come from, and the windows that were asked for.
struct Made {
    plain: Vec<u8>,
    asked: RefCell<Vec<u8>>,
    grows: bool,
}

const COMPRESSED: &[u8] = b"\xC1\x04made";
const VOLUME: Volume = Volume { plain: TEXT.len() as u64, compressed: 4 };

impl Made {
    fn new() -> Self {
        let plain = Frame::text(TEXT).encode();
        Self { plain, asked: RefCell::default(), grows: false }
    }
}

impl Encoded for Made {
    fn message(&self) -> Message<'_> {
        Message::Text(TEXT)
    }

    fn plain(&self) -> &[u8] {
        &self.plain
    }

    fn compressed(&self, window_bits: u8) -> Option<(&[u8], Volume)> {
        self.asked.borrow_mut().push(window_bits);
        (!self.grows).then_some((COMPRESSED, VOLUME))
    }
}

fn open<'a, R: Role, C: Compression>(
    role: R,
    receive: &'a mut [u8],
    staging: &'a mut [u8],
    compression: C,
) -> Connection<R, &'a mut [u8], C> {
    let mut connection = Connection::new(role, receive, staging, Config::SERVER, compression);
    connection.assume_open::<Fault>(None).unwrap();
    connection
}

/// What a server stages with this agreed on, and what it says that compression was good for.
fn staged(made: &Made, takeover: bool, change: impl Fn(&mut Settings)) -> (Vec<u8>, Volume) {
    let (mut inflate, mut compress) = (Inflate::new(), Small::new());
    let mut settings = Settings::DEFAULT;
    change(&mut settings);
    let context = Context { window_bits: 10, takeover };
    let agreed = Agreed { send: context, receive: context };
    let deflate = Deflate::new(&mut inflate, &mut compress, settings).with_agreed(agreed);
    let (mut receive, mut staging) = ([0; 1 << 13], [0; 1 << 13]);
    let mut server = open(Server, &mut receive, &mut staging, deflate);
    let side = server.write_side_mut();
    assert_eq!(side.stage_encoded::<Fault>(made), Ok(Staged::Whole));
    (side.staged().to_vec(), side.volume_sent().unwrap())
}

#[test]
fn a_server_without_compression_sends_the_frames_as_they_are() {
    let made = Made::new();
    let (mut receive, mut staging) = ([0; 512], [0; 512]);
    let mut server = open(Server, &mut receive, &mut staging, NoCompression);
    let side = server.write_side_mut();
    assert_eq!(side.stage_encoded::<Fault>(&made), Ok(Staged::Whole));
    assert_eq!(side.staged(), made.plain);
    assert!(made.asked.borrow().is_empty());
}

#[test]
fn a_server_that_compresses_each_message_by_itself_sends_the_compressed_frames() {
    let made = Made::new();
    assert_eq!(staged(&made, false, |_| {}), (COMPRESSED.to_vec(), VOLUME));
    assert_eq!(*made.asked.borrow(), [10]);
    // Unless it is not worth it.
    let made = Made { grows: true, ..Made::new() };
    assert_eq!(staged(&made, false, |_| {}), (made.plain.clone(), Volume::default()));
    let made = Made::new();
    let plain = (made.plain.clone(), Volume::default());
    assert_eq!(staged(&made, false, |settings| settings.threshold_len = TEXT.len() + 1), plain);
    assert!(made.asked.borrow().is_empty());
}

#[test]
fn where_a_context_is_kept_the_message_is_compressed_there() {
    let made = Made::new();
    let (frame, volume) = staged(&made, true, |_| {});
    assert_eq!((frame[0], volume.plain), (0xC1, TEXT.len() as u64));
    assert_ne!(frame, COMPRESSED);
    assert!(made.asked.borrow().is_empty());
}

#[test]
fn a_client_masks_the_message() {
    let made = Made::new();
    let (mut receive, mut staging) = ([0; 512], [0; 512]);
    let mut client = open(Client(TestRng::new(1)), &mut receive, &mut staging, NoCompression);
    let side = client.write_side_mut();
    assert_eq!(side.stage_encoded::<Fault>(&made), Ok(Staged::Whole));
    assert_eq!(side.staged()[1], 0x80 | TEXT.len() as u8);
}

#[test]
fn frames_wait_for_room_whole_or_go_by_the_way_of_all() {
    let made = Made::new();
    let (mut receive, mut staging) = ([0; 512], [0; 160]);
    let mut server = open(Server, &mut receive, &mut staging, NoCompression);
    let side = server.write_side_mut();
    for _ in 0..3 {
        assert_eq!(side.stage_encoded::<Fault>(&made), Ok(Staged::Whole));
    }
    assert_eq!(side.stage_encoded::<Fault>(&made), Ok(Staged::Partly));
    assert_eq!(side.unfinished(), Some(0));
    assert_eq!(side.staged(), made.plain.repeat(3));
    side.written(side.staged().len());
    assert_eq!(side.stage_encoded::<Fault>(&made), Ok(Staged::Whole));
    assert_eq!((side.unfinished(), side.staged()), (None, made.plain.as_slice()));
    side.written(side.staged().len());
    // No buffer holds them: in fragments, then, as any message.
    let made = Made { plain: vec![0; 200], ..Made::new() };
    assert_eq!(side.stage_encoded::<Fault>(&made), Ok(Staged::Whole));
    assert_eq!(side.staged(), Frame::text(TEXT).encode());
}

#[test]
fn nothing_goes_within_another_message_or_behind_a_close_frame() {
    let made = Made::new();
    let (mut receive, mut staging) = ([0; 512], [0; 512]);
    let mut server = open(Server, &mut receive, &mut staging, NoCompression);
    let side = server.write_side_mut();
    let part = Part::new(Kind::Text, b"begun", false);
    assert_eq!(side.stage_part::<Fault>(part), Ok(Staged::Whole));
    assert!(matches!(side.stage_encoded::<Fault>(&made), Err(Error::Usage(_))));
    let part = Part::new(Kind::Text, b"", true);
    assert_eq!(side.stage_part::<Fault>(part), Ok(Staged::Whole));
    assert_eq!(side.stage_encoded::<Fault>(&made), Ok(Staged::Whole));
    assert_eq!(side.stage_close::<Fault>(CloseCode::NORMAL, "", None), Ok(Staged::Whole));
    assert!(matches!(side.stage_encoded::<Fault>(&made), Err(Error::Usage(_))));
}

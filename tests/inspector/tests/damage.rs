//! Whatever the input is: no panic, no hang, and no more memory than is allowed.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use socklet_core_tests::rng::TestRng;
use socklet_inspector_tests::{
    capture::{Form, Link, Tcp},
    deflating::Deflater,
    talk::{Talk, request, response},
};
use socklet_wasm::{
    Options,
    input::Format,
    inspect, json,
    stream::Sender::{Client, Server},
    table,
};

/// Counts what this thread allocates.
struct Counting;

thread_local! {
    static NOW: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(len: isize) {
    NOW.set(NOW.get() + len);
    MOST.set(MOST.get().max(NOW.get()));
}

// SAFETY: all is left to the system's allocator; only lengths are counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as this function's caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as this function's caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Most bytes for messages of a direction here.
const INFLATE_LIMIT: usize = 1 << 20;

/// Inspects, shows, and tells how much memory that took at most.
fn run(bytes: &[u8], format: Option<Format>) -> usize {
    let before = NOW.get();
    MOST.set(before);
    let options = Options { format, inflate_limit: INFLATE_LIMIT, ..Options::default() };
    if let Ok(report) = inspect(bytes, &options) {
        let judged = (MOST.get() - before) as usize;
        let text = table::report(&report);
        assert!(text.starts_with("input: "));
        let lines = json::report(&report);
        assert!(lines.ends_with("}\n"));
        for connection in &report.connections {
            for violation in &connection.violations {
                let stream = connection.stream(violation.from);
                let end = stream.offset(stream.bytes().len());
                assert!(violation.offset <= end, "{violation:?} of {end}");
            }
        }
        return judged;
    }
    (MOST.get() - before) as usize
}

/// A conversation with something of everything.
fn talk() -> Talk {
    let mut deflater = Deflater::new(Server);
    let long = b"all work and no play makes Jack a dull boy. ".repeat(40);
    let data = deflater.data(&long);
    let (first, second) = data.split_at(data.len() / 2);
    Talk::compressed()
        .frame(Client, 0x1, b"hello")
        .says(Server, deflater.frame(0x1, b"hello hello hello"))
        .says(Server, deflater.wrap(0x1, false, first))
        .frame(Server, 0x9, b"ping")
        .says(Server, deflater.wrap(0x0, true, second))
        .frame(Client, 0x2, &[9; 300])
        .frame(Client, 0x8, b"\x03\xe8bye")
        .frame(Server, 0x8, b"\x03\xe8")
}

fn corpus() -> Vec<Vec<u8>> {
    let talk = talk();
    let tcp = Tcp::open().talk(&talk, 200).finish(Client);
    let mut corpus: Vec<Vec<u8>> = [
        Form::PLAIN,
        Form { ng: true, nanoseconds: true, ..Form::PLAIN },
        Form { v6: true, big_endian: true, link: Link::Cooked2, ..Form::PLAIN },
        Form { ng: true, big_endian: true, link: Link::Vlan, ..Form::PLAIN },
    ]
    .map(|form| tcp.file(form))
    .into();
    let client = talk.bytes(Client);
    let hex: String = client.iter().map(|byte| format!("{byte:02x} ")).collect();
    let array: String = client.iter().map(|byte| format!("0x{byte:02x}, ")).collect();
    let escaped: String = client.iter().map(|byte| format!("\\x{byte:02x}")).collect();
    let dump: String = client
        .chunks(16)
        .enumerate()
        .map(|(at, line)| {
            let hex: String = line.iter().map(|byte| format!(" {byte:02x}")).collect();
            format!("{:08x} {hex}\n", at * 16)
        })
        .collect();
    corpus.push(talk.bytes(Server));
    corpus.push([request(""), response("")].concat());
    corpus.push(hex.into_bytes());
    corpus.push(format!("x = [{array}]").into_bytes());
    corpus.push(escaped.into_bytes());
    corpus.push(dump.into_bytes());
    corpus.push(b"0000000 0581 6548\n*\n0001000 0581\n0001002\n".to_vec());
    corpus
        .push(b"1.5 ws > len=5 wire=818537fa213d7f9f4d5158\n2.5 ws < wire=827e03e801+\n".to_vec());
    corpus.push(
        br#"{"log":{"entries":[{"request":{"url":"ws://a/b","headers":[{"name":"a","value":"\u00e9"}]},
        "response":{"status":101,"headers":[]},"_webSocketMessages":[{"type":"send","time":1.5,"opcode":2,"data":"AQI="},
        {"type":"receive","time":2,"opcode":1,"data":"x\ud83e\udd80"}]}]}}"#
            .to_vec(),
    );
    corpus
}

/// Bytes for which repeated lines of a dump may stand.
const REPEATED_LEN: usize = 256 << 10;

/// A bound for inputs of a length: what frames of two bytes each take, while a list of them grows;
/// the inflated bytes, twice while they grow; windows.
fn bound(len: usize) -> usize {
    (len + REPEATED_LEN) * 120 + 4 * INFLATE_LIMIT + (2 << 20)
}

#[test]
fn every_prefix_and_random_corruption() {
    let mut runs = 0;
    for (number, input) in corpus().into_iter().enumerate() {
        assert!(run(&input, None) < bound(input.len()));
        for len in 0..input.len() {
            let used = run(&input[..len], None);
            assert!(used < bound(len), "{number}, {len}: {used}");
            runs += 1;
        }
        for seed in 0..1500 {
            let mut rng = TestRng::new(seed);
            let mut bytes = input.clone();
            for _ in 0..=rng.below(6) {
                let at = rng.below(bytes.len());
                match rng.below(5) {
                    0 => bytes[at] = rng.next() as u8,
                    1 => bytes[at] ^= 1 << rng.below(8),
                    2 => bytes[at] = [0, 0xff, 0x7f, 0x80][rng.below(4)],
                    3 => {
                        let end = (at + rng.below(40)).min(bytes.len());
                        bytes.drain(at..end);
                    }
                    _ => {
                        let end = (at + rng.below(40)).min(bytes.len());
                        let copy = bytes[at..end].to_vec();
                        bytes.splice(at..at, copy);
                    }
                }
                if bytes.is_empty() {
                    bytes.push(0);
                }
            }
            let used = run(&bytes, None);
            assert!(used < bound(bytes.len()), "{number}, seed {seed}: {used}");
            runs += 1;
        }
    }
    assert!(runs > 25_000, "{runs}");
}

#[test]
fn every_format_reads_every_input() {
    let mut corpus = corpus();
    let mut rng = TestRng::new(5);
    corpus.extend((0..200).map(|len| rng.bytes(len)));
    for input in corpus {
        for format in Format::ALL {
            assert!(run(&input, Some(format)) < bound(input.len()));
        }
    }
}

#[test]
fn what_is_wrong_all_over_takes_no_more() {
    // Continuations of nothing, not masked, with all bits set.
    let bytes = [0x70, 0x00].repeat(200_000);
    let options = Options { format: Some(Format::Raw), ..Options::default() };
    let report = inspect(&bytes, &options).unwrap();
    assert_eq!(report.connections[0].frames.len(), 200_000);
    assert_eq!(report.connections[0].violations.len(), 10_000);
    assert_eq!(report.connections[0].omitted_violations, 390_000);
    assert!(run(&bytes, Some(Format::Raw)) < bound(bytes.len()));
}

#[test]
fn damage_all_over_costs_no_more_than_its_bytes() {
    // A million messages whose compressed data are damaged, and as many fragments without an end:
    // whatever would take a window's time for each takes minutes here.
    let damaged = b"\xc1\x01\x06".repeat(1_000_000);
    let options = Options { format: Some(Format::Raw), ..Options::default() };
    let report = inspect(&damaged, &options).unwrap();
    assert_eq!(report.connections[0].omitted_violations, 990_000);
    let mut fragments = b"\x01\x01x".to_vec();
    fragments.extend(b"\x00\x01y".repeat(200_000));
    let report = inspect(&fragments, &options).unwrap();
    assert!(table::report(&report).lines().count() > 200_000);
    assert_eq!(report.connections[0].messages[0].len, 200_001);
}

#[test]
fn declared_lengths_take_no_memory() {
    // A frame of 2^62 bytes, a repetition of 2^28 bytes, gaps of 2^31 bytes.
    assert!(run(b"\x82\x7f\x40\0\0\0\0\0\0\0hello", Some(Format::Raw)) < 1 << 20);
    let repeated = b"0000000 82 05 68 65 6c 6c 6f 82 04 61 62 63 64 82 40 00\n*\nffffff0 00\n";
    assert!(run(repeated, Some(Format::Dump)) < 1 << 20);
    let mut tcp = Tcp::open().talk(&talk(), 200);
    for segment in tcp.segments.iter_mut().skip(7).step_by(2) {
        segment.sequence = segment.sequence.wrapping_add(0x7000_0000);
    }
    assert!(run(&tcp.file(Form::PLAIN), None) < 1 << 20);
}

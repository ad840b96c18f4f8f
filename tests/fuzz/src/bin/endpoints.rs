//! Two connected endpoints that do what the input says, from the opening handshake to the closing
//! one, while reads and writes are cut short, wait, fail or end, and futures are dropped at their
//! awaits. What was sent is what is received, in order and once: all of it if nothing failed, else as
//! far as it came.
//!
//! Input: compression and faults (nine bytes), then two bytes or more for each turn.
#![no_main]

use libfuzzer_sys::fuzz_target;
use socklet_core::{Kind, permessage_deflate::Compression};
use socklet_core_tests::{
    clock::VirtualClock,
    conversation::{Account, Act, Endpoints, PLAIN, play_client, play_server},
    deflating::DEFLATED,
    dropping::Dropper,
    executor::run_pair,
    faulty::{Faulty, Plan},
    pipe::duplex,
    receiving::Seen,
    rng::TestRng,
};
use socklet_fuzz::Input;

/// Turns of a conversation.
const TURNS: usize = 40;

/// Longest message that is received whole: it fits the smallest receive buffer.
const WHOLE_LEN: usize = 200;

/// What both endpoints do, and what each has to receive.
#[derive(Default)]
struct Scripts {
    client: Vec<Act>,
    server: Vec<Act>,
    to_client: Vec<Seen>,
    to_server: Vec<Seen>,
}

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let is_compressed = input.byte() & 1 != 0;
    let plans = [plan(&mut input), plan(&mut input)];
    let droppers = [dropper(&mut input), dropper(&mut input)];
    let scripts = Scripts::read(&mut input);
    if is_compressed {
        converse(DEFLATED, plans, &droppers, &scripts);
    } else {
        converse(PLAIN, plans, &droppers, &scripts);
    }
});

/// What goes wrong on one side, by three bytes.
fn plan(input: &mut Input<'_>) -> Plan {
    let lens = input.byte();
    let len = |bits: u8| [usize::MAX, 1, 3, 50][usize::from(bits & 3)];
    let fault = input.byte();
    let at = Some(u64::from(input.byte()));
    Plan {
        read_len: len(lens),
        write_len: len(lens >> 2),
        stalls: u32::from(lens >> 4 & 1),
        fail_at: at.filter(|_| fault & 7 == 1),
        end_at: at.filter(|_| fault & 7 == 2),
        ..Plan::NONE
    }
}

/// Which futures are dropped on one side, by one byte.
fn dropper(input: &mut Input<'_>) -> Dropper {
    match input.byte() {
        0 => Dropper::never(),
        1 => Dropper::every(),
        at => Dropper::at(u64::from(at - 2)),
    }
}

fn converse<C: Compression>(
    endpoints: Endpoints<C>,
    plans: [Plan; 2],
    droppers: &[Dropper; 2],
    scripts: &Scripts,
) {
    let (near, far) = duplex(1 << 16);
    let (client, server) = run_pair(
        &VirtualClock::new(),
        play_client(endpoints, Faulty::new(near, plans[0]), &scripts.client, &droppers[0]),
        play_server(endpoints, Faulty::new(far, plans[1]), &scripts.server, &droppers[1]),
    );
    let is_faulty = plans.iter().any(|plan| plan.fail_at.is_some() || plan.end_at.is_some());
    check(&client, &scripts.to_client, is_faulty);
    check(&server, &scripts.to_server, is_faulty);
}

fn check(account: &Account, sent: &[Seen], is_faulty: bool) {
    let messages: Vec<_> = account.seen.iter().filter(|seen| seen.is_message()).collect();
    assert!(messages.len() <= sent.len() && messages.iter().zip(sent).all(|(a, b)| **a == *b));
    if !is_faulty {
        assert_eq!(account.result, Ok(()));
        assert_eq!(messages.len(), sent.len());
        assert!(account.closed.is_some());
    }
}

impl Scripts {
    fn read(input: &mut Input<'_>) -> Self {
        let mut scripts = Self::default();
        while !input.is_empty() && scripts.turns() < TURNS {
            scripts.turn(input);
        }
        scripts.client.push(Act::Close(1000, "done"));
        scripts.server.push(Act::ReceiveClose);
        scripts
    }

    fn turns(&self) -> usize {
        self.to_client.len() + self.to_server.len()
    }

    /// One side sends a message, the other receives it.
    fn turn(&mut self, input: &mut Input<'_>) {
        let (how, len) = (input.byte(), input.byte());
        let len = if how & 0x40 != 0 { 5 * usize::from(len) } else { usize::from(len) };
        let (sends, receives, seen) = if how & 1 != 0 {
            (&mut self.client, &mut self.server, &mut self.to_server)
        } else {
            (&mut self.server, &mut self.client, &mut self.to_client)
        };
        let is_text = how & 2 != 0;
        let bytes = contents(how, len, is_text);
        let text = || String::from_utf8(bytes.clone()).expect("made of text");
        let kind = if is_text { Kind::Text } else { Kind::Binary };
        match how >> 2 & 3 {
            0 if is_text => sends.push(Act::Text(text())),
            1 if is_text => sends.push(Act::Feed(text())),
            0 | 1 => sends.push(Act::Binary(bytes.clone())),
            more => {
                // In parts, cut anywhere, with a Ping between.
                let (one, other) = bytes.split_at(usize::from(input.byte()) % (bytes.len() + 1));
                sends.push(Act::Part(kind, one.to_vec(), false));
                if more == 3 {
                    sends.push(Act::Ping(bytes[..bytes.len().min(125)].to_vec()));
                }
                sends.push(Act::Part(kind, other.to_vec(), true));
            }
        }
        let is_whole = how & 0x10 != 0 && bytes.len() <= WHOLE_LEN;
        receives.push(if is_whole { Act::Receive } else { Act::ReceiveChunks });
        seen.push(Seen::joined(kind, bytes));
    }
}

/// A message: noise, or alike from one to the next.
fn contents(how: u8, len: usize, is_text: bool) -> Vec<u8> {
    let mut rng = TestRng::new(u64::from(how) + len as u64);
    match (how & 0x20 != 0, is_text) {
        (true, true) => {
            let mut text = rng.text(len);
            while text.len() > len {
                text.pop();
            }
            text.into_bytes()
        }
        (true, false) => rng.bytes(len),
        (false, _) => b"{\"n\":1,\"ok\":true}".iter().copied().cycle().take(len).collect(),
    }
}

//! Futures of halves dropped at each of their awaits in turn: whatever is dropped, the same bytes
//! cross the wire, and the same is received.

use socklet_core::{
    Role,
    io::{NoClock, nonblocking::Nonblocking},
};
use socklet_core_tests::{
    Who,
    clock::VirtualClock,
    conversation::Act,
    dropping::Dropper,
    frames::decode,
    socket::{ReadEnd, WriteEnd, socket},
};

use super::{playing::*, support::*};

type Both<R> = Halves<Nonblocking, ReadEnd, R, Local<WriteEnd, R>>;

/// What was received and written by either side.
#[derive(Debug, PartialEq)]
struct Outcome {
    seen: [Vec<Seen>; 2],
    closed: [Option<WasClosed>; 2],
    wires: [Vec<u8>; 2],
}

/// Whose futures are dropped.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Half {
    Sends,
    Receives,
}

const CLOSE: Act = Act::Close(4000, "all sent, grüße");

/// Both send the script and receive the other's; the near side closes.
fn cross<A: Role, B: Role>(
    script: &[Act],
    near: Both<A>,
    far: Both<B>,
    dropper: &Dropper,
    half: Half,
) -> Outcome {
    let never = Dropper::never();
    let (sends, receives) = if half == Half::Sends { (dropper, &never) } else { (&never, dropper) };
    let ((mut a_rx, mut a_tx), (mut b_rx, mut b_tx)) = (near, far);
    let (all, none) = (Signal::default(), Signal::default());
    let len = messages(script).len();
    let mut seen = [Vec::new(), Vec::new()];
    let [a_seen, b_seen] = &mut seen;
    {
        let mut a_sends = Task::new(async {
            send_script(&mut a_tx, script, sends).await?;
            all.wait().await;
            send_script(&mut a_tx, &[CLOSE], sends).await
        });
        let mut b_sends = Task::new(send_script(&mut b_tx, script, &never));
        let mut a_receives = Task::new(receive(&mut a_rx, receives, a_seen, (len, &all)));
        let mut b_receives = Task::new(receive(&mut b_rx, &never, b_seen, (len, &none)));
        run_all(
            &VirtualClock::new(),
            &mut [&mut a_sends, &mut a_receives, &mut b_sends, &mut b_receives],
        );
        for ended in [a_sends.go(), b_sends.go(), a_receives.go(), b_receives.go()] {
            assert_eq!(ended, Some(Ok(())));
        }
    }
    let closed = [a_rx.closed().map(WasClosed::of), b_rx.closed().map(WasClosed::of)];
    Outcome { seen, closed, wires: Default::default() }
}

fn play(capacity: usize, who: Who, script: &[Act], dropper: &Dropper, half: Half) -> Outcome {
    let [near, far] = socket(capacity);
    let wires = [near.1.watch(), far.1.watch()];
    let setup = PLAIN.lens(1100, 260);
    let outcome = match who {
        Who::Server => {
            let halves = (local(setup.server(near, NoClock)), local(setup.client(far, NoClock)));
            cross(script, halves.0, halves.1, dropper, half)
        }
        Who::Client => {
            let halves = (local(setup.client(near, NoClock)), local(setup.server(far, NoClock)));
            cross(script, halves.0, halves.1, dropper, half)
        }
    };
    Outcome { wires: wires.map(|wire| wire.written()), ..outcome }
}

fn drop_at_every_await(who: Who, half: Half) {
    for capacity in [17, 40] {
        let script = script(false);
        let undisturbed = play(capacity, who, &script, &Dropper::never(), half);
        assert_eq!(undisturbed.seen, [messages(&script), messages(&script)]);
        for n in 0.. {
            let dropper = Dropper::at(n);
            let outcome = play(capacity, who, &script, &dropper, half);
            assert!(outcome == undisturbed, "{who:?} {half:?} dropped at {n}, {capacity} bytes");
            if dropper.awaits() <= n {
                assert!(n > 15, "only {n} awaits");
                break;
            }
        }
        let outcome = play(capacity, who, &script, &Dropper::every(), half);
        assert!(outcome == undisturbed, "{who:?} {half:?} dropped at every, {capacity} bytes");
    }
}

#[test]
fn a_sender_dropped_at_any_await_sends_the_same_bytes() {
    drop_at_every_await(Who::Client, Half::Sends);
    drop_at_every_await(Who::Server, Half::Sends);
}

#[test]
fn a_receiver_dropped_at_any_await_receives_the_same() {
    drop_at_every_await(Who::Client, Half::Receives);
    drop_at_every_await(Who::Server, Half::Receives);
}

#[test]
fn with_pings_between_a_half_dropped_at_any_await_changes_no_message() {
    for (who, half) in [
        (Who::Client, Half::Sends),
        (Who::Server, Half::Sends),
        (Who::Client, Half::Receives),
        (Who::Server, Half::Receives),
    ] {
        let script = script(true);
        let undisturbed = play(60, who, &script, &Dropper::never(), half);
        for n in 0.. {
            let dropper = Dropper::at(n);
            let outcome = play(60, who, &script, &dropper, half);
            assert_eq!(outcome.seen, undisturbed.seen, "{n}");
            assert_eq!(outcome.closed, undisturbed.closed, "{n}");
            for wire in &outcome.wires {
                let frames = decode(wire);
                let closes = frames.iter().filter(|frame| frame.opcode == 8).count();
                assert_eq!((closes, frames.last().unwrap().opcode), (1, 8), "{n}");
            }
            if dropper.awaits() <= n {
                break;
            }
        }
    }
}

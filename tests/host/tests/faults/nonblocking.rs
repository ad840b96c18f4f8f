//! The streams over tokio, over a stream in memory that holds less than a message, and by a clock
//! that goes on when all wait: what hangs is found at once.

use std::{sync::atomic::Ordering, time::Duration};

use socklet_core_tests::dropping::Dropper;
use socklet_std::{Client, CloseCode, Error, Message, Role, Server, ServerRole, tokio::WebSocket};
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream, duplex},
    time::timeout,
};

use crate::{
    Conversation, Plan, Seen,
    faulty::{Fault, Faulty},
    is_typed, messages,
    support::noise,
};

/// Bytes on the way at a time, each way.
const WAY_LEN: usize = 1000;

/// Longer than all deadlines together.
const HANGS: Duration = Duration::from_secs(3600);

#[test]
fn a_conversation_ends_whatever_operation_fails() {
    for conversation in Conversation::both() {
        let conversations = conversation.disturb(|conversation, plans| {
            let droppers = [Dropper::never(), Dropper::never()];
            run(conversation, plans, &droppers)
        });
        println!("{}, tokio: {conversations} disturbed conversations", conversation.url);
    }
}

#[test]
fn a_conversation_is_whole_whatever_future_is_dropped() {
    for conversation in Conversation::both() {
        for side in [0, 1] {
            let mut dropped = 0;
            for at in 0.. {
                let mut droppers = [Dropper::never(), Dropper::never()];
                droppers[side] = Dropper::at(at);
                is_whole(run(&conversation, [Plan::NONE; 2], &droppers).0, side, at);
                if droppers[side].awaits() <= at {
                    break;
                }
                dropped += 1;
            }
            println!("{}, side {side}: dropped at each of {dropped} awaits", conversation.url);
            assert!(dropped > 10, "{dropped} awaits");
            // And all of them.
            let mut droppers = [Dropper::never(), Dropper::never()];
            droppers[side] = Dropper::every();
            is_whole(run(&conversation, [Plan::NONE; 2], &droppers).0, side, u64::MAX);
        }
    }
}

#[test]
fn a_large_message_that_is_fed_is_whole_or_an_error_whatever_is_dropped_or_fails() {
    let whole = |(fed, received): &Fed| {
        let is_whole = matches!(received, Ok(Some(message)) if *message == large());
        assert!(is_whole || received.as_ref().is_err_and(is_typed), "{received:?}");
        assert!(fed.as_ref().err().is_none_or(is_typed), "{fed:?}");
        fed.is_ok() && is_whole
    };
    assert!(whole(&feed_large(Plan::NONE, &Dropper::every()).0));
    for at in 0.. {
        let dropper = Dropper::at(at);
        assert!(whole(&feed_large(Plan::NONE, &dropper).0), "dropped at {at}");
        if dropper.awaits() <= at {
            assert!(at > 3, "{at} awaits");
            break;
        }
    }
    for fault in [Fault::Fails, Fault::Ends] {
        for at in 0.. {
            let plan = Plan { at: Some(at), fault };
            let (outcome, operations) = feed_large(plan, &Dropper::never());
            let is_over = operations <= at;
            assert_eq!(whole(&outcome), is_over, "{fault:?} at {at}: {outcome:?}");
            if is_over {
                assert!(at > 3, "{at} operations");
                break;
            }
        }
    }
}

/// What became of it for the server, and what the client received.
type Fed = (Result<(), Error>, Result<Option<Message>, Error>);

/// Of those that are written when they are fed, as far as the stream takes them.
fn large() -> Message {
    noise(40_000).into()
}

/// Has a server feed and flush a large message, and a client receive it.
fn feed_large(plan: Plan, dropper: &Dropper) -> (Fed, u64) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let (near, far) = duplex(10 * WAY_LEN);
        let (near, count) = Faulty::new(near, plan);
        let serve = async {
            let mut ws: WebSocket<_, ServerRole> = Server::new().take_over(near, &[])?;
            send(&mut ws, dropper, &large(), false).await?;
            dropper.again(async || ws.flush().await).await
        };
        let mut client: WebSocket<_> = Client::new().take_over(far, &[]).unwrap();
        let both = async { tokio::join!(serve, client.recv()) };
        let outcome = timeout(HANGS, both).await.expect("it hangs");
        (outcome, count.load(Ordering::Relaxed))
    })
}

fn is_whole(seen: [Seen; 2], side: usize, at: u64) {
    for (seen, end) in seen {
        assert!(end.is_ok(), "{side} dropped at {at}: {end:?}");
        assert!(seen == messages(), "{side} dropped at {at}");
    }
}

fn run(
    conversation: &Conversation,
    plans: [Plan; 2],
    droppers: &[Dropper; 2],
) -> ([Seen; 2], [u64; 2]) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let (near, far) = duplex(WAY_LEN);
        let (near, near_count) = Faulty::new(near, plans[0]);
        let (far, far_count) = Faulty::new(far, plans[1]);
        let both = async {
            tokio::join!(
                talk(conversation, near, &droppers[0]),
                serve(conversation, far, &droppers[1])
            )
        };
        let (client, server) = timeout(HANGS, both).await.expect("it hangs");
        let counts = [near_count, far_count].map(|count| count.load(Ordering::Relaxed));
        ([client, server], counts)
    })
}

async fn talk(
    conversation: &Conversation,
    stream: Faulty<DuplexStream>,
    dropper: &Dropper,
) -> Seen {
    let mut seen = Vec::new();
    let end = async {
        let mut ws = conversation.client.connect_over(stream, conversation.url).await?;
        for message in messages() {
            send(&mut ws, dropper, &message, true).await?;
            seen.extend(dropper.again(async || ws.recv().await).await?);
        }
        dropper.again(async || ws.close(CloseCode::NORMAL, "bye").await).await.map(drop)
    };
    let end = end.await;
    (seen, end)
}

async fn serve(
    conversation: &Conversation,
    stream: Faulty<DuplexStream>,
    dropper: &Dropper,
) -> Seen {
    let mut seen = Vec::new();
    let end = async {
        let mut ws = conversation.server.accept(stream).await?;
        while let Some(message) = dropper.again(async || ws.recv().await).await? {
            seen.push(message.clone());
            send(&mut ws, dropper, &message, true).await?;
        }
        Ok(())
    };
    let end = end.await;
    (seen, end)
}

/// Sends, or feeds without `flush`, and goes on with what a dropped call has left.
async fn send<S: AsyncRead + AsyncWrite + Unpin, R: Role>(
    ws: &mut WebSocket<S, R>,
    dropper: &Dropper,
    message: &Message,
    flush: bool,
) -> Result<(), Error> {
    loop {
        let call = async { if flush { ws.send(message).await } else { ws.feed(message).await } };
        match dropper.attempt(call).await {
            Some(sent) => return sent,
            // Taken whole: it leaves with the next receive.
            None if ws.unfinished().is_none() => return Ok(()),
            None => {}
        }
    }
}

//! The blocking streams, over real sockets.

use std::{
    net::{TcpListener, TcpStream},
    sync::atomic::Ordering,
    thread,
};

use socklet_std::{CloseCode, Error};

use crate::{Conversation, Plan, Seen, faulty::Faulty, messages};

#[test]
fn a_blocking_conversation_ends_whatever_operation_fails() {
    for conversation in Conversation::both() {
        let conversations = conversation.disturb(run);
        println!("{}, blocking: {conversations} disturbed conversations", conversation.url);
    }
}

fn run(conversation: &Conversation, plans: [Plan; 2]) -> ([Seen; 2], [u64; 2]) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let far = listener.accept().unwrap().0;
    for stream in [&near, &far] {
        stream.set_nodelay(true).unwrap();
    }
    let (near, near_count) = Faulty::new(near, plans[0]);
    let (far, far_count) = Faulty::new(far, plans[1]);
    let seen = thread::scope(|scope| {
        let server = scope.spawn(|| serve(conversation, far));
        let client = talk(conversation, near);
        [client, server.join().unwrap()]
    });
    (seen, [near_count, far_count].map(|count| count.load(Ordering::Relaxed)))
}

fn talk(conversation: &Conversation, stream: Faulty<TcpStream>) -> Seen {
    let mut seen = Vec::new();
    let end = (|| -> Result<(), Error> {
        let mut ws = conversation.client.connect_over_blocking(stream, conversation.url)?;
        for message in messages() {
            ws.send(&message)?;
            seen.extend(ws.recv()?);
        }
        ws.close(CloseCode::NORMAL, "bye").map(drop)
    })();
    (seen, end)
}

fn serve(conversation: &Conversation, stream: Faulty<TcpStream>) -> Seen {
    let mut seen = Vec::new();
    let end = (|| -> Result<(), Error> {
        let mut ws = conversation.server.accept_blocking(stream)?;
        while let Some(message) = ws.recv()? {
            seen.push(message.clone());
            ws.send(&message)?;
        }
        Ok(())
    })();
    (seen, end)
}

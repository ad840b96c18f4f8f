//! A client that connects again, with servers that refuse, die in the midst of a message, close,
//! and come back.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here fails a test")]

use std::{
    future::Future,
    ops::ControlFlow,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use socklet_std::{
    Answer, Backoff, Client, CloseCode, Error, IntoTarget, Message, Server, ServerRole, Target,
    UsageError,
    tokio::{Lost, MaybeTls, Reconnect, WebSocket},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// Longer than anything here takes, unless it hangs.
const LONG: Duration = Duration::from_secs(30);

type Accepted = WebSocket<MaybeTls<TcpStream>, ServerRole>;

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { timeout(LONG, test).await.unwrap() });
}

fn soon() -> Backoff {
    Backoff::new(7).range(1, 20)
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/feed", listener.local_addr().unwrap());
    (listener, url)
}

async fn accept(listener: &TcpListener) -> Accepted {
    let (stream, _) = listener.accept().await.unwrap();
    Server::new().accept(stream).await.unwrap()
}

/// Always to one address.
fn to(url: &str) -> impl FnMut(u32) -> std::future::Ready<Result<Target, Error>> + Send + 'static {
    let target = url.into_target().unwrap();
    move |_| std::future::ready(Ok(target.clone()))
}

#[test]
fn a_server_that_refuses_and_comes_is_found_when_it_is_there() {
    run(async {
        let (listener, url) = listen().await;
        let address = listener.local_addr().unwrap();
        drop(listener);
        let tries = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&tries);
        // In a task of its own: it can be sent to another thread.
        let client = tokio::spawn(async move {
            let mut ws = Client::new()
                .reconnecting(move |attempt| {
                    assert_eq!(counted.fetch_add(1, Ordering::Relaxed), attempt);
                    let url = url.clone();
                    async { Ok(url) }
                })
                .backoff(soon());
            ws.send("here I am").await.unwrap();
            assert_eq!(ws.connections(), 1);
            assert_eq!(ws.recv().await.unwrap(), Some(Message::from("welcome")));
        });
        while tries.load(Ordering::Relaxed) < 5 {
            tokio::task::yield_now().await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let listener = TcpListener::bind(address).await.unwrap();
        let mut server = accept(&listener).await;
        assert_eq!(server.recv().await.unwrap(), Some(Message::from("here I am")));
        server.send("welcome").await.unwrap();
        client.await.unwrap();
    });
}

#[test]
fn a_message_that_was_received_in_part_is_never_put_together_with_another() {
    run(async {
        let (listener, url) = listen().await;
        let server = async {
            // Two frames, the second of which is cut off; and a message whose last fragment is.
            for torn in [&b"\x82\x05two"[..], b"\x01\x03tex\x00\x04t"] {
                let (mut stream, _) = accept(&listener).await.into_inner();
                stream.write_all(b"\x81\x05whole").await.unwrap();
                stream.write_all(torn).await.unwrap();
            }
            let mut last = accept(&listener).await;
            last.send("the end").await.unwrap();
            assert_eq!(last.recv().await.unwrap(), None);
        };
        let client = async {
            let mut ws = Client::new().reconnecting(to(&url)).backoff(soon());
            let mut received = Vec::new();
            for _ in 0..3 {
                let message = ws.recv().await.unwrap().unwrap();
                received.push((ws.connections(), message));
            }
            let whole = Message::from("whole");
            assert_eq!(received, [(1, whole.clone()), (2, whole), (3, "the end".into())]);
            let closed = ws.close(CloseCode::NORMAL, "").await.unwrap().unwrap();
            assert_eq!(closed.code, Some(CloseCode::NORMAL));
        };
        tokio::join!(server, client);
    });
}

#[test]
fn a_message_that_was_sent_may_be_lost_and_is_not_sent_again() {
    run(async {
        let (listener, url) = listen().await;
        let server = async {
            // What the client sends is in the socket, unread, when the server dies.
            let (stream, _) = accept(&listener).await.into_inner();
            stream.tcp().readable().await.unwrap();
            drop(stream);
            let mut second = accept(&listener).await;
            let mut received = Vec::new();
            while let Some(message) = second.recv().await.unwrap() {
                received.push(message);
            }
            assert_eq!(received, [Message::from("opened"), "second".into()]);
        };
        struct Plan(String);
        impl Reconnect for Plan {
            async fn target(&mut self, _: u32) -> Result<Target, Error> {
                self.0.as_str().into_target()
            }

            async fn opened(&mut self, ws: &mut WebSocket) -> Result<(), Error> {
                ws.send("opened").await
            }
        }
        let client = async {
            let mut ws = Client::new().reconnecting(Plan(url)).backoff(soon());
            ws.send("first").await.unwrap();
            // The loss shows itself to who receives; then the next connection is there.
            let lost = tokio::time::timeout(Duration::from_millis(1), ws.recv());
            let _ = lost.await;
            while ws.connections() == 1 {
                let _ = tokio::time::timeout(Duration::from_millis(20), ws.recv()).await;
            }
            ws.send("second").await.unwrap();
            ws.close(CloseCode::NORMAL, "").await.unwrap();
            assert_eq!(ws.connections(), 2);
        };
        tokio::join!(server, client);
    });
}

#[test]
fn a_failed_send_is_reported_and_the_next_goes_to_another_connection() {
    run(async {
        let (listener, url) = listen().await;
        let server = async {
            drop(accept(&listener).await);
            let mut second = accept(&listener).await;
            while let Some(message) = second.recv().await.unwrap() {
                if message == Message::from("after the failure") {
                    return second;
                }
            }
            panic!("the message did not come");
        };
        let client = async {
            let mut ws = Client::new().reconnecting(to(&url)).backoff(soon());
            let mut failure = None;
            while failure.is_none() {
                failure = ws.send("lost").await.err();
                tokio::task::yield_now().await;
            }
            assert_eq!(ws.connections(), 1, "{failure:?}");
            assert!(matches!(failure, Some(Error::Io(_) | Error::ConnectionLost)), "{failure:?}");
            ws.send("after the failure").await.unwrap();
            assert_eq!(ws.connections(), 2);
            ws
        };
        tokio::join!(server, client);
    });
}

/// Asks with a new token each time, logs in, and gives up when that is refused.
struct Login {
    url: String,
    lost: Arc<Mutex<Vec<String>>>,
}

impl Reconnect for Login {
    async fn target(&mut self, attempt: u32) -> Result<Target, Error> {
        Ok(self.url.as_str().into_target()?.header("Authorization", format!("token {attempt}")))
    }

    async fn opened(&mut self, ws: &mut WebSocket) -> Result<(), Error> {
        ws.send("who am I?").await?;
        let name = ws.recv().await?.ok_or(Error::ConnectionLost)?;
        ws.send(name).await
    }

    fn lost(&mut self, how: &Lost) -> ControlFlow<()> {
        let (told, flow) = match how {
            Lost::NotOpened(Error::Declined(declined)) if declined.status == 401 => {
                ("refused", ControlFlow::Break(()))
            }
            Lost::NotOpened(_) => ("not opened", ControlFlow::Continue(())),
            Lost::Failed(_) => ("failed", ControlFlow::Continue(())),
            Lost::Closed(closed) => {
                assert_eq!(closed.code, Some(CloseCode::GOING_AWAY));
                ("closed", ControlFlow::Continue(()))
            }
        };
        self.lost.lock().unwrap().push(told.to_owned());
        flow
    }
}

#[test]
fn headers_are_made_anew_each_connection_is_logged_in_to_and_a_refusal_is_the_end() {
    run(async {
        let (listener, url) = listen().await;
        let server = async {
            for attempt in 0..5 {
                let (stream, _) = listener.accept().await.unwrap();
                let server = Server::new();
                let accepted = server.accept_with(stream, |request| {
                    let expected = format!("token {attempt}");
                    assert_eq!(request.header("Authorization"), Some(expected.as_bytes()));
                    if attempt < 4 { Answer::accept() } else { Answer::reject(401) }
                });
                let Ok(mut ws) = accepted.await else { continue };
                assert_eq!(ws.recv().await.unwrap(), Some(Message::from("who am I?")));
                // The second is lost before it is logged in.
                if attempt == 1 {
                    continue;
                }
                ws.send("you").await.unwrap();
                assert_eq!(ws.recv().await.unwrap(), Some(Message::from("you")));
                ws.send(format!("news {attempt}")).await.unwrap();
                if attempt == 2 {
                    let _ = ws.close(CloseCode::GOING_AWAY, "restart").await.unwrap();
                }
            }
        };
        let client = async {
            let lost = Arc::new(Mutex::new(Vec::new()));
            let login = Login { url, lost: Arc::clone(&lost) };
            let mut ws = Client::new().reconnecting(login).backoff(soon());
            for attempt in [0, 2, 3] {
                let news = Message::from(format!("news {attempt}"));
                assert_eq!(ws.recv().await.unwrap(), Some(news));
            }
            assert!(matches!(ws.recv().await, Err(Error::Declined(_))));
            let expected = ["failed", "not opened", "closed", "failed", "refused"];
            assert_eq!(*lost.lock().unwrap(), expected);
            // It is over.
            assert_eq!(ws.recv().await.unwrap(), None);
            assert!(matches!(ws.send("x").await, Err(Error::Usage(UsageError::Closed))));
            assert_eq!(ws.close(CloseCode::NORMAL, "").await.unwrap(), None);
        };
        tokio::join!(server, client);
    });
}

#[test]
fn what_can_never_work_is_tried_once() {
    run(async {
        let tries = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&tries);
        let mut ws = Client::new().reconnecting(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            async { Ok("http://example.com/") }
        });
        assert!(matches!(ws.recv().await, Err(Error::Url(_))));
        assert_eq!(ws.recv().await.unwrap(), None);
        assert_eq!(tries.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_receive_that_is_dropped_again_and_again_connects_all_the_same() {
    run(async {
        let (listener, url) = listen().await;
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            // The answer comes byte by byte, each after a while.
            let (mut near, far) = tokio::io::duplex(1 << 16);
            let relay = async {
                let mut byte = [0];
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    stream.read_exact(&mut byte).await.unwrap();
                    request.push(byte[0]);
                }
                near.write_all(&request).await.unwrap();
                loop {
                    near.read_exact(&mut byte).await.unwrap();
                    stream.write_all(&byte).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            };
            let accepted = async {
                let mut ws = Server::new().accept(far).await.unwrap();
                ws.send("at last").await.unwrap();
                ws.recv().await
            };
            tokio::select! {
                _ = relay => {}
                _ = accepted => {}
            }
        };
        let client = async {
            let mut ws = Client::new().reconnecting(to(&url)).backoff(soon());
            let mut dropped = 0;
            loop {
                match timeout(Duration::from_millis(1), ws.recv()).await {
                    Ok(message) => {
                        assert_eq!(message.unwrap(), Some(Message::from("at last")));
                        break;
                    }
                    Err(_) => dropped += 1,
                }
            }
            assert!(dropped > 1, "{dropped}");
            assert_eq!(ws.connections(), 1);
        };
        tokio::select! {
            () = server => panic!("the server ended first"),
            () = client => {}
        }
    });
}

#[test]
fn a_close_while_it_connects_ends_it() {
    run(async {
        let (listener, url) = listen().await;
        let mut ws = Client::new().reconnecting(to(&url)).backoff(soon());
        // Nobody answers.
        assert!(timeout(Duration::from_millis(50), ws.recv()).await.is_err());
        let (mut stream, _) = listener.accept().await.unwrap();
        assert_eq!(ws.close(CloseCode::NORMAL, "").await.unwrap(), None);
        assert_eq!(ws.recv().await.unwrap(), None);
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.starts_with(b"GET /feed "));
    });
}

#[test]
fn a_receive_after_a_failed_send_goes_to_another_connection() {
    run(async {
        let (listener, url) = listen().await;
        let server = async {
            drop(accept(&listener).await);
            let mut second = accept(&listener).await;
            second.send("welcome back").await.unwrap();
            second
        };
        let client = async {
            let mut ws = Client::new().reconnecting(to(&url)).backoff(soon());
            while ws.send("lost").await.is_ok() {
                tokio::task::yield_now().await;
            }
            assert_eq!(ws.recv().await.unwrap(), Some(Message::from("welcome back")));
            assert_eq!(ws.connections(), 2);
            ws
        };
        tokio::join!(server, client);
    });
}

#[test]
fn a_close_that_is_refused_changes_nothing() {
    run(async {
        let (listener, url) = listen().await;
        let server = async {
            let mut ws = accept(&listener).await;
            while let Some(message) = ws.recv().await.unwrap() {
                ws.send(message).await.unwrap();
            }
            ws.closed().unwrap()
        };
        let client = async {
            let mut ws = Client::new().reconnecting(to(&url)).backoff(soon());
            ws.send("one").await.unwrap();
            let too_long = "x".repeat(124);
            let error = ws.close(CloseCode::NORMAL, &too_long).await.unwrap_err();
            assert!(matches!(error, Error::Config(_)), "{error}");
            ws.send("two").await.unwrap();
            assert_eq!(ws.recv().await.unwrap(), Some(Message::from("one")));
            assert_eq!(ws.recv().await.unwrap(), Some(Message::from("two")));
            ws.close(CloseCode::GOING_AWAY, "").await.unwrap();
            assert_eq!(ws.recv().await.unwrap(), None);
        };
        let (closed, ()) = tokio::join!(server, client);
        assert_eq!(closed.code, Some(CloseCode::GOING_AWAY));
    });
}

//! A device that comes back by itself.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::ops::ControlFlow;

use embassy_time::Timer;
use socklet_core::{
    CloseCode, Config, Message, Timeouts,
    handshake::{
        client::Request,
        server::{Accept, Decision, Reject},
    },
};
use socklet_embassy::{Backoff, ConnectError, Connector, Error, Phase, keep_connected};
use socklet_embassy_tests::{
    certificates::Authority,
    clock::now_ms,
    device::{PLAIN, PlainMemory, SECURE, SecureMemory, rng, secure},
    executor::{run, spawn},
    host::{self, Seen},
    name_server::KNOWN,
    network::Network,
};

const CONFIG: Config = Config {
    timeouts: Timeouts {
        handshake_ms: 5_000,
        closing_ms: 5_000,
        idle_ms: 10_000,
        keep_alive: true,
    },
    ..Config::CLIENT
};

/// A host that takes each token once and tells which it has seen.
fn serve_tokens(network: &Network, authority: Option<&Authority>) -> Seen<String> {
    let seen: Seen<String> = Seen::default();
    let told = seen.clone();
    let serve = async move |token: Option<&[u8]>| {
        let token = String::from_utf8(token.unwrap().to_vec()).unwrap();
        let is_new = !told.borrow().contains(&token);
        told.borrow_mut().push(token);
        is_new
    };
    macro_rules! session {
        () => {
            async move |ws| {
                // It notices cuts too.
                ws.config_mut().timeouts = CONFIG.timeouts;
                let Ok(request) = ws.read_request().await else { return };
                let is_new = serve(request.header("Authorization")).await;
                let decision = if is_new {
                    Decision::Accept(Accept::new())
                } else {
                    Decision::Reject(Reject::new(401))
                };
                if ws.answer(|_| decision).await.is_err() {
                    return;
                }
                while let Ok(Some((message, mut reply))) = ws.recv_with_sender().await {
                    if reply.send(message).await.is_err() {
                        return;
                    }
                }
            }
        };
    }
    match authority {
        None => host::serve(network.host, session!()),
        Some(authority) => host::serve_tls(network.host, authority.server(), session!()),
    }
    seen
}

/// Cuts the cable for 20 s again and again; how often it was open, and with which tokens.
fn through_cuts(authority: Option<&Authority>) {
    run(async {
        let network = Network::new();
        let seen = serve_tokens(&network, authority);
        let link = network.link.clone();
        spawn(async move {
            loop {
                Timer::after_secs(30).await;
                link.cut(true);
                Timer::after_secs(20).await;
                link.cut(false);
            }
        });
        let (mut plain, mut memory) = (PlainMemory::new(), Box::new(SecureMemory::new()));
        let mut opened = 0;
        let mut backoff = Backoff::new(5);
        let attempt = async |number: u32| {
            let token = format!("Bearer {number}");
            let headers = [("Authorization", &*token)];
            let request = Request::new(KNOWN, "/").headers(&headers);
            macro_rules! session {
                () => {
                    async |mut ws| {
                        opened += 1;
                        for at in 0_u32.. {
                            let text = format!("{number} {at}");
                            ws.send(&*text).await?;
                            assert_eq!(ws.recv().await?, Some(Message::Text(&text)));
                            Timer::after_millis(500).await;
                            if opened == 5 {
                                ws.close(CloseCode::NORMAL, "").await?;
                                break;
                            }
                        }
                        Ok::<_, Error>(opened)
                    }
                };
            }
            let ended = match authority {
                None => {
                    let connector = Connector::new(network.device).config(CONFIG);
                    connector.run(&PLAIN, &request, plain.client(rng()), session!()).await?
                }
                Some(authority) => {
                    let connector = secure(&network, authority).config(CONFIG);
                    connector.run(&SECURE, &request, memory.client(rng()), session!()).await?
                }
            };
            Ok(match ended {
                Ok(opened) => ControlFlow::Break((number, opened)),
                Err(_) => ControlFlow::Continue(()),
            })
        };
        let (number, opened) = keep_connected(&mut backoff, attempt).await;
        assert_eq!(opened, 5);
        // Each try had a token of its own, and each that was open was seen once.
        let seen = seen.borrow();
        assert!(seen.len() >= 5, "{seen:?}");
        assert_eq!(seen.last(), Some(&format!("Bearer {number}")));
        assert!(seen.windows(2).all(|pair| pair[0] != pair[1]), "{seen:?}");
        // Four cuts of 20 s, each noticed after at most 10 s of silence, and then half a minute.
        assert!((170_000..300_000).contains(&now_ms()), "{}", now_ms());
    });
}

#[test]
fn ws_comes_back_after_each_cut_with_a_new_token() {
    through_cuts(None);
}

#[test]
fn wss_comes_back_after_each_cut_with_a_new_token() {
    through_cuts(Some(&Authority::root()));
}

#[test]
fn the_waits_grow_while_nobody_answers_and_a_hook_can_give_up() {
    run(async {
        let network = Network::new();
        let mut memory = PlainMemory::new();
        let mut tries = Vec::new();
        let mut backoff = Backoff::new(1).range(1_000, 8_000);
        let gave_up = keep_connected(&mut backoff, async |number| {
            tries.push(now_ms());
            let connector = Connector::new(network.device);
            let request = Request::new(KNOWN, "/");
            match connector.run(&PLAIN, &request, memory.client(rng()), async |_| ()).await {
                Err(error) if number == 6 => Ok(ControlFlow::Break(error)),
                outcome => outcome.map(ControlFlow::Continue),
            }
        });
        let error: ConnectError = gave_up.await;
        assert_eq!(error.phase(), Phase::Connect);
        let waits: Vec<_> = tries.windows(2).map(|pair| pair[1] - pair[0]).collect();
        for (wait_ms, longest_ms) in waits.iter().zip([1_000, 2_000, 4_000, 8_000, 8_000, 8_000]) {
            // And a little for the refusal.
            assert!((longest_ms / 2..=longest_ms + 50).contains(wait_ms), "{waits:?}");
        }
    });
}

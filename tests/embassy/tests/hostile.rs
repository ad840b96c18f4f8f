//! A cable that loses, doubles, delays and reorders frames: what arrives is what was sent.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use socklet_core::{CloseCode, Config, Message, Timeouts};
use socklet_core_tests::rng::TestRng;
use socklet_embassy::{Connector, Deadlines, Error};
use socklet_embassy_tests::{
    certificates::Authority,
    device::{PLAIN, PlainMemory, REQUEST, SECURE, SecureMemory, rng, secure},
    executor::run,
    host::{self, echo},
    link::Faults,
    network::Network,
};

/// Patience: a frame in ten is lost. And Pings: smoltcp, at both ends here, believes the window in
/// an acknowledgement that has been overtaken, and if that is 0, it waits until the other end sends
/// something.
const CONFIG: Config = Config {
    timeouts: Timeouts {
        handshake_ms: 600_000,
        closing_ms: 600_000,
        idle_ms: 600_000,
        keep_alive: true,
    },
    ..Config::CLIENT
};
const DEADLINES: Deadlines = Deadlines {
    network_ms: 0,
    resolve_ms: 0,
    connect_ms: 0,
    tls_ms: 0,
    tcp_silence_ms: 0,
    close_ms: 600_000,
};

const MESSAGES: usize = 60;

macro_rules! exchange {
    ($seed:expr) => {
        async |mut ws| {
            let mut random = TestRng::new($seed);
            for at in 0..MESSAGES {
                let len = random.below(1800);
                let message = random.bytes(len);
                ws.send(&*message).await?;
                let received = ws.recv().await?;
                assert_eq!(received, Some(Message::Binary(&message)), "message {at}");
            }
            ws.close(CloseCode::NORMAL, "").await?;
            Ok::<_, Error>(())
        }
    };
}

fn patient_echo<S: embedded_io_async::Read + embedded_io_async::Write>()
-> impl AsyncFn(&mut host::HostSocket<S>) + 'static {
    async |ws| {
        ws.config_mut().timeouts = CONFIG.timeouts;
        echo(ws).await;
    }
}

#[test]
fn ws_is_whole() {
    for seed in 0..10 {
        run(async {
            let network = Network::with(seed, Faults::HOSTILE);
            host::serve(network.host, patient_echo());
            let mut memory = PlainMemory::new();
            let connector = Connector::new(network.device).deadlines(DEADLINES).config(CONFIG);
            let session = connector.run(&PLAIN, &REQUEST, memory.client(rng()), exchange!(seed));
            assert_eq!(session.await, Ok(Ok(())), "seed {seed}");
        });
    }
}

#[test]
fn wss_is_whole() {
    let authority = Authority::root();
    for seed in 0..10 {
        run(async {
            let network = Network::with(seed, Faults::HOSTILE);
            host::serve_tls(network.host, authority.server(), patient_echo());
            let mut memory = Box::new(SecureMemory::new());
            let connector = secure(&network, &authority).deadlines(DEADLINES).config(CONFIG);
            let session = connector.run(&SECURE, &REQUEST, memory.client(rng()), exchange!(seed));
            assert_eq!(session.await, Ok(Ok(())), "seed {seed}");
        });
    }
}

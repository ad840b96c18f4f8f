//! The client: opens a connection and talks in steps.
//!
//! | step | does |
//! |---|---|
//! | `messages` | echoes text and octets of 0 B to 64 KiB, more than any buffer here holds |
//! | `short` | the same of 0 B to 4 KiB, for slow lines |
//! | `fragments` | echoes messages of many fragments |
//! | `pings` | waits for the Pong to each Ping |
//! | `alike` | echoes a hundred messages that are much alike, for compression to find |
//! | `exchange=LEN` | sends messages of that length and takes the answers, counted |
//! | `close=CODE` | closes with that code and a reason, and expects the code back |
//! | `closed=CODE` | expects the server to close with that code |
//!
//! Without steps it takes the first four and `close=1000`. What compression made of them is told.

use embassy_net::Stack;
use embassy_time::Instant;
use rand_core::CryptoRng;
use socklet_embassy::core::connection::{Mode, Ready};
use socklet_embassy::core::permessage_deflate::Compression;
use socklet_embassy::core::{CloseCode, Closed, Kind, Side};
use socklet_embassy::{Error, WebSocket};
use socklet_qemu_support::{memory as machine, say};

use crate::connection::{open, settings};
use crate::counted;
use crate::echo::{Came, echo};
use crate::memory::{ClientPlace, Codecs};
use crate::network;
use crate::options::Options;
use crate::report::Report;

/// Lengths around every border of the frame header, and past every buffer here.
const LENGTHS: [usize; 10] = [0, 1, 125, 126, 127, 1000, 4096, 20_000, 65_535, 65_536];

/// The reason of every Close frame.
const REASON: &str = "the conversation is over";

/// Opens a connection, and does what the options say.
pub(crate) async fn run<G, K, const T: usize, const R: usize, const S: usize>(
    stack: Stack<'_>,
    place: &mut ClientPlace<K, T, R, S>,
    rng: &mut G,
    options: &Options<'_>,
    report: &mut Report,
) where
    G: CryptoRng,
    K: Codecs,
{
    network::wait(stack).await;
    let begin = Instant::now();
    let lent = place.lend(rng, settings(options));
    counted::begin();
    let opened = open(stack, options, lent, async |mut ws| {
        counted::end();
        say!("figure open-ms {}", begin.elapsed().as_millis());
        say!("figure open-stack {}", machine::stack_peak());
        talk(&mut ws, options, report).await;
    });
    match opened.await {
        Ok(()) => {}
        Err(failure) => report.failed("connect", &failure),
    }
}

/// Takes the steps, up to the first that fails.
async fn talk<G: CryptoRng, C: Compression>(
    ws: &mut WebSocket<'_, G, C>,
    options: &Options<'_>,
    report: &mut Report,
) {
    report.passed("connect");
    if let Some(agreed) = ws.compression() {
        let (send, receive) = (agreed.send, agreed.receive);
        say!("compression {} bits to send, {} to receive", send.window_bits, receive.window_bits);
    }
    let steps = options.steps();
    for step in steps {
        match take(ws, step).await {
            Ok(true) => report.passed(step),
            Ok(false) => return report.failed(step, &"not what was expected"),
            Err(error) => return report.failed(step, &error),
        }
    }
    for (name, volume) in [("sent", ws.volume_sent()), ("received", ws.volume_received())] {
        if let Some(volume) = volume {
            say!("figure {name}-plain {}", volume.plain);
            say!("figure {name}-compressed {}", volume.compressed);
        }
    }
}

/// Takes one step, and says whether it went as it should.
async fn take<G: CryptoRng, C: Compression>(
    ws: &mut WebSocket<'_, G, C>,
    step: &str,
) -> Result<bool, Error> {
    let (name, code) = step.split_once('=').unwrap_or((step, ""));
    match name {
        "messages" => messages(ws, usize::MAX).await,
        "short" => messages(ws, 4096).await,
        "fragments" => fragments(ws).await,
        "pings" => pings(ws).await,
        "alike" => alike(ws).await,
        "exchange" => counted::exchange(ws, code.parse().unwrap_or_default()).await,
        "close" => {
            let code = code.parse().map(CloseCode);
            close(ws, code.unwrap_or(CloseCode::NORMAL)).await
        }
        "closed" => {
            while ws.recv_chunk().await?.is_some() {}
            Ok(ws.closed().is_some_and(|closed| {
                closed.by == Side::Peer && closed.code.map(|c| c.0) == code.parse().ok()
            }))
        }
        _ => Ok(false),
    }
}

async fn messages<G: CryptoRng, C: Compression>(
    ws: &mut WebSocket<'_, G, C>,
    max_len: usize,
) -> Result<bool, Error> {
    for len in LENGTHS.into_iter().filter(|len| *len <= max_len) {
        for kind in [Kind::Text, Kind::Binary] {
            let came = echo(ws, kind, len, usize::MAX).await?;
            if came != Came::Back {
                say!("{kind:?} of {len} bytes came {came:?}");
                return Ok(false);
            }
        }
    }
    Ok(true)
}

async fn fragments<G: CryptoRng, C: Compression>(
    ws: &mut WebSocket<'_, G, C>,
) -> Result<bool, Error> {
    for (len, part_len) in [(9, 1), (126, 7), (1000, 13), (5000, 250)] {
        for kind in [Kind::Binary, Kind::Text] {
            if echo(ws, kind, len, part_len).await? != Came::Back {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

async fn pings<G: CryptoRng, C: Compression>(ws: &mut WebSocket<'_, G, C>) -> Result<bool, Error> {
    let longest = [b'p'; 125];
    for payload in [&b"are you there?"[..], b"", &longest] {
        ws.ping(payload).await?;
        if ws.receive(Mode::Chunks, true).await? != Ready::Pong || ws.control() != payload {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn alike<G: CryptoRng, C: Compression>(ws: &mut WebSocket<'_, G, C>) -> Result<bool, Error> {
    for _ in 0..100 {
        if echo(ws, Kind::Text, 118, usize::MAX).await? != Came::Back {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn close<G: CryptoRng, C: Compression>(
    ws: &mut WebSocket<'_, G, C>,
    code: CloseCode,
) -> Result<bool, Error> {
    let Closed { by, code: answer, .. } = ws.close(code, REASON).await?;
    Ok(by == Side::Local && answer == Some(code))
}

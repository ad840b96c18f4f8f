//! Any bytes as the values of `Sec-WebSocket-Extensions`: as an offer to a server, as a response to
//! a client, bare and within an opening handshake. What is agreed on is never more than an endpoint
//! can do, and both see the same.
//!
//! Input: what the endpoint can do (two bytes), length of its receive buffer, values with a line
//! feed between.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use socklet_core::{
    Client, Config, Server,
    handshake::{
        accept_for,
        client::{Request, key_of},
    },
    io::{NoClock, WebSocket, blocking},
    permessage_deflate::{Agreed, Context, Negotiable, Settings, params},
};
use socklet_core_tests::{
    buffers::TestBuffer,
    deflating::{TestDeflate, deflate},
    rng::TestRng,
    wire::Wire,
};
use socklet_fuzz::Input;

/// An endpoint that can do everything.
const ANYTHING: Negotiable = Settings::DEFAULT.negotiable;

type Stream<R> = blocking::WebSocket<Wire, R, TestBuffer, TestDeflate>;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let [windows, takeover] = [input.byte(), input.byte()];
    let can = Negotiable {
        receive_bits: 8 + windows % 8,
        receive_takeover: takeover & 1 != 0,
        send_bits: 8 + windows / 8 % 8,
        send_takeover: takeover & 2 != 0,
    };
    let receive_len = input.one_of([600, 768, 1100, 4096, 40_000]);
    let values: Vec<&[u8]> = input.rest().split(|byte| *byte == b'\n').collect();

    let mut answer = String::new();
    let accepted = params::accept(&can, values.iter().copied(), &mut answer).expect("a string");
    assert_eq!(accepted.is_some(), !answer.is_empty(), "{answer}");
    if let Some(agreed) = accepted {
        assert!(is_possible(can, agreed), "{can:?} {agreed:?}");
        assert_eq!(confirm(ANYTHING, &[answer.as_bytes()]), Some(mirrored(agreed)), "{answer}");
    }
    if let Some(agreed) = confirm(can, &values) {
        assert!(is_possible(can, agreed), "{can:?} {agreed:?}");
        // In its plainest spelling it is agreed on again.
        let plain = spelt(agreed);
        assert_eq!(confirm(can, &[plain.as_bytes()]), Some(agreed), "{plain}");
    }

    let settings = Settings { negotiable: can, ..Settings::DEFAULT };
    check_server(settings, receive_len, &values);
    check_client(settings, receive_len, &values);
});

fn confirm(can: Negotiable, values: &[&[u8]]) -> Option<Agreed> {
    params::confirm(&can, values.iter().copied()).ok().flatten()
}

fn mirrored(agreed: Agreed) -> Agreed {
    Agreed { send: agreed.receive, receive: agreed.send }
}

/// Whether an endpoint can do what was agreed on. What it receives without takeover may have any
/// window, for it keeps none.
fn is_possible(can: Negotiable, agreed: Agreed) -> bool {
    let Agreed { send, receive } = agreed;
    let windows = 8..=15;
    windows.contains(&send.window_bits)
        && windows.contains(&receive.window_bits)
        && send.window_bits <= can.send_bits
        && (can.send_takeover || !send.takeover)
        && (can.receive_takeover || !receive.takeover)
        && (!receive.takeover || receive.window_bits <= can.receive_bits)
}

/// A response to a client that says no more than this.
fn spelt(agreed: Agreed) -> String {
    let mut text = "permessage-deflate".to_owned();
    for (name, Context { window_bits, takeover }) in
        [("client", agreed.send), ("server", agreed.receive)]
    {
        text += &format!("; {name}_max_window_bits={window_bits}");
        if !takeover {
            text += &format!("; {name}_no_context_takeover");
        }
    }
    text
}

/// The lines of a head.
fn lines(values: &[&[u8]]) -> Vec<u8> {
    let line = |value: &&[u8]| [b"Sec-WebSocket-Extensions: ", *value, b"\r\n"].concat();
    values.iter().flat_map(line).chain(*b"\r\n").collect()
}

fn buffers(receive_len: usize) -> (TestBuffer, TestBuffer) {
    (TestBuffer::fixed(receive_len), TestBuffer::fixed(600))
}

fn check_server(settings: Settings, receive_len: usize, values: &[&[u8]]) {
    let head = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n";
    let wire = Wire::new([[&head[..], &lines(values)].concat()]);
    let (receive, staging) = buffers(receive_len);
    let mut ws: Stream<Server> =
        WebSocket::server_with(wire, receive, staging, Config::SERVER, deflate(settings), NoClock);
    let accepted = ws.accept();
    let answer = String::from_utf8(ws.inner().written.clone()).expect("a head is ASCII");
    let extensions =
        answer.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "));
    if accepted.is_ok() {
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        check(&ws, settings, receive_len);
        let told = confirm(ANYTHING, &[extensions.unwrap_or_default().as_bytes()]);
        assert_eq!(told, ws.compression().map(mirrored), "{answer}");
    } else {
        assert_eq!(extensions, None, "{answer}");
    }
}

fn check_client(settings: Settings, receive_len: usize, values: &[&[u8]]) {
    /// The key is drawn from a generator that begins anew each time.
    static ACCEPT: OnceLock<String> = OnceLock::new();
    let asking = |wire| -> Stream<Client<TestRng>> {
        let ((receive, staging), rng) = (buffers(receive_len), TestRng::new(5));
        let (config, compression) = (Config::CLIENT, deflate(settings));
        WebSocket::client_with(wire, rng, receive, staging, config, compression, NoClock)
    };
    let request = Request::new("a", "/");
    let accept = ACCEPT.get_or_init(|| {
        let mut ws = asking(Wire::new([b""; 0]));
        assert!(ws.handshake(&request).is_err(), "nobody answers");
        let accept = accept_for(key_of(&ws.inner().written).expect("a key"));
        String::from_utf8(accept.to_vec()).expect("base64 is ASCII")
    });
    let head = format!(
        "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n"
    );
    let mut ws = asking(Wire::new([[head.as_bytes(), &lines(values)].concat()]));
    if ws.handshake(&request).is_ok() {
        check(&ws, settings, receive_len);
    }
}

/// An open stream has agreed to no more than its settings, and to what its buffers hold.
fn check<R: socklet_core::Role>(ws: &Stream<R>, settings: Settings, receive_len: usize) {
    let Some(agreed) = ws.compression() else { return };
    // The compressor has 10 bits.
    let can =
        Negotiable { send_bits: settings.negotiable.send_bits.min(10), ..settings.negotiable };
    assert!(is_possible(can.fitting(receive_len), agreed), "{can:?} {receive_len} {agreed:?}");
    let window_len = 1 << agreed.receive.window_bits;
    let kept_len = window_len + 256.max(receive_len / 8) + 256;
    assert!(!agreed.receive.takeover || kept_len <= receive_len, "{agreed:?} in {receive_len}");
}

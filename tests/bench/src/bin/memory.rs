//! `memory PEER OPERATION LENGTH COUNT`: does one thing so many times, in memory, for
//! `cargo xtask bench memory` to count the instructions of.
//!
//! What is received is looked at; what is sent leaves with each message.

use socklet_bench::{
    peers,
    work::{Operation, Work},
};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [peer, operation, len, count] = args.as_slice() else {
        panic!("usage: memory PEER OPERATION LENGTH COUNT");
    };
    let operation = Operation::named(operation).expect("an operation");
    let work = Work { operation, len: len.parse().unwrap(), count: count.parse().unwrap() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let received = match peer.as_str() {
        "floor" => peers::floor(&work),
        "socklet-core" => peers::core(&work),
        "socklet-std" => runtime.block_on(peers::adapter(&work)),
        "tungstenite" => peers::tungstenite(&work),
        "tokio-websockets" => runtime.block_on(peers::tokio_websockets(&work)),
        "fastwebsockets" => runtime.block_on(peers::fastwebsockets(&work)),
        "yawc" => runtime.block_on(peers::yawc(&work)),
        "wtx" => runtime.block_on(peers::wtx(&work)),
        other => panic!("no peer {other}"),
    };
    assert_eq!(received, if work.decodes() { work.len * work.count } else { 0 });
}

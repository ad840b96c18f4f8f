//! tungstenite: blocking.

use std::hint::black_box;

use bytes::Bytes;
use tungstenite::{Message, WebSocket, protocol::Role};

use crate::work::{Operation, Work};

/// The same work.
pub fn tungstenite(work: &Work) -> usize {
    let is_client = work.operation == Operation::ClientEncode;
    let role = if is_client { Role::Client } else { Role::Server };
    let mut ws = WebSocket::from_raw_socket(work.wire(&[]), role, None);
    let payload = Bytes::from(work.payload());
    let mut received = 0;
    for _ in 0..work.count {
        if work.decodes() {
            received += black_box(ws.read().unwrap()).len();
        } else {
            ws.send(Message::Binary(black_box(&payload).clone())).unwrap();
        }
    }
    received
}

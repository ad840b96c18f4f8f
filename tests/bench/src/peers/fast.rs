//! fastwebsockets.

use std::hint::black_box;

use fastwebsockets::{Frame, Payload, Role, WebSocket};

use crate::work::{Operation, Work};

/// The same work.
pub async fn fastwebsockets(work: &Work) -> usize {
    let is_client = work.operation == Operation::ClientEncode;
    let role = if is_client { Role::Client } else { Role::Server };
    let mut ws = WebSocket::after_handshake(work.wire(&[]), role);
    let payload = work.payload();
    let mut received = 0;
    for _ in 0..work.count {
        if work.decodes() {
            received += black_box(ws.read_frame().await.unwrap()).payload.len();
        } else {
            let payload = Payload::Borrowed(black_box(&payload));
            ws.write_frame(Frame::binary(payload)).await.unwrap();
        }
    }
    received
}

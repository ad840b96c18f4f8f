//! yawc.

use std::hint::black_box;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use yawc::{Frame, Options, Role, WebSocket};

use crate::work::{Operation, Work};

/// The same work.
pub async fn yawc(work: &Work) -> usize {
    let is_client = work.operation == Operation::ClientEncode;
    let role = if is_client { Role::Client } else { Role::Server };
    // Texts are checked by all the others.
    let options = Options::default().with_utf8();
    let mut ws = WebSocket::from_stream(work.wire(&[]), role, options).unwrap();
    let payload = Bytes::from(work.payload());
    let mut received = 0;
    for _ in 0..work.count {
        if work.decodes() {
            received += black_box(ws.next().await.unwrap()).payload().len();
        } else {
            ws.send(Frame::binary(black_box(&payload).clone())).await.unwrap();
        }
    }
    received
}

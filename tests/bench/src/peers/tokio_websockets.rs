//! tokio-websockets.

use std::hint::black_box;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio_websockets::{ClientBuilder, Message, ServerBuilder};

use crate::work::{Operation, Work};

/// The same work.
pub async fn tokio_websockets(work: &Work) -> usize {
    let mut ws = if work.operation == Operation::ClientEncode {
        ClientBuilder::new().take_over(work.wire(&[]))
    } else {
        ServerBuilder::new().serve(work.wire(&[]))
    };
    let payload = Bytes::from(work.payload());
    let mut received = 0;
    for _ in 0..work.count {
        if work.decodes() {
            received += black_box(ws.next().await.unwrap().unwrap()).as_payload().len();
        } else {
            ws.send(Message::binary(black_box(&payload).clone())).await.unwrap();
        }
    }
    received
}

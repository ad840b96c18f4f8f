//! wtx: the newest version that a Rust of 1.95 builds.

use std::{
    hint::black_box,
    io::{Read, Write},
};

use wtx::{
    collection::Vector,
    rng::{ChaCha20, CryptoSeedableRng},
    stream::{StreamReader, StreamWriter},
    web_socket::{Frame, OpCode, WebSocketBuffer, WebSocketOwned, WebSocketPayloadOrigin},
};

use crate::{
    wire::Wire,
    work::{Operation, Work},
};

/// The same work.
pub async fn wtx(work: &Work) -> usize {
    if work.operation == Operation::ClientEncode {
        run::<true>(work).await
    } else {
        run::<false>(work).await
    }
}

async fn run<const IS_CLIENT: bool>(work: &Work) -> usize {
    let rng = ChaCha20::from_seed([7; 32]).unwrap();
    let stream = Transport(work.wire(&[]));
    let mut ws: WebSocketOwned<(), _, _, IS_CLIENT> =
        WebSocketOwned::new((), false, rng, stream, WebSocketBuffer::new());
    // It is masked where it lies.
    let mut payload = work.payload();
    let mut buffer = Vector::new();
    let mut received = 0;
    for _ in 0..work.count {
        if work.decodes() {
            let frame = ws.read_frame(&mut buffer, WebSocketPayloadOrigin::Adaptive);
            received += black_box(frame.await.unwrap()).payload().len();
        } else {
            let payload = black_box(&mut payload).as_mut_slice();
            ws.write_frame(&mut Frame::new_fin(OpCode::Binary, payload)).await.unwrap();
        }
    }
    received
}

/// The transport, as this peer takes one.
struct Transport(Wire);

impl StreamReader for Transport {
    async fn read(&mut self, bytes: &mut [u8]) -> wtx::Result<usize> {
        Ok(self.0.read(bytes)?)
    }
}

impl StreamWriter for Transport {
    async fn write_all(&mut self, bytes: &[u8]) -> wtx::Result<()> {
        Ok(self.0.write_all(bytes)?)
    }

    async fn write_all_vectored(&mut self, bytes: &[&[u8]]) -> wtx::Result<()> {
        for part in bytes {
            self.0.write_all(part)?;
        }
        Ok(())
    }
}

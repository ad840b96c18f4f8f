//! fastwebsockets in either role, over hyper.

use std::future::Future;
use std::sync::Arc;

use fastwebsockets::{
    FragmentCollector, Frame, OpCode, Payload, WebSocketError, handshake,
    upgrade::{UpgradeFut, upgrade},
};
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, HOST, UPGRADE};
use hyper::rt::Executor;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::Upgraded;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use socklet_interop_peers::{Arguments, Heard, Result, Socket, exit, obey, serve};

const SUBPROTOCOL: &str = "Sec-WebSocket-Protocol";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    exit(run().await);
}

struct Spawn;

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Spawn {
    fn execute(&self, future: F) {
        tokio::spawn(future);
    }
}

async fn run() -> Result<()> {
    let args = Arguments::parse()?;
    if !args.is_server {
        let authority = args.authority();
        let target = args.address.trim_start_matches("ws://").trim_start_matches(authority);
        let mut request = Request::get(if target.is_empty() { "/" } else { target })
            .header(HOST, authority)
            .header(UPGRADE, "websocket")
            .header(CONNECTION, "upgrade")
            .header("Sec-WebSocket-Key", handshake::generate_key())
            .header("Sec-WebSocket-Version", "13");
        if !args.subprotocols.is_empty() {
            request = request.header(SUBPROTOCOL, args.subprotocols.join(", "));
        }
        let request = request.body(Empty::<Bytes>::new())?;
        let (ws, response) = handshake::client(&Spawn, request, args.tcp().await?).await?;
        let subprotocol = response.headers().get(SUBPROTOCOL).map(|name| name.to_str());
        let socket = Fast { ws: FragmentCollector::new(ws), has_closed: false };
        return obey(socket, subprotocol.transpose()?).await;
    }
    let listener = args.listen().await?;
    let args = Arc::new(args);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let args = Arc::clone(&args);
        let service = service_fn(move |request| answer(request, Arc::clone(&args)));
        let connection =
            http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
        tokio::spawn(connection);
    }
}

async fn answer(
    mut request: Request<Incoming>,
    args: Arc<Arguments>,
) -> std::result::Result<Response<Empty<Bytes>>, WebSocketError> {
    let offered = request.headers().get(SUBPROTOCOL).and_then(|names| names.to_str().ok());
    let chosen = args.choose(offered).and_then(|name| name.parse().ok());
    let target = request.uri().to_string();
    let (mut response, opened) = upgrade(&mut request)?;
    if let Some(chosen) = chosen {
        response.headers_mut().insert(SUBPROTOCOL, chosen);
    }
    tokio::spawn(async move {
        if let Err(error) = attend(opened, target).await {
            eprintln!("error {error}");
        }
    });
    Ok(response)
}

async fn attend(opened: UpgradeFut, target: String) -> Result<()> {
    let ws = FragmentCollector::new(opened.await?);
    serve(Fast { ws, has_closed: false }, &target).await
}

struct Fast {
    ws: FragmentCollector<TokioIo<Upgraded>>,
    has_closed: bool,
}

impl Socket for Fast {
    async fn send(&mut self, fin: bool, opcode: u8, payload: Vec<u8>) -> Result<()> {
        let opcode = OpCode::try_from(opcode)?;
        Ok(self.ws.write_frame(Frame::new(fin, opcode, None, Payload::Owned(payload))).await?)
    }

    async fn close(&mut self, close: Option<(u16, &str)>) -> Result<()> {
        self.has_closed = true;
        let frame = match close {
            Some((code, reason)) => Frame::close(code, reason.as_bytes()),
            None => Frame::close_raw(Payload::Owned(Vec::new())),
        };
        Ok(self.ws.write_frame(frame).await?)
    }

    async fn hear(&mut self) -> Result<Heard> {
        let frame = match self.ws.read_frame().await {
            Ok(frame) => frame,
            Err(WebSocketError::UnexpectedEOF | WebSocketError::ConnectionClosed) => {
                return Ok(Heard::Closed("lost ".into()));
            }
            Err(error) => return Err(error.into()),
        };
        if frame.opcode != OpCode::Close {
            return Ok(Heard::Message(frame.opcode as u8, frame.payload.to_vec()));
        }
        Ok(Heard::Closed(match frame.payload.split_first_chunk() {
            Some((code, reason)) => {
                format!("{} {}", u16::from_be_bytes(*code), String::from_utf8_lossy(reason))
            }
            None => "- ".into(),
        }))
    }
}

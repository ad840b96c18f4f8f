//! tokio-tungstenite in either role.

use std::future::Future;

use futures_util::{SinkExt, StreamExt};
use socklet_interop_peers::{
    Arguments, BINARY, Heard, PING, PONG, Result, Socket, TEXT, exit, obey, serve,
};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{
    Error, Message,
    client::IntoClientRequest,
    handshake::server::{Callback, ErrorResponse, Request, Response},
    protocol::{
        CloseFrame,
        frame::{Frame, coding::OpCode},
    },
};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async, client_async};

const SUBPROTOCOL: &str = "Sec-WebSocket-Protocol";

#[tokio::main(flavor = "current_thread")]
async fn main() {
    exit(run().await);
}

async fn run() -> Result<()> {
    let args = Arguments::parse()?;
    if !args.is_server {
        let mut request = args.address.as_str().into_client_request()?;
        if !args.subprotocols.is_empty() {
            request.headers_mut().insert(SUBPROTOCOL, args.subprotocols.join(", ").parse()?);
        }
        let (ws, response) = client_async(request, args.tcp().await?).await?;
        let subprotocol = response.headers().get(SUBPROTOCOL).map(|name| name.to_str());
        return obey(Tungstenite(ws), subprotocol.transpose()?).await;
    }
    let listener = args.listen().await?;
    let args = std::sync::Arc::new(args);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let args = std::sync::Arc::clone(&args);
        tokio::spawn(async move {
            if let Err(error) = attend(stream, &args).await {
                eprintln!("error {error}");
            }
        });
    }
}

fn attend(stream: TcpStream, args: &Arguments) -> impl Future<Output = Result<()>> + Send {
    async move {
        let mut target = String::new();
        let ws = accept_hdr_async(stream, Decide { args, target: &mut target }).await?;
        serve(Tungstenite(ws), &target).await
    }
}

struct Decide<'a> {
    args: &'a Arguments,
    target: &'a mut String,
}

impl Callback for Decide<'_> {
    fn on_request(
        self,
        request: &Request,
        mut response: Response,
    ) -> std::result::Result<Response, ErrorResponse> {
        *self.target = request.uri().to_string();
        let offered = request.headers().get(SUBPROTOCOL).and_then(|names| names.to_str().ok());
        if let Some(chosen) = self.args.choose(offered).and_then(|name| name.parse().ok()) {
            response.headers_mut().insert(SUBPROTOCOL, chosen);
        }
        Ok(response)
    }
}

struct Tungstenite(WebSocketStream<TcpStream>);

impl Socket for Tungstenite {
    async fn send(&mut self, fin: bool, opcode: u8, payload: Vec<u8>) -> Result<()> {
        let message = match opcode {
            PING => Message::Ping(payload.into()),
            PONG => Message::Pong(payload.into()),
            _ => Message::Frame(Frame::message(payload, OpCode::from(opcode), fin)),
        };
        Ok(self.0.send(message).await?)
    }

    async fn close(&mut self, close: Option<(u16, &str)>) -> Result<()> {
        let frame =
            |(code, reason): (u16, &str)| CloseFrame { code: code.into(), reason: reason.into() };
        Ok(self.0.close(close.map(frame)).await?)
    }

    async fn hear(&mut self) -> Result<Heard> {
        let mut closed = None;
        loop {
            match self.0.next().await {
                Some(Ok(Message::Close(frame))) => {
                    closed = Some(frame.map_or("- ".into(), |frame| {
                        format!("{} {}", u16::from(frame.code), frame.reason)
                    }));
                }
                None | Some(Err(Error::ConnectionClosed | Error::AlreadyClosed)) => {
                    return Ok(Heard::Closed(closed.unwrap_or("lost ".into())));
                }
                Some(Err(error)) => match closed {
                    Some(closed) => return Ok(Heard::Closed(closed)),
                    None => return Err(error.into()),
                },
                Some(Ok(Message::Frame(_))) => {}
                Some(Ok(message)) => {
                    let opcode = match &message {
                        Message::Text(_) => TEXT,
                        Message::Ping(_) => PING,
                        Message::Pong(_) => PONG,
                        _ => BINARY,
                    };
                    // The Pong leaves with what is sent next, or now.
                    self.0.flush().await?;
                    return Ok(Heard::Message(opcode, message.into_data().to_vec()));
                }
            }
        }
    }
}

//! What both peers do: commands of the client and paths of the server, as
//! `tests/interop/README.md` has them, over whatever sends and receives frames.

use std::error::Error;
use std::future::Future;

use tokio::io::{AsyncBufReadExt, BufReader, stdin};
use tokio::net::{TcpListener, TcpStream};

pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

pub const CONTINUATION: u8 = 0x0;
pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xA;

/// What has come.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A message, or a Ping or Pong, by its opcode.
    Message(u8, Vec<u8>),
    /// The connection has ended: code and reason, `-` or `lost`.
    Closed(String),
}

/// A connection of a peer; it answers Pings and Close frames by itself.
pub trait Socket {
    /// Sends a frame.
    fn send(&mut self, fin: bool, opcode: u8, payload: Vec<u8>)
    -> impl Future<Output = Result<()>>;
    /// Sends a Close frame.
    fn close(&mut self, close: Option<(u16, &str)>) -> impl Future<Output = Result<()>>;
    /// Receives a whole message or a control frame.
    fn hear(&mut self) -> impl Future<Output = Result<Heard>>;
}

/// The options of both roles.
pub struct Arguments {
    pub is_server: bool,
    /// Where to listen, or what to connect to.
    pub address: String,
    pub subprotocols: Vec<String>,
}

impl Arguments {
    /// Takes `serve --addr ADDRESS` or `connect URL`, with any number of `--subprotocol NAME`.
    pub fn parse() -> Result<Self> {
        let mut args = std::env::args().skip(1);
        let is_server = args.next().as_deref() == Some("serve");
        let (mut address, mut subprotocols) = (String::new(), Vec::new());
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or("a value is missing");
            match arg.as_str() {
                "--addr" => address = value()?,
                "--subprotocol" => subprotocols.push(value()?),
                _ => address = arg,
            }
        }
        Ok(Self { is_server, address, subprotocols })
    }

    /// The first of the server's subprotocols that is offered.
    pub fn choose(&self, offered: Option<&str>) -> Option<String> {
        let offered: Vec<&str> = offered?.split(',').map(str::trim).collect();
        self.subprotocols.iter().find(|name| offered.contains(&name.as_str())).cloned()
    }

    /// Host and port of the address.
    pub fn authority(&self) -> &str {
        let rest = self.address.trim_start_matches("ws://");
        rest.split_once('/').map_or(rest, |(authority, _)| authority)
    }

    /// Opens a TCP connection to the address.
    pub async fn tcp(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(self.authority()).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Listens, and says where.
    pub async fn listen(&self) -> Result<TcpListener> {
        let listener = TcpListener::bind(&self.address).await?;
        println!("listening on {}", listener.local_addr()?);
        Ok(listener)
    }
}

/// Ends a client that has failed.
pub fn exit(outcome: Result<()>) {
    if let Err(error) = outcome {
        println!("error {error}");
        std::process::exit(1);
    }
}

/// Does what the lines of standard input say.
pub async fn obey(mut socket: impl Socket, subprotocol: Option<&str>) -> Result<()> {
    println!("open {}", subprotocol.unwrap_or("-"));
    let mut lines = BufReader::new(stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match verb {
            "text" | "binary" => {
                let (opcode, payload) = payload(verb, rest.parse()?);
                socket.send(true, opcode, payload.clone()).await?;
                compare(&mut socket, &line, opcode, &payload).await?
            }
            "fragments" => {
                let (count, len) = rest.split_once(' ').ok_or("fragments N LEN")?;
                let (opcode, payload) = payload("text", len.parse()?);
                send_parts(&mut socket, &payload, count.parse()?, false).await?;
                compare(&mut socket, &format!("fragments {len}"), opcode, &payload).await?
            }
            "ping" => {
                socket.send(true, PING, rest.into()).await?;
                loop {
                    match socket.hear().await? {
                        Heard::Message(PONG, payload) => {
                            break format!("pong {}", String::from_utf8(payload)?);
                        }
                        Heard::Message(PING, _) => {}
                        other => break told(other),
                    }
                }
            }
            "pinged" => loop {
                if let Heard::Message(PING, _) = socket.hear().await? {
                    break "ping".into();
                }
            },
            "send" => {
                socket.send(true, TEXT, rest.into()).await?;
                "sent".into()
            }
            "flood" => {
                // It may be refused already; `recv` tells.
                let _ = socket.send(true, BINARY, payload("binary", rest.parse()?).1).await;
                "sent".into()
            }
            "recv" => told(next(&mut socket, "peer").await?),
            "close" => {
                let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
                let close = if code == "-" { None } else { Some((code.parse()?, reason)) };
                socket.close(close).await?;
                told(next(&mut socket, "local").await?)
            }
            "compression" => "compression ".into(),
            _ => return Err(format!("no command {verb}").into()),
        };
        println!("{answer}");
    }
    Ok(())
}

/// Serves one client: does first what the path says, then echoes to the end.
pub async fn serve(mut socket: impl Socket, target: &str) -> Result<()> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let value = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| decoded(value))
    };
    match path {
        "/ping" => socket.send(true, PING, "from the server".into()).await?,
        "/fragments" => send_parts(&mut socket, &payload("text", 1001).1, 7, true).await?,
        "/close" => {
            let reason = value("reason").unwrap_or_default();
            let code = value("code").and_then(|code| code.parse().ok());
            socket.close(code.map(|code| (code, &*reason))).await?;
        }
        _ => {}
    }
    loop {
        match socket.hear().await? {
            Heard::Message(PONG, payload) if !payload.is_empty() => {
                let text = [&b"pong "[..], &payload].concat();
                socket.send(true, TEXT, text).await?;
            }
            Heard::Message(PING | PONG, _) => {}
            Heard::Message(opcode, payload) => socket.send(true, opcode, payload).await?,
            Heard::Closed(how) => {
                println!("closed {} {how}", value("id").unwrap_or_default());
                return Ok(());
            }
        }
    }
}

/// The next message or the end, which `by` has begun.
async fn next(socket: &mut impl Socket, by: &str) -> Result<Heard> {
    loop {
        match socket.hear().await? {
            Heard::Message(PING | PONG, _) => {}
            Heard::Closed(how) => return Ok(Heard::Closed(format!("{by} {how}"))),
            message => return Ok(message),
        }
    }
}

fn told(heard: Heard) -> String {
    match heard {
        Heard::Message(TEXT, text) => format!("text {}", String::from_utf8_lossy(&text)),
        Heard::Message(_, bytes) => format!("binary {}", bytes.len()),
        Heard::Closed(how) => format!("closed {how}"),
    }
}

async fn compare(
    socket: &mut impl Socket,
    label: &str,
    opcode: u8,
    payload: &[u8],
) -> Result<String> {
    Ok(match next(socket, "peer").await? {
        Heard::Message(kind, bytes) if kind == opcode && bytes == payload => {
            format!("echo ok {label}")
        }
        other => format!("echo bad {label}: {}", told(other).chars().take(60).collect::<String>()),
    })
}

/// Sends text in so many frames, with a Ping behind the first or behind each.
async fn send_parts(
    socket: &mut impl Socket,
    text: &[u8],
    count: usize,
    pings_each: bool,
) -> Result<()> {
    let cut = |index: usize| text.len() * index / count;
    for index in 0..count {
        let opcode = if index == 0 { TEXT } else { CONTINUATION };
        let part = text[cut(index)..cut(index + 1)].to_vec();
        socket.send(index + 1 == count, opcode, part).await?;
        if pings_each || index == 0 {
            let payload = if pings_each { Vec::new() } else { b"between".to_vec() };
            socket.send(true, PING, payload).await?;
        }
    }
    Ok(())
}

/// So many bytes: U+00E9 again and again with an `x` where the length is odd, or the numbers from 0
/// to 250.
fn payload(kind: &str, len: usize) -> (u8, Vec<u8>) {
    if kind == "text" {
        let odd = if len % 2 == 1 { "x" } else { "" };
        (TEXT, ("\u{e9}".repeat(len / 2) + odd).into_bytes())
    } else {
        (BINARY, (0..=250).cycle().take(len).collect())
    }
}

/// Undoes the encoding of a query.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next(), rest.next()].map(|digit| digit.unwrap_or(b'0'));
                u8::from_str_radix(&String::from_utf8_lossy(&digits), 16).unwrap_or(b'?')
            }
            byte => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

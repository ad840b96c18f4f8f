//! Does as it is told, line by line: the client that is tested against other implementations.
//!
//! ```text
//! interop-client [--blocking] [--ca F | --insecure] [--subprotocol P]... [--proxy ADDRESS] URL
//! ```
//!
//! It prints `open SUBPROTOCOL` (`-` for none) and then one line for each line of input:
//!
//! | command | does | prints |
//! |---|---|---|
//! | `text LEN`, `binary LEN` | sends so many bytes and compares the answer | `echo ok text LEN` or `echo bad text LEN: WHY` |
//! | `fragments N LEN` | the same as a text in N frames, a ping behind the first | `echo ok fragments LEN` |
//! | `ping PAYLOAD` | sends a ping and waits for the pong | `pong PAYLOAD` |
//! | `send TEXT` | sends a text | `sent` |
//! | `recv` | receives a message | `text CONTENT`, `binary LEN`, `closed BY CODE REASON` |
//! | `close CODE REASON`, `close -` | makes the closing handshake | `closed BY CODE REASON` |
//!
//! What fails otherwise is an `error` line and exit status 1.

use std::io::{BufRead, Write, stdin, stdout};
use std::process::ExitCode;

use socklet_host_tests::{AnyClient, Arguments, Failure};
use socklet_std::{
    CloseCode, Closed, Error, Kind, Message, Side,
    permessage_deflate::{Agreed, Context},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = match Arguments::parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("interop-client: {error}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut client = arguments.connect().await?;
    print(&format!("open {}", client.subprotocol().unwrap_or("-")))?;
    for command in stdin().lock().lines() {
        let printed = obey(&mut client, &command?).await?;
        print(&printed)?;
    }
    Ok(())
}

fn print(line: &str) -> Result<(), Failure> {
    let mut out = stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// Does one command and returns the line to be printed.
async fn obey(client: &mut AnyClient, command: &str) -> Result<String, Failure> {
    let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
    Ok(match verb {
        "text" => {
            let message = Message::from(text(rest.parse()?));
            client.send(&message).await?;
            compare(client, verb, &message).await?
        }
        "binary" => {
            let message = Message::from(bytes(rest.parse()?));
            client.send(&message).await?;
            compare(client, verb, &message).await?
        }
        "fragments" => {
            let (frames, len) = rest.split_once(' ').ok_or("fragments N LEN")?;
            let text = text(len.parse()?);
            send_fragments(client, text.as_bytes(), frames.parse()?).await?;
            compare(client, verb, &Message::from(text)).await?
        }
        "many" => many(client, rest.parse()?).await?,
        "compression" => match client.compression() {
            Some(Agreed { send, receive }) => {
                let shown = |context: Context| {
                    format!(
                        "{}/{}",
                        context.window_bits,
                        if context.takeover { "kept" } else { "fresh" }
                    )
                };
                let used = if client.has_compressed() { "used" } else { "unused" };
                format!("compression {} {} {used}", shown(send), shown(receive))
            }
            None => "compression none".to_owned(),
        },
        "ping" => {
            client.ping(rest.as_bytes()).await?;
            format!("pong {}", String::from_utf8_lossy(&client.pong().await?))
        }
        "send" => {
            client.send(&rest.into()).await?;
            "sent".to_owned()
        }
        "recv" => match client.recv().await {
            Ok(Some(Message::Text(text))) => format!("text {text}"),
            Ok(Some(Message::Binary(bytes))) => format!("binary {}", bytes.len()),
            Ok(None) => closed(client.closed()),
            Err(Error::ConnectionLost | Error::Io(_)) => closed(None),
            Err(error) => return Err(error.into()),
        },
        "close" => {
            let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
            let code = if code == "-" { None } else { Some(CloseCode(code.parse()?)) };
            match client.close(code, reason).await {
                Ok(outcome) => closed(Some(outcome)),
                Err(Error::ConnectionLost | Error::Io(_)) => closed(None),
                Err(error) => return Err(error.into()),
            }
        }
        _ => return Err(format!("no command `{command}`").into()),
    })
}

/// Sends so many messages, one after the other, and expects each back.
async fn many(client: &mut AnyClient, count: usize) -> Result<String, Failure> {
    for n in 0..count {
        let sent = message(n);
        client.send(&sent).await?;
        if client.recv().await?.as_ref() != Some(&sent) {
            return Ok(format!("echo bad {n}"));
        }
    }
    Ok(format!("many ok {count}"))
}

/// The n-th message of many: alike, of one value, of no use to a compressor, long.
fn message(n: usize) -> Message {
    match n % 5 {
        0 => {
            format!(r#"{{"number":{n},"name":"a value","of":{}}}"#, n * 7919 % 1000).as_str().into()
        }
        1 => "gr\u{fc}\u{df}e \u{1f980} ".repeat(n % 40).as_str().into(),
        2 => (0..n % 300)
            .map(|i| ((n * 331 + i).wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect::<Vec<_>>()
            .into(),
        3 => "".into(),
        _ if n % 100 == 4 => format!("{n} and so on, ").repeat(10_000).as_str().into(),
        _ => vec![0; n % 200].into(),
    }
}

/// Sends a text in so many frames, of lengths as even as can be, and a ping behind the first.
async fn send_fragments(client: &mut AnyClient, text: &[u8], frames: usize) -> Result<(), Failure> {
    let last = frames.checked_sub(1).ok_or("a message has a frame at least")?;
    for index in 0..frames {
        let cut = |index: usize| text.len() * index / frames;
        let part = text.get(cut(index)..cut(index + 1)).unwrap_or_default();
        client.send_part(Kind::Text, part, index == last).await?;
        if index == 0 {
            client.ping(b"between").await?;
        }
    }
    Ok(())
}

/// Receives a message and compares it with what was sent.
async fn compare(client: &mut AnyClient, verb: &str, sent: &Message) -> Result<String, Failure> {
    let len = sent.as_bytes().len();
    let why = match client.recv().await? {
        Some(received) if received == *sent => return Ok(format!("echo ok {verb} {len}")),
        Some(received) if received.kind() != sent.kind() => "another kind".to_owned(),
        Some(received) if received.as_bytes().len() != len => {
            format!("{} bytes", received.as_bytes().len())
        }
        Some(_) => "other bytes".to_owned(),
        None => closed(client.closed()),
    };
    Ok(format!("echo bad {verb} {len}: {why}"))
}

/// `closed BY CODE REASON`.
fn closed(closed: Option<Closed>) -> String {
    let Some(Closed { by, code, reason }) = closed else { return "closed peer lost ".to_owned() };
    let by = if by == Side::Local { "local" } else { "peer" };
    let code = code.map_or_else(|| "-".to_owned(), |code| code.to_string());
    format!("closed {by} {code} {reason}")
}

/// So many bytes of text: U+00E9, two bytes each, and an `x` if that leaves one.
fn text(len: usize) -> String {
    let odd = if len % 2 == 1 { "x" } else { "" };
    "\u{e9}".repeat(len / 2) + odd
}

/// So many bytes: the numbers from 0 to 250 over and over.
fn bytes(len: usize) -> Vec<u8> {
    (0..=250).cycle().take(len).collect()
}

//! What loads a server: messages that go out together, so many at a time, and come back.

use std::{
    fs,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use socklet_core::wire::{
    header::{Header, Opcode},
    mask::Mask,
};
use socklet_std::{Client, permessage_deflate::Settings};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, split},
    net::TcpStream,
    try_join,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore, crypto,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use super::{Failure, Stream, opening, process::Process};
use crate::work::KEY;

/// How the bytes travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The server knows no WebSocket and sends back what comes.
    Raw,
    /// WebSocket over TCP.
    Plain,
    /// WebSocket over TLS, under this authority.
    Tls(PathBuf),
    /// WebSocket with compression; the messages are those of this file.
    Deflate(PathBuf),
}

/// When it is enough.
#[derive(Clone, Copy, Debug)]
pub enum Amount {
    /// After so many messages.
    Messages(u64),
    /// After so much time.
    Time(Duration),
}

/// What is measured.
pub struct Plan {
    /// How the bytes travel.
    pub kind: Kind,
    /// Where the server is.
    pub address: String,
    /// The server.
    pub process: Process,
    /// Bytes of each message, if the messages are not those of a file.
    pub len: usize,
    /// How many go out together.
    pub depth: u64,
    /// When it is enough.
    pub amount: Amount,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// How many messages came back in all.
    pub messages: u64,
    /// The server's processor time for each, in nanoseconds.
    pub cpu_ns: u64,
}

impl Plan {
    /// Opens a connection, warms it up, measures.
    ///
    /// # Errors
    /// If what comes back is not what was sent.
    pub async fn run(&self) -> Result<Report, Failure> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        match &self.kind {
            Kind::Raw => self.bytes(stream).await,
            Kind::Plain => self.frames(stream).await,
            Kind::Tls(authority) => self.frames(secure(stream, authority).await?).await,
            Kind::Deflate(corpus) => self.messages(stream, &messages(&fs::read(corpus)?)).await,
        }
    }

    async fn bytes(&self, stream: TcpStream) -> Result<Report, Failure> {
        let batch = frame(self.len, true).repeat(self.depth as usize);
        self.batches(stream, &batch, &batch).await
    }

    async fn frames(&self, mut stream: impl Stream) -> Result<Report, Failure> {
        opening::open(&mut stream).await?;
        let depth = self.depth as usize;
        let (batch, expected) = (frame(self.len, true), frame(self.len, false));
        self.batches(stream, &batch.repeat(depth), &expected.repeat(depth)).await
    }

    /// Sends and receives at once: more may be on its way than the system takes.
    async fn batches(
        &self,
        stream: impl Stream,
        batch: &[u8],
        expected: &[u8],
    ) -> Result<Report, Failure> {
        let (mut read, mut write) = split(stream);
        let mut received = vec![0; expected.len()];
        let mut measure = Measure::new(self);
        while measure.goes_on()? {
            let send = async {
                write.write_all(batch).await?;
                write.flush().await
            };
            try_join!(send, read.read_exact(&mut received))?;
            if received != expected {
                return Err("what came back is not what was sent".into());
            }
        }
        measure.report()
    }

    /// The same by a client that compresses.
    async fn messages(&self, stream: TcpStream, corpus: &[&str]) -> Result<Report, Failure> {
        let client = Client::new().deflate(Settings::DEFAULT);
        let url = format!("ws://{}/", self.address);
        let mut ws = client.connect_over(stream, &url).await?;
        if ws.compression().is_none() {
            return Err("the server does not compress".into());
        }
        let mut sent = corpus.iter().cycle();
        let mut received = corpus.iter().cycle();
        let mut measure = Measure::new(self);
        while measure.goes_on()? {
            for message in sent.by_ref().take(self.depth as usize) {
                ws.feed(*message).await?;
            }
            ws.flush().await?;
            for expected in received.by_ref().take(self.depth as usize) {
                let (message, _) = ws.recv_ref().await?.ok_or("the server has closed")?;
                if message.as_bytes() != expected.as_bytes() {
                    return Err("what came back is not what was sent".into());
                }
            }
        }
        measure.report()
    }
}

/// A measurement that is under way. A tenth of it comes before, and does not count.
struct Measure<'a> {
    plan: &'a Plan,
    messages: u64,
    begun: Instant,
    /// When it began to count: the messages before that, and the processor time.
    from: Option<(u64, u64)>,
}

impl<'a> Measure<'a> {
    fn new(plan: &'a Plan) -> Self {
        Self { plan, messages: 0, begun: Instant::now(), from: None }
    }

    /// Whether there is to be another batch.
    fn goes_on(&mut self) -> Result<bool, Failure> {
        let (before, share) = self.from.map_or((0, 10), |(before, _)| (before, 1));
        let enough = match self.plan.amount {
            Amount::Messages(count) => self.messages - before >= count / share,
            Amount::Time(time) => self.begun.elapsed() >= time / share as u32,
        };
        if enough {
            if self.from.is_some() {
                return Ok(false);
            }
            self.from = Some((self.messages, self.plan.process.cpu_ns()?));
            self.begun = Instant::now();
        }
        self.messages += self.plan.depth;
        Ok(true)
    }

    fn report(self) -> Result<Report, Failure> {
        let (before, cpu_ns) = self.from.ok_or("nothing was measured")?;
        let used = self.plan.process.cpu_ns()? - cpu_ns;
        let counted = (self.messages - before).max(1);
        Ok(Report { messages: self.messages, cpu_ns: used / counted })
    }
}

/// A binary message as one frame.
pub(super) fn frame(len: usize, is_masked: bool) -> Vec<u8> {
    let header = Header::new(Opcode::Binary, true, is_masked.then_some(KEY), len as u64);
    let mut frame = vec![0; header.encoded_len()];
    header.encode(&mut frame).unwrap();
    let mut payload: Vec<u8> = (0..len).map(|at| at as u8).collect();
    if is_masked {
        Mask::new(KEY).apply(&mut payload);
    }
    frame.extend_from_slice(&payload);
    frame
}

/// The messages of a file of `tests/deflate/corpus.py`: each behind its length.
fn messages(mut bytes: &[u8]) -> Vec<&str> {
    let mut messages = Vec::new();
    while let Some((len, rest)) = bytes.split_first_chunk() {
        let (message, rest) = rest.split_at(u32::from_le_bytes(*len) as usize);
        messages.push(str::from_utf8(message).unwrap());
        bytes = rest;
    }
    messages
}

async fn secure(stream: TcpStream, authority: &PathBuf) -> Result<impl Stream, Failure> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&fs::read(authority)?) {
        roots.add(certificate?)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost")?;
    Ok(TlsConnector::from(Arc::new(config)).connect(name, stream).await?)
}

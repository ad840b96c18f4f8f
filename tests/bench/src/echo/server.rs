//! A server of any peer, on one thread, or with a thread a connection.

use std::{fs, io::Read, net::TcpListener, path::PathBuf, sync::Arc, thread};

use socklet_std::{Server, ServerTls, permessage_deflate::Settings};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig, crypto,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use super::{Failure, Stream, peers};

/// What a server is.
pub struct Plan {
    /// The peer's name.
    pub peer: String,
    /// Whether it compresses.
    pub deflate: bool,
    /// The certificate and its key, if it speaks TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
}

/// A thread of the blocking server: a compressor is made on it.
const STACK_LEN: usize = 512 << 10;

/// Serves for as long as standard input is open.
///
/// # Errors
/// If it cannot listen, or read the certificate.
pub fn run(plan: Plan) -> Result<(), Failure> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    if plan.peer == "socklet-blocking" {
        return threads(&listener, &plan);
    }
    listener.set_nonblocking(true)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let acceptor = plan.acceptor()?;
        let server = plan.ours()?;
        let plan = Arc::new(plan);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let (plan, acceptor, server) = (Arc::clone(&plan), acceptor.clone(), server.clone());
            tokio::spawn(async move {
                report(serve(stream, &plan, acceptor, &server).await);
            });
        }
    })
}

async fn serve(
    stream: TcpStream,
    plan: &Plan,
    acceptor: Option<TlsAcceptor>,
    server: &Server,
) -> Result<(), Failure> {
    // It has TLS of its own.
    if plan.peer == "socklet" {
        return Box::pin(peers::socklet(stream, server)).await;
    }
    match acceptor {
        Some(acceptor) => peer(Box::pin(acceptor.accept(stream)).await?, plan).await,
        None => peer(stream, plan).await,
    }
}

/// Boxed, each of them: a task that could be any is as large as the largest.
async fn peer(stream: impl Stream, plan: &Plan) -> Result<(), Failure> {
    match plan.peer.as_str() {
        "raw" => Box::pin(peers::raw(stream)).await,
        "fastwebsockets" => Box::pin(peers::fastwebsockets(stream)).await,
        "tokio-tungstenite" => Box::pin(peers::tungstenite(stream, false)).await,
        "tokio-tungstenite-batched" => Box::pin(peers::tungstenite(stream, true)).await,
        "tokio-websockets" => Box::pin(peers::tokio_websockets(stream, false)).await,
        "tokio-websockets-batched" => Box::pin(peers::tokio_websockets(stream, true)).await,
        "yawc" => Box::pin(peers::yawc(stream, false, plan.deflate)).await,
        "yawc-batched" => Box::pin(peers::yawc(stream, true, plan.deflate)).await,
        other => Err(format!("no peer {other}").into()),
    }
}

fn threads(listener: &TcpListener, plan: &Plan) -> Result<(), Failure> {
    let server = Arc::new(plan.ours()?);
    loop {
        let (stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        let server = Arc::clone(&server);
        thread::Builder::new()
            .stack_size(STACK_LEN)
            .spawn(move || report(peers::socklet_blocking(stream, &server)))?;
    }
}

/// A client that is done leaves without a Close frame.
fn report(outcome: Result<(), Failure>) {
    if let Err(error) = outcome {
        eprintln!("a connection: {error}");
    }
}

impl Plan {
    fn ours(&self) -> Result<Server, Failure> {
        let server = Server::new();
        let server = if self.deflate { server.deflate(Settings::DEFAULT) } else { server };
        Ok(match &self.tls {
            Some((cert, key)) => server.tls(ServerTls::from_files(cert, key)?),
            None => server,
        })
    }

    /// As ours is configured.
    fn acceptor(&self) -> Result<Option<TlsAcceptor>, Failure> {
        let Some((cert, key)) = &self.tls else { return Ok(None) };
        let chain = CertificateDer::pem_slice_iter(&fs::read(cert)?).collect::<Result<_, _>>()?;
        let key = PrivateKeyDer::from_pem_slice(&fs::read(key)?)?;
        let provider = Arc::new(crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Some(TlsAcceptor::from(Arc::new(config))))
    }
}

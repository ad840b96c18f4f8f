//! What a connection takes of the runtime alone: the least server there can be, which is measured
//! like the other. It has a task for each connection, which waits for a byte and sends it back.

use std::io::{Write, stdout};

use socklet_host_tests::Failure;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

/// Serves until it is killed, on a runtime as that of `socklet serve`.
pub(crate) fn serve() -> Result<(), Failure> {
    Runtime::new()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut out = stdout();
        writeln!(out, "listening on {}", listener.local_addr()?)?;
        out.flush()?;
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(echo(stream));
        }
    })
}

async fn echo(mut stream: TcpStream) {
    let mut byte = [0];
    while let Ok(1) = stream.read(&mut byte).await {
        if stream.write_all(&byte).await.is_err() {
            break;
        }
    }
}

//! The way to a server: its addresses, tried without much waiting ([RFC
//! 8305](https://www.rfc-editor.org/rfc/rfc8305)), and a proxy's tunnel.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, lookup_host},
    task::JoinSet,
    time::timeout,
};

use crate::{Client, Error, Url, addresses, proxy::Tunnel};

/// For how long an address is waited for before the next is tried beside it (section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Bytes of a proxy's answer that are read at a time.
const READ_LEN: usize = 512;

impl Client {
    /// Opens a TCP connection that leads to the server, by itself or through a proxy.
    pub(super) async fn reach(&self, url: &Url) -> Result<TcpStream, Error> {
        let Some(proxy) = self.proxies.choose(url) else {
            return Ok(tcp(url.host(), url.port()).await?);
        };
        // What can never work is told before anybody is asked.
        let mut tunnel = Tunnel::new(proxy, url)?;
        let mut stream = tcp(proxy.host(), proxy.port()).await?;
        let mut space = [0; READ_LEN];
        loop {
            stream.write_all(&tunnel.take_output()).await?;
            let space = match tunnel.wants() {
                0 => return Ok(stream),
                wanted => space.get_mut(..wanted.min(READ_LEN)).unwrap_or_default(),
            };
            let len = stream.read(space).await?;
            tunnel.received(space.get(..len).unwrap_or_default())?;
        }
    }
}

/// Connects to whichever address of the host answers first.
async fn tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let stream = race(addresses::in_turn(lookup_host((host, port)).await?)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Tries addresses in their order, each a little later than the one before, or when that has
/// failed; the first to answer wins.
async fn race(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut rest = addresses.into_iter();
    let mut attempts = JoinSet::new();
    let mut last = addresses::none();
    loop {
        if let Some(address) = rest.next() {
            attempts.spawn(TcpStream::connect(address));
        }
        let ended = if rest.len() == 0 {
            attempts.join_next().await
        } else {
            match timeout(ATTEMPT_DELAY, attempts.join_next()).await {
                Ok(ended) => ended,
                Err(_) => continue,
            }
        };
        // Those that are still under way end with the set.
        match ended {
            Some(Ok(Ok(stream))) => return Ok(stream),
            Some(Ok(Err(error))) => last = error,
            Some(Err(error)) => last = error.into(),
            None => return Err(last),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "what fails here fails a test")]
mod tests {
    use tokio::{
        net::{TcpListener, TcpSocket},
        runtime,
    };

    use super::*;

    fn run(test: impl Future<Output = ()>) {
        runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
    }

    async fn live() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    #[test]
    fn an_address_that_is_silent_does_not_hold_up_the_next() {
        run(async {
            // Once its backlog is full, nothing is answered any more.
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let listener = socket.listen(0).unwrap();
            let silent = listener.local_addr().unwrap();
            let mut waiting = Vec::new();
            while let Ok(connected) = timeout(ATTEMPT_DELAY, TcpStream::connect(silent)).await {
                waiting.push(connected.unwrap());
            }
            let (_listener, address) = live().await;
            let stream = race(vec![silent, address]).await.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), address);
        });
    }

    #[test]
    fn an_address_that_refuses_is_followed_by_the_next() {
        run(async {
            let (listener, refusing) = live().await;
            drop(listener);
            let (_listener, address) = live().await;
            let stream = race(vec![refusing, refusing, address, refusing]).await.unwrap();
            assert_eq!(stream.peer_addr().unwrap(), address);
            let error = race(vec![refusing, refusing]).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
            assert_eq!(race(Vec::new()).await.unwrap_err().kind(), io::ErrorKind::NotFound);
        });
    }
}

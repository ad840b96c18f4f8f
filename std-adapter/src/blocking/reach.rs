//! The way to a server: its addresses, one after the other, and a proxy's tunnel.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream, ToSocketAddrs},
    sync::mpsc,
    thread,
    time::Duration,
};

use socklet_core::Timeout;

use super::deadline::{Deadline, is_wait};
use crate::{Client, Error, Url, addresses, proxy::Tunnel};

/// Bytes of a proxy's answer that are read at a time.
const READ_LEN: usize = 512;

/// The least time that an address gets.
const MIN_SHARE: Duration = Duration::from_millis(1);

impl Client {
    /// Opens a TCP connection that leads to the server, by itself or through a proxy.
    pub(super) fn reach_blocking(&self, url: &Url, deadline: Deadline) -> Result<TcpStream, Error> {
        let Some(proxy) = self.proxies.choose(url) else {
            return tcp(url.host(), url.port(), deadline);
        };
        // What can never work is told before anybody is asked.
        let mut tunnel = Tunnel::new(proxy, url)?;
        let mut stream = tcp(proxy.host(), proxy.port(), deadline)?;
        let mut space = [0; READ_LEN];
        loop {
            let left = deadline.left()?;
            stream.set_write_timeout(left)?;
            stream.set_read_timeout(left)?;
            stream.write_all(&tunnel.take_output()).or_else(|error| deadline.passed(error))?;
            let space = match tunnel.wants() {
                0 => return Ok(stream),
                wanted => space.get_mut(..wanted.min(READ_LEN)).unwrap_or_default(),
            };
            match stream.read(space) {
                Ok(len) => tunnel.received(space.get(..len).unwrap_or_default())?,
                // How much time is left is seen above.
                Err(error) if is_wait(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Connects to the first address of the host that answers. Each but the last gets its share of the
/// time: one that is silent leaves as much to those behind it.
fn tcp(host: &str, port: u16, deadline: Deadline) -> Result<TcpStream, Error> {
    let mut last = addresses::none();
    let mut rest = resolve(host, port, deadline)?.into_iter();
    while let Some(address) = rest.next() {
        let untried = u32::try_from(rest.len()).unwrap_or(u32::MAX);
        let connected = match deadline.left()? {
            Some(left) => {
                // Not nothing, which would be an error of another kind.
                let share = (left / untried.saturating_add(1)).max(MIN_SHARE);
                TcpStream::connect_timeout(&address, share)
            }
            None => TcpStream::connect(address),
        };
        match connected {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    deadline.left()?;
    Err(last.into())
}

/// Looks up the addresses of the host; the system's way knows no deadline, so a thread of its own
/// waits for it.
fn resolve(host: &str, port: u16, deadline: Deadline) -> Result<Vec<SocketAddr>, Error> {
    let Some(left) = deadline.left()? else {
        return Ok(addresses::in_turn((host, port).to_socket_addrs()?));
    };
    if let Ok(address) = host.parse() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let (tell, told) = mpsc::channel();
    let host = host.to_owned();
    thread::Builder::new().name("socklet-resolve".to_owned()).spawn(move || {
        let addresses = (host.as_str(), port).to_socket_addrs().map(addresses::in_turn);
        // Nobody may be waiting any more.
        let _ = tell.send(addresses);
    })?;
    match told.recv_timeout(left) {
        Ok(addresses) => Ok(addresses?),
        Err(_) => Err(Timeout::Handshake.into()),
    }
}

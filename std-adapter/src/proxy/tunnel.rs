//! The way through a proxy, step by step: what to write, how much to read.

use super::{
    Protocol, Proxy, ProxyError, connect,
    socks5::{self, Awaited, Outcome},
};
use crate::Url;

/// A tunnel that is being opened. Bounded memory: no answer is longer than 16 KiB.
///
/// Write what [`take_output`](Self::take_output) hands out, read at most as many bytes as it
/// [`wants`](Self::wants), hand them in; until it wants none.
#[derive(Debug)]
pub(crate) struct Tunnel<'a> {
    proxy: &'a Proxy,
    url: &'a Url,
    output: Vec<u8>,
    input: Vec<u8>,
    wanted: usize,
    awaited: Awaited,
}

impl<'a> Tunnel<'a> {
    pub(crate) fn new(proxy: &'a Proxy, url: &'a Url) -> Result<Self, ProxyError> {
        let credentials = proxy.credentials.as_ref();
        let output = match proxy.protocol {
            Protocol::Http => connect::request(&url.authority_with_port(), credentials)?,
            Protocol::Socks5 => socks5::greeting(credentials),
        };
        let (input, awaited) = (Vec::new(), Awaited::Method);
        let mut tunnel = Self { proxy, url, output, input, wanted: 0, awaited };
        tunnel.advance()?;
        Ok(tunnel)
    }

    /// What is to be written now; empty: nothing.
    pub(crate) fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// How many bytes may be read now, at most; 0: the tunnel is open.
    pub(crate) const fn wants(&self) -> usize {
        self.wanted
    }

    /// Takes what was read. Nothing: the proxy has ended the connection.
    pub(crate) fn received(&mut self, bytes: &[u8]) -> Result<(), ProxyError> {
        if bytes.is_empty() {
            return Err(ProxyError::Closed);
        }
        self.input.extend_from_slice(bytes);
        self.advance()
    }

    fn advance(&mut self) -> Result<(), ProxyError> {
        let credentials = self.proxy.credentials.as_ref();
        let server = (self.url.host(), self.url.port());
        self.wanted = match self.proxy.protocol {
            Protocol::Http => connect::wanted(&self.input)?,
            Protocol::Socks5 => loop {
                match socks5::read(self.awaited, &self.input, server, credentials)? {
                    Outcome::Wants(wanted) => break wanted,
                    Outcome::Open => break 0,
                    Outcome::Say(output, awaited) => {
                        // No more was read than the answer had.
                        self.input.clear();
                        self.output = output;
                        self.awaited = awaited;
                    }
                }
            },
        };
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "what fails here fails a test")]
mod tests {
    use super::*;

    /// What the tunnel writes, and whether it opens, with these answers cut into pieces of `step`
    /// bytes.
    fn play(
        proxy: &str,
        url: &str,
        answers: &[u8],
        step: usize,
    ) -> (Vec<u8>, Result<usize, ProxyError>) {
        let (proxy, url) = (Proxy::parse(proxy).unwrap(), Url::parse(url).unwrap());
        let mut written = Vec::new();
        let mut rest = answers;
        let mut tunnel = match Tunnel::new(&proxy, &url) {
            Ok(tunnel) => tunnel,
            Err(error) => return (written, Err(error)),
        };
        loop {
            written.extend(tunnel.take_output());
            let wanted = tunnel.wants();
            if wanted == 0 {
                return (written, Ok(rest.len()));
            }
            let (read, others) = rest.split_at(wanted.min(step).min(rest.len()));
            rest = others;
            if let Err(error) = tunnel.received(read) {
                return (written, Err(error));
            }
        }
    }

    /// The same outcome with the answers in pieces of every length.
    fn in_all_pieces(
        proxy: &str,
        url: &str,
        answers: &[u8],
    ) -> (Vec<u8>, Result<usize, ProxyError>) {
        let whole = play(proxy, url, answers, usize::MAX);
        for step in 1..answers.len() {
            assert_eq!(play(proxy, url, answers, step), whole, "in pieces of {step}");
        }
        whole
    }

    #[test]
    fn connect_asks_and_opens() {
        let answer = b"HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\n\r\n";
        let (written, outcome) = in_all_pieces("http://p", "wss://a.example/x", answer);
        assert_eq!(
            written,
            b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n".as_slice()
        );
        assert_eq!(outcome, Ok(0));
        let (written, outcome) =
            in_all_pieces("http://me:secret@p", "ws://[::1]:9/x", b"HTTP/1.0 204 x\r\n\r\n");
        let written = String::from_utf8(written).unwrap();
        assert!(written.starts_with("CONNECT [::1]:9 HTTP/1.1\r\nHost: [::1]:9\r\n"), "{written}");
        assert!(written.contains("\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n"), "{written}");
        assert_eq!(outcome, Ok(0));
    }

    #[test]
    fn connect_tells_what_is_wrong() {
        let error = |answer: &[u8]| play("http://p", "ws://a/", answer, usize::MAX).1.unwrap_err();
        assert_eq!(error(b""), ProxyError::Closed);
        assert_eq!(error(b"HTTP/1.1 200"), ProxyError::Closed);
        assert_eq!(
            error(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\nbody"),
            ProxyError::Refused { status: 407 }
        );
        assert_eq!(error(b"HTTP/1.1 301 x\r\n\r\n"), ProxyError::Refused { status: 301 });
        assert_eq!(error(b"SSH-2.0-x\r\n\r\n"), ProxyError::Malformed);
        assert_eq!(error(b"HTTP/1.1 200 x\r\nbad line\r\n\r\n"), ProxyError::Malformed);
        assert_eq!(error(b"HTTP/1.1 200 x\r\n\r\nearly"), ProxyError::Malformed);
        assert_eq!(error(&[b'x'; 1 << 20]), ProxyError::TooLong);
        let mut endless = b"HTTP/1.1 200 x\r\n".to_vec();
        endless.extend(b"X: y\r\n".repeat(100_000));
        assert_eq!(error(&endless), ProxyError::TooLong);
    }

    #[test]
    fn socks_asks_and_opens_and_reads_no_byte_more() {
        let answers = b"\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x12\x34behind";
        let (written, outcome) = in_all_pieces("socks5://p", "wss://a.example/", answers);
        assert_eq!(written, b"\x05\x01\x00\x05\x01\x00\x03\x09a.example\x01\xbb".as_slice());
        assert_eq!(outcome, Ok("behind".len()));
        let mut answers = b"\x05\x00\x05\x00\x00\x04".to_vec();
        answers.extend([0; 18]);
        let (written, outcome) = in_all_pieces("socks5://p", "ws://127.0.0.1:8/", &answers);
        assert_eq!(written, b"\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x08".as_slice());
        assert_eq!(outcome, Ok(0));
        let answers = b"\x05\x00\x05\x00\x00\x03\x04name\x00\x08";
        let (written, outcome) = in_all_pieces("socks5://p", "ws://[::1]:8/", answers);
        let mut expected = b"\x05\x01\x00\x05\x01\x00\x04".to_vec();
        expected.extend([0; 15]);
        expected.extend([1, 0, 8]);
        assert_eq!(written, expected);
        assert_eq!(outcome, Ok(0));
    }

    #[test]
    fn socks_logs_in() {
        let answers = b"\x05\x02\x01\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x12\x34";
        let (written, outcome) = in_all_pieces("socks5://me:secret@p", "ws://a/", answers);
        assert_eq!(
            written,
            b"\x05\x02\x00\x02\x01\x02me\x06secret\x05\x01\x00\x03\x01a\x00\x50".as_slice()
        );
        assert_eq!(outcome, Ok(0));
    }

    #[test]
    fn socks_tells_what_is_wrong() {
        let with = |proxy: &str, answers: &[u8]| {
            play(proxy, "ws://a/", answers, usize::MAX).1.unwrap_err()
        };
        let error = |answers: &[u8]| with("socks5://me:x@p", answers);
        assert_eq!(error(b""), ProxyError::Closed);
        assert_eq!(error(b"\x05"), ProxyError::Closed);
        assert_eq!(error(b"HTTP/1.1 400 x"), ProxyError::Malformed);
        assert_eq!(error(b"\x05\x01"), ProxyError::Malformed);
        assert_eq!(error(b"\x05\xff"), ProxyError::Login);
        assert_eq!(error(b"\x05\x02\x05\x00"), ProxyError::Malformed);
        assert_eq!(error(b"\x05\x02\x01\x01"), ProxyError::Login);
        assert_eq!(error(b"\x05\x00\x05\x05"), ProxyError::Socks { code: 5 });
        assert_eq!(error(b"\x05\x00\x05\x00\x00\x09\x00"), ProxyError::Malformed);
        assert_eq!(error(b"\x05\x00\x05\x00\x00\x03\xffshort"), ProxyError::Closed);
        assert_eq!(with("socks5://p", b"\x05\x02"), ProxyError::Malformed);
        let long = "x".repeat(256);
        assert_eq!(with(&format!("socks5://me:{long}@p"), b"\x05\x02"), ProxyError::Credentials);
        let (_, outcome) = play("socks5://p", &format!("ws://{long}/"), b"\x05\x00", usize::MAX);
        assert_eq!(outcome, Err(ProxyError::HostTooLong));
    }
}

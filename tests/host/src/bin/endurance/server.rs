//! The server under test, as a process whose memory and descriptors the system knows.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use socklet_host_tests::Failure;

/// How long anything is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

const UPGRADE: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A server on one processor. It ends with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    /// Kept open, or it could not write there.
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    /// `socklet serve`.
    pub(crate) fn start(socklet: &str, flavour: &[&str]) -> Result<Self, Failure> {
        let args = ["serve", "--addr", "127.0.0.1:0", "--max-connections", "0"];
        let server = Self::spawn(socklet, &[&args, flavour].concat())?;
        // What is allocated for the first connection is not counted for it.
        let descriptors = server.descriptors()?;
        drop(server.upgraded()?);
        server.settled(descriptors)?;
        Ok(server)
    }

    /// The [floor](crate::floor), which is this program.
    pub(crate) fn start_floor() -> Result<Self, Failure> {
        let program = std::env::current_exe()?;
        let server = Self::spawn(program.to_str().ok_or("a path in UTF-8")?, &["--floor"])?;
        let descriptors = server.descriptors()?;
        drop(server.echoed()?);
        server.settled(descriptors)?;
        Ok(server)
    }

    fn spawn(program: &str, args: &[&str]) -> Result<Self, Failure> {
        let mut command = Command::new("taskset");
        command.args(["-c", "0", program]).args(args);
        // Connections that are torn are told there, which is not of interest.
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or("standard output is a pipe")?);
        let mut ready = String::new();
        stdout.read_line(&mut ready)?;
        let address = ready.strip_prefix("listening on ").ok_or("the server did not start")?;
        Ok(Self { child, address: address.trim().to_owned(), _stdout: stdout })
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/", self.address)
    }

    /// A bare socket behind its opening handshake.
    pub(crate) fn upgraded(&self) -> Result<TcpStream, Failure> {
        let mut stream = self.connected()?;
        stream.write_all(UPGRADE)?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.extend(byte);
        }
        if head.starts_with(b"HTTP/1.1 101 ") { Ok(stream) } else { Err("no upgrade".into()) }
    }

    /// A bare socket of which a byte has come back: how the [floor](crate::floor) is talked to.
    pub(crate) fn echoed(&self) -> Result<TcpStream, Failure> {
        let mut stream = self.connected()?;
        stream.write_all(b"x")?;
        stream.read_exact(&mut [0])?;
        Ok(stream)
    }

    /// A bare socket before its opening handshake.
    pub(crate) fn connected(&self) -> Result<TcpStream, Failure> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(stream)
    }

    /// Its memory, in bytes.
    pub(crate) fn memory(&self) -> Result<usize, Failure> {
        Ok(self.status("VmRSS:")? << 10)
    }

    pub(crate) fn threads(&self) -> Result<usize, Failure> {
        self.status("Threads:")
    }

    pub(crate) fn descriptors(&self) -> Result<usize, Failure> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }

    /// Processor time that it has used so far.
    pub(crate) fn cpu_time(&self) -> Result<Duration, Failure> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The 14th and 15th field, in hundredths of a second; the name ends with a parenthesis.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks = fields.skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Waits until it has no more descriptors than these.
    pub(crate) fn settled(&self, descriptors: usize) -> Result<(), Failure> {
        let begun = Instant::now();
        while self.descriptors()? > descriptors {
            if begun.elapsed() > PATIENCE {
                let open = self.descriptors()?;
                return Err(format!("{open} descriptors are open, not {descriptors}").into());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    fn status(&self, name: &str) -> Result<usize, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let value = status.lines().find_map(|line| line.strip_prefix(name));
        let value = value.and_then(|value| value.split_whitespace().next());
        Ok(value.ok_or("the system does not know it")?.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

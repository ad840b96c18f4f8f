//! `socklet serve --pipe`: a process for each connection, which gets its messages as lines and whose
//! lines are messages.

use std::{future::Future, io, process::Stdio, time::Duration};

use socklet_std::{
    CloseCode, Error, Message, ServerRole,
    tokio::{Reader, WebSocket, Writer},
};
use tokio::{
    io::{
        AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, copy, sink,
    },
    process::{Child, ChildStdin, ChildStdout, Command},
    select,
    time::{sleep, timeout},
};

use super::{
    journal::Journal,
    tasks::{GOING_AWAY, close},
};
use crate::{halves::REASON, lines};

/// For a process to end when its input has.
const GRACE: Duration = Duration::from_secs(1);

/// Serves one client until it, its process or the server ends, or its process takes no input for as
/// long as `patience`.
pub(super) async fn run<S: AsyncRead + AsyncWrite + Unpin>(
    ws: WebSocket<S, ServerRole>,
    command: &str,
    patience: Duration,
    journal: &Journal,
    mut stopped: impl Future<Output = ()> + Unpin,
) -> Result<(), Error> {
    journal.opened(ws.compression());
    let (mut reader, mut writer) = ws.into_split();
    let (mut process, stdin, stdout) = match Process::start(command) {
        Ok(started) => started,
        Err(error) => {
            journal.failed(format_args!("cannot start the command: {error}"));
            let closing = (CloseCode::INTERNAL, "cannot start the command".to_owned());
            return close(reader, writer, closing, journal).await;
        }
    };
    let mut stdout = BufReader::new(stdout);
    let outcome = select! {
        biased;
        () = &mut stopped => Ok(None),
        // The input ends with this.
        received = receive(&mut reader, stdin, patience) => received.map(|stuck| stuck.map(Err)),
        sent = async {
            match send(&mut writer, &mut stdout).await {
                Ok(read) => Ok(Some(read)),
                Err(error) => {
                    // The other half knows better what has happened.
                    sleep(REASON).await;
                    Err(error)
                }
            }
        } => sent,
    };
    let status = process.end(&mut stdout).await;
    let closing = match outcome? {
        // The connection was first to end.
        None => GOING_AWAY,
        Some(read) => match read.and(status) {
            Ok(None) => (CloseCode::NORMAL, String::new()),
            Ok(Some(status)) => {
                journal.failed(format_args!("the command has ended: {status}"));
                (CloseCode::INTERNAL, format!("the command has ended: {status}"))
            }
            Err(error) => {
                journal.failed(format_args!("cannot talk to the command: {error}"));
                (CloseCode::INTERNAL, "cannot talk to the command".to_owned())
            }
        },
    };
    close(reader, writer, closing, journal).await
}

/// Writes each message as a line, until the client closes; or until the process is stuck.
async fn receive<S: AsyncRead + AsyncWrite + Unpin>(
    reader: &mut Reader<S, ServerRole>,
    stdin: ChildStdin,
    patience: Duration,
) -> Result<Option<io::Error>, Error> {
    let mut stdin = Some(stdin);
    while let Some(message) = reader.recv_ref().await? {
        let message = Message::from(message);
        let line = [message.as_bytes(), b"\n"].concat();
        let mut rest = line.as_slice();
        while let Some(open) = stdin.as_mut().filter(|_| !rest.is_empty()) {
            // Nothing is received meanwhile: it would not be seen that the client has gone.
            match timeout(patience, open.write(rest)).await {
                Ok(Ok(len)) => rest = rest.get(len..).unwrap_or_default(),
                // A process may close its input and go on talking.
                Ok(Err(_)) => stdin = None,
                Err(_) => {
                    let stuck = io::Error::new(io::ErrorKind::TimedOut, "it takes no input");
                    return Ok(Some(stuck));
                }
            }
        }
    }
    Ok(None)
}

/// Sends each line as a message, to the end of the output; says whether it could be read that far.
async fn send<S: AsyncRead + AsyncWrite + Unpin>(
    writer: &mut Writer<S, ServerRole>,
    stdout: &mut BufReader<ChildStdout>,
) -> Result<io::Result<()>, Error> {
    loop {
        // What came together leaves together.
        if stdout.buffer().is_empty() {
            writer.flush().await?;
        }
        let mut line = Vec::new();
        let read = (&mut *stdout).take(lines::READ_LEN).read_until(b'\n', &mut line).await;
        match read.and_then(|_| lines::message(line)) {
            Ok(Some(message)) => writer.feed(&message).await?,
            Ok(None) => return Ok(Ok(writer.flush().await?)),
            Err(error) => return Ok(Err(error)),
        }
    }
}

/// A process of the shell, with all that it starts.
struct Process {
    child: Child,
    #[cfg(unix)]
    group: Option<nix::unistd::Pid>,
}

impl Process {
    fn start(command: &str) -> io::Result<(Self, ChildStdin, ChildStdout)> {
        let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
        let mut shell = Command::new(shell);
        shell.arg(option).arg(command).stdin(Stdio::piped()).stdout(Stdio::piped());
        shell.kill_on_drop(true);
        // A group of its own: it can be ended as a whole, and Ctrl+C does not meet it.
        #[cfg(unix)]
        shell.process_group(0);
        let mut child = shell.spawn()?;
        let piped = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = piped.ok_or(io::ErrorKind::BrokenPipe)?;
        #[cfg(unix)]
        let group =
            child.id().and_then(|id| i32::try_from(id).ok()).map(nix::unistd::Pid::from_raw);
        let process = Self {
            child,
            #[cfg(unix)]
            group,
        };
        Ok((process, stdin, stdout))
    }

    /// Waits a moment for its end, then kills it; says how it ended if it failed by itself.
    async fn end(&mut self, stdout: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<String>> {
        let ended = async {
            // It may have more to say than a pipe holds.
            let mut nowhere = sink();
            let (_, status) = tokio::join!(copy(stdout, &mut nowhere), self.child.wait());
            status
        };
        let ended = timeout(GRACE, ended).await;
        // At once: later on its number may be that of others.
        self.kill();
        match ended {
            Ok(status) => {
                let status = status?;
                Ok((!status.success()).then(|| status.to_string()))
            }
            Err(_) => {
                self.child.wait().await?;
                Ok(None)
            }
        }
    }

    fn kill(&mut self) {
        // What has ended cannot be killed, and need not.
        let _ = self.child.start_kill();
        #[cfg(unix)]
        if let Some(group) = self.group.take() {
            let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

//! A process on a terminal of its own.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};
use nix::sys::termios::{LocalFlags, Termios, tcgetattr};

/// No step takes longer, on whatever machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A terminal with a process; it is ended with this value.
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    /// The end at which the process is.
    inner: OwnedFd,
    before: Termios,
    seen: Vec<u8>,
    /// How much of it has been looked at.
    looked_at: usize,
}

impl Terminal {
    pub(crate) fn start(mut command: Command) -> Self {
        let size = Winsize { ws_row: 24, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(&size, None).unwrap();
        let before = tcgetattr(&pty.slave).unwrap();
        let inner = || pty.slave.try_clone().unwrap();
        let child = command.stdin(inner()).stdout(inner()).stderr(inner()).spawn().unwrap();
        let keyboard = File::from(pty.master);
        let mut screen = keyboard.try_clone().unwrap();
        let (sender, receiver) = channel();
        thread::spawn(move || {
            let mut space = [0; 4096];
            // It ends with an error, when nobody has the other end any more.
            while let Ok(len @ 1..) = screen.read(&mut space) {
                if sender.send(space[..len].to_vec()).is_err() {
                    return;
                }
            }
        });
        let (seen, looked_at) = (Vec::new(), 0);
        Self { child, keyboard, screen: receiver, inner: pty.slave, before, seen, looked_at }
    }

    pub(crate) fn type_in(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until this is written, behind what was waited for before.
    pub(crate) fn wait_for(&mut self, what: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let new = &self.seen[self.looked_at..];
            let found = new.windows(what.len()).position(|window| window == what.as_bytes());
            if let Some(at) = found {
                self.looked_at += at + what.len();
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.screen.recv_timeout(left) {
                Ok(more) => self.seen.extend(more),
                Err(_) => panic!("no {what:?} in {:?}", self.seen()),
            }
        }
    }

    /// All that was written so far.
    pub(crate) fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen).into_owned()
    }

    /// Waits for the end of the process; returns its exit status.
    pub(crate) fn finish(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // Or it may wait for room on the screen.
            while let Ok(more) = self.screen.try_recv() {
                self.seen.extend(more);
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "it does not end: {:?}", self.seen());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether lines are edited by the terminal, shown and turned into signals as before.
    pub(crate) fn is_as_it_was(&self) -> bool {
        let now = tcgetattr(&self.inner).unwrap();
        now.local_flags.contains(LocalFlags::ECHO | LocalFlags::ICANON | LocalFlags::ISIG)
            && now.local_flags == self.before.local_flags
            && now.input_flags == self.before.input_flags
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

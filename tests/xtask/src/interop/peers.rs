//! The implementations that talk to each other, and how each is installed and started.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::certificates::Certificates;
use crate::command::{cargo, program, run, succeeds, target_dir};
use crate::ours::{Flavour, Ours};
use crate::{Result, setup};

/// Where the scripts of the other implementations lie.
const SCRIPTS: &str = "tests/interop";

/// Those that are written in Rust, and where they are built.
pub(crate) const MANIFEST: &str = "tests/interop/peers/Cargo.toml";
const RUST: &str = "interop-peers";

/// An implementation in the role of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    Ours(Flavour),
    Ws,
    Websockets,
    Chromium,
    Tungstenite,
    Fastwebsockets,
    Curl,
}

/// An implementation in the role of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    Ours(Flavour),
    Ws,
    Websockets,
    Tungstenite,
    Fastwebsockets,
}

impl Client {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Ours(flavour) => format!("socklet-{}", flavour.name()),
            Self::Ws => "ws".into(),
            Self::Websockets => "websockets".into(),
            Self::Chromium => "chromium".into(),
            Self::Tungstenite => "tungstenite".into(),
            Self::Fastwebsockets => "fastwebsockets".into(),
            Self::Curl => "curl".into(),
        }
    }

    pub(super) fn is_ours(self) -> bool {
        matches!(self, Self::Ours(_))
    }
}

impl Server {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Ours(flavour) => format!("socklet-{}", flavour.name()),
            Self::Ws => "ws".into(),
            Self::Websockets => "websockets".into(),
            Self::Tungstenite => "tungstenite".into(),
            Self::Fastwebsockets => "fastwebsockets".into(),
        }
    }

    pub(super) fn is_ours(self) -> bool {
        matches!(self, Self::Ours(_))
    }
}

/// Every pair of a client and a server of which exactly one is ours.
pub(super) fn pairs() -> impl Iterator<Item = (Client, Server)> {
    let ours_serves = Flavour::HOST.into_iter().flat_map(|flavour| {
        [Client::Ws, Client::Websockets, Client::Chromium].map(|c| (c, Server::Ours(flavour)))
    });
    let ours_connects = Flavour::HOST
        .into_iter()
        .flat_map(|flavour| [Server::Ws, Server::Websockets].map(|s| (Client::Ours(flavour), s)));
    ours_serves.chain(ours_connects)
}

/// The same of those of the part `peers`.
pub(super) fn more_pairs() -> impl Iterator<Item = (Client, Server)> {
    let ours_serves = Flavour::HOST.into_iter().flat_map(|flavour| {
        [Client::Tungstenite, Client::Fastwebsockets, Client::Curl]
            .map(|c| (c, Server::Ours(flavour)))
    });
    let ours_connects = Flavour::HOST.into_iter().flat_map(|flavour| {
        [Server::Tungstenite, Server::Fastwebsockets].map(|s| (Client::Ours(flavour), s))
    });
    ours_serves.chain(ours_connects)
}

/// Every client that talks to firmware.
pub(super) fn clients() -> [Client; 4] {
    [Client::Ours(Flavour::Tokio), Client::Ws, Client::Websockets, Client::Chromium]
}

/// All implementations, installed.
pub(crate) struct Peers {
    ours: Ours,
    home: PathBuf,
    certificates: Certificates,
}

impl Peers {
    /// Installs what is missing: Node.js with `ws`, Python with `websockets`, Chromium.
    pub(crate) fn install() -> Result<Self> {
        let home = target_dir()?.join("interop");
        setup::npm(SCRIPTS)?;
        python(&home)?;
        if !succeeds(program("chromium", &["--version"])) {
            setup::apt(&["chromium"])?;
        }
        let peers = Self::at(home)?;
        // What browsers that were killed have left.
        drop(fs::remove_dir_all(peers.profiles()));
        fs::create_dir_all(peers.profiles())?;
        Ok(peers)
    }

    /// Builds and installs those of the part `peers`.
    pub(super) fn more() -> Result<Self> {
        let home = target_dir()?.join("interop");
        python(&home)?;
        let mut build = cargo(&["build", "--locked", "--manifest-path", MANIFEST]);
        build.arg("--target-dir").arg(target_dir()?.join(RUST));
        run(build)?;
        Self::at(home)
    }

    fn at(home: PathBuf) -> Result<Self> {
        let certificates = Certificates::make(&home.join("tls"))?;
        Ok(Self { ours: Ours::build()?, home, certificates })
    }

    /// Returns the certificates that the servers have.
    pub(crate) const fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// Returns our own programs.
    pub(crate) const fn ours(&self) -> &Ours {
        &self.ours
    }

    /// Returns the directory for the output of everything that runs.
    pub(super) fn logs(&self) -> PathBuf {
        self.home.join("logs")
    }

    /// Returns the command of a server on a free port.
    pub(crate) fn server(&self, server: Server, tls: bool, args: &[&str]) -> Command {
        let mut command = match server {
            Server::Ours(flavour) => self.ours.serve(flavour),
            Server::Ws => self.node("ws-server.mjs"),
            Server::Websockets => self.python("websockets_server.py"),
            Server::Tungstenite => self.rust("tungstenite", "serve"),
            Server::Fastwebsockets => self.rust("fastwebsockets", "serve"),
        };
        if !server.is_ours() {
            command.args(["--addr", "127.0.0.1:0"]);
        }
        if tls {
            command.arg("--tls-cert").arg(&self.certificates.cert);
            command.arg("--tls-key").arg(&self.certificates.key);
        }
        command.args(args);
        command
    }

    /// Returns the command of a client, without the URL.
    pub(super) fn client(&self, client: Client, tls: Trust, args: &[&str]) -> Command {
        let mut command = match client {
            Client::Ours(flavour) => self.ours.interop_client(flavour, &[]),
            Client::Ws => self.node("ws-client.mjs"),
            Client::Websockets => self.python("websockets_client.py"),
            Client::Tungstenite => self.rust("tungstenite", "connect"),
            Client::Fastwebsockets => self.rust("fastwebsockets", "connect"),
            Client::Curl => self.python("curl_client.py"),
            Client::Chromium => {
                let mut command = self.node("browser.mjs");
                command.args(["--browser", "chromium", "--profiles"]);
                command.arg(self.profiles());
                command
            }
        };
        match tls {
            Trust::Authority if client != Client::Chromium => {
                command.arg("--ca").arg(&self.certificates.ca);
            }
            Trust::Anything => {
                command.arg("--insecure");
            }
            Trust::Authority | Trust::Defaults => {}
        }
        command.args(args);
        command
    }

    /// The directory for the profile of each browser.
    fn profiles(&self) -> PathBuf {
        self.home.join("profiles")
    }

    fn node(&self, script: &str) -> Command {
        let mut command = program("node", &[]);
        command.arg(Path::new(SCRIPTS).join(script));
        command
    }

    fn rust(&self, name: &str, role: &str) -> Command {
        // Beside the directory of what all of them leave.
        program(self.home.with_file_name(RUST).join("debug").join(name), &[role])
    }

    fn python(&self, script: &str) -> Command {
        let mut command = program(self.home.join("venv/bin/python"), &["-B"]);
        command.arg(Path::new(SCRIPTS).join(script));
        command
    }
}

/// Which server certificates a client accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// What it accepts by itself: not the one used here.
    Defaults,
    /// Those of the authority made here.
    Authority,
    /// Any.
    Anything,
}

/// Installs Python packages into a virtual environment; pip finds by itself what is there.
fn python(home: &Path) -> Result<()> {
    let venv = home.join("venv");
    let requirements = Path::new(SCRIPTS).join("requirements.txt");
    // The copy is written last: it says what is installed.
    let installed = home.join("requirements.txt");
    let wanted = fs::read(&requirements)?;
    if fs::read(&installed).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    if !succeeds(program("python3", &["-c", "import venv, ensurepip"])) {
        setup::apt(&["python3", "python3-venv"])?;
    }
    fs::create_dir_all(home)?;
    let mut make = program("python3", &["-m", "venv", "--clear"]);
    make.arg(&venv);
    run(make)?;
    let options = ["-m", "pip", "--disable-pip-version-check", "install", "-q", "--no-deps"];
    let mut install = program(venv.join("bin/python"), &options);
    install.args(["--only-binary", ":all:", "-r"]).arg(&requirements);
    run(install)?;
    Ok(fs::write(installed, wanted)?)
}

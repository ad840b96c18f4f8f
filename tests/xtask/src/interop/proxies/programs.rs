//! The proxies, and how each is started: in the foreground, as one process, on free ports.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::child::Child;
use crate::command::{program, succeeds};
use crate::interop::Certificates;
use crate::{Result, setup};

/// For a proxy to listen.
const START_LIMIT: Duration = Duration::from_secs(20);

const NGINX: &str = "/usr/sbin/nginx";
const HAPROXY: &str = "/usr/sbin/haproxy";
const TINYPROXY: &str = "tinyproxy";
const MICROSOCKS: &str = "microsocks";

/// Installs the programs that are missing, from Debian's packages.
pub(super) fn install() -> Result<()> {
    for (package, name) in [
        ("nginx-light", NGINX),
        ("haproxy", HAPROXY),
        ("tinyproxy-bin", TINYPROXY),
        ("microsocks", MICROSOCKS),
    ] {
        if !succeeds(program("sh", &["-c", &format!("command -v {name}")])) {
            setup::apt(&[package])?;
        }
    }
    Ok(())
}

/// A proxy that runs.
pub(super) struct Proxy {
    pub(super) child: Child,
    /// Where it listens without TLS, and where it does with it, if it can.
    pub(super) ports: [u16; 2],
}

/// What is needed to start them.
pub(super) struct Programs {
    home: PathBuf,
    cert: PathBuf,
    key: PathBuf,
    /// Both in one file.
    pem: PathBuf,
}

impl Programs {
    pub(super) fn new(home: &Path, certificates: &Certificates) -> Result<Self> {
        let Certificates { cert, key, .. } = certificates;
        let pem = home.join("both.pem");
        let mut both = fs::read(cert)?;
        both.extend(fs::read(key)?);
        fs::write(&pem, both)?;
        Ok(Self { home: home.to_owned(), cert: cert.clone(), key: key.clone(), pem })
    }

    /// Starts an HTTP proxy, with more lines for its configuration.
    pub(super) fn tinyproxy(&self, more: &str) -> Result<Proxy> {
        let [port, _] = ports()?;
        let config = format!(
            "Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 60\nMaxClients 50\n{more}"
        );
        let config = self.write("tinyproxy", port, &config)?;
        let mut command = program(TINYPROXY, &["-d", "-c"]);
        command.arg(config);
        self.start("tinyproxy", &command, [port; 2])
    }

    /// Starts a SOCKS proxy, with more arguments.
    pub(super) fn microsocks(&self, more: &[&str]) -> Result<Proxy> {
        let [port, _] = ports()?;
        let mut command = program(MICROSOCKS, &["-i", "127.0.0.1", "-p", &port.to_string()]);
        command.args(more);
        self.start("microsocks", &command, [port; 2])
    }

    /// Starts nginx in front of a server; some of its paths are redirects.
    pub(super) fn nginx(&self, server: &str) -> Result<Proxy> {
        let [plain, secure] = ports()?;
        let (cert, key) = (self.cert.display(), self.key.display());
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("    {kind}_temp_path nginx-{plain}-{kind};\n"))
            .concat();
        let config = format!(
            "daemon off;
master_process off;
pid nginx-{plain}.pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log off;
{temporary}
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{secure} ssl;
        ssl_certificate {cert};
        ssl_certificate_key {key};
        location / {{
            proxy_pass http://{server};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_set_header Host $host;
        }}
        location = /moved {{ return 307 /here; }}
        location = /again {{ return 302 /again; }}
        location = /encrypted {{ return 301 https://127.0.0.1:{secure}/moved; }}
        location = /plain {{ return 301 http://127.0.0.1:{plain}/; }}
    }}
}}
"
        );
        let config = self.write("nginx", plain, &config)?;
        let mut command = program(NGINX, &["-e", "stderr", "-p"]);
        command.arg(&self.home).arg("-c").arg(config);
        self.start("nginx", &command, [plain, secure])
    }

    /// Starts HAProxy in front of a server.
    pub(super) fn haproxy(&self, server: &str) -> Result<Proxy> {
        let [plain, secure] = ports()?;
        let pem = self.pem.display();
        let config = format!(
            "global
    maxconn 200
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout tunnel 60s
frontend front
    bind 127.0.0.1:{plain}
    bind 127.0.0.1:{secure} ssl crt {pem}
    default_backend back
backend back
    server one {server}
"
        );
        let config = self.write("haproxy", plain, &config)?;
        let mut command = program(HAPROXY, &["-db", "-q", "-f"]);
        command.arg(config);
        self.start("haproxy", &command, [plain, secure])
    }

    fn write(&self, name: &str, port: u16, config: &str) -> Result<PathBuf> {
        let path = self.home.join(format!("{name}-{port}.conf"));
        fs::write(&path, config)?;
        Ok(path)
    }

    /// Starts a program and waits until it listens.
    fn start(&self, name: &str, command: &Command, ports: [u16; 2]) -> Result<Proxy> {
        let [port, _] = ports;
        let mut child = Child::start(&format!("{name}-{port}"), command, &self.home)?;
        let end = Instant::now() + START_LIMIT;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if !child.is_running() || Instant::now() >= end {
                child.finish(Duration::ZERO)?;
                return Err(format!("{name} does not listen").into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(Proxy { child, ports })
    }
}

/// Two ports that are free; none of the programs can choose one and tell it.
fn ports() -> Result<[u16; 2]> {
    let [one, other] = [
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?,
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?,
    ];
    Ok([one.local_addr()?.port(), other.local_addr()?.port()])
}

/// A port that nobody listens on.
pub(super) fn free_port() -> Result<u16> {
    let [port, _] = ports()?;
    Ok(port)
}

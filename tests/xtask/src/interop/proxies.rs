//! The part `proxies`: our clients reach our servers through forward proxies (tinyproxy by CONNECT,
//! microsocks by SOCKS5) and through reverse proxies (nginx, HAProxy).

mod programs;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::certificates::Certificates;
use super::conversations::{self, Expected};
use super::{hear, talk};
use crate::child::Child;
use crate::command::target_dir;
use crate::ours::{Flavour, Ours, address};
use crate::{Result, Tally};
use programs::{Programs, Proxy, free_port};

/// Installs the proxies. Where Debian starts a service with the package, it is not used here.
pub(super) fn install() -> Result<()> {
    programs::install()
}

/// Runs the part.
pub(super) fn run() -> Result<Tally> {
    install()?;
    let home = target_dir()?.join("interop/proxies");
    // Of an earlier run.
    drop(fs::remove_dir_all(&home));
    fs::create_dir_all(&home)?;
    let home = std::path::absolute(home)?;
    let certificates = Certificates::make(&home.join("tls"))?;
    let programs = Programs::new(&home, &certificates)?;
    let tally = Tally::default();
    let mut run = Run { ours: Ours::build()?, programs, certificates, home, tally, id: 0 };
    run.forward()?;
    let forward = run.tally;
    println!("forward proxies: {forward}");
    run.reverse()?;
    Ok(run.tally)
}

/// What a run needs, and what came of it.
struct Run {
    ours: Ours,
    programs: Programs,
    certificates: Certificates,
    home: PathBuf,
    tally: Tally,
    id: usize,
}

impl Run {
    /// Clients reach servers through tinyproxy and microsocks.
    fn forward(&mut self) -> Result<()> {
        let (mut plain, plain_address) = self.serve(Flavour::Tokio, false)?;
        let (mut secure, secure_address) = self.serve(Flavour::Blocking, true)?;
        let tinyproxy =
            [self.programs.tinyproxy("")?, self.programs.tinyproxy("BasicAuth me secret\n")?];
        let microsocks = [
            self.programs.microsocks(&[])?,
            self.programs.microsocks(&["-u", "me", "-P", "secret"])?,
        ];
        let urls = [format!("ws://{plain_address}/"), format!("wss://{secure_address}/")];
        // The name is the proxy's to look up.
        let (_, port) = plain_address.rsplit_once(':').unwrap_or_default();
        let by_name = format!("ws://localhost:{port}/");
        let nobody = format!("ws://127.0.0.1:{}/", free_port()?);
        for flavour in Flavour::HOST {
            for (scheme, [open, locked]) in [("http", &tinyproxy), ("socks5", &microsocks)] {
                let open = format!("{scheme}://127.0.0.1:{}", open.ports[0]);
                let port = locked.ports[0];
                let locked = format!("{scheme}://me:secret@127.0.0.1:{port}");
                for (url, server) in urls.iter().zip([&mut plain, &mut secure]) {
                    for proxy in [&open, &locked] {
                        self.converse(flavour, &["--proxy", proxy], url, server)?;
                    }
                }
                self.converse(flavour, &["--proxy", &open], &by_name, &mut plain)?;
                let (refused, unreachable) = match scheme {
                    // tinyproxy answers wrong credentials with 401, and their lack with 407.
                    "http" => (
                        "error the proxy refused with status 407 | \
                         error the proxy refused with status 401",
                        "status 5*",
                    ),
                    _ => ("error the proxy does not accept*", "code 5*"),
                };
                for credentials in ["", "me:wrong@"] {
                    let wrong = format!("{scheme}://{credentials}127.0.0.1:{port}");
                    self.fails(flavour, &["--proxy", &wrong], &urls[0], refused)?;
                }
                let answer = format!("error the proxy refused with {unreachable}");
                self.fails(flavour, &["--proxy", &open], &nobody, &answer)?;
            }
            self.environment(
                flavour,
                &tinyproxy[0],
                &microsocks[0],
                &urls,
                [&mut plain, &mut secure],
            )?;
        }
        Ok(())
    }

    /// The variables of the environment lead through a proxy, or past it.
    fn environment(
        &mut self,
        flavour: Flavour,
        http: &Proxy,
        socks: &Proxy,
        urls: &[String; 2],
        servers: [&mut Child; 2],
    ) -> Result<()> {
        let http = format!("http://127.0.0.1:{}", http.ports[0]);
        let socks = format!("socks5h://127.0.0.1:{}", socks.ports[0]);
        let dead = format!("http://127.0.0.1:{}", free_port()?);
        let [plain, secure] = servers;
        // Through the one that works, as the others would fail.
        let mut client = self.client(flavour, &["--environment"], &urls[0]);
        client.env("HTTP_PROXY", &http).env("HTTPS_PROXY", &dead).env("ALL_PROXY", &dead);
        self.hold(&client, plain)?;
        let mut client = self.client(flavour, &["--environment"], &urls[1]);
        client.env("http_proxy", &dead).env("https_proxy", &socks).env("HTTPS_PROXY", &dead);
        self.hold(&client, secure)?;
        let mut client = self.client(flavour, &["--environment"], &urls[0]);
        client.env("ALL_PROXY", &dead).env("NO_PROXY", "example.com, 127.0.0.0/8");
        self.hold(&client, plain)?;
        let mut client = self.client(flavour, &["--environment"], &urls[0]);
        client.env("ALL_PROXY", &dead);
        self.hear(&client, "error Connection refused*")
    }

    /// nginx and HAProxy stand before a server of each kind.
    fn reverse(&mut self) -> Result<()> {
        for server_flavour in Flavour::HOST {
            let (mut server, address) = self.serve(server_flavour, false)?;
            for mut proxy in [self.programs.nginx(&address)?, self.programs.haproxy(&address)?] {
                for flavour in Flavour::HOST {
                    for (scheme, port) in ["ws", "wss"].into_iter().zip(proxy.ports) {
                        let url = format!("{scheme}://127.0.0.1:{port}/chat");
                        self.converse(flavour, &[], &url, &mut server)?;
                    }
                }
                self.tally.count(proxy.child.is_running());
            }
        }
        let (mut server, address) = self.serve(Flavour::Tokio, false)?;
        let nginx = self.programs.nginx(&address)?;
        let [plain, secure] = nginx.ports;
        for flavour in Flavour::HOST {
            let follow = ["--redirects", "3"];
            for url in [
                format!("ws://127.0.0.1:{plain}/moved"),
                format!("ws://127.0.0.1:{plain}/encrypted"),
                format!("wss://127.0.0.1:{secure}/moved"),
            ] {
                self.converse(flavour, &follow, &url, &mut server)?;
            }
            let declined =
                |status| format!("error the server declined the upgrade with status {status}*");
            for (url, status) in [
                (format!("ws://127.0.0.1:{plain}/again"), 302),
                (format!("wss://127.0.0.1:{secure}/plain"), 301),
            ] {
                self.fails(flavour, &follow, &url, &declined(status))?;
            }
            let url = format!("ws://127.0.0.1:{plain}/moved");
            self.fails(flavour, &[], &url, &declined(307))?;
        }
        Ok(())
    }

    /// Our server, and its address.
    fn serve(&mut self, flavour: Flavour, tls: bool) -> Result<(Child, String)> {
        let mut command = self.ours.serve(flavour);
        if tls {
            command.arg("--tls-cert").arg(&self.certificates.cert);
            command.arg("--tls-key").arg(&self.certificates.key);
        }
        let server = Child::start(&self.name("server"), &command, &self.home)?;
        let address = address(&server)?;
        Ok((server, address))
    }

    fn client(&self, flavour: Flavour, args: &[&str], url: &str) -> Command {
        let mut command = self.ours.interop_client(flavour, args);
        command.arg("--ca").arg(&self.certificates.ca).arg(url);
        // What the machine is set to is not what is tested.
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
            command.env_remove(name).env_remove(name.to_ascii_lowercase());
        }
        command
    }

    fn converse(
        &mut self,
        flavour: Flavour,
        args: &[&str],
        url: &str,
        server: &mut Child,
    ) -> Result<()> {
        let client = self.client(flavour, args, url);
        self.hold(&client, server)
    }

    /// Has the whole conversation, and counts its steps.
    fn hold(&mut self, client: &Command, server: &mut Child) -> Result<()> {
        let mut child = Child::start(&self.name("client"), client, &self.home)?;
        let conversation = conversations::for_proxies();
        let failed = talk(&conversation, &mut child, server, &mut self.tally);
        report(client, &failed);
        Ok(())
    }

    /// The client cannot connect, and says so.
    fn fails(&mut self, flavour: Flavour, args: &[&str], url: &str, answer: &str) -> Result<()> {
        let client = self.client(flavour, args, url);
        self.hear(&client, answer)
    }

    /// A name for a log.
    fn name(&mut self, of: &str) -> String {
        self.id += 1;
        format!("{of}-{}", self.id)
    }

    fn hear(&mut self, client: &Command, answer: &str) -> Result<()> {
        let mut child = Child::start(&self.name("client"), client, &self.home)?;
        let heard = hear(&mut child, &Expected(answer.into()));
        self.tally.count(heard.is_ok());
        let failed: Vec<String> = heard.err().map(|error| error.to_string()).into_iter().collect();
        report(client, &failed);
        Ok(())
    }
}

/// Tells what failed, and with which client.
fn report(client: &Command, failed: &[String]) {
    for failure in failed {
        let args: Vec<_> = client.get_args().map(|arg| arg.to_string_lossy()).collect();
        println!("FAILED {}: {failure}", args.join(" "));
    }
}

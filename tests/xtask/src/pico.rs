//! The verb `pico`: the firmware of the real boards. All of it is built, and the image for an RP2040
//! with a W5500 runs as it is, in rp2040js, with `socklet serve` at the other end.

mod emulator;
mod firmware;
mod talk;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::target_dir;
use crate::interop::Certificates;
use crate::ours::Ours;
use crate::step::Steps;
use crate::{Result, Tally};

use emulator::Scene;
use firmware::{Settings, WORKSPACES, build};

pub(crate) use emulator::setup;

/// The packages of the firmware.
pub(crate) const MANIFESTS: [&str; 2] =
    ["examples/rp2040/Cargo.toml", "examples/esp32c3/Cargo.toml"];

/// Runs the verb.
pub(crate) fn run(args: &[String]) -> Result<Tally> {
    if !args.is_empty() {
        return Err("usage: cargo xtask pico".into());
    }
    setup()?;
    let dir = target_dir()?.join("pico");
    let certificates = Certificates::recent(&dir.join("tls"))?;
    let stranger = Certificates::recent(&dir.join("stranger"))?;
    let ours = Ours::build()?;
    let mut steps = Steps::default();

    let secure = Settings {
        url: "wss://localhost:9001/readings",
        address: Some(emulator::SERVER),
        authority: Some(&certificates.ca_der),
    };
    let plain =
        Settings { url: "ws://192.168.1.100:9001/readings", address: None, authority: None };
    steps.step("esp32c3: built", || firmware::check("esp32c3", "socklet-esp32c3", &secure));
    steps.step("rp2040: Pico W, built", || firmware::check("rp2040", "pico-w", &secure));
    let image = |name: &str, settings| keep(&build("rp2040", "w5500", settings)?, &dir.join(name));
    steps.step("rp2040: W5500, wss", || {
        let scene = Scene::new(&ours, &image("wss.elf", &secure)?, &dir.join("wss"));
        talk::secure(&scene, &certificates, &stranger)
    });
    steps.step("rp2040: W5500, ws", || {
        talk::plain(&Scene::new(&ours, &image("ws.elf", &plain)?, &dir.join("ws")))
    });
    Ok(steps.finish())
}

/// Returns the commands of the lints for firmware.
pub(crate) fn clippy() -> Result<Vec<Command>> {
    WORKSPACES.iter().filter_map(|workspace| workspace.clippy().transpose()).collect()
}

/// Copies an image: the next build with other settings takes its place.
fn keep(image: &Path, copy: &Path) -> Result<PathBuf> {
    std::fs::copy(image, copy)?;
    Ok(copy.to_owned())
}

//! Endurance of `socklet serve`: many connections at once, long conversations, and many that come
//! and go. Each part measures a server of its own, and fails if something is not as it should be.
//!
//! `endurance SOCKLET [--blocking] [--idle N] [--most BYTES] [--active N] [--soak SECONDS] [--churn N]`
//!
//! `endurance --floor` is the least server there can be, which it starts itself to compare with.

mod churn;
mod floor;
mod load;
mod server;
mod soak;

use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};
use server::Server;
use socklet_host_tests::Failure;

/// What is done.
struct Plan {
    socklet: String,
    flavour: &'static [&'static str],
    is_floor: bool,
    idle: usize,
    /// Most bytes that an idle connection may take above what the runtime takes; 0: any number.
    most: usize,
    active: usize,
    soak: Duration,
    churn: usize,
}

impl Plan {
    fn parse() -> Result<Self, Failure> {
        let mut plan = Self {
            socklet: String::new(),
            flavour: &[],
            is_floor: false,
            idle: 0,
            most: 0,
            active: 0,
            soak: Duration::ZERO,
            churn: 0,
        };
        let mut parser = Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("blocking") => plan.flavour = &["--blocking"],
                Arg::Long("floor") => plan.is_floor = true,
                Arg::Long("most") => plan.most = parser.value()?.parse()?,
                Arg::Long("idle") => plan.idle = parser.value()?.parse()?,
                Arg::Long("active") => plan.active = parser.value()?.parse()?,
                Arg::Long("soak") => plan.soak = Duration::from_secs(parser.value()?.parse()?),
                Arg::Long("churn") => plan.churn = parser.value()?.parse()?,
                Arg::Value(socklet) if plan.socklet.is_empty() => {
                    plan.socklet = socklet.string()?
                }
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(plan)
    }

    fn server(&self) -> Result<Server, Failure> {
        Server::start(&self.socklet, self.flavour)
    }
}

fn main() -> Result<(), Failure> {
    let plan = Plan::parse()?;
    if plan.is_floor {
        return floor::serve();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if plan.idle != 0 {
        load::silence(&plan.server()?, plan.idle)?;
    }
    if plan.idle != 0 || plan.active != 0 {
        // Threads have no runtime.
        let floor = match plan.flavour {
            [] => load::floor(&Server::start_floor()?, plan.idle)?,
            _ => 0,
        };
        let Plan { idle, most, active, .. } = plan;
        runtime.block_on(load::run(&plan.server()?, floor, idle, most, active))?;
    }
    if plan.churn != 0 {
        churn::run(&plan.server()?, plan.churn)?;
    }
    if !plan.soak.is_zero() {
        runtime.block_on(soak::run(&plan.server()?, plan.soak))?;
    }
    Ok(())
}

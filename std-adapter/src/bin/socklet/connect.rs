//! `socklet connect`: standard input to a server, and what it answers to standard output.

mod conversation;
#[cfg(all(unix, feature = "line-editor"))]
mod editor;
mod input;
mod output;

use tokio::runtime;

use crate::{
    Failure, args,
    dump::Dumping,
    opening::{self, Opened},
    terminal,
};
use conversation::Plan;
use input::Sends;
use output::Output;

pub(crate) fn run(args: args::Connect) -> Result<(), Failure> {
    if args.timestamps {
        terminal::show_times();
    }
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(talk(args))
}

async fn talk(args: args::Connect) -> Result<(), Failure> {
    let args::Connect { opening, sends, wait, count, json, history, dump, .. } = args;
    let output = Output::new(json);
    // Files that cannot be used are told before a connection is opened for nothing.
    let load = || {
        let client = opening::client(&opening)?;
        Ok::<_, Failure>((client, Sends::load(sends, history)?, Dumping::new(&dump)?))
    };
    let (client, sends, dumping) = load().inspect_err(|error| output.error(&error.to_string()))?;
    let plan = Plan {
        url: opening.url.to_string(),
        sends,
        wait,
        count,
        deflate: opening.deflate.is_enabled,
        output,
    };
    let outcome = match opening::open(&client, &opening, &dumping).await {
        Ok(Opened::Tcp(ws)) => conversation::run(ws, &plan).await,
        #[cfg(unix)]
        Ok(Opened::Unix(ws)) => conversation::run(ws, &plan).await,
        Err(error) => Err(error),
    };
    if let Err(error) = &outcome {
        plan.output.error(&error.to_string());
    }
    outcome
}

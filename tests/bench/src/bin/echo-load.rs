//! `echo-load KIND ADDRESS PID LEN DEPTH AMOUNT`: loads the server PID and prints how many
//! messages came back, and its processor time for each in nanoseconds.
//!
//! KIND is `raw`, `plain`, `tls=AUTHORITY` or `deflate=CORPUS`; AMOUNT so many messages, or `MSms`.
//!
//! `echo-load memory ADDRESS PID COUNT`: opens so many connections, and prints the bytes of the
//! server's memory for each of them, before any message and after some.

use std::time::Duration;

use socklet_bench::echo::{
    Failure,
    load::{Amount, Kind, Plan},
    memory,
    process::Process,
};

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if let ["memory", address, pid, count] = args.as_slice() {
        let process = Process(pid.parse()?);
        let report = runtime.block_on(memory::run(address, process, count.parse()?))?;
        println!("{} {}", report.idle, report.active);
        return Ok(());
    }
    let [kind, address, pid, len, depth, amount] = args.as_slice() else {
        return Err("usage: echo-load KIND ADDRESS PID LEN DEPTH AMOUNT".into());
    };
    let amount = match amount.strip_suffix("ms") {
        Some(ms) => Amount::Time(Duration::from_millis(ms.parse()?)),
        None => Amount::Messages(amount.parse()?),
    };
    let plan = Plan {
        kind: kind_of(kind)?,
        address: (*address).to_owned(),
        process: Process(pid.parse()?),
        len: len.parse()?,
        depth: depth.parse()?,
        amount,
    };
    let report = runtime.block_on(plan.run())?;
    println!("{} {}", report.messages, report.cpu_ns);
    Ok(())
}

fn kind_of(name: &str) -> Result<Kind, Failure> {
    Ok(match name.split_once('=') {
        None if name == "raw" => Kind::Raw,
        None if name == "plain" => Kind::Plain,
        Some(("tls", authority)) => Kind::Tls(authority.into()),
        Some(("deflate", corpus)) => Kind::Deflate(corpus.into()),
        _ => return Err(format!("no kind {name}").into()),
    })
}

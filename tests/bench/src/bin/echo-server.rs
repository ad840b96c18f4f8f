//! `echo-server PEER [--deflate] [--tls CERT KEY]`: sends back every message, for
//! `cargo xtask bench echo`. It ends with its standard input.

use socklet_bench::echo::{
    Failure,
    server::{Plan, run},
};

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let peer = args.next().ok_or("usage: echo-server PEER [--deflate] [--tls CERT KEY]")?;
    let mut plan = Plan { peer, deflate: false, tls: None };
    while let Some(arg) = args.next() {
        match (arg.as_str(), &mut args) {
            ("--deflate", _) => plan.deflate = true,
            ("--tls", args) => {
                plan.tls = args.next().map(Into::into).zip(args.next().map(Into::into));
            }
            (other, _) => return Err(format!("what is {other}?").into()),
        }
    }
    run(plan)
}

//! Lists every public item of a package, a line each, from what rustdoc says of it as JSON.

use std::error::Error;
use std::io::Write;

use public_api::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: socklet-api-listing FILE.json")?;
    // What the compiler gives to every type says nothing about a change.
    let api = Builder::from_rustdoc_json(path)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()?;
    write!(std::io::stdout().lock(), "{api}")?;
    Ok(())
}

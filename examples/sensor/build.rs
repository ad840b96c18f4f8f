//! Puts the authority's certificate where the program can include it: the file that `SOCKLET_CA`
//! names, or nothing.

use std::path::PathBuf;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-env-changed=SOCKLET_CA");
    let out = PathBuf::from(env::var("OUT_DIR")?).join("authority.der");
    let Ok(path) = env::var("SOCKLET_CA") else { return Ok(fs::write(out, [])?) };
    println!("cargo::rerun-if-changed={path}");
    let authority = fs::read(&path).map_err(|error| format!("SOCKLET_CA={path}: {error}"))?;
    // A sequence (X.690 section 8.9) with a length of two bytes, as every certificate is.
    if !authority.starts_with(&[0x30, 0x82]) {
        return Err(format!("SOCKLET_CA={path}: not a certificate in DER").into());
    }
    Ok(fs::write(out, authority)?)
}

//! Hands the memory map of the board to the linker.

fn main() {
    let target = std::env::var("TARGET").unwrap_or_default();
    let script = match target.split('-').next() {
        Some("x86_64") => "x86_64.ld",
        Some(arch) if arch.starts_with("riscv") => "riscv.ld",
        _ => "arm.ld",
    };
    println!("cargo::rustc-link-search={}", env!("CARGO_MANIFEST_DIR"));
    println!("cargo::rustc-link-arg-bins=-T{script}");
    println!("cargo::rerun-if-changed={script}");
}

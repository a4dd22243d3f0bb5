//! What the linker is asked for where it can do it: git waits for each start of this program, and most of a start is the
//! loader's work.

use std::path::PathBuf;
use std::process::Command;

#[expect(clippy::disallowed_methods, reason = "how a build script is asked, and asks the linker")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name| std::env::var(name).unwrap_or_default();
    if variable("CARGO_CFG_TARGET_OS") != "linux" || variable("CARGO_CFG_TARGET_ENV") != "gnu" {
        return;
    }
    let linker = std::env::var("RUSTC_LINKER").unwrap_or_else(|_| "cc".to_owned());
    // what it does not find it names without a directory
    let find = |library: &str| {
        let output = Command::new(&linker).arg(format!("-print-file-name={library}")).output().ok()?;
        Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim_end())).filter(|path| path.is_absolute())
    };
    // what unwinds a panic, linked in: the loader need not find, map and relocate libgcc_s.so
    if find("libgcc_eh.a").is_some() {
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
    // the little data there is on a page of its own: one mapping less to make, and for Rust's start to read about (lld; GNU
    // ld has it so)
    println!("cargo::rustc-link-arg-bins=-Wl,-z,separate-loadable-segments");
    // addresses to relocate as a bitmap, where this libc says that its loader reads one
    let version = b"GLIBC_ABI_DT_RELR";
    let libc = find("libc.so.6").and_then(|path| std::fs::read(path).ok()).unwrap_or_default();
    if libc.windows(version.len()).any(|window| window == version) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

//! `cargo xtask miri`: the unsafe code and what surrounds it, interpreted by Miri.
//!
//! Not a step of `cargo xtask test`: Miri comes only with a nightly toolchain, which only rustup's own server has; machines that
//! check this project may reach nothing but registries of packages. Where it is missing the command says so and how to get
//! it.
//!
//! Interpreted: the port's own tests and those of every misuse (free of unsafe code themselves, but not what they stand on:
//! bounded containers, critical sections), and of the C layer everything that follows a driver's pointers. Not
//! interpreted: what is the kernel's work (page protection, signals, loading objects) or a C compiler's.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace;

/// Package, arguments for cargo, and names of tests (all when there are none).
const RUNS: &[(&str, &[&str], &[&str])] = &[
    (
        "videoport-capi",
        &["--lib"],
        &[
            "process::",
            "debug_print::",
            "watch::",
            "requests::",
            "trace::",
        ],
    ),
    ("lumenport-videoport", &["--lib"], &[]),
    (
        "lumenport-videoport",
        &["--test", "misuse"],
        &["memory::", "dma::", "locks::"],
    ),
];

/// What the interpreter is told: addresses travel as numbers by design, and some tests ask for the time.
const FLAGS: &str = "-Zmiri-permissive-provenance -Zmiri-disable-isolation";

/// Runs everything, or says what is missing.
///
/// # Errors
/// When Miri finds something, or a test fails.
pub fn run() -> Result<()> {
    let there = Command::new("cargo")
        .args(["+nightly", "miri", "--version"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !there {
        println!("SKIP miri: rustup toolchain install nightly --component miri,rust-src");
        return Ok(());
    }
    for (package, arguments, tests) in RUNS {
        println!("== {package} {}", arguments.join(" "));
        let status = Command::new("cargo")
            .args(["+nightly", "miri", "test", "-p", package])
            .args(*arguments)
            .arg("--")
            .args(*tests)
            // The toolchain that runs this command is not the one to use.
            .env_remove("RUSTUP_TOOLCHAIN")
            .env_remove("CARGO")
            .env("MIRIFLAGS", FLAGS)
            .current_dir(workspace::root())
            .status()
            .context("cannot run cargo")?;
        if !status.success() {
            bail!("{package}: Miri ended with {status}");
        }
    }
    Ok(())
}

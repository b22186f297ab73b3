//! `cargo xtask bench`: the project's figures, measured by the `lumenport` command and on the cocotb model.

use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// Runs the benchmark; the command prints its table, the figures go to `json` (default: below `target/`).
///
/// # Errors
/// When the command cannot run, or when it says that a bar was missed.
pub fn run(json: Option<PathBuf>) -> Result<()> {
    let json = match json {
        Some(path) => std::path::absolute(path)?,
        None => crate::workspace::output_folder()?.join("bench.json"),
    };
    let status = Command::new(env!("CARGO"))
        .args([
            "run",
            "--release",
            "-p",
            "lumenport",
            "--",
            "bench",
            "--json",
        ])
        .arg(&json)
        .current_dir(crate::workspace::root())
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the benchmark ended with {status}");
    }
    println!("figures saved in {}", json.display());
    crate::cocotb::figures::run()
}

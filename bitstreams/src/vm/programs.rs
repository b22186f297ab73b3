//! The `lumenport` command, twice: as this machine runs it to serve the card, and static, without the simulator, for the guest.

use crate::{process, workspace};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The guest's kind of machine. Named on cargo's command line, so that flags for it do not reach what runs here.
const GUEST_TARGET: &str = "x86_64-unknown-linux-gnu";

/// Builds the command that serves the card.
///
/// # Errors
/// When it does not build.
pub fn host() -> Result<PathBuf> {
    let mut command = cargo_build();
    build("vm-host-build", &mut command)?;
    Ok(target_folder()?.join("release/lumenport"))
}

/// Builds the driver's side for the guest: one static file.
///
/// # Errors
/// When it does not build.
pub fn guest() -> Result<PathBuf> {
    let mut command = cargo_build();
    command.args(["--no-default-features", "--target", GUEST_TARGET]);
    command.env(
        "RUSTFLAGS",
        "-C target-feature=+crt-static -C strip=symbols",
    );
    build("vm-guest-build", &mut command)?;
    Ok(target_folder()?
        .join(GUEST_TARGET)
        .join("release/lumenport"))
}

fn cargo_build() -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--release", "-p", "lumenport"]);
    command.current_dir(workspace::root());
    command
}

/// Cargo's target folder.
fn target_folder() -> Result<PathBuf> {
    let output = workspace::output_folder()?;
    let folder = output.parent().map(Path::to_path_buf);
    folder.context("cargo's target folder has no path")
}

fn build(name: &str, command: &mut Command) -> Result<()> {
    let log = workspace::output_folder()?.join(format!("{name}.log"));
    if !process::run(name, command, &log, |_| {})? {
        bail!("lumenport does not build:\n{}", process::tail(&log, 40));
    }
    Ok(())
}

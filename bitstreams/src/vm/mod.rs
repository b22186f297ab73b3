//! `cargo xtask vm`: a kernel that nobody here wrote drives the card.
//!
//! A virtual machine with an unmodified Debian kernel gets the verilated card as a PCI function: `lumenport serve` carries it over
//! vfio-user, QEMU puts it behind a root port. The guest's firmware and kernel enumerate it, our driver runs in the guest's user
//! space. Each check is a row of the closing table. Not covered: link training, timing, a real host bridge's ordering.

mod card;
mod checks;
mod child;
mod expected;
mod fetch;
mod initramfs;
mod interrupt;
mod kernel;
mod mirror;
mod programs;
mod qemu;
mod qmp;
mod rows;
mod serial;
mod setup;

use anyhow::{Result, bail};
use clap::Args;
use qemu::Iommu;
use rows::Rows;
use setup::Setup;
use std::process::Command;

/// Options of `cargo xtask vm`.
#[derive(Args)]
pub struct Options {
    /// Give a shell in the guest on this terminal instead of running checks. Leave with `poweroff -f`, or Ctrl-A X.
    #[arg(long)]
    shell: bool,
    /// Use KVM. Never by itself: not every machine that has one can run a stock kernel with it.
    #[arg(long)]
    kvm: bool,
    /// Keep the folder of the run (images, sockets) and say where it is.
    #[arg(long)]
    keep: bool,
    /// Run only the checks of one guest.
    #[arg(long, value_enum)]
    guest: Option<checks::Which>,
    /// Only fetch what is missing.
    #[arg(long)]
    fetch: bool,
}

/// Runs the checks, or gives a shell.
///
/// # Errors
/// When a part cannot be had or a check failed.
pub fn run(options: &Options) -> Result<()> {
    if options.fetch {
        fetch::Cache::open()?.kernel(fetch::Flavour::Cloud)?;
        return Ok(());
    }
    let setup = Setup::new(options.keep, options.kvm)?;
    if options.shell {
        let card = setup.serve("shell")?;
        let plan = setup.plan(Some(&card), Iommu::Translating, "lumenport.shell");
        return qemu::interactive(&plan);
    }
    interrupt::watch()?;
    let rows = checks::run(&setup, options.guest);
    println!("\n{}", rows.render());
    println!("logs: {}", setup.logs().display());
    verdict(&rows)
}

/// The step of `cargo xtask test`: all checks; what could not be looked at, one line each.
///
/// # Errors
/// As [`run`]; a missing tool only with `require`.
pub fn check(require: bool) -> Result<Vec<String>> {
    if let Some(missing) = missing_tool() {
        if require {
            bail!("{missing}");
        }
        return Ok(vec![missing]);
    }
    let setup = Setup::new(false, false)?;
    let rows = checks::run(&setup, None);
    println!("{}", rows.render());
    verdict(&rows)?;
    Ok(rows.skipped().to_vec())
}

fn verdict(rows: &Rows) -> Result<()> {
    if !rows.failed().is_empty() {
        bail!("failed: {}", rows.failed().join(", "));
    }
    Ok(())
}

/// What this machine lacks to fetch and unpack Debian packages.
fn missing_tool() -> Option<String> {
    ["apt-get", "apt-cache", "dpkg-deb"]
        .iter()
        .find(|tool| Command::new(tool).arg("--version").output().is_err())
        .map(|tool| format!("virtual machine: no {tool} here (a Debian or Ubuntu machine has it)"))
}

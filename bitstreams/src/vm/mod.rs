//! `cargo xtask vm`: a kernel that nobody here wrote drives the card.
//!
//! A virtual machine with an unmodified Debian kernel gets the verilated card as a PCI function: `lumenport serve` carries it over
//! vfio-user, QEMU puts it behind a root port. The guest's firmware and kernel enumerate it, our driver runs in the guest's user
//! space. Each check is a row of the closing table. Not covered: link training, timing, a real host bridge's ordering.

mod card;
mod checks;
mod child;
mod console;
mod expected;
mod fetch;
mod figures;
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
use checks::{Extent, Outcome, Way};
use clap::Args;
use qemu::Iommu;
use rows::Rows;
use setup::Setup;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

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
    /// Leave out the flow suite.
    #[arg(long)]
    quick: bool,
    /// Measure too, and write the table in `bitstreams/README.md`.
    #[arg(long, conflicts_with = "quick")]
    figures: bool,
    /// Only the pictures that drivers draw which do not know the card: Linux' console, UEFI's shell.
    #[arg(long, conflicts_with = "guest")]
    console: bool,
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
        let cache = fetch::Cache::open()?;
        cache.kernel(fetch::Flavour::Cloud)?;
        cache.kernel(fetch::Flavour::Full)?;
        return Ok(());
    }
    if options.console {
        let _watch = interrupt::watch()?;
        let mut rows = Rows::new();
        console::run(&mut rows, options.keep);
        println!("\n{}", rows.render());
        return verdict(&rows);
    }
    if options.shell {
        let setup = Setup::new(options.keep, options.kvm)?;
        let card = setup.serve("shell")?;
        let plan = setup.plan(Some(&card), Iommu::Translating, "lumenport.shell");
        return qemu::interactive(&plan);
    }
    let _watch = interrupt::watch()?;
    let setup = Setup::new(options.keep, options.kvm)?;
    let extent = if options.figures {
        Extent::Figures
    } else if options.quick {
        Extent::Quick
    } else {
        Extent::Checks
    };
    let Outcome { mut rows, columns } = checks::run(&setup, options.guest, extent);
    if options.guest.is_none() && !options.quick {
        console::run(&mut rows, options.keep);
    }
    println!("\n{}", rows.render());
    println!("logs: {}", setup.logs().display());
    if !columns.is_empty() {
        println!("\n{}", figures::text(&columns));
    }
    verdict(&rows)?;
    if options.figures && options.guest.is_none() {
        figures::write(&columns)?;
    }
    Ok(())
}

/// Results of the flow suite in the guests are of this process.
static FLOWS_RAN: AtomicBool = AtomicBool::new(false);

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
    let _watch = interrupt::watch()?;
    let setup = Setup::new(false, false)?;
    let Outcome { mut rows, .. } = checks::run(&setup, None, Extent::Checks);
    FLOWS_RAN.store(true, Ordering::SeqCst);
    console::run(&mut rows, false);
    println!("{}", rows.render());
    verdict(&rows)?;
    Ok(Vec::new())
}

/// Files with the results of the flow suite in the guests, for the flow matrix; none where no guest can run. The suite runs unless it
/// has already in this process.
///
/// # Errors
/// When a guest does not come up.
pub fn flow_results() -> Result<Vec<PathBuf>> {
    if let Some(missing) = missing_tool() {
        println!("SKIP {missing}");
        return Ok(Vec::new());
    }
    if !FLOWS_RAN.load(Ordering::SeqCst) {
        let _watch = interrupt::watch()?;
        let setup = Setup::new(false, false)?;
        let Outcome { rows, .. } = checks::run(&setup, None, Extent::Flows);
        println!("{}", rows.render());
        FLOWS_RAN.store(true, Ordering::SeqCst);
    }
    let paths = [Way::Vfio, Way::Uio].map(checks::results_path);
    let paths = paths.into_iter().collect::<Result<Vec<_>>>()?;
    if let Some(missing) = paths.iter().find(|path| !path.exists()) {
        bail!(
            "the flow suite did not run in a guest: no {}",
            missing.display()
        );
    }
    Ok(paths)
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

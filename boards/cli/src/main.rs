//! `lumenport`: the command. Parses, dispatches, and turns an error into one sentence and a non-zero exit.

#![cfg_attr(
    feature = "sim",
    expect(clippy::cast_precision_loss, reason = "figures for people")
)]

#[cfg(feature = "sim")]
mod account;
mod args;
#[cfg(feature = "sim")]
mod bench;
mod bench_link;
#[cfg(feature = "sim")]
mod card_session;
#[cfg(feature = "sim")]
mod conformance;
mod device;
mod driver_session;
mod flows;
mod inspect;
mod mode_choice;
mod monitor;
#[cfg(feature = "sim")]
mod monitor_choice;
mod picture;
#[cfg(feature = "sim")]
mod progress;
#[cfg(feature = "sim")]
mod run_miniport;
#[cfg(feature = "sim")]
mod serve;
#[cfg(feature = "sim")]
mod show;
mod show_steps;
#[cfg(feature = "sim")]
mod simulated;
#[cfg(feature = "sim")]
mod socket_target;
#[cfg(feature = "sim")]
mod traffic;
#[cfg(feature = "sim")]
mod view;

use anyhow::bail;
use args::Cli;
#[cfg(not(feature = "sim"))]
use args::Command;
use clap::Parser;
use device::DeviceSpec;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lumenport: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<()> {
    match &cli.device {
        DeviceSpec::Simulated => simulated(cli),
        _ => device::run(cli),
    }
}

#[cfg(feature = "sim")]
fn simulated(cli: &Cli) -> anyhow::Result<()> {
    if cli.bench_link.is_some() || cli.slowness.is_some() {
        bail!("--bench-link and --slowness are for a card that --device names");
    }
    simulated::run(cli)
}

/// A build for another machine's card has nothing to simulate with.
#[cfg(not(feature = "sim"))]
fn simulated(cli: &Cli) -> anyhow::Result<()> {
    match &cli.command {
        Command::Flows(args) if !args.target.is_empty() => flows::run(args),
        _ => bail!(
            "this lumenport was built without the simulator; name a card with --device vfio:ADDRESS, uio:ADDRESS or socket:PATH"
        ),
    }
}

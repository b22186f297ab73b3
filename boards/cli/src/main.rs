//! `lumenport`: the command. Parses, dispatches, and turns an error into one sentence and a non-zero exit.

#![expect(clippy::cast_precision_loss, reason = "figures for people")]

mod account;
mod args;
mod bench;
mod card_session;
mod conformance;
mod flows;
mod inspect;
mod mode_choice;
mod monitor;
mod picture;
mod progress;
mod run_miniport;
mod serve;
mod show;
mod socket_target;
mod traffic;

use args::{Cli, Command};
use clap::Parser;
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
    let engine = cli.engine.into();
    match &cli.command {
        Command::Show(args) => show::run(args, engine),
        Command::Modes(args) => inspect::modes(args, engine),
        Command::Info(args) => inspect::info(args, engine),
        Command::Regs => inspect::regs(engine),
        Command::RunMiniport(args) => run_miniport::run(args, engine),
        Command::Flows(args) => flows::run(args),
        Command::Serve(args) => serve::run(args, engine),
        Command::Conformance(args) => conformance::run(args),
        Command::Bench(args) => bench::run(args, engine),
    }
}

//! `cargo xtask`: checks, generated files, tests and benchmarks of the workspace.
//!
//! Every step that continuous integration runs is a command here, so that it runs the same way on any machine.

#![forbid(unsafe_code)]

mod generated;
mod regs;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Checks, generated files, tests and benchmarks of the workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes everything that is made from the register map.
    Regs {
        /// Writes nothing; fails when a file differs from what would be written.
        #[arg(long)]
        check: bool,
    },
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Regs { check } => regs::run(check),
    }
}

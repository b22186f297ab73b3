//! `cargo xtask`: checks, generated files, tests and benchmarks of the workspace.
//!
//! Every step that continuous integration runs is a command here, so that it runs the same way on any machine.

#![forbid(unsafe_code)]

mod arrows;
mod bare;
mod bench;
mod cocotb;
mod conformance;
mod formal;
mod generated;
mod matrix;
mod miri;
mod process;
mod python;
mod regs;
mod section;
mod suite;
mod table;
mod tools;
mod vm;
mod workspace;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Checks, generated files, tests and benchmarks of the workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs every check and all tests, closing with a table.
    Test(suite::Options),
    /// Writes everything that is made from the register map.
    Regs {
        /// Writes nothing; fails when a file differs from what would be written.
        #[arg(long)]
        check: bool,
    },
    /// Checks who uses whom among the packages.
    Deps,
    /// Writes the README's table flow × target from results of the flow suite.
    Matrix {
        /// Results to use; without it the flow suite runs on every target that this machine has.
        #[arg(long)]
        results: Option<PathBuf>,
        /// Writes nothing; fails when the table is old.
        #[arg(long)]
        check: bool,
    },
    /// Writes what is made from the table of exported services, builds drivers in C for every target, runs the conformance tests.
    Conformance {
        /// Writes the results into `videoport/README.md` instead of comparing.
        #[arg(long)]
        write: bool,
    },
    /// Measures the project's figures.
    Bench {
        /// Where to save them; below target/ when not given.
        #[arg(long)]
        json: Option<PathBuf>,
        /// Only the figures of the cocotb model, for the PCIe block's README.
        #[arg(long)]
        pcie: bool,
    },
    /// Runs the cocotb test bench.
    Cocotb(cocotb::Options),
    /// Proves properties of the generated Verilog, or plants bugs that the proofs must find.
    Formal(formal::Options),
    /// Plants bugs in the card and tells which cocotb test finds each.
    Mutants(cocotb::mutants::Options),
    /// Interprets the unsafe code and its surroundings with Miri, where a nightly toolchain has it.
    Miri,
    /// Runs an unmodified kernel and our driver on the card, in a virtual machine.
    Vm(vm::Options),
    /// Shows which tools this machine has.
    Env,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Test(options) => suite::run(&options),
        Command::Regs { check } => regs::run(check),
        Command::Deps => arrows::run(),
        Command::Matrix {
            results,
            check: false,
        } => matrix::write(results),
        Command::Matrix {
            results,
            check: true,
        } => matrix::check(results, true).map(drop),
        Command::Conformance { write: true } => {
            conformance::write().and_then(|()| conformance::write_results())
        }
        Command::Conformance { write: false } => {
            conformance::write().and_then(|()| conformance::check(false).map(drop))
        }
        Command::Bench { pcie: true, .. } => cocotb::figures::run(),
        Command::Bench { json, pcie: false } => bench::run(json),
        Command::Cocotb(options) => cocotb::run(&options),
        Command::Formal(options) => formal::run(&options),
        Command::Mutants(options) => cocotb::mutants::run(&options),
        Command::Miri => miri::run(),
        Command::Vm(options) => vm::run(&options),
        Command::Env => {
            tools::print();
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

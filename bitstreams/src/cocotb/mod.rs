//! `cargo xtask cocotb`: the endpoint against an independent host model, under Verilator and Icarus.
//!
//! Context: the tests are in `hdl/tests/cocotb`. Here the card's Verilog is generated and the simulators are built
//! and run. Models are compiled without make; a run takes its seed from the command line and prints it.

mod bench;
pub mod figures;
mod model;
pub mod mutants;
mod verdict;

use anyhow::{Result, bail};
use bench::{Bench, Job};
use clap::{Args, ValueEnum};
use std::process::Command;

/// DWs of the random run of a check.
const CHECK_BEATS: u64 = 2_000_000;
/// From so many DWs on an empty cell of the coverage table fails the run.
const COVERED_BEATS: u64 = 1_500_000;
const DIRECTED: &str = "test_enumeration,test_windows,test_dma,test_faults,test_errors,test_error_messages,test_interrupts,test_figures";
/// What Icarus repeats: a minute for a second simulator.
const ICARUS_FILTER: &str = "behind_a_root_port|behind_a_switch|zero_length|every_byte_enable|one_vector|messages|malformed|random_traffic";
/// DWs of its random run.
const ICARUS_BEATS: u64 = 20_000;

/// A Verilog simulator.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Simulator {
    /// Compiled, from the project-local environment.
    Verilator,
    /// Interpreted.
    Icarus,
}

/// Options of `cargo xtask cocotb`.
#[derive(Args)]
pub struct Options {
    /// Seed of everything that is random.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// DWs that the random run moves; 0 leaves it out.
    #[arg(long, default_value_t = CHECK_BEATS)]
    beats: u64,
    /// Which simulator.
    #[arg(long, value_enum, default_value = "verilator")]
    sim: Simulator,
    /// Only tests whose name matches this regular expression.
    #[arg(long)]
    test: Option<String>,
}

/// Runs the tests as asked.
///
/// # Errors
/// When a tool is missing, or a test fails.
pub fn run(options: &Options) -> Result<()> {
    let modules = if options.beats == 0 {
        DIRECTED.to_owned()
    } else {
        format!("{DIRECTED},test_random")
    };
    Bench::new()?.check(&Job {
        sim: options.sim,
        modules: &modules,
        filter: options.test.as_deref(),
        seed: options.seed,
        beats: options.beats,
        coverage: options.beats >= COVERED_BEATS,
        ..Job::default()
    })
}

/// The step of `cargo xtask test`: all tests and the long random run under Verilator, some of them under Icarus.
///
/// # Errors
/// When a test fails, or with `require` when a tool is missing.
pub fn check(require: bool) -> Result<Vec<String>> {
    let bench = match Bench::new() {
        Ok(bench) => bench,
        Err(error) if !require => return Ok(vec![format!("cocotb: {error:#}")]),
        Err(error) => return Err(error),
    };
    let seed = std::env::var("LUMENPORT_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    let modules = format!("{DIRECTED},test_random");
    bench.check(&Job {
        modules: &modules,
        seed,
        beats: CHECK_BEATS,
        coverage: true,
        ..Job::default()
    })?;
    if Command::new("iverilog").arg("-V").output().is_err() {
        if require {
            bail!("iverilog is missing (package iverilog)");
        }
        return Ok(vec!["cocotb under Icarus: iverilog is missing".to_owned()]);
    }
    bench.check(&Job {
        sim: Simulator::Icarus,
        modules: &modules,
        filter: Some(ICARUS_FILTER),
        seed,
        beats: ICARUS_BEATS,
        ..Job::default()
    })?;
    Ok(Vec::new())
}

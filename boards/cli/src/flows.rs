//! `flows`: runs the flow suite and tells how each flow ended.

use crate::args::Flows;
#[cfg(feature = "sim")]
use crate::socket_target::SocketTarget;
use anyhow::{Context, Result, bail};
use lumenport_flows::{FakeTarget, FlowResult, Outcome, Target, run_all, to_json};
#[cfg(feature = "sim")]
use lumenport_sim::SimTarget;

/// Names of the targets that run when none is named, in the order of the matrix.
const TARGETS: [&str; 5] = ["fake", "native", "verilated", "verilated-hostile", "socket"];

/// Runs the command.
pub fn run(args: &Flows) -> Result<()> {
    let wanted: Vec<&str> = if args.target.is_empty() {
        TARGETS.to_vec()
    } else {
        args.target.iter().map(String::as_str).collect()
    };
    let mut results = Vec::new();
    for name in wanted {
        results.extend(match name {
            "fake" => run_target(&FakeTarget::default(), args),
            _ => run_simulated(name, args)?,
        });
    }
    finish(args, &results)
}

#[cfg(feature = "sim")]
fn run_simulated(name: &str, args: &Flows) -> Result<Vec<FlowResult>> {
    Ok(match name {
        "native" => run_target(&SimTarget::native(), args),
        "verilated" => run_target(&SimTarget::verilated(), args),
        "verilated-hostile" => run_target(&SimTarget::verilated_hostile(), args),
        "socket" => run_target(&SocketTarget, args),
        _ => bail!(
            "no target is called {name}; there are {}",
            TARGETS.join(", ")
        ),
    })
}

#[cfg(not(feature = "sim"))]
fn run_simulated(name: &str, _args: &Flows) -> Result<Vec<FlowResult>> {
    bail!("no target is called {name} in a build without the simulator; there is fake")
}

/// Runs the suite on one card.
pub fn run_device<T: Target>(target: &T, args: &Flows) -> Result<()> {
    if !args.target.is_empty() {
        bail!("--target chooses simulated cards; it does not go with --device");
    }
    finish(args, &run_target(target, args))
}

/// Saves the results, counts them, and fails when a flow did.
fn finish(args: &Flows, results: &[FlowResult]) -> Result<()> {
    if let Some(path) = &args.json {
        std::fs::write(path, to_json(results))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let count = |outcome: Outcome| {
        results
            .iter()
            .filter(|result| result.outcome == outcome)
            .count()
    };
    let (passed, failed, skipped) = (
        count(Outcome::Passed),
        count(Outcome::Failed),
        count(Outcome::Skipped),
    );
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    if failed != 0 {
        bail!("{failed} flows failed");
    }
    if passed == 0 {
        bail!("no flow ran");
    }
    Ok(())
}

fn run_target<T: Target>(target: &T, args: &Flows) -> Vec<FlowResult> {
    let wanted = |name: &str| {
        let only = args.only.as_ref();
        only.is_none_or(|part| name.contains(part.as_str()))
            && !args.except.iter().any(|left_out| left_out == name)
    };
    run_all(target, wanted, |result| {
        let outcome = match result.outcome {
            Outcome::Passed => "ok",
            Outcome::Failed => "FAILED",
            Outcome::Skipped => "skipped",
        };
        println!(
            "{:<17} {:<22} {outcome:<8} {:>7.2} s  {}",
            result.target, result.flow, result.seconds, result.reason
        );
    })
}

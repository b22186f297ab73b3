//! Runs flows, catches panics, takes the time.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use crate::error::{FlowError, FlowOutcome};
use crate::flows::{FlowSpec, all};
use crate::report::{FlowResult, Outcome};
use crate::target::Target;

/// Runs one flow.
pub fn run_one<T: Target>(target: &T, flow: &FlowSpec<T>) -> FlowResult {
    let start = Instant::now();
    // A board that panicked is dropped with the flow; nothing of it is used again.
    let ended = catch_unwind(AssertUnwindSafe(|| (flow.run)(target)));
    let outcome: FlowOutcome =
        ended.unwrap_or_else(|panic| Err(FlowError::Failed(panic_text(panic.as_ref()))));
    let (outcome, reason) = match outcome {
        Ok(note) => (Outcome::Passed, note),
        Err(FlowError::Failed(reason)) => (Outcome::Failed, reason),
        Err(FlowError::Skipped(reason)) => (Outcome::Skipped, reason),
    };
    FlowResult {
        flow: flow.name.to_owned(),
        target: target.name().to_owned(),
        outcome,
        seconds: start.elapsed().as_secs_f64(),
        reason,
    }
}

/// Runs every flow whose name `wanted` accepts, in table order; `progress` sees each result at once.
pub fn run_all<T: Target>(
    target: &T,
    mut wanted: impl FnMut(&str) -> bool,
    mut progress: impl FnMut(&FlowResult),
) -> Vec<FlowResult> {
    let mut results = Vec::new();
    for flow in all::<T>().iter().filter(|flow| wanted(flow.name)) {
        let result = run_one(target, flow);
        progress(&result);
        results.push(result);
    }
    results
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    format!(
        "panicked: {}",
        text.unwrap_or_else(|| "no message".to_owned())
    )
}

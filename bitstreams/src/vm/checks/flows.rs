//! The flow suite in the guest.

use super::driver::Way;
use crate::vm::qemu::{Guest, QUICK};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;

/// Longest time for the whole suite.
const SUITE: Duration = Duration::from_mins(6);
/// Flows in which the card is pulled without a word: Linux then tries for a minute and more to reset the absent card, and lets nobody else have it.
/// The rows "unplug" and "unplug during DMA" have the slot's own way.
const LEFT_OUT: [&str; 2] = ["hot_unplug", "hot_unplug_in_flight"];
/// Results in the guest.
const RESULTS: &str = "/tmp/flows.json";

/// As the runner writes it.
#[derive(Clone, Debug, Deserialize)]
pub struct FlowEntry {
    /// Its name.
    pub flow: String,
    /// `passed`, `failed` or `skipped`.
    pub outcome: String,
    /// Wall time in the guest.
    pub seconds: f64,
    /// Why it did not pass.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Where the results of a way lie afterwards, for the flow matrix.
///
/// # Errors
/// When cargo's target folder cannot be written.
pub fn results_path(way: Way) -> Result<PathBuf> {
    Ok(crate::workspace::output_folder()?.join(format!("flows-{}.json", way.label())))
}

/// Runs the suite; a failed flow fails the check, a skipped one is counted.
pub fn check(guest: &mut Guest, way: Way) -> Result<(Vec<FlowEntry>, String)> {
    let path = results_path(way)?;
    let _ = std::fs::remove_file(&path);
    let arguments = format!(
        "flows --label {} --except {} --json {RESULTS} 2>&1",
        way.label(),
        LEFT_OUT.join(",")
    );
    let answer = guest.run(&way.command_on_bench(&arguments), SUITE)?;
    let text = guest
        .expect(&format!("cat {RESULTS}"), QUICK)
        .with_context(|| format!("the suite did not run:\n{}", answer.text))?;
    let entries: Vec<FlowEntry> =
        serde_json::from_str(&text).context("the results are not a list of flows")?;
    std::fs::write(&path, &text)?;
    let of = |outcome: &'static str| {
        let is = move |entry: &&FlowEntry| entry.outcome.starts_with(outcome);
        entries.iter().filter(is)
    };
    let (passed, skipped) = (of("pass").count(), of("skip").count());
    let failed: Vec<_> = of("fail")
        .map(|e| format!("{}: {}", e.flow, e.reason.as_deref().unwrap_or_default()))
        .collect();
    if !failed.is_empty() || passed == 0 {
        bail!("{passed} passed; failed:\n{}", failed.join("\n"));
    }
    let note = format!("{passed} flows passed, {skipped} skipped");
    Ok((entries, note))
}

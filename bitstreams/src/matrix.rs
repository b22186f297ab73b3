//! `cargo xtask matrix`: the README's table flow × target, made from results.
//!
//! Results are a JSON array; the flow suite's runner writes one object a flow and target:
//!
//! ```json
//! [{ "flow": "dma_host_to_card", "target": "native", "outcome": "pass", "seconds": 0.8, "reason": "" }]
//! ```
//!
//! `outcome` is `pass` or `passed`, `fail` or `failed`, `skipped`; `reason` says why for the last two. Seconds stay out of the table, so that it
//! only changes when flows, targets or outcomes do.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const BEGIN: &str = "<!-- matrix:begin -->";
const END: &str = "<!-- matrix:end -->";

/// How one flow ended on one target.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    #[serde(alias = "passed")]
    Pass,
    #[serde(alias = "failed")]
    Fail,
    Skipped,
}

/// One flow on one target.
#[derive(Deserialize)]
struct Entry {
    flow: String,
    target: String,
    outcome: Outcome,
    #[serde(default, rename = "seconds")]
    _seconds: f64,
    #[serde(default)]
    reason: Option<String>,
}

/// Writes the table into the README, or with `check` compares it. Without `results` the flow suite runs first.
///
/// # Errors
/// When the flow suite cannot run, the results cannot be read, the README has no markers, or, with `check`, the table is old.
pub fn run(results: Option<PathBuf>, check: bool) -> Result<()> {
    let results = match results {
        Some(path) => path,
        None => run_flows()?,
    };
    let text = std::fs::read_to_string(&results)
        .with_context(|| format!("cannot read {}", results.display()))?;
    let entries: Vec<Entry> = serde_json::from_str(&text)
        .with_context(|| format!("{} is not a list of flow results", results.display()))?;
    if entries.is_empty() {
        bail!("{} holds no result", results.display());
    }
    let readme = crate::workspace::root().join("README.md");
    let before = std::fs::read_to_string(&readme).context("cannot read README.md")?;
    let after = replace_block(&before, &table(&entries)).context("README.md")?;
    if before == after {
        println!("the flow matrix in README.md is up to date");
    } else if check {
        bail!("the flow matrix in README.md is old, run `cargo xtask matrix`");
    } else {
        std::fs::write(&readme, after).context("cannot write README.md")?;
        println!("wrote the flow matrix in README.md");
    }
    Ok(())
}

/// Runs every flow on every target that this machine has; returns where the results are.
fn run_flows() -> Result<PathBuf> {
    let path = crate::workspace::output_folder()?.join("flows.json");
    let status = Command::new(env!("CARGO"))
        .args([
            "run",
            "--release",
            "-p",
            "lumenport",
            "--",
            "flows",
            "--json",
        ])
        .arg(&path)
        .current_dir(crate::workspace::root())
        .status()
        .context("cannot run cargo")?;
    // A failed flow gives a non-zero exit and still a result for the table.
    if !status.success() && !is_fresh(&path) {
        bail!("the flow suite did not run");
    }
    Ok(path)
}

/// True when `path` was written within the last minute.
fn is_fresh(path: &Path) -> bool {
    let modified = std::fs::metadata(path).and_then(|m| m.modified());
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age.as_secs() < 60))
}

/// Names in order of first appearance.
fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

/// The table with a line of counts, and the reasons of everything that did not pass.
fn table(entries: &[Entry]) -> String {
    let flows = unique(entries.iter().map(|e| e.flow.as_str()));
    let targets = unique(entries.iter().map(|e| e.target.as_str()));
    let mut out = format!(
        "| flow | {} |\n|---|{}\n",
        targets.join(" | "),
        "---|".repeat(targets.len())
    );
    for flow in &flows {
        let _ = write!(out, "| {flow} |");
        for target in &targets {
            let entry = entries
                .iter()
                .find(|e| e.flow == *flow && e.target == *target);
            let mark = match entry.map(|e| e.outcome) {
                Some(Outcome::Pass) => "pass",
                Some(Outcome::Fail) => "**FAIL**",
                Some(Outcome::Skipped) => "skipped",
                None => "–",
            };
            let _ = write!(out, " {mark} |");
        }
        out.push('\n');
    }
    let count = |outcome| entries.iter().filter(|e| e.outcome == outcome).count();
    let _ = writeln!(
        out,
        "\n{} flows, {} targets: {} pass, {} fail, {} skipped.",
        flows.len(),
        targets.len(),
        count(Outcome::Pass),
        count(Outcome::Fail),
        count(Outcome::Skipped)
    );
    for entry in entries.iter().filter(|e| e.outcome != Outcome::Pass) {
        let reason = entry.reason.as_deref().unwrap_or_default();
        let _ = writeln!(out, "- {} on {}: {reason}", entry.flow, entry.target);
    }
    out
}

/// `text` with everything between the markers replaced by `block`.
fn replace_block(text: &str, block: &str) -> Result<String> {
    let begin = text
        .find(BEGIN)
        .with_context(|| format!("has no {BEGIN}"))?
        + BEGIN.len();
    let end = text.find(END).with_context(|| format!("has no {END}"))?;
    if end < begin {
        bail!("{END} comes before {BEGIN}");
    }
    let (head, rest) = text.split_at(begin);
    let (_, tail) = rest.split_at(end - begin);
    Ok(format!("{head}\n{block}{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULTS: &str = r#"[
        {"flow": "pool", "target": "fake", "outcome": "pass", "seconds": 0.1, "reason": null},
        {"flow": "pool", "target": "native", "outcome": "failed", "seconds": 2, "reason": "leaked one block"},
        {"flow": "palette", "target": "fake", "outcome": "skipped", "seconds": 0, "reason": "no display"}
    ]"#;

    #[test]
    fn table_has_a_row_a_flow_and_a_column_a_target() {
        let entries: Vec<Entry> = serde_json::from_str(RESULTS).expect("valid");
        assert_eq!(
            table(&entries),
            "| flow | fake | native |\n|---|---|---|\n| pool | pass | **FAIL** |\n| palette | skipped | – |\n\n\
             2 flows, 2 targets: 1 pass, 1 fail, 1 skipped.\n- pool on native: leaked one block\n- palette on fake: no display\n"
        );
    }

    #[test]
    fn only_the_block_between_the_markers_changes() {
        let text = format!("a\n{BEGIN}\nold\n{END}\nb\n");
        let new = replace_block(&text, "new\n").expect("markers are there");
        assert_eq!(new, format!("a\n{BEGIN}\nnew\n{END}\nb\n"));
        assert_eq!(replace_block(&new, "new\n").expect("again"), new);
    }

    #[test]
    fn missing_marker_is_named() {
        let error = replace_block("nothing", "x").expect_err("no marker");
        assert!(error.to_string().contains(BEGIN));
    }

    #[test]
    fn unknown_outcome_is_refused() {
        let bad = r#"[{"flow": "a", "target": "b", "outcome": "maybe", "seconds": 0}]"#;
        assert!(serde_json::from_str::<Vec<Entry>>(bad).is_err());
    }
}

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
use std::path::PathBuf;
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

impl Outcome {
    /// The table's word.
    fn mark(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "**FAIL**",
            Self::Skipped => "skipped",
        }
    }
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

impl Entry {
    /// Why it did not pass; empty when the runner gave no reason.
    fn reason(&self) -> &str {
        self.reason.as_deref().unwrap_or_default()
    }
}

/// Writes the table into the README. Without `results` the flow suite runs first.
///
/// # Errors
/// When the flow suite cannot run, the results cannot be read, or the README has no markers.
pub fn write(results: Option<PathBuf>) -> Result<()> {
    let (entries, readme) = read(results)?;
    let (_, present, _) = split(&readme)?;
    let block = format!("\n{}", table(&entries));
    if present == block {
        println!("the flow matrix in README.md is up to date");
        return Ok(());
    }
    let path = crate::workspace::root().join("README.md");
    std::fs::write(path, replace_block(&readme, &block)?).context("cannot write README.md")?;
    println!("wrote the flow matrix in README.md");
    Ok(())
}

/// Compares the README's table with results. Without `results` the flow suite runs first.
///
/// Returns what could not be compared, because a target did not run on this machine.
///
/// # Errors
/// When the table is old or a flow failed; with `complete` also when something could not be compared; and as [`write()`].
pub fn check(results: Option<PathBuf>, complete: bool) -> Result<Vec<String>> {
    let (entries, readme) = read(results)?;
    let (_, present, _) = split(&readme)?;
    let Comparison { different, not_run } = compare(present, &entries);
    let failed: Vec<_> = entries
        .iter()
        .filter(|e| e.outcome == Outcome::Fail)
        .map(|e| format!("{} on {} failed: {}", e.flow, e.target, e.reason()))
        .collect();
    if !failed.is_empty() {
        bail!("flows failed:\n  {}", failed.join("\n  "));
    }
    if !different.is_empty() {
        bail!(
            "the flow matrix in README.md is old, run `cargo xtask matrix`:\n  {}",
            different.join("\n  ")
        );
    }
    if complete && !not_run.is_empty() {
        bail!(
            "the flow matrix could not be compared as a whole:\n  {}",
            not_run.join("\n  ")
        );
    }
    println!(
        "the flow matrix in README.md is up to date: {} results compared",
        entries.len()
    );
    Ok(not_run)
}

/// Targets that run side by side, in the order of the table. Each group keeps one processor busy; the native engine takes as
/// long as all others.
const GROUPS: [&str; 2] = ["fake,native", "verilated,verilated-hostile,socket"];

/// Results, and the text of the README.
fn read(results: Option<PathBuf>) -> Result<(Vec<Entry>, String)> {
    let paths = if let Some(path) = results {
        vec![path]
    } else {
        let mut paths = run_flows()?;
        paths.extend(crate::vm::flow_results()?);
        paths
    };
    let mut entries: Vec<Entry> = Vec::new();
    for path in &paths {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let more: Vec<Entry> = serde_json::from_str(&text)
            .with_context(|| format!("{} is not a list of flow results", path.display()))?;
        if more.is_empty() {
            bail!("{} holds no result", path.display());
        }
        entries.extend(more);
    }
    let readme = std::fs::read_to_string(crate::workspace::root().join("README.md"))
        .context("cannot read README.md")?;
    Ok((entries, readme))
}

/// What the README's table says differently, and what it says that was not run here.
struct Comparison {
    different: Vec<String>,
    not_run: Vec<String>,
}

fn compare(block: &str, entries: &[Entry]) -> Comparison {
    let present = cells(block);
    let mut result = Comparison {
        different: Vec::new(),
        not_run: Vec::new(),
    };
    for entry in entries {
        let mark = entry.outcome.mark();
        let found = present
            .iter()
            .find(|c| c.flow == entry.flow && c.target == entry.target)
            .map_or("–", |c| c.mark.as_str());
        if found == mark {
            continue;
        }
        let (flow, target) = (&entry.flow, &entry.target);
        if entry.outcome == Outcome::Skipped {
            result
                .not_run
                .push(format!("{flow} on {target}: {}", entry.reason()));
        } else {
            result.different.push(format!(
                "{flow} on {target}: table says {found}, result is {mark}"
            ));
        }
    }
    let flows = unique(entries.iter().map(|e| e.flow.as_str()));
    let targets = unique(entries.iter().map(|e| e.target.as_str()));
    for target in unique(present.iter().map(|c| c.target.as_str())) {
        if !targets.contains(&target) {
            result
                .not_run
                .push(format!("target {target} did not run here"));
        }
    }
    for flow in unique(present.iter().map(|c| c.flow.as_str())) {
        if !flows.contains(&flow) {
            result
                .different
                .push(format!("{flow}: in the table, but no such flow"));
        }
    }
    result
}

/// One cell of the README's table.
struct Cell {
    flow: String,
    target: String,
    mark: String,
}

/// The table of `block` cell by cell.
fn cells(block: &str) -> Vec<Cell> {
    let mut rows = block.lines().filter_map(|line| {
        let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
        Some(
            inner
                .split('|')
                .map(|c| c.trim().to_owned())
                .collect::<Vec<_>>(),
        )
    });
    let targets: Vec<_> = rows
        .next()
        .unwrap_or_default()
        .into_iter()
        .skip(1)
        .collect();
    let mut cells = Vec::new();
    // The line of dashes under the heading is no row.
    for row in rows.skip(1) {
        let Some((flow, marks)) = row.split_first() else {
            continue;
        };
        for (target, mark) in targets.iter().zip(marks) {
            cells.push(Cell {
                flow: flow.clone(),
                target: target.clone(),
                mark: mark.clone(),
            });
        }
    }
    cells
}

/// Runs every flow on every target that this machine has; returns where the results are.
fn run_flows() -> Result<Vec<PathBuf>> {
    let folder = crate::workspace::output_folder()?;
    let mut running = Vec::new();
    for (group, targets) in GROUPS.iter().enumerate() {
        let path = folder.join(format!("flows-{group}.json"));
        // What is there afterwards is of this run. It may not be there now.
        let _ = std::fs::remove_file(&path);
        let child = Command::new(env!("CARGO"))
            .args(["run", "--release", "-p", "lumenport", "--"])
            .args(["flows", "--target", targets, "--json"])
            .arg(&path)
            .current_dir(crate::workspace::root())
            .spawn()
            .context("cannot run cargo")?;
        running.push((child, path));
    }
    let mut paths = Vec::new();
    for (mut child, path) in running {
        let status = child.wait().context("cannot wait for cargo")?;
        // A failed flow gives a non-zero exit and still a result for the table.
        if !status.success() && !path.exists() {
            bail!("the flow suite did not run");
        }
        paths.push(path);
    }
    Ok(paths)
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
            let mark = entry.map_or("–", |e| e.outcome.mark());
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
        let _ = writeln!(
            out,
            "- {} on {}: {}",
            entry.flow,
            entry.target,
            entry.reason()
        );
    }
    out
}

/// `text` up to and with the first marker, between the markers, and from the second marker on.
fn split(text: &str) -> Result<(&str, &str, &str)> {
    let begin = text
        .find(BEGIN)
        .with_context(|| format!("README.md has no {BEGIN}"))?
        + BEGIN.len();
    let (head, rest) = text.split_at(begin);
    let end = rest
        .find(END)
        .with_context(|| format!("README.md has no {END} after {BEGIN}"))?;
    let (block, tail) = rest.split_at(end);
    Ok((head, block, tail))
}

/// `text` with everything between the markers replaced by `block`.
fn replace_block(text: &str, block: &str) -> Result<String> {
    let (head, _, tail) = split(text)?;
    Ok(format!("{head}{block}{tail}"))
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
        let new = replace_block(&text, "\nnew\n").expect("markers are there");
        assert_eq!(new, format!("a\n{BEGIN}\nnew\n{END}\nb\n"));
        assert_eq!(replace_block(&new, "\nnew\n").expect("again"), new);
    }

    #[test]
    fn missing_marker_is_named() {
        let error = replace_block("nothing", "x").expect_err("no marker");
        assert!(error.to_string().contains(BEGIN));
    }

    fn entry(flow: &str, target: &str, outcome: Outcome) -> Entry {
        Entry {
            flow: flow.to_owned(),
            target: target.to_owned(),
            outcome,
            _seconds: 0.0,
            reason: None,
        }
    }

    #[test]
    fn own_table_compares_equal() {
        let entries: Vec<Entry> = serde_json::from_str(RESULTS).expect("valid");
        let comparison = compare(&format!("\n{}", table(&entries)), &entries);
        assert!(comparison.different.is_empty());
        assert!(comparison.not_run.is_empty());
    }

    #[test]
    fn target_that_did_not_run_is_no_difference() {
        let all = [
            entry("a", "fake", Outcome::Pass),
            entry("a", "verilated", Outcome::Pass),
        ];
        let comparison = compare(&table(&all), &all[..1]);
        assert!(comparison.different.is_empty());
        assert_eq!(comparison.not_run, ["target verilated did not run here"]);
        let skipped = [
            entry("a", "fake", Outcome::Pass),
            entry("a", "verilated", Outcome::Skipped),
        ];
        let comparison = compare(&table(&all), &skipped);
        assert!(comparison.different.is_empty());
        assert_eq!(comparison.not_run.len(), 1);
    }

    #[test]
    fn new_gone_and_changed_flows_are_differences() {
        let old = [
            entry("a", "fake", Outcome::Skipped),
            entry("gone", "fake", Outcome::Pass),
        ];
        let new = [
            entry("a", "fake", Outcome::Pass),
            entry("new", "fake", Outcome::Pass),
        ];
        assert_eq!(compare(&table(&old), &new).different.len(), 3);
    }

    #[test]
    fn unknown_outcome_is_refused() {
        let bad = r#"[{"flow": "a", "target": "b", "outcome": "maybe", "seconds": 0}]"#;
        assert!(serde_json::from_str::<Vec<Entry>>(bad).is_err());
    }
}

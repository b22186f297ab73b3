//! The conformance tests run, and `videoport/README.md` says how they ended.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The tables in the README, by the word in their markers.
const BLOCKS: [&str; 2] = ["conformance", "calls"];

fn readme() -> PathBuf {
    crate::workspace::root().join("videoport/README.md")
}

/// What the run printed for the README, and the targets that this machine does not have.
struct Results {
    text: String,
    skips: Vec<String>,
}

/// Runs the tests on every target with the drivers that `native` built.
fn run(folder: &Path) -> Result<Results> {
    let driver = folder.join("lumenport-gcc.so");
    let without_interrupt = folder.join("lumenport-without-interrupt-gcc.so");
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(crate::workspace::root());
    command.args([
        "run",
        "--release",
        "--quiet",
        "-p",
        "lumenport",
        "--",
        "conformance",
    ]);
    command.args(["--target", "fake,verilated", "--markdown", "--json"]);
    command.arg(folder.join("results.json"));
    command.arg("--without-interrupt").arg(without_interrupt);
    let output = command
        .arg(driver)
        .output()
        .context("cannot start the conformance tests")?;
    let told = String::from_utf8_lossy(&output.stderr);
    let log = folder.join("tests.log");
    std::fs::write(&log, told.as_bytes())
        .with_context(|| format!("cannot write {}", log.display()))?;
    if !output.status.success() {
        bail!("the conformance tests fail:\n{told}");
    }
    let skips: Vec<String> = told
        .lines()
        .filter_map(|line| line.strip_prefix("SKIP "))
        .map(|skip| format!("conformance tests on {skip}"))
        .collect();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(Results { text, skips })
}

/// Start and end of a block in a text, markers included.
fn find(text: &str, name: &str) -> Result<(usize, usize)> {
    let (begin, end) = (
        format!("<!-- begin {name} -->"),
        format!("<!-- end {name} -->"),
    );
    let start = text.find(&begin);
    let stop = text.find(&end).map(|at| at + end.len());
    match (start, stop) {
        (Some(start), Some(stop)) if start < stop => Ok((start, stop)),
        _ => bail!("no block between {begin} and {end}"),
    }
}

/// `present` with its blocks replaced by those of `made`.
fn replaced(present: &str, made: &str) -> Result<String> {
    let mut text = present.to_owned();
    for name in BLOCKS {
        let (from, to) = find(made, name).context("in what the tests print")?;
        let (start, stop) = find(&text, name).context("in videoport/README.md")?;
        text.replace_range(start..stop, &made[from..to]);
    }
    Ok(text)
}

/// Rows of the README that say something else than the run. A run on fewer targets has fewer columns: the others are not compared.
fn differences(present: &str, made: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for name in BLOCKS {
        let rows = |text: &str| -> Result<Vec<String>> {
            let (start, stop) = find(text, name)?;
            let rows = text[start..stop]
                .lines()
                .filter(|line| line.starts_with('|'));
            Ok(rows.map(str::to_owned).collect())
        };
        let (present, made) = (rows(present)?, rows(made)?);
        if present.len() != made.len() {
            found.push(format!(
                "{name}: {} rows, the run has {}",
                present.len(),
                made.len()
            ));
        }
        for (present, made) in present.iter().zip(&made) {
            if !present.starts_with(made.trim_end_matches('|')) {
                found.push(format!("says   {present}\n  run is {made}"));
            }
        }
    }
    Ok(found)
}

/// Runs the tests and writes the README's tables.
///
/// # Errors
/// When a test fails, or the run was not on every target.
pub fn write(folder: &Path) -> Result<()> {
    let results = run(folder)?;
    if !results.skips.is_empty() {
        bail!("the tables need every target: {}", results.skips.join("; "));
    }
    let path = readme();
    let present = std::fs::read_to_string(&path)?;
    let text = replaced(&present, &results.text)?;
    if text == present {
        println!("the conformance tables in videoport/README.md are up to date");
        return Ok(());
    }
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    println!("wrote the conformance tables in videoport/README.md");
    Ok(())
}

/// Runs the tests and compares the README's tables with them. Returns the targets that this machine does not have.
///
/// # Errors
/// When a test fails, a service is never called, or the tables are old.
pub fn check(folder: &Path) -> Result<Vec<String>> {
    let results = run(folder)?;
    let present = std::fs::read_to_string(readme())?;
    let found = differences(&present, &results.text)?;
    if !found.is_empty() {
        bail!(
            "the tables in videoport/README.md are old, run `cargo xtask conformance --write`:\n  {}",
            found.join("\n  ")
        );
    }
    println!("conformance tests pass, the tables in videoport/README.md say so");
    Ok(results.skips)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADE: &str = "<!-- begin conformance -->\n| t | fake | v |\n| A | pass | pass |\n<!-- end conformance -->\n\
                        <!-- begin calls -->\n| S | A |\n<!-- end calls -->\n";

    #[test]
    fn blocks_are_replaced_and_the_rest_stays() {
        let present = "x\n<!-- begin calls -->\nold\n<!-- end calls -->\ny\n\
                       <!-- begin conformance --><!-- end conformance -->\nz\n";
        let text = replaced(present, MADE).expect("both blocks are there");
        assert!(text.starts_with("x\n<!-- begin calls -->\n| S | A |\n<!-- end calls -->\ny\n"));
        assert!(text.ends_with("| A | pass | pass |\n<!-- end conformance -->\nz\n"));
        assert!(differences(&text, MADE).expect("blocks").is_empty());
    }

    #[test]
    fn an_old_row_is_found_and_a_missing_column_is_not_compared() {
        let old = MADE.replace("| A | pass | pass |", "| A | fail | pass |");
        assert_eq!(differences(&old, MADE).expect("blocks").len(), 1);
        let fewer = MADE
            .replace("| t | fake | v |", "| t | fake |")
            .replace("| A | pass | pass |", "| A | pass |");
        assert!(differences(MADE, &fewer).expect("blocks").is_empty());
        assert!(differences("nothing", MADE).is_err());
    }
}

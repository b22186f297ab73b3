//! What was measured in the guests, as tables.
//!
//! Wall times of an emulated processor and a simulated card: they compare ways to the card with each other and tell what a run costs.
//! They say nothing of hardware.

use super::checks::FlowEntry;
use crate::{section, table, workspace};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::fmt::Write as _;

/// Name of the table's marks in the README.
const SECTION: &str = "vm-figures";
/// Slowest flows that the README names.
const SLOWEST: usize = 3;

/// One figure of `lumenport bench`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Figure {
    what: String,
    median: f64,
    unit: String,
}

/// What `lumenport bench --json` saves.
#[derive(Deserialize)]
struct Report {
    figures: Vec<Figure>,
}

/// One way to the card.
#[derive(Clone, Debug)]
pub struct Column {
    /// Heading.
    pub name: String,
    /// Seconds from QEMU's start to a shell; none without a machine.
    pub boot_s: Option<f64>,
    /// What the driver measured.
    pub figures: Vec<Figure>,
    /// Flows with their times.
    pub flows: Vec<FlowEntry>,
}

/// Reads what `lumenport bench` has saved.
///
/// # Errors
/// When it is something else.
pub fn parse(text: &str) -> Result<Vec<Figure>> {
    let report: Report = serde_json::from_str(text).context("no figures of lumenport bench")?;
    Ok(report.figures)
}

/// All rows: a heading, then a line for each figure with a cell for each column. The last column is the ratio of the second column
/// to the first.
fn rows(columns: &[Column]) -> Vec<Vec<String>> {
    let mut heading = vec!["figure".to_owned(), "unit".to_owned()];
    heading.extend(columns.iter().map(|column| column.name.clone()));
    let with_ratio = columns.len() > 1;
    if with_ratio {
        heading.push("second / first".to_owned());
    }
    let mut rows = vec![heading];
    let mut row = |what: &str, unit: &str, values: Vec<Option<f64>>| {
        let mut row = vec![what.to_owned(), unit.to_owned()];
        row.extend(values.iter().map(|v| v.map_or("–".to_owned(), number)));
        if with_ratio {
            let ratio = match values.as_slice() {
                [Some(first), Some(second), ..] if *first > 0.0 => number(second / first),
                _ => String::new(),
            };
            row.push(ratio);
        }
        rows.push(row);
    };
    let boots: Vec<_> = columns.iter().map(|column| column.boot_s).collect();
    if boots.iter().any(Option::is_some) {
        row("QEMU's start to a shell", "s", boots);
    }
    let mut names: Vec<(&str, &str)> = Vec::new();
    for figure in columns.iter().flat_map(|column| &column.figures) {
        let name = (figure.what.as_str(), figure.unit.as_str());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for (what, unit) in names {
        let of = |column: &Column| {
            let mut figures = column.figures.iter();
            figures.find(|f| f.what == what).map(|f| f.median)
        };
        row(what, unit, columns.iter().map(of).collect());
    }
    let flows = |column: &Column, of: fn(&[f64]) -> f64| {
        let mut seconds = passed_seconds(column);
        seconds.sort_by(f64::total_cmp);
        (!seconds.is_empty()).then(|| of(&seconds))
    };
    if columns.iter().any(|column| !column.flows.is_empty()) {
        for (what, of) in [
            ("flow suite", (|s| s.iter().sum()) as fn(&[f64]) -> f64),
            ("a flow, median", |s| s[s.len() / 2]),
            ("a flow, slowest", |s| s[s.len() - 1]),
        ] {
            row(what, "s", columns.iter().map(|c| flows(c, of)).collect());
        }
    }
    rows
}

fn passed_seconds(column: &Column) -> Vec<f64> {
    let passed = column
        .flows
        .iter()
        .filter(|f| f.outcome.starts_with("pass"));
    passed.map(|flow| flow.seconds).collect()
}

/// Three digits that matter.
fn number(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// The tables for a terminal: figures, then each flow's time.
pub fn text(columns: &[Column]) -> String {
    let mut heading = vec!["flow, seconds".to_owned()];
    let with_flows: Vec<_> = columns.iter().filter(|c| !c.flows.is_empty()).collect();
    heading.extend(with_flows.iter().map(|column| column.name.clone()));
    let mut flows = vec![heading];
    for entry in with_flows.first().iter().flat_map(|column| &column.flows) {
        let mut row = vec![entry.flow.clone()];
        row.extend(with_flows.iter().map(|column| {
            let found = column.flows.iter().find(|f| f.flow == entry.flow);
            found.map_or(String::new(), |f| format!("{:.2}", f.seconds))
        }));
        flows.push(row);
    }
    format!(
        "{}\n{}",
        table::render(&rows(columns)),
        table::render(&flows)
    )
}

/// The figures for a README.
fn markdown(columns: &[Column]) -> String {
    let mut out = String::new();
    for (number, row) in rows(columns).iter().enumerate() {
        let _ = writeln!(out, "| {} |", row.join(" | "));
        if number == 0 {
            let _ = writeln!(out, "|{}", "---|".repeat(row.len()));
        }
    }
    for column in columns.iter().filter(|column| !column.flows.is_empty()) {
        let mut slowest: Vec<_> = column.flows.iter().collect();
        slowest.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        let named = slowest.iter().take(SLOWEST);
        let named: Vec<_> = named
            .map(|f| format!("`{}` {} s", f.flow, number(f.seconds)))
            .collect();
        let _ = writeln!(
            out,
            "\nSlowest flows, {}: {}.",
            column.name,
            named.join(", ")
        );
    }
    out
}

/// Writes the figures into `bitstreams/README.md`.
///
/// # Errors
/// When it has no place for them.
pub fn write(columns: &[Column]) -> Result<()> {
    let path = workspace::root().join("bitstreams/README.md");
    section::replace(&path, SECTION, &markdown(columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, read_us: f64, boot_s: Option<f64>, flow_s: &[f64]) -> Column {
        let flows = flow_s
            .iter()
            .enumerate()
            .map(|(number, seconds)| FlowEntry {
                flow: format!("flow{number}"),
                outcome: "passed".to_owned(),
                seconds: *seconds,
                reason: None,
            });
        Column {
            name: name.to_owned(),
            boot_s,
            figures: parse(&format!(
                r#"{{"device":"x","figures":[{{"what":"register read","median":{read_us},"best":1,"unit":"us"}}]}}"#
            ))
            .expect("valid"),
            flows: flows.collect(),
        }
    }

    #[test]
    fn ratio_is_of_the_second_column_to_the_first() {
        let columns = [
            column("socket", 20.0, None, &[]),
            column("guest", 50.0, Some(7.0), &[1.0, 3.0, 2.0]),
        ];
        let rows = rows(&columns);
        let of = |what: &str| {
            let row = rows
                .iter()
                .find(|row| row.first().is_some_and(|w| w == what));
            row.cloned().unwrap_or_default()
        };
        assert_eq!(
            of("register read"),
            ["register read", "us", "20.0", "50.0", "2.50"]
        );
        assert_eq!(
            of("QEMU's start to a shell").get(2..),
            Some(&["–", "7.00", ""].map(str::to_owned)[..])
        );
        assert_eq!(of("flow suite").get(3).map(String::as_str), Some("6.00"));
        assert_eq!(
            of("a flow, median").get(3).map(String::as_str),
            Some("2.00")
        );
        assert_eq!(
            of("a flow, slowest").get(3).map(String::as_str),
            Some("3.00")
        );
    }

    #[test]
    fn readme_names_the_slowest_flows() {
        let text = markdown(&[column("guest", 5.0, None, &[1.0, 9.0, 2.0, 3.0])]);
        assert!(
            text.contains("Slowest flows, guest: `flow1` 9.00 s, `flow3` 3.00 s, `flow2` 2.00 s.")
        );
        assert!(text.starts_with("| figure | unit | guest |\n|---|---|---|\n"));
    }

    #[test]
    fn something_else_is_no_report() {
        assert!(parse("[]").is_err());
    }
}

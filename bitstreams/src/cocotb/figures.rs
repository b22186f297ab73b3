//! The DMA figures of the independent model: measured by `test_figures`, kept as a table in the block's README.

use super::bench::{Bench, Job};
use crate::{section, workspace};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

const README: &str = "hdl/src/pcie/README.md";

#[derive(Deserialize)]
struct Figures {
    rates: Vec<Rate>,
    latency: BTreeMap<String, Latency>,
}

/// Rates of one payload size and round trip.
#[derive(Deserialize)]
struct Rate {
    size: u32,
    round_trip_us: u32,
    /// Payload by lane, at most.
    ceiling: f64,
    /// Share of the ceiling.
    read: f64,
    write: Option<f64>,
}

#[derive(Deserialize)]
struct Latency {
    first: u32,
    last: u32,
}

/// Measures and writes the table.
///
/// # Errors
/// When a tool is missing, or a bar of the tests is missed.
pub fn run() -> Result<()> {
    let path = workspace::output_folder()?.join("cocotb-figures.json");
    let _ = std::fs::remove_file(&path); // tests add to what they find
    Bench::new()?.check(&Job {
        modules: "test_figures",
        figures: Some(&path),
        ..Job::default()
    })?;
    let text = std::fs::read_to_string(&path).context("the tests wrote no figures")?;
    let figures: Figures = serde_json::from_str(&text).context("figures of the tests")?;
    let table = render(&figures);
    println!("{table}");
    section::replace(&workspace::root().join(README), "pcie figures", &table)
}

fn render(figures: &Figures) -> String {
    let mut out = "Share of the ceiling payload / (payload + 20) of a Gen1 lane, 32 KiB each, 32-bit addresses, \
        on the cocotb model.\n\n\
        | payload | round trip | ceiling | DMA read | DMA write | bar |\n|---|---|---|---|---|---|\n"
        .to_owned();
    for rate in &figures.rates {
        let bar = match (rate.size, rate.round_trip_us) {
            (64, 1) => "90 %",
            (128 | 256, 0) => "95 %",
            _ => "",
        };
        let _ = writeln!(
            out,
            "| {} bytes | {} µs | {:.1} MB/s | {} | {} | {bar} |",
            rate.size,
            rate.round_trip_us,
            rate.ceiling * 250.0,
            percent(Some(rate.read)),
            percent(rate.write)
        );
    }
    out.push_str(
        "\nReads are answered in completions of that size; of a write the host's credits come back after the round \
         trip.\n\n| read of one DW or more, nothing else going on | first DW of the completion after | last DW |\n\
         |---|---|---|\n",
    );
    for (name, latency) in &figures.latency {
        let _ = writeln!(
            out,
            "| {name} | {} clocks | {} clocks |",
            latency.first, latency.last
        );
    }
    out
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_ceiling_and_bar() {
        let text = r#"{"rates": [{"size": 64, "round_trip_us": 1, "ceiling": 0.5, "read": 0.987}],
            "latency": {"register": {"first": 10, "last": 12}}}"#;
        let table = render(&serde_json::from_str(text).expect("figures"));
        assert!(table.contains("| 64 bytes | 1 µs | 125.0 MB/s | 98.7 % | - | 90 % |"));
        assert!(table.contains("| register | 10 clocks | 12 clocks |"));
    }
}

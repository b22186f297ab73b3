//! What a run of cocotb found: read from its results file and its log.

use std::path::Path;

/// Lines of a failed test's report that are shown.
const REPORT_LINES: usize = 30;

/// A test that failed.
#[derive(Debug, PartialEq, Eq)]
pub struct Failed {
    /// `module.test`, with the parameters that cocotb adds.
    pub name: String,
    /// How long it ran, in nanoseconds of simulated time.
    pub duration_ns: u64,
}

/// The tests of a run.
#[derive(Debug, Default)]
pub struct Verdict {
    /// How many ran.
    pub tests: usize,
    /// Those that failed, in their order.
    pub failed: Vec<Failed>,
}

impl Verdict {
    /// Reads cocotb's results file; a missing file is a run of no tests.
    pub fn read(results: &Path) -> Self {
        Self::parse(&std::fs::read_to_string(results).unwrap_or_default())
    }

    fn parse(text: &str) -> Self {
        let mut verdict = Self::default();
        for case in text.split("<testcase ").skip(1) {
            let case = case.split("</testcase>").next().unwrap_or_default();
            verdict.tests += 1;
            if !case.contains("<failure") && !case.contains("<error") {
                continue;
            }
            let class = attribute(case, "classname=\"").unwrap_or_default();
            let name = attribute(case, "name=\"").unwrap_or_default();
            let duration = attribute(case, "name=\"sim_time_duration\" value=\"");
            verdict.failed.push(Failed {
                name: format!("{class}.{name}"),
                duration_ns: duration
                    .and_then(|text| text.split('.').next()?.parse().ok())
                    .unwrap_or(0),
            });
        }
        verdict
    }

    /// Whether tests ran and all passed.
    pub fn good(&self) -> bool {
        self.tests > 0 && self.failed.is_empty()
    }
}

/// Text between the first `start` that begins a word and the next quote.
fn attribute<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let at = text.match_indices(start).find(|(at, _)| {
        text.get(..*at)
            .is_none_or(|b| b.is_empty() || b.ends_with(' '))
    })?;
    text.get(at.0 + start.len()..)?.split('"').next()
}

/// Names of the tests that failed, in their order, from a log: a run that was ended early counts the rest as failed in
/// its results file.
pub fn seen_failing(log: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines = text.lines().filter(|l| l.contains(" cocotb.regression "));
    let failed = lines
        .filter_map(|line| line.trim_end().strip_suffix(" failed"))
        .filter_map(|line| line.split_whitespace().last());
    // After some failures the framework gives up and calls the rest failed too, which it never ran.
    failed
        .filter(|name| text.contains(&format!("running {name} (")))
        .map(str::to_owned)
        .collect()
}

/// The reports of failed tests in a log.
pub fn reports(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let mut out = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if line.trim_end().ends_with(" failed") {
            let report = lines
                .iter()
                .enumerate()
                .skip(at)
                .take(REPORT_LINES)
                .take_while(|(k, line)| *k == at || !line.contains(" cocotb.regression "));
            out.extend(report.map(|(_, line)| line.trim_start()));
        }
    }
    out.truncate(200);
    out.join("\n")
}

/// The first complaint in a log: what stands behind the exception's name, without the packet, fit for a table's cell.
pub fn complaint(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let mut lines = text
        .lines()
        .skip_while(|l| !l.trim_end().ends_with(" failed"));
    let found = lines.find_map(|line| {
        ["RuleBroken: ", "AssertionError: ", "SimTimeoutError: "]
            .iter()
            .find_map(|name| line.split_once(name))
    });
    let text = found.map_or("", |(_, rest)| rest);
    let short = text.split(": Packet(").next().unwrap_or_default();
    let short: String = short.chars().take(90).collect();
    short.replace('|', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_tests_are_named_with_their_time() {
        let text = "<testsuite><testcase classname=\"test_a\" name=\"x\" time=\"1\"><properties>\
            <property name=\"sim_time_duration\" value=\"5.5\" /></properties></testcase>\
            <testcase classname=\"test_b\" name=\"y/z=1\"><properties>\
            <property name=\"sim_time_duration\" value=\"1234.0\" /></properties><failure /></testcase></testsuite>";
        let verdict = Verdict::parse(text);
        assert_eq!(verdict.tests, 2);
        assert!(!verdict.good());
        let expected = Failed {
            name: "test_b.y/z=1".to_owned(),
            duration_ns: 1234,
        };
        assert_eq!(verdict.failed, [expected]);
        assert!(!Verdict::parse("").good());
    }

    #[test]
    fn reports_of_failed_tests_are_found() {
        let log = std::env::temp_dir().join(format!("xtask-cocotb-{}.log", std::process::id()));
        let text = "a passed\n  b failed\n  why\n 1ns INFO cocotb.regression running c\n";
        std::fs::write(&log, text).expect("temporary file");
        let text = reports(&log);
        let _ = std::fs::remove_file(&log);
        assert_eq!(text, "b failed\nwhy");
    }
}

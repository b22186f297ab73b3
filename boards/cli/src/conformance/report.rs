//! All results together: table for people, table for the README, verdict.

use super::list::TESTS;
use super::run::Outcome;
use anyhow::{Result, bail};
use lumenport_videoport::services::{Service, ServiceKind};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How every test ended, and what was called.
#[derive(Default, Serialize)]
pub struct Report {
    /// In order of the run.
    pub tests: Vec<Outcome>,
    /// Calls of each service the driver made, by target and name.
    pub calls: BTreeMap<String, BTreeMap<&'static str, u64>>,
}

/// Services that answer with their documented failure: there is no AGP and no BIOS on this card. `videoport/tests/readme.rs` compares.
const CLEAN_FAILURES: [&str; 2] = ["VideoPortGetAgpServices", "VideoPortInt10"];

/// Names of the documented services.
fn documented() -> impl Iterator<Item = &'static str> {
    Service::ALL
        .iter()
        .filter(|service| service.kind() == ServiceKind::Documented)
        .map(|service| service.name())
}

impl Report {
    /// Takes one test in.
    pub fn add(&mut self, outcome: Outcome) {
        let calls = self.calls.entry(outcome.target.clone()).or_default();
        for (name, count) in &outcome.calls {
            *calls.entry(name).or_default() += count;
        }
        self.tests.push(outcome);
    }

    fn targets(&self) -> Vec<&str> {
        let mut targets: Vec<&str> = Vec::new();
        for outcome in &self.tests {
            if !targets.contains(&outcome.target.as_str()) {
                targets.push(&outcome.target);
            }
        }
        targets
    }

    fn find(&self, id: &str, target: &str) -> Option<&Outcome> {
        self.tests
            .iter()
            .find(|outcome| outcome.test == id && outcome.target == target)
    }

    /// Services that the driver never called on a target.
    fn never_called(&self, target: &str) -> Vec<&'static str> {
        let calls = self.calls.get(target);
        documented()
            .filter(|name| !calls.is_some_and(|calls| calls.contains_key(name)))
            .collect()
    }

    /// The table for a terminal.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for target in self.targets() {
            let of = |word: &str| {
                self.tests
                    .iter()
                    .filter(|outcome| outcome.target == target && outcome.outcome == word)
                    .count()
            };
            let checks: u32 = self
                .tests
                .iter()
                .filter(|outcome| outcome.target == target)
                .map(|outcome| outcome.checks)
                .sum();
            let called = documented().count() - self.never_called(target).len();
            let _ = writeln!(
                text,
                "{target}: {} passed, {} failed, {} not applicable; {checks} checks; {called} of {} services called",
                of("pass"),
                of("fail"),
                of("n.a."),
                documented().count(),
            );
        }
        text
    }

    /// The tables of `videoport/README.md` between their markers: test x target, then service x tests. Counts and times stay
    /// out, they differ from run to run.
    pub fn markdown(&self) -> String {
        let targets = self.targets();
        let mut text = format!(
            "<!-- begin conformance -->\n| test | what it proves | {} |\n",
            targets.join(" | ")
        );
        let _ = writeln!(text, "|---|---|{}", "---|".repeat(targets.len()));
        let mut reasons: Vec<String> = Vec::new();
        for test in TESTS {
            let cells: Vec<String> = targets
                .iter()
                .map(|target| self.cell(test.id, target, &mut reasons))
                .collect();
            let _ = writeln!(
                text,
                "| {} | {} | {} |",
                test.id,
                test.says,
                cells.join(" | ")
            );
        }
        for (number, reason) in (1..).zip(&reasons) {
            let _ = writeln!(text, "\n({number}) {reason}.");
        }
        text.push_str("<!-- end conformance -->\n<!-- begin calls -->\n| service | state | called in |\n|---|---|---|\n");
        for name in documented() {
            let state = if CLEAN_FAILURES.contains(&name) {
                "clean failure"
            } else {
                "implemented"
            };
            let _ = writeln!(text, "| {name} | {state} | {} |", self.callers(name));
        }
        text.push_str("<!-- end calls -->\n");
        text
    }

    fn cell(&self, id: &str, target: &str, reasons: &mut Vec<String>) -> String {
        let Some(outcome) = self.find(id, target) else {
            return "-".to_owned();
        };
        if outcome.outcome != "n.a." {
            return outcome.outcome.clone();
        }
        let place = reasons
            .iter()
            .position(|reason| *reason == outcome.reason)
            .unwrap_or_else(|| {
                reasons.push(outcome.reason.clone());
                reasons.len() - 1
            });
        format!("n.a. ({})", place + 1)
    }

    /// The tests in which the driver calls a service on the first target. What loads and starts a device is part of every test
    /// and named only for a service that no test calls otherwise.
    fn callers(&self, service: &str) -> String {
        let first = self.targets().first().map(|target| (*target).to_owned());
        let here = |outcome: &&Outcome| Some(&outcome.target) == first.as_ref();
        let tests: Vec<&str> = self
            .tests
            .iter()
            .filter(here)
            .filter(|outcome| outcome.own_services.contains(service))
            .map(|outcome| outcome.test.as_str())
            .collect();
        let ran = self.tests.iter().filter(here).count();
        let started = self
            .tests
            .iter()
            .any(|outcome| outcome.calls.contains_key(service));
        if tests.len() > ran / 2 {
            return "most tests".to_owned();
        }
        if tests.is_empty() && started {
            return "the start of every test".to_owned();
        }
        tests.join(" ")
    }

    /// Whether everything is as it must be.
    ///
    /// # Errors
    /// Names the failed tests, or with `whole` the services that nobody called.
    pub fn verdict(&self, whole: bool) -> Result<()> {
        let failed: Vec<String> = self
            .tests
            .iter()
            .filter(|outcome| outcome.outcome == "fail")
            .map(|outcome| format!("{} on {}", outcome.test, outcome.target))
            .collect();
        if !failed.is_empty() {
            bail!("{} failed: {}", failed.len(), failed.join(", "));
        }
        for target in self.targets() {
            let never = self.never_called(target);
            if whole && !never.is_empty() {
                bail!("never called on {target}: {}", never.join(", "));
            }
        }
        Ok(())
    }
}

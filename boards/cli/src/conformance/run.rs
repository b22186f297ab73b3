//! One test: its parts, its expectations, its verdict.

use super::record::{PartResult, Request, Verdict};
use super::stage::{Bench, Setup, Stage};
use anyhow::Result;
use lumenport_videoport::LeakReport;
use lumenport_videoport::services::Service;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// How a test ended on a target.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Its id.
    pub test: String,
    /// Where it ran.
    pub target: String,
    /// `pass`, `fail` or `n.a.`.
    pub outcome: String,
    /// Checks made, in the driver and here.
    pub checks: u32,
    /// Why it failed or does not apply.
    pub reason: String,
    /// Units: milliseconds.
    pub took_ms: u64,
    /// Calls of services that the driver made, by name.
    pub calls: BTreeMap<&'static str, u64>,
    /// Services that were called after the device was up, until it was taken away.
    pub own_services: BTreeSet<&'static str>,
}

impl Outcome {
    /// One line for a terminal.
    pub fn line(&self) -> String {
        let Self {
            test,
            target,
            outcome,
            checks,
            reason,
            took_ms,
            ..
        } = self;
        format!("{test:<8} {target:<10} {outcome:<5} {checks:>6} checks {took_ms:>6} ms  {reason}")
    }
}

/// What the driver called.
#[derive(Default)]
struct Calls {
    counts: BTreeMap<&'static str, u64>,
    own: BTreeSet<&'static str>,
}

#[derive(Default)]
struct Tally {
    checks: u32,
    problem: Option<String>,
    not_applicable: Option<String>,
}

/// A test that runs. Threads of the test share it.
pub struct Run<'b> {
    bench: &'b Bench,
    id: &'static str,
    tally: Mutex<Tally>,
    calls: Mutex<Calls>,
}

impl<'b> Run<'b> {
    /// Runs `body` as the test with this id.
    pub fn test(bench: &'b Bench, id: &'static str, body: fn(&Run<'b>) -> Result<()>) -> Outcome {
        let start = Instant::now();
        let run = Self {
            bench,
            id,
            tally: Mutex::default(),
            calls: Mutex::default(),
        };
        if let Err(error) = body(&run) {
            run.expect(false, || format!("{error:#}"));
        }
        let calls = run
            .calls
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let tally = run
            .tally
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let (outcome, reason) = match (tally.problem, tally.not_applicable) {
            (Some(problem), _) => ("fail", problem),
            (None, Some(why)) => ("n.a.", why),
            (None, None) if tally.checks == 0 => ("fail", "no check was made".to_owned()),
            (None, None) => ("pass", String::new()),
        };
        Outcome {
            test: id.to_owned(),
            target: bench.target.name().to_owned(),
            outcome: outcome.to_owned(),
            checks: tally.checks,
            reason,
            took_ms: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
            calls: calls.counts,
            own_services: calls.own,
        }
    }

    /// The drivers and the target.
    pub fn bench(&self) -> &'b Bench {
        self.bench
    }

    /// A device for this test.
    pub fn open(&self, setup: &Setup) -> Result<Stage> {
        self.bench.open(setup)
    }

    /// Records a check of this program.
    pub fn expect(&self, held: bool, what: impl FnOnce() -> String) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.checks += 1;
        if !held && tally.problem.is_none() {
            tally.problem = Some(what());
        }
    }

    /// The test cannot say anything here; checks made so far still count when they failed.
    pub fn not_applicable(&self, why: &str) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.not_applicable.get_or_insert_with(|| why.to_owned());
    }

    fn note(&self, part: u32, result: &PartResult) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.checks += result.checks;
        match result.verdict {
            Verdict::Pass => {}
            Verdict::NotApplicable => {
                tally
                    .not_applicable
                    .get_or_insert_with(|| result.text.clone());
            }
            Verdict::Fail => {
                let text = format!("part {part}, line {} of {}", result.line, result.text);
                tally.problem.get_or_insert(text);
            }
        }
    }

    /// One part as a request.
    pub fn part(&self, stage: &Stage, part: u32, arguments: [u64; 4]) -> Result<PartResult> {
        let result = stage.request(&Request {
            id: self.id,
            part,
            arguments,
        })?;
        self.note(part, &result);
        Ok(result)
    }

    /// One part through the interface, in the calling thread. A failure to call is a failed check.
    pub fn call(&self, stage: &Stage, part: u32, arguments: [u64; 4]) -> Option<PartResult> {
        match stage.call(&Request {
            id: self.id,
            part,
            arguments,
        }) {
            Ok(result) => {
                self.note(part, &result);
                Some(result)
            }
            Err(error) => {
                self.expect(false, || format!("{error:#}"));
                None
            }
        }
    }

    /// Expects exactly these findings of strict mode, in any order, and no others.
    pub fn findings(&self, stage: &Stage, expected: &[&str]) {
        let mut found = stage.take_findings();
        let mut expected: Vec<String> = expected.iter().map(|text| (*text).to_owned()).collect();
        found.sort();
        expected.sort();
        self.expect(found == expected, || {
            format!("findings are {found:?}, expected {expected:?}")
        });
    }

    /// Takes the device away and counts its calls.
    pub fn close(&self, stage: Stage) -> LeakReport {
        {
            let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            for service in Service::ALL {
                let count = stage.device.call_count(*service);
                if count > stage.started_with(*service) {
                    calls.own.insert(service.name());
                }
                if count != 0 {
                    *calls.counts.entry(service.name()).or_default() += u64::from(count);
                }
            }
        }
        let injector = stage.injector.clone();
        let report = stage.close();
        let pins = injector.pins();
        self.expect(pins == 0, || {
            format!("{pins} pages stay pinned after the device is gone")
        });
        report
    }

    /// Takes the device away; it must leave nothing behind, and strict mode must have found nothing that was not expected.
    pub fn close_clean(&self, stage: Stage) {
        self.findings(&stage, &[]);
        let report = self.close(stage);
        self.expect(report.is_clean(), || format!("left behind: {report:?}"));
    }
}

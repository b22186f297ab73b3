//! `lumenport conformance`: the numbered checks of the video port's contract, made by a driver in C, on the simulated card.
//!
//! The driver (`miniport/examples/c`) holds the tests; this program loads it, gives each test a machine of its own, and does what
//! needs a host: threads, failing memory, a second device, the removal, findings of strict mode. It prints a table test x target
//! and fails when a test failed or a service of the port was never called.
//!
//! `list` has the tests, `run` the books of one, `stage` its machine, `injector` the failing memory, `record` the protocol with the
//! driver, `library` the shared object; `dma`, `pool`, `lock`, `life` and `other` hold what the program does between the parts.

mod dma;
mod injector;
mod library;
mod life;
mod list;
mod lock;
mod other;
mod pool;
mod record;
mod report;
mod run;
mod stage;

use crate::args::Conformance;
use anyhow::{Context, Result, bail};
use list::{TESTS, Test};
use report::Report;
use run::Run;
use stage::Bench;
pub use stage::Target;
use std::collections::BTreeSet;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// A test that takes longer hangs: the slowest needs seconds. The whole program ends then, threads of a driver cannot be stopped.
const PATIENCE: Duration = Duration::from_mins(3);

/// Runs the tests.
///
/// # Errors
/// When a test fails, a service is never called, or the driver cannot be loaded.
pub fn run(args: &Conformance) -> Result<()> {
    let driver = library::load(&args.driver)?;
    let without_interrupt = match &args.without_interrupt {
        Some(path) => Some(library::load(path)?),
        None => None,
    };
    let mut bench = Bench {
        driver,
        without_interrupt,
        target: Target::Fake,
    };
    let chosen: Vec<&Test> = TESTS
        .iter()
        .filter(|test| {
            args.only
                .as_ref()
                .is_none_or(|only| test.id.contains(only.as_str()))
        })
        .collect();
    if chosen.is_empty() {
        bail!("no test's id contains that");
    }
    let mut report = Report::default();
    let watchdog = watchdog();
    for target in &args.target {
        bench.target = *target;
        if let Some(reason) = bench.unavailable() {
            eprintln!("SKIP {}: {reason}", target.name());
            continue;
        }
        for test in &chosen {
            let _ = watchdog.send(format!("{} on {}", test.id, target.name()));
            let outcome = Run::test(&bench, test.id, test.body);
            eprintln!("{}", outcome.line());
            report.add(outcome);
        }
        if args.only.is_none() {
            check_names(&bench)?;
        }
    }
    drop(watchdog);
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    if args.markdown {
        print!("{}", report.markdown());
    } else {
        print!("{}", report.text());
    }
    report.verdict(args.only.is_none())
}

/// Ends the program when nothing was told for too long. Tell it what begins; drop it at the end.
fn watchdog() -> Sender<String> {
    let (sender, receiver) = channel::<String>();
    std::thread::spawn(move || {
        let mut now = "the start".to_owned();
        loop {
            match receiver.recv_timeout(PATIENCE) {
                Ok(next) => now = next,
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    eprintln!(
                        "lumenport: {now} hangs: no end after {} s",
                        PATIENCE.as_secs()
                    );
                    std::process::exit(2);
                }
            }
        }
    });
    sender
}

/// The driver's tests are those of the list, no more and no fewer.
fn check_names(bench: &Bench) -> Result<()> {
    let stage = bench.open(&stage::Setup::default())?;
    let theirs: BTreeSet<String> = stage.test_names().into_iter().collect();
    stage.close();
    let ours: BTreeSet<String> = TESTS
        .iter()
        .filter(|test| test.in_driver)
        .map(|test| test.id.to_owned())
        .collect();
    if theirs != ours {
        let difference: Vec<_> = theirs.symmetric_difference(&ours).collect();
        bail!("the driver and this program do not list the same tests: {difference:?}");
    }
    Ok(())
}

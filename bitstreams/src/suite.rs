//! `cargo xtask test`: every check of the workspace, closing with a table.
//!
//! Each step runs even when an earlier one failed, so that one run tells everything. Full output of each step is kept in
//! `target/lumenport/<step>.log`; a failed step shows its end.

use crate::{
    arrows, bare, cocotb, conformance, formal, matrix, process, regs, table, tools, vm, workspace,
};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use std::process::Command;
use std::time::Instant;

/// Lines of a failed step's log that are shown.
const TAIL_LINES: usize = 60;

/// Lines of a test program's failure report that are shown.
const FAILURE_LINES: usize = 200;

/// One check.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Step {
    /// Programs that the tests use.
    Tools,
    /// Layout of the source.
    Fmt,
    /// Lints, warnings denied.
    Clippy,
    /// Documentation, warnings denied.
    Doc,
    /// Arrows between the rooms.
    Deps,
    /// Files made from the register map.
    Regs,
    /// Software without operating system: bare target, every set of features.
    Bare,
    /// All tests of the workspace, documentation examples included.
    Tests,
    /// The endpoint against an independent host model, under two Verilog simulators.
    Cocotb,
    /// Proofs about the generated Verilog, and bugs that they must find.
    Formal,
    /// Drivers in C: made files, every compiler, real `.sys` images.
    Conformance,
    /// An unmodified kernel and our driver on the card, in a virtual machine.
    Vm,
    /// Flow suite on all targets, against the README's table.
    Matrix,
}

/// Options of `cargo xtask test`.
#[derive(Args)]
pub struct Options {
    /// Steps to run; all when none is named.
    steps: Vec<Step>,
    /// A missing tool fails the run instead of giving a SKIP row (the default when CI=true).
    #[arg(long)]
    require_tools: bool,
    /// Packages that clippy, doc and tests look at; all when none is named.
    #[arg(short, long = "package")]
    packages: Vec<String>,
}

/// What a step found.
struct Report {
    passed: bool,
    note: String,
    /// Tests or parts that did not run, one line each.
    skips: Vec<String>,
}

impl Report {
    /// From a check that either passes with nothing to tell or fails with a reason, which is printed.
    fn of(result: Result<()>) -> Self {
        Self::with_skips(result.map(|()| Vec::new()))
    }

    /// As [`Report::of`], from a check that also tells what it could not look at.
    fn with_skips(result: Result<Vec<String>>) -> Self {
        let (passed, skips) = match result {
            Ok(skips) => (true, skips),
            Err(error) => {
                println!("{error:#}");
                (false, Vec::new())
            }
        };
        Self {
            passed,
            note: String::new(),
            skips,
        }
    }
}

/// Runs the steps and prints the closing table.
///
/// # Errors
/// When a step failed.
pub fn run(options: &Options) -> Result<()> {
    let require = options.require_tools
        || std::env::var("CI").as_deref() == Ok("true")
        || std::env::var(tools::REQUIRE_TOOLS).as_deref() == Ok("1");
    let steps = if options.steps.is_empty() {
        Step::value_variants()
    } else {
        &options.steps
    };
    let mut rows = vec![
        ["step", "result", "seconds", ""]
            .map(str::to_owned)
            .to_vec(),
    ];
    let mut failed = Vec::new();
    let all = Instant::now();
    for step in steps {
        let name = name(*step);
        println!("== {name}");
        let start = Instant::now();
        let report = run_step(*step, require, &options.packages)?;
        let result = if report.passed { "ok" } else { "FAILED" };
        let seconds = format!("{:.1}", start.elapsed().as_secs_f64());
        rows.push(vec![name.clone(), result.to_owned(), seconds, report.note]);
        for skip in report.skips {
            rows.push(vec![name.clone(), "SKIP".to_owned(), String::new(), skip]);
        }
        if !report.passed {
            failed.push(name);
        }
    }
    let total = format!("{:.1}", all.elapsed().as_secs_f64());
    let verdict = if failed.is_empty() { "ok" } else { "FAILED" };
    rows.push(vec![
        "all".to_owned(),
        verdict.to_owned(),
        total,
        String::new(),
    ]);
    println!("\n{}", table::render(&rows));
    if failed.is_empty() {
        return Ok(());
    }
    bail!("failed: {}", failed.join(", "))
}

fn name(step: Step) -> String {
    let value = step.to_possible_value();
    value.map_or_else(String::new, |v| v.get_name().to_owned())
}

fn run_step(step: Step, require: bool, packages: &[String]) -> Result<Report> {
    match step {
        Step::Tools => Ok(check_tools(require)),
        Step::Deps => Ok(Report::of(arrows::run())),
        Step::Bare => Ok(Report::with_skips(bare::run())),
        Step::Regs => Ok(Report::of(regs::run(true))),
        Step::Cocotb => Ok(Report::with_skips(cocotb::check(require))),
        Step::Formal => Ok(Report::with_skips(formal::check(require))),
        Step::Conformance => Ok(Report::with_skips(conformance::check(require))),
        Step::Matrix => Ok(Report::with_skips(matrix::check(None, require))),
        Step::Vm => Ok(Report::with_skips(vm::check(require))),
        Step::Fmt | Step::Clippy | Step::Doc | Step::Tests => {
            cargo(step, require, &cargo_arguments(step, packages))
        }
    }
}

/// Command line of a step that cargo does.
fn cargo_arguments(step: Step, packages: &[String]) -> Vec<String> {
    let (before, after): (&[&str], &[&str]) = match step {
        Step::Fmt => {
            let fixed = ["fmt", "--all", "--check", "--", "--color", "never"];
            return fixed.map(str::to_owned).to_vec();
        }
        Step::Clippy => (&["clippy", "--all-targets"], &["--", "-D", "warnings"]),
        Step::Doc => (&["doc", "--no-deps"], &[]),
        _ => (&["test", "--no-fail-fast"], &["--", "--show-output"]),
    };
    let mut arguments: Vec<_> = before.iter().map(|a| (*a).to_owned()).collect();
    if packages.is_empty() {
        arguments.push("--workspace".to_owned());
    }
    for package in packages {
        arguments.extend(["-p".to_owned(), package.clone()]);
    }
    arguments.extend(after.iter().map(|a| (*a).to_owned()));
    arguments
}

fn check_tools(require: bool) -> Report {
    let missing = tools::missing();
    for tool in &missing {
        println!("missing: {tool}");
    }
    Report {
        passed: !require || missing.is_empty(),
        note: String::new(),
        skips: if require { Vec::new() } else { missing },
    }
}

/// Runs cargo, keeps its output, and reads the verdicts of the test programs from it.
fn cargo(step: Step, require: bool, arguments: &[String]) -> Result<Report> {
    let name = name(step);
    let log = workspace::output_folder()?.join(format!("{name}.log"));
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).current_dir(workspace::root());
    command.env("CARGO_TERM_COLOR", "never");
    if step == Step::Doc {
        command.env("RUSTDOCFLAGS", "-D warnings");
    }
    if require {
        command.env(tools::REQUIRE_TOOLS, "1");
    }
    let mut tests = TestOutput::default();
    let passed = process::run(&name, &mut command, &log, |line| {
        if let Some(text) = tests.line(line) {
            println!("{text}");
        }
    })?;
    if !passed {
        println!(
            "{}\n(whole output: {})",
            process::tail(&log, TAIL_LINES),
            log.display()
        );
    }
    Ok(Report {
        passed,
        note: tests.note(),
        skips: tests.skips,
    })
}

/// Reads the output of `cargo test` line by line.
#[derive(Default)]
struct TestOutput {
    program: String,
    programs: usize,
    passed: u64,
    failed: u64,
    ignored: u64,
    skips: Vec<String>,
    /// Lines of the present program's failure report that may still be shown; none outside a report.
    failure_lines: usize,
}

impl TestOutput {
    /// Takes one line; returns what the user should see of it: skips, failure reports, the closing line of each program.
    fn line(&mut self, line: &str) -> Option<String> {
        let text = line.trim_start();
        if line == "failures:" {
            self.failure_lines = FAILURE_LINES;
        }
        if let Some(rest) = text.strip_prefix("Running ") {
            rest.clone_into(&mut self.program);
        } else if let Some(rest) = text.strip_prefix("Doc-tests ") {
            self.program = format!("examples of {rest}");
        } else if let Some(rest) = text.strip_prefix("SKIP") {
            let skip = rest.trim_start_matches([':', ' ']).to_owned();
            self.skips.push(skip.clone());
            return Some(format!("  SKIP {skip}"));
        } else if let Some(rest) = line.strip_prefix("test result: ") {
            self.programs += 1;
            self.failure_lines = 0;
            self.passed += count(rest, "passed");
            self.failed += count(rest, "failed");
            self.ignored += count(rest, "ignored");
            // The runner's own closing line, with the program's name behind it.
            return Some(format!("{line}  [{}]", short_program(&self.program)));
        } else if self.failure_lines > 0 {
            self.failure_lines -= 1;
            return Some(format!("    {line}"));
        }
        None
    }

    /// Totals for the table; empty when no test program ran.
    fn note(&self) -> String {
        if self.programs == 0 {
            return String::new();
        }
        format!(
            "{} passed, {} failed, {} ignored in {} programs",
            self.passed, self.failed, self.ignored, self.programs
        )
    }
}

/// `tests/regs.rs (target/debug/deps/regs-60d0f0c1235feb50)` as `regs`, and unit tests under their crate's name.
fn short_program(program: &str) -> String {
    let file = program.rsplit('/').next().unwrap_or(program);
    match (program.contains(" ("), file.rsplit_once('-')) {
        (true, Some((name, _))) if program.starts_with("unittests") => format!("{name} (unit)"),
        (true, Some((name, _))) => name.to_owned(),
        _ => program.to_owned(),
    }
}

/// The number before `word` in `12 passed; 0 failed; …`.
fn count(text: &str, word: &str) -> u64 {
    let words: Vec<_> = text.split([' ', ';']).filter(|w| !w.is_empty()).collect();
    let pairs = words.windows(2).filter_map(|pair| match pair {
        [number, found] if *found == word => number.parse::<u64>().ok(),
        _ => None,
    });
    pairs.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_replace_the_whole_workspace() {
        assert!(cargo_arguments(Step::Clippy, &[]).contains(&"--workspace".to_owned()));
        let one = cargo_arguments(Step::Tests, &["xtask".to_owned()]);
        assert_eq!(
            one,
            [
                "test",
                "--no-fail-fast",
                "-p",
                "xtask",
                "--",
                "--show-output"
            ]
        );
    }

    #[test]
    fn totals_are_summed_over_programs() {
        let mut output = TestOutput::default();
        output.line("     Running tests/regs.rs (target/debug/deps/regs-60d0f0c1235feb50)");
        output.line("test result: ok. 12 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.15s");
        output.line("test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.15s");
        assert_eq!(
            output.note(),
            "15 passed, 1 failed, 2 ignored in 2 programs"
        );
    }

    #[test]
    fn failure_report_is_shown_and_a_passing_test_is_not() {
        let mut output = TestOutput::default();
        assert_eq!(output.line("test a ... ok"), None);
        output.line("failures:");
        assert_eq!(output.line("left: 1"), Some("    left: 1".to_owned()));
        output.line("test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured");
        assert_eq!(output.line("test b ... ok"), None);
    }

    #[test]
    fn skip_lines_are_kept() {
        let mut output = TestOutput::default();
        output.line("SKIP elaboration: regs_dma: no tool");
        assert_eq!(output.line("this line mentions SKIP but is none"), None);
        assert_eq!(output.skips, ["elaboration: regs_dma: no tool"]);
    }

    #[test]
    fn programs_have_short_names() {
        assert_eq!(
            short_program("tests/regs.rs (target/debug/deps/regs-60d0)"),
            "regs"
        );
        assert_eq!(
            short_program("unittests src/lib.rs (target/debug/deps/lumenport_hal-ab12)"),
            "lumenport_hal (unit)"
        );
        assert_eq!(
            short_program("examples of lumenport_hal"),
            "examples of lumenport_hal"
        );
    }
}

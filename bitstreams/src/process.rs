//! Running other programs: output to a log, progress on the terminal, a verdict at the end.

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Runs `command` with both output streams going to `log` and line by line to `line`.
///
/// Returns whether the program ended with success. While it runs, a terminal shows `name` and the last line of output.
///
/// # Errors
/// When the program cannot be started or the log cannot be written; a non-zero exit is not an error.
pub fn run(
    name: &str,
    command: &mut Command,
    log: &Path,
    mut line: impl FnMut(&str),
) -> Result<bool> {
    let mut log = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let (reader, writer) = std::io::pipe()?;
    command.stdin(std::process::Stdio::null());
    command.stdout(writer.try_clone()?).stderr(writer);
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {program}"))?;
    // The command keeps its copies of the pipe's writing end open: without this the reader would never see the end.
    command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    let spinner = spinner(name);
    for text in BufReader::new(reader).split(b'\n') {
        let text = text?;
        let text = String::from_utf8_lossy(&text);
        let text = text.trim_end();
        writeln!(log, "{text}")?;
        spinner.set_message(text.trim().chars().take(100).collect::<String>());
        spinner.suspend(|| line(text));
    }
    let status = child.wait()?;
    spinner.finish_and_clear();
    Ok(status.success())
}

/// A spinner with elapsed time and a message; hidden when nobody looks.
fn spinner(name: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner();
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} {prefix:<8} {elapsed:>4}  {wide_msg:.dim}")
    {
        spinner.set_style(style);
    }
    spinner.set_prefix(name.to_owned());
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

/// The last `count` lines of the file at `path`; empty when it cannot be read.
pub fn tail(path: &Path, count: usize) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines
        .get(lines.len().saturating_sub(count)..)
        .unwrap_or_default()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("xtask-{name}-{}.log", std::process::id()))
    }

    #[test]
    fn both_streams_reach_the_log_and_the_caller() {
        let path = log("streams");
        let mut lines = Vec::new();
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2; exit 0"]);
        let good = run("x", &mut command, &path, |l| lines.push(l.to_owned())).expect("sh runs");
        assert!(good);
        lines.sort();
        assert_eq!(lines, ["err", "out"]);
        assert_eq!(tail(&path, 10).lines().count(), 2);
    }

    #[test]
    fn failing_program_is_a_verdict_not_an_error() {
        let mut command = Command::new("sh");
        command.args(["-c", "exit 3"]);
        assert!(!run("x", &mut command, &log("failing"), |_| {}).expect("sh runs"));
    }

    #[test]
    fn missing_program_is_named() {
        let mut command = Command::new("no-such-program-anywhere");
        let error = run("x", &mut command, &log("missing"), |_| {}).expect_err("it is missing");
        assert!(error.to_string().contains("no-such-program-anywhere"));
    }
}

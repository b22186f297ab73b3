//! Programs that run beside this one and never outlive it.

use super::interrupt;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// A running program; killed when this goes away.
pub struct Running {
    child: Child,
    name: String,
}

impl Running {
    /// Starts `command`; `name` is for messages, `streams` sets the standard streams. Where the system can, the program is killed
    /// also when this one is.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(
        name: &str,
        command: &Command,
        streams: impl FnOnce(&mut Command),
    ) -> Result<(Self, Option<std::process::ChildStdin>)> {
        let mut tied = tied(command);
        streams(&mut tied);
        let mut child = tied
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let stdin = child.stdin.take();
        Ok((
            Self {
                child,
                name: name.to_owned(),
            },
            stdin,
        ))
    }

    /// The program's standard output, once.
    pub fn stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it at once, without notice.
    pub fn kill(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// When it has not within `bound`, or ended with an error.
    pub fn wait(&mut self, bound: Duration) -> Result<()> {
        let end = Instant::now() + bound;
        loop {
            if let Some(status) = self.child.try_wait()? {
                if status.success() {
                    return Ok(());
                }
                bail!("{} ended with {status}", self.name);
            }
            if Instant::now() >= end {
                bail!("{} has not ended within {} s", self.name, bound.as_secs());
            }
            interrupt::check()?;
            std::thread::sleep(LOOK);
        }
    }

    /// Waits until the file at `path` is there.
    ///
    /// # Errors
    /// When the program has ended before, or `bound` has passed.
    pub fn wait_for_file(&mut self, path: &Path, bound: Duration) -> Result<()> {
        let end = Instant::now() + bound;
        while !path.exists() {
            if !self.runs() {
                bail!("{} ended before it was ready", self.name);
            }
            if Instant::now() >= end {
                bail!("{} is not ready within {} s", self.name, bound.as_secs());
            }
            interrupt::check()?;
            std::thread::sleep(LOOK);
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// `command` so that it ends with this process, by `setpriv` where there is one.
fn tied(command: &Command) -> Command {
    let has = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "true"])
        .output()
        .is_ok_and(|output| output.status.success());
    let mut tied = if has {
        let mut tied = Command::new("setpriv");
        tied.args(["--pdeathsig", "KILL", "--"]);
        tied.arg(command.get_program());
        tied
    } else {
        Command::new(command.get_program())
    };
    tied.args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            tied.env(name, value);
        }
    }
    if let Some(folder) = command.get_current_dir() {
        tied.current_dir(folder);
    }
    tied
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Running {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Running::start("sh", &command, |_| {}).expect("sh runs").0
    }

    #[test]
    fn program_is_gone_when_dropped() {
        let running = shell("exec sleep 1000");
        let folder = format!("/proc/{}", running.child.id());
        assert!(Path::new(&folder).exists());
        drop(running);
        assert!(!Path::new(&folder).exists());
    }

    #[test]
    fn end_before_ready_is_told() {
        let mut running = shell("exit 0");
        let nothing = Path::new("/nothing/here");
        let error = running
            .wait_for_file(nothing, Duration::from_hours(1))
            .expect_err("it ends");
        assert!(error.to_string().contains("before it was ready"));
    }

    #[test]
    fn exit_status_and_bound_are_told() {
        assert!(shell("exit 3").wait(Duration::from_hours(1)).is_err());
        assert!(shell("exit 0").wait(Duration::from_hours(1)).is_ok());
        let mut slow = shell("exec sleep 1000");
        let error = slow.wait(Duration::ZERO).expect_err("it sleeps");
        assert!(error.to_string().contains("has not ended"));
    }
}

//! Telling a person what takes long: downloads and compilations.
//!
//! Context: host side of the simulation. On a terminal a spinner shows the step and its time; without
//! one each step is a line on standard error, so that nothing happens unannounced in a log either.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Where announcements go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Announcer {
    /// Standard error.
    #[default]
    Stderr,
    /// Nowhere; for callers that promise to download nothing.
    Silent,
}

/// One announced step; it ends when this is dropped.
pub(super) struct Step {
    bar: Option<ProgressBar>,
}

impl Announcer {
    /// Tells that `what` begins.
    pub(super) fn begin(self, what: &str) -> Step {
        if self == Self::Silent {
            return Step { bar: None };
        }
        if !std::io::stderr().is_terminal() {
            eprintln!("lumenport: {what}");
            return Step { bar: None };
        }
        let bar = ProgressBar::new_spinner().with_message(what.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} [{elapsed}]") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Step { bar: Some(bar) }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

//! Errors of the engines: what is missing or failed, and what to do about it.

use std::path::PathBuf;

/// Why an engine could not be made or could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A program that the Verilated engine needs is not there.
    #[error("{tool} is missing, which the verilated engine needs: {remedy}")]
    MissingTool {
        /// What is missing, in the user's words.
        tool: &'static str,
        /// How to get it.
        remedy: &'static str,
    },
    /// A program was found but failed.
    #[error("{what} failed ({status}); its output is in {}{}", log.display(), last_line(tail))]
    ToolFailed {
        /// What was being done.
        what: String,
        /// Exit status or the reason it did not start.
        status: String,
        /// Complete output.
        log: PathBuf,
        /// Last line that it printed.
        tail: String,
    },
    /// A file or folder of the project-local cache could not be used.
    #[error("cannot use {}: {source}", path.display())]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// `bitstreams/tools.toml` is malformed.
    #[error("the table of tool versions is malformed: {0}")]
    ToolTable(String),
    /// The compiled model could not be loaded.
    #[error("cannot load the compiled model {}: {reason}", path.display())]
    Load {
        /// The shared library.
        path: PathBuf,
        /// The loader's reason.
        reason: String,
    },
    /// The gateware itself is not well formed (open connection, logic loop).
    #[error("the gateware does not pass its own checks: {0}")]
    Gateware(String),
    /// The logic did not come to rest: a combinational loop.
    #[error("the logic did not settle within {passes} passes at {time_ps} ps")]
    Unsettled {
        /// Passes tried.
        passes: usize,
        /// Simulated time in picoseconds.
        time_ps: u64,
    },
    /// Two engines that must agree do not.
    #[error("the engines differ at {time_ps} ps, step {step}: {pins}")]
    Differ {
        /// Steps before this one.
        step: u64,
        /// Simulated time in picoseconds.
        time_ps: u64,
        /// Each pin that differs, with both levels.
        pins: String,
    },
    /// The waveform cannot be written.
    #[error("cannot write the waveform {}: {reason}", path.display())]
    Trace {
        /// The file asked for.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

fn last_line(tail: &str) -> String {
    if tail.is_empty() {
        String::new()
    } else {
        format!(", last line: {tail}")
    }
}

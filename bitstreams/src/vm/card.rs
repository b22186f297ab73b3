//! The card of a guest: the simulated board, served by a process of its own.

use super::child::Running;
use anyhow::{Context, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Longest start: the card's model may have to be made first.
const START: Duration = Duration::from_mins(15);
/// Longest time to end after the client has left.
const END: Duration = Duration::from_secs(30);

/// How a card is served.
pub struct CardOptions<'a> {
    /// The `lumenport` command of this machine.
    pub lumenport: &'a Path,
    /// Folder for sockets.
    pub folder: &'a Path,
    /// Folder for the log.
    pub logs: &'a Path,
    /// Serve the bench link too.
    pub bench: bool,
    /// More arguments of `serve`.
    pub arguments: &'a [&'a str],
}

/// A served card; its process is killed when this goes away.
pub struct Card {
    server: Running,
    /// vfio-user socket.
    pub socket: PathBuf,
    /// Socket of the bench link, when there is one.
    pub bench: Option<PathBuf>,
}

impl Card {
    /// Serves a card under `name` until its first client leaves; returns when a client can connect.
    ///
    /// # Errors
    /// When the server does not come up.
    pub fn serve(options: &CardOptions, name: &str) -> Result<Self> {
        let socket = options.folder.join(format!("{name}.sock"));
        let bench = options
            .bench
            .then(|| options.folder.join(format!("{name}-bench.sock")));
        let log_path = options.logs.join(format!("{name}-card.log"));
        let log = File::create(&log_path)
            .with_context(|| format!("cannot write {}", log_path.display()))?;
        let mut command = Command::new(options.lumenport);
        command.args(["--engine", "verilated", "serve", "--once", "--socket"]);
        command.arg(&socket).args(options.arguments);
        if let Some(bench) = &bench {
            command.arg("--bench").arg(bench);
        }
        command.current_dir(crate::workspace::root());
        let (mut server, _) = Running::start("the card's server", &command, |command| {
            command.stdin(Stdio::null());
            if let Ok(second) = log.try_clone() {
                command.stderr(second);
            }
            command.stdout(log);
        })?;
        for file in bench.iter().chain([&socket]) {
            server.wait_for_file(file, START).with_context(|| {
                format!("its last lines:\n{}", crate::process::tail(&log_path, 10))
            })?;
        }
        Ok(Self {
            server,
            socket,
            bench,
        })
    }

    /// Waits until the server has ended by itself because its client left.
    ///
    /// # Errors
    /// When it stays, or ends with an error.
    pub fn wait_end(mut self) -> Result<()> {
        self.server.wait(END)
    }
}

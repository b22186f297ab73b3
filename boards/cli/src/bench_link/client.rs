//! The driver's end of the bench link.

use super::protocol::{Answer, Ask, Reply, Request};
use anyhow::{Context, Result, bail};
use lumenport_flows::{Fault, MonitorSetup, NotSupported, Picture};
use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// Longest wait for an answer: a frame of a large mode takes a simulated card some seconds, on a busy machine many.
const PATIENCE: Duration = Duration::from_mins(3);
/// Longest line that is taken: a frame of 2560x1600 in base64, and something.
const LINE_BYTES_MAX: usize = 20 << 20;

/// See the module's text.
pub struct BenchLink {
    way: Way,
}

enum Way {
    /// To another process or machine.
    Line(Mutex<Stream>),
    /// The bench is in this process.
    #[cfg(feature = "sim")]
    Here(std::sync::Arc<parking_lot::FairMutex<lumenport_sim::Board>>),
}

struct Stream {
    file: File,
    /// Bytes after the last line.
    rest: Vec<u8>,
    last_id: u64,
}

impl BenchLink {
    /// Opens a unix socket or a character device, and hears whether somebody is there.
    ///
    /// # Errors
    /// One sentence.
    pub fn open(path: &Path) -> Result<Self> {
        let name = path.display();
        let kind = std::fs::metadata(path).with_context(|| format!("no bench at {name}"))?;
        let file = if kind.file_type().is_socket() {
            let stream = UnixStream::connect(path);
            let stream = stream.with_context(|| format!("no bench answers at {name}"))?;
            File::from(OwnedFd::from(stream))
        } else {
            let file = OpenOptions::new().read(true).write(true).open(path);
            file.with_context(|| format!("the line to the bench, {name}, cannot be opened"))?
        };
        let link = Self {
            way: Way::Line(Mutex::new(Stream {
                file,
                rest: Vec::new(),
                // Another than a client before us used on the same line.
                last_id: u64::from(std::process::id()) << 20,
            })),
        };
        link.ask(Ask::Violations)
            .with_context(|| format!("no bench answers at {name}"))?;
        Ok(link)
    }

    /// The bench around a board of this process.
    #[cfg(feature = "sim")]
    pub fn here(board: std::sync::Arc<parking_lot::FairMutex<lumenport_sim::Board>>) -> Self {
        Self {
            way: Way::Here(board),
        }
    }

    /// A bench for the next flow: no faults, the card in its slot, this monitor.
    ///
    /// # Errors
    /// [`NotSupported`], also when the bench has gone.
    pub fn prepare(&self, monitor: Option<&MonitorSetup>) -> Result<(), NotSupported> {
        let monitor = monitor.cloned();
        self.done(Ask::Prepare { monitor })
    }

    /// The next frame that begins from now on.
    ///
    /// # Errors
    /// A sentence.
    pub fn capture(&self) -> Result<Picture, String> {
        match self.ask(Ask::Capture) {
            Ok(Reply::Picture(picture)) => picture.decode(),
            Ok(Reply::Failed(why) | Reply::NotSupported(why)) => Err(why),
            Ok(other) => Err(format!("the bench answered {other:?}")),
            Err(error) => Err(format!("{error:#}")),
        }
    }

    /// Plugs a monitor, or pulls it.
    ///
    /// # Errors
    /// [`NotSupported`], also when the bench has gone.
    pub fn plug(&self, monitor: Option<&MonitorSetup>) -> Result<(), NotSupported> {
        let monitor = monitor.cloned();
        self.done(Ask::Plug { monitor })
    }

    /// Makes something go wrong, or ends it.
    ///
    /// # Errors
    /// [`NotSupported`], also when the bench has gone.
    pub fn inject(&self, fault: Fault) -> Result<(), NotSupported> {
        self.done(Ask::Inject { fault })
    }

    /// Rules that the card broke since the bench was prepared. A bench that has gone is told as one.
    pub fn violations(&self) -> Vec<String> {
        match self.ask(Ask::Violations) {
            Ok(Reply::Violations(seen)) => seen,
            Ok(other) => vec![format!("the bench answered {other:?}")],
            Err(error) => vec![format!("{error:#}")],
        }
    }

    fn done(&self, ask: Ask) -> Result<(), NotSupported> {
        match self.ask(ask) {
            Ok(Reply::Done) => Ok(()),
            Ok(Reply::NotSupported(why) | Reply::Failed(why)) => Err(NotSupported(why)),
            Ok(other) => Err(NotSupported(format!("the bench answered {other:?}"))),
            Err(error) => Err(NotSupported(format!("{error:#}"))),
        }
    }

    fn ask(&self, ask: Ask) -> Result<Reply> {
        let mut stream = match &self.way {
            Way::Line(stream) => stream.lock(),
            #[cfg(feature = "sim")]
            Way::Here(board) => return Ok(super::server::carry_out(ask, board)),
        };
        stream.last_id += 1;
        let id = stream.last_id;
        let mut line = serde_json::to_string(&Request { id, ask })?;
        line.push('\n');
        stream
            .file
            .write_all(line.as_bytes())
            .context("the line to the bench is broken")?;
        let end = Instant::now() + PATIENCE;
        loop {
            let line = stream.line(end)?;
            // Anything else is an answer to somebody before us, or half of one.
            if let Ok(answer) = serde_json::from_slice::<Answer>(&line)
                && answer.id == id
            {
                return Ok(answer.reply);
            }
        }
    }
}

impl Stream {
    /// The next line, without its end.
    fn line(&mut self, end: Instant) -> Result<Vec<u8>> {
        let mut searched = 0;
        loop {
            let found = self.rest[searched..].iter().position(|byte| *byte == b'\n');
            if let Some(at) = found {
                let tail = self.rest.split_off(searched + at + 1);
                let mut line = std::mem::replace(&mut self.rest, tail);
                line.pop();
                return Ok(line);
            }
            searched = self.rest.len();
            if searched > LINE_BYTES_MAX {
                bail!("the bench sends a line without an end");
            }
            self.wait(end)?;
            let mut chunk = [0; 16_384];
            let count = self
                .file
                .read(&mut chunk)
                .context("the line to the bench is broken")?;
            if count == 0 {
                bail!("the bench has closed its end of the line");
            }
            self.rest.extend(&chunk[..count]);
        }
    }

    /// Until there is something to read.
    fn wait(&self, end: Instant) -> Result<()> {
        let left = end.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left)?;
        let mut file = [PollFd::new(&self.file, PollFlags::IN)];
        match poll(&mut file, Some(&timeout)) {
            Ok(0) => bail!("the bench has not answered for {} s", PATIENCE.as_secs()),
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error).context("the line to the bench is broken"),
        }
    }
}

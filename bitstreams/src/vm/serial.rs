//! The guest's serial line: what it prints goes to a log, requests are answered between marks.
//!
//! Every wait has a bound. The kernel may print between a program's lines, so marks are looked for anywhere in the stream.

use super::interrupt;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Before every mark.
const MARK: u8 = 0x1E;
/// Longest request; the guest's terminal takes lines up to 4095 bytes.
const REQUEST_BYTES: usize = 2000;
/// How often a wait looks whether the user wants it to end.
const LOOK: Duration = Duration::from_millis(100);

/// What a command in the guest did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its output, both streams.
    pub text: String,
    /// Its exit status.
    pub status: i32,
}

/// What has come from the guest.
#[derive(Default)]
struct Received {
    bytes: Vec<u8>,
    /// The line is closed: the machine has ended.
    closed: bool,
}

#[derive(Default)]
struct Shared {
    received: Mutex<Received>,
    more: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One end of a serial line.
pub struct Serial {
    to_guest: Box<dyn Write + Send>,
    shared: Arc<Shared>,
    requests: u32,
    log: PathBuf,
}

impl Serial {
    /// A line over two streams; everything received is also written to `log`.
    ///
    /// # Errors
    /// When the log cannot be written.
    pub fn new(
        to_guest: impl Write + Send + 'static,
        from_guest: impl Read + Send + 'static,
        log: &Path,
    ) -> Result<Self> {
        let file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let shared = Arc::new(Shared::default());
        let reader = Arc::clone(&shared);
        std::thread::spawn(move || receive(from_guest, file, &reader));
        Ok(Self {
            to_guest: Box::new(to_guest),
            shared,
            requests: 0,
            log: log.to_owned(),
        })
    }

    /// The log of everything received.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Waits until the guest takes requests.
    ///
    /// # Errors
    /// When it does not within `bound`, or has ended.
    pub fn wait_ready(&self, bound: Duration) -> Result<()> {
        self.wait(bound, |bytes| find(bytes, &mark("ready\n")).map(|_| ()))
            .context("the guest does not come up")
    }

    /// Runs a command in the guest.
    ///
    /// # Errors
    /// When it takes longer than `bound`, or the guest has ended. A non-zero exit status is no error.
    pub fn run(&mut self, command: &str, bound: Duration) -> Result<Answer> {
        if command.len() > REQUEST_BYTES || command.contains('\n') {
            bail!("not a request: {command:?}");
        }
        self.requests += 1;
        let number = self.requests;
        let from = self.shared.lock().bytes.len();
        writeln!(self.to_guest, "{number} {command}").context("the guest is gone")?;
        self.to_guest.flush()?;
        self.wait(bound, |bytes| {
            answer(bytes.get(from..).unwrap_or_default(), number)
        })
        .with_context(|| format!("in the guest: {command}"))
    }

    /// Waits until the guest has closed the line.
    pub fn wait_closed(&self, bound: Duration) -> Result<()> {
        let end = Instant::now() + bound;
        let mut received = self.shared.lock();
        while !received.closed {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("the guest has not ended within {} s", bound.as_secs());
            }
            let waited = self.shared.more.wait_timeout(received, left.min(LOOK));
            received = waited.unwrap_or_else(PoisonError::into_inner).0;
            interrupt::check()?;
        }
        Ok(())
    }

    fn wait<T>(&self, bound: Duration, mut look: impl FnMut(&[u8]) -> Option<T>) -> Result<T> {
        let end = Instant::now() + bound;
        let mut received = self.shared.lock();
        let mut seen = usize::MAX;
        loop {
            if received.bytes.len() != seen {
                seen = received.bytes.len();
                if let Some(found) = look(&received.bytes) {
                    return Ok(found);
                }
            }
            if received.closed {
                bail!("the machine has ended");
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("no answer within {} s", bound.as_secs());
            }
            let waited = self.shared.more.wait_timeout(received, left.min(LOOK));
            received = waited.unwrap_or_else(PoisonError::into_inner).0;
            interrupt::check()?;
        }
    }
}

/// Takes what the guest sends until the line is closed.
fn receive(mut from_guest: impl Read, mut log: File, shared: &Shared) {
    let mut buffer = [0; 4096];
    loop {
        let count = from_guest.read(&mut buffer).unwrap_or(0);
        let piece = buffer.get(..count).unwrap_or_default();
        // A log that cannot be written is no reason to lose the guest.
        let _ = log.write_all(piece);
        let mut received = shared.lock();
        received.bytes.extend_from_slice(piece);
        received.closed = count == 0;
        shared.more.notify_all();
        if count == 0 {
            return;
        }
    }
}

fn mark(text: &str) -> Vec<u8> {
    let mut bytes = vec![MARK];
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// The whole answer to request `number` in what has come since it was sent; none while it is not whole.
fn answer(bytes: &[u8], number: u32) -> Option<Answer> {
    let begin = mark(&format!("begin {number}\n"));
    let start = find(bytes, &begin)? + begin.len();
    let rest = bytes.get(start..)?;
    let end = mark(&format!("end {number} "));
    let stop = find(rest, &end)?;
    let tail = rest.get(stop + end.len()..)?;
    let line = tail.get(..tail.iter().position(|b| *b == b'\n')?)?;
    let status = String::from_utf8_lossy(line).trim().parse().ok()?;
    let text = String::from_utf8_lossy(rest.get(..stop)?).replace('\r', "");
    Some(Answer { text, status })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, PipeReader};

    /// A guest that is a function from a request line to what is sent back.
    fn guest(name: &str, reply: fn(&str) -> Vec<u8>) -> Serial {
        let (requests, to_guest) = std::io::pipe().expect("a pipe");
        let (from_guest, mut answers) = std::io::pipe().expect("a pipe");
        std::thread::spawn(move || {
            let requests: BufReader<PipeReader> = BufReader::new(requests);
            for line in requests.lines().map_while(Result::ok) {
                answers.write_all(&reply(&line)).expect("somebody reads");
            }
        });
        let log = format!("xtask-serial-{name}-{}.log", std::process::id());
        Serial::new(to_guest, from_guest, &std::env::temp_dir().join(log)).expect("a log")
    }

    #[test]
    fn answer_is_what_lies_between_the_marks() {
        let stream = b"noise\x1ebegin 7\nline\r\n[ 1.0] kernel\n\x1eend 7 3\nmore";
        let found = answer(stream, 7).expect("whole");
        assert_eq!(
            (found.text.as_str(), found.status),
            ("line\n[ 1.0] kernel\n", 3)
        );
        assert_eq!(answer(stream, 8), None);
    }

    #[test]
    fn echo_of_the_request_is_no_mark() {
        let stream = b"7 printf '\\036begin 7'\nbegin 7\nx\nend 7 0\n";
        assert_eq!(answer(stream, 7), None);
    }

    #[test]
    fn half_an_end_mark_is_no_answer_yet() {
        assert_eq!(answer(b"\x1ebegin 1\nx\x1eend 1 1", 1), None);
        let whole = answer(b"\x1ebegin 1\nx\x1eend 1 12\n", 1).expect("whole");
        assert_eq!(whole.status, 12);
    }

    #[test]
    fn requests_are_numbered_and_answered_in_turn() {
        let mut serial = guest("turn", |line| {
            let number = line.split(' ').next().unwrap_or_default();
            format!("\x1ebegin {number}\n<{line}>\x1eend {number} 0\n").into_bytes()
        });
        for (number, command) in [(1, "true"), (2, "echo a b")] {
            let answer = serial
                .run(command, Duration::from_secs(20))
                .expect("answered");
            assert_eq!(answer.text, format!("<{number} {command}>"));
        }
    }

    #[test]
    fn silent_guest_is_an_error_that_names_the_command() {
        let mut serial = guest("silent", |_| b"nothing to see\n".to_vec());
        let error = serial
            .run("sleep 9", Duration::from_millis(50))
            .expect_err("no answer");
        assert!(format!("{error:#}").contains("sleep 9"));
    }

    #[test]
    fn closed_line_ends_the_wait_at_once() {
        let (from_guest, answers) = std::io::pipe().expect("a pipe");
        let log = std::env::temp_dir().join(format!("xtask-closed-{}.log", std::process::id()));
        let serial = Serial::new(std::io::sink(), from_guest, &log).expect("a log");
        drop(answers);
        let error = serial
            .wait_ready(Duration::from_hours(1))
            .expect_err("it is closed");
        assert!(format!("{error:#}").contains("has ended"));
        serial
            .wait_closed(Duration::from_hours(1))
            .expect("it is closed");
    }

    #[test]
    fn request_of_two_lines_is_refused() {
        let mut serial = guest("lines", |_| Vec::new());
        assert!(serial.run("a\nb", Duration::from_secs(1)).is_err());
    }
}

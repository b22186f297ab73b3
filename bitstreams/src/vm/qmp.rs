//! QEMU's control connection: JSON lines over a socket, each answer within a bound.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// Longest wait for one line.
const LINE: Duration = Duration::from_secs(10);

/// A connection.
pub struct Qmp {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
    /// Events that came while something else was waited for.
    events: Vec<Value>,
}

impl Qmp {
    /// Connects to the socket at `path` and leaves the negotiation behind.
    ///
    /// # Errors
    /// When nobody answers there.
    pub fn connect(path: &Path) -> Result<Self> {
        Self::over(UnixStream::connect(path).context("cannot connect to QEMU")?)
    }

    fn over(stream: UnixStream) -> Result<Self> {
        stream.set_read_timeout(Some(LINE))?;
        stream.set_write_timeout(Some(LINE))?;
        let mut qmp = Self {
            reader: BufReader::new(stream.try_clone()?),
            writer: stream,
            events: Vec::new(),
        };
        let greeting = qmp.line()?;
        if greeting.get("QMP").is_none() {
            bail!("this is not QEMU: {greeting}");
        }
        qmp.execute("qmp_capabilities", &json!({}))?;
        Ok(qmp)
    }

    fn line(&mut self) -> Result<Value> {
        let mut line = String::new();
        let count = self.reader.read_line(&mut line).context("QEMU is silent")?;
        if count == 0 {
            bail!("QEMU has ended");
        }
        serde_json::from_str(&line).with_context(|| format!("not JSON: {line:?}"))
    }

    /// Executes `command`; what it returned.
    ///
    /// # Errors
    /// When QEMU refuses, with its reason, or is silent.
    pub fn execute(&mut self, command: &str, arguments: &Value) -> Result<Value> {
        let request = json!({ "execute": command, "arguments": arguments });
        writeln!(self.writer, "{request}").context("QEMU is gone")?;
        loop {
            let mut line = self.line()?;
            if let Some(answer) = line.get_mut("return") {
                return Ok(answer.take());
            }
            if let Some(error) = line.get("error") {
                let reason = error.get("desc").and_then(Value::as_str);
                bail!("{command}: {}", reason.unwrap_or("refused"));
            }
            self.events.push(line);
        }
    }

    /// Waits for `DEVICE_DELETED` of device `id`.
    ///
    /// # Errors
    /// When it does not come within `bound`.
    pub fn wait_deleted(&mut self, id: &str, bound: Duration) -> Result<()> {
        let end = Instant::now() + bound;
        let is_it = |event: &Value| {
            event.get("event").and_then(Value::as_str) == Some("DEVICE_DELETED")
                && event.pointer("/data/device").and_then(Value::as_str) == Some(id)
        };
        loop {
            if let Some(at) = self.events.iter().position(is_it) {
                self.events.remove(at);
                return Ok(());
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("{id} is still plugged in after {} s", bound.as_secs());
            }
            self.reader.get_ref().set_read_timeout(Some(left))?;
            let line = self.line();
            self.reader.get_ref().set_read_timeout(Some(LINE))?;
            match line {
                Ok(event) => self.events.push(event),
                Err(error) if Instant::now() < end => return Err(error),
                // The bound has passed; told above.
                Err(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A peer that greets, then answers each line with the next of `answers`.
    fn peer(answers: &'static [&'static str]) -> Result<Qmp> {
        let (ours, mut theirs) = UnixStream::pair()?;
        std::thread::spawn(move || {
            writeln!(theirs, "{{\"QMP\":{{}}}}").expect("connected");
            let lines = BufReader::new(theirs.try_clone().expect("a socket")).lines();
            for (_, answer) in lines.zip(answers) {
                writeln!(theirs, "{answer}").expect("connected");
            }
        });
        Qmp::over(ours)
    }

    #[test]
    fn events_between_are_kept_for_later() {
        let mut qmp = peer(&[
            "{\"return\":{}}",
            "{\"event\":\"DEVICE_DELETED\",\"data\":{\"device\":\"card\"}}\n{\"return\":5}",
        ])
        .expect("it greets");
        assert_eq!(qmp.execute("x", &json!({})).expect("answered"), json!(5));
        qmp.wait_deleted("card", Duration::ZERO)
            .expect("it came before");
        assert!(qmp.wait_deleted("card", Duration::ZERO).is_err());
    }

    #[test]
    fn refusal_gives_the_reason() {
        let mut qmp = peer(&[
            "{\"return\":{}}",
            "{\"error\":{\"class\":\"GenericError\",\"desc\":\"no such bus\"}}",
        ])
        .expect("it greets");
        let error = qmp.execute("device_add", &json!({})).expect_err("refused");
        assert_eq!(error.to_string(), "device_add: no such bus");
    }

    #[test]
    fn closed_connection_is_told() {
        let mut qmp = peer(&["{\"return\":{}}"]).expect("it greets");
        assert!(qmp.execute("x", &json!({})).is_err());
    }
}

//! This machine's end of the bench link: one JSON object a line each way.

use super::picture::Picture;
use anyhow::{Context, Result, bail};
use base64::Engine as _;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Longest wait for a frame: the card simulates it first.
const ANSWER: Duration = Duration::from_mins(2);

/// The line.
pub struct BenchLink {
    stream: BufReader<UnixStream>,
    requests: u64,
}

impl BenchLink {
    /// # Errors
    /// When nobody answers at `socket`.
    pub fn open(socket: &Path) -> Result<Self> {
        let stream = UnixStream::connect(socket)
            .with_context(|| format!("no bench at {}", socket.display()))?;
        stream.set_read_timeout(Some(ANSWER))?;
        Ok(Self {
            stream: BufReader::new(stream),
            requests: 0,
        })
    }

    /// The next frame that begins from now on.
    ///
    /// # Errors
    /// When the monitor shows none.
    pub fn capture(&mut self) -> Result<Picture> {
        self.requests += 1;
        let request = json!({ "id": self.requests, "ask": "capture" });
        writeln!(self.stream.get_mut(), "{request}")?;
        loop {
            let mut line = String::new();
            if self
                .stream
                .read_line(&mut line)
                .context("the bench is silent")?
                == 0
            {
                bail!("the bench has gone");
            }
            let answer: Value = serde_json::from_str(&line)?;
            if answer["id"] == self.requests {
                return picture(&answer["reply"]);
            }
        }
    }
}

/// The picture in a reply.
fn picture(reply: &Value) -> Result<Picture> {
    let picture = &reply["picture"];
    let (Some(width), Some(height), Some(rgb)) = (
        picture["width_px"].as_u64(),
        picture["height_lines"].as_u64(),
        picture["rgb"].as_str(),
    ) else {
        bail!("the bench says: {reply}");
    };
    let rgb = base64::engine::general_purpose::STANDARD.decode(rgb)?;
    Picture::new(usize::try_from(width)?, usize::try_from(height)?, &rgb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picture_is_taken_from_a_reply_and_a_failure_is_told() {
        let reply =
            json!({"picture": {"width_px": 1, "height_lines": 1, "rgb": "AAEC", "timing": null}});
        let picture = super::picture(&reply).expect("a picture");
        assert_eq!(picture.pixel(0, 0), [0, 1, 2]);
        let error = super::picture(&json!({"failed": "no frame"})).err();
        assert!(error.is_some_and(|error| error.to_string().contains("no frame")));
    }
}

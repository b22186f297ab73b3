//! The lines of the bench link.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lumenport_flows::{Fault, MeasuredTiming, MonitorSetup, Picture};
use serde::{Deserialize, Serialize};

/// One line to the bench.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Comes back with the answer.
    pub id: u64,
    /// What is asked.
    pub ask: Ask,
}

/// What can be asked.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Ends all faults, puts the card back into its slot, forgets violations, and plugs this monitor or none.
    Prepare {
        /// The monitor.
        monitor: Option<MonitorSetup>,
    },
    /// The next frame that begins from now on.
    Capture,
    /// Plugs this monitor, or pulls it.
    Plug {
        /// The monitor.
        monitor: Option<MonitorSetup>,
    },
    /// Makes something go wrong, or ends it.
    Inject {
        /// What.
        fault: Fault,
    },
    /// Rules of PCI Express that the card broke since `Prepare`.
    Violations,
}

/// One line from the bench.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The request's number; 0 when the line could not be read.
    pub id: u64,
    /// What came of it.
    pub reply: Reply,
}

/// What came of a request.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It is done.
    Done,
    /// What the monitor shows.
    Picture(WirePicture),
    /// One sentence each.
    Violations(Vec<String>),
    /// This bench cannot do it.
    NotSupported(String),
    /// It was tried and did not work, or the request makes no sense.
    Failed(String),
}

/// A picture with its bytes as text.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WirePicture {
    width_px: u32,
    height_lines: u32,
    /// Red, green, blue, top line first, in base64.
    rgb: String,
    timing: Option<MeasuredTiming>,
}

impl From<Picture> for WirePicture {
    fn from(picture: Picture) -> Self {
        Self {
            width_px: picture.width_px,
            height_lines: picture.height_lines,
            rgb: STANDARD.encode(&picture.rgb),
            timing: picture.timing,
        }
    }
}

impl WirePicture {
    /// The picture; a sentence when the bytes are not as many as the size says.
    pub fn decode(self) -> Result<Picture, String> {
        let rgb = STANDARD
            .decode(&self.rgb)
            .map_err(|error| format!("the picture is no base64: {error}"))?;
        let expected = u64::from(self.width_px) * u64::from(self.height_lines) * 3;
        if rgb.len() as u64 != expected {
            return Err(format!(
                "the picture has {} bytes, its size means {expected}",
                rgb.len()
            ));
        }
        Ok(Picture {
            width_px: self.width_px,
            height_lines: self.height_lines,
            rgb,
            timing: self.timing,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_documented() {
        let line = |ask| serde_json::to_string(&Request { id: 7, ask }).unwrap();
        assert_eq!(line(Ask::Capture), r#"{"id":7,"ask":"capture"}"#);
        assert_eq!(
            line(Ask::Inject {
                fault: Fault::HostSilent(true)
            }),
            r#"{"id":7,"ask":{"inject":{"fault":{"host_silent":true}}}}"#
        );
        let prepare = Ask::Prepare {
            monitor: Some(MonitorSetup::with_edid(vec![1, 2])),
        };
        let back: Request = serde_json::from_str(&line(prepare)).unwrap();
        assert!(
            matches!(back.ask, Ask::Prepare { monitor: Some(monitor) } if monitor.edid == [1, 2])
        );
        let answer = serde_json::to_string(&Answer {
            id: 7,
            reply: Reply::Violations(Vec::new()),
        });
        assert_eq!(answer.unwrap(), r#"{"id":7,"reply":{"violations":[]}}"#);
    }

    #[test]
    fn a_picture_survives_and_a_short_one_is_refused() {
        let picture = Picture {
            width_px: 2,
            height_lines: 1,
            rgb: vec![1, 2, 3, 250, 251, 252],
            timing: None,
        };
        let wire = WirePicture::from(picture.clone());
        assert_eq!(wire.decode(), Ok(picture.clone()));
        let mut wire = WirePicture::from(picture.clone());
        wire.height_lines = 2;
        assert!(wire.decode().unwrap_err().contains("6 bytes"));
        let mut wire = WirePicture::from(picture);
        wire.rgb.push('!');
        assert!(wire.decode().is_err());
    }
}

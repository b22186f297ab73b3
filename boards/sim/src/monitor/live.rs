//! A monitor for somebody who watches: the newest whole frame, at any time, without waiting.

use std::sync::Arc;

use super::{Frame, Monitor};

/// A frame as it was on the screen.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The frame. Its index rises for as long as the board lives.
    pub frame: Frame,
    /// The pixel clock that carried it. Units: kHz.
    pub pixel_clock_khz: u32,
}

/// Keeps the newest frame and throws the others away.
#[derive(Debug, Default)]
pub(crate) struct LiveMonitor {
    monitor: Monitor,
    newest: Option<Arc<Shown>>,
}

impl LiveMonitor {
    /// Takes TMDS symbols, as [`Monitor::push`].
    pub(crate) fn push(&mut self, words: &[u32], pixel_clock_khz: u32) {
        self.monitor.push(words);
        while let Some(frame) = self.monitor.take_frame() {
            self.newest = Some(Arc::new(Shown {
                frame,
                pixel_clock_khz,
            }));
        }
    }

    /// The card stopped, or changed its clock: a frame that was under way is none.
    pub(crate) fn interrupt(&mut self) {
        self.monitor.resynchronise();
    }

    /// The newest frame since the start.
    pub(crate) fn newest(&self) -> Option<&Arc<Shown>> {
        self.newest.as_ref()
    }

    /// Frames so far.
    pub(crate) fn frame_count(&self) -> u64 {
        self.monitor.frame_count()
    }
}

//! An independent monitor: DVI symbols in, frames and a critical report out.
//!
//! It knows the Digital Visual Interface specification 1.0 and nothing of the card: no register, no mode table, no encoder of this
//! project. So what it reports is evidence. Per frame it gives the picture, the measured raster with polarities, and every symbol or
//! edge that a real receiver could stumble over.
//!
//! Input is one word for each pixel clock: blue in bits 9:0, green in 19:10, red in 29:20 (channels 0, 1, 2). A second entry takes the
//! parallel output for a transmitter chip.
//!
//! Frames: a frame runs from its first visible pixel to that of the next, so it is reported when the next begins. Everything before the
//! first vertical sync edge is skipped.
//!
//! [`Cable`] is its other connector pins: DDC with the EDID of [`edid`], and hot plug.
//!
//! # Not supported
//! HDMI data islands (their symbols count as mixed or illegal), interlace, skew between channels (the engines have none), bit-level
//! alignment.

mod ddc;
pub mod edid;
mod frame;
mod live;
mod modes;
mod symbols;

use std::collections::VecDeque;

pub use ddc::{Cable, CableLevels, MonitorConfig};
use frame::{Edge, Line, Recording};
pub use frame::{Frame, FrameErrors, Timing};
pub(crate) use live::LiveMonitor;
pub use live::Shown;
pub use modes::{Axis, STANDARD_MODES, StandardMode};
use symbols::{BALANCED, CONTROL, DISPARITY, ILLEGAL, NOT_PLAIN_DATA, SymbolTable};

/// A frame longer than this is given up: there is no vertical sync. Units: clocks.
const MAX_FRAME_CLOCKS: u64 = 1 << 26;

/// Frames kept until somebody takes them.
const KEPT_FRAMES: usize = 16;

/// The control bits of a token's table entry: C1, C0.
const CONTROL_BITS: u16 = 3;

/// Pixels that are decoded before they are stored.
const PIECE_PIXELS: usize = 256;

/// What a clock carried.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Period {
    /// A visible pixel.
    Visible,
    /// Blanking with these sync levels.
    Blank { hsync: bool, vsync: bool },
}

/// The states after the symbols with these table entries.
#[inline]
fn next_states(entries: [u16; 3]) -> [u16; 3] {
    entries.map(|entry| entry >> 8 & 0xF)
}

/// The monitor.
pub struct Monitor {
    table: &'static SymbolTable,
    /// Running disparity of each channel, as a table state.
    states: [u16; 3],
    clock: u64,
    /// The last word, when it was three control tokens without error.
    last_control: Option<u32>,
    last: Option<Period>,
    /// Sync levels of the last blanking clock.
    levels: Option<(bool, bool)>,
    vsync_moved: bool,
    recording: Option<Box<Recording>>,
    frames: VecDeque<Frame>,
    next_index: u64,
    dropped_frames: u64,
    symbol_errors: u64,
    frame_bytes: usize,
}

impl Default for Monitor {
    fn default() -> Self {
        Self::new()
    }
}

impl Monitor {
    /// A monitor that waits for its first vertical sync.
    pub fn new() -> Self {
        Self {
            table: SymbolTable::shared(),
            states: [BALANCED; 3],
            clock: 0,
            last_control: None,
            last: None,
            levels: None,
            vsync_moved: false,
            recording: None,
            frames: VecDeque::new(),
            next_index: 0,
            dropped_frames: 0,
            symbol_errors: 0,
            frame_bytes: 0,
        }
    }

    /// Takes TMDS symbols: blue 9:0, green 19:10, red 29:20, one word a pixel clock.
    pub fn push(&mut self, words: &[u32]) {
        let mut rest = words;
        while let Some((word, tail)) = rest.split_first() {
            // The two long runs of a raster go fast: a line's pixels, and the same tokens over and over.
            let run = if self.last == Some(Period::Visible) {
                self.visible_run(rest)
            } else {
                self.control_run(rest)
            };
            if run > 0 {
                self.clock += run as u64;
                rest = &rest[run..];
            } else {
                self.push_word(*word);
                rest = tail;
            }
        }
    }

    /// Takes the parallel output: RGB 23:0, data enable 24, hsync 25, vsync 26, one word a pixel clock.
    pub fn push_parallel(&mut self, words: &[u32]) {
        for word in words {
            let bit = |at: u32| word >> at & 1 != 0;
            if bit(24) {
                self.visible((word >> 16) as u8, (word >> 8) as u8, *word as u8);
            } else {
                self.blank(bit(25), bit(26));
            }
            self.clock += 1;
        }
    }

    /// The oldest whole frame not yet taken.
    pub fn take_frame(&mut self) -> Option<Frame> {
        self.frames.pop_front()
    }

    /// Pixel clocks seen so far.
    pub fn clocks(&self) -> u64 {
        self.clock
    }

    /// Whole frames seen so far, taken or not.
    pub fn frame_count(&self) -> u64 {
        self.next_index
    }

    /// Frames thrown away because nobody took them, or because they never ended.
    pub fn dropped_frame_count(&self) -> u64 {
        self.dropped_frames
    }

    /// Symbol errors since the start, also those before the first frame.
    pub fn symbol_error_count(&self) -> u64 {
        self.symbol_errors
    }

    /// Forgets the present frame, for instance because the pixel clock was stopped; the next one starts after a vertical sync.
    pub fn resynchronise(&mut self) {
        self.recording = None;
        self.last_control = None;
        self.last = None;
        self.levels = None;
        self.vsync_moved = false;
        self.states = [BALANCED; 3];
    }

    /// Takes leading words that repeat the last tokens, which changes nothing, and gives their number.
    fn control_run(&self, words: &[u32]) -> usize {
        match self.last_control {
            Some(last) => words.iter().take_while(|word| **word == last).count(),
            None => 0,
        }
    }

    /// Takes leading words that are faultless pixels of the present line, and gives their number.
    fn visible_run(&mut self, words: &[u32]) -> usize {
        let mut pixels = [0; PIECE_PIXELS * 3];
        let mut states = self.states;
        let mut run = 0;
        for (word, pixel) in words.iter().zip(pixels.chunks_exact_mut(3)) {
            let entries = self.look_up(states, *word);
            let [blue, green, red] = entries;
            if (blue | green | red) & NOT_PLAIN_DATA != 0 {
                break;
            }
            states = next_states(entries);
            pixel.copy_from_slice(&[red as u8, green as u8, blue as u8]);
            run += 1;
        }
        self.states = states;
        if let Some(recording) = &mut self.recording {
            recording.rgb.extend_from_slice(&pixels[..run * 3]);
        }
        run
    }

    /// Table entries of a word's three symbols: blue, green, red.
    #[inline]
    fn look_up(&self, states: [u16; 3], word: u32) -> [u16; 3] {
        [
            self.table.get(states[0], word),
            self.table.get(states[1], word >> 10),
            self.table.get(states[2], word >> 20),
        ]
    }

    fn push_word(&mut self, word: u32) {
        let entries = self.look_up(self.states, word);
        self.states = next_states(entries);
        let [blue, green, red] = entries;
        if (blue | green | red) & NOT_PLAIN_DATA == 0 {
            self.visible(red as u8, green as u8, blue as u8);
        } else {
            self.special(word, entries);
        }
        self.clock += 1;
    }

    /// A clock with control tokens or with an error.
    fn special(&mut self, word: u32, entries: [u16; 3]) {
        let [blue, green, red] = entries;
        let count =
            |wanted: fn(u16) -> bool| entries.iter().filter(|entry| wanted(**entry)).count();
        let controls = count(|entry| entry & CONTROL != 0);
        let data = count(|entry| entry & (CONTROL | ILLEGAL) == 0);
        let is_blank =
            controls >= 2 || (data < 2 && matches!(self.last, Some(Period::Blank { .. })));
        if !is_blank {
            self.visible(red as u8, green as u8, blue as u8);
        } else if blue & CONTROL != 0 {
            self.blank_period(blue & 1 != 0, blue & 2 != 0);
        } else if let Some((hsync, vsync)) = self.levels {
            self.blank_period(hsync, vsync);
        }
        // Errors are noted last, so that those of a frame's first pixel belong to that frame.
        if controls < 3 {
            self.note_errors(entries, controls);
        } else if (green | red) & CONTROL_BITS == 0 {
            self.last_control = Some(word);
        } else if let Some(recording) = &mut self.recording {
            recording.errors.control_bits += 1;
        }
    }

    #[cold]
    fn note_errors(&mut self, entries: [u16; 3], controls: usize) {
        let mut new = FrameErrors::default();
        for (channel, entry) in entries.iter().enumerate() {
            new.illegal_symbols[channel] = u64::from(entry & ILLEGAL != 0);
            new.disparity[channel] = u64::from(entry & DISPARITY != 0);
        }
        new.mixed_periods = u64::from(controls > 0);
        self.symbol_errors += new.symbol_errors();
        if let Some(recording) = &mut self.recording {
            let errors = &mut recording.errors;
            for channel in 0..3 {
                errors.illegal_symbols[channel] += new.illegal_symbols[channel];
                errors.disparity[channel] += new.disparity[channel];
            }
            errors.mixed_periods += new.mixed_periods;
            errors.first_symbol_error.get_or_insert(self.clock);
        }
    }

    fn visible(&mut self, red: u8, green: u8, blue: u8) {
        if self.last != Some(Period::Visible) {
            self.line_starts();
        }
        if let Some(recording) = &mut self.recording {
            recording.rgb.extend_from_slice(&[red, green, blue]);
        }
    }

    #[cold]
    fn line_starts(&mut self) {
        self.last = Some(Period::Visible);
        self.last_control = None;
        if self.vsync_moved {
            self.vsync_moved = false;
            self.frame_starts();
        }
        let start = self.clock;
        if let Some(recording) = &mut self.recording {
            if start - recording.start > MAX_FRAME_CLOCKS {
                self.recording = None;
                self.dropped_frames += 1;
            } else {
                recording.lines.push(Line { start, len: 0 });
            }
        }
    }

    fn frame_starts(&mut self) {
        if let Some(recording) = self.recording.take() {
            let frame = recording.finish(self.next_index, self.clock);
            self.frame_bytes = frame.rgb.len();
            self.next_index += 1;
            if self.frames.len() == KEPT_FRAMES {
                self.frames.pop_front();
                self.dropped_frames += 1;
            }
            self.frames.push_back(frame);
        }
        self.recording = Some(Box::new(Recording {
            start: self.clock,
            rgb: Vec::with_capacity(self.frame_bytes),
            ..Recording::default()
        }));
    }

    /// A blanking clock of the parallel output.
    fn blank(&mut self, hsync: bool, vsync: bool) {
        if self.last != Some(Period::Blank { hsync, vsync }) {
            self.blank_period(hsync, vsync);
        }
    }

    /// A blanking clock that may differ from the last one.
    fn blank_period(&mut self, hsync: bool, vsync: bool) {
        let clock = self.clock;
        if self.last == Some(Period::Visible)
            && let Some(line) = self
                .recording
                .as_mut()
                .and_then(|recording| recording.lines.last_mut())
        {
            line.len = clock - line.start;
        }
        self.last = Some(Period::Blank { hsync, vsync });
        let Some((old_hsync, old_vsync)) = self.levels.replace((hsync, vsync)) else {
            return;
        };
        self.vsync_moved |= vsync != old_vsync;
        if let Some(recording) = &mut self.recording {
            if hsync != old_hsync {
                recording.hsync.push(Edge { clock, high: hsync });
            }
            if vsync != old_vsync {
                recording.vsync.push(Edge { clock, high: vsync });
            }
            if clock - recording.start > MAX_FRAME_CLOCKS {
                self.recording = None;
                self.dropped_frames += 1;
            }
        }
    }
}

impl std::fmt::Debug for Monitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Monitor")
            .field("clocks", &self.clock)
            .field("frames", &self.next_index)
            .field("symbol_errors", &self.symbol_errors)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

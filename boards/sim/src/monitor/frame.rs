//! What the monitor reports about a frame, and how it is measured.

use std::fmt;

use super::modes::{Axis, STANDARD_MODES, StandardMode};

/// The measured raster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Horizontal timing. Units: pixels.
    pub horizontal: Axis,
    /// Vertical timing. Units: lines; porches as the standards count them, from one horizontal sync edge to the next.
    pub vertical: Axis,
    /// Both edges of vertical sync coincide with the leading edge of horizontal sync, as the standards draw them.
    pub vsync_on_hsync_edge: bool,
}

impl Timing {
    /// Clocks of a frame.
    pub fn clocks_per_frame(&self) -> u64 {
        u64::from(self.horizontal.total()) * u64::from(self.vertical.total())
    }

    /// The standard modes with exactly this raster; they differ in the pixel clock.
    pub fn standard_modes(&self) -> impl Iterator<Item = &'static StandardMode> + use<> {
        let (horizontal, vertical) = (self.horizontal, self.vertical);
        STANDARD_MODES
            .iter()
            .filter(move |mode| (mode.horizontal, mode.vertical) == (horizontal, vertical))
    }

    /// The standard mode with exactly this raster and a pixel clock within half a percent.
    pub fn standard_mode(&self, pixel_clock_khz: u32) -> Option<&'static StandardMode> {
        self.standard_modes().find(|mode| {
            mode.pixel_clock_khz.abs_diff(pixel_clock_khz) * 200 <= mode.pixel_clock_khz
        })
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let axis = |axis: &Axis| {
            let sign = if axis.sync_high { '+' } else { '-' };
            let Axis {
                active,
                front,
                sync,
                back,
                ..
            } = axis;
            format!("{active}+{front}+{sync}+{back}={} {sign}", axis.total())
        };
        write!(f, "h {} v {}", axis(&self.horizontal), axis(&self.vertical))?;
        if !self.vsync_on_hsync_edge {
            f.write_str(" (vsync off the hsync edge)")?;
        }
        Ok(())
    }
}

/// What was wrong while a frame was received. Channels are in the order blue, green, red.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameErrors {
    /// Words that no transmitter sends.
    pub illegal_symbols: [u64; 3],
    /// Data symbols that are wrong for the running disparity.
    pub disparity: [u64; 3],
    /// Clocks at which some channels carried data and others control tokens.
    pub mixed_periods: u64,
    /// Blanking clocks with CTL0..CTL3 not all zero, which DVI does not use.
    pub control_bits: u64,
    /// Lines whose length differs from the first one's.
    pub ragged_lines: u64,
    /// Lines that start at another distance than the first two.
    pub uneven_lines: u64,
    /// Horizontal sync edges that are missing, surplus, or away from the usual column.
    pub unsteady_hsync: u64,
    /// Vertical sync is missing, has several pulses, or not a whole number of lines.
    pub bad_vsync: bool,
    /// The frame's clocks are no multiple of the line's.
    pub broken_line: bool,
    /// Clock of the first symbol error, counted from the monitor's start.
    pub first_symbol_error: Option<u64>,
}

impl FrameErrors {
    /// Whether nothing was wrong.
    pub fn is_clean(&self) -> bool {
        *self == Self::default()
    }

    /// Symbol errors of all kinds and channels.
    pub fn symbol_errors(&self) -> u64 {
        self.illegal_symbols.iter().sum::<u64>()
            + self.disparity.iter().sum::<u64>()
            + self.mixed_periods
    }
}

/// A received frame.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// Which one, counted from the first whole frame.
    pub index: u64,
    /// Visible pixels of a line.
    pub width: usize,
    /// Visible lines.
    pub height: usize,
    /// Pixels row by row, three bytes each: red, green, blue. Lines of another length are cut or filled with black.
    pub rgb: Vec<u8>,
    /// The raster, where it could be measured.
    pub timing: Option<Timing>,
    /// What was wrong.
    pub errors: FrameErrors,
    /// Clock of the first visible pixel, counted from the monitor's start.
    pub start_clock: u64,
}

impl Frame {
    /// The pixel at column `x` of line `y` as red, green, blue; `None` outside.
    pub fn pixel(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        if x >= self.width || y >= self.height {
            return None;
        }
        self.rgb
            .get((y * self.width + x) * 3..)?
            .first_chunk()
            .copied()
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("index", &self.index)
            .field("size", &format_args!("{}x{}", self.width, self.height))
            .field("timing", &self.timing)
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}

/// A change of a sync signal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) clock: u64,
    /// Level from this clock on.
    pub(super) high: bool,
}

/// A visible line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) start: u64,
    pub(super) len: u64,
}

/// Everything seen from the first visible pixel of a frame on.
#[derive(Default)]
pub(super) struct Recording {
    pub(super) start: u64,
    pub(super) lines: Vec<Line>,
    pub(super) rgb: Vec<u8>,
    pub(super) hsync: Vec<Edge>,
    pub(super) vsync: Vec<Edge>,
    pub(super) errors: FrameErrors,
}

/// A sync signal's pulses in one frame.
struct Pulses {
    high: bool,
    /// Clocks of leading and trailing edges since the frame's start.
    leading: Vec<u64>,
    trailing: Vec<u64>,
}

impl Recording {
    /// Measures the frame, which ends where the next begins.
    pub(super) fn finish(mut self, index: u64, end: u64) -> Frame {
        let period = end - self.start;
        let width = self.lines.first().map_or(0, |line| line.len);
        let height = self.lines.len();
        let h_total = self.line_period(period);
        self.errors.ragged_lines =
            self.lines.iter().filter(|line| line.len != width).count() as u64;
        self.errors.uneven_lines = self
            .lines
            .windows(2)
            .filter(|pair| pair[1].start - pair[0].start != h_total)
            .count() as u64;
        self.errors.broken_line = !period.is_multiple_of(h_total);
        let timing = self.measure(period, h_total, width);
        if self.errors.ragged_lines > 0 {
            self.straighten(width as usize);
        }
        Frame {
            index,
            width: width as usize,
            height,
            rgb: self.rgb,
            timing,
            errors: self.errors,
            start_clock: self.start,
        }
    }

    /// Clocks of a line: the distance of the first two visible ones.
    fn line_period(&self, period: u64) -> u64 {
        match self.lines[..] {
            [first, second, ..] => second.start - first.start,
            _ => period.max(1),
        }
    }

    /// Brings every line to the same length.
    fn straighten(&mut self, width: usize) {
        let mut straight = Vec::with_capacity(width * self.lines.len() * 3);
        let mut at = 0;
        for line in &self.lines {
            let len = line.len as usize * 3;
            let pixels = &self.rgb[at.min(self.rgb.len())..(at + len).min(self.rgb.len())];
            let end = straight.len() + width * 3;
            straight.extend_from_slice(&pixels[..pixels.len().min(width * 3)]);
            straight.resize(end, 0);
            at += len;
        }
        self.rgb = straight;
    }

    fn measure(&mut self, period: u64, h_total: u64, width: u64) -> Option<Timing> {
        let height = self.lines.len() as u64;
        let v_total = period / h_total;
        let h = pulses(&self.hsync, self.start, period);
        let v = pulses(&self.vsync, self.start, period);
        self.errors.bad_vsync = !v
            .as_ref()
            .is_some_and(|v| v.leading.len() == 1 && v.trailing.len() == 1);
        let Some(h) = h else {
            self.errors.unsteady_hsync = v_total;
            return None;
        };
        let (lead, trail) = (h.leading.first()? % h_total, h.trailing.first()? % h_total);
        let astray = |edges: &[u64], column: u64| {
            edges
                .iter()
                .filter(|edge| **edge % h_total != column)
                .count() as u64
        };
        self.errors.unsteady_hsync = astray(&h.leading, lead)
            + astray(&h.trailing, trail)
            + v_total.abs_diff(h.leading.len() as u64)
            + v_total.abs_diff(h.trailing.len() as u64);
        let h_sync = (trail + h_total - lead) % h_total;
        let horizontal = Axis {
            active: width as u32,
            front: lead.checked_sub(width)? as u32,
            sync: h_sync as u32,
            back: h_total.checked_sub(lead + h_sync)? as u32,
            sync_high: h.high,
        };

        let v = v?;
        let (v_lead, v_trail) = (*v.leading.first()?, *v.trailing.first()?);
        let v_clocks = (v_trail + period - v_lead) % period;
        self.errors.bad_vsync |= !v_clocks.is_multiple_of(h_total);
        let last = self.lines.last()?;
        let active_end = last.start + last.len - self.start;
        let v_front = v_lead.checked_sub(active_end)? / h_total;
        let v_sync = v_clocks / h_total;
        let vertical = Axis {
            active: height as u32,
            front: v_front as u32,
            sync: v_sync as u32,
            back: v_total.checked_sub(height + v_front + v_sync)? as u32,
            sync_high: v.high,
        };
        let vsync_on_hsync_edge = v_lead % h_total == lead && v_trail % h_total == lead;
        Some(Timing {
            horizontal,
            vertical,
            vsync_on_hsync_edge,
        })
    }
}

/// Sorts a signal's edges into leading and trailing ones; the level that lasts shorter is the pulse. `None` without edges.
fn pulses(edges: &[Edge], start: u64, period: u64) -> Option<Pulses> {
    let first = edges.first()?;
    let mut high_clocks = 0;
    let mut since = start;
    let mut level = !first.high;
    for edge in edges {
        high_clocks += if level { edge.clock - since } else { 0 };
        since = edge.clock;
        level = edge.high;
    }
    high_clocks += if level { start + period - since } else { 0 };
    let high = high_clocks * 2 < period;
    let of = |wanted: bool| {
        edges
            .iter()
            .filter(|edge| edge.high == wanted)
            .map(|edge| edge.clock - start)
            .collect()
    };
    Some(Pulses {
        high,
        leading: of(high),
        trailing: of(!high),
    })
}

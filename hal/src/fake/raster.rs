//! Timing generator and plane of the fake card: frames over virtual time, and what they would show.

use lumenport_regmap::blocks::{crtc, palette, plane};
use std::vec::Vec;

use super::registers::State;

/// A committed raster.
#[derive(Clone, Copy, Debug, Default)]
struct Timing {
    enabled: bool,
    h_active: u32,
    v_active: u32,
    line_ns_x1000: u64,
    v_total: u32,
}

/// A committed plane.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PlaneState {
    pub enabled: bool,
    pub format: u32,
    pub base: u32,
    pub pitch: u32,
}

/// Raster and plane.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Raster {
    timing: Timing,
    commit_pending: bool,
    frame_start_ns: u64,
    vblank_seen: bool,
    starved: bool,
    pub plane: PlaneState,
    pub flip_pending: bool,
}

/// A picture. Shape: `width_px * height_lines` pixels, 3 bytes each, red first, top line first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Pixels in a line.
    pub width_px: u32,
    /// Lines.
    pub height_lines: u32,
    /// The bytes.
    pub rgb: Vec<u8>,
}

impl Timing {
    fn frame_ns(&self) -> u64 {
        (u64::from(self.v_total).saturating_mul(self.line_ns_x1000) / 1000).max(1)
    }

    fn active_ns(&self) -> u64 {
        u64::from(self.v_active).saturating_mul(self.line_ns_x1000) / 1000
    }
}

impl State {
    /// Takes the prepared timing over: at once while off, else at the next frame start.
    pub fn crtc_commit(&mut self) {
        if self.raster.timing.enabled {
            self.raster.commit_pending = true;
        } else {
            self.latch_timing(self.now_ns);
        }
    }

    pub fn plane_commit(&mut self) {
        self.raster.flip_pending = true;
    }

    fn latch_timing(&mut self, at_ns: u64) {
        let size: crtc::HSize = self.stored();
        let lines: crtc::VSize = self.stored();
        let clock = self.clock_khz(
            self.stored::<crtc::ClockSelect>()
                .get(crtc::ClockSelect::INDEX),
        );
        let (h_total, v_total) = (size.get(crtc::HSize::TOTAL), lines.get(crtc::VSize::TOTAL));
        let line_ns_x1000 = (u64::from(h_total) * 1_000_000_000)
            .checked_div(u64::from(clock))
            .unwrap_or(0);
        let runs = self.stored::<crtc::Control>().is_set(crtc::Control::ENABLE);
        self.raster.timing = Timing {
            enabled: runs && line_ns_x1000 > 0 && v_total > 0,
            h_active: size.get(crtc::HSize::ACTIVE),
            v_active: lines.get(crtc::VSize::ACTIVE),
            line_ns_x1000,
            v_total,
        };
        self.raster.commit_pending = false;
        if self.raster.timing.enabled {
            self.start_frame(at_ns);
        }
    }

    fn start_frame(&mut self, at_ns: u64) {
        self.raster.frame_start_ns = at_ns;
        self.raster.vblank_seen = false;
        self.raster.starved = false;
        self.count::<crtc::FrameCount>();
    }

    /// Starves the present frame; counted once a frame.
    pub fn inject_underrun(&mut self) {
        if self.raster.timing.enabled && !self.raster.starved {
            self.raster.starved = true;
            self.count::<crtc::UnderrunCount>();
            self.raise(crtc::IntrState::new().with_flag(crtc::IntrState::UNDERRUN, true));
        }
    }

    /// The timing generator is on.
    pub fn raster_runs(&self) -> bool {
        self.raster.timing.enabled
    }

    pub fn raster_status(&self) -> u32 {
        crtc::Status::new()
            .with_flag(crtc::Status::ENABLED, self.raster.timing.enabled)
            .with_flag(
                crtc::Status::VBLANK,
                self.raster.timing.enabled && self.raster.vblank_seen,
            )
            .with_flag(crtc::Status::COMMIT_PENDING, self.raster.commit_pending)
            .bits()
    }

    /// Runs the raster up to `until`.
    pub fn run_raster(&mut self, until: u64) {
        while self.raster.timing.enabled {
            let start = self.raster.frame_start_ns;
            if !self.raster.vblank_seen {
                if start.saturating_add(self.raster.timing.active_ns()) > until {
                    return;
                }
                self.begin_vblank();
            }
            let next = start.saturating_add(self.raster.timing.frame_ns());
            if next > until {
                return;
            }
            if self.raster.commit_pending {
                self.latch_timing(next);
            } else {
                self.start_frame(next);
            }
        }
    }

    fn begin_vblank(&mut self) {
        self.raster.vblank_seen = true;
        self.raise(crtc::IntrState::new().with_flag(crtc::IntrState::VBLANK, true));
        if self.raster.flip_pending {
            let control: plane::Control = self.stored();
            self.raster.plane = PlaneState {
                enabled: control.is_set(plane::Control::ENABLE),
                format: control.get(plane::Control::FORMAT),
                base: self.stored::<plane::Base>().bits(),
                pitch: self.stored::<plane::Pitch>().bits(),
            };
            self.raster.flip_pending = false;
            self.raise(plane::IntrState::new().with_flag(plane::IntrState::FLIP_DONE, true));
        }
        self.latch_cursor();
    }

    /// The picture of the present frame; `None` while the raster is off. Without a plane it is black; the pointer lies over either.
    pub fn render(&self) -> Option<Frame> {
        let Raster { timing, plane, .. } = self.raster;
        if !timing.enabled || self.gone {
            return None;
        }
        let mut rgb = Vec::with_capacity(timing.h_active as usize * timing.v_active as usize * 3);
        for line in 0..timing.v_active {
            for px in 0..timing.h_active {
                let colour = if plane.enabled {
                    self.pixel(&plane, line, px)
                } else {
                    [0; 3]
                };
                rgb.extend_from_slice(&self.pointer.over(line, px, colour));
            }
        }
        Some(Frame {
            width_px: timing.h_active,
            height_lines: timing.v_active,
            rgb,
        })
    }

    fn pixel(&self, plane: &PlaneState, line: u32, px: u32) -> [u8; 3] {
        let start = u64::from(plane.base) + u64::from(line) * u64::from(plane.pitch);
        let byte = |index: u64| {
            usize::try_from(start + index)
                .ok()
                .and_then(|at| self.memory.get(at))
                .copied()
                .unwrap_or(0)
        };
        let px = u64::from(px);
        match plane::Format::from_bits(plane.format) {
            Some(plane::Format::Xrgb8888) => [byte(px * 4 + 2), byte(px * 4 + 1), byte(px * 4)],
            Some(plane::Format::Rgb565) => {
                let word = u16::from_le_bytes([byte(px * 2), byte(px * 2 + 1)]);
                let (r, g, b) = (
                    (word >> 11) as u8,
                    ((word >> 5) & 63) as u8,
                    (word & 31) as u8,
                );
                [
                    (r << 3) | (r >> 2),
                    (g << 2) | (g >> 4),
                    (b << 3) | (b >> 2),
                ]
            }
            Some(plane::Format::C8) => {
                let offset = palette::Colour::offset_of(u32::from(byte(px))).unwrap_or_default();
                let colour = palette::Colour::from_bits(self.raw(offset));
                [palette::Colour::R, palette::Colour::G, palette::Colour::B]
                    .map(|field| colour.get(field) as u8)
            }
            None => [0; 3],
        }
    }
}

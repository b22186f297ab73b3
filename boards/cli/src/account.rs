//! The account that `show` gives: one line a layer, measured, never assumed.

use crate::card_session::SimSession;
use crate::picture::Format;
use crate::show::Upload;
use anyhow::Result;
use image::RgbImage;
use lumenport_flows::MeasuredTiming;
use lumenport_sim::machine::CARD_SLOT;
use lumenport_videoport::ioctl::ModeInformation;
use std::path::Path;
use std::time::Duration;

/// What was seen while the picture travelled.
pub struct Seen {
    /// Name of the timing.
    pub mode_name: String,
    /// The mode.
    pub mode: ModeInformation,
    /// Pixel format.
    pub format: Format,
    /// The transfer.
    pub upload: Upload,
    /// What the monitor measured.
    pub timing: Option<MeasuredTiming>,
    /// Frames that the card scanned out since the mode was set.
    pub frames: u32,
    /// Frames with an underrun.
    pub underruns: u32,
}

/// The figures and the frame.
pub struct Account {
    lines: Vec<(&'static str, String)>,
    /// What the monitor showed.
    pub frame: RgbImage,
    /// Pixels that are not as they must be.
    pub differing_pixels: u64,
    simulated_ns: u64,
}

impl Account {
    /// Collects the figures while the card still runs.
    pub fn gather(
        session: &SimSession<'_, '_>,
        seen: &Seen,
        frame: RgbImage,
        differing_pixels: u64,
    ) -> Result<Self> {
        let modes = session
            .modes()
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        let mut timings: Vec<_> = modes
            .iter()
            .filter_map(|mode| session.timing_of(mode).ok())
            .map(|timing| timing.name)
            .collect();
        timings.dedup();
        let board = session.board.board();
        let traffic = &seen.upload.traffic;
        let counters = session.miniport.counters();
        let lines = vec![
            ("engine", board.engine_name()),
            (
                "card",
                format!(
                    "{CARD_SLOT}, register map {:08x} as the driver's",
                    lumenport_hal::regmap::MAP_DIGEST
                ),
            ),
            (
                "mode",
                format!(
                    "{} at {} bits a pixel, {} Hz; found {} timings, {} modes with their formats",
                    seen.mode_name,
                    seen.format.bits_per_pixel(),
                    seen.mode.frequency_hz,
                    timings.len(),
                    modes.len()
                ),
            ),
            (
                "pool block",
                format!(
                    "{} bytes in {} pages, locked as {} elements of the card's SG table",
                    grouped(seen.upload.block_bytes as u64),
                    seen.upload.pages,
                    seen.upload.elements
                ),
            ),
            (
                "DMA",
                format!(
                    "{} transfer(s): {} read requests, {} completions, {} bytes in {} clocks",
                    seen.upload.transfers,
                    grouped(traffic.reads),
                    grouped(traffic.completions),
                    grouped(traffic.payload_bytes),
                    grouped(traffic.clocks)
                ),
            ),
            (
                "rate",
                format!(
                    "{:.3} payload bytes a clock, {:.1} % of the ceiling of {:.3} at 1 us round trip",
                    traffic.rate(),
                    100.0 * traffic.rate() / traffic.ceiling(),
                    traffic.ceiling()
                ),
            ),
            (
                "TLPs",
                format!(
                    "{} with the lock's {} register writes; {} interrupts, {} deferred calls",
                    grouped(traffic.packets),
                    grouped(traffic.register_writes),
                    counters.interrupts,
                    counters.dpcs
                ),
            ),
            (
                "monitor",
                seen.timing.map_or_else(
                    || "no timing measured".to_owned(),
                    |timing| timing_line(&timing),
                ),
            ),
            (
                "scanout",
                format!(
                    "{} frames, {} with an underrun",
                    seen.frames, seen.underruns
                ),
            ),
        ];
        let simulated_ns = board.now_ns();
        drop(board);
        Ok(Self {
            lines,
            frame,
            differing_pixels,
            simulated_ns,
        })
    }

    /// Pixels of the frame.
    pub fn pixels(&self) -> u64 {
        u64::from(self.frame.width()) * u64::from(self.frame.height())
    }

    /// Prints everything.
    pub fn print(&self, picture: &Path, size: (u32, u32), out: &Path, wall: Duration) {
        println!(
            "{} ({}x{}) through the simulated card",
            picture.display(),
            size.0,
            size.1
        );
        for (name, text) in &self.lines {
            println!("  {name:<11}{text}");
        }
        println!(
            "  {:<11}{:.2} ms simulated, {:.2} s of wall time",
            "time",
            self.simulated_ns as f64 / 1e6,
            wall.as_secs_f64()
        );
        let verdict = if self.differing_pixels == 0 {
            "bit-exact"
        } else {
            "NOT as it should be"
        };
        println!(
            "  {:<11}{}: {verdict}, {} pixels compared with the fitted picture, {} differ",
            "picture",
            out.display(),
            grouped(self.pixels()),
            grouped(self.differing_pixels)
        );
    }
}

fn timing_line(timing: &MeasuredTiming) -> String {
    let sign = |positive: bool| if positive { '+' } else { '-' };
    format!(
        "total {} x {}, hsync {}..{} {}, vsync {}..{} {}; no symbol or disparity error",
        timing.h_total_px,
        timing.v_total_lines,
        timing.h_sync_start_px,
        timing.h_sync_end_px,
        sign(timing.hsync_positive),
        timing.v_sync_start_lines,
        timing.v_sync_end_lines,
        sign(timing.vsync_positive)
    )
}

/// A number with thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (idx, digit) in digits.chars().enumerate() {
        if idx > 0 && (digits.len() - idx).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(12_345_678), "12,345,678");
    }
}

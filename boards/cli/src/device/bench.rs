//! `bench` on a device: what a driver's process sees of the card, in wall time.

use super::board::{DeviceBoard, DeviceTarget};
use crate::args::Bench;
use crate::driver_session;
use anyhow::{Context, Result, anyhow};
use lumenport_flows::Session;
use lumenport_hal::bus::Bus;
use lumenport_hal::regmap::blocks::id::{Heartbeat, Scratch};
use lumenport_miniport::private_ioctl::{UpdateRectangle, WAIT_VBLANK, WaitVblank};
use serde::Serialize;
use std::time::Instant;

/// Accesses in one figure.
const ACCESSES: u32 = 2000;
/// Moves of the whole frame in one figure; the first is not counted.
const MOVES: usize = 4;
/// Interrupts awaited.
const INTERRUPTS: usize = 8;
/// Longest wait for one. Units: us of the driver's time.
const VBLANK_TIMEOUT_US: u32 = 500_000;

/// One figure.
#[derive(Debug, Serialize)]
struct Figure {
    what: &'static str,
    /// The middle one of what was measured.
    median: f64,
    /// The best.
    best: f64,
    unit: &'static str,
}

/// All of them, as they are saved.
#[derive(Debug, Serialize)]
struct Report {
    device: String,
    figures: Vec<Figure>,
}

/// Runs the command.
pub fn run(target: &DeviceTarget, args: &Bench) -> Result<()> {
    let board = target.open()?;
    let device = target.describe(&board);
    println!("{device}");
    let figures = driver_session::with_driver(&board, None, |session| {
        let mut figures = registers(session)?;
        figures.extend(transfers(session)?);
        figures.push(interrupts(session)?);
        Ok(figures)
    })?;
    println!("{:<52} {:>10} {:>10} unit", "figure", "median", "best");
    for figure in &figures {
        println!(
            "{:<52} {:>10.2} {:>10.2} {}",
            figure.what, figure.median, figure.best, figure.unit
        );
    }
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&Report { device, figures })?;
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Median and smallest of some times, in `unit_s`.
fn of_times(what: &'static str, unit: &'static str, mut times: Vec<f64>) -> Figure {
    times.sort_by(f64::total_cmp);
    Figure {
        what,
        median: times[times.len() / 2],
        best: times[0],
        unit,
    }
}

/// Single accesses. Writes are posted on the way to a card, so they are measured alone and with the read that flushes them.
fn registers(session: &Session<'_, '_, DeviceBoard>) -> Result<Vec<Figure>> {
    let bus = session.registers().map_err(|error| anyhow!("{error}"))?;
    let timed = |act: &dyn Fn(u32)| {
        let time = |number| {
            let start = Instant::now();
            act(number);
            start.elapsed().as_secs_f64() * 1e6
        };
        (0..ACCESSES).map(time).collect::<Vec<f64>>()
    };
    let read = timed(&|_| {
        bus.read32(Heartbeat::OFFSET);
    });
    let write = timed(&|number| bus.write32(Scratch::OFFSET, number));
    let both = timed(&|number| {
        bus.write32(Scratch::OFFSET, number);
        bus.read32(Scratch::OFFSET);
    });
    bus.write32(Scratch::OFFSET, 0);
    Ok(vec![
        of_times("register read", "us", read),
        of_times(
            "register write (posted where the way allows it)",
            "us",
            write,
        ),
        of_times("register write and read back", "us", both),
    ])
}

/// The largest frame that the card has a mode for, whole, through the driver's own request: lock, SG table, DMA, interrupt, unlock.
fn transfers(session: &Session<'_, '_, DeviceBoard>) -> Result<Vec<Figure>> {
    let failed = |error| anyhow!("the frame does not move: {error}");
    let mode = session.mode_within(None, 32).map_err(failed)?;
    session.set_mode(&mode).map_err(failed)?;
    let (width, height) = (mode.vis_screen_width_px, mode.vis_screen_height_lines);
    let length = width * height * 4;
    let block = session.pool_block(length as usize).map_err(failed)?;
    let move_frame = |read_back| -> Result<f64> {
        let rectangle = UpdateRectangle {
            buffer: block.at,
            buffer_length_bytes: length,
            buffer_pitch_bytes: width * 4,
            frame_base_bytes: 0,
            x_px: 0,
            y_lines: 0,
            width_px: width,
            height_lines: height,
            read_back,
        };
        let start = Instant::now();
        session.move_rectangle(&rectangle, 4).map_err(failed)?;
        Ok(f64::from(length) / 1e6 / start.elapsed().as_secs_f64())
    };
    let mut figures = Vec::new();
    for (what, read_back) in [
        ("DMA host to card, one frame with lock and unlock", false),
        ("DMA card to host, one frame with lock and unlock", true),
    ] {
        move_frame(read_back)?;
        let rates = (0..MOVES).map(|_| move_frame(read_back));
        let mut rates = rates.collect::<Result<Vec<f64>>>()?;
        rates.sort_by(|a, b| b.total_cmp(a));
        figures.push(Figure {
            what,
            median: rates[rates.len() / 2],
            best: rates[0],
            unit: "MB/s of wall time",
        });
    }
    Ok(figures)
}

/// How long a request for the next vertical blanking takes: the frame it waits for, and the interrupt's way to the driver.
fn interrupts(session: &Session<'_, '_, DeviceBoard>) -> Result<Figure> {
    let mut times = Vec::new();
    for _ in 0..INTERRUPTS {
        let wait = WaitVblank {
            timeout_us: VBLANK_TIMEOUT_US,
        };
        let start = Instant::now();
        session
            .ask(WAIT_VBLANK, &wait.emit(), 4)
            .map_err(|error| anyhow!("no vertical blanking: {error}"))?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(of_times(
        "wait for a vertical blanking interrupt",
        "ms",
        times,
    ))
}

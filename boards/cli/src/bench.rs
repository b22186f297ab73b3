//! `bench`: the project's figures, each beside its bar.
//!
//! Clock counts come from the simulated card and repeat exactly. Speeds are of this machine in this run and
//! vary with its load; those that matter are ratios of two speeds measured one after the other.

use crate::args::{Bench, Fault};
use crate::card_session::{self, SimSession};
use crate::picture::{self, Format};
use crate::traffic::Traffic;
use crate::{mode_choice, show, show_steps};
use anyhow::{Context, Result, anyhow};
use lumenport_miniport::private_ioctl::UpdateRectangle;
use lumenport_sim::engine::EngineChoice;
use lumenport_sim::machine::SimMachine;
use lumenport_videoport::ioctl::ModeInformation;
use serde::Serialize;
use std::time::Instant;

/// `sys` clocks in one speed measurement.
const SPEED_CLOCKS: u64 = 1_000_000;
/// Clocks of one microsecond.
const MICROSECOND_CLOCKS: u64 = 62;

/// One figure.
#[derive(Debug, Serialize)]
struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    /// The bar, and whether smaller is better.
    bar: Option<f64>,
    at_most: bool,
}

impl Figure {
    fn met(&self) -> Option<bool> {
        self.bar.map(|bar| {
            if self.at_most {
                self.value <= bar
            } else {
                self.value >= bar
            }
        })
    }
}

/// Runs the command.
pub fn run(args: &Bench, choice: EngineChoice) -> Result<()> {
    let mut figures = Vec::new();
    for (payload, latency, bar) in [
        (128, 0, 95.0),
        (256, 0, 95.0),
        (64, MICROSECOND_CLOCKS, 90.0),
    ] {
        figures.extend(dma(choice, payload, latency, bar)?);
    }
    figures.extend(speed(choice)?);
    figures.push(show_time(choice, "640x480", Format::Xrgb8888, 10.0)?);
    if !args.quick {
        figures.push(show_time(
            EngineChoice::Native,
            "320x240",
            Format::Xrgb8888,
            60.0,
        )?);
    }
    print(&figures);
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&figures)?;
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// DMA payload rate in both directions against the ceiling of its packet size.
fn dma(
    choice: EngineChoice,
    payload_bytes: u32,
    latency_clocks: u64,
    bar: f64,
) -> Result<Vec<Figure>> {
    let mut config = card_session::board_config(choice, None);
    config.root_complex.latency_cycles = latency_clocks;
    // 64-byte completions: a host that cuts at every boundary.
    config.root_complex.split_on_all_rcb = payload_bytes == 64;
    config.root_complex.max_payload_bytes = payload_bytes.max(128);
    let machine = card_session::machine(&config)?;
    let (to_card, to_host) = card_session::with_driver(&machine, |session| {
        let (_, mode) = mode_choice::choose(session, "640x480", Format::Xrgb8888)?;
        show_steps::prepare(session, &mode, Format::Xrgb8888)?;
        let pixels = vec![0x5A; (mode.screen_stride_bytes * mode.vis_screen_height_lines) as usize];
        let to_card = show::upload(session, &mode, &pixels, Fault::None)?.traffic;
        Ok((to_card, read_back(session, &machine, &mode)?))
    })?;
    let figure = |direction: &str, traffic: &Traffic, bar| Figure {
        what: format!(
            "DMA {direction}, {:.0}-byte packets, {} ns round trip",
            traffic.payload_bytes as f64 / traffic.completions.max(1) as f64,
            latency_clocks * 16
        ),
        value: 100.0 * traffic.rate() / traffic.ceiling(),
        unit: "% of payload/(payload+20)",
        bar,
        at_most: false,
    };
    let mut figures = vec![figure("host to card", &to_card, Some(bar))];
    // Writes are posted: the round trip does not touch them, and their size is the payload limit.
    if latency_clocks == 0 {
        figures.push(figure("card to host", &to_host, Some(bar)));
    }
    Ok(figures)
}

/// Reads the frame back into host memory and counts the packets.
fn read_back(
    session: &SimSession<'_, '_>,
    machine: &SimMachine,
    mode: &ModeInformation,
) -> Result<Traffic> {
    let length = mode.screen_stride_bytes * mode.vis_screen_height_lines;
    let block = session
        .pool_block(length as usize)
        .map_err(|error| anyhow!("{error}"))?;
    machine.board().root_mut().set_trace(true);
    let rectangle = UpdateRectangle {
        buffer: block.at,
        buffer_length_bytes: length,
        buffer_pitch_bytes: mode.screen_stride_bytes,
        frame_base_bytes: 0,
        x_px: 0,
        y_lines: 0,
        width_px: mode.vis_screen_width_px,
        height_lines: mode.vis_screen_height_lines,
        read_back: true,
    };
    session
        .move_rectangle(&rectangle, mode.bits_per_plane / 8)
        .map_err(|error| anyhow!("{error}"))?;
    let trace = machine.board().root_mut().take_trace();
    machine.board().root_mut().set_trace(false);
    Ok(Traffic::count_writes(&trace))
}

/// Simulation speed with the display running: harness with monitor, and the bare model beside it.
fn speed(choice: EngineChoice) -> Result<Vec<Figure>> {
    let machine = card_session::machine(&card_session::board_config(choice, None))?;
    card_session::with_driver(&machine, |session| {
        let (_, mode) = mode_choice::choose(session, "640x480", Format::Xrgb8888)?;
        show_steps::prepare(session, &mode, Format::Xrgb8888)?;
        let mut board = machine.board();
        let mut best = (0.0_f64, 0.0_f64);
        for _ in 0..3 {
            let start = Instant::now();
            board.bare_loop(SPEED_CLOCKS)?;
            best.0 = best
                .0
                .max(SPEED_CLOCKS as f64 / start.elapsed().as_secs_f64());
            board.watch(true);
            let (start, first) = (Instant::now(), board.sys_cycles());
            while board.sys_cycles() < first + SPEED_CLOCKS {
                board.advance(SPEED_CLOCKS);
                while board.take_frame().is_some() {}
            }
            best.1 = best
                .1
                .max(SPEED_CLOCKS as f64 / start.elapsed().as_secs_f64());
            board.watch(false);
        }
        let engine = board.engine_name();
        Ok(vec![
            Figure {
                what: format!("harness and monitor against the bare model, {engine}"),
                value: 100.0 * best.1 / best.0,
                unit: "%",
                bar: Some(60.0),
                at_most: false,
            },
            Figure {
                what: format!("whole card, display running, {engine}"),
                value: best.1 / 1e6,
                unit: "M sys clocks/s",
                bar: Some(1.0),
                at_most: false,
            },
        ])
    })
}

/// Wall time of everything `show` does in a mode, engine start included, a cold build excluded.
fn show_time(choice: EngineChoice, mode_name: &str, format: Format, bar_s: f64) -> Result<Figure> {
    let picture = image::RgbImage::from_fn(400, 300, |x, y| {
        image::Rgb([x as u8, y as u8, (x * y) as u8])
    });
    // The first start may have to compile the model.
    drop(card_session::machine(&card_session::board_config(
        choice, None,
    ))?);
    let start = Instant::now();
    let machine = card_session::machine(&card_session::board_config(choice, None))?;
    let engine = machine.board().engine_name();
    card_session::with_driver(&machine, |session| {
        let (_, mode) = mode_choice::choose(session, mode_name, format)?;
        let fitted = picture::fit(
            &picture,
            mode.vis_screen_width_px,
            mode.vis_screen_height_lines,
        );
        show_steps::prepare(session, &mode, format)?;
        show::upload(session, &mode, &picture::pack(&fitted, format), Fault::None)?;
        let shown = show::capture(&machine, session)?;
        anyhow::ensure!(
            shown.rgb == picture::expected(&fitted, format).into_raw(),
            "the frame is not bit-exact"
        );
        Ok(())
    })?;
    Ok(Figure {
        what: format!("show at {mode_name}, {engine}"),
        value: start.elapsed().as_secs_f64(),
        unit: "s",
        bar: Some(bar_s),
        at_most: true,
    })
}

fn print(figures: &[Figure]) {
    println!(
        "{:<66} {:>9} {:<27} {:>9}",
        "figure", "measured", "unit", "bar"
    );
    for figure in figures {
        let sign = if figure.at_most { "<=" } else { ">=" };
        let bar = figure
            .bar
            .map_or_else(String::new, |bar| format!("{sign} {bar}"));
        let verdict = match figure.met() {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        println!(
            "{:<66} {:>9.2} {:<27} {bar:>9}  {verdict}",
            figure.what, figure.value, figure.unit
        );
    }
}

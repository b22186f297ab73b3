//! `show`: a picture from a pool block to the connector, through every layer of the card.

use crate::args::{Fault, Show};
use crate::card_session::{self, SimSession};
use crate::picture;
use crate::{account, mode_choice, progress, show_steps};
use anyhow::{Context, Result, anyhow, bail};
use image::RgbImage;
use lumenport_flows::{Arrow, Picture, Raster};
use lumenport_hal::bus::Bus;
use lumenport_hal::regmap::blocks::{crtc, sgl};
use lumenport_miniport::private_ioctl::UpdateRectangle;
use lumenport_sim::engine::EngineChoice;
use lumenport_sim::machine::SimMachine;
use lumenport_sim::root_complex::{FaultAction, FaultRule, FaultWhen};
use lumenport_videoport::ioctl::{ModeInformation, SET_POINTER_ATTR};
use std::time::Instant;

/// Mode when none is asked for.
const DEFAULT_MODE: &str = "640x480";
/// The same on the native engine, which takes minutes for a larger frame.
const DEFAULT_NATIVE_MODE: &str = "320x240";
/// Which of the card's reads a fault strikes.
const FAULTY_READ: u64 = 2;
/// Read requests of the transfer after which the card is pulled out.
const UNPLUG_AFTER_READS: u64 = 3;
/// A digest that no register map has had.
const FOREIGN_DIGEST: u32 = 0xDEAD_BEEF;

/// Runs the command.
pub fn run(args: &Show, choice: EngineChoice) -> Result<()> {
    let start = Instant::now();
    let original = picture::read(&args.picture)?;
    show_steps::check_writable(&args.out)?;
    let mut config = card_session::board_config(choice, args.trace.as_deref());
    if let Some(edid) = &args.edid {
        config.monitor = crate::monitor_choice::choose(edid)?;
    }
    config.map_digest = (args.fault == Fault::MapDigest).then_some(FOREIGN_DIGEST);
    let machine = card_session::machine(&config)?;
    let native = machine.board().engine_name().starts_with("native");
    let default_mode = if native {
        DEFAULT_NATIVE_MODE
    } else {
        DEFAULT_MODE
    };
    let wanted = args.mode.as_deref().unwrap_or(default_mode);

    let account = card_session::with_driver(&machine, |session| {
        let (name, mode) = mode_choice::choose(session, wanted, args.format)?;
        let fitted = picture::fit(
            &original,
            mode.vis_screen_width_px,
            mode.vis_screen_height_lines,
        );
        show_steps::prepare(session, &mode, args.format)?;
        let upload = upload(
            session,
            &mode,
            &picture::pack(&fitted, args.format),
            args.fault,
        )?;
        if let Some((x, y)) = args.pointer {
            session
                .ask(SET_POINTER_ATTR, &Arrow::new().request(x, y), 0)
                .map_err(|error| anyhow!("{error}"))?;
        }
        let shown = capture(&machine, session)?;
        let seen = account::Seen {
            mode_name: name,
            mode,
            format: args.format,
            upload,
            timing: shown.timing,
            frames: register::<crtc::FrameCount>(session)?,
            underruns: register::<crtc::UnderrunCount>(session)?,
        };
        let frame = to_image(&shown)?;
        let mut expected = picture::expected(&fitted, args.format);
        if let Some((x, y)) = args.pointer {
            expected = with_pointer(expected, x, y)?;
        }
        let differing = picture::differing_pixels(&frame, &expected);
        account::Account::gather(session, &seen, frame, differing)
    })?;
    machine
        .board()
        .finish_trace()
        .context("the waveform is incomplete")?;
    picture::write(&account.frame, &args.out)?;
    account.print(
        &args.picture,
        original.dimensions(),
        &args.out,
        start.elapsed(),
    );
    if account.differing_pixels != 0 {
        bail!(
            "{} of {} pixels on the monitor differ from the fitted picture",
            account.differing_pixels,
            account.pixels()
        );
    }
    Ok(())
}

/// The picture with the arrow over it, worked out in software.
fn with_pointer(below: RgbImage, x: i16, y: i16) -> Result<RgbImage> {
    let (width_px, height_lines) = below.dimensions();
    let below = Raster {
        width_px,
        height_lines,
        rgb: below.into_raw(),
    };
    let rgb = Arrow::new().over(&below, x, y).rgb;
    RgbImage::from_raw(width_px, height_lines, rgb).context("the picture kept its size")
}

/// What the upload took, as the hardware saw it.
#[derive(Clone, Copy, Debug)]
pub struct Upload {
    /// Bytes of the pool block.
    pub block_bytes: usize,
    /// Pages it spans.
    pub pages: usize,
    /// Elements of the card's SG table that described it.
    pub elements: u32,
    /// Transfers of the card's engine.
    pub transfers: u32,
    /// Packets.
    pub traffic: crate::traffic::Traffic,
}

/// Pool block, lock, SG table, DMA, interrupt, unlock, free: the driver's request does all but the pool block.
pub fn upload(
    session: &SimSession<'_, '_>,
    mode: &ModeInformation,
    pixels: &[u8],
    fault: Fault,
) -> Result<Upload> {
    let failed = |error| anyhow!("the picture does not reach the card: {error}");
    let machine = session.board;
    let block = session.pool_block(pixels.len()).map_err(failed)?;
    block.write(0, pixels).map_err(failed)?;
    machine.board().root_mut().set_trace(true);
    inject(machine, fault);
    let moved = machine.board().payload_counter();
    let already = moved.load(std::sync::atomic::Ordering::Relaxed);
    let rectangle = UpdateRectangle {
        buffer: block.at,
        buffer_length_bytes: pixels.len() as u32,
        buffer_pitch_bytes: mode.vis_screen_width_px * mode.bits_per_plane / 8,
        frame_base_bytes: 0,
        x_px: 0,
        y_lines: 0,
        width_px: mode.vis_screen_width_px,
        height_lines: mode.vis_screen_height_lines,
        read_back: false,
    };
    let position = move || moved.load(std::sync::atomic::Ordering::Relaxed) - already;
    let result = progress::with_bar("moving the picture", pixels.len() as u64, position, || {
        session.move_rectangle(&rectangle, mode.bits_per_plane / 8)
    })
    .map_err(|error| match session.miniport.last_transfer_error() {
        Some(reason) => anyhow!("the picture does not reach the card: {reason}"),
        None => failed(error),
    })?;
    let trace = machine.board().root_mut().take_trace();
    machine.board().root_mut().set_trace(false);
    Ok(Upload {
        block_bytes: pixels.len(),
        pages: (block.at.page_offset() + pixels.len()).div_ceil(lumenport_videoport::PAGE_SIZE),
        elements: table_elements(session)?,
        transfers: result.transfers,
        traffic: crate::traffic::Traffic::count(&trace),
    })
}

fn inject(machine: &SimMachine, fault: Fault) {
    let mut board = machine.board();
    let mut strike = |action| {
        board.root_mut().inject(FaultRule {
            when: FaultWhen::Nth(FAULTY_READ),
            action,
            times: 1,
        });
    };
    match fault {
        Fault::UnsupportedRequest => strike(FaultAction::UnsupportedRequest),
        Fault::NoAnswer => strike(FaultAction::Drop),
        Fault::Unplug => board.unplug_after_reads(UNPLUG_AFTER_READS),
        Fault::None | Fault::MapDigest => {}
    }
}

/// Elements in the largest table that the card's slots describe. An unlocked slot keeps its extent until it is used again.
fn table_elements(session: &SimSession<'_, '_>) -> Result<u32> {
    let bus = session.registers().map_err(|error| anyhow!("{error}"))?;
    let slots = 0..sgl::SLOT.count();
    let counts = slots
        .filter_map(|slot| sgl::SLOT.entry_offset(slot))
        .map(|offset| sgl::Table::from_bits(bus.read32(offset)).get(sgl::Table::COUNT));
    Ok(counts.max().unwrap_or(0))
}

fn register<R: lumenport_hal::regmap::Addressed>(session: &SimSession<'_, '_>) -> Result<u32> {
    session
        .load::<R>()
        .map(lumenport_hal::regmap::Register::bits)
        .map_err(|error| anyhow!("{error}"))
}

/// The first whole frame that begins after the upload.
pub fn capture(machine: &SimMachine, session: &SimSession<'_, '_>) -> Result<Picture> {
    let clocks = machine.board().cycle_counter();
    let start = clocks.load(std::sync::atomic::Ordering::Relaxed);
    let position = move || clocks.load(std::sync::atomic::Ordering::Relaxed) - start;
    let frame_clocks = frame_sys_clocks(session)?;
    // On average half a frame passes before the next one begins.
    progress::with_bar(
        "waiting for a frame",
        frame_clocks * 3 / 2,
        position,
        || session.capture(),
    )
    .map_err(|error| anyhow!("nothing usable on the connector: {error}"))
}

fn frame_sys_clocks(session: &SimSession<'_, '_>) -> Result<u64> {
    let mode = session.miniport.current_mode().context("no mode is set")?;
    let pixel_clocks = u64::from(mode.timing.clocks_per_frame());
    Ok(
        pixel_clocks * u64::from(lumenport_sim::board::SYS_CLOCK_KHZ)
            / u64::from(mode.timing.clock_khz.raw()),
    )
}

fn to_image(picture: &Picture) -> Result<RgbImage> {
    RgbImage::from_raw(picture.width_px, picture.height_lines, picture.rgb.clone())
        .context("the monitor's frame has not the size it claims")
}

//! `show` on a card that may stand elsewhere: the picture goes through every layer to card memory, is read back from there, and with a
//! bench link the monitor's frame is compared too.

use super::board::{DeviceBoard, DeviceTarget};
use crate::args::{Fault, Show};
use crate::picture::{self, Format};
use crate::{driver_session, mode_choice, show_steps};
use anyhow::{Context, Result, anyhow, bail};
use image::RgbImage;
use lumenport_flows::Session;
use lumenport_miniport::private_ioctl::UpdateRectangle;
use lumenport_videoport::ioctl::ModeInformation;
use std::time::Instant;

/// Mode when none is asked for.
const DEFAULT_MODE: &str = "640x480";

/// Runs the command.
pub fn run(target: &DeviceTarget, args: &Show) -> Result<()> {
    if args.trace.is_some() || args.fault != Fault::None || args.edid.is_some() {
        bail!("--trace, --fault and --edid are for the simulated card in this process");
    }
    if args.pointer.is_some() {
        bail!("--pointer is for the simulated card in this process");
    }
    let original = picture::read(&args.picture)?;
    show_steps::check_writable(&args.out)?;
    let board = target.open()?;
    println!("{}", target.describe(&board));
    driver_session::with_driver(&board, None, |session| {
        let wanted = args.mode.as_deref().unwrap_or(DEFAULT_MODE);
        let (name, mode) = mode_choice::choose(session, wanted, args.format)?;
        let (width, height) = (mode.vis_screen_width_px, mode.vis_screen_height_lines);
        let fitted = picture::fit(&original, width, height);
        let pixels = picture::pack(&fitted, args.format);
        show_steps::prepare(session, &mode, args.format)?;
        let start = Instant::now();
        session
            .upload(&mode, 0, &pixels)
            .map_err(|error| anyhow!("the picture does not reach the card: {error}"))?;
        println!(
            "{name} at {} bits a pixel: {} bytes by DMA in {:.3} s",
            args.format.bits_per_pixel(),
            pixels.len(),
            start.elapsed().as_secs_f64()
        );
        let held = read_back(session, &mode, pixels.len())?;
        if held != pixels {
            bail!("card memory does not hold what was sent");
        }
        println!("card memory holds what was sent: read back by DMA and compared");
        let expected = picture::expected(&fitted, args.format);
        let frame = frame(session, &expected, args.format)?;
        picture::write(&frame, &args.out)?;
        println!("{}", args.out.display());
        Ok(())
    })
}

/// What is written: the monitor's frame where somebody sees it, else what card memory holds.
fn frame(
    session: &Session<'_, '_, DeviceBoard>,
    expected: &RgbImage,
    format: Format,
) -> Result<RgbImage> {
    if session.board.link().is_none() {
        println!(
            "nobody here sees the connector (no --bench-link): the file is what the frame buffer holds as {format:?}"
        );
        return Ok(expected.clone());
    }
    let shown = session.capture().map_err(|error| anyhow!("{error}"))?;
    let shown = RgbImage::from_raw(shown.width_px, shown.height_lines, shown.rgb)
        .context("the monitor's frame has not the size it claims")?;
    let differing = picture::differing_pixels(&shown, expected);
    if differing != 0 {
        bail!("{differing} pixels on the monitor differ from the fitted picture");
    }
    println!("the monitor shows it bit-exact");
    Ok(shown)
}

fn read_back(
    session: &Session<'_, '_, DeviceBoard>,
    mode: &ModeInformation,
    length: usize,
) -> Result<Vec<u8>> {
    let failed = |error| anyhow!("the frame cannot be read back: {error}");
    let block = session.pool_block(length).map_err(failed)?;
    let px_bytes = mode.bits_per_plane / 8;
    let rectangle = UpdateRectangle {
        buffer: block.at,
        buffer_length_bytes: length as u32,
        buffer_pitch_bytes: mode.vis_screen_width_px * px_bytes,
        frame_base_bytes: 0,
        x_px: 0,
        y_lines: 0,
        width_px: mode.vis_screen_width_px,
        height_lines: mode.vis_screen_height_lines,
        read_back: true,
    };
    session
        .move_rectangle(&rectangle, px_bytes)
        .map_err(failed)?;
    block.read(0, length).map_err(failed)
}

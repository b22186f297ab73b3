//! Choosing a mode from the driver's list by what a person typed.

use crate::picture::Format;
use anyhow::{Result, anyhow};
use lumenport_flows::{Board, Session};
use lumenport_videoport::ioctl::ModeInformation;

/// The modes of one pixel format with the names of their timings, in the driver's order.
pub fn named_modes<B: Board>(
    session: &Session<'_, '_, B>,
    format: Format,
) -> Result<Vec<(String, ModeInformation)>> {
    let modes = session.modes().map_err(|error| anyhow!("{error}"))?;
    modes
        .into_iter()
        .filter(|mode| mode.bits_per_plane == format.bits_per_pixel())
        .map(|mode| {
            let timing = session
                .timing_of(&mode)
                .map_err(|error| anyhow!("{error}"))?;
            Ok((timing.name.to_owned(), mode))
        })
        .collect()
}

/// The mode called `wanted`: the name of a timing (`800x600@56`), or WIDTHxHEIGHT, or WIDTHxHEIGHT@HZ.
///
/// # Errors
/// One sentence that lists the modes there are.
pub fn choose<B: Board>(
    session: &Session<'_, '_, B>,
    wanted: &str,
    format: Format,
) -> Result<(String, ModeInformation)> {
    let modes = named_modes(session, format)?;
    let matches = |(name, mode): &&(String, ModeInformation)| {
        let size = format!(
            "{}x{}",
            mode.vis_screen_width_px, mode.vis_screen_height_lines
        );
        name == wanted || format!("{size}@{}", mode.frequency_hz) == wanted
    };
    modes.iter().find(matches).cloned().ok_or_else(|| {
        let names: Vec<&str> = modes.iter().map(|(name, _)| name.as_str()).collect();
        anyhow!(
            "the card has no mode {wanted} at {} bits a pixel; it has {}",
            format.bits_per_pixel(),
            names.join(", ")
        )
    })
}

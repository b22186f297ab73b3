//! Steps of `show` that do not care what carries the card.

use crate::picture::{self, Format};
use anyhow::{Context, Result, anyhow};
use lumenport_flows::{Board, Session};
use lumenport_videoport::ioctl::{ModeInformation, SET_COLOR_REGISTERS};
use std::path::Path;

/// Fails early, before minutes of simulation, when the result could not be saved.
pub fn check_writable(path: &Path) -> Result<()> {
    let existed = path.exists();
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    if !existed {
        // Only a probe; nothing is lost if it stays.
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

/// Sets the mode and, for palette formats, the palette.
pub fn prepare<B: Board>(
    session: &Session<'_, '_, B>,
    mode: &ModeInformation,
    format: Format,
) -> Result<()> {
    session
        .set_mode(mode)
        .map_err(|error| anyhow!("the mode cannot be set: {error}"))?;
    if format == Format::C8 {
        session
            .ask(SET_COLOR_REGISTERS, &clut(), 0)
            .map_err(|error| anyhow!("the palette cannot be set: {error}"))?;
    }
    Ok(())
}

/// `VIDEO_CLUT` with all 256 entries: count, first entry, then red, green, blue, unused.
fn clut() -> Vec<u8> {
    let mut bytes = vec![0, 1, 0, 0];
    for [red, green, blue] in picture::palette() {
        bytes.extend([red, green, blue, 0]);
    }
    bytes
}

//! The monitor as the driver sees it, told to a person.

use anyhow::{Context, Result, anyhow};
use lumenport_flows::{Board, Session};
use lumenport_hal::edid::{Edid, Timing};
use lumenport_miniport::{EDID_BYTES, Monitor};
use std::fmt::Write as _;

/// What the driver knows of the monitor, for a person.
///
/// # Errors
/// When the port's child and the driver's view do not fit each other.
pub fn describe<B: Board>(session: &Session<'_, '_, B>) -> Result<String> {
    let mut text = String::new();
    match session.miniport.monitor() {
        Monitor::Absent => writeln!(text, "monitor: none; every mode of the board is offered")?,
        Monitor::Unreadable(why) => writeln!(
            text,
            "monitor: unknown ({why}); the common modes are offered"
        )?,
        Monitor::Known(facts) => {
            let child = session.port.child(0).context("the port has no child")?;
            let mut bytes = [0; EDID_BYTES];
            session.port.child_descriptor(child.child, &mut bytes);
            let bytes = bytes.get(..facts.edid_bytes).unwrap_or_default();
            let edid = Edid::parse(bytes).map_err(|error| anyhow!("{error}"))?;
            writeln!(text, "monitor: {}", identity(&edid))?;
            let size = facts.size_mm.map_or_else(
                || "size unknown".to_owned(),
                |(width, height)| format!("{width} x {height} mm"),
            );
            let preferred = edid
                .preferred()
                .map_or_else(|| "prefers nothing".to_owned(), |timing| prefers(&timing));
            writeln!(text, "  {size}, {preferred}")?;
            let way = if facts.by_lines {
                "over the bare lines"
            } else {
                "by the card's I2C master"
            };
            writeln!(
                text,
                "  EDID {}.{}, {} bytes read {way}, {} retries, flaws: {}",
                edid.version().0,
                edid.version().1,
                bytes.len(),
                facts.retries,
                facts.flaws
            )?;
        }
    }
    let modes = session.modes().map_err(|error| anyhow!("{error}"))?;
    writeln!(text, "  {} modes for this card and monitor", modes.len())?;
    Ok(text)
}

/// Name, maker, numbers and age.
fn identity(edid: &Edid<'_>) -> String {
    let name = edid.name().map(|name| format!("{name}, "));
    let maker = edid.manufacturer().unwrap_or(*b"???");
    let serial = match (edid.serial_text(), edid.serial_number()) {
        (Some(text), _) => format!(", serial {text}"),
        (None, 0) => String::new(),
        (None, number) => format!(", serial {number}"),
    };
    let week = edid.week().map(|week| format!(" week {week}"));
    format!(
        "{}{} {:04x}{serial}, made {}{}, {}",
        name.unwrap_or_default(),
        String::from_utf8_lossy(&maker),
        edid.product(),
        edid.year(),
        week.unwrap_or_default(),
        if edid.is_digital() {
            "digital"
        } else {
            "analogue"
        }
    )
}

fn prefers(timing: &Timing) -> String {
    format!(
        "prefers {}x{}{} at {:.3} Hz",
        timing.h_active_px,
        timing.v_active_lines,
        if timing.interlaced { " interlaced" } else { "" },
        f64::from(timing.refresh_millihertz()) / 1000.0
    )
}

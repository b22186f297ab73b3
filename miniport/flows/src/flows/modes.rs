//! Mode set: every mode that fits, with its timing at the connector.

use lumenport_hal::mode::{Mode, Polarity};
use lumenport_videoport::ioctl::{ModeInformation, QUERY_CURRENT_MODE};

use crate::error::{FlowError, FlowOutcome, ensure_eq};
use crate::session::{Session, with_driver};
use crate::target::{Board, MeasuredTiming, NotSupported, Setup, Target};

pub(super) fn mode_set<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let modes = session.modes()?;
        let (mut shown, mut left_out, mut measured) = (0, 0, 0);
        for mode in modes.iter().filter(|mode| mode.bits_per_plane == 8) {
            let timing = session.timing_of(mode)?;
            if target
                .frame_budget_clocks()
                .is_some_and(|budget| timing.clocks_per_frame() > budget)
            {
                left_out += 1;
                continue;
            }
            let during = |error: FlowError| error.during(timing.name);
            measured += u32::from(show(session, mode, timing).map_err(during)?);
            shown += 1;
        }
        if shown == 0 {
            return Err(
                NotSupported(format!("{left_out} modes, all larger than its budget")).into(),
            );
        }
        let large = if left_out > 0 {
            format!(", {left_out} larger left out")
        } else {
            String::new()
        };
        Ok(format!("{shown} timings shown, {measured} measured{large}"))
    })
}

/// Sets and captures; true when the monitor measured the timing.
fn show<B: Board>(
    session: &Session<'_, '_, B>,
    mode: &ModeInformation,
    timing: &Mode,
) -> Result<bool, FlowError> {
    session.set_mode(mode)?;
    let answer = session.ask(QUERY_CURRENT_MODE, &[], ModeInformation::LENGTH)?;
    ensure_eq!(ModeInformation::parse(&answer), Some(*mode), "current mode");
    let picture = session.capture()?;
    let size = (picture.width_px, picture.height_lines);
    ensure_eq!(
        size,
        (
            u32::from(timing.h_active_px),
            u32::from(timing.v_active_lines)
        ),
        "size of the picture"
    );
    if let Some(found) = picture.timing {
        let expected = MeasuredTiming {
            h_total_px: timing.h_total_px(),
            h_sync_start_px: timing.h_sync_start_px(),
            h_sync_end_px: timing.h_sync_end_px(),
            hsync_positive: timing.hsync == Polarity::Positive,
            v_total_lines: timing.v_total_lines(),
            v_sync_start_lines: timing.v_sync_start_lines(),
            v_sync_end_lines: timing.v_sync_end_lines(),
            vsync_positive: timing.vsync == Polarity::Positive,
        };
        ensure_eq!(found, expected, "timing at the connector");
    }
    Ok(picture.timing.is_some())
}

//! The picture: formats, palette, flips, vertical blanking, underruns.

use lumenport_hal::regmap::blocks::crtc;
use lumenport_miniport::private_ioctl::{FLIP, Flip, WAIT_VBLANK, WaitVblank};
use lumenport_videoport::ioctl::{RESET_DEVICE, SET_COLOR_REGISTERS};
use lumenport_videoport::{Platform as _, VpStatus};

use super::rectangle::picture;
use crate::error::{FlowError, FlowOutcome, ensure, ensure_eq};
use crate::pattern::Raster;
use crate::session::{Session, with_driver};
use crate::target::{Board, Fault, Setup, Target};

pub(super) fn pixel_formats<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let mode = session.smallest_mode(16)?;
        session.set_mode(&mode)?;
        let mut frame = picture(&mode, 1);
        frame.paste(&Raster::filled(4, 4, [255; 3]), 0, 0);
        session.upload(&mode, 0, &frame.rgb565())?;
        session.show(0)?;
        session.expect_picture(&frame.through_rgb565())?;
        Ok(String::new())
    })
}

pub(super) fn palette<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let mode = session.smallest_mode(8)?;
        session.set_mode(&mode)?;
        let (width, height) = (mode.vis_screen_width_px, mode.vis_screen_height_lines);
        let pixels: Vec<u8> = (0..width * height)
            .map(|idx| (idx % width + idx / width * 3) as u8)
            .collect();
        session.upload(&mode, 0, &pixels)?;
        let mut colours: Vec<[u8; 3]> = (0..=255_u8)
            .map(|i| [i, i.wrapping_mul(7), 255 - i])
            .collect();
        load(session, 0, &colours)?;
        session.show(0)?;
        let shown = |colours: &[[u8; 3]]| Raster {
            width_px: width,
            height_lines: height,
            rgb: pixels
                .iter()
                .flat_map(|idx| colours[usize::from(*idx)])
                .collect(),
        };
        session.expect_picture(&shown(&colours))?;
        colours[100..103].copy_from_slice(&[[1, 2, 3], [4, 5, 6], [7, 8, 9]]);
        load(session, 100, &colours[100..103])?;
        session
            .expect_picture(&shown(&colours))
            .map_err(|error| error.during("after changing three entries"))?;
        let past = clut(255, &colours[..2]);
        session.refuse(
            SET_COLOR_REGISTERS,
            &past,
            0,
            VpStatus::ERROR_INVALID_PARAMETER,
        )?;
        Ok(String::new())
    })
}

/// `VIDEO_CLUT` in memory.
fn clut(first: u16, colours: &[[u8; 3]]) -> Vec<u8> {
    let mut bytes = (colours.len() as u16).to_le_bytes().to_vec();
    bytes.extend(first.to_le_bytes());
    bytes.extend(colours.iter().flat_map(|[r, g, b]| [*r, *g, *b, 0]));
    bytes
}

fn load<B: Board>(
    session: &Session<'_, '_, B>,
    first: u16,
    colours: &[[u8; 3]],
) -> Result<(), FlowError> {
    session
        .ask(SET_COLOR_REGISTERS, &clut(first, colours), 0)
        .map(|_| ())
}

pub(super) fn page_flip<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let mode = session.smallest_mode(32)?;
        session.set_mode(&mode)?;
        let bytes = mode.screen_stride_bytes * mode.vis_screen_height_lines;
        let second = bytes.next_multiple_of(64);
        let frames = [picture(&mode, 1), picture(&mode, 2)];
        session.upload(&mode, 0, &frames[0].xrgb8888())?;
        session.upload(&mode, second, &frames[1].xrgb8888())?;
        for (base, frame) in [(second, &frames[1]), (0, &frames[0])] {
            session.show(base)?;
            session
                .expect_picture(frame)
                .map_err(|error| error.during(&format!("frame at {base:#x}")))?;
        }
        let refused = |frame_base_bytes| {
            let flip = Flip {
                frame_base_bytes,
                wait: false,
            }
            .emit();
            session.refuse(FLIP, &flip, 0, VpStatus::ERROR_INVALID_PARAMETER)
        };
        refused(second + 4)?;
        refused(!63)?;
        Ok(String::new())
    })
}

/// Waits that follow the first one.
const VBLANKS: u32 = 4;

pub(super) fn vblank<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let short = WaitVblank { timeout_us: 500 }.emit();
        let dark = || session.refuse(WAIT_VBLANK, &short, 4, VpStatus::WAIT_TIMEOUT);
        session
            .within(20_000, dark)
            .map_err(|error| error.during("with the raster off"))?;
        let mode = session.smallest_mode(8)?;
        session.set_mode(&mode)?;
        let wait = || -> Result<(u32, u64), FlowError> {
            let answer = session.ask(
                WAIT_VBLANK,
                &WaitVblank {
                    timeout_us: 500_000,
                }
                .emit(),
                4,
            )?;
            let count = answer
                .try_into()
                .map(u32::from_le_bytes)
                .map_err(|_| FlowError::failed("the answer is too short"))?;
            Ok((count, session.port.platform().now_ns()))
        };
        let (first, first_ns) = wait()?;
        for _ in 1..VBLANKS {
            wait()?;
        }
        let (last, last_ns) = wait()?;
        // The count is read after the wake-up, maybe a frame later.
        let frames = last.wrapping_sub(first);
        ensure!(
            (VBLANKS - 1..=VBLANKS + target.late_frames()).contains(&frames),
            "{frames} frames in {VBLANKS} vertical blankings"
        );
        let elapsed_us = (last_ns - first_ns) / 1000;
        let period_us = elapsed_us / u64::from(frames);
        let expected_us = 1_000_000 / u64::from(mode.frequency_hz.max(1));
        let due_us = u64::from(frames) * expected_us;
        // A driver that may wake up late may also read the time a frame after the count.
        let late_us = if target.late_frames() > 1 {
            expected_us
        } else {
            0
        };
        ensure!(
            elapsed_us.abs_diff(due_us) <= due_us / 10 + late_us,
            "{period_us} us between two, expected {expected_us} us"
        );
        let counted = session.miniport.counters().vblanks;
        ensure!(counted >= 2, "the interrupt routine counted {counted}");
        session.ask(RESET_DEVICE, &[], 0)?;
        session
            .within(20_000, dark)
            .map_err(|error| error.during("after a reset"))?;
        Ok(format!("{period_us} us apart"))
    })
}

pub(super) fn underrun<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let mode = session.smallest_mode(32)?;
        session.set_mode(&mode)?;
        let frame = picture(&mode, 5);
        session.upload(&mode, 0, &frame.xrgb8888())?;
        session.show(0)?;
        let count = || {
            session
                .load::<crtc::UnderrunCount>()
                .map(crtc::UnderrunCount::bits)
        };
        let before = count()?;
        session.board.inject(Fault::Underrun)?;
        // Until it is over: at most a few frames.
        let mut last = count()?;
        for _ in 0..8 {
            session.capture()?;
            let now = count()?;
            if now == last && now != before {
                break;
            }
            last = now;
        }
        let after = count()?;
        ensure!(after != before, "a starved frame was not counted");
        session
            .expect_picture(&frame)
            .map_err(|error| error.during("after the underrun"))?;
        ensure_eq!(count()?, after, "underruns counted after recovery");
        session.port.poll();
        ensure!(
            session.miniport.counters().underruns > 0,
            "the interrupt routine saw no underrun"
        );
        Ok(format!("{} starved frame(s)", after.wrapping_sub(before)))
    })
}

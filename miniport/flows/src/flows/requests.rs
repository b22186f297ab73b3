//! Requests that are refused, and resets.

use lumenport_hal::regmap::blocks::{crtc, irq};
use lumenport_miniport::private_ioctl::{FLIP, RectangleResult, UPDATE_RECTANGLE, UpdateRectangle};
use lumenport_videoport::VpStatus;
use lumenport_videoport::ioctl::{
    MAP_VIDEO_MEMORY, QUERY_AVAIL_MODES, QUERY_CURRENT_MODE, QUERY_NUM_AVAIL_MODES, RESET_DEVICE,
    RequestedMode, SET_COLOR_REGISTERS, SET_CURRENT_MODE, UNMAP_VIDEO_MEMORY, code,
};

use super::rectangle::picture;
use crate::error::{FlowOutcome, ensure, ensure_eq};
use crate::session::with_driver;
use crate::target::{Setup, Target};

pub(super) fn requests<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let unknown = VpStatus::ERROR_INVALID_FUNCTION;
        let small = VpStatus::ERROR_INSUFFICIENT_BUFFER;
        let wrong = VpStatus::ERROR_INVALID_PARAMETER;
        for other in [0, code(0x105), code(0x7FF), code(0x803), u32::MAX] {
            session.refuse(other, &[], 64, unknown)?;
        }
        session.refuse(QUERY_NUM_AVAIL_MODES, &[], 7, small)?;
        session.refuse(QUERY_AVAIL_MODES, &[], 79, small)?;
        session.refuse(QUERY_CURRENT_MODE, &[], 80, unknown)?;
        session.refuse(SET_CURRENT_MODE, &[0; 3], 0, small)?;
        let no_such = RequestedMode {
            index: 10_000,
            keep_memory: true,
            map_linear: false,
        };
        session.refuse(SET_CURRENT_MODE, &no_such.emit(), 0, wrong)?;
        session.refuse(MAP_VIDEO_MEMORY, &[], 31, small)?;
        session.refuse(UNMAP_VIDEO_MEMORY, &[0; 7], 0, small)?;
        session.refuse(SET_COLOR_REGISTERS, &[1, 0, 0, 0], 0, wrong)?;
        session.refuse(FLIP, &[0; 8], 0, unknown)?;
        let block = session.pool_block(4096)?;
        let pixel = UpdateRectangle {
            buffer: block.at,
            buffer_length_bytes: 4096,
            buffer_pitch_bytes: 4,
            frame_base_bytes: 0,
            x_px: 0,
            y_lines: 0,
            width_px: 1,
            height_lines: 1,
            read_back: false,
        };
        let update = |rectangle: UpdateRectangle, expected| {
            session.refuse(
                UPDATE_RECTANGLE,
                &rectangle.emit(),
                RectangleResult::LENGTH,
                expected,
            )
        };
        // Before any mode is set there is no frame.
        update(pixel, unknown)?;
        let mode = session.smallest_mode(32)?;
        session.set_mode(&mode)?;
        session.refuse(UPDATE_RECTANGLE, &pixel.emit()[..39], 39, small)?;
        for outside in [
            UpdateRectangle {
                x_px: mode.vis_screen_width_px,
                ..pixel
            },
            UpdateRectangle {
                y_lines: mode.vis_screen_height_lines,
                ..pixel
            },
            UpdateRectangle {
                width_px: u32::MAX,
                ..pixel
            },
            UpdateRectangle {
                height_lines: 0,
                ..pixel
            },
            UpdateRectangle {
                height_lines: 2,
                buffer_pitch_bytes: 3,
                ..pixel
            },
            UpdateRectangle {
                buffer_length_bytes: 3,
                ..pixel
            },
            UpdateRectangle {
                frame_base_bytes: !63,
                ..pixel
            },
        ] {
            update(outside, wrong)?;
        }
        ensure_eq!(
            session.miniport.counters().transfers,
            0,
            "transfers made for refused requests"
        );
        session.move_rectangle(&pixel, 4)?;
        ensure!(
            session.expect_findings().is_empty(),
            "refusing a request misused a service"
        );
        Ok(String::new())
    })
}

pub(super) fn reset<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let mode = session.smallest_mode(32)?;
        let frame = picture(&mode, 7);
        let show = || {
            session.set_mode(&mode)?;
            session.upload(&mode, 0, &frame.xrgb8888())?;
            session.show(0)?;
            session.expect_picture(&frame)
        };
        let is_dark = || {
            session
                .load::<crtc::Status>()
                .map(|status| !status.is_set(crtc::Status::ENABLED))
        };
        show()?;
        session.ask(RESET_DEVICE, &[], 0)?;
        ensure!(is_dark()?, "the raster runs after RESET_DEVICE");
        ensure!(
            session.miniport.current_mode().is_none(),
            "a mode is set after RESET_DEVICE"
        );
        show().map_err(|error| error.during("after RESET_DEVICE"))?;
        ensure!(
            session.port.reset_hw(80, 25),
            "HwVidResetHw asks for a firmware mode set"
        );
        // It does not wait: the raster stops at the end of its frame, at the slowest 42 ms later.
        let stop = lumenport_hal::wait::Bound::new(100, 50_000);
        let mut delay = session.port.delay();
        let stopped =
            lumenport_hal::wait::poll_until(&mut delay, stop, crtc::Status::OFFSET, || {
                is_dark().unwrap_or(false).then_some(())
            });
        ensure!(stopped.is_ok(), "the raster runs after HwVidResetHw");
        ensure_eq!(
            session.load::<irq::Enable>()?.bits(),
            0,
            "interrupts enabled after HwVidResetHw"
        );
        Ok(String::new())
    })
}

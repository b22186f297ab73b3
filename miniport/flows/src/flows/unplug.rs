//! The card leaves the machine.

use lumenport_miniport::private_ioctl::{
    RectangleResult, UPDATE_RECTANGLE, UpdateRectangle, WAIT_VBLANK, WaitVblank,
};
use lumenport_videoport::VpStatus;
use lumenport_videoport::ioctl::{
    QUERY_NUM_AVAIL_MODES, RESET_DEVICE, RequestedMode, SET_CURRENT_MODE,
};

use crate::error::{FlowOutcome, ensure};
use crate::session::with_driver;
use crate::target::{Board, Fault, Setup, Target};

/// A frame buffer update of a whole small frame: long enough to be caught in the middle.
fn update(at: lumenport_videoport::VirtAddr, width_px: u32, height_lines: u32) -> UpdateRectangle {
    UpdateRectangle {
        buffer: at,
        buffer_length_bytes: width_px * height_lines * 4,
        buffer_pitch_bytes: width_px * 4,
        frame_base_bytes: 0,
        x_px: 0,
        y_lines: 0,
        width_px,
        height_lines,
        read_back: false,
    }
}

pub(super) fn hot_unplug<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let mode = session.smallest_mode(32)?;
        session.set_mode(&mode)?;
        let block = session.pool_block(64 * 4)?;
        session.board.inject(Fault::Unplugged)?;
        let set = RequestedMode {
            index: mode.mode_index,
            keep_memory: true,
            map_linear: false,
        }
        .emit();
        let rectangle = update(block.at, 8, 8).emit();
        let wait = WaitVblank { timeout_us: 10_000 }.emit();
        let requests: [(u32, &[u8], usize); 5] = [
            (QUERY_NUM_AVAIL_MODES, &[], 8),
            (SET_CURRENT_MODE, &set, 0),
            (RESET_DEVICE, &[], 0),
            (UPDATE_RECTANGLE, &rectangle, RectangleResult::LENGTH),
            (WAIT_VBLANK, &wait, 4),
        ];
        for (code, input, output) in requests {
            session.within(50_000, || {
                session.refuse(code, input, output, VpStatus::ERROR_DEV_NOT_EXIST)
            })?;
        }
        // The port reports each; the driver itself misuses nothing while it fails.
        let reports = session.expect_findings().len();
        ensure!(
            reports >= requests.len(),
            "{reports} reports of {} failed requests",
            requests.len()
        );
        session.port.reset_hw(80, 25);
        Ok(String::new())
    })
}

pub(super) fn hot_unplug_in_flight<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let mode = session.smallest_mode(32)?;
        session.set_mode(&mode)?;
        let (width, height) = (mode.vis_screen_width_px, mode.vis_screen_height_lines);
        let block = session.pool_block((width * height * 4) as usize)?;
        // Nobody answers, so the transfer is still in flight when the card leaves.
        session.board.inject(Fault::HostSilent(true))?;
        let request = update(block.at, width, height).emit();
        let port = session.port;
        let status = std::thread::scope(|scope| {
            let driver = scope.spawn(|| {
                let mut buffer = request;
                port.io_control(UPDATE_RECTANGLE, &mut buffer, request.len())
                    .status
            });
            // Until the driver has locked its buffer and started; bounded by the request's own bounds.
            while port.dma_usage().lists == 0 && !driver.is_finished() {
                std::thread::yield_now();
            }
            let injected = session.board.inject(Fault::Unplugged);
            (injected, driver.join().ok())
        });
        session.board.inject(Fault::HostSilent(false))?;
        let (injected, status) = status;
        injected?;
        ensure!(
            status.is_some_and(|status| !status.is_success()),
            "the update answered {status:?}"
        );
        Ok(status.map(|status| status.to_string()).unwrap_or_default())
    })
}

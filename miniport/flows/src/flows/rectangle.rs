//! Pixels into the frame: by the driver's rectangle request, by clearing, by the processor.

use lumenport_miniport::private_ioctl::UpdateRectangle;
use lumenport_videoport::VirtAddr;
use lumenport_videoport::ioctl::{
    MAP_VIDEO_MEMORY, MemoryInformation, ModeInformation, RequestedMode, SET_CURRENT_MODE,
    UNMAP_VIDEO_MEMORY,
};

use crate::error::{FlowError, FlowOutcome, ensure, ensure_eq};
use crate::pattern::{Raster, test_picture};
use crate::session::{Session, with_driver};
use crate::target::{Board, Setup, Target};

/// A picture of the mode's size.
pub(super) fn picture(mode: &ModeInformation, seed: u32) -> Raster {
    test_picture(mode.vis_screen_width_px, mode.vis_screen_height_lines, seed)
}

pub(super) fn rectangle<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let mode = session.mode_within(target.frame_budget_clocks(), 32)?;
        session.set_mode(&mode)?;
        let mut frame = picture(&mode, 1);
        let whole = session.upload(&mode, 0, &frame.xrgb8888())?;
        // Left edge, one pixel, one column, one row, an inner one, the last pixel.
        let (width, height) = (mode.vis_screen_width_px, mode.vis_screen_height_lines);
        for (seed, (x, y, w, h)) in (2..).zip([
            (0, 0, 5, 7),
            (3, 9, 1, 1),
            (11, 2, 1, 20),
            (7, 30, width - 7, 1),
            (13, 25, 33, 17),
            (width - 1, height - 1, 1, 1),
        ]) {
            let part = test_picture(w, h, seed);
            update(session, &part, (x, y))
                .map_err(|error| error.during(&format!("{w}x{h} at ({x}, {y})")))?;
            frame.paste(&part, x, y);
        }
        session.show(0)?;
        session.expect_picture(&frame)?;
        read_back(session, &frame)?;
        Ok(format!(
            "{}x{height}, whole frame in {} transfer(s)",
            width, whole.transfers
        ))
    })
}

/// Sends a part with its own odd pitch, from an odd place in its buffer.
fn update<B: Board>(
    session: &Session<'_, '_, B>,
    part: &Raster,
    at: (u32, u32),
) -> Result<(), FlowError> {
    let (row, pitch, skip) = (part.width_px * 4, part.width_px * 4 + 12, 20_u32);
    let mut bytes = vec![0xEE; (skip + pitch * part.height_lines) as usize];
    for (idx, pixels) in part.xrgb8888().chunks_exact(row as usize).enumerate() {
        let start = skip as usize + idx * pitch as usize;
        bytes[start..start + row as usize].copy_from_slice(pixels);
    }
    let block = session.pool_block(bytes.len())?;
    block.write(0, &bytes)?;
    let rectangle = UpdateRectangle {
        buffer: block.at(skip as usize)?,
        buffer_length_bytes: pitch * (part.height_lines - 1) + row,
        buffer_pitch_bytes: pitch,
        frame_base_bytes: 0,
        x_px: at.0,
        y_lines: at.1,
        width_px: part.width_px,
        height_lines: part.height_lines,
        read_back: false,
    };
    session.move_rectangle(&rectangle, 4).map(|_| ())
}

fn read_back<B: Board>(session: &Session<'_, '_, B>, frame: &Raster) -> Result<(), FlowError> {
    let length = frame.xrgb8888().len();
    let block = session.pool_block(length)?;
    let rectangle = UpdateRectangle {
        buffer: block.at,
        buffer_length_bytes: length as u32,
        buffer_pitch_bytes: frame.width_px * 4,
        frame_base_bytes: 0,
        x_px: 0,
        y_lines: 0,
        width_px: frame.width_px,
        height_lines: frame.height_lines,
        read_back: true,
    };
    session.move_rectangle(&rectangle, 4)?;
    ensure!(
        block.read(0, length)? == frame.xrgb8888(),
        "the frame read back differs from the one sent"
    );
    Ok(())
}

pub(super) fn clear_frame<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let mode = session.mode_within(target.frame_budget_clocks(), 32)?;
        session.set_mode(&mode)?;
        let frame = picture(&mode, 3);
        session.upload(&mode, 0, &frame.xrgb8888())?;
        let set = |keep_memory| {
            let requested = RequestedMode {
                index: mode.mode_index,
                keep_memory,
                map_linear: false,
            };
            session.ask(SET_CURRENT_MODE, &requested.emit(), 0)
        };
        set(true)?;
        session.show(0)?;
        session
            .expect_picture(&frame)
            .map_err(|error| error.during("kept"))?;
        set(false)?;
        session.show(0)?;
        let black = Raster::filled(frame.width_px, frame.height_lines, [0; 3]);
        session
            .expect_picture(&black)
            .map_err(|error| error.during("cleared"))?;
        Ok(String::new())
    })
}

pub(super) fn map_memory<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let mode = session.smallest_mode(32)?;
        session.set_mode(&mode)?;
        let mut frame = picture(&mode, 4);
        session.upload(&mode, 0, &frame.xrgb8888())?;
        let answer = session.ask(MAP_VIDEO_MEMORY, &[0; 8], MemoryInformation::LENGTH)?;
        let map = MemoryInformation::parse(&answer)
            .ok_or_else(|| FlowError::failed("the answer is too short"))?;
        let visible = mode.screen_stride_bytes * mode.vis_screen_height_lines;
        ensure_eq!(
            map.frame_buffer_length_bytes,
            visible,
            "bytes of the visible frame"
        );
        ensure!(
            map.video_ram_length_bytes >= visible,
            "video memory of {} bytes",
            map.video_ram_length_bytes
        );
        // Two pixels by the processor: read, change, and seen by the monitor.
        let at = |x: u32, y: u32| {
            VirtAddr::new(
                map.frame_buffer_base as usize + (y * mode.screen_stride_bytes + x * 4) as usize,
            )
        };
        let found = session.port.read_register_ulong(at(9, 5)) & 0x00FF_FFFF;
        let [r, g, b] = frame
            .pixels()
            .nth((5 * frame.width_px + 9) as usize)
            .unwrap_or_default();
        ensure_eq!(
            found,
            u32::from_be_bytes([0, r, g, b]),
            "pixel (9, 5) through the mapping"
        );
        session.port.write_register_ulong(at(9, 5), 0x0012_3456);
        session.port.write_register_uchar(at(10, 5), 0x77);
        let [r, g, _] = frame
            .pixels()
            .nth((5 * frame.width_px + 10) as usize)
            .unwrap_or_default();
        frame.paste(
            &Raster {
                width_px: 2,
                height_lines: 1,
                rgb: vec![0x12, 0x34, 0x56, r, g, 0x77],
            },
            9,
            5,
        );
        session.ask(UNMAP_VIDEO_MEMORY, &map.video_ram_base.to_le_bytes(), 0)?;
        session.show(0)?;
        session.expect_picture(&frame)?;
        Ok(String::new())
    })
}

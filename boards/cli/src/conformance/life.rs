//! LIFE-01, LIFE-02, CHD-01: what an operating system asks a driver for, and what an application might.

use super::record::UPDATE_RECTANGLE;
use super::run::Run;
use super::stage::{Setup, Stage};
use anyhow::{Context, Result};
use lumenport_videoport::platform::{PageKind, Platform};
use lumenport_videoport::types::PowerState;
use lumenport_videoport::{PAGE_SIZE, VirtAddr, VpStatus};

const QUERY_AVAIL_MODES: u32 = 0x0023_0400;
const QUERY_NUM_AVAIL_MODES: u32 = 0x0023_0404;
const QUERY_CURRENT_MODE: u32 = 0x0023_0408;
const SET_CURRENT_MODE: u32 = 0x0023_040C;
const RESET_DEVICE: u32 = 0x0023_0410;
const SET_COLOR_REGISTERS: u32 = 0x0023_041C;
const MAP_VIDEO_MEMORY: u32 = 0x0023_0458;
const UNMAP_VIDEO_MEMORY: u32 = 0x0023_045C;
const QUERY_PUBLIC_ACCESS_RANGES: u32 = 0x0023_0460;
const FREE_PUBLIC_ACCESS_RANGES: u32 = 0x0023_0464;
const LOAD_AND_SET_FONT: u32 = 0x0023_0414;
const QUERY_COUNTERS: u32 = 0x0023_0000 | 0x813 << 2;
/// `DISPLAY_ADAPTER_HW_ID`.
const ADAPTER: u32 = 0xFFFF_FFFF;
/// Bytes of `VIDEO_MODE_INFORMATION`.
const MODE_BYTES: usize = 80;

/// One mode as the driver lists it.
struct Mode {
    index: u32,
    width: u32,
    height: u32,
    bits: u32,
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |word| u32::from_ne_bytes(*word))
}

/// A request that must end with a code; its answer.
fn ask(
    run: &Run<'_>,
    stage: &Stage,
    code: u32,
    input: &[u8],
    room: usize,
    wanted: VpStatus,
) -> Vec<u8> {
    let mut buffer = vec![0; room.max(input.len())];
    buffer[..input.len()].copy_from_slice(input);
    let block = stage.device.io_control(code, &mut buffer, input.len());
    run.expect(block.status == wanted, || {
        format!(
            "request {code:#x} ends with {}, wanted {wanted}",
            block.status
        )
    });
    buffer.truncate(block.information.min(buffer.len()));
    buffer
}

fn modes(run: &Run<'_>, stage: &Stage) -> Vec<Mode> {
    let count = ask(
        run,
        stage,
        QUERY_NUM_AVAIL_MODES,
        &[],
        8,
        VpStatus::NO_ERROR,
    );
    let number = word(&count, 0) as usize;
    run.expect(number > 0 && word(&count, 4) as usize == MODE_BYTES, || {
        format!("{number} modes")
    });
    let list = ask(
        run,
        stage,
        QUERY_AVAIL_MODES,
        &[],
        number * MODE_BYTES,
        VpStatus::NO_ERROR,
    );
    run.expect(list.len() == number * MODE_BYTES, || {
        format!("{} bytes of modes", list.len())
    });
    list.chunks_exact(MODE_BYTES)
        .map(|mode| Mode {
            index: word(mode, 4),
            width: word(mode, 8),
            height: word(mode, 12),
            bits: word(mode, 24),
        })
        .collect()
}

/// `LP_RECTANGLE`.
fn rectangle(at: VirtAddr, size: (u32, u32), pitch: u32, to_screen: bool) -> Vec<u8> {
    let mut bytes = (at.raw() as u64).to_ne_bytes().to_vec();
    for value in [3, 2, size.0, size.1, pitch, u32::from(to_screen)] {
        bytes.extend(value.to_ne_bytes());
    }
    bytes
}

/// A picture by DMA into the frame and back out of it, through memory of an application.
fn picture(run: &Run<'_>, stage: &Stage, mode: &Mode) -> Result<()> {
    const PAGES: usize = 4;
    let machine = stage.device.machine();
    let (width, height) = (mode.width - 7, (mode.height - 5).min(20));
    let pitch = width * mode.bits / 8 + 12;
    let bytes = (pitch * height) as usize;
    run.expect(bytes <= PAGES * PAGE_SIZE, || {
        format!("{bytes} bytes do not fit this test's buffer")
    });
    let buffer = machine
        .allocate_pages(PAGES, PageKind::Paged)
        .context("no pages")?;
    let sent: Vec<u8> = (0..bytes).map(|at| (at * 7 + at / 251) as u8).collect();
    let mut got = vec![0xEE; bytes];
    machine
        .write_memory(buffer, &sent)
        .map_err(|_| anyhow::anyhow!("memory is not there"))?;
    for (to_screen, operation) in [(true, "to the screen"), (false, "from the screen")] {
        let input = rectangle(buffer, (width, height), pitch, to_screen);
        let answer = ask(run, stage, UPDATE_RECTANGLE, &input, 32, VpStatus::NO_ERROR);
        let moved = word(&answer, 0);
        run.expect(moved == width * height * mode.bits / 8, || {
            format!("{moved} bytes {operation}")
        });
        if to_screen {
            machine
                .write_memory(buffer, &got)
                .map_err(|_| anyhow::anyhow!("memory is not there"))?;
        }
    }
    machine
        .read_memory(buffer, &mut got)
        .map_err(|_| anyhow::anyhow!("memory is not there"))?;
    machine.free_pages(buffer, PAGES);
    // Only pixels are moved: what lies between the rows is the application's.
    let row = (width * mode.bits / 8) as usize;
    let same = sent
        .chunks(pitch as usize)
        .zip(got.chunks(pitch as usize))
        .all(|(sent, got)| {
            sent[..row] == got[..row] && got[row..].iter().all(|byte| *byte == 0xEE)
        });
    run.expect(same, || "the pixels that come back are others".to_owned());
    Ok(())
}

/// Power, reset and modes as an operating system asks for them, and the rectangle update.
pub fn life(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    let all = modes(run, &stage);
    let mode = all
        .iter()
        .filter(|mode| mode.bits == 32)
        .min_by_key(|mode| mode.width)
        .context("no mode with 32 bits a pixel")?;
    ask(
        run,
        &stage,
        QUERY_CURRENT_MODE,
        &[],
        MODE_BYTES,
        VpStatus::ERROR_INVALID_FUNCTION,
    );
    ask(
        run,
        &stage,
        SET_CURRENT_MODE,
        &mode.index.to_ne_bytes(),
        4,
        VpStatus::NO_ERROR,
    );
    let current = ask(
        run,
        &stage,
        QUERY_CURRENT_MODE,
        &[],
        MODE_BYTES,
        VpStatus::NO_ERROR,
    );
    run.expect(word(&current, 4) == mode.index, || {
        "the current mode is another one".to_owned()
    });
    let memory = ask(
        run,
        &stage,
        MAP_VIDEO_MEMORY,
        &[0; 8],
        32,
        VpStatus::NO_ERROR,
    );
    run.expect(memory.len() == 32, || {
        format!("{} bytes of memory information", memory.len())
    });
    let registers = ask(
        run,
        &stage,
        QUERY_PUBLIC_ACCESS_RANGES,
        &[],
        16,
        VpStatus::NO_ERROR,
    );
    ask(
        run,
        &stage,
        FREE_PUBLIC_ACCESS_RANGES,
        registers.get(8..16).unwrap_or_default(),
        8,
        VpStatus::NO_ERROR,
    );
    // One colour: entry 5 is 1, 2, 3.
    ask(
        run,
        &stage,
        SET_COLOR_REGISTERS,
        &[1, 0, 5, 0, 1, 2, 3, 0],
        8,
        VpStatus::NO_ERROR,
    );
    picture(run, &stage, mode)?;
    for state in [PowerState::StandBy, PowerState::Off, PowerState::On] {
        let answer = stage.device.port().set_power(ADAPTER, state);
        run.expect(answer == VpStatus::NO_ERROR, || {
            format!("power {state:?}: {answer}")
        });
    }
    ask(
        run,
        &stage,
        SET_CURRENT_MODE,
        &mode.index.to_ne_bytes(),
        4,
        VpStatus::NO_ERROR,
    );
    picture(run, &stage, mode)?;
    ask(
        run,
        &stage,
        UNMAP_VIDEO_MEMORY,
        memory.get(..8).unwrap_or_default(),
        8,
        VpStatus::NO_ERROR,
    );
    ask(run, &stage, RESET_DEVICE, &[], 0, VpStatus::NO_ERROR);
    let counters = ask(run, &stage, QUERY_COUNTERS, &[], 24, VpStatus::NO_ERROR);
    let (interrupts, transfers) = (word(&counters, 0), word(&counters, 12));
    run.expect(interrupts > 0 && transfers >= 4, || {
        format!("{interrupts} interrupts, {transfers} transfers")
    });
    // A crash asks for text mode; the card has none, so the platform is asked to go on.
    run.expect(!stage.device.port().reset_hw(80, 25), || {
        "the card claims a text mode".to_owned()
    });
    run.close_clean(stage);
    Ok(())
}

/// Requests that must be refused, and leave nothing behind.
pub fn bad_requests(run: &Run<'_>) -> Result<()> {
    let stage = run.open(&Setup::default())?;
    let short = VpStatus::ERROR_INSUFFICIENT_BUFFER;
    let unknown = VpStatus::ERROR_INVALID_FUNCTION;
    for code in [0x0023_0000 | 0xFFF << 2, LOAD_AND_SET_FONT, 0, u32::MAX] {
        let answer = ask(run, &stage, code, &[0; 16], 16, unknown);
        run.expect(answer.is_empty(), || {
            format!("request {code:#x} reports {} bytes", answer.len())
        });
    }
    for code in [
        QUERY_NUM_AVAIL_MODES,
        QUERY_AVAIL_MODES,
        SET_CURRENT_MODE,
        SET_COLOR_REGISTERS,
        MAP_VIDEO_MEMORY,
    ] {
        ask(run, &stage, code, &[0; 3], 3, short);
    }
    ask(run, &stage, UPDATE_RECTANGLE, &[0; 31], 31, short);
    let invalid = VpStatus::ERROR_INVALID_PARAMETER;
    ask(
        run,
        &stage,
        SET_CURRENT_MODE,
        &999_u32.to_ne_bytes(),
        4,
        invalid,
    );
    // No mode is set: there is no frame to move pixels to.
    ask(
        run,
        &stage,
        UPDATE_RECTANGLE,
        &rectangle(VirtAddr::new(0x1000), (4, 4), 16, true),
        32,
        invalid,
    );
    // 255 entries from entry 5 on: past the end of the palette.
    let mut colors = vec![255, 0, 5, 0];
    colors.resize(4 + 255 * 4, 0);
    ask(
        run,
        &stage,
        SET_COLOR_REGISTERS,
        &colors,
        4 + 255 * 4,
        invalid,
    );
    run.close_clean(stage);
    Ok(())
}

/// CHD-01 without a monitor, then with one: its EDID and its device object.
pub fn children(run: &Run<'_>) -> Result<()> {
    for monitor in [false, true] {
        let stage = run.open(&Setup {
            monitor,
            ..Setup::default()
        })?;
        let child = stage.device.port().child(0);
        run.expect(child.is_some() == monitor, || {
            format!("with a monitor {monitor}: the first child is {child:?}")
        });
        let object = child.map_or(0, |info| {
            videoport::device_object(&stage.device, info.child).addr()
        });
        run.part(&stage, 0, [u64::from(monitor), object as u64, 0, 0])?;
        // One control structure of a wrong size.
        run.findings(&stage, &["VideoPortDDCMonitorHelper: WrongArguments"]);
        run.close_clean(stage);
    }
    Ok(())
}

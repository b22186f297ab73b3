//! The life of a device: found, initialised, asked, drawn on, looked at.

use super::modes::{self, Wanted};
use super::painting;
use super::requests::{self, Extra};
use super::target::Rig;
use crate::picture::{self, Format};
use anyhow::{Context, Result, bail};
use image::RgbImage;
use lumenport_hal::edid::Edid;
use lumenport_videoport::child::ChildType;
use lumenport_videoport::ioctl::{
    self, MemoryInformation, ModeInformation, NumModes, RequestedMode,
};
use lumenport_videoport::platform::Platform as _;
use lumenport_videoport::{StatusBlock, VirtAddr, VpStatus};
use videoport::{Device, request_name};

/// Largest mode list taken.
const MODES_LIMIT: u32 = 4096;
/// Bytes of a child's descriptor.
const DESCRIPTOR_BYTES: usize = 256;
/// Time that passes after the picture is up, in steps after each of which interrupts are delivered. Units: ns.
const STEP_NS: u64 = 200_000;
const STEPS: u32 = 100;
const STEPS_WHEN_SLOW: u32 = 2;

/// Goes through all of it; the picture on the monitor goes to `picture`.
///
/// # Errors
/// The step that failed, with the driver's own code.
pub fn live(
    device: &Device,
    rig: &Rig,
    wanted: Option<&Wanted>,
    extra: &[Extra],
    picture: &mut Option<RgbImage>,
) -> Result<()> {
    start(device)?;
    children(device);
    let mapped = show(device, rig, wanted, picture)?;
    pass_time(device, rig);
    requests::optional(device);
    for request in extra {
        request.send(device);
    }
    stop(device, mapped)
}

/// Loads, finds, initialises.
///
/// # Errors
/// As [`live`].
pub fn start(device: &Device) -> Result<()> {
    let loaded = device.load();
    println!("load     DriverEntry: {loaded}");
    if !loaded.is_success() {
        bail!("DriverEntry fails with {loaded}");
    }
    let started = device.port().start_device();
    println!("find     HwVidFindAdapter: {started}");
    if !started.is_success() {
        bail!("the driver does not take the card: HwVidFindAdapter ends with {started}");
    }
    let opened = device.port().open();
    println!("open     HwVidInitialize: {opened}");
    if !opened.is_success() {
        bail!("the driver does not initialise the card: {opened}");
    }
    Ok(())
}

fn children(device: &Device) {
    let port = device.port();
    let asked = port.enumerate_children();
    if !asked.is_success() {
        println!("warning  VideoPortEnumerateChildren: {asked}");
    }
    port.poll();
    for index in 0.. {
        let Some(child) = port.child(index) else {
            break;
        };
        let mut descriptor = [0; DESCRIPTOR_BYTES];
        port.child_descriptor(child.child, &mut descriptor);
        let what = match child.child_type {
            ChildType::Monitor => monitor_name(&descriptor),
            other => format!("{other:?}"),
        };
        println!("child    {:#x}: {what}", child.uid);
    }
}

fn monitor_name(descriptor: &[u8]) -> String {
    let Ok(edid) = Edid::parse(descriptor) else {
        return "monitor without a usable EDID".to_owned();
    };
    let maker: String = edid
        .manufacturer()
        .unwrap_or(*b"???")
        .map(char::from)
        .into_iter()
        .collect();
    format!(
        "monitor, EDID of {maker} product {:#06x}, year {}",
        edid.product(),
        edid.year()
    )
}

/// A request that every miniport answers.
fn must(
    device: &Device,
    code: u32,
    buffer: &mut [u8],
    input: usize,
    least: usize,
) -> Result<StatusBlock> {
    let name = request_name(code);
    let block = device.io_control(code, buffer, input);
    if block.status != VpStatus::NO_ERROR {
        bail!("{name} ends with {}", block.status);
    }
    if block.information < least {
        bail!(
            "{name} reports {} bytes, {least} are needed",
            block.information
        );
    }
    Ok(block)
}

fn read_modes(device: &Device) -> Result<Vec<ModeInformation>> {
    let mut count = [0; NumModes::LENGTH];
    must(
        device,
        ioctl::QUERY_NUM_AVAIL_MODES,
        &mut count,
        0,
        NumModes::LENGTH,
    )?;
    let count = NumModes::parse(&count).context("no number of modes")?;
    let (modes, size) = (count.num_modes, count.mode_information_length_bytes);
    if modes == 0 || modes > MODES_LIMIT || (size as usize) < ModeInformation::LENGTH || size > 4096
    {
        bail!("the driver reports {modes} modes of {size} bytes each");
    }
    let mut bytes = vec![0; (modes * size) as usize];
    let block = must(device, ioctl::QUERY_AVAIL_MODES, &mut bytes, 0, 0)?;
    let returned = block.information.min(bytes.len());
    let list: Vec<_> = bytes[..returned]
        .chunks_exact(size as usize)
        .filter_map(ModeInformation::parse)
        .collect();
    if list.len() != modes as usize {
        bail!(
            "the driver announces {modes} modes and describes {}",
            list.len()
        );
    }
    Ok(list)
}

fn show(
    device: &Device,
    rig: &Rig,
    wanted: Option<&Wanted>,
    shown: &mut Option<RgbImage>,
) -> Result<VirtAddr> {
    let list = read_modes(device)?;
    println!("modes    {}: {}", list.len(), summary(&list));
    for flaw in list.iter().flat_map(modes::flaws) {
        println!("warning  {flaw}");
    }
    let mode = modes::choose(&list, wanted, rig.is_slow())?;
    let format = modes::format_of(&mode).context("a mode that cannot be drawn")?;
    let request = RequestedMode {
        index: mode.mode_index,
        keep_memory: false,
        map_linear: false,
    };
    must(
        device,
        ioctl::SET_CURRENT_MODE,
        &mut request.emit(),
        RequestedMode::LENGTH,
        0,
    )?;
    println!("mode     {}", modes::name(&mode));
    check_current(device, &mode)?;
    let mapped = map(device)?;
    if format == Format::C8 {
        let mut palette = palette();
        let length = palette.len();
        must(device, ioctl::SET_COLOR_REGISTERS, &mut palette, length, 0)?;
    }
    let drawn = painting::test_picture(mode.vis_screen_width_px, mode.vis_screen_height_lines);
    painting::draw(device, mapped, &mode, format, &drawn);
    let picture = rig.capture().context("the monitor shows nothing usable")?;
    let differing = picture::differing_pixels(&picture, &picture::expected(&drawn, format));
    let (width, height) = picture.dimensions();
    *shown = Some(picture);
    println!("monitor  {width}x{height}, {differing} pixels differ from what was drawn");
    if differing != 0 {
        bail!("{differing} pixels on the monitor differ from what was drawn through the mapping");
    }
    Ok(mapped)
}

fn summary(list: &[ModeInformation]) -> String {
    const SHOWN: usize = 4;
    let mut names: Vec<_> = list.iter().take(SHOWN).map(modes::name).collect();
    if list.len() > SHOWN {
        names.push(format!("and {} more", list.len() - SHOWN));
    }
    names.join("; ")
}

fn check_current(device: &Device, mode: &ModeInformation) -> Result<()> {
    let mut bytes = [0; ModeInformation::LENGTH];
    must(
        device,
        ioctl::QUERY_CURRENT_MODE,
        &mut bytes,
        0,
        ModeInformation::LENGTH,
    )?;
    let current = ModeInformation::parse(&bytes).context("no current mode")?;
    if current.mode_index != mode.mode_index {
        bail!(
            "mode {} was set and mode {} is current",
            mode.mode_index,
            current.mode_index
        );
    }
    Ok(())
}

fn map(device: &Device) -> Result<VirtAddr> {
    let mut bytes = [0; MemoryInformation::LENGTH];
    must(
        device,
        ioctl::MAP_VIDEO_MEMORY,
        &mut bytes,
        size_of::<usize>(),
        MemoryInformation::LENGTH,
    )?;
    let memory = MemoryInformation::parse(&bytes).context("no memory information")?;
    let at = usize::try_from(memory.frame_buffer_base)?;
    let (space, space_bytes) = videoport::device_space();
    if at.wrapping_sub(space) >= space_bytes {
        bail!("the frame buffer is said to be at {at:#x}, where no device memory is mapped");
    }
    println!(
        "map      frame buffer at {at:#x}, {} KiB of card memory",
        memory.video_ram_length_bytes / 1024
    );
    Ok(VirtAddr::new(at))
}

/// `VIDEO_CLUT` with all 256 entries of the palette that the picture is packed for.
fn palette() -> Vec<u8> {
    let mut bytes = vec![0, 1, 0, 0];
    for [red, green, blue] in picture::palette() {
        bytes.extend([red, green, blue, 0]);
    }
    bytes
}

/// Lets interrupts come, and with them deferred routines and the timer.
fn pass_time(device: &Device, rig: &Rig) {
    let steps = if rig.is_slow() {
        STEPS_WHEN_SLOW
    } else {
        STEPS
    };
    for _ in 0..steps {
        device.machine().stall_ns(STEP_NS);
        device.port().poll();
    }
}

fn stop(device: &Device, mapped: VirtAddr) -> Result<()> {
    let mut address = mapped.raw().to_ne_bytes();
    let length = address.len();
    must(device, ioctl::UNMAP_VIDEO_MEMORY, &mut address, length, 0)?;
    must(device, ioctl::RESET_DEVICE, &mut [], 0, 0)?;
    let text_mode = device.port().reset_hw(80, 25);
    println!("reset    IOCTL_VIDEO_RESET_DEVICE: NO_ERROR; HwVidResetHw: {text_mode}");
    Ok(())
}

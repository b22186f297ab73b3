//! Sleeping and waking, sharing, public ranges, what the driver tells about the card.

use lumenport_hal::bus::Bus as _;
use lumenport_hal::regmap::blocks::{crtc, id, irq};
use lumenport_videoport::VirtAddr;
use lumenport_videoport::ioctl::{
    FREE_PUBLIC_ACCESS_RANGES, GET_POWER_MANAGEMENT, MAP_VIDEO_MEMORY, PowerManagement,
    PublicAccessRange, QUERY_COLOR_CAPABILITIES, QUERY_PUBLIC_ACCESS_RANGES, RequestedMode,
    SET_CURRENT_MODE, SET_POWER_MANAGEMENT, SHARE_VIDEO_MEMORY, ShareMemory,
    ShareMemoryInformation, UNMAP_VIDEO_MEMORY, UNSHARE_VIDEO_MEMORY,
};
use lumenport_videoport::registry::hardware_information as names;
use lumenport_videoport::types::{DISPLAY_ADAPTER_HW_ID, PowerState};
use lumenport_videoport::{Platform as _, VpStatus};

use super::rectangle::picture;
use crate::error::{FlowError, FlowOutcome, ensure, ensure_eq};
use crate::session::{Session, with_driver};
use crate::target::{Board, Setup, Target};

/// Any child id: the card has one monitor.
const A_MONITOR: u32 = 1;

pub(super) fn power<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let mode = session.smallest_mode(32)?;
        session.set_mode(&mode)?;
        let frame = picture(&mode, 5);
        session.upload(&mode, 0, &frame.xrgb8888())?;
        session.show(0)?;
        session.expect_picture(&frame)?;
        let refused = session
            .port
            .set_power(DISPLAY_ADAPTER_HW_ID, PowerState::Unspecified);
        ensure_eq!(
            refused,
            VpStatus::ERROR_DEVICE_REINITIALIZATION_NEEDED,
            "answer to a state that is none"
        );
        for (hw_id, asleep) in [
            (DISPLAY_ADAPTER_HW_ID, PowerState::Off),
            (DISPLAY_ADAPTER_HW_ID, PowerState::StandBy),
            (A_MONITOR, PowerState::Suspend),
        ] {
            let what = format!("{asleep:?} of {hw_id:#x}");
            go(session, hw_id, asleep)?;
            ensure!(is_dark(session)?, "{what}: the raster runs");
            let quiet = session.load::<irq::Enable>()?.bits() == 0;
            ensure_eq!(
                quiet,
                asleep == PowerState::Off,
                "{what}: interrupts are off"
            );
            let again = RequestedMode {
                index: mode.mode_index,
                keep_memory: true,
                map_linear: false,
            };
            session.refuse(
                SET_CURRENT_MODE,
                &again.emit(),
                0,
                VpStatus::ERROR_INVALID_FUNCTION,
            )?;
            go(session, hw_id, PowerState::On)?;
            session
                .expect_picture(&frame)
                .map_err(|error| error.during(&format!("after {what}")))?;
        }
        go(session, DISPLAY_ADAPTER_HW_ID, PowerState::Hibernate)?;
        ensure!(!is_dark(session)?, "hibernation switched the picture off");
        session.show(0)?;

        // The same by request.
        let state = |state| {
            PowerManagement {
                dpms_version: 0,
                state,
            }
            .emit()
        };
        session.ask(SET_POWER_MANAGEMENT, &state(PowerState::Suspend), 0)?;
        ensure!(
            is_dark(session)?,
            "the raster runs after SET_POWER_MANAGEMENT"
        );
        let answer = session.ask(GET_POWER_MANAGEMENT, &[], 12)?;
        ensure_eq!(answer[..], state(PowerState::Suspend)[..], "state told");
        session.ask(SET_POWER_MANAGEMENT, &state(PowerState::On), 0)?;
        session.expect_picture(&frame)?;
        let short = VpStatus::ERROR_INSUFFICIENT_BUFFER;
        session.refuse(SET_POWER_MANAGEMENT, &[0; 11], 0, short)?;
        session.refuse(GET_POWER_MANAGEMENT, &[], 11, short)?;
        session.refuse(
            SET_POWER_MANAGEMENT,
            &[0; 12],
            0,
            VpStatus::ERROR_INVALID_PARAMETER,
        )?;
        Ok(String::new())
    })
}

fn go<B: Board>(
    session: &Session<'_, '_, B>,
    hw_id: u32,
    state: PowerState,
) -> Result<(), FlowError> {
    let status = session.port.set_power(hw_id, state);
    ensure!(
        status.is_success(),
        "{state:?} of {hw_id:#x} answered {status}"
    );
    Ok(())
}

fn is_dark<B: Board>(session: &Session<'_, '_, B>) -> Result<bool, FlowError> {
    let status = session.load::<crtc::Status>()?;
    Ok(!status.is_set(crtc::Status::ENABLED))
}

pub(super) fn sharing<T: Target>(target: &T) -> FlowOutcome {
    with_driver(target, &Setup::default(), |session| {
        let short = VpStatus::ERROR_INSUFFICIENT_BUFFER;
        let wrong = VpStatus::ERROR_INVALID_PARAMETER;
        let platform = session.port.platform();

        // The registers, a second time.
        session.refuse(QUERY_PUBLIC_ACCESS_RANGES, &[], 15, short)?;
        let answer = session.ask(QUERY_PUBLIC_ACCESS_RANGES, &[], 16)?;
        let range = PublicAccessRange::parse(&answer)
            .ok_or_else(|| FlowError::failed("VIDEO_PUBLIC_ACCESS_RANGES is too short"))?;
        ensure!(!range.in_io_space, "registers in I/O space");
        let magic =
            VirtAddr::new(range.virtual_address as usize).checked_add(id::Magic::OFFSET as usize);
        let magic = magic.ok_or_else(|| FlowError::failed("the range wraps"))?;
        ensure_eq!(
            platform.read_register_u32(magic),
            session.registers()?.read32(id::Magic::OFFSET),
            "magic through the public range"
        );
        let address = range.virtual_address.to_le_bytes();
        session.refuse(FREE_PUBLIC_ACCESS_RANGES, &address[..7], 0, short)?;
        session.ask(FREE_PUBLIC_ACCESS_RANGES, &address, 0)?;
        session.refuse(FREE_PUBLIC_ACCESS_RANGES, &address, 0, wrong)?;

        // A part of the frame buffer, for a process: what the driver's own mapping writes is seen there.
        let share = ShareMemory {
            process: 0x77,
            view_offset_bytes: 0x2_0000,
            view_size_bytes: 100,
            requested_address: 0,
        };
        session.refuse(SHARE_VIDEO_MEMORY, &share.emit()[..23], 16, short)?;
        let outside = ShareMemory {
            view_size_bytes: u32::MAX,
            ..share
        };
        session.refuse(SHARE_VIDEO_MEMORY, &outside.emit(), 16, wrong)?;
        let answer = session.ask(SHARE_VIDEO_MEMORY, &share.emit(), 16)?;
        let shared = ShareMemoryInformation::parse(&answer)
            .ok_or_else(|| FlowError::failed("VIDEO_SHARE_MEMORY_INFORMATION is too short"))?;
        ensure_eq!(shared.shared_view_size_bytes, 64 << 10, "size, rounded up");
        ensure_eq!(shared.shared_view_offset_bytes, 0x2_0000, "offset");
        let mapped = session.ask(MAP_VIDEO_MEMORY, &[0; 8], 32)?;
        let base = lumenport_videoport::ioctl::MemoryInformation::parse(&mapped)
            .ok_or_else(|| FlowError::failed("VIDEO_MEMORY_INFORMATION is too short"))?
            .video_ram_base;
        let at = |base: u64, offset: u64| VirtAddr::new((base + offset) as usize);
        platform.write_register_u32(at(base, 0x2_0010), 0x1234_5678);
        ensure_eq!(
            platform.read_register_u32(at(shared.virtual_address, 0x10)),
            0x1234_5678,
            "a word through the shared view"
        );
        session.ask(UNMAP_VIDEO_MEMORY, &base.to_le_bytes(), 0)?;
        let back = ShareMemory {
            requested_address: shared.virtual_address,
            ..share
        };
        let stranger = ShareMemory {
            process: 0x78,
            ..back
        };
        session.refuse(UNSHARE_VIDEO_MEMORY, &stranger.emit(), 0, wrong)?;
        session.ask(UNSHARE_VIDEO_MEMORY, &back.emit(), 0)?;
        session.refuse(UNSHARE_VIDEO_MEMORY, &back.emit(), 0, wrong)?;
        // The refusals above are what the strict mode reports.
        let findings = session.expect_findings().len();
        ensure_eq!(findings, 3, "misuses that the port noticed");

        let colours = session.ask(QUERY_COLOR_CAPABILITIES, &[], 72)?;
        ensure_eq!(
            colours[..4],
            [72, 0, 0, 0],
            "length of VIDEO_COLOR_CAPABILITIES"
        );
        session.refuse(QUERY_COLOR_CAPABILITIES, &[], 71, short)?;
        information(session)?;
        Ok(String::new())
    })
}

/// The `HardwareInformation` values: wide text with its zero, and a 32-bit size.
fn information<B: Board>(session: &Session<'_, '_, B>) -> Result<(), FlowError> {
    let value = |name: &str| {
        let mut bytes = Vec::new();
        let status = session
            .port
            .get_registry_parameters(name, false, |_, _, data| {
                bytes.extend_from_slice(data);
                VpStatus::NO_ERROR
            });
        ensure!(status.is_success(), "{name}: {status}");
        Ok(bytes)
    };
    for name in [
        names::CHIP_TYPE,
        names::DAC_TYPE,
        names::ADAPTER_STRING,
        names::BIOS_STRING,
    ] {
        let bytes = value(name)?;
        let zero = bytes.chunks(2).position(|unit| unit == [0, 0]);
        ensure!(
            zero.is_some_and(|units| units > 0 && units * 2 + 2 == bytes.len()),
            "{name} is no wide text: {bytes:?}"
        );
    }
    let memory = session
        .miniport
        .device()
        .map(|device| device.identity.memory.raw());
    let size = value(names::MEMORY_SIZE)?;
    ensure_eq!(
        size.try_into().ok().map(u32::from_le_bytes),
        memory,
        "HardwareInformation.MemorySize"
    );
    Ok(())
}

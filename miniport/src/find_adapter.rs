//! `HwVidFindAdapter`: claims the ranges, maps the registers, checks that card and driver belong together.
//!
//! Nothing is initialised here. On failure everything claimed and mapped is given back.

use lumenport_hal::crtc::Crtc;
use lumenport_hal::id::{self, IdError, Identity};
use lumenport_hal::regmap::card::REGISTER_BAR_BYTES;
use lumenport_videoport::address::VirtAddr;
use lumenport_videoport::miniport::ConfigInfo;
use lumenport_videoport::status::VpStatus;
use lumenport_videoport::types::{AccessRange, DeviceDescription, MemorySpace};
use lumenport_videoport::{Platform, VideoPort};

use crate::extension::Device;
use crate::miniport::LumenportMiniport;
use crate::registers::PortBus;

/// What the DMA engine can do: any address, any length, its own scatter-gather tables.
const DMA_DESCRIPTION: DeviceDescription = DeviceDescription {
    scatter_gather: true,
    dma_32bit_addresses: true,
    dma_64bit_addresses: true,
    maximum_length_bytes: u32::MAX,
};

/// `UniqueId` of log entries: 0xFA.. for this callback.
const LOG_NO_RANGES: u32 = 0xFA01;
const LOG_NO_MAPPING: u32 = 0xFA02;
const LOG_NOT_OURS: u32 = 0xFA03;
const LOG_MAP_DIGEST: u32 = 0xFA04;
const LOG_NO_ADAPTER: u32 = 0xFA05;

impl LumenportMiniport {
    pub(crate) fn find_adapter_callback<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        config: &mut ConfigInfo,
    ) -> VpStatus {
        if config.length < ConfigInfo::LENGTH {
            return VpStatus::ERROR_INVALID_PARAMETER;
        }
        let mut ranges = [AccessRange::default(); 6];
        let claimed = port.get_access_ranges(&mut ranges, None);
        if !claimed.is_success() {
            return claimed;
        }
        let found = find(port, &ranges);
        if let Ok(device) = found {
            config.master = true;
            self.ext.with(|state| state.device = Some(device));
            VpStatus::NO_ERROR
        } else {
            // An empty array releases the claims.
            let _ = port.get_access_ranges(&mut [], None);
            found.err().unwrap_or(VpStatus::ERROR_DEV_NOT_EXIST)
        }
    }
}

/// Maps and checks; gives the mapping back when the check fails.
fn find<P: Platform>(port: &VideoPort<'_, P>, ranges: &[AccessRange]) -> Result<Device, VpStatus> {
    let refuse = |status: VpStatus, unique_id| {
        port.log_error(status, unique_id);
        status
    };
    let (memory, registers) =
        card_ranges(ranges).ok_or_else(|| refuse(VpStatus::ERROR_DEV_NOT_EXIST, LOG_NO_RANGES))?;
    let base = port
        .get_device_base(
            registers.range_start,
            registers.range_length_bytes,
            MemorySpace::MEMORY,
        )
        .ok_or_else(|| refuse(VpStatus::ERROR_INVALID_PARAMETER, LOG_NO_MAPPING))?;
    let checked = identify(port, base)
        .map_err(|error| match error {
            IdError::DigestMismatch { .. } => {
                refuse(VpStatus::ERROR_INVALID_PARAMETER, LOG_MAP_DIGEST)
            }
            IdError::Gone | IdError::NotLumenport { .. } => {
                refuse(VpStatus::ERROR_DEV_NOT_EXIST, LOG_NOT_OURS)
            }
        })
        .and_then(|identity| {
            let adapter = port.get_dma_adapter(&DMA_DESCRIPTION);
            let adapter =
                adapter.ok_or_else(|| refuse(VpStatus::ERROR_NOT_ENOUGH_MEMORY, LOG_NO_ADAPTER))?;
            let clocks_khz = Crtc::new(PortBus::new(port, base)).clocks_khz();
            Ok(Device {
                registers: base,
                memory,
                identity,
                clocks_khz,
                adapter,
            })
        });
    if checked.is_err() {
        port.free_device_base(base);
    }
    checked
}

/// Card memory and registers: the port lists ranges in BAR order, the register range has a known size.
fn card_ranges(ranges: &[AccessRange]) -> Option<(AccessRange, AccessRange)> {
    let is_registers = |range: &&AccessRange| {
        range.range_length_bytes == REGISTER_BAR_BYTES && !range.range_in_io_space
    };
    let memory = ranges
        .first()
        .filter(|range| range.range_length_bytes != 0 && !range.range_in_io_space)?;
    let registers = ranges.iter().skip(1).find(is_registers)?;
    Some((*memory, *registers))
}

fn identify<P: Platform>(port: &VideoPort<'_, P>, base: VirtAddr) -> Result<Identity, IdError> {
    id::probe(&PortBus::new(port, base))
}

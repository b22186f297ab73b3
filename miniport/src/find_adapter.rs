//! `HwVidFindAdapter`: claims the ranges, maps the registers, checks that card and driver belong together.
//!
//! Nothing is initialised here. On failure everything claimed and mapped is given back.

use lumenport_hal::crtc::Crtc;
use lumenport_hal::id::{self, IdError};
use lumenport_hal::regmap::card::REGISTER_BAR_BYTES;
use lumenport_videoport::miniport::ConfigInfo;
use lumenport_videoport::registry::HardwareInformation;
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

/// `UniqueId` of the log entry for values that could not be written.
const LOG_INFORMATION: u32 = 0xFA10;

/// Why `FindAdapter` found no card it can drive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FindError {
    /// The device decodes no card memory and register ranges.
    NoRanges,
    /// The register range could not be mapped.
    NotMapped,
    /// What answers is not a card of this driver; a map digest mismatch names both digests.
    Identity(IdError),
    /// The port has no DMA adapter left.
    NoAdapter,
}

impl FindError {
    /// What `FindAdapter` returns.
    pub fn status(&self) -> VpStatus {
        match self {
            Self::NoRanges | Self::Identity(IdError::Gone | IdError::NotLumenport { .. }) => {
                VpStatus::ERROR_DEV_NOT_EXIST
            }
            Self::NotMapped | Self::Identity(IdError::DigestMismatch { .. }) => {
                VpStatus::ERROR_INVALID_PARAMETER
            }
            Self::NoAdapter => VpStatus::ERROR_NOT_ENOUGH_MEMORY,
        }
    }

    /// `UniqueId` of the log entry: 0xFA.. for this callback.
    const fn unique_id(self) -> u32 {
        match self {
            Self::NoRanges => 0xFA01,
            Self::NotMapped => 0xFA02,
            Self::Identity(IdError::Gone | IdError::NotLumenport { .. }) => 0xFA03,
            Self::Identity(IdError::DigestMismatch { .. }) => 0xFA04,
            Self::NoAdapter => 0xFA05,
        }
    }
}

impl core::fmt::Display for FindError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NoRanges => write!(f, "the device decodes no card memory and registers"),
            Self::NotMapped => write!(f, "the registers cannot be mapped"),
            Self::Identity(error) => error.fmt(f),
            Self::NoAdapter => write!(f, "no DMA adapter is free"),
        }
    }
}

impl core::error::Error for FindError {}

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
        match find(port, &ranges) {
            Ok(device) => {
                config.master = true;
                self.ext
                    .with(|state| (state.device, state.find_error) = (Some(device), None));
                describe(port, &device);
                VpStatus::NO_ERROR
            }
            Err(error) => {
                // An empty array releases the claims.
                let _ = port.get_access_ranges(&mut [], None);
                self.ext.with(|state| state.find_error = Some(error));
                port.log_error(error.status(), error.unique_id());
                error.status()
            }
        }
    }
}

/// Writes the `HardwareInformation` values. A registry that keeps nothing is no reason to have no picture.
fn describe<P: Platform>(port: &VideoPort<'_, P>, device: &Device) {
    let told = port.set_hardware_information(&HardwareInformation {
        chip_type: "Lumenport",
        dac_type: "DVI, digital",
        adapter_string: "Lumenport open display card",
        bios_string: "none",
        memory_size_bytes: device.identity.memory.raw(),
    });
    if let Err(status) = told {
        port.log_error(status, LOG_INFORMATION);
    }
}

/// Maps and checks; gives the mapping back when the check fails.
fn find<P: Platform>(port: &VideoPort<'_, P>, ranges: &[AccessRange]) -> Result<Device, FindError> {
    let (memory, registers) = card_ranges(ranges).ok_or(FindError::NoRanges)?;
    let base = port
        .get_device_base(
            registers.range_start,
            registers.range_length_bytes,
            MemorySpace::MEMORY,
        )
        .ok_or(FindError::NotMapped)?;
    let bus = PortBus::new(port, base);
    let checked = id::probe(&bus)
        .map_err(FindError::Identity)
        .and_then(|identity| {
            let adapter = port
                .get_dma_adapter(&DMA_DESCRIPTION)
                .ok_or(FindError::NoAdapter)?;
            let clocks_khz = Crtc::new(&bus).clocks_khz();
            Ok(Device {
                registers: base,
                register_range: registers,
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

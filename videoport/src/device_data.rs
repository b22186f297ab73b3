//! What the firmware says about the hardware: `VideoPortGetDeviceData`.
//!
//! The port knows three of the five kinds: the machine (if the platform tells), the bus the card sits on, and the
//! monitors found behind it. CMOS and controller data belong to machines without PCI.
//!
//! Source: `VideoPortGetDeviceData`, `HwVidQueryDeviceCallback`, `VIDEO_DEVICE_DATA_TYPE`.

use core::fmt::Write as _;

use crate::child::ChildType;
use crate::limits::CHILD_DESCRIPTOR_BYTES;
use crate::pci;
use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;
use crate::status::VpStatus;

/// Bytes of configuration space given as bus data.
const BUS_DATA_BYTES: usize = 256;

/// Which data is wanted (`VIDEO_DEVICE_DATA_TYPE`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum DeviceDataType {
    /// `VpMachineData`: the machine.
    Machine = 0,
    /// `VpCmosData`: battery-backed set-up memory. Never available here.
    Cmos = 1,
    /// `VpBusData`: the bus the card sits on; the data is its configuration space.
    Bus = 2,
    /// `VpControllerData`: a display controller found by firmware without PCI. Never available here.
    Controller = 3,
    /// `VpMonitorData`: a monitor; the data is its EDID.
    Monitor = 4,
}

impl DeviceDataType {
    /// The type for a number, `None` for numbers the contract does not define.
    pub const fn from_raw(raw: u32) -> Option<Self> {
        Some(match raw {
            0 => Self::Machine,
            1 => Self::Cmos,
            2 => Self::Bus,
            3 => Self::Controller,
            4 => Self::Monitor,
            _ => return None,
        })
    }
}

/// What the callback gets; valid during the call only.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DeviceData<'d> {
    /// What was asked for.
    pub data_type: DeviceDataType,
    /// Its name. Foreign callers get it as a wide string.
    pub identifier: &'d str,
    /// The configuration data; its meaning depends on the type.
    pub configuration: &'d [u8],
    /// Flags of the component; always empty here.
    pub component: &'d [u8],
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortGetDeviceData`: calls `routine` before returning, once for each thing of that type. PASSIVE.
    ///
    /// `NO_ERROR` when it was called, whatever it answered; an answer that is no success ends the calls.
    /// `ERROR_INVALID_FUNCTION` when the machine has no data of that type.
    pub fn get_device_data(
        &self,
        data_type: DeviceDataType,
        mut routine: impl FnMut(&Self, &DeviceData<'_>) -> VpStatus,
    ) -> VpStatus {
        if !self.enter(Service::GetDeviceData) {
            return VpStatus::ERROR_INVALID_PARAMETER;
        }
        let mut show = |identifier: &str, configuration: &[u8]| {
            let data = DeviceData {
                data_type,
                identifier,
                configuration,
                component: &[],
            };
            routine(self, &data).is_success()
        };
        let unknown = VpStatus::ERROR_INVALID_FUNCTION;
        match data_type {
            DeviceDataType::Machine => match self.platform.machine_name() {
                Some(name) => {
                    show(name, &[]);
                    VpStatus::NO_ERROR
                }
                None => unknown,
            },
            DeviceDataType::Bus => {
                if pci::id(self.platform, self.slot).is_none() {
                    return unknown;
                }
                let mut space = [0; BUS_DATA_BYTES];
                for (offset, dw) in (0_u16..).step_by(4).zip(space.chunks_exact_mut(4)) {
                    let value = self.platform.config_read(self.slot, offset);
                    dw.copy_from_slice(&value.to_le_bytes());
                }
                show("PCI", &space);
                VpStatus::NO_ERROR
            }
            DeviceDataType::Monitor if self.show_monitors(show) => VpStatus::NO_ERROR,
            DeviceDataType::Monitor | DeviceDataType::Cmos | DeviceDataType::Controller => unknown,
        }
    }

    /// Shows monitors until one is answered with no success. False: there are none.
    fn show_monitors(&self, mut show: impl FnMut(&str, &[u8]) -> bool) -> bool {
        let mut shown = false;
        let mut index = 0;
        while let Some(info) = self.child(index) {
            index += 1;
            let mut edid = [0; CHILD_DESCRIPTOR_BYTES];
            if info.child_type != ChildType::Monitor
                || !self.child_descriptor(info.child, &mut edid)
            {
                continue;
            }
            shown = true;
            if !show(&monitor_name(&edid), &edid) {
                break;
            }
        }
        shown
    }
}

/// The plug-and-play id of a monitor: three letters and four hexadecimal digits (EDID bytes 8 to 11).
fn monitor_name(edid: &[u8; CHILD_DESCRIPTOR_BYTES]) -> heapless::String<16> {
    let [.., high, low, product_low, product_high] = *edid.first_chunk::<12>().unwrap_or(&[0; 12]);
    let letters = u16::from_be_bytes([high, low]);
    let mut name = heapless::String::new();
    for shift in [10, 5, 0] {
        let letter = (letters >> shift & 0x1f) as u8;
        // 1 is A; numbers outside the alphabet come from broken monitors.
        let letter = match letter {
            1..=26 => char::from(b'A' + letter - 1),
            _ => '?',
        };
        let _ = name.push(letter);
    }
    let product = u16::from_le_bytes([product_low, product_high]);
    let _ = write!(name, "{product:04X}");
    name
}

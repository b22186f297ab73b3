//! Children, their monitors' EDID, secondary displays.
//!
//! A child's `DeviceObject` is the number of its device and the port's handle in one: it never equals another device's.

use std::ptr::null_mut;

use lumenport_videoport::child::{Child, INVALID_CHILD_ID};
use lumenport_videoport::ddc::DdcControl;
use lumenport_videoport::i2c::I2cLines;

use super::{INVALID_PARAMETER, NO_ERROR, device_services, plain_services, pointer};
use crate::abi::{self, Pointer, Predicate, WriteLine};
use crate::device::Device;
use crate::{device, process};

/// Where the device's number starts in a device object. The port's handles leave these bits free.
const DEVICE_SHIFT: u32 = 40;
/// Bits of the number.
const DEVICE_MASK: u64 = 0x3F_FFFF;

/// The device object of a child.
pub fn device_object(device: &Device, child: Child) -> Pointer {
    let tag = ((device.number() & DEVICE_MASK) << DEVICE_SHIFT) as usize;
    std::ptr::with_exposed_provenance_mut(child.raw() | tag)
}

/// The child behind a device object. What is none becomes a child that no device has.
fn child(object: Pointer) -> (Option<std::sync::Arc<Device>>, Option<Child>) {
    let raw = object.addr();
    let number = (raw as u64 >> DEVICE_SHIFT) & DEVICE_MASK;
    let handle = raw & !((DEVICE_MASK << DEVICE_SHIFT) as usize);
    (device::by_number(number), Child::from_raw(handle))
}

/// A driver's line routines.
pub(crate) struct Lines {
    extension: Pointer,
    device: u64,
    write_clock: WriteLine,
    write_data: WriteLine,
    read_clock: Predicate,
    read_data: Predicate,
}

impl Lines {
    /// The lines a driver describes. `None` when one routine is missing.
    pub(crate) fn new(device: &Device, callbacks: &abi::I2cCallbacks) -> Option<Self> {
        use crate::miniport::routine_at;
        Some(Self {
            extension: pointer(device.extension()),
            device: device.number(),
            write_clock: routine_at(callbacks.write_clock_line)?,
            write_data: routine_at(callbacks.write_data_line)?,
            read_clock: routine_at(callbacks.read_clock_line)?,
            read_data: routine_at(callbacks.read_data_line)?,
        })
    }
}

impl I2cLines for Lines {
    fn write_clock(&mut self, high: bool) {
        // SAFETY: the driver gave this routine for its clock line.
        Device::run_as(self.device, || unsafe {
            (self.write_clock)(self.extension, u8::from(high));
        });
    }

    fn write_data(&mut self, high: bool) {
        // SAFETY: the driver gave this routine for its data line.
        Device::run_as(self.device, || unsafe {
            (self.write_data)(self.extension, u8::from(high));
        });
    }

    fn read_clock(&mut self) -> bool {
        // SAFETY: the driver gave this routine for its clock line.
        Device::run_as(self.device, || unsafe {
            (self.read_clock)(self.extension) != 0
        })
    }

    fn read_data(&mut self) -> bool {
        // SAFETY: the driver gave this routine for its data line.
        Device::run_as(self.device, || unsafe {
            (self.read_data)(self.extension) != 0
        })
    }
}

/// Reads the four routines at an address.
pub(crate) fn read_callbacks(at: usize) -> Option<abi::I2cCallbacks> {
    let words = process::get_array(std::ptr::with_exposed_provenance::<usize>(at), 4)?;
    let [
        write_clock_line,
        write_data_line,
        read_clock_line,
        read_data_line,
    ] = words[..]
    else {
        return None;
    };
    Some(abi::I2cCallbacks {
        write_clock_line,
        write_data_line,
        read_clock_line,
        read_data_line,
    })
}

device_services! {
    /// `VideoPortEnumerateChildren`: the children are asked for at the next quiet moment.
    fn VideoPortEnumerateChildren[EnumerateChildren](device, reserved: Pointer) -> u32, else INVALID_PARAMETER => {
        if !reserved.is_null() {
            return INVALID_PARAMETER;
        }
        device.port().enumerate_children().0
    }

    /// `VideoPortDDCMonitorHelper`: one segment of EDID over the driver's lines.
    fn VideoPortDDCMonitorHelper[DDCMonitorHelper](
        device, ddc_control: Pointer, edid_buffer: *mut u8, edid_buffer_size: u32,
    ) -> u8, else 0 => {
        let at = ddc_control.expose_provenance();
        let field = |offset: usize| std::ptr::with_exposed_provenance::<u8>(at.wrapping_add(offset));
        let size = process::get(ddc_control.cast::<u32>().cast_const());
        let callbacks = read_callbacks(field(std::mem::offset_of!(abi::DdcControl, i2c_callbacks)).addr());
        let segment = process::get(field(std::mem::offset_of!(abi::DdcControl, edid_segment)));
        let (Some(size), Some(callbacks), Some(edid_segment)) = (size, callbacks, segment) else {
            return 0;
        };
        let Some(mut lines) = Lines::new(device, &callbacks) else {
            return 0;
        };
        let mut control = DdcControl { size, lines: &mut lines, edid_segment };
        let mut edid = vec![0; (edid_buffer_size as usize).min(256)];
        let read = device.port().ddc_monitor_helper(&mut control, &mut edid);
        u8::from(read && process::put_array(edid_buffer, &edid))
    }

    /// `VideoPortCreateSecondaryDisplay`.
    fn VideoPortCreateSecondaryDisplay[CreateSecondaryDisplay](
        device, secondary_device_extension: *mut Pointer, flag: u32,
    ) -> u32, else INVALID_PARAMETER => {
        if !process::put(secondary_device_extension.cast::<usize>(), 0) {
            return INVALID_PARAMETER;
        }
        match device.port().create_secondary_display(flag) {
            Ok(display) => {
                device.publish_extension(display.extension);
                process::put(secondary_device_extension.cast::<usize>(), display.extension.raw());
                NO_ERROR
            }
            Err(status) => status.0,
        }
    }
}

plain_services! {
    /// `VideoPortGetAssociatedDeviceExtension`: the extension of the adapter a child hangs on.
    fn VideoPortGetAssociatedDeviceExtension[GetAssociatedDeviceExtension](device_object: Pointer) -> Pointer,
        on device = child(device_object).0, else null_mut() => {
        match (&device, child(device_object).1) {
            (Some(device), Some(child)) => pointer(device.port().get_associated_device_extension(child)),
            _ => null_mut(),
        }
    }

    /// `VideoPortGetAssociatedDeviceID`: the number the driver gave the child.
    fn VideoPortGetAssociatedDeviceID[GetAssociatedDeviceID](device_object: Pointer) -> u32,
        on device = child(device_object).0, else INVALID_CHILD_ID => {
        match (&device, child(device_object).1) {
            (Some(device), Some(child)) => device.port().get_associated_device_id(child),
            _ => INVALID_CHILD_ID,
        }
    }
}

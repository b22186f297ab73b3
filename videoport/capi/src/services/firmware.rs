//! ROM, VGA, BIOS and what the firmware says about devices.

use std::ptr::null_mut;

use lumenport_videoport::VpStatus;
use lumenport_videoport::device_data::{DeviceData, DeviceDataType};
use lumenport_videoport::vga::BiosArguments;

use super::{INVALID_PARAMETER, NO_ERROR, address, device_services, plain_services, pointer};
use crate::abi::{DeviceDataRoutine, Pointer};
use crate::device::Device;
use crate::trace::{self, Show};
use crate::{device, process, watch};

/// Calls the driver's routine with copies that it may change.
fn tell(
    device: &Device,
    routine: DeviceDataRoutine,
    context: Pointer,
    data: &DeviceData<'_>,
) -> VpStatus {
    let mut name: Vec<u16> = data.identifier.encode_utf16().chain([0]).collect();
    let name_bytes = (name.len() - 1) * 2;
    let mut configuration = data.configuration.to_vec();
    let mut component = data.component.to_vec();
    let extension = pointer(device.extension());
    let data_type = data.data_type as u32;
    trace::enter(
        "HwVidQueryDeviceCallback",
        &[extension.show(), context.show(), data_type.show()],
    );
    let status = Device::run_as(device.number(), || {
        watch::during("HwVidQueryDeviceCallback", || {
            // SAFETY: the driver gave this routine with this context; all data lives across the call.
            unsafe {
                routine(
                    extension,
                    context,
                    data_type,
                    name.as_mut_ptr().cast(),
                    name_bytes as u32,
                    configuration.as_mut_ptr().cast(),
                    configuration.len() as u32,
                    component.as_mut_ptr().cast(),
                    component.len() as u32,
                )
            }
        })
    });
    trace::leave(VpStatus(status));
    VpStatus(status)
}

device_services! {
    /// `VideoPortGetDeviceData`: the routine runs before this returns.
    fn VideoPortGetDeviceData[GetDeviceData](
        device, data_type: u32, routine: Option<DeviceDataRoutine>, context: Pointer,
    ) -> u32, else INVALID_PARAMETER => {
        let (Some(data_type), Some(routine)) = (DeviceDataType::from_raw(data_type), routine) else {
            return INVALID_PARAMETER;
        };
        device.port().get_device_data(data_type, |_, data| tell(device, routine, context, data)).0
    }

    /// `VideoPortGetRomImage`: a copy that the port owns; a new call frees the old one.
    fn VideoPortGetRomImage[GetRomImage](device, unused1: Pointer, unused2: u32, length: u32) -> Pointer,
        else null_mut() => {
        device.port().get_rom_image(length).map_or(null_mut(), pointer)
    }

    /// `VideoPortScanRom` (obsolete).
    fn VideoPortScanRom[ScanRom](device, rom_base: Pointer, rom_length: u32, text: *mut u8) -> u8, else 0 => {
        process::get_string(text.cast_const())
            .map_or(0, |text| u8::from(device.port().scan_rom(address(rom_base), rom_length, &text)))
    }

    /// `VideoPortGetVgaStatus`.
    fn VideoPortGetVgaStatus[GetVgaStatus](device, vga_status: *mut u32) -> u32, else INVALID_PARAMETER => {
        match device.port().get_vga_status() {
            Ok(decodes) if process::put(vga_status, u32::from(decodes)) => NO_ERROR,
            Ok(_) => INVALID_PARAMETER,
            Err(status) => status.0,
        }
    }

    /// `VideoPortInt10`: there is no BIOS to call.
    fn VideoPortInt10[Int10](device, arguments: *mut u32) -> u32, else INVALID_PARAMETER => {
        let Some(registers) = process::get_array(arguments.cast_const(), 7) else {
            return INVALID_PARAMETER;
        };
        let [eax, ebx, ecx, edx, esi, edi, ebp] = registers[..] else {
            return INVALID_PARAMETER;
        };
        let mut registers = BiosArguments { eax, ebx, ecx, edx, esi, edi, ebp };
        device.port().int10(&mut registers).0
    }
}

plain_services! {
    /// `VideoPortIsNoVesa`.
    fn VideoPortIsNoVesa[IsNoVesa]() -> u8, on device = device::current(), else 0 => {
        device.as_ref().map_or(0, |device| u8::from(device.port().is_no_vesa()))
    }
}

//! `VideoPortInitialize` and `VideoPortGetVersion`.

use lumenport_videoport::services::Service;
use lumenport_videoport::{HwInitializationData, NtStatus};

use super::{INVALID_PARAMETER, NO_ERROR, device_services};
use crate::abi::{
    INITIALIZATION_DATA_2000_BYTES, INITIALIZATION_DATA_BYTES, INITIALIZATION_DATA_NT4_BYTES,
    Pointer, VideoHwInitializationData, VpOsVersionInfo,
};
use crate::device::Device;
use crate::miniport::entry_points;
use crate::trace::Show;
use crate::{call, device, process};

/// `STATUS_REVISION_MISMATCH`: the driver was made for a later port.
const REVISION_MISMATCH: u32 = 0xC000_0059;

/// Reads the structure in the size the driver says; what it does not know is zero.
fn read(data: *const VideoHwInitializationData) -> Result<VideoHwInitializationData, u32> {
    let invalid = NtStatus::INVALID_PARAMETER.0;
    let at = data.expose_provenance();
    let size = process::get(data.cast::<u32>()).ok_or(invalid)? as usize;
    match size {
        INITIALIZATION_DATA_NT4_BYTES
        | INITIALIZATION_DATA_2000_BYTES
        | INITIALIZATION_DATA_BYTES => {}
        larger if larger > INITIALIZATION_DATA_BYTES => return Err(REVISION_MISMATCH),
        _ => return Err(invalid),
    }
    let mut bytes = [0_u8; INITIALIZATION_DATA_BYTES];
    if !process::read(at, &mut bytes[..size]) {
        return Err(invalid);
    }
    // SAFETY: integers, pointers and optional routines: every bit pattern is a value, and the sizes agree.
    Ok(unsafe {
        std::mem::transmute::<[u8; INITIALIZATION_DATA_BYTES], VideoHwInitializationData>(bytes)
    })
}

fn register(device: &Device, data: *const VideoHwInitializationData) -> u32 {
    let data = match read(data) {
        Ok(data) => data,
        Err(status) => return status,
    };
    let registration = HwInitializationData {
        adapter_interface_type: data.adapter_interface_type,
        entry_points: entry_points(&data),
        // The extension's address names the device, so there is always one.
        hw_device_extension_size: data.hw_device_extension_size.max(16),
        hw_child_device_extension_size: data.hw_child_device_extension_size,
        allow_early_enumeration: data.allow_early_enumeration != 0,
    };
    let status = device.port().initialize(&registration);
    if status.is_success() && device.register(data) {
        device.set_extension(device.port().device_extension());
    }
    status.0
}

/// `VideoPortInitialize`: only from `DriverEntry`, with the contexts that it got.
///
/// # Safety
/// The structure's routines must be what their names say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VideoPortInitialize(
    argument1: Pointer,
    argument2: Pointer,
    hw_initialization_data: *mut VideoHwInitializationData,
    hw_context: Pointer,
) -> u32 {
    let found = device::by_number(argument1.addr() as u64);
    let arguments = [
        argument1.show(),
        argument2.show(),
        hw_initialization_data.show(),
        hw_context.show(),
    ];
    let invalid = NtStatus::INVALID_PARAMETER.0;
    call::anywhere(
        Service::Initialize,
        found.as_ref(),
        &arguments,
        invalid,
        || {
            found
                .as_ref()
                .map_or(invalid, |device| register(device, hw_initialization_data))
        },
    )
}

device_services! {
    /// `VideoPortGetVersion`: 87 for another size than the structure's.
    fn VideoPortGetVersion[GetVersion](device, version: *mut VpOsVersionInfo) -> u32, else INVALID_PARAMETER => {
        let size = size_of::<VpOsVersionInfo>() as u32;
        if process::get(version.cast::<u32>().cast_const()) != Some(size) {
            return INVALID_PARAMETER;
        }
        let info = device.port().get_version();
        let words = [size, info.major, info.minor, info.build, 0];
        if process::put_array(version.cast::<u32>(), &words) { NO_ERROR } else { INVALID_PARAMETER }
    }
}

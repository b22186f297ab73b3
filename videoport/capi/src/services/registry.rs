//! Registry values.

use lumenport_videoport::VpStatus;
use lumenport_videoport::limits::REGISTRY_VALUE_BYTES;
use lumenport_videoport::registry::path_from_utf16;

use super::{INVALID_PARAMETER, device_services, pointer};
use crate::abi::{Pointer, RegistryRoutine};
use crate::device::Device;
use crate::trace::{self, Show};
use crate::{process, watch};

/// Calls the driver's routine with copies that it may change.
fn tell(
    device: &Device,
    routine: RegistryRoutine,
    context: Pointer,
    name: &str,
    data: &[u8],
) -> VpStatus {
    let mut name: Vec<u16> = name.encode_utf16().chain([0]).collect();
    // Drivers read values as wide strings and numbers: aligned, and with two zeroes behind to be safe.
    let mut words = vec![0_u64; data.len() / 8 + 2];
    for (place, bytes) in words.iter_mut().zip(data.chunks(8)) {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        *place = u64::from_ne_bytes(word);
    }
    let extension = pointer(device.extension());
    let length = data.len() as u32;
    trace::enter(
        "HwVidQueryNamedValueCallback",
        &[extension.show(), context.show(), length.show()],
    );
    let status = Device::run_as(device.number(), || {
        watch::during("HwVidQueryNamedValueCallback", || {
            // SAFETY: the driver gave this routine with this context; name and data live across the call.
            unsafe {
                routine(
                    extension,
                    context,
                    name.as_mut_ptr(),
                    words.as_mut_ptr().cast(),
                    length,
                )
            }
        })
    });
    trace::leave(VpStatus(status));
    VpStatus(status)
}

device_services! {
    /// `VideoPortGetRegistryParameters`: the routine runs before this returns.
    fn VideoPortGetRegistryParameters[GetRegistryParameters](
        device, parameter_name: *mut u16, is_parameter_file_name: u8, routine: Option<RegistryRoutine>,
        context: Pointer,
    ) -> u32, else INVALID_PARAMETER => {
        let name = process::get_string(parameter_name.cast_const()).and_then(|units| path_from_utf16(&units));
        let (Some(name), Some(routine)) = (name, routine) else {
            return INVALID_PARAMETER;
        };
        trace::annotate(&name);
        device
            .port()
            .get_registry_parameters(&name, is_parameter_file_name != 0, |_, name, data| {
                tell(device, routine, context, name, data)
            })
            .0
    }

    /// `VideoPortSetRegistryParameters`: 87 also for names that begin with `DefaultSettings.`.
    fn VideoPortSetRegistryParameters[SetRegistryParameters](
        device, value_name: *mut u16, value_data: Pointer, value_length: u32,
    ) -> u32, else INVALID_PARAMETER => {
        let name = process::get_string(value_name.cast_const()).and_then(|units| path_from_utf16(&units));
        let Some(name) = name else {
            return INVALID_PARAMETER;
        };
        trace::annotate(&name);
        // One byte too many is enough for the store to refuse.
        let mut data = vec![0; (value_length as usize).min(REGISTRY_VALUE_BYTES + 1)];
        if !process::read(value_data.expose_provenance(), &mut data) {
            return INVALID_PARAMETER;
        }
        device.port().set_registry_parameters(&name, &data).0
    }

    /// `VideoPortFlushRegistry`.
    fn VideoPortFlushRegistry[FlushRegistry](device) -> u32, else INVALID_PARAMETER => {
        device.port().flush_registry().0
    }
}

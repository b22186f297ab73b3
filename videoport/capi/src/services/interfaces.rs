//! `VideoPortQueryServices`: fills interfaces with routines, and the routines.

use std::ptr::with_exposed_provenance;
use std::sync::Arc;

use lumenport_videoport::VpStatus;
use lumenport_videoport::i2c::ReadEnd;
use lumenport_videoport::int10::{Int10Arguments, RealModeAddress};
use lumenport_videoport::interfaces::PortService;
use lumenport_videoport::vga::BiosArguments;

use super::children::{Lines, read_callbacks};
use super::{INVALID_PARAMETER, NO_ERROR, device_services};
use crate::abi::{self, Interface, Pointer};
use crate::device::{self, Device};
use crate::process;

/// Most bytes moved by one call of an interface.
const TRANSFER_LIMIT: usize = 1 << 16;

/// The context of an interface: number of the device and the service in one.
fn context(device: &Device, service: PortService) -> usize {
    (device.number() as usize) << 8 | service as usize
}

/// The way back.
fn of_context(context: Pointer) -> Option<(Arc<Device>, PortService)> {
    let raw = context.addr();
    let service = PortService::from_raw((raw & 0xFF) as u32)?;
    Some((device::by_number((raw >> 8) as u64)?, service))
}

unsafe extern "C" fn interface_reference(context: Pointer) {
    if let Some((device, service)) = of_context(context) {
        device.port().interface_reference(service);
    }
}

unsafe extern "C" fn interface_dereference(context: Pointer) {
    if let Some((device, service)) = of_context(context) {
        device.port().interface_dereference(service);
    }
}

// ---- two-wire bus: version 1 takes I2C_CALLBACKS, version 2 VIDEO_I2C_CONTROL, which begins with the same routines ----

fn with_lines(
    extension: Pointer,
    control: Pointer,
    has_delay: bool,
    body: impl FnOnce(&Device, &mut Lines, Option<u32>) -> bool,
) -> u8 {
    let answer = (|| {
        let device = device::by_extension(extension.addr())?;
        let at = control.expose_provenance();
        let mut lines = Lines::new(&device, &read_callbacks(at)?)?;
        let delay_at = at + std::mem::offset_of!(abi::VideoI2cControl, i2c_delay);
        let delay = if has_delay {
            Some(process::get(with_exposed_provenance::<u32>(delay_at))?)
        } else {
            None
        };
        Some(body(&device, &mut lines, delay))
    })();
    u8::from(answer == Some(true))
}

fn write(
    extension: Pointer,
    control: Pointer,
    has_delay: bool,
    buffer: *const u8,
    length: u32,
) -> u8 {
    let Some(bytes) = process::get_array(buffer, (length as usize).min(TRANSFER_LIMIT)) else {
        return 0;
    };
    with_lines(extension, control, has_delay, |device, lines, delay| {
        device.port().i2c_write(lines, delay, &bytes)
    })
}

fn read(
    extension: Pointer,
    control: Pointer,
    has_delay: bool,
    buffer: *mut u8,
    length: u32,
    end: ReadEnd,
) -> u8 {
    let mut bytes = vec![0; (length as usize).min(TRANSFER_LIMIT)];
    with_lines(extension, control, has_delay, |device, lines, delay| {
        device.port().i2c_read(lines, delay, &mut bytes, end) && process::put_array(buffer, &bytes)
    })
}

macro_rules! i2c_version {
    ($start:ident $stop:ident $write:ident, $has_delay:literal) => {
        unsafe extern "C" fn $start(extension: Pointer, control: Pointer) -> u8 {
            with_lines(extension, control, $has_delay, |device, lines, delay| {
                device.port().i2c_start(lines, delay)
            })
        }

        unsafe extern "C" fn $stop(extension: Pointer, control: Pointer) -> u8 {
            with_lines(extension, control, $has_delay, |device, lines, delay| {
                device.port().i2c_stop(lines, delay)
            })
        }

        unsafe extern "C" fn $write(
            extension: Pointer,
            control: Pointer,
            buffer: *const u8,
            length: u32,
        ) -> u8 {
            write(extension, control, $has_delay, buffer, length)
        }
    };
}

i2c_version!(i2c_start i2c_stop i2c_write, false);
i2c_version!(i2c_start_2 i2c_stop_2 i2c_write_2, true);

unsafe extern "C" fn i2c_read(
    extension: Pointer,
    control: Pointer,
    buffer: *mut u8,
    length: u32,
) -> u8 {
    read(extension, control, false, buffer, length, ReadEnd::Last)
}

unsafe extern "C" fn i2c_read_2(
    extension: Pointer,
    control: Pointer,
    buffer: *mut u8,
    length: u32,
    end_of_read: u8,
) -> u8 {
    let end = if end_of_read == 0 {
        ReadEnd::More
    } else {
        ReadEnd::Last
    };
    read(extension, control, true, buffer, length, end)
}

// ---- real-mode memory -----------------------------------------------------------------------------------------

fn on_context(context: Pointer, body: impl FnOnce(&Device) -> VpStatus) -> u32 {
    of_context(context).map_or(INVALID_PARAMETER, |(device, _)| body(&device).0)
}

unsafe extern "C" fn int10_allocate_buffer(
    context: Pointer,
    segment: *mut u16,
    offset: *mut u16,
    length: *mut u32,
) -> u32 {
    on_context(context, |device| {
        let Some(mut bytes) = process::get(length.cast_const()) else {
            return VpStatus::ERROR_INVALID_PARAMETER;
        };
        let made = device.port().int10_allocate_buffer(&mut bytes);
        process::put(length, bytes);
        match made {
            Ok(at) if process::put(segment, at.segment) && process::put(offset, at.offset) => {
                VpStatus::NO_ERROR
            }
            Ok(at) => {
                let _ = device.port().int10_free_buffer(at);
                VpStatus::ERROR_INVALID_PARAMETER
            }
            Err(status) => status,
        }
    })
}

unsafe extern "C" fn int10_free_buffer(context: Pointer, segment: u16, offset: u16) -> u32 {
    on_context(context, |device| {
        device
            .port()
            .int10_free_buffer(RealModeAddress { segment, offset })
    })
}

unsafe extern "C" fn int10_read_memory(
    context: Pointer,
    segment: u16,
    offset: u16,
    buffer: *mut u8,
    length: u32,
) -> u32 {
    on_context(context, |device| {
        let mut bytes = vec![0; (length as usize).min(TRANSFER_LIMIT)];
        let status = device
            .port()
            .int10_read_memory(RealModeAddress { segment, offset }, &mut bytes);
        if status.is_success() && !process::put_array(buffer, &bytes) {
            return VpStatus::ERROR_INVALID_PARAMETER;
        }
        status
    })
}

unsafe extern "C" fn int10_write_memory(
    context: Pointer,
    segment: u16,
    offset: u16,
    buffer: *const u8,
    length: u32,
) -> u32 {
    on_context(context, |device| {
        match process::get_array(buffer, (length as usize).min(TRANSFER_LIMIT)) {
            Some(bytes) => device
                .port()
                .int10_write_memory(RealModeAddress { segment, offset }, &bytes),
            None => VpStatus::ERROR_INVALID_PARAMETER,
        }
    })
}

unsafe extern "C" fn int10_call_bios(context: Pointer, arguments: *mut u32) -> u32 {
    on_context(context, |device| {
        let Some(words) = process::get_array(arguments.cast_const(), 8) else {
            return VpStatus::ERROR_INVALID_PARAMETER;
        };
        let [eax, ebx, ecx, edx, esi, edi, ebp, segments] = words[..] else {
            return VpStatus::ERROR_INVALID_PARAMETER;
        };
        let mut arguments = Int10Arguments {
            registers: BiosArguments {
                eax,
                ebx,
                ecx,
                edx,
                esi,
                edi,
                ebp,
            },
            seg_ds: segments as u16,
            seg_es: (segments >> 16) as u16,
        };
        device.port().int10_call_bios(&mut arguments)
    })
}

// ---- write-combined memory ------------------------------------------------------------------------------------

unsafe extern "C" fn protect(_context: Pointer, extension: Pointer) -> u32 {
    device::by_extension(extension.addr()).map_or(INVALID_PARAMETER, |device| {
        device.port().protect_wc_memory().0
    })
}

unsafe extern "C" fn restore(_context: Pointer, extension: Pointer) -> u32 {
    device::by_extension(extension.addr()).map_or(INVALID_PARAMETER, |device| {
        device.port().restore_wc_memory().0
    })
}

/// The routines of an interface, in order.
fn routines(service: PortService, version: u16) -> Vec<usize> {
    macro_rules! addresses {
        ($($routine:expr),*) => { vec![$(($routine as *const ()).expose_provenance()),*] };
    }
    match (service, version) {
        (PortService::I2c, 2) => addresses![i2c_start_2, i2c_stop_2, i2c_write_2, i2c_read_2],
        (PortService::I2c, _) => addresses![i2c_start, i2c_stop, i2c_write, i2c_read],
        (PortService::Int10, _) => addresses![
            int10_allocate_buffer,
            int10_free_buffer,
            int10_read_memory,
            int10_write_memory,
            int10_call_bios
        ],
        (PortService::DebugReport, _) => addresses![
            super::debug::VideoPortDbgReportCreate,
            super::debug::VideoPortDbgReportSecondaryData,
            super::debug::VideoPortDbgReportComplete
        ],
        (PortService::WcMemoryProtection, _) => addresses![protect, restore],
        _ => Vec::new(),
    }
}

device_services! {
    /// `VideoPortQueryServices`: the caller's size and version must fit.
    fn VideoPortQueryServices[QueryServices](device, services_type: u32, interface: *mut Interface) -> u32,
        else INVALID_PARAMETER => {
        let Some(head) = process::get_array(interface.cast::<u16>().cast_const(), 2) else {
            return INVALID_PARAMETER;
        };
        let Some(service) = PortService::from_raw(services_type) else {
            return VpStatus::ERROR_INVALID_FUNCTION.0;
        };
        let granted = match device.port().query_services(service, head[0], head[1]) {
            Ok(granted) => granted,
            Err(status) => return status.0,
        };
        let mut words = vec![
            context(device, service),
            (interface_reference as *const ()).expose_provenance(),
            (interface_dereference as *const ()).expose_provenance(),
        ];
        words.extend(routines(service, granted.version));
        let after_head = interface.cast::<usize>().wrapping_add(1);
        if process::put_array(after_head, &words) {
            return NO_ERROR;
        }
        device.port().interface_dereference(service);
        INVALID_PARAMETER
    }

    /// `VideoPortGetAgpServices` (obsolete): there is no AGP.
    fn VideoPortGetAgpServices[GetAgpServices](device, agp_services: Pointer) -> u8, else 0 => {
        u8::from(device.port().get_agp_services())
    }
}

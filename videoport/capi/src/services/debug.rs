//! Log, debug output, debug reports, bug-check callback.

use std::ffi::c_char;
use std::ptr::null_mut;

use lumenport_videoport::VpStatus;
use lumenport_videoport::bugcheck::BugcheckRoutine;
use lumenport_videoport::debug::{DEBUG_REPORT_MAX_BYTES, DebugLevel, DebugReport};
use lumenport_videoport::services::Service;

use super::legacy_dma::read_packet;
use super::{INVALID_PARAMETER, device_services, handle, plain_services};
use crate::abi::{self, Pointer, VideoRequestPacket};
use crate::debug_print::{Arguments, format};
use crate::trace::{self, Show};
use crate::{call, device, process};

device_services! {
    /// `VideoPortLogError`.
    fn VideoPortLogError[LogError](device, request: *mut VideoRequestPacket, error_code: u32, unique_id: u32), else () => {
        let packet = read_packet(request);
        device.port().log_error_for(packet.as_ref(), VpStatus(error_code), unique_id);
    }

    /// `VideoPortRegisterBugcheckCallback`: no routine or size 0 unregisters.
    fn VideoPortRegisterBugcheckCallback[RegisterBugcheckCallback](
        device, bugcheck_code: u32, routine: Option<abi::BugcheckRoutine>, data_size: u32,
    ) -> u32, else INVALID_PARAMETER => {
        let routine = routine.map(|routine| BugcheckRoutine((routine as *const ()).expose_provenance()));
        device.port().register_bugcheck_callback(bugcheck_code, routine, data_size).0
    }

    /// `VideoPortDbgReportCreate`.
    fn VideoPortDbgReportCreate[DbgReportCreate](
        device, code: u32, argument1: usize, argument2: usize, argument3: usize, argument4: usize,
    ) -> Pointer, else null_mut() => {
        device
            .port()
            .dbg_report_create(code, [argument1, argument2, argument3, argument4])
            .map_or(null_mut(), |report| handle(report.raw()))
    }
}

plain_services! {
    /// `VideoPortDbgReportSecondaryData`: replaces the data given before.
    fn VideoPortDbgReportSecondaryData[DbgReportSecondaryData](report: Pointer, data: Pointer, data_size: u32) -> u8,
        on device = device::current(), else 0 => {
        let (Some(device), Some(report)) = (&device, DebugReport::from_raw(report.addr())) else {
            return 0;
        };
        // One byte too many is enough for the port to refuse.
        let mut bytes = vec![0; (data_size as usize).min(DEBUG_REPORT_MAX_BYTES + 1)];
        let read = process::read(data.expose_provenance(), &mut bytes);
        u8::from(read && device.port().dbg_report_secondary_data(report, &bytes))
    }

    /// `VideoPortDbgReportComplete`.
    fn VideoPortDbgReportComplete[DbgReportComplete](report: Pointer), on device = device::current(), else () => {
        if let (Some(device), Some(report)) = (&device, DebugReport::from_raw(report.addr())) {
            device.port().dbg_report_complete(report);
        }
    }
}

/// `VideoPortDebugPrint`: takes any number of arguments, so the body is a jump into C (`debug_print.c`), which keeps every
/// register as the caller left it.
///
/// # Safety
/// Arguments must fit the format.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VideoPortDebugPrint(level: u32, message: *const c_char) {
    core::arch::naked_asm!("jmp {body}", body = sym lumenport_debug_print)
}

/// The same for 64-bit ARM.
///
/// # Safety
/// Arguments must fit the format.
#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn VideoPortDebugPrint(level: u32, message: *const c_char) {
    core::arch::naked_asm!("b {body}", body = sym lumenport_debug_print)
}

unsafe extern "C" {
    /// In C; more arguments follow.
    fn lumenport_debug_print(level: u32, message: *const c_char);
}

/// Called from C: formats and prints.
///
/// # Safety
/// `arguments` comes from `debug_print.c` and its list fits the format.
#[unsafe(no_mangle)]
unsafe extern "C" fn lumenport_debug_format(
    level: u32,
    message: *const u8,
    arguments: *mut Arguments,
) {
    let device = device::current();
    let shown = [level.show(), message.show()];
    call::anywhere(Service::DebugPrint, device.as_ref(), &shown, (), || {
        let Some(text) = process::get_string(message) else {
            trace::note("VideoPortDebugPrint: the format cannot be read");
            return;
        };
        // SAFETY: passed on from our own caller.
        let line = unsafe { format(&text, arguments) };
        let line = line.trim_end_matches(['\r', '\n']);
        match &device {
            Some(device) => device
                .port()
                .debug_print(DebugLevel::from_raw(level), format_args!("{line}")),
            None => eprintln!("{line}"),
        }
    });
}

//! Names and addresses of everything exported, and `VideoPortGetProcAddress`, which looks them up.

use std::collections::BTreeSet;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::{Mutex, PoisonError};

use crate::abi::Pointer;
use crate::services::accessors;
use crate::services::children;
use crate::services::debug;
use crate::services::dma;
use crate::services::events;
use crate::services::firmware;
use crate::services::interfaces;
use crate::services::legacy_dma;
use crate::services::memory;
use crate::services::registration;
use crate::services::registry;
use crate::services::resources;
use crate::services::sync;
use crate::services::time;
use crate::trace::{self, Show};
use crate::{device, process};

/// One exported function.
#[derive(Clone, Copy, Debug)]
pub struct Export {
    /// Its name.
    pub name: &'static str,
    /// Where it is.
    pub address: *const c_void,
}

macro_rules! exports {
    ($($module:ident: $($name:ident)*;)*) => {
        /// Every exported service: the 114 documented ones, the misspelt alias and the three of debug reports.
        pub fn exports() -> Vec<Export> {
            vec![$($(Export { name: stringify!($name), address: $module::$name as *const c_void }),*),*]
        }
    };
}

exports! {
    accessors:
        VideoPortReadPortBufferUchar VideoPortReadPortBufferUlong VideoPortReadPortBufferUshort
        VideoPortReadPortUchar VideoPortReadPortUlong VideoPortReadPortUshort VideoPortReadRegisterBufferUchar
        VideoPortReadRegisterBufferUlong VideoPortReadRegisterBufferUshort VideoPortReadRegisterUchar
        VideoPortReadRegisterUlong VideoPortReadRegisterUshort VideoPortWritePortBufferUchar
        VideoPortWritePortBufferUlong VideoPortWritePortBufferUshort VideoPortWritePortUchar
        VideoPortWritePortUlong VideoPortWritePortUshort VideoPortWriteRegisterBufferUchar
        VideoPortWriteRegisterBufferUlong VideoPortWriteRegisterBufferUshort VideoPortWriteRegisterUchar
        VideoPortWriteRegisterUlong VideoPortWriteRegisterUshort;
    children:
        VideoPortCreateSecondaryDisplay VideoPortDDCMonitorHelper VideoPortEnumerateChildren
        VideoPortGetAssociatedDeviceExtension VideoPortGetAssociatedDeviceID;
    debug:
        VideoPortDbgReportComplete VideoPortDbgReportCreate VideoPortDbgReportSecondaryData VideoPortDebugPrint
        VideoPortLogError VideoPortRegisterBugcheckCallback;
    dma:
        VideoPortAllocateCommonBuffer VideoPortCompleteDma VideoPortFreeCommonBuffer VideoPortGetCommonBuffer
        VideoPortGetDmaAdapter VideoPortLockBuffer VideoPortPutDmaAdapter VideoPortReleaseCommonBuffer
        VideoPortStartDma VideoPortUnlockBuffer;
    events:
        VideoPortAcquireSpinLock VideoPortAcquireSpinLockAtDpcLevel VideoPortClearEvent VideoPortCreateEvent
        VideoPortCreateSpinLock VideoPortDeleteEvent VideoPortDeleteSpinLock VideoPortReadStateEvent
        VideoPortReleaseSpinLock VideoPortReleaseSpinLockFromDpcLevel VideoPortSetEvent
        VideoPortWaitForSingleObject;
    firmware:
        VideoPortGetDeviceData VideoPortGetRomImage VideoPortGetVgaStatus VideoPortInt10 VideoPortIsNoVesa
        VideoPortScanRom;
    interfaces:
        VideoPortGetAgpServices VideoPortQueryServices;
    legacy_dma:
        VideoPortAssociateEventsWithDmaHandle VideoPortDoDma VideoPortGetBytesUsed VideoPortGetDmaContext
        VideoPortGetMdl VideoPortLockPages VideoPortMapDmaMemory VideoPortSetBytesUsed VideoPortSetDmaContext
        VideoPortSignalDmaComplete VideoPortUnlockPages VideoPortUnmapDmaMemory;
    memory:
        VideoPortAllocateBuffer VideoPortAllocateContiguousMemory VideoPortAllocatePool VideoPortCompareMemory
        VideoPortFreePool VideoPortMoveMemory VideoPortReleaseBuffer VideoPortZeroDeviceMemory
        VideoPortZeroMemory;
    registration:
        VideoPortGetVersion VideoPortInitialize;
    registry:
        VideoPortFlushRegistry VideoPortGetRegistryParameters VideoPortSetRegistryParameters;
    resources:
        VideoPortCheckForDeviceExistance VideoPortCheckForDeviceExistence VideoPortFreeDeviceBase
        VideoPortGetAccessRanges VideoPortGetBusData VideoPortGetDeviceBase VideoPortMapBankedMemory
        VideoPortMapMemory VideoPortSetBusData VideoPortSetTrappedEmulatorPorts VideoPortUnmapMemory
        VideoPortVerifyAccessRanges;
    sync:
        VideoPortAcquireDeviceLock VideoPortDisableInterrupt VideoPortEnableInterrupt VideoPortGetCurrentIrql
        VideoPortInterlockedDecrement VideoPortInterlockedExchange VideoPortInterlockedIncrement
        VideoPortQueueDpc VideoPortReleaseDeviceLock VideoPortSynchronizeExecution;
    time:
        VideoPortQueryPerformanceCounter VideoPortQuerySystemTime VideoPortStallExecution VideoPortStartTimer
        VideoPortStopTimer;
}

/// `VideoPortGetProcAddress`, which drivers get in `VIDEO_PORT_CONFIG_INFO`: NULL for a name that is no service.
///
/// # Safety
/// None beyond the contract's: the name is read through the kernel.
pub(crate) unsafe extern "C" fn video_port_get_proc_address(
    extension: Pointer,
    name: *const u8,
) -> Pointer {
    trace::enter("VideoPortGetProcAddress", &[extension.show(), name.show()]);
    let found = process::get_string(name).and_then(|name| {
        trace::annotate(&String::from_utf8_lossy(&name));
        let device = device::by_extension(extension.addr())?;
        let exported = exports();
        let export = exported
            .iter()
            .find(|export| export.name.as_bytes() == name);
        if export.is_none() {
            note_unknown(&name);
        }
        device.port().get_proc_address(&name)?;
        Some(export?.address.cast_mut())
    });
    let found = found.unwrap_or(null_mut());
    trace::leave(found.show());
    found
}

/// Most names kept of those that do not exist.
const UNKNOWN_LIMIT: usize = 64;
static UNKNOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Names that drivers asked `VideoPortGetProcAddress` for and that are no service, in order; the first 64.
pub fn unknown_names() -> Vec<String> {
    let unknown = UNKNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    unknown.iter().cloned().collect()
}

fn note_unknown(name: &[u8]) {
    let mut unknown = UNKNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if unknown.len() < UNKNOWN_LIMIT {
        unknown.insert(String::from_utf8_lossy(name).into_owned());
    }
}

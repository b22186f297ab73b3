//! DMA through adapters: adapters, common buffers, locked buffers, transfers.
//!
//! Adapters and locked buffers are handles in the shape of pointers. The list a transfer routine gets lies in memory in
//! the contract's layout, with the card's words in `Reserved` (see the headers).

use std::ptr::{null_mut, with_exposed_provenance_mut};
use std::sync::Arc;

use lumenport_videoport::{
    BusAddr, CommonBuffer, DeviceDescription, DmaAdapter, LockOperation, Mdl, ScatterGatherList,
    VpStatus,
};

use super::{FOREIGN, INVALID_PARAMETER, NO_ERROR, address, device_services, handle, pointer};
use crate::abi::{self, ExecuteDma, Pointer, ScatterGatherHeader};
use crate::device::Device;
use crate::trace::{self, Show};
use crate::{process, watch};

/// The adapter C holds. What is none becomes a handle that names nothing, so that the port reports it.
fn adapter(raw: Pointer) -> Option<DmaAdapter> {
    DmaAdapter::from_raw(raw.addr()).or_else(|| DmaAdapter::from_raw(FOREIGN | 1))
}

/// The locked buffer C holds, likewise.
fn locked(raw: Pointer) -> Option<Mdl> {
    Mdl::from_raw(raw.addr()).or_else(|| Mdl::from_raw(FOREIGN | 2))
}

fn common_buffer(
    length_bytes: u32,
    logical_address: u64,
    virtual_address: Pointer,
    cache_enabled: u8,
) -> CommonBuffer {
    CommonBuffer {
        virtual_address: address(virtual_address),
        logical_address: BusAddr::new(logical_address),
        length_bytes,
        cache_enabled: cache_enabled != 0,
    }
}

/// `ERROR_NOT_ENOUGH_MEMORY`: the documented failure of a transfer.
const NOT_ENOUGH_MEMORY: u32 = VpStatus::ERROR_NOT_ENOUGH_MEMORY.0;

/// Calls the driver's transfer routine with a list.
fn execute(
    device: &Arc<Device>,
    adapter: DmaAdapter,
    list: &ScatterGatherList,
    routine: ExecuteDma,
    context: Pointer,
) {
    device.publish_list(*list);
    let extension = pointer(device.extension());
    let adapter = handle(adapter.raw());
    let list: *mut ScatterGatherHeader = with_exposed_provenance_mut(list.address.raw());
    trace::enter(
        "HwVidExecuteDma",
        &[
            extension.show(),
            adapter.show(),
            list.show(),
            context.show(),
        ],
    );
    Device::run_as(device.number(), || {
        watch::during("HwVidExecuteDma", || {
            // SAFETY: the driver gave this routine to `VideoPortStartDma`; the list is valid until its completion.
            unsafe { routine(extension, adapter, list, context) }
        });
    });
    trace::leave("");
}

device_services! {
    /// `VideoPortGetDmaAdapter`: NULL for no description or length 0.
    fn VideoPortGetDmaAdapter[GetDmaAdapter](device, description: *mut abi::DeviceDescription) -> Pointer,
        else null_mut() => {
        let mut bytes = [0; size_of::<abi::DeviceDescription>()];
        if !process::read(description.expose_provenance(), &mut bytes) {
            return null_mut();
        }
        let [scatter_gather, reach_32, reach_64, _, a, b, c, d] = bytes;
        let description = DeviceDescription {
            scatter_gather: scatter_gather != 0,
            dma_32bit_addresses: reach_32 != 0,
            dma_64bit_addresses: reach_64 != 0,
            maximum_length_bytes: u32::from_ne_bytes([a, b, c, d]),
        };
        device
            .port()
            .get_dma_adapter(&description)
            .map_or(null_mut(), |adapter| handle(adapter.raw()))
    }

    /// `VideoPortPutDmaAdapter`: NULL is ignored.
    fn VideoPortPutDmaAdapter[PutDmaAdapter](device, dma_adapter: Pointer), else () => {
        if let Some(adapter) = adapter(dma_adapter).filter(|_| !dma_adapter.is_null()) {
            device.port().put_dma_adapter(adapter);
        }
    }

    /// `VideoPortAllocateCommonBuffer`: the logical address is 0 on failure.
    fn VideoPortAllocateCommonBuffer[AllocateCommonBuffer](
        device, dma_adapter: Pointer, desired_length: u32, logical_address: *mut u64, cache_enabled: u8,
        reserved: Pointer,
    ) -> Pointer, else null_mut() => {
        let Some(adapter) = adapter(dma_adapter) else {
            return null_mut();
        };
        if !process::put(logical_address, 0) {
            return null_mut();
        }
        let made = device.port().allocate_common_buffer(adapter, desired_length, cache_enabled != 0);
        made.map_or(null_mut(), |buffer| {
            process::put(logical_address, buffer.logical_address.raw());
            pointer(buffer.virtual_address)
        })
    }

    /// `VideoPortReleaseCommonBuffer`: every fact must be the allocation's.
    fn VideoPortReleaseCommonBuffer[ReleaseCommonBuffer](
        device, dma_adapter: Pointer, length: u32, logical_address: u64, virtual_address: Pointer, cache_enabled: u8,
    ), else () => {
        if let Some(adapter) = adapter(dma_adapter) {
            let buffer = common_buffer(length, logical_address, virtual_address, cache_enabled);
            device.port().release_common_buffer(adapter, &buffer);
        }
    }

    /// `VideoPortGetCommonBuffer` (obsolete): no adapter; the alignment is ignored.
    fn VideoPortGetCommonBuffer[GetCommonBuffer](
        device, desired_length: u32, alignment: u32, logical_address: *mut u64, actual_length: *mut u32,
        cache_enabled: u8,
    ) -> Pointer, else null_mut() => {
        if !process::put(logical_address, 0) || !process::put(actual_length, 0) {
            return null_mut();
        }
        let made = device.port().get_common_buffer(desired_length, cache_enabled != 0);
        made.map_or(null_mut(), |buffer| {
            process::put(logical_address, buffer.logical_address.raw());
            process::put(actual_length, buffer.length_bytes);
            pointer(buffer.virtual_address)
        })
    }

    /// `VideoPortFreeCommonBuffer` (obsolete): mind the order of the addresses.
    fn VideoPortFreeCommonBuffer[FreeCommonBuffer](
        device, length: u32, virtual_address: Pointer, logical_address: u64, cache_enabled: u8,
    ), else () => {
        let buffer = common_buffer(length, logical_address, virtual_address, cache_enabled);
        device.port().free_common_buffer(&buffer);
    }

    /// `VideoPortLockBuffer`: NULL when the memory cannot be locked. Lockable is what the machine manages: pool, common
    /// buffers, buffers of requests and of users.
    fn VideoPortLockBuffer[LockBuffer](device, base_address: Pointer, length: u32, operation: u32) -> Pointer,
        else null_mut() => {
        let Some(operation) = LockOperation::from_raw(operation) else {
            return null_mut();
        };
        device
            .port()
            .lock_buffer(address(base_address), length, operation)
            .map_or(null_mut(), |mdl| handle(mdl.raw()))
    }

    /// `VideoPortUnlockBuffer`: NULL is ignored.
    fn VideoPortUnlockBuffer[UnlockBuffer](device, mdl: Pointer), else () => {
        if let Some(mdl) = locked(mdl).filter(|_| !mdl.is_null()) {
            device.port().unlock_buffer(mdl);
        }
    }

    /// `VideoPortStartDma`: the routine runs before this returns. `*length` is 0 on failure.
    fn VideoPortStartDma[StartDma](
        device, dma_adapter: Pointer, mdl: Pointer, offset: u32, length: *mut u32, routine: Option<ExecuteDma>,
        context: Pointer, write_to_device: u8,
    ) -> u32, else INVALID_PARAMETER => {
        let (Some(wanted), Some(adapter), Some(mdl)) =
            (process::get(length), adapter(dma_adapter), locked(mdl))
        else {
            return NOT_ENOUGH_MEMORY;
        };
        // A transfer without a routine is one of no length: the port decides and reports.
        let wanted = if routine.is_some() { wanted } else { 0 };
        // The driver reads the final length inside its routine, so it is written there first.
        let mut final_length = wanted;
        let status = device.port().start_dma(
            adapter,
            mdl,
            offset,
            &mut final_length,
            write_to_device != 0,
            |_, adapter, list| {
                process::put(length, list.length_bytes());
                if let Some(routine) = routine {
                    execute(device, adapter, list, routine, context);
                }
            },
        );
        if !status.is_success() {
            process::put(length, 0);
        }
        status.0
    }

    /// `VideoPortCompleteDma`: always `NO_ERROR`; an unknown list does nothing and is reported.
    fn VideoPortCompleteDma[CompleteDma](
        device, dma_adapter: Pointer, list: Pointer, write_to_device: u8,
    ) -> u32, else NO_ERROR => {
        let (Some(adapter), Some(list)) = (adapter(dma_adapter), device.list_at(list.addr())) else {
            trace::note("no transfer was ever started");
            return NO_ERROR;
        };
        device.port().complete_dma(adapter, &list, write_to_device != 0).0
    }
}

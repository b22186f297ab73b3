//! Access ranges, device mappings, configuration space.
//!
//! Addresses of mappings are opaque: accessors and `VideoPortZeroDeviceMemory` take them, a plain read or write crashes.

use std::ptr::null_mut;

use lumenport_videoport::access::DeviceQuery;
use lumenport_videoport::resource_list::{REQUEST_BYTES, ResourceRequest};
use lumenport_videoport::vga::BankedMemory;
use lumenport_videoport::{AccessRange, MemorySpace, PhysAddr};

use super::{INVALID_PARAMETER, NO_ERROR, address, device_services, pointer};
use crate::abi::{self, Pointer, VideoAccessRange};
use crate::miniport::read_ranges;
use crate::trace::{self, Show};
use crate::{process, watch};

/// Most ranges taken from or given to a driver at once.
const RANGE_LIMIT: usize = 64;
/// Most bytes of configuration space moved at once: all of it.
const CONFIG_LIMIT: usize = 4096;

fn write_range(list: *mut VideoAccessRange, idx: usize, range: &AccessRange) -> bool {
    let at = list.wrapping_add(idx).expose_provenance();
    let mut bytes = [0; size_of::<VideoAccessRange>()];
    bytes[..8].copy_from_slice(&range.range_start.raw().to_ne_bytes());
    bytes[8..12].copy_from_slice(&range.range_length_bytes.to_ne_bytes());
    bytes[12] = u8::from(range.range_in_io_space);
    bytes[13] = u8::from(range.range_visible);
    bytes[14] = u8::from(range.range_shareable);
    bytes[15] = range.range_passive;
    process::write(at, &bytes)
}

fn read_list(count: u32, list: *mut VideoAccessRange) -> Option<Vec<AccessRange>> {
    let count = count as usize;
    if count > RANGE_LIMIT {
        return None;
    }
    read_ranges(list, count)
}

/// Reads a request list: none when the pointer is null or the count 0. `None` when it is not all mapped or too long.
fn read_requests(count: u32, list: Pointer) -> Option<Vec<ResourceRequest>> {
    if list.is_null() {
        return Some(Vec::new());
    }
    let count = count as usize;
    if count > RANGE_LIMIT {
        return None;
    }
    let mut requests = Vec::with_capacity(count);
    for idx in 0..count {
        let mut bytes = [0; REQUEST_BYTES];
        let at = list.expose_provenance().checked_add(idx * REQUEST_BYTES)?;
        if !process::read(at, &mut bytes) {
            return None;
        }
        requests.push(ResourceRequest::parse(&bytes));
    }
    Some(requests)
}

/// Reads the three words that mapping services take through pointers.
fn mapping_words(
    length: *mut u32,
    in_io_space: *mut u32,
    virtual_address: *mut Pointer,
) -> Option<(u32, u32, usize)> {
    Some((
        process::get(length.cast_const())?,
        process::get(in_io_space.cast_const())?,
        process::get(virtual_address.cast::<usize>().cast_const())?,
    ))
}

device_services! {
    /// `VideoPortGetAccessRanges`: `*slot` receives the slot number. A request list is met from what the card decodes;
    /// without one all of that is reported.
    fn VideoPortGetAccessRanges[GetAccessRanges](
        device, requested_count: u32, requested: Pointer, range_count: u32, ranges: *mut VideoAccessRange,
        vendor_id: Pointer, device_id: Pointer, slot: *mut u32,
    ) -> u32, else INVALID_PARAMETER => {
        let count = (range_count as usize).min(RANGE_LIMIT);
        let empty = vec![AccessRange::default(); count];
        if count != 0 && read_ranges(ranges, count).is_none() {
            return INVALID_PARAMETER;
        }
        let Some(requests) = read_requests(requested_count, requested) else {
            return INVALID_PARAMETER;
        };
        let mut found = empty;
        let mut number = 0;
        let status = device.port().get_requested_access_ranges(&requests, &mut found, Some(&mut number));
        if !slot.is_null() && status.is_success() && !process::put(slot, number) {
            return INVALID_PARAMETER;
        }
        let written = found.iter().enumerate().all(|(idx, range)| write_range(ranges, idx, range));
        if written { status.0 } else { INVALID_PARAMETER }
    }

    /// `VideoPortVerifyAccessRanges`: no ranges release all.
    fn VideoPortVerifyAccessRanges[VerifyAccessRanges](device, range_count: u32, ranges: *mut VideoAccessRange) -> u32,
        else INVALID_PARAMETER => {
        let count = if ranges.is_null() { 0 } else { range_count };
        read_list(count, ranges)
            .map_or(INVALID_PARAMETER, |ranges| device.port().verify_access_ranges(&ranges).0)
    }

    /// `VideoPortGetDeviceBase`: NULL for what is not claimed.
    fn VideoPortGetDeviceBase[GetDeviceBase](device, io_address: u64, number_of_uchars: u32, in_io_space: u8) -> Pointer,
        else null_mut() => {
        device
            .port()
            .get_device_base(PhysAddr::new(io_address), number_of_uchars, MemorySpace(u32::from(in_io_space)))
            .map_or(null_mut(), pointer)
    }

    /// `VideoPortFreeDeviceBase`.
    fn VideoPortFreeDeviceBase[FreeDeviceBase](device, mapped_address: Pointer), else () => {
        device.port().free_device_base(address(mapped_address));
    }

    /// `VideoPortMapMemory`: `*virtual_address` is NULL or a process handle before, the mapping after.
    fn VideoPortMapMemory[MapMemory](
        device, physical_address: u64, length: *mut u32, in_io_space: *mut u32, virtual_address: *mut Pointer,
    ) -> u32, else INVALID_PARAMETER => {
        let Some((bytes, space, process_handle)) = mapping_words(length, in_io_space, virtual_address) else {
            return INVALID_PARAMETER;
        };
        let start = PhysAddr::new(physical_address);
        match device.port().map_memory_for(process_handle, start, bytes, MemorySpace(space)) {
            Ok(at) => {
                process::put(virtual_address.cast::<usize>(), at.raw());
                NO_ERROR
            }
            Err(status) => status.0,
        }
    }

    /// `VideoPortUnmapMemory`: any address inside releases the whole mapping.
    fn VideoPortUnmapMemory[UnmapMemory](device, virtual_address: Pointer, process_handle: Pointer) -> u32,
        else INVALID_PARAMETER => {
        device.port().unmap_memory_for(process_handle.addr(), address(virtual_address)).0
    }

    /// `VideoPortMapBankedMemory` (obsolete): a view of one bank only; the routine is called for bank 0.
    fn VideoPortMapBankedMemory[MapBankedMemory](
        device, physical_address: u64, length: *mut u32, in_io_space: *mut u32, virtual_address: *mut Pointer,
        bank_length: u32, read_write_bank: u8, routine: Option<abi::BankRoutine>, context: Pointer,
    ) -> u32, else INVALID_PARAMETER => {
        let words = mapping_words(length, in_io_space, virtual_address);
        let (Some((bytes, space, _)), Some(routine)) = (words, routine) else {
            return INVALID_PARAMETER;
        };
        let request = BankedMemory {
            start: PhysAddr::new(physical_address),
            length_bytes: bytes,
            space: MemorySpace(space),
            bank_length_bytes: bank_length,
            read_write_bank: read_write_bank != 0,
        };
        let mapped = device.port().map_banked_memory(&request, |read, write| {
            trace::enter("HwVidBankedMemoryCallback", &[read.show(), write.show(), context.show()]);
            crate::device::Device::run_as(device.number(), || {
                watch::during("HwVidBankedMemoryCallback", || {
                    // SAFETY: the driver gave this routine with this context.
                    unsafe { routine(read, write, context) }
                });
            });
            trace::leave("");
        });
        match mapped {
            Ok(at) => {
                process::put(virtual_address.cast::<usize>(), at.raw());
                NO_ERROR
            }
            Err(status) => status.0,
        }
    }

    /// `VideoPortSetTrappedEmulatorPorts`.
    fn VideoPortSetTrappedEmulatorPorts[SetTrappedEmulatorPorts](
        device, range_count: u32, ranges: *mut VideoAccessRange,
    ) -> u32, else INVALID_PARAMETER => {
        read_list(range_count, ranges)
            .map_or(INVALID_PARAMETER, |ranges| device.port().set_trapped_emulator_ports(&ranges).0)
    }

    /// `VideoPortGetBusData`: bytes read.
    fn VideoPortGetBusData[GetBusData](
        device, bus_data_type: u32, slot_number: u32, buffer: Pointer, offset: u32, length: u32,
    ) -> u32, else 0 => {
        let mut bytes = vec![0; (length as usize).min(CONFIG_LIMIT)];
        let Ok(offset) = u16::try_from(offset) else {
            return 0;
        };
        let count = device.port().get_bus_data(bus_data_type, &mut bytes, offset);
        if process::write(buffer.expose_provenance(), &bytes[..count]) { count as u32 } else { 0 }
    }

    /// `VideoPortSetBusData`: bytes written.
    fn VideoPortSetBusData[SetBusData](
        device, bus_data_type: u32, slot_number: u32, buffer: Pointer, offset: u32, length: u32,
    ) -> u32, else 0 => {
        let mut bytes = vec![0; (length as usize).min(CONFIG_LIMIT)];
        let (Ok(offset), true) =
            (u16::try_from(offset), process::read(buffer.expose_provenance(), &mut bytes))
        else {
            return 0;
        };
        device.port().set_bus_data(bus_data_type, &bytes, offset) as u32
    }

    /// `VideoPortCheckForDeviceExistence`.
    fn VideoPortCheckForDeviceExistence[CheckForDeviceExistence](
        device, vendor_id: u16, device_id: u16, revision_id: u8, subsystem_vendor_id: u16, subsystem_id: u16,
        flags: u32,
    ) -> u8, else 0 => {
        let query = DeviceQuery { vendor_id, device_id, revision_id, subsystem_vendor_id, subsystem_id, flags };
        u8::from(device.port().check_for_device_existence(&query))
    }

    /// `VideoPortCheckForDeviceExistance`: the same under the misspelt name.
    fn VideoPortCheckForDeviceExistance[CheckForDeviceExistence](
        device, vendor_id: u16, device_id: u16, revision_id: u8, subsystem_vendor_id: u16, subsystem_id: u16,
        flags: u32,
    ) -> u8, else 0 => {
        let query = DeviceQuery { vendor_id, device_id, revision_id, subsystem_vendor_id, subsystem_id, flags };
        u8::from(device.port().check_for_device_existence(&query))
    }
}

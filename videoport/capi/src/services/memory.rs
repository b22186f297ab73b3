//! Pool and plain memory.

use std::ptr::null_mut;

use lumenport_videoport::{BusAddr, PoolTag, PoolType};

use super::{INVALID_PARAMETER, NO_ERROR, address, device_services, plain_services, pointer};
use crate::abi::Pointer;
use crate::{device, process};

device_services! {
    /// `VideoPortAllocatePool`: NULL for an unknown type or without memory.
    fn VideoPortAllocatePool[AllocatePool](device, pool_type: u32, number_of_bytes: usize, tag: u32) -> Pointer,
        else null_mut() => {
        let Some(pool_type) = PoolType::from_raw(pool_type) else {
            return null_mut();
        };
        device
            .port()
            .allocate_pool(pool_type, number_of_bytes, PoolTag(tag))
            .map_or(null_mut(), pointer)
    }

    /// `VideoPortFreePool`.
    fn VideoPortFreePool[FreePool](device, block: Pointer), else () => {
        device.port().free_pool(address(block));
    }

    /// `VideoPortAllocateBuffer`: 8 without memory, 122 over the quota; `*buffer` is NULL then.
    fn VideoPortAllocateBuffer[AllocateBuffer](device, size: u32, buffer: *mut Pointer) -> u32,
        else INVALID_PARAMETER => {
        if !process::put(buffer.cast::<usize>(), 0) {
            return INVALID_PARAMETER;
        }
        match device.port().allocate_buffer(size) {
            Ok(at) => {
                process::put(buffer.cast::<usize>(), at.raw());
                NO_ERROR
            }
            Err(status) => status.0,
        }
    }

    /// `VideoPortReleaseBuffer`.
    fn VideoPortReleaseBuffer[ReleaseBuffer](device, buffer: Pointer), else () => {
        device.port().release_buffer(address(buffer));
    }

    /// `VideoPortAllocateContiguousMemory`: freed with the device.
    fn VideoPortAllocateContiguousMemory[AllocateContiguousMemory](
        device, number_of_bytes: u32, highest_acceptable_address: u64,
    ) -> Pointer, else null_mut() => {
        device
            .port()
            .allocate_contiguous_memory(number_of_bytes, BusAddr::new(highest_acceptable_address))
            .map_or(null_mut(), pointer)
    }
}

/// Most bytes moved at once before there is a device. Units: bytes.
const MOVE_LIMIT: usize = 1 << 24;

/// Zeroes memory of the process piece by piece.
fn zero(at: usize, length: usize) {
    let zeroes = [0; 4096];
    let mut done = 0;
    while done < length {
        let count = zeroes.len().min(length - done);
        if !process::write(at.wrapping_add(done), &zeroes[..count]) {
            return;
        }
        done += count;
    }
}

/// How many leading bytes of two stretches of the process are equal; stops where one is not mapped.
fn equal_bytes(first: usize, second: usize, length: usize) -> usize {
    let (mut left, mut right) = ([0; 4096], [0; 4096]);
    let mut done = 0;
    while done < length {
        let count = left.len().min(length - done);
        let read = process::read(first.wrapping_add(done), &mut left[..count])
            && process::read(second.wrapping_add(done), &mut right[..count]);
        let pairs = left[..count].iter().zip(&right[..count]);
        let same = pairs.take_while(|(a, b)| a == b).count();
        if !read {
            break;
        }
        done += same;
        if same < count {
            break;
        }
    }
    done
}

plain_services! {
    /// `VideoPortZeroMemory`.
    fn VideoPortZeroMemory[ZeroMemory](destination: Pointer, length: u32), on device = device::current(), else () => {
        match &device {
            Some(device) => device.port().zero_memory(address(destination), length as usize),
            None => zero(destination.expose_provenance(), length as usize),
        }
    }

    /// `VideoPortZeroDeviceMemory`.
    fn VideoPortZeroDeviceMemory[ZeroDeviceMemory](destination: Pointer, length: u32),
        on device = device::by_address(destination.addr()), else () => {
        if let Some(device) = &device {
            // A word more than is mapped is enough for the port to see that it was too much.
            let mapped = crate::machine::mapped_bytes(destination.addr());
            let length = (length as usize).min(mapped.saturating_add(4));
            device.port().zero_device_memory(address(destination), length);
        }
    }

    /// `VideoPortMoveMemory`: overlaps are fine.
    fn VideoPortMoveMemory[MoveMemory](destination: Pointer, source: Pointer, length: u32),
        on device = device::current(), else () => {
        if let Some(device) = &device {
            device.port().move_memory(address(destination), address(source), length as usize);
            return;
        }
        // Without a device there is no machine with memory of its own, and little to move.
        let mut bytes = vec![0; (length as usize).min(MOVE_LIMIT)];
        if length as usize <= MOVE_LIMIT && process::read(source.expose_provenance(), &mut bytes) {
            process::write(destination.expose_provenance(), &bytes);
        }
    }

    /// `VideoPortCompareMemory`: how many leading bytes are equal.
    fn VideoPortCompareMemory[CompareMemory](first: Pointer, second: Pointer, length: usize) -> u32,
        on device = device::current(), else 0 => {
        let equal = device.as_ref().map_or_else(
            || equal_bytes(first.expose_provenance(), second.expose_provenance(), length),
            |device| device.port().compare_memory(address(first), address(second), length),
        );
        u32::try_from(equal).unwrap_or(u32::MAX)
    }
}

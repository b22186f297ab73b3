//! Plain memory services: zero, move, compare, and the two Rust-only copies between memory and slices.

use crate::address::VirtAddr;
use crate::platform::{MemoryFault, Platform};
use crate::port::VideoPort;
use crate::services::Service;
use crate::strict::FindingKind;

/// Bytes moved at once, on the stack.
const CHUNK_BYTES: usize = 256;

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortZeroMemory`: zeroes system memory. Any IRQL, resident memory.
    pub fn zero_memory(&self, destination: VirtAddr, length_bytes: usize) {
        if self.enter(Service::ZeroMemory)
            && self.may_touch(Service::ZeroMemory, destination, length_bytes)
        {
            self.fill(Service::ZeroMemory, destination, length_bytes, 0);
        }
    }

    /// `VideoPortZeroDeviceMemory`: zeroes a range mapped with `VideoPortGetDeviceBase`. Any IRQL.
    ///
    /// Whole aligned words are written as such; a ragged start or end bytewise.
    pub fn zero_device_memory(&self, destination: VirtAddr, length_bytes: usize) {
        let service = Service::ZeroDeviceMemory;
        if !self.enter(service)
            || length_bytes != 0
                && !self.check_register(service, destination, length_bytes, 1, false)
        {
            return;
        }
        let mut done = 0;
        while done < length_bytes {
            let Some(at) = destination.checked_add(done) else {
                return;
            };
            if at.raw() % 4 == 0 && length_bytes - done >= 4 {
                self.platform.write_register_u32(at, 0);
                done += 4;
            } else {
                self.platform.write_register_u8(at, 0);
                done += 1;
            }
        }
    }

    /// `VideoPortMoveMemory`: copies; the ranges may overlap. Any IRQL, resident memory.
    pub fn move_memory(&self, destination: VirtAddr, source: VirtAddr, length_bytes: usize) {
        let service = Service::MoveMemory;
        if self.enter(service)
            && self.may_touch(service, destination, length_bytes)
            && self.may_touch(service, source, length_bytes)
        {
            self.copy(service, destination, source, length_bytes);
        }
    }

    /// `VideoPortCompareMemory`: how many leading bytes are equal; `length_bytes` when all are. Any IRQL.
    pub fn compare_memory(&self, first: VirtAddr, second: VirtAddr, length_bytes: usize) -> usize {
        let service = Service::CompareMemory;
        if !self.enter(service)
            || !self.may_touch(service, first, length_bytes)
            || !self.may_touch(service, second, length_bytes)
        {
            return 0;
        }
        let mut done = 0;
        let (mut left, mut right) = ([0; CHUNK_BYTES], [0; CHUNK_BYTES]);
        while done < length_bytes {
            let count = CHUNK_BYTES.min(length_bytes - done);
            let read = (|| {
                let (left, right) = (left.get_mut(..count)?, right.get_mut(..count)?);
                self.platform
                    .read_memory(first.checked_add(done)?, left)
                    .ok()?;
                self.platform
                    .read_memory(second.checked_add(done)?, right)
                    .ok()?;
                Some(
                    left.iter()
                        .zip(right.iter())
                        .take_while(|(a, b)| a == b)
                        .count(),
                )
            })();
            match read {
                Some(equal) if equal == count => done += count,
                Some(equal) => return done + equal,
                None => {
                    self.note(
                        Service::CompareMemory,
                        FindingKind::UnmappedMemory,
                        first.raw() as u64,
                    );
                    return done;
                }
            }
        }
        length_bytes
    }

    /// Copies memory into a slice. Rust miniports use it where C dereferences a pointer.
    ///
    /// # Errors
    /// [`MemoryFault`] with the first address out of reach.
    pub fn read_memory(&self, at: VirtAddr, into: &mut [u8]) -> Result<(), MemoryFault> {
        self.platform.read_memory(at, into)
    }

    /// Copies a slice into memory.
    ///
    /// # Errors
    /// [`MemoryFault`] with the first address out of reach.
    pub fn write_memory(&self, at: VirtAddr, bytes: &[u8]) -> Result<(), MemoryFault> {
        self.platform.write_memory(at, bytes)
    }

    /// Whether all of a range holds one byte. Memory that is not mapped does not.
    pub(crate) fn holds(&self, at: VirtAddr, length_bytes: usize, byte: u8) -> bool {
        let mut chunk = [0; CHUNK_BYTES];
        let mut done = 0;
        while done < length_bytes {
            let count = CHUNK_BYTES.min(length_bytes - done);
            let (Some(bytes), Some(from)) = (chunk.get_mut(..count), at.checked_add(done)) else {
                return false;
            };
            if self.platform.read_memory(from, bytes).is_err()
                || bytes.iter().any(|found| *found != byte)
            {
                return false;
            }
            done += count;
        }
        true
    }

    /// Fills memory with one byte. False, and a finding, when it is not all mapped.
    pub(crate) fn fill(
        &self,
        service: Service,
        at: VirtAddr,
        length_bytes: usize,
        byte: u8,
    ) -> bool {
        let pattern = [byte; CHUNK_BYTES];
        let mut done = 0;
        while done < length_bytes {
            let count = CHUNK_BYTES.min(length_bytes - done);
            let written = (|| {
                let bytes = pattern.get(..count)?;
                self.platform
                    .write_memory(at.checked_add(done)?, bytes)
                    .ok()
            })();
            if written.is_none() {
                self.note(service, FindingKind::UnmappedMemory, at.raw() as u64);
                return false;
            }
            done += count;
        }
        true
    }

    /// Copies memory, overlap-safe. False, and a finding, when it is not all mapped.
    pub(crate) fn copy(
        &self,
        service: Service,
        to: VirtAddr,
        from: VirtAddr,
        length_bytes: usize,
    ) -> bool {
        let mut chunk = [0; CHUNK_BYTES];
        let backwards = to > from;
        let mut done = 0;
        while done < length_bytes {
            let count = CHUNK_BYTES.min(length_bytes - done);
            let start = if backwards {
                length_bytes - done - count
            } else {
                done
            };
            let copied = (|| {
                let bytes = chunk.get_mut(..count)?;
                self.platform
                    .read_memory(from.checked_add(start)?, bytes)
                    .ok()?;
                self.platform
                    .write_memory(to.checked_add(start)?, bytes)
                    .ok()
            })();
            if copied.is_none() {
                self.note(service, FindingKind::UnmappedMemory, to.raw() as u64);
                return false;
            }
            done += count;
        }
        true
    }
}

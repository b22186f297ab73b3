//! A BAR mapped into this process.
#![expect(unsafe_code, reason = "memory-mapped registers")]

use std::ffi::c_void;
use std::fs::File;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{Ordering, fence};

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// A mapping of a BAR's file.
///
/// # Invariants
/// `base` is the first of `len_bytes` mapped bytes, readable and writable, aligned to a page, mapped as long as this lives.
pub(crate) struct Mapped {
    base: NonNull<c_void>,
    len_bytes: usize,
}

// SAFETY: the mapping belongs to the process, not to a thread.
unsafe impl Send for Mapped {}
// SAFETY: all accesses are single volatile ones of naturally aligned cells; what several threads do to a card's registers is for the
// driver above to order, and no Rust reference to the memory exists.
unsafe impl Sync for Mapped {}

impl Mapped {
    /// Maps the first `len_bytes` of a BAR's file.
    pub(crate) fn new(file: &File, len_bytes: usize) -> std::io::Result<Self> {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses a place where nothing is.
        let base = unsafe { mmap(null_mut(), len_bytes, protection, MapFlags::SHARED, file, 0) }?;
        let base = NonNull::new(base).ok_or_else(|| std::io::Error::other("mapped at zero"))?;
        // INVARIANT: as `mmap` gave it.
        Ok(Self { base, len_bytes })
    }

    /// Address of `len` bytes at `offset` that are all inside and naturally aligned.
    fn cell(&self, offset: u64, len: usize) -> Option<NonNull<u8>> {
        let offset = usize::try_from(offset).ok()?;
        let inside = offset.checked_add(len)? <= self.len_bytes;
        if !inside || !matches!(len, 1 | 2 | 4) || !offset.is_multiple_of(len) {
            return None;
        }
        // SAFETY: `offset` is inside the mapping, see the invariant.
        Some(unsafe { self.base.cast::<u8>().add(offset) })
    }

    /// Reads 1, 2 or 4 bytes in one access; false, and nothing is read, for what is not one inside.
    pub(crate) fn read(&self, offset: u64, into: &mut [u8]) -> bool {
        let Some(cell) = self.cell(offset, into.len()) else {
            return false;
        };
        match into.len() {
            1 => {
                // SAFETY: `cell` checked that the byte is inside the mapping.
                into[0] = unsafe { cell.read_volatile() };
            }
            2 => {
                // SAFETY: `cell` checked that the two bytes are inside the mapping and aligned.
                let value = unsafe { cell.cast::<u16>().read_volatile() };
                into.copy_from_slice(&value.to_ne_bytes());
            }
            _ => {
                // SAFETY: `cell` checked that the four bytes are inside the mapping and aligned.
                let value = unsafe { cell.cast::<u32>().read_volatile() };
                into.copy_from_slice(&value.to_ne_bytes());
            }
        }
        // What the card wrote to memory before it answered is read after this.
        fence(Ordering::SeqCst);
        true
    }

    /// Writes 1, 2 or 4 bytes in one access; what is not one inside is dropped.
    pub(crate) fn write(&self, offset: u64, bytes: &[u8]) {
        let Some(cell) = self.cell(offset, bytes.len()) else {
            return;
        };
        // The card sees what was written to memory before.
        fence(Ordering::SeqCst);
        match *bytes {
            [byte] => {
                // SAFETY: `cell` checked that the byte is inside the mapping.
                unsafe { cell.write_volatile(byte) }
            }
            [a, b] => {
                let value = u16::from_ne_bytes([a, b]);
                // SAFETY: `cell` checked that the two bytes are inside the mapping and aligned.
                unsafe { cell.cast::<u16>().write_volatile(value) }
            }
            [a, b, c, d] => {
                let value = u32::from_ne_bytes([a, b, c, d]);
                // SAFETY: `cell` checked that the four bytes are inside the mapping and aligned.
                unsafe { cell.cast::<u32>().write_volatile(value) }
            }
            _ => {}
        }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and no access can follow.
        let _ = unsafe { munmap(self.base.as_ptr(), self.len_bytes) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

    #[test]
    fn accesses_have_their_width_and_stay_inside() {
        let file = File::from(memfd_create("bar", MemfdFlags::CLOEXEC).unwrap());
        ftruncate(&file, 4096).unwrap();
        let mapped = Mapped::new(&file, 4096).unwrap();
        mapped.write(0, &[1, 2, 3, 4]);
        mapped.write(2, &[5, 6]);
        mapped.write(1, &[7]);
        let mut all = [0; 4];
        assert!(mapped.read(0, &mut all));
        assert_eq!(all, [1, 7, 5, 6]);
        let mut two = [9; 2];
        assert!(mapped.read(2, &mut two) && two == [5, 6]);
        for (offset, len) in [
            (4096, 1),
            (4094, 4),
            (1, 2),
            (2, 4),
            (0, 3),
            (0, 8),
            (u64::MAX, 1),
        ] {
            let mut bytes = vec![9; len];
            assert!(!mapped.read(offset, &mut bytes), "{offset} {len}");
            assert!(bytes.iter().all(|byte| *byte == 9));
            mapped.write(offset, &bytes);
        }
        assert!(
            mapped.read(0, &mut all) && all == [1, 7, 5, 6],
            "nothing was written"
        );
    }
}

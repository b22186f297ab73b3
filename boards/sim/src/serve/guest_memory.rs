//! The client's memory: ranges of bus addresses, each backed by a piece of a file that the client sent.
//!
//! Reads and writes of the card copy by volatile accesses, because the client's processors hold the same pages. An unmapped address
//! answers as no memory would. Unmapping is exact and may be repeated: clients unmap what was never mapped, in sweeps of up to the
//! whole address space.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::sync::Arc;

use parking_lot::RwLock;
use vm_memory::mmap::MmapRegionBuilder;
use vm_memory::{FileOffset, MmapRegion, VolatileMemory};

use crate::bus_memory::BusMemory;
use crate::host_memory::AccessError;

/// One piece of mapped memory. The key in the map is its first bus address.
#[derive(Clone)]
struct Piece {
    len_bytes: u64,
    /// Where it begins in `region`.
    offset: u64,
    writable: bool,
    region: Arc<MmapRegion>,
}

/// See the module's text.
#[derive(Default)]
pub(super) struct GuestMemory {
    pieces: RwLock<BTreeMap<u64, Piece>>,
}

impl GuestMemory {
    /// Maps `len_bytes` of `file` from `offset` at `address`. What was there is replaced.
    pub(super) fn map(
        &self,
        address: u64,
        len_bytes: u64,
        file: File,
        offset: u64,
        writable: bool,
    ) -> Result<()> {
        let wrong = |what| Error::new(ErrorKind::InvalidInput, what);
        let end = address.checked_add(len_bytes);
        let size = usize::try_from(len_bytes).map_err(|_| wrong("larger than memory can be"))?;
        if end.is_none() || size == 0 {
            return Err(wrong("the range is empty or leaves the address space"));
        }
        // Beyond the file's end there are addresses but no memory: touching them would end this process.
        let file_end = offset.checked_add(len_bytes);
        if file_end.is_none_or(|end| file.metadata().is_ok_and(|file| file.len() < end)) {
            return Err(wrong("the file is shorter than the range"));
        }
        let protection = if writable {
            libc::PROT_READ | libc::PROT_WRITE
        } else {
            libc::PROT_READ
        };
        let region = MmapRegionBuilder::new(size)
            .with_file_offset(FileOffset::new(file, offset))
            .with_mmap_prot(protection)
            .with_mmap_flags(libc::MAP_SHARED | libc::MAP_NORESERVE)
            .build()
            .map_err(Error::other)?;
        let piece = Piece {
            len_bytes,
            offset: 0,
            writable,
            region: Arc::new(region),
        };
        let mut pieces = self.pieces.write();
        cut(&mut pieces, address, len_bytes);
        pieces.insert(address, piece);
        Ok(())
    }

    /// Takes `len_bytes` at `address` away, mapped or not.
    pub(super) fn unmap(&self, address: u64, len_bytes: u64) {
        cut(&mut self.pieces.write(), address, len_bytes);
    }

    /// Takes everything away.
    pub(super) fn forget(&self) {
        self.pieces.write().clear();
    }

    /// Carries `act` out on the pieces under `len_bytes` at `address`: piece of memory, offset in the request.
    fn each(
        &self,
        address: u64,
        len_bytes: usize,
        write: bool,
        mut act: impl FnMut(&Piece, usize, usize, usize) -> Option<()>,
    ) -> std::result::Result<(), AccessError> {
        let pieces = self.pieces.read();
        let mut done = 0;
        while done < len_bytes {
            let bus_address = address.wrapping_add(done as u64);
            let absent = AccessError::NotPresent { bus_address };
            let (start, piece) = pieces.range(..=bus_address).next_back().ok_or(absent)?;
            let skip = bus_address - start;
            if skip >= piece.len_bytes {
                return Err(absent);
            }
            if write && !piece.writable {
                return Err(AccessError::Refused { bus_address });
            }
            let room = usize::try_from(piece.len_bytes - skip).unwrap_or(usize::MAX);
            let count = room.min(len_bytes - done);
            act(piece, (piece.offset + skip) as usize, done, count).ok_or(absent)?;
            done += count;
        }
        Ok(())
    }
}

/// Removes a range from the pieces, keeping what sticks out on either side.
fn cut(pieces: &mut BTreeMap<u64, Piece>, address: u64, len_bytes: u64) {
    let end = address.saturating_add(len_bytes);
    let touched: Vec<u64> = pieces
        .range(..end)
        .rev()
        .take_while(|(start, piece)| *start + piece.len_bytes > address)
        .map(|(start, _)| *start)
        .collect();
    for start in touched {
        let Some(piece) = pieces.remove(&start) else {
            continue;
        };
        let piece_end = start + piece.len_bytes;
        if start < address {
            let len_bytes = address - start;
            pieces.insert(
                start,
                Piece {
                    len_bytes,
                    ..piece.clone()
                },
            );
        }
        if piece_end > end {
            let offset = piece.offset + (end - start);
            let len_bytes = piece_end - end;
            pieces.insert(
                end,
                Piece {
                    len_bytes,
                    offset,
                    ..piece
                },
            );
        }
    }
}

impl BusMemory for GuestMemory {
    fn read(&self, bus_address: u64, bytes: &mut [u8]) -> std::result::Result<(), AccessError> {
        let len_bytes = bytes.len();
        self.each(bus_address, len_bytes, false, |piece, at, done, count| {
            let slice = piece.region.get_slice(at, count).ok()?;
            slice.copy_to(&mut bytes[done..done + count]);
            Some(())
        })
    }

    fn write(&self, bus_address: u64, bytes: &[u8]) -> std::result::Result<(), AccessError> {
        self.each(bus_address, bytes.len(), true, |piece, at, done, count| {
            let slice = piece.region.get_slice(at, count).ok()?;
            slice.copy_from(&bytes[done..done + count]);
            Some(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const PAGE: u64 = 4096;

    /// A file of `pages` pages, each filled with its number.
    fn file(pages: u8) -> File {
        let mut file = vmm_sys_util::tempfile::TempFile::new().unwrap().into_file();
        for page in 0..pages {
            file.write_all(&[page; PAGE as usize]).unwrap();
        }
        file
    }

    fn byte(memory: &GuestMemory, address: u64) -> Option<u8> {
        let mut bytes = [0];
        memory.read(address, &mut bytes).ok().map(|()| bytes[0])
    }

    #[test]
    fn reads_and_writes_cross_pieces() {
        let memory = GuestMemory::default();
        memory.map(0x1_0000, PAGE, file(1), 0, true).unwrap();
        memory.map(0x1_1000, PAGE, file(4), 3 * PAGE, true).unwrap();
        let mut bytes = [9; 4];
        memory.read(0x1_0FFE, &mut bytes).unwrap();
        assert_eq!(bytes, [0, 0, 3, 3]);
        memory.write(0x1_0FFF, &[7, 8]).unwrap();
        memory.read(0x1_0FFE, &mut bytes).unwrap();
        assert_eq!(bytes, [0, 7, 8, 3]);
        assert!(memory.read(0x1_1FFF, &mut bytes).is_err(), "past the end");
    }

    #[test]
    fn unmapping_is_exact_and_may_be_repeated() {
        let memory = GuestMemory::default();
        memory.map(0, 4 * PAGE, file(4), 0, true).unwrap();
        memory.unmap(PAGE, PAGE);
        memory.unmap(PAGE, PAGE);
        let seen: Vec<_> = (0..4).map(|page| byte(&memory, page * PAGE)).collect();
        assert_eq!(seen, [Some(0), None, Some(2), Some(3)]);
        memory.unmap(1 << 63, u64::MAX);
        memory.unmap(3 * PAGE, u64::MAX);
        assert_eq!(
            (byte(&memory, 2 * PAGE), byte(&memory, 3 * PAGE)),
            (Some(2), None)
        );
        memory.unmap(0, u64::MAX);
        assert_eq!(byte(&memory, 0), None);
    }

    #[test]
    fn read_only_memory_refuses_writes() {
        let memory = GuestMemory::default();
        memory.map(0, PAGE, file(1), 0, false).unwrap();
        assert_eq!(
            memory.write(5, &[1]),
            Err(AccessError::Refused { bus_address: 5 })
        );
        assert_eq!(byte(&memory, 5), Some(0));
    }

    #[test]
    fn ranges_that_make_no_sense_are_refused() {
        let memory = GuestMemory::default();
        assert!(memory.map(u64::MAX - 5, PAGE, file(1), 0, true).is_err());
        assert!(memory.map(0, 0, file(1), 0, true).is_err());
        assert!(
            memory.map(0, PAGE, file(1), PAGE * 9, true).is_err(),
            "past the file"
        );
    }
}

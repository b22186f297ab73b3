//! Card memory that is a file in memory: the model works on it, and another process can map it.
//!
//! Only the verilated engine has one; see `shim/card_memory.h` for the model's side. Copies are volatile, because several hold the same pages.

use std::fs::File;
use std::io::{Error, Result};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;

use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use vm_memory::{FileOffset, MmapRegion, VolatileMemory};

/// See the module's text.
#[derive(Debug)]
pub struct CardMemory {
    file: Arc<File>,
    region: MmapRegion,
}

impl CardMemory {
    /// Makes a memory of zeros.
    ///
    /// # Errors
    /// Those of the system: out of memory or file descriptors.
    pub fn new(len_bytes: usize) -> Result<Self> {
        let file = File::from(memfd_create("card memory", MemfdFlags::CLOEXEC)?);
        ftruncate(&file, len_bytes as u64)?;
        let file = Arc::new(file);
        let backing = FileOffset::from_arc(Arc::clone(&file), 0);
        let region = MmapRegion::from_file(backing, len_bytes).map_err(Error::other)?;
        Ok(Self { file, region })
    }

    /// Its size.
    pub fn len_bytes(&self) -> usize {
        self.region.size()
    }

    /// The file, for handing it to another process. Lives as long as this value.
    pub fn file_descriptor(&self) -> RawFd {
        self.file.as_raw_fd()
    }

    /// Where the model finds it.
    pub(super) fn base(&self) -> *mut u8 {
        self.region.as_ptr()
    }

    /// Fills it with zeros.
    pub fn clear(&self) {
        const BLOCK: [u8; 4096] = [0; 4096];
        for start in (0..self.len_bytes()).step_by(BLOCK.len()) {
            let count = BLOCK.len().min(self.len_bytes() - start);
            // The range is inside by construction.
            if let Ok(slice) = self.region.get_slice(start, count) {
                slice.copy_from(&BLOCK[..count]);
            }
        }
    }
}

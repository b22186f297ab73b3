//! Memory of huge pages with the addresses that the memory bus knows them by.
//!
//! Without an IOMMU the card sees physical memory. A huge page is 2 MiB in one piece there and stays where it is, and `/proc/self/pagemap` tells
//! where (bits 0 to 54 the page's number, bit 63 present; only root sees the number). Source: the kernel's `admin-guide/mm/pagemap.rst` and
//! `hugetlbpage.rst`.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use vm_memory::{MmapRegion, VolatileMemory};

use crate::arena::{Arena, PAGE_BYTES};
use crate::error::HostError;
use crate::sysfs::{self, Sysfs};

/// Bytes of a huge page.
pub const HUGE_BYTES: usize = 2 << 20;
/// Pages of the first piece are kept for contiguous allocations.
const LOW_PAGES: usize = HUGE_BYTES / PAGE_BYTES;

const FRAME_BITS: u64 = (1 << 55) - 1;
const PRESENT: u64 = 1 << 63;

/// An arena of `pages` pages, rounded up to whole huge pages.
///
/// # Errors
/// Too few huge pages, or their physical addresses are not told to this process.
pub fn arena(pages: usize, sysfs: &Sysfs, pagemap: &Path) -> Result<Arena, HostError> {
    let pieces = (pages * PAGE_BYTES).div_ceil(HUGE_BYTES);
    reserve(pieces, sysfs)?;
    let flags = libc::MAP_PRIVATE
        | libc::MAP_ANONYMOUS
        | libc::MAP_HUGETLB
        | libc::MAP_HUGE_2MB
        | libc::MAP_POPULATE;
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let region =
        MmapRegion::build(None, pieces * HUGE_BYTES, protection, flags).map_err(|error| {
            HostError::Kernel(format!("{pieces} huge pages cannot be had: {error}"))
        })?;
    let base = region.as_ptr().expose_provenance();
    let map = File::open(pagemap).map_err(|source| sysfs::at(pagemap, "read", source))?;
    let mut bus = Vec::new();
    for piece in 0..pieces {
        // Touched, so that it is there whatever the kernel does with MAP_POPULATE.
        if let Ok(slice) = region.get_slice(piece * HUGE_BYTES, 1) {
            slice.copy_from(&[0_u8]);
        }
        let page = (base + piece * HUGE_BYTES) / PAGE_BYTES;
        let mut entry = [0; 8];
        map.read_exact_at(&mut entry, page as u64 * 8)
            .map_err(|source| sysfs::at(pagemap, "read", source))?;
        let start = physical(u64::from_ne_bytes(entry))?;
        bus.extend((0..HUGE_BYTES / PAGE_BYTES).map(|page| start + (page * PAGE_BYTES) as u64));
    }
    Ok(Arena::over(region, bus, LOW_PAGES))
}

/// The address that an entry of the page map tells.
fn physical(entry: u64) -> Result<u64, HostError> {
    if entry & PRESENT == 0 {
        return Err(HostError::Kernel(
            "a huge page is not in memory although it was touched".to_owned(),
        ));
    }
    match entry & FRAME_BITS {
        0 => Err(HostError::Kernel(
            "/proc/self/pagemap hides physical addresses from this process; uio: needs root"
                .to_owned(),
        )),
        frame => Ok(frame * PAGE_BYTES as u64),
    }
}

/// Sees to it that `pieces` huge pages are free: asks the kernel for more, which only root may.
fn reserve(pieces: usize, sysfs: &Sysfs) -> Result<(), HostError> {
    let folder = sysfs.path("kernel/mm/hugepages/hugepages-2048kB");
    let number = |name| -> Result<usize, HostError> {
        let text = sysfs::read(&folder.join(name))?;
        text.parse()
            .map_err(|_| HostError::Kernel(format!("{name} says {text:?}")))
    };
    let free = number("free_hugepages")?;
    if free >= pieces {
        return Ok(());
    }
    let wanted = number("nr_hugepages")? + pieces - free;
    let asked = sysfs::write(&folder.join("nr_hugepages"), &wanted.to_string());
    let free = number("free_hugepages")?;
    if free >= pieces {
        return Ok(());
    }
    let why = match asked {
        Ok(()) => "memory is too full or too scattered for more".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(HostError::Kernel(format!(
        "{pieces} free huge pages of 2 MiB are needed and there are {free} ({why}); as root: echo {wanted} > /proc/sys/vm/nr_hugepages"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_the_page_map_are_read_as_documented() {
        assert_eq!(physical(PRESENT | 0x1234).unwrap(), 0x0123_4000);
        assert_eq!(physical(PRESENT | 0x7F << 55 | 2).unwrap(), 0x2000);
        assert!(
            physical(0x1234)
                .unwrap_err()
                .to_string()
                .contains("not in memory")
        );
        assert!(physical(PRESENT).unwrap_err().to_string().contains("root"));
    }

    #[test]
    fn missing_huge_pages_are_told_with_what_to_do() {
        let root = std::env::temp_dir().join(format!("lumenport-huge-{}", std::process::id()));
        let folder = root.join("kernel/mm/hugepages/hugepages-2048kB");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("nr_hugepages"), "5\n").unwrap();
        std::fs::write(folder.join("free_hugepages"), "3\n").unwrap();
        let sysfs = Sysfs::at(&root);
        assert!(reserve(3, &sysfs).is_ok());
        let told = reserve(16, &sysfs).unwrap_err().to_string();
        assert!(
            told.contains("there are 3") && told.contains("echo 18"),
            "{told}"
        );
        let asked = std::fs::read_to_string(folder.join("nr_hugepages")).unwrap();
        assert_eq!(asked.trim(), "18", "the kernel was asked first");
        std::fs::remove_dir_all(&root).unwrap();
    }
}

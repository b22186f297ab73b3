//! A function of this machine through the kernel's VFIO: the type 1 IOMMU interface, version 2, with groups and a container.
//!
//! | file | what it is |
//! |---|---|
//! | `mod.rs` | opening, and the function |
//! | `calls.rs` | the system calls; the only unsafe code |
//! | `iova.rs` | which addresses the IOMMU can translate, and where our memory goes |
//!
//! BARs are accessed by `pread` and `pwrite` of the device's file, not by mappings: a card that is pulled out, asleep or switched off then makes
//! an access fail, where a mapping would end the process with a signal. Source: the kernel's `driver-api/vfio.rst` and `linux/vfio.h`.

mod calls;
mod iova;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use vfio_bindings::bindings::vfio::{
    VFIO_PCI_CONFIG_REGION_INDEX, VFIO_PCI_MSI_IRQ_INDEX, VFIO_PCI_REQ_IRQ_INDEX,
};
use vmm_sys_util::eventfd::{EFD_NONBLOCK, EventFd};

use crate::address::PciAddress;
use crate::arena::Arena;
use crate::error::HostError;
use crate::function::{LOW_PAGES, PciFunction};
use crate::sysfs::{self, Sysfs};
use calls::Region;

/// Driver and module that hand functions to user space.
const DRIVER: &str = "vfio-pci";

/// See the module's text. Fields are dropped in order: the device before its group, the group before the container.
pub struct VfioFunction {
    address: PciAddress,
    device: File,
    _group: File,
    container: File,
    config: Region,
    bars: [Region; 6],
    ranges: Vec<iova::Range>,
    interrupt: EventFd,
    /// The kernel wants the function back: it is being pulled out or its driver unbound.
    request: EventFd,
    gone: AtomicBool,
}

impl VfioFunction {
    /// Takes the function, giving it to `vfio-pci` first where it is not there yet (root may).
    ///
    /// # Errors
    /// [`HostError`] says which of the many things is missing, and what to do.
    pub fn open(address: PciAddress, sysfs: &Sysfs) -> Result<Self, HostError> {
        let group = sysfs.iommu_group(address)?;
        let group = group.ok_or(HostError::NoGroup(address))?;
        sysfs.bind(address, DRIVER, DRIVER)?;
        let container = open_device(Path::new("/dev/vfio/vfio"))?;
        calls::check_container(&container)?;
        let group_file = open_device(Path::new(&format!("/dev/vfio/{group}")))?;
        if !calls::is_viable(&group_file)? {
            let members = sysfs.group_members(group);
            return Err(HostError::NotViable { group, members });
        }
        calls::join(&group_file, &container)?;
        let ranges = iova::ranges(&calls::iommu_info(&container)?);
        let device = calls::device(&group_file, &address.to_string())?;
        let mut bars = [Region::default(); 6];
        for (index, bar) in bars.iter_mut().enumerate() {
            *bar = calls::region(&device, index as u32)?;
        }
        let eventfd = || {
            EventFd::new(EFD_NONBLOCK).map_err(|source| HostError::System {
                what: "an eventfd cannot be made",
                source,
            })
        };
        let request = eventfd()?;
        // A kernel that does not ask for its function waits; older ones do.
        let _ = calls::set_eventfd(&device, VFIO_PCI_REQ_IRQ_INDEX, Some(&request));
        Ok(Self {
            config: calls::region(&device, VFIO_PCI_CONFIG_REGION_INDEX)?,
            address,
            device,
            _group: group_file,
            container,
            bars,
            ranges,
            interrupt: eventfd()?,
            request,
            gone: AtomicBool::new(false),
        })
    }

    /// Whether the function is still ours. When the kernel asks for it back nothing is done with it any more, and the driver above sees a
    /// card that is gone.
    fn is_there(&self) -> bool {
        if self.request.read().is_ok() {
            self.gone.store(true, Ordering::SeqCst);
        }
        !self.gone.load(Ordering::SeqCst)
    }

    fn read(&self, region: Region, offset: u64, into: &mut [u8]) {
        let inside = region.holds(offset, into.len()) && self.is_there();
        let done = inside
            && self
                .device
                .read_exact_at(into, region.offset + offset)
                .is_ok();
        if !done {
            into.fill(0xFF);
        }
    }

    fn write(&self, region: Region, offset: u64, bytes: &[u8]) {
        if region.holds(offset, bytes.len()) && self.is_there() {
            // A function that does not take it is one that is gone, asleep or switched off: the next read shows it.
            let _ = self.device.write_all_at(bytes, region.offset + offset);
        }
    }
}

fn open_device(path: &Path) -> Result<File, HostError> {
    let opened = OpenOptions::new().read(true).write(true).open(path);
    opened.map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => HostError::NoModule {
            driver: format!("behind {}", path.display()),
            module: "vfio-pci vfio_iommu_type1".to_owned(),
        },
        _ => sysfs::at(path, "opened", source),
    })
}

impl PciFunction for VfioFunction {
    fn describe(&self) -> String {
        format!("VFIO at {}", self.address)
    }

    fn config_read(&self, offset: u16) -> u32 {
        let mut bytes = [0; 4];
        self.read(self.config, offset.into(), &mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn config_write(&self, offset: u16, value: u32) {
        self.write(self.config, offset.into(), &value.to_le_bytes());
    }

    fn bar_bytes(&self, bar: u8) -> u64 {
        self.bars.get(usize::from(bar)).map_or(0, |bar| bar.size)
    }

    fn bar_read(&self, bar: u8, offset: u64, into: &mut [u8]) {
        let region = self.bars.get(usize::from(bar)).copied();
        self.read(region.unwrap_or_default(), offset, into);
    }

    fn bar_write(&self, bar: u8, offset: u64, bytes: &[u8]) {
        let region = self.bars.get(usize::from(bar)).copied();
        self.write(region.unwrap_or_default(), offset, bytes);
    }

    fn is_placed(&self) -> bool {
        true
    }

    fn arena(&self, pages: usize) -> Result<Arena, HostError> {
        let zones = iova::place(&self.ranges, LOW_PAGES, pages)
            .ok_or_else(|| HostError::Kernel(format!(
                "the IOMMU has no room for {pages} pages in the addresses that it translates: {:x?}",
                self.ranges
            )))?;
        Arena::new(pages, LOW_PAGES, zones)
    }

    fn dma_map(
        &self,
        arena: &Arena,
        offset: u64,
        address: u64,
        len_bytes: u64,
    ) -> Result<(), HostError> {
        calls::map(
            &self.container,
            arena.base() as u64 + offset,
            address,
            len_bytes,
        )
    }

    fn dma_unmap(&self, address: u64, len_bytes: u64) -> Result<(), HostError> {
        calls::unmap(&self.container, address, len_bytes)
    }

    fn interrupts_on(&self) -> Result<bool, HostError> {
        let what = VFIO_PCI_MSI_IRQ_INDEX;
        calls::set_eventfd(&self.device, what, Some(&self.interrupt))?;
        Ok(false)
    }

    fn interrupts_off(&self) {
        // A function that is gone sends none either.
        let _ = calls::set_eventfd(&self.device, VFIO_PCI_MSI_IRQ_INDEX, None);
        while self.take_interrupt() {}
    }

    fn take_interrupt(&self) -> bool {
        self.interrupt.read().is_ok()
    }

    fn reset(&self) -> Result<(), HostError> {
        calls::reset(&self.device)
    }
}

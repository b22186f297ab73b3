//! A function of this machine through `uio_pci_generic`: for machines without an IOMMU, or with one that does not translate.
//!
//! BARs are mapped from the function's folder in `/sys`, configuration space is a file there, memory for the card is huge pages
//! ([`crate::huge`]). Interrupts are the wire, INTx: the kernel masks it (command register, bit 10) and counts; here the next look
//! unmasks it, when the interrupt routine has been. Nothing keeps the card from memory that it was not given: that is what VFIO is for.
//! Source: the kernel's `driver-api/uio-howto.rst`, `PCI/sysfs-pci.rst`.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{FlockOperation, OFlags, flock};

use crate::address::PciAddress;
use crate::arena::Arena;
use crate::error::HostError;
use crate::function::PciFunction;
use crate::huge;
use crate::mapped::Mapped;
use crate::sysfs::{self, Sysfs};

/// Driver and module that hand functions to user space.
const DRIVER: &str = "uio_pci_generic";
const PAGEMAP: &str = "/proc/self/pagemap";
const COMMAND: u16 = 0x04;
const COMMAND_MEMORY: u16 = 1 << 1;
const COMMAND_INTERRUPT_DISABLE: u16 = 1 << 10;
/// A BAR's flags in the file `resource`. Source: `include/linux/ioport.h`.
const RESOURCE_MEMORY: u64 = 0x200;

/// See the module's text.
pub struct UioFunction {
    address: PciAddress,
    sysfs: Sysfs,
    folder: PathBuf,
    config: File,
    node: File,
    bars: [Option<(Mapped, u64)>; 6],
    /// An interrupt was taken, and the kernel has masked the wire since.
    masked: AtomicBool,
}

impl UioFunction {
    /// Takes the function, giving it to `uio_pci_generic` first where it is not there yet.
    ///
    /// # Errors
    /// [`HostError`] says what is missing, and what to do.
    pub fn open(address: PciAddress, sysfs: &Sysfs) -> Result<Self, HostError> {
        let folder = sysfs.folder(address)?;
        if sysfs.is_translated(address)? {
            return Err(HostError::Translated(address));
        }
        sysfs.bind(address, DRIVER, DRIVER)?;
        let node = open_node(&folder)?;
        let path = folder.join("config");
        let config = OpenOptions::new().read(true).write(true).open(&path);
        let config = config.map_err(|source| sysfs::at(&path, "opened", source))?;
        let function = Self {
            address,
            sysfs: sysfs.clone(),
            bars: map_bars(&folder)?,
            folder,
            config,
            node,
            masked: AtomicBool::new(false),
        };
        // The kernel has enabled the function, but a reset by somebody else may have undone it.
        function.set_command(COMMAND_MEMORY, 0);
        Ok(function)
    }

    fn set_command(&self, set: u16, clear: u16) {
        let mut bytes = [0; 2];
        if self
            .config
            .read_exact_at(&mut bytes, COMMAND.into())
            .is_ok()
        {
            let value = u16::from_le_bytes(bytes);
            if value != u16::MAX {
                let value = (value | set) & !clear;
                // A function that is gone does not take it; its reads show that.
                let _ = self
                    .config
                    .write_all_at(&value.to_le_bytes(), COMMAND.into());
            }
        }
    }

    fn bar(&self, bar: u8) -> Option<&Mapped> {
        self.bars
            .get(usize::from(bar))?
            .as_ref()
            .map(|(bar, _)| bar)
    }
}

/// The function's node under `/dev`, for us alone.
fn open_node(folder: &Path) -> Result<File, HostError> {
    let inside = folder.join("uio");
    let entries =
        std::fs::read_dir(&inside).map_err(|source| sysfs::at(&inside, "read", source))?;
    let name = entries.flatten().map(|entry| entry.file_name()).next();
    let name =
        name.ok_or_else(|| HostError::Kernel(format!("{} names no node", inside.display())))?;
    let path = Path::new("/dev").join(name);
    let node = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(&path)
        .map_err(|source| sysfs::at(&path, "opened", source))?;
    flock(&node, FlockOperation::NonBlockingLockExclusive).map_err(|_| {
        HostError::Kernel(format!("{}: another program has the card", path.display()))
    })?;
    Ok(node)
}

/// Sizes of the memory BARs as the file `resource` tells: a line each, first address, last address, flags.
fn bar_sizes(text: &str) -> [u64; 6] {
    let mut sizes = [0; 6];
    for (size, line) in sizes.iter_mut().zip(text.lines()) {
        let number = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16).ok();
        let numbers: Option<Vec<u64>> = line.split_whitespace().map(number).collect();
        if let Some([first, last, flags]) = numbers.as_deref()
            && flags & RESOURCE_MEMORY != 0
            && last > first
        {
            *size = last - first + 1;
        }
    }
    sizes
}

fn map_bars(folder: &Path) -> Result<[Option<(Mapped, u64)>; 6], HostError> {
    let sizes = bar_sizes(&sysfs::read(&folder.join("resource"))?);
    let mut bars = [const { None }; 6];
    for (index, (bar, size)) in bars.iter_mut().zip(sizes).enumerate() {
        if size == 0 {
            continue;
        }
        let path = folder.join(format!("resource{index}"));
        let mapped = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .and_then(|file| Mapped::new(&file, size as usize));
        *bar = Some((
            mapped.map_err(|source| sysfs::at(&path, "mapped", source))?,
            size,
        ));
    }
    Ok(bars)
}

impl PciFunction for UioFunction {
    fn describe(&self) -> String {
        format!("UIO at {}", self.address)
    }

    fn config_read(&self, offset: u16) -> u32 {
        let mut bytes = [0xFF; 4];
        match self.config.read_exact_at(&mut bytes, offset.into()) {
            Ok(()) => u32::from_le_bytes(bytes),
            Err(_) => u32::MAX,
        }
    }

    fn config_write(&self, offset: u16, value: u32) {
        // A function that is gone does not take it; its reads show that.
        let _ = self
            .config
            .write_all_at(&value.to_le_bytes(), offset.into());
    }

    fn bar_bytes(&self, bar: u8) -> u64 {
        let bar = self.bars.get(usize::from(bar)).and_then(Option::as_ref);
        bar.map_or(0, |(_, size)| *size)
    }

    fn bar_read(&self, bar: u8, offset: u64, into: &mut [u8]) {
        if !self.bar(bar).is_some_and(|bar| bar.read(offset, into)) {
            into.fill(0xFF);
        }
    }

    fn bar_write(&self, bar: u8, offset: u64, bytes: &[u8]) {
        if let Some(bar) = self.bar(bar) {
            bar.write(offset, bytes);
        }
    }

    fn is_placed(&self) -> bool {
        true
    }

    fn arena(&self, pages: usize) -> Result<Arena, HostError> {
        huge::arena(pages, &self.sysfs, Path::new(PAGEMAP))
    }

    /// Nothing to do: the card sees all of the machine's memory.
    fn dma_map(&self, _: &Arena, _: u64, _: u64, _: u64) -> Result<(), HostError> {
        Ok(())
    }

    fn dma_unmap(&self, _: u64, _: u64) -> Result<(), HostError> {
        Ok(())
    }

    fn interrupts_on(&self) -> Result<bool, HostError> {
        while self.take_interrupt() {}
        self.masked.store(false, Ordering::SeqCst);
        self.set_command(0, COMMAND_INTERRUPT_DISABLE);
        Ok(false)
    }

    fn interrupts_off(&self) {
        self.set_command(COMMAND_INTERRUPT_DISABLE, 0);
        let mut count = [0; 4];
        while (&self.node).read(&mut count).is_ok() {}
    }

    fn take_interrupt(&self) -> bool {
        // The routine has run since the last one, so the wire is quiet, or has a new reason.
        if self.masked.swap(false, Ordering::SeqCst) {
            self.set_command(0, COMMAND_INTERRUPT_DISABLE);
        }
        let mut count = [0; 4];
        let taken = (&self.node).read(&mut count).is_ok();
        if taken {
            self.masked.store(true, Ordering::SeqCst);
        }
        taken
    }

    fn reset(&self) -> Result<(), HostError> {
        let path = self.folder.join("reset");
        if !path.exists() {
            return Err(HostError::Missing("way to be reset"));
        }
        sysfs::write(&path, "1")?;
        self.set_command(COMMAND_MEMORY, 0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_from_the_resource_file() {
        let text = "0x00000000fe000000 0x00000000fe3fffff 0x0000000000042208\n\
                    0x0000000000000000 0x0000000000000000 0x0000000000000000\n\
                    0x00000000fe400000 0x00000000fe40ffff 0x0000000000040200\n\
                    0x000000000000c000 0x000000000000c0ff 0x0000000000040101\n\
                    nonsense\n";
        assert_eq!(bar_sizes(text), [0x40_0000, 0, 0x1_0000, 0, 0, 0]);
        assert_eq!(bar_sizes(""), [0; 6]);
    }
}

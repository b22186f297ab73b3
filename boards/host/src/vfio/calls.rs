//! The system calls of VFIO. Each function is one of them, safe to call with any file: the kernel answers `ENOTTY` for one of another kind.
#![expect(unsafe_code, reason = "ioctls")]

use std::ffi::{CString, c_ulong};
use std::fs::File;
use std::io::Error;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use vfio_bindings::bindings::vfio::{
    VFIO_DEVICE_FLAGS_RESET, VFIO_DMA_MAP_FLAG_READ, VFIO_DMA_MAP_FLAG_WRITE,
    VFIO_GROUP_FLAGS_VIABLE, VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_IRQ_SET_DATA_EVENTFD,
    VFIO_IRQ_SET_DATA_NONE, VFIO_TYPE1v2_IOMMU, vfio_device_info, vfio_group_status,
    vfio_iommu_type1_dma_map, vfio_iommu_type1_dma_unmap, vfio_irq_set, vfio_region_info,
};
use vmm_sys_util::eventfd::EventFd;
use vmm_sys_util::ioctl::{
    ioctl, ioctl_with_mut_ref, ioctl_with_ptr, ioctl_with_ref, ioctl_with_val,
};

use crate::error::HostError;

/// `_IO(';', 100 + number)`: none of VFIO's numbers encodes a size.
const fn number(number: c_ulong) -> c_ulong {
    0x3B00 | (100 + number)
}
const GET_API_VERSION: c_ulong = number(0);
const CHECK_EXTENSION: c_ulong = number(1);
const SET_IOMMU: c_ulong = number(2);
const GROUP_GET_STATUS: c_ulong = number(3);
const GROUP_SET_CONTAINER: c_ulong = number(4);
const GROUP_GET_DEVICE_FD: c_ulong = number(6);
const DEVICE_GET_INFO: c_ulong = number(7);
const DEVICE_GET_REGION_INFO: c_ulong = number(8);
const DEVICE_SET_IRQS: c_ulong = number(10);
const DEVICE_RESET: c_ulong = number(11);
const IOMMU_GET_INFO: c_ulong = number(12);
const IOMMU_MAP_DMA: c_ulong = number(13);
const IOMMU_UNMAP_DMA: c_ulong = number(14);

/// The version that `linux/vfio.h` describes.
const API_VERSION: i32 = 0;
/// Room for what the IOMMU tells of itself. Units: 8 bytes.
pub(super) const IOMMU_INFO_WORDS: usize = 512;

/// Where a region of the function lies in the device's file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Region {
    /// First byte in the file.
    pub offset: u64,
    /// Bytes; 0 for a region that does not exist.
    pub size: u64,
}

impl Region {
    /// Whether an access stays inside.
    pub(super) fn holds(self, offset: u64, len: usize) -> bool {
        let end = offset.checked_add(len as u64);
        end.is_some_and(|end| end <= self.size)
    }
}

fn done(what: &'static str, answer: i32) -> Result<i32, HostError> {
    if answer < 0 {
        let source = Error::last_os_error();
        return Err(HostError::System { what, source });
    }
    Ok(answer)
}

/// The container speaks our version and has an IOMMU of our type.
pub(super) fn check_container(container: &File) -> Result<(), HostError> {
    // SAFETY: the call takes no argument.
    let version = unsafe { ioctl(container, GET_API_VERSION) };
    if done("asking VFIO for its version", version)? != API_VERSION {
        return Err(HostError::Kernel(format!("VFIO has version {version}")));
    }
    // SAFETY: the call takes a number.
    let typed = unsafe { ioctl_with_val(container, CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU.into()) };
    if done("asking VFIO for its IOMMU", typed)? == 0 {
        return Err(HostError::NoModule {
            driver: "of the IOMMU, type 1 version 2".to_owned(),
            module: "vfio_iommu_type1".to_owned(),
        });
    }
    Ok(())
}

/// All functions of the group are in VFIO's hands or in nobody's.
pub(super) fn is_viable(group: &File) -> Result<bool, HostError> {
    let mut status = vfio_group_status {
        argsz: size_of::<vfio_group_status>() as u32,
        flags: 0,
    };
    // SAFETY: the call writes a `vfio_group_status`, whose size it is told.
    let answer = unsafe { ioctl_with_mut_ref(group, GROUP_GET_STATUS, &mut status) };
    done("asking for the state of the IOMMU group", answer)?;
    Ok(status.flags & VFIO_GROUP_FLAGS_VIABLE != 0)
}

/// Puts the group into the container and switches the container's IOMMU on.
pub(super) fn join(group: &File, container: &File) -> Result<(), HostError> {
    let fd: RawFd = container.as_raw_fd();
    // SAFETY: the call reads an `int`, and `fd` is one.
    let answer = unsafe { ioctl_with_ref(group, GROUP_SET_CONTAINER, &fd) };
    done("putting the IOMMU group into a container", answer)?;
    // SAFETY: the call takes a number.
    let answer = unsafe { ioctl_with_val(container, SET_IOMMU, VFIO_TYPE1v2_IOMMU.into()) };
    done("switching the container's IOMMU on", answer)?;
    Ok(())
}

/// What the IOMMU tells of itself: `vfio_iommu_type1_info` with the chain of capabilities behind it, as words of 8 bytes.
pub(super) fn iommu_info(container: &File) -> Result<Vec<u8>, HostError> {
    let mut words = [0_u64; IOMMU_INFO_WORDS];
    words[0] = size_of_val(&words) as u64; // argsz in the low half, flags in the high one
    // SAFETY: the call writes at most `argsz` bytes, which is the size of `words`; any bytes are good words.
    let answer = unsafe { ioctl_with_mut_ref(container, IOMMU_GET_INFO, &mut words) };
    done("asking the IOMMU what it can do", answer)?;
    Ok(words.iter().flat_map(|word| word.to_ne_bytes()).collect())
}

/// The file of the function with this name.
pub(super) fn device(group: &File, name: &str) -> Result<File, HostError> {
    let name = CString::new(name).map_err(|_| HostError::Address(name.to_owned()))?;
    // SAFETY: the call reads a string that ends with a zero byte, and `name` is one for as long as it lasts.
    let fd = unsafe { ioctl_with_ptr(group, GROUP_GET_DEVICE_FD, name.as_ptr()) };
    let fd = done("opening the function", fd)?;
    // SAFETY: the call made this descriptor for us, and nobody else has it.
    Ok(File::from(unsafe { OwnedFd::from_raw_fd(fd) }))
}

/// Where a region lies; an empty one when the function does not have it.
pub(super) fn region(device: &File, index: u32) -> Result<Region, HostError> {
    let mut info = vfio_region_info {
        argsz: size_of::<vfio_region_info>() as u32,
        index,
        ..Default::default()
    };
    // SAFETY: the call writes a `vfio_region_info`, whose size it is told.
    let answer = unsafe { ioctl_with_mut_ref(device, DEVICE_GET_REGION_INFO, &mut info) };
    done("asking for a region of the function", answer)?;
    Ok(Region {
        offset: info.offset,
        size: info.size,
    })
}

/// `vfio_irq_set` with one descriptor behind it.
#[repr(C)]
struct IrqSet {
    head: vfio_irq_set,
    eventfd: RawFd,
}

/// Connects the first interrupt of a kind to an eventfd, or switches the kind off.
pub(super) fn set_eventfd(
    device: &File,
    index: u32,
    eventfd: Option<&EventFd>,
) -> Result<(), HostError> {
    let data = match eventfd {
        Some(_) => VFIO_IRQ_SET_DATA_EVENTFD,
        None => VFIO_IRQ_SET_DATA_NONE,
    };
    let set = IrqSet {
        head: vfio_irq_set {
            argsz: size_of::<IrqSet>() as u32,
            flags: data | VFIO_IRQ_SET_ACTION_TRIGGER,
            index,
            start: 0,
            count: eventfd.iter().count() as u32,
            ..Default::default()
        },
        eventfd: eventfd.map_or(-1, AsRawFd::as_raw_fd),
    };
    // SAFETY: the call reads at most `argsz` bytes, which is the size of `set`.
    let answer = unsafe { ioctl_with_ref(device, DEVICE_SET_IRQS, &set) };
    done("asking for interrupts", answer)?;
    Ok(())
}

/// Resets the function.
pub(super) fn reset(device: &File) -> Result<(), HostError> {
    let mut info = vfio_device_info {
        argsz: size_of::<vfio_device_info>() as u32,
        ..Default::default()
    };
    // SAFETY: the call writes a `vfio_device_info`, whose size it is told.
    let answer = unsafe { ioctl_with_mut_ref(device, DEVICE_GET_INFO, &mut info) };
    done("asking what the function can do", answer)?;
    if info.flags & VFIO_DEVICE_FLAGS_RESET == 0 {
        return Err(HostError::Missing("way to be reset"));
    }
    // SAFETY: the call takes no argument.
    let answer = unsafe { ioctl(device, DEVICE_RESET) };
    done("resetting the function", answer)?;
    Ok(())
}

/// Lets the function reach `len_bytes` at `memory` of this process under the bus address `address`.
///
/// The caller keeps that memory mapped as long as the mapping lasts; the kernel pins its pages, so that a card writing there can never hit another
/// use of them, but what it writes appears in this process.
pub(super) fn map(
    container: &File,
    memory: u64,
    address: u64,
    len_bytes: u64,
) -> Result<(), HostError> {
    let map = vfio_iommu_type1_dma_map {
        argsz: size_of::<vfio_iommu_type1_dma_map>() as u32,
        flags: VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
        vaddr: memory,
        iova: address,
        size: len_bytes,
    };
    // SAFETY:
    // - the call reads a `vfio_iommu_type1_dma_map`, whose size it is told;
    // - what the card writes goes to pages of an arena, which this crate touches by volatile accesses only.
    let answer = unsafe { ioctl_with_ref(container, IOMMU_MAP_DMA, &map) };
    done("mapping memory for the card", answer)?;
    Ok(())
}

/// Takes a mapping back.
pub(super) fn unmap(container: &File, address: u64, len_bytes: u64) -> Result<(), HostError> {
    let mut unmap = vfio_iommu_type1_dma_unmap {
        argsz: size_of::<vfio_iommu_type1_dma_unmap>() as u32,
        iova: address,
        size: len_bytes,
        ..Default::default()
    };
    // SAFETY: the call reads and writes a `vfio_iommu_type1_dma_unmap`, whose size it is told.
    let answer = unsafe { ioctl_with_mut_ref(container, IOMMU_UNMAP_DMA, &mut unmap) };
    done("taking memory from the card", answer)?;
    if unmap.size != len_bytes {
        return Err(HostError::Kernel(format!(
            "{} of {len_bytes} bytes at {address:#x} were mapped",
            unmap.size
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_kind_is_refused_by_every_call() {
        let file = File::open("/dev/null").unwrap();
        let refused = [
            check_container(&file).err(),
            is_viable(&file).err(),
            join(&file, &file).err(),
            iommu_info(&file).err(),
            device(&file, "0000:01:00.0").err(),
            region(&file, 0).err(),
            set_eventfd(&file, 1, None).err(),
            reset(&file).err(),
            map(&file, 0, 0, 4096).err(),
            unmap(&file, 0, 4096).err(),
        ];
        for error in refused {
            let told = format!("{:?}", error.expect("it is no VFIO file"));
            assert!(told.contains("code: 25"), "ENOTTY: {told}");
        }
    }

    #[test]
    fn numbers_are_those_of_the_header() {
        assert_eq!(GET_API_VERSION, 0x3B64);
        assert_eq!(IOMMU_UNMAP_DMA, 0x3B72);
    }

    #[test]
    fn accesses_past_a_region_are_outside() {
        let region = Region { offset: 0, size: 8 };
        assert!(region.holds(4, 4) && !region.holds(5, 4) && !region.holds(u64::MAX, 4));
        assert!(!Region::default().holds(0, 1));
    }
}

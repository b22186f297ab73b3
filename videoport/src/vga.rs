//! What is left of VGA: status, banked memory, trapped ports, BIOS calls.
//!
//! The card is no VGA, so these services answer what is true of it: it decodes no VGA ports, its memory needs no
//! banks, there is no BIOS to call. The permission map of trapped ports is kept as the miniport describes it, for a host
//! that emulates DOS boxes.
//!
//! Source: `VideoPortGetVgaStatus`, `VideoPortMapBankedMemory`, `VideoPortSetTrappedEmulatorPorts`,
//! `VideoPortIsNoVesa`, `VideoPortInt10`; PCI Local Bus Specification 3.0, appendix D.

use crate::address::{PhysAddr, VirtAddr};
use crate::guarded::Guarded;
use crate::limits::TRAPPED_RANGES;
use crate::pci;
use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;
use crate::types::{AccessRange, MemorySpace};

/// `DEVICE_VGA_ENABLED`: what `VideoPortGetVgaStatus` stores for a device that decodes VGA ports.
pub const DEVICE_VGA_ENABLED: u32 = 1;
/// Class code of a VGA-compatible display controller.
const CLASS_VGA: u32 = 0x03_00_00;
/// Class code of a VGA device older than class codes.
const CLASS_OLD_VGA: u32 = 0x00_01_00;
/// I/O ports there are.
const PORT_COUNT: u64 = 0x1_0000;

/// Registers of a real-mode BIOS call (`VIDEO_X86_BIOS_ARGUMENTS`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C)]
pub struct BiosArguments {
    /// EAX.
    pub eax: u32,
    /// EBX.
    pub ebx: u32,
    /// ECX.
    pub ecx: u32,
    /// EDX.
    pub edx: u32,
    /// ESI.
    pub esi: u32,
    /// EDI.
    pub edi: u32,
    /// EBP.
    pub ebp: u32,
}

/// A request for a linear view of banked memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BankedMemory {
    /// First address of the aperture.
    pub start: PhysAddr,
    /// Bytes of the whole linear view.
    pub length_bytes: u32,
    /// How to map it.
    pub space: MemorySpace,
    /// Bytes one bank shows.
    pub bank_length_bytes: u32,
    /// Read and write banks are set apart.
    pub read_write_bank: bool,
}

/// Stretches of ports with a permission of their own, in the order they were set: the last that holds a port counts.
pub(crate) struct TrappedPorts {
    ranges: heapless::Vec<TrappedRange, TRAPPED_RANGES>,
}

#[derive(Clone, Copy)]
struct TrappedRange {
    first: u64,
    end: u64,
    direct: bool,
}

impl TrappedPorts {
    pub(crate) const fn new() -> Guarded<Self> {
        Guarded::new(Self {
            ranges: heapless::Vec::new(),
        })
    }

    fn apply(&mut self, range: TrappedRange) -> bool {
        // What the new range covers wholly has no say any more.
        self.ranges
            .retain(|old| old.first < range.first || old.end > range.end);
        self.ranges.push(range).is_ok()
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortGetVgaStatus`: whether this device decodes the VGA ports now. PASSIVE.
    ///
    /// # Errors
    /// `ERROR_INVALID_FUNCTION` when no PCI function answers at the slot.
    pub fn get_vga_status(&self) -> Result<bool, VpStatus> {
        if !self.enter(Service::GetVgaStatus) {
            return Err(VpStatus::ERROR_INVALID_PARAMETER);
        }
        if pci::id(self.platform, self.slot).is_none() {
            return Err(VpStatus::ERROR_INVALID_FUNCTION);
        }
        let class = pci::class_code(self.platform, self.slot);
        let decodes = pci::command(self.platform, self.slot) & pci::COMMAND_IO != 0;
        Ok(decodes && matches!(class, CLASS_VGA | CLASS_OLD_VGA))
    }

    /// `VideoPortIsNoVesa`: true, drivers for plain VGA should not look for a VESA BIOS: there is none. Any IRQL.
    pub fn is_no_vesa(&self) -> bool {
        let _ = self.enter(Service::IsNoVesa);
        true
    }

    /// `VideoPortInt10`: a BIOS call. There is no BIOS: always `ERROR_INVALID_FUNCTION`, registers untouched. PASSIVE.
    pub fn int10(&self, arguments: &mut BiosArguments) -> VpStatus {
        let _ = (self.enter(Service::Int10), arguments);
        VpStatus::ERROR_INVALID_FUNCTION
    }

    /// `VideoPortMapBankedMemory` (obsolete): a linear view of memory behind banks. PASSIVE.
    ///
    /// A view that needs only one bank is mapped like [`VideoPort::map_memory`], and `select_bank` is called once with read
    /// and write bank 0 before this returns. Several banks take page faults that call the miniport, which no platform of
    /// this port has.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` when the view needs several banks, for I/O space, a bank length of 0, and whatever
    /// [`VideoPort::map_memory`] refuses.
    pub fn map_banked_memory(
        &self,
        request: &BankedMemory,
        select_bank: impl FnOnce(u32, u32),
    ) -> Result<VirtAddr, VpStatus> {
        let refused = VpStatus::ERROR_INVALID_PARAMETER;
        if !self.enter(Service::MapBankedMemory)
            || request.bank_length_bytes == 0
            || request.length_bytes > request.bank_length_bytes
            || request.space.contains(MemorySpace::IO)
        {
            return Err(refused);
        }
        let mapped = self.map_memory(request.start, request.length_bytes, request.space)?;
        select_bank(0, 0);
        Ok(mapped)
    }

    /// `VideoPortSetTrappedEmulatorPorts`: which I/O ports a DOS box may touch directly; the ranges apply in order, on top
    /// of those set before. PASSIVE.
    ///
    /// `ERROR_INVALID_PARAMETER`, and nothing changes, for a range outside I/O space, or when the map is too fragmented.
    pub fn set_trapped_emulator_ports(&self, ranges: &[AccessRange]) -> VpStatus {
        let service = Service::SetTrappedEmulatorPorts;
        let refused = VpStatus::ERROR_INVALID_PARAMETER;
        if !self.enter(service) {
            return refused;
        }
        let end_of =
            |range: &AccessRange| range.range_start.raw() + u64::from(range.range_length_bytes);
        let bad = ranges.iter().find(|range| {
            !range.range_in_io_space
                || range.range_length_bytes == 0
                || range.range_start.raw() >= PORT_COUNT
                || end_of(range) > PORT_COUNT
        });
        if let Some(bad) = bad {
            self.note(service, FindingKind::WrongArguments, bad.range_start.raw());
            return refused;
        }
        let applied = self.trapped.with(|map| {
            let before = map.ranges.clone();
            let applied = ranges.iter().all(|range| {
                map.apply(TrappedRange {
                    first: range.range_start.raw(),
                    end: end_of(range),
                    direct: range.range_visible,
                })
            });
            if !applied {
                map.ranges = before;
            }
            applied
        });
        if applied { VpStatus::NO_ERROR } else { refused }
    }

    /// Whether a DOS box may touch this port directly, for a host that emulates one. Ports nobody spoke of are trapped.
    pub fn is_port_direct(&self, port: u16) -> bool {
        let port = u64::from(port);
        self.trapped.with(|map| {
            let mut newest_first = map.ranges.iter().rev();
            newest_first
                .find(|range| range.first <= port && port < range.end)
                .is_some_and(|range| range.direct)
        })
    }
}

//! Access ranges, device mappings and configuration space as the miniport sees them.
//!
//! `VideoPortGetAccessRanges` reads what the card's BARs decode and claims it; only claimed ranges can be mapped with
//! `VideoPortGetDeviceBase`. Claims and mappings are per device and freed when it is removed.
//!
//! Resources asked for by list are in `resource_list.rs`. Not supported: conflicts with other drivers (there are none), address
//! spaces of processes (there is one; the handle is remembered and compared).

use crate::address::{PhysAddr, VirtAddr};
use crate::guarded::Guarded;
use crate::limits::{ACCESS_RANGES, MAPPINGS};
use crate::miniport::{EntryPoints, LegacyRanges};
use crate::pci::{self, PciId};
use crate::platform::{MapKind, PciSlot, Platform};
use crate::port::{LeakReport, VideoPort};
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;
use crate::types::{AccessRange, MemorySpace};

/// One mapping.
#[derive(Clone, Copy)]
struct Mapping {
    base: VirtAddr,
    physical: PhysAddr,
    length_bytes: u64,
    kind: MapKind,
    /// Made by `VideoPortGetDeviceBase`, for as long as the device lives.
    lasting: bool,
    /// The process it was made for, 0 for the system.
    process: usize,
}

/// What a device has claimed and mapped.
pub(crate) struct MappingState {
    claims: heapless::Vec<AccessRange, ACCESS_RANGES>,
    mappings: heapless::Vec<Mapping, MAPPINGS>,
    /// What `HwVidLegacyResources` added.
    legacy: LegacyRanges,
    /// Nesting of `VideoPortProtectWCMemory`.
    protected: u32,
}

impl MappingState {
    pub(crate) const fn new() -> Guarded<Self> {
        Guarded::new(Self {
            claims: heapless::Vec::new(),
            mappings: heapless::Vec::new(),
            legacy: LegacyRanges::new(),
            protected: 0,
        })
    }

    fn is_claimed(&self, start: PhysAddr, length_bytes: u64, io: bool) -> bool {
        let Some(end) = start.raw().checked_add(length_bytes) else {
            return false;
        };
        self.claims.iter().any(|claim| {
            let first = claim.range_start.raw();
            let last = first.saturating_add(u64::from(claim.range_length_bytes));
            claim.range_in_io_space == io && first <= start.raw() && end <= last
        })
    }

    fn claim(&mut self, ranges: &[AccessRange]) -> bool {
        self.claims.clear();
        ranges
            .iter()
            .all(|range| range.range_length_bytes == 0 || self.claims.push(*range).is_ok())
    }
}

/// Which configuration space `VideoPortGetBusData` means; only PCI exists here.
pub const BUS_DATA_PCI_CONFIGURATION: u32 = 4;

/// `VideoPortCheckForDeviceExistence` compares the subsystem ids too.
pub const CDE_USE_SUBSYSTEM_IDS: u32 = 1;
/// `VideoPortCheckForDeviceExistence` compares the revision too.
pub const CDE_USE_REVISION: u32 = 2;

/// What `VideoPortCheckForDeviceExistence` looks for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct DeviceQuery {
    /// Vendor id.
    pub vendor_id: u16,
    /// Device id.
    pub device_id: u16,
    /// Revision, with [`CDE_USE_REVISION`].
    pub revision_id: u8,
    /// Subsystem vendor, with [`CDE_USE_SUBSYSTEM_IDS`].
    pub subsystem_vendor_id: u16,
    /// Subsystem, with [`CDE_USE_SUBSYSTEM_IDS`].
    pub subsystem_id: u16,
    /// `CDE_*` flags.
    pub flags: u32,
}

impl<P: Platform> VideoPort<'_, P> {
    pub(crate) fn in_find_adapter(&self, service: Service) -> bool {
        self.in_context(|contexts| contexts.find_adapter)
            || self.misuse(service, FindingKind::OutsideItsCallback, 0)
    }

    /// `VideoPortGetAccessRanges` without a request list: the ranges the card decodes, in BAR order, claimed.
    /// `FindAdapter` only.
    ///
    /// Shape: `ranges` is filled from the front, the rest is zeroed; `slot` receives the slot number. An empty array
    /// releases all claims. `ERROR_MORE_DATA` when the card has more ranges than fit (nothing is claimed then),
    /// `ERROR_DEV_NOT_EXIST` when the card does not answer.
    pub fn get_access_ranges(
        &self,
        ranges: &mut [AccessRange],
        slot: Option<&mut u32>,
    ) -> VpStatus {
        let service = Service::GetAccessRanges;
        if !self.enter(service) || !self.in_find_adapter(service) {
            return VpStatus::ERROR_INVALID_PARAMETER;
        }
        if let Some(slot) = slot {
            *slot = self.slot.slot_number();
        }
        if ranges.is_empty() {
            self.mappings.with(|state| state.claims.clear());
            return VpStatus::NO_ERROR;
        }
        if pci::id(self.platform, self.slot).is_none() {
            return VpStatus::ERROR_DEV_NOT_EXIST;
        }
        ranges.fill(AccessRange::default());
        let Some(decoded) = self.decoded_ranges() else {
            return VpStatus::ERROR_MORE_DATA;
        };
        let Some(places) = ranges.get_mut(..decoded.len()) else {
            return VpStatus::ERROR_MORE_DATA;
        };
        places.copy_from_slice(&decoded);
        self.claim(ranges)
    }

    /// What the card decodes: its BARs in order, then what `HwVidLegacyResources` added. `None`: one is larger than an
    /// access range can say.
    pub(crate) fn decoded_ranges(&self) -> Option<heapless::Vec<AccessRange, ACCESS_RANGES>> {
        let mut decoded = heapless::Vec::new();
        for bar in pci::bars(self.platform, self.slot).into_iter().flatten() {
            let range = AccessRange {
                range_start: bar.base,
                range_length_bytes: u32::try_from(bar.length_bytes).ok()?,
                range_in_io_space: bar.io,
                ..AccessRange::default()
            };
            decoded.push(range).ok()?;
        }
        for range in self.mappings.with(|state| state.legacy.clone()) {
            decoded.push(range).ok()?;
        }
        Some(decoded)
    }

    /// `VideoPortVerifyAccessRanges`: claims ranges of the caller's choice. `FindAdapter` only.
    ///
    /// An element of length 0 is left out; an empty array releases everything; every call replaces earlier claims.
    pub fn verify_access_ranges(&self, ranges: &[AccessRange]) -> VpStatus {
        let service = Service::VerifyAccessRanges;
        if !self.enter(service) || !self.in_find_adapter(service) {
            return VpStatus::ERROR_INVALID_PARAMETER;
        }
        self.claim(ranges)
    }

    pub(crate) fn claim(&self, ranges: &[AccessRange]) -> VpStatus {
        if self.mappings.with(|state| state.claim(ranges)) {
            VpStatus::NO_ERROR
        } else {
            VpStatus::ERROR_INVALID_PARAMETER
        }
    }

    /// `VideoPortGetDeviceBase`: maps part of a claimed range for the processor. PASSIVE, `FindAdapter` only: elsewhere it
    /// works with a finding.
    ///
    /// `None` when the range is not claimed or cannot be mapped.
    pub fn get_device_base(
        &self,
        start: PhysAddr,
        length_bytes: u32,
        space: MemorySpace,
    ) -> Option<VirtAddr> {
        let service = Service::GetDeviceBase;
        if !self.enter(service) {
            return None;
        }
        let io = space.contains(MemorySpace::IO);
        if !self
            .mappings
            .with(|state| state.is_claimed(start, u64::from(length_bytes), io))
        {
            self.note(service, FindingKind::UnclaimedRange, start.raw());
            return None;
        }
        if !self.in_context(|contexts| contexts.find_adapter) {
            self.note(service, FindingKind::OutsideItsCallback, start.raw());
        }
        self.map(service, start, length_bytes, space, None)
    }

    /// `VideoPortFreeDeviceBase`: undoes it; `mapped` is exactly what it returned. PASSIVE.
    pub fn free_device_base(&self, mapped: VirtAddr) {
        let service = Service::FreeDeviceBase;
        if self.enter(service) && self.unmap(|mapping| mapping.base == mapped).is_none() {
            self.note(service, FindingKind::ForeignPointer, mapped.raw() as u64);
        }
    }

    /// `VideoPortMapMemory`: maps a physical range, for the map and share requests. PASSIVE.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` for an unclaimed or unmappable range, or a caching flag that differs from another live
    /// mapping of the same range.
    pub fn map_memory(
        &self,
        start: PhysAddr,
        length_bytes: u32,
        space: MemorySpace,
    ) -> Result<VirtAddr, VpStatus> {
        self.map_memory_for(0, start, length_bytes, space)
    }

    /// `VideoPortMapMemory` for the process behind a handle (with [`MemorySpace::USER_MODE`]); 0 is the system. The port
    /// knows one address space, so the handle only has to be repeated when the mapping is released.
    ///
    /// # Errors
    /// As [`VideoPort::map_memory`].
    pub fn map_memory_for(
        &self,
        process: usize,
        start: PhysAddr,
        length_bytes: u32,
        space: MemorySpace,
    ) -> Result<VirtAddr, VpStatus> {
        let service = Service::MapMemory;
        let refused = VpStatus::ERROR_INVALID_PARAMETER;
        if !self.enter(service) {
            return Err(refused);
        }
        let io = space.contains(MemorySpace::IO);
        if !self
            .mappings
            .with(|state| state.is_claimed(start, u64::from(length_bytes), io))
        {
            self.note(service, FindingKind::UnclaimedRange, start.raw());
            return Err(refused);
        }
        self.map(service, start, length_bytes, space, Some(process))
            .ok_or(refused)
    }

    /// `VideoPortUnmapMemory`: any address inside the mapping releases the whole mapping. PASSIVE.
    pub fn unmap_memory(&self, address: VirtAddr) -> VpStatus {
        self.unmap_memory_for(0, address)
    }

    /// `VideoPortUnmapMemory` with a process handle: 0, or the one given to [`VideoPort::map_memory_for`]. PASSIVE.
    ///
    /// `ERROR_INVALID_PARAMETER` for an address in no mapping, or another process' handle.
    pub fn unmap_memory_for(&self, process: usize, address: VirtAddr) -> VpStatus {
        let service = Service::UnmapMemory;
        if !self.enter(service) {
            return VpStatus::ERROR_INVALID_PARAMETER;
        }
        let inside = |mapping: &Mapping| {
            address
                .raw()
                .checked_sub(mapping.base.raw())
                .is_some_and(|offset| (offset as u64) < mapping.length_bytes)
                && (process == 0 || process == mapping.process)
        };
        if self.unmap(inside).is_some() {
            VpStatus::NO_ERROR
        } else {
            self.note(service, FindingKind::ForeignPointer, address.raw() as u64);
            VpStatus::ERROR_INVALID_PARAMETER
        }
    }

    fn map(
        &self,
        service: Service,
        physical: PhysAddr,
        length_bytes: u32,
        space: MemorySpace,
        process: Option<usize>,
    ) -> Option<VirtAddr> {
        let length_bytes = u64::from(length_bytes);
        let end = physical.raw().checked_add(length_bytes)?;
        let kind = if space.contains(MemorySpace::IO) {
            MapKind::Ports
        } else if space.contains(MemorySpace::P6CACHE) {
            MapKind::WriteCombined
        } else {
            MapKind::Uncached
        };
        if length_bytes == 0 {
            self.note(service, FindingKind::ZeroLength, physical.raw());
            return None;
        }
        let (full, clash) = self.mappings.with(|state| {
            let clash = state.mappings.iter().any(|other| {
                let other_end = other.physical.raw().saturating_add(other.length_bytes);
                other.kind != kind && physical.raw() < other_end && other.physical.raw() < end
            });
            (state.mappings.is_full(), clash)
        });
        if clash {
            self.note(service, FindingKind::CachingConflict, physical.raw());
        }
        if clash || full {
            return None;
        }
        let base = self.platform.map_device(physical, length_bytes, kind)?;
        let mapping = Mapping {
            base,
            physical,
            length_bytes,
            kind,
            lasting: process.is_none(),
            process: process.unwrap_or(0),
        };
        if self
            .mappings
            .with(|state| state.mappings.push(mapping))
            .is_err()
        {
            self.platform.unmap_device(base, length_bytes);
            return None;
        }
        Some(base)
    }

    fn unmap(&self, wanted: impl Fn(&Mapping) -> bool) -> Option<Mapping> {
        let found = self.mappings.with(|state| {
            let index = state.mappings.iter().position(wanted)?;
            Some(state.mappings.swap_remove(index))
        });
        if let Some(mapping) = found {
            self.platform
                .unmap_device(mapping.base, mapping.length_bytes);
        }
        found
    }

    /// Asks the miniport for ranges beyond its BARs, before `FindAdapter`.
    pub(crate) fn ask_for_legacy_ranges(&self) {
        if !self.registered().contains(EntryPoints::LEGACY_RESOURCES) {
            return;
        }
        let Some(id) = pci::id(self.platform, self.slot) else {
            return;
        };
        let mut ranges = LegacyRanges::new();
        self.miniport.legacy_resources(
            self,
            u32::from(id.vendor),
            u32::from(id.device),
            &mut ranges,
        );
        self.mappings.with(|state| state.legacy = ranges);
    }

    /// Checks, in strict mode, that a register access lies inside one mapping of the right space and is aligned.
    pub(crate) fn check_register(
        &self,
        service: Service,
        at: VirtAddr,
        length_bytes: usize,
        align_bytes: usize,
        io: bool,
    ) -> bool {
        if !self.options.strict {
            return true;
        }
        let space = self.mappings.with(|state| {
            state.mappings.iter().find_map(|mapping| {
                let offset = at.raw().checked_sub(mapping.base.raw())?;
                let end = offset.checked_add(length_bytes)?;
                (end as u64 <= mapping.length_bytes).then_some(mapping.kind == MapKind::Ports)
            })
        });
        let kind = match space {
            None => FindingKind::UnmappedRegister,
            Some(ports) if ports != io => FindingKind::WrongSpace,
            Some(_) if !at.raw().is_multiple_of(align_bytes) => FindingKind::Misaligned,
            Some(_) => return true,
        };
        self.misuse(service, kind, at.raw() as u64)
    }

    /// Whether an address lies in a device range mapped for the miniport.
    pub(crate) fn is_device_mapping(&self, address: VirtAddr) -> bool {
        self.mappings.with(|state| {
            state.mappings.iter().any(|mapping| {
                address
                    .raw()
                    .checked_sub(mapping.base.raw())
                    .is_some_and(|offset| (offset as u64) < mapping.length_bytes)
            })
        })
    }

    /// `VideoPortProtectWCMemory`: takes every write-combined mapping away until it is restored. Nests. PASSIVE.
    ///
    /// `ERROR_INVALID_FUNCTION` when the machine cannot; mappings are then as before.
    pub fn protect_wc_memory(&self) -> VpStatus {
        if !self.enter(Service::QueryServices) {
            return VpStatus::ERROR_INVALID_FUNCTION;
        }
        if self.mappings.with(|state| state.protected) == 0 && !self.protect_mappings(true) {
            return VpStatus::ERROR_INVALID_FUNCTION;
        }
        self.mappings
            .with(|state| state.protected = state.protected.saturating_add(1));
        VpStatus::NO_ERROR
    }

    /// `VideoPortRestoreWCMemory`: undoes one [`VideoPort::protect_wc_memory`]. PASSIVE.
    ///
    /// `ERROR_INVALID_FUNCTION` when nothing is protected.
    pub fn restore_wc_memory(&self) -> VpStatus {
        let service = Service::QueryServices;
        if !self.enter(service) {
            return VpStatus::ERROR_INVALID_FUNCTION;
        }
        let left = self.mappings.with(|state| {
            state.protected = state.protected.checked_sub(1)?;
            Some(state.protected)
        });
        match left {
            None => {
                self.note(service, FindingKind::NotHeld, 0);
                VpStatus::ERROR_INVALID_FUNCTION
            }
            Some(0) if !self.protect_mappings(false) => VpStatus::ERROR_INVALID_FUNCTION,
            Some(_) => VpStatus::NO_ERROR,
        }
    }

    /// Protects or restores every write-combined mapping, or none.
    fn protect_mappings(&self, protect: bool) -> bool {
        let nth = |index: usize| {
            self.mappings.with(|state| {
                let combined = |mapping: &&Mapping| mapping.kind == MapKind::WriteCombined;
                state.mappings.iter().filter(combined).nth(index).copied()
            })
        };
        let mut done = 0;
        while let Some(mapping) = nth(done) {
            if !self
                .platform
                .protect_device(mapping.base, mapping.length_bytes, protect)
            {
                for earlier in (0..done).filter_map(nth) {
                    self.platform
                        .protect_device(earlier.base, earlier.length_bytes, !protect);
                }
                return false;
            }
            done += 1;
        }
        true
    }

    pub(crate) fn mapping_count(&self) -> usize {
        self.mappings.with(|state| state.mappings.len())
    }

    pub(crate) fn tear_down_mappings(&self, report: &mut LeakReport) {
        while let Some(mapping) = self.unmap(|_| true) {
            report.mappings += usize::from(!mapping.lasting);
        }
        self.mappings.with(|state| {
            state.claims.clear();
            state.legacy.clear();
            state.protected = 0;
        });
    }

    /// `VideoPortGetBusData` for PCI configuration space: bytes read from `offset_bytes` on. PASSIVE.
    ///
    /// Returns the bytes read; 2 when the slot is empty (its vendor id, 0xFFFF, is then in the buffer); 0 for another
    /// bus or a range outside configuration space.
    pub fn get_bus_data(&self, bus_data_type: u32, buffer: &mut [u8], offset_bytes: u16) -> usize {
        if !self.enter(Service::GetBusData)
            || !is_config_range(bus_data_type, offset_bytes, buffer.len())
        {
            return 0;
        }
        if pci::id(self.platform, self.slot).is_none() {
            let count = buffer.len().min(2);
            buffer.get_mut(..count).unwrap_or_default().fill(0xff);
            return count;
        }
        for (offset, place) in (offset_bytes..).zip(buffer.iter_mut()) {
            let dw = self.platform.config_read(self.slot, offset & !3);
            *place = (dw >> (8 * u32::from(offset & 3))) as u8;
        }
        buffer.len()
    }

    /// `VideoPortSetBusData` for PCI configuration space: writes bytes from `offset_bytes` on. PASSIVE.
    ///
    /// Returns the bytes written, 0 for another bus or a range outside configuration space. Bytes of a DW that are not
    /// written are read back first, except in the status register, where they are written as zero.
    pub fn set_bus_data(&self, bus_data_type: u32, buffer: &[u8], offset_bytes: u16) -> usize {
        if !self.enter(Service::SetBusData)
            || !is_config_range(bus_data_type, offset_bytes, buffer.len())
        {
            return 0;
        }
        let end = usize::from(offset_bytes) + buffer.len();
        let mut at = offset_bytes & !3;
        while usize::from(at) < end {
            let mut dw = self.platform.config_read(self.slot, at);
            if at == 4 {
                dw &= 0xffff;
            }
            let mut bytes = dw.to_le_bytes();
            for (offset, place) in (at..).zip(bytes.iter_mut()) {
                let source = usize::from(offset).checked_sub(usize::from(offset_bytes));
                if let Some(byte) = source.and_then(|index| buffer.get(index)) {
                    *place = *byte;
                }
            }
            self.platform
                .config_write(self.slot, at, u32::from_le_bytes(bytes));
            at += 4;
        }
        buffer.len()
    }

    /// `VideoPortCheckForDeviceExistence`: whether such a PCI function is anywhere in the machine. PASSIVE.
    pub fn check_for_device_existence(&self, query: &DeviceQuery) -> bool {
        self.enter(Service::CheckForDeviceExistence)
            && pci::find(self.platform, |slot, found| {
                self.matches(query, slot, found)
            })
            .is_some()
    }

    fn matches(&self, query: &DeviceQuery, slot: PciSlot, found: PciId) -> bool {
        let revision = || self.platform.config_read(slot, 0x08) as u8 == query.revision_id;
        let subsystem = || {
            let expected =
                u32::from(query.subsystem_id) << 16 | u32::from(query.subsystem_vendor_id);
            self.platform.config_read(slot, 0x2c) == expected
        };
        found
            == PciId {
                vendor: query.vendor_id,
                device: query.device_id,
            }
            && (query.flags & CDE_USE_REVISION == 0 || revision())
            && (query.flags & CDE_USE_SUBSYSTEM_IDS == 0 || subsystem())
    }
}

fn is_config_range(bus_data_type: u32, offset_bytes: u16, length_bytes: usize) -> bool {
    bus_data_type == BUS_DATA_PCI_CONFIGURATION
        && usize::from(offset_bytes)
            .checked_add(length_bytes)
            .is_some_and(|end| end <= 4096)
}

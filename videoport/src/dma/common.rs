//! Common buffers: memory that processor and device use at the same time.

use lumenport_hal::sgl::Rights;

use super::resident::Resident;
use super::{DmaAdapter, Span};
use crate::address::{BusAddr, VirtAddr};
use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;
use crate::strict::FindingKind;

/// A common buffer, as allocated: what the release must repeat.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CommonBuffer {
    /// Where the processor sees it; page aligned.
    pub virtual_address: VirtAddr,
    /// Where the device sees it; contiguous, page aligned, within the adapter's reach.
    pub logical_address: BusAddr,
    /// Bytes asked for; only these may be used.
    pub length_bytes: u32,
    /// As asked for; without effect on a coherent machine.
    pub cache_enabled: bool,
}

/// A live common buffer.
#[derive(Clone, Copy, Debug)]
pub(super) struct CommonEntry {
    pub(super) adapter: DmaAdapter,
    buffer: CommonBuffer,
    resident: Resident,
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortAllocateCommonBuffer`: zero-filled memory that is contiguous for the device. PASSIVE.
    ///
    /// `None` for length 0, an unknown adapter, or when memory within its reach is missing. With a known card behind the
    /// port the buffer has an SG table of its own: [`VideoPort::common_buffer_hardware_handle`].
    pub fn allocate_common_buffer(
        &self,
        adapter: DmaAdapter,
        length_bytes: u32,
        cache_enabled: bool,
    ) -> Option<CommonBuffer> {
        let service = Service::AllocateCommonBuffer;
        if !self.enter(service) {
            return None;
        }
        self.make_common_buffer(service, adapter, length_bytes, cache_enabled)
    }

    /// `VideoPortReleaseCommonBuffer`: every fact must be the allocation's. PASSIVE.
    pub fn release_common_buffer(&self, adapter: DmaAdapter, buffer: &CommonBuffer) {
        let service = Service::ReleaseCommonBuffer;
        if self.enter(service) {
            self.drop_common_buffer(service, Some(adapter), buffer);
        }
    }

    /// `VideoPortGetCommonBuffer` (obsolete): as above on the device's default adapter; the alignment of the contract
    /// is ignored and the actual length is the desired one. PASSIVE.
    pub fn get_common_buffer(
        &self,
        length_bytes: u32,
        cache_enabled: bool,
    ) -> Option<CommonBuffer> {
        let service = Service::GetCommonBuffer;
        if !self.enter(service) {
            return None;
        }
        let adapter = self.default_adapter()?;
        self.make_common_buffer(service, adapter, length_bytes, cache_enabled)
    }

    /// `VideoPortFreeCommonBuffer` (obsolete): arguments as [`VideoPort::get_common_buffer`] answered. PASSIVE.
    pub fn free_common_buffer(&self, buffer: &CommonBuffer) {
        let service = Service::FreeCommonBuffer;
        if self.enter(service) {
            self.drop_common_buffer(service, None, buffer);
        }
    }

    /// The common buffer's name to the card's DMA engine, `None` without a card or for other memory.
    pub fn common_buffer_hardware_handle(&self, virtual_address: VirtAddr) -> Option<u32> {
        let handle = self.dma.with(|dma| {
            let mut entries = dma.common.iter();
            let entry = entries.find(|entry| entry.buffer.virtual_address == virtual_address)?;
            Some(entry.resident.hardware_raw())
        });
        handle.filter(|handle| *handle != 0)
    }

    fn make_common_buffer(
        &self,
        service: Service,
        adapter: DmaAdapter,
        length_bytes: u32,
        cache_enabled: bool,
    ) -> Option<CommonBuffer> {
        let highest = match self.dma.with(|dma| dma.adapter(adapter)) {
            Ok(found) => found.highest(),
            Err(error) => {
                self.bad_handle(service, error, adapter.raw());
                return None;
            }
        };
        if length_bytes == 0 {
            self.note(service, FindingKind::ZeroLength, 0);
            return None;
        }
        let zero = |span: Span| self.fill(service, span.base, span.length_bytes, 0);
        let rights = Rights::CardReadsAndWrites;
        let resident = self
            .take_resident(length_bytes as usize, highest, rights, zero)
            .ok()?;
        let buffer = CommonBuffer {
            virtual_address: resident.span.base,
            logical_address: resident.logical,
            length_bytes,
            cache_enabled,
        };
        let entry = CommonEntry {
            adapter,
            buffer,
            resident,
        };
        if self.dma.with(|dma| dma.common.push(entry)).is_err() {
            self.free_common_pages(service, &entry);
            return None;
        }
        Some(buffer)
    }

    fn drop_common_buffer(
        &self,
        service: Service,
        adapter: Option<DmaAdapter>,
        buffer: &CommonBuffer,
    ) {
        let found = self.dma.with(|dma| {
            let same_place =
                |entry: &CommonEntry| entry.buffer.virtual_address == buffer.virtual_address;
            let index = dma.common.iter().position(same_place)?;
            let entry = *dma.common.get(index)?;
            let expected = adapter.or(dma.default_adapter);
            let matches = entry.buffer == *buffer && expected == Some(entry.adapter);
            if matches || !self.options.strict {
                dma.common.swap_remove(index);
            }
            Some((entry, matches))
        });
        let Some((entry, matches)) = found else {
            self.note(
                service,
                FindingKind::ForeignPointer,
                buffer.virtual_address.raw() as u64,
            );
            return;
        };
        if !matches {
            self.note(
                service,
                FindingKind::WrongArguments,
                buffer.virtual_address.raw() as u64,
            );
        }
        if matches || !self.options.strict {
            self.free_common_pages(service, &entry);
        }
    }

    fn free_common_pages(&self, service: Service, entry: &CommonEntry) {
        self.give_resident_back(service, &entry.resident);
        self.dma.with(|dma| dma.settle_adapter(entry.adapter));
    }

    pub(super) fn tear_down_common_buffers(&self) -> usize {
        let mut count = 0;
        while let Some(entry) = self.dma.with(|dma| dma.common.pop()) {
            self.free_common_pages(Service::Removal, &entry);
            count += 1;
        }
        count
    }
}

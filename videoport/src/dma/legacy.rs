//! The NT4 packet services, frozen since Windows 2000: one acts, the others answer constants.
//!
//! The handle of this generation (`PDMA`) is the locked buffer of the newer one, so `GetMdl` is an identity.

use super::{Mdl, Span};
use crate::address::VirtAddr;
use crate::miniport::RequestPacket;
use crate::platform::Platform;
use crate::port::VideoPort;
use crate::services::Service;
use crate::strict::FindingKind;
use crate::types::{DmaFlags, LockOperation};

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortLockPages`: locks the packet's input buffer. PASSIVE.
    ///
    /// True only for [`DmaFlags::DmaInitOnly`] and only if the lock worked: the packet's output address is then the
    /// handle and its output length the locked length. In every other case the packet is untouched. The two event
    /// arguments of the contract are ignored.
    pub fn lock_pages(&self, packet: &mut RequestPacket<'_>, flags: DmaFlags) -> bool {
        let service = Service::LockPages;
        if !self.enter(service) || flags != DmaFlags::DmaInitOnly {
            return false;
        }
        let span = Span {
            base: packet.input_address,
            length_bytes: packet.input_length_bytes,
        };
        if span.base.is_null()
            || span.length_bytes == 0
            || u32::try_from(span.length_bytes).is_err()
        {
            let kind = if span.base.is_null() {
                FindingKind::NullPointer
            } else {
                FindingKind::ZeroLength
            };
            self.note(service, kind, span.base.raw() as u64);
            return false;
        }
        let Ok(mdl) = self.lock_span(span, LockOperation::Modify) else {
            return false;
        };
        packet.output_address = VirtAddr::new(mdl.raw());
        packet.output_length_bytes = packet.input_length_bytes;
        true
    }

    /// `VideoPortUnlockPages`: releases what [`VideoPort::lock_pages`] locked. PASSIVE, inside the request that
    /// locked. Always true.
    pub fn unlock_pages(&self, dma: Option<Mdl>) -> bool {
        let service = Service::UnlockPages;
        if !self.enter(service) {
            return true;
        }
        if !self.in_context(|contexts| contexts.start_io) {
            self.note(service, FindingKind::OutsideItsCallback, 0);
        }
        if let Some(mdl) = dma {
            self.unlock(service, mdl);
        }
        true
    }

    /// `VideoPortDoDma`: always `None`.
    pub fn do_dma(&self, dma: Option<Mdl>, flags: DmaFlags) -> Option<Mdl> {
        let _ = (self.enter(Service::DoDma), dma, flags);
        None
    }

    /// `VideoPortGetMdl`: its argument.
    pub fn get_mdl(&self, dma: Option<Mdl>) -> Option<Mdl> {
        let _ = self.enter(Service::GetMdl);
        dma
    }

    /// `VideoPortGetBytesUsed`: always 0.
    pub fn get_bytes_used(&self, dma: Option<Mdl>) -> u32 {
        let _ = (self.enter(Service::GetBytesUsed), dma);
        0
    }

    /// `VideoPortSetBytesUsed`: nothing.
    pub fn set_bytes_used(&self, dma: Option<Mdl>, bytes_used: u32) {
        let _ = (self.enter(Service::SetBytesUsed), dma, bytes_used);
    }

    /// `VideoPortGetDmaContext`: always null, also after a set.
    pub fn get_dma_context(&self, dma: Option<Mdl>) -> VirtAddr {
        let _ = (self.enter(Service::GetDmaContext), dma);
        VirtAddr::NULL
    }

    /// `VideoPortSetDmaContext`: nothing.
    pub fn set_dma_context(&self, dma: Option<Mdl>, context: VirtAddr) {
        let _ = (self.enter(Service::SetDmaContext), dma, context);
    }

    /// `VideoPortSignalDmaComplete`: always false.
    pub fn signal_dma_complete(&self, dma: Option<Mdl>) -> bool {
        let _ = (self.enter(Service::SignalDmaComplete), dma);
        false
    }

    /// `VideoPortAssociateEventsWithDmaHandle`: always `None`.
    pub fn associate_events_with_dma_handle(&self, packet: &mut RequestPacket<'_>) -> Option<Mdl> {
        let _ = (self.enter(Service::AssociateEventsWithDmaHandle), packet);
        None
    }

    /// `VideoPortMapDmaMemory`: always `None`.
    pub fn map_dma_memory(&self, packet: &mut RequestPacket<'_>) -> Option<Mdl> {
        let _ = (self.enter(Service::MapDmaMemory), packet);
        None
    }

    /// `VideoPortUnmapDmaMemory`: always false.
    pub fn unmap_dma_memory(&self, virtual_address: VirtAddr) -> bool {
        let _ = (self.enter(Service::UnmapDmaMemory), virtual_address);
        false
    }
}

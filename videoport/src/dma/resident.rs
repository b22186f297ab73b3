//! Contiguous pages that the port owns and the device may use: behind common buffers and bounced transfers.
//!
//! They are pinned like any memory the device touches, so that a machine behind an IOMMU lets it through, and have a
//! hardware table of their own.

use lumenport_hal::sgl::{Handle, Rights};

use super::list::PageWalk;
use super::{DmaError, Span, last_byte};
use crate::address::{BusAddr, pages_for};
use crate::hardware::HardwareError;
use crate::platform::{PageKind, Platform};
use crate::port::VideoPort;
use crate::services::Service;
use crate::strict::FindingKind;
use crate::types::LockOperation;

/// Pages for the device.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resident {
    pub(super) span: Span,
    /// First byte as the device sees it; the rest follows.
    pub(super) logical: BusAddr,
    page_count: usize,
    hardware: Option<Handle>,
}

impl Resident {
    /// Its name to the card, 0 without one.
    pub(super) fn hardware_raw(&self) -> u32 {
        self.hardware.map_or(0, Handle::raw)
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// Takes pages whose bytes all lie at or below `highest`, fills them by `prepare` and shows them to the card.
    /// On failure nothing stays taken.
    pub(super) fn take_resident(
        &self,
        length_bytes: usize,
        highest: BusAddr,
        rights: Rights,
        prepare: impl FnOnce(Span) -> bool,
    ) -> Result<Resident, DmaError> {
        let page_count = pages_for(length_bytes).ok_or(DmaError::Resources)?;
        let kind = PageKind::Contiguous { highest };
        let base = self
            .platform
            .allocate_pages(page_count, kind)
            .ok_or(DmaError::Resources)?;
        let span = Span { base, length_bytes };
        let shown = self.show_to_device(span, highest, rights, prepare);
        match shown {
            Ok((logical, hardware)) => Ok(Resident {
                span,
                logical,
                page_count,
                hardware,
            }),
            Err(error) => {
                self.platform.free_pages(base, page_count);
                Err(error)
            }
        }
    }

    fn show_to_device(
        &self,
        span: Span,
        highest: BusAddr,
        rights: Rights,
        prepare: impl FnOnce(Span) -> bool,
    ) -> Result<(BusAddr, Option<Handle>), DmaError> {
        let operation = if rights == Rights::CardReads {
            LockOperation::Read
        } else {
            LockOperation::Modify
        };
        self.pin_span(span, operation)?;
        let shown = (|| {
            let logical = self
                .platform
                .bus_address(span.base)
                .ok_or(DmaError::Resources)?;
            let reachable = last_byte(logical, span.length_bytes as u64) <= highest.raw();
            if !reachable || !prepare(span) {
                return Err(DmaError::Resources);
            }
            let hardware = self.publish_table(PageWalk::new(self.platform, span), rights)?;
            Ok((logical, hardware))
        })();
        if shown.is_err() {
            self.unpin_span(span);
        }
        shown
    }

    /// Gives the pages back. If the card does not let go of their table they stay taken: better lost than written.
    pub(super) fn give_resident_back(&self, service: Service, resident: &Resident) {
        if let Some(handle) = resident.hardware
            && let Err(HardwareError::Busy { .. }) = self.withdraw_table(handle)
        {
            self.note(service, FindingKind::TableStuck, u64::from(handle.raw()));
            return;
        }
        self.unpin_span(resident.span);
        self.platform
            .free_pages(resident.span.base, resident.page_count);
    }
}

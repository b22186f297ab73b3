//! Transfers: `VideoPortStartDma` and `VideoPortCompleteDma`.

use lumenport_hal::sgl::{Element, Rights};

use super::adapter::Adapter;
use super::list::{ELEMENT_BYTES, HEADER_BYTES, Joined, ListWriter, PageWalk, read_element};
use super::lock::LockedBuffer;
use super::resident::Resident;
use super::{DmaAdapter, DmaError, Mdl, ScatterGatherElement, ScatterGatherList, Span, last_byte};
use crate::address::{VirtAddr, pages_for};
use crate::irql::DISPATCH_LEVEL;
use crate::limits::DMA_LISTS;
use crate::platform::{PageKind, Platform};
use crate::port::VideoPort;
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;

/// One list between start and completion.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation {
    pub(super) adapter: DmaAdapter,
    pub(super) mdl: Option<Mdl>,
    list: VirtAddr,
    list_pages: usize,
    span: Span,
    write_to_device: bool,
    /// Pages within the adapter's reach that stand in for the locked ones.
    bounce: Option<Resident>,
}

/// What is known before any resource is taken.
struct Plan {
    adapter: Adapter,
    buffer: LockedBuffer,
    offset: usize,
    span: Span,
    bounce: Bounce,
}

/// Whether a transfer goes through pages that stand in for the locked ones.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Bounce {
    /// The device reaches the locked pages as they are.
    No,
    /// It does not reach them.
    Must,
    /// It reaches them, but takes one element and they are scattered: without stand-ins the transfer carries only this
    /// many bytes.
    Should { direct_bytes: usize },
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortStartDma`: builds the list for `[offset, offset + *length)` of a locked buffer and calls `routine`
    /// with it, exactly once, at DISPATCH, as the last act. `<= DISPATCH`.
    ///
    /// The transfer may be shorter than asked: `*length_bytes` holds what it carries before the routine runs (the list
    /// says it too), and the caller loops. `write_to_device` is the direction.
    ///
    /// `ERROR_NOT_ENOUGH_MEMORY` when a resource is missing: the routine did not run, `*length_bytes` is 0, trying again
    /// later is allowed. Wrong arguments give the same, in strict mode `ERROR_INVALID_PARAMETER`.
    pub fn start_dma<'s, F>(
        &'s self,
        adapter: DmaAdapter,
        mdl: Mdl,
        offset_bytes: u32,
        length_bytes: &mut u32,
        write_to_device: bool,
        routine: F,
    ) -> VpStatus
    where
        F: FnOnce(&'s Self, DmaAdapter, &ScatterGatherList),
    {
        let wanted = core::mem::take(length_bytes);
        if !self.enter(Service::StartDma) {
            return self.refusal();
        }
        let list = self
            .plan(adapter, mdl, offset_bytes, wanted, write_to_device)
            .and_then(|plan| self.build(adapter, mdl, &plan, write_to_device));
        match list {
            Err(DmaError::InvalidParameter) => self.refusal(),
            Err(error) => error.into(),
            Ok(list) => {
                *length_bytes = list.length_bytes();
                self.at_level(DISPATCH_LEVEL, || {
                    self.call_out(Service::ExecuteDma, || routine(self, adapter, &list));
                });
                VpStatus::NO_ERROR
            }
        }
    }

    /// What a wrong argument is answered with.
    fn refusal(&self) -> VpStatus {
        if self.options.strict {
            VpStatus::ERROR_INVALID_PARAMETER
        } else {
            VpStatus::ERROR_NOT_ENOUGH_MEMORY
        }
    }

    fn plan(
        &self,
        adapter: DmaAdapter,
        mdl: Mdl,
        offset_bytes: u32,
        wanted_bytes: u32,
        write_to_device: bool,
    ) -> Result<Plan, DmaError> {
        let service = Service::StartDma;
        let found = self.dma.with(|dma| dma.adapter(adapter)).map_err(|error| {
            self.bad_handle(service, error, adapter.raw());
            DmaError::InvalidParameter
        })?;
        let buffer = self.locked_buffer(mdl).map_err(|error| {
            self.bad_handle(service, error, mdl.raw());
            DmaError::InvalidParameter
        })?;
        if !write_to_device
            && !buffer.operation.device_writes()
            && !self.misuse(service, FindingKind::WrongDirection, mdl.raw() as u64)
        {
            return Err(DmaError::InvalidParameter);
        }
        let offset = offset_bytes as usize;
        let left = buffer.span.length_bytes.saturating_sub(offset);
        let mut count = (wanted_bytes as usize)
            .min(left)
            .min(found.description.maximum_length_bytes as usize);
        if count == 0 {
            self.note(service, FindingKind::ZeroLength, u64::from(offset_bytes));
            return Err(DmaError::InvalidParameter);
        }
        let base = buffer
            .span
            .base
            .checked_add(offset)
            .ok_or(DmaError::InvalidParameter)?;
        let whole = Span {
            base,
            length_bytes: count,
        };
        let mut bounce = self.needs_bounce(&found, whole);
        match bounce {
            Bounce::Must => count = count.min(found.bounce_limit_bytes()),
            Bounce::Should { direct_bytes } if direct_bytes < found.bounce_limit_bytes() => {
                count = count.min(found.bounce_limit_bytes());
            }
            // The first stretch is as long as what the stand-ins carry: no need to copy.
            Bounce::Should { direct_bytes } => {
                count = direct_bytes;
                bounce = Bounce::No;
            }
            Bounce::No => {}
        }
        if count == 0 {
            return Err(DmaError::Resources);
        }
        Ok(Plan {
            adapter: found,
            buffer,
            offset,
            span: Span {
                base,
                length_bytes: count,
            },
            bounce,
        })
    }

    fn needs_bounce(&self, adapter: &Adapter, span: Span) -> Bounce {
        let highest = adapter.highest().raw();
        let out_of_reach = |element: Element| {
            last_byte(element.address, u64::from(element.length.raw())) > highest
        };
        if highest != u64::MAX && PageWalk::new(self.platform, span).any(out_of_reach) {
            return Bounce::Must;
        }
        if adapter.description.scatter_gather {
            return Bounce::No;
        }
        let first = Joined::new(PageWalk::new(self.platform, span)).next();
        let direct_bytes = first.map_or(0, |element| element.length.raw() as usize);
        if direct_bytes < span.length_bytes {
            Bounce::Should { direct_bytes }
        } else {
            Bounce::No
        }
    }

    /// Takes every resource the transfer needs, or none.
    fn build(
        &self,
        adapter: DmaAdapter,
        mdl: Mdl,
        plan: &Plan,
        write_to_device: bool,
    ) -> Result<ScatterGatherList, DmaError> {
        if self.dma.with(|dma| dma.operations.is_full()) {
            return Err(DmaError::Resources);
        }
        let mut span = plan.span;
        let bounce = match plan.bounce {
            Bounce::No => None,
            Bounce::Must => Some(self.take_bounce(plan, write_to_device)?),
            Bounce::Should { direct_bytes } => {
                let bounce = self.take_bounce(plan, write_to_device).ok();
                if bounce.is_none() {
                    // Less at a time is better than nothing.
                    span.length_bytes = direct_bytes;
                }
                bounce
            }
        };
        if span.length_bytes == 0 {
            return Err(DmaError::Resources);
        }
        let written = match bounce {
            Some(bounce) => self.write_list(bounce.span, 0, bounce.hardware_raw()),
            None => self.write_list(span, plan.offset, plan.buffer.hardware_raw()),
        };
        let (list, list_pages) = match written {
            Ok(written) => written,
            Err(error) => {
                self.give_bounce_back(bounce);
                return Err(error);
            }
        };
        self.platform.flush_for_device(span.base, span.length_bytes);
        let operation = Operation {
            adapter,
            mdl: Some(mdl),
            list: list.address,
            list_pages,
            span,
            write_to_device,
            bounce,
        };
        if self.dma.with(|dma| dma.operations.push(operation)).is_err() {
            self.platform.free_pages(list.address, list_pages);
            self.give_bounce_back(bounce);
            return Err(DmaError::Resources);
        }
        Ok(list)
    }

    /// Writes the list for `span`, whose first byte is `offset` bytes into its hardware table.
    fn write_list(
        &self,
        span: Span,
        offset: usize,
        hardware: u32,
    ) -> Result<(ScatterGatherList, usize), DmaError> {
        let walk = PageWalk::new(self.platform, span);
        let count = Joined::new(walk.clone()).count();
        let bytes = count
            .checked_mul(ELEMENT_BYTES)
            .and_then(|bytes| bytes.checked_add(HEADER_BYTES));
        let pages = bytes.and_then(pages_for).ok_or(DmaError::Resources)?;
        let base = self
            .platform
            .allocate_pages(pages, PageKind::NonPaged)
            .ok_or(DmaError::Resources)?;
        let mut writer = ListWriter::new(self.platform, base);
        let mut at = offset;
        let filled = Joined::new(walk).try_for_each(|element| {
            let pushed = writer.push(element, if hardware == 0 { 0 } else { at });
            at += element.length.raw() as usize;
            pushed
        });
        match filled.and_then(|()| writer.finish(hardware)) {
            // A walk that ended early means that a page lost its bus address while pinned: do not start.
            Ok(list) if list.length_bytes() as usize == span.length_bytes => Ok((list, pages)),
            _ => {
                self.platform.free_pages(base, pages);
                Err(DmaError::Resources)
            }
        }
    }

    /// The bounce pages start as a copy in both directions: after a transfer to memory that moved less than announced,
    /// the rest of the buffer keeps its bytes instead of getting those of whoever had the pages before.
    fn take_bounce(&self, plan: &Plan, write_to_device: bool) -> Result<Resident, DmaError> {
        let rights = if write_to_device {
            Rights::CardReads
        } else {
            Rights::CardWrites
        };
        let length_bytes = plan.span.length_bytes;
        self.take_resident(length_bytes, plan.adapter.highest(), rights, |bounce| {
            self.copy(Service::StartDma, bounce.base, plan.span.base, length_bytes)
        })
    }

    fn give_bounce_back(&self, bounce: Option<Resident>) {
        if let Some(bounce) = bounce {
            self.give_resident_back(Service::CompleteDma, &bounce);
        }
    }

    /// `VideoPortCompleteDma`: ends the transfer that `list` belongs to; for transfers to memory the data is guaranteed
    /// visible only now. `<= DISPATCH`, never from the interrupt routine.
    ///
    /// Always `NO_ERROR`; a list that is unknown or completed already is reported and ignored.
    pub fn complete_dma(
        &self,
        adapter: DmaAdapter,
        list: &ScatterGatherList,
        write_to_device: bool,
    ) -> VpStatus {
        let service = Service::CompleteDma;
        if !self.enter(service) {
            return VpStatus::NO_ERROR;
        }
        let taken = self.dma.with(|dma| {
            let index = dma
                .operations
                .iter()
                .position(|operation| operation.list == list.address)?;
            Some(dma.operations.swap_remove(index))
        });
        let Some(operation) = taken else {
            self.note(service, FindingKind::StaleHandle, list.address.raw() as u64);
            return VpStatus::NO_ERROR;
        };
        if operation.adapter != adapter || operation.write_to_device != write_to_device {
            self.note(
                service,
                FindingKind::WrongArguments,
                list.address.raw() as u64,
            );
        }
        self.finish(service, &operation);
        VpStatus::NO_ERROR
    }

    fn finish(&self, service: Service, operation: &Operation) {
        let span = operation.span;
        if !operation.write_to_device {
            // Unlocked meanwhile (reported by the unlock): the memory may be somebody else's now.
            let locked = operation
                .mdl
                .is_some_and(|mdl| self.locked_buffer(mdl).is_ok());
            match operation.bounce {
                Some(bounce) if locked => {
                    self.platform
                        .invalidate_for_cpu(bounce.span.base, span.length_bytes);
                    self.copy(service, span.base, bounce.span.base, span.length_bytes);
                }
                Some(_) => {}
                None => self
                    .platform
                    .invalidate_for_cpu(span.base, span.length_bytes),
            }
        }
        self.give_bounce_back(operation.bounce);
        self.platform
            .free_pages(operation.list, operation.list_pages);
        self.dma.with(|dma| dma.settle_adapter(operation.adapter));
    }

    /// Element `index` of a list, `None` past its end.
    pub fn scatter_gather_element(
        &self,
        list: &ScatterGatherList,
        index: u32,
    ) -> Option<ScatterGatherElement> {
        read_element(self.platform, list, index)
    }

    pub(super) fn tear_down_lists(&self) -> usize {
        let mut count = 0;
        while count < DMA_LISTS
            && let Some(mut operation) = self.dma.with(|dma| dma.operations.pop())
        {
            // Nobody waits for the data any more.
            operation.mdl = None;
            self.finish(Service::Removal, &operation);
            count += 1;
        }
        count
    }
}

//! Locking buffers: pages pinned, hardware SG table written; and the way back.

use lumenport_hal::sgl::{Handle, Rights};

use super::list::PageWalk;
use super::{DmaError, Mdl, Span};
use crate::address::{PAGE_SIZE, VirtAddr, pages_spanned};
use crate::handle::HandleError;
use crate::hardware::HardwareError;
use crate::platform::{LogLevel, LogRecord, PageAccess, Platform};
use crate::port::VideoPort;
use crate::services::Service;
use crate::status::VpStatus;
use crate::strict::FindingKind;
use crate::types::LockOperation;

/// Where a locked buffer is in its life.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum LockPhase {
    /// Being pinned or being released by some thread.
    Changing,
    /// Usable.
    Locked,
    /// Its unlock did not get the table back from the card: pages stay pinned, only unlocking again is possible.
    Stuck,
}

/// One locked buffer.
#[derive(Clone, Copy, Debug)]
pub(super) struct LockedBuffer {
    pub(super) span: Span,
    pub(super) operation: LockOperation,
    pub(super) hardware: Option<Handle>,
    pub(super) phase: LockPhase,
}

impl LockedBuffer {
    pub(super) fn hardware_raw(&self) -> u32 {
        self.hardware.map_or(0, Handle::raw)
    }
}

impl<P: Platform> VideoPort<'_, P> {
    /// `VideoPortLockBuffer`: makes `[base, base + length)` resident, pins it, and writes its SG table into the card.
    /// PASSIVE, in the requester's thread.
    ///
    /// [`LockOperation::Read`] is enough for transfers to the device; the other two allow both directions. `None`, and
    /// nothing pinned, for a null base, length 0, memory that is not mapped or not writable, and when the port's or the
    /// card's tables are full.
    pub fn lock_buffer(
        &self,
        base: VirtAddr,
        length_bytes: u32,
        operation: LockOperation,
    ) -> Option<Mdl> {
        let service = Service::LockBuffer;
        if !self.enter(service) {
            return None;
        }
        if base.is_null() || length_bytes == 0 {
            let kind = if base.is_null() {
                FindingKind::NullPointer
            } else {
                FindingKind::ZeroLength
            };
            self.note(service, kind, base.raw() as u64);
            return None;
        }
        let span = Span {
            base,
            length_bytes: length_bytes as usize,
        };
        if !self.may_touch(service, base, span.length_bytes) {
            return None;
        }
        match self.lock_span(span, operation) {
            Ok(mdl) => Some(mdl),
            Err(error) => {
                if let DmaError::Pin(_) = error {
                    self.note(service, FindingKind::UnmappedMemory, base.raw() as u64);
                }
                self.platform.log(&LogRecord {
                    level: LogLevel::Warning,
                    code: VpStatus::from(error).0,
                    unique_id: 0,
                    message: format_args!("{service} of {length_bytes} bytes at {base}: {error}"),
                });
                None
            }
        }
    }

    pub(super) fn lock_span(&self, span: Span, operation: LockOperation) -> Result<Mdl, DmaError> {
        let buffer = LockedBuffer {
            span,
            operation,
            hardware: None,
            phase: LockPhase::Changing,
        };
        // The entry first: nothing is pinned when the table is full.
        let mdl = self
            .dma
            .with(|dma| dma.mdls.insert(buffer))
            .map_err(|_| DmaError::Resources)?;
        let locked = self.pin_span(span, operation).and_then(|()| {
            let rights = if operation.device_writes() {
                Rights::CardReadsAndWrites
            } else {
                Rights::CardReads
            };
            self.publish_table(PageWalk::new(self.platform, span), rights)
                .map_err(|error| {
                    self.unpin_span(span);
                    error.into()
                })
        });
        match locked {
            Ok(hardware) => {
                let settle = |entry: &mut LockedBuffer| {
                    entry.hardware = hardware;
                    entry.phase = LockPhase::Locked;
                };
                self.dma
                    .with(|dma| dma.mdls.get_mut(mdl).map(settle))
                    .map_err(|_| DmaError::Resources)?;
                Ok(mdl)
            }
            Err(error) => {
                let _ = self.dma.with(|dma| dma.mdls.remove(mdl));
                Err(error)
            }
        }
    }

    /// Pins every page of a span, or none.
    pub(super) fn pin_span(&self, span: Span, operation: LockOperation) -> Result<(), DmaError> {
        let access = if operation.device_writes() {
            PageAccess::Write
        } else {
            PageAccess::Read
        };
        let count =
            pages_spanned(span.base, span.length_bytes).ok_or(DmaError::InvalidParameter)?;
        for index in 0..count {
            let page = span
                .base
                .page()
                .checked_add(index * PAGE_SIZE)
                .ok_or(DmaError::InvalidParameter)?;
            if let Err(error) = self.platform.pin_page(page, access) {
                self.unpin_pages(span.base, index);
                return Err(error.into());
            }
        }
        Ok(())
    }

    pub(super) fn unpin_span(&self, span: Span) {
        self.unpin_pages(
            span.base,
            pages_spanned(span.base, span.length_bytes).unwrap_or(0),
        );
    }

    fn unpin_pages(&self, base: VirtAddr, count: usize) {
        for index in 0..count {
            if let Some(page) = base.page().checked_add(index * PAGE_SIZE) {
                self.platform.unpin_page(page);
            }
        }
    }

    /// `VideoPortUnlockBuffer`: withdraws the hardware table and releases the pages. `<= DISPATCH`.
    ///
    /// Waits, within a bound, until nothing of the table is in flight. If the card does not let go, the pages stay
    /// pinned, an error is logged, and unlocking again retries.
    pub fn unlock_buffer(&self, mdl: Mdl) {
        if self.enter(Service::UnlockBuffer) {
            self.unlock(Service::UnlockBuffer, mdl);
        }
    }

    pub(super) fn unlock(&self, service: Service, mdl: Mdl) {
        let taken = self.dma.with(|dma| {
            let lists = dma
                .operations
                .iter()
                .filter(|operation| operation.mdl == Some(mdl))
                .count();
            let entry = dma.mdls.get_mut(mdl)?;
            if entry.phase == LockPhase::Changing {
                return Err(HandleError::Stale);
            }
            entry.phase = LockPhase::Changing;
            Ok((*entry, lists))
        });
        let (buffer, lists) = match taken {
            Ok(taken) => taken,
            Err(error) => return self.bad_handle(service, error, mdl.raw()),
        };
        if lists != 0 {
            let count = u32::try_from(lists).unwrap_or(u32::MAX);
            self.note(
                service,
                FindingKind::LiveObjects { count },
                mdl.raw() as u64,
            );
        }
        if let Some(handle) = buffer.hardware
            && let Err(HardwareError::Busy { waited_us }) = self.withdraw_table(handle)
        {
            self.report_stuck(service, handle, waited_us);
            let _ = self.dma.with(|dma| {
                dma.mdls
                    .get_mut(mdl)
                    .map(|entry| entry.phase = LockPhase::Stuck)
            });
            return;
        }
        self.unpin_span(buffer.span);
        let _ = self.dma.with(|dma| dma.mdls.remove(mdl));
    }

    fn report_stuck(&self, service: Service, handle: Handle, waited_us: u32) {
        self.note(service, FindingKind::TableStuck, u64::from(handle.raw()));
        self.platform.log(&LogRecord {
            level: LogLevel::Error,
            code: VpStatus::ERROR_BUSY.0,
            unique_id: 0,
            message: format_args!(
                "SG table {:#010x} still in use after {waited_us} us: pages stay pinned",
                handle.raw()
            ),
        });
    }

    /// The locked buffer behind a handle.
    pub(super) fn locked_buffer(&self, mdl: Mdl) -> Result<LockedBuffer, HandleError> {
        self.dma.with(|dma| {
            let buffer = *dma.mdls.get_mut(mdl)?;
            if buffer.phase == LockPhase::Locked {
                Ok(buffer)
            } else {
                Err(HandleError::Stale)
            }
        })
    }

    /// Unlocks everything; what the card does not let go of is dropped from the books and stays pinned.
    pub(super) fn tear_down_locks(&self) -> usize {
        let mut count = 0;
        while let Some(mdl) = self.dma.with(|dma| dma.mdls.any()) {
            self.unlock(Service::Removal, mdl);
            let _ = self.dma.with(|dma| dma.mdls.remove(mdl));
            count += 1;
        }
        count
    }
}

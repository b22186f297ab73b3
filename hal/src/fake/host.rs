//! What lies behind the fake card's DMA engine.

use std::vec::Vec;

use crate::addr::BusAddr;

/// How a host refuses a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HostFault {
    /// Completion with Unsupported Request.
    UnsupportedRequest,
    /// Completion with Completer Abort.
    CompleterAbort,
    /// No completion at all.
    NoAnswer,
    /// Completion with poisoned data.
    Poisoned,
}

/// Host memory as the card reaches it. Called while the card is locked: must not touch the card.
pub trait HostMemory: Send {
    /// Reads bytes for the card. A request never crosses a 4 KiB boundary.
    ///
    /// # Errors
    /// How the host refuses; nothing was read.
    fn read(&mut self, address: BusAddr, into: &mut [u8]) -> Result<(), HostFault>;

    /// Writes bytes for the card. A request never crosses a 4 KiB boundary.
    ///
    /// # Errors
    /// How the host refuses. Posted writes have no completion on the bus, so the card never learns of it.
    fn write(&mut self, address: BusAddr, bytes: &[u8]) -> Result<(), HostFault>;
}

/// No memory: every request is refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl HostMemory for NoHost {
    fn read(&mut self, _: BusAddr, _: &mut [u8]) -> Result<(), HostFault> {
        Err(HostFault::UnsupportedRequest)
    }

    fn write(&mut self, _: BusAddr, _: &[u8]) -> Result<(), HostFault> {
        Err(HostFault::UnsupportedRequest)
    }
}

/// A plain run of memory at a bus address, shared with the test that owns it.
#[derive(Clone, Debug)]
pub struct VecHost {
    base: u64,
    bytes: std::sync::Arc<std::sync::Mutex<Vec<u8>>>,
}

impl VecHost {
    /// `length` zero bytes at `base`.
    pub fn new(base: BusAddr, length: usize) -> Self {
        Self {
            base: base.raw(),
            bytes: std::sync::Arc::new(std::sync::Mutex::new(std::vec![0; length])),
        }
    }

    /// Looks at or changes the bytes.
    pub fn with<R>(&self, f: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        f(&mut self
            .bytes
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn range(&self, address: BusAddr, length: usize) -> Result<core::ops::Range<usize>, HostFault> {
        let fault = HostFault::UnsupportedRequest;
        let start = address
            .raw()
            .checked_sub(self.base)
            .and_then(|start| usize::try_from(start).ok())
            .ok_or(fault)?;
        Ok(start..start.checked_add(length).ok_or(fault)?)
    }
}

impl HostMemory for VecHost {
    fn read(&mut self, address: BusAddr, into: &mut [u8]) -> Result<(), HostFault> {
        let range = self.range(address, into.len())?;
        self.with(|bytes| bytes.get(range).map(|from| into.copy_from_slice(from)))
            .ok_or(HostFault::UnsupportedRequest)
    }

    fn write(&mut self, address: BusAddr, from: &[u8]) -> Result<(), HostFault> {
        let range = self.range(address, from.len())?;
        self.with(|bytes| bytes.get_mut(range).map(|to| to.copy_from_slice(from)))
            .ok_or(HostFault::UnsupportedRequest)
    }
}

//! Register access through the port's accessor services, as the HAL's drivers want it.

use lumenport_hal::bus::{ALL_ONES, Bus};
use lumenport_videoport::address::VirtAddr;
use lumenport_videoport::{Platform, VideoPort};

/// The card's register BAR, reached with `VideoPortReadRegisterUlong` and `VideoPortWriteRegisterUlong`.
///
/// `base` is what `VideoPortGetDeviceBase` returned for the register range. Usable in every callback, the interrupt
/// routine included: both services are on its list.
pub struct PortBus<'p, 'a, P: Platform> {
    port: &'p VideoPort<'a, P>,
    base: VirtAddr,
}

impl<'p, 'a, P: Platform> PortBus<'p, 'a, P> {
    /// A bus whose offset 0 is `base`.
    pub const fn new(port: &'p VideoPort<'a, P>, base: VirtAddr) -> Self {
        Self { port, base }
    }
}

impl<P: Platform> Bus for PortBus<'_, '_, P> {
    fn read32(&self, offset: u32) -> u32 {
        match self.base.checked_add(offset as usize) {
            Some(at) => self.port.read_register_ulong(at),
            None => ALL_ONES,
        }
    }

    fn write32(&self, offset: u32, value: u32) {
        if let Some(at) = self.base.checked_add(offset as usize) {
            self.port.write_register_ulong(at, value);
        }
    }

    fn barrier(&self) {
        // The port's accessors are ordered against memory by contract; StartDma has flushed the buffer already.
        core::sync::atomic::fence(core::sync::atomic::Ordering::SeqCst);
    }
}

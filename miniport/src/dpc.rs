//! The deferred routine: completes the DMA operation, wakes who waits, asks for children after a hot plug.

use lumenport_videoport::miniport::DpcRoutine;
use lumenport_videoport::{Platform, VideoPort};

use crate::miniport::LumenportMiniport;

/// The one routine this driver queues.
pub(crate) const EVENTS: DpcRoutine = DpcRoutine(1);
/// Latch bit: a transfer ended, well or badly.
pub(crate) const DMA_FINISHED: u32 = 1;
/// Latch bit: vertical blanking began.
pub(crate) const VBLANK: u32 = 2;
/// Latch bit: a monitor came or went.
pub(crate) const HOTPLUG: u32 = 4;

impl LumenportMiniport {
    pub(crate) fn dpc_callback<P: Platform>(&self, port: &VideoPort<'_, P>) {
        let bits = self.ext.latch.take();
        self.ext
            .with(|state| state.counters.dpcs = state.counters.dpcs.wrapping_add(1));
        if bits & DMA_FINISHED != 0 {
            self.finish_flight(port);
        }
        if bits & VBLANK != 0
            && let Some(event) = self.ext.with(|state| state.vblank_event)
        {
            let _ = port.set_event(event);
        }
        if bits & HOTPLUG != 0 {
            // Always NO_ERROR by contract. The port asks at PASSIVE, when the EDID can be read.
            let _ = port.enumerate_children();
        }
    }
}

//! `HwVidInterrupt`: reads what happened, silences it, leaves the rest to the deferred routine.

use lumenport_hal::irq::Irq;
use lumenport_hal::{crtc, ddc, dma};
use lumenport_videoport::{Platform, VideoPort};

use crate::dpc;
use crate::miniport::LumenportMiniport;

impl LumenportMiniport {
    /// False when the card has nothing pending, is powered down, or is not there.
    pub(crate) fn interrupt_callback<P: Platform>(&self, port: &VideoPort<'_, P>) -> bool {
        if self.is_powered_down() {
            return false;
        }
        let Some(bus) = self.bus(port) else {
            return false;
        };
        let irq = Irq::new(&bus);
        let Some(pending) = irq.pending() else {
            return false;
        };
        if pending.is_empty() {
            // A message whose cause was silenced while it was on its way. Its vector is disarmed all the same, and would stay
            // so: no other message would ever come.
            irq.rearm();
            return false;
        }
        let mut bits = 0;
        if pending.dma {
            let engine = dma::Dma::new(&bus);
            let events = engine.events();
            engine.clear(events);
            if events.done || events.error {
                bits |= dpc::DMA_FINISHED;
            }
        }
        let mut seen = crtc::Events::default();
        if pending.crtc {
            let raster = crtc::Crtc::new(&bus);
            seen = raster.events();
            raster.clear(seen);
            if seen.vblank {
                bits |= dpc::VBLANK;
            }
        }
        let mut plugged = false;
        if pending.ddc {
            // The other events of the block belong to who runs a command.
            ddc::Ddc::new(&bus).clear(ddc::Events::HOTPLUG);
            bits |= dpc::HOTPLUG;
            plugged = true;
        }
        self.ext.with(|state| {
            let counters = &mut state.counters;
            counters.interrupts = counters.interrupts.wrapping_add(1);
            counters.vblanks = counters.vblanks.wrapping_add(u32::from(seen.vblank));
            counters.hotplugs = counters.hotplugs.wrapping_add(u32::from(plugged));
            counters.underruns = counters.underruns.wrapping_add(u32::from(seen.underrun));
        });
        // Everything seen is cleared; what came since fires again at once.
        irq.rearm();
        if bits != 0 {
            self.ext.latch.set(bits);
            // False means that it is queued already: it will find these bits too.
            let _ = port.queue_dpc(dpc::EVENTS, 0);
        }
        true
    }
}

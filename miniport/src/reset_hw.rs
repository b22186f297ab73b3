//! `HwVidResetHw`: the crash path. Any IRQL, register accessors only, no wait.

use lumenport_hal::crtc::Crtc;
use lumenport_hal::irq::{Irq, Sources};
use lumenport_videoport::{Platform, VideoPort};

use crate::miniport::LumenportMiniport;

impl LumenportMiniport {
    /// Stops interrupts, DMA and raster. True: no firmware mode set would help, the card has no text mode.
    pub(crate) fn reset_hw_callback<P: Platform>(&self, port: &VideoPort<'_, P>) -> bool {
        let Some(bus) = self.bus(port) else {
            return false;
        };
        Irq::new(&bus).enable(Sources::NONE);
        lumenport_hal::dma::Dma::new(&bus).abort_now();
        Crtc::new(&bus).disable_now();
        self.forget_pointer(&bus);
        self.ext.with(|state| state.mode = None);
        true
    }
}

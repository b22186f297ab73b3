//! `HwVidInitialize`: one-time setup when the device is opened. Leaves the card as after a reset, interrupts ready.

use lumenport_hal::irq::{Irq, Sources};
use lumenport_hal::{crtc, ddc, dma};
use lumenport_videoport::{Platform, VideoPort};

use crate::miniport::LumenportMiniport;
use crate::power::Power;
use crate::registers::PortBus;
use crate::transfer;

impl LumenportMiniport {
    pub(crate) fn initialize_callback<P: Platform>(&self, port: &VideoPort<'_, P>) -> bool {
        let Some(bus) = self.bus(port) else {
            return false;
        };
        if !self.quiet(port, &bus) {
            return false;
        }
        let dma_events = dma::Events {
            done: true,
            error: true,
        };
        dma::Dma::new(&bus).clear(dma_events);
        dma::Dma::new(&bus).enable_interrupts(dma_events);
        crtc::Crtc::new(&bus).clear(crtc::Events {
            vblank: true,
            underrun: true,
        });
        crtc::Crtc::new(&bus).enable_interrupts(crtc::Events {
            vblank: false,
            underrun: true,
        });
        self.set_debounce(port, &bus);
        // Not cleared: a change since the children were asked for must not be lost.
        ddc::Ddc::new(&bus).enable_interrupts(ddc::Events::HOTPLUG);
        Self::arm_interrupts(&bus);
        true
    }

    /// Lets the card interrupt for what this driver handles.
    pub(crate) fn arm_interrupts<P: Platform>(bus: &PortBus<'_, '_, P>) {
        Irq::new(bus).enable(Sources {
            dma: true,
            crtc: true,
            ddc: true,
            ..Sources::NONE
        });
        Irq::new(bus).rearm();
    }

    /// Nothing moves, nothing is shown. False when the card does not obey.
    pub(crate) fn quiet<P: Platform>(
        &self,
        port: &VideoPort<'_, P>,
        bus: &PortBus<'_, '_, P>,
    ) -> bool {
        let stopped = dma::Dma::new(bus).abort(&mut port.delay(), transfer::ABORT_BOUND);
        let dark = crtc::Crtc::new(bus).disable(&mut port.delay(), crate::requests::FRAME_BOUND);
        self.forget_pointer(bus);
        self.ext.with(|state| {
            state.mode = None;
            state.power = Power::ON;
        });
        stopped.is_ok() && dark.is_ok()
    }
}

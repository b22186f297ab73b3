//! Card memory: its size, and the latency knob of the simulated one. The bytes themselves are in BAR0.

use lumenport_regmap::blocks::mem;

use crate::addr::ByteLen;
use crate::bus::Bus;
use crate::reg::RegisterBus;

/// Driver of the memory block.
#[derive(Clone, Copy, Debug)]
pub struct Mem<B> {
    bus: B,
}

impl<B: Bus> Mem<B> {
    /// Takes the bus; touches nothing.
    pub const fn new(bus: B) -> Self {
        Self { bus }
    }

    /// Size of card memory.
    pub fn size(&self) -> ByteLen {
        ByteLen::new(self.bus.load::<mem::SizeBytes>().bits())
    }

    /// Extra read latency of the simulated memory. Units: `sys` clocks. No effect on a real card.
    pub fn model_latency_cycles(&self) -> u8 {
        // The field is 8 bits wide.
        self.bus
            .load::<mem::ModelLatency>()
            .get(mem::ModelLatency::CYCLES) as u8
    }

    /// Sets the extra read latency of the simulated memory. Units: `sys` clocks. No effect on a real card.
    pub fn set_model_latency_cycles(&self, cycles: u8) {
        self.bus
            .store(mem::ModelLatency::new().with(mem::ModelLatency::CYCLES, u32::from(cycles)));
    }
}

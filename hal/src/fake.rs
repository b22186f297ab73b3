//! An in-memory card for tests: every register of the map, with behaviour where drivers depend on it.
//!
//! Storage, access kinds and reset values come from the register map's metadata; DMA, raster, plane, semaphores and
//! interrupts are modelled in virtual time. Time moves with [`FakeCard::advance_ns`] and a little with each register
//! access, so that nothing depends on the speed of the machine and every run is the same.
//!
//! Not modelled: PCI configuration space (the tests' machine has that), TLPs, TMDS symbols, bus contention.
//! An underrun happens only when injected.

mod cursor;
mod ddc;
mod dma;
mod edid_target;
mod host;
mod raster;
mod registers;
mod sem;

use std::boxed::Box;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::vec::Vec;

use embedded_hal::delay::DelayNs;
use lumenport_regmap::MAP_DIGEST;

use crate::bus::{ALL_ONES, Bus};
use crate::sem::Agent;

pub use edid_target::{BusFlaws, EdidTarget};
pub use host::{HostFault, HostMemory, NoHost, VecHost};
pub use raster::Frame;
use registers::State;

/// How a fake card is built.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FakeConfig {
    /// Card memory. Units: bytes; a power of two.
    pub memory_bytes: u32,
    /// Pixel clocks of the board. Units: kHz; at most 8.
    pub clocks_khz: Vec<u32>,
    /// Digest that the card reports; the map's own by default.
    pub map_digest: u32,
    /// Virtual time that a register read takes. Units: ns.
    pub read_ns: u64,
    /// Virtual time that a register write takes. Units: ns.
    pub write_ns: u64,
    /// Virtual time that one DMA byte takes. Units: ns.
    pub dma_ns_per_byte: u64,
}

impl Default for FakeConfig {
    fn default() -> Self {
        Self {
            memory_bytes: lumenport_regmap::card::SIM_MEMORY_BYTES,
            clocks_khz: std::vec![25_175, 40_000, 65_000, 74_250],
            map_digest: MAP_DIGEST,
            read_ns: 200,
            write_ns: 20,
            dma_ns_per_byte: 5,
        }
    }
}

/// The card. Shareable between threads; every method takes `&self`.
pub struct FakeCard {
    state: Mutex<State>,
}

impl core::fmt::Debug for FakeCard {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("FakeCard").finish_non_exhaustive()
    }
}

impl Default for FakeCard {
    fn default() -> Self {
        Self::new(FakeConfig::default())
    }
}

impl FakeCard {
    /// A card after reset: bus mastering on, MSI on, no host memory behind it.
    pub fn new(config: FakeConfig) -> Self {
        Self {
            state: Mutex::new(State::new(config)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panicked elsewhere must not turn into a second panic here.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts host memory behind the card's DMA engine. The host's methods run while the card is locked: they must not
    /// touch the card.
    pub fn connect_host(&self, host: impl HostMemory + 'static) {
        self.lock().host = Box::new(host);
    }

    /// Moves virtual time.
    pub fn advance_ns(&self, ns: u64) {
        self.lock().advance(ns);
    }

    /// Virtual time since the card was made. Units: ns.
    pub fn now_ns(&self) -> u64 {
        self.lock().now_ns
    }

    /// Takes one interrupt message the card sent; false when there is none.
    pub fn take_msi(&self) -> bool {
        let mut state = self.lock();
        let any = state.msi_queue > 0;
        state.msi_queue = state.msi_queue.saturating_sub(1);
        any
    }

    /// Enables or disables the interrupt message, as its bit in configuration space does.
    pub fn set_msi_enabled(&self, on: bool) {
        let mut state = self.lock();
        state.msi_enabled = on;
        state.update_msi();
    }

    /// Lets interrupt messages get lost on their way, or arrive again. The card takes a lost one as sent.
    pub fn set_msi_lost(&self, lost: bool) {
        self.lock().msi_lost = lost;
    }

    /// Enables or disables bus mastering, as its bit in configuration space does.
    pub fn set_bus_master(&self, on: bool) {
        self.lock().bus_master = on;
    }

    /// Takes the card off the bus: reads give all ones, writes vanish, DMA stops. `false` puts it back, after reset.
    pub fn set_gone(&self, gone: bool) {
        let mut state = self.lock();
        if !gone && state.gone {
            state.reset();
        }
        state.gone = gone;
    }

    /// Freezes the DMA engine: a running transfer makes no progress and does not time out, until thawed.
    pub fn set_dma_frozen(&self, frozen: bool) {
        self.lock().engine.set_frozen(frozen);
    }

    /// Connects a monitor with this EDID and these flaws to the DDC bus, or pulls it out. The level counts when it has been
    /// steady for the debounce time.
    pub fn set_monitor(&self, edid: Option<&[u8]>, flaws: BusFlaws) {
        self.lock().set_monitor(edid.map(|edid| (edid, flaws)));
    }

    /// Marks the present frame as starved, as if scanout had found no pixel.
    pub fn inject_underrun(&self) {
        let mut state = self.lock();
        state.inject_underrun();
        state.update_msi();
    }

    /// Reads card memory through BAR0. Bytes outside, and all bytes of a card that is gone, read as ones.
    pub fn read_memory(&self, at: u32, into: &mut [u8]) {
        let state = self.lock();
        into.fill(0xFF);
        if state.gone {
            return;
        }
        if let Some(source) = state.memory.get(at as usize..) {
            let len = into.len().min(source.len());
            if let (Some(to), Some(from)) = (into.get_mut(..len), source.get(..len)) {
                to.copy_from_slice(from);
            }
        }
    }

    /// Writes card memory through BAR0. Bytes outside vanish.
    pub fn write_memory(&self, at: u32, bytes: &[u8]) {
        let mut state = self.lock();
        if state.gone {
            return;
        }
        if let Some(target) = state.memory.get_mut(at as usize..) {
            let len = bytes.len().min(target.len());
            if let (Some(to), Some(from)) = (target.get_mut(..len), bytes.get(..len)) {
                to.copy_from_slice(from);
            }
        }
    }

    /// What a monitor would show in this frame; `None` while the raster is off.
    pub fn render(&self) -> Option<Frame> {
        self.lock().render()
    }

    /// Frames started since reset, without the virtual time that a register read takes.
    pub fn frame_count(&self) -> u32 {
        self.lock()
            .stored::<lumenport_regmap::blocks::crtc::FrameCount>()
            .bits()
    }

    /// The card as another agent sees it.
    pub fn as_agent(&self, agent: Agent) -> AgentBus<'_> {
        AgentBus { card: self, agent }
    }

    /// A delay that moves this card's virtual time.
    pub fn delay(&self) -> FakeDelay<'_> {
        FakeDelay { card: self }
    }

    fn read(&self, offset: u32) -> u32 {
        let mut state = self.lock();
        let ns = state.config.read_ns;
        state.advance(ns);
        if state.gone {
            ALL_ONES
        } else {
            state.read(offset)
        }
    }

    fn write(&self, offset: u32, value: u32, agent: Agent) {
        let mut state = self.lock();
        let ns = state.config.write_ns;
        state.advance(ns);
        if !state.gone {
            state.write(offset, value, agent);
            state.update_msi();
        }
    }
}

impl Bus for FakeCard {
    fn read32(&self, offset: u32) -> u32 {
        self.read(offset)
    }

    fn write32(&self, offset: u32, value: u32) {
        self.write(offset, value, Agent::Host);
    }

    fn barrier(&self) {}
}

/// Register access that the card attributes to a given agent.
#[derive(Clone, Copy, Debug)]
pub struct AgentBus<'a> {
    card: &'a FakeCard,
    agent: Agent,
}

impl Bus for AgentBus<'_> {
    fn read32(&self, offset: u32) -> u32 {
        self.card.read(offset)
    }

    fn write32(&self, offset: u32, value: u32) {
        self.card.write(offset, value, self.agent);
    }

    fn barrier(&self) {}
}

/// Delay in the card's virtual time.
#[derive(Clone, Copy, Debug)]
pub struct FakeDelay<'a> {
    card: &'a FakeCard,
}

impl DelayNs for FakeDelay<'_> {
    fn delay_ns(&mut self, ns: u32) {
        self.card.advance_ns(u64::from(ns));
    }
}

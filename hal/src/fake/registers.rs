//! Register storage of the fake card: access kinds and reset values from the map's metadata.

use std::boxed::Box;
use std::vec::Vec;

use lumenport_regmap::blocks::{
    crtc, cursor, cursor_image, ddc, dma, id, irq, mem, plane, sem, sgl,
};
use lumenport_regmap::{Access, Addressed, RegMeta, card};

use super::cursor::Pointer;
use super::ddc::Wire;
use super::dma::Engine;
use super::host::{HostMemory, NoHost};
use super::raster::Raster;
use super::sem::Semaphores;
use super::{Agent, FakeConfig};

/// Period of the `sys` clock. Units: ns (62.5 MHz).
pub(super) const SYS_NS: u64 = 16;

/// Everything behind the card's lock.
pub(super) struct State {
    pub config: FakeConfig,
    pub now_ns: u64,
    pub gone: bool,
    pub bus_master: bool,
    pub msi_enabled: bool,
    pub msi_queue: u32,
    pub msi_lost: bool,
    pub host: Box<dyn HostMemory>,
    pub memory: Vec<u8>,
    pub engine: Engine,
    pub raster: Raster,
    pub pointer: Pointer,
    pub wire: Wire,
    sems: Semaphores,
    /// Bit v: vector v is armed. Messages use vector 0: the fake card has one.
    armed: u32,
    reset_ns: u64,
    words: Vec<u32>,
    metas: Vec<Option<&'static RegMeta>>,
}

impl State {
    pub fn new(config: FakeConfig) -> Self {
        let word_count = card::REGISTER_BAR_BYTES as usize / 4;
        let mut metas: Vec<Option<&'static RegMeta>> = std::vec![None; word_count];
        let mut place = |offset: u32, meta| {
            if let Some(slot) = metas.get_mut(offset as usize / 4) {
                *slot = Some(meta);
            }
        };
        for block in card::BLOCKS {
            for meta in block.registers {
                place(block.instance.base + meta.offset, meta);
            }
            for window in block.windows {
                for idx in 0..window.count {
                    for meta in window.words {
                        place(
                            block.instance.base + window.offset + idx * window.stride + meta.offset,
                            meta,
                        );
                    }
                }
            }
        }
        let memory = std::vec![0; config.memory_bytes as usize];
        let mut state = Self {
            config,
            now_ns: 0,
            gone: false,
            bus_master: true,
            msi_enabled: true,
            msi_queue: 0,
            msi_lost: false,
            host: Box::new(NoHost),
            memory,
            engine: Engine::default(),
            raster: Raster::default(),
            pointer: Pointer::default(),
            wire: Wire::default(),
            sems: Semaphores::default(),
            armed: irq::Status::ARMED.max(),
            reset_ns: 0,
            words: std::vec![0; word_count],
            metas,
        };
        state.reset();
        state
    }

    /// Every register to its reset value; card memory keeps its bytes.
    pub fn reset(&mut self) {
        for (word, meta) in self.words.iter_mut().zip(&self.metas) {
            *word = meta.map_or(0, RegMeta::reset);
        }
        self.engine = Engine::default();
        self.raster = Raster::default();
        self.pointer.reset();
        self.sems = Semaphores::default();
        self.wire.reset();
        self.armed = irq::Status::ARMED.max();
        self.msi_queue = 0;
        self.reset_ns = self.now_ns;
    }

    fn meta(&self, offset: u32) -> Option<&'static RegMeta> {
        self.metas.get(offset as usize / 4).copied().flatten()
    }

    /// Stored bits of a register, without side effect or computed fields.
    pub fn raw(&self, offset: u32) -> u32 {
        self.words.get(offset as usize / 4).copied().unwrap_or(0)
    }

    /// Replaces the stored bits of a register.
    pub fn set_raw(&mut self, offset: u32, value: u32) {
        if let Some(word) = self.words.get_mut(offset as usize / 4) {
            *word = value;
        }
    }

    /// Stored register as its type.
    pub fn stored<R: Addressed>(&self) -> R {
        R::from_bits(self.raw(R::OFFSET))
    }

    /// Adds one to a stored counter.
    pub fn count<R: Addressed>(&mut self) {
        self.set_raw(R::OFFSET, self.raw(R::OFFSET).wrapping_add(1));
    }

    /// Sets bits of an INTR_STATE register.
    pub fn raise<R: Addressed>(&mut self, bits: R) {
        self.set_raw(R::OFFSET, self.raw(R::OFFSET) | bits.bits());
    }

    pub fn read(&self, offset: u32) -> u32 {
        let offset = offset & !3;
        let Some(meta) = self.meta(offset) else {
            return 0;
        };
        if let Some(value) = self.computed(offset) {
            return value;
        }
        self.raw(offset) & !meta.mask_of(Access::WriteOnly)
    }

    /// Registers whose value hardware drives.
    fn computed(&self, offset: u32) -> Option<u32> {
        if let Some(idx) = window_index::<sgl::State>(offset) {
            return Some(
                sgl::State::new()
                    .with_flag(sgl::State::BUSY, self.engine.uses_slot(idx))
                    .bits(),
            );
        }
        if let Some(idx) = window_index::<sem::Sem>(offset) {
            return Some(self.sems.read(idx));
        }
        if let Some(idx) = window_index::<sem::Contention>(offset) {
            return Some(self.sems.contention(idx));
        }
        if let Some(idx) = window_index::<crtc::ClockKhz>(offset) {
            return Some(self.clock_khz(idx));
        }
        if let Some(value) = self.ddc_computed(offset) {
            return Some(value);
        }
        Some(match offset {
            id::MapDigest::OFFSET => self.config.map_digest,
            id::Features::OFFSET => id::Features::new()
                .with_flag(id::Features::DMA, true)
                .with_flag(id::Features::CRTC, true)
                .with_flag(id::Features::SEM, true)
                .bits(),
            id::MemoryBytes::OFFSET | mem::SizeBytes::OFFSET => self.config.memory_bytes,
            id::SysClockKhz::OFFSET => (1_000_000 / SYS_NS) as u32,
            id::Heartbeat::OFFSET => (self.now_ns.wrapping_sub(self.reset_ns) / SYS_NS) as u32,
            irq::Status::OFFSET => irq::Status::new()
                .with(irq::Status::ARMED, self.armed)
                .bits(),
            irq::Pending::OFFSET => self.pending(),
            irq::Mode::OFFSET => irq::Mode::new()
                .with_flag(irq::Mode::MSI_ENABLED, self.msi_enabled)
                .with_flag(irq::Mode::INTX_ENABLED, !self.msi_enabled)
                .bits(),
            dma::Caps::OFFSET => dma::Caps::new()
                .with(dma::Caps::TAGS, 32)
                .with(dma::Caps::SLOTS, sgl::SLOT.count())
                .with(
                    dma::Caps::ELEMENTS,
                    lumenport_regmap::blocks::elements::ELEMENT.count(),
                )
                .bits(),
            dma::Status::OFFSET => dma::Status::new()
                .with_flag(dma::Status::BUSY, self.engine.is_busy())
                .bits(),
            crtc::Status::OFFSET => self.raster_status(),
            crtc::ClockCount::OFFSET => self.config.clocks_khz.len().min(8) as u32,
            plane::Status::OFFSET => plane::Status::new()
                .with_flag(plane::Status::FLIP_PENDING, self.raster.flip_pending)
                .bits(),
            cursor::Status::OFFSET => self.pointer.status(),
            plane::BaseActive::OFFSET => self.raster.plane.base,
            _ => return None,
        })
    }

    /// Clock `idx` of the board, 0 for none.
    pub fn clock_khz(&self, idx: u32) -> u32 {
        self.config
            .clocks_khz
            .get(idx as usize)
            .copied()
            .unwrap_or(0)
    }

    pub fn write(&mut self, offset: u32, value: u32, agent: Agent) {
        let offset = offset & !3;
        let Some(meta) = self.meta(offset) else {
            return;
        };
        if let Some(idx) = window_index::<sem::Sem>(offset) {
            let (now_ns, owner) = (self.now_ns, sem::Sem::from_bits(value).get(sem::Sem::OWNER));
            self.sems.write(idx, owner, agent, now_ns);
            return;
        }
        if let Some(idx) = window_index::<cursor_image::Pixel>(offset) {
            self.pointer.write(idx, value);
            return;
        }
        let (read_write, clear) = (
            meta.mask_of(Access::ReadWrite),
            meta.mask_of(Access::ReadWriteOneClears),
        );
        let kept = self.raw(offset);
        self.set_raw(
            offset,
            ((kept & !read_write) | (value & read_write)) & !(value & clear),
        );
        if offset == ddc::Lines::OFFSET {
            self.ddc_lines_written();
        }
        let acts = value & meta.mask_of(Access::WriteOnly);
        if acts != 0 {
            self.act(offset, acts);
        }
    }

    /// Side effects of write-only fields.
    fn act(&mut self, offset: u32, value: u32) {
        match offset {
            dma::Control::OFFSET => self.dma_control(dma::Control::from_bits(value)),
            crtc::Commit::OFFSET => self.crtc_commit(),
            plane::Commit::OFFSET => self.plane_commit(),
            cursor::Commit::OFFSET => self.cursor_commit(cursor::Commit::from_bits(value)),
            ddc::Command::OFFSET => self.ddc_command(ddc::Command::from_bits(value)),
            irq::Rearm::OFFSET => self.armed |= value,
            sem::Break::OFFSET => self.break_semaphore(sem::Break::from_bits(value)),
            _ => {
                // INTR_TEST lies two words above INTR_STATE in every block head; same bits.
                if self
                    .meta(offset)
                    .is_some_and(|meta| meta.name == "INTR_TEST")
                {
                    let state = offset - (dma::IntrTest::OFFSET - dma::IntrState::OFFSET);
                    self.set_raw(state, self.raw(state) | value);
                }
            }
        }
    }

    fn break_semaphore(&mut self, request: sem::Break) {
        let lease_ns = u64::from(self.stored::<sem::LeaseCycles>().bits()) * SYS_NS;
        if request.get(sem::Break::KEY) != sem::BreakKey::Break.bits() {
            return;
        }
        let idx = request.get(sem::Break::INDEX);
        if let Some((owner, held_by)) = self.sems.break_expired(idx, self.now_ns, lease_ns) {
            let log: sem::BreakLog = self.stored();
            let count = (log.get(sem::BreakLog::COUNT) + 1).min(sem::BreakLog::COUNT.max());
            let entry = sem::BreakLog::new()
                .with(sem::BreakLog::OWNER, owner)
                .with(sem::BreakLog::AGENT, held_by)
                .with(sem::BreakLog::INDEX, idx)
                .with(sem::BreakLog::COUNT, count);
            self.set_raw(sem::BreakLog::OFFSET, entry.bits());
            self.raise(sem::IntrState::new().with_flag(sem::IntrState::BROKEN, true));
        }
    }

    fn pending(&self) -> u32 {
        let live = |state: u32, enable: u32| self.raw(state) & self.raw(enable) != 0;
        irq::Pending::new()
            .with_flag(
                irq::Pending::DMA,
                live(dma::IntrState::OFFSET, dma::IntrEnable::OFFSET),
            )
            .with_flag(
                irq::Pending::CRTC,
                live(crtc::IntrState::OFFSET, crtc::IntrEnable::OFFSET),
            )
            .with_flag(
                irq::Pending::PLANE,
                live(plane::IntrState::OFFSET, plane::IntrEnable::OFFSET)
                    || live(cursor::IntrState::OFFSET, cursor::IntrEnable::OFFSET),
            )
            .with_flag(
                irq::Pending::SEM,
                live(sem::IntrState::OFFSET, sem::IntrEnable::OFFSET),
            )
            .with_flag(
                irq::Pending::MEM,
                live(mem::IntrState::OFFSET, mem::IntrEnable::OFFSET),
            )
            .with_flag(
                irq::Pending::DDC,
                live(ddc::IntrState::OFFSET, ddc::IntrEnable::OFFSET),
            )
            .bits()
    }

    /// Sends the interrupt message when armed, enabled and something is pending.
    pub fn update_msi(&mut self) {
        let wanted = self.pending() & self.raw(irq::Enable::OFFSET);
        if self.armed & 1 != 0 && self.msi_enabled && !self.gone && wanted != 0 {
            self.armed &= !1;
            self.msi_queue = self.msi_queue.saturating_add(u32::from(!self.msi_lost));
            self.count::<irq::MsiCount>();
        }
    }

    /// Moves virtual time and everything that follows it.
    pub fn advance(&mut self, ns: u64) {
        let until = self.now_ns.saturating_add(ns);
        if self.gone {
            self.now_ns = until;
            return;
        }
        self.run_dma(until);
        self.run_raster(until);
        self.run_ddc(until);
        self.now_ns = until;
        self.update_msi();
    }
}

/// Entry index when `offset` is word `R` of its window.
fn window_index<R: lumenport_regmap::Entry>(offset: u32) -> Option<u32> {
    let relative = offset.checked_sub(R::WINDOW.base() + R::META.offset)?;
    let idx = relative / R::WINDOW.stride();
    (relative % R::WINDOW.stride() == 0 && idx < R::WINDOW.count()).then_some(idx)
}

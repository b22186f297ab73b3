//! Identity block: what card this is.
//!
//! Purpose: constants of the build behind registers, so that a driver can refuse a card it does not
//! know, and a counter that shows the clock running. Clock domain: `sys`. Not supported: reading
//! the constants from outside (flash, fuses).

use crate::prelude::*;
use crate::regs::IdRegs;

/// What the identity block tells. All values are fixed when the gateware is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardInfo {
    /// Digest of the register map; leave at the map's own unless a test wants a wrong one.
    pub map_digest: u32,
    /// First 32 bits of the commit hash, zero when unknown.
    pub build_commit: u32,
    /// Built from a tree with uncommitted changes.
    pub dirty: bool,
    /// Board number, 0 = simulated board.
    pub board: u32,
    /// DMA engine present.
    pub has_dma: bool,
    /// Timing generator and plane present.
    pub has_crtc: bool,
    /// Semaphores present.
    pub has_sem: bool,
    /// TMDS output present.
    pub has_tmds: bool,
    /// Parallel RGB output present.
    pub has_rgb: bool,
    /// Card memory in bytes, a power of two.
    pub memory_bytes: u32,
    /// Frequency of `sys` in kHz.
    pub sys_clock_khz: u32,
}

impl Default for CardInfo {
    /// The simulated card: everything present, 4 MiB, 62.5 MHz.
    fn default() -> Self {
        Self {
            map_digest: lumenport_regmap::MAP_DIGEST,
            build_commit: 0,
            dirty: false,
            board: 0,
            has_dma: true,
            has_crtc: true,
            has_sem: true,
            has_tmds: true,
            has_rgb: true,
            memory_bytes: 4 << 20,
            sys_clock_khz: 62_500,
        }
    }
}

/// The identity block.
#[derive(LogicBlock)]
pub struct CardIdentity {
    /// `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset; the heartbeat starts again at zero.
    pub reset: Signal<In, Bit>,
    /// Register bus, see [`crate::regs`].
    pub bus_address: Signal<In, Bits<16>>,
    /// Value to write.
    pub bus_wdata: Signal<In, Bits<32>>,
    /// Byte enables of the write.
    pub bus_be: Signal<In, Bits<4>>,
    /// Write now.
    pub bus_write: Signal<In, Bit>,
    /// Value read, zero unless addressed.
    pub bus_rdata: Signal<Out, Bits<32>>,

    regs: IdRegs,
    beats: DFF<Bits<32>>,
    map_digest: Constant<Bits<32>>,
    build_commit: Constant<Bits<32>>,
    dirty: Constant<Bit>,
    board: Constant<Bits<32>>,
    has_dma: Constant<Bit>,
    has_crtc: Constant<Bit>,
    has_sem: Constant<Bit>,
    has_tmds: Constant<Bit>,
    has_rgb: Constant<Bit>,
    memory_bytes: Constant<Bits<32>>,
    sys_clock_khz: Constant<Bits<32>>,
}

impl CardIdentity {
    /// A block that tells `info`.
    #[must_use]
    pub fn new(info: &CardInfo) -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_rdata: Signal::default(),
            regs: IdRegs::default(),
            beats: DFF::default(),
            map_digest: Constant::new(u64::from(info.map_digest).into()),
            build_commit: Constant::new(u64::from(info.build_commit).into()),
            dirty: Constant::new(info.dirty),
            board: Constant::new(u64::from(info.board).into()),
            has_dma: Constant::new(info.has_dma),
            has_crtc: Constant::new(info.has_crtc),
            has_sem: Constant::new(info.has_sem),
            has_tmds: Constant::new(info.has_tmds),
            has_rgb: Constant::new(info.has_rgb),
            memory_bytes: Constant::new(u64::from(info.memory_bytes).into()),
            sys_clock_khz: Constant::new(u64::from(info.sys_clock_khz).into()),
        }
    }
}

impl Logic for CardIdentity {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, beats);
        clock!(self, clock, regs);
        self.regs.reset.next = self.reset.val();
        self.regs.bus_address.next = self.bus_address.val();
        self.regs.bus_wdata.next = self.bus_wdata.val();
        self.regs.bus_be.next = self.bus_be.val();
        self.regs.bus_write.next = self.bus_write.val();
        self.bus_rdata.next = self.regs.bus_rdata.val();

        self.regs.map_digest.next = self.map_digest.val();
        self.regs.build_commit.next = self.build_commit.val();
        self.regs.build_flags_dirty.next = self.dirty.val();
        self.regs.board_id.next = self.board.val();
        self.regs.features_dma.next = self.has_dma.val();
        self.regs.features_crtc.next = self.has_crtc.val();
        self.regs.features_sem.next = self.has_sem.val();
        self.regs.features_tmds.next = self.has_tmds.val();
        self.regs.features_rgb.next = self.has_rgb.val();
        self.regs.memory_bytes.next = self.memory_bytes.val();
        self.regs.sys_clock_khz.next = self.sys_clock_khz.val();
        self.regs.heartbeat.next = self.beats.q.val();

        self.beats.d.next = self.beats.q.val() + 1;
        if self.reset.val() {
            self.beats.d.next = 0.into();
        }
    }
}

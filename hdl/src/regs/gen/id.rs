//! Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit.
//!
//! Register file of block `id`.

use super::super::RegisterFile;
use crate::prelude::*;

/// Identity of the card. A driver reads MAGIC first (all ones: no card answers), then MAP_DIGEST, and refuses a card whose digest differs from its own.
///
/// Answers at 0x1000, 256 bytes. Clock domain `sys`. Bus and timing: [`crate::regs`].
#[derive(LogicBlock)]
pub struct IdRegs {
    /// System clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,
    /// Byte address in BAR2; held until the answer is taken.
    pub bus_address: Signal<In, Bits<16>>,
    /// Value to write, valid with `bus_write`.
    pub bus_wdata: Signal<In, Bits<32>>,
    /// Byte enables of the write, bit 0 for bits 7:0.
    pub bus_be: Signal<In, Bits<4>>,
    /// Write now, one clock.
    pub bus_write: Signal<In, Bit>,
    /// Value read, in the third clock of a held address; zero unless addressed.
    pub bus_rdata: Signal<Out, Bits<32>>,
    /// Digest of the register map that the gateware was built from. The crate constant `MAP_DIGEST` at build time (read by software).
    pub map_digest: Signal<In, Bits<32>>,
    /// Source revision of the gateware. First 32 bits of the commit hash; zero when unknown (read by software).
    pub build_commit: Signal<In, Bits<32>>,
    /// Built from a tree with changes that are in no commit (read by software).
    pub build_flags_dirty: Signal<In, Bit>,
    /// Kind of board. Board number; 0 is the simulated board (read by software).
    pub board_id: Signal<In, Bits<32>>,
    /// DMA engine, table slots and elements are present (read by software).
    pub features_dma: Signal<In, Bit>,
    /// Timing generator and plane are present (read by software).
    pub features_crtc: Signal<In, Bit>,
    /// Hardware semaphores are present (read by software).
    pub features_sem: Signal<In, Bit>,
    /// The picture leaves as TMDS (transition-minimised differential signalling) symbols (read by software).
    pub features_tmds: Signal<In, Bit>,
    /// The picture leaves as parallel 24-bit RGB (read by software).
    pub features_rgb: Signal<In, Bit>,
    /// Size of card memory as BAR0 shows it. Bytes, a power of two (read by software).
    pub memory_bytes: Signal<In, Bits<32>>,
    /// Frequency of the clock behind HEARTBEAT and all `_CYCLES` registers. Kilohertz (read by software).
    pub sys_clock_khz: Signal<In, Bits<32>>,
    /// Free-running counter of the system clock. Clocks since reset, wraps at 2^32 (read by software).
    pub heartbeat: Signal<In, Bits<32>>,
    /// Level: an enabled bit of INTR_STATE is set.
    pub interrupt: Signal<Out, Bit>,
    selected: Signal<Local, Bit>,
    write: Signal<Local, Bit>,
    word: Signal<Local, Bits<6>>,
    mask: Signal<Local, Bits<32>>,
    written: Signal<Local, Bits<32>>,
    dff_rdata: DFF<Bits<32>>,
    dff_scratch: DFF<Bits<32>>,
    implemented_scratch: Constant<Bits<32>>,
    constant_id_version: Constant<Bits<32>>,
    constant_id_type: Constant<Bits<32>>,
    constant_magic_value: Constant<Bits<32>>,
}

impl Default for IdRegs {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_rdata: Signal::default(),
            map_digest: Signal::default(),
            build_commit: Signal::default(),
            build_flags_dirty: Signal::default(),
            board_id: Signal::default(),
            features_dma: Signal::default(),
            features_crtc: Signal::default(),
            features_sem: Signal::default(),
            features_tmds: Signal::default(),
            features_rgb: Signal::default(),
            memory_bytes: Signal::default(),
            sys_clock_khz: Signal::default(),
            heartbeat: Signal::default(),
            interrupt: Signal::default(),
            selected: Signal::default(),
            write: Signal::default(),
            word: Signal::default(),
            mask: Signal::default(),
            written: Signal::default(),
            dff_rdata: DFF::default(),
            dff_scratch: DFF::default(),
            implemented_scratch: Constant::new(0xFFFFFFFF.into()),
            constant_id_version: Constant::new(0x1.into()),
            constant_id_type: Constant::new(0x1.into()),
            constant_magic_value: Constant::new(0x4C4D5054.into()),
        }
    }
}

impl Logic for IdRegs {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, dff_rdata, dff_scratch);
        self.dff_rdata.d.next = 0.into();
        self.bus_rdata.next = self.dff_rdata.q.val();
        self.interrupt.next = false;
        self.selected.next = self.bus_address.val().get_bits::<8>(8) == 16;
        self.word.next = self.bus_address.val().get_bits::<6>(2);
        self.write.next = self.selected.val() && self.bus_write.val();
        self.mask.next = 0.into();
        self.written.next = 0.into();
        if self.write.val() {
            if self.bus_be.val().get_bit(0) {
                self.mask.next = self.mask.val() | 0xFF;
            }
            if self.bus_be.val().get_bit(1) {
                self.mask.next = self.mask.val() | 0xFF00;
            }
            if self.bus_be.val().get_bit(2) {
                self.mask.next = self.mask.val() | 0xFF_0000;
            }
            if self.bus_be.val().get_bit(3) {
                self.mask.next = self.mask.val() | (bit_cast::<32, 8>(255.into()) << 24);
            }
            self.written.next = self.bus_wdata.val() & self.mask.val();
            match self.word.val().index() {
                11 => {
                    self.dff_scratch.d.next = ((self.dff_scratch.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_scratch.val();
                }
                _ => {}
            }
        }
        if self.selected.val() {
            match self.word.val().index() {
                0 => {
                    self.dff_rdata.d.next =
                        self.constant_id_version.val() | (self.constant_id_type.val() << 16);
                }
                5 => {
                    self.dff_rdata.d.next = self.constant_magic_value.val();
                }
                6 => {
                    self.dff_rdata.d.next = self.map_digest.val();
                }
                7 => {
                    self.dff_rdata.d.next = self.build_commit.val();
                }
                8 => {
                    self.dff_rdata.d.next = bit_cast::<32, 1>(self.build_flags_dirty.val().into());
                }
                9 => {
                    self.dff_rdata.d.next = self.board_id.val();
                }
                10 => {
                    self.dff_rdata.d.next = (((bit_cast::<32, 1>(self.features_dma.val().into())
                        | (bit_cast::<32, 1>(self.features_crtc.val().into()) << 1))
                        | (bit_cast::<32, 1>(self.features_sem.val().into()) << 2))
                        | (bit_cast::<32, 1>(self.features_tmds.val().into()) << 3))
                        | (bit_cast::<32, 1>(self.features_rgb.val().into()) << 4);
                }
                11 => {
                    self.dff_rdata.d.next = self.dff_scratch.q.val();
                }
                12 => {
                    self.dff_rdata.d.next = self.memory_bytes.val();
                }
                13 => {
                    self.dff_rdata.d.next = self.sys_clock_khz.val();
                }
                14 => {
                    self.dff_rdata.d.next = self.heartbeat.val();
                }
                _ => {}
            }
        }
        if self.reset.val() {
            self.dff_rdata.d.next = 0.into();
            self.dff_scratch.d.next = 0.into();
        }
    }
}

impl RegisterFile for IdRegs {
    const NAME: &'static str = "id";
    fn set_clock(&mut self, high: bool) {
        self.clock.next = high.into();
    }
    fn drive(&mut self, port: &str, value: u32) -> bool {
        match port {
            "reset" => self.reset.next = value & 1 != 0,
            "bus_address" => self.bus_address.next = u64::from(value & 0xFFFF).into(),
            "bus_wdata" => self.bus_wdata.next = u64::from(value).into(),
            "bus_be" => self.bus_be.next = u64::from(value & 0xF).into(),
            "bus_write" => self.bus_write.next = value & 1 != 0,
            "map_digest" => self.map_digest.next = u64::from(value).into(),
            "build_commit" => self.build_commit.next = u64::from(value).into(),
            "build_flags_dirty" => self.build_flags_dirty.next = value & 1 != 0,
            "board_id" => self.board_id.next = u64::from(value).into(),
            "features_dma" => self.features_dma.next = value & 1 != 0,
            "features_crtc" => self.features_crtc.next = value & 1 != 0,
            "features_sem" => self.features_sem.next = value & 1 != 0,
            "features_tmds" => self.features_tmds.next = value & 1 != 0,
            "features_rgb" => self.features_rgb.next = value & 1 != 0,
            "memory_bytes" => self.memory_bytes.next = u64::from(value).into(),
            "sys_clock_khz" => self.sys_clock_khz.next = u64::from(value).into(),
            "heartbeat" => self.heartbeat.next = u64::from(value).into(),
            _ => return false,
        }
        true
    }
    fn sample(&self, port: &str) -> Option<u32> {
        Some(match port {
            "bus_rdata" => self.bus_rdata.val().to_u32(),
            "interrupt" => self.interrupt.val().into(),
            _ => return None,
        })
    }
    fn connect_inputs(&mut self) {
        self.clock.connect();
        self.reset.connect();
        self.bus_address.connect();
        self.bus_wdata.connect();
        self.bus_be.connect();
        self.bus_write.connect();
        self.map_digest.connect();
        self.build_commit.connect();
        self.build_flags_dirty.connect();
        self.board_id.connect();
        self.features_dma.connect();
        self.features_crtc.connect();
        self.features_sem.connect();
        self.features_tmds.connect();
        self.features_rgb.connect();
        self.memory_bytes.connect();
        self.sys_clock_khz.connect();
        self.heartbeat.connect();
    }
}

//! Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit.
//!
//! Register file of block `irq`.

use super::super::RegisterFile;
use crate::prelude::*;

/// Collects the interrupt of every block into one MSI.
///
/// When armed, and MSI is enabled in configuration space, and PENDING & ENABLE is not zero, the card sends one MSI and disarms. The interrupt routine reads PENDING, serves and clears the blocks, then writes REARM; if something is still pending the card sends again at once, so that no event is lost. Armed after reset.
///
/// Answers at 0x1100, 256 bytes. Clock domain `sys`. Bus and timing: [`crate::regs`].
#[derive(LogicBlock)]
pub struct IrqRegs {
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
    /// The next pending and enabled interrupt sends a message (read by software).
    pub status_armed: Signal<In, Bit>,
    /// DMA engine (read by software).
    pub pending_dma: Signal<In, Bit>,
    /// Timing generator (read by software).
    pub pending_crtc: Signal<In, Bit>,
    /// Scanout plane (read by software).
    pub pending_plane: Signal<In, Bit>,
    /// Hardware semaphores (read by software).
    pub pending_sem: Signal<In, Bit>,
    /// Card memory (read by software).
    pub pending_mem: Signal<In, Bit>,
    /// DMA engine (present value).
    pub enable_dma: Signal<Out, Bit>,
    /// Timing generator (present value).
    pub enable_crtc: Signal<Out, Bit>,
    /// Scanout plane (present value).
    pub enable_plane: Signal<Out, Bit>,
    /// Hardware semaphores (present value).
    pub enable_sem: Signal<Out, Bit>,
    /// Card memory (present value).
    pub enable_mem: Signal<Out, Bit>,
    /// Write one to arm (one clock, the clock after the write; else zero).
    pub rearm_rearm: Signal<Out, Bit>,
    /// Messages sent since reset. Count, wraps at 2^32 (read by software).
    pub msi_count: Signal<In, Bits<32>>,
    /// Level: an enabled bit of INTR_STATE is set.
    pub interrupt: Signal<Out, Bit>,
    selected: Signal<Local, Bit>,
    write: Signal<Local, Bit>,
    word: Signal<Local, Bits<6>>,
    mask: Signal<Local, Bits<32>>,
    written: Signal<Local, Bits<32>>,
    dff_rdata: DFF<Bits<32>>,
    dff_enable: DFF<Bits<32>>,
    dff_rearm: DFF<Bits<32>>,
    implemented_enable: Constant<Bits<32>>,
    implemented_rearm: Constant<Bits<32>>,
    constant_id_version: Constant<Bits<32>>,
    constant_id_type: Constant<Bits<32>>,
}

impl Default for IrqRegs {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_rdata: Signal::default(),
            status_armed: Signal::default(),
            pending_dma: Signal::default(),
            pending_crtc: Signal::default(),
            pending_plane: Signal::default(),
            pending_sem: Signal::default(),
            pending_mem: Signal::default(),
            enable_dma: Signal::default(),
            enable_crtc: Signal::default(),
            enable_plane: Signal::default(),
            enable_sem: Signal::default(),
            enable_mem: Signal::default(),
            rearm_rearm: Signal::default(),
            msi_count: Signal::default(),
            interrupt: Signal::default(),
            selected: Signal::default(),
            write: Signal::default(),
            word: Signal::default(),
            mask: Signal::default(),
            written: Signal::default(),
            dff_rdata: DFF::default(),
            dff_enable: DFF::default(),
            dff_rearm: DFF::default(),
            implemented_enable: Constant::new(0x1F.into()),
            implemented_rearm: Constant::new(0x1.into()),
            constant_id_version: Constant::new(0x1.into()),
            constant_id_type: Constant::new(0x2.into()),
        }
    }
}

impl Logic for IrqRegs {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, dff_rdata, dff_enable, dff_rearm);
        self.dff_rdata.d.next = 0.into();
        self.bus_rdata.next = self.dff_rdata.q.val();
        self.dff_rearm.d.next = 0.into();
        self.enable_dma.next = self.dff_enable.q.val().get_bit(0);
        self.enable_crtc.next = self.dff_enable.q.val().get_bit(1);
        self.enable_plane.next = self.dff_enable.q.val().get_bit(2);
        self.enable_sem.next = self.dff_enable.q.val().get_bit(3);
        self.enable_mem.next = self.dff_enable.q.val().get_bit(4);
        self.rearm_rearm.next = self.dff_rearm.q.val().get_bit(0);
        self.interrupt.next = false;
        self.selected.next = self.bus_address.val().get_bits::<8>(8) == 17;
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
                6 => {
                    self.dff_enable.d.next = ((self.dff_enable.q.val() & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_enable.val();
                }
                7 => {
                    self.dff_rearm.d.next = self.written.val() & self.implemented_rearm.val();
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
                4 => {
                    self.dff_rdata.d.next = bit_cast::<32, 1>(self.status_armed.val().into());
                }
                5 => {
                    self.dff_rdata.d.next = (((bit_cast::<32, 1>(self.pending_dma.val().into())
                        | (bit_cast::<32, 1>(self.pending_crtc.val().into()) << 1))
                        | (bit_cast::<32, 1>(self.pending_plane.val().into()) << 2))
                        | (bit_cast::<32, 1>(self.pending_sem.val().into()) << 3))
                        | (bit_cast::<32, 1>(self.pending_mem.val().into()) << 4);
                }
                6 => {
                    self.dff_rdata.d.next = self.dff_enable.q.val();
                }
                8 => {
                    self.dff_rdata.d.next = self.msi_count.val();
                }
                _ => {}
            }
        }
        if self.reset.val() {
            self.dff_rdata.d.next = 0.into();
            self.dff_enable.d.next = 0.into();
            self.dff_rearm.d.next = 0.into();
        }
    }
}

impl RegisterFile for IrqRegs {
    const NAME: &'static str = "irq";
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
            "status_armed" => self.status_armed.next = value & 1 != 0,
            "pending_dma" => self.pending_dma.next = value & 1 != 0,
            "pending_crtc" => self.pending_crtc.next = value & 1 != 0,
            "pending_plane" => self.pending_plane.next = value & 1 != 0,
            "pending_sem" => self.pending_sem.next = value & 1 != 0,
            "pending_mem" => self.pending_mem.next = value & 1 != 0,
            "msi_count" => self.msi_count.next = u64::from(value).into(),
            _ => return false,
        }
        true
    }
    fn sample(&self, port: &str) -> Option<u32> {
        Some(match port {
            "bus_rdata" => self.bus_rdata.val().to_u32(),
            "enable_dma" => self.enable_dma.val().into(),
            "enable_crtc" => self.enable_crtc.val().into(),
            "enable_plane" => self.enable_plane.val().into(),
            "enable_sem" => self.enable_sem.val().into(),
            "enable_mem" => self.enable_mem.val().into(),
            "rearm_rearm" => self.rearm_rearm.val().into(),
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
        self.status_armed.connect();
        self.pending_dma.connect();
        self.pending_crtc.connect();
        self.pending_plane.connect();
        self.pending_sem.connect();
        self.pending_mem.connect();
        self.msi_count.connect();
    }
}

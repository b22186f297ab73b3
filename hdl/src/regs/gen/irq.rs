//! Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit.
//!
//! Register file of block `irq`.

use super::super::RegisterFile;
use crate::prelude::*;

/// Collects the interrupt of every block into at most four MSIs.
///
/// VECTOR_MAP gives each block a vector; the one used is that number modulo the number of vectors which software enabled in configuration space. When a vector is armed, and MSI is enabled, and PENDING & ENABLE is not zero in one of its blocks, the card sends that vector's MSI and disarms it. The interrupt routine reads PENDING, serves and clears the blocks, then writes REARM; if something is still pending the card sends again at once, so that no event is lost. All vectors are armed after reset. Without MSI the level PENDING & ENABLE drives the INTA messages, unless configuration space disables them; arming does not matter then.
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
    /// Bit v: the next pending and enabled interrupt of vector v sends a message (read by software).
    pub status_armed: Signal<In, Bits<4>>,
    /// DMA engine (read by software).
    pub pending_dma: Signal<In, Bit>,
    /// Timing generator (read by software).
    pub pending_crtc: Signal<In, Bit>,
    /// Scanout plane and hardware pointer (read by software).
    pub pending_plane: Signal<In, Bit>,
    /// Hardware semaphores (read by software).
    pub pending_sem: Signal<In, Bit>,
    /// Card memory (read by software).
    pub pending_mem: Signal<In, Bit>,
    /// Display data channel (read by software).
    pub pending_ddc: Signal<In, Bit>,
    /// PCI Express endpoint: an error was logged in its configuration space (read by software).
    pub pending_pcie: Signal<In, Bit>,
    /// DMA engine (present value).
    pub enable_dma: Signal<Out, Bit>,
    /// Timing generator (present value).
    pub enable_crtc: Signal<Out, Bit>,
    /// Scanout plane and hardware pointer (present value).
    pub enable_plane: Signal<Out, Bit>,
    /// Hardware semaphores (present value).
    pub enable_sem: Signal<Out, Bit>,
    /// Card memory (present value).
    pub enable_mem: Signal<Out, Bit>,
    /// Display data channel (present value).
    pub enable_ddc: Signal<Out, Bit>,
    /// PCI Express endpoint: an error was logged in its configuration space (present value).
    pub enable_pcie: Signal<Out, Bit>,
    /// Bit v: write one to arm vector v (one clock, the clock after the write; else zero).
    pub rearm_vectors: Signal<Out, Bits<4>>,
    /// Messages sent since reset. Count, wraps at 2^32 (read by software).
    pub msi_count: Signal<In, Bits<32>>,
    /// DMA engine (present value).
    pub vector_map_dma: Signal<Out, Bits<2>>,
    /// Timing generator (present value).
    pub vector_map_crtc: Signal<Out, Bits<2>>,
    /// Scanout plane and hardware pointer (present value).
    pub vector_map_plane: Signal<Out, Bits<2>>,
    /// Hardware semaphores (present value).
    pub vector_map_sem: Signal<Out, Bits<2>>,
    /// Card memory (present value).
    pub vector_map_mem: Signal<Out, Bits<2>>,
    /// Display data channel (present value).
    pub vector_map_ddc: Signal<Out, Bits<2>>,
    /// PCI Express endpoint (present value).
    pub vector_map_pcie: Signal<Out, Bits<2>>,
    /// Messages (MSI) are enabled (read by software).
    pub mode_msi_enabled: Signal<In, Bit>,
    /// INTA may be asserted: MSI is off and INTx not disabled (read by software).
    pub mode_intx_enabled: Signal<In, Bit>,
    /// Vectors enabled, as a power of two: 0, 1 or 2 for one, two or four (read by software).
    pub mode_vectors: Signal<In, Bits<3>>,
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
    dff_vector_map: DFF<Bits<32>>,
    implemented_enable: Constant<Bits<32>>,
    implemented_rearm: Constant<Bits<32>>,
    implemented_vector_map: Constant<Bits<32>>,
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
            pending_ddc: Signal::default(),
            pending_pcie: Signal::default(),
            enable_dma: Signal::default(),
            enable_crtc: Signal::default(),
            enable_plane: Signal::default(),
            enable_sem: Signal::default(),
            enable_mem: Signal::default(),
            enable_ddc: Signal::default(),
            enable_pcie: Signal::default(),
            rearm_vectors: Signal::default(),
            msi_count: Signal::default(),
            vector_map_dma: Signal::default(),
            vector_map_crtc: Signal::default(),
            vector_map_plane: Signal::default(),
            vector_map_sem: Signal::default(),
            vector_map_mem: Signal::default(),
            vector_map_ddc: Signal::default(),
            vector_map_pcie: Signal::default(),
            mode_msi_enabled: Signal::default(),
            mode_intx_enabled: Signal::default(),
            mode_vectors: Signal::default(),
            interrupt: Signal::default(),
            selected: Signal::default(),
            write: Signal::default(),
            word: Signal::default(),
            mask: Signal::default(),
            written: Signal::default(),
            dff_rdata: DFF::default(),
            dff_enable: DFF::default(),
            dff_rearm: DFF::default(),
            dff_vector_map: DFF::default(),
            implemented_enable: Constant::new(0x7F.into()),
            implemented_rearm: Constant::new(0xF.into()),
            implemented_vector_map: Constant::new(0x3FFF.into()),
            constant_id_version: Constant::new(0x2.into()),
            constant_id_type: Constant::new(0x2.into()),
        }
    }
}

impl Logic for IrqRegs {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            dff_rdata,
            dff_enable,
            dff_rearm,
            dff_vector_map
        );
        self.dff_rdata.d.next = 0.into();
        self.bus_rdata.next = self.dff_rdata.q.val();
        self.dff_rearm.d.next = 0.into();
        self.enable_dma.next = self.dff_enable.q.val().get_bit(0);
        self.enable_crtc.next = self.dff_enable.q.val().get_bit(1);
        self.enable_plane.next = self.dff_enable.q.val().get_bit(2);
        self.enable_sem.next = self.dff_enable.q.val().get_bit(3);
        self.enable_mem.next = self.dff_enable.q.val().get_bit(4);
        self.enable_ddc.next = self.dff_enable.q.val().get_bit(5);
        self.enable_pcie.next = self.dff_enable.q.val().get_bit(6);
        self.rearm_vectors.next = self.dff_rearm.q.val().get_bits::<4>(0);
        self.vector_map_dma.next = self.dff_vector_map.q.val().get_bits::<2>(0);
        self.vector_map_crtc.next = self.dff_vector_map.q.val().get_bits::<2>(2);
        self.vector_map_plane.next = self.dff_vector_map.q.val().get_bits::<2>(4);
        self.vector_map_sem.next = self.dff_vector_map.q.val().get_bits::<2>(6);
        self.vector_map_mem.next = self.dff_vector_map.q.val().get_bits::<2>(8);
        self.vector_map_ddc.next = self.dff_vector_map.q.val().get_bits::<2>(10);
        self.vector_map_pcie.next = self.dff_vector_map.q.val().get_bits::<2>(12);
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
                9 => {
                    self.dff_vector_map.d.next =
                        ((self.dff_vector_map.q.val() & (!self.mask.val())) | self.written.val())
                            & self.implemented_vector_map.val();
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
                    self.dff_rdata.d.next = bit_cast::<32, 4>(self.status_armed.val());
                }
                5 => {
                    self.dff_rdata.d.next =
                        (((((bit_cast::<32, 1>(self.pending_dma.val().into())
                            | (bit_cast::<32, 1>(self.pending_crtc.val().into()) << 1))
                            | (bit_cast::<32, 1>(self.pending_plane.val().into()) << 2))
                            | (bit_cast::<32, 1>(self.pending_sem.val().into()) << 3))
                            | (bit_cast::<32, 1>(self.pending_mem.val().into()) << 4))
                            | (bit_cast::<32, 1>(self.pending_ddc.val().into()) << 5))
                            | (bit_cast::<32, 1>(self.pending_pcie.val().into()) << 6);
                }
                6 => {
                    self.dff_rdata.d.next = self.dff_enable.q.val();
                }
                8 => {
                    self.dff_rdata.d.next = self.msi_count.val();
                }
                9 => {
                    self.dff_rdata.d.next = self.dff_vector_map.q.val();
                }
                10 => {
                    self.dff_rdata.d.next = (bit_cast::<32, 1>(self.mode_msi_enabled.val().into())
                        | (bit_cast::<32, 1>(self.mode_intx_enabled.val().into()) << 1))
                        | (bit_cast::<32, 3>(self.mode_vectors.val()) << 4);
                }
                _ => {}
            }
        }
        if self.reset.val() {
            self.dff_rdata.d.next = 0.into();
            self.dff_enable.d.next = 0.into();
            self.dff_rearm.d.next = 0.into();
            self.dff_vector_map.d.next = 0.into();
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
            "status_armed" => self.status_armed.next = u64::from(value & 0xF).into(),
            "pending_dma" => self.pending_dma.next = value & 1 != 0,
            "pending_crtc" => self.pending_crtc.next = value & 1 != 0,
            "pending_plane" => self.pending_plane.next = value & 1 != 0,
            "pending_sem" => self.pending_sem.next = value & 1 != 0,
            "pending_mem" => self.pending_mem.next = value & 1 != 0,
            "pending_ddc" => self.pending_ddc.next = value & 1 != 0,
            "pending_pcie" => self.pending_pcie.next = value & 1 != 0,
            "msi_count" => self.msi_count.next = u64::from(value).into(),
            "mode_msi_enabled" => self.mode_msi_enabled.next = value & 1 != 0,
            "mode_intx_enabled" => self.mode_intx_enabled.next = value & 1 != 0,
            "mode_vectors" => self.mode_vectors.next = u64::from(value & 0x7).into(),
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
            "enable_ddc" => self.enable_ddc.val().into(),
            "enable_pcie" => self.enable_pcie.val().into(),
            "rearm_vectors" => self.rearm_vectors.val().to_u32(),
            "vector_map_dma" => self.vector_map_dma.val().to_u32(),
            "vector_map_crtc" => self.vector_map_crtc.val().to_u32(),
            "vector_map_plane" => self.vector_map_plane.val().to_u32(),
            "vector_map_sem" => self.vector_map_sem.val().to_u32(),
            "vector_map_mem" => self.vector_map_mem.val().to_u32(),
            "vector_map_ddc" => self.vector_map_ddc.val().to_u32(),
            "vector_map_pcie" => self.vector_map_pcie.val().to_u32(),
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
        self.pending_ddc.connect();
        self.pending_pcie.connect();
        self.msi_count.connect();
        self.mode_msi_enabled.connect();
        self.mode_intx_enabled.connect();
        self.mode_vectors.connect();
    }
}

//! Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit.
//!
//! Register file of block `mem`.

use super::super::RegisterFile;
use crate::prelude::*;

/// Card memory, shown to the host as BAR0.
///
/// Answers at 0x1300, 256 bytes. Clock domain `sys`. Bus and timing: [`crate::regs`].
#[derive(LogicBlock)]
pub struct MemRegs {
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
    /// Size of card memory. Bytes, a power of two (read by software).
    pub size_bytes: Signal<In, Bits<32>>,
    /// System clocks added to each read, 0..=255. Effect: next read (present value).
    pub model_latency_cycles: Signal<Out, Bits<8>>,
    /// Level: an enabled bit of INTR_STATE is set.
    pub interrupt: Signal<Out, Bit>,
    selected: Signal<Local, Bit>,
    write: Signal<Local, Bit>,
    word: Signal<Local, Bits<6>>,
    mask: Signal<Local, Bits<32>>,
    written: Signal<Local, Bits<32>>,
    value_model_latency: Signal<Local, Bits<32>>,
    dff_rdata: DFF<Bits<32>>,
    dff_model_latency: DFF<Bits<32>>,
    implemented_model_latency: Constant<Bits<32>>,
    reset_model_latency: Constant<Bits<32>>,
    constant_id_version: Constant<Bits<32>>,
    constant_id_type: Constant<Bits<32>>,
}

impl Default for MemRegs {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_rdata: Signal::default(),
            size_bytes: Signal::default(),
            model_latency_cycles: Signal::default(),
            interrupt: Signal::default(),
            selected: Signal::default(),
            write: Signal::default(),
            word: Signal::default(),
            mask: Signal::default(),
            written: Signal::default(),
            value_model_latency: Signal::default(),
            dff_rdata: DFF::default(),
            dff_model_latency: DFF::default(),
            implemented_model_latency: Constant::new(0xFF.into()),
            reset_model_latency: Constant::new(0x4.into()),
            constant_id_version: Constant::new(0x1.into()),
            constant_id_type: Constant::new(0x4.into()),
        }
    }
}

impl Logic for MemRegs {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, dff_rdata, dff_model_latency);
        self.dff_rdata.d.next = 0.into();
        self.bus_rdata.next = self.dff_rdata.q.val();
        self.value_model_latency.next =
            self.dff_model_latency.q.val() ^ self.reset_model_latency.val();
        self.model_latency_cycles.next = self.value_model_latency.val().get_bits::<8>(0);
        self.interrupt.next = false;
        self.selected.next = self.bus_address.val().get_bits::<8>(8) == 19;
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
                    self.dff_model_latency.d.next = (((self.value_model_latency.val()
                        & (!self.mask.val()))
                        | self.written.val())
                        & self.implemented_model_latency.val())
                        ^ self.reset_model_latency.val();
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
                    self.dff_rdata.d.next = self.size_bytes.val();
                }
                6 => {
                    self.dff_rdata.d.next = self.value_model_latency.val();
                }
                _ => {}
            }
        }
        if self.reset.val() {
            self.dff_rdata.d.next = 0.into();
            self.dff_model_latency.d.next = 0.into();
        }
    }
}

impl RegisterFile for MemRegs {
    const NAME: &'static str = "mem";
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
            "size_bytes" => self.size_bytes.next = u64::from(value).into(),
            _ => return false,
        }
        true
    }
    fn sample(&self, port: &str) -> Option<u32> {
        Some(match port {
            "bus_rdata" => self.bus_rdata.val().to_u32(),
            "model_latency_cycles" => self.model_latency_cycles.val().to_u32(),
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
        self.size_bytes.connect();
    }
}

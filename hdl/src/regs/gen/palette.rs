//! Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit.
//!
//! Register file of block `palette`.

use super::super::RegisterFile;
use crate::prelude::*;

/// Colours of the 8-bit indexed format. Write whole words only.
///
/// Answers at 0x3000, 1024 bytes. Clock domain `sys`. Bus and timing: [`crate::regs`].
#[derive(LogicBlock)]
pub struct PaletteRegs {
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
    /// Window ENTRY: entry number, of a read or a write.
    pub entry_index: Signal<Out, Bits<8>>,
    /// Window ENTRY: write now, same clock as index, word and wdata (whole words only).
    pub entry_write: Signal<Out, Bit>,
    /// Window ENTRY: value to write.
    pub entry_wdata: Signal<Out, Bits<32>>,
    /// Window ENTRY: value of the word, one clock after index and word.
    pub entry_rdata: Signal<In, Bits<32>>,
    entry_selected: Signal<Local, Bit>,
    dff_rdata: DFF<Bits<32>>,
}

impl Default for PaletteRegs {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_rdata: Signal::default(),
            entry_index: Signal::default(),
            entry_write: Signal::default(),
            entry_wdata: Signal::default(),
            entry_rdata: Signal::default(),
            entry_selected: Signal::default(),
            dff_rdata: DFF::default(),
        }
    }
}

impl Logic for PaletteRegs {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, dff_rdata);
        self.dff_rdata.d.next = 0.into();
        self.bus_rdata.next = self.dff_rdata.q.val();
        self.entry_selected.next = self.bus_address.val().get_bits::<6>(10) == 12;
        self.entry_index.next = self.bus_address.val().get_bits::<8>(2);
        self.entry_write.next =
            (self.entry_selected.val() && self.bus_write.val()) && self.bus_be.val().all();
        self.entry_wdata.next = self.bus_wdata.val();
        if self.entry_selected.val() {
            self.dff_rdata.d.next = self.entry_rdata.val();
        }
        if self.reset.val() {
            self.dff_rdata.d.next = 0.into();
        }
    }
}

impl RegisterFile for PaletteRegs {
    const NAME: &'static str = "palette";
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
            "entry_rdata" => self.entry_rdata.next = u64::from(value).into(),
            _ => return false,
        }
        true
    }
    fn sample(&self, port: &str) -> Option<u32> {
        Some(match port {
            "bus_rdata" => self.bus_rdata.val().to_u32(),
            "entry_index" => self.entry_index.val().to_u32(),
            "entry_write" => self.entry_write.val().into(),
            "entry_wdata" => self.entry_wdata.val().to_u32(),
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
        self.entry_rdata.connect();
    }
}

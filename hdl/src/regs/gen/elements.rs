//! Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit.
//!
//! Register file of block `elements`.

use super::super::RegisterFile;
use crate::prelude::*;

/// Element memory of all table slots. An element is a run of bytes that is contiguous on the bus. Write whole words only, and only elements of no valid slot.
///
/// Answers at 0x8000, 32768 bytes. Clock domain `sys`. Bus and timing: [`crate::regs`].
#[derive(LogicBlock)]
pub struct ElementsRegs {
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
    /// Window ELEMENT: entry number, of a read or a write.
    pub element_index: Signal<Out, Bits<11>>,
    /// Window ELEMENT: word within the entry.
    pub element_word: Signal<Out, Bits<2>>,
    /// Window ELEMENT: write now, same clock as index, word and wdata (whole words only).
    pub element_write: Signal<Out, Bit>,
    /// Window ELEMENT: value to write.
    pub element_wdata: Signal<Out, Bits<32>>,
    /// Window ELEMENT: value of the word, one clock after index and word.
    pub element_rdata: Signal<In, Bits<32>>,
    element_selected: Signal<Local, Bit>,
    dff_rdata: DFF<Bits<32>>,
}

impl Default for ElementsRegs {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_rdata: Signal::default(),
            element_index: Signal::default(),
            element_word: Signal::default(),
            element_write: Signal::default(),
            element_wdata: Signal::default(),
            element_rdata: Signal::default(),
            element_selected: Signal::default(),
            dff_rdata: DFF::default(),
        }
    }
}

impl Logic for ElementsRegs {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, dff_rdata);
        self.dff_rdata.d.next = 0.into();
        self.bus_rdata.next = self.dff_rdata.q.val();
        self.element_selected.next = self.bus_address.val().get_bits::<1>(15) == 1;
        self.element_index.next = self.bus_address.val().get_bits::<11>(4);
        self.element_word.next = self.bus_address.val().get_bits::<2>(2);
        self.element_write.next =
            (self.element_selected.val() && self.bus_write.val()) && self.bus_be.val().all();
        self.element_wdata.next = self.bus_wdata.val();
        if self.element_selected.val() {
            self.dff_rdata.d.next = self.element_rdata.val();
        }
        if self.reset.val() {
            self.dff_rdata.d.next = 0.into();
        }
    }
}

impl RegisterFile for ElementsRegs {
    const NAME: &'static str = "elements";
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
            "element_rdata" => self.element_rdata.next = u64::from(value).into(),
            _ => return false,
        }
        true
    }
    fn sample(&self, port: &str) -> Option<u32> {
        Some(match port {
            "bus_rdata" => self.bus_rdata.val().to_u32(),
            "element_index" => self.element_index.val().to_u32(),
            "element_word" => self.element_word.val().to_u32(),
            "element_write" => self.element_write.val().into(),
            "element_wdata" => self.element_wdata.val().to_u32(),
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
        self.element_rdata.connect();
    }
}

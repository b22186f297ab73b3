//! Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit.
//!
//! Register file of block `sgl`.

use super::super::RegisterFile;
use crate::prelude::*;

/// Slots of locked host memory. A slot names a run of elements in block `elements`, its length in bytes, and rights.
///
/// Lock: fill the elements, TABLE, TOTAL, then CONTROL with VALID, the rights and a generation that differs from the slot's last one. Unlock: clear VALID, wait until BUSY is clear; a running transfer of this slot fails with slot_released at its next request. Write whole words only.
///
/// Answers at 0x1800, 512 bytes. Clock domain `sys`. Bus and timing: [`crate::regs`].
#[derive(LogicBlock)]
pub struct SglRegs {
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
    /// Window SLOT: entry number, of a read or a write.
    pub slot_index: Signal<Out, Bits<5>>,
    /// Window SLOT: word within the entry.
    pub slot_word: Signal<Out, Bits<2>>,
    /// Window SLOT: write now, same clock as index, word and wdata (whole words only).
    pub slot_write: Signal<Out, Bit>,
    /// Window SLOT: value to write.
    pub slot_wdata: Signal<Out, Bits<32>>,
    /// Window SLOT: value of the word, one clock after index and word.
    pub slot_rdata: Signal<In, Bits<32>>,
    slot_selected: Signal<Local, Bit>,
    dff_rdata: DFF<Bits<32>>,
}

impl Default for SglRegs {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_rdata: Signal::default(),
            slot_index: Signal::default(),
            slot_word: Signal::default(),
            slot_write: Signal::default(),
            slot_wdata: Signal::default(),
            slot_rdata: Signal::default(),
            slot_selected: Signal::default(),
            dff_rdata: DFF::default(),
        }
    }
}

impl Logic for SglRegs {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, dff_rdata);
        self.dff_rdata.d.next = 0.into();
        self.bus_rdata.next = self.dff_rdata.q.val();
        self.slot_selected.next = self.bus_address.val().get_bits::<7>(9) == 12;
        self.slot_index.next = self.bus_address.val().get_bits::<5>(4);
        self.slot_word.next = self.bus_address.val().get_bits::<2>(2);
        self.slot_write.next =
            (self.slot_selected.val() && self.bus_write.val()) && self.bus_be.val().all();
        self.slot_wdata.next = self.bus_wdata.val();
        if self.slot_selected.val() {
            self.dff_rdata.d.next = self.slot_rdata.val();
        }
        if self.reset.val() {
            self.dff_rdata.d.next = 0.into();
        }
    }
}

impl RegisterFile for SglRegs {
    const NAME: &'static str = "sgl";
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
            "slot_rdata" => self.slot_rdata.next = u64::from(value).into(),
            _ => return false,
        }
        true
    }
    fn sample(&self, port: &str) -> Option<u32> {
        Some(match port {
            "bus_rdata" => self.bus_rdata.val().to_u32(),
            "slot_index" => self.slot_index.val().to_u32(),
            "slot_word" => self.slot_word.val().to_u32(),
            "slot_write" => self.slot_write.val().into(),
            "slot_wdata" => self.slot_wdata.val().to_u32(),
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
        self.slot_rdata.connect();
    }
}

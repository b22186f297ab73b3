//! Made by `cargo xtask regs` from hal/regmap/src/blocks. Do not edit.
//!
//! Register file of block `cursor_image`.

use super::super::RegisterFile;
use crate::prelude::*;

/// Image of the hardware pointer: 64 rows of 64 words. Writes go to the image that is not shown; COMMIT with IMAGE of block `cursor` shows it. Write whole words only; write every word that SIZE shows, as the image still holds an older one.
///
/// Answers at 0x4000, 16384 bytes. Clock domain `sys`. Bus and timing: [`crate::regs`].
#[derive(LogicBlock)]
pub struct CursorImageRegs {
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
    /// Window PIXEL: entry number, of a read or a write.
    pub pixel_index: Signal<Out, Bits<12>>,
    /// Window PIXEL: write now, same clock as index, word and wdata (whole words only).
    pub pixel_write: Signal<Out, Bit>,
    /// Window PIXEL: value to write.
    pub pixel_wdata: Signal<Out, Bits<32>>,
    /// Window PIXEL: value of the word, one clock after index and word.
    pub pixel_rdata: Signal<In, Bits<32>>,
    pixel_selected: Signal<Local, Bit>,
    dff_rdata: DFF<Bits<32>>,
}

impl Default for CursorImageRegs {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            bus_address: Signal::default(),
            bus_wdata: Signal::default(),
            bus_be: Signal::default(),
            bus_write: Signal::default(),
            bus_rdata: Signal::default(),
            pixel_index: Signal::default(),
            pixel_write: Signal::default(),
            pixel_wdata: Signal::default(),
            pixel_rdata: Signal::default(),
            pixel_selected: Signal::default(),
            dff_rdata: DFF::default(),
        }
    }
}

impl Logic for CursorImageRegs {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, dff_rdata);
        self.dff_rdata.d.next = 0.into();
        self.bus_rdata.next = self.dff_rdata.q.val();
        self.pixel_selected.next = self.bus_address.val().get_bits::<2>(14) == 1;
        self.pixel_index.next = self.bus_address.val().get_bits::<12>(2);
        self.pixel_write.next =
            (self.pixel_selected.val() && self.bus_write.val()) && self.bus_be.val().all();
        self.pixel_wdata.next = self.bus_wdata.val();
        if self.pixel_selected.val() {
            self.dff_rdata.d.next = self.pixel_rdata.val();
        }
        if self.reset.val() {
            self.dff_rdata.d.next = 0.into();
        }
    }
}

impl RegisterFile for CursorImageRegs {
    const NAME: &'static str = "cursor_image";
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
            "pixel_rdata" => self.pixel_rdata.next = u64::from(value).into(),
            _ => return false,
        }
        true
    }
    fn sample(&self, port: &str) -> Option<u32> {
        Some(match port {
            "bus_rdata" => self.bus_rdata.val().to_u32(),
            "pixel_index" => self.pixel_index.val().to_u32(),
            "pixel_write" => self.pixel_write.val().into(),
            "pixel_wdata" => self.pixel_wdata.val().to_u32(),
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
        self.pixel_rdata.connect();
    }
}

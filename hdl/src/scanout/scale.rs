//! Multiplier primitive of the pointer: three channels by one factor.
//!
//! Purpose: rust-hdl has no multiplication that it can turn into Verilog, so this one body is written by hand, in the form
//! that synthesis maps to one DSP multiplier a channel. Clock domain: the user's. Not supported: back-pressure.

use crate::prelude::*;

/// Rounding that makes the later division by 255 exact to the nearest.
const ROUND: u64 = 128;

/// `channel * factor + 128` for the three channels of a pixel, one clock later.
#[derive(LogicBlock, Default)]
pub struct Scale {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Takes the inputs at the clock edge; the outputs hold otherwise.
    pub enable: Signal<In, Bit>,
    /// Red 23:16, green 15:8, blue 7:0.
    pub rgb: Signal<In, Bits<24>>,
    /// Factor, 0..=255.
    pub factor: Signal<In, Bits<8>>,
    /// Red times factor plus 128.
    pub red: Signal<Out, Bits<16>>,
    /// Green times factor plus 128.
    pub green: Signal<Out, Bits<16>>,
    /// Blue times factor plus 128.
    pub blue: Signal<Out, Bits<16>>,
}

impl Logic for Scale {
    fn update(&mut self) {
        if self.clock.pos_edge() && self.enable.val() {
            let rgb = self.rgb.val().index() as u64;
            let factor = self.factor.val().index() as u64;
            let scaled = |shift: u32| (((rgb >> shift) & 0xFF) * factor + ROUND).into();
            self.red.next = scaled(16);
            self.green.next = scaled(8);
            self.blue.next = scaled(0);
        }
    }

    fn connect(&mut self) {
        self.red.connect();
        self.green.connect();
        self.blue.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "\
initial begin
   red = 0;
   green = 0;
   blue = 0;
end
always @(posedge clock) begin
   if (enable) begin
      red <= rgb[23:16] * factor + 16'd{ROUND};
      green <= rgb[15:8] * factor + 16'd{ROUND};
      blue <= rgb[7:0] * factor + 16'd{ROUND};
   end
end
"
        ))
    }
}

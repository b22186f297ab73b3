//! Display output: the picture as TMDS symbols and as parallel RGB.
//!
//! Clock domain: `pix`. Both forms leave at the same clock, four clocks after the pixel came in,
//! so a board uses either, and a simulation can compare one with the other.
//! Not supported: serialising (ten bits a pixel clock): that is the board's, with its own primitives.

pub mod tmds;

use crate::prelude::*;
use tmds::TmdsEncoder;

/// Display output with three TMDS channels. Latency: four clocks from every input to every output.
#[derive(LogicBlock, Default)]
pub struct DisplayOutput {
    /// The `pix` clock.
    pub pix_clock: Signal<In, Clock>,
    /// Pixel: red 23:16, green 15:8, blue 7:0; black outside `de`.
    pub pixel_rgb: Signal<In, Bits<24>>,
    /// The pixel is active.
    pub pixel_de: Signal<In, Bit>,
    /// Horizontal sync of that clock, polarity applied.
    pub pixel_hsync: Signal<In, Bit>,
    /// Vertical sync of that clock, polarity applied.
    pub pixel_vsync: Signal<In, Bit>,

    /// Symbol of channel 0: blue, and both syncs while blanking.
    pub tmds_blue: Signal<Out, Bits<10>>,
    /// Symbol of channel 1: green.
    pub tmds_green: Signal<Out, Bits<10>>,
    /// Symbol of channel 2: red.
    pub tmds_red: Signal<Out, Bits<10>>,
    /// The same pixel in parallel.
    pub rgb: Signal<Out, Bits<24>>,
    /// Data enable of `rgb`.
    pub de: Signal<Out, Bit>,
    /// Horizontal sync of `rgb`.
    pub hsync: Signal<Out, Bit>,
    /// Vertical sync of `rgb`.
    pub vsync: Signal<Out, Bit>,

    blue: TmdsEncoder,
    green: TmdsEncoder,
    red: TmdsEncoder,
    stage1: DFF<Bits<27>>,
    stage2: DFF<Bits<27>>,
    stage3: DFF<Bits<27>>,
    stage4: DFF<Bits<27>>,
    joined: Signal<Local, Bits<27>>,
}

impl Logic for DisplayOutput {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, pix_clock, stage1, stage2, stage3, stage4);
        self.blue.pix_clock.next = self.pix_clock.val();
        self.green.pix_clock.next = self.pix_clock.val();
        self.red.pix_clock.next = self.pix_clock.val();

        self.blue.data.next = self.pixel_rgb.val().get_bits::<8>(0);
        self.green.data.next = self.pixel_rgb.val().get_bits::<8>(8);
        self.red.data.next = self.pixel_rgb.val().get_bits::<8>(16);
        self.blue.de.next = self.pixel_de.val();
        self.green.de.next = self.pixel_de.val();
        self.red.de.next = self.pixel_de.val();
        self.blue.c0.next = self.pixel_hsync.val();
        self.blue.c1.next = self.pixel_vsync.val();
        self.green.c0.next = false;
        self.green.c1.next = false;
        self.red.c0.next = false;
        self.red.c1.next = false;
        self.tmds_blue.next = self.blue.symbol.val();
        self.tmds_green.next = self.green.symbol.val();
        self.tmds_red.next = self.red.symbol.val();

        // The parallel form waits for the encoders.
        self.joined.next = bit_cast::<27, 24>(self.pixel_rgb.val());
        self.joined.next = self.joined.val().replace_bit(24, self.pixel_de.val());
        self.joined.next = self.joined.val().replace_bit(25, self.pixel_hsync.val());
        self.joined.next = self.joined.val().replace_bit(26, self.pixel_vsync.val());
        self.stage1.d.next = self.joined.val();
        self.stage2.d.next = self.stage1.q.val();
        self.stage3.d.next = self.stage2.q.val();
        self.stage4.d.next = self.stage3.q.val();
        self.rgb.next = self.stage4.q.val().get_bits::<24>(0);
        self.de.next = self.stage4.q.val().get_bit(24);
        self.hsync.next = self.stage4.q.val().get_bit(25);
        self.vsync.next = self.stage4.q.val().get_bit(26);
    }
}

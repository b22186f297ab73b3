//! Hardware pointer: lays a picture of up to 64 x 64 pixels over the pixels of the plane.
//!
//! Clock domain: `pix`; the write port of the image RAM is in `sys` (the RAM is the crossing: the host writes one of two
//! images while the other is shown). Configurations arrive over a crossing and are taken as one, in vertical blanking only.
//!
//! Arithmetic, for each of red, green and blue, with `d` the plane's pixel and `s`, `a` the pointer's colour and alpha:
//! - format 0 (ARGB8888, premultiplied): `t = d * (255 - a) + 128`, `out = min(255, s + ((t + (t >> 8)) >> 8))`. The
//!   middle part is `d * (255 - a) / 255` rounded to nearest, exactly, so the result is Porter and Duff's *over*; the
//!   minimum only matters for a colour that is not premultiplied (`s > a`).
//! - format 1 (AND/XOR): `out = (AND ? d : 0) ^ s`, which makes black, white, transparent and inverted pixels.
//!
//! Position and size are arbitrary: a difference modulo 2^16 below the size is inside, so what lies outside the screen on
//! any side is cut off. Critical path: an 8 x 8 multiplication and a 16-bit addition between registers.
//! Not supported: more than one pointer, scaling, a hot spot (the driver subtracts it).

use super::scale::Scale;
use crate::mem::ram_prim::DualClockRam;
use crate::prelude::*;

/// The pointer. Latency: two clocks from `pixel_` inputs to outputs; the raster inputs lead the pixel inputs by three
/// clocks, as [`super::pixel`] needs them.
#[derive(LogicBlock, Default)]
pub struct Cursor {
    /// The `pix` clock.
    pub pix_clock: Signal<In, Clock>,

    /// A configuration stands at the words.
    pub config_valid: Signal<In, Bit>,
    /// Enable 0, format 1, image 2, width 14:8, height 22:16.
    pub config_word0: Signal<In, Bits<32>>,
    /// Position: x 15:0, y 31:16, two's complement.
    pub config_word1: Signal<In, Bits<32>>,
    /// The configuration is taken at this edge if it is valid.
    pub config_accept: Signal<Out, Bit>,

    /// The timing generator runs.
    pub running: Signal<In, Bit>,
    /// Vertical blanking.
    pub vblank: Signal<In, Bit>,
    /// This clock of the raster carries an active pixel.
    pub raster_de: Signal<In, Bit>,
    /// Column of this clock, pixels.
    pub raster_x_px: Signal<In, Bits<13>>,
    /// Line of this clock.
    pub raster_y_lines: Signal<In, Bits<13>>,

    /// Pixel of the plane, three clocks after its raster clock: red 23:16, green 15:8, blue 7:0.
    pub pixel_rgb: Signal<In, Bits<24>>,
    /// That pixel is active.
    pub pixel_de: Signal<In, Bit>,
    /// Horizontal sync of that clock.
    pub pixel_hsync: Signal<In, Bit>,
    /// Vertical sync of that clock.
    pub pixel_vsync: Signal<In, Bit>,

    /// The `sys` clock, for the image's write port.
    pub image_clock: Signal<In, Clock>,
    /// Writes a word at the edge of `image_clock`.
    pub image_write: Signal<In, Bit>,
    /// Image 12, row 11:6, column 5:0.
    pub image_address: Signal<In, Bits<13>>,
    /// Word to write.
    pub image_data: Signal<In, Bits<32>>,

    /// Pixel with the pointer: red 23:16, green 15:8, blue 7:0; black outside `de`.
    pub rgb: Signal<Out, Bits<24>>,
    /// The pixel is active.
    pub de: Signal<Out, Bit>,
    /// Horizontal sync of that clock.
    pub hsync: Signal<Out, Bit>,
    /// Vertical sync of that clock.
    pub vsync: Signal<Out, Bit>,

    image: DualClockRam<32, 13>,
    control: DFF<Bits<32>>,
    position: DFF<Bits<32>>,
    look: DFF<Bits<13>>,
    inside: DFF<Bits<3>>,
    ink: DFF<Bits<32>>,
    top: DFF<Bits<24>>,
    below: Scale,
    side4: DFF<Bits<4>>,
    rgb5: DFF<Bits<24>>,
    side5: DFF<Bits<4>>,

    column: Signal<Local, Bits<16>>,
    row: Signal<Local, Bits<16>>,
    hit: Signal<Local, Bit>,
    side: Signal<Local, Bits<4>>,
    red: Signal<Local, Bits<16>>,
    green: Signal<Local, Bits<16>>,
    blue: Signal<Local, Bits<16>>,
}

impl Logic for Cursor {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, pix_clock, control, position, look, inside, ink, top, side4, rgb5, side5
        );
        self.image.read_clock.next = self.pix_clock.val();
        self.image.write_clock.next = self.image_clock.val();
        self.image.write_enable.next = self.image_write.val();
        self.image.write_address.next = self.image_address.val();
        self.image.write_data.next = self.image_data.val();

        // A new configuration, all of it in one clock in which no pixel is under way.
        self.config_accept.next = self.vblank.val() | !self.running.val();
        if self.config_valid.val() & self.config_accept.val() {
            self.control.d.next = self.config_word0.val();
            self.position.d.next = self.config_word1.val();
        }

        // Stage 1: is this raster clock inside the pointer, and where?
        self.column.next = 0.into();
        self.row.next = 0.into();
        self.hit.next = false;
        if self.control.q.val().get_bit(0) & self.raster_de.val() {
            self.column.next = bit_cast::<16, 13>(self.raster_x_px.val())
                - self.position.q.val().get_bits::<16>(0);
            self.row.next = bit_cast::<16, 13>(self.raster_y_lines.val())
                - self.position.q.val().get_bits::<16>(16);
            self.hit.next = (self.column.val()
                < bit_cast::<16, 7>(self.control.q.val().get_bits::<7>(8)))
                & (self.row.val() < bit_cast::<16, 7>(self.control.q.val().get_bits::<7>(16)));
        }
        if self.hit.val() {
            self.look.d.next = (bit_cast::<13, 1>(self.control.q.val().get_bits::<1>(2)) << 12)
                | (bit_cast::<13, 6>(self.row.val().get_bits::<6>(0)) << 6)
                | bit_cast::<13, 6>(self.column.val().get_bits::<6>(0));
        }

        // Stages 2 and 3: the image RAM, its word.
        self.inside.d.next = self.inside.q.val() << 1;
        if self.hit.val() {
            self.inside.d.next = (self.inside.q.val() << 1) | 1;
        }
        self.image.read_address.next = self.look.q.val();
        if self.inside.q.val().get_bit(1) {
            self.ink.d.next = self.image.read_data.val();
        }

        // Stage 4: what the pointer leaves of the pixel, times 255 and with the rounding; what it adds.
        self.side.next = 0.into();
        if self.pixel_de.val() {
            self.side.next = 1.into();
        }
        self.side.next = self.side.val().replace_bit(1, self.pixel_hsync.val());
        self.side.next = self.side.val().replace_bit(2, self.pixel_vsync.val());
        self.top.d.next = self.pixel_rgb.val();
        self.below.clock.next = self.pix_clock.val();
        self.below.enable.next = false;
        self.below.rgb.next = self.pixel_rgb.val();
        self.below.factor.next = !self.ink.q.val().get_bits::<8>(24);
        if self.inside.q.val().get_bit(2) {
            if self.control.q.val().get_bit(1) {
                self.top.d.next = self.ink.q.val().get_bits::<24>(0);
                if self.ink.q.val().get_bit(24) {
                    self.top.d.next = self.ink.q.val().get_bits::<24>(0) ^ self.pixel_rgb.val();
                }
            } else {
                self.side.next = self.side.val().replace_bit(3, true);
                self.top.d.next = self.ink.q.val().get_bits::<24>(0);
                self.below.enable.next = true;
            }
        }
        self.side4.d.next = self.side.val();

        // Stage 5: divide by 255, add, stop at white.
        self.rgb5.d.next = self.top.q.val();
        self.red.next = 0.into();
        self.green.next = 0.into();
        self.blue.next = 0.into();
        if self.side4.q.val().get_bit(3) {
            self.red.next = ((self.below.red.val() + (self.below.red.val() >> 8)) >> 8)
                + bit_cast::<16, 8>(self.top.q.val().get_bits::<8>(16));
            self.green.next = ((self.below.green.val() + (self.below.green.val() >> 8)) >> 8)
                + bit_cast::<16, 8>(self.top.q.val().get_bits::<8>(8));
            self.blue.next = ((self.below.blue.val() + (self.below.blue.val() >> 8)) >> 8)
                + bit_cast::<16, 8>(self.top.q.val().get_bits::<8>(0));
            if self.red.val().get_bit(8) {
                self.red.next = 255.into();
            }
            if self.green.val().get_bit(8) {
                self.green.next = 255.into();
            }
            if self.blue.val().get_bit(8) {
                self.blue.next = 255.into();
            }
            self.rgb5.d.next = (bit_cast::<24, 16>(self.red.val()) << 16)
                | (bit_cast::<24, 16>(self.green.val()) << 8)
                | bit_cast::<24, 16>(self.blue.val());
        }
        self.side5.d.next = self.side4.q.val();
        self.rgb.next = self.rgb5.q.val();
        self.de.next = self.side5.q.val().get_bit(0);
        self.hsync.next = self.side5.q.val().get_bit(1);
        self.vsync.next = self.side5.q.val().get_bit(2);
    }
}

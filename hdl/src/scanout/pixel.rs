//! Pixel path: words of the line FIFO become pixels.
//!
//! Clock domain: `pix`; the palette's write port is in `sys` (the palette RAM is the crossing).
//! Formats: XRGB8888, RGB565 (widened by repeating the top bits), C8 through a palette of 256 x 24.
//! Every line starts with a fresh word; what is left of the last word of a line is dropped.
//!
//! Frame protocol with the fetch engine, all four phases of a request/acknowledge pair:
//! 1. a frame starts: `flush` rises and everything that comes out of the FIFO is thrown away;
//! 2. `flushed` rises when nothing more will come; the FIFO is emptied, plus a margin;
//! 3. `flush` falls, `flushed` falls: fetching of the new frame has begun;
//! 4. the first word is the frame's header (plane enabled, format), the rest are pixels.
//!
//! So a frame that ran dry never displaces the next one. When a pixel is due and its word is not
//! there, the rest of that frame is black and `underrun_strobe` reports it once.
//! Not supported: alpha, scaling, colour key.

use crate::mem::ram_prim::DualClockRam;
use crate::prelude::*;

/// State of the frame protocol.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
enum Frame {
    /// `flush` is high; the FIFO is being emptied, or the display is off.
    Drain,
    /// `flush` is low; waits for `flushed` to fall.
    Release,
    /// Waits for the header word.
    Header,
    /// Pixels.
    Show,
}

/// The pixel path. Latency: three clocks from the timing inputs to `rgb`, `de_out` and the syncs.
#[derive(LogicBlock)]
pub struct Pixel {
    /// The `pix` clock.
    pub pix_clock: Signal<In, Clock>,

    /// The timing generator runs.
    pub running: Signal<In, Bit>,
    /// Colour bars with a white border instead of the plane.
    pub test_pattern: Signal<In, Bit>,
    /// Active pixels a line.
    pub h_active_px: Signal<In, Bits<13>>,
    /// This clock carries an active pixel.
    pub de: Signal<In, Bit>,
    /// Horizontal sync of this clock.
    pub hsync: Signal<In, Bit>,
    /// Vertical sync of this clock.
    pub vsync: Signal<In, Bit>,
    /// The pixel lies on the outermost line or column.
    pub border: Signal<In, Bit>,
    /// First active pixel of a line.
    pub line_start_strobe: Signal<In, Bit>,
    /// First clock of a frame, which is the first of its vertical blanking.
    pub frame_start_strobe: Signal<In, Bit>,

    /// A word stands at `word_lo`, `word_hi`.
    pub word_valid: Signal<In, Bit>,
    /// Bytes 0 to 3 of the word, byte 0 in bits 7:0.
    pub word_lo: Signal<In, Bits<32>>,
    /// Bytes 4 to 7 of the word.
    pub word_hi: Signal<In, Bits<32>>,
    /// Takes the word at this edge.
    pub word_strobe: Signal<Out, Bit>,
    /// Asks the fetch engine to stop (crosses to `sys`).
    pub flush: Signal<Out, Bit>,
    /// The fetch engine has stopped and nothing more will come (has crossed to `pix`).
    pub flushed: Signal<In, Bit>,
    /// A pixel was due and not there; once a frame.
    pub underrun_strobe: Signal<Out, Bit>,

    /// The `sys` clock, for the palette's write port.
    pub palette_clock: Signal<In, Clock>,
    /// Writes a palette entry at the edge of `palette_clock`.
    pub palette_write: Signal<In, Bit>,
    /// Entry to write.
    pub palette_index: Signal<In, Bits<8>>,
    /// Colour to write: red 23:16, green 15:8, blue 7:0.
    pub palette_colour: Signal<In, Bits<24>>,

    /// Pixel: red 23:16, green 15:8, blue 7:0; black outside `de_out`.
    pub rgb: Signal<Out, Bits<24>>,
    /// The pixel is active.
    pub de_out: Signal<Out, Bit>,
    /// Horizontal sync of that clock.
    pub hsync_out: Signal<Out, Bit>,
    /// Vertical sync of that clock.
    pub vsync_out: Signal<Out, Bit>,

    palette: DualClockRam<24, 8>,
    frame: DFF<Frame>,
    again: DFF<Bit>,
    quiet_clocks: DFF<Bits<4>>,
    plane_on: DFF<Bit>,
    format: DFF<Bits<2>>,
    missed: DFF<Bit>,
    underrun: DFF<Bit>,
    flush_out: DFF<Bit>,

    rest_lo: DFF<Bits<32>>,
    rest_hi: DFF<Bits<32>>,
    rest_px: DFF<Bits<3>>,
    bar: DFF<Bits<3>>,
    bar_error: DFF<Bits<14>>,

    raw2: DFF<Bits<32>>,
    format2: DFF<Bits<2>>,
    side2: DFF<Bits<3>>,
    direct3: DFF<Bits<24>>,
    indexed3: DFF<Bit>,
    side3: DFF<Bits<3>>,
    rgb4: DFF<Bits<24>>,
    side4: DFF<Bits<3>>,

    wanted: Signal<Local, Bit>,
    due: Signal<Local, Bit>,
    take: Signal<Local, Bit>,
    miss: Signal<Local, Bit>,
    source_lo: Signal<Local, Bits<32>>,
    source_hi: Signal<Local, Bits<32>>,
    pixels: Signal<Local, Bits<3>>,
    bar_sum: Signal<Local, Bits<14>>,
    bar_rgb: Signal<Local, Bits<32>>,
    side: Signal<Local, Bits<3>>,
    direct: Signal<Local, Bits<24>>,
    margin_clocks: Constant<Bits<4>>,
    white: Constant<Bits<32>>,
    red: Constant<Bits<32>>,
    green: Constant<Bits<32>>,
    blue: Constant<Bits<32>>,
}

impl Default for Pixel {
    fn default() -> Self {
        Self {
            pix_clock: Signal::default(),
            running: Signal::default(),
            test_pattern: Signal::default(),
            h_active_px: Signal::default(),
            de: Signal::default(),
            hsync: Signal::default(),
            vsync: Signal::default(),
            border: Signal::default(),
            line_start_strobe: Signal::default(),
            frame_start_strobe: Signal::default(),
            word_valid: Signal::default(),
            word_lo: Signal::default(),
            word_hi: Signal::default(),
            word_strobe: Signal::default(),
            flush: Signal::default(),
            flushed: Signal::default(),
            underrun_strobe: Signal::default(),
            palette_clock: Signal::default(),
            palette_write: Signal::default(),
            palette_index: Signal::default(),
            palette_colour: Signal::default(),
            rgb: Signal::default(),
            de_out: Signal::default(),
            hsync_out: Signal::default(),
            vsync_out: Signal::default(),
            palette: DualClockRam::default(),
            frame: DFF::default(),
            again: DFF::default(),
            quiet_clocks: DFF::default(),
            plane_on: DFF::default(),
            format: DFF::default(),
            missed: DFF::default(),
            underrun: DFF::default(),
            flush_out: DFF::default(),
            rest_lo: DFF::default(),
            rest_hi: DFF::default(),
            rest_px: DFF::default(),
            bar: DFF::default(),
            bar_error: DFF::default(),
            raw2: DFF::default(),
            format2: DFF::default(),
            side2: DFF::default(),
            direct3: DFF::default(),
            indexed3: DFF::default(),
            side3: DFF::default(),
            rgb4: DFF::default(),
            side4: DFF::default(),
            wanted: Signal::default(),
            due: Signal::default(),
            take: Signal::default(),
            miss: Signal::default(),
            source_lo: Signal::default(),
            source_hi: Signal::default(),
            pixels: Signal::default(),
            bar_sum: Signal::default(),
            bar_rgb: Signal::default(),
            side: Signal::default(),
            direct: Signal::default(),
            margin_clocks: Constant::new(10.into()),
            white: Constant::new(0x00FF_FFFF.into()),
            red: Constant::new(0x00FF_0000.into()),
            green: Constant::new(0x0000_FF00.into()),
            blue: Constant::new(0x0000_00FF.into()),
        }
    }
}

impl Logic for Pixel {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            pix_clock,
            frame,
            again,
            quiet_clocks,
            plane_on,
            format,
            missed,
            underrun,
            flush_out,
            rest_lo,
            rest_hi,
            rest_px,
            bar,
            bar_error,
            raw2,
            format2,
            side2,
            direct3,
            indexed3,
            side3,
            rgb4,
            side4
        );
        self.palette.read_clock.next = self.pix_clock.val();
        self.palette.write_clock.next = self.palette_clock.val();
        self.palette.write_enable.next = self.palette_write.val();
        self.palette.write_address.next = self.palette_index.val();
        self.palette.write_data.next = self.palette_colour.val();

        // Stage 1: which word does this pixel come from, and is it there?
        self.wanted.next = self.de.val() & !self.test_pattern.val() & !self.missed.q.val();
        self.due.next = self.line_start_strobe.val() | (self.rest_px.q.val() == 0);
        self.take.next = false;
        self.miss.next = false;

        // Frame protocol.
        self.flush_out.d.next = false;
        match self.frame.q.val() {
            Frame::Drain => {
                self.take.next = true;
                self.flush_out.d.next = true;
                self.again.d.next = false;
                self.miss.next = self.wanted.val();
                self.quiet_clocks.d.next = self.quiet_clocks.q.val() + 1;
                if self.quiet_clocks.q.val() == self.margin_clocks.val() {
                    self.quiet_clocks.d.next = self.quiet_clocks.q.val();
                    if self.running.val() {
                        self.frame.d.next = Frame::Release;
                        self.flush_out.d.next = false;
                    }
                }
                if self.word_valid.val() | !self.flushed.val() | self.frame_start_strobe.val() {
                    self.quiet_clocks.d.next = 0.into();
                    self.frame.d.next = Frame::Drain;
                    self.flush_out.d.next = true;
                }
            }
            Frame::Release => {
                // The other side must have seen `flush` fall before it may rise again.
                self.miss.next = self.wanted.val();
                self.quiet_clocks.d.next = 0.into();
                self.again.d.next =
                    self.again.q.val() | self.frame_start_strobe.val() | !self.running.val();
                if !self.flushed.val() {
                    self.frame.d.next = Frame::Header;
                    if self.again.q.val() | self.frame_start_strobe.val() | !self.running.val() {
                        self.frame.d.next = Frame::Drain;
                        self.flush_out.d.next = true;
                    }
                }
            }
            Frame::Header => {
                self.take.next = true;
                self.miss.next = self.wanted.val();
                if self.word_valid.val() {
                    self.plane_on.d.next = self.word_lo.val().get_bit(0);
                    self.format.d.next = self.word_lo.val().get_bits::<2>(1);
                    self.frame.d.next = Frame::Show;
                }
                if self.frame_start_strobe.val() | !self.running.val() {
                    self.frame.d.next = Frame::Drain;
                    self.flush_out.d.next = true;
                }
            }
            Frame::Show => {
                self.take.next = self.wanted.val() & self.plane_on.q.val() & self.due.val();
                self.miss.next = self.wanted.val()
                    & self.plane_on.q.val()
                    & self.due.val()
                    & !self.word_valid.val();
                if self.frame_start_strobe.val() | !self.running.val() {
                    self.frame.d.next = Frame::Drain;
                    self.flush_out.d.next = true;
                }
            }
            _ => {
                self.frame.d.next = Frame::Drain;
            }
        }
        self.word_strobe.next = self.take.val();
        self.flush.next = self.flush_out.q.val();
        self.underrun.d.next = self.miss.val();
        self.underrun_strobe.next = self.underrun.q.val();
        if self.miss.val() {
            self.missed.d.next = true;
        }
        if self.frame_start_strobe.val() {
            self.missed.d.next = false;
        }

        // Cut the pixel off the low end of the word, keep the rest.
        self.source_lo.next = self.rest_lo.q.val();
        self.source_hi.next = self.rest_hi.q.val();
        if self.due.val() {
            self.source_lo.next = self.word_lo.val();
            self.source_hi.next = self.word_hi.val();
        }
        self.pixels.next = 1.into();
        self.rest_lo.d.next = self.source_hi.val();
        self.rest_hi.d.next = self.source_hi.val();
        if self.format.q.val() == 1 {
            self.pixels.next = 3.into();
            self.rest_lo.d.next = (self.source_lo.val() >> 16) | (self.source_hi.val() << 16);
            self.rest_hi.d.next = self.source_hi.val() >> 16;
        }
        if self.format.q.val() == 2 {
            self.pixels.next = 7.into();
            self.rest_lo.d.next = (self.source_lo.val() >> 8) | (self.source_hi.val() << 24);
            self.rest_hi.d.next = self.source_hi.val() >> 8;
        }
        if self.de.val() {
            self.rest_px.d.next = self.rest_px.q.val() - 1;
            if self.due.val() {
                self.rest_px.d.next = self.pixels.val();
            }
        }

        // Test pattern: bar floor(8 x / H_ACTIVE), by error accumulation.
        self.bar_sum.next = self.bar_error.q.val() + 8;
        if self.de.val() {
            self.bar_error.d.next = self.bar_sum.val();
            if self.bar_sum.val() >= bit_cast::<14, 13>(self.h_active_px.val()) {
                self.bar_error.d.next =
                    self.bar_sum.val() - bit_cast::<14, 13>(self.h_active_px.val());
                self.bar.d.next = self.bar.q.val() + 1;
            }
        } else {
            self.bar_error.d.next = 0.into();
            self.bar.d.next = 0.into();
        }
        self.bar_rgb.next = 0.into();
        if !self.bar.q.val().get_bit(1) {
            self.bar_rgb.next = self.red.val();
        }
        if !self.bar.q.val().get_bit(2) {
            self.bar_rgb.next = self.bar_rgb.val() | self.green.val();
        }
        if !self.bar.q.val().get_bit(0) {
            self.bar_rgb.next = self.bar_rgb.val() | self.blue.val();
        }
        if self.border.val() {
            self.bar_rgb.next = self.white.val();
        }

        // Stage 2 holds the pixel as it was stored; black is an XRGB8888 zero.
        self.raw2.d.next = 0.into();
        self.format2.d.next = 0.into();
        if self.de.val() & self.test_pattern.val() {
            self.raw2.d.next = self.bar_rgb.val();
        } else if self.wanted.val() & !self.miss.val() & self.plane_on.q.val() {
            self.raw2.d.next = self.source_lo.val();
            self.format2.d.next = self.format.q.val();
        }
        self.side.next = 0.into();
        if self.de.val() {
            self.side.next = 1.into();
        }
        self.side.next = self.side.val().replace_bit(1, self.hsync.val());
        self.side.next = self.side.val().replace_bit(2, self.vsync.val());
        self.side2.d.next = self.side.val();

        // Stage 3: widen, while the palette is read.
        self.palette.read_address.next = self.raw2.q.val().get_bits::<8>(0);
        self.direct.next = self.raw2.q.val().get_bits::<24>(0);
        if self.format2.q.val() == 1 {
            self.direct.next = (bit_cast::<24, 5>(self.raw2.q.val().get_bits::<5>(11)) << 19)
                | (bit_cast::<24, 3>(self.raw2.q.val().get_bits::<3>(13)) << 16)
                | (bit_cast::<24, 6>(self.raw2.q.val().get_bits::<6>(5)) << 10)
                | (bit_cast::<24, 2>(self.raw2.q.val().get_bits::<2>(9)) << 8)
                | (bit_cast::<24, 5>(self.raw2.q.val().get_bits::<5>(0)) << 3)
                | bit_cast::<24, 3>(self.raw2.q.val().get_bits::<3>(2));
        }
        self.direct3.d.next = self.direct.val();
        self.indexed3.d.next = self.format2.q.val() == 2;
        self.side3.d.next = self.side2.q.val();

        // Stage 4: the output register.
        self.rgb4.d.next = self.direct3.q.val();
        if self.indexed3.q.val() {
            self.rgb4.d.next = self.palette.read_data.val();
        }
        self.side4.d.next = self.side3.q.val();
        self.rgb.next = self.rgb4.q.val();
        self.de_out.next = self.side4.q.val().get_bit(0);
        self.hsync_out.next = self.side4.q.val().get_bit(1);
        self.vsync_out.next = self.side4.q.val().get_bit(2);
    }
}

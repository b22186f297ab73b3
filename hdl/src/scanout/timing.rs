//! Timing generator: counts a raster and makes its sync pulses.
//!
//! Clock domain: `pix`. Any raster with totals up to 8192 x 8192; all numbers are run-time inputs.
//! A frame starts with its vertical blanking: at that point, and only there, a waiting mode is
//! taken as one; while the generator is off it is taken at once. Counting: the first active pixel
//! and line are 0, sync start and end count from there, end exclusive; vertical sync changes with
//! the leading edge of horizontal sync (VESA DMT 1.13, section 3; CTA-861 timing diagrams).
//! Every path is a 13-bit count, compare or increment between registers.
//! Not supported: interlace, pixel repetition, a sync pulse that spans the end of a line.

use crate::prelude::*;

/// The timing generator. All outputs belong to the same pixel clock, one clock after the counters.
#[derive(LogicBlock, Default)]
pub struct Timing {
    /// The `pix` clock.
    pub pix_clock: Signal<In, Clock>,
    /// A mode waits at the `mode_` words.
    pub mode_valid: Signal<In, Bit>,
    /// The waiting mode is taken at this edge.
    pub mode_accept: Signal<Out, Bit>,
    /// Horizontal total 28:16 and active 12:0, pixels; control in the free bits: 31 run,
    /// 30 test pattern.
    pub mode_h_size: Signal<In, Bits<32>>,
    /// Horizontal sync end 28:16 and start 12:0, pixels; bit 31 high active.
    pub mode_h_sync: Signal<In, Bits<32>>,
    /// Vertical total 28:16 and active 12:0, lines.
    pub mode_v_size: Signal<In, Bits<32>>,
    /// Vertical sync end 28:16 and start 12:0, lines; bit 31 high active.
    pub mode_v_sync: Signal<In, Bits<32>>,

    /// The generator runs.
    pub running: Signal<Out, Bit>,
    /// The running mode asks for the test pattern.
    pub test_pattern: Signal<Out, Bit>,
    /// Active pixels a line of the running mode.
    pub h_active_px: Signal<Out, Bits<13>>,
    /// Data enable: this clock carries an active pixel.
    pub de: Signal<Out, Bit>,
    /// Horizontal sync with the mode's polarity.
    pub hsync: Signal<Out, Bit>,
    /// Vertical sync with the mode's polarity.
    pub vsync: Signal<Out, Bit>,
    /// Horizontal count, pixels.
    pub x_px: Signal<Out, Bits<13>>,
    /// Vertical count, lines.
    pub y_lines: Signal<Out, Bits<13>>,
    /// The active pixel lies on the outermost line or column.
    pub border: Signal<Out, Bit>,
    /// First active pixel of a line.
    pub line_start_strobe: Signal<Out, Bit>,
    /// First clock of a frame, which is the first of its vertical blanking.
    pub frame_start_strobe: Signal<Out, Bit>,
    /// Vertical blanking.
    pub vblank: Signal<Out, Bit>,

    run: DFF<Bit>,
    pattern: DFF<Bit>,
    h_total: DFF<Bits<13>>,
    h_active: DFF<Bits<13>>,
    h_start: DFF<Bits<13>>,
    h_end: DFF<Bits<13>>,
    v_total: DFF<Bits<13>>,
    v_active: DFF<Bits<13>>,
    v_start: DFF<Bits<13>>,
    v_end: DFF<Bits<13>>,
    h_high: DFF<Bit>,
    v_high: DFF<Bit>,
    x: DFF<Bits<13>>,
    y: DFF<Bits<13>>,
    blank: DFF<Bit>,
    first: DFF<Bit>,

    run_out: DFF<Bit>,
    x_out: DFF<Bits<13>>,
    y_out: DFF<Bits<13>>,
    de_out: DFF<Bit>,
    h_pulse: DFF<Bit>,
    v_pulse: DFF<Bit>,
    h_high_out: DFF<Bit>,
    v_high_out: DFF<Bit>,
    border_out: DFF<Bit>,
    line_out: DFF<Bit>,
    frame_out: DFF<Bit>,
    vblank_out: DFF<Bit>,

    x_next: Signal<Local, Bits<13>>,
    y_next: Signal<Local, Bits<13>>,
    line_end: Signal<Local, Bit>,
    frame_end: Signal<Local, Bit>,
    take: Signal<Local, Bit>,
    active: Signal<Local, Bit>,
}

impl Logic for Timing {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, pix_clock, run, pattern, h_total, h_active, h_start, h_end, v_total, v_active,
            v_start, v_end, h_high, v_high, x, y, blank, first, run_out, x_out, y_out, de_out,
            h_pulse, v_pulse, h_high_out, v_high_out, border_out, line_out, frame_out, vblank_out
        );

        // Counters. A frame ends before its line V_ACTIVE; a raster without vertical blanking ends
        // at its total, so that a frame end always comes.
        self.x_next.next = self.x.q.val() + 1;
        self.y_next.next = self.y.q.val() + 1;
        self.line_end.next = self.x_next.val() == self.h_total.q.val();
        self.frame_end.next = self.run.q.val()
            & self.line_end.val()
            & !self.blank.q.val()
            & ((self.y_next.val() == self.v_active.q.val())
                | (self.y_next.val() == self.v_total.q.val()));
        self.first.d.next = false;
        if self.run.q.val() {
            self.x.d.next = self.x_next.val();
            if self.line_end.val() {
                self.x.d.next = 0.into();
                self.y.d.next = self.y_next.val();
                if self.y_next.val() == self.v_total.q.val() {
                    self.y.d.next = 0.into();
                    self.blank.d.next = false;
                }
            }
            if self.frame_end.val() {
                self.y.d.next = self.v_active.q.val();
                self.blank.d.next = true;
                self.first.d.next = true;
            }
        }

        // A new mode, all of it in one clock.
        self.take.next = self.mode_valid.val() & (self.frame_end.val() | !self.run.q.val());
        self.mode_accept.next = self.take.val();
        if self.take.val() {
            self.run.d.next = self.mode_h_size.val().get_bit(31);
            self.pattern.d.next = self.mode_h_size.val().get_bit(30);
            self.h_total.d.next = self.mode_h_size.val().get_bits::<13>(16);
            self.h_active.d.next = self.mode_h_size.val().get_bits::<13>(0);
            self.h_start.d.next = self.mode_h_sync.val().get_bits::<13>(0);
            self.h_end.d.next = self.mode_h_sync.val().get_bits::<13>(16);
            self.h_high.d.next = self.mode_h_sync.val().get_bit(31);
            self.v_total.d.next = self.mode_v_size.val().get_bits::<13>(16);
            self.v_active.d.next = self.mode_v_size.val().get_bits::<13>(0);
            self.v_start.d.next = self.mode_v_sync.val().get_bits::<13>(0);
            self.v_end.d.next = self.mode_v_sync.val().get_bits::<13>(16);
            self.v_high.d.next = self.mode_v_sync.val().get_bit(31);
            self.x.d.next = 0.into();
            self.y.d.next = self.mode_v_size.val().get_bits::<13>(0);
            self.blank.d.next = true;
            self.first.d.next = self.mode_h_size.val().get_bit(31);
        }

        // One register stage between the counters and everything that is derived from them.
        self.active.next = self.run.q.val()
            & (self.x.q.val() < self.h_active.q.val())
            & (self.y.q.val() < self.v_active.q.val());
        self.run_out.d.next = self.run.q.val();
        self.x_out.d.next = self.x.q.val();
        self.y_out.d.next = self.y.q.val();
        self.de_out.d.next = self.active.val();
        self.border_out.d.next = (self.x.q.val() == 0)
            | (self.x_next.val() == self.h_active.q.val())
            | (self.y.q.val() == 0)
            | (self.y_next.val() == self.v_active.q.val());
        self.line_out.d.next = self.active.val() & (self.x.q.val() == 0);
        self.frame_out.d.next = self.first.q.val();
        self.vblank_out.d.next = self.run.q.val() & (self.y.q.val() >= self.v_active.q.val());
        self.h_pulse.d.next = self.run.q.val()
            & (self.x.q.val() >= self.h_start.q.val())
            & (self.x.q.val() < self.h_end.q.val());
        if self.x.q.val() == self.h_start.q.val() {
            self.v_pulse.d.next =
                (self.y.q.val() >= self.v_start.q.val()) & (self.y.q.val() < self.v_end.q.val());
        }
        if !self.run.q.val() {
            self.v_pulse.d.next = false;
        }
        self.h_high_out.d.next = self.h_high.q.val();
        self.v_high_out.d.next = self.v_high.q.val();

        self.running.next = self.run_out.q.val();
        self.test_pattern.next = self.pattern.q.val();
        self.h_active_px.next = self.h_active.q.val();
        self.de.next = self.de_out.q.val();
        self.hsync.next = self.h_pulse.q.val() ^ !self.h_high_out.q.val();
        self.vsync.next = self.v_pulse.q.val() ^ !self.v_high_out.q.val();
        self.x_px.next = self.x_out.q.val();
        self.y_lines.next = self.y_out.q.val();
        self.border.next = self.border_out.q.val();
        self.line_start_strobe.next = self.line_out.q.val();
        self.frame_start_strobe.next = self.frame_out.q.val();
        self.vblank.next = self.vblank_out.q.val();
    }
}

//! Fetch engine: reads the lines of a frame from card memory into the line FIFO.
//!
//! Clock domain: `sys`. One read command a clock; as many reads under way as the FIFO has room
//! for, never more, so an answer always finds its place. Per frame it writes one header word
//! (bit 0 plane enabled, bits 2:1 format) and then, for each line, the line's 64-bit words.
//! The plane's base, pitch and control are latched as one when a frame begins and nothing of the
//! old one is under way any more: the former framebuffer is then no longer read.
//! Frame protocol: see [`super::pixel`]. Not supported: a plane smaller than the raster.

use crate::prelude::*;

/// State of the engine.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
enum Fetch {
    /// No new commands; waits for the answers under way.
    Stop,
    /// Nothing under way, nothing more to come.
    Flushed,
    /// Writes the header word.
    Header,
    /// Issues reads.
    Read,
    /// All words of the frame are asked for.
    Done,
}

/// The fetch engine, for a FIFO with `P` bits of level (depth `2^(P-1)` words).
///
/// Latency: command in the clock after room is known; answers pass to the FIFO in the same clock.
#[derive(LogicBlock)]
pub struct FetchEngine<const P: usize> {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,

    /// Active pixels a line of the running mode.
    pub h_active_px: Signal<In, Bits<13>>,
    /// Active lines of the running mode.
    pub v_active_lines: Signal<In, Bits<13>>,
    /// The running mode shows the test pattern: nothing is fetched.
    pub test_pattern: Signal<In, Bit>,
    /// The display is on (has crossed to `sys`).
    pub running: Signal<In, Bit>,

    /// A plane configuration is offered at the `plane_` inputs; kept until it is latched.
    pub plane_commit_strobe: Signal<In, Bit>,
    /// The plane is shown; else black.
    pub plane_enable: Signal<In, Bit>,
    /// 0 XRGB8888, 1 RGB565, 2 C8.
    pub plane_format: Signal<In, Bits<2>>,
    /// Card address of the first pixel, bytes, a multiple of 64.
    pub plane_base: Signal<In, Bits<32>>,
    /// Bytes from line to line, a multiple of 8.
    pub plane_pitch: Signal<In, Bits<32>>,
    /// A configuration waits for its frame.
    pub flip_pending: Signal<Out, Bit>,
    /// A waiting configuration has been latched.
    pub flip_done_strobe: Signal<Out, Bit>,
    /// Card address of the framebuffer that is read now, bytes.
    pub base_active: Signal<Out, Bits<32>>,

    /// The pixel path asks to stop (has crossed to `sys`).
    pub flush: Signal<In, Bit>,
    /// Stopped, nothing under way (crosses to `pix`).
    pub flushed: Signal<Out, Bit>,
    /// Words in the FIFO, never fewer than there are.
    pub fifo_level: Signal<In, Bits<P>>,
    /// Writes a word to the FIFO at this edge.
    pub fifo_write: Signal<Out, Bit>,
    /// Bits 31:0 of the word.
    pub fifo_lo: Signal<Out, Bits<32>>,
    /// Bits 63:32 of the word.
    pub fifo_hi: Signal<Out, Bits<32>>,

    /// A read command stands at `cmd_address`; stays until it is taken.
    pub cmd_valid: Signal<Out, Bit>,
    /// The command is taken at this edge.
    pub cmd_ready: Signal<In, Bit>,
    /// 64-bit word index.
    pub cmd_address: Signal<Out, Bits<24>>,
    /// Less than half of the FIFO is filled or asked for, and there is more to fetch.
    pub urgent: Signal<Out, Bit>,
    /// Read data is here, in the order of the commands.
    pub rvalid: Signal<In, Bit>,
    /// Bytes 0 to 3 read.
    pub rdata_lo: Signal<In, Bits<32>>,
    /// Bytes 4 to 7 read.
    pub rdata_hi: Signal<In, Bits<32>>,

    state: DFF<Fetch>,
    ack: DFF<Bit>,
    staged_control: DFF<Bits<3>>,
    staged_base: DFF<Bits<32>>,
    staged_pitch: DFF<Bits<32>>,
    pending: DFF<Bit>,
    control: DFF<Bits<3>>,
    base: DFF<Bits<32>>,
    pitch: DFF<Bits<32>>,
    flip_done: DFF<Bit>,

    offer: DFF<Bit>,
    address: DFF<Bits<24>>,
    line_address: DFF<Bits<24>>,
    line_words: DFF<Bits<13>>,
    words_left: DFF<Bits<13>>,
    lines_left: DFF<Bits<13>>,
    in_flight: DFF<Bits<P>>,
    room: DFF<Bit>,
    low: DFF<Bit>,

    latch_plane: Signal<Local, Bit>,
    accepted: Signal<Local, Bit>,
    last: Signal<Local, Bit>,
    occupancy: Signal<Local, Bits<P>>,
    next_line: Signal<Local, Bits<24>>,
    rounded: Signal<Local, Bits<14>>,
    words: Signal<Local, Bits<13>>,
    nearly_full: Constant<Bits<P>>,
    half_full: Constant<Bits<P>>,
}

impl<const P: usize> Default for FetchEngine<P> {
    /// # Panics
    /// When the FIFO is shallower than 8 words.
    fn default() -> Self {
        assert!(P >= 4, "the FIFO holds at least 8 words");
        let depth_words = 1u64 << (P - 1);
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            h_active_px: Signal::default(),
            v_active_lines: Signal::default(),
            test_pattern: Signal::default(),
            running: Signal::default(),
            plane_commit_strobe: Signal::default(),
            plane_enable: Signal::default(),
            plane_format: Signal::default(),
            plane_base: Signal::default(),
            plane_pitch: Signal::default(),
            flip_pending: Signal::default(),
            flip_done_strobe: Signal::default(),
            base_active: Signal::default(),
            flush: Signal::default(),
            flushed: Signal::default(),
            fifo_level: Signal::default(),
            fifo_write: Signal::default(),
            fifo_lo: Signal::default(),
            fifo_hi: Signal::default(),
            cmd_valid: Signal::default(),
            cmd_ready: Signal::default(),
            cmd_address: Signal::default(),
            urgent: Signal::default(),
            rvalid: Signal::default(),
            rdata_lo: Signal::default(),
            rdata_hi: Signal::default(),
            state: DFF::default(),
            ack: DFF::default(),
            staged_control: DFF::default(),
            staged_base: DFF::default(),
            staged_pitch: DFF::default(),
            pending: DFF::default(),
            control: DFF::default(),
            base: DFF::default(),
            pitch: DFF::default(),
            flip_done: DFF::default(),
            offer: DFF::default(),
            address: DFF::default(),
            line_address: DFF::default(),
            line_words: DFF::default(),
            words_left: DFF::default(),
            lines_left: DFF::default(),
            in_flight: DFF::default(),
            room: DFF::default(),
            low: DFF::default(),
            latch_plane: Signal::default(),
            accepted: Signal::default(),
            last: Signal::default(),
            occupancy: Signal::default(),
            next_line: Signal::default(),
            rounded: Signal::default(),
            words: Signal::default(),
            // Three commands may be taken before `room` has seen the first of them.
            nearly_full: Constant::new((depth_words - 3).into()),
            half_full: Constant::new((depth_words / 2).into()),
        }
    }
}

impl<const P: usize> Logic for FetchEngine<P> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            ack,
            staged_control,
            staged_base,
            staged_pitch,
            pending,
            control,
            base,
            pitch,
            flip_done,
            offer,
            address,
            line_address,
            line_words,
            words_left,
            lines_left,
            in_flight,
            room,
            low
        );

        // Words a line: pixels by 2, 4 or 8, rounded up.
        self.rounded.next = bit_cast::<14, 13>(self.h_active_px.val()) + 1;
        self.words.next = bit_cast::<13, 14>(self.rounded.val() >> 1);
        if self.control.q.val().get_bits::<2>(1) == 1 {
            self.rounded.next = bit_cast::<14, 13>(self.h_active_px.val()) + 3;
            self.words.next = bit_cast::<13, 14>(self.rounded.val() >> 2);
        }
        if self.control.q.val().get_bits::<2>(1) == 2 {
            self.rounded.next = bit_cast::<14, 13>(self.h_active_px.val()) + 7;
            self.words.next = bit_cast::<13, 14>(self.rounded.val() >> 3);
        }

        self.accepted.next = self.offer.q.val() & self.cmd_ready.val();
        self.last.next = (self.words_left.q.val() == 1) & (self.lines_left.q.val() == 1);
        self.next_line.next = self.line_address.q.val() + self.pitch.q.val().get_bits::<24>(3);
        self.latch_plane.next = false;
        self.fifo_write.next = self.rvalid.val();
        self.fifo_lo.next = self.rdata_lo.val();
        self.fifo_hi.next = self.rdata_hi.val();
        self.ack.d.next = false;

        // Commands. An offer stays until it is taken.
        if self.accepted.val() {
            self.offer.d.next = false;
            self.address.d.next = self.address.q.val() + 1;
            self.words_left.d.next = self.words_left.q.val() - 1;
            if self.words_left.q.val() == 1 {
                self.address.d.next = self.next_line.val();
                self.line_address.d.next = self.next_line.val();
                self.words_left.d.next = self.line_words.q.val();
                self.lines_left.d.next = self.lines_left.q.val() - 1;
            }
        }

        match self.state.q.val() {
            Fetch::Stop => {
                if !self.offer.q.val() & (self.in_flight.q.val() == 0) {
                    self.latch_plane.next = !self.running.val();
                    if self.flush.val() {
                        self.state.d.next = Fetch::Flushed;
                        self.ack.d.next = true;
                    }
                }
            }
            Fetch::Flushed => {
                self.ack.d.next = true;
                self.latch_plane.next = !self.running.val();
                if !self.flush.val() {
                    self.ack.d.next = false;
                    self.latch_plane.next = true;
                    self.state.d.next = Fetch::Header;
                }
            }
            Fetch::Header => {
                self.fifo_write.next = true;
                self.fifo_lo.next = bit_cast::<32, 3>(self.control.q.val());
                self.fifo_hi.next = 0.into();
                self.address.d.next = self.base.q.val().get_bits::<24>(3);
                self.line_address.d.next = self.base.q.val().get_bits::<24>(3);
                self.line_words.d.next = self.words.val();
                self.words_left.d.next = self.words.val();
                self.lines_left.d.next = self.v_active_lines.val();
                self.state.d.next = Fetch::Read;
                if !self.control.q.val().get_bit(0)
                    | self.test_pattern.val()
                    | (self.h_active_px.val() == 0)
                    | (self.v_active_lines.val() == 0)
                {
                    self.state.d.next = Fetch::Done;
                }
            }
            Fetch::Read => {
                if !self.offer.q.val() | self.accepted.val() {
                    self.offer.d.next = self.room.q.val() & !self.flush.val();
                }
                if self.accepted.val() & self.last.val() {
                    self.offer.d.next = false;
                    self.state.d.next = Fetch::Done;
                }
                if self.flush.val() {
                    self.state.d.next = Fetch::Stop;
                }
            }
            Fetch::Done => {
                if self.flush.val() {
                    self.state.d.next = Fetch::Stop;
                }
            }
            _ => {
                self.state.d.next = Fetch::Stop;
            }
        }

        // Room: what is in the FIFO or asked for.
        if self.accepted.val() & !self.rvalid.val() {
            self.in_flight.d.next = self.in_flight.q.val() + 1;
        }
        if !self.accepted.val() & self.rvalid.val() {
            self.in_flight.d.next = self.in_flight.q.val() - 1;
        }
        self.occupancy.next = self.fifo_level.val() + self.in_flight.q.val();
        self.room.d.next = self.occupancy.val() < self.nearly_full.val();
        self.low.d.next =
            (self.occupancy.val() < self.half_full.val()) & (self.state.q.val() == Fetch::Read);

        // Plane configuration: staged by the commit, latched with a frame (at once when off).
        self.flip_done.d.next = false;
        if self.latch_plane.val() & self.pending.q.val() {
            self.control.d.next = self.staged_control.q.val();
            self.base.d.next = self.staged_base.q.val();
            self.pitch.d.next = self.staged_pitch.q.val();
            self.pending.d.next = false;
            self.flip_done.d.next = true;
        }
        if self.plane_commit_strobe.val() {
            self.staged_control.d.next = bit_cast::<3, 2>(self.plane_format.val()) << 1;
            if self.plane_enable.val() {
                self.staged_control.d.next = (bit_cast::<3, 2>(self.plane_format.val()) << 1) | 1;
            }
            self.staged_base.d.next = self.plane_base.val();
            self.staged_pitch.d.next = self.plane_pitch.val();
            self.pending.d.next = true;
        }

        self.flushed.next = self.ack.q.val();
        self.cmd_valid.next = self.offer.q.val();
        self.cmd_address.next = self.address.q.val();
        self.urgent.next = self.low.q.val();
        self.flip_pending.next = self.pending.q.val();
        self.flip_done_strobe.next = self.flip_done.q.val();
        self.base_active.next = self.base.q.val();

        if self.reset.val() {
            self.state.d.next = Fetch::Stop;
            self.ack.d.next = false;
            self.staged_control.d.next = 0.into();
            self.staged_base.d.next = 0.into();
            self.staged_pitch.d.next = 0.into();
            self.pending.d.next = false;
            self.control.d.next = 0.into();
            self.base.d.next = 0.into();
            self.pitch.d.next = 0.into();
            self.flip_done.d.next = false;
            self.offer.d.next = false;
            self.in_flight.d.next = 0.into();
            self.room.d.next = false;
            self.low.d.next = false;
        }
    }
}

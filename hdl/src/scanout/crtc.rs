//! Mode and event side of the display, next to its registers.
//!
//! Clock domain: `sys`. A commit copies the mode registers as one; the copy goes to the timing
//! generator, which takes it at its next frame start (at once while it is off). A commit while
//! one is under way follows it, at the frame start after that one; the latest commit wins.
//! A reset sends a mode that is off, so the display stops at its next frame end.
//! Not supported: more than one display.

use crate::prelude::*;

/// Stages modes, tracks the running one, counts frames and underruns.
///
/// The four words carry: word 0 horizontal size with run in bit 31 and test pattern in bit 30;
/// word 1 horizontal sync with its polarity in bit 31; word 2 vertical size; word 3 vertical sync
/// with its polarity in bit 31. Sizes: total or end 28:16, active or start 12:0.
#[derive(LogicBlock, Default)]
pub struct Crtc {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,

    /// Register CONTROL.ENABLE.
    pub control_enable: Signal<In, Bit>,
    /// Register CONTROL.TEST_PATTERN.
    pub control_test_pattern: Signal<In, Bit>,
    /// Register H_SIZE.TOTAL, pixels.
    pub h_size_total: Signal<In, Bits<13>>,
    /// Register H_SIZE.ACTIVE, pixels.
    pub h_size_active: Signal<In, Bits<13>>,
    /// Register H_SYNC.END, pixels.
    pub h_sync_end: Signal<In, Bits<13>>,
    /// Register H_SYNC.START, pixels.
    pub h_sync_start: Signal<In, Bits<13>>,
    /// Register V_SIZE.TOTAL, lines.
    pub v_size_total: Signal<In, Bits<13>>,
    /// Register V_SIZE.ACTIVE, lines.
    pub v_size_active: Signal<In, Bits<13>>,
    /// Register V_SYNC.END, lines.
    pub v_sync_end: Signal<In, Bits<13>>,
    /// Register V_SYNC.START, lines.
    pub v_sync_start: Signal<In, Bits<13>>,
    /// Register POLARITY.HSYNC.
    pub polarity_hsync: Signal<In, Bit>,
    /// Register POLARITY.VSYNC.
    pub polarity_vsync: Signal<In, Bit>,
    /// Register COMMIT was written with one.
    pub commit_strobe: Signal<In, Bit>,
    /// A mode is staged or under way.
    pub commit_pending: Signal<Out, Bit>,

    /// A mode stands at the `staged_word` outputs.
    pub staged_valid: Signal<Out, Bit>,
    /// The crossing copies it at this edge.
    pub staged_ready: Signal<In, Bit>,
    /// Word 0 of the staged mode.
    pub staged_word0: Signal<Out, Bits<32>>,
    /// Word 1 of the staged mode.
    pub staged_word1: Signal<Out, Bits<32>>,
    /// Word 2 of the staged mode.
    pub staged_word2: Signal<Out, Bits<32>>,
    /// Word 3 of the staged mode.
    pub staged_word3: Signal<Out, Bits<32>>,
    /// The timing generator has taken the mode whose words 0 and 2 stand at `taken_word`.
    pub taken_strobe: Signal<In, Bit>,
    /// Word 0 of the mode taken.
    pub taken_word0: Signal<In, Bits<32>>,
    /// Word 2 of the mode taken.
    pub taken_word2: Signal<In, Bits<32>>,

    /// Active pixels a line of the running mode.
    pub h_active_px: Signal<Out, Bits<13>>,
    /// Active lines of the running mode.
    pub v_active_lines: Signal<Out, Bits<13>>,
    /// The running mode shows the test pattern.
    pub test_pattern: Signal<Out, Bit>,

    /// A frame has started.
    pub frame_strobe: Signal<In, Bit>,
    /// A frame had an underrun.
    pub underrun_strobe: Signal<In, Bit>,
    /// Frames started since reset, modulo 2^32.
    pub frame_count: Signal<Out, Bits<32>>,
    /// Frames with an underrun since reset, modulo 2^32.
    pub underrun_count: Signal<Out, Bits<32>>,

    word0: DFF<Bits<32>>,
    word1: DFF<Bits<32>>,
    word2: DFF<Bits<32>>,
    word3: DFF<Bits<32>>,
    awake: DFF<Bit>,
    dirty: DFF<Bit>,
    under_way: DFF<Bit>,
    h_active: DFF<Bits<13>>,
    v_active: DFF<Bits<13>>,
    pattern: DFF<Bit>,
    frames: DFF<Bits<32>>,
    underruns: DFF<Bits<32>>,
    pack0: Signal<Local, Bits<32>>,
    pack1: Signal<Local, Bits<32>>,
    pack3: Signal<Local, Bits<32>>,
}

impl Logic for Crtc {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, word0, word1, word2, word3, awake, dirty, under_way, h_active, v_active,
            pattern, frames, underruns
        );

        // Stage a mode.
        self.pack0.next = (bit_cast::<32, 13>(self.h_size_total.val()) << 16)
            | bit_cast::<32, 13>(self.h_size_active.val());
        self.pack0.next = self.pack0.val().replace_bit(31, self.control_enable.val());
        self.pack0.next = self
            .pack0
            .val()
            .replace_bit(30, self.control_test_pattern.val());
        self.pack1.next = (bit_cast::<32, 13>(self.h_sync_end.val()) << 16)
            | bit_cast::<32, 13>(self.h_sync_start.val());
        self.pack1.next = self.pack1.val().replace_bit(31, self.polarity_hsync.val());
        self.pack3.next = (bit_cast::<32, 13>(self.v_sync_end.val()) << 16)
            | bit_cast::<32, 13>(self.v_sync_start.val());
        self.pack3.next = self.pack3.val().replace_bit(31, self.polarity_vsync.val());
        if self.dirty.q.val() & self.staged_ready.val() {
            self.dirty.d.next = false;
            self.under_way.d.next = true;
        }
        if self.taken_strobe.val() {
            self.under_way.d.next = false;
            self.h_active.d.next = self.taken_word0.val().get_bits::<13>(0);
            self.v_active.d.next = self.taken_word2.val().get_bits::<13>(0);
            self.pattern.d.next = self.taken_word0.val().get_bit(30);
        }
        if self.commit_strobe.val() {
            self.word0.d.next = self.pack0.val();
            self.word1.d.next = self.pack1.val();
            self.word2.d.next = (bit_cast::<32, 13>(self.v_size_total.val()) << 16)
                | bit_cast::<32, 13>(self.v_size_active.val());
            self.word3.d.next = self.pack3.val();
            self.dirty.d.next = true;
        }
        self.awake.d.next = true;
        if !self.awake.q.val() {
            self.dirty.d.next = true;
        }

        // Count events.
        if self.frame_strobe.val() {
            self.frames.d.next = self.frames.q.val() + 1;
        }
        if self.underrun_strobe.val() {
            self.underruns.d.next = self.underruns.q.val() + 1;
        }

        self.commit_pending.next = self.dirty.q.val() | self.under_way.q.val();
        self.staged_valid.next = self.dirty.q.val();
        self.staged_word0.next = self.word0.q.val();
        self.staged_word1.next = self.word1.q.val();
        self.staged_word2.next = self.word2.q.val();
        self.staged_word3.next = self.word3.q.val();
        self.h_active_px.next = self.h_active.q.val();
        self.v_active_lines.next = self.v_active.q.val();
        self.test_pattern.next = self.pattern.q.val();
        self.frame_count.next = self.frames.q.val();
        self.underrun_count.next = self.underruns.q.val();

        if self.reset.val() {
            self.word0.d.next = 0.into();
            self.word1.d.next = 0.into();
            self.word2.d.next = 0.into();
            self.word3.d.next = 0.into();
            self.awake.d.next = false;
            self.dirty.d.next = false;
            self.frames.d.next = 0.into();
            self.underruns.d.next = 0.into();
        }
    }
}

//! Register side of the hardware pointer: stages a commit and sends it when a frame begins.
//!
//! Clock domain: `sys`. A commit copies the registers as one. The copy goes over the crossing with the next frame start (at
//! once while the display is off), and [`super::cursor`] takes it in the vertical blanking that has just begun; so of several
//! commits in a frame the last one is shown, without a frame of delay. A reset sends a pointer that is off.
//! Not supported: more than one pointer.

use crate::prelude::*;

/// Stages commits of the pointer and keeps account of its two images.
///
/// Words: word 0 enable 0, format 1, image 2, width 14:8, height 22:16; word 1 the position, x 15:0, y 31:16.
#[derive(LogicBlock, Default)]
pub struct CursorStage {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,

    /// Register CONTROL.ENABLE.
    pub control_enable: Signal<In, Bit>,
    /// Register CONTROL.FORMAT.
    pub control_format: Signal<In, Bit>,
    /// Register SIZE.WIDTH, pixels.
    pub size_width: Signal<In, Bits<7>>,
    /// Register SIZE.HEIGHT, rows.
    pub size_height: Signal<In, Bits<7>>,
    /// Register POSITION.X, pixels, two's complement.
    pub position_x: Signal<In, Bits<16>>,
    /// Register POSITION.Y, lines, two's complement.
    pub position_y: Signal<In, Bits<16>>,
    /// Register COMMIT was written with COMMIT one.
    pub commit_strobe: Signal<In, Bit>,
    /// The same write had IMAGE one.
    pub commit_image: Signal<In, Bit>,

    /// A frame has started.
    pub frame_strobe: Signal<In, Bit>,
    /// The display is on.
    pub running: Signal<In, Bit>,

    /// A commit stands at the `staged_word` outputs.
    pub staged_valid: Signal<Out, Bit>,
    /// The crossing copies it at this edge.
    pub staged_ready: Signal<In, Bit>,
    /// Word 0 of the commit.
    pub staged_word0: Signal<Out, Bits<32>>,
    /// Word 1 of the commit.
    pub staged_word1: Signal<Out, Bits<32>>,
    /// The pointer has taken what was sent.
    pub taken_strobe: Signal<In, Bit>,

    /// A commit is staged or under way.
    pub pending: Signal<Out, Bit>,
    /// A commit has taken effect.
    pub done_strobe: Signal<Out, Bit>,
    /// Image that is shown, or will be once what was sent is taken. The host writes the other one.
    pub bank: Signal<Out, Bit>,

    word0: DFF<Bits<32>>,
    word1: DFF<Bits<32>>,
    awake: DFF<Bit>,
    dirty: DFF<Bit>,
    swap: DFF<Bit>,
    under_way: DFF<Bit>,
    front: DFF<Bit>,
    announce: DFF<Bit>,
    pack: Signal<Local, Bits<32>>,
    next_front: Signal<Local, Bit>,
}

impl Logic for CursorStage {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, word0, word1, awake, dirty, swap, under_way, front, announce
        );
        self.pack.next = (bit_cast::<32, 7>(self.size_height.val()) << 16)
            | (bit_cast::<32, 7>(self.size_width.val()) << 8);
        self.pack.next = self.pack.val().replace_bit(0, self.control_enable.val());
        self.pack.next = self.pack.val().replace_bit(1, self.control_format.val());

        // Send with the frame start; a commit in that very clock follows with the next one.
        self.next_front.next = self.front.q.val() ^ self.swap.q.val();
        self.staged_valid.next = self.dirty.q.val()
            & !self.under_way.q.val()
            & (self.frame_strobe.val() | !self.running.val());
        self.staged_word0.next = self.word0.q.val().replace_bit(2, self.next_front.val());
        self.staged_word1.next = self.word1.q.val();
        if self.staged_valid.val() & self.staged_ready.val() {
            self.dirty.d.next = false;
            self.swap.d.next = false;
            self.under_way.d.next = true;
            self.front.d.next = self.next_front.val();
        }
        self.done_strobe.next = self.taken_strobe.val() & self.announce.q.val();
        if self.taken_strobe.val() {
            self.under_way.d.next = false;
        }
        if self.commit_strobe.val() {
            self.word0.d.next = self.pack.val();
            self.word1.d.next = (bit_cast::<32, 16>(self.position_y.val()) << 16)
                | bit_cast::<32, 16>(self.position_x.val());
            self.dirty.d.next = true;
            self.announce.d.next = true;
            if self.commit_image.val() {
                self.swap.d.next = true;
            }
        }
        self.awake.d.next = true;
        if !self.awake.q.val() {
            self.dirty.d.next = true;
        }

        // What a reset sends is nobody's commit.
        self.pending.next = (self.dirty.q.val() | self.under_way.q.val()) & self.announce.q.val();
        self.bank.next = self.front.q.val();

        if self.reset.val() {
            self.word0.d.next = 0.into();
            self.word1.d.next = 0.into();
            self.awake.d.next = false;
            self.dirty.d.next = false;
            self.swap.d.next = false;
            self.front.d.next = false;
            self.announce.d.next = false;
        }
    }
}

//! Read-ahead: words of card memory for the completer, fetched before they are sent.
//!
//! Purpose: asks card memory for a run of 64-bit words and buffers them, so that a long read leaves at
//! one DW a clock when the memory keeps up. Clock domain: `sys`. Capacity: 16 words, of which 15 are on
//! the way or in the buffer at most, so it cannot overflow. Not supported: giving up a run (the
//! completer always sends what it announced).

use crate::mem::SyncRam;
use crate::prelude::*;

/// The buffer. See the module's text.
#[derive(LogicBlock, Default)]
pub struct ReadAhead {
    /// `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: empty. Card memory must be reset with it (words in flight).
    pub reset: Signal<In, Bit>,

    /// One clock: begin the run below; only when the one before was used up.
    pub start_strobe: Signal<In, Bit>,
    /// Index of its first word.
    pub first: Signal<In, Bits<24>>,
    /// Its words.
    pub words: Signal<In, Bits<10>>,

    /// A read command waits for the card memory.
    pub read_valid: Signal<Out, Bit>,
    /// Index of the 64-bit word.
    pub read_address: Signal<Out, Bits<24>>,
    /// The command is taken at this clock edge.
    pub read_ready: Signal<In, Bit>,
    /// A word comes back, in order.
    pub rvalid: Signal<In, Bit>,
    /// Bytes 0..3 of the word.
    pub rdata_lo: Signal<In, Bits<32>>,
    /// Bytes 4..7 of the word.
    pub rdata_hi: Signal<In, Bits<32>>,

    /// The oldest word is below.
    pub there: Signal<Out, Bit>,
    /// Bytes 0..3 of the oldest word.
    pub head_lo: Signal<Out, Bits<32>>,
    /// Bytes 4..7 of the oldest word.
    pub head_hi: Signal<Out, Bits<32>>,
    /// The oldest word is used up.
    pub pop: Signal<In, Bit>,

    buffer_lo: SyncRam<32, 4>,
    buffer_hi: SyncRam<32, 4>,
    // words still to be asked for, next word, words asked for and not yet used
    words_left: DFF<Bits<10>>,
    next_word: DFF<Bits<24>>,
    words_out: DFF<Bits<5>>,
    buffer_in: DFF<Bits<4>>,
    buffer_seen: DFF<Bits<4>>,
    buffer_out: DFF<Bits<4>>,
    issue: Signal<Local, Bit>,
}

impl Logic for ReadAhead {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            words_left,
            next_word,
            words_out,
            buffer_in,
            buffer_seen,
            buffer_out
        );
        clock!(self, clock, buffer_lo, buffer_hi);
        self.read_valid.next = self.words_left.q.val().any() && (self.words_out.q.val() < 15);
        self.read_address.next = self.next_word.q.val();
        self.issue.next = self.read_valid.val() && self.read_ready.val();
        if self.issue.val() {
            self.words_left.d.next = self.words_left.q.val() - 1;
            self.next_word.d.next = self.next_word.q.val() + 1;
        }
        if self.start_strobe.val() {
            self.words_left.d.next = self.words.val();
            self.next_word.d.next = self.first.val();
        }
        self.buffer_lo.write_address.next = self.buffer_in.q.val();
        self.buffer_hi.write_address.next = self.buffer_in.q.val();
        self.buffer_lo.write_data.next = self.rdata_lo.val();
        self.buffer_hi.write_data.next = self.rdata_hi.val();
        self.buffer_lo.write_enable.next = self.rvalid.val();
        self.buffer_hi.write_enable.next = self.rvalid.val();
        if self.rvalid.val() {
            self.buffer_in.d.next = self.buffer_in.q.val() + 1;
        }
        // a word may be read one clock after it was written
        self.buffer_seen.d.next = self.buffer_in.q.val();
        self.there.next = self.buffer_out.q.val() != self.buffer_seen.q.val();
        self.head_lo.next = self.buffer_lo.read_data.val();
        self.head_hi.next = self.buffer_hi.read_data.val();

        // The read side shows the word after the one that leaves.
        self.buffer_lo.read_address.next = self.buffer_out.q.val();
        self.buffer_hi.read_address.next = self.buffer_out.q.val();
        if self.pop.val() {
            self.buffer_lo.read_address.next = self.buffer_out.q.val() + 1;
            self.buffer_hi.read_address.next = self.buffer_out.q.val() + 1;
            self.buffer_out.d.next = self.buffer_out.q.val() + 1;
        }
        if self.issue.val() && (!self.pop.val()) {
            self.words_out.d.next = self.words_out.q.val() + 1;
        } else if self.pop.val() && (!self.issue.val()) {
            self.words_out.d.next = self.words_out.q.val() - 1;
        }

        if self.reset.val() {
            self.words_left.d.next = 0.into();
            self.words_out.d.next = 0.into();
            self.buffer_in.d.next = 0.into();
            self.buffer_seen.d.next = 0.into();
            self.buffer_out.d.next = 0.into();
        }
    }
}

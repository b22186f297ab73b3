//! Fetch: reads the words of chunks from card memory ahead of their use.
//!
//! Purpose: takes one chunk after another, asks card memory for every 64-bit word it touches, and
//! queues the words that come back. Clock domain: `sys`. Capacity: 256 words, counted from the command
//! on, so the queue cannot overflow. Throughput: a word a clock.
//! Not supported: giving words back; `drop` forgets all of them, once the last one has come.

use crate::mem::SyncRam;
use crate::prelude::*;

/// Words of read-ahead.
const WORDS: u64 = 256;

/// Card memory reader with a queue.
#[derive(LogicBlock, Default)]
pub struct Fetch {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,
    /// Level: command no more words; with `forget_strobe` the queue empties.
    pub drop: Signal<In, Bit>,
    /// Empties the queue; only while `quiet`.
    pub forget_strobe: Signal<In, Bit>,

    /// Takes a chunk; one clock, only while not `busy`.
    pub take_strobe: Signal<In, Bit>,
    /// Card address of the chunk.
    pub card: Signal<In, Bits<32>>,
    /// Bytes in the chunk, 1..=512.
    pub bytes: Signal<In, Bits<13>>,
    /// Words of a chunk are still to be commanded.
    pub busy: Signal<Out, Bit>,
    /// Nothing is to be commanded or on its way.
    pub quiet: Signal<Out, Bit>,

    /// A word of card memory is wanted.
    pub mem_valid: Signal<Out, Bit>,
    /// The read command is taken in this clock.
    pub mem_ready: Signal<In, Bit>,
    /// 64-bit word index.
    pub mem_address: Signal<Out, Bits<24>>,
    /// A word is here; in command order.
    pub mem_rvalid: Signal<In, Bit>,
    /// Bytes 0 to 3, byte 0 in bits 7:0.
    pub mem_rdata_lo: Signal<In, Bits<32>>,
    /// Bytes 4 to 7.
    pub mem_rdata_hi: Signal<In, Bits<32>>,

    /// Words in the queue.
    pub words: Signal<Out, Bits<9>>,
    /// Oldest word, bytes 0 to 3; valid while `words` is not zero.
    pub head_lo: Signal<Out, Bits<32>>,
    /// Oldest word, bytes 4 to 7.
    pub head_hi: Signal<Out, Bits<32>>,
    /// The oldest word is used up.
    pub pop: Signal<In, Bit>,

    fetch: DFF<Bit>,
    fetch_at: DFF<Bits<24>>,
    fetch_left: DFF<Bits<7>>,
    reserved: DFF<Bits<9>>,
    waiting: DFF<Bits<9>>,
    words_lo: SyncRam<32, 8>,
    words_hi: SyncRam<32, 8>,
    word_write: DFF<Bits<9>>,
    word_seen: DFF<Bits<9>>,
    word_read: DFF<Bits<9>>,

    taken_words: Signal<Local, Bits<13>>,
    command: Signal<Local, Bit>,
    commanded: Signal<Local, Bit>,
    word_head: Signal<Local, Bits<9>>,
    full_words: Const<9, { WORDS }>,
    seven: Const<13, 7>,
}

impl Logic for Fetch {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, fetch, fetch_at, fetch_left, reserved, waiting, word_write, word_seen,
            word_read
        );
        self.words_lo.clock.next = self.clock.val();
        self.words_hi.clock.next = self.clock.val();

        // Command the words that a chunk touches.
        self.taken_words.next = self.bytes.val()
            + bit_cast::<13, 3>(self.card.val().get_bits::<3>(0))
            + self.seven.val();
        self.command.next = self.fetch.q.val() & (self.reserved.q.val() < self.full_words.val());
        self.commanded.next = self.command.val() & self.mem_ready.val();
        self.mem_valid.next = self.command.val();
        self.mem_address.next = self.fetch_at.q.val();
        if self.take_strobe.val() {
            self.fetch.d.next = true;
            self.fetch_at.d.next = self.card.val().get_bits::<24>(3);
            self.fetch_left.d.next = self.taken_words.val().get_bits::<7>(3) - 1;
        } else if self.commanded.val() {
            self.fetch_at.d.next = self.fetch_at.q.val() + 1;
            self.fetch_left.d.next = self.fetch_left.q.val() - 1;
            if !self.fetch_left.q.val().any() {
                self.fetch.d.next = false;
            }
        }
        // Stop fetching, but never withdraw a command that is offered.
        if self.drop.val() & (!self.command.val() | self.mem_ready.val()) {
            self.fetch.d.next = false;
        }

        // Words come back in order; the oldest is on the RAMs' output.
        self.words_lo.write_address.next = self.word_write.q.val().get_bits::<8>(0);
        self.words_hi.write_address.next = self.word_write.q.val().get_bits::<8>(0);
        self.words_lo.write_data.next = self.mem_rdata_lo.val();
        self.words_hi.write_data.next = self.mem_rdata_hi.val();
        self.words_lo.write_enable.next = self.mem_rvalid.val();
        self.words_hi.write_enable.next = self.mem_rvalid.val();
        if self.mem_rvalid.val() {
            self.word_write.d.next = self.word_write.q.val() + 1;
        }
        self.word_seen.d.next = self.word_write.q.val();
        self.word_head.next = self.word_read.q.val();
        if self.pop.val() {
            self.word_head.next = self.word_read.q.val() + 1;
        }
        self.word_read.d.next = self.word_head.val();
        self.words_lo.read_address.next = self.word_head.val().get_bits::<8>(0);
        self.words_hi.read_address.next = self.word_head.val().get_bits::<8>(0);
        self.head_lo.next = self.words_lo.read_data.val();
        self.head_hi.next = self.words_hi.read_data.val();
        self.words.next = self.word_seen.q.val() - self.word_read.q.val();

        // Words asked for and not yet used; words asked for and not yet here.
        if self.commanded.val() & !self.pop.val() {
            self.reserved.d.next = self.reserved.q.val() + 1;
        } else if !self.commanded.val() & self.pop.val() {
            self.reserved.d.next = self.reserved.q.val() - 1;
        }
        if self.commanded.val() & !self.mem_rvalid.val() {
            self.waiting.d.next = self.waiting.q.val() + 1;
        } else if !self.commanded.val() & self.mem_rvalid.val() {
            self.waiting.d.next = self.waiting.q.val() - 1;
        }
        self.busy.next = self.fetch.q.val();
        self.quiet.next = !self.fetch.q.val() & !self.waiting.q.val().any();

        if self.forget_strobe.val() {
            self.word_write.d.next = 0.into();
            self.word_seen.d.next = 0.into();
            self.word_read.d.next = 0.into();
            self.reserved.d.next = 0.into();
        }
        if self.reset.val() {
            self.fetch.d.next = false;
            self.reserved.d.next = 0.into();
            self.waiting.d.next = 0.into();
            self.word_write.d.next = 0.into();
            self.word_seen.d.next = 0.into();
            self.word_read.d.next = 0.into();
        }
    }
}

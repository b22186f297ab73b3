//! Clock domain crossings: the only place where a signal changes its clock.
//!
//! Purpose: two-flop synchroniser for a level, toggle crossing for a pulse, handshake for a bundle
//! of words, asynchronous FIFO for a stream of 64-bit words.
//! Clock domains: two, named `source`/`destination` or `write`/`read`; any ratio, any phase.
//! Not supported: reset. A crossing starts empty at configuration and is emptied by its protocol,
//! because a reset that reaches only one of two domains would tear its two halves apart.

use crate::mem::ram_prim::DualClockRam;
use crate::prelude::*;

/// Two-flop synchroniser for one level.
///
/// Latency: two edges of `clock`, plus up to one for the phase. A pulse shorter than one period
/// of `clock` may be lost: use [`PulseCrossing`].
#[derive(LogicBlock, Default)]
pub struct Synchroniser {
    /// Clock of the destination.
    pub clock: Signal<In, Clock>,
    /// Level from another domain; must come straight from a register.
    pub level_async: Signal<In, Bit>,
    /// The level in the destination's domain.
    pub level: Signal<Out, Bit>,
    meta: DFF<Bit>,
    stable: DFF<Bit>,
}

impl Logic for Synchroniser {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, meta, stable);
        self.meta.d.next = self.level_async.val();
        self.stable.d.next = self.meta.q.val();
        self.level.next = self.stable.q.val();
    }
}

/// Carries one-clock pulses to another domain, as the edges of a toggle.
///
/// Capacity: one pulse under way; pulses must be at least three destination clocks apart, or two
/// of them merge into none. Latency: one source edge and three destination edges.
#[derive(LogicBlock, Default)]
pub struct PulseCrossing {
    /// Clock of the source.
    pub source_clock: Signal<In, Clock>,
    /// One source clock high for each event.
    pub source_strobe: Signal<In, Bit>,
    /// Clock of the destination.
    pub destination_clock: Signal<In, Clock>,
    /// One destination clock high for each event.
    pub destination_strobe: Signal<Out, Bit>,
    toggle: DFF<Bit>,
    meta: DFF<Bit>,
    stable: DFF<Bit>,
    previous: DFF<Bit>,
}

impl Logic for PulseCrossing {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, source_clock, toggle);
        dff_setup!(self, destination_clock, meta, stable, previous);
        self.toggle.d.next = self.toggle.q.val() ^ self.source_strobe.val();
        self.meta.d.next = self.toggle.q.val();
        self.stable.d.next = self.meta.q.val();
        self.previous.d.next = self.stable.q.val();
        self.destination_strobe.next = self.stable.q.val() ^ self.previous.q.val();
    }
}

/// Carries a bundle of four 32-bit words to another domain, all of one offer or none.
///
/// The source offers words with `source_valid`; they are copied when `source_ready` is high and
/// stand still until the destination takes them with `destination_accept`, which may come at any
/// time later. Capacity: one bundle. Latency: three destination edges to `destination_valid`,
/// three source edges from the acceptance to `source_done_strobe`, when the next one may follow.
#[derive(LogicBlock, Default)]
pub struct BusHandshake {
    /// Clock of the source.
    pub source_clock: Signal<In, Clock>,
    /// The source has a bundle.
    pub source_valid: Signal<In, Bit>,
    /// The bundle is copied at this edge if `source_valid` is high.
    pub source_ready: Signal<Out, Bit>,
    /// Word 0 of the bundle.
    pub source_word0: Signal<In, Bits<32>>,
    /// Word 1 of the bundle.
    pub source_word1: Signal<In, Bits<32>>,
    /// Word 2 of the bundle.
    pub source_word2: Signal<In, Bits<32>>,
    /// Word 3 of the bundle.
    pub source_word3: Signal<In, Bits<32>>,
    /// One source clock high when the destination has taken the bundle; the words below are still
    /// that bundle in this clock.
    pub source_done_strobe: Signal<Out, Bit>,
    /// Clock of the destination.
    pub destination_clock: Signal<In, Clock>,
    /// A bundle stands at the words below.
    pub destination_valid: Signal<Out, Bit>,
    /// The destination takes the bundle in this clock; only looked at while `destination_valid`.
    pub destination_accept: Signal<In, Bit>,
    /// Word 0, stable while `destination_valid`; also readable in the source's domain until the
    /// clock of `source_done_strobe`.
    pub word0: Signal<Out, Bits<32>>,
    /// Word 1, as word 0.
    pub word1: Signal<Out, Bits<32>>,
    /// Word 2, as word 0.
    pub word2: Signal<Out, Bits<32>>,
    /// Word 3, as word 0.
    pub word3: Signal<Out, Bits<32>>,

    hold0: DFF<Bits<32>>,
    hold1: DFF<Bits<32>>,
    hold2: DFF<Bits<32>>,
    hold3: DFF<Bits<32>>,
    busy: DFF<Bit>,
    request: DFF<Bit>,
    request_meta: DFF<Bit>,
    request_stable: DFF<Bit>,
    acknowledge: DFF<Bit>,
    acknowledge_meta: DFF<Bit>,
    acknowledge_stable: DFF<Bit>,
}

impl Logic for BusHandshake {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            source_clock,
            hold0,
            hold1,
            hold2,
            hold3,
            busy,
            request,
            acknowledge_meta,
            acknowledge_stable
        );
        dff_setup!(
            self,
            destination_clock,
            request_meta,
            request_stable,
            acknowledge
        );

        // Source: copy, then toggle the request; done when the acknowledge has followed it.
        self.acknowledge_meta.d.next = self.acknowledge.q.val();
        self.acknowledge_stable.d.next = self.acknowledge_meta.q.val();
        self.source_ready.next = !self.busy.q.val();
        self.source_done_strobe.next =
            self.busy.q.val() & (self.acknowledge_stable.q.val() == self.request.q.val());
        if self.source_valid.val() & !self.busy.q.val() {
            self.hold0.d.next = self.source_word0.val();
            self.hold1.d.next = self.source_word1.val();
            self.hold2.d.next = self.source_word2.val();
            self.hold3.d.next = self.source_word3.val();
            self.busy.d.next = true;
            self.request.d.next = !self.request.q.val();
        }
        if self.source_done_strobe.val() {
            self.busy.d.next = false;
        }

        // Destination: the words were still long before the request arrived.
        self.request_meta.d.next = self.request.q.val();
        self.request_stable.d.next = self.request_meta.q.val();
        self.destination_valid.next = self.request_stable.q.val() ^ self.acknowledge.q.val();
        if self.destination_accept.val() & self.destination_valid.val() {
            self.acknowledge.d.next = self.request_stable.q.val();
        }
        self.word0.next = self.hold0.q.val();
        self.word1.next = self.hold1.q.val();
        self.word2.next = self.hold2.q.val();
        self.word3.next = self.hold3.q.val();
    }
}

/// Asynchronous FIFO for 64-bit words in two 32-bit lanes, first word falls through.
///
/// Capacity `2^A` words; `P` must be `A + 1`. One word a clock on each side. A word written is
/// seen at `read_valid` after three to four read clocks; the room of a word read is seen in
/// `write_level` after four to five write clocks. Pointers cross in Gray code, so any ratio of
/// clocks is allowed. A write into a full FIFO is dropped.
#[derive(LogicBlock)]
pub struct AsyncFifo64<const A: usize, const P: usize> {
    /// Clock of the writing side.
    pub write_clock: Signal<In, Clock>,
    /// Writes a word at this edge.
    pub write_strobe: Signal<In, Bit>,
    /// Bits 31:0 of the word.
    pub write_lo: Signal<In, Bits<32>>,
    /// Bits 63:32 of the word.
    pub write_hi: Signal<In, Bits<32>>,
    /// Words in the FIFO as the writing side knows it: never fewer than there are.
    pub write_level: Signal<Out, Bits<P>>,
    /// Clock of the reading side.
    pub read_clock: Signal<In, Clock>,
    /// A word stands at `read_lo` and `read_hi`.
    pub read_valid: Signal<Out, Bit>,
    /// Bits 31:0 of the oldest word.
    pub read_lo: Signal<Out, Bits<32>>,
    /// Bits 63:32 of the oldest word.
    pub read_hi: Signal<Out, Bits<32>>,
    /// Takes the oldest word at this edge; only looked at while `read_valid`.
    pub read_strobe: Signal<In, Bit>,

    ram_lo: DualClockRam<32, A>,
    ram_hi: DualClockRam<32, A>,
    write_pointer: DFF<Bits<P>>,
    write_gray: DFF<Bits<P>>,
    level: DFF<Bits<P>>,
    read_gray_meta: DFF<Bits<P>>,
    read_gray_stable: DFF<Bits<P>>,
    read_pointer: DFF<Bits<P>>,
    read_gray: DFF<Bits<P>>,
    write_gray_meta: DFF<Bits<P>>,
    write_gray_stable: DFF<Bits<P>>,

    write_next: Signal<Local, Bits<P>>,
    read_next: Signal<Local, Bits<P>>,
    prefix1: Signal<Local, Bits<P>>,
    prefix2: Signal<Local, Bits<P>>,
    prefix4: Signal<Local, Bits<P>>,
    prefix8: Signal<Local, Bits<P>>,
    accepted: Signal<Local, Bit>,
    full_level: Constant<Bits<P>>,
}

impl<const A: usize, const P: usize> Default for AsyncFifo64<A, P> {
    /// # Panics
    /// When `P` is not `A + 1`, or the FIFO is deeper than 32768 words.
    fn default() -> Self {
        assert!(
            P == A + 1,
            "the pointers have one bit more than the address"
        );
        assert!(P <= 16, "the Gray decoder covers 16 bits");
        Self {
            write_clock: Signal::default(),
            write_strobe: Signal::default(),
            write_lo: Signal::default(),
            write_hi: Signal::default(),
            write_level: Signal::default(),
            read_clock: Signal::default(),
            read_valid: Signal::default(),
            read_lo: Signal::default(),
            read_hi: Signal::default(),
            read_strobe: Signal::default(),
            ram_lo: DualClockRam::default(),
            ram_hi: DualClockRam::default(),
            write_pointer: DFF::default(),
            write_gray: DFF::default(),
            level: DFF::default(),
            read_gray_meta: DFF::default(),
            read_gray_stable: DFF::default(),
            read_pointer: DFF::default(),
            read_gray: DFF::default(),
            write_gray_meta: DFF::default(),
            write_gray_stable: DFF::default(),
            write_next: Signal::default(),
            read_next: Signal::default(),
            prefix1: Signal::default(),
            prefix2: Signal::default(),
            prefix4: Signal::default(),
            prefix8: Signal::default(),
            accepted: Signal::default(),
            full_level: Constant::new((1 << A).into()),
        }
    }
}

impl<const A: usize, const P: usize> Logic for AsyncFifo64<A, P> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            write_clock,
            write_pointer,
            write_gray,
            level,
            read_gray_meta,
            read_gray_stable
        );
        dff_setup!(
            self,
            read_clock,
            read_pointer,
            read_gray,
            write_gray_meta,
            write_gray_stable
        );
        self.ram_lo.write_clock.next = self.write_clock.val();
        self.ram_hi.write_clock.next = self.write_clock.val();
        self.ram_lo.read_clock.next = self.read_clock.val();
        self.ram_hi.read_clock.next = self.read_clock.val();

        // Writing side.
        self.accepted.next =
            self.write_strobe.val() & (self.level.q.val() != self.full_level.val());
        self.write_next.next = self.write_pointer.q.val();
        if self.accepted.val() {
            self.write_next.next = self.write_pointer.q.val() + 1;
        }
        self.write_pointer.d.next = self.write_next.val();
        self.write_gray.d.next = self.write_next.val() ^ (self.write_next.val() >> 1);
        self.ram_lo.write_address.next = bit_cast::<A, P>(self.write_pointer.q.val());
        self.ram_hi.write_address.next = bit_cast::<A, P>(self.write_pointer.q.val());
        self.ram_lo.write_data.next = self.write_lo.val();
        self.ram_hi.write_data.next = self.write_hi.val();
        self.ram_lo.write_enable.next = self.accepted.val();
        self.ram_hi.write_enable.next = self.accepted.val();

        // The reader's pointer, from Gray to binary: each bit is the parity of all above it.
        self.read_gray_meta.d.next = self.read_gray.q.val();
        self.read_gray_stable.d.next = self.read_gray_meta.q.val();
        self.prefix1.next = self.read_gray_stable.q.val() ^ (self.read_gray_stable.q.val() >> 1);
        self.prefix2.next = self.prefix1.val() ^ (self.prefix1.val() >> 2);
        self.prefix4.next = self.prefix2.val() ^ (self.prefix2.val() >> 4);
        self.prefix8.next = self.prefix4.val() ^ (self.prefix4.val() >> 8);
        self.level.d.next = self.write_next.val() - self.prefix8.val();
        self.write_level.next = self.level.q.val();

        // Reading side. The RAM reads the word that will be oldest after this edge, so the oldest
        // word stands at the outputs; it was in the RAM before its pointer came across.
        self.write_gray_meta.d.next = self.write_gray.q.val();
        self.write_gray_stable.d.next = self.write_gray_meta.q.val();
        self.read_valid.next = self.read_gray.q.val() != self.write_gray_stable.q.val();
        self.read_next.next = self.read_pointer.q.val();
        if self.read_strobe.val() & self.read_valid.val() {
            self.read_next.next = self.read_pointer.q.val() + 1;
        }
        self.read_pointer.d.next = self.read_next.val();
        self.read_gray.d.next = self.read_next.val() ^ (self.read_next.val() >> 1);
        self.ram_lo.read_address.next = bit_cast::<A, P>(self.read_next.val());
        self.ram_hi.read_address.next = bit_cast::<A, P>(self.read_next.val());
        self.read_lo.next = self.ram_lo.read_data.val();
        self.read_hi.next = self.ram_hi.read_data.val();
    }
}

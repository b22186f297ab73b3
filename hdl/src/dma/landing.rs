//! Landing: puts completion payload at its card address.
//!
//! Purpose: takes the payload DWs of one completion after another, rotates the bytes from their
//! host alignment to their card alignment, packs them to 64-bit words with byte enables and queues
//! those for the card memory port. Clock domain: `sys`.
//! Throughput: one DW a clock without gaps inside a completion and between completions (a
//! completion's three header DWs leave time for the word that the rotation may add).
//! Capacity: 32 words. `ready` falls while fewer than 8 are free.
//! Not supported: merging of words across completions (each completion ends its last word).

use crate::mem::SyncRam;
use crate::prelude::*;

/// Payload realigner and write queue.
#[derive(LogicBlock, Default)]
pub struct Landing {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,

    /// Room for payload: the completion stream may move.
    pub ready: Signal<Out, Bit>,
    /// A part begins: its first beat comes in this clock or later. One clock.
    pub part_strobe: Signal<In, Bit>,
    /// Card address of byte lane 0 of the part's first DW (that lane may be outside the part).
    pub part_card: Signal<In, Bits<32>>,
    /// First byte lane of the first DW that belongs to the part.
    pub part_lane: Signal<In, Bits<2>>,
    /// Bytes from lane 0 of the first DW to the end of the part.
    pub part_span: Signal<In, Bits<13>>,
    /// A payload DW. Ignored when no part waits for it.
    pub beat_valid: Signal<In, Bit>,
    /// The DW, first byte in bits 31:24.
    pub beat_data: Signal<In, Bits<32>>,
    /// Last DW of the completion.
    pub beat_last: Signal<In, Bit>,
    /// Level: forget the running part; queued words are still written.
    pub drop: Signal<In, Bit>,

    /// A word for card memory.
    pub mem_valid: Signal<Out, Bit>,
    /// The word is taken in this clock.
    pub mem_ready: Signal<In, Bit>,
    /// 64-bit word index.
    pub mem_address: Signal<Out, Bits<24>>,
    /// Bytes 0 to 3, byte 0 in bits 7:0.
    pub mem_lo: Signal<Out, Bits<32>>,
    /// Bytes 4 to 7.
    pub mem_hi: Signal<Out, Bits<32>>,
    /// Byte enables.
    pub mem_be: Signal<Out, Bits<8>>,

    /// Payload bytes taken in this clock, 0..=4: they will be written.
    pub bytes: Signal<Out, Bits<3>>,
    /// Nothing is held: every byte taken was accepted by the memory.
    pub idle: Signal<Out, Bit>,

    // The beat, one clock after it moved.
    beat_here: DFF<Bit>,
    beat: DFF<Bits<32>>,
    beat_ends: DFF<Bit>,
    // The part.
    part: DFF<Bit>,
    fresh: DFF<Bit>,
    lane: DFF<Bits<2>>,
    span: DFF<Bits<13>>,
    turn: DFF<Bits<2>>,
    dw_idx: DFF<Bits<25>>,
    carry: DFF<Bits<32>>,
    carry_be: DFF<Bits<4>>,
    flush: DFF<Bit>,
    // One card DW.
    dw_here: DFF<Bit>,
    dw_at: DFF<Bits<25>>,
    dw: DFF<Bits<32>>,
    dw_be: DFF<Bits<4>>,
    dw_ends: DFF<Bit>,
    // The lower half of a word.
    low: DFF<Bits<32>>,
    low_be: DFF<Bits<4>>,
    // The write queue.
    queue_place: SyncRam<32, 5>,
    queue_lo: SyncRam<32, 5>,
    queue_hi: SyncRam<32, 5>,
    write_idx: DFF<Bits<6>>,
    seen_idx: DFF<Bits<6>>,
    read_idx: DFF<Bits<6>>,

    little: Signal<Local, Bits<32>>,
    turned: Signal<Local, Bits<32>>,
    spill: Signal<Local, Bits<32>>,
    lanes: Signal<Local, Bits<4>>,
    turned_be: Signal<Local, Bits<4>>,
    spill_be: Signal<Local, Bits<4>>,
    part_ends: Signal<Local, Bit>,
    push: Signal<Local, Bit>,
    push_lo: Signal<Local, Bits<32>>,
    push_hi: Signal<Local, Bits<32>>,
    push_be: Signal<Local, Bits<8>>,
    pop: Signal<Local, Bit>,
    head: Signal<Local, Bits<6>>,
    level: Signal<Local, Bits<6>>,
    full_level: Const<6, { FULL_LEVEL }>,
    all_lanes: Const<4, 0xF>,
    four: Const<13, 4>,
    turn_0: Const<2, 0>,
    turn_1: Const<2, 1>,
    turn_2: Const<2, 2>,
    span_1: Const<13, 1>,
    span_2: Const<13, 2>,
    span_3: Const<13, 3>,
    lanes_1: Const<4, 0b0001>,
    lanes_2: Const<4, 0b0011>,
    lanes_3: Const<4, 0b0111>,
}

/// `ready` falls at this fill level: a header and the words still in the pipeline must fit.
const FULL_LEVEL: u64 = 24;

impl Logic for Landing {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, beat_here, beat, beat_ends, part, fresh, lane, span, turn, dw_idx, carry,
            carry_be, flush, dw_here, dw_at, dw, dw_be, dw_ends, low, low_be, write_idx, seen_idx,
            read_idx
        );
        self.queue_place.clock.next = self.clock.val();
        self.queue_lo.clock.next = self.clock.val();
        self.queue_hi.clock.next = self.clock.val();

        // Stage 1: hold the beat while the part's description is registered.
        self.beat_here.d.next = self.beat_valid.val();
        self.beat.d.next = self.beat_data.val();
        self.beat_ends.d.next = self.beat_last.val();

        // Stage 2: rotate to card alignment. `turn` is how many bytes later a lane lands.
        self.little.next = (bit_cast::<32, 8>(self.beat.q.val().get_bits::<8>(0)) << 24)
            | (bit_cast::<32, 8>(self.beat.q.val().get_bits::<8>(8)) << 16)
            | (bit_cast::<32, 8>(self.beat.q.val().get_bits::<8>(16)) << 8)
            | bit_cast::<32, 8>(self.beat.q.val().get_bits::<8>(24));
        self.lanes.next = self.all_lanes.val();
        if self.span.q.val() == self.span_1.val() {
            self.lanes.next = self.lanes_1.val();
        } else if self.span.q.val() == self.span_2.val() {
            self.lanes.next = self.lanes_2.val();
        } else if self.span.q.val() == self.span_3.val() {
            self.lanes.next = self.lanes_3.val();
        }
        if self.fresh.q.val() {
            self.lanes.next = self.lanes.val() & (self.all_lanes.val() << self.lane.q.val());
        }
        self.turned.next = self.little.val();
        self.spill.next = 0.into();
        self.turned_be.next = self.lanes.val();
        self.spill_be.next = 0.into();
        if self.turn.q.val() == self.turn_0.val() {
            self.spill.next = 0.into();
        } else if self.turn.q.val() == self.turn_1.val() {
            self.turned.next = self.little.val() << 8;
            self.spill.next = self.little.val() >> 24;
            self.turned_be.next = self.lanes.val() << 1;
            self.spill_be.next = self.lanes.val() >> 3;
        } else if self.turn.q.val() == self.turn_2.val() {
            self.turned.next = self.little.val() << 16;
            self.spill.next = self.little.val() >> 16;
            self.turned_be.next = self.lanes.val() << 2;
            self.spill_be.next = self.lanes.val() >> 2;
        } else {
            self.turned.next = self.little.val() << 24;
            self.spill.next = self.little.val() >> 8;
            self.turned_be.next = self.lanes.val() << 3;
            self.spill_be.next = self.lanes.val() >> 1;
        }
        self.part_ends.next = (self.span.q.val() <= self.four.val()) | self.beat_ends.q.val();

        self.dw_here.d.next = false;
        self.dw_ends.d.next = false;
        self.dw_at.d.next = self.dw_idx.q.val();
        self.bytes.next = 0.into();
        if self.flush.q.val() {
            self.dw_here.d.next = true;
            self.dw.d.next = self.carry.q.val();
            self.dw_be.d.next = self.carry_be.q.val();
            self.dw_ends.d.next = true;
            self.flush.d.next = false;
            self.carry_be.d.next = 0.into();
            self.carry.d.next = 0.into();
        } else if self.beat_here.q.val() & self.part.q.val() {
            self.bytes.next = bit_cast::<3, 1>(self.lanes.val().get_bits::<1>(0))
                + bit_cast::<3, 1>(self.lanes.val().get_bits::<1>(1))
                + bit_cast::<3, 1>(self.lanes.val().get_bits::<1>(2))
                + bit_cast::<3, 1>(self.lanes.val().get_bits::<1>(3));
            self.dw_here.d.next = true;
            self.dw.d.next = self.turned.val() | self.carry.q.val();
            self.dw_be.d.next = self.turned_be.val() | self.carry_be.q.val();
            self.carry.d.next = self.spill.val();
            self.carry_be.d.next = self.spill_be.val();
            self.dw_idx.d.next = self.dw_idx.q.val() + 1;
            self.span.d.next = self.span.q.val() - self.four.val();
            self.fresh.d.next = false;
            if self.part_ends.val() {
                self.part.d.next = false;
                self.flush.d.next = self.spill_be.val().any();
                self.dw_ends.d.next = !self.spill_be.val().any();
            }
        }
        // A dropped part ends here: what was taken of it is still written.
        if self.drop.val() & self.part.q.val() {
            self.part.d.next = false;
            self.flush.d.next = true;
        }
        if self.part_strobe.val() {
            self.part.d.next = true;
            self.fresh.d.next = true;
            self.lane.d.next = self.part_lane.val();
            self.span.d.next = self.part_span.val();
            self.turn.d.next = self.part_card.val().get_bits::<2>(0);
            self.dw_idx.d.next = self.part_card.val().get_bits::<25>(2);
            self.carry.d.next = 0.into();
            self.carry_be.d.next = 0.into();
        }

        // Stage 3: pair DWs to 64-bit words and queue them.
        self.push.next = false;
        self.push_lo.next = self.low.q.val();
        self.push_hi.next = self.dw.q.val();
        self.push_be.next =
            bit_cast::<8, 4>(self.low_be.q.val()) | (bit_cast::<8, 4>(self.dw_be.q.val()) << 4);
        if self.dw_here.q.val() {
            if self.dw_at.q.val().get_bit(0) {
                self.push.next = self.push_be.val().any();
                self.low_be.d.next = 0.into();
            } else if self.dw_ends.q.val() {
                self.push_lo.next = self.dw.q.val();
                self.push_be.next = bit_cast::<8, 4>(self.dw_be.q.val());
                self.push.next = self.dw_be.q.val().any();
                self.low_be.d.next = 0.into();
            } else {
                self.low.d.next = self.dw.q.val();
                self.low_be.d.next = self.dw_be.q.val();
            }
        }
        self.queue_place.write_address.next = self.write_idx.q.val().get_bits::<5>(0);
        self.queue_lo.write_address.next = self.write_idx.q.val().get_bits::<5>(0);
        self.queue_hi.write_address.next = self.write_idx.q.val().get_bits::<5>(0);
        self.queue_place.write_data.next = (bit_cast::<32, 8>(self.push_be.val()) << 24)
            | bit_cast::<32, 24>(self.dw_at.q.val().get_bits::<24>(1));
        self.queue_lo.write_data.next = self.push_lo.val();
        self.queue_hi.write_data.next = self.push_hi.val();
        self.queue_place.write_enable.next = self.push.val();
        self.queue_lo.write_enable.next = self.push.val();
        self.queue_hi.write_enable.next = self.push.val();
        if self.push.val() {
            self.write_idx.d.next = self.write_idx.q.val() + 1;
        }

        // The queue's head is on the RAM's output; a word is seen one clock after it was written.
        self.seen_idx.d.next = self.write_idx.q.val();
        self.mem_valid.next = self.seen_idx.q.val() != self.read_idx.q.val();
        self.pop.next = self.mem_valid.val() & self.mem_ready.val();
        self.head.next = self.read_idx.q.val();
        if self.pop.val() {
            self.head.next = self.read_idx.q.val() + 1;
        }
        self.read_idx.d.next = self.head.val();
        self.queue_place.read_address.next = self.head.val().get_bits::<5>(0);
        self.queue_lo.read_address.next = self.head.val().get_bits::<5>(0);
        self.queue_hi.read_address.next = self.head.val().get_bits::<5>(0);
        self.mem_address.next = self.queue_place.read_data.val().get_bits::<24>(0);
        self.mem_be.next = self.queue_place.read_data.val().get_bits::<8>(24);
        self.mem_lo.next = self.queue_lo.read_data.val();
        self.mem_hi.next = self.queue_hi.read_data.val();
        self.level.next = self.write_idx.q.val() - self.read_idx.q.val();
        self.ready.next = self.level.val() < self.full_level.val();
        self.idle.next = !self.beat_here.q.val()
            & !self.part.q.val()
            & !self.flush.q.val()
            & !self.dw_here.q.val()
            & !self.level.val().any();

        if self.reset.val() {
            self.beat_here.d.next = false;
            self.part.d.next = false;
            self.flush.d.next = false;
            self.dw_here.d.next = false;
            self.low_be.d.next = 0.into();
            self.write_idx.d.next = 0.into();
            self.seen_idx.d.next = 0.into();
            self.read_idx.d.next = 0.into();
        }
    }
}

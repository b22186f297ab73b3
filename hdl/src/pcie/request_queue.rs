//! Queue of non-posted requests: four DWs an entry, taken out whole.
//!
//! Purpose: keeps up to [`super::QUEUE_DEPTH`] requests and presents the four DWs of the oldest one in
//! registers. Clock domain: `sys`. A request is `there` six clocks after it was committed to an empty
//! queue, and stays until `done`. Not supported: taking requests out of order.

use crate::mem::SyncRam;
use crate::prelude::*;

/// The queue. See the module's text.
#[derive(LogicBlock, Default)]
pub struct RequestQueue {
    /// `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset: empty.
    pub reset: Signal<In, Bit>,

    /// Write a DW into the tail entry.
    pub write: Signal<In, Bit>,
    /// Which of the entry's four DWs.
    pub index: Signal<In, Bits<2>>,
    /// The DW.
    pub data: Signal<In, Bits<32>>,
    /// The tail entry is complete (its last DW may be written in the same clock).
    pub commit: Signal<In, Bit>,
    /// No entry is free.
    pub full: Signal<Out, Bit>,

    /// A request's DWs may be taken out: the one before is done.
    pub fetch: Signal<In, Bit>,
    /// One clock: from the next clock on the four DWs below are those of the oldest request.
    pub fetched_strobe: Signal<Out, Bit>,
    /// Header DW0.
    pub dw0: Signal<Out, Bits<32>>,
    /// Header DW1.
    pub dw1: Signal<Out, Bits<32>>,
    /// Header DW2.
    pub dw2: Signal<Out, Bits<32>>,
    /// Header DW3, or of a shorter header the data.
    pub dw3: Signal<Out, Bits<32>>,
    /// One clock: the oldest request leaves.
    pub done: Signal<In, Bit>,

    ram: SyncRam<32, 6>,
    tail: DFF<Bits<4>>,
    head: DFF<Bits<4>>,
    count: DFF<Bits<5>>,
    step: DFF<Bits<3>>,
    kept_0: DFF<Bits<32>>,
    kept_1: DFF<Bits<32>>,
    kept_2: DFF<Bits<32>>,
    kept_3: DFF<Bits<32>>,
}

impl Logic for RequestQueue {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, tail, head, count, step, kept_0, kept_1, kept_2, kept_3
        );
        clock!(self, clock, ram);
        self.ram.write_enable.next = self.write.val();
        self.ram.write_address.next =
            (bit_cast::<6, 4>(self.tail.q.val()) << 2) | bit_cast::<6, 2>(self.index.val());
        self.ram.write_data.next = self.data.val();
        self.ram.read_address.next = (bit_cast::<6, 4>(self.head.q.val()) << 2)
            | bit_cast::<6, 2>(self.step.q.val().get_bits::<2>(0));
        self.full.next = self.count.q.val().get_bit(4);
        self.dw0.next = self.kept_0.q.val();
        self.dw1.next = self.kept_1.q.val();
        self.dw2.next = self.kept_2.q.val();
        self.dw3.next = self.kept_3.q.val();
        self.fetched_strobe.next = false;

        if self.fetch.val() {
            if self.step.q.val().any() || self.count.q.val().any() {
                self.step.d.next = self.step.q.val() + 1;
            }
            if self.step.q.val() == 1 {
                self.kept_0.d.next = self.ram.read_data.val();
            } else if self.step.q.val() == 2 {
                self.kept_1.d.next = self.ram.read_data.val();
            } else if self.step.q.val() == 3 {
                self.kept_2.d.next = self.ram.read_data.val();
            } else if self.step.q.val() == 4 {
                self.kept_3.d.next = self.ram.read_data.val();
                self.step.d.next = 0.into();
                self.fetched_strobe.next = true;
            }
        }

        if self.commit.val() {
            self.tail.d.next = self.tail.q.val() + 1;
        }
        if self.done.val() {
            self.head.d.next = self.head.q.val() + 1;
        }
        if self.commit.val() && (!self.done.val()) {
            self.count.d.next = self.count.q.val() + 1;
        } else if self.done.val() && (!self.commit.val()) {
            self.count.d.next = self.count.q.val() - 1;
        }

        if self.reset.val() {
            self.step.d.next = 0.into();
            self.tail.d.next = 0.into();
            self.head.d.next = 0.into();
            self.count.d.next = 0.into();
        }
    }
}

//! Extent: how far the rows of a transfer reach on both sides, for the range check.
//!
//! Purpose: from {offset, bytes a row, rows, host pitch, card address, card pitch} works out where the
//! last row ends in the table and in card memory, with every carry out of 32 bits noted, and whether
//! the parameters make sense. Clock domain: `sys`. Timing: `measured` rises 2 to 17 clocks after
//! `load_strobe`: pitch * (rows - 1) is added one bit of the factor a clock.
//! Not supported: rows that run backwards, pitches past 4 GiB.

use crate::prelude::*;

/// Range arithmetic of a transfer.
#[derive(LogicBlock, Default)]
pub struct Extent {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,

    /// Takes over the parameters below; one clock.
    pub load_strobe: Signal<In, Bit>,
    /// First byte within the table.
    pub offset: Signal<In, Bits<32>>,
    /// Bytes in a row.
    pub length: Signal<In, Bits<32>>,
    /// Rows.
    pub rows: Signal<In, Bits<16>>,
    /// Table bytes from row to row.
    pub host_pitch: Signal<In, Bits<32>>,
    /// First byte in card memory.
    pub card_address: Signal<In, Bits<32>>,
    /// Card bytes from row to row.
    pub card_pitch: Signal<In, Bits<32>>,

    /// The four results below are valid, until the next `load_strobe`.
    pub measured: Signal<Out, Bit>,
    /// Table bytes from its start to the end of the last row.
    pub host_end: Signal<Out, Bits<32>>,
    /// Card bytes from address zero to the end of the last row (if pitches do not overlap).
    pub card_end: Signal<Out, Bits<32>>,
    /// One of the two ends is past 4 GiB.
    pub overflow: Signal<Out, Bit>,
    /// Rows or length is zero, or the pitch of several rows is less than a row.
    pub malformed: Signal<Out, Bit>,

    busy: DFF<Bit>,
    end_host: DFF<Bits<32>>,
    end_card: DFF<Bits<32>>,
    factor: DFF<Bits<16>>,
    step_host: DFF<Bits<32>>,
    step_card: DFF<Bits<32>>,
    step_host_over: DFF<Bit>,
    step_card_over: DFF<Bit>,
    over: DFF<Bit>,
    bad: DFF<Bit>,
    sum_host: Signal<Local, Bits<32>>,
    sum_card: Signal<Local, Bits<32>>,
    one_row: Const<16, 1>,
}

impl Logic for Extent {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            busy,
            end_host,
            end_card,
            factor,
            step_host,
            step_card,
            step_host_over,
            step_card_over,
            over,
            bad
        );
        self.sum_host.next = self.end_host.q.val() + self.step_host.q.val();
        self.sum_card.next = self.end_card.q.val() + self.step_card.q.val();
        if self.load_strobe.val() {
            self.sum_host.next = self.offset.val() + self.length.val();
            self.sum_card.next = self.card_address.val() + self.length.val();
        }

        if self.load_strobe.val() {
            self.end_host.d.next = self.sum_host.val();
            self.end_card.d.next = self.sum_card.val();
            self.over.d.next = (self.sum_host.val() < self.offset.val())
                | (self.sum_card.val() < self.card_address.val());
            self.factor.d.next = self.rows.val() - self.one_row.val();
            self.step_host.d.next = self.host_pitch.val();
            self.step_card.d.next = self.card_pitch.val();
            self.step_host_over.d.next = false;
            self.step_card_over.d.next = false;
            self.bad.d.next = !self.length.val().any()
                | !self.rows.val().any()
                | ((self.rows.val() > self.one_row.val())
                    & (self.host_pitch.val() < self.length.val()));
            self.busy.d.next = true;
        } else if self.busy.q.val() {
            if !self.factor.q.val().any() | self.bad.q.val() {
                self.busy.d.next = false;
            } else {
                if self.factor.q.val().get_bit(0) {
                    self.end_host.d.next = self.sum_host.val();
                    self.end_card.d.next = self.sum_card.val();
                    if self.step_host_over.q.val()
                        | self.step_card_over.q.val()
                        | (self.sum_host.val() < self.end_host.q.val())
                        | (self.sum_card.val() < self.end_card.q.val())
                    {
                        self.over.d.next = true;
                    }
                }
                self.factor.d.next = self.factor.q.val() >> 1;
                self.step_host.d.next = self.step_host.q.val() << 1;
                self.step_card.d.next = self.step_card.q.val() << 1;
                if self.step_host.q.val().get_bit(31) {
                    self.step_host_over.d.next = true;
                }
                if self.step_card.q.val().get_bit(31) {
                    self.step_card_over.d.next = true;
                }
            }
        }

        self.measured.next = !self.busy.q.val();
        self.host_end.next = self.end_host.q.val();
        self.card_end.next = self.end_card.q.val();
        self.overflow.next = self.over.q.val();
        self.malformed.next = self.bad.q.val();

        if self.reset.val() {
            self.busy.d.next = false;
        }
    }
}

//! Completion header: collects the header of each completion and follows its payload.
//!
//! Purpose: registers what the three header DWs say, tells when to check it, marks payload DWs and
//! finds completions whose payload has another length than their header announced.
//! Clock domain: `sys`. Throughput: every DW in the clock in which it moves; no wait clocks.
//! Not supported: prefixes (PCI Express 2.1); a digest DW after the payload is passed over.
//! Source: PCI Express Base Specification 2.0, sections 2.2.9 and 2.3.2.

use crate::prelude::*;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum TakeState {
    Head0,
    Head1,
    Head2,
    Payload,
}

/// Header of the completion that is being taken.
#[derive(LogicBlock, Default)]
pub struct Completion {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,
    /// Our requester id.
    pub requester_id: Signal<In, Bits<16>>,

    /// A DW moves in this clock.
    pub beat: Signal<In, Bit>,
    /// It is the last one of its packet.
    pub last: Signal<In, Bit>,
    /// The DW, first wire byte in bits 31:24.
    pub data: Signal<In, Bits<32>>,

    /// The DW that moves is payload (or a digest).
    pub payload: Signal<Out, Bit>,
    /// Low tag bits: already in the clock in which the third header DW moves.
    pub tag_ahead: Signal<Out, Bits<5>>,
    /// The fields below are complete; one clock, the clock after the third header DW.
    pub check_strobe: Signal<Out, Bit>,
    /// A completion with or without data, for our requester id and with a tag below 32.
    pub ours: Signal<Out, Bit>,
    /// Traffic class and attributes are those of our requests: all zero.
    pub plain: Signal<Out, Bit>,
    /// The header announces data and more DWs followed it.
    pub has_data: Signal<Out, Bit>,
    /// The EP bit: data is poisoned.
    pub poisoned: Signal<Out, Bit>,
    /// Completion status.
    pub status: Signal<Out, Bits<3>>,
    /// Tag, low bits.
    pub tag: Signal<Out, Bits<5>>,
    /// Byte Count, 1..=4096.
    pub byte_count: Signal<Out, Bits<13>>,
    /// Lower Address.
    pub lower: Signal<Out, Bits<7>>,
    /// Length field.
    pub dws: Signal<Out, Bits<10>>,
    /// No DW of this packet is to come after this clock.
    pub over: Signal<Out, Bit>,
    /// The last payload DW moves, and there are fewer or more than the header announced.
    pub length_wrong: Signal<Out, Bit>,

    take: DFF<TakeState>,
    check: DFF<Bit>,
    is_completion: DFF<Bit>,
    data_announced: DFF<Bit>,
    has_digest: DFF<Bit>,
    is_poisoned: DFF<Bit>,
    is_plain: DFF<Bit>,
    length: DFF<Bits<10>>,
    status_field: DFF<Bits<3>>,
    count: DFF<Bits<12>>,
    for_us: DFF<Bit>,
    tag_field: DFF<Bits<8>>,
    lower_field: DFF<Bits<7>>,
    ended: DFF<Bit>,
    beats_left: DFF<Bits<11>>,
    is_payload: Signal<Local, Bit>,

    type_cpl: Const<5, 0b01010>,
    fmt_cpl: Const<3, 0b000>,
    fmt_cpld: Const<3, 0b010>,
    page: Const<13, 4096>,
    page_beats: Const<11, 1024>,
    one_beat: Const<11, 1>,
}

impl Logic for Completion {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            take,
            check,
            is_completion,
            data_announced,
            has_digest,
            is_poisoned,
            is_plain,
            length,
            status_field,
            count,
            for_us,
            tag_field,
            lower_field,
            ended,
            beats_left
        );
        self.check.d.next = false;
        self.tag_ahead.next = self.tag_field.q.val().get_bits::<5>(0);
        if self.beat.val() {
            match self.take.q.val() {
                TakeState::Head0 => {
                    self.is_completion.d.next = (self.data.val().get_bits::<5>(24)
                        == self.type_cpl.val())
                        & ((self.data.val().get_bits::<3>(29) == self.fmt_cpl.val())
                            | (self.data.val().get_bits::<3>(29) == self.fmt_cpld.val()));
                    self.data_announced.d.next = self.data.val().get_bit(30);
                    self.has_digest.d.next = self.data.val().get_bit(15);
                    self.is_poisoned.d.next = self.data.val().get_bit(14);
                    self.is_plain.d.next = !self.data.val().get_bits::<3>(20).any()
                        & !self.data.val().get_bits::<2>(12).any();
                    self.length.d.next = self.data.val().get_bits::<10>(0);
                    self.take.d.next = TakeState::Head1;
                }
                TakeState::Head1 => {
                    self.status_field.d.next = self.data.val().get_bits::<3>(13);
                    self.count.d.next = self.data.val().get_bits::<12>(0);
                    self.take.d.next = TakeState::Head2;
                }
                TakeState::Head2 => {
                    self.for_us.d.next =
                        self.data.val().get_bits::<16>(16) == self.requester_id.val();
                    self.tag_field.d.next = self.data.val().get_bits::<8>(8);
                    self.lower_field.d.next = self.data.val().get_bits::<7>(0);
                    self.tag_ahead.next = self.data.val().get_bits::<5>(8);
                    self.ended.d.next = self.last.val();
                    self.check.d.next = true;
                    self.take.d.next = TakeState::Payload;
                    self.beats_left.d.next = bit_cast::<11, 10>(self.length.q.val());
                    if !self.length.q.val().any() {
                        self.beats_left.d.next = self.page_beats.val();
                    }
                }
                TakeState::Payload => {
                    if self.beats_left.q.val().any() {
                        self.beats_left.d.next = self.beats_left.q.val() - 1;
                    }
                }
            }
            if self.last.val() {
                self.take.d.next = TakeState::Head0;
            }
        }

        self.is_payload.next = self.beat.val() & (self.take.q.val() == TakeState::Payload);
        self.payload.next = self.is_payload.val();
        self.check_strobe.next = self.check.q.val();
        self.ours.next = self.is_completion.q.val()
            & self.for_us.q.val()
            & !self.tag_field.q.val().get_bits::<3>(5).any();
        self.plain.next = self.is_plain.q.val();
        self.has_data.next = self.data_announced.q.val() & !self.ended.q.val();
        self.poisoned.next = self.is_poisoned.q.val();
        self.status.next = self.status_field.q.val();
        self.tag.next = self.tag_field.q.val().get_bits::<5>(0);
        self.byte_count.next = bit_cast::<13, 12>(self.count.q.val());
        if !self.count.q.val().any() {
            self.byte_count.next = self.page.val();
        }
        self.lower.next = self.lower_field.q.val();
        self.dws.next = self.length.q.val();
        self.over.next =
            (self.take.q.val() == TakeState::Head0) | (self.is_payload.val() & self.last.val());
        self.length_wrong.next = self.is_payload.val()
            & self.last.val()
            & ((self.beats_left.q.val() > self.one_beat.val())
                | (!self.beats_left.q.val().any() & !self.has_digest.q.val()));

        if self.reset.val() {
            self.take.d.next = TakeState::Head0;
            self.check.d.next = false;
        }
    }
}

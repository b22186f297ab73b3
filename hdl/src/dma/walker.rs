//! Table walker: turns one transfer into chunks that each fit a single request.
//!
//! Purpose: takes {offset, bytes a row, rows, host pitch, card address, card pitch}, works out how
//! far the rows reach (for the range check), then walks the table's elements and emits chunks. A
//! chunk lies in one row and one element and ends at the latest at a multiple of `128 << block_code`
//! bus bytes, so it crosses no 4 KiB boundary and exceeds neither MPS (largest payload) nor MRRS
//! (largest read request). Clock domain: `sys`.
//! Throughput: one chunk in 3 clocks, one element skipped a clock while seeking; the range check
//! takes at most 17 clocks. Byte granular, 64-bit bus addresses; elements of length zero are skipped.
//! Not supported: rows that run backwards, pitches past 4 GiB.
#![expect(
    clippy::collapsible_match,
    reason = "match guards have no form in generated Verilog"
)]

use crate::prelude::*;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum WalkState {
    Idle,
    Measure,
    Ready,
    Fetch,
    Seek,
    Limit,
    Clip,
    Emit,
    Done,
    Fault,
}

/// The walker.
#[derive(LogicBlock)]
pub struct Walker {
    /// The `sys` clock.
    pub clock: Signal<In, Clock>,
    /// Synchronous reset, active high.
    pub reset: Signal<In, Bit>,

    /// Takes over the parameters below and measures them; one clock, while idle.
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

    /// The four results below are valid; stays until `start_strobe` or `stop`.
    pub measured: Signal<Out, Bit>,
    /// Table bytes from its start to the end of the last row.
    pub host_end: Signal<Out, Bits<32>>,
    /// Card bytes from address zero to the end of the last row (if pitches do not overlap).
    pub card_end: Signal<Out, Bits<32>>,
    /// One of the two ends is past 4 GiB.
    pub overflow: Signal<Out, Bit>,
    /// Rows or length is zero, or the pitch of several rows is less than a row.
    pub malformed: Signal<Out, Bit>,

    /// Begins the walk; one clock, while `measured`.
    pub start_strobe: Signal<In, Bit>,
    /// First element of the table.
    pub first: Signal<In, Bits<11>>,
    /// Elements in the table.
    pub count: Signal<In, Bits<12>>,
    /// Level: return to idle and forget the walk.
    pub stop: Signal<In, Bit>,
    /// Chunks end at multiples of `128 << block_code` bytes; 0..=5.
    pub block_code: Signal<In, Bits<3>>,

    /// The walker owns the element read port.
    pub active: Signal<Out, Bit>,
    /// Element wanted one clock later.
    pub element_idx: Signal<Out, Bits<11>>,
    /// Bus address of the element, low half.
    pub element_address_lo: Signal<In, Bits<32>>,
    /// Bus address of the element, high half.
    pub element_address_hi: Signal<In, Bits<32>>,
    /// Bytes in the element.
    pub element_length: Signal<In, Bits<32>>,

    /// A chunk is offered; withdrawn only by `stop`.
    pub chunk_valid: Signal<Out, Bit>,
    /// The chunk is taken in this clock.
    pub chunk_ready: Signal<In, Bit>,
    /// Bus address of the chunk's first byte, low half.
    pub chunk_host_lo: Signal<Out, Bits<32>>,
    /// Bus address, high half.
    pub chunk_host_hi: Signal<Out, Bits<32>>,
    /// Card address of the chunk's first byte.
    pub chunk_card: Signal<Out, Bits<32>>,
    /// Bytes in the chunk, 1..=4096.
    pub chunk_bytes: Signal<Out, Bits<13>>,
    /// DWs the chunk touches on the bus, 1..=1024 with 1024 as 0: a request's Length field.
    pub chunk_dws: Signal<Out, Bits<10>>,
    /// A request's byte enables: last DW in bits 7:4, first DW in bits 3:0.
    pub chunk_be: Signal<Out, Bits<8>>,

    /// Every chunk was emitted and taken.
    pub done: Signal<Out, Bit>,
    /// The table has fewer bytes than its total says; the walk stopped there.
    pub fault: Signal<Out, Bit>,
    /// Bus address up to which chunks were emitted, low half.
    pub position_lo: Signal<Out, Bits<32>>,
    /// Bus address up to which chunks were emitted, high half.
    pub position_hi: Signal<Out, Bits<32>>,

    state: DFF<WalkState>,
    // Parameters kept for the following rows.
    row_bytes: DFF<Bits<32>>,
    gap: DFF<Bits<32>>,
    pitch: DFF<Bits<32>>,
    rows_left: DFF<Bits<16>>,
    // Measuring.
    end_host: DFF<Bits<32>>,
    end_card: DFF<Bits<32>>,
    factor: DFF<Bits<16>>,
    step_host: DFF<Bits<32>>,
    step_card: DFF<Bits<32>>,
    step_host_over: DFF<Bit>,
    step_card_over: DFF<Bit>,
    over: DFF<Bit>,
    bad: DFF<Bit>,
    // Position in the table and in card memory.
    next_element: DFF<Bits<11>>,
    elements_left: DFF<Bits<12>>,
    address_lo: DFF<Bits<32>>,
    address_hi: DFF<Bits<32>>,
    element_left: DFF<Bits<32>>,
    skip: DFF<Bits<32>>,
    row_left: DFF<Bits<32>>,
    card_row: DFF<Bits<32>>,
    card: DFF<Bits<32>>,
    limit: DFF<Bits<32>>,
    bytes: DFF<Bits<13>>,
    // The offered chunk.
    out_valid: DFF<Bit>,
    out_lo: DFF<Bits<32>>,
    out_hi: DFF<Bits<32>>,
    out_card: DFF<Bits<32>>,
    out_bytes: DFF<Bits<13>>,
    out_dws: DFF<Bits<10>>,
    out_be: DFF<Bits<8>>,

    sum_host: Signal<Local, Bits<32>>,
    sum_card: Signal<Local, Bits<32>>,
    advanced: Signal<Local, Bits<32>>,
    advance_by: Signal<Local, Bits<32>>,
    next_row: Signal<Local, Bits<32>>,
    take_element: Signal<Local, Bit>,
    block_bytes: Signal<Local, Bits<13>>,
    block_offset: Signal<Local, Bits<13>>,
    block_left: Signal<Local, Bits<32>>,
    end_in_dws: Signal<Local, Bits<13>>,
    rounded_end: Signal<Local, Bits<13>>,
    first_be: Signal<Local, Bits<4>>,
    end_be: Signal<Local, Bits<4>>,
    single_dw: Signal<Local, Bit>,
    smallest_block: Constant<Bits<13>>,
    page_mask: Constant<Bits<13>>,
    one_13: Constant<Bits<13>>,
    three_13: Constant<Bits<13>>,
    four_13: Constant<Bits<13>>,
    one_row: Constant<Bits<16>>,
    all_be: Constant<Bits<4>>,
    one_be: Constant<Bits<4>>,
}

impl Default for Walker {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            reset: Signal::default(),
            load_strobe: Signal::default(),
            offset: Signal::default(),
            length: Signal::default(),
            rows: Signal::default(),
            host_pitch: Signal::default(),
            card_address: Signal::default(),
            card_pitch: Signal::default(),
            measured: Signal::default(),
            host_end: Signal::default(),
            card_end: Signal::default(),
            overflow: Signal::default(),
            malformed: Signal::default(),
            start_strobe: Signal::default(),
            first: Signal::default(),
            count: Signal::default(),
            stop: Signal::default(),
            block_code: Signal::default(),
            active: Signal::default(),
            element_idx: Signal::default(),
            element_address_lo: Signal::default(),
            element_address_hi: Signal::default(),
            element_length: Signal::default(),
            chunk_valid: Signal::default(),
            chunk_ready: Signal::default(),
            chunk_host_lo: Signal::default(),
            chunk_host_hi: Signal::default(),
            chunk_card: Signal::default(),
            chunk_bytes: Signal::default(),
            chunk_dws: Signal::default(),
            chunk_be: Signal::default(),
            done: Signal::default(),
            fault: Signal::default(),
            position_lo: Signal::default(),
            position_hi: Signal::default(),
            state: DFF::default(),
            row_bytes: DFF::default(),
            gap: DFF::default(),
            pitch: DFF::default(),
            rows_left: DFF::default(),
            end_host: DFF::default(),
            end_card: DFF::default(),
            factor: DFF::default(),
            step_host: DFF::default(),
            step_card: DFF::default(),
            step_host_over: DFF::default(),
            step_card_over: DFF::default(),
            over: DFF::default(),
            bad: DFF::default(),
            next_element: DFF::default(),
            elements_left: DFF::default(),
            address_lo: DFF::default(),
            address_hi: DFF::default(),
            element_left: DFF::default(),
            skip: DFF::default(),
            row_left: DFF::default(),
            card_row: DFF::default(),
            card: DFF::default(),
            limit: DFF::default(),
            bytes: DFF::default(),
            out_valid: DFF::default(),
            out_lo: DFF::default(),
            out_hi: DFF::default(),
            out_card: DFF::default(),
            out_bytes: DFF::default(),
            out_dws: DFF::default(),
            out_be: DFF::default(),
            sum_host: Signal::default(),
            sum_card: Signal::default(),
            advanced: Signal::default(),
            advance_by: Signal::default(),
            next_row: Signal::default(),
            take_element: Signal::default(),
            block_bytes: Signal::default(),
            block_offset: Signal::default(),
            block_left: Signal::default(),
            end_in_dws: Signal::default(),
            rounded_end: Signal::default(),
            first_be: Signal::default(),
            end_be: Signal::default(),
            single_dw: Signal::default(),
            smallest_block: Constant::new(128.into()),
            page_mask: Constant::new(0xFFF.into()),
            one_13: Constant::new(1.into()),
            three_13: Constant::new(3.into()),
            four_13: Constant::new(4.into()),
            one_row: Constant::new(1.into()),
            all_be: Constant::new(0xF.into()),
            one_be: Constant::new(1.into()),
        }
    }
}

impl Logic for Walker {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            row_bytes,
            gap,
            pitch,
            rows_left,
            end_host,
            end_card,
            factor,
            step_host,
            step_card,
            step_host_over,
            step_card_over,
            over,
            bad,
            next_element,
            elements_left,
            address_lo,
            address_hi,
            element_left,
            skip,
            row_left,
            card_row,
            card,
            limit,
            bytes,
            out_valid,
            out_lo,
            out_hi,
            out_card,
            out_bytes,
            out_dws,
            out_be
        );

        // Measuring adds pitch * (rows - 1) to both ends, one bit of the factor a clock.
        self.sum_host.next = self.end_host.q.val() + self.step_host.q.val();
        self.sum_card.next = self.end_card.q.val() + self.step_card.q.val();
        if self.load_strobe.val() {
            self.sum_host.next = self.offset.val() + self.length.val();
            self.sum_card.next = self.card_address.val() + self.length.val();
        }

        // Position arithmetic: seeking skips bytes, emitting consumes the chunk's bytes.
        self.advance_by.next = bit_cast::<32, 13>(self.bytes.q.val());
        if self.state.q.val() == WalkState::Seek {
            self.advance_by.next = self.skip.q.val();
        }
        self.advanced.next = self.address_lo.q.val() + self.advance_by.val();
        self.next_row.next = self.card_row.q.val() + self.pitch.q.val();
        self.take_element.next = (self.state.q.val() == WalkState::Seek)
            & (self.element_left.q.val() <= self.skip.q.val());

        // Bytes up to the next multiple of the block size.
        self.block_bytes.next = self.smallest_block.val() << self.block_code.val();
        self.block_offset.next = bit_cast::<13, 32>(self.address_lo.q.val())
            & self.page_mask.val()
            & (self.block_bytes.val() - self.one_13.val());
        self.block_left.next = bit_cast::<32, 13>(self.block_bytes.val() - self.block_offset.val());

        // Length and byte enables of a request for `bytes` bytes at `address_lo`.
        self.end_in_dws.next =
            self.bytes.q.val() + bit_cast::<13, 2>(self.address_lo.q.val().get_bits::<2>(0));
        self.rounded_end.next = self.end_in_dws.val() + self.three_13.val();
        self.single_dw.next = self.end_in_dws.val() <= self.four_13.val();
        self.first_be.next = self.all_be.val() << self.address_lo.q.val().get_bits::<2>(0);
        self.end_be.next = self.all_be.val();
        if self.end_in_dws.val().get_bits::<2>(0).any() {
            self.end_be.next =
                (self.one_be.val() << self.end_in_dws.val().get_bits::<2>(0)) - self.one_be.val();
        }

        // Element port: the element after the current one is always on the RAM's output.
        self.element_idx.next = self.next_element.q.val();
        if self.take_element.val() {
            self.element_idx.next = self.next_element.q.val() + 1;
        }

        if self.chunk_ready.val() {
            self.out_valid.d.next = false;
        }

        match self.state.q.val() {
            WalkState::Idle => {
                if self.load_strobe.val() {
                    self.row_bytes.d.next = self.length.val();
                    self.row_left.d.next = self.length.val();
                    self.gap.d.next = self.host_pitch.val() - self.length.val();
                    self.pitch.d.next = self.card_pitch.val();
                    self.rows_left.d.next = self.rows.val();
                    self.skip.d.next = self.offset.val();
                    self.card_row.d.next = self.card_address.val();
                    self.card.d.next = self.card_address.val();
                    self.address_lo.d.next = 0.into();
                    self.address_hi.d.next = 0.into();
                    self.element_left.d.next = 0.into();
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
                    self.state.d.next = WalkState::Measure;
                }
            }
            WalkState::Measure => {
                if !self.factor.q.val().any() | self.bad.q.val() {
                    self.state.d.next = WalkState::Ready;
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
            WalkState::Ready => {
                if self.start_strobe.val() {
                    self.next_element.d.next = self.first.val();
                    self.elements_left.d.next = self.count.val();
                    self.state.d.next = WalkState::Fetch;
                }
            }
            WalkState::Fetch => {
                self.state.d.next = WalkState::Seek;
            }
            WalkState::Seek => {
                if self.take_element.val() {
                    self.skip.d.next = self.skip.q.val() - self.element_left.q.val();
                    if self.elements_left.q.val().any() {
                        self.elements_left.d.next = self.elements_left.q.val() - 1;
                        self.next_element.d.next = self.next_element.q.val() + 1;
                        self.address_lo.d.next = self.element_address_lo.val();
                        self.address_hi.d.next = self.element_address_hi.val();
                        self.element_left.d.next = self.element_length.val();
                    } else {
                        self.state.d.next = WalkState::Fault;
                    }
                } else {
                    self.address_lo.d.next = self.advanced.val();
                    if self.advanced.val() < self.address_lo.q.val() {
                        self.address_hi.d.next = self.address_hi.q.val() + 1;
                    }
                    self.element_left.d.next = self.element_left.q.val() - self.skip.q.val();
                    self.skip.d.next = 0.into();
                    self.state.d.next = WalkState::Limit;
                }
            }
            WalkState::Limit => {
                self.limit.d.next = self.row_left.q.val();
                if self.element_left.q.val() < self.row_left.q.val() {
                    self.limit.d.next = self.element_left.q.val();
                }
                self.state.d.next = WalkState::Clip;
            }
            WalkState::Clip => {
                if self.limit.q.val() < self.block_left.val() {
                    self.bytes.d.next = bit_cast::<13, 32>(self.limit.q.val());
                } else {
                    self.bytes.d.next = bit_cast::<13, 32>(self.block_left.val());
                }
                self.state.d.next = WalkState::Emit;
            }
            WalkState::Emit => {
                if !self.out_valid.q.val() | self.chunk_ready.val() {
                    self.out_valid.d.next = true;
                    self.out_lo.d.next = self.address_lo.q.val();
                    self.out_hi.d.next = self.address_hi.q.val();
                    self.out_card.d.next = self.card.q.val();
                    self.out_bytes.d.next = self.bytes.q.val();
                    self.out_dws.d.next = self.rounded_end.val().get_bits::<10>(2);
                    if self.single_dw.val() {
                        self.out_be.d.next =
                            bit_cast::<8, 4>(self.first_be.val() & self.end_be.val());
                    } else {
                        self.out_be.d.next = bit_cast::<8, 4>(self.first_be.val())
                            | (bit_cast::<8, 4>(self.end_be.val()) << 4);
                    }
                    self.address_lo.d.next = self.advanced.val();
                    if self.advanced.val() < self.address_lo.q.val() {
                        self.address_hi.d.next = self.address_hi.q.val() + 1;
                    }
                    self.element_left.d.next = self.element_left.q.val() - self.advance_by.val();
                    self.row_left.d.next = self.row_left.q.val() - self.advance_by.val();
                    self.card.d.next = self.card.q.val() + self.advance_by.val();
                    if self.row_left.q.val() == self.advance_by.val() {
                        self.rows_left.d.next = self.rows_left.q.val() - 1;
                        self.row_left.d.next = self.row_bytes.q.val();
                        self.card_row.d.next = self.next_row.val();
                        self.card.d.next = self.next_row.val();
                        self.skip.d.next = self.gap.q.val();
                        self.state.d.next = WalkState::Seek;
                        if self.rows_left.q.val() == self.one_row.val() {
                            self.state.d.next = WalkState::Done;
                        }
                    } else if self.element_left.q.val() == self.advance_by.val() {
                        self.state.d.next = WalkState::Seek;
                    } else {
                        self.state.d.next = WalkState::Limit;
                    }
                }
            }
            // Done and Fault wait for `stop`, which the engine holds whenever no transfer runs.
            _ => {}
        }

        if self.stop.val() | self.reset.val() {
            self.state.d.next = WalkState::Idle;
            self.out_valid.d.next = false;
        }

        self.measured.next = self.state.q.val() == WalkState::Ready;
        self.host_end.next = self.end_host.q.val();
        self.card_end.next = self.end_card.q.val();
        self.overflow.next = self.over.q.val();
        self.malformed.next = self.bad.q.val();
        self.active.next = !(self.state.q.val() == WalkState::Idle);
        self.chunk_valid.next = self.out_valid.q.val();
        self.chunk_host_lo.next = self.out_lo.q.val();
        self.chunk_host_hi.next = self.out_hi.q.val();
        self.chunk_card.next = self.out_card.q.val();
        self.chunk_bytes.next = self.out_bytes.q.val();
        self.chunk_dws.next = self.out_dws.q.val();
        self.chunk_be.next = self.out_be.q.val();
        self.done.next = (self.state.q.val() == WalkState::Done) & !self.out_valid.q.val();
        self.fault.next = (self.state.q.val() == WalkState::Fault) & !self.out_valid.q.val();
        self.position_lo.next = self.address_lo.q.val();
        self.position_hi.next = self.address_hi.q.val();
    }
}
